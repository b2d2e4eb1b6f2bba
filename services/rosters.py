"""A roster taken in row by row: who is known is updated, who is new is added, who is unclear is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.member import Member, MemberStatus
from services import orgs
from services.errors import SameName


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a roster, already read: empty is None, dates are ISO text of the roster's own precision."""

    name: str
    number: str | None = None
    gender: str | None = None
    born: str | None = None
    joined: str | None = None
    confirmed: str | None = None
    phone: str | None = None
    group: str | None = None
    status: MemberStatus | None = None


class Fate(StrEnum):
    """What became of a row."""

    IMPORTED = "imported"
    UPDATED = "updated"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that is in: whom it is about and what it changed."""

    member: Member
    fate: Fate


def take(db: Session, entry: Entry, times_in_file: Mapping[str, int]) -> Taken:
    """Add or update the member a row is about; the same row again is a duplicate and changes nothing.

    The key is 编号, else 姓名+出生日期, else 姓名+手机, else 姓名 alone while it stands once in the file
    (`times_in_file`) and on the roll. Raises SameName where two people could be meant. An empty cell says
    nothing: it never wipes out what is on record.
    """
    group_id = orgs.group(db, entry.group).id if entry.group else None
    given = {
        "number": entry.number,
        "gender": entry.gender,
        "born": entry.born,
        "joined": entry.joined,
        "confirmed": entry.confirmed,
        "phone": entry.phone,
        "group_id": group_id,
        "status": entry.status,
    }
    known = _known(db, entry, times_in_file)
    if known is None:
        fields = {**given, "status": entry.status or MemberStatus.FULL}
        member = Member(org_id=orgs.branch(db).id, name=entry.name, **fields)
        db.add(member)
        db.flush()
        return Taken(member, Fate.IMPORTED)
    changes = {
        field: value
        for field, value in {**given, "name": entry.name}.items()
        if value is not None and getattr(known, field) != value
    }
    for field, value in changes.items():
        setattr(known, field, value)
    db.flush()
    return Taken(known, Fate.UPDATED if changes else Fate.DUPLICATE)


def everyone(db: Session) -> list[Member]:
    """All on record, by group and then as they came."""
    return list(db.scalars(select(Member).order_by(Member.group_id, Member.id)))


def _known(db: Session, entry: Entry, times_in_file: Mapping[str, int]) -> Member | None:
    """Whom the row is about, None for somebody new; the keys are tried in turn."""
    if entry.number:
        found = db.scalar(select(Member).where(Member.number == entry.number))
        if found is not None:
            return found
    namesakes = [
        one
        for one in db.scalars(select(Member).where(Member.name == entry.name))
        if one.number is None or not entry.number  # with a number of its own, only someone without one is meant
    ]
    for field in ("born", "phone"):
        same = [one for one in namesakes if getattr(one, field) == getattr(entry, field) is not None]
        if len(same) > 1:
            raise SameName(entry.name)
        if same:
            return same[0]
    return _by_name_alone(namesakes, entry, alone=times_in_file.get(entry.name, 1) == 1)


def _by_name_alone(namesakes: Sequence[Member], entry: Entry, *, alone: bool) -> Member | None:
    """The one of that name about whom the row contradicts nothing on record. Raises SameName."""
    told_apart = bool(entry.number or entry.born or entry.phone)
    possible = [one for one in namesakes if not (entry.born and one.born and one.born != entry.born)]
    unclear = len(possible) > 1 or (possible and not alone) or not (alone or told_apart)
    if unclear or (namesakes and not possible and not told_apart):
        raise SameName(entry.name)
    return possible[0] if possible else None
