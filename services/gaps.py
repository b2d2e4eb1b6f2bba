"""本月还差: which meetings the rules ask for and the plan does not hold yet (支部工作条例: monthly, quarterly)."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import ActivityKind, ActivityState
from models.appointment import COMMITTEE
from models.member import ON_ROLL, Member
from models.org import Org, OrgKind
from services import activities, rights

MONTHLY = (ActivityKind.PARTY_DAY,)
QUARTERLY = (ActivityKind.BRANCH_MEETING, ActivityKind.LECTURE)  # 党课: a setting of the place, quarterly is usual
FEWEST_COMMITTEE = 3  # people; a branch with a secretary and a deputy alone has no 支委会


@dataclass(frozen=True, slots=True)
class Gap:
    """One meeting missing in the month, or in the quarter that ends with it; of `group`, None for the branch."""

    kind: ActivityKind
    group: Org | None
    quarterly: bool = False


def missing(db: Session, day: date, now: datetime, zone: ZoneInfo) -> list[Gap]:
    """What the month of `day` still lacks, planned or held; cancelled meetings do not count.

    A quarterly meeting is missed in the quarter's last month only: until then there is time, and a gap told three
    times is read once.
    """
    month = _held(db, _first(day.year, day.month, zone), _first(day.year, day.month + 1, zone))
    held = {kind for kind, _ in month}
    wanted = list(MONTHLY)
    if _committee(db, now, zone) >= FEWEST_COMMITTEE:
        wanted.append(ActivityKind.COMMITTEE)
    gaps = [Gap(kind, None) for kind in wanted if kind not in held]
    gaps += [
        Gap(ActivityKind.GROUP_MEETING, group)
        for group in _groups(db)
        if (ActivityKind.GROUP_MEETING, group.id) not in month
    ]
    if day.month % 3:
        return gaps
    quarter = _held(db, _first(day.year, day.month - 2, zone), _first(day.year, day.month + 1, zone))
    held = {kind for kind, _ in quarter}
    return gaps + [Gap(kind, None, quarterly=True) for kind in QUARTERLY if kind not in held]


def _committee(db: Session, now: datetime, zone: ZoneInfo) -> int:
    """How many people sit on the committee: one may hold two offices of it."""
    return len({one.member_id for one in rights.holders(db, frozenset(COMMITTEE), now, zone)})


def _groups(db: Session) -> list[Org]:
    """The groups with members on the roll, in their order."""
    peopled = select(Member.group_id).where(Member.status.in_(ON_ROLL), Member.group_id.is_not(None))
    return list(db.scalars(select(Org).where(Org.kind == OrgKind.GROUP, Org.id.in_(peopled)).order_by(Org.id)))


def _held(db: Session, since: datetime, until: datetime) -> set[tuple[ActivityKind, int]]:
    return {
        (one.kind, one.org_id)
        for one in activities.between(db, since, until)
        if one.state is not ActivityState.CANCELLED
    }


def _first(year: int, month: int, zone: ZoneInfo) -> datetime:
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=zone)
