"""意见: the queue of those who answer, both kinds in one list; what one has said oneself, and the form for it."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, make_response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.member import ON_ROLL, Member
from models.opinion import Opinion, OpinionCategory, OpinionState, Verdict
from pages import door, study
from pages.door import Amiss, Desk, Room
from pages.papers import unsigned_of
from sealed import unsigned
from sealed.unsigned import Opinion as Unsigned
from sealed.unsigned import UnsignedRefusal
from services import calendar, members, opinions, workdays
from services.errors import NoSuchOpinion, NotBound
from services.opinions import Reply, Standing
from services.rights import Act
from services.workdays import Workdays
from texts import h5
from texts import opinion as texts
from texts.activity import day
from texts.round import SECRECY, VERDICT

LARGEST = 3 * opinions.LARGEST_PICTURE + door.LARGEST_FORM  # bytes of a form with pictures
SHOWN = 100  # of those answered
SHORT = 40  # characters of an opinion in the queue
SHORTEST, LONGEST_ONCE = 16, 48  # characters of what makes a form count once


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the queue; of an unsigned one `received` is its week."""

    address: str
    name: str
    source: str
    received: str
    category: str
    text: str
    due: date
    state: OpinionState
    verdict: Verdict | None
    handler: str


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/opinions, one of each kind, pictures; assigned and answered; GET and POST /h5/said, the own ones."""
    room = Room("opinions", desk, LARGEST)
    _queue(room, desk)
    _signed(room, desk)
    _unsigned(room, desk)
    _own(room, desk)
    return room.blueprint


def _queue(room: Room, desk: Desk) -> None:
    @room.get("/h5/opinions")
    def everything(db: Session, act: Act) -> Response:
        signed = [_entry(desk, one) for one in opinions.everything(db, act)]
        found = unsigned_of(desk)
        names = {one.public_id: one.name for one in db.scalars(select(Member))} if found else {}
        days_off = workdays.of(db)
        entries = [*signed, *[_apart(desk, days_off, one, names) for one in found or ()]]
        waiting = [one for one in entries if one.state is not OpinionState.ANSWERED]
        answered = [one for one in entries if one.state is OpinionState.ANSWERED]
        return _show(
            desk,
            act,
            "opinions/all.html",
            waiting=sorted(waiting, key=lambda one: (one.due, one.name)),
            answered=sorted(answered, key=lambda one: one.due, reverse=True)[:SHOWN],
            away=found is None,
        )

    @room.get("/h5/opinions/pictures/<picture_id>")
    def picture(db: Session, act: Act, picture_id: str) -> Response:
        found = opinions.picture(db, act, picture_id)
        return make_response(found.content or b"", 200, {"Content-Type": found.content_type})


def _signed(room: Room, desk: Desk) -> None:
    @room.get("/h5/opinions/<opinion_id>")
    def one(db: Session, act: Act, opinion_id: str) -> Response:
        found = opinions.find(db, act, opinion_id)
        return _show(
            desk,
            act,
            "opinions/one.html",
            entry=_entry(desk, found),
            text=found.text,
            answer=found.answer,
            made_public=found.made_public,
            seen_as=found.version,
            pictures=opinions.pictures(db, found),
            handlers=_handlers(db, act),
            log=study.log_of(desk, db, found),
        )

    @room.post("/h5/opinions/<opinion_id>/assign", again=one)
    def assign(db: Session, act: Act, opinion_id: str) -> Response:
        found = opinions.find(db, act, opinion_id)
        act.demand(act.rights.runs_branch)
        opinions.assign(db, act, found, _handler(db, act))
        door.say(texts.ASSIGNED)
        return door.back(f"/h5/opinions/{opinion_id}")

    @room.post("/h5/opinions/<opinion_id>/answer", again=one)
    def answer(db: Session, act: Act, opinion_id: str) -> Response:
        found = opinions.find(db, act, opinion_id)
        seen = door.number("version", "版本", least=1, most=10**8)
        opinions.answer(db, act, found, _reply(), seen)
        door.say(texts.ANSWERED)
        return door.back(f"/h5/opinions/{opinion_id}")


def _unsigned(room: Room, desk: Desk) -> None:
    """What is unsigned changes in its own file alone: no transaction of the database, no log in it, and no notice.

    A row with a time in it, written because something unsigned is there, would say by when that had come.
    """

    @room.get("/h5/opinions/unsigned/<lookup>")
    def apart(db: Session, act: Act, lookup: str) -> Response:
        found = _found(desk, act, lookup)
        names = {one.public_id: one.name for one in db.scalars(select(Member))}
        standing = Standing.load(found.state)
        return _show(
            desk,
            act,
            "opinions/one.html",
            entry=_apart(desk, workdays.of(db), found, names),
            text=found.text,
            answer=found.answer,
            made_public=standing.made_public,
            seen_as=found.state,
            pictures=(),
            handlers=_handlers(db, act),
            log=(),
        )

    @room.slow("/h5/opinions/unsigned/<lookup>/assign", again=apart)
    def assign_apart(lookup: str) -> Response:
        with desk.reading() as db:
            act = _act(desk, db)
            found = _found(desk, act, lookup)
            act.demand(act.rights.runs_branch)
            standing = opinions.assigned(db, act, Standing.load(found.state), _handler(db, act))
        _keep(desk, found, standing, found.answer)
        door.say(texts.ASSIGNED_APART)
        return door.back(f"/h5/opinions/unsigned/{lookup}")

    @room.slow("/h5/opinions/unsigned/<lookup>/answer", again=apart)
    def answer_apart(lookup: str) -> Response:
        with desk.reading() as db:
            act = _act(desk, db)
            found, reply = _found(desk, act, lookup), _reply()
            before = Standing.load(found.state)
            standing = opinions.answered(act, before, reply.verdict, reply.made_public)
        same = (before.verdict, before.made_public, found.answer) == (reply.verdict, reply.made_public, reply.text)
        if not same and request.form.get("version") != found.state:
            raise Amiss(texts.EDITED)
        _keep(desk, found, standing, reply.text)
        door.say(texts.ANSWERED_UNSIGNED)
        return door.back(f"/h5/opinions/unsigned/{lookup}")


def _own(room: Room, desk: Desk) -> None:
    @room.get("/h5/said")
    def mine(db: Session, act: Act) -> Response:
        assert act.by is not None
        found = opinions.mine(db, act.by)
        given = _given(db, desk, act.by) if opinions.in_office(act) else []
        return door.show(
            desk,
            act,
            "opinions/mine.html",
            status=200,
            opinions=[(one, opinions.pictures(db, one)) for one in found],
            handled=given,
            once=request.form.get("once") or secrets.token_hex(16),
            words=WORDS,
        )

    @room.post("/h5/said", again=mine)
    def say(db: Session, act: Act) -> Response:
        assert act.by is not None
        code, once = request.form.get("category", ""), request.form.get("once", "")
        if code not in set(OpinionCategory):
            raise Amiss(texts.CATEGORY_WRONG)
        if not once.isascii() or not once.isalnum() or not SHORTEST <= len(once) <= LONGEST_ONCE:
            raise Amiss(texts.STALE)
        text = door.paragraph("text", "意见", most=opinions.LONGEST)
        if not text:
            raise Amiss(h5.wanted("意见"))
        key = hashlib.sha256(f"page {act.by.public_id} {once}".encode()).hexdigest()
        made = opinions.give(db, act, OpinionCategory(code), text, key, desk.opinion_days)
        sent = [one for one in request.files.getlist("pictures") if one.filename]
        for place, one in enumerate(sent):
            opinions.enclose(db, made, one.read(), act.now, f"{key[:60]} {place}")
        door.say(texts.GIVEN.format(made.number))
        return door.back("/h5/said")


# --- parts -----------------------------------------------------------------------------------------------------


def _given(db: Session, desk: Desk, member: Member) -> list[Entry]:
    """What the member is to answer."""
    names, days_off = {member.public_id: member.name}, workdays.of(db)
    apart = [one for one in unsigned_of(desk) or () if Standing.load(one.state).handler == member.public_id]
    entries = [
        *(_entry(desk, one) for one in opinions.handled(db, member)),
        *(_apart(desk, days_off, one, names) for one in apart),
    ]
    return sorted((one for one in entries if one.state is OpinionState.ASSIGNED), key=lambda one: one.due)


def _entry(desk: Desk, one: Opinion) -> Entry:
    return Entry(
        address=f"/h5/opinions/{one.public_id}",
        name=one.number,
        source=texts.source(one.member.name, on_roll=one.member.status in ON_ROLL),
        received=day(calendar.local(one.at, desk.zone)),
        category=texts.CATEGORY[one.category],
        text=texts.cut(one.text, SHORT),
        due=one.due_on,
        state=one.state,
        verdict=one.verdict,
        handler=one.assigned_to.name if one.assigned_to else "",
    )


def _apart(desk: Desk, days_off: Workdays, one: Unsigned, names: Mapping[str, str]) -> Entry:
    standing = Standing.load(one.state)
    return Entry(
        address=f"/h5/opinions/unsigned/{one.lookup}",
        name=texts.SOURCE_UNSIGNED,
        source="",
        received=texts.week(one.week),
        category=texts.category(one.category),
        text=texts.cut(one.text, SHORT),
        due=opinions.due_of_week(days_off, one.week, desk.opinion_days),
        state=standing.state,
        verdict=standing.verdict,
        handler=names.get(standing.handler, ""),
    )


def _handlers(db: Session, act: Act) -> list[Member]:
    return opinions.handlers(db, act) if act.rights.runs_branch else []


def _act(desk: Desk, db: Session) -> Act:
    """Whoever is signed in, once more: the look before is over. Raises NotBound."""
    found = door.act(desk, db, desk.clock())
    if found is None:
        raise NotBound
    return found


def _found(desk: Desk, act: Act, lookup: str) -> Unsigned:
    """The unsigned opinion for who may read it. Raises NotAllowed, also for what is not there; NoSuchOpinion."""
    try:
        found = desk.unsigned.opinion(lookup)
    except unsigned.NoSuchOpinion:
        act.demand(act.rights.runs_branch)
        raise NoSuchOpinion from None
    except UnsignedRefusal:
        act.demand(act.rights.runs_branch)
        raise Amiss(texts.AWAY) from None
    opinions.demand_unsigned(act, Standing.load(found.state))
    return found


def _keep(desk: Desk, found: Unsigned, standing: Standing, answer: str) -> None:
    try:
        desk.unsigned.reply(found.lookup, found.state, standing.dump(), answer)
    except unsigned.OpinionMoved:
        raise Amiss(texts.EDITED) from None
    except UnsignedRefusal:
        raise Amiss(texts.AWAY) from None


def _handler(db: Session, act: Act) -> Member:
    wanted = request.form.get("handler", "")
    if wanted not in {one.public_id for one in opinions.handlers(db, act)}:
        raise Amiss(texts.HANDLER_WRONG)
    return members.find(db, wanted)


def _reply() -> Reply:
    """The answer as the form says; raises Amiss."""
    verdict = request.form.get("verdict", "")
    if verdict not in set(Verdict):
        raise Amiss(texts.VERDICT_WRONG)
    text = door.paragraph("answer", "理由", most=opinions.LONGEST_ANSWER)
    if not text:
        raise Amiss(h5.wanted("理由"))
    return Reply(Verdict(verdict), text, door.field("made_public", "公开情况", most=60))


def _show(desk: Desk, act: Act, template: str, **things: object) -> Response:
    tabs = h5.VOICE_TABS if act.rights.runs_branch else ()
    return door.show(desk, act, template, status=200, tabs=tabs, words=WORDS, **things)


WORDS: Mapping[str, object] = {
    "category": texts.CATEGORY,
    "state": texts.STATE,
    "verdict": VERDICT,
    "secrecy": SECRECY,
    "by": texts.by,
    "away": texts.AWAY,
    "look_away": texts.LOOK_AWAY,
    "failed": texts.FAILED,
    "no_picture": texts.NO_PICTURE,
    "longest": opinions.LONGEST,
    "longest_answer": opinions.LONGEST_ANSWER,
}
