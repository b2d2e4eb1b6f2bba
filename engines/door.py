"""Of the threads that a server has for requests, one at a time waits for them; the others rest or are at work.

Threads that are called at the same moment fight for the interpreter, and in a surge that takes longer than what each
of them has to do. So whoever is at the door takes one request after another; only when one takes longer than a moment,
be it that a page is made or that a body comes drop by drop, is another thread let to the door (the pattern is known as
leader and followers).
"""

import time
from collections.abc import Callable
from threading import Event, Lock, Thread, get_ident

MOMENT = 0.005  # seconds
AWAY = 0.05  # seconds without a request after which whoever is at the door may have been sent home by the server
LINGERS = 1.0  # seconds without a request after which nobody looks at the door any more


class Door:
    """What comes in goes `through`, called by the threads that a server has; `moment` is in seconds."""

    def __init__(self, moment: float = MOMENT) -> None:
        self._moment = moment
        self._guard = Lock()
        self._leader: int | None = None  # the thread at the door, or with what it has taken there
        self._busy = False  # with what it has taken
        self._since = 0.0  # of the monotonic clock
        self._resting: list[tuple[int, Lock]] = []
        self._passed = Event()
        Thread(target=self._watch, name="door", daemon=True).start()

    def through(self, work: Callable[[], bool]) -> None:
        """Do the work; then return to the door, or rest until the thread is needed there.

        The work tells whether the thread may rest: to the server, a request is under way as long as it does. What the
        work raises leaves at once, and the door is passed on as if the thread were still busy.
        """
        self._take()
        may_rest = work()
        called = self._give_back(may_rest=may_rest)
        if called is not None:
            called.acquire()

    def _take(self) -> None:
        me = get_ident()
        with self._guard:
            if self._leader == me or self._nobody():
                self._lead(me, busy=True)
        if not self._passed.is_set():
            self._passed.set()

    def _give_back(self, *, may_rest: bool) -> "Lock | None":
        """What to wait for before the thread may return to the door; None where it may at once."""
        me = get_ident()
        with self._guard:
            if self._leader == me or self._nobody():
                self._lead(me, busy=False)
                return None
            if not may_rest:
                return None
            called = Lock()
            called.acquire()
            self._resting.append((me, called))
            self._passed.set()
            return called

    def _nobody(self) -> bool:
        return self._leader is None or (not self._busy and time.monotonic() - self._since > AWAY)

    def _lead(self, thread: int | None, *, busy: bool) -> None:
        self._leader, self._busy, self._since = thread, busy, time.monotonic()

    def _watch(self) -> None:
        """Let another one to the door when the one who was there has been busy for longer than a moment.

        When nobody has come for a while, all are: the one who is there may be sent home in just this moment.
        """
        while self._passed.wait():
            time.sleep(self._moment)
            with self._guard:
                quiet = time.monotonic() - self._since
                if self._busy and quiet > self._moment:
                    self._lead(None, busy=False)
                    if self._resting:
                        thread, called = self._resting.pop()
                        self._lead(thread, busy=False)
                        called.release()
                elif not self._busy and quiet > LINGERS:
                    for _, called in self._resting:
                        called.release()
                    self._resting.clear()
                    self._passed.clear()
