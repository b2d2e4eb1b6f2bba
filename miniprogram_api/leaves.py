"""Leave (请假): asked for by the member or, for a family, by the leader; decided once; taken back."""

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, ActivityPath, Asked, Moment, Paged, Shape, Told
from models.activity import Activity
from models.checkin import Seat
from models.held import HeldPlace
from models.leave import Leave, LeaveClass, LeaveState
from services import activities, held, leaves, notices, registrations
from services.errors import NoSuchActivity, NoSuchMember, NoSuchRequest
from services.leaves import Wish
from services.rights import Act
from texts.attendance import LEAVE

LONGEST = 60  # characters of a reason, as in the chat


class LeaveTold(Told):
    """One request for leave."""

    id: str = Field(examples=["b4c6d8f2gh"])
    activity: str = Field(examples=["k7m2p9q4wx"])
    title: str = Field(examples=["11月主题党日"])
    starts_at: Moment = Field(examples=["2026-11-25T06:00:00+00:00"])
    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    reason_class: LeaveClass = Field(examples=[LeaveClass.TRIP])
    label: str = Field(examples=["出差"])
    text: str = Field(examples=["去县里巡检"])
    by_family: bool = Field(description="家属代请.", examples=[False])
    asked_at: Moment = Field(examples=["2026-11-24T02:10:00+00:00"])
    state: LeaveState = Field(examples=[LeaveState.WAITING])
    decided_by: str | None = Field(examples=[None])
    note: str = Field(examples=[""])
    held: bool = Field(description="A text of this request waits until the office has looked at it.", examples=[False])


class LeavesTold(Told):
    """Requests for leave."""

    leaves: list[LeaveTold]
    next: str | None = Field(examples=[None])


class LeaveIn(Shape):
    """Why one cannot come; the text may stay empty."""

    READ_BY_OTHERS = ("text",)

    reason_class: LeaveClass = Field(examples=[LeaveClass.TRIP])
    text: str = Field("", max_length=LONGEST, examples=["去县里巡检"])


class FamilyLeaveIn(LeaveIn):
    """For whom the family asks, and why."""

    member: str = Field(pattern=ID, examples=["m3n8r5t2yz"])


class DecisionIn(Shape):
    """Agreed or not; the note is read by the member."""

    READ_BY_OTHERS = ("note",)

    ok: bool = Field(examples=[True])
    note: str = Field("", max_length=100, examples=["路上注意安全"])


