"""What a leader enters of others: 人工登记 by a tick list, reminders to who is not here, corrections that only add."""

from collections.abc import Sequence
from typing import Annotated, Literal

from flask_openapi3.blueprint import APIBlueprint
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, ActivityPath, Moment, Shape, Told
from models.activity import Activity
from models.attendance import MarkKind
from models.held import HeldPlace
from models.leave import LeaveClass
from models.member import Member
from services import held, notices, registrations, sights
from services.attendance import Line, Status
from services.errors import NoSuchMember, WrongMark
from services.notices import Skipped
from services.rights import Act
from texts import attendance as texts
from texts.h5 import REGISTERED_BECAUSE

MOST_TICKED = 500
NOT_HERE = frozenset({Status.NOT_COME, Status.ABSENT})
MemberId = Annotated[str, Field(pattern=ID)]


class RegistrationsIn(Shape):
    """Who came, and why they could not check in themselves."""

    READ_BY_OTHERS = ("reason",)

    member_ids: list[MemberId] = Field(min_length=1, max_length=MOST_TICKED, examples=[["m3n8r5t2yz"]])
    reason: str = Field("", max_length=60, examples=["手机没电"])


class RegistrationsTold(Told):
    """How many are in now; who was here already is left as it was."""

    registered: int = Field(examples=[1])
    already: int = Field(examples=[0])
    reason: str = Field(
        description="As it stands on the record: the usual words where in doubt.", examples=["手机没电"]
    )


class RemindersIn(Shape):
    """Whom to remind: some, or everybody who is not here and not excused."""

    member_ids: Annotated[list[MemberId], Field(min_length=1, max_length=MOST_TICKED)] | Literal["absent"] = Field(
        examples=["absent"]
    )


class SkippedTold(Told):
    """One person who is not reminded, and why."""

    id: str = Field(examples=["m3n8r5t2yz"])
    why: Skipped = Field(
        description="here; not_expected; lately (within two hours); quiet (night, and in the morning it is over).",
        examples=[Skipped.LATELY],
    )


class RemindersTold(Told):
    """How many are reminded, when at the earliest, and who is not."""

    sent: int = Field(examples=[3])
    due_at: Moment = Field(description="Now, or the morning after quiet hours.", examples=["2026-11-25T05:30:00+00:00"])
    skipped: list[SkippedTold]


class CorrectionIn(Shape):
    """What the record of one person should say; `leave_class` with on_leave and with nothing else."""

    READ_BY_OTHERS = ("reason",)

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {"said": {"const": MarkKind.ON_LEAVE.value}, "leave_class": {"type": "string"}},
                    "required": ["leave_class"],
                },
                {
                    "properties": {
                        "said": {"enum": [one.value for one in MarkKind if one is not MarkKind.ON_LEAVE]},
                        "leave_class": {"type": "null"},
                    }
                },
            ]
        }
    )

    activity: str = Field(pattern=ID, examples=["k7m2p9q4wx"])
    member: str = Field(pattern=ID, examples=["m3n8r5t2yz"])
    said: MarkKind = Field(examples=[MarkKind.CAME])
    leave_class: LeaveClass | None = Field(None, examples=[None])
    reason: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["在会场，忘了扫码"])

    @model_validator(mode="after")
    def classed(self) -> "CorrectionIn":
        """改为请假 needs its class."""
        if (self.said is MarkKind.ON_LEAVE) != (self.leave_class is not None):
            raise ValueError("leave_class goes with on_leave")
        return self


class MarkTold(Told):
    """One thing said of the record; it stays, whatever is said later."""

    said: MarkKind = Field(examples=[MarkKind.CAME])
    label: str = Field(examples=["改为到"])
    reason: str = Field(examples=["在会场，忘了扫码"])
    by: str | None = Field(examples=["刘洋"])
    at: Moment = Field(examples=["2026-11-25T06:40:00+00:00"])


class RecordTold(Told):
    """One person's record at one activity: what it says, what was said of it, what can be said of it now."""

    activity: str = Field(examples=["k7m2p9q4wx"])
    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    status: Status = Field(examples=[Status.REGISTERED])
    label: str = Field(examples=["登"])
    early: bool = Field(examples=[False])
    made_up: bool = Field(examples=[False])
    possible: list[MarkKind] = Field(examples=[[MarkKind.EARLY, MarkKind.NOT_CAME, MarkKind.ON_LEAVE]])
    marks: list[MarkTold]


class RecordPath(ActivityPath):
    """One person at one activity."""

    member: str = Field(pattern=ID, examples=["m3n8r5t2yz"])


