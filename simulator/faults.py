"""Trouble on demand: the next calls of a path fail the way the real platform fails at times."""

import random
import threading
from dataclasses import dataclass, replace

HTML = "<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` calls of a path.

    `errcode` answers that code, `status` that HTTP status, `html` a page instead of JSON; `wait`
    (seconds) comes first, and alone means slow. With `after` the call takes effect before its
    answer is spoilt.
    """

    times: int = 1
    errcode: int | None = None
    status: int | None = None
    html: bool = False
    wait: float = 0.0
    after: bool = False


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self.random = random.Random(0)
        self._lock = threading.Lock()
        self._planned: dict[str, list[Fault]] = {}
        self._chances: dict[str, list[tuple[float, Fault]]] = {}
        self._released = threading.Event()

    def plan(self, path: str, fault: Fault) -> None:
        """Let `fault` happen to the next calls of `path`."""
        with self._lock:
            self._released.clear()
            self._planned.setdefault(path, []).append(fault)

    def sometimes(self, path: str, rate: float, fault: Fault) -> None:
        """Let `fault` happen to this share (0 to 1) of the calls of `path`, as `random` draws."""
        with self._lock:
            self._released.clear()
            self._chances.setdefault(path, []).append((rate, fault))

    def take(self, path: str) -> Fault | None:
        """The fault of the call that is being made, if one is planned."""
        with self._lock:
            waiting = self._planned.get(path)
            if not waiting:
                return next(
                    (replace(fault) for rate, fault in self._chances.get(path, ()) if self.random.random() < rate), None
                )
            fault = waiting[0]
            fault.times -= 1
            if fault.times <= 0:
                waiting.pop(0)
            return fault

    def hold(self, fault: Fault) -> None:
        """Wait as long as the fault says, or until everything is forgiven."""
        if fault.wait > 0:
            self._released.wait(fault.wait)

    def forgive(self) -> None:
        """Drop every planned fault and let held calls go on."""
        with self._lock:
            self._planned.clear()
            self._chances.clear()
            self._released.set()
