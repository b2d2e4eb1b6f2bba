"""Tickets with which the account signs its pages for the JS SDK. Source: platform page JS-SDK说明文档, 附录1."""

import hashlib
import secrets
import threading
from datetime import datetime, timedelta

from simulator.clock import Clock

LIFE = timedelta(seconds=7200)


class PageTickets:
    """One living ticket for each application."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: dict[str, tuple[str, datetime]] = {}

    def fetch(self, app_id: str) -> tuple[str, int]:
        """The ticket and the seconds it has left."""
        now = self._clock.now()
        with self._lock:
            found = self._latest.get(app_id)
            if found is None or found[1] <= now:
                found = self._latest[app_id] = (f"sim_{secrets.token_urlsafe(48)}", now + LIFE)
            return found[0], int((found[1] - now).total_seconds())

    def right(self, app_id: str, timestamp: str, nonce: str, url: str, signature: str) -> bool:
        """Whether a page at `url` is signed as it should be."""
        found = self._latest.get(app_id)
        if found is None or found[1] <= self._clock.now():
            return False
        said = f"jsapi_ticket={found[0]}&noncestr={nonce}&timestamp={timestamp}&url={url}"
        return hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest() == signature
