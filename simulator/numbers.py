"""Codes of the phone number button: made when a person agrees to show the number, exchanged once within five minutes.

Source: platform page 手机号快速验证 (getuserphonenumber).
"""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime

from simulator.apierrors import ApiError
from simulator.clock import Clock
from simulator.logins import LIFE


@dataclass(slots=True)
class Shown:
    """Whose number a code shows; `app_id` stands in the watermark, `country` comes as a number or as text."""

    openid: str
    number: str
    app_id: str
    country: int | str
    made: datetime
    used: bool = False


class Numbers:
    """All codes of one mini-program."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, Shown] = {}

    def code(self, openid: str, number: str, app_id: str, country: int | str) -> str:
        """A new code."""
        text = secrets.token_hex(32)
        with self._lock:
            self._codes[text] = Shown(openid, number, app_id, country, self._clock.now())
        return text

    def exchange(self, text: str, openid: str) -> Shown:
        """The number behind the code; raises ApiError 40029 (unknown, old, used, or not of that openid)."""
        now = self._clock.now()
        with self._lock:
            shown = self._codes.get(text)
            foreign = shown is not None and openid not in {"", shown.openid}
            if shown is None or shown.used or foreign or now - shown.made > LIFE:
                raise ApiError(40029)
            shown.used = True
            return shown
