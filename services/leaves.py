"""Leave (请假): asked for by the member, before or within three days after; decided once, by the leader."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Role
from models.checkin import CheckIn, Seat, SeatState
from models.leave import Leave, LeaveClass, LeaveState
from models.member import Member
from models.org import Org, OrgKind
from models.standing import StandingKind
from services import events, rights, standings
from services.calendar import today
from services.errors import (
    AlreadyAsked,
    AlreadyHere,
    Decided,
    HasBegun,
    NotAllowed,
    NotExpected,
    OnLeave,
    Refusal,
    TooLateToAsk,
    WrongState,
)
from services.registrations import group_of
from services.rights import DECIDES_LEAVE, Act
from services.rows import touched

AFTERWARDS = timedelta(days=3)
AHEAD = timedelta(days=14)  # how far ahead somebody who says no more than 请假 is thought to look
STANDS = (LeaveState.WAITING, LeaveState.APPROVED)


@dataclass(frozen=True, slots=True)
class Wish:
    """Why somebody cannot come."""

    leave_class: LeaveClass
    reason: str = ""
    by_family: bool = False


def ask(db: Session, act: Act, member: Member, activity: Activity, wish: Wish) -> Leave:
    """Ask for leave: for oneself, or as a leader for somebody else whose family asks (家属代请).

    Raises NotAllowed and whatever `check` raises.
    """
    himself = act.by is not None and act.by.id == member.id
    tended = act.rights.tends(group_of(db, activity, member))
    act.demand(tended and not himself if wish.by_family else himself)
    check(db, member, activity, act.now, act.zone)
    made = Leave(
        activity_id=activity.id,
        member_id=member.id,
        leave_class=wish.leave_class,
        reason=wish.reason,
        by_family=wish.by_family,
        asked_at=act.now,
    )
    db.add(made)
    facts = {"name": member.name, "leave_class": wish.leave_class.value, "by_family": wish.by_family}
    events.log(db, act, "leave_asked", activity, **facts)
    return made


def enter(db: Session, act: Act, member: Member, activity: Activity, wish: Wish) -> Leave:
    """Enter what the family asks (家属代请); agreed to in the same breath by whoever may decide it, else it waits.

    Raises as `ask`.
    """
    made = ask(db, act, member, activity, replace(wish, by_family=True))
    db.flush()
    if may_decide(db, act, made):
        decide(db, act, made, agreed=True, note="")
    return made


def enterable(db: Session, act: Act, activity: Activity) -> list[Member]:
    """For whom a family may ask at this leader, in roster order: expected, not here, without leave.

    Raises NotAllowed for who tends nobody.
    """
    act.demand(act.rights.runs_branch or bool(act.rights.groups))
    if activity.state is ActivityState.CANCELLED or act.now > activity.starts_at + AFTERWARDS:
        return []
    came = select(CheckIn.member_id).where(CheckIn.activity_id == activity.id, CheckIn.member_id == Member.id)
    asked = select(Leave.id).where(
        Leave.activity_id == activity.id, Leave.member_id == Member.id, Leave.state.in_(STANDS)
    )
    seated = (
        select(Member, Seat.group_id)
        .join(Seat, Seat.member_id == Member.id)
        .where(Seat.activity_id == activity.id, Seat.state == SeatState.EXPECTED, ~came.exists(), ~asked.exists())
        .order_by(Member.id)
    )
    own = act.by.id if act.by else None
    found = [one for one, group in db.execute(seated) if act.rights.tends(group) and one.id != own]
    held = standings.on(db, today(activity.starts_at, act.zone), [one.id for one in found])
    away = {key for key, one in held.items() if one.kind is StandingKind.LEAVE}
    return [one for one in found if one.id not in away]


def check(db: Session, member: Member, activity: Activity, now: datetime, zone: ZoneInfo) -> None:
    """Whether the member may ask for leave from it now.

    Raises WrongState (cancelled), TooLateToAsk, NotExpected, AlreadyHere, AlreadyAsked, OnLeave (standing).
    """
    if activity.state is ActivityState.CANCELLED:
        raise WrongState(activity.title, activity.state)
    if now > activity.starts_at + AFTERWARDS:
        raise TooLateToAsk
    seat = db.get(Seat, (activity.id, member.id))
    if seat is None or seat.state is not SeatState.EXPECTED:
        raise NotExpected(activity.title)
    if db.get(CheckIn, (activity.id, member.id)) is not None:
        raise AlreadyHere(activity.title)
    if standing(db, member, activity) is not None:
        raise AlreadyAsked(activity.title)
    held = standings.on(db, today(activity.starts_at, zone), [member.id]).get(member.id)
    if held is not None and held.kind is StandingKind.LEAVE:
        raise OnLeave(activity.title)


def decide(db: Session, act: Act, leave: Leave, *, agreed: bool, note: str) -> None:
    """Agree or not; of two who decide at once the second is told. Raises NotAllowed, Decided, WrongState."""
    by = _somebody(act)
    act.demand(may_decide(db, act, leave))
    if leave.activity.state is ActivityState.CANCELLED:
        raise WrongState(leave.activity.title, leave.activity.state)
    waiting = update(Leave).where(Leave.id == leave.id, Leave.state == LeaveState.WAITING)
    state = LeaveState.APPROVED if agreed else LeaveState.REFUSED
    changed = touched(db, waiting.values(state=state, decided_by_id=by.id, decided_at=act.now, note=note))
    db.refresh(leave)
    if not changed:
        raise settled(leave)
    events.log(db, act, "leave_decided", leave.activity, name=leave.member.name, agreed=agreed)


def withdraw(db: Session, act: Act, leave: Leave) -> None:
    """Take the own request back; once granted, only before the activity begins. Raises HasBegun, Decided."""
    by = _somebody(act)
    act.demand(leave.member_id == by.id)
    if leave.state is LeaveState.APPROVED and act.now >= leave.activity.starts_at:
        raise HasBegun(leave.activity.title)
    held = update(Leave).where(Leave.id == leave.id, Leave.state == leave.state, Leave.state.in_(STANDS))
    changed = touched(db, held.values(state=LeaveState.WITHDRAWN, decided_by_id=by.id, decided_at=act.now))
    db.refresh(leave)
    if not changed:
        raise settled(leave)
    events.log(db, act, "leave_withdrawn", leave.activity, name=by.name)


def settled(leave: Leave) -> Decided:
    """What to tell whoever comes too late to decide: by whom it was, and how."""
    return Decided(leave.decided_by.name if leave.decided_by else "", leave.state)


def decides(act: Act) -> bool:
    """Whether this person decides leave at all: a group's, or everybody's."""
    return bool(act.rights.groups or act.rights.roles & DECIDES_LEAVE)


def may_decide(db: Session, act: Act, leave: Leave) -> bool:
    """Nobody decides the own leave; a leader that of the own group, secretary and deputy everybody's."""
    if act.by is None or act.by.id == leave.member_id:
        return False
    seat = db.get(Seat, (leave.activity_id, leave.member_id))
    group = seat.group_id if seat else leave.member.group_id
    return bool(act.rights.roles & DECIDES_LEAVE) or (group is not None and group in act.rights.groups)


