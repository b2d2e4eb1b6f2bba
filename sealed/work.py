"""Hashcash: a little work for each submission, so that a flood costs whoever makes it. The server keeps nothing.

The stamp is 8 bytes (16 hex digits) for which SHA-256(SHA-256(body || challenge) || stamp) begins with `bits` zero
bits, challenge = HMAC-SHA256(key, hour). A stamp used again falls on the message id.
"""

import hashlib
import hmac
from itertools import count

USUAL, HARDER = 14, 18  # bits: some hundredths of a second and a second here, a second and some on an old phone


def challenge(key: bytes, hour: int) -> bytes:
    """The challenge of an hour (hours since 1970), 32 bytes; the page is given it as hex."""
    return hmac.digest(key, hour.to_bytes(8), hashlib.sha256)


def challenges(key: bytes, hour: int) -> tuple[bytes, bytes]:
    """Those accepted now: of this hour and of the one before."""
    return challenge(key, hour), challenge(key, hour - 1)


def stamp(body: bytes, given: bytes, bits: int) -> str:
    """The first stamp that is good for this body and challenge."""
    seed = hashlib.sha256(body + given).digest()
    return next(made for number in count() if _zeros(seed, made := f"{number:016x}") >= bits)


def good(body: bytes, given: bytes, made: str, bits: int) -> bool:
    """Tell whether the stamp is; one that cannot be read is not."""
    if len(made) != 16 or made.strip("0123456789abcdef"):
        return False
    return _zeros(hashlib.sha256(body + given).digest(), made) >= bits


def _zeros(seed: bytes, made: str) -> int:
    value = int.from_bytes(hashlib.sha256(seed + bytes.fromhex(made)).digest())
    return 256 - value.bit_length()
