"""`make torture`: the long storms; each figure with its bound, exit code 0 when everything holds.

Reminders: two schedulers and three senders are killed at random for five minutes, on each engine in turn, while WeChat is
slow, refuses, and loses answers. The bad day: for ten minutes a crowd writes at half the rate that the house can take,
while everything that the house stands on fails at random.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from tests.faults import badday
from tests.faults.hall import large, small
from tests.faults.installed import Installation
from tests.faults.keeper import apart
from tests.faults.storm import holds, storm_over
from tests.faults.verdict import Verdict

REMINDERS, BADDAY = "reminders", "badday"
MINUTES = {REMINDERS: 5.0, BADDAY: 10.0}
PEOPLE = 120
ENGINES: dict[str, Callable[[Path], AbstractContextManager[Installation]]] = {"SQLite": small, "PostgreSQL": large}


def main(arguments: Sequence[str] | None = None) -> int:
    """Storm, look, print; 1 when something does not hold."""
    asked = argparse.ArgumentParser("python -m tests.torture", description="the long storms")
    asked.add_argument("only", nargs="?", choices=(REMINDERS, BADDAY), help="this one alone")
    asked.add_argument("--minutes", type=float, help="of each storm; 5 for reminders, 10 for the bad day")
    asked.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="to have the same chances again")
    asked.add_argument("--engine", type=str.casefold, choices=[*map(str.casefold, ENGINES)], help="this one alone")
    asked.add_argument("--short", action="store_true", help="the bad day as the test suite has it")
    asked.add_argument("--report", type=Path, help="write the bad day as JSON here, and the log of the house beside it")
    asked.add_argument("--mounts", action="store_true", help=argparse.SUPPRESS)  # mounts are our own by now
    chosen = asked.parse_args(arguments)
    if not chosen.mounts and chosen.only != REMINDERS and (way := apart()):
        words = sys.argv[1:] if arguments is None else arguments
        os.execvp(way[0], [*way, sys.executable, "-m", "tests.torture", *words, "--seed", str(chosen.seed), "--mounts"])  # noqa: S606 - itself once more
    engines = [one for one in ENGINES if chosen.engine in (None, one.casefold())]
    held = []
    if chosen.only != BADDAY:
        held += [reminders(one, chosen.minutes or MINUTES[REMINDERS], chosen.seed) for one in engines]
    if chosen.only != REMINDERS:
        shape = badday.SHORT if chosen.short else badday.long(chosen.minutes or MINUTES[BADDAY])
        engines = engines if chosen.engine else ["PostgreSQL"]
        held += [bad_day(one, shape, chosen.seed, chosen.report, small=chosen.mounts) for one in engines]
    return int(not all(held))


def reminders(engine: str, minutes: float, seed: int) -> bool:
    """One storm over schedulers and senders; whether all holds."""
    _tell(f"Reminders on {engine}: {PEOPLE} people, {minutes:g} minutes, --seed {seed}")
    with (
        tempfile.TemporaryDirectory() as folder,
        ENGINES[engine](Path(folder)) as made,
        storm_over(made, PEOPLE, seed) as storm,
    ):
        try:
            storm.rages(minutes * 60, _tell)
            storm.ends()
            figures = holds(storm)
        except AssertionError as failed:
            _tell(f"  does NOT hold: {failed}\n  {storm.figures()}")
            return False
        _tell(f"  at the end: {storm.figures()}")
    _tell(
        f"  holds: {figures['notices']} notices, none pushed twice, every one ended; {figures['unsure']} unsure, at most"
        f" {figures['bound']} ({figures['lost']} answers lost, {figures['senders']} senders killed with up to"
        f" {figures['at_once']} calls in flight); the ledger never above WeChat's in {figures['looks']} looks"
    )
    return True


def bad_day(engine: str, shape: badday.Shape, seed: int, report: Path | None, *, small: bool) -> bool:
    """One bad day; whether all holds."""
    _tell(f"The bad day on {engine}: {shape.people} people, {shape.seconds / 60:.3g} minutes, --seed {seed}")
    if not small:
        _tell("  no disk is filled: this kernel lets us mount none (it takes root, or user namespaces)")
    with badday.day_in(engine, shape, seed, _tell, small=small) as day:
        day.run()
        verdict = Verdict(day)
        rules = verdict.rules()
        for line in (
            *verdict.table(),
            *(f"  {'holds' if one.holds else 'NOT':<5} {one.says}: {one.figure}" for one in rules),
        ):
            _tell(line)
        if report is not None:
            report.write_text(json.dumps(verdict.told(rules), ensure_ascii=False, indent=2), "utf-8")
            report.with_suffix(".log").write_text(day.made.said(), "utf-8")
    return all(one.holds for one in rules)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
