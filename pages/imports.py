"""Taking a roster in: what becomes of a row, and that the seats of what is planned follow; see pages/parcels.py."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from flask import Blueprint
from sqlalchemy.orm import Session

from models.member import MemberStatus
from pages import parcels
from pages.door import Desk
from pages.parcels import REJECTED, Fault, Freight, Parcel, Shown
from services import rosters
from services.errors import SameName
from services.rights import Act
from services.rosters import FIELDS, Entry, Fate
from sheets import roster, table
from sheets.roster import RosterFault, RosterLine
from texts import people as texts
from texts import refusals
from texts.refusals import Where

CHUNK = 50  # rows a transaction
CHUNKS = 12  # transactions a request


def blueprint(desk: Desk) -> Blueprint:
    """GET and POST /h5/members/import, the parcel's page with its report, POST there to go on."""
    return parcels.blueprint(desk, Rosters(desk.where))


class Rosters(Freight[RosterLine]):
    """Rosters, taken in by whoever runs the branch."""

    name, base, folder = "imports", "/h5/members/import", "people"
    key_column = roster.NAME
    fates = texts.FATE
    most, chunk, chunks = table.MOST_BYTES, CHUNK, CHUNKS

    def __init__(self, where: Where) -> None:
        self._where = where

    def may(self, act: Act) -> bool:
        """Runs the branch."""
        return act.rights.runs_branch

    def about(self, lines: Sequence[RosterLine]) -> dict[str, str]:
        """Which names stand in the file more than once."""
        times = Counter(one.name for one in lines)
        return {"times": json.dumps({name: many for name, many in times.items() if many > 1}, ensure_ascii=False)}

    def read(self, path: Path) -> list[RosterLine | Fault]:
        """The rows of a roster."""
        return [
            Fault(one.row, one.column, one.reason) if isinstance(one, RosterFault) else one for one in roster.read(path)
        ]

    def pack(self, line: RosterLine) -> dict[str, object]:
        """Dates and codes as text."""
        return asdict(line)

    def unpack(self, told: Mapping[str, object]) -> RosterLine:
        """And back."""
        words = {name: str(value) if value is not None else None for name, value in told.items()}
        status, moved_in, row = words.pop("status"), words.pop("moved_in"), words.pop("row")
        return RosterLine(
            int(row or 0),
            words.pop("name") or "",
            **words,
            status=MemberStatus(status) if status else None,
            moved_in=dt.date.fromisoformat(moved_in) if moved_in else None,
        )

    def foretell(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[RosterLine]) -> list[Shown]:
        """New, changed (in what), known, or refused."""
        judged = rosters.foretell(db, act, _entries(lines), _times(parcel))
        shown = []
        for line, one in zip(lines, judged, strict=True):
            changed = "、".join(texts.FIELD[name] for name in one.changed) if one.fate is Fate.UPDATED else ""
            found = self.show(line, one.fate.value if one.fate else REJECTED)
            shown.append(Shown(found.row, found.name, found.fate, found.column, changed or found.says))
        return shown

    def take(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[RosterLine]) -> list[str]:
        """Take these rows in."""
        fates = rosters.take_all(db, act, _entries(lines), _times(parcel))
        return [fate.value if fate else REJECTED for fate in fates]

    def finish(self, desk: Desk, parcel: Parcel) -> None:
        """The seats of what is planned follow, an activity a transaction."""

        def seat(db: Session, activity: int) -> None:
            rosters.seat(db, parcels.acting(desk, db), activity)

        for activity in desk.run(lambda db: rosters.taken_in(db, parcels.acting(desk, db), parcel.rows)):
            desk.run(partial(seat, activity=activity))

    def show(self, line: RosterLine, fate: str) -> Shown:
        """A row; refused is one whose name could mean two people."""
        if fate == REJECTED:
            return Shown(line.row, line.name, fate, roster.NAME, refusals.words(SameName(line.name), self._where))
        return Shown(line.row, line.name, fate)


def _times(parcel: Parcel) -> dict[str, int]:
    return {name: int(many) for name, many in json.loads(parcel.about["times"]).items()}


def _entries(lines: Sequence[RosterLine]) -> list[Entry]:
    return [Entry(**{name: getattr(one, name) for name in FIELDS}) for one in lines]
