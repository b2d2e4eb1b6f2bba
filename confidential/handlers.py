"""The handlers' part of the API: enrolment, log-in, reading, answering, closing; routes.py says what each takes."""

import flask
from flask import Response

from confidential import bundle, wire
from confidential.desk import Desk
from confidential.memory import LOGIN_SECONDS
from confidential.refusals import Malformed


def nonce(desk: Desk) -> Response:
    """A nonce for a log-in or an enrolment."""
    wire.asked_json()
    return flask.jsonify(nonce=desk.memory.nonce().hex())


def enrol(desk: Desk) -> Response:
    """Keep a key file and a second step."""
    asked = wire.asked_json()
    handler, key_file, totp = (
        wire.text(asked, "handler", wire.ID),
        wire.text(asked, "key_file", wire.ANYTHING),
        wire.text(asked, "totp", wire.ANYTHING),
    )
    proof = wire.text(asked, "nonce", wire.HEX), wire.text(asked, "sig", wire.SIGNATURE)
    desk.enrol(handler, key_file, totp, wire.several(asked, "recovery", wire.HEX), proof)
    return flask.jsonify({})


def key(desk: Desk) -> Response:
    """The key file, for the second step."""
    asked = wire.asked_json()
    return flask.jsonify(
        key_file=desk.key_file(wire.text(asked, "handler", wire.ID), wire.text(asked, "code", wire.CODE))
    )


def login(desk: Desk) -> Response:
    """A token, for a signature."""
    asked = wire.asked_json()
    version = asked.get("list_version")
    if type(version) is not int:
        raise Malformed
    proof = wire.text(asked, "nonce", wire.HEX), wire.text(asked, "sig", wire.SIGNATURE)
    given, where = desk.login(wire.text(asked, "handler", wire.ID), version, *proof)
    return flask.jsonify(token=given, desk=where, minutes=LOGIN_SECONDS // 60)


def logout(desk: Desk) -> Response:
    """The token is forgotten."""
    wire.asked_json()
    desk.memory.sign_out(wire.token())
    return flask.jsonify({})


def cases(desk: Desk) -> Response:
    """All cases of the desk."""
    where, _ = desk.who(wire.token())
    wire.asked_json()
    found = [wire.shape(one, purged=True) for one in desk.cases.cases(where)]
    return flask.jsonify(desk=where, today=desk.today().isoformat(), cases=found)


def messages(desk: Desk) -> Response:
    """Ciphertexts of the desk."""
    where, _ = desk.who(wire.token())
    found = desk.cases.of_desk(where, wire.several(wire.asked_json(), "ids", wire.HEX), wire.SERVED)
    if found is None:
        return wire.no("too_large", 413)
    listed = [{"id": one, "size": len(message), "lookup": lookup} for one, (lookup, message) in found.items()]
    return wire.bundled({"messages": listed}, [message for _, message in found.values()])


def export(desk: Desk) -> Response:
    """A whole case."""
    where, _ = desk.who(wire.token())
    found = desk.case(wire.text(wire.asked_json(), "lookup", wire.HEX), where)
    whole = desk.cases.messages(found.lookup, [piece.id for piece in found.messages])
    return wire.bundled(wire.shape(found, purged=True), list(whole.values()))


def answer_(desk: Desk) -> Response:
    """A message by the handler."""
    who = desk.who(wire.token())
    body = wire.body_of(wire.LARGEST_BUNDLE)
    head, sealed = bundle.unpack(body)
    desk.answer(who, wire.text(head, "lookup", wire.HEX), sealed, body, wire.signature())
    return wire.stored(sealed)


def close(desk: Desk) -> Response:
    """Close cases."""
    who = desk.who(wire.token())
    listed = wire.asked_json().get("cases")
    if not isinstance(listed, list) or not 0 < len(listed) <= wire.MOST:
        raise Malformed
    if not all(isinstance(one, dict) for one in listed):
        raise Malformed
    signed = [(wire.text(one, "lookup", wire.HEX), wire.text(one, "sig", wire.SIGNATURE)) for one in listed]
    desk.close(who, signed)
    return flask.jsonify(closed=sorted({lookup for lookup, _ in signed}))


VIEWS = (nonce, enrol, key, login, logout, cases, messages, export, answer_, close)
