"""The desk over HTTP: files of its two pages, and an API of ciphertexts that asks for no login, no cookie, no query.

**Shapes** as in sealed/: `id`, `lookup`, `challenge` and `nonce` are 64 lower-case hex digits, `submitter_key` and
every `sig` base64url without padding, a `recipient` age's own `age1…`, a `week` an ISO date (a Monday). A *bundle*
(application/octet-stream) is: 4 bytes, big-endian, the length of a JSON head; the head; then ciphertexts without
anything between, in the order and of the sizes the head's `messages: [{"id", "size"}]` says. Requests that are no
bundle are JSON (application/json). Answers hold nothing that depends on another desk, and list by id or by lookup.
Every path is a POST but the GETs below; nothing is ever in a path or a query. Send no cookie (`credentials: 'omit'`).

**Errors** are `{"code", "message"}`, the message a Chinese sentence to show (texts/confidential.py):
400 malformed, cookie · 401 signature (or the hour has turned: take a new challenge), unknown_login (log in again),
wrong_code · 404 no_case, no_file · 405 method · 409 case_exists, not_on_list, list_changed · 411 length ·
413 too_large, case_full · 422 wrong_size, key_file · 428 stamp (with `challenge`, `bits`: work again and send the same
body) · 500 fault · 503 closed (no two handlers, or the list has run out), full, unavailable (a part of the desk is
away), busy (try again).

**Files**
| GET | gives |
|---|---|
| /report/ | static/report.html |
| /report/handler/ | static/handler.html |
| /report/notes/ | static/notes.html, which is docs/保密说明.md |
| /report/files/NAME | a file below confidential/static (js, mjs, css, json, txt, svg, wasm); address modules by it |
| /report/files/root.js | as `zhibu handlers sign` wrote it: ROOT, the root's public key, FLOOR, the oldest list taken |
| /report/list | the signed list file's exact bytes, earlier lists in it; 503 closed when there is none |
| /report/challenge | `{challenge, bits, open: [desk], today, root, branch, telephone, transfer_within, upper}` |

`challenge` is the hour's, HMAC(server key, hour); it is good for this hour and the next. `root` is the root's public
key as this server was told it (the page trusts its own copy alone); `today` is the server's day for a phone whose
clock is wrong; `open` the desks that take cases now (own, upper); `upper` the upper organ's {name, telephone, address},
`telephone` the branch's own, `transfer_within` working days.

**Submitter** (request header `Report-Stamp` or `Report-Signature` where marked)
| POST | takes | gives |
|---|---|---|
| /report/case/submit (stamp) | bundle, head `{lookup, submitter_key, submitter_recipient, desk, messages}` | `{ids}` |
| /report/case/ids | `{lookup}` | `{lookup, submitter_key, submitter_recipient, desk, week, messages: [{id, size}]}` |
| /report/case/messages | `{lookup, ids}` | bundle, head `{messages}`: those of the ids that are there, by id |
| /report/case/add (signature, verb `add`) | bundle, head `{lookup, messages}` | `{ids}` |
| /report/case/withdraw (signature, verb `withdraw`) | `{lookup}` | `{}`; the case is gone; once more: 404 no_case |

submit: all messages or none, in one transaction. The same bytes again are harmless (200); a lookup that is there with
other keys, another desk or other messages is 409 case_exists, so a page that is not sure keeps its sealed bytes and
sends them again. What has arrived the page asks of /report/case/ids (404 no_case: nothing has).
The stamp: `sealed.work` over the request's whole body and the challenge, of `bits` bits. The signature:
`sealed.requests.writing(verb, lookup, the request's whole body, challenge)`, by the submitter's key.
A message is exactly as long as `sealed.seal.SIZES` says (16 KiB, 1 MiB, 4 MiB sealed to 8), a case at most 8 MiB (and
512 KiB for what sealing adds). A handler's answers may go 4 MiB beyond. Adding to a closed case opens it again.

**Handler**
| POST | takes | gives |
|---|---|---|
| /report/handler/nonce | `{}` | `{nonce}`, good once, for 5 minutes |
| /report/handler/enrol | `{handler, key_file, totp, recovery: [2 sha256], nonce, sig}` | `{}` |
| /report/handler/key | `{handler, code}`: six digits, or a recovery code | `{key_file}` |
| /report/handler/login | `{handler, list_version, nonce, sig}` | `{token, desk, minutes}` |
| /report/handler/logout (token) | `{}` | `{}` |
| /report/handler/cases (token) | `{}` | `{desk, today, cases: [a case as of ids, with purge_week: week or null]}` |
| /report/handler/messages (token) | `{ids}`, of at most 16 MiB | bundle, head `{messages: [{id, size, lookup}]}` |
| /report/handler/export (token) | `{lookup}` | bundle, head: the case as in /cases; all its ciphertexts |
| /report/handler/answer (token, signature, verb `answer`) | bundle, head `{lookup, messages}` | `{ids}` |
| /report/handler/close (token) | `{cases: [{lookup, sig}]}`, at most 500 | `{closed: [lookup]}`, all or none |

A token goes in `Authorization: Bearer TOKEN`, lives 30 minutes after its last use, in the desk's Redis only.
`handler` is the id on the list. enrol comes when the list with the handler is out: the page opens the key file,
makes the TOTP secret (base32, 20 bytes, 6 digits, 30 s, SHA-1) and has one code typed back; `recovery` are SHA-256 of
two recovery codes in hex (over the code's UTF-8, upper case without blanks or dashes); key_file is the age file in
standard base64. Enrolling again replaces. `sig` of enrol and login is the handler's Ed25519 over
`sealed.requests.enrol` and `sealed.requests.login` (origin as `location.origin`). The signature of close is one a case:
verb `close`, that lookup, an empty body, the challenge; closing again is harmless. A case of the other desk is
404 no_case, exactly as one that never was.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import flask
from flask import Response, request
from werkzeug.security import safe_join

from confidential import bundle, handlers, wire
from confidential.desk import Desk
from confidential.keys import ROOT_MODULE, root_module
from confidential.lists import FLOOR
from sealed.desk import DeskAway, NewCase

STATIC = Path(__file__).with_name("static")
LONGEST_NAME = 100  # characters of a file's name below static
KINDS: Mapping[str, str] = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


def blueprint(desk: Desk, branch: str, telephone: str = "") -> flask.Blueprint:
    """Everything below /report/; `branch` and `telephone` are the branch's name and number as the page shows them."""
    routes = flask.Blueprint("confidential", __name__)
    routes.before_app_request(wire.without_cookie)
    routes.after_app_request(wire.guard)
    _files(routes, desk, branch, telephone)
    for view in (submit, ids, messages, add, withdraw):
        wire.hang(routes, f"case/{view.__name__}", partial(view, desk))
    for view in handlers.VIEWS:
        wire.hang(routes, f"handler/{view.__name__.rstrip('_')}", partial(view, desk))
    return routes


