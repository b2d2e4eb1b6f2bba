"""Keeps the one access token all processes share, asking the platform once per real expiry."""

import hashlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from redis.exceptions import RedisError

from wechat import errors
from wechat.errors import OurMistake, TokenRefused, WeChatDown, WeChatError, WeChatRejected
from wechat.wire import Wire, number_of, text_of

if TYPE_CHECKING:
    import redis

RENEW_BEFORE = 300
"""Seconds before expiry from which the platform hands out the next token, the old one still being good."""

_PATH = "/cgi-bin/stable_token"
_ASK_AGAIN = 30
_REJECTED_FOR = 60
_DOWN_FOR = 10
_REDIS_PAUSE = 1.0
_LOOK_EVERY = 1.0
_POLL = 0.02

_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end"
# Only who still holds the lock may write: a process that slept through its lock cannot put an old token back.
_STORE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[2], ARGV[2], 'EX', ARGV[3])
return 1
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Held:
    """A token, when it ends, was asked for, and was confirmed though refused; in seconds since 1970."""

    token: str
    ends: float
    asked: float
    doubted: float = 0.0


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why the platform gave no token, and until when (seconds since 1970) it is not asked again."""

    until: float
    errcode: int | None
    words: str

    def error(self) -> WeChatError:
        """The same error again; the token endpoint's 40001 is a wrong secret, not a wrong token."""
        if self.errcode is None:
            return WeChatDown(self.words)
        error = errors.sort(self.errcode, self.words)
        return OurMistake(self.errcode, self.words) if isinstance(error, TokenRefused) else error


_Kind = TypeVar("_Kind", _Held, _Trouble)


class TokenKeeper:
    """The access token of one app: shared through Redis, fetched under a lock, never with force_refresh.

    Without Redis each process keeps its own, still asking once per expiry. `clock` gives the aware time.
    Sources: platform pages 获取稳定版接口调用凭据 and 接口调用频次.
    """

    def __init__(
        self,
        wire: Wire,
        app_id: str,
        app_secret: str,
        store: "redis.Redis",
        clock: Callable[[], datetime],
        timeout: float,
    ) -> None:
        self._wire = wire
        self._app_id = app_id
        self._app_secret = app_secret
        # other credentials, other shelf: what an old secret met must not hold up a new one
        mark = hashlib.sha256(f"{wire.base}\n{app_secret}".encode()).hexdigest()[:12]
        self._shelf = _Shelf(store, f"zhibu:wechat:{app_id}:{mark}", lock_for=2 * timeout + 1)
        self._clock = clock
        self._patience = 3 * timeout + 2
        self._one_at_a_time = threading.Lock()
        self._seen: tuple[str, float] = ("", 0.0)  # the token of the last look, and until when (monotonic) it holds

    def token(self) -> str:
        """A token that should be good. Raises WeChatDown, OurMistake or another WeChatRejected."""
        now = self._now()
        held = self._shelf.held(now)
        if held is None or held.ends <= now:
            return self._renew(refused=None)
        if held.ends - now <= RENEW_BEFORE and held.asked + _ASK_AGAIN <= now:
            return self._renew_in_passing(held)
        return held.token

    def recent(self) -> str:
        """The same as `token`, for many calls a second: looks into Redis once a second. Raises like `token`."""
        token, until = self._seen
        if time.monotonic() < until:
            return token
        token = self.token()
        self._seen = (token, time.monotonic() + _LOOK_EVERY)
        return token

    def replace(self, refused: str) -> str:
        """The token to retry with after the platform refused `refused`. Raises like `token`.

        If another process has renewed meanwhile it is that one, else a new one is asked for. TokenRefused when
        the platform has just confirmed the very token it refuses: asking again would only burn the quota.
        """
        self._seen = ("", 0.0)
        return self._renew(refused)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _renew(self, refused: str | None) -> str:
        """Wait for a token other than `refused`, fetched here or by another process; bounded."""
        deadline = time.monotonic() + self._patience
        if not self._one_at_a_time.acquire(timeout=self._patience):
            raise WeChatDown(f"{_PATH}: another thread is still asking")
        try:
            while True:
                ready = self._ready(refused)
                if ready:
                    return ready
                with self._shelf.lock() as fence:
                    if fence is not None:
                        # somebody may have finished between our look and our lock
                        return self._ready(refused) or self._ask(fence, refused).token
                if time.monotonic() > deadline:
                    raise WeChatDown(f"{_PATH}: another process is still asking")
                time.sleep(_POLL)
        finally:
            self._one_at_a_time.release()

    def _ready(self, refused: str | None) -> str | None:
        """A good token somebody else put there. Raises the trouble somebody else met a moment ago."""
        now = self._now()
        held = self._shelf.held(now)
        if held and held.token != refused and held.ends > now:
            return held.token
        if held and held.token == refused and held.doubted + _ASK_AGAIN > now:
            raise TokenRefused(40001, "the platform refuses the very token it gave")
        trouble = self._shelf.trouble()
        if trouble and trouble.until > now:
            raise trouble.error()
        return None

    def _renew_in_passing(self, held: _Held) -> str:
        """Ask for the next token if nobody else does; everybody else goes on with the old one."""
        if not self._one_at_a_time.acquire(blocking=False):
            return held.token
        try:
            with self._shelf.lock() as fence:
                now = self._now()
                latest = self._shelf.held(now) or held
                trouble = self._shelf.trouble()
                if fence is None or latest.asked != held.asked or (trouble and trouble.until > now):
                    return latest.token
                return self._ask(fence, refused=None).token
        except WeChatError as error:
            _log.warning("wechat token not renewed yet, the old one goes on: %s", error)
            return held.token
        finally:
            self._one_at_a_time.release()

    def _ask(self, fence: str, refused: str | None) -> _Held:
        now = self._now()
        body = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._app_secret,
            "force_refresh": False,
        }
        try:
            answer = self._wire.call("POST", _PATH, params={}, body=body, hide=[self._app_secret])
            held = _Held(
                token=text_of(answer, _PATH, "access_token"),
                ends=now + number_of(answer, _PATH, "expires_in"),
                asked=now,
            )
        except WeChatRejected as error:
            trouble = _Trouble(now + _REJECTED_FOR, error.errcode, error.errmsg)
        except WeChatDown as error:
            trouble = _Trouble(now + _DOWN_FOR, None, str(error))
        else:
            if held.token == refused:
                held = replace(held, doubted=now)
            self._shelf.put(fence, held)
            _log.info("wechat token renewed app=%s seconds=%d", self._app_id, held.ends - now)
            return held
        self._shelf.put_trouble(trouble)
        raise trouble.error()


