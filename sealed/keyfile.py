"""Key files and their passphrases: an age passphrase file (scrypt, logN 15) that holds an identity or a root seed.

The passphrase is 8 characters of the receipts' list (88 bits), so that logN 15 (32 MiB, 0.1 s) is enough and an old
phone can do it; pyrage would choose 1 GiB.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from typing import TYPE_CHECKING

import pyrage
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sealed import seal, wordlist
from sealed.errors import KeyFileFault, KeyFileSwapped, NotInList, WrongLength, WrongPassphrase
from sealed.keys import Identity

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = 8  # characters of a passphrase
LOG_N = 15
MOST = 4096  # bytes of a key file
_HEAD = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{22} 15\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n"
)


def draw_passphrase() -> str:
    """8 characters in 2 groups of 4."""
    return wordlist.grouped(wordlist.characters(secrets.randbits(LENGTH * wordlist.BITS), LENGTH))


def passphrase(typed: str) -> str:
    """What was typed, as the key file knows it: 8 characters without blanks. Raises WrongLength, NotInList."""
    bare = wordlist.bare(typed)
    if len(bare) != LENGTH:
        raise WrongLength(len(bare), LENGTH)
    if strange := tuple(place for place, one in enumerate(bare, 1) if one not in wordlist.places()):
        raise NotInList(strange)
    return bare


def make(secret: str, typed: str, draw: Callable[[int], bytes] = os.urandom) -> bytes:
    """An age passphrase file that holds `secret` (AGE-SECRET-KEY-1… of a handler) as one line."""
    salt, file_key = draw(16), draw(16)
    wrapping = hashlib.scrypt(
        passphrase(typed).encode(), salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << LOG_N, r=8, p=1,
        maxmem=64 << 20, dklen=32,
    )  # fmt: skip
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    stanza = f"scrypt {seal.b64(salt)} {LOG_N}", body
    return seal.header([stanza], file_key) + seal.payload(f"{secret}\n".encode(), file_key, draw(16))


def check(key_file: bytes) -> None:
    """Raises KeyFileFault unless it looks like one of ours: one scrypt stanza, logN 15, short. Needs no passphrase."""
    if len(key_file) > MOST or not _HEAD.match(key_file):
        raise KeyFileFault


def open_file(key_file: bytes, typed: str) -> str:
    """The secret inside. Raises KeyFileFault, WrongLength, NotInList, WrongPassphrase."""
    check(key_file)
    try:
        return bytes(pyrage.passphrase.decrypt(key_file, passphrase(typed))).decode().strip()
    except (pyrage.DecryptError, UnicodeDecodeError):
        raise WrongPassphrase from None


def open_identity(key_file: bytes, typed: str, recipient: str) -> Identity:
    """A handler's identity, which has to be the one of this recipient on the list. Raises KeyFileSwapped as well."""
    identity = Identity.of_text(open_file(key_file, typed))
    if identity.recipient != recipient:
        raise KeyFileSwapped
    return identity
