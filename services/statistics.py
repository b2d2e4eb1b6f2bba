"""Figures over a span: each activity's totals, each member's record, who has been missing; streamed row by row."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Subquery, and_, or_, select, union
from sqlalchemy.orm import Session, joinedload

from models.activity import Activity, ActivityKind, ActivityState
from models.attendance import MakeUp, Mark, MarkKind
from models.checkin import CheckIn, Seat, SeatState
from models.leave import PUBLIC, Leave, LeaveClass, LeaveState
from models.member import Member
from models.standing import Standing, StandingKind
from services import guests
from services.attendance import PRESENT, Facts, Rules, Said, Status, Totals, Verdict, counted, judge, owes, tally
from services.calendar import today

ORGANISED = (  # 组织生活: what a member's 参加率 is told of; 志愿服务 and the rest are extra
    ActivityKind.BRANCH_MEETING,
    ActivityKind.GROUP_MEETING,
    ActivityKind.COMMITTEE,
    ActivityKind.LECTURE,
    ActivityKind.PARTY_DAY,
    ActivityKind.LIFE_MEETING,
)
TALK_AFTER = 3  # absences in a row without leave
LOOK_AFTER = timedelta(days=150)  # five months, so that somebody asks before the six (党章第九条)
LOOK_BACK = timedelta(days=400)
_AT_ONCE = 1_000  # rows held in memory
_FEW = 500  # people who are looked for by name; more are found by the span
_BESIDE = frozenset({Status.GUEST, Status.OTHER_GROUP, Status.EXEMPT_CAME})


@dataclass(frozen=True, slots=True)
class Span:
    """A month, a quarter or a year of the branch's calendar."""

    year: int
    quarter: int | None = None
    month: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Span | None":
        """2026, 2026Q4 or 2026-11; None for anything else."""
        year, rest = text[:4], text[4:]
        if not (text.isascii() and len(year) == 4 and year.isdecimal() and 2000 <= int(year) <= 2100):
            return None
        if not rest:
            return cls(int(year))
        if rest in {"Q1", "Q2", "Q3", "Q4"}:
            return cls(int(year), quarter=int(rest[1]))
        if len(rest) == 3 and rest[0] == "-" and rest[1:].isdecimal() and 1 <= int(rest[1:]) <= 12:
            return cls(int(year), month=int(rest[1:]))
        return None

    def __str__(self) -> str:
        if self.month:
            return f"{self.year}-{self.month:02}"
        return f"{self.year}Q{self.quarter}" if self.quarter else f"{self.year}"

    @property
    def days(self) -> tuple[date, date]:
        """The first day, and the first day after it."""
        first = self.month or (3 * self.quarter - 2 if self.quarter else 1)
        after = first + (1 if self.month else 3 if self.quarter else 12)
        return date(self.year, first, 1), date(self.year + (after - 1) // 12, (after - 1) % 12 + 1, 1)

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The same as instants."""
        since, until = self.days
        return datetime.combine(since, datetime.min.time(), zone), datetime.combine(until, datetime.min.time(), zone)


@dataclass(frozen=True, slots=True)
class Case:
    """One person at one activity, judged."""

    activity: Activity
    member_id: int
    group_id: int | None  # of that day; None without a seat
    verdict: Verdict
    made_up: bool


@dataclass(frozen=True, slots=True)
class Excuse:
    """One line of the register of leave and make-ups: the case, and what it rests on."""

    case: Case
    leave: Leave | None = None
    mark: Mark | None = None  # 改为请假, where no leave was asked for
    standing: Standing | None = None
    made_up: MakeUp | None = None


@dataclass(slots=True)
class Record:
    """A member's figures over a span: times, not people."""

    member_id: int
    kinds: dict[ActivityKind, tuple[int, int]] = field(default_factory=dict)  # kind -> (应到, 实到)
    leaves: dict[LeaveClass, int] = field(default_factory=dict)
    made_up: int = 0
    not_come: int = 0
    absent: int = 0
    late: int = 0
    early: int = 0
    beside: int = 0  # came as a guest, with another group, or though 免
    missed_in_row: int = 0  # without leave, up to the last activity of the span
    seen: date | None = None  # the last day that ended such a run: came, on leave, or 免
    missed_first: date | None = None  # the first missed day of the span
    cases: list[Case] = field(default_factory=list)  # only where asked for

    @property
    def expected(self) -> int:
        """应到 of 组织生活."""
        return sum(expected for expected, _ in self.kinds.values())

    @property
    def present(self) -> int:
        """实到 of 组织生活."""
        return sum(present for _, present in self.kinds.values())

    @property
    def leave(self) -> int:
        """All leave taken."""
        return sum(self.leaves.values())

    @property
    def public_leave(self) -> int:
        """公假."""
        return sum(self.leaves.get(one, 0) for one in PUBLIC)

    @property
    def sick_leave(self) -> int:
        """病假."""
        return self.leaves.get(LeaveClass.SICK, 0)

    @property
    def other_leave(self) -> int:
        """事假, with 外出 and 其他."""
        return self.leave - self.public_leave - self.sick_leave


@dataclass(frozen=True, slots=True)
class Concern:
    """Whom a leader should ask how things are (请了解情况); never a verdict."""

    member_id: int
    missed_in_row: int
    since: date  # last there, on leave or 免; else the first day missed
    long: bool  # five months and more


def totals(db: Session, span: Span, rules: Rules, zone: ZoneInfo) -> list[tuple[Activity, Totals]]:
    """Every activity of the span that was not cancelled, in order, with the figures of its sheet."""
    since, until = span.bounds(zone)
    return _totals(db, and_(Activity.starts_at >= since, Activity.starts_at < until), rules, zone)


def records(
    db: Session, span: Span, rules: Rules, zone: ZoneInfo, people: Collection[int] | None = None
) -> dict[int, Record]:
    """The record of every member (or of `people`) who had a seat or came at a closed activity of the span."""
    since, until = span.bounds(zone)
    return _records(db, (since, until), rules, zone, people)


def own(db: Session, member_id: int, span: Span, rules: Rules, zone: ZoneInfo) -> Record:
    """One member's record, with each activity in order."""
    since, until = span.bounds(zone)
    found = _records(db, (since, until), rules, zone, [member_id], cases=True)
    return found.get(member_id, Record(member_id))


def judged(
    db: Session, span: Span, rules: Rules, zone: ZoneInfo, people: Collection[int] | None = None
) -> Iterator[Case]:
    """Every case of the closed activities of the span, by member and then in order of time."""
    since, until = span.bounds(zone)
    held = and_(Activity.starts_at >= since, Activity.starts_at < until, Activity.state == ActivityState.CLOSED)
    return _cases(db, held, rules, zone, whom=_Whom(people))


def judged_of(db: Session, span: Span, rules: Rules, zone: ZoneInfo, groups: Collection[int] | None) -> Iterator[Case]:
    """The same of the people of those groups on each day (None: everybody); without a seat the group of now counts."""
    since, until = span.bounds(zone)
    held = and_(Activity.starts_at >= since, Activity.starts_at < until, Activity.state == ActivityState.CLOSED)
    people = None
    if groups is not None:
        seats = select(Seat.member_id).join(Activity, Activity.id == Seat.activity_id)
        seats = seats.where(held, Seat.group_id.in_(groups))
        people = set(db.scalars(seats.union(select(Member.id).where(Member.group_id.in_(groups)))))
    return _cases(db, held, rules, zone, whom=_Whom(people, groups))


def concerns(
    db: Session, now: datetime, rules: Rules, zone: ZoneInfo, people: Collection[int] | None = None
) -> list[Concern]:
    """Who missed three in a row without leave, or has not been seen for five months; leave and 免 end a run."""
    found = _records(db, (now - LOOK_BACK, now), rules, zone, people)
    day = today(now, zone)
    listed = []
    for one in found.values():
        since = one.seen or one.missed_first
        if not one.missed_in_row or since is None:
            continue
        long = day - since >= LOOK_AFTER
        if long or one.missed_in_row >= TALK_AFTER:
            listed.append(Concern(one.member_id, one.missed_in_row, since, long))
    return sorted(listed, key=lambda one: (not one.long, -one.missed_in_row, one.member_id))


def excuses(db: Session, span: Span, rules: Rules, zone: ZoneInfo) -> list[Excuse]:
    """Who was on leave, or missed a meeting and made it up, at each activity of the span that was held."""
    since, until = span.bounds(zone)
    held = and_(Activity.starts_at >= since, Activity.starts_at < until, Activity.state == ActivityState.CLOSED)
    cases = [
        one
        for one in _cases(db, held, rules, zone, by_member=False)
        if one.verdict.status is Status.LEAVE or (one.made_up and owes(one.verdict))
    ]
    leaves = {
        (one.activity_id, one.member_id): one
        for one in db.scalars(
            select(Leave)
            .join(Activity, Activity.id == Leave.activity_id)
            .where(held, Leave.state == LeaveState.APPROVED)
            .options(joinedload(Leave.decided_by))
        )
    }
    marks = {
        (one.activity_id, one.member_id): one
        for one in db.scalars(
            select(Mark)
            .join(Activity, Activity.id == Mark.activity_id)
            .where(held, Mark.kind == MarkKind.ON_LEAVE)
            .order_by(Mark.id)
            .options(joinedload(Mark.by))
        )
    }
    makeups = {
        (one.activity_id, one.member_id): one
        for one in db.scalars(
            select(MakeUp)
            .join(Activity, Activity.id == MakeUp.activity_id)
            .where(held, MakeUp.confirmed_at.is_not(None))
        )
    }
    standing = _standing(db, [today(one.activity.starts_at, zone) for one in cases])
    listed = []
    for one in sorted(cases, key=lambda case: (case.activity.starts_at, case.activity.id, case.member_id)):
        key = (one.activity.id, one.member_id)
        leave, mark = leaves.get(key), marks.get(key)
        rests_on = None
        if one.verdict.status is Status.LEAVE:
            if leave is None and mark is None:
                rests_on = _held(standing.get(one.member_id, ()), today(one.activity.starts_at, zone))
        else:
            leave = mark = None
        listed.append(Excuse(one, leave, None if leave else mark, rests_on, makeups.get(key)))
    return listed


def tallies(
    db: Session, held: Sequence[Activity], groups: Collection[int] | None, rules: Rules, zone: ZoneInfo
) -> Mapping[int, Totals]:
    """The figures of each of these activities, of everybody or of the people of those groups: activity -> figures."""
    ids = [one.id for one in held]
    meant = Activity.id.in_(ids)
    people = None
    if groups is not None:
        seats = select(Seat.member_id).where(Seat.activity_id.in_(ids), Seat.group_id.in_(groups))
        people = set(db.scalars(seats.union(select(Member.id).where(Member.group_id.in_(groups)))))
    found: dict[int, list[tuple[Verdict, bool]]] = {one: [] for one in ids}
    for case in _cases(db, meant, rules, zone, whom=_Whom(people, groups, ids)):
        found[case.activity.id].append((case.verdict, case.made_up))
    outside = guests.counts(db, meant) if groups is None else {}
    return {one: tally(judged, rules, outside.get(one, 0)) for one, judged in found.items()}


def stood(db: Session, span: Span, people: Collection[int] | None = None) -> Mapping[int, list[Standing]]:
    """The standing leave and exemptions that touch the span, of everybody or of `people`, by member."""
    first, after = span.days
    return _standing(db, [first, after - timedelta(days=1)], people)


def seated(db: Session, span: Span, zone: ZoneInfo, people: Collection[int]) -> set[int]:
    """Who of them was expected, or 免, at anything held in the span: who has left since stands in its tables too."""
    since, until = span.bounds(zone)
    seats = select(Seat.member_id).join(Activity, Activity.id == Seat.activity_id)
    held = seats.where(
        Seat.member_id.in_(people),
        Seat.state != SeatState.GUEST,
        Activity.starts_at >= since,
        Activity.starts_at < until,
        Activity.state == ActivityState.CLOSED,
    )
    return set(db.scalars(held.distinct()))


def _totals(db: Session, span: ColumnElement[bool], rules: Rules, zone: ZoneInfo) -> list[tuple[Activity, Totals]]:
    shown = Activity.state != ActivityState.CANCELLED
    found: dict[int, Totals] = {}
    outside = guests.counts(db, span)
    for activity_id, cases in groupby(
        _cases(db, and_(span, shown), rules, zone, by_member=False), key=lambda one: one.activity.id
    ):
        found[activity_id] = tally([(one.verdict, one.made_up) for one in cases], rules, outside.get(activity_id, 0))
    activities = db.scalars(select(Activity).where(span, shown).order_by(Activity.starts_at, Activity.id))
    return [(one, found.get(one.id) or Totals(guests=outside.get(one.id, 0))) for one in activities]


def _records(
    db: Session,
    span: tuple[datetime, datetime],
    rules: Rules,
    zone: ZoneInfo,
    people: Collection[int] | None,
    *,
    cases: bool = False,
) -> dict[int, Record]:
    held = and_(Activity.starts_at >= span[0], Activity.starts_at < span[1], Activity.state == ActivityState.CLOSED)
    found: dict[int, Record] = {}
    for case in _cases(db, held, rules, zone, whom=_Whom(people)):
        record = found.setdefault(case.member_id, Record(case.member_id))
        _count(record, case, rules, zone)
        if cases:
            record.cases.append(case)
    return found


def _count(record: Record, case: Case, rules: Rules, zone: ZoneInfo) -> None:
    status, kind = case.verdict.status, case.activity.kind
    if status in _BESIDE:
        record.beside += 1
    if status in PRESENT or status in {Status.LEAVE, Status.EXEMPT, Status.EXEMPT_CAME}:
        record.missed_in_row, record.seen = 0, today(case.activity.starts_at, zone)
    elif status in {Status.NOT_COME, Status.ABSENT}:
        record.missed_in_row += 1
        record.missed_first = record.missed_first or today(case.activity.starts_at, zone)
    if kind not in ORGANISED:
        return
    expected, present = record.kinds.get(kind, (0, 0))
    if counted(case.verdict, rules):
        record.kinds[kind] = expected + 1, present + (status in PRESENT)
    if status is Status.LEAVE and case.verdict.leave:
        record.leaves[case.verdict.leave] = record.leaves.get(case.verdict.leave, 0) + 1
    record.made_up += case.made_up and owes(case.verdict)
    record.not_come += status is Status.NOT_COME
    record.absent += status is Status.ABSENT
    record.late += status is Status.LATE
    record.early += case.verdict.early


@dataclass(frozen=True, slots=True)
class _Whom:
    """Which cases: of these people alone; of these groups on that day, who has no seat counts with the group of now.

    `activities` names the activities meant once more where they are few, so that the indexes are used from both sides.
    """

    people: Collection[int] | None = None
    groups: Collection[int] | None = None
    activities: Collection[int] | None = None


_EVERYBODY = _Whom()


def _cases(
    db: Session,
    held: ColumnElement[bool],
    rules: Rules,
    zone: ZoneInfo,
    *,
    whom: _Whom = _EVERYBODY,
    by_member: bool = True,
) -> Iterator[Case]:
    """Judge every person at every activity meant, by member and then in order of time, or by activity.

    One pass over the seats and what came beside them; corrections and standing leave, which are few, are at hand.
    """
    if whom.people is not None and whom.activities is None and len(whom.people) <= _FEW:
        whom = replace(whom, activities=_been_at(db, whom.people))
    theirs = held if whom.activities is None else and_(held, Activity.id.in_(whom.activities))
    activities = {one.id: one for one in db.scalars(select(Activity).where(theirs))}
    if whom.activities is not None:
        whom = replace(whom, activities=set(activities))
    one = _everybody(held, whom)
    days = {key: today(one.starts_at, zone) for key, one in activities.items()}
    marks = _marks(db, held, whom)
    standing = _standing(db, days.values(), whom.people)
    order = (one.c.member_id, Activity.starts_at, Activity.id) if by_member else (Activity.id, one.c.member_id)
    facts = (
        select(
            one.c.activity_id,
            one.c.member_id,
            Seat.group_id,
            Seat.state,
            CheckIn.at.label("came_at"),
            CheckIn.recorded_at,
            CheckIn.method,
            Leave.leave_class,
            Leave.decided_at,
            MakeUp.confirmed_at,
        )
        .join(Activity, Activity.id == one.c.activity_id)
        .outerjoin(Seat, _same(Seat, one))
        .outerjoin(CheckIn, _same(CheckIn, one))
        .outerjoin(Leave, and_(_same(Leave, one), Leave.state == LeaveState.APPROVED))
        .outerjoin(MakeUp, and_(_same(MakeUp, one), MakeUp.confirmed_at.is_not(None)))
        .order_by(*order)
        .execution_options(yield_per=_AT_ONCE)
    )
    if whom.groups is not None:
        now_of = one.c.member_id.in_(select(Member.id).where(Member.group_id.in_(whom.groups)))
        facts = facts.where(or_(Seat.group_id.in_(whom.groups), and_(Seat.activity_id.is_(None), now_of)))
    for row in db.execute(facts):
        activity = activities[row.activity_id]
        leave, since = row.leave_class, row.decided_at
        rests_on = None if leave else _held(standing.get(row.member_id, ()), days[activity.id])
        if rests_on is not None:
            leave, since = rests_on.leave_class, rests_on.at
        verdict = judge(
            Facts(
                starts_at=activity.starts_at,
                seat=row.state,
                came_at=row.came_at,
                recorded_at=row.recorded_at,
                method=row.method,
                leave=leave,
                leave_since=since,
                marks=tuple(marks.get((row.activity_id, row.member_id), ())),
            ),
            rules,
        )
        yield Case(activity, row.member_id, row.group_id, verdict, row.confirmed_at is not None)


def _been_at(db: Session, people: Collection[int]) -> set[int]:
    """Where these few people were expected, or came, or were marked, at any time: found by person, not by date.

    What a branch of thousands does in a quarter is much; where twenty people were in all their years is not.
    """
    parts = [select(table.activity_id).where(table.member_id.in_(people)) for table in (Seat, CheckIn, Mark)]
    return set(db.scalars(union(*parts)))


def _everybody(held: ColumnElement[bool], whom: _Whom) -> Subquery:
    """Everyone with a seat, and who came or was marked without one: (activity_id, member_id)."""
    parts = []
    for table in (Seat, CheckIn, Mark):
        part = select(table.activity_id, table.member_id)
        if whom.activities is None:
            part = part.join(Activity, Activity.id == table.activity_id).where(held)
        else:
            part = part.where(table.activity_id.in_(whom.activities))
        parts.append(part if whom.people is None else part.where(table.member_id.in_(whom.people)))
    return union(*parts).subquery("one")


def _same(table: type[Seat | CheckIn | Leave | MakeUp], one: Subquery) -> ColumnElement[bool]:
    return and_(table.activity_id == one.c.activity_id, table.member_id == one.c.member_id)


def _marks(db: Session, held: ColumnElement[bool], whom: _Whom) -> Mapping[tuple[int, int], list[Said]]:
    """The corrections, which are few: (activity, member) -> oldest first."""
    found: dict[tuple[int, int], list[Said]] = {}
    if whom.activities is None:
        marks = select(Mark).join(Activity, Activity.id == Mark.activity_id).where(held)
    else:
        marks = select(Mark).where(Mark.activity_id.in_(whom.activities))
    if whom.people is not None:
        marks = marks.where(Mark.member_id.in_(whom.people))
    for mark in db.scalars(marks.order_by(Mark.id)):
        said = Said(mark.kind, mark.at, mark.leave_class)
        found.setdefault((mark.activity_id, mark.member_id), []).append(said)
    return found


def _standing(
    db: Session, days: Collection[date], people: Collection[int] | None = None
) -> Mapping[int, list[Standing]]:
    """What stood in that time, by member, as entered."""
    if not days:
        return {}
    found: dict[int, list[Standing]] = {}
    spans = select(Standing).where(
        Standing.starts <= max(days), or_(Standing.ends.is_(None), Standing.ends >= min(days))
    )
    if people is not None:
        spans = spans.where(Standing.member_id.in_(people))
    for one in db.scalars(spans.order_by(Standing.id)):
        found.setdefault(one.member_id, []).append(one)
    return found


def _held(standing: Collection[Standing], day: date) -> Standing | None:
    """The standing leave of that day; an exemption goes before it, as in services/standings.on."""
    held = [one for one in standing if one.starts <= day and (one.ends is None or one.ends >= day)]
    if not held or any(one.kind is StandingKind.EXEMPT for one in held):
        return None
    return held[-1]
