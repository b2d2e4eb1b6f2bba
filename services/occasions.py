"""Occasions: for each kind of reminder when it falls due, and whom it is for; one plain function a kind.

A function is given a span of time and says at which moments something of its kind falls due, without looking at the
members; whom a moment is for is asked later, some hundred members at a time. Everything is judged by the records as
they are when it is asked: who has asked for leave since is not reminded.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.activity import Activity, ActivityState
from models.appointment import Role
from models.attendance import MakeUp
from models.checkin import CheckIn, Seat, SeatState
from models.leave import Leave, LeaveState
from models.member import ON_ROLL, Member, MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from models.reminder import GreetingChoice, StudyWish, Wish
from services import attendance, bulletins, gaps, greetings, hours, makeups, notices, rights, rounds, standings
from services.calendar import today
from services.notices import Told
from services.timetables import Timetable
from services.workdays import DAY, Workdays

NEAR = timedelta(days=14)  # an activity so near is told when it is published, another a week before
COMMITTED_WITHIN = timedelta(minutes=1)  # what was being published while the last look was taken is seen at the next
WEEK = timedelta(days=7)
AN_HOUR = timedelta(hours=1)
AHEAD = timedelta(days=40)  # no rule looks further; the longest run of days off is far shorter
STUDY_DAYS = (0, 3)  # Monday, Thursday
BEHIND_DAYS = frozenset({(3, 20), (6, 20), (9, 20), (11, 20)})
GAPS_DAY = 20
LAST_CALL = 2 * DAY  # before the end of the term of a make-up
PROBATION_NOTICE = timedelta(days=30)
GONE = (MemberStatus.SUSPENDED, MemberStatus.MOVED, MemberStatus.DECEASED)
OFFICE = (Role.OFFICE, Role.ORGANISATION, Role.SECRETARY)  # the first of them that anybody holds
PERSONNEL = (Role.ORGANISATION, Role.SECRETARY)
HEAD = (Role.SECRETARY, Role.DEPUTY)
Plain = str | int | bool | None
Facts = Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Span:
    """From after `since` to `until` itself."""

    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        """Whether the instant is in it."""
        return self.since < at <= self.until

    def days(self, zone: ZoneInfo) -> Iterator[date]:
        """The days it touches."""
        day = today(self.since, zone)
        while day <= today(self.until, zone):
            yield day
            day += DAY


@dataclass(frozen=True, slots=True)
class Chunk:
    """Members by their numbers, both included."""

    first: int
    last: int

    def has(self, column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """The rows of these members."""
        return column.between(self.first, self.last)


@dataclass(frozen=True, slots=True)
class View:
    """What the rules look through: the branch's clock, calendar and settings."""

    zone: ZoneInfo
    timetable: Timetable
    workdays: Workdays
    hours: hours.Rules
    coming: dict[Span, list[Activity]] = field(default_factory=dict)  # what has been looked up already

    def instant(self, kind: NoticeKind, day: date) -> datetime:
        """The hour of that kind on that day."""
        return datetime.combine(day, self.timetable.slots[kind].at or time(0), self.zone)

    def daily(self, kind: NoticeKind, span: Span) -> Iterator[tuple[date, datetime]]:
        """The days on which the hour of that kind falls into the span."""
        for day in span.days(self.zone):
            at = self.instant(kind, day)
            if span.has(at):
                yield day, at

    def midnight(self, day: date) -> datetime:
        """The beginning of the day."""
        return datetime.combine(day, time(0), self.zone)

    def month_over(self, day: date) -> datetime:
        """The end of the month of that day."""
        return self.midnight(_next_month(day))


People = Callable[[Session, Chunk], Iterable[tuple[int, Facts]]]


@dataclass(frozen=True, slots=True)
class Moment:
    """One occurrence of a kind, for whoever `people` names with the facts of each."""

    kind: NoticeKind
    at: datetime
    occurrence: str
    useful_until: datetime
    people: People


# --- activities ------------------------------------------------------------------------------------------------


