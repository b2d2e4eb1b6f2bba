"""The file of what is unsigned, of the same make as the cases': opinions, rounds, who has answered, the answers."""

import hashlib
import hmac
import os
import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from confidential.cases import monday
from confidential.file import CAP, Busy, Full, QuietFile
from sealed.unsigned import (
    AnsweredAlready,
    NoSuchOpinion,
    NoSuchRound,
    Opinion,
    OpinionMoved,
    RoundClosed,
    RoundExists,
    RoundOpen,
    Unfit,
    UnsignedBusy,
    UnsignedFull,
)

T = TypeVar("T")
OPINION = """CREATE TABLE IF NOT EXISTS opinion (
    lookup TEXT PRIMARY KEY, category TEXT NOT NULL, text TEXT NOT NULL,
    state TEXT NOT NULL, answer TEXT NOT NULL, week TEXT NOT NULL
) WITHOUT ROWID"""
ROUND = "CREATE TABLE IF NOT EXISTS round (id TEXT PRIMARY KEY, key BLOB) WITHOUT ROWID"
TURNOUT = """CREATE TABLE IF NOT EXISTS turnout (
    mark BLOB PRIMARY KEY, round TEXT NOT NULL
) WITHOUT ROWID"""
ANSWER = """CREATE TABLE IF NOT EXISTS answer (
    ballot TEXT PRIMARY KEY, round TEXT NOT NULL, body TEXT NOT NULL
) WITHOUT ROWID"""
NEW = "new"  # the state of an opinion nobody has answered
LONGEST = 64 * 1024  # bytes of a text or an answer


