"""Quotas: how many calls of an API may still go in this minute and on this day, shared by all senders through Redis.

The platform counts by the minute and by its own day, UTC+8, and refuses what is over (45011, 45009). Redis away, each
sender counts for itself, and the platform's refusals do the rest.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import cast

import redis

from models.notice import Channel
from settings import Quota, Quotas

CHINA = timezone(timedelta(hours=8))  # where the platform's days begin, whatever the branch's zone
KEPT = 120, 2 * 86_400  # seconds the counts of a minute and of a day are kept
PAUSE = timedelta(seconds=10)  # without asking after Redis failed: the mail must not wait for it again and again
log = logging.getLogger(__name__)

# KEYS: minute, day; ARGV: wanted, most a minute, most a day, seconds to keep each. Returns how many are granted.
_TAKE = """
local minute = tonumber(redis.call('get', KEYS[1]) or '0')
local day = tonumber(redis.call('get', KEYS[2]) or '0')
local granted = math.min(tonumber(ARGV[1]), tonumber(ARGV[2]) - minute, tonumber(ARGV[3]) - day)
if granted <= 0 then return 0 end
redis.call('incrby', KEYS[1], granted)
redis.call('expire', KEYS[1], ARGV[4])
redis.call('incrby', KEYS[2], granted)
redis.call('expire', KEYS[2], ARGV[5])
return granted
"""


def next_minute(now: datetime) -> datetime:
    """When the platform's quotas of a minute begin anew."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def midnight(now: datetime) -> datetime:
    """When the platform's quotas of a day begin anew."""
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@dataclass
class Bucket:
    """The calls one sender may make. `fill` before a wave, `spend` for each call of it.

    What is filled and not spent goes with its minute. A part of every quota is for 改期 and 取消 alone.
    """

    store: redis.Redis
    app_id: str
    quotas: Quotas
    _minute: datetime | None = None
    _stock: dict[Channel, int] = field(default_factory=dict)
    _urgent: dict[Channel, int] = field(default_factory=dict)
    _own: dict[str, int] = field(default_factory=dict)  # counted here while Redis is away
    _away_until: datetime | None = None

    def fill(self, wanted: int, now: datetime, channels: Collection[Channel]) -> None:
        """Have `wanted` calls of each of these channels at hand if possible, of the reserve where there is no more."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._stock.clear()
            self._urgent.clear()
        for channel in channels:
            short = wanted - self._stock.get(channel, 0)
            if short > 0:
                self._stock[channel] = self._stock.get(channel, 0) + self._take(
                    channel, short, now, 1 - self.quotas.reserve
                )
            short = wanted - self._stock[channel] - self._urgent.get(channel, 0)
            if short > 0:
                self._urgent[channel] = self._urgent.get(channel, 0) + self._take(channel, short, now, 1)

    def left(self, channel: Channel, *, urgent: bool) -> int:
        """How many calls are at hand."""
        return self._stock.get(channel, 0) + (self._urgent.get(channel, 0) if urgent else 0)

    def spend(self, channel: Channel, number: int) -> None:
        """So many calls are being made, those of the reserve last."""
        ordinary = min(number, self._stock.get(channel, 0))
        self._stock[channel] = self._stock.get(channel, 0) - ordinary
        self._urgent[channel] = max(0, self._urgent.get(channel, 0) - (number - ordinary))

    def _take(self, channel: Channel, wanted: int, now: datetime, share: float) -> int:
        quota: Quota = getattr(self.quotas, channel.value)
        most = int(quota.minute * share), int(quota.day * share)
        start = f"zhibu:{self.app_id}:quota:{channel.value}"
        keys = f"{start}:{now.astimezone(CHINA):%Y%m%d%H%M}", f"{start}:{now.astimezone(CHINA):%Y%m%d}"
        if self._away_until is None or now >= self._away_until:
            try:
                granted = self.store.eval(_TAKE, 2, *keys, str(wanted), *map(str, most), *map(str, KEPT))
            except (redis.RedisError, OSError) as error:
                log.warning("quotas are counted alone error=%s", type(error).__name__)
                self._away_until = now + PAUSE
            else:
                self._away_until = None
                return cast("int", granted)
        self._own = {key: used for key, used in self._own.items() if key.rpartition(":")[2][:8] == keys[1][-8:]}
        granted = max(0, min(wanted, *(limit - self._own.get(key, 0) for limit, key in zip(most, keys, strict=True))))
        for key in keys:
            self._own[key] = self._own.get(key, 0) + granted
        return granted