def planned(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """活动通知: when the activity is published; where that is long before, a week ahead."""
    lately = Span(span.since - COMMITTED_WITHIN, span.until)
    for one in _coming(db, view, span):
        published = one.published_at
        if published is not None and one.starts_at - published <= NEAR:
            at, falls_due = published, lately.has(published)
        else:
            at = view.instant(NoticeKind.PLANNED, today(one.starts_at, view.zone) - WEEK)
            falls_due = span.has(at)
        if falls_due and at < one.starts_at:
            yield _of_activity(NoticeKind.PLANNED, at, one, view, partial(_expected, one.id))


def tomorrow(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """前一天: on the last working day before, to those who have no leave."""
    for one in _coming(db, view, span):
        day = today(one.starts_at, view.zone)
        at = view.instant(NoticeKind.TOMORROW, view.workdays.workday_before(day))
        if span.has(at):
            yield _of_activity(NoticeKind.TOMORROW, at, one, view, partial(_not_excused, one.id, day))


def soon(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """前一小时: to those who have no leave and are not there yet."""
    for one in _coming(db, view, span, begun=True):
        at = one.starts_at - AN_HOUR
        if span.has(at):
            day = today(one.starts_at, view.zone)
            yield _of_activity(NoticeKind.SOON, at, one, view, partial(_not_here, one.id, day))


def makeup(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """补课: on the next working day, after a week, and two days before its end; to who has told nothing yet."""
    held = select(Activity).where(
        Activity.state == ActivityState.CLOSED,
        Activity.starts_at > span.since - makeups.WITHIN - DAY,
        Activity.starts_at < span.until,
        Activity.kind.in_([kind for kind, ways in makeups.WAYS.items() if ways]),
    )
    for one in db.scalars(held.order_by(Activity.starts_at, Activity.id)):
        day, ends = today(one.starts_at, view.zone), one.starts_at + makeups.WITHIN
        calls: dict[datetime, int] = {}
        for number, on in enumerate(
            (view.workdays.next_workday(day), day + WEEK, today(ends, view.zone) - LAST_CALL), start=1
        ):
            calls.setdefault(view.instant(NoticeKind.MAKEUP, on), number)
        for at, number in calls.items():
            if not span.has(at) or at >= ends:
                continue
            facts: Facts = {
                "title": one.title,
                "at": one.starts_at.isoformat(),
                "ways": ",".join(way.value for way in makeups.WAYS[one.kind]),
                "until": ends.isoformat(),
            }
            missed = _missed(db, one, today(at, view.zone), view)
            people = partial(_still_owing, one.id, missed, facts)
            yield Moment(NoticeKind.MAKEUP, at, f"{_occasion(one, view)}.{number}", ends, people)


def _coming(db: Session, view: View, span: Span, *, begun: bool = False) -> Iterator[Activity]:
    """What is planned, and with `begun` what is open too; looked up once for all the kinds that ask."""
    if span not in view.coming:
        alive = Activity.state.in_((ActivityState.PLANNED, ActivityState.OPEN))
        found = select(Activity).where(alive, Activity.starts_at > span.since, Activity.starts_at <= span.until + AHEAD)
        view.coming[span] = list(db.scalars(found.order_by(Activity.starts_at, Activity.id)))
    return (one for one in view.coming[span] if begun or one.state is ActivityState.PLANNED)


def _of_activity(
    kind: NoticeKind, at: datetime, one: Activity, view: View, who: Callable[[Session, Chunk], Iterable[int]]
) -> Moment:
    facts: Facts = {
        "title": one.title,
        "at": one.starts_at.isoformat(),
        "place": one.place,
        "kind": one.kind.value,
    }
    return Moment(kind, at, _occasion(one, view), one.starts_at, partial(_with, facts, who))


def _occasion(one: Activity, view: View) -> str:
    """The activity on its day, so that one that is moved is told anew."""
    return f"{one.public_id}.{today(one.starts_at, view.zone):%Y%m%d}"


def _with(
    facts: Facts, who: Callable[[Session, Chunk], Iterable[int]], db: Session, chunk: Chunk
) -> Iterator[tuple[int, Facts]]:
    return ((one, facts) for one in who(db, chunk))


def _expected(activity_id: int, db: Session, chunk: Chunk) -> list[int]:
    seats = (
        select(Seat.member_id)
        .join(Member, Member.id == Seat.member_id)
        .where(
            Seat.activity_id == activity_id,
            Seat.state == SeatState.EXPECTED,
            Member.status != MemberStatus.DECEASED,
            chunk.has(Seat.member_id),
        )
    )
    return list(db.scalars(seats.order_by(Seat.member_id)))


def _not_excused(activity_id: int, day: date, db: Session, chunk: Chunk) -> list[int]:
    there = _expected(activity_id, db, chunk)
    granted = select(Leave.member_id).where(
        Leave.activity_id == activity_id, Leave.state == LeaveState.APPROVED, chunk.has(Leave.member_id)
    )
    excused = {*db.scalars(granted), *standings.on(db, day, there)}
    return [one for one in there if one not in excused]


def _not_here(activity_id: int, day: date, db: Session, chunk: Chunk) -> list[int]:
    come = select(CheckIn.member_id).where(CheckIn.activity_id == activity_id, chunk.has(CheckIn.member_id))
    here = set(db.scalars(come))
    return [one for one in _not_excused(activity_id, day, db, chunk) if one not in here]


def _missed(db: Session, activity: Activity, day: date, view: View) -> frozenset[int]:
    """Who the sheet, corrections and all, says has missed it, and is on the roll that day."""
    late = attendance.Rules(late_after=timedelta(0))  # whoever came late was there
    return frozenset(
        line.member.id
        for line in attendance.sheet(db, activity, late, view.zone)
        if attendance.owes(line.verdict)
        and line.member.status in ON_ROLL
        and (line.member.moved_out is None or line.member.moved_out > day)
    )


def _still_owing(
    activity_id: int, missed: frozenset[int], facts: Facts, db: Session, chunk: Chunk
) -> Iterator[tuple[int, Facts]]:
    told = select(MakeUp.member_id).where(MakeUp.activity_id == activity_id, chunk.has(MakeUp.member_id))
    mine = {one for one in missed if chunk.first <= one <= chunk.last} - set(db.scalars(told))
    return ((one, facts) for one in sorted(mine))


# --- study -----------------------------------------------------------------------------------------------------


def study(_db: Session, view: View, span: Span) -> Iterator[Moment]:
    """学习: on the days a member has wished, never on a day of rest."""
    for day, at in view.daily(NoticeKind.STUDY, span):
        if view.workdays.is_workday(day):
            wishes = [StudyWish.DAILY] + ([StudyWish.TWICE] if day.weekday() in STUDY_DAYS else [])
            people = partial(_wishing, Wish.study.in_(wishes), day)
            yield Moment(NoticeKind.STUDY, at, day.isoformat(), view.midnight(day + DAY), people)


def self_check(_db: Session, view: View, span: Span) -> Iterator[Moment]:
    """自查: on the month's last working day, to who wished it."""
    for day, at in view.daily(NoticeKind.SELF_CHECK, span):
        if day == view.workdays.last_workday_of_month(day):
            people = partial(_wishing, Wish.self_check.is_(True), day)
            yield Moment(NoticeKind.SELF_CHECK, at, f"{day:%Y-%m}", view.month_over(day), people)


# --- rounds and bulletins ----------------------------------------------------------------------------------------


def round_closing(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """征集快截止: the day before, to whoever may still answer; of an unnamed round to everybody asked."""
    hour = view.timetable.slots[NoticeKind.ROUND_CLOSING].at or time(0)
    return _of_told(rounds.closing(db, span.since, span.until, view.zone, hour), frozenset())


def unread(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """公告没看: three days after an edition, once, to who has not read it and has not muted this."""
    hour = view.timetable.slots[NoticeKind.UNREAD].at or time(0)
    told = bulletins.unread(db, span.since, span.until, view.zone, hour)
    return _of_told(told, frozenset(db.scalars(select(Wish.member_id).where(Wish.unread.is_(False)))))


def unplanned(kind: NoticeKind, db: Session, _view: View, span: Span) -> Iterator[Moment]:
    """What somebody has told, whose rows are there: whatever is not weighed yet, for it may have come in late."""
    kept = and_(Notice.kind == kind, Notice.state == NoticeState.WAITING, Notice.reason == notices.UNWEIGHED)
    alike = (Notice.facts, Notice.due_at, Notice.useful_until)
    found = select(func.min(Notice.once), *alike).where(kept, Notice.due_at <= span.until).group_by(*alike)
    for once, facts, due_at, useful_until in db.execute(found.order_by(Notice.due_at, func.min(Notice.once))):
        occurrence = once.split(":")[1]
        mine = and_(kept, Notice.due_at == due_at, Notice.once.startswith(f"{kind.value}:{occurrence}:"))
        yield Moment(kind, due_at, occurrence, useful_until, partial(_told_already, mine, json.loads(facts)))


def _told_already(mine: ColumnElement[bool], facts: Facts, db: Session, chunk: Chunk) -> Iterator[tuple[int, Facts]]:
    rows = select(Notice.member_id).where(mine, chunk.has(Notice.member_id)).order_by(Notice.member_id)
    return ((one, facts) for one in db.scalars(rows))


def _of_told(found: Iterable[tuple[Member, Told]], muted: Collection[int]) -> Iterator[Moment]:
    """One moment for each occurrence, with those it is for."""
    for occurrence, told in groupby(found, key=lambda one: one[1].occurrence):
        people = list(told)
        first = people[0][1]
        to = partial(_those, [member.id for member, _ in people if member.id not in muted], first.facts)
        yield Moment(first.kind, first.due, occurrence, first.useful_until, to)


def behind(_db: Session, view: View, span: Span) -> Iterator[Moment]:
    """学时还差: four times a year, to each alone."""
    for day, at in view.daily(NoticeKind.BEHIND, span):
        if (day.month, day.day) in BEHIND_DAYS:
            people = partial(_behind, view, at)
            yield Moment(NoticeKind.BEHIND, at, f"{day:%Y-%m}", view.month_over(day), people)


def _wishing(wish: ColumnElement[bool], day: date, db: Session, chunk: Chunk) -> Iterator[tuple[int, Facts]]:
    found = (
        select(Wish.member_id)
        .join(Member, Member.id == Wish.member_id)
        .where(wish, Member.status.not_in(GONE), _here(day), chunk.has(Wish.member_id))
    )
    return ((one, {}) for one in db.scalars(found.order_by(Wish.member_id)))


def _behind(view: View, at: datetime, db: Session, chunk: Chunk) -> Iterator[tuple[int, Facts]]:
    on_roll = select(Member).where(Member.status.in_(ON_ROLL), chunk.has(Member.id)).order_by(Member.id)
    for one in hours.behind(db, at, view.hours, view.zone, among=list(db.scalars(on_roll))):
        yield (
            one.member.id,
            {
                "name": one.member.name,
                "done": one.year.counted,
                "missing": one.year.missing,
                "next": one.next.starts_at.isoformat() if one.next else None,
            },
        )


# --- the Party's own days --------------------------------------------------------------------------------------


def birthday(_db: Session, view: View, span: Span) -> Iterator[Moment]:
    """政治生日: on the day itself, unless the office has chosen otherwise."""
    for day, at in view.daily(NoticeKind.BIRTHDAY, span):
        people = partial(_celebrating, day)
        yield Moment(NoticeKind.BIRTHDAY, at, f"{day.year}", view.midnight(day + DAY), people)


def birthday_list(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """政治生日名单: to the office, a week before the day; of those known to the month alone, as the month begins."""
    kind = NoticeKind.BIRTHDAY_LIST
    for day, at in view.daily(kind, span):
        on = day + WEEK
        listed = [one for one in _concerning(db, on, on) if one.day == on]
        if listed:
            facts: Facts = {"day": on.isoformat(), "month": on.month, "people": _people(listed)}
            yield Moment(kind, at, on.isoformat(), view.midnight(on), _holding(db, OFFICE, at, view, facts))
        if day == view.workdays.first_workday_of_month(day):
            month = _concerning(db, day.replace(day=1), _next_month(day) - DAY)
            unknown = [one for one in month if one.day is None]
            if unknown:
                facts = {"day": None, "month": day.month, "people": _people(unknown)}
                to = _holding(db, OFFICE, at, view, facts)
                yield Moment(kind, at, f"{day:%Y-%m}", view.month_over(day), to)


def probation(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """预备期将满: thirty days before, to 组织委员, who reminds of the written request."""
    for day, at in view.daily(NoticeKind.PROBATION, span):
        ends = day + PROBATION_NOTICE
        began = [f"{ends.year - 1}-{ends:%m-%d}", f"{ends.year - 1}-02-29"]  # the 29th is kept on the 28th
        found = select(Member).where(
            Member.status == MemberStatus.PROBATIONARY, Member.joined.in_(began), _here(day)
        )  # fmt: skip
        for one in db.scalars(found.order_by(Member.id)):
            if greetings.anniversary(one.joined or "", ends.year) == ends:
                facts: Facts = {"name": one.name, "ends": ends.isoformat()}
                to = _holding(db, PERSONNEL, at, view, facts)
                yield Moment(
                    NoticeKind.PROBATION, at, f"{one.public_id}.{ends:%Y%m%d}", view.midnight(ends + DAY), to
                )  # fmt: skip


def month_gaps(db: Session, view: View, span: Span) -> Iterator[Moment]:
    """本月还差: on the 20th, to the secretary, where something is missing."""
    for day, at in view.daily(NoticeKind.GAPS, span):
        missing = gaps.missing(db, day, at, view.zone) if day.day == GAPS_DAY else []
        if missing:
            coded = [
                f"{one.kind.value}:{'q' if one.quarterly else ''}:{one.group.name if one.group else ''}"
                for one in missing
            ]
            facts: Facts = {"month": day.month, "gaps": "\n".join(coded)}
            to = _holding(db, HEAD, at, view, facts)
            yield Moment(NoticeKind.GAPS, at, f"{day:%Y-%m}", view.month_over(day), to)


def _celebrating(day: date, db: Session, chunk: Chunk) -> Iterator[tuple[int, Facts]]:
    found = select(Member).where(
        or_(*(Member.joined.endswith(f"-{ending}") for ending in _endings(day))),
        func.length(Member.joined) == greetings.FULL_DATE,
        Member.status.not_in((MemberStatus.PROBATIONARY, MemberStatus.DECEASED)),
        or_(Member.moved_in.is_(None), Member.moved_in <= day),
        chunk.has(Member.id),
    )
    people = list(db.scalars(found.order_by(Member.id)))
    decided = greetings.choices(db, [one.id for one in people], day.year)
    for one in people:
        made = greetings.of_member(one, day.year, decided.get(one.id))
        if made is not None and made.day == day and made.choice is GreetingChoice.SEND:
            facts: Facts = {"name": one.name, "joined": one.joined, "day": day.isoformat(), "years": made.years}
            yield one.id, facts


def _endings(day: date) -> list[str]:
    """How the dates end that come round on that day; 29 February may."""
    return [f"{day:%m-%d}", *(["02-29"] if (day.month, day.day) == (2, 28) else [])]


def _concerning(db: Session, first: date, last: date) -> list[greetings.Birthday]:
    left_out = (MemberStatus.PROBATIONARY, MemberStatus.DECEASED)
    return [one for one in greetings.between(db, first, last) if one.member.status not in left_out]


def _people(found: list[greetings.Birthday]) -> str:
    return "\n".join(f"{one.member.name}:{one.years}" for one in found)


def _holding(db: Session, roles: tuple[Role, ...], at: datetime, view: View, facts: Facts) -> People:
    """The holders of the first of these offices that anybody holds."""
    held = (rights.holders(db, frozenset({role}), at, view.zone) for role in roles)
    ids = sorted({one.member_id for one in next(filter(None, held), [])})
    return partial(_those, ids, facts)


def _those(ids: list[int], facts: Facts, _db: Session, chunk: Chunk) -> Iterator[tuple[int, Facts]]:
    return ((one, facts) for one in ids if chunk.first <= one <= chunk.last)


def _here(day: date) -> ColumnElement[bool]:
    """Moved in by that day, and not out yet."""
    return and_(
        or_(Member.moved_in.is_(None), Member.moved_in <= day), or_(Member.moved_out.is_(None), Member.moved_out > day)
    )


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


OCCASIONS: Mapping[NoticeKind, Callable[[Session, View, Span], Iterator[Moment]]] = {
    NoticeKind.SOON: soon,
    NoticeKind.TOMORROW: tomorrow,
    NoticeKind.BIRTHDAY: birthday,
    NoticeKind.MAKEUP: makeup,
    NoticeKind.PLANNED: planned,
    NoticeKind.BEHIND: behind,
    NoticeKind.ROUND_CLOSING: round_closing,
    NoticeKind.UNREAD: unread,
    NoticeKind.STUDY: study,
    NoticeKind.SELF_CHECK: self_check,
    NoticeKind.BIRTHDAY_LIST: birthday_list,
    NoticeKind.PROBATION: probation,
    NoticeKind.GAPS: month_gaps,
    **{kind: partial(unplanned, kind) for kind in sorted(notices.UNPLANNED)},
}
