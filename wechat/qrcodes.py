"""The addresses behind the hall's QR codes: asked of WeChat once a scene, shared by all screens and processes."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import redis

from wechat.client import OfficialAccountApi
from wechat.errors import WeChatError

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=3)  # after a failure: every open screen asks each second


class QrCodes:
    """Remembers in Redis, and for this process while Redis is away."""

    def __init__(self, api: OfficialAccountApi, store: redis.Redis, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._store = store
        self._clock = clock
        self._last: dict[str, str] = {}
        self._quiet_until: datetime | None = None

    def url(self, scene: str, seconds: int) -> str | None:
        """The address to draw for `scene`, valid for `seconds`; None while WeChat cannot be asked."""
        known = self.known(scene)
        if known:
            return known
        if self._quiet_until is not None and self._clock() < self._quiet_until:
            return None
        try:
            url = self._api.create_qr(scene, seconds).url
        except WeChatError as error:
            log.warning("qrcode not made error=%s errcode=%s", type(error).__name__, error.errcode)
            self._quiet_until = self._clock() + PAUSE
            return None
        self._last = {**dict(list(self._last.items())[-8:]), scene: url}
        try:
            self._store.set(f"zhibu:qr:{scene}", url, ex=seconds)
        except (redis.RedisError, OSError):
            log.info("qrcode kept by this process alone")
        return url

    def known(self, scene: str) -> str | None:
        """The address that has been drawn for `scene`, None where none has."""
        return self._last.get(scene) or self._shared(scene)

    def _shared(self, scene: str) -> str | None:
        try:
            found = self._store.get(f"zhibu:qr:{scene}")
        except (redis.RedisError, OSError):
            return None
        return found if isinstance(found, str) else None
