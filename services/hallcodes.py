"""The hall's codes: a QR scene that turns with its slot and a 6-digit number; derived, so nothing is stored.

Both are MACs of the activity's key and a time slot. A scene names its activity and slot and carries 80 bits of
MAC; a number carries none of that and is therefore kept unique among the activities under way: an activity
passes over the numbers alive for those opened before it. Times are judged by when the person sent the message.
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from services import activities
from services.errors import HallCodeStale, HallCodeUnknown, NothingOpen, WrongState

NUMBER_DIGITS = 6
_SCENE = re.compile(r"ck-([2-9a-z]{10})-([0-9a-f]{1,10})-([a-z2-7]{16})")


@dataclass(frozen=True, slots=True)
class HallRules:
    """Seconds: how long a QR is shown, a number is shown, and a number lives (config.yaml, checkin)."""

    qr: int
    number_turns: int
    number_lives: int


class Scene(NamedTuple):
    """What a scene string says: the activity's public id, its time slot, and the MAC over both."""

    activity: str
    slot: int
    seal: str

    def genuine(self, key: bytes) -> bool:
        """Whether the activity's key has made it."""
        return hmac.compare_digest(_seal(key, self.activity, self.slot), self.seal)

    def fresh(self, at: datetime, rules: HallRules) -> bool:
        """Whether it holds at `at`: a slot of grace behind, one ahead for a WeChat clock a little slower than ours."""
        return -1 <= int(at.timestamp()) // rules.qr - self.slot <= 1


@dataclass(frozen=True, slots=True)
class HallCode:
    """What the screen shows: the code, when the next one takes its place, when it stops being accepted."""

    text: str
    turns: datetime
    ends: datetime


def scene(activity: Activity, at: datetime, rules: HallRules) -> HallCode:
    """The scene string for qrcode/create (at most 64 characters) at `at`; one slot of grace follows it."""
    slot = int(at.timestamp()) // rules.qr
    return HallCode(_scene(activity, slot), _instant((slot + 1) * rules.qr), _instant((slot + 2) * rules.qr))


def scenes_near(activity: Activity, at: datetime, rules: HallRules) -> list[str]:
    """The scenes `of_scene` would take at `at`, the newest first."""
    slot = int(at.timestamp()) // rules.qr
    return [_scene(activity, one) for one in (slot + 1, slot, slot - 1)]


def read(text: str) -> Scene | None:
    """Take a scene string apart; None where it has not our form."""
    found = _SCENE.fullmatch(text)
    return Scene(found[1], int(found[2], 16), found[3]) if found else None


def number(db: Session, activity: Activity, at: datetime, rules: HallRules) -> HallCode:
    """The 6-digit number shown at `at`."""
    slot = int(at.timestamp()) // rules.number_turns
    before = [other for other in activities.open_now(db) if other.id < activity.id]
    return HallCode(
        _Numbers([*before, activity], rules).shown(len(before), slot),
        _instant((slot + 1) * rules.number_turns),
        _instant(slot * rules.number_turns + rules.number_lives),
    )


def of_scene(db: Session, text: str, at: datetime, rules: HallRules) -> Activity:
    """The open activity of a scanned scene. Raises HallCodeUnknown, HallCodeStale, WrongState."""
    found = read(text)
    activity = db.scalar(select(Activity).where(Activity.public_id == found.activity)) if found else None
    if found is None or activity is None or not found.genuine(activity.key):
        raise HallCodeUnknown
    if activity.state is not ActivityState.OPEN:
        planned = activity.state is ActivityState.PLANNED and activity.moved_from is not None
        raise WrongState(activity.title, activity.state, activity.starts_at if planned else None)
    if not found.fresh(at, rules):
        raise HallCodeStale
    return activity


def of_number(db: Session, digits: str, at: datetime, rules: HallRules) -> Activity:
    """The open activity whose number `digits` is alive at `at`. Raises NothingOpen, HallCodeStale, HallCodeUnknown."""
    under_way = activities.open_now(db)
    if not under_way:
        raise NothingOpen
    second = int(at.timestamp())
    newest = second // rules.number_turns
    oldest = (second - rules.number_lives) // rules.number_turns + 1  # the first slot not yet past its life
    numbers = _Numbers(under_way, rules)
    for place, activity in enumerate(under_way):
        if digits in {numbers.shown(place, slot) for slot in range(oldest, newest + 1)}:
            return activity
    for place in range(len(under_way)):
        if digits in {numbers.shown(place, slot) for slot in range(oldest - 3, oldest)}:
            raise HallCodeStale
    raise HallCodeUnknown


def _scene(activity: Activity, slot: int) -> str:
    return f"ck-{activity.public_id}-{slot:x}-{_seal(activity.key, activity.public_id, slot)}"


@lru_cache(64)  # in a surge all of them have scanned the same few
def _seal(key: bytes, public_id: str, slot: int) -> str:
    mac = hmac.digest(key, f"scene {public_id} {slot}".encode(), "sha256")
    return base64.b32encode(mac[:10]).decode().lower()


class _Numbers:
    """The numbers of activities under way, each worked out once: every one gives way to those planned before it."""

    def __init__(self, under_way: list[Activity], rules: HallRules) -> None:
        self._under_way = under_way
        self._beside = (rules.number_lives - 1) // rules.number_turns  # slots either way whose numbers live as well
        self._known: dict[tuple[int, int], str] = {}

    def shown(self, place: int, slot: int) -> str:
        """The number of a slot: the first draw that is no number of an earlier activity alive at the same time."""
        if (place, slot) not in self._known:
            slots = range(slot - self._beside, slot + self._beside + 1)
            taken = {self.shown(earlier, near) for earlier in range(place) for near in slots}
            draw = 0
            while (drawn := _draw(self._under_way[place], slot, draw)) in taken:
                draw += 1
            self._known[place, slot] = drawn
        return self._known[place, slot]


def _draw(activity: Activity, slot: int, draw: int) -> str:
    mac = hmac.digest(activity.key, f"number {activity.public_id} {slot} {draw}".encode(), hashlib.sha256)
    return f"{100_000 + int.from_bytes(mac[:8], 'big') % 900_000}"


def _instant(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
