"""How many customer-service messages an account may still send to a person, and until when.

Source: platform page 客服消息 (api_sendcustommessage).
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from simulator.apierrors import ApiError


class Opener(Enum):
    """What a person did: the messages and the seconds it allows the account, counted by name."""

    MESSAGE = (5, 48 * 3600, "message")
    MENU = (3, 60, "menu")
    FOLLOW = (3, 60, "follow")
    SCAN = (3, 60, "scan")


@dataclass(slots=True)
class _Window:
    left: int
    until: datetime


class Windows:
    """The open windows of one person; each new act opens its own kind afresh."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, _Window] = {}

    def open(self, opener: Opener, now: datetime) -> None:
        """The person did something the account may answer later."""
        count, seconds, name = opener.value
        with self._lock:
            self._open[name] = _Window(count, now + timedelta(seconds=seconds))

    def close(self) -> None:
        """The person stopped following."""
        with self._lock:
            self._open.clear()

    def any_open(self, now: datetime) -> bool:
        """Whether the account may still write."""
        with self._lock:
            return any(now < window.until for window in self._open.values())

    def spend(self, now: datetime) -> None:
        """Use one message of the window that closes first; raises ApiError 45015 or 45047."""
        with self._lock:
            alive = [window for window in self._open.values() if now < window.until]
            if not alive:
                raise ApiError(45015)
            left = [window for window in alive if window.left > 0]
            if not left:
                raise ApiError(45047)
            min(left, key=lambda window: window.until).left -= 1
