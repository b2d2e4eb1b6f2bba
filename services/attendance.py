"""Attendance: one sheet derived from seats, check-ins, leave and marks; the figures and the rates on it.

Words and formulas: 到会率 = 实到 / 应到, 参学率 = (实到 + 已补课) / 应到 (学习、党课 only), 请假率 = 请假 / 应到.
应到 leaves 免 out and keeps 公假 in (a setting); 未到 becomes 无故缺席 only by a person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity
from models.attendance import MakeUp, Mark, MarkKind
from models.checkin import CheckIn, Method, Seat, SeatState
from models.leave import PUBLIC, Leave, LeaveClass, LeaveState
from models.member import Member
from models.org import Org
from services import standings
from services.calendar import today


class Status(StrEnum):
    """What stands in a person's cell."""

    CAME = "came"  # 到
    LATE = "late"  # 迟到
    REGISTERED = "registered"  # 登
    LEAVE = "leave"  # 请假
    NOT_COME = "not_come"  # 未到
    ABSENT = "absent"  # 无故缺席
    EXEMPT = "exempt"  # 免
    TO_CHECK = "to_check"  # 待核
    GUEST = "guest"  # 列席
    OTHER_GROUP = "other_group"  # 跨组


PRESENT = frozenset({Status.CAME, Status.LATE, Status.REGISTERED})
EXPECTED = PRESENT | {Status.LEAVE, Status.NOT_COME, Status.ABSENT}
_ATTENDANCE = frozenset({MarkKind.CAME, MarkKind.NOT_CAME, MarkKind.ON_LEAVE, MarkKind.ABSENT, MarkKind.NOT_ABSENT})
_EARLY = frozenset({MarkKind.EARLY, MarkKind.NOT_EARLY})
_BESIDE = frozenset({MarkKind.GUEST, MarkKind.OTHER_GROUP})


@dataclass(frozen=True, slots=True)
class Rules:
    """The two settings that differ by place, and when a check-in is late."""

    late_after: timedelta
    public_leave_expected: bool = True  # 公假 stays in 应到
    makeup_in_rate: bool = True  # 参学率 counts 补课


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is on record about one person at one activity; marks oldest first."""

    starts_at: datetime
    seat: SeatState | None
    came_at: datetime | None = None
    method: Method | None = None
    leave: LeaveClass | None = None  # approved, or standing on that day
    marks: tuple[tuple[MarkKind, LeaveClass | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from the facts."""

    status: Status
    leave: LeaveClass | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the sheet."""

    member: Member
    group: Org | None
    verdict: Verdict
    at: datetime | None
    method: Method | None
    waiting: Leave | None  # a request nobody has decided yet
    made_up: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the foot; counts of people."""

    expected: int = 0
    present: int = 0
    leave: int = 0
    public_leave: int = 0
    not_come: int = 0
    absent: int = 0
    late: int = 0
    early: int = 0
    made_up: int = 0
    guests: int = 0
    to_check: int = 0
    exempt: int = 0
    by_leave: Mapping[LeaveClass, int] = field(default_factory=dict)


def judge(facts: Facts, rules: Rules) -> Verdict:
    """The verdict on one person: the newest mark of a family stands over what the machine recorded."""
    newest = _newest(facts.marks, _ATTENDANCE)
    early = _newest(facts.marks, _EARLY)
    came = facts.came_at is not None and not (newest and newest[0] is MarkKind.NOT_CAME)
    if newest and newest[0] is MarkKind.CAME:
        came = True
    if facts.seat is None or facts.seat is SeatState.GUEST:
        return _beside(facts, came=came)
    if facts.seat is SeatState.EXEMPT and not came:
        return Verdict(Status.EXEMPT)
    if newest and newest[0] is MarkKind.ON_LEAVE:
        return Verdict(Status.LEAVE, newest[1])
    if came:
        return Verdict(_presence(facts, rules), early=bool(early and early[0] is MarkKind.EARLY))
    if facts.leave is not None:
        return Verdict(Status.LEAVE, facts.leave)
    if newest and newest[0] is MarkKind.ABSENT:
        return Verdict(Status.ABSENT)
    return Verdict(Status.NOT_COME)


