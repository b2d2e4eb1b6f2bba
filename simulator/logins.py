"""Mini-program login codes: made by the client, exchanged once within five minutes.

Source: platform page 小程序登录 (auth.code2Session).
"""

import base64
import os
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.apierrors import ApiError
from simulator.clock import Clock

LIFE = timedelta(minutes=5)


@dataclass(slots=True)
class _Code:
    openid: str
    unionid: str | None
    made: datetime
    used: bool = False
    errcode: int = 0


class Logins:
    """All codes handed out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}

    def code(self, openid: str, unionid: str | None, *, errcode: int = 0) -> str:
        """A new code; with `errcode` (40226, say) the exchange is refused with it."""
        text = "0" + secrets.token_urlsafe(23)
        with self._lock:
            self._codes[text] = _Code(openid, unionid, self._clock.now(), errcode=errcode)
        return text

    def exchange(self, text: str) -> dict[str, object]:
        """The JSON of jscode2session; raises ApiError 40029 (unknown, old) or 40163 (used)."""
        with self._lock:
            code = self._codes.get(text)
            if code is None or self._clock.now() - code.made > LIFE:
                raise ApiError(40029)
            if code.errcode:
                raise ApiError(code.errcode)
            if code.used:
                raise ApiError(40163)
            code.used = True
        answer: dict[str, object] = {
            "session_key": base64.b64encode(os.urandom(16)).decode(),
            "openid": code.openid,
        }
        if code.unionid:
            answer["unionid"] = code.unionid
        return answer
