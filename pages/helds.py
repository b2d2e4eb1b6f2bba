"""Texts kept apart (待看文字): what WeChat did not vouch for is read here by the office, and shown or left out."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from pages import door
from pages.door import Amiss, Desk, Room
from services import held
from services.rights import Act
from texts import held as texts


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/held, POST /h5/held/<text>."""
    room = Room("helds", desk)

    @room.get("/h5/held")
    def waiting(db: Session, act: Act, **_of_a_form: str) -> Response:
        found = [
            (one, texts.PLACE[one.held.place], texts.effect(one.deed, act.zone) if one.deed else "")
            for one in held.waiting(db, act)
        ]
        return door.show(desk, act, "h5/held.html", waiting=found)

    @room.post("/h5/held/<text>", again=waiting)
    def look(db: Session, act: Act, text: str) -> Response:
        found = held.find(db, act, text)
        said = request.form.get("show")
        if said not in {"0", "1"}:
            raise Amiss(texts.DECISION_WANTED)
        held.look(db, act, found, shown=said == "1")
        done = texts.DONE if found.asked is not None else texts.SHOWN
        door.say(done if said == "1" else texts.LEFT_OUT)
        return door.back("/h5/held")

    return room.blueprint
