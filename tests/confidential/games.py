"""Games an adversary plays with all that the desk keeps, but no handler's key: who sent which, which came last, when.

The adversary holds the folder's raw bytes, every row as SQLite gives it, and is told the true order of arrival of the
people; what is asked is which case is whose. `make proof` plays with fresh chance through the door and in the numbers
of confidential.md section 5, `make test` shorter ones with chance that repeats.
"""

import random
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import median

from confidential.cases import Cases
from sealed.desk import NewCase
from tests.confidential.pieces import sealed

PEOPLE = 20
SURE = 1.645  # standard deviations of a one-sided 95 % bound
BEYOND_DOUBT = 3.0  # standard errors
SLACK = 0.05
ENOUGH = 600  # games from which on the bound of a single guess a game lies within SLACK of chance, whoever guesses best
Order = list[str]  # lookups, the one believed to be earliest first
Witness = Callable[["Seized"], Order]


@dataclass(frozen=True, slots=True)
class Seized:
    """What is on the machine after some people have written."""

    files: dict[str, bytes]
    matters: list[str]  # lookups, in the order in which SQLite scans them
    letters: list[tuple[str, str, bytes]]  # (id, lookup, ciphertext), likewise
    elsewhere: bytes = b""  # whatever else lies about: other databases, logs, Redis, temporary files


def seize(folder: Path) -> Seized:
    """Everything below the desk's folder, raw and as rows."""
    files = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    db = sqlite3.connect(f"file:{folder / 'cases.db'}?mode=ro&immutable=1", uri=True)
    try:
        matters = [lookup.hex() for (lookup,) in db.execute("SELECT lookup FROM matter NOT INDEXED")]
        letters = [
            (one.hex(), lookup.hex(), text)
            for one, lookup, text in db.execute("SELECT id, lookup, ciphertext FROM message NOT INDEXED")
        ]
    finally:
        db.close()
    return Seized(files, matters, letters)


def _by_place(seized: Seized, file: str, needle: Callable[[str, bytes], bytes]) -> Order:
    """By where a case's bytes stand in a file; what stands nowhere is left at the end in no order of its own."""
    content = seized.files.get(file, b"")
    placed = [(content.find(needle(one, text)), lookup) for one, lookup, text in seized.letters]
    return [lookup for place, lookup in sorted(placed) if place >= 0] + [look for place, look in placed if place < 0]


def witnesses() -> dict[str, Witness]:
    """Each thing that might betray the order, by name; all are tried from both ends."""
    return {
        "place of the case": lambda seized: sorted(
            seized.matters, key=lambda lookup: seized.files["cases.db"].find(bytes.fromhex(lookup))
        ),
        "place of the letter's id": lambda seized: _by_place(seized, "cases.db", lambda one, _: bytes.fromhex(one)),
        "place of the letter": lambda seized: _by_place(seized, "cases.db", lambda _, text: text[-64:]),
        "place in the journal": lambda seized: _by_place(seized, "cases.db-journal", lambda _, text: text[-64:]),
        "scan of the cases": lambda seized: list(seized.matters),
        "scan of the letters": lambda seized: [lookup for _, lookup, _ in seized.letters],
        "place elsewhere, raw": lambda seized: sorted(
            seized.matters, key=lambda lookup: seized.elsewhere.find(bytes.fromhex(lookup))
        ),
        "place elsewhere, in hex": lambda seized: sorted(
            seized.matters, key=lambda lookup: seized.elsewhere.find(lookup.encode())
        ),
        "place within its page": lambda seized: sorted(
            seized.matters, key=lambda lookup: seized.files["cases.db"].find(bytes.fromhex(lookup)) % 4096
        ),
    }


def guesses(seized: Seized, people: Collection[str]) -> Iterator[tuple[str, Order]]:
    """What each witness says of these people's cases, and what it says the other way round."""
    for name, says in witnesses().items():
        order = [one for one in dict.fromkeys(says(seized)) if one in people]
        yield name, order
        yield f"{name}, reversed", order[::-1]


@dataclass(slots=True)
class Score:
    """How often a witness was right, over all games."""

    shares: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        """The share of right guesses."""
        return sum(self.shares) / len(self.shares)

    @property
    def bound(self) -> float:
        """The upper 95 % bound of that share."""
        return self.mean + SURE * self.error

    @property
    def error(self) -> float:
        """The standard error of that share."""
        spread = sum((one - self.mean) ** 2 for one in self.shares) / max(1, len(self.shares) - 1)
        return sqrt(spread / len(self.shares))


