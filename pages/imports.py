"""Taking a roster in (导入): the file is read, each row's fate is shown, and a yes takes it in, a piece a request.

The rows wait on the shelf. A piece is a few short transactions, so the chat never waits; whoever closes the page
comes back to where it stopped. What became of a row is noted once, so a repeated piece changes no report.
"""

import datetime as dt
import json
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import redis
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.member import MemberStatus
from pages import door, members
from pages.door import Amiss, Desk, Room
from pages.shelf import Shelf
from services import rosters
from services.errors import NotAllowed, SameName
from services.rights import Act
from services.rosters import FIELDS, Entry, Fate, Judged
from sheets import roster, table
from sheets.roster import RosterFault, RosterLine
from sheets.table import SheetRefused
from texts import people as texts
from texts import refusals

T = TypeVar("T")
CHUNK = 50  # rows a transaction
CHUNKS = 12  # transactions a request
SHOWN = 50  # rows on one page
HELD = 60  # seconds after which a request that died lets go of its parcel
REJECTED = "rejected"
ALL_SEATED = "seated"

Line = RosterLine | RosterFault


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the preview or the report."""

    row: int
    name: str
    fate: str
    column: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """An uploaded roster: whose, called what, its rows and faults in the file's order."""

    key: str
    by: str
    name: str
    lines: list[Line] = field(default_factory=list)

    @property
    def good(self) -> list[RosterLine]:
        """The rows that could be read."""
        return [one for one in self.lines if isinstance(one, RosterLine)]

    @property
    def entries(self) -> list[Entry]:
        """The same for the services."""
        return [Entry(**{name: getattr(one, name) for name in FIELDS}) for one in self.good]


def blueprint(desk: Desk) -> Blueprint:
    """GET and POST /h5/members/import, the parcel's page with its report, POST there to go on."""
    room = Room("imports", desk, largest=table.MOST_BYTES + 100_000)
    _uploading(room, desk)
    _going_on(room, desk)
    return room.blueprint


