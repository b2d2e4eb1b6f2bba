"""Notices: one row a person and occurrence; sent while it is of use, else shown at the person's next contact."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.activity import Activity
from models.leave import Leave, LeaveState
from models.member import Identity, Member
from models.notice import Notice, NoticeKind, NoticeState
from services import activities, leaves
from services.rows import touched

MORNING, EVENING, LATE_EVENING = time(7, 30), time(20, 30), time(21)
LEASE = timedelta(minutes=2)  # after which another sender takes a claimed notice for its own
Plain = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be told: an occurrence of a kind, its facts, from when it may be sent and until when it is of use."""

    kind: NoticeKind
    occurrence: str
    facts: Mapping[str, Plain]
    due: datetime
    useful_until: datetime


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
    return _to_expected(db, activity, NoticeKind.CANCELLED, facts, now, zone)


def leave_asked(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> int:
    """Ask those who may decide; returns how many rows are new."""
    facts = {**_leave_facts(db, leave), "name": leave.member.name, "class": leave.leave_class.value}
    useful = leave.asked_at + timedelta(days=7)
    told = Told(NoticeKind.LEAVE_ASKED, leave.public_id, facts, quiet(now, zone), useful)
    return sum(write(db, leader, told, now) for leader in leaves.deciders(db, leave, now, zone))


def leave_decided(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> int:
    """Tell the member how it was decided."""
    facts = {
        **_leave_facts(db, leave),
        "agreed": leave.state is LeaveState.APPROVED,
        "by": leave.decided_by.name if leave.decided_by else "",
        "note": leave.note,
    }
    told = Told(NoticeKind.LEAVE_DECIDED, leave.public_id, facts, quiet(now, zone), now + timedelta(days=7))
    return write(db, leave.member, told, now)


def write(db: Session, member: Member, told: Told, now: datetime) -> int:
    """One row for the member and occurrence; written already, it stays as it is. Returns 1 if new, else 0."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    made = db.execute(
        dialect.insert(Notice)
        .values(
            member_id=member.id,
            kind=told.kind,
            once=f"{told.kind.value}:{told.occurrence}:{member.id}",
            facts=json.dumps(told.facts, ensure_ascii=False),
            created_at=now,
            due_at=told.due,
            useful_until=told.useful_until,
        )
        .on_conflict_do_nothing()
        .returning(Notice.id)
    )
    return len(made.all())


def claim(db: Session, now: datetime, most: int) -> list[Notice]:
    """Take up to `most` due notices for sending, for the time of a lease; expired ones are closed on the way."""
    waits = or_(
        Notice.state == NoticeState.WAITING,
        (Notice.state == NoticeState.CLAIMED) & (Notice.claimed_until < now),
    )
    touched(
        db,
        update(Notice)
        .where(waits, Notice.useful_until <= now)
        .values(state=NoticeState.EXPIRED, claimed_until=None, closed_at=now),
    )
    due = select(Notice.id).where(waits, Notice.due_at <= now, Notice.reason == "").order_by(Notice.id).limit(most)
    taken = db.scalars(
        update(Notice)
        .where(Notice.id.in_(due), waits)
        .values(state=NoticeState.CLAIMED, claimed_until=now + LEASE)
        .returning(Notice)
    )
    return list(taken)


def close(db: Session, notice_id: int, state: NoticeState, now: datetime, reason: str = "") -> None:
    """Record what became of a claimed notice: SENT, UNSURE or FAILED; WAITING with a reason waits for a contact."""
    done = None if state is NoticeState.WAITING else now
    touched(
        db,
        update(Notice)
        .where(Notice.id == notice_id, Notice.state == NoticeState.CLAIMED)
        .values(state=state, claimed_until=None, closed_at=done, reason=reason),
    )


def unseen(db: Session, member: Member, now: datetime) -> list[Notice]:
    """What is to be shown at this contact: waiting, unsure or failed, and still of use; oldest first."""
    kept = (NoticeState.WAITING, NoticeState.UNSURE, NoticeState.FAILED)
    found = select(Notice).where(Notice.member_id == member.id, Notice.state.in_(kept), Notice.useful_until > now)
    return list(db.scalars(found.order_by(Notice.id)))


def shown(db: Session, notices: Sequence[Notice], now: datetime) -> None:
    """They have been read to the person."""
    for notice in notices:
        notice.state, notice.claimed_until, notice.closed_at = NoticeState.SHOWN, None, now
    db.flush()


def facts_of(notice: Notice) -> Mapping[str, Plain]:
    """The facts that texts/notice.py words."""
    told: Mapping[str, Plain] = json.loads(notice.facts)
    return told


def openid_of(db: Session, member_id: int, app_id: str) -> str | None:
    """Where the member is reached in that app; None while no account is bound."""
    return db.scalar(select(Identity.openid).where(Identity.member_id == member_id, Identity.app_id == app_id))


def quiet(at: datetime, zone: ZoneInfo, evening: time = EVENING) -> datetime:
    """`at`, or the next morning's 7:30 where that falls into the quiet hours."""
    local = at.astimezone(zone)
    if MORNING <= local.time() < evening:
        return at
    day = local.date() + timedelta(days=1) if local.time() >= evening else local.date()
    return datetime.combine(day, MORNING, zone).astimezone(at.tzinfo)


def _to_expected(
    db: Session, activity: Activity, kind: NoticeKind, facts: Mapping[str, Plain], now: datetime, zone: ZoneInfo
) -> int:
    useful = max(activity.starts_at, activity.moved_from or now, now + timedelta(hours=12))
    occurrence = f"{activity.public_id}.{activity.version}"
    told = Told(kind, occurrence, facts, quiet(now, zone, LATE_EVENING), useful)
    return sum(write(db, one, told, now) for one in activities.expected(db, activity))


def _leave_facts(db: Session, leave: Leave) -> dict[str, Plain]:
    activity = db.get_one(Activity, leave.activity_id)
    return {"leave": leave.public_id, "title": activity.title, "at": activity.starts_at.isoformat()}
