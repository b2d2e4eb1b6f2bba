"""学时: 集中学习培训 counts towards the year (activities come to, courses with proof); 自学 is shown beside it.

A member's 集中学习培训 is at least 32 学时 a year (党员教育管理工作条例 第二十条), 56 for the committee (培训规划);
both are settings. Hours are whole tenths throughout. Dates are those of the record: who was transferred in brings what
the former branch has proven, entered as a course. Figures are for the person and the own leaders; nobody is ranked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, joinedload

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import COMMITTEE, Appointment
from models.checkin import Seat, SeatState
from models.hours import COUNTED, Course, CourseForm, CourseSeat
from models.member import ON_ROLL, Member
from models.question import Topic
from models.standing import StandingKind
from models.study import Answer, Reading
from services import attendance, events, standings, statistics
from services.attendance import PRESENT, Status
from services.calendar import today
from services.errors import EditedMeanwhile, EnteredAlready, NobodyNamed, NoSuchCourse, NotHeldYet, ProofWanted
from services.rights import Act
from services.rows import in_turn, touched
from services.statistics import Case, Span

CAME = PRESENT | {Status.EXEMPT_CAME, Status.GUEST, Status.OTHER_GROUP}  # 待核 only when a person has decided
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of a place, hours in tenths; a kind of activity that is not named counts for nothing by itself."""

    attendance: attendance.Rules
    aim: int = 320
    committee_aim: int = 560
    half_day: int = 40
    by_kind: Mapping[ActivityKind, int] = field(default_factory=dict)
    makeup_counts: bool = False
    online_counts: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the register: an activity come to (or made up), or a course."""

    on: date
    title: str
    tenths: int
    counts: bool
    activity: Activity | None = None
    course: Course | None = None
    made_up: bool = False


@dataclass(slots=True)
class Year:
    """One member's year up to a day; `exempt` (免) on that day leaves the person out of statistics."""

    member_id: int
    year: int
    aim: int
    exempt: bool
    items: list[Item] = field(default_factory=list)  # in order of time
    readings: int = 0  # of the study path
    questions: int = 0  # answered

    @property
    def counted(self) -> int:
        """集中学习培训, in tenths."""
        return sum(one.tenths for one in self.items if one.counts)

    @property
    def beside(self) -> int:
        """Hours of 自学 that are shown and not counted, in tenths."""
        return sum(one.tenths for one in self.items if not one.counts)

    @property
    def missing(self) -> int:
        """What is still to come, in tenths; nothing is asked of who is exempt."""
        return 0 if self.exempt else max(0, self.aim - self.counted)


@dataclass(frozen=True, slots=True)
class Behind:
    """A member with less than the part of the year that is over asks for, and the next chance."""

    member: Member
    year: Year
    next: Activity | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is entered of a course."""

    title: str
    form: CourseForm
    held_on: date
    tenths: int
    organiser: str = ""
    proof: str = ""
    topic: Topic | None = None


# --- counting --------------------------------------------------------------------------------------------------


def worth(activity: Activity, rules: Rules) -> int:
    """How many tenths an activity counts for: as entered, else by its kind."""
    return rules.by_kind.get(activity.kind, 0) if activity.tenths is None else activity.tenths


def years(
    db: Session, people: Sequence[Member], year: int, now: datetime, rules: Rules, zone: ZoneInfo
) -> dict[int, Year]:
    """The year of each of these members; of a year that is over all of it, with the aim of its last day."""
    ids = [one.id for one in people]
    day = min(today(now, zone), date(year, _MONTHS, 31))
    committee = _committee(db, day)
    held = standings.on(db, day, ids)
    exempt = {member for member, one in held.items() if one.kind is StandingKind.EXEMPT}
    found = {one: Year(one, year, rules.committee_aim if one in committee else rules.aim, one in exempt) for one in ids}
    for case in statistics.judged(db, Span(year), rules.attendance, zone, ids):
        item = _attended(case, rules, zone)
        if item is not None:
            found[case.member_id].items.append(item)
    for member, course in _courses(db, ids, year):
        found[member].items.append(_taken(course, rules))
    _self_study(db, found, Span(year), zone)
    for one in found.values():
        one.items.sort(key=lambda item: item.on)
    return found


def own(db: Session, member: Member, now: datetime, rules: Rules, zone: ZoneInfo) -> Year:
    """The member's own year, this one."""
    return years(db, [member], today(now, zone).year, now, rules, zone)[member.id]


