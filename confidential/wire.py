"""What all the desk's routes share: how a request is read, how a no is given, what every answer carries."""

import logging
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import flask
from flask import Response, request
from werkzeug.exceptions import HTTPException

from confidential import bundle
from confidential.cases import ANSWERS, CASE, SLACK
from confidential.refusals import CODES, Malformed, StampWanted, UnknownLogin
from sealed.desk import Case
from sealed.seal import message_id
from texts import confidential as texts

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
LARGEST_JSON = 128 * 1024  # bytes; 500 cases to close are 90,000
LARGEST_BUNDLE = CASE + ANSWERS + SLACK + bundle.LARGEST_HEAD  # bytes
MOST = 500  # cases or ids in one request
SERVED = 16 * 1024 * 1024  # bytes of ciphertexts in one answer
HEX, ID = re.compile(r"[0-9a-f]{64}"), re.compile(r"[a-z0-9-]{1,20}")
KEY, SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}"), re.compile(r"[A-Za-z0-9_-]{86}")
RECIPIENT = re.compile(r"age1[0-9a-z]{58}")
ANYTHING, CODE = re.compile(r"[\x21-\x7e]{1,8192}"), re.compile(r".{1,40}")
log = logging.getLogger(__name__)


def answer(error: HTTPException) -> Response:
    """The answer to an error of HTTP itself, wherever below /report it comes up."""
    status = error.code or 500
    code = {404: "no_file", 405: "method", 411: "length", 413: "too_large"}.get(status)
    return no(code or ("malformed" if status < 500 else "fault"), status)


def shape(case: Case, *, purged: bool = False) -> dict[str, object]:
    """A case as the API shows it; when it will be gone only handlers see."""
    shown: dict[str, object] = {
        "lookup": case.lookup,
        "submitter_key": case.submitter_key,
        "submitter_recipient": case.submitter_recipient,
        "desk": case.desk,
        "week": case.week.isoformat(),
        "messages": [asdict(piece) for piece in case.messages],
    }
    if purged:
        shown["purge_week"] = case.purge_week.isoformat() if case.purge_week else None
    return shown


def hang(routes: flask.Blueprint, name: str, view: Callable[[], Response], method: str = "POST") -> None:
    """One address of the API; what its view raises becomes a code and a sentence, never a word of the request."""

    def answering() -> Response:
        try:
            return view()
        except HTTPException as error:
            return answer(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer and the log say nothing of the case
            return refused(error)

    routes.add_url_rule(f"/report/{name}", name.replace("/", "-"), answering, methods=[method])


def refused(error: Exception) -> Response:
    """The no for what a view has raised."""
    known = CODES.get(type(error))
    if known is None:
        trace = " < ".join(f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[::-1])
        log.error("desk error=%s at=%s", type(error).__name__, trace)
        return no("fault", 500)
    more = asdict(error) if isinstance(error, StampWanted) else None
    return no(*known, more)


def no(code: str, status: int, more: Mapping[str, object] | None = None) -> Response:
    """A no: its code, its sentence, its status."""
    response = flask.jsonify(code=code, message=texts.ERRORS[code], **(more or {}))
    response.status_code = status
    return response


def without_cookie() -> Response | None:
    """Refuse what carries a cookie: it would tie a case to a sign-in elsewhere on this host."""
    if not _ours() or "Cookie" not in request.headers:
        return None
    if request.path.endswith("/"):  # a page: somebody is to read this
        return Response(texts.ERRORS["cookie"], 400, content_type="text/plain; charset=utf-8")
    return no("cookie", 400)


def guard(response: Response) -> Response:
    """What every answer below /report carries, errors of HTTP included."""
    if _ours():
        response.headers.update(HEADERS)
        del response.headers["Set-Cookie"]
    return response


def body_of(most: int) -> bytes:
    """The request's bytes, which say how many they are; read into memory and nowhere else."""
    length = request.content_length
    if length is None:
        flask.abort(411)
    if length > most:
        flask.abort(413)
    return request.stream.read()  # cut half way, it is a bad request


def asked_json() -> dict[str, Any]:
    """The JSON object that was sent."""
    return bundle.of_json(body_of(LARGEST_JSON))


def text(head: Mapping[str, object], name: str, form: re.Pattern[str]) -> str:
    """A text of that form; raises Malformed."""
    found = head.get(name)
    if not isinstance(found, str) or not form.fullmatch(found):
        raise Malformed
    return found


def several(head: Mapping[str, object], name: str, form: re.Pattern[str]) -> list[str]:
    """Up to MOST texts of that form; raises Malformed."""
    found = head.get(name)
    if not isinstance(found, list) or len(found) > MOST:
        raise Malformed
    return [text({name: one}, name, form) for one in found]


def signature() -> str:
    """The signature sent beside the body."""
    return request.headers.get("Report-Signature", "")


def token() -> str:
    """The token of a handler; raises UnknownLogin where none was sent."""
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not given:
        raise UnknownLogin
    return given


def stored(messages: Sequence[bytes]) -> Response:
    """What is kept now, by id."""
    return flask.jsonify(ids=sorted(message_id(one) for one in messages))


def bundled(head: Mapping[str, object], messages: Sequence[bytes]) -> Response:
    """An answer with ciphertexts."""
    return Response(bundle.pack(head, messages), content_type=bundle.KIND)


def _ours() -> bool:
    return request.path == "/report" or request.path.startswith("/report/")