class _Shelf:
    """Where token, trouble and lock lie: in Redis, or in this process alone while Redis is away."""

    def __init__(self, store: "redis.Redis", name: str, lock_for: float) -> None:
        self._store = store
        self._token, self._trouble, self._lock = f"{name}:token", f"{name}:trouble", f"{name}:token-lock"
        self._lock_for = int(lock_for * 1000)
        self._own: _Held | None = None
        self._own_trouble: _Trouble | None = None
        self._away_until = 0.0

    def held(self, now: float) -> _Held | None:
        """The shared token; this process's own copy if Redis is away or has lost it."""
        shared = _read(_Held, self._get(self._token))
        if shared and (shared.ends > now or not self._own or self._own.ends <= now):
            self._own = shared
        elif self._own and self._own.ends > now:
            # Redis came back empty, or with something old: what we know need not be asked for again
            self._share(self._own, now)
        return self._own

    def trouble(self) -> _Trouble | None:
        """The latest trouble, shared or own."""
        return _read(_Trouble, self._get(self._trouble)) or self._own_trouble

    @contextmanager
    def lock(self) -> Iterator[str | None]:
        """Yield a fence for `put` while we are the one asking, None while another process is."""
        fence = secrets.token_hex(8)
        taken = self._try(lambda: self._store.set(self._lock, fence, nx=True, px=self._lock_for), otherwise=True)
        try:
            yield fence if taken else None
        finally:
            if taken:
                self._try(lambda: self._store.eval(_RELEASE, 1, self._lock, fence), otherwise=None)

    def put(self, fence: str, held: _Held) -> None:
        """Keep a fetched token for all, unless our lock ran out meanwhile."""
        self._own, self._own_trouble = held, None
        text = json.dumps(asdict(held))
        seconds = max(1, int(held.ends - held.asked))
        self._try(lambda: self._store.eval(_STORE, 2, self._lock, self._token, fence, text, seconds), otherwise=None)
        self._try(lambda: self._store.delete(self._trouble), otherwise=None)

    def put_trouble(self, trouble: _Trouble) -> None:
        """Let all know that asking again soon is of no use."""
        self._own_trouble = trouble
        text = json.dumps(asdict(trouble))
        self._try(lambda: self._store.set(self._trouble, text, ex=_REJECTED_FOR), otherwise=None)

    def _share(self, held: _Held, now: float) -> None:
        text, seconds = json.dumps(asdict(held)), max(1, int(held.ends - now))
        self._try(lambda: self._store.set(self._token, text, ex=seconds), otherwise=None)

    def _get(self, key: str) -> str | None:
        value = self._try(lambda: self._store.get(key), otherwise=None)
        return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else None

    def _try(self, command: Callable[[], object], otherwise: object) -> object:
        """Run one Redis command; while Redis is away answer `otherwise` at once, without waiting again."""
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return command()
        except RedisError as error:
            _log.warning("redis away, this process keeps its own wechat token: %s", type(error).__name__)
            self._away_until = time.monotonic() + _REDIS_PAUSE
            return otherwise


def _read(kind: type[_Kind], text: str | None) -> _Kind | None:
    """What lies on the shelf; None for nothing, or for what another version of ours put there."""
    if not text:
        return None
    try:
        return kind(**json.loads(text))
    except (TypeError, ValueError):
        return None