class UnsignedFile:
    """Implements sealed.unsigned.Unsigned."""

    def __init__(self, path: Path, zone: ZoneInfo, cap: int = CAP) -> None:
        self._zone = zone
        self.file = QuietFile(
            path,
            (OPINION, ROUND, TURNOUT, ANSWER),
            filler="INSERT INTO answer VALUES (?, '', ?)",  # its key is bytes, which sort behind every text
            unfill="DELETE FROM answer WHERE ballot >= ?",
            cap=cap,
        )

    def submit(self, lookup: str, category: str, text: str, now: datetime) -> None:
        """Keep an opinion; the same lookup again changes nothing."""
        week = monday(now.astimezone(self._zone).date()).isoformat()
        row = (lookup, category, text, NEW, "", week)
        if not (lookup and text):
            raise Unfit
        self._write(
            lambda db: db.execute("INSERT OR IGNORE INTO opinion VALUES (?, ?, ?, ?, ?, ?)", row), grows=_size(text)
        )

    def opinion(self, lookup: str) -> Opinion:
        """What is kept under the lookup."""
        row = self._read(lambda db: db.execute("SELECT * FROM opinion WHERE lookup = ?", (lookup,)).fetchone())
        if row is None:
            raise NoSuchOpinion
        return _opinion(row)

    def opinions(self) -> Sequence[Opinion]:
        """All of them, by lookup."""
        return self._read(lambda db: [_opinion(row) for row in db.execute("SELECT * FROM opinion ORDER BY lookup")])

    def reply(self, lookup: str, seen: str, state: str, answer: str) -> None:
        """Set what the opinion has come to, unless somebody else was faster."""
        if not state:
            raise Unfit

        def work(db: sqlite3.Connection) -> None:
            row = db.execute("SELECT state, answer FROM opinion WHERE lookup = ?", (lookup,)).fetchone()
            if row is None:
                raise NoSuchOpinion
            if row == (state, answer):
                return
            if row[0] != seen:
                raise OpinionMoved
            db.execute("UPDATE opinion SET state = ?, answer = ? WHERE lookup = ?", (state, answer, lookup))

        self._write(work, grows=_size(answer))

    def withdraw(self, lookup: str) -> None:
        """Delete an opinion at once."""
        gone = "DELETE FROM opinion WHERE lookup = ?"
        self._write(lambda db: _one(db.execute(gone, (lookup,)), NoSuchOpinion))

    def open_round(self, round_id: str) -> None:
        """Begin a round with a key of its own."""

        def work(db: sqlite3.Connection) -> None:
            if _found(db, round_id) is not None:
                raise RoundExists
            db.execute("INSERT INTO round VALUES (?, ?)", (round_id, os.urandom(32)))

        self._write(work)

    def answer(self, round_id: str, who: str, ballot: str, body: str) -> None:
        """Keep an answer and that `who` has answered, in one transaction and nowhere together."""
        if not (ballot and body):
            raise Unfit

        def work(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM answer WHERE ballot = ?", (ballot,)).fetchone():
                return  # delivered before, perhaps before a close
            key = _open_key(db, round_id)
            try:
                db.execute("INSERT INTO turnout VALUES (?, ?)", (_mark(key, who), round_id))
            except sqlite3.IntegrityError:
                raise AnsweredAlready from None
            db.execute("INSERT INTO answer VALUES (?, ?, ?)", (ballot, round_id, body))

        self._write(work, grows=_size(body))

    def has_answered(self, round_id: str, who: str) -> bool:
        """Whether `who` has; while the round is open."""

        def work(db: sqlite3.Connection) -> bool:
            mark = _mark(_open_key(db, round_id), who)
            return db.execute("SELECT 1 FROM turnout WHERE mark = ?", (mark,)).fetchone() is not None

        return self._read(work)

    def turnout(self, round_id: str) -> int:
        """How many have answered."""

        def work(db: sqlite3.Connection) -> int:
            _known(db, round_id)
            (count,) = db.execute("SELECT count(*) FROM answer WHERE round = ?", (round_id,)).fetchone()
            return int(count)

        return self._read(work)

    def close_round(self, round_id: str) -> None:
        """End it: key and marks go, so that nobody can be asked for any more; closed already, it stays so."""

        def work(db: sqlite3.Connection) -> None:
            _known(db, round_id)
            db.execute("UPDATE round SET key = NULL WHERE id = ?", (round_id,))
            db.execute("DELETE FROM turnout WHERE round = ?", (round_id,))

        self._write(work)

    def answers(self, round_id: str) -> Sequence[str]:
        """The bodies, by ballot, after the close."""

        def work(db: sqlite3.Connection) -> list[str]:
            if _known(db, round_id) is not None:
                raise RoundOpen
            bodies = db.execute("SELECT body FROM answer WHERE round = ? ORDER BY ballot", (round_id,))
            return [body for (body,) in bodies]

        return self._read(work)

    def drop_round(self, round_id: str) -> None:
        """Delete a round with everything in it."""

        def work(db: sqlite3.Connection) -> None:
            _known(db, round_id)
            for gone in ("answer WHERE round", "turnout WHERE round", "round WHERE id"):
                db.execute(f"DELETE FROM {gone} = ?", (round_id,))  # noqa: S608 - one of the three above

        self._write(work)

    def reword(self, change: Callable[[str], str]) -> bool:
        """Change the words of all that is kept; tells whether anything was changed."""
        places = (("opinion", "text"), ("opinion", "answer"), ("answer", "body"))

        def changes(db: sqlite3.Connection) -> list[tuple[str, str, str, str]]:
            found = []
            for table, column in places:
                for (text,) in db.execute(f"SELECT DISTINCT {column} FROM {table}"):  # noqa: S608 - names of ours
                    if change(text) != text:
                        found.append((table, column, change(text), text))
            return found

        def work(db: sqlite3.Connection) -> None:
            for table, column, new, old in changes(db):
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))  # noqa: S608 - as above

        if not self._read(changes):
            return False
        self._write(work)
        return True

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self.file.read(work)
        except Busy:
            raise UnsignedBusy from None

    def _write(self, work: Callable[[sqlite3.Connection], object], *, grows: int = 0) -> None:
        try:
            self.file.write(work, grows=grows)
        except Busy:
            raise UnsignedBusy from None
        except Full:
            raise UnsignedFull from None


def _mark(key: bytes, who: str) -> bytes:
    return hmac.digest(key, who.encode(), hashlib.sha256)


def _found(db: sqlite3.Connection, round_id: str) -> tuple[bytes | None] | None:
    row: tuple[bytes | None] | None = db.execute("SELECT key FROM round WHERE id = ?", (round_id,)).fetchone()
    return row


def _known(db: sqlite3.Connection, round_id: str) -> bytes | None:
    """The round's key, None once it is closed. Raises NoSuchRound."""
    row = _found(db, round_id)
    if row is None:
        raise NoSuchRound
    return row[0]


def _open_key(db: sqlite3.Connection, round_id: str) -> bytes:
    key = _known(db, round_id)
    if key is None:
        raise RoundClosed
    return key


def _one(done: sqlite3.Cursor, refusal: type[Exception]) -> None:
    if done.rowcount == 0:
        raise refusal


def _size(text: str) -> int:
    """Bytes it takes. Raises Unfit."""
    size = len(text.encode())
    if size > LONGEST:
        raise Unfit
    return size


def _opinion(row: tuple[str, str, str, str, str, str]) -> Opinion:
    lookup, category, text, state, answer, week = row
    return Opinion(lookup, category, text, state, answer, date.fromisoformat(week))
