"""Leave (请假): asked for by the member, before or within three days after; decided once, by the leader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.appointment import Role
from models.checkin import CheckIn, Seat, SeatState
from models.leave import Leave, LeaveClass, LeaveState
from models.member import Member
from services import events, rights
from services.errors import AlreadyAsked, AlreadyHere, Decided, NotAllowed, NotExpected, TooLateToAsk, WrongState
from services.rights import DECIDES_LEAVE, Act
from services.rows import touched

AFTERWARDS = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Wish:
    """Why somebody cannot come."""

    leave_class: LeaveClass
    reason: str = ""
    by_family: bool = False


def ask(db: Session, act: Act, member: Member, activity: Activity, wish: Wish) -> Leave:
    """Ask for leave. Raises NotExpected, AlreadyHere, AlreadyAsked, TooLateToAsk, WrongState (cancelled)."""
    if activity.state is ActivityState.CANCELLED:
        raise WrongState(activity.title, activity.state)
    act.demand(act.by is not None and act.by.id == member.id)
    if act.now > activity.starts_at + AFTERWARDS:
        raise TooLateToAsk
    seat = db.get(Seat, (activity.id, member.id))
    if seat is None or seat.state is not SeatState.EXPECTED:
        raise NotExpected(activity.title)
    if db.get(CheckIn, (activity.id, member.id)) is not None:
        raise AlreadyHere(activity.title)
    if standing(db, member, activity) is not None:
        raise AlreadyAsked(activity.title)
    made = Leave(
        activity_id=activity.id,
        member_id=member.id,
        leave_class=wish.leave_class,
        reason=wish.reason,
        by_family=wish.by_family,
        asked_at=act.now,
    )
    db.add(made)
    events.log(db, act, "leave_asked", activity, name=member.name, leave_class=wish.leave_class.value)
    return made


def decide(db: Session, act: Act, leave: Leave, *, agreed: bool, note: str) -> None:
    """Agree or not. Of two who decide at once the second is told. Raises NotAllowed, Decided."""
    by = _somebody(act)
    act.demand(may_decide(db, act, leave))
    waiting = update(Leave).where(Leave.id == leave.id, Leave.state == LeaveState.WAITING)
    state = LeaveState.APPROVED if agreed else LeaveState.REFUSED
    changed = touched(db, waiting.values(state=state, decided_by_id=by.id, decided_at=act.now, note=note))
    db.refresh(leave)
    if not changed:
        raise Decided(leave.decided_by.name if leave.decided_by else "", leave.state)
    activity = db.get_one(Activity, leave.activity_id)
    events.log(db, act, "leave_decided", activity, name=leave.member.name, agreed=agreed)


def withdraw(db: Session, act: Act, leave: Leave) -> None:
    """Take the own request back while the activity has not begun. Raises Decided once it is settled."""
    by = _somebody(act)
    act.demand(leave.member_id == by.id)
    held = update(Leave).where(Leave.id == leave.id, Leave.state.in_((LeaveState.WAITING, LeaveState.APPROVED)))
    if not touched(db, held.values(state=LeaveState.WITHDRAWN, decided_by_id=by.id, decided_at=act.now)):
        db.refresh(leave)
        raise Decided(leave.decided_by.name if leave.decided_by else "", leave.state)
    db.refresh(leave)
    events.log(db, act, "leave_withdrawn", leave.activity, name=by.name)


def may_decide(db: Session, act: Act, leave: Leave) -> bool:
    """Nobody decides the own leave; a leader that of the own group, secretary and deputy everybody's."""
    if act.by is None or act.by.id == leave.member_id:
        return False
    seat = db.get(Seat, (leave.activity_id, leave.member_id))
    group = seat.group_id if seat else leave.member.group_id
    return bool(act.rights.roles & DECIDES_LEAVE) or (group is not None and group in act.rights.groups)


def deciders(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> list[Member]:
    """Whom to ask: the leaders of the group, or where that is the asker or nobody, secretary and deputy."""
    seat = db.get(Seat, (leave.activity_id, leave.member_id))
    group = seat.group_id if seat else None
    leaders = rights.leaders_of(db, group, now, zone) if group else []
    others = [one for one in leaders if one.id != leave.member_id]
    if others:
        return others
    heads = rights.holders(db, frozenset({Role.SECRETARY, Role.DEPUTY}), now, zone)
    return [one.member for one in heads if one.member_id != leave.member_id][:1]


def standing(db: Session, member: Member, activity: Activity) -> Leave | None:
    """The member's request for that activity that waits or is approved."""
    return db.scalar(
        select(Leave).where(
            Leave.activity_id == activity.id,
            Leave.member_id == member.id,
            Leave.state.in_((LeaveState.WAITING, LeaveState.APPROVED)),
        )
    )


def waiting_for(db: Session, act: Act) -> list[Leave]:
    """The requests this person may decide, oldest first."""
    found = db.scalars(select(Leave).where(Leave.state == LeaveState.WAITING).order_by(Leave.id))
    return [leave for leave in found if may_decide(db, act, leave)]


def askable(db: Session, member: Member, now: datetime) -> Sequence[Activity]:
    """The activities the member may ask leave from now: expected at, not there, not over for three days."""
    return db.scalars(
        select(Activity)
        .join(Seat, Seat.activity_id == Activity.id)
        .where(
            Seat.member_id == member.id,
            Seat.state == SeatState.EXPECTED,
            Activity.state != ActivityState.CANCELLED,
            Activity.starts_at > now - AFTERWARDS,
            ~select(CheckIn.member_id)
            .where(CheckIn.activity_id == Activity.id, CheckIn.member_id == member.id)
            .exists(),
            ~select(Leave.id)
            .where(
                Leave.activity_id == Activity.id,
                Leave.member_id == member.id,
                Leave.state.in_((LeaveState.WAITING, LeaveState.APPROVED)),
            )
            .exists(),
        )
        .order_by(Activity.starts_at)
    ).all()


def find(db: Session, public_id: str) -> Leave | None:
    """The request of that public id."""
    return db.scalar(select(Leave).where(Leave.public_id == public_id))


def _somebody(act: Act) -> Member:
    """Whoever acts; leave is a matter between people, the operator has no part in it."""
    if act.by is None:
        raise NotAllowed
    return act.by
