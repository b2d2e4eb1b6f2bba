"""Notices: one row a person and occurrence; sent while it is of use, else shown at the person's next contact.

How they leave is the outbox's affair (services/outbox.py).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, SQLColumnExpression, Table, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.activity import Activity
from models.base import public_id
from models.checkin import CheckIn
from models.leave import Leave, LeaveState
from models.member import Member
from models.notice import Notice, NoticeKind, NoticeState
from services import activities, events, leaves, quiet, registrations
from services.errors import WrongState
from services.rights import Act
from services.rows import touched

CALLED_EVERY = timedelta(hours=2)  # a person is reminded of one activity at most so often
AT_ONCE = quiet.AT_ONCE
# What is told of a plan: no longer so once it is moved or cancelled.
OF_A_PLAN = (*AT_ONCE, NoticeKind.PLANNED, NoticeKind.TOMORROW, NoticeKind.SOON, NoticeKind.CALLED)
CAPPED = "cap"  # the reason of a notice that waits for a contact because the person has been sent enough
# Somebody tells these at any time: their rows are there at once, and leave when the clock has weighed them.
UNPLANNED = frozenset({NoticeKind.BULLETIN, NoticeKind.ROUND, NoticeKind.ROUND_PUBLISHED})
UNWEIGHED = "unweighed"  # their reason until then
REPLACED = "replaced"  # the reason of a notice closed because a later one says more
TO_SHOW = (NoticeState.WAITING, NoticeState.UNSURE, NoticeState.FAILED)
PUSHED = (NoticeState.SENT, NoticeState.DELIVERED)
Plain = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told: an occurrence of a kind, its facts, from when it may be sent and until when it is of use."""

    kind: NoticeKind
    occurrence: str
    facts: Mapping[str, Plain]
    due: datetime
    useful_until: datetime


class Skipped(StrEnum):
    """Why somebody is not reminded."""

    HERE = "here"  # came already
    NOT_EXPECTED = "not_expected"  # 免, on leave, a guest, or without a seat
    LATELY = "lately"  # was reminded within the last two hours
    QUIET = "quiet"  # it is night, and in the morning the meeting is over


@dataclass(frozen=True, slots=True)
class Line:
    """A notice to be written for one member; one that is `capped` is not sent and waits for a contact."""

    member_id: int
    told: Told
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """Who is reminded, who is not and why, and when the reminders leave."""

    reminded: tuple[Member, ...]
    skipped: tuple[tuple[Member, Skipped], ...]
    due: datetime


def moved(db: Session, activity: Activity, now: datetime, zone: ZoneInfo) -> int:
    """Tell everyone expected that the activity is 改期; returns how many rows are new."""
    facts: dict[str, Plain] = {
        "title": activity.title,
        "at": activity.starts_at.isoformat(),
        "place": activity.place,
        "before": (activity.moved_from or activity.starts_at).isoformat(),
        "reason": activity.reason,
    }
    return _to_expected(db, activity, NoticeKind.MOVED, facts, now, zone)


def cancelled(db: Session, activity: Activity, now: datetime, zone: ZoneInfo) -> int:
    """Tell everyone expected that the activity is 取消; returns how many rows are new."""
    facts: dict[str, Plain] = {
        "title": activity.title,
        "at": activity.starts_at.isoformat(),
        "reason": activity.reason,
    }
    waiting = select(Leave).where(Leave.activity_id == activity.id, Leave.state == LeaveState.WAITING)
    for leave in db.scalars(waiting):
        leave_settled(db, leave, now)
    return _to_expected(db, activity, NoticeKind.CANCELLED, facts, now, zone)


def called(db: Session, act: Act, activity: Activity, people: Sequence[Member]) -> int:
    """The same as `call`; returns how many are reminded."""
    return len(call(db, act, activity, people).reminded)


