"""The door to the H5 pages: who comes in, what a page of ours looks like, how a form is taken, how a no is told.

A page module makes a `Room`, hangs its views in it and returns `room.blueprint`. A view gets the database and the
`Act` of whoever is signed in, with rights read anew at every request; nobody signed in means the sign-in page.
A POST runs in one writing transaction, needs the token of its form, and answers with a redirect; refused, its
`again` shows the form once more, filled as it was sent.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import flask
from flask import Response, g, request
from markupsafe import Markup, escape
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from models.member import Member
from models.question import QuestionState
from models.visit import Visit
from pages import frame
from pages.shelf import Shelf
from sealed.unsigned import Unsigned
from services import calendar, errors, rights, visits
from services.attendance import Rules
from services.errors import Refusal
from services.hours import Rules as HourRules
from services.members import BindingRules
from services.rights import Act, Rights
from settings import Branch, Template
from texts import activity as activity_texts
from texts import h5 as texts
from texts import refusals
from texts.refusals import Where
from wechat.tickets import SdkConfig

T = TypeVar("T")
View = Callable[..., AnyResponse | str]
Wrap = Callable[[View], View]
Place = tuple[str, str, tuple[str, ...]]  # name, address, and what else belongs to it

COOKIE, SAID = "visit", "said"
PATH = "/h5/"
SIGN_IN = "/h5/sign-in"
LARGEST_FORM = 200_000  # bytes; a tick list of 500 people is 10,000
REMINDERS = ("/h5/reminders", "/h5/notices", "/h5/birthdays", "/h5/calendar")  # stand below 活动
STATUS: Mapping[type[Refusal], int] = {
    errors.NotAllowed: 403,
    errors.NoSuchActivity: 404,
    errors.NoSuchMember: 404,
    errors.NoSuchGroup: 404,
    errors.NoSuchCourse: 404,
    errors.NoSuchPaper: 404,
    errors.NoSuchStep: 404,
    errors.NoSuchBank: 404,
    errors.NoSuchRound: 404,
    errors.NoSuchBulletin: 404,
    errors.NoSuchOpinion: 404,
    errors.NoSuchQuestion: 404,
    errors.NoSuchText: 404,
}


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


class OAuth(Protocol):
    """WeChat vouching for who looks at a page inside it (网页授权, snsapi_base)."""

    def address(self, back: str, state: str) -> str:
        """Where to send the browser so that it comes back to `back` with a code and the state."""
        ...

    def openid(self, code: str) -> str | None:
        """Whose code it is, None for a 快照页 user, who is nobody. Raises WeChatError."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages work with; built in app.py alone."""

    run: Run
    reading: Callable[[], AbstractContextManager[Session]]
    clock: Callable[[], datetime]
    zone: ZoneInfo
    app_id: str  # of the official account, whose openid OAuth gives
    branch: Branch
    where: Where
    rules: Rules
    hours: HourRules
    asks: tuple[QuestionState, ...]  # questions in these states go out
    binding: BindingRules
    public_url: str
    templates: Mapping[str, Template]  # by topic
    sdk: str  # address of WeChat's script for pages
    sign: Callable[[str], SdkConfig]  # what that script asks for on the page of that address; raises WeChatError
    unsigned: Unsigned  # what is kept without a name, in a file of its own
    opinion_days: int  # working days until an opinion is answered
    oauth: OAuth | None = None
    shelf: Shelf | None = None

    @property
    def secure(self) -> bool:
        """Whether the cookie may travel over https alone."""
        return self.public_url.startswith("https:")