@dataclass(slots=True)
class Played:
    """The scores of every game, by game and witness."""

    people: int
    games: int = 0
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    errors: dict[str, list[float]] = field(default_factory=dict)  # of dating, in weeks
    middles: list[float] = field(default_factory=list)  # what guessing the middle of the week is out by

    def note(self, game: str, witness: str, share: float) -> None:
        """One result."""
        self.scores.setdefault((game, witness), Score()).shares.append(share)

    def join(self, other: "Played") -> None:
        """Count the other's games among these."""
        self.games += other.games
        self.middles.extend(other.middles)
        for place, score in other.scores.items():
            self.scores.setdefault(place, Score()).shares.extend(score.shares)
        for name, errors in other.errors.items():
            self.errors.setdefault(name, []).extend(errors)

    def worst(self, game: str) -> tuple[str, Score]:
        """The witness that did best in a game."""
        found = [(name, score) for (one, name), score in self.scores.items() if one == game]
        return max(found, key=lambda each: each[1].bound)

    def dating(self) -> tuple[float, float, float]:
        """(best median error over the middle's, best share within 1/50 of the week, the share that chance has)."""
        ratio = min(median(errors) for errors in self.errors.values()) / median(self.middles)
        near = max(sum(one <= 1 / 50 for one in errors) / len(errors) for errors in self.errors.values())
        return ratio, near, 2 / 50

    def lines(self) -> Iterator[tuple[bool, str]]:
        """Each game with its figure and its bound, and whether it holds.

        One arrival a game tells chance from a leak only over hundreds of games; a linking game has as many as people.
        In fewer, such a game fails only where it is beyond doubt.
        """
        for game in sorted({game for game, _ in self.scores}):
            name, score = self.worst(game)
            limit = 1 / self.people + SLACK
            proves = game == "linking" or self.games >= ENOUGH
            holds = score.bound <= limit if proves else score.mean - BEYOND_DOUBT * score.error <= limit
            figure = f"right in {score.mean:.3f}, upper 95 % bound {score.bound:.3f}, limit {limit:.3f}"
            scope = "" if proves else "; too few games to prove it, shown"
            yield holds, f"{game}: “{name}” is {figure} ({len(score.shares)} games of {self.people}{scope})"
        if self.middles:
            ratio, near, chance = self.dating()
            yield ratio >= 0.9, f"dating: best median error is {ratio:.2f} of guessing the middle, at least 0.90"
            yield near <= chance + SLACK, f"dating: {near:.3f} within 1/50 of the week, at most {chance + SLACK:.3f}"


class Aborted(Exception):
    """A submission that broke in the middle of its transaction."""


def write_direct(cases: Cases, chance: random.Random) -> Callable[[bool], str]:
    """People who write straight to the file: what the chat and the page both come down to. Returns `send(crashes)`."""

    def send(crashes: bool) -> str:  # noqa: FBT001 - one switch, used by the game alone
        number = chance.randrange(10**9)
        new = NewCase(chance.randbytes(32).hex(), "k" * 43, "age1" + "q" * 58, "own")
        letter = sealed(number)
        if crashes:
            with suppress(Aborted):
                cases.file.write(lambda db: _half(db, new, letter))
        cases.submit(new, [letter], date(2026, 11, 18))
        return new.lookup

    return send


def _half(db: sqlite3.Connection, new: NewCase, letter: bytes) -> None:
    db.execute("INSERT INTO message VALUES (?, ?, ?)", (b"\1" * 32, bytes.fromhex(new.lookup), letter))
    raise Aborted


def play(
    played: Played, folder: Path, send: Callable[[bool], str], chance: random.Random, wait: Callable[[timedelta], None]
) -> None:
    """One week in which everybody writes once, at times of their own; one of them is cut off and sends again."""
    times = sorted(chance.random() for _ in range(played.people))
    crashed = chance.randrange(played.people)
    arrived: Sequence[str] = []
    for place, (before, at) in enumerate(pairwise([0.0, *times])):
        wait((at - before) * timedelta(days=6.9))
        arrived = [*arrived, send(place == crashed)]
    seized = seize(folder)
    link(played, seized, arrived, arrived[crashed])
    date_all(played, seized, dict(zip(arrived, times, strict=True)))
    played.games += 1


def link(played: Played, seized: Seized, arrived: Sequence[str], crashed: str) -> None:
    """Who sent which, last, first, and cut off: what each witness gets right. `arrived`: lookups in the true order."""
    for name, order in guesses(seized, arrived):
        hits = sum(guess == true for guess, true in zip(order, arrived, strict=True))
        played.note("linking", name, hits / len(arrived))
        played.note("last arrival", name, float(order[-1] == arrived[-1]))
        played.note("first arrival", name, float(order[0] == arrived[0]))
        played.note("crashed submission", name, float(order[-1] == crashed))


def date_all(played: Played, seized: Seized, came: Mapping[str, float]) -> None:
    """When each came, as parts of the week: what each witness is out by, who takes the rank for the time."""
    for name, order in guesses(seized, came):
        believed = {lookup: (rank + 0.5) / len(order) for rank, lookup in enumerate(order)}
        played.errors.setdefault(name, []).extend(abs(believed[one] - at) for one, at in came.items())
    played.middles.extend(abs(0.5 - at) for at in came.values())


def series(
    play: Callable[[Played, Path, random.Random], None], quick: Path, seed: int, games: int, people: int
) -> Played:
    """So many games, each in a folder of its own, with chance that repeats."""
    chance, result = random.Random(seed), Played(people)
    for number in range(games):
        (quick / f"{number}").mkdir(parents=True)
        play(result, quick / f"{number}", chance)
    return result
