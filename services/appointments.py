"""Appointments: made and ended by whoever runs the branch; never deleted, so that the past stays readable."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appointment import Appointment, Role
from models.member import Member, MemberStatus
from models.org import Org, OrgKind
from services import events, orgs
from services.errors import NotAllowed, NotSuitable, OutOfOrder
from services.rights import Act


def appoint(db: Session, act: Act, member: Member, role: Role, group: Org | None, starts: date) -> Appointment:
    """Appoint the member from `starts` on; the same appointment again is the one that stands.

    Raises NotAllowed, NotSuitable (not a full member; a group leader without a group, anyone else with one).
    """
    act.demand(act.rights.runs_branch)
    if member.status is not MemberStatus.FULL or (role is Role.GROUP_LEADER) != (group is not None):
        raise NotSuitable
    if group is not None and group.kind is not OrgKind.GROUP:
        raise NotSuitable
    org = group or orgs.branch(db)
    standing = db.scalar(
        select(Appointment).where(
            Appointment.member_id == member.id,
            Appointment.role == role,
            Appointment.org_id == org.id,
            Appointment.ends.is_(None),
            Appointment.ended_at.is_(None),
        )
    )
    if standing is not None:
        return standing
    made = Appointment(member_id=member.id, org_id=org.id, role=role, starts=starts)
    db.add(made)
    events.log(db, act, "appointed", member, role=role.value, org=org.name)
    return made


def end(db: Session, act: Act, appointment: Appointment, ends: date) -> None:
    """End it at `ends` (the first day without it); on or before today that is this very moment.

    Raises NotAllowed, OutOfOrder. Nobody ends the own secretaryship by accident: another does.
    """
    act.demand(act.rights.runs_branch)
    if act.by is not None and act.by.id == appointment.member_id and appointment.role is Role.SECRETARY:
        raise NotAllowed
    if ends < appointment.starts:
        raise OutOfOrder
    appointment.ends = ends
    if appointment.ended_at is None and ends <= act.day:
        appointment.ended_at = act.now
    member = appointment.member
    events.log(db, act, "dismissed", member, role=appointment.role.value, org=appointment.org.name)


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