def blueprint(office: Office) -> APIBlueprint:
    """POST /activities/{id}/registrations, …/reminders, /corrections; GET /activities/{id}/records/{member}."""
    room = Room("records", office, "What a leader enters of others: registrations, reminders, corrections")
    _entering(room, office)
    _correcting(room, office)
    return room.blueprint


def _entering(room: Room, office: Office) -> None:
    @room.post("/activities/<activity>/registrations", RegistrationsTold)
    def register(db: Session, act: Act, path: ActivityPath, body: RegistrationsIn, doubted: frozenset[str]) -> Told:
        """Register who came (人工登记), shown as 登; one foreign name refuses the whole list.

        Until the activity is closed; afterwards there are corrections. A reason nobody vouches for gives way to the
        usual words.
        """
        found = own.activity(db, act, path.activity)
        people = _people(db, act, found, body.member_ids)
        reason = "" if doubted else body.reason.strip()
        new = registrations.register(db, act, found, people, reason or REGISTERED_BECAUSE)
        return RegistrationsTold(registered=new, already=len(people) - new, reason=reason or REGISTERED_BECAUSE)

    @room.post("/activities/<activity>/reminders", RemindersTold)
    def remind(db: Session, act: Act, path: ActivityPath, body: RemindersIn) -> Told:
        """Remind who is not here yet, one or all: each at most once in two hours, and not at night."""
        found = own.activity(db, act, path.activity)
        if body.member_ids == "absent":
            act.demand(act.rights.runs_branch or bool(act.rights.groups))
            lines = sights.lines(db, act, found, office.rules)
            people = [
                one.member
                for one in lines
                if one.verdict.status in NOT_HERE and act.rights.tends(one.group.id if one.group else None)
            ]
        else:
            people = _people(db, act, found, body.member_ids)
        calls = notices.call(db, act, found, people)
        return RemindersTold(
            sent=len(calls.reminded),
            due_at=calls.due,
            skipped=[SkippedTold(id=one.public_id, why=why) for one, why in calls.skipped],
        )


def _correcting(room: Room, office: Office) -> None:
    @room.get("/activities/<activity>/records/<member>", RecordTold)
    def record(db: Session, act: Act, path: RecordPath) -> Told:
        """One person's record, with everything said of it, for who may correct it."""
        found, line = _line(db, act, office, path.activity, path.member)
        return _record(db, found, line)

    @room.post("/corrections", RecordTold, status=201)
    def correct(db: Session, act: Act, body: CorrectionIn, doubted: frozenset[str]) -> Told:
        """Correct a record by adding what is right; nothing is ever deleted.

        无故缺席 can be said only when the activity is over. A reason nobody vouches for is kept apart until the office
        has looked at it.
        """
        found, line = _line(db, act, office, body.activity, body.member)
        if body.said not in registrations.possible(found, line.verdict):
            raise WrongMark
        reason = body.reason.strip()
        said = (body.said, body.leave_class)
        made = registrations.mark(db, act, found, line.member, said, "" if doubted else reason)
        if doubted:
            held.hold(db, act, HeldPlace.MARK_REASON, made, reason)
        return _record(db, *_line(db, act, office, body.activity, body.member))


def _people(db: Session, act: Act, activity: Activity, ids: Sequence[str]) -> list[Member]:
    """Those of a tick list. Raises NoSuchMember, also where one of them is of a group one does not see."""
    people = sights.people(db, ids)
    for one in people:
        if not act.rights.sees_group(registrations.group_of(db, activity, one)):
            raise NoSuchMember(one.public_id)
    return people


def _line(db: Session, act: Act, office: Office, activity: str, member: str) -> tuple[Activity, Line]:
    """The person's line of the sheet, for who may correct it. Raises NoSuchMember, also for a foreign one."""
    found = own.activity(db, act, activity)
    person = sights.person_of(db, member)
    if not act.rights.sees_group(registrations.group_of(db, found, person)):
        raise NoSuchMember(member)
    return found, sights.line_of(db, act, found, member, office.rules)


def _record(db: Session, activity: Activity, line: Line) -> RecordTold:
    return RecordTold(
        activity=activity.public_id,
        member=line.member.public_id,
        name=line.member.name,
        status=line.verdict.status,
        label=texts.named(line.verdict),
        early=line.verdict.early,
        made_up=line.made_up,
        possible=registrations.possible(activity, line.verdict),
        marks=[
            MarkTold(
                said=one.kind,
                label=texts.MARK[one.kind],
                reason=one.reason,
                by=one.by.name if one.by else None,
                at=one.at,
            )
            for one in sights.marks(db, activity, line.member)
        ],
    )
