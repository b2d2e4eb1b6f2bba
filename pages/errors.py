"""Friendly pages for what goes wrong: never a traceback, never the framework's English; the API keeps its JSON."""

import logging
from collections.abc import Callable, Mapping
from functools import partial

from flask import Flask, Response, make_response, render_template, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from pages import frame

log = logging.getLogger(__name__)
Answer = Callable[[HTTPException], AnyResponse]

# Addresses that machines ask: they get status and body as their own routes made them.
MACHINES = ("/api/", "/wechat", "/livez", "/readyz", "/metrics")


def register(app: Flask, others: Mapping[str, Answer] | None = None) -> None:
    """Answer every error of the app with a page, below the paths of `others` as these say.

    A database that is away, full or overrun is no fault of the code: a line in the log, not a traceback for every
    screen that asks each second.
    """
    frame.join(app)
    app.register_error_handler(HTTPException, partial(_answer, others or {}))
    for error in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(error, partial(_away, others or {}))


def page(status: int, template: str = "error.html") -> Response:
    """The page for a status, with the headers of every page."""
    response = make_response(render_template(template, status=status), status)
    return frame.guard(response)


def _away(others: Mapping[str, Answer], error: Exception) -> AnyResponse:
    log.warning("database away error=%s", type(error).__name__)
    return _answer(others, ServiceUnavailable())


def _answer(others: Mapping[str, Answer], error: HTTPException) -> AnyResponse:
    for path, answer in others.items():
        if request.path.startswith(path):
            return answer(error)
    if request.path.startswith(MACHINES) or error.code is None or error.code < 400:
        return error.get_response()
    response = page(error.code)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response
