"""Sealing and opening: age v1 files (age-encryption.org/v1) with X25519 stanzas, always as many, always one size.

pyrage adds a random grease stanza, from which sizes would differ; hence our own writer on `cryptography`. pyrage opens.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

import pyrage
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sealed.errors import NotOpened, WrongKey
from sealed.keys import Identity, derive, recipient_bytes
from sealed.padding import BUCKETS, padded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STANZAS = 8
HANDLERS = 7  # at most, one place is the submitter's
VERSION = b"age-encryption.org/v1\n"
CHUNK = 64 * 1024
_TAG = 16
# 22 of the version line, 98 a stanza, 48 of the header's MAC, 16 of the payload's nonce, 16 a chunk
SIZES = {bucket: 22 + STANZAS * 98 + 48 + 16 + bucket + _TAG * -(-bucket // CHUNK) for bucket in BUCKETS}


def seal(
    plain: bytes, handlers: Sequence[str], submitter: str | None, draw: Callable[[int], bytes] = os.urandom
) -> bytes:
    """A padded plaintext as an age file of exactly 8 stanzas in random order; its size is SIZES[len(plain)].

    handlers: the desk's 2 to 7 recipients (age1…). submitter: the case's recipient in what handlers write; None in
    what the submitter writes. Keys nobody has fill the rest. `draw(n)` gives random bytes. Raises WrongKey.
    """
    if not padded(plain) or not 2 <= len(set(handlers)) == len(handlers) <= HANDLERS:
        raise ValueError(len(plain))
    known = [*handlers, *([submitter] if submitter else [])]
    places = [recipient_bytes(one) for one in known]
    places += [Identity(draw(32)).public for _ in range(STANZAS - len(places))]
    # Fisher and Yates with 8 bytes a step: far more than any bias could show in
    for last in range(STANZAS - 1, 0, -1):
        other = int.from_bytes(draw(8)) % (last + 1)
        places[last], places[other] = places[other], places[last]
    return _file(plain, places, draw)


def age_file(plain: bytes, recipients: Sequence[str]) -> bytes:
    """An ordinary age file for these recipients, any length: what is handed on outside the desk. Raises WrongKey."""
    return _file(plain, [recipient_bytes(one) for one in recipients], os.urandom)


def open_with(identity: Identity, sealed: bytes) -> bytes:
    """The plaintext; raises NotOpened when this identity has no stanza in it, or a byte was changed."""
    try:
        return bytes(pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(identity.text)]))
    except pyrage.DecryptError:
        raise NotOpened from None


def message_id(sealed: bytes) -> str:
    """SHA-256 of the sealed file, 64 hex digits: what sha256sum says of an exported one."""
    return hashlib.sha256(sealed).hexdigest()


def well_formed(sealed: bytes) -> bool:
    """Tell, without any key, whether it has the size and the 8 X25519 stanzas of a sealed message."""
    if len(sealed) not in SIZES.values() or not sealed.startswith(VERSION):
        return False
    lines = sealed[: 22 + STANZAS * 98 + 48].split(b"\n")
    stanzas = [line.startswith(b"-> X25519 ") and len(line) == 53 for line in lines[1 : 1 + 2 * STANZAS : 2]]
    bodies = [len(line) == 43 for line in lines[2 : 2 + 2 * STANZAS : 2]]
    return all(stanzas) and all(bodies) and len(lines) == 19 and lines[17].startswith(b"--- ")


def header(stanzas: Sequence[tuple[str, bytes]], file_key: bytes) -> bytes:
    """An age header: (arguments, wrapped file key) a stanza, with its MAC. For seal.py and keyfile.py."""
    lines = b"".join(f"-> {arguments}\n{b64(body)}\n".encode() for arguments, body in stanzas)
    start = VERSION + lines + b"---"
    mac = hmac.digest(derive(file_key, b"", b"header"), start, hashlib.sha256)
    return start + f" {b64(mac)}\n".encode()


def payload(plain: bytes, file_key: bytes, nonce: bytes) -> bytes:
    """The body of an age file: the nonce (16 bytes), then chunks of 64 KiB, the last one marked."""
    cipher = ChaCha20Poly1305(derive(file_key, nonce, b"payload"))
    starts = range(0, max(len(plain), 1), CHUNK)
    chunks = [
        cipher.encrypt(place.to_bytes(11) + bytes([place == len(starts) - 1]), plain[start : start + CHUNK], None)
        for place, start in enumerate(starts)
    ]
    return nonce + b"".join(chunks)


def b64(raw: bytes) -> str:
    """The base64 of age: standard letters, no padding."""
    return base64.b64encode(raw).rstrip(b"=").decode()


def _file(plain: bytes, publics: Sequence[bytes], draw: Callable[[int], bytes]) -> bytes:
    file_key = draw(16)
    stanzas = [_stanza(public, file_key, draw(32)) for public in publics]
    return header(stanzas, file_key) + payload(plain, file_key, draw(16))


def _stanza(public: bytes, file_key: bytes, once: bytes) -> tuple[str, bytes]:
    """The file key, wrapped for one recipient by a key used once."""
    ephemeral = X25519PrivateKey.from_private_bytes(once)
    share = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:  # a point of low order: a recipient made to be opened by anybody
        raise WrongKey from None
    wrapping = derive(shared, share + public, b"age-encryption.org/v1/X25519")
    return f"X25519 {b64(share)}", ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
