"""Fills the figures of docs/benchmarks.md from var/bench.json, so that page and measurement cannot disagree.

The page has places `<!-- bench: NAME -->` to `<!-- end -->`; what stands between them is written anew, the prose around
them is by hand and has no figure.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from bench import machine
from bench.rows import JOINED, ROWS, WHOLE, echo
from bench.server import ROOT
from bench.table import CONNECTIONS, ROUNDS, Result, RowTold, Spread

FILE = ROOT / "docs" / "benchmarks.md"
PLACE = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
GROUPS = (machine.SERVER, machine.DATABASE, machine.STORE, machine.LOAD)
WANTED: Mapping[str, tuple[str, str]] = {  # what has to be reached, what is aimed at
    "durable_vs_floor": ("0.30", "0.45"),
    "durable_vs_werobot_echo": ("0.8", "1.2"),
    "durable_vs_express_echo": ("0.9", "1.4"),
    "durable_vs_naive": ("6", "9"),
    "durable_vs_pgbench": ("0.15", "0.35"),
    "echo_vs_werobot_echo": ("1.7", "5"),
    "echo_vs_express_echo": ("2", "6"),
    f"p99_ms_{CONNECTIONS}": ("at most 40", "20"),
    "fanout_share": ("0.9", "0.95"),
    "fanout_us_per_message": ("at most 210", "110"),
    "reads_growth": ("at most 2", "1.5"),
}


def fill(result: Result) -> None:
    """Write every place anew."""
    FILE.write_text(filled(FILE.read_text(encoding="utf-8"), result), encoding="utf-8")


def filled(text: str, result: Result) -> str:
    """The page with these figures. Raises KeyError for a place nobody fills."""
    return PLACE.sub(lambda found: f"{found[1]}\n{PLACES[found[2]](result)}\n\n{found[3]}", text)


def groups(result: Result) -> list[str]:
    """The process groups that occur, in a fixed order."""
    return [group for group in GROUPS if any(group in row["cpu_us_of"] for row in result["rows"])]


def _setting(result: Result) -> str:
    how, where = result["setting"], result.get("machine", {})
    taken = (
        f"Taken on {result.get('day', 'an unknown day')} on {where.get('processors')} processors "
        f"({where.get('model')}) with {where.get('gigabytes')} GB: rounds {how['rounds']}, {how['counted_s']} s "
        f"counted after {how['warm_up_s']} s, {how['connections']} connections, {how['workers']} workers, with "
        f"{how['threads']} threads where a row waits for a database. The floor swung by {result['floor_swing']:.0%}."
    )
    lines = [taken]
    lines += [f"Discarded: {one}." for one in result["discarded"]]
    lines += [f"Left out: {name} ({why})." for name, why in result.get("left_out", {}).items()]
    if how["rounds"] < ROUNDS:
        lines.append(f"**Fewer than {ROUNDS} rounds: a trial, not to be relied on.**")
    if not result["steady"]:
        lines.append("**The floor swung too much in every run: these figures are not to be relied on.**")
    return "\n\n".join(lines)


def _rows(result: Result) -> str:
    return _table(
        ("row", "requests/s", "to the floor", "p50 ms", "p99 ms", "CPU us a request", "errors"),
        [
            (
                row["name"], _spread(row["rps"], 0), _spread(row["to_floor"], 2), _spread(row["p50_ms"], 1),
                _spread(row["p99_ms"], 1), _spread(row["cpu_us"], 0), str(row["errors"]),
            )
            for row in result["rows"]
        ],
    )  # fmt: skip


def _ratios(result: Result) -> str:
    spreads = {name: _spread(spread, 2) for name, spread in result["spreads"].items()}
    told = {name: spreads.get(name, f"{value:g}") for name, value in cast("dict[str, float]", result["ratios"]).items()}
    own = {name: (row.name, base) for row in ROWS for name, base in row.against.items()}
    pairs = {name: f"{row} / {base}" for name, (row, base) in {**own, **JOINED}.items()}
    rows = [(f"`{name}`", pairs.get(name, ""), value, *WANTED.get(name, ("", ""))) for name, value in told.items()]
    return _table(("figure", "of", "measured", "wanted", "aimed at"), rows, words=2)


def _cpu(result: Result) -> str:
    return _by_group(result, "CPU us a request", lambda row, group: _median(row["cpu_us_of"].get(group)))


def _memory(result: Result) -> str:
    def cell(row: RowTold, group: str) -> str:
        before, after = row["rest_mb"].get(group), row["loaded_mb"].get(group)
        return f"{_median(before)} → {_median(after)}" if before or after else ""

    held = [group for group in groups(result) if group != machine.LOAD]
    return _by_group(result, "MB at rest → after the load", cell, held)


def _split(result: Result) -> str:
    """Where the processor time of one check-in goes: what the echo costs is taken off what its server uses."""
    rows = {row["name"]: row["cpu_us_of"] for row in result["rows"]}
    if not {echo.ROW.name, WHOLE} <= rows.keys():
        return "(The whole check-in was not measured in this run.)"
    whole = rows[WHOLE]
    protocol, served = rows[echo.ROW.name][machine.SERVER]["median"], whole[machine.SERVER]["median"]
    parts = [
        ("server: HTTP, envelope, message, reply, as in our echo", protocol),
        ("server: look-up, decision, row, waiting for the commit", served - protocol),
    ]
    if served < protocol:
        parts = [("server: all of it, less than our echo takes in Flask", served)]
    parts += [(group, whole[group]["median"]) for group in GROUPS[1:] if group in whole]
    in_all = sum(part for _, part in parts)
    return _table(("part", "us", "share"), [(name, f"{us:,.0f}", f"{us / in_all:.0%}") for name, us in parts])


def _tasks(result: Result) -> str:
    return _table(
        ("task", "figures"),
        [
            (str(task["name"]), ", ".join(f"{name} {value}" for name, value in task.items() if name != "name"))
            for task in result.get("tasks", [])
        ],
        words=2,
    )


PLACES: Mapping[str, Callable[[Result], str]] = {
    "setting": _setting,
    "rows": _rows,
    "ratios": _ratios,
    "cpu": _cpu,
    "memory": _memory,
    "split": _split,
    "tasks": _tasks,
}


def _by_group(
    result: Result, title: str, cell: Callable[[RowTold, str], str], columns: Sequence[str] | None = None
) -> str:
    columns = columns or groups(result)
    rows = [(row["name"], *(cell(row, group) for group in columns)) for row in result["rows"]]
    return _table((title, *columns), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1) -> str:
    """As Markdown; after so many columns of words come figures."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def _median(spread: Spread | None) -> str:
    return f"{spread['median']:,.0f}" if spread else ""


def _spread(spread: Spread, digits: int) -> str:
    median, least, most = (f"{spread[key]:,.{digits}f}" for key in ("median", "min", "max"))
    return median if least == most else f"{median} ({least}–{most})"
