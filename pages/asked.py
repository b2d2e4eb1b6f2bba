"""What one is asked (征集), to fill in and to read: for members behind the door, for people outside by their links."""

import hashlib
import secrets
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.member import Member
from models.round import FormKind, Round, RoundLink, RoundState
from pages import door
from pages import open as outside
from pages.door import Amiss, Desk, Room
from pages.rounds import WORDS, figures, rated_in_words
from sealed.unsigned import UnsignedRefusal
from services import round_results, rounds
from services.errors import FormUnclear, NoSuchRound, NotBound, Refusal
from services.forms import Answers, Given, Question
from services.rights import Act
from texts import refusals
from texts import round as texts

SHORTEST, LONGEST = 16, 48  # characters of a ballot


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/asked, what one is asked and what was published; GET and POST /h5/asked/<round>."""
    room = Room("asked", desk)

    @room.get("/h5/asked")
    def mine(db: Session, act: Act) -> Response:
        assert act.by is not None
        running = [(one, _has(desk, db, one, act.by)) for one in rounds.asked(db, act.by, act.now)]
        told = rounds.told(db, act.by)
        return door.show(desk, act, "rounds/mine.html", running=running, told=told, words=WORDS)

    @room.get("/h5/asked/<round_id>")
    def one(db: Session, act: Act, round_id: str) -> Response:
        assert act.by is not None
        found = rounds.own(db, act.by, round_id)
        return door.show(desk, act, "rounds/asked.html", status=200, **_things(desk, db, act, found, act.by))

    @room.slow("/h5/asked/<round_id>", again=one)
    def take(round_id: str) -> Response:
        def who(db: Session) -> tuple[Round, Member]:
            act = door.act(desk, db, desk.clock())
            if act is None or act.by is None:
                raise NotBound
            return rounds.own(db, act.by, round_id), act.by

        _take(desk, who)
        door.say(texts.ANSWERED)
        return door.back(f"/h5/asked/{round_id}")

    return room.blueprint


# --- outside ---------------------------------------------------------------------------------------------------


def _answered(desk: Desk, secret: str) -> Response | None:
    """A form sent by a personal link; a reload sends the same ballot, which is the same answer."""
    try:
        _take(desk, lambda db: rounds.of_secret(db, secret))
    except NoSuchRound:
        return None
    except Amiss as amiss:
        return _told(desk, secret, amiss.words, 422)
    except Refusal as refusal:
        return _told(desk, secret, refusals.words(refusal, desk.where), 409)
    return outside.show(desk, "rounds/thanks.html", words=texts.ANSWERED)


def _told(desk: Desk, secret: str, refused: str = "", status: int = 200) -> Response | None:
    """What is behind a personal link; None where it is none."""
    with desk.reading() as db:
        try:
            found, link = rounds.of_secret(db, secret)
        except NoSuchRound:
            return None
        things = _things(desk, db, None, found, link)
        return outside.show(desk, "rounds/outside.html", status=status, refused=refused, **things)


OUTSIDE = outside.Behind(_told, _answered)


# --- both ------------------------------------------------------------------------------------------------------


def _things(desk: Desk, db: Session, act: Act | None, found: Round, who: Member | RoundLink) -> dict[str, object]:
    """What the page of one round shows: its form while it runs, afterwards that it is over, at last the table."""
    published = found.state is RoundState.PUBLISHED
    running = rounds.is_running(found, act.now if act else desk.clock())
    done = running and _has(desk, db, found, who)
    given: Answers = {}
    if running and not found.unnamed and isinstance(who, Member):
        given = rounds.given_by(db, found, who) or {}
    return {
        "round": found,
        "rated": rated_in_words(db, found, desk.zone),
        "form": rounds.form(db, found),
        "running": running,
        "final": found.unnamed or isinstance(who, RoundLink),
        "done": done,
        "given": given,
        "sent": _sent,
        "ballot": request.form.get("ballot") or secrets.token_hex(16),
        "promise": texts.UNNAMED if found.unnamed else texts.SIGNED if act else texts.BY_LINK,
        "published": published,
        "lines": round_results.table(db, found) if published else (),
        "results": figures(desk, db, found, words=False) if published else None,
        "words": WORDS,
    }


def _has(desk: Desk, db: Session, found: Round, who: Member | RoundLink) -> bool:
    """Whether an answer of theirs is there, while the round runs; what cannot be looked up now is none."""
    if not found.unnamed:
        return rounds.has_answered(db, found, who)
    try:
        return desk.unsigned.has_answered(found.public_id, who.public_id)
    except UnsignedRefusal:
        return False


def _take(desk: Desk, who: Callable[[Session], tuple[Round, Member | RoundLink]]) -> None:
    """Keep what was sent: a signed answer here in one transaction, an unnamed one in its own store and nowhere else.

    Raises Amiss, Refusal.
    """
    ballot = request.form.get("ballot", "")
    if not ballot.isascii() or not ballot.isalnum() or not SHORTEST <= len(ballot) <= LONGEST:
        raise Amiss(texts.STALE)
    with desk.reading() as db:
        found, somebody = who(db)
        round_id, name, body = found.public_id, somebody.public_id, ""
        if found.unnamed:
            body = rounds.sheet(db, found, somebody, sent(rounds.form(db, found)), desk.clock()).dump()
    if not body:
        once = hashlib.sha256(f"page {name} {ballot}".encode()).hexdigest()

        def work(db: Session) -> None:
            found, somebody = who(db)
            rounds.answer(db, found, somebody, sent(rounds.form(db, found)), desk.clock(), once)

        desk.run(work)
        return
    try:
        desk.unsigned.answer(round_id, name, ballot, body)
    except UnsignedRefusal as refusal:
        raise Amiss(texts.unnamed_refused(refusal)) from None


def sent(form: Sequence[Question]) -> dict[int, Given]:
    """The answers of the form that was sent. Raises FormUnclear for what no form of ours sends."""
    found: dict[int, Given] = {}
    for one in form:
        values = [value.strip() for value in request.form.getlist(f"q-{one.position}") if value.strip()]
        if one.kind is FormKind.TEXT:
            found[one.position] = "\n".join(values).replace("\r\n", "\n")
            continue
        if not all(value.isascii() and value.isdecimal() and len(value) < 3 for value in values):
            raise FormUnclear(one.position, one.kind)
        numbers = [int(value) for value in values]
        found[one.position] = numbers if one.kind is FormKind.MULTIPLE else (numbers[0] if numbers else "")
    return found


def _sent(position: int, value: object, stored: Given | None) -> bool:
    """Whether an option is chosen: as it was sent when the form was refused, else as it is on record."""
    if request.method == "POST":
        return str(value) in request.form.getlist(f"q-{position}")
    return value in stored if isinstance(stored, list) else value == stored
