"""What is counted of the chat for who watches the installation: turns, how long they took, what was refused.

Numbers by kinds of message alone, as in the log: nothing tells who asked for what. Where they are kept is handed in:
a list, or memory that several web processes can look into (docs/decisions/0086).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from itertools import product
from threading import Lock

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from texts import turn as texts
from wechat.envelope import EnvelopeError

KINDS = ("text", "voice", "image", "video", "shortvideo", "location", "link", "event", "other")
OUTCOMES = ("replied", "silent", "later", "busy")  # later: the database was away; busy: its twin was not done yet
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 5.0)  # the last is WeChat's cut
ROWS = (1, 2, 4, 8, 16, 32, 64)  # check-ins in one commit


def _errors() -> Iterator[str]:
    """Every way in which a callback can be refused, by the name that the log has too."""
    yield EnvelopeError.__name__
    for error in EnvelopeError.__subclasses__():
        yield error.__name__


_TURNS = {labels: place for place, labels in enumerate(product(KINDS, OUTCOMES))}
_REFUSED = {name: len(_TURNS) + place for place, name in enumerate(_errors())}
_BUGS = len(_TURNS) + len(_REFUSED)
_TOOK = _BUGS + 1  # a number for each limit, one beyond the last, and the sum in microseconds
_BATCHES = _TOOK + len(SECONDS) + 2  # likewise, and the sum in rows
SIZE = _BATCHES + len(ROWS) + 2


class Meters:
    """Counts up `numbers`, of which `sums` tells the total over all processes and how many those are."""

    def __init__(
        self, numbers: MutableSequence[int] | memoryview | None = None,
        sums: Callable[[], tuple[Sequence[int], int]] | None = None,
    ) -> None:  # fmt: skip
        self._numbers: MutableSequence[int] | memoryview = [0] * SIZE if numbers is None else numbers
        self._sums = sums or (lambda: (list(self._numbers), 1))
        self._lock = Lock()

    def turn(self, kind: str, outcome: str, seconds: float) -> None:
        """One delivery was answered: the message's kind, one of OUTCOMES, and how long it took."""
        turn = _TURNS[kind if kind in KINDS else "other", outcome]
        limit = _TOOK + bisect_left(SECONDS, seconds)
        numbers = self._numbers
        with self._lock:
            numbers[turn] += 1
            numbers[limit] += 1
            numbers[_BATCHES - 1] += int(seconds * 1_000_000)

    def refused(self, error: str) -> None:
        """A callback was refused, with an error of this name."""
        with self._lock:
            self._numbers[_REFUSED[error]] += 1

    def bug(self) -> None:
        """A fault of ours stopped a turn; the person has heard an apology."""
        with self._lock:
            self._numbers[_BUGS] += 1

    def batch(self, rows: int) -> None:
        """So many check-ins were written in one commit."""
        limit = _BATCHES + bisect_left(ROWS, rows)
        with self._lock:
            self._numbers[limit] += 1
            self._numbers[SIZE - 1] += rows

    def families(self) -> Iterator[Metric]:
        """Everything counted so far, as Prometheus takes it."""
        numbers, processes = self._sums()
        turns = CounterMetricFamily("zhibu_turns", "Deliveries answered", labels=("kind", "outcome"))
        for labels, place in _TURNS.items():
            if numbers[place]:
                turns.add_metric(labels, numbers[place])
        yield turns
        refused = CounterMetricFamily("zhibu_callbacks_refused", "Callbacks that were not WeChat's", labels=("error",))
        for name, place in _REFUSED.items():
            refused.add_metric((name,), numbers[place])
        yield refused
        yield CounterMetricFamily("zhibu_bugs", "Turns stopped by a fault of ours", value=numbers[_BUGS])
        took = numbers[_TOOK:_BATCHES]
        yield _histogram("zhibu_turn_seconds", "How long an answer took", SECONDS, took, 1_000_000)
        yield _histogram("zhibu_checkin_batch_rows", "Check-ins in one commit", ROWS, numbers[_BATCHES:SIZE], 1)
        yield GaugeMetricFamily("zhibu_web_processes", "Web processes that live", value=processes)


def outcome(reply: str | None) -> str:
    """What became of a turn, told from what the person hears of it."""
    return _OUTCOME.get(reply, "replied")


_OUTCOME: dict[str | None, str] = {None: "silent", "": "silent", texts.LATER: "later", texts.STILL_BUSY: "busy"}


def _histogram(name: str, says: str, limits: Sequence[float], counts: Sequence[int], unit: int) -> Metric:
    *counted, total = counts
    buckets, below = [], 0
    for limit, number in zip((*map(str, limits), "+Inf"), counted, strict=True):
        below += number
        buckets.append((limit, float(below)))
    return HistogramMetricFamily(name, says, buckets=buckets, sum_value=total / unit)
