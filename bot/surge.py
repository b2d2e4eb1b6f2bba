"""The surge: a hall of people scans one code within a minute, and what they do at the same moment is done together.

Of a scan that goes by itself almost everything is waiting and repetition: four questions to Redis, five statements and
a flush to disk, a transaction, objects for every row. So whoever scans while others are being written waits for them,
and all who wait are then looked up in one question, decided one by one, and recorded in one statement with one commit.
What that costs hardly depends on their number. Nobody waits for a timer: the one who finds nobody writing writes, for
all who are there, and then calls the next. A quiet scan is alone and as quick as the commit.

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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from threading import Lock
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.memory import Memory
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
Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
log = logging.getLogger(__name__)
AWAY = (OperationalError, InterfaceError, PoolTimeout)


class Commit(Protocol):
    """Runs work that looks up and then writes in one statement, and commits; again where it only met another one."""

    def __call__(self, work: Callable[[Connection], T]) -> T:
        """Run it; what it returns stands."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """One scan, as far as it can be told without the database."""

    account: Account
    who: str  # the account's digest
    scene: Scene
    at: datetime
    message: str  # its key


@dataclass(frozen=True, slots=True)
class Done:
    """A check-in that stands."""

    known: Known
    recorded: Recorded


Ending = Done | str | None  # None: the ordinary turn is to answer


class Surge:
    """The scans of one process; one of them waits `patience` seconds at most, `counted` hears how many went at once."""

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
        self._together: Together[Arrival, Ending] = Together(self._settle, patience)

    def take(self, message: Message, account: Account, key: str) -> str | None:
        """The reply to a scan; None where the ordinary turn is to answer, and nothing has been written."""
        scene = hallcodes.read(message.scene)
        if scene is None:
            return None
        at = datetime.fromtimestamp(message.created, UTC)
        try:
            ending = self._together(Arrival(account, account.digest, scene, at, key))
        except Overdue as overdue:
            return texts.STILL_BUSY if overdue.under_way else texts.LATER
        if not isinstance(ending, Done):
            return ending
        clock = self._parts.where.clock(ending.recorded.at)
        if not ending.recorded.ours:
            return words.already(clock)
        known = ending.known
        return words.arrived(known.name, known.title, clock, expected=known.expected)

    def _settle(self, arrivals: Sequence[Arrival]) -> Sequence[Ending]:
        """The endings of some that came at the same time."""
        concerned = self._memory.concerned([(one.who, one.message) for one in arrivals])
        plain = [one for one, elsewhere in zip(arrivals, concerned, strict=True) if not elsewhere]
        endings = iter(self._recorded(plain)) if plain else iter(())
        return [None if elsewhere else next(endings) for elsewhere in concerned]

    def _recorded(self, arrivals: Sequence[Arrival]) -> Sequence[Ending]:
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

    def _one_by_one(self, arrivals: Sequence[Arrival]) -> Sequence[Ending]:
        endings: list[Ending] = []
        for one in arrivals:
            endings += self._recorded([one])
            if endings[-1] == texts.LATER:  # the database has gone meanwhile: the others would fare no better
                return endings + [texts.LATER] * (len(arrivals) - len(endings))
        return endings

    def _work(self, connection: Connection, arrivals: Sequence[Arrival]) -> Sequence[Ending]:
        now = self._clock()
        asked = [scans.Scan(one.account.openid, one.scene.activity) for one in arrivals]
        found = scans.look_up(connection, self._parts.app_id, asked, now)
        rows = [known and self._decided(one, known, now) for one, known in zip(arrivals, found, strict=True)]
        recorded = iter(checkins.record(connection, [row for row in rows if row]))
        return [Done(known, next(recorded)) if known and row else None for known, row in zip(found, rows, strict=True)]

    def _decided(self, arrival: Arrival, known: Known, now: datetime) -> Row | None:
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


@dataclass
class Overdue(Exception):
    """Those before took too long: nothing was begun of this one, or it is `under_way` and may still come about."""

    under_way: bool


@dataclass(slots=True)
class _Place(Generic[Item, Outcome]):
    """One who waits: called when there is an outcome, or when it is their turn to lead."""

    item: Item
    called: Lock = field(default_factory=Lock)
    leads: bool = False
    left: bool = False  # waits no more
    outcome: Outcome | None = None
    then: "_Place[Item, Outcome] | None" = None  # whom to call next of those with an outcome


class Together(Generic[Item, Outcome]):
    """Does for many at once what comes from many threads at the same time, without a thread of its own.

    Whoever finds nobody leading leads: it takes all who wait, itself among them, settles them in one go and calls the
    first of those who have come meanwhile to lead next. Those who were settled wake each other one by one: all at once
    they would only fight for the interpreter, which takes longer than what each still has to do.
    """

    def __init__(self, settle: Callable[[Sequence[Item]], Sequence[Outcome]], patience: float) -> None:
        self._settle = settle
        self._patience = patience
        self._guard = Lock()
        self._queue: list[_Place[Item, Outcome]] = []
        self._led = False

    def __call__(self, item: Item) -> Outcome | None:
        """The outcome of this one; None where the settling itself failed. Raises Overdue."""
        place = _Place[Item, Outcome](item)
        place.called.acquire()
        with self._guard:
            self._queue.append(place)
            place.leads, self._led = not self._led, True
        if not place.leads and not place.called.acquire(timeout=self._patience):
            self._give_up(place)
        if place.leads:
            self._lead(place)
        else:
            self._wake(place.then)
        return place.outcome

    def _lead(self, leader: _Place[Item, Outcome]) -> None:
        with self._guard:
            batch, self._queue = self._queue, []
        others = [place for place in batch if place is not leader]
        for place, after in pairwise(others):
            place.then = after
        try:
            outcomes = self._settle([place.item for place in batch])
            for place, outcome in zip(batch, outcomes, strict=True):
                place.outcome = outcome
        finally:
            self._call_next()  # before the others: the next commit begins while these word and seal their replies
            self._wake(others[0] if others else None)

    def _call_next(self) -> None:
        with self._guard:
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].called.release()
            else:
                self._led = False

    def _wake(self, place: _Place[Item, Outcome] | None) -> None:
        """Call that one, or the next after it who still waits."""
        with self._guard:
            while place is not None and place.left:
                place = place.then
            if place is not None:
                place.called.release()

    def _give_up(self, place: _Place[Item, Outcome]) -> None:
        """Wait no more, unless called in this very moment."""
        with self._guard:
            if place.called.acquire(blocking=False):
                return
            place.left = True
            under_way = place not in self._queue
            if not under_way:
                self._queue.remove(place)
        raise Overdue(under_way)
