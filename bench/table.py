"""Rows, rounds and what comes of them: the protocol by which servers are compared.

Every round gives each row its turn: a fresh server, answers checked, one second to warm up, two counted. A
ratio is taken within a round and told as the median over the rounds with its least and greatest; the absolute
figures say more about the machine than about us.
"""

import statistics
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NotRequired, TypedDict

from bench import machine
from bench.load import Count, load, write_requests

ROUNDS = 3
WARM_UP = 1  # seconds
COUNTED = 2  # seconds
CONNECTIONS = 64
STEAL_LIMIT = 0.05  # share of the machine's time taken by other guests that spoils a round
SWING_LIMIT = 0.25  # (greatest - least) / median of the first row that spoils a run
PREPARED = 40_000  # requests made ready for a turn, unless the row proves faster
TRIES = 3  # for a round that was spoilt
RUNS = 2  # for a run that was spoilt: after that it is told as unsteady


class Spread(TypedDict):
    """Of all rounds."""

    median: float
    min: float
    max: float


class RowTold(TypedDict):
    """A row in bench.json; by process group where it says `_of` or `_mb`."""

    name: str
    rps: Spread
    to_floor: Spread  # of the rounds' own floors
    p50_ms: Spread
    p99_ms: Spread
    cpu_us: Spread
    cpu_us_of: dict[str, Spread]
    rest_mb: dict[str, Spread]
    loaded_mb: dict[str, Spread]
    errors: int


class Setting(TypedDict):
    """How a run was made."""

    rounds: int
    warm_up_s: int
    counted_s: int
    connections: int
    workers: int
    threads: int


class Result(TypedDict):
    """What bench.json holds: the medians by name, how they spread, the rows, and what `bench` adds to a run."""

    ratios: dict[str, object]
    spreads: dict[str, Spread]
    steady: bool
    floor_swing: float
    discarded: list[str]
    setting: Setting
    rows: list[RowTold]
    tasks: NotRequired[list[Mapping[str, object]]]
    left_out: NotRequired[dict[str, str]]
    chosen: NotRequired[list[str]]
    machine: NotRequired[Mapping[str, object]]
    day: NotRequired[str]


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
    the server has not kept what it answered for. `forged` is a request it has to refuse.
    """

    port: int
    pids: list[int]
    requests: Callable[[int], Iterable[bytes]]
    right: Callable[[bytes], bool]
    after: Callable[[int], None] = lambda _answered: None
    forged: bytes | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `against` names ratios of this row's speed to other rows': {"ratio": row name}.

    `tells` names figures of its own that stand beside the ratios: {"name": field of Turn}. `prepare` gets ready what
    takes long, once a run. `prepared` is how many requests are made ready for a turn.
    """

    name: str
    start: Callable[[Shape], AbstractContextManager[Target]]
    against: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None
    prepared: int = PREPARED


@dataclass(frozen=True, slots=True)
class Turn:
    """One row in one round: requests a second, milliseconds, and by process group what a request and a server take.

    `cpu_us` is microseconds of processor time for one request, `rest_mb` and `loaded_mb` the memory before and after.
    """

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: Mapping[str, float]
    errors: int
    rest_mb: Mapping[str, float] = field(default_factory=dict)
    loaded_mb: Mapping[str, float] = field(default_factory=dict)

    @property
    def cost_us(self) -> float:
        """Processor time of a request in all, that of the load generator left out."""
        return sum(us for group, us in self.cpu_us.items() if group != machine.LOAD)


@dataclass(frozen=True, slots=True)
class Alone:
    """A line that is no server and measures itself."""

    name: str
    turn: Callable[[Shape], Turn]
    against: Mapping[str, str] = field(default_factory=dict)
    tells: Mapping[str, str] = field(default_factory=dict)


Line = Row | Alone


class Spoilt(Exception):
    """Something else than the servers decided this round or run."""


def run(
    rows: Sequence[Line],
    shape: Shape,
    *,
    rounds: int = ROUNDS,
    say: Callable[[str], None],
    joined: Mapping[str, tuple[str, str]] | None = None,
) -> Result:
    """Measure all rows in alternated rounds and return what belongs into bench.json; `say` is told how far it is.

    `joined` names further ratios, {"ratio": (row name, row name)}; one whose rows are not both there is left out.
    """
    discarded: list[str] = []
    for attempt in range(1, RUNS + 1):
        turns = [_round(rows, shape, f"round {n} of {rounds}", say, discarded) for n in range(1, rounds + 1)]
        swing = _swing([turn[rows[0].name].rps for turn in turns])
        if swing <= SWING_LIMIT:
            break
        discarded.append(f"run {attempt}: the floor swung by {swing:.0%}")
        say(f"discarded {discarded[-1]}\n")
    spreads = _spreads(rows, turns, joined or {})
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
        "rows": [_summary(row.name, rows[0].name, turns) for row in rows],
    }  # fmt: skip