class Room:
    """The views of one affair, in one blueprint."""

    def __init__(self, name: str, desk: Desk, largest: int = LARGEST_FORM) -> None:
        self.blueprint = flask.Blueprint(name, __name__)
        self.desk = desk
        self._largest = largest  # bytes of a request
        self.blueprint.record_once(lambda state: frame.join(state.app))
        self.blueprint.before_request(self._limit)
        self.blueprint.after_request(partial(_finish, desk))

    def get(self, rule: str) -> Wrap:
        """A page for whoever is signed in: `view(db, act, **arguments of the rule)` in a read-only look."""

        def hang(view: View) -> View:
            def answer(**arguments: str) -> AnyResponse | str:
                return self._look(view, arguments)

            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=["GET"])
            return view

        return hang

    def post(self, rule: str, again: View | None = None) -> Wrap:
        """A form: `view(db, act, **arguments)` in one transaction; refused, `again` shows its page once more."""

        def hang(view: View) -> View:
            def answer(**arguments: str) -> AnyResponse | str:
                return self._take(view, again, arguments)

            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=["POST"])
            return view

        return hang

    def slow(self, rule: str, again: View | None = None) -> Wrap:
        """A form whose work takes longer than one transaction may: `view(**arguments)` runs its own, short ones.

        Somebody signed in sends it with the token of its form; what they may do the view's own acts say.
        """

        def hang(view: View) -> View:
            def answer(**arguments: str) -> AnyResponse | str:
                with self.desk.reading() as db:
                    found = act(self.desk, db, self.desk.clock())
                if found is None:
                    return to_sign_in()
                if not _sent_by_our_form():
                    return show(self.desk, found, "h5/refused.html", words=texts.STALE_FORM, status=403)
                return self._told(partial(view, **arguments), again, arguments)

            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=["POST"])
            return view

        return hang

    def _limit(self) -> None:
        request.max_content_length = self._largest

    def _look(self, view: View, arguments: Mapping[str, str]) -> AnyResponse | str:
        now = self.desk.clock()
        with self.desk.reading() as db:
            found = act(self.desk, db, now)
            if found is None:
                return to_sign_in()
            try:
                return view(db, found, **arguments)
            except Refusal as refusal:
                return refuse(self.desk, found, refusal)

    def _take(self, view: View, again: View | None, arguments: Mapping[str, str]) -> AnyResponse | str:
        now = self.desk.clock()

        def work(db: Session) -> AnyResponse | str | None:
            found = act(self.desk, db, now)
            if found is None:
                return None
            if not _sent_by_our_form():
                return show(self.desk, found, "h5/refused.html", words=texts.STALE_FORM, status=403)
            return view(db, found, **arguments)

        return self._told(lambda: self.desk.run(work) or to_sign_in(), again, arguments)

    def _told(
        self, done: Callable[[], AnyResponse | str], again: View | None, arguments: Mapping[str, str]
    ) -> AnyResponse | str:
        """What is done, or in words why it is not."""
        try:
            return done()
        except Amiss as amiss:
            return self._again(again, amiss.words, 422, arguments)
        except Refusal as refusal:
            known = STATUS.get(type(refusal))
            words = refusals.words(refusal, self.desk.where)
            return self._again(None if known else again, words, known or 409, arguments)

    def _again(self, again: View | None, words: str, status: int, arguments: Mapping[str, str]) -> AnyResponse | str:
        """What was changed is rolled back; the page is shown as it is now, with what was sent in its fields."""

        def refused(_db: Session, found: Act, **_arguments: str) -> AnyResponse | str:
            return show(self.desk, found, "h5/refused.html", words=words, status=status)

        if again is not None:
            g.refused, g.status = words, status
        return self._look(again or refused, arguments)


@dataclass
class Amiss(Exception):
    """A form cannot be taken as it is: `words` say which field and what is expected."""

    words: str


def act(desk: Desk, db: Session, now: datetime) -> Act | None:
    """The act of whoever is signed in with this request, with the rights of this moment; None for nobody."""
    visit = visit_of(db, now)
    if visit is None or visit.member is None:
        return None
    return rights.act_of(db, visit.member, now, desk.zone)


def visit_of(db: Session, now: datetime) -> Visit | None:
    """The visit, waiting or signed in, whose cookie came with this request."""
    token = request.cookies.get(COOKIE)
    return visits.of_token(db, token, now) if token else None


def csrf() -> str:
    """What a form of this browser must carry: derived from its cookie, which no other site can read."""
    return _mac("csrf", "")


def say(words: str) -> None:
    """Show the words on the next page this browser sees."""
    g.said = words


def loads(script: str) -> None:
    """Let this page load a script of another place."""
    g.script = script


def back(address: str) -> Response:
    """Away from a form that has been taken, so that a reload does not send it again."""
    return _redirect(address)


def to_sign_in() -> Response:
    """The way to the sign-in page, and from there back to here."""
    here = request.full_path.rstrip("?") if request.method == "GET" else PATH
    return _redirect(f"{SIGN_IN}?to={quote(here, safe='/')}")


