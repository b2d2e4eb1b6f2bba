"""Quiet times: when nothing is pushed, and when what falls into them leaves instead."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.notice import NoticeKind
from services import timetables, workdays
from services.timetables import Timetable
from services.workdays import Workdays

LATE_EVENING = time(21)
AT_ONCE = frozenset({NoticeKind.MOVED, NoticeKind.CANCELLED})  # these may go until LATE_EVENING


@dataclass(frozen=True, slots=True)
class Quiet:
    """The quiet times of one moment; `days` are quiet from midnight to midnight."""

    zone: ZoneInfo
    morning: time = timetables.MORNING
    evening: time = timetables.EVENING
    days: AbstractSet[date] = frozenset()

    def earliest(self, kind: NoticeKind, at: datetime) -> datetime:
        """`at`, or when the quiet times of that kind of notice are over; in the zone of `at`.

        Who has set other hours still hears of 改期 and 取消 from 7:30 to 21:00.
        """
        urgent = kind in AT_ONCE
        morning = min(self.morning, timetables.MORNING) if urgent else self.morning
        evening = max(self.evening, LATE_EVENING) if urgent else self.evening
        here = at.astimezone(self.zone)
        day = here.date()
        if day not in self.days and morning <= here.time() < evening:
            return at
        if day in self.days or here.time() >= evening:
            day += timedelta(days=1)
        while day in self.days:
            day += timedelta(days=1)
        return datetime.combine(day, morning, self.zone).astimezone(at.tzinfo)

    def awake(self, at: datetime) -> frozenset[NoticeKind]:
        """The kinds that may leave at that moment."""
        return frozenset(kind for kind in NoticeKind if self.earliest(kind, at) == at)


def of(db: Session, zone: ZoneInfo) -> Quiet:
    """The quiet times as the branch has set them, with the days of its calendar (除夕 to 初六)."""
    return by(zone, timetables.current(db), workdays.of(db))


def by(zone: ZoneInfo, timetable: Timetable, calendar: Workdays) -> Quiet:
    """The same, of what has been read already."""
    return Quiet(zone, timetable.morning, timetable.evening, calendar.quiet_days())
