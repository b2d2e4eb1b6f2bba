"""`make bench`: measures the rows, prints the table, writes var/bench.json."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bench.rows import ROWS, TASKS
from bench.server import ROOT
from bench.table import ROUNDS, Shape, run
from settings import load

TOLD = ("reads_growth", "fanout_share", "fanout_us_per_message")  # of the tasks' figures, what stands with the ratios


def main() -> int:
    """Measure all rows, or the floor and the rows whose names hold one of the given words."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("words", nargs="*", help="only the floor and rows whose names hold one of these")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    rows = [ROWS[0], *(row for row in ROWS[1:] if not chosen.words or any(word in row.name for word in chosen.words))]
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    server = load(ROOT / "config.yaml", os.environ).server
    shape = Shape(server.workers, server.threads, var / "bench.log")
    result = run(rows, shape, rounds=chosen.rounds, say=lambda line: print(line, flush=True))
    tasks = [name for name in TASKS if not chosen.words or any(word in name for word in chosen.words)]
    result["tasks"] = measured = [TASKS[name]() for name in tasks]
    ratios = cast("dict[str, object]", result["ratios"])
    ratios |= {name: task[name] for task in measured for name in TOLD if name in task}
    out = var / "bench.json"
    out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    show(result, out)
    return 0


def show(result: Mapping[str, object], out: Path) -> None:
    """Print the table: speeds, latencies and processor time, then the ratios."""
    print(f"\n{'row':<40}{'req/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'cpu us':>10}{'errors':>8}")
    for row in cast("list[dict[str, dict[str, float]]]", result["rows"]):
        figures = "".join(f"{row[key]['median']:>10,.1f}" for key in ("rps", "p50_ms", "p99_ms", "cpu_us"))
        print(f"{row['name']!s:<40}{figures}{row['errors']!s:>8}")
    spreads = cast("dict[str, dict[str, float]]", result["spreads"])
    for name, value in spreads.items():
        print(f"{name:<40}{value['median']:>10.3f}   ({value['min']:.3f} to {value['max']:.3f})")
    for task in cast("list[dict[str, object]]", result["tasks"]):
        print(", ".join(f"{name} {value}" for name, value in task.items()))
    if not result["steady"]:
        print("The floor swung too much: read these figures with care, or run again on a quieter machine.")
    print(f"written to {out.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