def refuse(desk: Desk, found: Act, refusal: Refusal) -> Response:
    """The page that says no, in the words of the refusal and with none of the record."""
    words = refusals.words(refusal, desk.where)
    return show(desk, found, "h5/refused.html", words=words, status=STATUS.get(type(refusal), 409))


def show(desk: Desk, found: Act | None, template: str, *, status: int = 200, **things: object) -> Response:
    """A page in our frame; `found` is None only before the sign-in."""
    page = flask.render_template(
        template,
        act=found,
        branch=desk.branch,
        nav=navigation(found),
        personal=personal(found),
        here=request.path,
        csrf=csrf,
        csrf_field=_csrf_field,
        said=_said() if status == 200 else None,
        refused=g.get("refused"),
        filled=_filled,
        chosen=_chosen,
        seen=_seen,
        when=partial(_when, desk.zone),
        clock=desk.where.clock,
        **things,
    )
    return flask.make_response(page, g.get("status", status))


def navigation(found: Act | None) -> Sequence[Place]:
    """Where this person can go; what a leader has fits one line of a phone."""
    if found is None or found.by is None:
        return ()
    own: Rights = found.rights
    if not own.leads:
        return (texts.NAV_TODAY, PATH, ()), _record(found.by)
    study = ("/h5/study/", "/h5/exams", "/h5/hours")
    return (
        (texts.NAV_TODAY, PATH, ("/h5/held",)),
        (texts.NAV_ACTIVITIES, "/h5/activities", ("/h5/activities/", "/h5/a/", *REMINDERS)),
        (texts.NAV_MONTH, f"/h5/month/{found.day:%Y-%m}", ("/h5/month/", "/h5/print")),
        (texts.NAV_MEMBERS, "/h5/members", ("/h5/members/", "/h5/appointments", "/h5/m/")),
        (texts.NAV_STUDY, "/h5/study", study) if own.runs_study else (texts.NAV_HOURS, "/h5/hours", ("/h5/hours/",)),
        _last(own),
    )


def _last(own: Rights) -> Place:
    """Who runs the branch hears it, and prints from the month's sheet; others print."""
    if not own.runs_branch:
        return texts.NAV_PRINT, "/h5/print", ()
    _, first, _ = texts.VOICE_TABS[0]
    within = tuple(one for _, address, more in texts.VOICE_TABS for one in (address, *more))
    return texts.NAV_VOICE, first, within


def personal(found: Act | None) -> Sequence[Place]:
    """What everybody has, at the foot of the page."""
    if found is None or found.by is None:
        return ()
    asked = (texts.NAV_ASKED, "/h5/asked", ("/h5/asked/",))
    board = (texts.NAV_BOARD, "/h5/board", ("/h5/board/",))
    said = (texts.NAV_SAID, "/h5/said", ())
    notices = (texts.NAV_NOTICES, "/h5/subscribe", ())
    own = board, asked, said, notices, (texts.NAV_LOGINS, "/h5/logins", ())
    return (_record(found.by), *own) if found.rights.leads else own


def _record(member: Member) -> Place:
    return texts.NAV_OWN, f"/h5/m/{member.public_id}", ()


def field(name: str, label: str, *, most: int, needed: bool = False) -> str:
    """A line of text sent in a form, stripped; raises Amiss when it is missing or too long."""
    text = " ".join(request.form.get(name, "").split())
    return _checked(text, label, most, needed=needed)


def paragraph(name: str, label: str, *, most: int) -> str:
    """Several lines sent in a form; raises Amiss when they are too long."""
    lines = request.form.get(name, "").replace("\r\n", "\n").split("\n")
    return _checked("\n".join(line.strip() for line in lines).strip(), label, most, needed=False)


def number(name: str, label: str, *, least: int = 0, most: int = 9999) -> int:
    """A whole number sent in a form; raises Amiss when it is none or out of bounds."""
    text = request.form.get(name, "").strip()
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise Amiss(texts.number_wanted(label, least, most))
    return int(text)


def degrees(name: str, label: str, most: int) -> float:
    """A latitude or longitude sent in a form, as a map shows it; raises Amiss when it is none."""
    text = unicodedata.normalize("NFKC", request.form.get(name, "")).strip().removesuffix("°")
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,12})?", text, re.ASCII) or abs(float(text)) > most:
        raise Amiss(texts.degrees_wanted(label, most))
    return float(text)


