"""One thread at the door: it alone as long as requests are quick, another as soon as one takes longer than a moment."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue

import pytest

from engines.door import AWAY, Door
from tests.engines import eventually

Work = Callable[[], bool]


class Pool:
    """Threads of a server that each take a piece of work where all of it waits, one thread more where it wants to."""

    def __init__(self, threads: int, moment: float) -> None:
        self.door = Door(moment)
        self.waiting: SimpleQueue[Work | None] = SimpleQueue()
        self.at_work: list[int] = []  # who did each piece
        self.threads: list[threading.Thread] = []
        self.over = threading.Event()
        for _ in range(threads):
            self.starts()

    def starts(self) -> None:
        """One thread more."""
        self.threads.append(threading.Thread(target=self._work))
        self.threads[-1].start()

    def sends_home(self) -> None:
        """Whoever has been at the door for a while takes nothing any more, and does not say so."""
        eventually(lambda: time.monotonic() - self.door._since > AWAY, what="a while without a request")
        self.waiting.put(None)
        eventually(self.waiting.empty, what="one that has gone")

    def _work(self) -> None:
        while work := self.waiting.get():
            self.door.through(work)
        assert self.over.wait(20)  # the number of a thread that has ended may be another's

    def quick(self, number: int) -> list[int]:
        """So many quick pieces, one after the other; returns who did them."""
        done = threading.Semaphore(0)
        by: list[int] = []

        def piece() -> bool:
            by.append(threading.get_ident())
            done.release()
            return True

        for _ in range(number):
            self.waiting.put(piece)
            assert done.acquire(timeout=20)
        return by


@contextmanager
def pool(threads: int, moment: float) -> Iterator[Pool]:
    """That many threads; a piece that takes longer than `moment` seconds is not quick."""
    made = Pool(threads, moment)
    try:
        yield made
    finally:
        made.over.set()
        for _ in made.threads:
            made.waiting.put(None)
        eventually(lambda: _leave(made), what="the threads' end")


def _leave(made: Pool) -> bool:
    with made.door._guard:
        for _thread, called in made.door._resting:
            called.release()
        made.door._resting.clear()
    return not any(thread.is_alive() for thread in made.threads)


def _stuck(goes_on: threading.Event) -> bool:
    return goes_on.wait(20)


def test_as_long_as_all_is_quick_one_thread_does_it() -> None:
    with pool(8, moment=20) as server:
        eventually(lambda: server.quick(5) and len(server.door._resting) == 7, what="all others at rest")
        assert len(set(server.quick(200))) == 1


@pytest.mark.parametrize("stuck", [1, 5])
def test_who_takes_longer_lets_another_to_the_door(stuck: int) -> None:
    with pool(8, moment=0.01) as server:
        server.quick(20)
        goes_on = threading.Event()
        for _ in range(stuck):  # bodies that come drop by drop, say
            server.waiting.put(partial(_stuck, goes_on))
        assert len(server.quick(100)) == 100
        goes_on.set()
        server.quick(20)
        eventually(lambda: len(server.door._resting) >= stuck, what="those who have been let in at rest")


def test_who_was_at_the_door_and_has_gone_is_missed_by_nobody() -> None:
    with pool(3, moment=20) as server:
        for _ in range(3):
            server.quick(20)
            server.sends_home()
            server.starts()
            assert len(server.quick(20)) == 20


def test_when_nobody_has_come_for_a_while_nobody_rests() -> None:
    with pool(8, moment=0.01) as server:
        eventually(lambda: server.quick(5) and server.door._resting, what="somebody at rest")
        eventually(lambda: not server.door._resting, what="all of them at the door")
        assert len(server.quick(50)) == 50


def test_who_holds_a_body_still_does_not_rest_nor_does_who_brings_an_error() -> None:
    """The server takes neither for done as long as the thread is inside."""
    door, inside, heard = Door(moment=20), threading.Event(), SimpleQueue[str]()

    def leads() -> bool:
        inside.set()
        return inside.wait(20) and heard.get(timeout=20) == "done"

    def broken() -> bool:
        raise KeyError

    leader = threading.Thread(target=door.through, args=(leads,))
    leader.start()
    assert inside.wait(20)
    door.through(lambda: False)
    with pytest.raises(KeyError):
        door.through(broken)
    heard.put("done")
    leader.join(20)
    assert not leader.is_alive()
    passed = threading.Event()

    def passes() -> bool:
        passed.set()
        return False

    threading.Thread(target=door.through, args=(passes,)).start()
    assert passed.wait(20)
