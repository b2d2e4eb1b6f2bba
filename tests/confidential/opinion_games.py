"""The games of unsigned opinions: who wrote which, who was last; played on the raw file of a week, half of it answered.

The adversary holds the folder's bytes and every row, the texts among them, and is told in which order people came. What
is asked is which opinion is whose. The office answers some of them, which moves rows about and must tell no more.
"""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from confidential.unsigned import UnsignedFile
from tests.confidential.games import Aborted, Order, Played

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 15, 16, tzinfo=UTC)  # midnight in Qingwan


@dataclass(frozen=True, slots=True)
class Seized:
    """What is on the machine: raw bytes, and the rows in the order in which SQLite scans them."""

    raw: bytes
    journal: bytes
    rows: list[tuple[str, str, str]]  # (lookup, text, week)


def seize(folder: Path) -> Seized:
    """Everything below the folder."""
    db = sqlite3.connect(f"file:{folder / 'unsigned.db'}?mode=ro&immutable=1", uri=True)
    try:
        rows = db.execute("SELECT lookup, text, week FROM opinion NOT INDEXED").fetchall()
    finally:
        db.close()
    raw = {one.name: one.read_bytes() for one in folder.iterdir()}
    return Seized(raw["unsigned.db"], raw.get("unsigned.db-journal", b""), rows)


def orders(seized: Seized) -> Iterator[tuple[str, Order]]:
    """What each thing says of the order in which they came, from both ends."""
    texts = {lookup: text.encode() for lookup, text, _ in seized.rows}
    scanned = list(texts)
    witnesses = {
        "place of the lookup": lambda one: seized.raw.find(one.encode()),
        "place of the text": lambda one: seized.raw.find(texts[one]),
        "place within its page": lambda one: seized.raw.find(one.encode()) % 4096,
        "place in the journal": lambda one: seized.journal.find(texts[one]),
        "scan": scanned.index,
    }
    for name, says in witnesses.items():
        order = sorted(scanned, key=says)
        yield name, order
        yield f"{name}, reversed", order[::-1]


def play(played: Played, folder: Path, chance: random.Random) -> None:
    """One week: everybody writes once, at times of their own; one is cut off and sends again; half are answered."""
    file = UnsignedFile(folder / "unsigned.db", ZONE)
    times = sorted(chance.random() for _ in range(played.people))
    cut_off = chance.randrange(played.people)
    arrived: Order = []
    for place, at in enumerate(times):
        lookup, text = chance.randbytes(32).hex(), chance.randbytes(chance.randrange(10, 300)).hex()
        if place == cut_off:
            with suppress(Aborted):
                file.file.write(partial(_half, said=(lookup, "work", text, "new", "", "2026-11-16")))
        file.submit(lookup, "work", text, MONDAY + at * timedelta(days=6.9))
        arrived.append(lookup)
        if place and place % 2:
            file.reply(chance.choice(arrived), "new", "answered|declined||2026-11-20|", "已研究。")
    seized = seize(folder)
    file.file.close()
    assert {week for *_, week in seized.rows} == {"2026-11-16"}
    week = dict(zip(arrived, times, strict=True))
    for name, order in orders(seized):
        hits = sum(guess == true for guess, true in zip(order, arrived, strict=True))
        played.note("linking", name, hits / played.people)
        played.note("last arrival", name, float(order[-1] == arrived[-1]))
        played.note("first arrival", name, float(order[0] == arrived[0]))
        played.note("crashed submission", name, float(order[-1] == arrived[cut_off]))
        believed = {lookup: (rank + 0.5) / played.people for rank, lookup in enumerate(order)}
        played.errors.setdefault(name, []).extend(abs(believed[one] - at) for one, at in week.items())
    played.middles.extend(abs(0.5 - at) for at in times)
    played.games += 1


def _half(db: sqlite3.Connection, said: tuple[str, ...]) -> None:
    db.execute("INSERT INTO opinion VALUES (?, ?, ?, ?, ?, ?)", said)
    raise Aborted
