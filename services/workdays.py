"""Working days (工作日) of the branch's calendar: what the government has announced, what the office has changed.

Each year's days off and 调休 are announced in the autumn before (国务院办公厅关于部分节假日安排的通知), and come with a
release of the package chinesecalendar; they are copied into a table, where the office may change them. A year of which
nothing is known yet follows weekdays and the statutory days (全国年节及纪念日放假办法, 2024), and is warned of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import islice

from chinese_calendar import constants
from lunardate import LunarDate
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.reminder import CalendarDay, DayKind
from services import events, orgs
from services.errors import FarDay
from services.rights import Act
from services.rows import insert_new, touched

DAY = timedelta(days=1)
SPRING, NAME_OF_SPRING = DayKind.SPRING, "春节"
FIRST_YEAR, LAST_YEAR = 2000, 2099  # what the lunar tables and the office's calendar reach
NAMES: Mapping[str, str] = {
    "New Year's Day": "元旦",
    "Spring Festival": NAME_OF_SPRING,
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}


@dataclass(frozen=True, slots=True)
class Workdays:
    """The calendar at one moment, for many questions; days without an entry follow the package, else their weekday."""

    rows: Mapping[date, DayKind]

    def kind(self, day: date) -> DayKind:
        """What the day is."""
        found = self.rows.get(day) or announced(day.year).get(day) or _statutory(day.year).get(day)
        return found or (DayKind.WORK if day.weekday() < 5 else DayKind.REST)

    def is_workday(self, day: date) -> bool:
        """Whether people are at work."""
        return self.kind(day) is DayKind.WORK

    def quiet_days(self) -> frozenset[date]:
        """All days on which nothing is pushed, whatever year they are of."""
        by_the_moon = {day for day in _lunar_springs() if self.rows.get(day, SPRING) is SPRING}
        return frozenset(by_the_moon | {day for day, kind in self.rows.items() if kind is SPRING})

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        return next(one for one in _days(day, DAY) if self.is_workday(one))

    def after(self, day: date, count: int) -> date:
        """The working day that comes so many after `day`, which is itself not counted (民法典, 201)."""
        return next(islice((one for one in _days(day, DAY) if self.is_workday(one)), count - 1, None))

    def workday_before(self, day: date) -> date:
        """The last working day before `day`: Friday for Monday."""
        return next(one for one in _days(day, -DAY) if self.is_workday(one))

    def first_workday_of_month(self, day: date) -> date:
        """The first working day of the month of `day`."""
        return self.next_workday(day.replace(day=1) - DAY)

    def last_workday_of_month(self, day: date) -> date:
        """The last working day of the month of `day`."""
        return self.workday_before(date(day.year + day.month // 12, day.month % 12 + 1, 1))


def of(db: Session) -> Workdays:
    """The calendar as it is now: one query, a few rows a year."""
    return Workdays({one.day: one.kind for one in db.execute(select(CalendarDay.day, CalendarDay.kind))})


def known(db: Session, year: int) -> bool:
    """Whether the year's days off are known: from the package, or because the office has entered some."""
    if _has_data(year):
        return True
    entered = select(CalendarDay.day).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
    return db.scalar(entered.where(CalendarDay.by_id.is_not(None)).limit(1)) is not None


def listed(db: Session, year: int) -> list[CalendarDay]:
    """The year's entries, in order."""
    span = select(CalendarDay).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
    return list(db.scalars(span.order_by(CalendarDay.day)))


def change(db: Session, act: Act, day: date, kind: DayKind | None, name: str) -> None:
    """Have that day be a working day, a day of rest or a quiet one; None: as announced, else by its weekday.

    Raises NotAllowed, FarDay.
    """
    act.demand(act.rights.runs_branch)
    if not act.now.year - 1 <= day.year <= act.now.year + 2:
        raise FarDay
    by = act.by.id if act.by else None
    if kind is None:
        kind, name = announced(day.year).get(day), _announced_name(day)
        by = None
    if kind is None:
        touched(db, delete(CalendarDay).where(CalendarDay.day == day))
    else:
        _put(db, day, {"kind": kind, "name": name, "by_id": by, "changed_at": act.now})
    said = kind.value if kind else ""
    events.log(db, act, "calendar_changed", orgs.branch(db), day=day.isoformat(), day_kind=said, name=name)


def unknown(db: Session, day: date) -> list[int]:
    """Years that ought to be known and are not: this one, and from December on the next."""
    years = (day.year, day.year + 1) if day.month == 12 else (day.year,)
    return [year for year in years if not known(db, year)]


def fill(db: Session, day: date, now: datetime) -> int:
    """Copy what the package has of that day's year and the next into the table; returns how many entries changed.

    What the office has changed stays.
    """
    done = 0
    there = {one.day: one for one in db.scalars(select(CalendarDay))}
    for year in (day.year, day.year + 1):
        for on, kind in announced(year).items():
            one = there.get(on)
            if one is None or (one.by_id is None and one.kind is not kind):
                done += _put(db, on, {"kind": kind, "name": _announced_name(on), "by_id": None, "changed_at": now})
    return done


@lru_cache(maxsize=8)
def announced(year: int) -> Mapping[date, DayKind]:
    """The days of a year that are not what their weekday says, as the package has them, and 除夕 to 初六."""
    found = {day: DayKind.REST for day in constants.holidays if day.year == year}
    found |= {day: DayKind.WORK for day in constants.workdays if day.year == year}
    return found | dict.fromkeys(_springs(year), SPRING)


def _announced_name(day: date) -> str:
    if announced(day.year).get(day) is SPRING:
        return NAME_OF_SPRING
    english = constants.holidays.get(day) or constants.workdays.get(day) or ""
    named = NAMES.get(english, "")
    return f"{named}调休上班" if named and day in constants.workdays else named


def _has_data(year: int) -> bool:
    return any(day.year == year for day in constants.holidays)


def _put(db: Session, day: date, values: Mapping[str, object]) -> int:
    return insert_new(db, CalendarDay, {"day": day, **values}) or touched(
        db, update(CalendarDay).where(CalendarDay.day == day).values(**values)
    )


@lru_cache(maxsize=1)
def _lunar_springs() -> frozenset[date]:
    return frozenset(day for year in range(FIRST_YEAR, LAST_YEAR + 1) for day in _springs(year))


def _springs(year: int) -> tuple[date, ...]:
    """除夕 to 初六, which the calendar of the moon tells long before anything is announced."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return ()
    first = _lunar(year, 1, 1)
    return tuple(first + DAY * number for number in range(-1, 6))


@lru_cache(maxsize=8)
def _statutory(year: int) -> Mapping[date, DayKind]:
    """The statutory days off of a year nothing has been announced of; the days around them are not known."""
    if _has_data(year) or not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    clear_and_bright = int((year % 100) * 0.2422 + 4.81) - (year % 100) // 4  # 清明, for 2000 to 2099
    days = [date(year, 1, 1), date(year, 4, clear_and_bright), date(year, 5, 1), date(year, 5, 2)]
    days += [_lunar(year, 5, 5), _lunar(year, 8, 15), *(date(year, 10, day) for day in (1, 2, 3))]
    return dict.fromkeys(days, DayKind.REST)


def _lunar(year: int, month: int, day: int) -> date:
    found: date = LunarDate(year, month, day).to_solar_date()
    return found


def _days(after: date, step: timedelta) -> Iterator[date]:
    day = after
    while True:
        day += step
        yield day
