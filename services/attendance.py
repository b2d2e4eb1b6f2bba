"""Attendance: one sheet derived from seats, check-ins, leave and marks; the figures and the rates on it.

Words and formulas: 到会率 = 实到 / 应到, 参学率 = (实到 + 已补课) / 应到 (学习、党课 only), 请假率 = 请假 / 应到.
应到 leaves 免 out and keeps 公假 in (a setting); 未到 becomes 无故缺席 only by a person.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind
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
    EXEMPT_CAME = "exempt_came"  # 免, and came all the same
    TO_CHECK = "to_check"  # 待核
    WITHDRAWN = "withdrawn"  # 待核 -> 撤销
    GUEST = "guest"  # 列席
    INVITED = "invited"  # 列席, not come
    OTHER_GROUP = "other_group"  # 跨组


STUDIES = frozenset({ActivityKind.LECTURE, ActivityKind.PARTY_DAY})  # 学习、党课: what a 参学率 is told of
PRESENT = frozenset({Status.CAME, Status.LATE, Status.REGISTERED})
EXPECTED = PRESENT | {Status.LEAVE, Status.NOT_COME, Status.ABSENT}
_ATTENDANCE = frozenset({MarkKind.CAME, MarkKind.NOT_CAME, MarkKind.ON_LEAVE, MarkKind.ABSENT, MarkKind.NOT_ABSENT})
_DENIALS = frozenset({MarkKind.NOT_CAME, MarkKind.ON_LEAVE, MarkKind.ABSENT})
_EARLY = frozenset({MarkKind.EARLY, MarkKind.NOT_EARLY})
_BESIDE = frozenset({MarkKind.GUEST, MarkKind.OTHER_GROUP})


@dataclass(frozen=True, slots=True)
class Rules:
    """The two settings that differ by place, and when a check-in is late."""

    late_after: timedelta
    public_leave_expected: bool = True  # 公假 stays in 应到
    makeup_in_rate: bool = True  # 参学率 counts 补课


@dataclass(frozen=True, slots=True)
class Said:
    """One mark: what a person said, and when."""

    kind: MarkKind
    at: datetime
    leave: LeaveClass | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is on record about one person at one activity; marks oldest first."""

    starts_at: datetime
    seat: SeatState | None
    came_at: datetime | None = None
    recorded_at: datetime | None = None  # when the check-in came to be known
    method: Method | None = None
    leave: LeaveClass | None = None  # approved, or standing on that day
    leave_since: datetime | None = None  # when it was approved or entered
    marks: tuple[Said, ...] = ()


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
    made_up_in_rate: int = 0  # of those in 应到
    guests: int = 0
    to_check: int = 0
    exempt: int = 0
    exempt_came: int = 0  # of those 免
    by_leave: Mapping[LeaveClass, int] = field(default_factory=dict)


def judge(facts: Facts, rules: Rules) -> Verdict:
    """The verdict on one person: the newest word of a person stands over what the machine recorded before it."""
    word = _word(facts)
    came = word.kind is MarkKind.CAME if word else facts.came_at is not None
    if facts.seat is None or facts.seat is SeatState.GUEST:
        return _beside(facts, word, came=came)
    early = came and _newest(facts.marks, _EARLY) is MarkKind.EARLY
    if facts.seat is SeatState.EXEMPT:
        return Verdict(Status.EXEMPT_CAME, early=early) if came else Verdict(Status.EXEMPT)
    if word and word.kind is MarkKind.ON_LEAVE:
        return Verdict(Status.LEAVE, word.leave)
    if came:
        return Verdict(_presence(facts, word, rules), early=early)
    if word and word.kind is MarkKind.ABSENT:
        return Verdict(Status.ABSENT)
    if facts.leave is not None:
        return Verdict(Status.LEAVE, facts.leave)
    return Verdict(Status.NOT_COME)


