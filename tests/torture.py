"""`make torture`: the long storms; each figure with its bound, exit code 0 when everything holds.

Reminders: two schedulers and three senders are killed at random for five minutes, on each engine in turn, while WeChat is
slow, refuses, and loses answers. The bad day of the whole house will stand beside it.
"""

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.faults.hall import large, small
from tests.faults.installed import Installation
from tests.faults.storm import holds, storm_over

MINUTES = 5.0
PEOPLE = 120
ENGINES: dict[str, Callable[[Path], AbstractContextManager[Installation]]] = {"SQLite": small, "PostgreSQL": large}


def main() -> int:
    """Storm, look, print; 1 when something does not hold."""
    asked = argparse.ArgumentParser(description="the long storms")
    asked.add_argument("--minutes", type=float, default=MINUTES, help="of each storm")
    asked.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="to have the same chances again")
    asked.add_argument("--engine", choices=tuple(ENGINES), help="this one alone")
    chosen = asked.parse_args()
    engines = [chosen.engine] if chosen.engine else list(ENGINES)
    held = [reminders(name, chosen.minutes, chosen.seed) for name in engines]
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


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
