"""Taking a file in (导入): it is read, each row's fate is shown, and a yes takes it in, a piece a request.

What kind of file it is a `Freight` knows; this page knows how it travels. The rows wait on the shelf in boxes of a
transaction each, so that a piece opens its own boxes alone. A piece is a few short transactions, so the chat never
waits; whoever closes the page comes back to where it stopped. What became of a row is noted once, so a repeated piece
changes no report.
"""

import json
import secrets
import tempfile
import time
from abc import ABC, abstractmethod
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
Told = tuple[str, str, str]
"""What becomes of a row: its fate, the column it is about, what is said of it."""
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
class Sent(Generic[Line]):
    """A file that has been read: what it is called, its rows and faults in order, what else is known of it."""

    name: str
    lines: Sequence[Line | Fault]
    about: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An uploaded file: whose, called what, what else is known of it, how many rows, and which of them are faults.

    `faults` are by their place among all rows; the good rows are in the boxes, in their order.
    """

    key: str
    by: str
    name: str
    about: Mapping[str, str]
    rows: int
    faults: Mapping[int, Fault]

    @property
    def good(self) -> int:
        """How many rows could be read."""
        return self.rows - len(self.faults)


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
    def about(self, lines: Sequence[Line]) -> dict[str, str]:
        """What the upload's form says beside the file, and what must be known of all its rows at once; raises Amiss."""

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
    def foretell(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Line]) -> list[Shown]:
        """Each good row with what would become of it."""

    @abstractmethod
    def take(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Line]) -> list[str]:
        """Take these good rows in, in one transaction; the fate of each."""

    @abstractmethod
    def finish(self, desk: Desk, parcel: Parcel) -> None:
        """All rows are in: what follows, in transactions of its own."""

    @abstractmethod
    def show(self, line: Line, fate: str) -> Shown:
        """A row with what has become of it."""

    def warnings(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Line]) -> list[str]:
        """What a person should look at before the yes, though every row can be taken."""
        del db, act, parcel, lines
        return []

    def beside(self, db: Session, act: Act) -> object:
        """What the upload's page shows beside the form."""
        del db, act
        return None


