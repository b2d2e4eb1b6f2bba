"""Standing leave and exemption: entered by whoever runs the branch, with a reason, from a day to a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.leave import LeaveClass
from models.member import Member
from models.standing import Standing, StandingKind
from services import events
from services.errors import OutOfOrder
from services.rights import Act


def enter(
    db: Session, act: Act, member: Member, leave_class: LeaveClass | None, span: tuple[date, date | None], reason: str
) -> Standing:
    """Enter a standing leave of that class, or with no class an exemption (免); the same again is the one there is.

    Seats follow when an activity opens; `people.excuse` brings those of planned ones in line at once.
    Raises NotAllowed, OutOfOrder.
    """
    act.demand(act.rights.runs_branch)
    starts, ends = span
    if ends is not None and ends < starts:
        raise OutOfOrder
    kind = StandingKind.EXEMPT if leave_class is None else StandingKind.LEAVE
    for one in of(db, member):
        if (one.kind, one.leave_class, one.starts, one.ends, one.reason) == (kind, leave_class, starts, ends, reason):
            return one
    made = Standing(
        member_id=member.id,
        kind=kind,
        leave_class=leave_class,
        starts=starts,
        ends=ends,
        reason=reason,
        by_id=act.by.id if act.by else None,
        at=act.now,
    )
    db.add(made)
    _log(db, act, f"standing_{kind.value}", member, made)
    return made


def end(db: Session, act: Act, standing: Standing, last: date) -> None:
    """Let it end with the day `last`. Raises NotAllowed, OutOfOrder."""
    act.demand(act.rights.runs_branch)
    if last < standing.starts:
        raise OutOfOrder
    if standing.ends == last:
        return
    standing.ends = last
    _log(db, act, "standing_ended", db.get_one(Member, standing.member_id), standing)


def withdraw(db: Session, act: Act, standing: Standing) -> None:
    """Take back what was entered by mistake; what it said stays in the log. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    _log(db, act, "standing_withdrawn", db.get_one(Member, standing.member_id), standing)
    db.delete(standing)
    db.flush()


def on(db: Session, day: date, people: Sequence[int] | None = None) -> dict[int, Standing]:
    """What holds on that day, by member; an exemption goes before a leave."""
    held = (
        select(Standing)
        .where(Standing.starts <= day, or_(Standing.ends.is_(None), Standing.ends >= day))
        .order_by(Standing.kind.desc(), Standing.id)  # the later one stays: "leave" sorts before "exempt" downwards
    )
    if people is not None:
        held = held.where(Standing.member_id.in_(people))
    return {one.member_id: one for one in db.scalars(held)}


def of(db: Session, member: Member) -> list[Standing]:
    """All of a member's, newest first."""
    mine = select(Standing).where(Standing.member_id == member.id)
    return list(db.scalars(mine.order_by(Standing.starts.desc(), Standing.id.desc())))


def find(db: Session, public_id: str) -> Standing | None:
    """The standing of that public id."""
    return db.scalar(select(Standing).where(Standing.public_id == public_id))


def _log(db: Session, act: Act, verb: str, member: Member, standing: Standing) -> None:
    events.log(
        db,
        act,
        verb,
        member,
        **{"class": standing.leave_class.value if standing.leave_class else ""},
        starts=standing.starts.isoformat(),
        ends=standing.ends.isoformat() if standing.ends else "",
        reason=standing.reason,
    )
