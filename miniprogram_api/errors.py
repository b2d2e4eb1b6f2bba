"""Every error of the API in one shape: {"code": a lower-case word, "message": a Chinese sentence}, with its status."""

import logging
import re

import flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from sealed import unsigned
from sealed.unsigned import UnsignedRefusal
from services import errors
from services.errors import LoginFault, Refusal
from texts import api as texts
from texts import round as round_
from texts.refusals import FORBIDDEN, LOGINS, UNKNOWN, Where, words
from wechat.errors import WeChatError

log = logging.getLogger(__name__)

REFUSALS: dict[type[Refusal], tuple[int, str]] = {
    errors.NotAllowed: (403, "forbidden"),
    errors.NotExpected: (403, "unexpected"),
    errors.NoSuchActivity: (404, "unknown"),
    errors.NoSuchMember: (404, "unknown"),
    errors.NoSuchGroup: (404, "unknown"),
    errors.NoSuchRequest: (404, "unknown"),
    errors.NoSuchText: (404, "unknown"),
    errors.NoSuchPaper: (404, "unknown"),
    errors.NoSuchQuestion: (404, "unknown"),
    errors.NoSuchStep: (404, "unknown"),
    errors.WriterMayNot: (409, "writer"),
    errors.NoSuchRound: (404, "unknown"),
    errors.NoSuchBulletin: (404, "unknown"),
    errors.NoSuchOpinion: (404, "unknown"),
    errors.OpinionSettled: (409, "decided"),
    errors.RoundOver: (409, "over"),
    errors.FormUnclear: (422, "unclear"),
    errors.TextRisky: (422, "risky"),
    errors.LookedAt: (409, "decided"),
    errors.Decided: (409, "decided"),
    errors.AlreadyAsked: (409, "asked"),
    errors.AlreadyHere: (409, "here"),
    errors.OnLeave: (409, "excused"),
    errors.TooLateToAsk: (409, "late"),
    errors.HasBegun: (409, "begun"),
    errors.NoMakeUp: (409, "way"),
    errors.NotOwed: (409, "owed"),
    errors.WrongMark: (409, "mark"),
    errors.QuestionChanged: (409, "edited"),
    errors.AnswerUnclear: (422, "unclear"),
    errors.SittingOver: (409, "over"),
    errors.PaperNotOpen: (409, "closed"),
    errors.PassedAlready: (409, "passed"),
    errors.NoTriesLeft: (409, "tries"),
    errors.WaitToRetake: (409, "wait"),
    errors.BankLacks: (409, "lacks"),
    errors.HallCodeStale: (410, "expired"),
    errors.HallCodeUnknown: (409, "wrong"),
    errors.WrongState: (409, "state"),
    errors.EditedMeanwhile: (409, "edited"),
    errors.OutOfOrder: (409, "order"),
    errors.TooFar: (409, "far"),
    errors.NotByPlace: (409, "place"),
    errors.PhoneUnknown: (409, "phone"),
    errors.LoginRefused: (401, "login"),
    errors.NotBound: (403, "unbound"),
    errors.TooManyTries: (429, "locked"),
    errors.CodeUnknown: (409, "wrong"),
    errors.CodeUsed: (409, "used"),
    errors.CodeExpired: (409, "expired"),
    errors.BoundToAnother: (409, "bound"),
    errors.MemberBound: (409, "taken"),
}
UNSIGNED: dict[type[UnsignedRefusal], tuple[int, str]] = {
    unsigned.AnsweredAlready: (409, "answered"),
    unsigned.RoundClosed: (409, "over"),
    unsigned.NoSuchRound: (409, "over"),
    unsigned.Unfit: (422, "unclear"),
}
STATUSES: dict[int, tuple[str, str]] = {
    400: ("malformed", texts.MALFORMED),
    404: ("unknown", texts.NOT_HERE),
    405: ("method", texts.NOT_HERE),
    413: ("large", texts.TOO_LARGE),
    500: ("fault", texts.OURS),
}


EXAMPLES: dict[int, tuple[str, str]] = {
    401: ("login", LOGINS[LoginFault.TOKEN]),
    403: ("forbidden", FORBIDDEN),
    404: ("unknown", UNKNOWN),
    409: ("key", texts.KEY_TAKEN),
    413: STATUSES[413],
    422: ("malformed", texts.MALFORMED),
    429: ("often", texts.TOO_FAST),
    500: STATUSES[500],
    503: ("busy", texts.BUSY),
}


class Malformed(Exception):
    """The request is not what this route takes."""


class KeyTaken(Exception):
    """That Idempotency-Key came with another request before."""


class TooFast(Exception):
    """This login asks too often; welcome again in so many `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


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
    routes.register_error_handler(KeyTaken, lambda _: _error("key", texts.KEY_TAKEN, 409))
    routes.register_error_handler(WeChatError, lambda _: _error("wechat", texts.WECHAT_AWAY, 503))
    routes.register_error_handler(HTTPException, answer)

    @routes.errorhandler(UnsignedRefusal)
    def not_kept(refusal: UnsignedRefusal) -> flask.Response:
        status, code = UNSIGNED.get(type(refusal), (503, "busy"))
        return _error(code, round_.unnamed_refused(refusal), status)

    @routes.errorhandler(TooFast)
    def too_fast(error: TooFast) -> flask.Response:
        response = _error("often", texts.TOO_FAST, 429)
        response.headers["Retry-After"] = str(error.seconds)
        return response

    @routes.errorhandler(SQLAlchemyError)
    def busy(error: SQLAlchemyError) -> flask.Response:
        log.error("api error=%s", type(error).__name__)
        return _error("busy", texts.BUSY, 503)


def documented() -> dict[int, dict[str, object]]:
    """What every operation may be refused with, for the document; the shape is shapes.ErrorTold."""
    schema = {"$ref": "#/components/schemas/ErrorTold"}
    return {
        status: {"content": {"application/json": {"schema": schema, "example": {"code": code, "message": message}}}}
        for status, (code, message) in EXAMPLES.items()
    }


def codes() -> list[tuple[int, list[str]]]:
    """Every code there is, by status."""
    known = {
        *REFUSALS.values(),
        *UNSIGNED.values(),
        *((status, code) for status, (code, _) in {**STATUSES, **EXAMPLES}.items()),
    }
    known |= {(202, "held"), (409, "refused"), (422, "malformed"), (429, "often"), (503, "wechat")}
    return [(one, sorted(code for status, code in known if status == one)) for one in sorted({one for one, _ in known})]


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