def day(name: str, label: str) -> date | None:
    """A date sent in a form, None where it is empty; raises Amiss when it is none."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Amiss(texts.day_wanted(label)) from None


def moment(name: str, label: str, zone: ZoneInfo, *, needed: bool = True) -> datetime | None:
    """A day and a time sent in two fields, on the branch's wall; raises Amiss when they are missing or none."""
    text = " ".join(request.form.get(f"{name}-{part}", "").strip() for part in ("day", "time")).strip()
    if not text and not needed:
        return None
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    except ValueError:
        raise Amiss(texts.moment_wanted(label)) from None
    if not 2000 <= at.year <= 2100:
        raise Amiss(texts.moment_wanted(label))
    return at


def fields_of(at: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    """A time as the two fields hold it: the day, and the time of day."""
    if at is None:
        return "", ""
    local = calendar.local(at, zone)
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"


def keep(response: Response, desk: Desk, token: str, seconds: int) -> Response:
    """Give the browser the token of its visit."""
    response.set_cookie(COOKIE, token, max_age=seconds, path=PATH, httponly=True, samesite="Lax", secure=desk.secure)
    return response


def drop(response: Response) -> Response:
    """Take the token from the browser."""
    response.delete_cookie(COOKIE, path=PATH)
    return response


def safe(to: str | None) -> str:
    """An address of ours to go on to; anything else becomes the first page."""
    sound = to and to.startswith(PATH) and "\\" not in to and "//" not in to and to.isprintable()
    return to if sound and to else PATH


def _checked(text: str, label: str, most: int, *, needed: bool) -> str:
    if needed and not text:
        raise Amiss(texts.wanted(label))
    if len(text) > most:
        raise Amiss(texts.too_long(label, most))
    return text


def _when(zone: ZoneInfo, at: datetime) -> str:
    return activity_texts.starts(calendar.local(at, zone))


def _filled(name: str, stored: object = "") -> str:
    """What a field holds: what was sent when the form was refused, else what is on record."""
    if g.get("refused") and name in request.form:
        return request.form[name]
    return "" if stored is None else str(stored)


def _chosen(name: str, value: object, *, stored: bool = False) -> bool:
    """Whether a box or an option is chosen, likewise."""
    if g.get("refused"):
        return str(value) in request.form.getlist(name)
    return stored


def _seen(version: int) -> str:
    """The version a form was made from. Told that somebody else was quicker, one may save over it knowingly."""
    mistaken = g.get("status") == 422
    return request.form.get("version", "") if mistaken else str(version)


def _sent_by_our_form() -> bool:
    return hmac.compare_digest(request.form.get("csrf", ""), csrf())


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf" value="{}">').format(escape(csrf()))


def _mac(purpose: str, text: str) -> str:
    token = request.cookies.get(COOKIE, "")
    return hmac.new(token.encode(), f"{purpose} {text}".encode(), hashlib.sha256).hexdigest()


def _said() -> str | None:
    """The words kept for this page, if this browser's own visit has kept them."""
    sealed, _, seal = request.cookies.get(SAID, "").rpartition(".")
    if not sealed or not hmac.compare_digest(seal, _mac("said", sealed)):
        return None
    g.heard = True
    try:
        words = json.loads(base64.urlsafe_b64decode(sealed))
    except (ValueError, binascii.Error):
        return None
    return words if isinstance(words, str) else None


def _finish(desk: Desk, response: Response) -> Response:
    words = g.get("said")
    if words is not None and response.status_code < 400:
        sealed = base64.urlsafe_b64encode(json.dumps(words).encode()).decode()
        response.set_cookie(
            SAID,
            f"{sealed}.{_mac('said', sealed)}",
            max_age=60,
            path=PATH,
            httponly=True,
            samesite="Lax",
            secure=desk.secure,
        )
    elif g.get("heard"):
        response.delete_cookie(SAID, path=PATH)
    return frame.guard(response, forms="'self'", script=g.get("script", ""))


def _redirect(address: str) -> Response:
    response = flask.make_response("", 303)
    response.headers["Location"] = address
    return response
