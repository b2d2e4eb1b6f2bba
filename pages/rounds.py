"""征集 for those who run the branch: form and preview, opening and closing, links to print, results, the table."""

import io
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from models.opinion import Verdict
from models.org import Org
from models.round import FormKind, Round, RoundAudience, RoundPurpose, RoundState
from pages import door, study
from pages.door import Amiss, Desk, Room
from sealed import unsigned
from sealed.unsigned import NoSuchRound as Lost
from sealed.unsigned import UnsignedBusy
from services import activities, forms, orgs, round_results, rounds
from services.calendar import local
from services.forms import Question
from services.rights import Act
from services.round_results import Line, Results
from services.rounds import Draft
from texts import h5
from texts import round as texts

OPEN_FOR = timedelta(days=7)
SHOWN_ROWS = 4  # of the form before 再加几题
ONCE = 32  # characters of what makes a form of links count once
LINES = 5  # empty ones below those of the response table


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/rounds and a round; drafts made and edited; opened, closed, answered for, published; links."""
    room = Room("rounds", desk)
    _looking(room, desk)
    _drafting(room, desk)
    _running(room, desk)
    _responding(room, desk)
    return room.blueprint


def figures(desk: Desk, db: Session, found: Round, *, words: bool) -> Results | None:
    """The results of a round that is over; None where they cannot be had: nothing kept of it, or others are writing."""
    try:
        kept = unsigned.bodies(desk.unsigned, found.public_id) if found.unnamed else ()
    except (Lost, UnsignedBusy):
        return None
    return round_results.results(db, found, kept, words=words)


def rated_in_words(db: Session, found: Round, zone: ZoneInfo) -> str:
    """The lecture or activity that it rates; "" for none."""
    activity = rounds.rated(db, found)
    return texts.rated(local(activity.starts_at, zone), activity.title) if activity else ""


def _looking(room: Room, desk: Desk) -> None:
    @room.get("/h5/rounds")
    def everything(db: Session, act: Act) -> Response:
        return _show(desk, act, "rounds/all.html", rounds=rounds.everything(db, act))

    @room.get("/h5/rounds/<round_id>")
    def one(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        form = rounds.form(db, found)
        rated = rated_in_words(db, found, desk.zone)
        over = found.state in {RoundState.CLOSED, RoundState.PUBLISHED}
        signed = over and not found.unnamed
        return _show(
            desk,
            act,
            "rounds/round.html",
            round=found,
            group=db.get(Org, found.group_id) if found.group_id else None,
            form=form,
            bubbles=[texts.preview(one, len(form)) for one in form],
            about=texts.about(found.purpose, found.title, found.body, len(form), rated),
            rated=rated,
            once=secrets.token_hex(ONCE // 2),
            taken_back=rounds.taken_back(db, found),
            promise=texts.UNNAMED if found.unnamed else texts.SIGNED,
            asked=rounds.people(db, found),
            answered=_turnout(desk, db, found) if found.state is not RoundState.DRAFT else None,
            running=rounds.is_running(found, act.now),
            results=figures(desk, db, found, words=True) if over else None,
            named=round_results.named(db, act, found) if signed else (),
            lines=round_results.table(db, found),
            log=study.log_of(desk, db, found),
        )


def _drafting(room: Room, desk: Desk) -> None:
    @room.get("/h5/rounds/new")
    def new_page(db: Session, act: Act) -> Response:
        return _form(desk, db, act, None)

    @room.post("/h5/rounds/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        made = rounds.make(db, act, _draft(db, act))
        door.say(texts.MADE)
        return _home(made)

    @room.get("/h5/rounds/<round_id>/edit")
    def edit_page(db: Session, act: Act, round_id: str) -> Response:
        return _form(desk, db, act, rounds.find(db, act, round_id))

    @room.post("/h5/rounds/<round_id>/edit", again=edit_page)
    def edit(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        seen = door.number("version", "版本", least=1, most=10**8)
        rounds.edit(db, act, found, _draft(db, act), seen)
        door.say(texts.SAVED)
        return _home(found)

    @room.post("/h5/rounds/<round_id>/drop")
    def drop(db: Session, act: Act, round_id: str) -> Response:
        gone = rounds.drop(db, act, round_id)
        if gone is not None and gone.unnamed:  # an opening that was cut off may have begun it
            _stored(lambda: unsigned.drop(desk.unsigned, round_id))
        door.say(texts.DROPPED)
        return door.back("/h5/rounds")


def _running(room: Room, desk: Desk) -> None:
    """Begun and ended; the store of what is unsigned goes first, so that a cut-off attempt is simply made again."""

    @room.post("/h5/rounds/<round_id>/open")
    def open_(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        if found.unnamed and found.state is RoundState.DRAFT:
            _stored(lambda: unsigned.begin(desk.unsigned, round_id))
        rounds.open_(db, act, found)
        door.say(texts.OPENED)
        return _home(found)

    @room.post("/h5/rounds/<round_id>/close")
    def close(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        if found.unnamed and found.state is RoundState.OPEN:
            _stored(lambda: unsigned.end(desk.unsigned, round_id))
        rounds.close(db, act, found)
        door.say(texts.CLOSED)
        return _home(found)

    @room.post("/h5/rounds/<round_id>/links")
    def links(db: Session, act: Act, round_id: str) -> Response:
        """The slips themselves: their secrets are kept nowhere, so this page cannot be had again."""
        found = rounds.find(db, act, round_id)
        count = door.number("count", "张数", least=1, most=rounds.MOST_LINKS)
        once = request.form.get("once", "")
        if once and (not once.isascii() or not once.isalnum() or len(once) != ONCE):
            raise Amiss(texts.STALE)
        made = rounds.invite(db, act, found, count, once)
        addresses = [f"{desk.public_url}/open/{one}" for one in made]
        slips = [(one.rpartition("/")[2], _drawn(one)) for one in addresses]
        return _show(desk, act, "rounds/slips.html", round=found, slips=slips, site=f"{desk.public_url}/open/")

    @room.post("/h5/rounds/<round_id>/links/withdraw")
    def withdraw(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        door.say(texts.links_gone(rounds.withdraw_links(db, act, found)))
        return _home(found)


def _responding(room: Room, desk: Desk) -> None:
    @room.get("/h5/rounds/<round_id>/table")
    def table_page(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        lines: list[object] = [*round_results.table(db, found)]
        more = min(LINES, round_results.MOST_LINES - len(lines))
        results = figures(desk, db, found, words=True) if found.state is RoundState.CLOSED else None
        return _show(desk, act, "rounds/table.html", round=found, lines=[*lines, *[None] * more], results=results)

    @room.post("/h5/rounds/<round_id>/table", again=table_page)
    def respond(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        seen = door.number("version", "版本", least=1, most=10**8)
        round_results.respond(db, act, found, _lines(), seen)
        door.say(texts.RESPONDED)
        return door.back(f"/h5/rounds/{round_id}/table") if "more" in request.form else _home(found)

    @room.post("/h5/rounds/<round_id>/publish")
    def publish(db: Session, act: Act, round_id: str) -> Response:
        found = rounds.find(db, act, round_id)
        round_results.publish(db, act, found)
        door.say(texts.PUBLISHED)
        return _home(found)


def _turnout(desk: Desk, db: Session, found: Round) -> int | None:
    """How many have answered; None where that cannot be said now."""
    if not found.unnamed:
        return rounds.turnout(db, found)
    try:
        return desk.unsigned.turnout(found.public_id)
    except (Lost, UnsignedBusy):
        return None


def _stored(work: Callable[[], None]) -> None:
    """Do it in the store; others may be writing for too long. Raises Amiss."""
    try:
        work()
    except unsigned.UnsignedRefusal as refusal:
        raise Amiss(texts.unnamed_refused(refusal)) from None


def _form(desk: Desk, db: Session, act: Act, found: Round | None) -> Response:
    act.demand(act.rights.runs_branch)
    form: Sequence[Question | None] = rounds.form(db, found) if found else []
    return _show(
        desk,
        act,
        "rounds/form.html",
        round=found,
        rows=[*form, *[None] * (forms.MOST - len(form))],
        first=max(SHOWN_ROWS, len(form) + 1),
        groups=orgs.groups(db),
        activities=[
            (one, texts.rated(local(one.starts_at, act.zone), one.title))
            for one in rounds.rateable(db, act.now, found.activity_id if found else None)
        ],
        closes=door.fields_of(found.closes_at if found else act.now + OPEN_FOR, act.zone),
    )


def _draft(db: Session, act: Act) -> Draft:
    """The draft as the form says; raises Amiss."""
    purpose, audience = request.form.get("purpose", ""), request.form.get("audience", "")
    if purpose not in set(RoundPurpose) or audience not in set(RoundAudience):
        raise Amiss(texts.AUDIENCE_WRONG)
    group = next((one for one in orgs.groups(db) if one.public_id == request.form.get("group")), None)
    if audience == RoundAudience.GROUP and group is None:
        raise Amiss(texts.GROUP_WANTED)
    activity = None
    if purpose == RoundPurpose.RATING and request.form.get("activity"):
        activity = activities.find(db, request.form["activity"])
    closes = door.moment("closes", "截止时间", act.zone)
    assert closes is not None
    return Draft(
        purpose=RoundPurpose(purpose),
        title=door.field("title", "名称", most=60, needed=True),
        body=door.paragraph("body", "说明", most=2000),
        audience=RoundAudience(audience),
        closes_at=closes,
        questions=_questions(),
        unnamed="unnamed" in request.form,
        group=group if audience == RoundAudience.GROUP else None,
        activity=activity,
    )


def _questions() -> list[Question]:
    found: list[Question] = []
    for place in range(forms.MOST):
        stem = " ".join(request.form.get(f"stem-{place}", "").split())
        if not stem:
            continue
        kind = request.form.get(f"kind-{place}", "")
        if kind not in set(FormKind):
            raise Amiss(texts.QUESTION_WRONG)
        lines = [" ".join(one.split()) for one in request.form.get(f"options-{place}", "").split("\n")]
        options = [one for one in lines if one]
        chosen = kind in {FormKind.SINGLE, FormKind.MULTIPLE}
        if chosen and (not 2 <= len(options) <= forms.MOST_OPTIONS or len(set(options)) < len(options)):
            raise Amiss(texts.options_wanted(place + 1))
        if len(stem) > 200 or any(len(one) > 60 for one in options):
            raise Amiss(texts.stem_too_long(place + 1))
        required = f"free-{place}" not in request.form
        found.append(Question(len(found) + 1, FormKind(kind), stem, tuple(options) if chosen else (), required))
    return found


def _lines() -> list[Line]:
    """The lines of the response table that say something; raises Amiss for one that says half."""
    found = []
    for place in range(round_results.MOST_LINES):
        said = [
            door.field(f"{name}-{place}", label, most=most)
            for name, label, most in (("summary", "意见", 300), ("reason", "理由", 500))
        ]
        verdict = request.form.get(f"verdict-{place}", "")
        if not any(said):
            continue
        if not all(said) or verdict not in set(Verdict):
            raise Amiss(texts.LINE_WRONG)
        voices = door.number(f"voices-{place}", "人数", least=1)
        found.append(Line(said[0], voices, Verdict(verdict), said[1]))
    return found


def _drawn(address: str) -> Markup:
    """The QR of an address, as an SVG element."""
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawing, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000", light="#fff"
    )
    return Markup(drawing.getvalue().decode().strip())  # noqa: S704 - drawn here, of nothing but squares


def _home(found: Round) -> Response:
    return door.back(f"/h5/rounds/{found.public_id}")


def _show(desk: Desk, act: Act, template: str, **things: object) -> Response:
    return door.show(desk, act, template, status=200, tabs=h5.VOICE_TABS, words=WORDS, **things)


WORDS: Mapping[str, object] = {
    "purpose": texts.PURPOSE,
    "audience": texts.AUDIENCE,
    "state": texts.STATE,
    "kind": texts.KIND,
    "verdict": texts.VERDICT,
    "cell": texts.cell,
    "width": texts.width,
    "mean": texts.mean,
    "part": texts.part,
    "given": texts.given,
    "few": texts.FEW,
    "few_here": texts.FEW_HERE,
    "few_words": texts.FEW_WORDS,
    "note": texts.FIGURES_NOTE,
    "secrecy": texts.SECRECY,
    "most_options": forms.MOST_OPTIONS,
    "links_made": texts.links_made,
    "taken_back": texts.taken_back,
}
