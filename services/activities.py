"""Activities: planned, opened, closed; opening writes the seats (应到) with the group of that day."""

from datetime import datetime

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.checkin import Seat, SeatState
from models.member import ON_ROLL, Member
from models.org import Org, OrgKind
from services import orgs
from services.errors import NoSuchActivity, WrongState
from services.rows import touched


def plan(
    db: Session, kind: ActivityKind, title: str, starts_at: datetime, place: str = "", org: Org | None = None
) -> Activity:
    """A new activity of the branch, or of the given group."""
    held_by = org or orgs.branch(db)
    activity = Activity(kind=kind, title=title, starts_at=starts_at, place=place, org_id=held_by.id)
    db.add(activity)
    db.flush()
    return activity


def find(db: Session, public_id: str) -> Activity:
    """The activity of that public id. Raises NoSuchActivity."""
    activity = db.scalar(select(Activity).where(Activity.public_id == public_id))
    if activity is None:
        raise NoSuchActivity
    return activity


def by_screen(db: Session, secret: str) -> Activity:
    """The activity whose big screen has that link. Raises NoSuchActivity."""
    activity = db.scalar(select(Activity).where(Activity.screen == secret))
    if activity is None:
        raise NoSuchActivity
    return activity


def open_now(db: Session) -> list[Activity]:
    """What is under way, in the order in which it was planned."""
    return list(db.scalars(select(Activity).where(Activity.state == ActivityState.OPEN).order_by(Activity.id)))


def coming(db: Session, since: datetime, most: int = 5) -> list[Activity]:
    """What is under way or planned from `since` on, soonest first."""
    return list(
        db.scalars(
            select(Activity)
            .where(Activity.state.in_((ActivityState.OPEN, ActivityState.PLANNED)), Activity.starts_at >= since)
            .order_by(Activity.starts_at, Activity.id)
            .limit(most)
        )
    )


def open_(db: Session, activity: Activity, now: datetime) -> None:
    """Let people check in; opening what is open changes nothing. Raises WrongState once closed or cancelled."""
    if activity.state is ActivityState.OPEN:
        return
    planned = update(Activity).where(Activity.id == activity.id, Activity.state == ActivityState.PLANNED)
    changed = touched(db, planned.values(state=ActivityState.OPEN, opened_at=now))
    db.refresh(activity)
    if not changed:
        raise WrongState(activity.title, activity.state)
    _seat_everyone(db, activity)


def close(db: Session, activity: Activity, now: datetime) -> None:
    """End the check-in; closing what is closed changes nothing. Raises WrongState if it never was open."""
    if activity.state is ActivityState.CLOSED:
        return
    under_way = update(Activity).where(Activity.id == activity.id, Activity.state == ActivityState.OPEN)
    changed = touched(db, under_way.values(state=ActivityState.CLOSED, closed_at=now))
    db.refresh(activity)
    if not changed:
        raise WrongState(activity.title, activity.state)


def _seat_everyone(db: Session, activity: Activity) -> None:
    """A seat for every member on the roll whom the activity's organisation embraces."""
    held_by = db.get_one(Org, activity.org_id)
    on_roll = select(literal(activity.id), Member.id, Member.group_id, literal(SeatState.EXPECTED.value)).where(
        Member.status.in_(ON_ROLL),
        Member.group_id == held_by.id if held_by.kind is OrgKind.GROUP else Member.org_id == held_by.id,
    )
    db.execute(insert(Seat).from_select(["activity_id", "member_id", "group_id", "state"], on_roll))
