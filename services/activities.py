"""Activities: planned, moved, cancelled, opened, closed; who is expected (应到) follows from kind and day."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import COMMITTEE, Appointment
from models.checkin import Seat, SeatState
from models.member import ON_ROLL, Member
from models.org import Org, OrgKind
from models.question import Topic
from models.standing import StandingKind
from services import events, orgs, standings
from services.calendar import today
from services.errors import EditedMeanwhile, NoSuchActivity, OutOfOrder, WrongState
from services.rights import Act
from services.rows import in_turn, touched

OF_A_GROUP = (  # what a 党小组 holds by itself; the rest is the branch's
    ActivityKind.GROUP_MEETING,
    ActivityKind.LIFE_MEETING,
    ActivityKind.VOLUNTEER,
    ActivityKind.OTHER,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan says; `org` is the branch or the group whose meeting it is."""

    kind: ActivityKind
    title: str
    starts_at: datetime
    org: Org
    place: str = ""
    ends_at: datetime | None = None
    topic: Topic | None = None
    tenths: int | None = None  # 学时 in tenths; empty: by its kind


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the secretary fills in for the record (会议记录首页)."""

    host: str = ""
    recorder: str = ""
    lecturer: str = ""
    agenda: str = ""
    page: str = ""
    ends_at: datetime | None = None
    topic: Topic | None = None
    tenths: int | None = None  # 学时 in tenths; empty: by its kind


def kinds(act: Act, org: Org) -> tuple[ActivityKind, ...]:
    """What this person may plan for that branch or group; nothing without the right."""
    if act.by is not None and not act.rights.plans_for(org):
        return ()
    if org.kind is OrgKind.BRANCH:
        return tuple(kind for kind in ActivityKind if kind is not ActivityKind.GROUP_MEETING)
    return (ActivityKind.GROUP_MEETING,) if act.rights.runs_branch else OF_A_GROUP


def plan(db: Session, act: Act, asked: Plan) -> Activity:
    """A new activity with a seat for everyone expected. Raises NotAllowed, OutOfOrder."""
    act.demand(act.rights.plans_for(asked.org))
    if asked.ends_at is not None and asked.ends_at < asked.starts_at:
        raise OutOfOrder
    activity = Activity(
        kind=asked.kind,
        title=asked.title,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        place=asked.place,
        org_id=asked.org.id,
        topic=asked.topic,
        tenths=asked.tenths,
        published_at=act.now,
    )
    db.add(activity)
    db.flush()
    seat_everyone(db, activity, act.zone)
    events.log(db, act, "planned", activity, title=asked.title, at=asked.starts_at.isoformat())
    return activity


def plan_once(db: Session, act: Act, asked: Plan) -> tuple[Activity, bool]:
    """The same, and whether it is new: a plan sent twice, as when a button is tapped twice, is one activity."""
    act.demand(act.rights.plans_for(asked.org))
    in_turn(db)
    twin = select(Activity).where(
        Activity.starts_at == asked.starts_at,
        Activity.kind == asked.kind,
        Activity.title == asked.title,
        Activity.org_id == asked.org.id,
        Activity.place == asked.place,
        Activity.state != ActivityState.CANCELLED,
    )
    found = db.scalar(twin.order_by(Activity.id).limit(1))
    return (found, False) if found is not None else (plan(db, act, asked), True)


def move(db: Session, act: Act, activity: Activity, to: tuple[datetime, str], reason: str, seen: int) -> None:
    """改期: another time and place for what has not begun. Raises NotAllowed, WrongState, EditedMeanwhile."""
    act.demand(act.rights.runs(activity))
    starts_at, place = to
    before = activity.starts_at
    _change(
        db,
        activity,
        seen,
        ActivityState.PLANNED,
        starts_at=starts_at,
        place=place,
        moved_from=before,
        reason=reason,
        ends_at=activity.ends_at + (starts_at - before) if activity.ends_at else None,
    )
    seat_everyone(db, activity, act.zone)
    events.log(db, act, "moved", activity, at=starts_at.isoformat(), before=before.isoformat(), reason=reason)


def cancel(db: Session, act: Act, activity: Activity, reason: str, seen: int) -> None:
    """取消 what has not begun; the plan stays on record. Raises NotAllowed, WrongState, EditedMeanwhile."""
    act.demand(act.rights.runs(activity))
    if activity.state is ActivityState.CANCELLED:
        return
    _change(db, activity, seen, ActivityState.PLANNED, state=ActivityState.CANCELLED, reason=reason)
    events.log(db, act, "cancelled", activity, reason=reason)


def open_(db: Session, act: Act, activity: Activity) -> None:
    """Let people check in; opening what is open changes nothing. Raises NotAllowed, WrongState."""
    act.demand(act.rights.runs(activity))
    if activity.state is ActivityState.OPEN:
        return
    planned = update(Activity).where(Activity.id == activity.id, Activity.state == ActivityState.PLANNED)
    changed = touched(db, planned.values(state=ActivityState.OPEN, opened_at=act.now))
    db.refresh(activity)
    if not changed:
        _demand_state(activity, ActivityState.OPEN)
        return
    seat_everyone(db, activity, act.zone)
    events.log(db, act, "opened", activity)


def close(db: Session, act: Act, activity: Activity) -> None:
    """End the check-in; closing what is closed changes nothing. Raises NotAllowed, WrongState if it never was open."""
    act.demand(act.rights.runs(activity))
    if activity.state is ActivityState.CLOSED:
        return
    under_way = update(Activity).where(Activity.id == activity.id, Activity.state == ActivityState.OPEN)
    changed = touched(db, under_way.values(state=ActivityState.CLOSED, closed_at=act.now))
    db.refresh(activity)
    if not changed:
        _demand_state(activity, ActivityState.CLOSED)
        return
    if activity.ends_at is None:
        activity.ends_at = max(act.now, activity.starts_at)
    events.log(db, act, "closed", activity)


def note(db: Session, act: Act, activity: Activity, told: Particulars, seen: int) -> None:
    """Keep what the record's first page needs. Raises NotAllowed, EditedMeanwhile."""
    act.demand(act.rights.runs(activity))
    if told.ends_at is None:
        told = replace(told, ends_at=activity.ends_at)
    _change(
        db,
        activity,
        seen,
        None,
        host=told.host,
        recorder=told.recorder,
        lecturer=told.lecturer,
        agenda=told.agenda,
        page=told.page,
        ends_at=told.ends_at,
        topic=told.topic,
        tenths=told.tenths,
    )
    events.log(db, act, "noted", activity)