def next_chance(db: Session, member: Member, now: datetime, rules: Rules) -> Activity | None:
    """The next activity at which the member is expected and that counts."""
    return _next_chances(db, [member.id], now, rules).get(member.id)


def _next_chances(db: Session, members: Sequence[int], now: datetime, rules: Rules) -> Mapping[int, Activity]:
    """The same for these members (ids); who has none is left out."""
    planned = (
        select(Seat.member_id, Activity)
        .join(Activity, Activity.id == Seat.activity_id)
        .where(
            Seat.member_id.in_(members),
            Seat.state == SeatState.EXPECTED,
            Activity.state == ActivityState.PLANNED,
            Activity.starts_at > now,
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    found: dict[int, Activity] = {}
    for member_id, one in db.execute(planned):
        if worth(one, rules):
            found.setdefault(member_id, one)
    return found


def behind(
    db: Session, now: datetime, rules: Rules, zone: ZoneInfo, *, among: Sequence[Member] | None = None
) -> list[Behind]:
    """Who has less than this year's aim times the share of months begun, in roster order; the exempt never.

    Each line is for that member alone: a reminder names nobody else. `among` are those to look at, None everybody.
    """
    day = today(now, zone)
    on_roll = select(Member).where(
        Member.status.in_(ON_ROLL),
        or_(Member.moved_in.is_(None), Member.moved_in <= day),
        or_(Member.moved_out.is_(None), Member.moved_out > day),
    )
    if among is not None:
        on_roll = on_roll.where(Member.id.in_([one.id for one in among]))
    people = list(db.scalars(on_roll.order_by(Member.id)))
    found = years(db, people, day.year, now, rules, zone)
    late = [
        one
        for one in people
        if not found[one.id].exempt and found[one.id].counted * _MONTHS < found[one.id].aim * day.month
    ]
    chances = _next_chances(db, [one.id for one in late], now, rules)
    return [Behind(one, found[one.id], chances.get(one.id)) for one in late]


# --- courses ---------------------------------------------------------------------------------------------------


def enter(db: Session, act: Act, told: Told, people: Sequence[Member]) -> Course:
    """Enter a course for all these members; the very same again is the one there is.

    Raises NotAllowed, NobodyNamed, ProofWanted, NotHeldYet, EnteredAlready.
    """
    _check(act, told, people)
    in_turn(db)
    twin = _twin(db, told, people)
    if twin is not None:
        return twin
    _demand_new(db, told, people)
    made = Course(
        title=told.title,
        organiser=told.organiser,
        form=told.form,
        topic=told.topic,
        held_on=told.held_on,
        tenths=told.tenths,
        proof=told.proof,
        by_id=act.by.id if act.by else None,
        made_at=act.now,
    )
    db.add(made)
    db.flush()
    _seat(db, made, people)
    events.log(db, act, "course_entered", made, people=len(people), tenths=told.tenths)
    return made


def edit(db: Session, act: Act, course: Course, told: Told, people: Sequence[Member], seen: int) -> None:
    """Correct a course that was seen at version `seen`.

    Raises NotAllowed, NobodyNamed, ProofWanted, NotHeldYet, EnteredAlready, EditedMeanwhile.
    """
    act.demand(may_edit(db, act, course))
    _check(act, told, people)
    in_turn(db)
    _demand_new(db, told, people, course)
    before, there = course.tenths, {one.id for one in taking_part(db, course)}
    _change(
        db,
        course,
        seen,
        title=told.title,
        organiser=told.organiser,
        form=told.form,
        topic=told.topic,
        held_on=told.held_on,
        tenths=told.tenths,
        proof=told.proof,
    )
    db.execute(delete(CourseSeat).where(CourseSeat.course_id == course.id))
    _seat(db, course, people)
    new = len({one.id for one in people} - there)
    gone = len(there - {one.id for one in people})
    events.log(db, act, "course_edited", course, was=before, tenths=told.tenths, new=new, gone=gone)


def withdraw(db: Session, act: Act, course: Course, reason: str, seen: int) -> None:
    """Take back what was entered by mistake: it stays on record and counts no more; twice is no harm.

    Raises NotAllowed, EditedMeanwhile.
    """
    act.demand(may_edit(db, act, course, withdrawn=True))
    if course.withdrawn_at is not None:
        return
    _change(db, course, seen, withdrawn_at=act.now)
    events.log(db, act, "course_withdrawn", course, reason=reason)


def may_edit(db: Session, act: Act, course: Course, *, withdrawn: bool = False) -> bool:
    """Whoever runs the branch; a 党小组长 while all who took part are of the own group. A withdrawn one nobody."""
    if course.withdrawn_at is not None and not withdrawn:
        return False
    return act.by is None or all(act.rights.tends(one.group_id) for one in taking_part(db, course))


def find(db: Session, act: Act, public_id: str) -> Course:
    """The course of that public id, for whoever sees somebody who took part. Raises NoSuchCourse, NotAllowed."""
    course = db.scalar(select(Course).where(Course.public_id == public_id).options(joinedload(Course.by)))
    if course is None:
        act.demand(act.rights.leads)
        raise NoSuchCourse
    act.demand(act.rights.sees_branch or any(act.rights.sees_group(one.group_id) for one in taking_part(db, course)))
    return course


def listed(db: Session, act: Act, year: int) -> list[Course]:
    """The year's courses that this leader sees, newest first, withdrawn ones too."""
    span = select(Course).where(Course.held_on >= date(year, 1, 1), Course.held_on < date(year + 1, 1, 1))
    if not act.rights.sees_branch:
        own_people = (
            select(CourseSeat.course_id)
            .join(Member, Member.id == CourseSeat.member_id)
            .where(Member.group_id.in_(act.rights.groups))
        )
        span = span.where(Course.id.in_(own_people))
    return list(db.scalars(span.order_by(Course.held_on.desc(), Course.id.desc())))


def taking_part(db: Session, course: Course) -> list[Member]:
    """Who took part, in roster order."""
    seated = select(Member).join(CourseSeat, CourseSeat.member_id == Member.id)
    return list(db.scalars(seated.where(CourseSeat.course_id == course.id).order_by(Member.id)))


def seen(db: Session, act: Act) -> list[Member]:
    """Those on the roll today whose hours this leader sees, by group and then as they came."""
    act.demand(act.rights.leads)
    here = select(Member).where(Member.status.in_(ON_ROLL), or_(Member.moved_out.is_(None), Member.moved_out > act.day))
    return [one for one in db.scalars(here.order_by(Member.group_id, Member.id)) if act.rights.sees_group(one.group_id)]


def tickable(db: Session, act: Act, course: Course | None = None) -> list[Member]:
    """Whom this person may enter: those on the roll, and who stands in the course already."""
    there = [one.id for one in taking_part(db, course)] if course else []
    on_roll = select(Member).where(or_(Member.status.in_(ON_ROLL), Member.id.in_(there)))
    ordered = on_roll.order_by(Member.group_id, Member.id)
    return [one for one in db.scalars(ordered) if act.rights.tends(one.group_id)]


# --- parts -----------------------------------------------------------------------------------------------------


def _attended(case: Case, rules: Rules, zone: ZoneInfo) -> Item | None:
    came = case.verdict.status in CAME
    made_up = not came and case.made_up and rules.makeup_counts
    tenths = worth(case.activity, rules)
    if not tenths or not (came or made_up):
        return None
    on = today(case.activity.starts_at, zone)
    return Item(on, case.activity.title, tenths, counts=True, activity=case.activity, made_up=made_up)


def _taken(course: Course, rules: Rules) -> Item:
    counts = course.form in COUNTED or (course.form is CourseForm.ONLINE and rules.online_counts)
    return Item(course.held_on, course.title, course.tenths, counts=counts, course=course)


def _courses(db: Session, ids: Sequence[int], year: int) -> list[tuple[int, Course]]:
    taken = (
        select(CourseSeat.member_id, Course)
        .join(Course, Course.id == CourseSeat.course_id)
        .where(
            CourseSeat.member_id.in_(ids),
            Course.withdrawn_at.is_(None),
            Course.held_on >= date(year, 1, 1),
            Course.held_on < date(year + 1, 1, 1),
        )
        .order_by(Course.held_on, Course.id)
        .options(joinedload(Course.by))
    )
    return [(member, course) for member, course in db.execute(taken)]


def _self_study(db: Session, found: Mapping[int, Year], span: Span, zone: ZoneInfo) -> None:
    since, until = span.bounds(zone)
    read = select(Reading.member_id, func.count()).where(Reading.at >= since, Reading.at < until)
    for member, times in db.execute(read.where(Reading.member_id.in_(found)).group_by(Reading.member_id)):
        found[member].readings = times
    said = select(Answer.member_id, func.count()).where(Answer.at >= since, Answer.at < until)
    for member, times in db.execute(said.where(Answer.member_id.in_(found)).group_by(Answer.member_id)):
        found[member].questions = times


def _committee(db: Session, day: date) -> set[int]:
    holds = select(Appointment.member_id).where(
        Appointment.role.in_(COMMITTEE),
        Appointment.starts <= day,
        or_(Appointment.ends.is_(None), Appointment.ends > day),
    )
    return set(db.scalars(holds))


def _check(act: Act, told: Told, people: Sequence[Member]) -> None:
    act.demand(act.rights.leads and all(act.rights.tends(one.group_id) for one in people))
    if not people:
        raise NobodyNamed
    if told.form in COUNTED and not told.proof:
        raise ProofWanted
    if told.held_on > act.day:
        raise NotHeldYet


def _twin(db: Session, told: Told, people: Sequence[Member]) -> Course | None:
    """The same course entered twice, as when a button is tapped twice."""
    same = select(Course).where(
        Course.title == told.title,
        Course.held_on == told.held_on,
        Course.form == told.form,
        Course.tenths == told.tenths,
        Course.withdrawn_at.is_(None),
    )
    wanted = {one.id for one in people}
    return next((one for one in db.scalars(same) if {who.id for who in taking_part(db, one)} == wanted), None)


def _demand_new(db: Session, told: Told, people: Sequence[Member], but: Course | None = None) -> None:
    """Nobody gets the same course twice, from two lists that overlap. Raises EnteredAlready."""
    same = (
        select(Member.name)
        .join(CourseSeat, CourseSeat.member_id == Member.id)
        .join(Course, Course.id == CourseSeat.course_id)
        .where(
            Course.title == told.title,
            Course.held_on == told.held_on,
            Course.withdrawn_at.is_(None),
            Course.id != (but.id if but else 0),
            Member.id.in_([one.id for one in people]),
        )
    )
    names = tuple(db.scalars(same.distinct().order_by(Member.name)))
    if names:
        raise EnteredAlready(names)


def _seat(db: Session, course: Course, people: Sequence[Member]) -> None:
    db.execute(insert(CourseSeat), [{"course_id": course.id, "member_id": one.id} for one in people])


def _change(db: Session, course: Course, seen: int, **values: object) -> None:
    """Change the record that was seen at version `seen`, if nobody has changed or withdrawn it since."""
    same = update(Course).where(Course.id == course.id, Course.version == seen, Course.withdrawn_at.is_(None))
    changed = touched(db, same.values(version=seen + 1, **values))
    db.refresh(course)
    if not changed:
        last = next(iter(events.of(db, course, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
