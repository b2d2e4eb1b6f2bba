"""The second step of a handler's log-in: six digits of the moment (RFC 6238) or one of two recovery codes.

Secret and recovery codes are kept in one box that only this server opens, always of one size.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealed.desk import DeskAway
from sealed.keys import derive
from sealed.wordlist import bare

STEP = 30  # seconds
_BOX = 512  # bytes inside
_SALT = b"zhibu/desk/v1"


@dataclass(frozen=True, slots=True)
class Second:
    """A TOTP secret of 20 bytes and the SHA-256, in hex, of the recovery codes not yet used."""

    secret: bytes
    recovery: tuple[str, ...]

    def step_of(self, code: str, now: float) -> int | None:
        """The step whose code it is: this one, the one before or the next; None for a wrong code."""
        here = int(now) // STEP
        typed = bare(code).encode()  # full-width digits too, as a Chinese keyboard writes them
        steps = (here, here - 1, here + 1)
        return next((step for step in steps if hmac.compare_digest(self._code(step).encode(), typed)), None)

    def without(self, code: str) -> "Second | None":
        """This without the recovery code that was typed; None when it is none of them."""
        used = hashlib.sha256(bare(code).upper().encode()).hexdigest()
        return (
            replace(self, recovery=tuple(one for one in self.recovery if one != used))
            if used in self.recovery
            else None
        )

    def _code(self, step: int) -> str:
        digest = hmac.digest(self.secret, struct.pack(">Q", step), "sha1")
        (number,) = struct.unpack_from(">I", digest, digest[-1] & 15)
        return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def second(totp: str, recovery: Sequence[str]) -> Second | None:
    """What the page sends at enrolment; None unless it is base32 of 20 bytes and two SHA-256 in hex."""
    try:
        secret = base64.b32decode(totp)
        digests = [bytes.fromhex(one) for one in recovery]
    except (binascii.Error, ValueError):
        return None
    if len(secret) != 20 or len(digests) != 2 or any(len(one) != 32 for one in digests):
        return None
    return Second(secret, tuple(one.hex() for one in digests))


class ServerKey:
    """32 random bytes in a file beside the cases, made when first needed; what is derived from them stays here.

    Every method may raise DeskAway, where the file is not whole.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def challenge_key(self) -> bytes:
        """The key of the hours' challenges."""
        return derive(self._secret(), _SALT, b"hour")

    def close(self, handler: str, kept: Second) -> bytes:
        """The box, for the handler's row alone."""
        inside = json.dumps([kept.secret.hex(), *kept.recovery]).encode().ljust(_BOX)
        nonce = os.urandom(12)
        return nonce + self._box().encrypt(nonce, inside, handler.encode())

    def open(self, handler: str, box: bytes) -> Second | None:
        """What is in the box; None if it was made with another key, or for another row."""
        try:
            inside = self._box().decrypt(box[:12], box[12:], handler.encode())
        except InvalidTag:
            return None
        secret, *recovery = json.loads(inside)
        return Second(bytes.fromhex(secret), tuple(recovery))

    def _box(self) -> AESGCM:
        return AESGCM(derive(self._secret(), _SALT, b"totp"))

    def _secret(self) -> bytes:
        if not self._path.exists():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mine = self._path.with_name(f"{self._path.name}.{os.getpid()}.{os.urandom(4).hex()}")
            with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(os.urandom(32))
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(mine, self._path)  # whole or not at all, and never over another process's
            except FileExistsError:
                pass
            finally:
                mine.unlink()
        secret = self._path.read_bytes()
        if len(secret) != 32:  # cut short by a full disk: what follows from it, anybody could work out
            raise DeskAway
        return secret
