"""An enrolment file: what a future handler's page hands to whoever keeps the root, to be put on the list.

JSON `{doc, sig}`: doc is an exact string, JSON of `{v, desk, role, recipient, verify}`; sig = Ed25519 by the verify key
over the line zhibu/enrolment/v1 and doc, so nobody enrols a key that is not theirs. It is public; its fingerprint
is read out over the telephone before the root signs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sealed import keys
from sealed.errors import EnrolmentBroken, WrongKey
from sealed.handlerlist import DESKS, Handler

if TYPE_CHECKING:
    from sealed.keys import Identity

LONGEST_ROLE = 30  # characters, all of them to be seen: a role is printed beside the fingerprint to compare
MOST = 4096  # bytes of an enrolment file
_PREFIX = b"zhibu/enrolment/v1\n"


@dataclass(frozen=True)
class Enrolment:
    """Who wants to be a handler: the desk's id, and the handler as the list will name one."""

    desk: str
    handler: Handler


def write(desk: str, role: str, identity: Identity) -> bytes:
    """The file for an identity; the handler page writes the same."""
    doc = _exact(desk, role, identity.recipient, identity.signing.verify_key)
    file = {"doc": doc, "sig": keys.to_text(identity.signing.sign(_PREFIX + doc.encode()))}
    return json.dumps(file, ensure_ascii=False).encode() + b"\n"


def read(file: bytes) -> Enrolment:
    """The enrolment; raises EnrolmentBroken."""
    try:
        if len(file) > MOST:
            raise EnrolmentBroken
        outer = json.loads(file.decode())
        doc = outer["doc"]
        raw = json.loads(doc)
        desk, role, recipient = raw["desk"], raw["role"], raw["recipient"]
        verify_key = keys.of_text(raw["verify"], 32)
        keys.recipient_bytes(recipient)
        right = desk in DESKS and 0 < len(role.strip()) <= len(role) <= LONGEST_ROLE and role.isprintable()
        right = right and _exact(desk, role, recipient, verify_key) == doc
        if not right or not keys.verify(verify_key, keys.of_text(outer["sig"], 64), _PREFIX + doc.encode()):
            raise EnrolmentBroken
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, WrongKey):
        raise EnrolmentBroken from None
    return Enrolment(desk, Handler(handler_id(desk, recipient), role, recipient, verify_key))


def handler_id(desk: str, recipient: str) -> str:
    """The id a handler has on the list: the desk and 6 hex digits of SHA-256 over the recipient."""
    return f"{desk}-{hashlib.sha256(recipient.encode()).hexdigest()[:6]}"


def _exact(desk: str, role: str, recipient: str, verify_key: bytes) -> str:
    raw = {"v": 1, "desk": desk, "role": role, "recipient": recipient, "verify": keys.to_text(verify_key)}
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