def _files(routes: flask.Blueprint, desk: Desk, branch: str, telephone: str) -> None:
    def page(name: str) -> Callable[[], Response]:
        return lambda: Response((STATIC / name).read_bytes(), content_type="text/html; charset=utf-8")

    def file(name: str) -> Response:
        found = safe_join(str(STATIC), name)
        kind = KINDS.get(Path(name).suffix)
        if found is None or kind is None or len(name) > LONGEST_NAME or not Path(found).is_file():
            return wire.no("no_file", 404)
        return Response(Path(found).read_bytes(), content_type=kind)

    def root() -> Response:
        signed = desk.lists.file.with_name(ROOT_MODULE)
        said = signed.read_text("utf-8") if signed.exists() else root_module(desk.settings.root, FLOOR)
        return Response(said, content_type=KINDS[".js"])

    def challenge() -> Response:
        try:
            bits = desk.bits()
        except DeskAway:
            bits = 0  # nothing can be sent anyway
        return flask.jsonify(
            challenge=desk.challenge().hex(),
            bits=bits,
            open=desk.open_desks(),
            today=desk.today().isoformat(),
            root=desk.settings.root,
            branch=branch,
            telephone=telephone,
            transfer_within=desk.settings.transfer_within,
            upper=desk.settings.upper.model_dump(),
        )

    routes.add_url_rule("/report/", "report", page("report.html"), methods=["GET"])
    routes.add_url_rule("/report/handler/", "handler", page("handler.html"), methods=["GET"])
    routes.add_url_rule("/report/notes/", "notes", page("notes.html"), methods=["GET"])
    routes.add_url_rule("/report/files/root.js", "root", root, methods=["GET"])
    for bare in (
        "/report",
        "/report/handler",
        "/report/notes",
    ):  # the framework's own redirect would name a scheme and keep a query
        routes.add_url_rule(bare, bare, lambda bare=bare: Response(status=308, headers={"Location": f"{bare}/"}))
    routes.add_url_rule("/report/files/<path:name>", "file", file, methods=["GET"])
    wire.hang(routes, "list", lambda: Response(desk.lists.exact(), content_type="application/json"), "GET")
    wire.hang(routes, "challenge", challenge, "GET")


def submit(desk: Desk) -> Response:
    """A whole case."""
    body = wire.body_of(wire.LARGEST_BUNDLE)
    head, sealed = bundle.unpack(body)
    new = NewCase(
        wire.text(head, "lookup", wire.HEX),
        wire.text(head, "submitter_key", wire.KEY),
        wire.text(head, "submitter_recipient", wire.RECIPIENT),
        wire.text(head, "desk", wire.ID),
    )
    desk.stamped(body, request.headers.get("Report-Stamp", ""))
    if desk.submit(new, sealed):
        desk.counted()
    return wire.stored(sealed)


def ids(desk: Desk) -> Response:
    """What has arrived of a case."""
    found = desk.cases.case(wire.text(wire.asked_json(), "lookup", wire.HEX))
    return flask.jsonify(wire.shape(found))


def messages(desk: Desk) -> Response:
    """Ciphertexts of a case."""
    asked = wire.asked_json()
    found = desk.cases.messages(wire.text(asked, "lookup", wire.HEX), wire.several(asked, "ids", wire.HEX))
    return wire.bundled({}, list(found.values()))


def add(desk: Desk) -> Response:
    """A follow-up."""
    body = wire.body_of(wire.LARGEST_BUNDLE)
    head, sealed = bundle.unpack(body)
    desk.add(wire.text(head, "lookup", wire.HEX), sealed, body, wire.signature())
    return wire.stored(sealed)


def withdraw(desk: Desk) -> Response:
    """The case goes."""
    body = wire.body_of(wire.LARGEST_JSON)
    desk.withdraw(wire.text(bundle.of_json(body), "lookup", wire.HEX), body, wire.signature())
    return flask.jsonify({})