def deciders(db: Session, leave: Leave, now: datetime, zone: ZoneInfo) -> list[Member]:
    """Whom to ask: the leaders of the group, or where that is the asker or nobody, the secretary, else the deputy."""
    seat = db.get(Seat, (leave.activity_id, leave.member_id))
    group = seat.group_id if seat else None
    leaders = rights.leaders_of(db, group, now, zone) if group else []
    others = [one for one in leaders if one.id != leave.member_id]
    if others:
        return others
    heads = rights.holders(db, DECIDES_LEAVE, now, zone)
    heads.sort(key=lambda one: one.role is not Role.SECRETARY)
    return [one.member for one in heads if one.member_id != leave.member_id][:1]


def standing(db: Session, member: Member, activity: Activity) -> Leave | None:
    """The member's request for that activity that waits or is approved."""
    return db.scalar(
        select(Leave).where(
            Leave.activity_id == activity.id,
            Leave.member_id == member.id,
            Leave.state.in_(STANDS),
        )
    )


def waiting_for(db: Session, act: Act) -> list[Leave]:
    """The requests this person may decide, oldest first; a cancelled activity needs no leave."""
    if not decides(act):
        return []
    held = Activity.state != ActivityState.CANCELLED
    waiting = select(Leave).join(Leave.activity).where(Leave.state == LeaveState.WAITING, held)
    return [leave for leave in db.scalars(waiting.order_by(Leave.id)) if may_decide(db, act, leave)]


