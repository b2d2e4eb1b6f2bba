"""A roster taken in: who is known is updated, who is new is added, who is unclear is refused; foretold or done."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.event import Event
from models.member import BindCode, Identity, Member, MemberStatus
from models.org import Org
from services import activities, appointments, events, logins, members, orgs, outbox, visits
from services.errors import SameName
from services.rights import Act


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
    ethnicity: str | None = None
    education: str | None = None
    post: str | None = None
    moved_in: date | None = None
    note: str | None = None


FIELDS = tuple(one.name for one in fields(Entry))


class Fate(StrEnum):
    """What became of a row, or what will."""

    IMPORTED = "imported"
    UPDATED = "updated"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that is in: whom it is about and what it changed."""

    member: Member
    fate: Fate


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row means: its fate and the fields it changes; `fate` is None for a name that could be two people."""

    fate: Fate | None
    changed: tuple[str, ...] = ()


Value = str | date | None


@dataclass(slots=True)
class Known:
    """One person as far as rows are compared with them; without an id an earlier row of this file adds them."""

    id: int | None
    values: dict[str, Value]

    def says(self, field: str) -> str:
        """A field as text, "" where nothing is known."""
        return str(self.values.get(field) or "")


class Roll:
    """People on record, found by the keys a roster's row can name them by."""

    def __init__(self, people: Iterable[Known]) -> None:
        self._by_number: dict[str, Known] = {}
        self._by_name: dict[str, list[Known]] = {}
        for one in people:
            self._enter(one)

    def take(self, entry: Entry, times_in_file: Mapping[str, int]) -> tuple[Known, Fate, dict[str, Value]]:
        """Whom the row is about, what becomes of it, and which values it brings. Raises SameName.

        The key is 编号, else 姓名+出生日期, else 姓名+手机, else 姓名 alone while it stands once in the file
        (`times_in_file`) and on the roll. An empty cell says nothing: it never wipes out what is on record.
        """
        given: dict[str, Value] = {
            field: value for field in FIELDS if (value := getattr(entry, field)) is not None and value != ""
        }
        known = self.find(entry, times_in_file)
        if known is None:
            known = Known(None, {"status": MemberStatus.FULL, **given})
            self._enter(known)
            return known, Fate.IMPORTED, known.values
        changes = {field: value for field, value in given.items() if known.values.get(field) != value}
        if changes:
            self._leave(known)
            known.values.update(changes)
            self._enter(known)
        return known, Fate.UPDATED if changes else Fate.DUPLICATE, changes

    def find(self, entry: Entry, times_in_file: Mapping[str, int]) -> Known | None:
        """Whom the row is about, None for somebody new; the keys are tried in turn. Raises SameName."""
        if entry.number and entry.number in self._by_number:
            return self._by_number[entry.number]
        namesakes = [
            one
            for one in self._by_name.get(entry.name, ())
            if not one.says("number") or not entry.number  # with a number of its own, only one without is meant
        ]
        for same in (
            [one for one in namesakes if one.says("born") and entry.born and agree(one.says("born"), entry.born)],
            [one for one in namesakes if entry.phone and one.says("phone") == entry.phone],
        ):
            if len(same) > 1:
                raise SameName(entry.name)
            if same:
                return same[0]
        return _by_name_alone(namesakes, entry, alone=times_in_file.get(entry.name, 1) == 1)

    def _enter(self, one: Known) -> None:
        if one.says("number"):
            self._by_number[one.says("number")] = one
        self._by_name.setdefault(one.says("name"), []).append(one)

    def _leave(self, one: Known) -> None:
        self._by_number.pop(one.says("number"), None)
        self._by_name[one.says("name")].remove(one)


def take(db: Session, entry: Entry, times_in_file: Mapping[str, int]) -> Taken:
    """Add or update the member one row is about, see `Roll.take`. Raises SameName. Whose act it is, is not asked."""
    (known, fate), *_ = _write(db, [entry], times_in_file)
    if fate is None:
        raise SameName(entry.name)
    member = db.get_one(Member, known)
    db.refresh(member)
    return Taken(member, fate)


def take_all(db: Session, act: Act, entries: Sequence[Entry], times_in_file: Mapping[str, int]) -> list[Fate | None]:
    """Take several rows in, in their order; None for a row whose name could mean two people. Raises NotAllowed.

    A file of any length goes in by several calls, each a transaction of its own, and `taken_in` at their end.
    """
    act.demand(act.rights.runs_branch)
    return [fate for _, fate in _write(db, entries, times_in_file, act)]


def taken_in(db: Session, act: Act, rows: int) -> list[int]:
    """A whole file is in: noted in the log; returns the planned activities whose seats are now to follow."""
    act.demand(act.rights.runs_branch)
    events.log(db, act, "roster_imported", orgs.branch(db), rows=rows)
    return list(db.scalars(select(Activity.id).where(Activity.state == ActivityState.PLANNED).order_by(Activity.id)))


def seat(db: Session, act: Act, activity_id: int) -> None:
    """Bring one planned activity's seats in line with the roster as it is now."""
    activities.seat_everyone(db, db.get_one(Activity, activity_id), act.zone)


