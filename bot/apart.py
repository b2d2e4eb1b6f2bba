"""What the chat remembers of a confidential talk, in the desk's own Redis alone, under names nobody else can make.

A name is an HMAC under a random key that lives there for a day. A reply given is kept for a minute, encrypted under a
key that takes the message to make: whoever holds this Redis reads no receipt and no answer in it. The key is there
whether anybody has a talk or not, and says since when nothing has been lost: with an older one, talks may have gone.
"""

import hashlib
import hmac
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

import redis
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bot.memory import GIVEN, PAUSE

T = TypeVar("T")
log = logging.getLogger(__name__)

TALK = 600  # seconds a silent talk lives
STOPPED = 3600  # seconds for which it is known that there was one
_KEY = "chat:key"
_KEY_LIVES = 24 * 3600  # seconds

# Whoever comes second gets the first one's reply, and its talk stands.
_KEEP = """
local known = redis.call('get', KEYS[1])
if known then return known end
redis.call('set', KEYS[1], ARGV[1], 'ex', ARGV[2])
if ARGV[3] == '' then
  redis.call('del', KEYS[2], KEYS[3])
else
  redis.call('set', KEYS[2], ARGV[3], 'ex', ARGV[4])
  redis.call('set', KEYS[3], '1', 'ex', ARGV[5])
end
return ARGV[1]
"""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is known before a turn: the reply given already, the open talk, whether one has run out; or nothing.

    Of what was before `since` (seconds since 1970) nothing is known any more.
    """

    reply: str | None = None
    talk: str | None = None
    stopped: bool = False
    away: bool = False
    since: int = 0


@dataclass(slots=True)
class Apart:
    """`store` connects when first asked; None where no desk is set up, and then nothing is kept."""

    store: Callable[[], redis.Redis] | None
    _away_until: float = field(default=0.0, init=False)

    def recall(self, person: str, message: str, now: int) -> Recalled:
        """What is kept of this person and this message; `now` is in seconds since 1970."""
        if self.store is None:
            return Recalled()

        def look(store: redis.Redis) -> Recalled:
            key, since = _key(store, now)
            names = _names(key, person, message)
            given, talk, stopped = cast("list[str | None]", store.mget(names))
            return Recalled(_open(key, message, given), talk, stopped is not None and talk is None, since=since)

        return self._ask(look) or Recalled(away=True)

    def keep(self, person: str, message: str, talk: str | None, reply: str, now: int) -> str | None:
        """Keep talk (None ends it) and reply together; returns the reply that holds, None when nothing can be kept."""
        if self.store is None:
            return reply

        def both(store: redis.Redis) -> str | None:
            key, _ = _key(store, now)
            arguments = (_close(key, message, reply), GIVEN, talk or "", TALK, STOPPED)
            kept = store.eval(_KEEP, 3, *_names(key, person, message), *arguments)
            return _open(key, message, cast("str", kept))

        return self._ask(both)

    def drop(self, person: str) -> None:
        """Forget the person's talk, and that there was one."""
        if self.store is None:
            return

        def both(store: redis.Redis) -> bool:
            key = cast("str | None", store.get(_KEY))
            return key is None or bool(store.delete(*_names(key.partition(":")[0], person, "")[1:])) or True

        self._ask(both)

    def _ask(self, question: Callable[[redis.Redis], T]) -> T | None:
        """Ask Redis; None when it is away, and for a short while after, without asking at all."""
        if self.store is None or time.monotonic() < self._away_until:
            return None
        try:
            return question(self.store())
        except (redis.RedisError, OSError) as error:
            log.warning("redis away error=%s", type(error).__name__)
            self._away_until = time.monotonic() + PAUSE
            return None


def _key(store: redis.Redis, now: int) -> tuple[str, int]:
    """The day's key, and when it was drawn."""
    kept = cast("str | None", store.get(_KEY))
    if kept is None:
        drawn = f"{os.urandom(32).hex()}:{now}"
        store.set(_KEY, drawn, nx=True, ex=_KEY_LIVES)
        kept = cast("str | None", store.get(_KEY)) or drawn
    key, _, since = kept.partition(":")
    return key, int(since or 0)  # for its day one of an earlier version stays, which did not say


def _names(key: str, person: str, message: str) -> list[str]:
    """Of the reply, the talk, and the mark that there was a talk."""
    told = [f"given\n{message}", f"talk\n{person}", f"stopped\n{person}"]
    return [f"chat:{hmac.digest(bytes.fromhex(key), one.encode(), hashlib.sha256).hex()}" for one in told]


def _cipher(key: str, message: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(hmac.digest(bytes.fromhex(key), f"reply\n{message}".encode(), hashlib.sha256))


def _close(key: str, message: str, reply: str) -> str:
    nonce = os.urandom(12)
    return (nonce + _cipher(key, message).encrypt(nonce, reply.encode(), None)).hex()


def _open(key: str, message: str, kept: str | None) -> str | None:
    if kept is None:
        return None
    raw = bytes.fromhex(kept)
    try:
        return _cipher(key, message).decrypt(raw[:12], raw[12:], None).decode()
    except InvalidTag:
        return None
