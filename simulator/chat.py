"""The chat page: a phone and a desktop window in the browser, with replies as they arrive."""

import json
from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_from_directory

from simulator import control, shapes
from simulator.world import World

HERE = Path(__file__).parent
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
BEAT_SECONDS = 15.0


def blueprint(world: World) -> Blueprint:
    """The page, its files, and the stream of news it listens to."""
    paths = Blueprint("chat", __name__, template_folder=str(HERE / "templates"))
    paths.before_request(control.guard)

    @paths.get("/")
    def page() -> Response:
        account = world.accounts.official_account
        response = Response(render_template("chat.html", account=account, world=world))
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    @paths.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(HERE / "static", name, max_age=0)

    @paths.get("/sim/news")
    def news() -> Response:
        after = request.headers.get("Last-Event-ID") or request.args.get("after", "")
        start = int(after) if after.isdigit() else world.journal.number
        headers = {"Cache-Control": "no-store"}
        return Response(_stream(world, start), mimetype="text/event-stream", headers=headers)

    return paths


def _stream(world: World, after: int) -> Iterator[str]:
    # A page that comes back to another world (the simulator was restarted) has to read everything anew.
    yield f"retry: 1000\nevent: hello\ndata: {json.dumps(world.name)}\n\n"
    after = min(after, world.journal.number)
    while not world.journal.closed:
        fresh = world.journal.wait(after, BEAT_SECONDS)
        if not fresh:
            yield ": still here\n\n"
        for each in fresh:
            after = each.number
            text = json.dumps(shapes.news(each), ensure_ascii=False)
            yield f"id: {each.number}\ndata: {text}\n\n"