class Boxes(Generic[Line]):
    """The good rows of a parcel, a transaction's worth a box; opened when they are looked into."""

    def __init__(self, shelf: Shelf, freight: Freight[Line], parcel: Parcel) -> None:
        self.shelf, self.freight, self.parcel = shelf, freight, parcel
        self.many = -(-parcel.good // freight.chunk)
        self._open: dict[int, list[Line]] = {}
        self._faults = sorted(parcel.faults)

    def box(self, number: int) -> list[Line]:
        """The rows of one box; raises Amiss where it is on the shelf no more."""
        if number not in self._open:
            packed = self.shelf.get(f"{self.parcel.key}:{number}")
            if packed is None:
                raise Amiss(texts.GONE)
            self._open[number] = [self.freight.unpack(one) for one in json.loads(packed)]
        return self._open[number]

    def lines(self) -> list[Line]:
        """All of them."""
        return [one for number in range(self.many) for one in self.box(number)]

    def shown(self, place: int, told: Told) -> Shown:
        """The row at a place among all rows, with what is told of it."""
        fault = self.parcel.faults.get(place)
        if fault is not None:
            return Shown(fault.row, "", REJECTED, fault.column, fault.reason)
        before = bisect(self._faults, place)
        box, within = divmod(place - before, self.freight.chunk)
        shown = self.freight.show(self.box(box)[within], told[0])
        return Shown(shown.row, shown.name, shown.fate, told[1] or shown.column, told[2] or shown.says)


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


def begin(desk: Desk, freight: Freight[Line], by: str, sent: Sent[Line]) -> Response:
    """Lay a file that has been read on the shelf, and show what would become of its rows."""
    good = [one for one in sent.lines if not isinstance(one, Fault)]
    faults = {place: one for place, one in enumerate(sent.lines) if isinstance(one, Fault)}
    parcel = Parcel(secrets.token_hex(8), by, sent.name, sent.about, len(sent.lines), faults)
    _guarded(lambda shelf: _lay_down(shelf, freight, parcel, good), desk)
    return door.back(_address(freight, parcel))


def _uploading(room: Room, desk: Desk, freight: Freight[Line]) -> None:
    @room.get(freight.base)
    def upload_page(db: Session, act: Act) -> Response:
        act.demand(freight.may(act))
        return door.show(desk, act, f"{freight.folder}/upload.html", tabs=freight.tabs, beside=freight.beside(db, act))

    @room.slow(freight.base, again=upload_page)
    def upload() -> Response:
        by = clerk(desk, freight)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Amiss(texts.NO_FILE)
        lines = _read(freight, sent.stream.read())
        about = freight.about([one for one in lines if not isinstance(one, Fault)])
        return begin(desk, freight, by, Sent(sent.filename[-60:], lines, about))


def _going_on(room: Room, desk: Desk, freight: Freight[Line]) -> None:
    @room.get(f"{freight.base}/<key>")
    def parcel_page(db: Session, act: Act, key: str) -> Response:
        act.demand(freight.may(act))
        return opened(act, key, lambda parcel, notes: _page(desk, freight, (db, act), parcel, notes))

    @room.get(f"{freight.base}/<key>/report.csv")
    def report(_db: Session, act: Act, key: str) -> Response:
        act.demand(freight.may(act))
        return opened(act, key, lambda parcel, notes: _report(Boxes(_shelf(desk), freight, parcel), notes))

    def opened(act: Act, key: str, show: Callable[[Parcel, Mapping[str, str]], Response]) -> Response:
        """Show this person's parcel; what is on the shelf no more, or not to be had now, is gone."""
        try:
            parcel = _parcel(freight, _shelf(desk), key)
            if parcel is not None and act.by is not None and parcel.by == act.by.public_id:
                return show(parcel, _shelf(desk).notes(key))
        except (redis.RedisError, OSError, Amiss):
            pass
        return door.show(desk, act, "h5/refused.html", words=texts.GONE, status=404)

    @room.slow(f"{freight.base}/<key>", again=parcel_page)
    def go_on(key: str) -> Response:
        by = clerk(desk, freight)
        parcel = _guarded(partial(_parcel, freight, key=key), desk)
        if parcel is None or parcel.by != by:
            raise Amiss(texts.GONE)
        if _guarded(lambda shelf: shelf.seize(key, HELD), desk):
            try:
                _piece(desk, freight, parcel)
            finally:
                _guarded(lambda shelf: shelf.release(key), desk)
        return door.back(_address(freight, parcel))


def _page(
    desk: Desk, freight: Freight[Line], who: tuple[Session, Act], parcel: Parcel, notes: Mapping[str, str]
) -> Response:
    """What would become of each row, how far it has come, or what has become of each."""
    db, act = who
    done, finished = _done(notes), ALL_IN in notes
    going = bool(done) and not finished  # shows how far it has come and no rows
    wanted = request.args.get("fate", "")
    place = members.page_asked()
    first = not (done or wanted or place)
    boxes = Boxes(_shelf(desk), freight, parcel)
    told = [] if going else _told(boxes, notes) if done else _foretold(boxes, db, act, anew=first)
    fates = [one[0] for one in told]
    kept = [at for at, fate in enumerate(fates) if not wanted or fate == wanted]
    kept.sort(key=lambda at: fates[at] != REJECTED)  # what a person has to do something about comes first
    last = max(0, (len(kept) - 1) // SHOWN)
    place = min(place, last)
    counts = Counter(fates)
    return door.show(
        desk,
        act,
        f"{freight.folder}/parcel.html",
        tabs=freight.tabs,
        parcel=parcel,
        upload=freight.base,
        key_column=freight.key_column,
        done=min(done * freight.chunk, parcel.good),
        all=parcel.good,
        finished=finished,
        told=texts.counted(parcel.rows, counts, freight.fates, done=finished),
        counts=[(fate, name, counts[fate]) for fate, name in freight.fates.items()],
        fates=freight.fates,
        wanted=wanted,
        rows=[boxes.shown(at, told[at]) for at in kept[place * SHOWN : (place + 1) * SHOWN]],
        pages=members.pages(place, last),
        warnings=freight.warnings(db, act, parcel, boxes.lines()) if first else [],
    )


def _report(boxes: Boxes[Line], notes: Mapping[str, str]) -> Response:
    shown = [boxes.shown(at, one) for at, one in enumerate(_told(boxes, notes)) if one[0]]
    rows = [(str(one.row), one.name, boxes.freight.fates[one.fate], one.column, one.says) for one in shown]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.csv"
        table.write(out, texts.REPORT, rows, texts.REPORT_TITLE)
        return members.file(out.read_bytes(), texts.REPORT_TITLE, "csv")


def _piece(desk: Desk, freight: Freight[Line], parcel: Parcel) -> None:
    """Take in the next rows; after the last ones comes what follows from them."""
    shelf = _shelf(desk)
    boxes = Boxes(shelf, freight, parcel)
    done = _done(shelf.notes(parcel.key))

    def take(db: Session, lines: Sequence[Line]) -> list[str]:
        return freight.take(db, acting(desk, db), parcel, lines)

    for box in range(done, min(done + freight.chunks, boxes.many)):
        began = time.monotonic()
        fates = desk.run(partial(take, lines=boxes.box(box)))
        shelf.pin(parcel.key, str(box), json.dumps(fates))
        time.sleep(time.monotonic() - began)  # SQLite has one write lock and no queue: the chat gets as long as we had
    if done + freight.chunks < boxes.many:
        return
    freight.finish(desk, parcel)
    shelf.pin(parcel.key, ALL_IN, "1")


# --- whose, and what waits on the shelf ------------------------------------------------------------------------


def clerk(desk: Desk, freight: Freight[Line]) -> str:
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


def _parcel(freight: Freight[Line], shelf: Shelf, key: str) -> Parcel | None:
    packed = shelf.get(key)
    if packed is None:
        return None
    told = json.loads(packed)
    if told["freight"] != freight.name:
        return None
    faults = {place: Fault(row, column, reason) for place, row, column, reason in told["faults"]}
    return Parcel(key, told["by"], told["name"], told["about"], told["rows"], faults)


def _lay_down(shelf: Shelf, freight: Freight[Line], parcel: Parcel, good: Sequence[Line]) -> None:
    """Put the boxes on the shelf, and the parcel that knows of them last."""
    for box in range(-(-len(good) // freight.chunk)):
        lines = good[box * freight.chunk : (box + 1) * freight.chunk]
        packed = json.dumps([freight.pack(one) for one in lines], ensure_ascii=False, default=str)
        shelf.put(f"{parcel.key}:{box}", packed)
    faults = [(place, one.row, one.column, one.reason) for place, one in parcel.faults.items()]
    told = {"freight": freight.name, "by": parcel.by, "name": parcel.name, "about": parcel.about, "rows": parcel.rows}
    shelf.put(parcel.key, json.dumps({**told, "faults": faults}, ensure_ascii=False))


def _read(freight: Freight[Line], content: bytes) -> list[Line | Fault]:
    """The rows of an uploaded file; raises Amiss with the words of a refused one."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            return freight.read(Path(file.name))
        except SheetRefused as refused:
            raise Amiss(refused.reason) from None


def _address(freight: Freight[Line], parcel: Parcel) -> str:
    return f"{freight.base}/{parcel.key}"


# --- what is shown -----------------------------------------------------------------------------------------------


def _done(notes: Mapping[str, str]) -> int:
    """How many pieces are in: those noted without a gap."""
    done = 0
    while str(done) in notes:
        done += 1
    return done


def _foretold(boxes: Boxes[Line], db: Session, act: Act, *, anew: bool) -> list[Told]:
    """What would become of each row; reckoned at the first look, and kept for the other pages of the preview."""
    kept = None if anew else boxes.shelf.get(f"{boxes.parcel.key}:foretold")
    if kept is None:
        judged = boxes.freight.foretell(db, act, boxes.parcel, boxes.lines())
        told = [(one.fate, one.column, one.says) for one in judged]
        boxes.shelf.put(f"{boxes.parcel.key}:foretold", json.dumps(told, ensure_ascii=False))
    else:
        told = [(fate, column, says) for fate, column, says in json.loads(kept)]
    return _between_faults(boxes.parcel, told)


def _told(boxes: Boxes[Line], notes: Mapping[str, str]) -> list[Told]:
    """What has become of each row; "" for those not taken in yet."""
    fates = [fate for box in range(_done(notes)) for fate in json.loads(notes[str(box)])]
    fates += [""] * (boxes.parcel.good - len(fates))
    return _between_faults(boxes.parcel, [(fate, "", "") for fate in fates])


def _between_faults(parcel: Parcel, good: Sequence[Told]) -> list[Told]:
    known = iter(good)
    return [(REJECTED, "", "") if place in parcel.faults else next(known) for place in range(parcel.rows)]
