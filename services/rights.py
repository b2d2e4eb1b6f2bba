"""Rights: what a member may do today follows from today's appointments and from nothing else."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from models.activity import Activity
from models.appointment import COMMITTEE, Appointment, Role
from models.member import Member
from models.org import Org, OrgKind
from services.calendar import today
from services.errors import NotAllowed

RUNS_BRANCH = frozenset({Role.SECRETARY, Role.DEPUTY, Role.ORGANISATION, Role.OFFICE})
RUNS_STUDY = RUNS_BRANCH | {Role.PUBLICITY}
SEES_BRANCH = RUNS_BRANCH | frozenset(COMMITTEE) | {Role.LEADING_HEAD, Role.LEADING_DEPUTY, Role.LEADING_MEMBER}
DECIDES_LEAVE = frozenset({Role.SECRETARY, Role.DEPUTY})


@dataclass(frozen=True, slots=True)
class Rights:
    """One member's rights at one moment: the roles held, and the groups led."""

    member_id: int
    roles: frozenset[Role]
    groups: frozenset[int]

    @property
    def runs_branch(self) -> bool:
        """Plans, registers, edits people and appointments for the whole branch."""
        return bool(self.roles & RUNS_BRANCH)

    @property
    def runs_study(self) -> bool:
        """Keeps the question banks, papers and the study path."""
        return bool(self.roles & RUNS_STUDY)

    @property
    def sees_branch(self) -> bool:
        """Reads every group's attendance."""
        return bool(self.roles & SEES_BRANCH)

    @property
    def leads(self) -> bool:
        """Has any page to run: the branch, or a group."""
        return self.sees_branch or bool(self.groups)

    def sees_group(self, group_id: int | None) -> bool:
        """Reads the attendance of that group's people (None: people without a group)."""
        return self.sees_branch or (group_id is not None and group_id in self.groups)

    def tends(self, group_id: int | None) -> bool:
        """Registers, reminds and corrects for that group's people."""
        return self.runs_branch or (group_id is not None and group_id in self.groups)

    def runs(self, activity: Activity) -> bool:
        """Moves, cancels, opens and closes that activity."""
        return self.runs_branch or activity.org_id in self.groups

    def plans_for(self, org: Org) -> bool:
        """Plans an activity of that branch or group."""
        return self.runs_branch or (org.kind is OrgKind.GROUP and org.id in self.groups)


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, with the rights held at that moment, and when; by nobody means the operator."""

    by: Member | None
    rights: Rights
    now: datetime
    zone: ZoneInfo

    def demand(self, allowed: bool) -> None:  # noqa: FBT001 - reads as a sentence: act.demand(act.rights.runs(activity))
        """Raise NotAllowed unless allowed; the operator at the command line may do everything."""
        if self.by is not None and not allowed:
            raise NotAllowed

    @property
    def day(self) -> date:
        """The branch's date."""
        return today(self.now, self.zone)


def operator(now: datetime, zone: ZoneInfo) -> Act:
    """An act of whoever sits at the command line."""
    return Act(None, Rights(0, frozenset(), frozenset()), now, zone)


def act_of(db: Session, member: Member, now: datetime, zone: ZoneInfo) -> Act:
    """An act of the member, with today's rights; ending an appointment ends them at that moment."""
    held = db.scalars(_held(now, zone).where(Appointment.member_id == member.id)).all()
    rights = Rights(
        member.id,
        frozenset(one.role for one in held),
        frozenset(one.org_id for one in held if one.role is Role.GROUP_LEADER),
    )
    return Act(member, rights, now, zone)


def holders(db: Session, roles: frozenset[Role], now: datetime, zone: ZoneInfo) -> list[Appointment]:
    """Who holds one of the roles now, in the order of appointment."""
    return list(db.scalars(_held(now, zone).where(Appointment.role.in_(roles)).order_by(Appointment.id)))


def leaders_of(db: Session, group_id: int, now: datetime, zone: ZoneInfo) -> list[Member]:
    """The leaders of a group now."""
    held = holders(db, frozenset({Role.GROUP_LEADER}), now, zone)
    return [one.member for one in held if one.org_id == group_id]


def _held(now: datetime, zone: ZoneInfo) -> Select[Appointment]:
    day = today(now, zone)
    return select(Appointment).where(
        Appointment.starts <= day,
        or_(Appointment.ends.is_(None), Appointment.ends > day),
        or_(Appointment.ended_at.is_(None), Appointment.ended_at > now),
    )
