"""What the desk may forget at any time, in a Redis of its own that writes nothing to a disk.

Log-in nonces and tokens, TOTP steps already used, the count of the hour, the day on which a desk was last signed in to.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import cast

import redis

from sealed.desk import DeskAway

NONCE_SECONDS = 300
LOGIN_SECONDS = 1800  # after the last use
STEP_SECONDS = 300  # longer than a code is accepted
TRIES = 5  # wrong codes of one handler in one TOTP step; a recovery code is always tried
_HOUR_SECONDS = 7200


@dataclass(frozen=True, slots=True)
class Login:
    """Who is signed in: a handler of a desk, by the list of that version."""

    handler: str
    desk: str


@dataclass(frozen=True, slots=True)
class Memory:
    """The desk's Redis; `store` connects when first asked. Every method raises DeskAway where it does not answer."""

    store: Callable[[], redis.Redis]

    def forgets(self) -> bool:
        """Whether this server writes nothing down: save '' and appendonly no, by its own word."""
        with _answering():
            said = {**self.store().config_get("save"), **self.store().config_get("appendonly")}
        return said.get("save") == "" and said.get("appendonly") == "no"

    def nonce(self) -> bytes:
        """A log-in nonce, 32 bytes, good once."""
        made = secrets.token_bytes(32)
        with _answering():
            self.store().set(f"desk:nonce:{made.hex()}", "1", ex=NONCE_SECONDS)
        return made

    def spend(self, nonce: bytes) -> bool:
        """Use a nonce up; False for one that was used, is too old or never was."""
        with _answering():
            return self.store().getdel(f"desk:nonce:{nonce.hex()}") is not None

    def sign_in(self, login: Login, day: date) -> str:
        """A token for whoever has just proved to be that handler; the desk's day of last sign-in is this one."""
        token = secrets.token_urlsafe(32)
        said = json.dumps([login.handler, login.desk])
        with _answering():
            self.store().set(_login(token), said, ex=LOGIN_SECONDS)
            self.store().set(f"desk:seen:{login.desk}", day.isoformat())
        return token

    def signed_in(self, token: str) -> Login | None:
        """Whose token it is; it lives on."""
        with _answering():
            said = cast("str | None", self.store().getex(_login(token), ex=LOGIN_SECONDS))
        return Login(*json.loads(said)) if said else None

    def sign_out(self, token: str) -> None:
        """Forget the token."""
        with _answering():
            self.store().delete(_login(token))

    def first_use(self, handler: str, step: int) -> bool:
        """Whether a TOTP step is used for the first time by this handler."""
        with _answering():
            return bool(self.store().set(f"desk:step:{handler}:{step}", "1", nx=True, ex=STEP_SECONDS))

    def may_try(self, handler: str, step: int) -> bool:
        """Whether one more code of this handler may be tried in this step."""
        key = f"desk:tries:{handler}:{step}"
        with _answering():
            tries = self.store().incr(key)
            self.store().expire(key, STEP_SECONDS)
        return int(tries) <= TRIES

    def submitted(self, hour: int) -> int:
        """How many cases have come by the page in this hour."""
        with _answering():
            return int(cast("str | None", self.store().get(f"desk:hour:{hour}")) or 0)

    def count(self, hour: int) -> None:
        """One more case has come in this hour."""
        key = f"desk:hour:{hour}"
        with _answering():
            self.store().incr(key)
            self.store().expire(key, _HOUR_SECONDS)

    def last_seen(self, desk: str, today: date) -> date:
        """The day on which somebody of the desk last signed in; what was lost counts from today."""
        key = f"desk:seen:{desk}"
        with _answering():
            self.store().set(key, today.isoformat(), nx=True)
            return date.fromisoformat(cast("str", self.store().get(key)))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, OSError):
        raise DeskAway from None


def _login(token: str) -> str:
    return f"desk:login:{hashlib.sha256(token.encode()).hexdigest()}"
