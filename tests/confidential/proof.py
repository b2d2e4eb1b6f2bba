"""`make proof`: the secrecy games in full, and every mutation seen by its guard; each figure with its bound.

Whole weeks with a real server, the signed webhook, Chromium and every failure (whole.py); weeks on the file alone for
what one arrival a week decides; weeks in real time on a quick clock (timed.py). Chance is fresh. Several processes share
the work, about a quarter of an hour of it; exit code 0 when every bound holds.
"""

import argparse
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from confidential.cases import Cases
from tests.confidential import opinion_games, round_games
from tests.confidential.games import PEOPLE, Played, link, play, write_direct
from tests.confidential.mutations import MUTATIONS, Mutation, caught
from tests.confidential.timed import timed_week
from tests.confidential.whole import leaks, lying_about, seized, street, week
from tests.engines import launch_chromium

WHOLE, WRITERS = 60, 12  # weeks, and people in each: half by chat, half by page
FILE = 800  # weeks on the file alone, of PEOPLE
TIMED, SECONDS, CROWD = 3, 90.0, 100  # weeks in real time, how long each lasts, people in each
AT_ONCE = 3  # processes; of two cores, for a timed week mostly waits
CHUNK = 5  # whole weeks at one installation


@dataclass
class Part:
    """What a piece of the work came to: games by the name of their kind, and what was found where it may not be."""

    played: dict[str, Played] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    told: str = ""


def main() -> int:
    """Play, break, print; 1 when something does not hold."""
    asked = argparse.ArgumentParser(description="the secrecy games, and what would break them")
    asked.add_argument("--whole", type=int, default=WHOLE, help="whole weeks")
    asked.add_argument("--file", type=int, default=FILE, help="weeks on the file alone")
    asked.add_argument("--timed", type=int, default=TIMED, help="weeks in real time")
    asked.add_argument("--no-mutations", action="store_true")
    chosen = asked.parse_args()
    total = Part()
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as pool:
        parts: list[Future[Part]] = [
            *(pool.submit(_timed_week) for _ in range(chosen.timed)),
            *(pool.submit(_whole_weeks, size) for size in _chunks(chosen.whole, CHUNK)),
            *(pool.submit(_file_weeks, size) for size in _chunks(chosen.file, 100)),
            *(pool.submit(_rounds, size) for size in _chunks(chosen.file, 100)),
            *(pool.submit(_opinions, size) for size in _chunks(chosen.file, 100)),
            *(pool.submit(_mutated, one) for one in MUTATIONS if not chosen.no_mutations),
        ]
        begun = time.monotonic()
        for number, done in enumerate(as_completed(parts), 1):
            try:
                part = done.result()
            except Exception as error:  # noqa: BLE001 - the others shall be heard of all the same
                part = Part(broken=[f"{type(error).__name__}: {error}"[:500]], told="broke off")
            total.found += part.found
            total.missed += part.missed
            total.broken += part.broken
            for kind, played in part.played.items():
                total.played.setdefault(kind, Played(played.people)).join(played)
            _tell(f"{number}/{len(parts)} after {time.monotonic() - begun:.0f} s: {part.told}")
    results = list(_judged(total, chosen.whole))
    lost = results.count(False)
    _tell(f"\n{len(results) - lost} hold, {lost} do not")
    return bool(lost)


def _judged(total: Part, whole: int) -> Iterator[bool]:
    """Print every figure with its bound; whether it holds."""
    for kind, played in total.played.items():
        _tell(f"\n{kind}")
        for holds, line in played.lines():
            if kind == COPY:  # published: a backup shrinks the crowd
                _tell(f"  left    {line}")
                continue
            _tell(f"  {'holds ' if holds else 'BROKEN'}  {line}")
            yield holds
    if whole:
        _tell(
            f"\nTexts, receipts, names of files, cameras and openids, in all that lies about after {whole} whole weeks"
        )
        for one in total.found:
            _tell(f"  FOUND   {one}")
        _tell(f"  {'BROKEN' if total.found else 'holds '}  {len(total.found)} found where none may be")
        yield not total.found
    if total.missed:
        _tell("\nMutations that no test has seen")
    for one in total.missed:
        _tell(f"  MISSED  {one}")
        yield False
    for one in total.broken:
        _tell(f"\nBROKE OFF  {one}")
        yield False


