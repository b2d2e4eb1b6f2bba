"""Serves the platform's API: faults planned for a path come first, every refusal is HTTP 200 with a code."""

import io
import json
from collections.abc import Callable

import segno
from flask import Blueprint, Response, request

from simulator.apierrors import ApiError
from simulator.call import Call, Json
from simulator.endpoints import ROUTES
from simulator.faults import HTML, Fault
from simulator.world import World


def blueprint(world: World) -> Blueprint:
    """Every API path of this world."""
    paths = Blueprint("api", __name__)
    for method, path, work in ROUTES:
        paths.add_url_rule(path, path.strip("/").replace("/", "_"), _view(world, work), methods=[method])
    paths.add_url_rule("/cgi-bin/showqrcode", "showqrcode", _view_code(world))
    paths.add_url_rule("/cgi-bin/media/get", "media_get", _view_medium(world))
    return paths


def _view(world: World, work: Callable[[Call], Json]) -> Callable[[], Response]:
    def view() -> Response:
        world.count(request.path)
        fault = world.faults.take(request.path)
        if fault is None:
            return _json(_answer(world, work))
        after = _answer(world, work) if fault.after else None
        world.faults.hold(fault)
        spoilt = _spoilt(fault)
        return spoilt if spoilt is not None else _json(after or _answer(world, work))

    return view


def _answer(world: World, work: Callable[[Call], Json]) -> Json:
    try:
        return work(Call(world, request))
    except ApiError as error:
        return error.answer()


def _json(answer: Json) -> Response:
    # The real one neither escapes Chinese nor sends a charset with its text/plain at times.
    text = json.dumps(answer, ensure_ascii=False)
    return Response(text, mimetype="application/json")


def _spoilt(fault: Fault) -> Response | None:
    if fault.errcode is not None:
        return _json(ApiError(fault.errcode).answer())
    if fault.html:
        return Response(HTML, status=fault.status or 200, mimetype="text/html")
    if fault.status is not None:
        return Response("", status=fault.status)
    return None


def _view_code(world: World) -> Callable[[], Response]:
    def view() -> Response:
        ticket = world.tickets.find(request.args.get("ticket", ""))
        if ticket is None:
            return Response("", status=404)
        picture = io.BytesIO()
        segno.make(ticket.url, error="m").save(picture, kind="png", scale=6, border=2)
        return Response(picture.getvalue(), mimetype="image/png")

    return view


def _view_medium(world: World) -> Callable[[], Response]:
    """The file itself, or JSON where it is refused."""

    def view() -> Response:
        world.count(request.path)
        fault = world.faults.take(request.path)
        if fault is not None:
            world.faults.hold(fault)
        spoilt = _spoilt(fault) if fault else None
        if spoilt is not None:
            return spoilt
        call = Call(world, request)
        try:
            call.authorise()
            medium = world.media.find(call.query("media_id"))
        except ApiError as error:
            return _json(error.answer())
        return Response(medium.content, mimetype=medium.content_type)

    return view
