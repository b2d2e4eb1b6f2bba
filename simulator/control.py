"""The control API under /sim: what the chat page, the demo's seeding and outside tests drive.

JSON in, JSON out. Bound to this machine; a page of another origin can neither read nor drive it.
"""

from collections.abc import Callable, Mapping

from flask import Blueprint, Request, Response, jsonify, request
from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound

from simulator import shapes
from simulator.courier import Exchange
from simulator.faults import Fault
from simulator.outcomes import Telling, When
from simulator.phone import NotFollowing, Person
from simulator.shapes import Json
from simulator.template import TEMPLATE
from simulator.world import World

LONGEST_NAME = 32


def guard() -> None:
    """Refuse requests that a foreign web page could have caused (403)."""
    host = request.host
    name = host.rsplit(":", 1)[0].strip("[]")
    if name not in ("127.0.0.1", "localhost", "::1"):
        raise Forbidden("ask for 127.0.0.1 or localhost")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"http://{host}":
        raise Forbidden("another origin may not drive the simulator")
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        raise Forbidden("another site may not drive the simulator")
    if request.method == "POST" and not request.is_json:
        raise BadRequest("send application/json")


def fields_of(asked: Request) -> Json:
    """The JSON object of the body; an empty body is an empty object."""
    fields = asked.get_json(silent=True) if asked.get_data() else {}
    if not isinstance(fields, dict):
        raise BadRequest("send a JSON object")
    return fields


