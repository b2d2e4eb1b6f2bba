"""Where one is signed in (登录): each browser with its device and place, ended one by one."""

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from pages import door
from pages.door import Desk, Room
from services import visits
from services.rights import Act
from texts import people as texts


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/logins, POST /h5/logins/<id>/end."""
    room = Room("logins", desk)

    @room.get("/h5/logins")
    def logins(db: Session, act: Act, **_of_a_form: str) -> Response:
        assert act.by is not None
        here = door.visit_of(db, act.now)
        return door.show(
            desk,
            act,
            "people/logins.html",
            visits=visits.of_member(db, act.by, act.now),
            here_id=here.public_id if here else "",
        )

    @room.post("/h5/logins/<visit>/end", again=logins)
    def end(db: Session, act: Act, visit: str) -> Response:
        assert act.by is not None
        found = visits.find(db, act.by, visit)  # somebody else's is as good as none, as is one ended already
        if found is not None:
            visits.end(db, found, act.now)
        door.say(texts.REVOKED)
        return door.back("/h5/logins")

    return room.blueprint
