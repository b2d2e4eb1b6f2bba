"""Rows, rounds and what comes of them: the protocol by which servers are compared.

Every round gives each row its turn: a fresh server, answers checked, one second to warm up, two counted. A
ratio is taken within a round and told as the median over the rounds with its least and greatest; the absolute
figures say more about the machine than about us.
"""

import statistics
import tempfile
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench import machine
from bench.load import Count, load, write_requests

ROUNDS = 3
WARM_UP = 1  # seconds
COUNTED = 2  # seconds
CONNECTIONS = 64
STEAL_LIMIT = 0.05  # share of the machine's time taken by other guests that spoils a round
SWING_LIMIT = 0.25  # (greatest - least) / median of the first row that spoils a run
PREPARED = 40_000  # requests made ready for a turn, unless the row proves faster
TRIES = 3  # for a round or a run that was spoilt


@dataclass(frozen=True, slots=True)
class Shape:
    """How every server of a run is set up."""

    workers: int
    threads: int
    log: Path


@dataclass(frozen=True, slots=True)
class Target:
    """A server that is up: where, which processes count, what to send, which answers are right.

    `requests(n)` yields n raw HTTP requests, never one that was yielded before; `after(answered)` raises where
    the server has not kept what it answered for.
    """

    port: int
    pids: list[int]
    requests: Callable[[int], Iterable[bytes]]
    right: Callable[[bytes], bool]
    after: Callable[[int], None] = lambda _answered: None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `against` names ratios of this row's speed to other rows': {"ratio": row name}.

    `tells` names figures of its own that stand beside the ratios: {"name": field of Turn}.
    """

    name: str
    start: Callable[[Shape], AbstractContextManager[Target]]
    against: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One row in one round; cpu_us is the processor time of all the server's processes for one request."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    errors: int


class Spoilt(Exception):
    """Something else than the servers decided this round or run."""


def run(rows: Sequence[Row], shape: Shape, *, rounds: int = ROUNDS, say: Callable[[str], None]) -> dict[str, object]:
    """Measure all rows in alternated rounds and return what belongs into bench.json."""
    discarded: list[str] = []
    for attempt in range(1, TRIES + 1):
        turns = [_round(rows, shape, f"round {number}", say, discarded) for number in range(1, rounds + 1)]
        swing = _swing([turn[rows[0].name].rps for turn in turns])
        if swing <= SWING_LIMIT:
            break
        discarded.append(f"run {attempt}: the floor swung by {swing:.0%}")
        say(f"discarded {discarded[-1]}")
    spreads = _spreads(rows, turns)
    return {
        "ratios": {name: spread["median"] for name, spread in spreads.items()},
        "spreads": spreads,
        "steady": swing <= SWING_LIMIT,
        "floor_swing": round(swing, 3),
        "discarded": discarded,
        "setting": {
            "rounds": rounds, "warm_up_s": WARM_UP, "counted_s": COUNTED, "connections": CONNECTIONS,
            "workers": shape.workers, "threads": shape.threads,
        },
        "rows": [_summary(row.name, [turn[row.name] for turn in turns]) for row in rows],
    }  # fmt: skip


def _round(
    rows: Sequence[Row], shape: Shape, name: str, say: Callable[[str], None], discarded: list[str]
) -> dict[str, Turn]:
    """One turn for every row, again where other guests of the machine took part."""
    for attempt in range(1, TRIES + 1):
        before = machine.stolen()
        turns = {row.name: _turn(row, shape) for row in rows}
        after = machine.stolen()
        share = (after[0] - before[0]) / max(after[1] - before[1], 0.01)
        if share <= STEAL_LIMIT:
            say(f"{name}: " + ", ".join(f"{row} {turn.rps:,.0f}/s" for row, turn in turns.items()))
            return turns
        discarded.append(f"{name}, try {attempt}: {share:.0%} of the machine's time was stolen")
        say(f"discarded {discarded[-1]}")
    raise Spoilt(f"The machine is too busy with other guests to measure anything: {discarded[-1]}")


def _turn(row: Row, shape: Shape) -> Turn:
    prepared = PREPARED
    while True:
        with row.start(shape) as target, tempfile.TemporaryDirectory() as folder:
            requests = iter(target.requests(2 * prepared + 3))
            _check(row, target, islice(requests, 3))
            warm_up, counted = Path(folder) / "warm-up", Path(folder) / "counted"
            write_requests(islice(requests, prepared), warm_up)
            write_requests(islice(requests, prepared), counted)
            warm = load(target.port, warm_up, seconds=WARM_UP, connections=CONNECTIONS)
            before = machine.cpu_seconds(target.pids)
            count = load(target.port, counted, seconds=COUNTED, connections=CONNECTIONS)
            used = machine.cpu_seconds(target.pids) - before
            # A request sent twice may be answered from memory, which is not what is measured.
            if max(count.sent, warm.sent) <= prepared:
                target.after(3 + warm.answered + count.answered)
                return _told(row, count, used)
        prepared *= 2


def _told(row: Row, count: Count, cpu_seconds: float) -> Turn:
    if not count.answered:
        raise RuntimeError(f"{row.name} answered nothing")
    return Turn(count.rps, count.p50_ms, count.p99_ms, cpu_seconds * 1e6 / count.answered, count.errors)


def _check(row: Row, target: Target, requests: Iterable[bytes]) -> None:
    """Send a few requests one by one: a server that answers wrongly is not measured."""
    for raw in requests:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        method, path, _version = first.split(" ")
        headers = dict(line.split(": ", 1) for line in fields)
        request = urllib.request.Request(f"http://127.0.0.1:{target.port}{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            answer: bytes = response.read()
        if not target.right(answer):
            raise RuntimeError(f"{row.name} answers wrongly: {answer[:200]!r}")


def _swing(speeds: list[float]) -> float:
    return (max(speeds) - min(speeds)) / statistics.median(speeds)


def _spreads(rows: Sequence[Row], turns: Sequence[Mapping[str, Turn]]) -> dict[str, dict[str, float]]:
    ratios = {
        ratio: _spread([turn[row.name].rps / turn[base].rps for turn in turns])
        for row in rows
        for ratio, base in row.against.items()
    }
    figures = {
        name: _spread([getattr(turn[row.name], figure) for turn in turns])
        for row in rows
        for name, figure in row.tells.items()
    }
    return ratios | figures


def _summary(name: str, turns: list[Turn]) -> dict[str, object]:
    return {
        "name": name,
        "rps": _spread([turn.rps for turn in turns]),
        "p50_ms": _spread([turn.p50_ms for turn in turns]),
        "p99_ms": _spread([turn.p99_ms for turn in turns]),
        "cpu_us": _spread([turn.cpu_us for turn in turns]),
        "errors": sum(turn.errors for turn in turns),
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {key: round(of(values), 3) for key, of in (("median", statistics.median), ("min", min), ("max", max))}
