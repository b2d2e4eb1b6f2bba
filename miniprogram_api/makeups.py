"""补课: what one may still make up, how one says it was, and the leader's confirmation; never turns into 到."""

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, ActivityPath, Asked, Moment, Shape, Told
from models.activity import Activity, ActivityKind
from models.attendance import MakeUp, MakeUpWay
from models.checkin import Seat
from models.held import HeldPlace
from services import activities, held, makeups, registrations, sights
from services.errors import NoSuchActivity, NoSuchRequest
from services.makeups import WAYS, WITHIN
from services.rights import Act
from texts.makeup import WAY


class OwedTold(Told):
    """One activity that can be made up, and how."""

    activity: str = Field(examples=["k7m2p9q4wx"])
    kind: ActivityKind = Field(examples=[ActivityKind.LECTURE])
    title: str = Field(examples=["第四季度党课"])
    starts_at: Moment = Field(examples=["2026-11-20T06:00:00+00:00"])
    until: Moment = Field(description="Until when it may be told.", examples=["2026-12-04T06:00:00+00:00"])
    ways: list[MakeUpWay] = Field(examples=[[MakeUpWay.RECORDING, MakeUpWay.STUDY]])


class AllOwedTold(Told):
    """What one may still make up, oldest first."""

    owed: list[OwedTold]


class MakeUpTold(Told):
    """One make-up."""

    id: str = Field(examples=["c5d7f9g3hj"])
    activity: str = Field(examples=["k7m2p9q4wx"])
    title: str = Field(examples=["第四季度党课"])
    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    way: MakeUpWay = Field(examples=[MakeUpWay.RECORDING])
    label: str = Field(examples=["看录播"])
    content: str = Field(examples=["看了党课录像，记住了纪律处分条例的六项纪律"])
    told_at: Moment = Field(examples=["2026-11-22T12:30:00+00:00"])
    confirmed_at: Moment | None = Field(examples=[None])
    held: bool = Field(description="The content waits until the office has looked at it.", examples=[False])


class MakeUpsTold(Told):
    """Make-ups that wait for a leader."""

    makeups: list[MakeUpTold]


class MakeUpIn(Shape):
    """How it was made up, in a sentence or two."""

    READ_BY_OTHERS = ("content",)

    way: MakeUpWay = Field(examples=[MakeUpWay.RECORDING])
    content: str = Field(
        min_length=1, max_length=200, pattern=r"\S", examples=["看了党课录像，记住了纪律处分条例的六项纪律"]
    )


class MakeUpPath(Asked):
    """One make-up."""

    makeup: str = Field(pattern=ID, examples=["c5d7f9g3hj"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /makeups, /makeups/owed; POST /activities/{id}/makeups, /makeups/{id}/confirm."""
    room = Room("makeups", office, "Content made up later, told by the member and confirmed by a leader")

    @room.get("/makeups", MakeUpsTold)
    def waiting(db: Session, act: Act) -> Told:
        """What members say they have made up and one may confirm, oldest first."""
        act.demand(act.rights.runs_branch or bool(act.rights.groups))
        return MakeUpsTold(makeups=[_told(db, one) for one, _ in sights.makeups_waiting(db, act)])

    @room.get("/makeups/owed", AllOwedTold)
    def owed(db: Session, act: Act) -> Told:
        """What one may still make up, within fourteen days after."""
        assert act.by is not None
        return AllOwedTold(
            owed=[
                OwedTold(
                    activity=one.public_id,
                    kind=one.kind,
                    title=one.title,
                    starts_at=one.starts_at,
                    until=one.starts_at + WITHIN,
                    ways=list(WAYS[one.kind]),
                )
                for one in makeups.owed(db, act.by, act.now, act.zone)
            ]
        )

    @room.post("/activities/<activity>/makeups", MakeUpTold, status=201)
    def tell(db: Session, act: Act, path: ActivityPath, body: MakeUpIn, doubted: frozenset[str]) -> Told:
        """Say how one has made it up; it counts once a leader has confirmed it, as 补 and never as 到."""
        assert act.by is not None
        found = activities.find(db, path.activity)
        if db.get(Seat, (found.id, act.by.id)) is None:
            raise NoSuchActivity
        content = body.content.strip()
        made = makeups.tell(db, act, act.by, found, body.way, "" if doubted else content)
        if doubted:
            held.hold(db, act, HeldPlace.MAKEUP_CONTENT, made, content)
        return _told(db, made)

    @room.post("/makeups/<makeup>/confirm", MakeUpTold)
    def confirm(db: Session, act: Act, path: MakeUpPath) -> Told:
        """Confirm it; a second time changes nothing. Nobody confirms the own."""
        found = makeups.find(db, path.makeup)
        if found is None:
            raise NoSuchRequest
        himself = act.by is not None and act.by.id == found.member_id
        group = registrations.group_of(db, db.get_one(Activity, found.activity_id), found.member)
        if not himself and not act.rights.sees_group(group):
            raise NoSuchRequest
        makeups.confirm(db, act, found)
        return _told(db, found)

    return room.blueprint


def _told(db: Session, makeup: MakeUp) -> MakeUpTold:
    db.flush()
    activity = db.get_one(Activity, makeup.activity_id)
    return MakeUpTold(
        id=makeup.public_id,
        activity=activity.public_id,
        title=activity.title,
        member=makeup.member.public_id,
        name=makeup.member.name,
        way=makeup.way,
        label=WAY[makeup.way],
        content=makeup.content,
        told_at=makeup.told_at,
        confirmed_at=makeup.confirmed_at,
        held=held.holds(db, makeup),
    )
