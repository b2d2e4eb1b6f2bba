"""/open/<secret>: what people outside may read or answer without a login; no cookie, no script, nothing remembered.

An affair hangs a `Behind` into the list in pages/rooms.py: it is asked whether a secret is its own and answers with a
page, or with None. What is behind no secret is told as what is not there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import flask
from flask import Blueprint, Response, abort, request

from pages import frame
from pages.door import Desk
from texts import activity
from texts import h5 as texts

LARGEST_FORM = 200_000  # bytes
LONGEST_SECRET = 64  # characters
Look = Callable[[Desk, str], Response | None]
File = Callable[[Desk, str, str], Response | None]


@dataclass(frozen=True, slots=True)
class Behind:
    """What an affair has behind its secrets: a page, a form that is sent there, a file; None where it is not its own.

    Each owns its look at the database, or its transaction.
    """

    page: Look
    take: Look | None = None
    file: File | None = None


def blueprint(behind: Sequence[Behind], desk: Desk) -> Blueprint:
    """GET and POST /open/<secret>, GET /open/<secret>/<file>."""
    outside = Blueprint("open", __name__)
    outside.record_once(lambda state: frame.join(state.app))
    outside.after_request(partial(frame.guard, forms="'self'"))

    @outside.before_request
    def limit() -> None:
        request.max_content_length = LARGEST_FORM

    @outside.get("/open/<secret>")
    def page(secret: str) -> Response:
        return _first(one.page(desk, secret) for one in behind if len(secret) <= LONGEST_SECRET)

    @outside.post("/open/<secret>")
    def take(secret: str) -> Response:
        return _first(one.take(desk, secret) for one in behind if one.take and len(secret) <= LONGEST_SECRET)

    @outside.get("/open/<secret>/<file>")
    def file(secret: str, file: str) -> Response:
        return _first(one.file(desk, secret, file) for one in behind if one.file and len(secret) <= LONGEST_SECRET)

    return outside


def show(desk: Desk, template: str, *, status: int = 200, **things: object) -> Response:
    """A page in the frame for people outside (open/base.html): the branch's name, no navigation, no sign-in."""
    page = flask.render_template(
        template,
        branch=desk.branch,
        when=lambda at: activity.starts(at.astimezone(desk.zone)),
        closing=texts.OUTSIDE_FOOT,
        **things,
    )
    return flask.make_response(page, status)


def _first(found: Iterable[Response | None]) -> Response:
    """The first answer there is; without one, nothing is here."""
    return next((one for one in found if one is not None), None) or abort(404)
