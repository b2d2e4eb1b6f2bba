"""What WeChat tells the account of a message it took: as a rule once and soon, at times early, twice or never."""

import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

SOON = 0.2  # seconds


class When(StrEnum):
    """When the event of a message's fate is pushed."""

    HELD = "held"  # when `deliver` is called
    BEFORE = "before"  # before the call that sent the message is answered
    SOON = "soon"  # a moment later, from a thread
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Telling:
    """How the account learns of one message; with `failed` (user block, say) it does not reach the phone."""

    when: When
    copies: int = 1
    failed: str = ""


Push = Callable[[int], object]  # pushes the event so many times


class Outcomes:
    """The events still to be pushed; `usual` says how, `plan` and `sometimes` say otherwise for some of them."""

    def __init__(self) -> None:
        self.usual = Telling(When.HELD)
        self.random = random.Random(0)
        self._planned: list[Telling] = []
        self._chances: list[tuple[float, Telling]] = []
        self._held: list[tuple[Push, int]] = []
        self._soon: queue.Queue[tuple[float, Push, int] | None] = queue.Queue()  # each with the moment it is due
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def plan(self, telling: Telling, times: int = 1) -> None:
        """Let the next `times` messages be told of like this."""
        with self._lock:
            self._planned += [telling] * times

    def sometimes(self, rate: float, telling: Telling) -> None:
        """Let this share of messages (0 to 1) be told of like this, as `random` draws."""
        with self._lock:
            self._chances.append((rate, telling))

    def forgive(self) -> None:
        """Drop what was planned."""
        with self._lock:
            self._planned.clear()
            self._chances.clear()

    def draw(self) -> Telling:
        """How the message that is being sent will be told of."""
        with self._lock:
            if self._planned:
                return self._planned.pop(0)
            for rate, telling in self._chances:
                if self.random.random() < rate:
                    return telling
            return self.usual

    def tell(self, telling: Telling, push: Push) -> None:
        """The message is taken: push its event now, or keep it."""
        if telling.when is When.BEFORE:
            push(telling.copies)
        elif telling.when is When.HELD:
            with self._lock:
                self._held.append((push, telling.copies))
        elif telling.when is When.SOON:
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._keep, name="outcomes", daemon=True)
                    self._thread.start()
            self._soon.put((time.monotonic() + SOON, push, telling.copies))

    def deliver(self, *, shuffled: bool = False) -> int:
        """Push the held events, in their order or in another; returns how many."""
        with self._lock:
            held, self._held = self._held, []
            if shuffled:
                self.random.shuffle(held)
        for push, copies in held:
            push(copies)
        return len(held)

    def settle(self) -> None:
        """Wait until every event that was to come soon has been pushed, or nobody pushes any more."""
        while self._soon.unfinished_tasks and self._thread is not None and self._thread.is_alive():
            self._closing.wait(0.02)

    def close(self) -> None:
        """Push nothing more."""
        self._closing.set()
        self._soon.put(None)

    def _keep(self) -> None:
        while (next_ := self._soon.get()) is not None:
            due, push, copies = next_
            if self._closing.wait(max(0.0, due - time.monotonic())):
                return
            try:
                push(copies)
            finally:
                self._soon.task_done()
