"""Call counters of the platform: so many a day, so many a minute, for each application.

Source: platform page 接口调用频次限制. Days begin at midnight in China.
"""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta, timezone

from simulator.apierrors import ApiError
from simulator.clock import Clock

CHINA = timezone(timedelta(hours=8))
CLEARS_PER_MONTH = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """The most calls a day and a minute; None is no limit."""

    day: int | None = None
    minute: int | None = None


def usual_limits() -> dict[str, Limit]:
    """What a new account has."""
    return {
        "/cgi-bin/token": Limit(day=2_000),
        "/cgi-bin/stable_token": Limit(day=500_000, minute=10_000),
        "/cgi-bin/menu/create": Limit(day=1_000),
        "/cgi-bin/qrcode/create": Limit(day=100_000),
        "/cgi-bin/user/info": Limit(day=5_000_000),
        "/cgi-bin/user/get": Limit(day=500),
        "/cgi-bin/message/custom/send": Limit(day=500_000),
        "/cgi-bin/message/template/send": Limit(day=100_000),
        "/cgi-bin/message/subscribe/bizsend": Limit(day=100_000),
        "/cgi-bin/message/subscribe/send": Limit(day=1_000_000),
        "/cgi-bin/ticket/getticket": Limit(day=1_000_000),
        "/cgi-bin/media/upload": Limit(day=100_000),
        "/cgi-bin/media/get": Limit(day=200_000),
    }


class Quotas:
    """Counts calls per application and path; `limits` may be changed by a test."""

    def __init__(self, clock: Clock) -> None:
        self.limits = usual_limits()
        self._clock = clock
        self._lock = threading.Lock()
        self._used: Counter[tuple[str, str, str]] = Counter()
        self._cleared: Counter[tuple[str, str]] = Counter()

    def spend(self, app_id: str, path: str) -> None:
        """Count one call; raises ApiError 45009 (day) or 45011 (minute)."""
        limit = self.limits.get(path)
        if limit is None:
            return
        local = self._clock.now().astimezone(CHINA)
        spans = (
            (limit.day, f"{local:%Y-%m-%d}", 45009),
            (limit.minute, f"{local:%Y-%m-%dT%H:%M}", 45011),
        )
        with self._lock:
            for most, span, errcode in spans:
                if most is not None and self._used[(app_id, path, span)] >= most:
                    raise ApiError(errcode)
            for most, span, _ in spans:
                if most is not None:
                    self._used[(app_id, path, span)] += 1

    def clear(self, app_id: str) -> None:
        """Forget an application's counts (clear_quota); the eleventh in a month is 48006."""
        month = f"{self._clock.now().astimezone(CHINA):%Y-%m}"
        with self._lock:
            if self._cleared[(app_id, month)] >= CLEARS_PER_MONTH:
                raise ApiError(48006)
            self._cleared[(app_id, month)] += 1
            for key in [key for key in self._used if key[0] == app_id]:
                del self._used[key]
