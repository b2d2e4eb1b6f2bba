"""Identities that open, keys that sign, and their written forms: age's bech32 and base64url without padding."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sealed import bech32, wordlist
from sealed.errors import WrongKey

RECIPIENT, IDENTITY = "age", "age-secret-key-"
HANDLER_SALT = b"zhibu/handler/v1"
_BASE64 = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Identity:
    """An age X25519 identity: opens what was sealed to its recipient. `scalar` is its 32 secret bytes."""

    scalar: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> Identity:
        """Make a new one."""
        return cls(os.urandom(32))

    @classmethod
    def of_text(cls, text: str) -> Identity:
        """Take AGE-SECRET-KEY-1…; raises WrongKey."""
        return cls(_thirty_two(text.strip(), IDENTITY))

    @cached_property
    def text(self) -> str:
        """AGE-SECRET-KEY-1…, as age-keygen writes it."""
        return bech32.encode(IDENTITY, self.scalar).upper()

    @cached_property
    def public(self) -> bytes:
        """The recipient's 32 bytes."""
        return X25519PrivateKey.from_private_bytes(self.scalar).public_key().public_bytes_raw()

    @cached_property
    def recipient(self) -> str:
        """age1…, what others seal to."""
        return bech32.encode(RECIPIENT, self.public)

    @cached_property
    def signing(self) -> SigningKey:
        """The handler's signing key that belongs to this identity: HKDF, salt zhibu/handler/v1, label sign."""
        return SigningKey(derive(self.scalar, HANDLER_SALT, b"sign"))


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key that signs; `seed` is its 32 secret bytes."""

    seed: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> SigningKey:
        """Make a new one."""
        return cls(os.urandom(32))

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def verify_key(self) -> bytes:
        """The 32 bytes that `verify` asks for."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, signed: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._key.sign(signed)


def verify(verify_key: bytes, signature: bytes, signed: bytes) -> bool:
    """Tell whether the signature is this key's over these bytes; a key that is none says no as well."""
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def recipient_bytes(recipient: str) -> bytes:
    """The 32 bytes of age1…; raises WrongKey."""
    return _thirty_two(recipient, RECIPIENT)


def recipient_text(public: bytes) -> str:
    """age1… of 32 bytes."""
    return bech32.encode(RECIPIENT, public)


def derive(secret: bytes, salt: bytes, label: bytes) -> bytes:
    """32 bytes by HKDF-SHA256."""
    return HKDF(SHA256(), 32, salt, label).derive(secret)


def fingerprint(public: bytes) -> str:
    """16 characters in 4 groups of 4 to compare by eye: the first 22 bytes of SHA-256 over a tag and the bytes.

    A receipt has 3 groups: nobody shall take what hangs on the wall for one.
    """
    number = int.from_bytes(hashlib.sha256(b"zhibu/fingerprint/v1\n" + public).digest()[:22])
    return wordlist.grouped(wordlist.characters(number, 16))


def to_text(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def of_text(text: object, length: int) -> bytes:
    """The `length` bytes of base64url without padding; raises WrongKey on anything else, other spellings included."""
    if not isinstance(text, str) or not _BASE64.fullmatch(text):
        raise WrongKey
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise WrongKey from None
    if len(raw) != length or to_text(raw) != text:
        raise WrongKey
    return raw


def _thirty_two(text: str, prefix: str) -> bytes:
    try:
        found, raw = bech32.decode(text)
    except ValueError:
        raise WrongKey from None
    if found != prefix or len(raw) != 32:
        raise WrongKey
    return raw