def of_member(db: Session, member: Member, after: str | None, most: int) -> list[Leave]:
    """The member's requests, newest first: at most `most` after the one of the public id `after`."""
    mine = select(Leave).where(Leave.member_id == member.id)
    if after is not None:
        shown = db.scalar(mine.where(Leave.public_id == after))
        mine = mine.where(Leave.id < (shown.id if shown else 0))
    return list(db.scalars(mine.order_by(Leave.id.desc()).limit(most)))


def withdrawable(db: Session, member: Member, now: datetime) -> list[Leave]:
    """The member's requests that can be taken back: not decided yet, or granted for what has not begun."""
    open_ = or_(Leave.state == LeaveState.WAITING, and_(Leave.state == LeaveState.APPROVED, Activity.starts_at > now))
    held = Activity.state != ActivityState.CANCELLED
    mine = select(Leave).join(Leave.activity).where(Leave.member_id == member.id, open_, held)
    return list(db.scalars(mine.order_by(Activity.starts_at, Leave.id)))


def askable(db: Session, member: Member, now: datetime, zone: ZoneInfo, most: int = 5) -> list[Activity]:
    """What the member may ask leave from now, soonest first: whatever `check` does not object to."""
    came = select(CheckIn.member_id).where(CheckIn.activity_id == Activity.id, CheckIn.member_id == member.id)
    asked = select(Leave.id).where(
        Leave.activity_id == Activity.id, Leave.member_id == member.id, Leave.state.in_(STANDS)
    )
    found = (
        select(Activity)
        .join(Seat, Seat.activity_id == Activity.id)
        .where(
            Seat.member_id == member.id,
            Seat.state == SeatState.EXPECTED,
            Activity.state != ActivityState.CANCELLED,
            Activity.starts_at >= now - AFTERWARDS,
            ~came.exists(),
            ~asked.exists(),
        )
        .order_by(Activity.starts_at, Activity.id)
        .limit(4 * most)
    )
    return [one for one in db.scalars(found) if _objection(db, member, one, now, zone) is None][:most]


def objection(db: Session, member: Member, now: datetime, zone: ZoneInfo) -> Refusal | None:
    """Why there is nothing to ask for: what stands against it at the activity nearest to now; None if none is near."""
    seated = select(Seat.member_id).where(Seat.activity_id == Activity.id, Seat.member_id == member.id)
    everybodys = and_(Activity.kind != ActivityKind.COMMITTEE, Org.kind == OrgKind.BRANCH)
    near = db.scalars(
        select(Activity)
        .join(Org, Org.id == Activity.org_id)
        .where(Activity.starts_at.between(now - AFTERWARDS, now + AHEAD), or_(seated.exists(), everybodys))
    )
    for activity in sorted(near, key=lambda one: abs(one.starts_at - now)):
        found = _objection(db, member, activity, now, zone)
        if found is not None:
            return found
    return None


def called_off(db: Session, member: Member, now: datetime) -> list[Activity]:
    """What the member need not ask leave from, for it is cancelled; soonest first."""
    ahead = Activity.starts_at.between(now, now + AHEAD)
    seated = select(Activity).join(Seat, Seat.activity_id == Activity.id).where(Seat.member_id == member.id, ahead)
    cancelled = seated.where(Activity.state == ActivityState.CANCELLED, Seat.state == SeatState.EXPECTED)
    return list(db.scalars(cancelled.order_by(Activity.starts_at, Activity.id)))


def find(db: Session, public_id: str) -> Leave | None:
    """The request of that public id."""
    return db.scalar(select(Leave).where(Leave.public_id == public_id))


def those(db: Session, public_ids: Sequence[str]) -> dict[str, Leave]:
    """The requests of these public ids, by id, oldest first, whatever has become of them."""
    found = db.scalars(select(Leave).where(Leave.public_id.in_(public_ids)).order_by(Leave.id))
    return {one.public_id: one for one in found}


def _objection(db: Session, member: Member, activity: Activity, now: datetime, zone: ZoneInfo) -> Refusal | None:
    try:
        check(db, member, activity, now, zone)
    except Refusal as refusal:
        return refusal
    return None


def _somebody(act: Act) -> Member:
    """Whoever acts; leave is a matter between people, the operator has no part in it."""
    if act.by is None:
        raise NotAllowed
    return act.by