def _uploading(room: Room, desk: Desk) -> None:
    @room.get("/h5/members/import")
    def upload_page(_db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        return door.show(desk, act, "people/upload.html")

    @room.slow("/h5/members/import", again=upload_page)
    def upload() -> Response:
        by = _clerk(desk)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Amiss(texts.NO_FILE)
        parcel = Parcel(secrets.token_hex(8), by, sent.filename[-60:], _read(sent.stream.read()))
        _guarded(lambda shelf: shelf.put(parcel.key, _packed(parcel)), desk)
        return door.back(_address(parcel))


def _going_on(room: Room, desk: Desk) -> None:
    @room.get("/h5/members/import/<key>")
    def parcel_page(db: Session, act: Act, key: str) -> Response:
        act.demand(act.rights.runs_branch)
        parcel, notes = _fetch(desk, act, key)
        if parcel is None:
            return door.show(desk, act, "h5/refused.html", words=texts.GONE, status=404)
        done, finished = _done(notes), ALL_SEATED in notes
        rows = _rows(desk, parcel, notes) if done else _foretold(desk, db, act, parcel)
        wanted = request.args.get("fate", "")
        kept = [one for one in rows if not wanted or one.fate == wanted]
        kept.sort(key=lambda one: one.fate != REJECTED)  # what a person has to do something about comes first
        last = max(0, (len(kept) - 1) // SHOWN)
        place = min(members.page_asked(), last)
        counts = Counter(one.fate for one in rows)
        return door.show(
            desk,
            act,
            "people/parcel.html",
            parcel=parcel,
            done=min(done * CHUNK, len(parcel.good)),
            all=len(parcel.good),
            finished=finished,
            told=texts.counted(len(parcel.lines) if finished or not done else len(rows), counts, done=finished),
            counts=[(fate, name, counts[fate]) for fate, name in texts.FATE.items()],
            fates=texts.FATE,
            wanted=wanted,
            rows=kept[place * SHOWN : (place + 1) * SHOWN],
            pages=members.pages(place, last),
        )

    @room.get("/h5/members/import/<key>/report.csv")
    def report(_db: Session, act: Act, key: str) -> Response:
        act.demand(act.rights.runs_branch)
        parcel, notes = _fetch(desk, act, key)
        if parcel is None:
            return door.show(desk, act, "h5/refused.html", words=texts.GONE, status=404)
        rows = [
            (str(one.row), one.name, texts.FATE[one.fate], one.column, one.says) for one in _rows(desk, parcel, notes)
        ]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "report.csv"
            table.write(out, texts.REPORT, rows, texts.REPORT_TITLE)
            return members.file(out.read_bytes(), texts.REPORT_TITLE, "csv")

    @room.slow("/h5/members/import/<key>", again=parcel_page)
    def go_on(key: str) -> Response:
        by = _clerk(desk)
        parcel = _guarded(partial(_parcel, key=key), desk)
        if parcel is None or parcel.by != by:
            raise Amiss(texts.GONE)
        if _guarded(lambda shelf: shelf.seize(key, HELD), desk):
            try:
                _piece(desk, parcel)
            finally:
                _guarded(lambda shelf: shelf.release(key), desk)
        return door.back(_address(parcel))


def _piece(desk: Desk, parcel: Parcel) -> None:
    """Take in the next rows; after the last ones the seats of what is planned follow."""
    shelf = _shelf(desk)
    times = Counter(one.name for one in parcel.good)
    entries = parcel.entries
    done = _done(shelf.notes(parcel.key))

    def take(db: Session, rows: Sequence[Entry]) -> list[Fate | None]:
        return rosters.take_all(db, _act(desk, db), rows, times)

    def seat(db: Session, activity: int) -> None:
        rosters.seat(db, _act(desk, db), activity)

    for chunk in range(done, min(done + CHUNKS, _chunks(parcel))):
        began = time.monotonic()
        rows = entries[chunk * CHUNK : (chunk + 1) * CHUNK]
        fates = desk.run(partial(take, rows=rows))
        shelf.pin(parcel.key, str(chunk), json.dumps([fate.value if fate else REJECTED for fate in fates]))
        time.sleep(time.monotonic() - began)  # SQLite has one write lock and no queue: the chat gets as long as we had
    if done + CHUNKS < _chunks(parcel):
        return
    for activity in desk.run(lambda db: rosters.taken_in(db, _act(desk, db), len(parcel.lines))):
        desk.run(partial(seat, activity=activity))
    shelf.pin(parcel.key, ALL_SEATED, "1")


# --- whose, and what waits on the shelf ------------------------------------------------------------------------


def _act(desk: Desk, db: Session) -> Act:
    """The act of whoever sent this, with the rights of this moment. Raises NotAllowed."""
    found = door.act(desk, db, desk.clock())
    if found is None:
        raise NotAllowed
    return found


def _clerk(desk: Desk) -> str:
    """The public id of whoever may take a roster in. Raises NotAllowed."""
    with desk.reading() as db:
        act = _act(desk, db)
        act.demand(act.rights.runs_branch)
        return act.by.public_id if act.by else ""


def _shelf(desk: Desk) -> Shelf:
    assert desk.shelf is not None
    return desk.shelf


def _guarded(ask: Callable[[Shelf], T], desk: Desk) -> T:
    """Ask the shelf; while Redis is away that is said in words."""
    try:
        return ask(_shelf(desk))
    except (redis.RedisError, OSError):
        raise Amiss(texts.AWAY) from None


def _fetch(desk: Desk, act: Act, key: str) -> tuple[Parcel | None, Mapping[str, str]]:
    """The parcel and its notes, if it is this person's."""
    shelf = _shelf(desk)
    try:
        parcel, notes = _parcel(shelf, key), shelf.notes(key)
    except (redis.RedisError, OSError):
        return None, {}
    own = parcel is not None and act.by is not None and parcel.by == act.by.public_id
    return (parcel, notes) if own else (None, {})


def _parcel(shelf: Shelf, key: str) -> Parcel | None:
    packed = shelf.get(key)
    if packed is None:
        return None
    told = json.loads(packed)
    return Parcel(key, told["by"], told["name"], [_unpacked(one) for one in told["lines"]])


def _packed(parcel: Parcel) -> str:
    lines = [asdict(one) for one in parcel.lines]
    return json.dumps({"by": parcel.by, "name": parcel.name, "lines": lines}, ensure_ascii=False, default=str)


def _unpacked(told: dict[str, str | int | None]) -> Line:
    if "reason" in told:
        return RosterFault(int(str(told["row"])), str(told["column"]), str(told["reason"]))
    status, moved_in = told.pop("status"), told.pop("moved_in")
    row = int(str(told.pop("row")))
    words = {name: str(value) if value is not None else None for name, value in told.items()}
    return RosterLine(
        row,
        words.pop("name") or "",
        **words,
        status=MemberStatus(str(status)) if status else None,
        moved_in=dt.date.fromisoformat(str(moved_in)) if moved_in else None,
    )


def _read(content: bytes) -> list[Line]:
    """The rows of an uploaded file; raises Amiss with the words of a refused one."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            return roster.read(Path(file.name))
        except SheetRefused as refused:
            raise Amiss(refused.reason) from None


def _address(parcel: Parcel) -> str:
    return f"/h5/members/import/{parcel.key}"


# --- what is shown -----------------------------------------------------------------------------------------------


def _chunks(parcel: Parcel) -> int:
    return -(-len(parcel.good) // CHUNK)


def _done(notes: Mapping[str, str]) -> int:
    """How many pieces are in: those noted without a gap."""
    done = 0
    while str(done) in notes:
        done += 1
    return done


def _foretold(desk: Desk, db: Session, act: Act, parcel: Parcel) -> list[Shown]:
    """Each row with what would become of it."""
    times = Counter(one.name for one in parcel.good)
    judged = iter(rosters.foretell(db, act, parcel.entries, times))
    return [_fault(one) if isinstance(one, RosterFault) else _judged(desk, one, next(judged)) for one in parcel.lines]


def _rows(desk: Desk, parcel: Parcel, notes: Mapping[str, str]) -> list[Shown]:
    """Each row with what has become of it, as far as the import has come; unreadable rows from the start."""
    fates = [fate for chunk in range(_done(notes)) for fate in json.loads(notes[str(chunk)])]
    known = iter(fates)
    rows: list[Shown] = []
    for one in parcel.lines:
        if isinstance(one, RosterFault):
            rows.append(_fault(one))
        elif fate := next(known, None):
            rows.append(_same_name(desk, one) if fate == REJECTED else Shown(one.row, one.name, fate))
    return rows


def _fault(one: RosterFault) -> Shown:
    return Shown(one.row, "", REJECTED, one.column, one.reason)


def _judged(desk: Desk, one: RosterLine, judged: Judged) -> Shown:
    if judged.fate is None:
        return _same_name(desk, one)
    changed = "、".join(texts.FIELD[name] for name in judged.changed) if judged.fate is Fate.UPDATED else ""
    return Shown(one.row, one.name, judged.fate.value, "", changed)


def _same_name(desk: Desk, one: RosterLine) -> Shown:
    return Shown(one.row, one.name, REJECTED, roster.NAME, refusals.words(SameName(one.name), desk.where))
