"""The big screen of a hall: a QR that turns, a number to send, a head count; for whoever has its secret link."""

import io
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import segno
from flask import Blueprint, Response, jsonify, make_response, render_template
from sqlalchemy.orm import Session

from models.activity import ActivityState
from pages import errors, frame
from services import activities, calendar, checkins, hallcodes
from services.checkins import Count
from services.errors import NoSuchActivity
from services.hallcodes import HallCode, HallRules
from settings import Branch
from texts import activity as texts

SLOWEST_REFRESH = 10.0  # seconds

Reading = Callable[[], AbstractContextManager[Session]]
Qr = Callable[[str, int], str | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the screen at one moment; `number` and `scene` only while people can check in."""

    title: str
    kind: str
    place: str
    starts_at: datetime
    state: ActivityState
    count: Count
    number: HallCode | None = None
    scene: HallCode | None = None


def blueprint(
    *, reading: Reading, clock: Callable[[], datetime], qr: Qr, branch: Branch, rules: HallRules
) -> Blueprint:
    """GET /screen/<secret>, the page, and /screen/<secret>/now, its news as JSON.

    `qr(scene, seconds)` asks WeChat for the address behind a scene that lives so long; None while WeChat is away.
    """
    screen = Blueprint("screen", __name__)
    screen.record_once(lambda state: frame.join(state.app))
    screen.after_request(frame.guard)
    zone = ZoneInfo(branch.timezone)

    def look(secret: str, now: datetime) -> Shown:
        with reading() as db:
            return _look(db, secret, now, rules)

    @screen.get("/screen/<secret>")
    def page(secret: str) -> Response:
        now = clock()
        try:
            shown = look(secret, now)
        except NoSuchActivity:
            return errors.page(404, "screen_unknown.html")
        news = _news(shown, now, _drawn(shown, now, qr))
        return make_response(
            render_template(
                "screen.html",
                shown=shown,
                news=news,
                starts=texts.starts(calendar.local(shown.starts_at, zone)),
                branch=branch,
                rules=rules,
                refresh=_refresh(news),
            )
        )

    @screen.get("/screen/<secret>/now")
    def news(secret: str) -> Response:
        now = clock()
        try:
            shown = look(secret, now)
        except NoSuchActivity:
            return make_response(jsonify(state="unknown"), 404)
        return jsonify(_news(shown, now, _drawn(shown, now, qr)))

    return screen


def _look(db: Session, secret: str, now: datetime, rules: HallRules) -> Shown:
    activity = activities.by_screen(db, secret)
    is_open = activity.state is ActivityState.OPEN
    return Shown(
        title=activity.title,
        kind=texts.KIND[activity.kind],
        place=activity.place,
        starts_at=activity.starts_at,
        state=activity.state,
        count=checkins.count(db, activity),
        number=hallcodes.number(db, activity, now, rules) if is_open else None,
        scene=hallcodes.scene(activity, now, rules) if is_open else None,
    )


def _drawn(shown: Shown, now: datetime, qr: Qr) -> str | None:
    """The QR as an SVG element, drawn here from the address behind it; asked for with no transaction open."""
    if shown.scene is None:
        return None
    url = qr(shown.scene.text, math.ceil((shown.scene.ends - now).total_seconds()))
    if url is None:
        return None
    drawing = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(drawing, kind="svg", xmldecl=False, omitsize=True, border=2, dark="#000", light="#fff")
    return drawing.getvalue().decode().strip()


def _news(shown: Shown, now: datetime, drawing: str | None) -> dict[str, object]:
    """What changes on the screen; times in seconds from now, so that the browser's clock does not matter."""
    news: dict[str, object] = {
        "state": shown.state.value,
        "expected": shown.count.expected,
        "present": shown.count.present,
        "others": shown.count.others,
    }
    if shown.number is None or shown.scene is None:
        return news
    return {
        **news,
        "number": shown.number.text,
        "number_turns_in": (shown.number.turns - now).total_seconds(),
        "qr": drawing,
        "qr_turns_in": (shown.scene.turns - now).total_seconds(),
    }


def _refresh(news: Mapping[str, object]) -> int:
    """Seconds after which a browser without scripts loads the page anew: at the next turn, for the count sooner."""
    turns = [turn for name, turn in news.items() if name.endswith("_turns_in") and isinstance(turn, float)]
    return math.ceil(min([*turns, SLOWEST_REFRESH]))