def invite(db: Session, act: Act, activity: Activity, guests: list[Member]) -> None:
    """Enter guests (列席) beforehand; who is expected already stays so. Raises NotAllowed."""
    act.demand(act.rights.runs(activity))
    for guest in guests:
        if db.get(Seat, (activity.id, guest.id)) is None:
            db.add(Seat(activity_id=activity.id, member_id=guest.id, group_id=guest.group_id, state=SeatState.GUEST))
            events.log(db, act, "invited", activity, name=guest.name)
    db.flush()


def check_badges(db: Session, act: Act, activity: Activity, worn: int, looked_at: int) -> None:
    """党徽抽查: so many of those looked at wore it; no names. Raises NotAllowed, OutOfOrder."""
    act.demand(act.rights.runs(activity) or bool(act.rights.groups))
    if not 0 <= worn <= looked_at:
        raise OutOfOrder
    activity.badges_worn, activity.badges_of = worn, looked_at
    events.log(db, act, "badges", activity, worn=worn, of=looked_at)


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
    alive = Activity.state.in_((ActivityState.OPEN, ActivityState.PLANNED))
    soonest = select(Activity).where(alive, Activity.starts_at >= since).order_by(Activity.starts_at, Activity.id)
    return list(db.scalars(soonest.limit(most)))


