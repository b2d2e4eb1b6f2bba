"""QR tickets with a scene: made through the API, scanned with a phone, dead after their time."""

import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.apierrors import ApiError
from simulator.clock import Clock

LONGEST = 2_592_000
SHORTEST = 60
SCENE_LENGTH = 64
SEPARATOR = re.compile(r"[.:_~/|-]")
TEMPORARY = {"QR_SCENE": False, "QR_STR_SCENE": True}
PERMANENT = {"QR_LIMIT_SCENE": False, "QR_LIMIT_STR_SCENE": True}


@dataclass(frozen=True, slots=True)
class Ticket:
    """One QR code; `expires` is None for a permanent one, `url` is what the picture carries."""

    ticket: str
    scene: str
    url: str
    made: datetime
    expires: datetime | None

    @property
    def prefix(self) -> str:
        """The part of the scene that a screen's turning codes share: a word, or two of three and more."""
        parts = SEPARATOR.split(self.scene)
        return "-".join(parts[:2]) if len(parts) > 2 else parts[0]

    def lives(self, now: datetime) -> bool:
        """Whether a scan still reaches the account."""
        return self.expires is None or now < self.expires


class Tickets:
    """Every ticket the account has asked for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._made: list[Ticket] = []
        self._by_text: dict[str, Ticket] = {}

    def create(self, action: str, scene: object, seconds: object = None) -> Ticket:
        """A new ticket; raises ApiError 40052 (action) or 40053 (scene, seconds).

        `scene` is a number for the *_SCENE actions and a text of 1 to 64 characters for *_STR_*.
        """
        textual = {**TEMPORARY, **PERMANENT}.get(action)
        if textual is None:
            raise ApiError(40052)
        now = self._clock.now()
        expires = None if action in PERMANENT else now + timedelta(seconds=_span(seconds))
        made = Ticket(
            ticket="gQ" + secrets.token_urlsafe(64),
            scene=_scene(scene, textual=textual),
            url="http://weixin.qq.com/q/02" + secrets.token_urlsafe(18),
            made=now,
            expires=expires,
        )
        with self._lock:
            self._made.append(made)
            self._by_text[made.ticket] = self._by_text[made.url] = made
        return made

    def find(self, ticket_or_url: str) -> Ticket | None:
        """The ticket known by this text, dead or alive."""
        return self._by_text.get(ticket_or_url.strip())

    def alive(self) -> list[Ticket]:
        """Tickets a scan would still accept, newest first."""
        now = self._clock.now()
        with self._lock:
            return [ticket for ticket in reversed(self._made) if ticket.lives(now)]


def _span(seconds: object) -> int:
    if seconds is None:
        return SHORTEST
    if not isinstance(seconds, int) or not 1 <= seconds <= LONGEST:
        raise ApiError(40053)
    return seconds


def _scene(scene: object, *, textual: bool) -> str:
    if textual:
        if isinstance(scene, str) and 1 <= len(scene) <= SCENE_LENGTH:
            return scene
    elif isinstance(scene, int) and scene > 0:
        return str(scene)
    raise ApiError(40053)