def call(db: Session, act: Act, activity: Activity, people: Sequence[Member]) -> Calls:
    """Remind those of the list who are expected and not here yet; each at most once in two hours.

    In the quiet hours it waits for the morning, and is not written where that would be too late. Raises NotAllowed
    (one foreign name refuses the whole list), WrongState.
    """
    for one in people:
        act.demand(act.rights.tends(registrations.group_of(db, activity, one)))
    if activity.state not in registrations.REGISTERS_IN:
        raise WrongState(activity.title, activity.state)
    facts: dict[str, Plain] = {
        "title": activity.title,
        "at": activity.starts_at.isoformat(),
        "place": activity.place,
    }
    due = quiet.of(db, act.zone).earliest(NoticeKind.CALLED, act.now)
    useful = max(activity.starts_at, act.now) + timedelta(hours=1)
    slot = int(act.now.timestamp() // CALLED_EVERY.total_seconds())
    told = Told(NoticeKind.CALLED, f"{activity.public_id}.{slot}", facts, due, useful)
    written = select(Notice.member_id).where(
        Notice.once.startswith(f"{NoticeKind.CALLED.value}:{activity.public_id}."),
        Notice.created_at > act.now - CALLED_EVERY,
    )
    lately = set(db.scalars(written))
    here = set(db.scalars(select(CheckIn.member_id).where(CheckIn.activity_id == activity.id)))
    expected = {one.id for one in activities.expected(db, activity)}
    reminded: list[Member] = []
    skipped: list[tuple[Member, Skipped]] = []
    for one in people:
        if one.id in here:
            skipped.append((one, Skipped.HERE))
        elif one.id not in expected:
            skipped.append((one, Skipped.NOT_EXPECTED))
        elif one.id in lately:
            skipped.append((one, Skipped.LATELY))
        elif due >= useful:
            skipped.append((one, Skipped.QUIET))
        elif write(db, one, told, act.now):
            reminded.append(one)
        else:
            skipped.append((one, Skipped.LATELY))
    if reminded:
        events.log(db, act, "called", activity, people=len(reminded))
    return Calls(tuple(reminded), tuple(skipped), due)


def leave_asked(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> int:
    """Ask those who may decide; returns how many rows are new."""
    facts = {**_leave_facts(db, leave), "name": leave.member.name, "class": leave.leave_class.value}
    useful = leave.asked_at + timedelta(days=7)
    due = quiet.of(db, zone).earliest(NoticeKind.LEAVE_ASKED, now)
    told = Told(NoticeKind.LEAVE_ASKED, leave.public_id, facts, due, useful)
    return sum(write(db, leader, told, now) for leader in leaves.deciders(db, leave, now, zone))


def leave_decided(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> int:
    """Tell the member how it was decided, and those who were to be asked nothing more."""
    leave_settled(db, leave, now)
    facts = {
        **_leave_facts(db, leave),
        "agreed": leave.state is LeaveState.APPROVED,
        "by": leave.decided_by.name if leave.decided_by else "",
        "note": leave.note,
    }
    due = quiet.of(db, zone).earliest(NoticeKind.LEAVE_DECIDED, now)
    told = Told(NoticeKind.LEAVE_DECIDED, leave.public_id, facts, due, now + timedelta(days=7))
    return write(db, leave.member, told, now)


def leave_settled(db: Session, leave: Leave, now: datetime) -> None:
    """Ask nobody any more: the request is decided, withdrawn, or about what does not take place."""
    _replace(db, (NoticeKind.LEAVE_ASKED,), f"{leave.public_id}:", now)


def write(db: Session, member: Member, told: Told, now: datetime) -> int:
    """One row for the member and occurrence; written already, it stays as it is. Returns 1 if new, else 0."""
    return write_all(db, [Line(member.id, told)], now)


def write_all(db: Session, lines: Sequence[Line], now: datetime) -> int:
    """A row for each line that has none yet, some hundreds at a time; returns how many are new.

    What is past its use already is written as EXPIRED: it is known, and nobody is troubled with it.
    """
    rows = [_row(line, now) for line in lines]
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    new = dialect.insert(cast("Table", Notice.__table__)).on_conflict_do_nothing().returning(Notice.id)
    return len(db.connection().execute(new, rows).all()) if rows else 0


def weighed(db: Session, lines: Sequence[Line]) -> int:
    """Let these go that were UNWEIGHED, or wait as CAPPED; what was shown or closed meanwhile stays so."""
    sorts: dict[tuple[str, datetime], list[str]] = {}
    for line in lines:
        sorts.setdefault((CAPPED if line.capped else "", line.told.due), []).append(_once(line))
    still = update(Notice).where(Notice.state == NoticeState.WAITING, Notice.reason == UNWEIGHED)
    return sum(
        touched(db, still.where(Notice.once.in_(alike)).values(reason=reason, due_at=due))
        for (reason, due), alike in sorts.items()
    )


def unseen(db: Session, member: Member, now: datetime) -> list[Notice]:
    """What is to be shown at this contact: waiting, unsure or failed, and still of use; oldest first."""
    found = select(Notice).where(Notice.member_id == member.id, Notice.state.in_(TO_SHOW), Notice.useful_until > now)
    return list(db.scalars(found.order_by(Notice.id)))


def waits(member_id: SQLColumnExpression[int], now: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
    """In a statement about many people: whether `unseen` would find anything."""
    to_show = or_(*(Notice.state == one for one in TO_SHOW))  # an IN is put together anew whenever it is run
    return exists().where(Notice.member_id == member_id, to_show, Notice.useful_until > now)


def waiting(db: Session, member: Member, now: datetime) -> int:
    """How many `unseen` would find; for the ways that many people take at once."""
    mine = select(func.count()).where(Notice.member_id == member.id, Notice.state.in_(TO_SHOW))
    return db.scalar(mine.where(Notice.useful_until > now)) or 0


def latest(db: Session, member: Member, now: datetime, most: int) -> list[Notice]:
    """What was told last and still is of use, newest first."""
    told = (*PUSHED, NoticeState.SHOWN)
    found = select(Notice).where(Notice.member_id == member.id, Notice.state.in_(told), Notice.useful_until > now)
    return list(db.scalars(found.order_by(Notice.id.desc()).limit(most)))


def asked_last(db: Session, member: Member, now: datetime) -> Notice | None:
    """The question about a leave request that was sent to this person last; None once it is of no use."""
    kinds = (Notice.kind == NoticeKind.LEAVE_ASKED, Notice.state.in_((*PUSHED, NoticeState.UNSURE)))
    found = select(Notice).where(Notice.member_id == member.id, *kinds, Notice.useful_until > now)
    return db.scalar(found.order_by(Notice.closed_at.desc(), Notice.id.desc()).limit(1))


def shown(db: Session, notices: Sequence[Notice], now: datetime) -> None:
    """They have been read to the person; what a sender has taken meanwhile stays the sender's."""
    still = update(Notice).where(Notice.id.in_([one.id for one in notices]), Notice.state.in_(TO_SHOW))
    touched(db, still.values(state=NoticeState.SHOWN, closed_at=now))


def facts_of(notice: Notice) -> Mapping[str, Plain]:
    """The facts that texts/notice.py words."""
    told: Mapping[str, Plain] = json.loads(notice.facts)
    return told


def replaced(db: Session, kind: NoticeKind, occurrence: str, now: datetime) -> None:
    """Tell nothing more of that kind whose occurrence begins so: it is no longer so."""
    _replace(db, (kind,), occurrence, now)


def _to_expected(
    db: Session, activity: Activity, kind: NoticeKind, facts: Mapping[str, Plain], now: datetime, zone: ZoneInfo
) -> int:
    useful = max(activity.starts_at, activity.moved_from or now, now + timedelta(hours=12))
    _replace(db, OF_A_PLAN, f"{activity.public_id}.", now)
    occurrence = f"{activity.public_id}.{activity.version}"
    told = Told(kind, occurrence, facts, quiet.of(db, zone).earliest(kind, now), useful)
    return write_all(db, [Line(one.id, told) for one in activities.expected(db, activity)], now)


def _leave_facts(db: Session, leave: Leave) -> dict[str, Plain]:
    activity = db.get_one(Activity, leave.activity_id)
    return {"leave": leave.public_id, "title": activity.title, "at": activity.starts_at.isoformat()}


def _replace(db: Session, kinds: Collection[NoticeKind], occurrence: str, now: datetime) -> None:
    """Close what is still to be told of an occurrence: what it says is no longer so."""
    written = [Notice.once.startswith(f"{kind.value}:{occurrence}") for kind in kinds]
    waiting = update(Notice).where(Notice.state.in_(TO_SHOW), or_(*written))
    touched(db, waiting.values(state=NoticeState.EXPIRED, closed_at=now, reason=REPLACED))


def _once(line: Line) -> str:
    return f"{line.told.kind.value}:{line.told.occurrence}:{line.member_id}"


def _row(line: Line, now: datetime) -> dict[str, object]:
    told, over = line.told, line.told.useful_until <= now
    unweighed = UNWEIGHED if told.kind in UNPLANNED else ""
    return {
        "public_id": public_id(),
        "member_id": line.member_id,
        "kind": told.kind,
        "once": _once(line),
        "facts": json.dumps(told.facts, ensure_ascii=False),
        "created_at": now,
        "due_at": told.due,
        "useful_until": told.useful_until,
        "state": NoticeState.EXPIRED if over else NoticeState.WAITING,
        "closed_at": now if over else None,
        "reason": CAPPED if line.capped else unweighed,
    }