DOOR = f"Whole weeks of {WRITERS}: signed webhook, Chromium, kill -9, faults, 5 MB, three deliveries"
ALONE = f"Weeks of {PEOPLE} on the file alone"
OPINIONS = f"Weeks of {PEOPLE} unsigned opinions on the file alone"
ROUNDS = f"Unnamed rounds of {PEOPLE} people on the file alone"
TIME = f"Weeks of {CROWD} in real time, {SECONDS:.0f} s each, with the keeper's own timer"
COPY = "The same with the nightly copy in hand: what a backup tells, as published"


def _whole_weeks(weeks: int) -> Part:
    """So many weeks at one installation."""
    part = Part({DOOR: Played(WRITERS)}, told=f"{weeks} whole weeks")
    with _browser() as page, _quick() as folder, street(folder / "home", page, WRITERS, "--breaks") as whole:
        whole.opens()
        for number in range(weeks):
            told = week(whole, WRITERS, picture=number == 0)
            lying = lying_about(whole)
            part.found += leaks(whole, lying, told)
            link(part.played[DOOR], seized(whole, lying), told.arrived, told.crashed)
            part.played[DOOR].games += 1
    return part


def _file_weeks(weeks: int) -> Part:
    """So many weeks, each with a file of its own."""
    part = Part({ALONE: Played(PEOPLE)}, told=f"{weeks} weeks on the file alone")
    chance = random.Random(secrets.randbits(64))
    for _ in range(weeks):
        with _quick() as folder:
            cases = Cases(folder / "desk" / "cases.db")
            play(part.played[ALONE], folder / "desk", write_direct(cases, chance), chance, lambda _: None)
            cases.file.close()
    return part


def _rounds(number: int) -> Part:
    """So many unnamed rounds, each in a file of its own."""
    part = Part({ROUNDS: Played(PEOPLE)}, told=f"{number} unnamed rounds")
    chance = random.Random(secrets.randbits(64))
    for _ in range(number):
        with _quick() as folder:
            round_games.play(part.played[ROUNDS], folder, chance)
    return part


def _opinions(number: int) -> Part:
    """So many weeks of unsigned opinions, each in a file of its own."""
    part = Part({OPINIONS: Played(PEOPLE)}, told=f"{number} weeks of unsigned opinions")
    chance = random.Random(secrets.randbits(64))
    for _ in range(number):
        with _quick() as folder:
            opinion_games.play(part.played[OPINIONS], folder, chance)
    return part


def _timed_week() -> Part:
    with _browser() as page, _quick() as folder:
        files, copy = timed_week(folder / "home", page, SECONDS, CROWD)
    return Part({TIME: files, COPY: copy}, told="a week in real time")


def _mutated(mutation: Mutation) -> Part:
    seen = caught(mutation)
    guard = mutation.guard.rpartition("::")[2]
    return Part(missed=[] if seen else [f"{mutation.name}: {guard}"], told=f"{'seen' if seen else 'MISSED'}, {mutation.name}: {guard}")  # fmt: skip


def _chunks(whole: int, size: int) -> Iterator[int]:
    for start in range(0, whole, size):
        yield min(size, whole - start)


@contextmanager
def _browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai")
        chromium.close()


@contextmanager
def _quick() -> Iterator[Path]:
    """A folder in memory where the machine has one: only what is written counts here."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it, closed to others
    with tempfile.TemporaryDirectory(prefix="zhibu-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its work is to print


if __name__ == "__main__":
    sys.exit(main())
