"""Check-in: a pure `decide`, one `record` for any number of rows, and the scan that waits for a binding."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Executable, Integer, Text, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.base import UtcDateTime
from models.checkin import CheckIn, HeldScan, Method, Seat, SeatState
from models.member import Member
from services.errors import WrongState
from services.members import Account
from services.rows import handed

_COLUMNS = {
    "activity_id": Integer, "member_id": Integer, "at": UtcDateTime, "method": Text, "message": Text,
    "recorded_at": UtcDateTime, "by_id": Integer, "reason": Text,
}  # fmt: skip
# Built once: in a surge the making of a statement costs as much as its running. SQLite has no way to a server to save.
_RECORD: Mapping[str, Executable] = {
    "sqlite": sqlite.insert(CheckIn).on_conflict_do_nothing().execution_options(preserve_rowcount=True),
    "postgresql": postgresql.insert(CheckIn)
    .from_select([*_COLUMNS], select(handed("postgresql", "rows", **_COLUMNS)))
    .on_conflict_do_nothing()
    .execution_options(preserve_rowcount=True),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """That someone says 'I am here': by a hall code already judged, at the time they sent it."""

    activity: Activity
    method: Method
    at: datetime
    message: str


class Facts(NamedTuple):
    """What a decision needs and nothing more."""

    activity_id: int
    title: str
    state: ActivityState
    member_id: int
    at: datetime
    method: Method
    message: str


class Row(NamedTuple):
    """One check-in to be recorded."""

    activity_id: int
    member_id: int
    at: datetime
    method: Method
    message: str
    recorded_at: datetime
    by_id: int | None = None
    reason: str = ""


class Recorded(NamedTuple):
    """What stands after recording: since when, and whether this message (not an earlier one) decided it."""

    at: datetime
    ours: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A check-in as the person hears of it; `expected` is False for someone without a seat (待核)."""

    activity: Activity
    at: datetime
    ours: bool
    expected: bool


@dataclass(frozen=True, slots=True)
class Count:
    """Head count: seats expected, how many of those came, and who came beside them."""

    expected: int
    present: int
    others: int


def decide(facts: Facts, now: datetime) -> Row:
    """Turn a claim into the row to record, or refuse: only an open activity takes check-ins. Raises WrongState."""
    if facts.state is not ActivityState.OPEN:
        raise WrongState(facts.title, facts.state)
    return Row(facts.activity_id, facts.member_id, facts.at, facts.method, facts.message, now)


def record(connection: Connection, rows: Sequence[Row]) -> list[Recorded]:
    """Record any number of rows in one statement; the first of an activity and member stands, whoever repeats it."""
    if not rows:
        return []
    # In one order, whoever else records the same: two that meet wait for one another and never crosswise.
    made = connection.execute(*_recording(connection.dialect.name, sorted(rows, key=_key)))
    if made.rowcount == len(rows):  # as almost always: nobody stood there before, so what was written stands
        return [Recorded(row.at, ours=True) for row in rows]
    standing = {
        (found.activity_id, found.member_id): found
        for found in connection.execute(
            select(CheckIn.activity_id, CheckIn.member_id, CheckIn.at, CheckIn.message).where(
                tuple_(CheckIn.activity_id, CheckIn.member_id).in_([*map(_key, rows)])
            )
        )
    }
    found = [standing[_key(row)] for row in rows]
    return [Recorded(one.at, one.message == row.message) for one, row in zip(found, rows, strict=True)]


def _key(row: Row) -> tuple[int, int]:
    return row.activity_id, row.member_id


def _recording(dialect: str, rows: Sequence[Row]) -> tuple[Executable, Sequence[Mapping[str, object]]]:
    """The statement and what it is given."""
    given = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
    if dialect == "sqlite":
        return _RECORD[dialect], given
    return _RECORD[dialect], [{"rows": json.dumps(given, default=str)}]  # of all that is no text JSON knows but times


def arrive(db: Session, member: Member, claim: Claim, now: datetime) -> Arrival:
    """Check the member in on that claim, or tell since when they have been in. Raises WrongState."""
    activity = claim.activity
    facts = Facts(activity.id, activity.title, activity.state, member.id, claim.at, claim.method, claim.message)
    row = decide(facts, now)
    return _arrival(db, activity, row)


def of_message(db: Session, member: Member, message: str) -> Arrival | None:
    """The check-in that this message decided: told again as the first time, whatever has ended since."""
    found = db.execute(
        select(CheckIn, Activity)
        .join(Activity, Activity.id == CheckIn.activity_id)
        .where(CheckIn.member_id == member.id, CheckIn.message == message)
    ).first()
    if found is None:
        return None
    checkin, activity = found
    seat = db.get(Seat, (activity.id, member.id))
    return Arrival(activity, checkin.at, ours=True, expected=seat is not None)


def hold(db: Session, account: Account, claim: Claim) -> None:
    """Keep the scan of someone not yet bound; the earliest one of an activity stands."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    db.execute(
        dialect.insert(HeldScan)
        .values(
            app_id=account.app_id,
            openid=account.openid,
            activity_id=claim.activity.id,
            at=claim.at,
            method=claim.method,
            message=claim.message,
        )
        .on_conflict_do_nothing()
    )


def release(db: Session, account: Account, member: Member, now: datetime, held: timedelta) -> list[Arrival]:
    """Record the waiting scans of an account just bound, each with the time of its scan, oldest first.

    A scan counts although its activity has been closed meanwhile: the person was there in time.
    """
    waiting = db.execute(
        select(HeldScan, Activity)
        .join(Activity, Activity.id == HeldScan.activity_id)
        .where(
            HeldScan.app_id == account.app_id,
            HeldScan.openid == account.openid,
            HeldScan.at >= now - held,
            Activity.state != ActivityState.CANCELLED,
        )
        .order_by(HeldScan.at)
    ).all()
    arrivals = []
    for scan, activity in waiting:
        row = Row(activity.id, member.id, scan.at, scan.method, scan.message, now)
        arrivals.append(_arrival(db, activity, row))
        db.delete(scan)
    db.flush()
    return arrivals


def count(db: Session, activity: Activity) -> Count:
    """How many are expected and how many have come."""
    seats = select(Seat.member_id).where(Seat.activity_id == activity.id, Seat.state == SeatState.EXPECTED)
    came = select(func.count()).select_from(CheckIn).where(CheckIn.activity_id == activity.id)
    expected = db.scalar(select(func.count()).select_from(seats.subquery())) or 0
    present = db.scalar(came.where(CheckIn.member_id.in_(seats))) or 0
    everyone = db.scalar(came) or 0
    return Count(expected, present, everyone - present)


def _arrival(db: Session, activity: Activity, row: Row) -> Arrival:
    standing = record(db.connection(), [row])[0]
    seat = db.get(Seat, (activity.id, row.member_id))
    return Arrival(activity, standing.at, standing.ours, seat is not None)