def text(fields: Mapping[str, object], name: str, default: str | None = None) -> str:
    """A text field; without a default it is required and not blank."""
    value = fields.get(name, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise BadRequest(f"{name} must be a text")
    return value


def number(fields: Mapping[str, object], name: str, default: float | None = None) -> float:
    """A number field; required without a default."""
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest(f"{name} must be a number")
    return value


def blueprint(world: World) -> Blueprint:
    """The control paths of one world."""
    paths = Blueprint("control", __name__, url_prefix="/sim")
    paths.before_request(guard)
    paths.register_error_handler(HTTPException, _refusal)
    _people(paths, world)
    _sent(paths, world)
    _world(paths, world)
    _trouble(paths, world)
    return paths


def _refusal(error: HTTPException) -> tuple[Response, int]:
    return jsonify({"error": error.description}), error.code or 500


def _find(world: World, person_id: str) -> Person:
    person = world.person(person_id)
    if person is None:
        raise NotFound("there is no such person")
    return person


def _people(paths: Blueprint, world: World) -> None:
    @paths.get("/people")
    def people() -> Response:
        return jsonify([shapes.person(world, person) for person in world.people])

    @paths.post("/people")
    def join() -> tuple[Response, int]:
        fields = fields_of(request)
        nickname = text(fields, "nickname").strip()[:LONGEST_NAME]
        unionid = text(fields, "unionid", "") or None
        person = world.join(nickname, unionid, following=fields.get("following") is True)
        return jsonify(shapes.person(world, person)), 201

    @paths.get("/people/<person_id>/messages")
    def messages(person_id: str) -> Response:
        lines = world.journal.lines(_find(world, person_id).id)
        return jsonify([shapes.line(line) for line in lines])

    @paths.get("/people/<person_id>/exchanges")
    def exchanges(person_id: str) -> Response:
        kept = world.carrier.exchanges(_find(world, person_id).id)
        return jsonify([shapes.exchange(exchange, full=True) for exchange in kept])

    @paths.post("/people/<person_id>/login")
    def login(person_id: str) -> Response:
        return jsonify({"code": world.login_code(_find(world, person_id))})

    @paths.post("/people/<person_id>/<act>")
    def act(person_id: str, act: str) -> Response:
        person = _find(world, person_id)
        work = ACTS.get(act)
        if work is None:
            raise NotFound("a phone cannot do that")
        try:
            exchange = work(person, fields_of(request))
        except NotFollowing as error:
            raise Conflict("this person does not follow the account") from error
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return jsonify(shapes.exchange(exchange))


def _sent(paths: Blueprint, world: World) -> None:
    @paths.get("/people/<person_id>/templates")
    def templates(person_id: str) -> Response:
        person = _find(world, person_id)
        asked = [one for one in world.subscriptions.templates if one.channel != TEMPLATE]
        return jsonify([shapes.template(one, person.credits(one.id)) for one in asked])

    @paths.get("/people/<person_id>/cards")
    def cards(person_id: str) -> Response:
        return jsonify([shapes.card(card) for card in world.received(_find(world, person_id))])

    @paths.post("/outcomes")
    def outcomes() -> Response:
        fields = fields_of(request)
        if "when" in fields:
            world.outcomes.plan(_telling(fields), int(number(fields, "times", 1)))
        return jsonify({"pushed": world.outcomes.deliver() if fields.get("deliver") is True else 0})


def _world(paths: Blueprint, world: World) -> None:
    @paths.get("/codes")
    def codes() -> Response:
        return jsonify([shapes.ticket(ticket, world.clock.now()) for ticket in world.tickets.alive()])

    @paths.get("/menu")
    def menu() -> Response:
        return jsonify(world.menu or {"button": []})

    @paths.get("/calls")
    def calls() -> Response:
        return jsonify(dict(world.calls))

    @paths.post("/handshake")
    def handshake() -> Response:
        return jsonify({"complaint": world.shake()})

    @paths.get("/complaints")
    def complaints() -> Response:
        return jsonify(world.complaints)


def _trouble(paths: Blueprint, world: World) -> None:
    @paths.get("/clock")
    def clock() -> Response:
        return jsonify({"now": world.clock.now().isoformat()})

    @paths.post("/clock")
    def advance() -> Response:
        world.clock.advance(number(fields_of(request), "advance"))
        world.journal.changed("codes")
        return jsonify({"now": world.clock.now().isoformat()})

    @paths.post("/faults")
    def faults() -> Response:
        fields = fields_of(request)
        if fields.get("forgive") is True:
            world.faults.forgive()
            world.ip_allowed = True
        if fields.get("invalidate_tokens") is True:
            world.tokens.invalidate()
        if "ip_allowed" in fields:
            world.ip_allowed = fields["ip_allowed"] is True
        if "path" in fields:
            fault = _fault(fields)
            if "rate" in fields:
                world.faults.sometimes(text(fields, "path"), number(fields, "rate"), fault)
            else:
                world.faults.plan(text(fields, "path"), fault)
        return jsonify({"ok": True})


def _fault(fields: Json) -> Fault:
    return Fault(
        times=int(number(fields, "times", 1)),
        errcode=int(number(fields, "errcode")) if "errcode" in fields else None,
        status=int(number(fields, "status")) if "status" in fields else None,
        html=fields.get("html") is True,
        wait=number(fields, "wait", 0),
        after=fields.get("after") is True,
    )


def _telling(fields: Json) -> Telling:
    try:
        when = When(text(fields, "when"))
    except ValueError as error:
        raise BadRequest("when is held, before, soon or never") from error
    return Telling(when, int(number(fields, "copies", 1)), text(fields, "failed", ""))


def _popup(person: Person, fields: Json) -> Exchange:
    answers = fields.get("answers")
    if not isinstance(answers, dict):
        raise BadRequest("answers must be an object")
    return person.answers({str(name): yes is True for name, yes in answers.items()})


def _follow(person: Person, fields: Json) -> Exchange:
    return person.follow(text(fields, "ticket", "") or None)


def _say(person: Person, fields: Json) -> Exchange:
    return person.says(text(fields, "text"), menu_id=text(fields, "menu_id", "") or None)


def _speak(person: Person, fields: Json) -> Exchange:
    return person.speaks(text(fields, "text", "") or None)


def _scan(person: Person, fields: Json) -> Exchange:
    return person.scans(text(fields, "code"), follow=fields.get("follow", True) is True)


def _locate(person: Person, fields: Json) -> Exchange:
    latitude, longitude = number(fields, "latitude"), number(fields, "longitude")
    return person.sends_location(latitude, longitude, text(fields, "label", "支部活动室"))


def _tap(person: Person, fields: Json) -> Exchange:
    if url := text(fields, "url", ""):
        return person.opens_page(url)
    if path := text(fields, "pagepath", ""):
        return person.opens_mini_program(path)
    key = text(fields, "key")
    if result := text(fields, "scanned", ""):
        return person.scans_from_menu(key, result, waiting=fields.get("waiting", True) is True)
    return person.taps(key, name=text(fields, "name", ""))


ACTS: Mapping[str, Callable[[Person, Json], Exchange]] = {
    "follow": _follow,
    "unfollow": lambda person, _: person.unfollows(),
    "say": _say,
    "speak": _speak,
    "picture": lambda person, _: person.sends_picture(),
    "video": lambda person, _: person.sends_video(),
    "location": _locate,
    "scan": _scan,
    "tap": _tap,
    "accept": lambda person, fields: person.accepts(text(fields, "template"), int(number(fields, "times", 1))),
    "refuse": lambda person, fields: person.refuses(text(fields, "template")),
    "popup": _popup,
}