def foretell(db: Session, act: Act, entries: Sequence[Entry], times_in_file: Mapping[str, int]) -> list[Judged]:
    """What taking the rows in would do, in their order; nothing is written. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    roll = Roll(_known(db))
    found = []
    for entry in entries:
        try:
            _, fate, changes = roll.take(entry, times_in_file)
            found.append(Judged(fate, tuple(changes) if fate is Fate.UPDATED else ()))
        except SameName:
            found.append(Judged(None))
    return found


def everyone(db: Session) -> list[Member]:
    """All on record, by group and then as they came."""
    return list(db.scalars(select(Member).order_by(Member.group_id, Member.id)))


def lay_to_rest(db: Session, member: Member, now: datetime) -> None:
    """Whoever has died is behind no WeChat account any more: bindings, slips and sign-ins end, the records stay.

    What was waiting to be told is told to nobody.
    """
    outbox.left(db, member.id, now)
    visits.end_all(db, member.id)
    logins.end_all(db, member)
    db.execute(delete(BindCode).where(BindCode.member_id == member.id, BindCode.used_at.is_(None)))
    members.let_go(db, db.scalars(select(Identity).where(Identity.member_id == member.id)).all())


def agree(one: str, other: str) -> bool:
    """Whether two dates may be the same day, as far as each is known: 1968-07 and 1968-07-01 may."""
    return one.startswith(other) or other.startswith(one)


def _write(
    db: Session, entries: Sequence[Entry], times_in_file: Mapping[str, int], act: Act | None = None
) -> list[tuple[int, Fate | None]]:
    """Take the rows in with few statements; returns (member id, fate), (0, None) for a refused row."""
    branch = orgs.hold(db)
    there = {one.name: one.id for one in db.scalars(select(Org).where(Org.parent_id == branch.id))}
    named = dict.fromkeys(one.group for one in entries if one.group)
    groups = {name: there.get(name) or orgs.group(db, name).id for name in named}
    roll = Roll(_known(db, entries))
    fates: list[tuple[Known | None, Fate | None]] = []
    added: list[Known] = []
    changed: dict[int, dict[str, Value]] = {}
    for entry in entries:
        try:
            known, fate, changes = roll.take(entry, times_in_file)
        except SameName:
            fates.append((None, None))
            continue
        fates.append((known, fate))
        if fate is Fate.IMPORTED:
            added.append(known)
        elif changes and known.id is not None:
            changed.setdefault(known.id, {}).update(changes)
    _add(db, branch, added, groups)
    _change(db, act, changed, groups)
    if act is not None:
        _note(db, act, [one.id or 0 for one in added], changed)
    db.flush()
    return [(known.id or 0 if known else 0, fate) for known, fate in fates]


def _add(db: Session, branch: Org, added: Sequence[Known], groups: Mapping[str, int]) -> None:
    if not added:
        return
    rows = [{"org_id": branch.id, **dict.fromkeys(_COLUMNS), **_columns(one.values, groups)} for one in added]
    ids = db.scalars(insert(Member).returning(Member.id, sort_by_parameter_order=True), rows)
    for one, number in zip(added, ids, strict=True):
        one.id = number


def _change(db: Session, act: Act | None, changed: Mapping[int, dict[str, Value]], groups: Mapping[str, int]) -> None:
    for member_id, changes in changed.items():
        values = {**_columns(changes, groups), "version": Member.version + 1}
        db.execute(
            update(Member).where(Member.id == member_id).values(**values),
            execution_options={"synchronize_session": False},
        )
        if act is not None and changes.get("status", MemberStatus.FULL) is not MemberStatus.FULL:
            appointments.lay_down(db, act, db.get_one(Member, member_id), act.day)
        if act is not None and changes.get("status") is MemberStatus.DECEASED:
            lay_to_rest(db, db.get_one(Member, member_id), act.now)


def _note(db: Session, act: Act, added: Sequence[int], changed: Mapping[int, Mapping[str, Value]]) -> None:
    """The events of a chunk in one statement; values stay out of them, names of fields say what changed."""
    told = [("imported", one, "{}") for one in added]
    told += [("edited", one, json.dumps({"fields": ",".join(sorted(changes))})) for one, changes in changed.items()]
    if told:
        by_id = act.by.id if act.by else None
        db.execute(
            insert(Event),
            [
                {"at": act.now, "by_id": by_id, "verb": verb, "subject": "member", "subject_id": one, "facts": facts}
                for verb, one, facts in told
            ],
        )


_COLUMNS = tuple("group_id" if field == "group" else field for field in FIELDS)


def _columns(values: Mapping[str, Value], groups: Mapping[str, int]) -> dict[str, object]:
    """Values of a row as columns of the table: a group by its id."""
    return {
        ("group_id" if field == "group" else field): groups[str(value)] if field == "group" else value
        for field, value in values.items()
    }


def _known(db: Session, entries: Sequence[Entry] | None = None) -> list[Known]:
    """Whom these rows could be about; without rows everybody."""
    columns = [getattr(Member, field) for field in FIELDS if field != "group"]
    wanted = select(Member.id, Org.name.label("group"), *columns).outerjoin(Org, Org.id == Member.group_id)
    if entries is not None:
        names = {one.name for one in entries}
        numbers = {one.number for one in entries if one.number}
        wanted = wanted.where(or_(Member.name.in_(names), Member.number.in_(numbers)))
    rows = db.execute(wanted.order_by(Member.id)).mappings()
    return [Known(row["id"], {field: row[field] for field in FIELDS}) for row in rows]


def _by_name_alone(namesakes: Sequence[Known], entry: Entry, *, alone: bool) -> Known | None:
    """The one of that name about whom the row contradicts nothing on record. Raises SameName."""
    told_apart = bool(entry.number or entry.born or entry.phone)
    possible = [
        one for one in namesakes if not (entry.born and one.says("born")) or agree(one.says("born"), entry.born)
    ]
    unclear = len(possible) > 1 or (possible and not alone) or not (alone or told_apart)
    if unclear or (namesakes and not possible and not told_apart):
        raise SameName(entry.name)
    return possible[0] if possible else None
