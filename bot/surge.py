"""The surge: a hall of people scans one code within a minute, and what they do at the same moment is done together.

Of a scan that goes by itself almost everything is waiting and repetition: five questions to Redis, five statements and
a flush to disk, a transaction, objects for every row. So whoever scans while others are being written waits for them,
and all who wait are then looked up in one question, decided one by one, and recorded in one statement with one commit.
What that costs hardly depends on their number. A quiet scan is alone and as quick as the commit; in a surge the next
commit gathers for two thousandths of a second. No thread waits for it (bot/together.py).

- Only the plain common case goes here. Whoever is not bound, has a talk open, a turn under way or a notice to be shown,
  whose code is wrong, old or of nothing open, goes the ordinary way (bot/turns.py), before anything is written: it
  alone has words for what is rare.
- Nothing is answered before its commit. The row carries the message, so that a redelivery is answered as the first
  time and a second scan with 已签到, by whichever process, with Redis or without; none of them needs a lock.
- With the database away all of them are asked to try again: hundreds of ordinary turns would not fare better.
- What one of them breaks is done again one by one, so that it hurts nobody else.

The ordinary way and this one give the same replies and the same rows.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.memory import Memory
from bot.together import Place, Send, Then, Together, nothing
from bot.turn import Parts
from models.checkin import Method
from services import checkins, hallcodes, scans
from services.checkins import Facts, Recorded, Row
from services.errors import Refusal
from services.hallcodes import Scene
from services.members import Account
from services.scans import Known
from texts import checkin as words
from texts import turn as texts
from wechat.messages import Message

T = TypeVar("T")
Ordinary = Callable[[], object]
log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, PoolTimeout)


class Commit(Protocol):
    """Runs work that looks up and then writes in one statement, and commits; again where it only met another one."""

    def __call__(self, work: Callable[[Connection], T]) -> T:
        """Run it; what it returns stands."""
        ...


class Scanned(NamedTuple):
    """One scan, as far as it can be told without the database."""

    account: Account
    who: str  # the account's digest
    scene: Scene
    at: datetime
    message: str  # its key
    ordinary: Ordinary


class Done(NamedTuple):
    """A check-in that stands."""

    known: Known
    recorded: Recorded


Ending = Done | str | None  # None: the ordinary turn is to answer
Told = Then[str | None]
Waiting = Place["Scanned", str | None]


class Surge:
    """The scans of one process.

    One of them waits `patience` seconds at most until it is begun; what has been begun and takes too long is cut by
    WeChat, which brings it again. `counted` hears how many went at once.
    """

    def __init__(
        self,
        commit: Commit,
        memory: Memory,
        clock: Callable[[], datetime],
        parts: Parts,
        patience: float,
        counted: Callable[[int], None] = lambda _rows: None,
    ) -> None:
        self._commit = commit
        self._memory = memory
        self._clock = clock
        self._parts = parts
        self._counted = counted
        self._together: Together[Scanned, str | None] = Together(self._settle, patience, self._overdue)
        self._under_way: Sequence[Scanned] = ()

    def take(self, message: Message, account: Account, key: str, told: Told, ordinary: Ordinary) -> bool:
        """Whether it is a scan of a code like ours; then the reply will be told, or `ordinary` called to see to it."""
        scene = hallcodes.read(message.scene)
        if scene is None:
            return False
        at = datetime.fromtimestamp(message.created, UTC)
        self._together(Scanned(account, account.digest, scene, at, key, ordinary), told)
        return True

    def _settle(self, places: Sequence[Waiting]) -> None:
        """Answer some that came at the same time."""
        self._under_way = [place.item for place in places]
        sends: list[Send] = []
        try:
            for place, ending in zip(places, self._endings(self._under_way), strict=True):
                sends.append(place.tell(self._said(ending)) if ending is not None else _alone(place))
        finally:
            self._under_way = ()
            for send in sends:  # all at last: each wakes the server, which is in the way of what is still to be sealed
                send()

    def _endings(self, arrivals: Sequence[Scanned]) -> Sequence[Ending]:
        concerned = self._memory.concerned([(one.who, one.message) for one in arrivals])
        plain = [one for one, elsewhere in zip(arrivals, concerned, strict=True) if not elsewhere]
        endings = iter(self._recorded(plain)) if plain else iter(())
        return [None if elsewhere else next(endings) for elsewhere in concerned]

    def _overdue(self, arrival: Scanned) -> str:
        """What is said to whom nothing could be begun of; of its twin something may be."""
        twin = any(one.message == arrival.message for one in self._under_way)
        return texts.STILL_BUSY if twin else texts.LATER

    def _said(self, done: Done | str) -> str | Exception:
        if isinstance(done, str):
            return done
        try:
            return self._welcome(done)
        except Exception as error:  # noqa: BLE001 - of one of them; the others have been committed as well
            return error

    def _welcome(self, done: Done) -> str:
        clock = self._parts.where.clock(done.recorded.at)
        if not done.recorded.ours:
            return words.already(clock)
        known = done.known
        return words.arrived(known.name, known.title, clock, expected=known.expected)

    def _recorded(self, arrivals: Sequence[Scanned]) -> Sequence[Ending]:
        try:
            endings = self._commit(lambda connection: self._work(connection, arrivals))
        except AWAY:
            return [texts.LATER] * len(arrivals)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of one of them
            log.warning("surge broken error=%s together=%d", type(error).__name__, len(arrivals))
            if len(arrivals) == 1:
                return [None]
            return self._one_by_one(arrivals)
        if rows := sum(isinstance(one, Done) for one in endings):
            self._counted(rows)
        return endings

    def _one_by_one(self, arrivals: Sequence[Scanned]) -> Sequence[Ending]:
        endings: list[Ending] = []
        for one in arrivals:
            endings += self._recorded([one])
            if endings[-1] == texts.LATER:  # the database has gone meanwhile: the others would fare no better
                return endings + [texts.LATER] * (len(arrivals) - len(endings))
        return endings

    def _work(self, connection: Connection, arrivals: Sequence[Scanned]) -> Sequence[Ending]:
        now = self._clock()
        asked = [scans.Scan(one.account.openid, one.scene.activity) for one in arrivals]
        found = scans.look_up(connection, self._parts.app_id, asked, now)
        rows = [known and self._decided(one, known, now) for one, known in zip(arrivals, found, strict=True)]
        recorded = iter(checkins.record(connection, [row for row in rows if row]))
        return [Done(known, next(recorded)) if known and row else None for known, row in zip(found, rows, strict=True)]

    def _decided(self, arrival: Scanned, known: Known, now: datetime) -> Row | None:
        """The row to record, None for what is not the plain common case."""
        tolerance, scene = self._parts.tolerance, arrival.scene
        if known.notices or (tolerance and abs(now - arrival.at) > tolerance):
            return None
        if not scene.genuine(known.key) or not scene.fresh(arrival.at, self._parts.hall):
            return None
        facts = Facts(
            known.activity_id, known.title, known.state, known.member_id, arrival.at, Method.SCAN, arrival.message
        )
        try:
            return checkins.decide(facts, now)
        except Refusal:
            return None


def _alone(place: Waiting) -> Send:
    """Have the ordinary turn see to it, which sends the answer itself; or this sends that it could not be begun."""
    if place.leave():
        try:
            place.item.ordinary()
        except Exception as error:  # noqa: BLE001 - no thread is to be had: whoever waits is to hear of it
            return place.then(error)
    return nothing
