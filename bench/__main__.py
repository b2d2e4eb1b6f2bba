"""`make bench`: measures the rows, prints the table, writes var/bench.json."""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from bench import machine, page, picture
from bench.peers import NotThere
from bench.rows import JOINED, ROWS, TASKS
from bench.server import ROOT
from bench.table import ROUNDS, Line, Result, Row, Shape, run
from settings import load

OUT = ROOT / "var" / "bench.json"
TOLD = ("reads_growth", "fanout_share", "fanout_us_per_message")  # of the tasks' figures, what stands with the ratios


FIGURES = (("req/s", "rps"), ("to floor", "to_floor"), ("p50 ms", "p50_ms"), ("p99 ms", "p99_ms"), ("cpu us", "cpu_us"))


def main() -> int:
    """Measure all rows, or the floor and the rows whose names hold one of the given words."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "words", nargs="*",
        help="only the floor and the rows and tasks whose names hold one of these; `page` measures nothing and fills "
        "docs/benchmarks.md and its picture from var/bench.json, `picture` draws the picture alone",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    if chosen.words in (["page"], ["picture"]):
        return _fill(chosen.words[0])
    OUT.parent.mkdir(exist_ok=True)
    result = _measured(chosen.words, chosen.rounds)
    OUT.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    show(result)
    print(f"written to {OUT.relative_to(ROOT)}")
    return 0


def _measured(words: Sequence[str], rounds: int) -> Result:
    left_out: dict[str, str] = {}
    rows = [row for row in ROWS if (row is ROWS[0] or _wanted(row.name, words)) and _ready(row, left_out)]
    server = load(ROOT / "config.yaml", os.environ).server
    shape = Shape(server.workers, server.threads, OUT.with_name("bench.log"))
    result = run(rows, shape, rounds=rounds, say=_say, joined=JOINED)
    tasks: list[Mapping[str, object]] = []
    for name, measure in TASKS.items():
        if _wanted(name, words):
            _say(f"task {name:<40}")
            began = time.monotonic()
            tasks.append(measure())
            _say(f"{time.monotonic() - began:>9,.0f} s\n")
    result["ratios"] |= {name: task[name] for task in tasks for name in TOLD if name in task}
    return {
        **result,
        "tasks": tasks,
        "left_out": left_out,
        "chosen": list(words),
        "machine": machine.told(),
        "day": datetime.now(UTC).date().isoformat(),
    }


def _wanted(name: str, words: Sequence[str]) -> bool:
    return not words or any(word in name for word in words)


def _ready(row: Line, left_out: dict[str, str]) -> bool:
    """Whether what the row needs could be had; a peer that cannot be fetched costs only its own row."""
    if isinstance(row, Row):
        try:
            row.prepare()
        except NotThere as why:
            left_out[row.name] = str(why)
            _say(f"left out: {row.name}: {why}\n")
            return False
    return True


def _say(words: str) -> None:
    print(words, end="", flush=True)


def _fill(what: str) -> int:
    if not OUT.exists():
        print(f"{OUT.relative_to(ROOT)} is not there: run `make bench` first", file=sys.stderr)
        return 1
    result = cast("Result", json.loads(OUT.read_text(encoding="utf-8")))
    if result.get("chosen"):
        print(f"{OUT.relative_to(ROOT)} holds some rows only: run `make bench` without words first", file=sys.stderr)
        return 1
    files = [picture.FILE, page.FILE] if what == "page" else [picture.FILE]
    picture.draw(result)
    if what == "page":
        page.fill(result)
    print("written:", ", ".join(str(file.relative_to(ROOT)) for file in files))
    return 0


def show(result: Result) -> None:
    """Print the tables: speeds and latencies, processor time and memory by process group, then the ratios."""
    groups = page.groups(result)
    print(f"\n{'row, at the median':<36}" + "".join(f"{title:>10}" for title, _ in FIGURES) + f"{'errors':>8}")
    for row in result["rows"]:
        told = [row["rps"], row["to_floor"], row["p50_ms"], row["p99_ms"], row["cpu_us"]]
        digits = (0, 3, 1, 1, 0)
        cells = [f"{one['median']:>10,.{some}f}" for one, some in zip(told, digits, strict=True)]
        print(f"{row['name']:<36}{''.join(cells)}{row['errors']:>8}")
    for title, key in (
        ("cpu us of a request", "cpu_us_of"),
        ("memory at rest, MB", "rest_mb"),
        ("after, MB", "loaded_mb"),
    ):
        print(f"\n{title:<36}" + "".join(f"{group:>16}" for group in groups))
        for row in result["rows"]:
            found = cast("dict[str, dict[str, float]]", row[key])  # type: ignore[literal-required] # one of three
            cells = [f"{found[group]['median']:>16,.0f}" if group in found else f"{'-':>16}" for group in groups]
            print(f"{row['name']:<36}{''.join(cells)}")
    print(f"\n{'ratio':<36}{'median':>10}{'least':>10}{'greatest':>10}")
    for name, value in result["spreads"].items():
        print(f"{name:<36}{value['median']:>10.3f}{value['min']:>10.3f}{value['max']:>10.3f}")
    for task in result.get("tasks", []):
        print(", ".join(f"{name} {value}" for name, value in task.items()))
    for name, why in result.get("left_out", {}).items():
        print(f"left out: {name}: {why}")
    if not result["steady"]:
        print("The floor swung too much: read these figures with care, or run again on a quieter machine.")


if __name__ == "__main__":
    sys.exit(main())
