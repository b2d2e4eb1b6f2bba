"""What is signed when something is written or somebody logs in. Each has a tag of its own in front."""

import hashlib
from enum import StrEnum

from sealed import keys
from sealed.errors import WrongKey


class Verb(StrEnum):
    """What a writing request does. The submitter's key signs the first two, a handler's the others."""

    ADD = "add"  # a follow-up
    WITHDRAW = "withdraw"  # everything of the case goes
    ANSWER = "answer"  # a handler's message
    CLOSE = "close"  # sets purge_week; over an empty body, since many cases are closed in one request


CHALLENGE = 32  # bytes of an hour's challenge, see work.challenge
_WRITING, _LOGIN, _ENROL = b"zhibu/req/v1\n", b"zhibu/login/v1\n", b"zhibu/enrol/v1\n"


def writing(verb: Verb, lookup: str, body: bytes, challenge: bytes) -> bytes:
    r"""The bytes to sign: "zhibu/req/v1\n" || verb || lookup (32 bytes) || SHA-256(body) || the hour's challenge."""
    return _WRITING + verb.encode() + bytes.fromhex(lookup) + hashlib.sha256(body).digest() + challenge


def may_write(verify_key: bytes, signature: str, verb: Verb, lookup: str, body: bytes, challenge: bytes) -> bool:
    """Tell whether the signature (base64url) is this key's over the request; try this hour's challenge and the last."""
    return good(verify_key, signature, writing(verb, lookup, body, challenge))


def login(nonce: str, origin: str, list_version: int) -> bytes:
    r"""What a handler signs to log in: "zhibu/login/v1\n" || nonce (hex) || "\n" || origin || "\n" || list version."""
    return _LOGIN + f"{nonce}\n{origin}\n{list_version}".encode()


def enrol(nonce: str, key_file: str, totp: str) -> bytes:
    r"""What a handler signs to enrol: "zhibu/enrol/v1\n" || nonce (hex) || "\n" || SHA-256(key_file) || "\n" || totp.

    key_file is its text as it is sent, the digest in hex, totp the secret in base32.
    """
    return _ENROL + f"{nonce}\n{hashlib.sha256(key_file.encode()).hexdigest()}\n{totp}".encode()


def good(verify_key: bytes, signature: str, signed: bytes) -> bool:
    """Tell whether the signature (base64url) is this key's over what `login` or `enrol` gives."""
    try:
        raw = keys.of_text(signature, 64)
    except WrongKey:
        return False
    return keys.verify(verify_key, raw, signed)