def _round(
    rows: Sequence[Line], shape: Shape, name: str, say: Callable[[str], None], discarded: list[str]
) -> dict[str, Turn]:
    """One turn for every row, again where other guests of the machine took part."""
    for attempt in range(1, TRIES + 1):
        before = machine.stolen()
        turns = {}
        for place, row in enumerate(rows, 1):
            say(f"{name}, {place}/{len(rows)}  {row.name:<36}")
            turns[row.name] = turn = row.turn(shape) if isinstance(row, Alone) else _turn(row, shape)
            say(f"{turn.rps:>9,.0f}/s {turn.cost_us:>7,.0f} us each\n")
        after = machine.stolen()
        share = (after[0] - before[0]) / max(after[1] - before[1], 0.01)
        if share <= STEAL_LIMIT:
            return turns
        discarded.append(f"{name}, try {attempt}: {share:.0%} of the machine's time was stolen")
        say(f"discarded {discarded[-1]}\n")
    raise Spoilt(f"The machine is too busy with other guests to measure anything: {discarded[-1]}")


def _turn(row: Row, shape: Shape) -> Turn:
    prepared = row.prepared
    while True:
        with row.start(shape) as target, tempfile.TemporaryDirectory() as folder:
            requests = iter(target.requests(2 * prepared + 3))
            least = _check(row, target, islice(requests, 3))
            warm_up, counted = Path(folder) / "warm-up", Path(folder) / "counted"
            write_requests(islice(requests, prepared), warm_up)
            write_requests(islice(requests, prepared), counted)
            at_rest = machine.megabytes(target.pids)
            warm = load(target.port, warm_up, seconds=WARM_UP, connections=CONNECTIONS)
            before = machine.cpu_by_group(target.pids)
            count = load(target.port, counted, seconds=COUNTED, connections=CONNECTIONS)
            after = machine.cpu_by_group(target.pids)
            # A request sent twice may be answered from memory, which is not what is measured.
            if max(count.sent, warm.sent) <= prepared:
                if count.received < count.answered * least:
                    raise RuntimeError(f"{row.name} answers shorter under load than when asked alone")
                target.after(3 + warm.answered + count.answered)
                used = {group: after[group] - before.get(group, 0.0) for group in after}
                return _told(row, count, used, (at_rest, machine.megabytes(target.pids)))
        prepared *= 2


def _told(
    row: Row, count: Count, used: Mapping[str, float], memory: tuple[Mapping[str, float], Mapping[str, float]]
) -> Turn:
    if not count.answered:
        raise RuntimeError(f"{row.name} answered nothing")
    spent = {**used, machine.LOAD: count.cpu_seconds}
    cpu_us = {group: seconds * 1e6 / count.answered for group, seconds in spent.items()}
    return Turn(count.rps, count.p50_ms, count.p99_ms, cpu_us, count.errors, *memory)


def _check(row: Row, target: Target, requests: Iterable[bytes]) -> int:
    """Send a few requests one by one, and a forged one: a server that answers wrongly is not measured.

    Returns the bytes of the shortest answer.
    """
    answers = []
    for raw in requests:
        status, answer = _ask(target.port, raw)
        if status != 200 or not target.right(answer):
            raise RuntimeError(f"{row.name} answers wrongly: {status} {answer[:200]!r}")
        answers.append(answer)
    if target.forged is not None:
        status, answer = _ask(target.port, target.forged)
        if status < 400:
            raise RuntimeError(f"{row.name} takes what is not signed: {status} {answer[:200]!r}")
    return min(map(len, answers))


def _ask(port: int, raw: bytes) -> tuple[int, bytes]:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    method, path, _version = first.split(" ")
    headers = dict(line.split(": ", 1) for line in fields)
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def _swing(speeds: list[float]) -> float:
    return (max(speeds) - min(speeds)) / statistics.median(speeds)


def _spreads(
    rows: Sequence[Line], turns: Sequence[Mapping[str, Turn]], joined: Mapping[str, tuple[str, str]]
) -> dict[str, Spread]:
    """Every ratio whose two rows were measured, and what rows tell of themselves."""
    pairs = {ratio: (row.name, base) for row in rows for ratio, base in row.against.items()}
    ratios = {
        ratio: _spread([turn[row].rps / turn[base].rps for turn in turns])
        for ratio, (row, base) in {**pairs, **joined}.items()
        if all(row in turn and base in turn for turn in turns)
    }
    figures = {
        name: _spread([getattr(turn[row.name], figure) for turn in turns])
        for row in rows
        for name, figure in row.tells.items()
    }
    return ratios | figures


def _summary(name: str, floor: str, rounds: Sequence[Mapping[str, Turn]]) -> RowTold:
    turns = [turn[name] for turn in rounds]
    return {
        "name": name,
        "rps": _spread([turn.rps for turn in turns]),
        "to_floor": _spread([turn[name].rps / turn[floor].rps for turn in rounds]),
        "p50_ms": _spread([turn.p50_ms for turn in turns]),
        "p99_ms": _spread([turn.p99_ms for turn in turns]),
        "cpu_us": _spread([turn.cost_us for turn in turns]),
        "cpu_us_of": _by_group([turn.cpu_us for turn in turns]),
        "rest_mb": _by_group([turn.rest_mb for turn in turns]),
        "loaded_mb": _by_group([turn.loaded_mb for turn in turns]),
        "errors": sum(turn.errors for turn in turns),
    }


def _by_group(turns: Sequence[Mapping[str, float]]) -> dict[str, Spread]:
    return {group: _spread([turn.get(group, 0.0) for turn in turns]) for group in turns[0]}


def _spread(values: list[float]) -> Spread:
    return {
        "median": round(statistics.median(values), 3), "min": round(min(values), 3), "max": round(max(values), 3),
    }  # fmt: skip
