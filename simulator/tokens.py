"""Access tokens: the two endpoints' differing rules, their overlap and their end.

Source: platform pages getAccessToken and getStableAccessToken.
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from simulator.apierrors import ApiError
from simulator.clock import Clock

FORCED_PER_DAY = 20
FORCED_APART = timedelta(seconds=30)


@dataclass(slots=True)
class AccessToken:
    """One token; `dies` is set when something ends it before its expiry."""

    value: str
    app_id: str
    expires: datetime
    dies: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Whether an API call with it is accepted."""
        return now < self.expires and (self.dies is None or now < self.dies)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token endpoint answers; `seconds` is expires_in."""

    token: str
    seconds: int


class Tokens:
    """All tokens of all applications; the fields may be set to shorten a test's life.

    `lifetime` and `overlap` are seconds; `overlap` 0 is the strict mode of /cgi-bin/token, where
    a new token ends the former at once. stable_token renews in its last `margin` seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self.lifetime = 7200
        self.overlap = 300
        self.margin = 300
        self._clock = clock
        self._lock = threading.Lock()
        self._all: dict[str, AccessToken] = {}
        self._latest: dict[tuple[str, str], AccessToken] = {}
        self._forced: dict[str, list[datetime]] = {}

    def fetch(self, app_id: str) -> Grant:
        """A new token every time (/cgi-bin/token); the former lives on for `overlap`."""
        with self._lock:
            now = self._clock.now()
            former = self._latest.get(("token", app_id))
            if former is not None:
                former.dies = now + timedelta(seconds=self.overlap)
            return self._grant(self._make("token", app_id, now), now)

    def fetch_stable(self, app_id: str, *, force: bool = False) -> Grant:
        """The same token while it has more than `margin` seconds, else a new one."""
        with self._lock:
            now = self._clock.now()
            current = self._latest.get(("stable", app_id))
            if current is not None and current.lives(now):
                if force and self._may_force(app_id, now):
                    current.dies = now
                elif force or current.expires - now > timedelta(seconds=self.margin):
                    return self._grant(current, now)
            return self._grant(self._make("stable", app_id, now), now)

    def owner(self, value: str) -> str:
        """The app id a token stands for; raises ApiError 41001, 40001, 40014 or 42001."""
        if not value:
            raise ApiError(41001)
        with self._lock:
            token = self._all.get(value)
            now = self._clock.now()
        if token is None:
            raise ApiError(40014)
        if token.dies is not None and now >= token.dies:
            raise ApiError(40001)
        if now >= token.expires:
            raise ApiError(42001)
        return token.app_id

    def invalidate(self, app_id: str | None = None) -> None:
        """End living tokens from outside, as a second system with the same secret would."""
        with self._lock:
            now = self._clock.now()
            for token in self._all.values():
                if app_id in (None, token.app_id) and token.lives(now):
                    token.dies = now

    def _may_force(self, app_id: str, now: datetime) -> bool:
        made = self._forced.setdefault(app_id, [])
        today: date = now.date()
        if made and now - made[-1] < FORCED_APART:
            return False
        if sum(at.date() == today for at in made) >= FORCED_PER_DAY:
            return False
        made.append(now)
        return True

    def _make(self, kind: str, app_id: str, now: datetime) -> AccessToken:
        # Real ones are long: 512 characters must fit wherever the server keeps them.
        token = AccessToken(
            value=f"{len(self._all)}_{secrets.token_urlsafe(96)}",
            app_id=app_id,
            expires=now + timedelta(seconds=self.lifetime),
        )
        self._all[token.value] = token
        self._latest[(kind, app_id)] = token
        return token

    @staticmethod
    def _grant(token: AccessToken, now: datetime) -> Grant:
        return Grant(token.value, max(1, int((token.expires - now).total_seconds())))