class LeavePath(Asked):
    """One request."""

    leave: str = Field(pattern=ID, examples=["b4c6d8f2gh"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /leaves, /leaves/mine; POST /activities/{id}/leaves, …/family-leaves, /leaves/{id}/decision, …/withdraw."""
    room = Room("leaves", office, "Leave: asked for, decided once, taken back")
    _lists(room)
    _asking(room)
    _settling(room)
    return room.blueprint


def _lists(room: Room) -> None:
    @room.get("/leaves", LeavesTold)
    def waiting(db: Session, act: Act) -> Told:
        """What one may decide and nobody has yet, oldest first."""
        act.demand(leaves.decides(act))
        return LeavesTold(leaves=[_told(db, one) for one in leaves.waiting_for(db, act)], next=None)

    @room.get("/leaves/mine", LeavesTold)
    def mine(db: Session, act: Act, query: Paged) -> Told:
        """One's own requests, newest first."""
        assert act.by is not None
        found = leaves.of_member(db, act.by, query.after, query.limit + 1)
        page = found[: query.limit]
        return LeavesTold(
            leaves=[_told(db, one) for one in page], next=page[-1].public_id if len(found) > len(page) else None
        )


def _asking(room: Room) -> None:
    @room.post("/activities/<activity>/leaves", LeaveTold, status=201)
    def ask(db: Session, act: Act, path: ActivityPath, body: LeaveIn, doubted: frozenset[str]) -> Told:
        """Ask for leave: before the activity or within three days after; the leader is told.

        A text that nobody vouches for is kept apart until the office has looked at it; the request stands at once.
        """
        assert act.by is not None
        found = activities.find(db, path.activity)
        if db.get(Seat, (found.id, act.by.id)) is None:
            raise NoSuchActivity
        text = body.text.strip()
        made = leaves.ask(db, act, act.by, found, Wish(body.reason_class, "" if doubted else text))
        if doubted:
            held.hold(db, act, HeldPlace.LEAVE_REASON, made, text)
        notices.leave_asked(db, made, act.now, act.zone)
        return _told(db, made)

    @room.post("/activities/<activity>/family-leaves", LeaveTold, status=201)
    def family(db: Session, act: Act, path: ActivityPath, body: FamilyLeaveIn, doubted: frozenset[str]) -> Told:
        """Enter what a family asks (家属代请): agreed to in the same breath by whoever may decide it, else it waits."""
        found = own.activity(db, act, path.activity)
        person = own.member(db, act, body.member)
        if not act.rights.sees_group(registrations.group_of(db, found, person)):
            raise NoSuchMember(body.member)
        text = body.text.strip()
        made = leaves.enter(db, act, person, found, Wish(body.reason_class, "" if doubted else text))
        if doubted:
            held.hold(db, act, HeldPlace.LEAVE_REASON, made, text)
        agreed = made.state is LeaveState.APPROVED
        (notices.leave_decided if agreed else notices.leave_asked)(db, made, act.now, act.zone)
        return _told(db, made)


def _settling(room: Room) -> None:
    @room.post("/leaves/<leave>/decision", LeaveTold)
    def decide(db: Session, act: Act, path: LeavePath, body: DecisionIn, doubted: frozenset[str]) -> Told:
        """Agree or not; of two who decide at once the second is told who was first (409 decided).

        Nobody decides the own. A note that nobody vouches for is kept apart; the decision stands at once.
        """
        found = _of_group(db, act, path.leave)
        note = body.note.strip()
        leaves.decide(db, act, found, agreed=body.ok, note="" if doubted else note)
        if doubted:
            held.hold(db, act, HeldPlace.LEAVE_NOTE, found, note)
        notices.leave_decided(db, found, act.now, act.zone)
        return _told(db, found)

    @room.post("/leaves/<leave>/withdraw", LeaveTold)
    def withdraw(db: Session, act: Act, path: LeavePath) -> Told:
        """Take the own request back; once granted, only before the activity begins."""
        found = leaves.find(db, path.leave)
        if found is None or act.by is None or found.member_id != act.by.id:
            raise NoSuchRequest
        leaves.withdraw(db, act, found)
        notices.leave_settled(db, found, act.now)
        return _told(db, found)


def _of_group(db: Session, act: Act, public_id: str) -> Leave:
    """The request, own or of a group one sees. Raises NoSuchRequest, also for others."""
    found = leaves.find(db, public_id)
    if found is None:
        raise NoSuchRequest
    himself = act.by is not None and act.by.id == found.member_id
    if not himself and not act.rights.sees_group(registrations.group_of(db, found.activity, found.member)):
        raise NoSuchRequest
    return found


def _told(db: Session, leave: Leave) -> LeaveTold:
    db.flush()
    activity = db.get_one(Activity, leave.activity_id)
    return LeaveTold(
        id=leave.public_id,
        activity=activity.public_id,
        title=activity.title,
        starts_at=activity.starts_at,
        member=leave.member.public_id,
        name=leave.member.name,
        reason_class=leave.leave_class,
        label=LEAVE[leave.leave_class],
        text=leave.reason,
        by_family=leave.by_family,
        asked_at=leave.asked_at,
        state=leave.state,
        decided_by=leave.decided_by.name if leave.decided_by else None,
        note=leave.note,
        held=held.holds(db, leave),
    )
