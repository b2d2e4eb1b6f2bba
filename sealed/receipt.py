"""The receipt (回执): 128 random bits as 12 characters, and the keys that follow from them.

The 12 characters are a BIP 39 mnemonic of 16 bytes: 128 bits and a checksum of 4. Reading forgives blanks, punctuation
and characters that merely sound alike, where the checksum leaves exactly one reading; a wrong reading finds no case.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from sealed import wordlist
from sealed.errors import NotInList, WrongLength, WrongSum
from sealed.keys import Identity, SigningKey, derive

if TYPE_CHECKING:
    from collections.abc import Iterable

LENGTH = 12
SALT = b"zhibu/case/v1"
_LOOKUP = b"zhibu/case/v1/lookup\n"
_MOST_READINGS = 20_000  # tried for one receipt: several wrong characters of a common sound


@dataclass(frozen=True)
class Receipt:
    """A receipt by its 16 secret bytes."""

    secret: bytes = field(repr=False)

    @classmethod
    def draw(cls) -> Receipt:
        """Make a new one."""
        return cls(os.urandom(16))

    @cached_property
    def text(self) -> str:
        """3 groups of 4 characters."""
        return wordlist.grouped(wordlist.characters(int.from_bytes(self.secret) << 4 | _sum(self.secret), LENGTH))

    @cached_property
    def identity(self) -> Identity:
        """Opens the handlers' answers."""
        return Identity(derive(self.secret, SALT, b"age"))

    @cached_property
    def signing(self) -> SigningKey:
        """Signs the submitter's messages and writing requests."""
        return SigningKey(derive(self.secret, SALT, b"sign"))

    @cached_property
    def lookup(self) -> str:
        """The case's name, 64 hex digits."""
        return lookup(self.signing.verify_key, self.identity.public)


def lookup(verify_key: bytes, public: bytes) -> str:
    """SHA-256 over a tag, the submitter's verify key and recipient (32 bytes each): the case certifies itself."""
    return hashlib.sha256(_LOOKUP + verify_key + public).hexdigest()


def read(typed: str) -> Receipt:
    """What somebody typed or said, as a receipt. Raises WrongLength, NotInList, WrongSum."""
    bare = wordlist.bare(typed)
    if len(bare) != LENGTH:
        raise WrongLength(len(bare), LENGTH)
    strange = [place for place, one in enumerate(bare) if one not in wordlist.places()]
    if not strange:
        return Receipt(secret) if (secret := _secret(bare)) else _decided(_one_changed(bare))
    hopeless = tuple(place + 1 for place in strange if not wordlist.alike(bare[place], tone=False))
    if hopeless:
        raise NotInList(hopeless)
    return _decided(_filled(bare, tone=tone) for tone in (True, False))


def _decided(rounds: Iterable[Iterable[str]]) -> Receipt:
    """The receipt of the first round that has readings with a right checksum, if it has exactly one."""
    for readings in rounds:
        fitting = {secret for one in readings if (secret := _secret(one))}
        if len(fitting) == 1:
            return Receipt(fitting.pop())
        if fitting:
            break
    raise WrongSum


def _one_changed(bare: str) -> Iterable[Iterable[str]]:
    """All characters are in the list: one of them was taken for another of its sound, with the same tone or without."""
    for tone in (True, False):
        yield [
            bare[:place] + other + bare[place + 1 :]
            for place, one in enumerate(bare)
            for other in wordlist.alike(one, tone=tone)
        ]


def _filled(bare: str, *, tone: bool) -> list[str]:
    """Every reading in which characters outside the list are replaced by such that sound alike."""
    choices = [one if one in wordlist.places() else wordlist.alike(one, tone=tone) for one in bare]
    if prod(map(len, choices)) > _MOST_READINGS:
        return []
    return ["".join(reading) for reading in product(*choices)]


def _secret(characters: str) -> bytes | None:
    value = wordlist.number(characters)
    secret = (value >> 4).to_bytes(16)
    return secret if _sum(secret) == value & 15 else None


def _sum(secret: bytes) -> int:
    return hashlib.sha256(secret).digest()[0] >> 4
