"""Texts kept apart (待看): what WeChat did not vouch for, for the office to look at."""

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Moment, Shape, Told
from models.held import HeldPlace
from services import held
from services.activities import Plan
from services.deeds import Move
from services.held import Waiting
from services.rights import Act


class HeldTold(Told):
    """One text; its record stands without it, and what it is to be said of all waits with it."""

    id: str = Field(examples=["d6f8g2h4jk"])
    place: HeldPlace = Field(
        description="The record's field; activity.plan, .move, .cancel: the deed itself waits.",
        examples=[HeldPlace.LEAVE_REASON],
    )
    text: str = Field(description="Of a deed the texts in doubt, one a line.", examples=["去县里巡检"])
    by: str = Field(description="Who wrote it.", examples=["张建国"])
    at: Moment = Field(examples=["2026-11-24T02:10:00+00:00"])
    activity: str | None = Field(description="None: a plan, which is no activity yet.", examples=["k7m2p9q4wx"])
    title: str = Field(examples=["11月主题党日"])
    starts_at: Moment = Field(
        description="As it would be, of a plan or a move.", examples=["2026-11-25T06:00:00+00:00"]
    )


class OwnHeldTold(HeldTold):
    """One of one's own, with what was decided."""

    shown: bool | None = Field(description="Null while it waits.", examples=[None])


class HeldsTold(Told):
    """What nobody has looked at, oldest first."""

    texts: list[HeldTold]


class OwnHeldsTold(Told):
    """One's own, newest first."""

    texts: list[OwnHeldTold]


class LookIn(Shape):
    """Show it where it belongs, or leave it out."""

    show: bool = Field(examples=[True])


class HeldPath(Asked):
    """One text."""

    text: str = Field(pattern=ID, examples=["d6f8g2h4jk"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /held-texts, /held-texts/mine; POST /held-texts/{id}/decision."""
    room = Room("held_texts", office, "Texts that wait for a look of the office")

    @room.get("/held-texts", HeldsTold)
    def waiting(db: Session, act: Act) -> Told:
        """What nobody has looked at yet, for who runs the branch."""
        return HeldsTold(texts=[HeldTold(**_told(one)) for one in held.waiting(db, act)])

    @room.get("/held-texts/mine", OwnHeldsTold)
    def mine(db: Session, act: Act) -> Told:
        """What one wrote oneself and was held, and what became of it: nothing typed is lost."""
        return OwnHeldsTold(texts=[OwnHeldTold(**_told(one), shown=one.held.shown) for one in held.own(db, act)])

    @room.post("/held-texts/<text>/decision", status=204)
    def look(db: Session, act: Act, path: HeldPath, body: LookIn) -> None:
        """Show the text where it belongs, or leave it out; decided once, the second to decide is told (409 decided).

        A deed is done then, if it still can be; 409 state, edited, writer: it cannot.
        """
        held.look(db, act, held.find(db, act, path.text), shown=body.show)

    return room.blueprint


def _told(one: Waiting) -> dict[str, Any]:  # as many kinds of values as the shape has fields
    about = one.deed if isinstance(one.deed, Plan) else one.activity
    assert about is not None
    return {
        "id": one.held.public_id,
        "place": one.held.place,
        "text": one.held.text,
        "by": one.held.by.name,
        "at": one.held.at,
        "activity": one.activity.public_id if one.activity is not None else None,
        "title": about.title,
        "starts_at": one.deed.starts_at if isinstance(one.deed, Move) else about.starts_at,
    }
