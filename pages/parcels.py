"""Taking a file in (导入): it is read, each row's fate is shown, and a yes takes it in, a piece a request.

What kind of file it is a `Freight` knows; this page knows how it travels. The rows wait on the shelf. A piece is a few
short transactions, so the chat never waits; whoever closes the page comes back to where it stopped. What became of a
row is noted once, so a repeated piece changes no report.
"""

import json
import secrets
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import redis
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from pages import door, members
from pages.door import Amiss, Desk, Room
from pages.shelf import Shelf
from services.errors import NotAllowed
from services.rights import Act
from sheets import table
from sheets.table import SheetRefused
from texts import people as texts

T = TypeVar("T")
Line = TypeVar("Line")
SHOWN = 50  # rows on one page
HELD = 60  # seconds after which a request that died lets go of its parcel
REJECTED = "rejected"
ALL_IN = "seated"


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be read: where, and why."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the preview or the report."""

    row: int
    name: str
    fate: str
    column: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class Parcel(Generic[Line]):
    """An uploaded file: whose, called what, what the form said of it, its rows and faults in the file's order."""

    key: str
    by: str
    name: str
    about: Mapping[str, str] = field(default_factory=dict)
    lines: list[Line | Fault] = field(default_factory=list)

    @property
    def good(self) -> list[Line]:
        """The rows that could be read."""
        return [one for one in self.lines if not isinstance(one, Fault)]


class Freight(ABC, Generic[Line]):
    """One kind of file that is taken in: who may, how it is read and kept, what becomes of a row."""

    name: str  # of the blueprint
    base: str  # the address of its upload
    folder: str  # of its two templates, upload.html and parcel.html
    tabs: Sequence[tuple[str, str, tuple[str, ...]]] = ()  # the row of places its pages have
    key_column: str  # what is wrong there goes without saying so
    fates: Mapping[str, str]  # a fate's code -> its words
    most: int  # bytes of a file
    chunk: int  # rows a transaction
    chunks: int  # transactions a request

    @abstractmethod
    def may(self, act: Act) -> bool:
        """Whether this person may take such a file in."""

    @abstractmethod
    def about(self) -> dict[str, str]:
        """What the upload's form says beside the file; raises Amiss."""

    @abstractmethod
    def read(self, path: Path) -> list[Line | Fault]:
        """The rows of a file; raises SheetRefused."""

    @abstractmethod
    def pack(self, line: Line) -> dict[str, object]:
        """A row as JSON can hold it, under other names than a fault's."""

    @abstractmethod
    def unpack(self, told: Mapping[str, object]) -> Line:
        """The row again."""

    @abstractmethod
    def foretell(self, db: Session, act: Act, parcel: Parcel[Line]) -> list[Shown]:
        """Each good row with what would become of it."""

    @abstractmethod
    def take(self, db: Session, act: Act, parcel: Parcel[Line], rows: slice) -> list[str]:
        """Take these good rows in, in one transaction; the fate of each."""

    @abstractmethod
    def finish(self, desk: Desk, parcel: Parcel[Line]) -> None:
        """All rows are in: what follows, in transactions of its own."""

    @abstractmethod
    def show(self, parcel: Parcel[Line], line: Line, fate: str) -> Shown:
        """A row with what has become of it."""

    def warnings(self, db: Session, act: Act, parcel: Parcel[Line]) -> list[str]:
        """What a person should look at before the yes, though every row can be taken."""
        del db, act, parcel
        return []

    def beside(self, db: Session, act: Act) -> object:
        """What the upload's page shows beside the form."""
        del db, act
        return None


def blueprint(desk: Desk, freight: Freight[Line]) -> Blueprint:
    """GET and POST at the freight's base, the parcel's page with its report, POST there to go on."""
    room = Room(freight.name, desk, largest=freight.most + 100_000)
    _uploading(room, desk, freight)
    _going_on(room, desk, freight)
    return room.blueprint


def acting(desk: Desk, db: Session) -> Act:
    """The act of whoever sent this, with the rights of this moment. Raises NotAllowed."""
    found = door.act(desk, db, desk.clock())
    if found is None:
        raise NotAllowed
    return found


