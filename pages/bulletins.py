"""通知公告 for those who run the branch: drafts, attachments, publishing, editions, who has not read, the feedback."""

import re
from collections.abc import Mapping
from urllib.parse import quote

import flask
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.bulletin import Bulletin, BulletinAudience, BulletinFile, BulletinKind, BulletinState
from models.org import Org
from pages import door, study
from pages.door import Amiss, Desk, Room
from services import attachments, bulletins, orgs
from services.bulletins import Draft
from services.rights import Act
from texts import bulletin as texts
from texts import h5

LARGEST = attachments.MOST_BYTES + door.LARGEST_FORM  # bytes of a request with a file in it
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
MOST_SENT = attachments.MOST_BYTES + 1  # bytes of a file that are looked at


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/bulletins and a bulletin; drafts made and edited; published, revised, withdrawn; files; feedback."""
    room = Room("bulletins", desk, LARGEST)
    _looking(room, desk)
    _drafting(room, desk)
    _running(room, desk)
    _attaching(room)
    return room.blueprint


def served(found: BulletinFile) -> Response:
    """The file, to be kept and not to be shown: a browser neither guesses what it is nor runs anything in it."""
    response = flask.make_response(found.content)
    response.headers["Content-Type"] = found.content_type
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def facts(db: Session, found: Bulletin) -> dict[str, object]:
    """What every page of one bulletin shows: its text, where it is for, its files with their sizes."""
    group = db.get(Org, found.group_id) if found.group_id else None
    return {
        "bulletin": found,
        "body": bulletins.body(db, found),
        "audience": texts.audience(found.audience, group.name if group else "", found.decision),
        "files": [(one, texts.size(size)) for one, size in bulletins.weights(db, found)],
        "words": WORDS,
    }


def _looking(room: Room, desk: Desk) -> None:
    @room.get("/h5/bulletins")
    def everything(db: Session, act: Act) -> Response:
        found = bulletins.everything(db, act)
        return _show(desk, act, "bulletins/all.html", bulletins=found, year=act.day.year, words=WORDS)

    @room.get("/h5/bulletins/<bulletin_id>")
    def one(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        published = found.state is BulletinState.PUBLISHED
        return _show(
            desk,
            act,
            "bulletins/bulletin.html",
            **facts(db, found),
            address=f"{desk.public_url}/open/{found.secret}" if published and found.secret else "",
            in_force=bulletins.is_in_force(found, act.day),
            readers=bulletins.readers(db, act, found) if published else None,
            editions=bulletins.editions(db, found),
            types=",".join(attachments.TYPES),
            anew=found.kind in bulletins.ANEW,
            log=study.log_of(desk, db, found),
        )

    @room.get("/h5/bulletins/<bulletin_id>/files/<file_id>")
    def file(db: Session, act: Act, bulletin_id: str, file_id: str) -> Response:
        return served(bulletins.file(db, bulletins.find(db, act, bulletin_id), file_id))


def _drafting(room: Room, desk: Desk) -> None:
    @room.get("/h5/bulletins/new")
    def new_page(db: Session, act: Act) -> Response:
        return _form(desk, db, act, None)

    @room.post("/h5/bulletins/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        made = bulletins.make(db, act, _draft(db))
        door.say(texts.MADE)
        return _home(made)

    @room.get("/h5/bulletins/<bulletin_id>/edit")
    def edit_page(db: Session, act: Act, bulletin_id: str) -> Response:
        return _form(desk, db, act, bulletins.find(db, act, bulletin_id))

    @room.post("/h5/bulletins/<bulletin_id>/edit", again=edit_page)
    def edit(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        bulletins.edit(db, act, found, _draft(db), _version())
        door.say(texts.SAVED)
        return _home(found)

    @room.post("/h5/bulletins/<bulletin_id>/drop")
    def drop(db: Session, act: Act, bulletin_id: str) -> Response:
        bulletins.drop(db, act, bulletin_id)
        door.say(texts.DROPPED)
        return door.back("/h5/bulletins")


def _running(room: Room, desk: Desk) -> None:
    @room.post("/h5/bulletins/<bulletin_id>/publish")
    def publish(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        door.say(texts.published(bulletins.publish(db, act, found)))
        return _home(found)

    @room.get("/h5/bulletins/<bulletin_id>/revise")
    def revise_page(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        bulletins.demand(found, BulletinState.PUBLISHED)
        things = facts(db, found)
        return _show(desk, act, "bulletins/revise.html", **things, anew=found.kind in bulletins.ANEW)

    @room.post("/h5/bulletins/<bulletin_id>/revise", again=revise_page)
    def revise(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        before = found.edition
        people = bulletins.revise(db, act, found, _body(), _version())
        changed = texts.revised(people) if people else texts.CORRECTED
        door.say(changed if found.edition != before else texts.SAME_TEXT)
        return _home(found)

    @room.post("/h5/bulletins/<bulletin_id>/withdraw")
    def withdraw(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        bulletins.withdraw(db, act, found)
        door.say(texts.WITHDRAWN)
        return _home(found)

    @room.post("/h5/bulletins/<bulletin_id>/note")
    def note(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        bulletins.note(db, act, found, _line("feedback", "反馈", 200))
        door.say(texts.NOTED)
        return _home(found)


def _attaching(room: Room) -> None:
    @room.post("/h5/bulletins/<bulletin_id>/files")
    def attach(db: Session, act: Act, bulletin_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Amiss(texts.FILE_WANTED)
        with sent.stream:
            content = sent.stream.read(MOST_SENT)
        bulletins.attach(db, act, found, sent.filename, content)
        door.say(texts.ATTACHED)
        return _home(found)

    @room.post("/h5/bulletins/<bulletin_id>/files/<file_id>/off")
    def detach(db: Session, act: Act, bulletin_id: str, file_id: str) -> Response:
        found = bulletins.find(db, act, bulletin_id)
        bulletins.detach(db, act, found, file_id)
        door.say(texts.DETACHED)
        return _home(found)


def _form(desk: Desk, db: Session, act: Act, found: Bulletin | None) -> Response:
    act.demand(act.rights.runs_branch)
    return _show(
        desk,
        act,
        "bulletins/form.html",
        bulletin=found,
        body=bulletins.body(db, found) if found else "",
        groups=orgs.groups(db),
        usual=bulletins.USUAL_DAYS,
        most_days=bulletins.MOST_DAYS,
        longest=bulletins.LONGEST,
        words=WORDS,
    )


def _draft(db: Session) -> Draft:
    """The draft as the form says; raises Amiss."""
    kind, audience = request.form.get("kind", ""), request.form.get("audience", "")
    if kind not in set(BulletinKind) or audience not in set(BulletinAudience):
        raise Amiss(texts.KIND_WRONG)
    group = next((one for one in orgs.groups(db) if one.public_id == request.form.get("group")), None)
    display = kind == BulletinKind.DISPLAY
    return Draft(
        kind=BulletinKind(kind),
        title=_line("title", "标题", 60, needed=True),
        body=_body(),
        audience=BulletinAudience(audience),
        group=group if audience == BulletinAudience.GROUP else None,
        decision=_line("decision", "对外公开的依据", 100),
        contact=_line("contact", "联系方式", 100),
        duty=_line("duty", "责任人", 40),
        from_on=door.day("from", "开始日期"),
        until_on=None if display else door.day("until", "截止日期"),
        working_days=door.number("days", "公示几个工作日", least=1, most=bulletins.MOST_DAYS) if display else None,
    )


def _body() -> str:
    return _seen(door.paragraph("body", "正文", most=bulletins.LONGEST))


def _line(name: str, label: str, most: int, *, needed: bool = False) -> str:
    return _seen(door.field(name, label, most=most, needed=needed))


def _seen(text: str) -> str:
    """Without what no eye sees and what turns other people's lines round: it goes into chats, tables and on paper."""
    return _UNSEEN.sub("", text)


def _version() -> int:
    return door.number("version", "版本", least=1, most=10**8)


def _home(found: Bulletin) -> Response:
    return door.back(f"/h5/bulletins/{found.public_id}")


def _show(desk: Desk, act: Act, template: str, **things: object) -> Response:
    return door.show(desk, act, template, status=200, tabs=h5.VOICE_TABS, **things)


WORDS: Mapping[str, object] = {
    "kind": texts.KIND,
    "audience": texts.AUDIENCE,
    "state": texts.STATE,
    "span": texts.span,
    "window": texts.window,
    "secrecy": texts.SECRECY,
    "bare": texts.BARE,
    "all_read": texts.ALL_READ,
    "nobody_read": texts.NOBODY_READ,
}
