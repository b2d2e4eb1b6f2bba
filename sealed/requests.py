"""What is signed when something is written or somebody logs in. All parts but the first are of fixed length."""

import hashlib
from enum import StrEnum

from sealed import keys


class Verb(StrEnum):
    """What a writing request does. The submitter's key signs the first two, a handler's the others."""

    ADD = "add"  # a follow-up: body = the sealed message
    WITHDRAW = "withdraw"  # everything of the case goes; body is empty
    ANSWER = "answer"  # a handler's message: body = the sealed message
    CLOSE = "close"  # sets purge_week; body = the sealed message that says so, or empty


CHALLENGE = 32  # bytes of an hour's challenge, see work.challenge
_WRITING, _LOGIN = b"zhibu/req/v1\n", b"zhibu/login/v1\n"


def writing(verb: Verb, lookup: str, body: bytes, challenge: bytes) -> bytes:
    r"""The bytes to sign: "zhibu/req/v1\n" || verb || lookup (32 bytes) || SHA-256(body) || the hour's challenge."""
    return _WRITING + verb.encode() + bytes.fromhex(lookup) + hashlib.sha256(body).digest() + challenge


def may_write(verify_key: bytes, signature: str, verb: Verb, lookup: str, body: bytes, challenge: bytes) -> bool:
    """Tell whether the signature (base64url) is this key's over the request; try this hour's challenge and the last."""
    return _signed(verify_key, signature, writing(verb, lookup, body, challenge))


def login(nonce: bytes, origin: str, list_version: int) -> bytes:
    r"""The bytes a handler signs to log in: "zhibu/login/v1\n" || nonce (32 bytes) || origin || "\n" || version."""
    return _LOGIN + nonce + f"{origin}\n{list_version}".encode()


def may_login(verify_key: bytes, signature: str, nonce: bytes, origin: str, list_version: int) -> bool:
    """Tell whether the signature (base64url) is this key's over the log-in."""
    return _signed(verify_key, signature, login(nonce, origin, list_version))


def _signed(verify_key: bytes, signature: str, signed: bytes) -> bool:
    try:
        raw = keys.of_text(signature, 64)
    except keys.WrongKey:
        return False
    return keys.verify(verify_key, raw, signed)
