"""How fast one login may ask: counted in Redis by the minute; while that is away nobody is counted."""

import logging
import time
from datetime import datetime

import redis

log = logging.getLogger(__name__)

A_MINUTE = 240  # requests of one login; a leader's thumb makes twenty
PAUSE = 2.0  # seconds without asking after Redis failed


class Pace:
    """Counts; threads and processes share it through Redis."""

    def __init__(self, store: redis.Redis, most: int = A_MINUTE) -> None:
        self._store = store
        self._most = most
        self._away_until = 0.0

    def wait(self, who: str, now: datetime) -> int:
        """Seconds this login has to wait, 0 for none; `who` is a digest that stands for it."""
        if time.monotonic() < self._away_until:
            return 0
        minute, second = divmod(int(now.timestamp()), 60)
        key = f"zhibu:api:pace:{who}:{minute}"
        try:
            with self._store.pipeline(transaction=True) as pipe:
                pipe.incr(key)
                pipe.expire(key, 120)
                count = int(pipe.execute()[0])
        except (redis.RedisError, OSError):
            log.warning("api pace is not kept: redis is away")
            self._away_until = time.monotonic() + PAUSE
            return 0
        return 60 - second if count > self._most else 0
