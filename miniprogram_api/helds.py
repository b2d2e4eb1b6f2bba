"""Texts kept apart (待看): what WeChat did not vouch for, for the office to look at."""

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Moment, Shape, Told
from models.activity import Activity
from models.held import HeldPlace, HeldText
from services import held
from services.rights import Act


class HeldTold(Told):
    """One text that waits; its record stands without it."""

    id: str = Field(examples=["d6f8g2h4jk"])
    place: HeldPlace = Field(examples=[HeldPlace.LEAVE_REASON])
    text: str = Field(examples=["去县里巡检"])
    by: str = Field(description="Who wrote it.", examples=["张建国"])
    at: Moment = Field(examples=["2026-11-24T02:10:00+00:00"])
    activity: str = Field(examples=["k7m2p9q4wx"])
    title: str = Field(examples=["11月主题党日"])


class HeldsTold(Told):
    """What nobody has looked at, oldest first."""

    texts: list[HeldTold]


class LookIn(Shape):
    """Show it where it belongs, or leave it out."""

    show: bool = Field(examples=[True])


class HeldPath(Asked):
    """One text."""

    text: str = Field(pattern=ID, examples=["d6f8g2h4jk"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /held-texts; POST /held-texts/{id}/decision."""
    room = Room("held_texts", office, "Texts that wait for a look of the office")

    @room.get("/held-texts", HeldsTold)
    def waiting(db: Session, act: Act) -> Told:
        """What nobody has looked at yet, for who runs the branch."""
        return HeldsTold(texts=[_told(one, of) for one, of in held.waiting(db, act)])

    @room.post("/held-texts/<text>/decision", status=204)
    def look(db: Session, act: Act, path: HeldPath, body: LookIn) -> None:
        """Show the text where it belongs, or leave it out; decided once, the second to decide is told (409 decided)."""
        held.look(db, act, held.find(db, act, path.text), shown=body.show)

    return room.blueprint


def _told(one: HeldText, activity: Activity) -> HeldTold:
    return HeldTold(
        id=one.public_id,
        place=one.place,
        text=one.text,
        by=one.by.name,
        at=one.at,
        activity=activity.public_id,
        title=activity.title,
    )
