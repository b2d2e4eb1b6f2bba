"""补课: which activities can be made up and how; told by the member, confirmed by the leader."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.attendance import MakeUp, MakeUpWay
from models.checkin import Seat, SeatState
from models.member import Member
from services import attendance, events
from services.errors import NoMakeUp, NotAllowed, NotOwed
from services.registrations import group_of
from services.rights import Act
from services.rows import touched

WAYS: Mapping[ActivityKind, tuple[MakeUpWay, ...]] = {
    ActivityKind.LECTURE: (MakeUpWay.RECORDING, MakeUpWay.STUDY),
    ActivityKind.PARTY_DAY: (MakeUpWay.RECORDING, MakeUpWay.STUDY, MakeUpWay.TOLD),
    ActivityKind.BRANCH_MEETING: (MakeUpWay.TOLD,),
    ActivityKind.GROUP_MEETING: (MakeUpWay.TOLD,),
    ActivityKind.COMMITTEE: (),  # 只登记，不补
    ActivityKind.LIFE_MEETING: (),
    ActivityKind.VOLUNTEER: (),
    ActivityKind.OTHER: (MakeUpWay.STUDY, MakeUpWay.TOLD),
}
WITHIN = timedelta(days=14)


def owed(db: Session, member: Member, now: datetime, zone: ZoneInfo) -> list[Activity]:
    """What the member may still make up: expected, over, not there, not told yet, not older than the term."""
    kinds = [kind for kind, ways in WAYS.items() if ways]
    told = select(MakeUp.id).where(MakeUp.activity_id == Activity.id, MakeUp.member_id == member.id)
    found = db.scalars(
        select(Activity)
        .join(Seat, Seat.activity_id == Activity.id)
        .where(
            Seat.member_id == member.id,
            Seat.state == SeatState.EXPECTED,
            Activity.state == ActivityState.CLOSED,
            Activity.kind.in_(kinds),
            Activity.starts_at >= now - WITHIN,
            ~told.exists(),
        )
        .order_by(Activity.starts_at, Activity.id)
    )
    return [one for one in found if _missed(db, member, one, zone)]


def tell(db: Session, act: Act, member: Member, activity: Activity, way: MakeUpWay, content: str) -> MakeUp:
    """The member says how it was made up. Raises NoMakeUp, NotOwed."""
    act.demand(act.by is not None and act.by.id == member.id)
    if way not in WAYS[activity.kind]:
        raise NoMakeUp(activity.title)
    if activity.id not in {one.id for one in owed(db, member, act.now, act.zone)}:
        raise NotOwed(activity.title)
    made = MakeUp(activity_id=activity.id, member_id=member.id, way=way, content=content, told_at=act.now)
    db.add(made)
    events.log(db, act, "makeup_told", activity, name=member.name, way=way.value)
    return made


def confirm(db: Session, act: Act, makeup: MakeUp) -> None:
    """A leader confirms it; a second time changes nothing. Nobody confirms the own. Raises NotAllowed."""
    activity = db.get_one(Activity, makeup.activity_id)
    if act.by is None or act.by.id == makeup.member_id:
        raise NotAllowed
    act.demand(act.rights.tends(group_of(db, activity, makeup.member)))
    open_ = update(MakeUp).where(MakeUp.id == makeup.id, MakeUp.confirmed_at.is_(None))
    if touched(db, open_.values(confirmed_by_id=act.by.id, confirmed_at=act.now)):
        events.log(db, act, "makeup_confirmed", activity, name=makeup.member.name)
    db.refresh(makeup)


def of(db: Session, activity: Activity) -> dict[int, MakeUp]:
    """The activity's make-ups by member."""
    return {one.member_id: one for one in db.scalars(select(MakeUp).where(MakeUp.activity_id == activity.id))}


def find(db: Session, public_id: str) -> MakeUp | None:
    """The make-up of that public id."""
    return db.scalar(select(MakeUp).where(MakeUp.public_id == public_id))


def _missed(db: Session, member: Member, activity: Activity, zone: ZoneInfo) -> bool:
    """Whether the sheet, corrections and all, says that the member missed it."""
    late = attendance.Rules(late_after=timedelta(0))  # whoever came late was there
    return any(
        line.member.id == member.id and attendance.owes(line.verdict)
        for line in attendance.sheet(db, activity, late, zone)
    )
