"""Reminders: what is due in a span of time, whether it is pushed, and its rows.

services/occasions.py says what falls due and for whom. Here it is weighed against the rest of the day and the week: a
person is pushed at most so often (secretary's rule: once a day, four times a week), what ranks higher goes first, and
what is not pushed waits to be read at the next contact. Nothing is left out.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clock import ClockProgress
from models.member import Member
from models.notice import Notice, NoticeKind, NoticeState
from services import hours, notices, outbox, quiet, timetables, workdays
from services.calendar import today
from services.notices import Line, Told
from services.occasions import OCCASIONS, Chunk, Facts, Moment, Span, View
from services.quiet import Quiet
from services.rows import insert_new, touched
from services.timetables import Timetable
from services.workdays import DAY

# One order for caps and for credits: what comes first goes first.
RANK = (
    NoticeKind.MOVED,
    NoticeKind.CANCELLED,
    NoticeKind.SOON,
    NoticeKind.TOMORROW,
    NoticeKind.BIRTHDAY,
    NoticeKind.LEAVE_DECIDED,
    NoticeKind.MAKEUP,
    NoticeKind.ANSWERED,
    NoticeKind.PLANNED,
    NoticeKind.BULLETIN,
    NoticeKind.ROUND_CLOSING,
    NoticeKind.ROUND,
    NoticeKind.BEHIND,
    NoticeKind.ROUND_PUBLISHED,
    NoticeKind.UNREAD,
    NoticeKind.STUDY,
    NoticeKind.SELF_CHECK,
)
PLACE = {kind: place for place, kind in enumerate(RANK)}
# These may spend a credit (订阅授权), of which a person has few.
CREDITED = frozenset(
    {
        NoticeKind.MOVED,
        NoticeKind.CANCELLED,
        NoticeKind.TOMORROW,
        NoticeKind.BIRTHDAY,
        NoticeKind.LEAVE_DECIDED,
        NoticeKind.MAKEUP,
        NoticeKind.ANSWERED,
        NoticeKind.STUDY,
    }
)
# 改期 and 取消 are outside the caps by the rule; leave, 提醒到会 and offices, because somebody acts on them.
CAPPED = frozenset(
    {
        NoticeKind.SOON,
        NoticeKind.TOMORROW,
        NoticeKind.BIRTHDAY,
        NoticeKind.MAKEUP,
        NoticeKind.PLANNED,
        NoticeKind.ROUND_CLOSING,
        NoticeKind.BEHIND,
        NoticeKind.UNREAD,
        NoticeKind.STUDY,
        NoticeKind.SELF_CHECK,
        *notices.UNPLANNED,
    }
)
CHUNK = 500  # members at a time
CLOCK = "reminders"  # the name of the mark up to which everything due has been written


@dataclass(frozen=True, slots=True)
class Due:
    """One thing due for one member. `at`: when it may leave; `expired`: it was past its use when it was found.

    What is not `pushed` is still shown at a contact: held back by the caps, or of no use any more once it may leave.
    """

    member_id: int
    kind: NoticeKind
    occurrence: str
    facts: Facts
    at: datetime
    useful_until: datetime
    pushed: bool
    expired: bool = False

    @property
    def once(self) -> str:
        """The key of its row."""
        return f"{self.kind.value}:{self.occurrence}:{self.member_id}"


@dataclass(frozen=True, slots=True)
class Timed:
    """A moment, and when it may leave: `on` is the day on which it counts against the caps."""

    moment: Moment
    at: datetime
    on: date
    expired: bool  # of no use any more when it is written
    idle: bool  # of no use any more when it may leave

    @property
    def order(self) -> tuple[datetime, int]:
        """Earlier first; of what leaves at the same time the higher rank."""
        return self.at, PLACE.get(self.moment.kind, len(PLACE))


@dataclass(frozen=True, slots=True)
class Window:
    """What falls due in a span, without people; `ahead` is what may go before it later on the same days."""

    moments: Sequence[Timed]
    ahead: Sequence[Timed]
    timetable: Timetable
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class _Written:
    """A row that is there already."""

    once: str
    on: date
    counts: bool


def due(
    db: Session,
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    rules: hours.Rules,
    kinds: Collection[NoticeKind] = tuple(OCCASIONS),
) -> Iterator[Due]:
    """What falls due after `since` and until `until`, for whom, and whether it is pushed; what is written too."""
    window = look(db, Span(since, until), zone, rules, kinds)
    for chunk in chunks(db) if window.moments else ():
        yield from of_chunk(db, window, chunk)


def look(
    db: Session,
    span: Span,
    zone: ZoneInfo,
    rules: hours.Rules,
    kinds: Collection[NoticeKind] = tuple(OCCASIONS),
    now: datetime | None = None,
) -> Window:
    """What falls due in the span, without looking at members; `now` is when it is written, where that is later."""
    timetable = timetables.current(db)
    view = View(zone, timetable, workdays.of(db), rules)
    asleep = quiet.by(zone, timetable, view.workdays)
    moments = [_timed(one, asleep, now) for one in _moments(db, view, span, kinds)]
    capped = [one for one in moments if one.moment.kind in CAPPED and not one.idle]
    ahead: list[Timed] = []
    if capped:
        days = {one.on for one in capped}
        lowest = max(PLACE[one.moment.kind] for one in capped)
        higher = {kind for kind in CAPPED if PLACE[kind] < lowest}
        known = {_key(one.moment) for one in moments}
        rest = Span(min(one.moment.at for one in capped) - timedelta.resolution, view.midnight(max(days) + DAY))
        later = (_timed(one, asleep, now) for one in _moments(db, view, rest, higher))
        ahead = [one for one in later if one.on in days and not one.idle and _key(one.moment) not in known]
    return Window(moments, ahead, timetable, zone)


def chunks(db: Session) -> Iterator[Chunk]:
    """All members, some hundred at a time."""
    last = 0
    while True:
        ids = list(db.scalars(select(Member.id).where(Member.id > last).order_by(Member.id).limit(CHUNK)))
        if not ids:
            return
        yield Chunk(ids[0], ids[-1])
        last = ids[-1]


def of_chunk(db: Session, window: Window, chunk: Chunk) -> list[Due]:
    """What of the window is for these members, and whether it is pushed; in order of time and rank."""
    told: dict[int, list[tuple[Timed, Facts]]] = {}
    found: list[Due] = []
    for one in sorted(window.moments, key=lambda one: one.order):
        for member_id, facts in one.moment.people(db, chunk):
            if one.moment.kind in CAPPED and not one.idle:
                told.setdefault(member_id, []).append((one, facts))
            else:
                found.append(_due(one, member_id, facts, pushed=not one.idle))
    if not told:
        return found
    days = {one.on for mine in told.values() for one, _ in mine}
    written = _written(db, window.zone, told.keys(), days)
    rivals = _rivals(db, window, chunk, told.keys())
    for member_id, mine in told.items():
        found += _weighed(window.timetable, member_id, mine, written.get(member_id, []), rivals.get(member_id, []))
    return found


def write(db: Session, dues: Sequence[Due], now: datetime) -> Counter[str]:
    """A row for each; what is written already stays. Counts what is new: written, held back, expired."""
    sorts: dict[str, list[Line]] = {"written": [], "held_back": [], "expired": []}
    there: list[Line] = []
    for one in dues:
        told = Told(one.kind, one.occurrence, one.facts, one.at, one.useful_until)
        sort = "expired" if one.expired else "written" if one.pushed else "held_back"
        line = Line(one.member_id, told, capped=sort == "held_back")
        (there if one.kind in notices.UNPLANNED else sorts[sort]).append(line)
    notices.weighed(db, there)
    return Counter({sort: notices.write_all(db, lines, now) for sort, lines in sorts.items()})


def mark(db: Session, now: datetime) -> datetime:
    """Up to when everything due has been written; at the first start ever that is `now`."""
    found = db.get(ClockProgress, CLOCK, populate_existing=True)
    if found is None:
        insert_new(db, ClockProgress, {"name": CLOCK, "until": now})
        found = db.get_one(ClockProgress, CLOCK)
    return found.until


def move_mark(db: Session, before: datetime, to: datetime) -> None:
    """Everything up to `to` is written; unless somebody else has moved the mark meanwhile."""
    same = update(ClockProgress).where(ClockProgress.name == CLOCK, ClockProgress.until == before)
    touched(db, same.values(until=to))


def _moments(db: Session, view: View, span: Span, kinds: Collection[NoticeKind]) -> Iterator[Moment]:
    for kind, occasion in OCCASIONS.items():
        slot = view.timetable.slots.get(kind)
        if kind in kinds and (slot is None or slot.enabled):
            yield from occasion(db, view, span)


def _timed(moment: Moment, asleep: Quiet, now: datetime | None) -> Timed:
    """When it may leave: at its time, or when it is written on a later day than that."""
    written = max(moment.at, now) if now else moment.at
    at, leaves = asleep.earliest(moment.kind, moment.at), asleep.earliest(moment.kind, written)
    day = today(leaves, asleep.zone)
    late = day != today(at, asleep.zone)
    expired, idle = moment.useful_until <= written, moment.useful_until <= leaves
    return Timed(moment, leaves if late else at, day, expired, idle)


def _key(moment: Moment) -> tuple[NoticeKind, str, datetime]:
    return moment.kind, moment.occurrence, moment.at


def _due(one: Timed, member_id: int, facts: Facts, *, pushed: bool) -> Due:
    moment = one.moment
    return Due(
        member_id,
        moment.kind,
        moment.occurrence,
        facts,
        one.at,
        moment.useful_until,
        pushed=pushed,
        expired=one.expired,
    )


def _weighed(
    timetable: Timetable,
    member_id: int,
    mine: Sequence[tuple[Timed, Facts]],
    written: Sequence[_Written],
    rivals: Sequence[Timed],
) -> Iterator[Due]:
    """One member's capped reminders, of which some are held back."""
    there = {one.once: one for one in written}
    pushed = [one.on for one in written if one.counts]
    for number, (one, facts) in enumerate(mine):
        made = _due(one, member_id, facts, pushed=True)
        if made.once in there:
            yield replace(made, pushed=there[made.once].counts)
            continue
        later = [*(rival for rival, _ in mine[number + 1 :]), *rivals]
        higher = {_once(rival, member_id) for rival in later if _goes_first(rival, one)} - there.keys()
        today_ = sum(1 for day in pushed if day == one.on)
        week = sum(1 for day in pushed if _monday(day) == _monday(one.on))
        if today_ + len(higher) >= timetable.a_day or week >= timetable.a_week:
            yield replace(made, pushed=False)
        else:
            pushed.append(one.on)
            yield made


