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
    """Enter a standing leave of that class, or with no class an exemption (免). Raises NotAllowed, OutOfOrder."""
    act.demand(act.rights.runs_branch)
    starts, ends = span
    if ends is not None and ends < starts:
        raise OutOfOrder
    kind = StandingKind.EXEMPT if leave_class is None else StandingKind.LEAVE
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
    events.log(db, act, f"standing_{kind.value}", member, reason=reason)
    return made


def end(db: Session, act: Act, standing: Standing, last: date) -> None:
    """Let it end with the day `last`. Raises NotAllowed, OutOfOrder."""
    act.demand(act.rights.runs_branch)
    if last < standing.starts:
        raise OutOfOrder
    standing.ends = last
    events.log(db, act, "standing_ended", db.get_one(Member, standing.member_id))


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
    return list(db.scalars(select(Standing).where(Standing.member_id == member.id).order_by(Standing.starts.desc())))


def find(db: Session, public_id: str) -> Standing | None:
    """The standing of that public id."""
    return db.scalar(select(Standing).where(Standing.public_id == public_id))
