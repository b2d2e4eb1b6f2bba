"""Checking in (签到): the hall's live code for who runs it, and 「I am here」 by code, by scan, by place."""

import hmac
import math
from datetime import datetime
from enum import StrEnum
from functools import partial

from flask_openapi3.blueprint import APIBlueprint
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ActivityPath, Moment, Shape, Told
from models.activity import Activity, ActivityState
from models.checkin import Method, Seat
from services import activities, checkins, hallcodes, places
from services.checkins import Claim
from services.errors import HallCodeUnknown, NoSuchActivity, NotExpected, Refusal, WrongState
from services.hallcodes import HallCode
from services.rights import Act


class How(StrEnum):
    """How one says 「I am here」."""

    NUMBER = "number"  # the screen's six digits
    SCAN = "scan"  # what the phone read from the screen's QR
    PLACE = "place"  # where the phone says it is, where the activity allows it


class CodeTold(Told):
    """What the hall shows until `expires_at`; then ask anew (one slot of grace follows it)."""

    qr: str | None = Field(
        description="What to draw as a QR; null while WeChat gives none.", examples=["http://weixin.qq.com/q/02abc"]
    )
    code: str = Field(examples=["482913"])
    slot: int = Field(description="Which turn of the QR this is.", examples=[88212345])
    expires_at: Moment = Field(examples=["2026-11-25T06:00:20+00:00"])


class CheckInIn(Shape):
    """`code` for number and scan, `lat` and `lng` (degrees, GCJ-02 as wx.getLocation gives them) for place."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {
                        "method": {"const": "place"},
                        "code": {"type": "null"},
                        "lat": {"type": "number"},
                        "lng": {"type": "number"},
                    },
                    "required": ["lat", "lng"],
                },
                {
                    "properties": {"method": {"enum": ["number", "scan"]}, "code": {"type": "string"}},
                    "required": ["code"],
                },
            ]
        }
    )

    method: How = Field(examples=[How.NUMBER])
    code: str | None = Field(None, min_length=1, max_length=200, examples=["482913"])
    lat: float | None = Field(None, ge=-90, le=90, examples=[None])
    lng: float | None = Field(None, ge=-180, le=180, examples=[None])

    @model_validator(mode="after")
    def fitting(self) -> "CheckInIn":
        """Each way has what it needs and nothing beside."""
        place = self.lat is not None and self.lng is not None
        if (self.code is None) is not (self.method is How.PLACE) or place is not (self.method is How.PLACE):
            raise ValueError("code, or lat and lng")
        return self


class CheckInTold(Told):
    """Since when one is here."""

    activity: str = Field(examples=["k7m2p9q4wx"])
    title: str = Field(examples=["11月主题党日"])
    at: Moment = Field(examples=["2026-11-25T05:58:12+00:00"])
    already: bool = Field(description="Whether one was here before this request.", examples=[False])


def blueprint(office: Office) -> APIBlueprint:
    """GET /activities/{id}/token, POST /activities/{id}/checkins."""
    room = Room("checkins", office, "Checking in: the hall's live code, and being here")

    @room.get("/activities/<activity>/token", CodeTold)
    def token(db: Session, act: Act, path: ActivityPath) -> "partial[CodeTold]":
        """The code the hall shows now, for who runs the activity."""
        found = own.activity(db, act, path.activity)
        act.demand(act.rights.runs(found))
        if found.state is not ActivityState.OPEN:
            raise WrongState(found.title, found.state)
        scene = hallcodes.scene(found, act.now, office.hall)
        number = hallcodes.number(db, found, act.now, office.hall)
        return partial(_code, office, scene, number, act.now)

    @room.post("/activities/<activity>/checkins", CheckInTold, status=201, also=(200,))
    def check_in(db: Session, act: Act, path: ActivityPath, body: CheckInIn, once: str) -> tuple[Told, int]:
        """Be here, by what the hall shows now or by place; 200 where one is here already.

        The server's clock judges, the phone's is not asked. 410: the code was right, but has turned since. 403: the
        code is right, but one is not expected; the group leader enters guests. Without a seat a wrong code and an
        activity that does not exist are the same 404.
        """
        assert act.by is not None
        found = activities.find(db, path.activity)
        expected = db.get(Seat, (found.id, act.by.id)) is not None
        try:
            claim = Claim(found, _judged(db, office, found, body, act.now), act.now, once)
        except Refusal:
            if not expected:
                raise NoSuchActivity from None
            raise
        if not expected:
            raise NotExpected(found.title)
        arrival = checkins.arrive(db, act.by, claim, act.now)
        told = CheckInTold(activity=found.public_id, title=found.title, at=arrival.at, already=not arrival.ours)
        return told, 201 if arrival.ours else 200

    return room.blueprint


def _judged(db: Session, office: Office, found: Activity, sent: CheckInIn, now: datetime) -> Method:
    """How it was said, if it holds for this activity. Raises WrongState, HallCodeUnknown, HallCodeStale, TooFar …"""
    if found.state is not ActivityState.OPEN:
        raise WrongState(found.title, found.state)
    if sent.method is How.PLACE:
        assert sent.lat is not None
        assert sent.lng is not None
        places.demand_here(found, sent.lat, sent.lng)
        return Method.PLACE
    assert sent.code is not None
    if sent.method is How.NUMBER:
        meant, method = hallcodes.of_number(db, sent.code, now, office.hall), Method.NUMBER
    else:
        text = _scene_behind(office, found, sent.code, now)
        meant, method = hallcodes.of_scene(db, text, now, office.hall), Method.SCAN
    if meant.id != found.id:
        raise HallCodeUnknown
    return method


def _scene_behind(office: Office, found: Activity, read: str, now: datetime) -> str:
    """The scene a phone means: it reads the address WeChat gave for it, which names no scene by itself."""
    for scene in hallcodes.scenes_near(found, now, office.hall):
        address = office.qrcodes.known(scene)
        if address is not None and hmac.compare_digest(address.encode(), read.encode()):
            return scene
    return read


def _code(office: Office, scene: HallCode, number: HallCode, now: datetime) -> CodeTold:
    """Asked of WeChat with no transaction open."""
    address = office.qrcodes.url(scene.text, math.ceil((scene.ends - now).total_seconds()))
    until = min(scene.turns, number.turns)
    return CodeTold(qr=address, code=number.text, slot=int(now.timestamp()) // office.hall.qr, expires_at=until)
