"""What the chat remembers between turns, in Redis: talks, replies given, one lock a person. All of it may be lost."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import cast

import redis

log = logging.getLogger(__name__)

PAUSE = 2.0  # seconds without asking after Redis failed: a turn must not wait for it again and again
GIVEN = 60  # seconds a reply is kept: WeChat redelivers within fifteen
POLL = 0.02  # seconds between two looks at a lock that somebody holds

# Deleting only one's own lock: between looking and deleting it may have expired and been taken by another.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class Hold(StrEnum):
    """How the wait for a person's lock ended."""

    OURS = "ours"
    SAME = "same"  # another delivery of this very message still runs
    OTHER = "other"  # another message of this person still runs
    AWAY = "away"  # Redis cannot be asked: go on without, SQL decides what happens once


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: how long a delivery waits for another, and after which a dead holder's lock is gone."""

    reply: float

    @property
    def lock(self) -> float:
        """Longer than the platform's cut, shorter than what the next delivery waits: a crash costs one delivery."""
        return self.reply * 4 / 3


class Memory:
    """One account's talks and replies; every method bears Redis being away."""

    def __init__(self, store: redis.Redis, app_id: str, waits: Waits) -> None:
        self._store = store
        self._prefix = f"zhibu:{app_id}:"
        self._waits = waits
        self._away_until = 0.0
        self._guard = Lock()

    @contextmanager
    def alone(self, who: str, message: str, spent: float = 0) -> Iterator[Hold]:
        """Hold the person's lock for one turn, waiting for another delivery as long as the platform lets us.

        Of that time so many seconds have been `spent` before.
        """
        name = f"{self._prefix}lock:{who}"
        mark = f"{message}:{secrets.token_hex(8)}"
        hold = self._wait(name, mark, message, self._waits.reply - spent)
        try:
            yield hold
        finally:
            if hold is Hold.OURS:
                self._ask(lambda store: store.eval(_RELEASE, 1, name, mark))

    def given(self, message: str) -> str | None:
        """The reply already given to the message of that key."""
        return cast("str | None", self._ask(lambda store: store.get(f"{self._prefix}given:{message}")))

    def talk(self, who: str) -> str | None:
        """The person's open talk, as it was kept."""
        return cast("str | None", self._ask(lambda store: store.get(f"{self._prefix}talk:{who}")))

    def concerned(self, turns: Sequence[tuple[str, str]]) -> list[bool]:
        """Of which of these turns, each (who, message), anything is known: a talk, a turn under way, a reply given."""
        kinds = (("talk", "lock"), ("given",))
        names = [
            f"{self._prefix}{kind}:{part}"
            for turn in turns
            for part, under in zip(turn, kinds, strict=True)
            for kind in under
        ]
        if not self._ask(lambda store: store.exists(*names)):  # as almost always: one number says so of all of them
            return [False] * len(turns)
        found = cast("list[str | None] | None", self._ask(lambda store: store.mget(names)))
        if found is None:
            return [False] * len(turns)
        return [found[place : place + 3] != [None] * 3 for place in range(0, len(found), 3)]

    def keep(self, who: str, talk: str | None, seconds: int, message: str, reply: str) -> bool:
        """Keep the talk (None ends it) and the reply together; False when Redis is away."""

        def both(store: redis.Redis) -> object:
            with store.pipeline(transaction=True) as pipe:
                if talk is None:
                    pipe.delete(f"{self._prefix}talk:{who}")
                else:
                    pipe.set(f"{self._prefix}talk:{who}", talk, ex=seconds)
                pipe.set(f"{self._prefix}given:{message}", reply, ex=GIVEN)
                return pipe.execute()

        return self._ask(both) is not None

    def leave(self, who: str, talk: str | None, seconds: int) -> None:
        """Keep the talk (None ends it) after a turn whose reply is kept elsewhere."""
        name = f"{self._prefix}talk:{who}"
        self._ask(lambda store: store.set(name, talk, ex=seconds) if talk else store.delete(name))

    def forget(self, who: str) -> None:
        """Drop the person's talk."""
        self._ask(lambda store: store.delete(f"{self._prefix}talk:{who}"))

    def _wait(self, name: str, mark: str, message: str, seconds: float) -> Hold:
        deadline = time.monotonic() + seconds
        milliseconds = int(self._waits.lock * 1000)
        while True:
            answer = self._ask(lambda store: [store.set(name, mark, nx=True, px=milliseconds, get=False)])
            if answer is None:
                return Hold.AWAY
            if cast("list[object]", answer)[0]:
                return Hold.OURS
            if time.monotonic() >= deadline:
                holder = self._ask(lambda store: store.get(name))
                return Hold.SAME if str(holder or "").startswith(f"{message}:") else Hold.OTHER
            time.sleep(POLL)

    def _ask(self, question: Callable[[redis.Redis], object]) -> object:
        """Ask Redis; None when it is away, and for a short while after, without asking at all."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return question(self._store)
        except (redis.RedisError, OSError) as error:
            with self._guard:
                if time.monotonic() >= self._away_until:
                    log.warning("redis away error=%s", type(error).__name__)
                self._away_until = time.monotonic() + PAUSE
            return None
