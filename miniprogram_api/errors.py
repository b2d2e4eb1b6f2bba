"""Every error of the API in one shape: {"code": a lower-case word, "message": a Chinese sentence}, with its status."""

import logging
import re

import flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from services import errors
from services.errors import Refusal
from texts import api as texts
from texts.refusals import Where, words
from wechat.errors import WeChatError

log = logging.getLogger(__name__)

REFUSALS: dict[type[Refusal], tuple[int, str]] = {
    errors.LoginRefused: (401, "login"),
    errors.NotBound: (403, "unbound"),
    errors.TooManyTries: (429, "locked"),
    errors.CodeUnknown: (409, "wrong"),
    errors.CodeUsed: (409, "used"),
    errors.CodeExpired: (409, "expired"),
    errors.BoundToAnother: (409, "bound"),
    errors.MemberBound: (409, "taken"),
}
STATUSES: dict[int, tuple[str, str]] = {
    400: ("malformed", texts.MALFORMED),
    404: ("unknown", texts.NOT_HERE),
    405: ("method", texts.NOT_HERE),
    413: ("large", texts.TOO_LARGE),
    500: ("fault", texts.OURS),
}


class Malformed(Exception):
    """The request's body is not what this route takes."""


def register(routes: flask.Blueprint, where: Where) -> None:
    """Answer what the routes raise."""

    @routes.errorhandler(Refusal)
    def refused(refusal: Refusal) -> flask.Response:
        status, code = REFUSALS.get(type(refusal), (409, "refused"))
        response = _error(code, words(refusal, where), status)
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    routes.register_error_handler(Malformed, lambda _: _error("malformed", texts.MALFORMED, 422))
    routes.register_error_handler(WeChatError, lambda _: _error("wechat", texts.WECHAT_AWAY, 503))
    routes.register_error_handler(HTTPException, answer)

    @routes.errorhandler(SQLAlchemyError)
    def busy(error: SQLAlchemyError) -> flask.Response:
        log.error("api error=%s", type(error).__name__)
        return _error("busy", texts.BUSY, 503)


def answer(error: HTTPException) -> flask.Response:
    """The API's answer to an error of HTTP itself, wherever below /api/ it comes up."""
    status = error.code or 500
    if isinstance(error, InternalServerError):  # an exception nobody meant: its name, never its words
        log.error("api error=%s", type(error.original_exception).__name__)
    code, message = STATUSES.get(status, ("http", texts.MALFORMED if status < 500 else texts.OURS))
    response = _error(code, message, status)
    for name, value in error.get_headers():
        if re.fullmatch("Allow|Retry-After", name):
            response.headers[name] = value
    return response


def _error(code: str, message: str, status: int) -> flask.Response:
    response = flask.jsonify(code=code, message=message)
    response.status_code = status
    return response