def _goes_first(rival: Timed, one: Timed) -> bool:
    """Whether the rival, at the same time or later that day, ranks higher."""
    higher = PLACE[rival.moment.kind] < PLACE[one.moment.kind]
    return higher and rival.on == one.on and rival.at >= one.at


def _once(one: Timed, member_id: int) -> str:
    return f"{one.moment.kind.value}:{one.moment.occurrence}:{member_id}"


def _rivals(db: Session, window: Window, chunk: Chunk, members: AbstractSet[int]) -> Mapping[int, list[Timed]]:
    """What may go before these members' reminders later on the same day."""
    found: dict[int, list[Timed]] = {}
    for one in window.ahead:
        for member_id, _ in one.moment.people(db, chunk):
            if member_id in members:
                found.setdefault(member_id, []).append(one)
    return found


def _written(
    db: Session, zone: ZoneInfo, members: AbstractSet[int], days: AbstractSet[date]
) -> Mapping[int, list[_Written]]:
    """The capped rows of these members in the weeks of these days."""
    begin = datetime.combine(_monday(min(days)), datetime.min.time(), zone)
    end = datetime.combine(_monday(max(days)) + timedelta(days=7), datetime.min.time(), zone)
    rows = select(Notice.member_id, Notice.once, Notice.due_at, Notice.state, Notice.reason).where(
        Notice.member_id.in_(members),
        Notice.kind.in_(CAPPED),
        Notice.reason != notices.UNWEIGHED,
        Notice.due_at >= begin,
        Notice.due_at < end,
    )
    found: dict[int, list[_Written]] = {}
    for row in db.execute(rows):
        held_back = row.state is not NoticeState.UNSURE and row.reason in {notices.CAPPED, *outbox.NOT_LEFT}
        counts = not held_back and row.state is not NoticeState.EXPIRED
        found.setdefault(row.member_id, []).append(_Written(row.once, today(row.due_at, zone), counts))
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