def sheet(
    db: Session, activity: Activity, rules: Rules, zone: ZoneInfo, only: Collection[int] | None = None
) -> list[Line]:
    """The activity's sheet: who is absent first, then by group and roster order; `only` of these members, if named."""

    def of(table: type[Seat | CheckIn | Mark | Leave | MakeUp]) -> ColumnElement[bool]:
        if only is None:
            return table.activity_id == activity.id
        # pair by pair, so that no planner takes the index of the activity and reads the whole branch's rows
        return tuple_(table.activity_id, table.member_id).in_([(activity.id, one) for one in only])

    seats = {seat.member_id: seat for seat in db.scalars(select(Seat).where(of(Seat)))}
    checkins = {row.member_id: row for row in db.scalars(select(CheckIn).where(of(CheckIn)))}
    marks: dict[int, list[Mark]] = {}
    for mark in db.scalars(select(Mark).where(of(Mark)).order_by(Mark.id)):
        marks.setdefault(mark.member_id, []).append(mark)
    asked = select(Leave).where(of(Leave), Leave.state.in_((LeaveState.WAITING, LeaveState.APPROVED)))
    leaves = {leave.member_id: leave for leave in db.scalars(asked)}
    made_up = set(db.scalars(select(MakeUp.member_id).where(of(MakeUp), MakeUp.confirmed_at.is_not(None))))
    people = _people(db, {*seats, *checkins, *marks})
    standing = _standing(db, activity, people, zone)
    meant = {one.group_id for one in seats.values()} | {one.group_id for one in people}
    groups = {org.id: org for org in db.scalars(select(Org).where(Org.id.in_(meant)))}
    lines = []
    for member in people:
        seat, checkin, leave = seats.get(member.id), checkins.get(member.id), leaves.get(member.id)
        excused = (
            (leave.leave_class, leave.decided_at)
            if leave and leave.state is LeaveState.APPROVED
            else standing.get(member.id, (None, None))
        )
        facts = Facts(
            starts_at=activity.starts_at,
            seat=seat.state if seat else None,
            came_at=checkin.at if checkin else None,
            recorded_at=checkin.recorded_at if checkin else None,
            method=checkin.method if checkin else None,
            leave=excused[0],
            leave_since=excused[1],
            marks=tuple(Said(mark.kind, mark.at, mark.leave_class) for mark in marks.get(member.id, ())),
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


def of_groups(db: Session, activity: Activity, groups: Collection[int]) -> set[int]:
    """Whose lines may be those of these groups: seated with them that day, or members of them now."""
    seats = select(Seat.member_id).where(Seat.activity_id == activity.id, Seat.group_id.in_(groups))
    return set(db.scalars(seats.union(select(Member.id).where(Member.group_id.in_(groups)))))


def total(lines: Iterable[Line], rules: Rules, outside: int = 0) -> Totals:
    """The figures of a sheet, or of any lines of several; `outside` guests are not on record."""
    return tally([(line.verdict, line.made_up) for line in lines], rules, outside)


def tally(verdicts: Iterable[tuple[Verdict, bool]], rules: Rules, outside: int = 0) -> Totals:
    """The figures of any verdicts, each with whether the content was made up, and of guests from outside."""
    kept = list(verdicts)
    statuses = Counter(verdict.status for verdict, _ in kept)
    by_leave = Counter(verdict.leave for verdict, _ in kept if verdict.status is Status.LEAVE and verdict.leave)
    public = sum(by_leave[one] for one in PUBLIC)
    return Totals(
        expected=sum(1 for verdict, _ in kept if counted(verdict, rules)),
        present=sum(statuses[one] for one in PRESENT),
        leave=by_leave.total(),
        public_leave=public,
        not_come=statuses[Status.NOT_COME],
        absent=statuses[Status.ABSENT],
        late=statuses[Status.LATE],
        early=sum(1 for verdict, _ in kept if verdict.early),
        made_up=sum(1 for verdict, made_up in kept if made_up and owes(verdict)),
        made_up_in_rate=sum(1 for verdict, made_up in kept if made_up and owes(verdict) and counted(verdict, rules)),
        guests=statuses[Status.GUEST] + statuses[Status.OTHER_GROUP] + outside,
        to_check=statuses[Status.TO_CHECK],
        exempt=statuses[Status.EXEMPT] + statuses[Status.EXEMPT_CAME],
        exempt_came=statuses[Status.EXEMPT_CAME],
        by_leave={one: by_leave[one] for one in LeaveClass if by_leave[one]},
    )


def counted(verdict: Verdict, rules: Rules) -> bool:
    """Whether the person is in 应到: 免 and guests never, 公假 by the setting."""
    if verdict.status is Status.LEAVE and verdict.leave in PUBLIC:
        return rules.public_leave_expected
    return verdict.status in EXPECTED


def owes(verdict: Verdict) -> bool:
    """Whether something was missed that 补课 can make up; who came has nothing to make up."""
    return verdict.status in EXPECTED - PRESENT


def studied(totals: Totals, rules: Rules) -> int:
    """How many took part in the content: 实到, and by the setting those in 应到 who made it up."""
    return totals.present + (totals.made_up_in_rate if rules.makeup_in_rate else 0)


def on_leave(totals: Totals, rules: Rules) -> int:
    """How many of 应到 are on leave: 公假 only while it is in 应到."""
    return totals.leave if rules.public_leave_expected else totals.leave - totals.public_leave


def _word(facts: Facts) -> Said | None:
    """What people say about coming, all corrections done; a denial ends where newer facts show otherwise."""
    standing: list[Said] = []
    for said in facts.marks:
        if said.kind is MarkKind.NOT_ABSENT:
            standing = [one for one in standing if one.kind is not MarkKind.ABSENT]
        elif said.kind in _ATTENDANCE and not _outdated(said, facts):
            standing.append(said)
    return standing[-1] if standing else None


def _outdated(said: Said, facts: Facts) -> bool:
    """Denied before a scan became known (the slip was used late), or 无故缺席 before leave was approved."""
    if said.kind in _DENIALS and facts.recorded_at is not None and said.at < facts.recorded_at:
        return True
    return said.kind is MarkKind.ABSENT and facts.leave_since is not None and said.at < facts.leave_since


def _newest(marks: Sequence[Said], family: frozenset[MarkKind]) -> MarkKind | None:
    return next((said.kind for said in reversed(marks) if said.kind in family), None)


def _presence(facts: Facts, word: Said | None, rules: Rules) -> Status:
    if facts.method is Method.REGISTERED or facts.came_at is None:
        return Status.REGISTERED  # a leader's word that somebody came is 登, whenever it is given
    if word is None and facts.came_at - facts.starts_at > rules.late_after:
        return Status.LATE
    return Status.CAME


def _beside(facts: Facts, word: Said | None, *, came: bool) -> Verdict:
    """Somebody without a seat, or a guest: outside 应到 and 实到."""
    named = _newest(facts.marks, _BESIDE)
    if named and (came or word is None):
        return Verdict(Status.GUEST if named is MarkKind.GUEST else Status.OTHER_GROUP)
    if facts.seat is SeatState.GUEST:
        return Verdict(Status.GUEST if came else Status.INVITED)
    return Verdict(Status.TO_CHECK if came else Status.WITHDRAWN)


def _people(db: Session, ids: set[int]) -> list[Member]:
    if not ids:
        return []
    return list(db.scalars(select(Member).where(Member.id.in_(ids)).order_by(Member.id)))


def _standing(
    db: Session, activity: Activity, people: Sequence[Member], zone: ZoneInfo
) -> dict[int, tuple[LeaveClass, datetime]]:
    """The class of each standing leave that covers the activity's day, and when it was entered."""
    held = standings.on(db, today(activity.starts_at, zone), [one.id for one in people])
    return {member: (one.leave_class, one.at) for member, one in held.items() if one.leave_class}


def _absent_first(line: Line) -> tuple[int, int, int]:
    order = (Status.NOT_COME, Status.ABSENT, Status.LEAVE, Status.TO_CHECK)
    rank = order.index(line.verdict.status) if line.verdict.status in order else len(order)
    return rank, line.group.id if line.group else 0, line.member.id
