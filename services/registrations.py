"""人工登记 and corrections: a leader enters who came; a record is corrected by adding, never by deleting."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.attendance import Mark, MarkKind
from models.checkin import Method, Seat
from models.leave import LeaveClass
from models.member import Member
from services import checkins, events
from services.attendance import PRESENT, Status, Verdict
from services.checkins import Row
from services.errors import WrongState
from services.rights import Act

REGISTERS_IN = (ActivityState.PLANNED, ActivityState.OPEN)
MARKS: Mapping[Status, tuple[MarkKind, ...]] = {
    **dict.fromkeys(PRESENT, (MarkKind.EARLY, MarkKind.NOT_CAME, MarkKind.ON_LEAVE)),
    Status.EXEMPT_CAME: (MarkKind.EARLY, MarkKind.NOT_CAME),
    Status.NOT_COME: (MarkKind.CAME, MarkKind.ON_LEAVE, MarkKind.ABSENT),
    Status.ABSENT: (MarkKind.NOT_ABSENT, MarkKind.CAME, MarkKind.ON_LEAVE),
    Status.LEAVE: (MarkKind.CAME,),
    Status.EXEMPT: (MarkKind.CAME,),
    Status.TO_CHECK: (MarkKind.GUEST, MarkKind.OTHER_GROUP, MarkKind.NOT_CAME),
    Status.GUEST: (MarkKind.OTHER_GROUP, MarkKind.NOT_CAME),
    Status.OTHER_GROUP: (MarkKind.GUEST, MarkKind.NOT_CAME),
    Status.WITHDRAWN: (MarkKind.CAME,),
    Status.INVITED: (MarkKind.CAME,),
}


def register(db: Session, act: Act, activity: Activity, people: Sequence[Member], reason: str) -> int:
    """Register everybody of the tick list who is not in yet, 登; returns how many were new.

    Before, during and after the meeting until it is closed; then only corrections. The time is the start of the
    meeting, or now while it runs. Raises NotAllowed (one foreign name refuses the whole list), WrongState.
    """
    for one in people:
        act.demand(act.rights.tends(group_of(db, activity, one)))
    if activity.state not in REGISTERS_IN:
        raise WrongState(activity.title, activity.state)
    if not people:
        return 0
    at = max(act.now, activity.starts_at) if activity.state is ActivityState.PLANNED else act.now
    by_id = act.by.id if act.by else None
    rows = [
        Row(activity.id, one.id, at, Method.REGISTERED, secrets.token_hex(16), act.now, by_id, reason) for one in people
    ]
    recorded = checkins.record(db.connection(), rows)
    new = [one for one, was in zip(people, recorded, strict=True) if was.ours]
    for one in new:
        events.log(db, act, "registered", activity, name=one.name, reason=reason)
    return len(new)


def mark(
    db: Session, act: Act, activity: Activity, member: Member, said: tuple[MarkKind, LeaveClass | None], reason: str
) -> Mark:
    """Add a statement that corrects the record of one person. Raises NotAllowed, WrongState (cancelled)."""
    act.demand(act.rights.tends(group_of(db, activity, member)))
    if activity.state is ActivityState.CANCELLED:
        raise WrongState(activity.title, activity.state)
    kind, leave_class = said
    made = Mark(
        activity_id=activity.id,
        member_id=member.id,
        kind=kind,
        leave_class=leave_class,
        reason=reason,
        by_id=act.by.id if act.by else None,
        at=act.now,
    )
    db.add(made)
    events.log(db, act, f"mark_{kind.value}", activity, name=member.name, reason=reason)
    return made


def possible(activity: Activity, verdict: Verdict) -> list[MarkKind]:
    """What can be said of a record now: 无故缺席 only when the activity is over, nothing of what was cancelled."""
    kinds = list(MARKS[verdict.status])
    if verdict.early:
        kinds[kinds.index(MarkKind.EARLY)] = MarkKind.NOT_EARLY
    if activity.state is not ActivityState.CLOSED and MarkKind.ABSENT in kinds:
        kinds.remove(MarkKind.ABSENT)
    return [] if activity.state is ActivityState.CANCELLED else kinds


def group_of(db: Session, activity: Activity, member: Member) -> int | None:
    """The member's group on the day of the activity."""
    seat = db.get(Seat, (activity.id, member.id))
    return seat.group_id if seat else member.group_id
