"""Signs a page for the JS SDK, with a ticket that all processes share and ask for once per expiry."""

import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from wechat.errors import TokenRefused, WeChatDown
from wechat.tokens import TokenKeeper
from wechat.wire import Answer, Wire, number_of, text_of

if TYPE_CHECKING:
    import redis

_PATH = "/cgi-bin/ticket/getticket"
_END_EARLY = 300  # seconds: a page signed now is looked at for a while
_POLL = 0.02
_PATIENCE = 3.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SdkConfig:
    """What `wx.config` takes beside the lists of what the page uses; `timestamp` in seconds."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


class Tickets:
    """The ticket (jsapi_ticket) of one account, whose quota is small. Platform page JS-SDK说明文档, 附录1."""

    def __init__(
        self, wire: Wire, keeper: TokenKeeper, app_id: str, store: "redis.Redis", clock: Callable[[], datetime]
    ) -> None:
        self._wire = wire
        self._keeper = keeper
        self._app_id = app_id
        self._store = store
        self._clock = clock
        # another address is another platform, whose ticket is not ours
        mark = hashlib.sha256(wire.base.encode()).hexdigest()[:12]
        self._shelf, self._lock = f"zhibu:wechat:{app_id}:{mark}:ticket", f"zhibu:wechat:{app_id}:{mark}:ticket-lock"
        self._own: tuple[str, float] = ("", 0.0)  # the last one seen, and when it ends (seconds since 1970)
        self._one_at_a_time = threading.Lock()

    def sign(self, url: str) -> SdkConfig:
        """The configuration for the page at `url`; what follows a # is not part of it. Raises a WeChatError."""
        now = int(self._clock().timestamp())
        nonce = secrets.token_hex(8)
        said = f"jsapi_ticket={self._ticket(now)}&noncestr={nonce}&timestamp={now}&url={url.partition('#')[0]}"
        digest = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        return SdkConfig(self._app_id, now, nonce, digest)

    def _ticket(self, now: int) -> str:
        if self._own[1] > now:
            return self._own[0]
        deadline = time.monotonic() + _PATIENCE
        if not self._one_at_a_time.acquire(timeout=_PATIENCE):
            raise WeChatDown(f"{_PATH}: another thread is still asking")
        try:
            while self._own[1] <= now and not self._shared(now) and not self._asked(now):
                if time.monotonic() > deadline:
                    raise WeChatDown(f"{_PATH}: another process is still asking")
                time.sleep(_POLL)  # until the other process has put it there
            return self._own[0]
        finally:
            self._one_at_a_time.release()

    def _shared(self, now: int) -> bool:
        """Take over the ticket another process has put into Redis."""
        try:
            lies = self._store.get(self._shelf)
        except RedisError:
            return False
        text = lies.decode() if isinstance(lies, bytes) else lies if isinstance(lies, str) else ""
        ends, _, ticket = text.partition(" ")
        if not ends.isdigit() or int(ends) <= now:
            return False
        self._own = (ticket, float(ends))
        return True

    def _asked(self, now: int) -> bool:
        """Ask for a ticket, unless another process is just doing so; without Redis each process asks for its own."""
        try:
            if not self._store.set(self._lock, "1", nx=True, ex=int(_PATIENCE)):
                return False
        except RedisError as error:
            _log.warning("redis away, this process keeps its own wechat ticket: %s", type(error).__name__)
        answer = self._call()
        ticket, lives = text_of(answer, _PATH, "ticket"), number_of(answer, _PATH, "expires_in")
        ends = now + max(1, lives - _END_EARLY)
        self._own = (ticket, float(ends))
        try:
            self._store.set(self._shelf, f"{ends} {ticket}", ex=max(1, ends - now))
            self._store.delete(self._lock)
        except RedisError:
            pass  # said above
        return True

    def _call(self) -> Answer:
        token = self._keeper.token()
        try:
            return self._wire.call("GET", _PATH, params={"type": "jsapi", "access_token": token})
        except TokenRefused:
            pass
        token = self._keeper.replace(token)
        return self._wire.call("GET", _PATH, params={"type": "jsapi", "access_token": token})
