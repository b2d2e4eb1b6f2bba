"""Does for many at once what comes from many threads at the same time (group commit, in databases).

Whoever comes while others are being settled waits for them, and all who wait are then settled in one go; who comes
alone waits for nobody. No thread waits for the outcome: it is told to a function. The thread that settles comes with
the first one and leaves when nobody has come for a while; beside it another one sees to those who wait too long.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Condition, Lock, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
Send = Callable[[], None]
Then = Callable[[Outcome | Exception], Send]
SURGE = 4  # so many at once are no chance
GATHERS = 0.002  # seconds they are waited for in a surge: the more at once, the less each costs
LINGERS = 1.0  # seconds without anybody after which the thread leaves
log = logging.getLogger(__name__)


class Place(Generic[Item, Outcome]):
    """One who waits, since a moment of the monotonic clock, for an outcome or what went wrong.

    `then` makes the answer of it and gives back what sends it.
    """

    __slots__ = ("_told", "item", "since", "then")

    def __init__(self, item: Item, then: Then[Outcome]) -> None:
        self.item = item
        self.then = then
        self.since = time.monotonic()
        self._told = Lock()

    def tell(self, outcome: Outcome | Exception) -> Send:
        """This is the outcome, unless another one has been told before; what comes back sends the answer."""
        return self.then(outcome) if self.leave() else nothing

    def leave(self) -> bool:
        """Wait no more, as somebody else sees to it; False where it has been told before."""
        return self._told.acquire(blocking=False)


def nothing() -> None:
    """There is nothing to send."""


class Together(Generic[Item, Outcome]):
    """Hands all who have come meanwhile to `settle`, which tells each of them, now or later.

    Of whom nothing has been begun within `patience` seconds nothing is; they are told what `overdue` says.
    """

    def __init__(
        self,
        settle: Callable[[Sequence[Place[Item, Outcome]]], None],
        patience: float,
        overdue: Callable[[Item], Outcome],
        lingers: float = LINGERS,
    ) -> None:
        self._settle = settle
        self._lingers = lingers
        self._patience = patience
        self._overdue = overdue
        self._came = Condition(Lock())
        self._queue: list[Place[Item, Outcome]] = []
        self._last = 0  # how many were settled last
        self._rests = self._served = self._watched = False

    def __call__(self, item: Item, then: Then[Outcome]) -> None:
        """Take a place for this one; `then` is told the outcome once, by whichever thread has it."""
        place = Place[Item, Outcome](item, then)
        with self._came:
            # a thread that cannot be started is an error of this one alone, and the next tries again
            if not self._served:
                Thread(target=self._serve, name="together", daemon=True).start()
                self._served = True
            if not self._watched:
                Thread(target=self._watch, name="together-late", daemon=True).start()
                self._watched = True
            self._queue.append(place)
            if self._rests:
                self._came.notify()

    def _serve(self) -> None:
        try:
            while places := self._next():
                self._settled(places)
        except BaseException:  # nothing we know of; the next who comes has another thread
            self._served = False
            raise

    def _settled(self, places: Sequence[Place[Item, Outcome]]) -> None:
        try:
            self._settle(places)
        except Exception as error:  # noqa: BLE001 - each of them is to hear of it, and the next are to be settled
            log.warning("not settled error=%s together=%d", type(error).__name__, len(places))
            for place in places:
                place.tell(error)()

    def _next(self) -> Sequence[Place[Item, Outcome]]:
        """Those who have come; nobody when nobody comes for a while."""
        time.sleep(GATHERS if self._last >= SURGE else 0)
        with self._came:
            if not self._queue:
                self._rests = True
                self._came.wait(self._lingers)
                self._rests = False
            places, self._queue = self._queue, []
            self._last = len(places)
            self._served = bool(places)
            return places

    def _watch(self) -> None:
        while longest := self._longest():
            time.sleep(max(longest.since + self._patience - time.monotonic(), 0))
            late = time.monotonic() - self._patience
            with self._came:
                left = [place for place in self._queue if place.since <= late]
                self._queue = [place for place in self._queue if place.since > late]
            for place in left:
                place.tell(self._overdue(place.item))()

    def _longest(self) -> Place[Item, Outcome] | None:
        with self._came:
            self._watched = bool(self._queue)
            return self._queue[0] if self._queue else None
