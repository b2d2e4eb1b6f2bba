"""Appointments: made and ended by whoever runs the branch; never deleted, so that the past stays readable."""

from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import COMMITTEE, Appointment, Role
from models.member import Member, MemberStatus
from models.org import Org, OrgKind
from services import activities, events, orgs
from services.errors import NotSuitable, OutOfOrder, OwnOffice
from services.rights import Act, holders


def appoint(db: Session, act: Act, member: Member, role: Role, group: Org | None, starts: date) -> Appointment:
    """Appoint the member from `starts` on; the same appointment again is the one that stands.

    Raises NotAllowed, NotSuitable (not a full member, or gone by then; a group leader without a group, anyone else
    with one).
    """
    act.demand(act.rights.runs_branch)
    if member.status is not MemberStatus.FULL or (role is Role.GROUP_LEADER) != (group is not None):
        raise NotSuitable
    if member.moved_out is not None and member.moved_out <= max(starts, act.day):
        raise NotSuitable
    if group is not None and group.kind is not OrgKind.GROUP:
        raise NotSuitable
    branch = orgs.hold(db)  # of two who press at once the second finds the first one's
    org = group or branch
    same = (Appointment.member_id == member.id, Appointment.role == role, Appointment.org_id == org.id)
    standing = db.scalar(_lasting(act.day).where(*same).order_by(Appointment.starts).limit(1))
    if standing is not None and standing.starts <= starts:
        return standing
    made = standing or Appointment(member_id=member.id, org_id=org.id, role=role)
    made.starts = starts
    db.add(made)
    events.log(db, act, "appointed", member, role=role.value, org=org.name, starts=starts.isoformat())
    _seat_committee(db, act, role)
    return made


def end(db: Session, act: Act, appointment: Appointment, ends: date) -> None:
    """End it at `ends` (the first day without it); on or before today that is this very moment. Once over it stays so.

    Raises NotAllowed, OutOfOrder, OwnOffice. Nobody ends the own secretaryship by accident: another does.
    """
    act.demand(act.rights.runs_branch)
    if act.by is not None and act.by.id == appointment.member_id and appointment.role is Role.SECRETARY:
        raise OwnOffice
    if over(appointment, act):
        return
    if appointment.starts > act.day >= ends:
        ends = appointment.starts  # it never began
        appointment.ended_at = act.now
    if ends < appointment.starts:
        raise OutOfOrder
    _end(db, act, appointment, ends)


def lay_down(db: Session, act: Act, member: Member, ends: date) -> None:
    """End every office of somebody who leaves the roll at `ends`. Raises NotAllowed, OwnOffice."""
    act.demand(act.rights.runs_branch)
    for one in db.scalars(_lasting(ends).where(Appointment.member_id == member.id)).all():
        if act.by is not None and act.by.id == member.id and one.role is Role.SECRETARY:
            raise OwnOffice
        if not over(one, act):
            _end(db, act, one, max(ends, one.starts))


def over(appointment: Appointment, act: Act) -> bool:
    """Whether it has ended by now."""
    by_hand = appointment.ended_at is not None and appointment.ended_at <= act.now
    return by_hand or (appointment.ends is not None and appointment.ends <= act.day)


def find(db: Session, public_id: str) -> Appointment | None:
    """The appointment of that public id."""
    return db.scalar(select(Appointment).where(Appointment.public_id == public_id))


def everything(db: Session) -> list[Appointment]:
    """All of them, standing ones first, newest first."""
    return list(
        db.scalars(
            select(Appointment).order_by(Appointment.ends.is_not(None), Appointment.starts.desc(), Appointment.id)
        )
    )


def held(db: Session, act: Act) -> dict[int, list[tuple[Role, str]]]:
    """What everybody holds now, by member: (role, name of the group or "")."""
    found: dict[int, list[tuple[Role, str]]] = {}
    for one in sorted(holders(db, frozenset(Role), act.now, act.zone), key=lambda one: list(Role).index(one.role)):
        found.setdefault(one.member_id, []).append((one.role, one.org.name if one.org.kind is OrgKind.GROUP else ""))
    return found


def of(db: Session, member: Member) -> list[Appointment]:
    """All of one member's, newest first."""
    mine = select(Appointment).where(Appointment.member_id == member.id)
    return list(db.scalars(mine.order_by(Appointment.starts.desc(), Appointment.id.desc())))


def _end(db: Session, act: Act, appointment: Appointment, ends: date) -> None:
    appointment.ends = ends
    if ends <= act.day:
        appointment.ended_at = act.now
    events.log(
        db,
        act,
        "dismissed",
        appointment.member,
        role=appointment.role.value,
        org=appointment.org.name,
        ends=ends.isoformat(),
    )
    _seat_committee(db, act, appointment.role)


def _seat_committee(db: Session, act: Act, role: Role) -> None:
    """Who is expected at planned 支委会 follows from who sits on it that day."""
    if role not in COMMITTEE:
        return
    planned = select(Activity).where(Activity.state == ActivityState.PLANNED, Activity.kind == ActivityKind.COMMITTEE)
    for one in db.scalars(planned).all():
        activities.seat_everyone(db, one, act.zone)


def _lasting(day: date) -> Select[Appointment]:
    """Those that hold beyond the day."""
    return select(Appointment).where(
        or_(Appointment.ends.is_(None), Appointment.ends > day), Appointment.ended_at.is_(None)
    )