def between(db: Session, since: datetime, until: datetime) -> list[Activity]:
    """All activities that start in the span, cancelled ones too, in order."""
    span = select(Activity).where(Activity.starts_at >= since, Activity.starts_at < until)
    return list(db.scalars(span.order_by(Activity.starts_at, Activity.id)))


def expected(db: Session, activity: Activity) -> list[Member]:
    """Those with an expected seat."""
    seats = select(Member).join(Seat, Seat.member_id == Member.id)
    return list(
        db.scalars(seats.where(Seat.activity_id == activity.id, Seat.state == SeatState.EXPECTED).order_by(Member.id))
    )


def seat_everyone(db: Session, activity: Activity, zone: ZoneInfo) -> None:
    """Bring the seats in line with the roster of the activity's day; guests stay, the group of that day is kept."""
    day = today(activity.starts_at, zone)
    people = {one.id: one for one in _expected_on(db, activity, day)}
    held = standings.on(db, day, list(people))
    exempt = {member for member, one in held.items() if one.kind is StandingKind.EXEMPT}
    seats = {seat.member_id: seat for seat in db.scalars(select(Seat).where(Seat.activity_id == activity.id))}
    new: list[dict[str, object]] = []
    for member in people.values():
        state = SeatState.EXEMPT if member.id in exempt else SeatState.EXPECTED
        seat = seats.get(member.id)
        if seat is None:
            at = {"activity_id": activity.id, "member_id": member.id}
            new.append({**at, "group_id": member.group_id, "state": state})
        elif seat.state is not SeatState.GUEST:
            seat.group_id, seat.state = member.group_id, state
    if new:
        db.execute(insert(Seat), new)
    gone = [one for one, seat in seats.items() if one not in people and seat.state is not SeatState.GUEST]
    if gone:
        db.execute(delete(Seat).where(Seat.activity_id == activity.id, Seat.member_id.in_(gone)))
    db.flush()


def _expected_on(db: Session, activity: Activity, day: date) -> list[Member]:
    """Who should come to this kind on that day: the committee, the group, or everyone on the roll."""
    on_roll = select(Member).where(
        Member.status.in_(ON_ROLL),
        or_(Member.moved_in.is_(None), Member.moved_in <= day),
        or_(Member.moved_out.is_(None), Member.moved_out > day),
    )
    org = db.get_one(Org, activity.org_id)
    if activity.kind is ActivityKind.COMMITTEE:
        holds = select(Appointment.member_id).where(
            Appointment.role.in_(COMMITTEE),
            Appointment.starts <= day,
            or_(Appointment.ends.is_(None), Appointment.ends > day),
        )
        on_roll = on_roll.where(Member.id.in_(holds))
    elif org.kind is OrgKind.GROUP:
        on_roll = on_roll.where(Member.group_id == org.id)
    else:
        on_roll = on_roll.where(Member.org_id == orgs.branch(db).id)
    return list(db.scalars(on_roll.order_by(Member.id)))


def _change(db: Session, activity: Activity, seen: int, only_in: ActivityState | None, **values: object) -> None:
    """Change the record that was seen at version `seen`, if nobody has changed it since."""
    same = update(Activity).where(Activity.id == activity.id, Activity.version == seen)
    if only_in is not None:
        same = same.where(Activity.state == only_in)
    changed = touched(db, same.values(version=seen + 1, **values))
    db.refresh(activity)
    if changed:
        return
    if only_in is not None and activity.state is not only_in:
        raise WrongState(activity.title, activity.state)
    last = next(iter(events.of(db, activity, most=1)), None)
    raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)


def _demand_state(activity: Activity, state: ActivityState) -> None:
    """What could not be brought there must be there: somebody else was faster by a moment. Raises WrongState."""
    if activity.state is not state:
        raise WrongState(activity.title, activity.state)
