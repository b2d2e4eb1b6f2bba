"""The games of an unnamed round: who gave which answer, who was last; played on the raw file while the round runs.

The adversary holds the folder's bytes and every row, the round's key among them: so it is known who has answered, and in
which order they came is told. What is asked is which answer is whose.
"""

import hashlib
import hmac
import random
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from confidential.unsigned import UnsignedFile
from tests.confidential.games import Aborted, Order, Played

ROUND = "round"
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Seized:
    """What is on the machine: raw bytes, ballots and marks in the order in which SQLite scans them, whose a mark is."""

    raw: bytes
    journal: bytes
    ballots: list[str]
    marks: list[bytes]
    people: dict[bytes, str]


def seize(folder: Path, people: list[str]) -> Seized:
    """Everything below the folder."""
    db = sqlite3.connect(f"file:{folder / 'unsigned.db'}?mode=ro&immutable=1", uri=True)
    try:
        ballots = [one for (one,) in db.execute("SELECT ballot FROM answer NOT INDEXED WHERE round = ?", (ROUND,))]
        marks = [one for (one,) in db.execute("SELECT mark FROM turnout NOT INDEXED")]
        (key,) = db.execute("SELECT key FROM round").fetchone()
    finally:
        db.close()
    raw = {one.name: one.read_bytes() for one in folder.iterdir()}
    known = {hmac.digest(key, one.encode(), hashlib.sha256): one for one in people}
    return Seized(raw["unsigned.db"], raw.get("unsigned.db-journal", b""), ballots, marks, known)


def orders(seized: Seized, bodies: dict[str, bytes]) -> Iterator[tuple[str, Order]]:
    """What each thing says of the order in which the answers came, from both ends."""
    witnesses = {
        "place of the ballot": lambda one: seized.raw.find(one.encode()),
        "place of the answer": lambda one: seized.raw.find(bodies[one]),
        "place within its page": lambda one: seized.raw.find(one.encode()) % 4096,
        "place in the journal": lambda one: seized.journal.find(bodies[one]),
        "scan": seized.ballots.index,
    }
    for name, says in witnesses.items():
        order = sorted(seized.ballots, key=says)
        yield name, order
        yield f"{name}, reversed", order[::-1]


def pairings(seized: Seized, bodies: dict[str, bytes]) -> Iterator[tuple[str, dict[str, str]]]:
    """What the marks, whose are known, say of the answers: the first beside the first, and so on."""
    marks = {"scan": seized.marks, "place": sorted(seized.marks, key=seized.raw.find)}
    for of_marks, those in marks.items():
        for of_answers, order in orders(seized, bodies):
            people = [seized.people[one] for one in those]
            yield f"marks by {of_marks}, answers by {of_answers}", dict(zip(order, people, strict=True))


def play(played: Played, folder: Path, chance: random.Random) -> None:
    """One round: everybody answers once, in an order of chance; one of them is cut off and sends again."""
    file = UnsignedFile(folder / "unsigned.db", ZONE)
    file.open_round(ROUND)
    people = [f"member{number}" for number in range(played.people)]
    arriving = chance.sample(people, len(people))
    cut_off = chance.choice(people)
    whose, bodies = {}, {}
    for one in arriving:
        ballot = chance.randbytes(16).hex()
        body = f'{{"part": "", "answers": {{"1": "{chance.randbytes(chance.randrange(8, 40)).hex()}"}}}}'
        if one == cut_off:
            with suppress(Aborted):
                file.file.write(partial(_half, said=(ballot, ROUND, body)))
        file.answer(ROUND, one, ballot, body)
        whose[ballot], bodies[ballot] = one, body.encode()
    seized = seize(folder, people)
    file.file.close()
    arrived = list(whose)
    for name, order in orders(seized, bodies):
        hits = sum(guess == true for guess, true in zip(order, arrived, strict=True))
        played.note("linking", name, hits / played.people)
        played.note("last arrival", name, float(order[-1] == arrived[-1]))
        played.note("first arrival", name, float(order[0] == arrived[0]))
        played.note("crashed submission", name, float(whose[order[-1]] == cut_off))
    for name, pairs in pairings(seized, bodies):
        played.note("linking", name, sum(whose[one] == person for one, person in pairs.items()) / played.people)
    played.games += 1


def _half(db: sqlite3.Connection, said: tuple[str, str, str]) -> None:
    db.execute("INSERT INTO answer VALUES (?, ?, ?)", said)
    raise Aborted