def _uploading(room: Room, desk: Desk, freight: Freight[Line]) -> None:
    @room.get(freight.base)
    def upload_page(db: Session, act: Act) -> Response:
        act.demand(freight.may(act))
        return door.show(desk, act, f"{freight.folder}/upload.html", tabs=freight.tabs, beside=freight.beside(db, act))

    @room.slow(freight.base, again=upload_page)
    def upload() -> Response:
        by = _clerk(desk, freight)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Amiss(texts.NO_FILE)
        about = freight.about()
        parcel = Parcel(secrets.token_hex(8), by, sent.filename[-60:], about, _read(freight, sent.stream.read()))
        _guarded(lambda shelf: shelf.put(parcel.key, _packed(freight, parcel)), desk)
        return door.back(_address(freight, parcel))


def _going_on(room: Room, desk: Desk, freight: Freight[Line]) -> None:
    @room.get(f"{freight.base}/<key>")
    def parcel_page(db: Session, act: Act, key: str) -> Response:
        act.demand(freight.may(act))
        parcel, notes = _fetch(desk, act, freight, key)
        if parcel is None:
            return door.show(desk, act, "h5/refused.html", words=texts.GONE, status=404)
        good = len(parcel.good)
        done, finished = _done(notes), ALL_IN in notes
        rows = _rows(freight, parcel, notes) if done else _foretold(freight, db, act, parcel)
        wanted = request.args.get("fate", "")
        kept = [one for one in rows if not wanted or one.fate == wanted]
        kept.sort(key=lambda one: one.fate != REJECTED)  # what a person has to do something about comes first
        last = max(0, (len(kept) - 1) // SHOWN)
        place = min(members.page_asked(), last)
        counts = Counter(one.fate for one in rows)
        read = len(parcel.lines) if finished or not done else len(rows)
        return door.show(
            desk,
            act,
            f"{freight.folder}/parcel.html",
            tabs=freight.tabs,
            parcel=parcel,
            upload=freight.base,
            key_column=freight.key_column,
            done=min(done * freight.chunk, good),
            all=good,
            finished=finished,
            told=texts.counted(read, counts, freight.fates, done=finished),
            counts=[(fate, name, counts[fate]) for fate, name in freight.fates.items()],
            fates=freight.fates,
            wanted=wanted,
            rows=kept[place * SHOWN : (place + 1) * SHOWN],
            pages=members.pages(place, last),
            warnings=freight.warnings(db, act, parcel) if not (done or wanted or place) else [],
        )

    @room.get(f"{freight.base}/<key>/report.csv")
    def report(_db: Session, act: Act, key: str) -> Response:
        act.demand(freight.may(act))
        parcel, notes = _fetch(desk, act, freight, key)
        if parcel is None:
            return door.show(desk, act, "h5/refused.html", words=texts.GONE, status=404)
        rows = [
            (str(one.row), one.name, freight.fates[one.fate], one.column, one.says)
            for one in _rows(freight, parcel, notes)
        ]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "report.csv"
            table.write(out, texts.REPORT, rows, texts.REPORT_TITLE)
            return members.file(out.read_bytes(), texts.REPORT_TITLE, "csv")

    @room.slow(f"{freight.base}/<key>", again=parcel_page)
    def go_on(key: str) -> Response:
        by = _clerk(desk, freight)
        parcel = _guarded(partial(_parcel, freight, key=key), desk)
        if parcel is None or parcel.by != by:
            raise Amiss(texts.GONE)
        if _guarded(lambda shelf: shelf.seize(key, HELD), desk):
            try:
                _piece(desk, freight, parcel)
            finally:
                _guarded(lambda shelf: shelf.release(key), desk)
        return door.back(_address(freight, parcel))


def _piece(desk: Desk, freight: Freight[Line], parcel: Parcel[Line]) -> None:
    """Take in the next rows; after the last ones comes what follows from them."""
    shelf = _shelf(desk)
    done, all_ = _done(shelf.notes(parcel.key)), -(-len(parcel.good) // freight.chunk)

    def take(db: Session, rows: slice) -> list[str]:
        return freight.take(db, acting(desk, db), parcel, rows)

    for chunk in range(done, min(done + freight.chunks, all_)):
        began = time.monotonic()
        fates = desk.run(partial(take, rows=slice(chunk * freight.chunk, (chunk + 1) * freight.chunk)))
        shelf.pin(parcel.key, str(chunk), json.dumps(fates))
        time.sleep(time.monotonic() - began)  # SQLite has one write lock and no queue: the chat gets as long as we had
    if done + freight.chunks < all_:
        return
    freight.finish(desk, parcel)
    shelf.pin(parcel.key, ALL_IN, "1")


# --- whose, and what waits on the shelf ------------------------------------------------------------------------


def _clerk(desk: Desk, freight: Freight[Line]) -> str:
    """The public id of whoever may take such a file in. Raises NotAllowed."""
    with desk.reading() as db:
        act = acting(desk, db)
        act.demand(freight.may(act))
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


def _fetch(desk: Desk, act: Act, freight: Freight[Line], key: str) -> tuple[Parcel[Line] | None, Mapping[str, str]]:
    """The parcel and its notes, if it is this person's."""
    shelf = _shelf(desk)
    try:
        parcel, notes = _parcel(freight, shelf, key), shelf.notes(key)
    except (redis.RedisError, OSError):
        return None, {}
    own = parcel is not None and act.by is not None and parcel.by == act.by.public_id
    return (parcel, notes) if own else (None, {})


def _parcel(freight: Freight[Line], shelf: Shelf, key: str) -> Parcel[Line] | None:
    packed = shelf.get(key)
    if packed is None:
        return None
    told = json.loads(packed)
    if told["freight"] != freight.name:
        return None
    lines = [Fault(**one) if "reason" in one else freight.unpack(one) for one in told["lines"]]
    return Parcel(key, told["by"], told["name"], told["about"], lines)


def _packed(freight: Freight[Line], parcel: Parcel[Line]) -> str:
    lines = [
        {"row": one.row, "column": one.column, "reason": one.reason} if isinstance(one, Fault) else freight.pack(one)
        for one in parcel.lines
    ]
    told = {"freight": freight.name, "by": parcel.by, "name": parcel.name, "about": parcel.about, "lines": lines}
    return json.dumps(told, ensure_ascii=False, default=str)


def _read(freight: Freight[Line], content: bytes) -> list[Line | Fault]:
    """The rows of an uploaded file; raises Amiss with the words of a refused one."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            return freight.read(Path(file.name))
        except SheetRefused as refused:
            raise Amiss(refused.reason) from None


def _address(freight: Freight[Line], parcel: Parcel[Line]) -> str:
    return f"{freight.base}/{parcel.key}"


# --- what is shown -----------------------------------------------------------------------------------------------


def _done(notes: Mapping[str, str]) -> int:
    """How many pieces are in: those noted without a gap."""
    done = 0
    while str(done) in notes:
        done += 1
    return done


def _foretold(freight: Freight[Line], db: Session, act: Act, parcel: Parcel[Line]) -> list[Shown]:
    """Each row with what would become of it."""
    judged = iter(freight.foretell(db, act, parcel))
    return [_fault(one) if isinstance(one, Fault) else next(judged) for one in parcel.lines]


def _rows(freight: Freight[Line], parcel: Parcel[Line], notes: Mapping[str, str]) -> list[Shown]:
    """Each row with what has become of it, as far as the import has come; unreadable rows from the start."""
    known = iter([fate for chunk in range(_done(notes)) for fate in json.loads(notes[str(chunk)])])
    rows: list[Shown] = []
    for one in parcel.lines:
        if isinstance(one, Fault):
            rows.append(_fault(one))
        elif fate := next(known, None):
            rows.append(freight.show(parcel, one, fate))
    return rows


def _fault(one: Fault) -> Shown:
    return Shown(one.row, "", REJECTED, one.column, one.reason)
