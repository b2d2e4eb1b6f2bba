"""`make proof`: the secrecy games in full, and every mutation seen by its guard; each figure with its bound.

Half of the people of the linking games write through the public routes, work and all, half as the chat does; chance is
fresh. Takes about ten minutes; exit code 0 when every bound holds.
"""

import argparse
import random
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import redis

from confidential.cases import Cases
from confidential.here import DeskHere
from engines.redis import connect, ensure_redis, leave
from tests.confidential import opinion_games, round_games
from tests.confidential.games import PEOPLE, Played, play, write_direct
from tests.confidential.mutations import MUTATIONS, caught
from tests.confidential.room import Room, Submitter, room_in

LINKING, ARRIVALS = 60, 1000  # games


def main() -> int:
    """Play, break, print; 1 when something does not hold."""
    asked = argparse.ArgumentParser(description="the secrecy games, and what would break them")
    asked.add_argument("--linking", type=int, default=LINKING, help="games through the door")
    asked.add_argument("--arrivals", type=int, default=ARRIVALS, help="games on the file alone")
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        store = connect(ensure_redis(home))
        try:
            results = list(_all(home, store, chosen.linking, chosen.arrivals))
        finally:
            store.close()
            leave(home)
    lost = results.count(False)
    _tell(f"\n{len(results) - lost} hold, {lost} do not")
    return bool(lost)


def _all(home: Path, store: redis.Redis, linking: int, arrivals: int) -> Iterator[bool]:
    """Every game and every mutation; whether it holds."""
    _tell(f"Through the door: {linking} weeks of {PEOPLE} people, half by page and half as the chat does")
    yield from _played(linking, lambda number, played: _through_the_door(home / f"door{number}", store, played))
    _tell(f"On the file alone: {arrivals} weeks of {PEOPLE} people")
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it: only what is written counts here
    with tempfile.TemporaryDirectory(prefix="zhibu-", dir=memory if memory.is_dir() else home) as quick:
        yield from _played(arrivals, lambda number, played: _on_the_file(Path(quick) / f"{number}", played))
    _tell(f"Unnamed rounds: {arrivals} rounds of {PEOPLE} people")
    with tempfile.TemporaryDirectory(prefix="zhibu-", dir=memory if memory.is_dir() else home) as quick:
        yield from _played(arrivals, lambda number, played: _unnamed(Path(quick) / f"{number}", played))
    _tell(f"Unsigned opinions: {arrivals} weeks of {PEOPLE} people")
    with tempfile.TemporaryDirectory(prefix="zhibu-", dir=memory if memory.is_dir() else home) as quick:
        yield from _played(arrivals, lambda number, played: _unsigned(Path(quick) / f"{number}", played))
    _tell("What would break it, and the test that sees it")
    for mutation in MUTATIONS:
        seen = caught(mutation)
        _tell(f"  {'seen  ' if seen else 'MISSED'}  {mutation.name}: {mutation.guard.rpartition('::')[2]}")
        yield seen


def _played(games: int, week: Callable[[int, Played], None]) -> Iterator[bool]:
    played = Played(PEOPLE)
    for number in range(games):
        week(number, played)
        if sys.stdout.isatty():
            print(f"\r  {number + 1}/{games}", end="", flush=True)  # noqa: T201 - progress
    if sys.stdout.isatty():
        print("\r", end="")  # noqa: T201 - the figures take the line
    for holds, line in played.lines():
        _tell(f"  {'holds ' if holds else 'BROKEN'}  {line}")
        yield holds


def _through_the_door(folder: Path, store: redis.Redis, played: Played) -> None:
    """A week at a desk with its routes, its Redis and its clock."""
    store.flushall()
    chance = random.Random(secrets.randbits(64))
    room = room_in(folder, lambda: store)
    chat = DeskHere(room.desk)
    play(played, _only_folder(room), _sender(room, chat, chance), chance, lambda later: _on(room, later))
    room.cases.file.close()


def _sender(room: Room, chat: DeskHere, chance: random.Random) -> Callable[[bool], str]:
    def send(crashes: bool) -> str:  # noqa: FBT001 - as the game calls it
        somebody = Submitter(room)
        letter = somebody.writes("a letter")
        if crashes:  # the line broke half way: the server has had part of the bytes
            room.post("case/submit", somebody.body(letter)[:9000], Report_Stamp="")
        if chance.random() < 0.5:
            answer = somebody.sends(somebody.body(letter))
            assert answer.status_code == 200, answer.get_data(as_text=True)
        else:
            chat.submit(somebody.new, [letter])
        return somebody.lookup

    return send


def _on_the_file(folder: Path, played: Played) -> None:
    chance = random.Random(secrets.randbits(64))
    cases = Cases(folder / "cases.db")
    play(played, folder, write_direct(cases, chance), chance, lambda _: None)
    cases.file.close()
    for file in folder.iterdir():
        file.unlink()


def _unsigned(folder: Path, played: Played) -> None:
    folder.mkdir()
    opinion_games.play(played, folder, random.Random(secrets.randbits(64)))
    for file in folder.iterdir():
        file.unlink()


def _unnamed(folder: Path, played: Played) -> None:
    folder.mkdir()
    round_games.play(played, folder, random.Random(secrets.randbits(64)))
    for file in folder.iterdir():
        file.unlink()


def _only_folder(room: Room) -> Path:
    return room.cases.file.path.parent


def _on(room: Room, later: timedelta) -> None:
    room.clock.now += later


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - its work is to print


if __name__ == "__main__":
    sys.exit(main())
