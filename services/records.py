"""A member's own year (记录): what is over, judged as on the sheets, and what is under way and they have come to."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models.activity import Activity
from models.member import Member
from services import activities, attendance, statistics
from services.attendance import PRESENT, Rules, Status, Verdict, counted
from services.calendar import today
from services.statistics import ORGANISED, Span

_BESIDE = frozenset({Status.GUEST, Status.OTHER_GROUP, Status.EXEMPT_CAME, Status.TO_CHECK})


@dataclass(frozen=True, slots=True)
class Once:
    """The member at one activity, judged."""

    activity: Activity
    verdict: Verdict
    made_up: bool


@dataclass(frozen=True, slots=True)
class OwnYear:
    """Times in a year: 应到, 到会, 请假 (and how many of them made up), 未到, and what was come to beside that."""

    year: int
    expected: int
    present: int
    leave: int
    leave_made_up: int
    missed: int
    others: int
    cases: list[Once] = field(default_factory=list)  # in order of time


def own(db: Session, member: Member, now: datetime, rules: Rules, zone: ZoneInfo) -> OwnYear:
    """The member's record of this year."""
    year = today(now, zone).year
    over = statistics.own(db, member.id, Span(year), rules, zone).cases
    cases = [Once(one.activity, one.verdict, one.made_up) for one in over]
    for activity in activities.open_now(db):
        if today(activity.starts_at, zone).year == year:
            lines = attendance.sheet(db, activity, rules, zone, only=[member.id])
            mine = [Once(activity, one.verdict, one.made_up) for one in lines]
            cases += [one for one in mine if one.verdict.status in PRESENT | _BESIDE]
    organised = [one for one in cases if one.activity.kind in ORGANISED]
    on_leave = [one for one in organised if one.verdict.status is Status.LEAVE]
    return OwnYear(
        year=year,
        expected=sum(1 for one in organised if counted(one.verdict, rules)),
        present=sum(1 for one in organised if one.verdict.status in PRESENT),
        leave=len(on_leave),
        leave_made_up=sum(1 for one in on_leave if one.made_up),
        missed=sum(1 for one in organised if one.verdict.status in {Status.NOT_COME, Status.ABSENT}),
        others=sum(1 for one in cases if one.verdict.status in _came_beside(one)),
        cases=sorted(cases, key=lambda one: (one.activity.starts_at, one.activity.id)),
    )


def _came_beside(case: Once) -> frozenset[Status]:
    """What counts as having come, outside 应到."""
    return _BESIDE if case.activity.kind in ORGANISED else _BESIDE | PRESENT