def sheet(db: Session, activity: Activity, rules: Rules, zone: ZoneInfo) -> list[Line]:
    """The activity's sheet: who is absent first, then by group and roster order."""
    seats = {seat.member_id: seat for seat in db.scalars(select(Seat).where(Seat.activity_id == activity.id))}
    checkins = {row.member_id: row for row in db.scalars(select(CheckIn).where(CheckIn.activity_id == activity.id))}
    marks: dict[int, list[Mark]] = {}
    for mark in db.scalars(select(Mark).where(Mark.activity_id == activity.id).order_by(Mark.id)):
        marks.setdefault(mark.member_id, []).append(mark)
    leaves = {
        leave.member_id: leave
        for leave in db.scalars(
            select(Leave).where(
                Leave.activity_id == activity.id, Leave.state.in_((LeaveState.WAITING, LeaveState.APPROVED))
            )
        )
    }
    made_up = set(
        db.scalars(select(MakeUp.member_id).where(MakeUp.activity_id == activity.id, MakeUp.confirmed_at.is_not(None)))
    )
    people = _people(db, {*seats, *checkins, *marks})
    standing = _standing(db, activity, people, zone)
    groups = {org.id: org for org in db.scalars(select(Org))}
    lines = []
    for member in people:
        seat, checkin, leave = seats.get(member.id), checkins.get(member.id), leaves.get(member.id)
        approved = leave.leave_class if leave and leave.state is LeaveState.APPROVED else standing.get(member.id)
        facts = Facts(
            starts_at=activity.starts_at,
            seat=seat.state if seat else None,
            came_at=checkin.at if checkin else None,
            method=checkin.method if checkin else None,
            leave=approved,
            marks=tuple((mark.kind, mark.leave_class) for mark in marks.get(member.id, ())),
        )
        group_id = seat.group_id if seat else member.group_id
        lines.append(
            Line(
                member=member,
                group=groups.get(group_id) if group_id else None,
                verdict=judge(facts, rules),
                at=checkin.at if checkin else None,
                method=checkin.method if checkin else None,
                waiting=leave if leave and leave.state is LeaveState.WAITING else None,
                made_up=member.id in made_up,
            )
        )
    return sorted(lines, key=_absent_first)


def total(lines: Iterable[Line], rules: Rules) -> Totals:
    """The figures of a sheet, or of any lines of several."""
    kept = list(lines)
    verdicts = [line.verdict for line in kept]
    on_leave = [one.leave for one in verdicts if one.status is Status.LEAVE and one.leave]
    public = sum(1 for one in on_leave if one in PUBLIC)
    expected = sum(1 for one in verdicts if one.status in EXPECTED)
    return Totals(
        expected=expected if rules.public_leave_expected else expected - public,
        present=_count(verdicts, PRESENT),
        leave=len(on_leave),
        public_leave=public,
        not_come=_count(verdicts, {Status.NOT_COME}),
        absent=_count(verdicts, {Status.ABSENT}),
        late=_count(verdicts, {Status.LATE}),
        early=sum(1 for one in verdicts if one.early),
        made_up=sum(1 for line in kept if line.made_up and line.verdict.status in EXPECTED - PRESENT),
        guests=_count(verdicts, {Status.GUEST, Status.OTHER_GROUP}),
        to_check=_count(verdicts, {Status.TO_CHECK}),
        exempt=_count(verdicts, {Status.EXEMPT}),
        by_leave={one: on_leave.count(one) for one in LeaveClass if one in on_leave},
    )


def attendance_rate(totals: Totals) -> float | None:
    """到会率: 实到 / 应到, None when nobody is expected."""
    return totals.present / totals.expected if totals.expected else None


def study_rate(totals: Totals, rules: Rules) -> float | None:
    """参学率: (实到 + 已补课) / 应到; without the setting the same as 到会率."""
    if not totals.expected:
        return None
    return (totals.present + (totals.made_up if rules.makeup_in_rate else 0)) / totals.expected


def leave_rate(totals: Totals) -> float | None:
    """请假率: 请假 / 应到."""
    return totals.leave / totals.expected if totals.expected else None


def _newest(
    marks: Sequence[tuple[MarkKind, LeaveClass | None]], family: frozenset[MarkKind]
) -> tuple[MarkKind, LeaveClass | None] | None:
    return next((mark for mark in reversed(marks) if mark[0] in family), None)


def _presence(facts: Facts, rules: Rules) -> Status:
    if facts.method is Method.REGISTERED:
        return Status.REGISTERED
    if facts.came_at is not None and facts.came_at - facts.starts_at > rules.late_after:
        return Status.LATE
    return Status.CAME


def _beside(facts: Facts, *, came: bool) -> Verdict:
    """Somebody without a seat, or a guest: outside 应到 and 实到."""
    named = _newest(facts.marks, _BESIDE)
    if named and came:
        return Verdict(Status.GUEST if named[0] is MarkKind.GUEST else Status.OTHER_GROUP)
    if facts.seat is SeatState.GUEST:
        return Verdict(Status.GUEST if came else Status.EXEMPT)
    return Verdict(Status.TO_CHECK if came else Status.EXEMPT)


def _people(db: Session, ids: set[int]) -> list[Member]:
    if not ids:
        return []
    return list(db.scalars(select(Member).where(Member.id.in_(ids)).order_by(Member.id)))


def _standing(db: Session, activity: Activity, people: Sequence[Member], zone: ZoneInfo) -> dict[int, LeaveClass]:
    """The class of each standing leave that covers the activity's day."""
    held = standings.on(db, today(activity.starts_at, zone), [one.id for one in people])
    return {member: one.leave_class for member, one in held.items() if one.leave_class}


def _absent_first(line: Line) -> tuple[int, int, int]:
    order = (Status.NOT_COME, Status.ABSENT, Status.LEAVE, Status.TO_CHECK)
    rank = order.index(line.verdict.status) if line.verdict.status in order else len(order)
    return rank, line.group.id if line.group else 0, line.member.id


def _count(verdicts: Sequence[Verdict], statuses: Iterable[Status]) -> int:
    wanted = set(statuses)
    return sum(1 for one in verdicts if one.status in wanted)
