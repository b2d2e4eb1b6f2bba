"""Does several things at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def together(acts: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Start all of them at once; returns what each returned, or raised, in their order."""
    results: list[T | Exception] = [RuntimeError("did not run")] * len(acts)
    start = threading.Barrier(len(acts))

    def act(place: int) -> None:
        start.wait()
        try:
            results[place] = acts[place]()
        except Exception as error:  # noqa: BLE001 - handed to the caller
            results[place] = error

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
