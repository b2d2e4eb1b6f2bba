"""Calls under way at once: each in a thread of its own, their ends collected by whoever began them."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Calls(Generic[A, B]):
    """At most `at_once` calls of `work`, which raises nothing; to be used by one thread.

    Threads come as they are needed and go at `close`. The calls themselves wait for the network, so some hundred of
    them share one processor.
    """

    def __init__(self, work: Callable[[A], B], at_once: int) -> None:
        self._work = work
        self._at_once = at_once
        self._asked: SimpleQueue[tuple[A] | None] = SimpleQueue()
        self._ended: SimpleQueue[B] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.under_way = 0  # begun, and not collected yet

    @property
    def room(self) -> int:
        """How many more may be begun."""
        return self._at_once - self.under_way

    def begin(self, asked: A) -> None:
        """Begin one."""
        self.under_way += 1
        if len(self._threads) < min(self.under_way, self._at_once):
            thread = threading.Thread(target=self._serve, name=f"call {len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._asked.put((asked,))

    def ended(self, wait: float, gather: float = 0.0) -> list[B]:
        """Those that have ended, waiting up to `wait` seconds for the first and `gather` for others; [] if none has."""
        found: list[B] = []
        until = time.monotonic() + wait
        while len(found) < self.under_way:
            try:
                left = until - time.monotonic()
                found.append(self._ended.get(timeout=left) if left > 0 else self._ended.get_nowait())
            except Empty:
                break
            if len(found) == 1:
                until = min(until, time.monotonic() + gather)
        self.under_way -= len(found)
        return found

    def close(self) -> None:
        """Let the threads go that wait; what is under way ends by itself and is not collected any more."""
        for _ in self._threads:
            self._asked.put(None)
        self._threads = []

    def _serve(self) -> None:
        while (asked := self._asked.get()) is not None:
            self._ended.put(self._work(asked[0]))
