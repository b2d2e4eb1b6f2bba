"""本月还差: which meetings the rules ask for and the plan does not hold yet (支部工作条例: monthly, quarterly)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import ActivityKind, ActivityState
from models.appointment import COMMITTEE
from models.org import Org, OrgKind
from services import activities, rights

MONTHLY = (ActivityKind.PARTY_DAY,)
QUARTERLY = (ActivityKind.BRANCH_MEETING, ActivityKind.LECTURE)  # 党课: a setting of the place, quarterly is usual
FEWEST_COMMITTEE = 2  # with a secretary alone there is no 支委会


@dataclass(frozen=True, slots=True)
class Gap:
    """One meeting missing in the month (or, for quarterly kinds, the quarter) of `group`, None for the branch."""

    kind: ActivityKind
    group: Org | None
    quarterly: bool = False


def missing(db: Session, day: date, now: datetime, zone: ZoneInfo) -> list[Gap]:
    """What the month of `day` still lacks, planned or held; cancelled meetings do not count."""
    month = _held(db, _first(day.year, day.month, zone), _first(day.year, day.month + 1, zone))
    start = 3 * ((day.month - 1) // 3) + 1
    quarter = _held(db, _first(day.year, start, zone), _first(day.year, start + 3, zone))
    wanted = list(MONTHLY)
    if len(rights.holders(db, frozenset(COMMITTEE), now, zone)) >= FEWEST_COMMITTEE:
        wanted.append(ActivityKind.COMMITTEE)
    gaps = [Gap(kind, None) for kind in wanted if kind not in {one for one, _ in month}]
    groups = db.scalars(select(Org).where(Org.kind == OrgKind.GROUP).order_by(Org.id))
    gaps += [
        Gap(ActivityKind.GROUP_MEETING, group)
        for group in groups
        if (ActivityKind.GROUP_MEETING, group.id) not in month
    ]
    return gaps + [Gap(kind, None, quarterly=True) for kind in QUARTERLY if kind not in {one for one, _ in quarter}]


def _held(db: Session, since: datetime, until: datetime) -> set[tuple[ActivityKind, int]]:
    return {
        (one.kind, one.org_id)
        for one in activities.between(db, since, until)
        if one.state is not ActivityState.CANCELLED
    }


def _first(year: int, month: int, zone: ZoneInfo) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=zone)
