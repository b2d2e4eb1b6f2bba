"""Keeps what works by itself going until the process is told to end: the scheduler, a sender, or both."""

import signal
from collections.abc import Sequence
from typing import Protocol

ENDING = {signal.SIGTERM, signal.SIGINT}


class Worker(Protocol):
    """Something with threads of its own."""

    def start(self) -> None:
        """Begin, and return at once."""
        ...

    def shutdown(self) -> None:
        """End; what is under way is finished first."""
        ...


def keep(workers: Sequence[Worker]) -> None:
    """Let them work until SIGTERM or SIGINT. For a process's main thread."""
    # Blocked before there are threads, so that the signals wait for us and no thread gets them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    for worker in workers:
        worker.start()
    signal.sigwait(ENDING)
    for worker in reversed(workers):
        worker.shutdown()
