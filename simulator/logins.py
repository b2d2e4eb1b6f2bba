"""Login codes of the mini-program and of web pages: made by the client, exchanged once within five minutes.

Source: platform pages 小程序登录 (auth.code2Session) and 网页授权.
"""

import secrets
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.apierrors import ApiError
from simulator.clock import Clock

LIFE = timedelta(minutes=5)


@dataclass(slots=True)
class Code:
    """Whom a code stands for; `scope` is a web page's, `snapshot` (快照) is nobody real."""

    openid: str
    unionid: str | None
    made: datetime
    scope: str = ""
    snapshot: bool = False
    errcode: int = 0
    used: bool = False
    session_key: str = ""  # what the exchange of a wx.login code gave, so that a test knows what must not leak


class Logins:
    """All codes handed out by one application; a person's may be exchanged `per_minute` times, None is no limit."""

    def __init__(self, clock: Clock, per_minute: int | None = None) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, Code] = {}
        self._exchanged: Counter[tuple[str, str]] = Counter()

    def code(
        self, openid: str, unionid: str | None, *, scope: str = "", snapshot: bool = False, errcode: int = 0
    ) -> str:
        """A new code; with `errcode` (40226, say) the exchange is refused with it."""
        text = "0" + secrets.token_urlsafe(23)
        with self._lock:
            self._codes[text] = Code(openid, unionid, self._clock.now(), scope, snapshot, errcode)
        return text

    @property
    def session_keys(self) -> list[str]:
        """Every session_key given out."""
        with self._lock:
            return [code.session_key for code in self._codes.values() if code.session_key]

    def exchange(self, text: str) -> Code:
        """Whom the code stands for; raises ApiError 40029 (unknown, old), 40163 (used) or 45011 (too often)."""
        now = self._clock.now()
        with self._lock:
            code = self._codes.get(text)
            if code is None or now - code.made > LIFE:
                raise ApiError(40029)
            minute = (code.openid, f"{now:%Y-%m-%dT%H:%M}")
            if self.per_minute is not None and self._exchanged[minute] >= self.per_minute:
                raise ApiError(45011)
            self._exchanged[minute] += 1
            if code.errcode:
                raise ApiError(code.errcode)
            if code.used:
                raise ApiError(40163)
            code.used = True
            return code
