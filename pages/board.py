"""What has been made known (公告), to read: for members behind the door, for people outside by its address."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from pages import door
from pages import open as outside
from pages.bulletins import WORDS, facts, served
from pages.door import Desk, Room
from services import bulletins
from services.calendar import today
from services.errors import NoSuchBulletin
from services.rights import Act


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/board, what is for this person; /h5/board/<bulletin>, which is read thereby; its files."""
    room = Room("board", desk)

    @room.get("/h5/board")
    def board(db: Session, act: Act) -> Response:
        assert act.by is not None
        unread = bulletins.unread_by(db, act.by, act.day)
        rest = [one for one in bulletins.mine(db, act.by, act.day) if one not in unread]
        current = [one for one in rest if bulletins.is_in_force(one, act.day)]
        past = [one for one in rest if one not in current]
        return door.show(desk, act, "bulletins/board.html", unread=unread, current=current, past=past, words=WORDS)

    @room.get("/h5/board/<bulletin_id>")
    def one(db: Session, act: Act, bulletin_id: str) -> Response:
        assert act.by is not None
        found = bulletins.own(db, act.by, bulletin_id, act.day)
        if not bulletins.has_read(db, found, act.by) and "prefetch" not in request.headers.get("Sec-Purpose", ""):
            _mark(desk, bulletin_id)
        in_force = bulletins.is_in_force(found, act.day)
        return door.show(desk, act, "bulletins/read.html", status=200, in_force=in_force, **facts(db, found))

    @room.get("/h5/board/<bulletin_id>/<file_id>")
    def file(db: Session, act: Act, bulletin_id: str, file_id: str) -> Response:
        assert act.by is not None
        return served(bulletins.file(db, bulletins.own(db, act.by, bulletin_id, act.day), file_id))

    return room.blueprint


def _mark(desk: Desk, bulletin_id: str) -> None:
    """Note that it has been opened, in a short transaction of its own."""

    def work(db: Session) -> None:
        act = door.act(desk, db, desk.clock())
        if act is not None and act.by is not None:
            bulletins.read(db, bulletins.own(db, act.by, bulletin_id, act.day), act.by, act.now)

    desk.run(work)


def _outside(desk: Desk, secret: str) -> Response | None:
    """What is behind a login-free address, while it is in force; None where it is none."""
    with desk.reading() as db:
        try:
            found = bulletins.of_secret(db, secret, today(desk.clock(), desk.zone))
        except NoSuchBulletin:
            return None
        return outside.show(desk, "bulletins/outside.html", status=200, secret=secret, **facts(db, found))


def _outside_file(desk: Desk, secret: str, file_id: str) -> Response | None:
    with desk.reading() as db:
        try:
            return served(bulletins.file(db, bulletins.of_secret(db, secret, today(desk.clock(), desk.zone)), file_id))
        except NoSuchBulletin:
            return None


OUTSIDE = outside.Behind(_outside, file=_outside_file)
