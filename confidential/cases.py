"""The desk's file: handlers, matters, messages, and nothing else; what may be done to them in one transaction each.

What is absent is the point: no number in order, state, category, person, branch, channel, exact time, count or sender.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from confidential.file import CAP, Busy, Full, QuietFile
from sealed.desk import Case, CaseExists, CaseFull, DeskBusy, DeskFull, NewCase, NoSuchCase, Piece, WrongSize
from sealed.seal import SIZES, message_id, well_formed

T = TypeVar("T")
HANDLER = """CREATE TABLE IF NOT EXISTS handler (
    id TEXT PRIMARY KEY, key_file BLOB NOT NULL, totp BLOB NOT NULL
) WITHOUT ROWID"""
MATTER = """CREATE TABLE IF NOT EXISTS matter (
    lookup BLOB PRIMARY KEY, submitter_key TEXT NOT NULL, submitter_recipient TEXT NOT NULL,
    desk TEXT NOT NULL, week TEXT NOT NULL, purge_week TEXT
) WITHOUT ROWID"""
MESSAGE = """CREATE TABLE IF NOT EXISTS message (
    id BLOB PRIMARY KEY, lookup BLOB NOT NULL, ciphertext BLOB NOT NULL
) WITHOUT ROWID"""
CASE = 8 * 1024 * 1024  # bytes of a case
ANSWERS = 4 * 1024 * 1024  # bytes that handlers may go beyond: a full case can still be answered
LETTERS = 256 * 1024  # bytes of text by one submitter; beyond it a case counts with the large ones
SLACK = 512 * 1024  # bytes for what sealing adds: two of 4 MiB are 8 MiB
KEPT_CLOSED = timedelta(days=180)


def monday(day: date) -> date:
    """The Monday of that day's week: the only time a case has."""
    return day - timedelta(days=day.weekday())


def purge_week(day: date) -> date:
    """The Monday from which on a case closed on that day is gone: the first one 180 days later."""
    return monday(day + KEPT_CLOSED + timedelta(days=6))


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What is kept of a handler: the key file as the page wrote it, and what the server sealed for itself."""

    key_file: bytes
    totp: bytes


class Cases:
    """All that is kept of cases. Every method may raise DeskBusy; those that add, DeskFull."""

    def __init__(self, path: Path, cap: int = CAP) -> None:
        self.file = QuietFile(
            path,
            (HANDLER, MATTER, MESSAGE),
            filler="INSERT INTO message VALUES (?, x'', ?)",
            unfill="DELETE FROM message WHERE id >= ?",
            cap=cap,
        )

    def submit(self, new: NewCase, messages: Sequence[bytes], day: date) -> bool:
        """A case with all its messages, or nothing; there already with the same messages, nothing changes.

        Tells whether it is new. Raises CaseExists, CaseFull, WrongSize.
        """
        lookup = bytes.fromhex(new.lookup)
        _fit(messages)

        def there(db: sqlite3.Connection) -> bool:
            found = _matter(db, lookup)
            if found is None:
                return False
            if (found.submitter_key, found.submitter_recipient, found.desk) != (
                new.submitter_key,
                new.submitter_recipient,
                new.desk,
            ) or not {message_id(one) for one in messages} <= {piece.id for piece in found.messages}:
                raise CaseExists
            return True

        def work(db: sqlite3.Connection) -> bool:
            if there(db):
                return False
            db.execute(
                "INSERT INTO matter VALUES (?, ?, ?, ?, ?, NULL)",
                (lookup, new.submitter_key, new.submitter_recipient, new.desk, monday(day).isoformat()),
            )
            _put(db, lookup, messages, CASE)
            return True

        if self._read(there):  # sent again, by whomever: nothing is rewritten for it
            return False
        self._roomy(messages, ())
        return self._grow(work, messages)

    def add(self, lookup: str, messages: Sequence[bytes], *, desk: str | None = None) -> None:
        """Messages for a case, all or none; those it has already are left as they are.

        Without `desk` they are the submitter's, and a closed case is open again; with it a handler's of that desk.
        Raises NoSuchCase, CaseFull, CaseExists (a message is another case's), WrongSize.
        """
        key = bytes.fromhex(lookup)
        _fit(messages)

        def new(found: Case) -> list[bytes]:
            there = {piece.id for piece in found.messages}
            return [one for one in messages if message_id(one) not in there]

        def work(db: sqlite3.Connection) -> None:
            more = new(_known(db, key, desk))
            _put(db, key, more, CASE + (ANSWERS if desk else 0))
            if more and desk is None:
                db.execute("UPDATE matter SET purge_week = NULL WHERE lookup = ?", (key,))

        found = self.case(lookup, desk=desk)
        if new(found):
            self._roomy(messages, () if desk else found.messages)
            self._grow(work, messages)

    def case(self, lookup: str, *, desk: str | None = None) -> Case:
        """What is kept of a case; with `desk` only where it is that desk's. Raises NoSuchCase."""
        return self._read(lambda db: _known(db, bytes.fromhex(lookup), desk))

    def cases(self, desk: str) -> list[Case]:
        """All cases of a desk, by lookup."""

        def work(db: sqlite3.Connection) -> list[Case]:
            pieces: dict[bytes, list[Piece]] = {}
            for message, lookup, size in db.execute("SELECT id, lookup, length(ciphertext) FROM message ORDER BY id"):
                pieces.setdefault(lookup, []).append(Piece(message.hex(), size))
            matters = db.execute("SELECT * FROM matter WHERE desk = ? ORDER BY lookup", (desk,)).fetchall()
            return [_case(row, pieces.get(row[0], ())) for row in matters]

        return self._read(work)

    def messages(self, lookup: str, ids: Sequence[str]) -> dict[str, bytes]:
        """The ciphertexts of those of the ids that the case has, by id. Raises NoSuchCase."""

        def work(db: sqlite3.Connection) -> dict[str, bytes]:
            have = {piece.id for piece in _known(db, bytes.fromhex(lookup), None).messages}
            return {one: _ciphertext(db, one) for one in sorted(have & set(ids))}

        return self._read(work)

    def of_desk(self, desk: str, ids: Sequence[str], most: int) -> dict[str, tuple[str, bytes]] | None:
        """(lookup, ciphertext) of those of the ids that are the desk's, by id; None beyond `most` bytes."""
        chosen = (
            "SELECT m.lookup, m.ciphertext FROM message m JOIN matter t ON t.lookup = m.lookup"
            " WHERE m.id = ? AND t.desk = ?"
        )

        def work(db: sqlite3.Connection) -> dict[str, tuple[str, bytes]] | None:
            found: dict[str, tuple[str, bytes]] = {}
            size = 0
            for one in sorted(set(ids)):
                row = db.execute(chosen, (bytes.fromhex(one), desk)).fetchone()
                if row is None:
                    continue
                size += len(row[1])
                if size > most:
                    return None
                found[one] = (row[0].hex(), row[1])
            return found

        return self._read(work)

    def withdraw(self, lookup: str) -> None:
        """Delete all rows of the lookup. Raises NoSuchCase."""
        key = bytes.fromhex(lookup)

        def work(db: sqlite3.Connection) -> None:
            _known(db, key, None)
            _delete(db, key)

        self._write(work)

    def close(self, desk: str, lookups: Sequence[str], day: date) -> None:
        """Cases of the desk are closed on that day, all or none; one that is closed keeps its week. NoSuchCase."""

        def work(db: sqlite3.Connection) -> None:
            for lookup in lookups:
                closed = db.execute(
                    "UPDATE matter SET purge_week = ifnull(purge_week, ?) WHERE lookup = ? AND desk = ?",
                    (purge_week(day).isoformat(), bytes.fromhex(lookup), desk),
                )
                if not closed.rowcount:
                    raise NoSuchCase

        self._write(work)

    def purge(self, day: date) -> int:
        """Delete the cases whose purge week has come; returns how many."""
        due = "SELECT lookup FROM matter WHERE purge_week <= ?"
        week = (monday(day).isoformat(),)

        def work(db: sqlite3.Connection) -> int:
            db.execute(f"DELETE FROM message WHERE lookup IN ({due})", week)  # noqa: S608 - the words above
            return db.execute("DELETE FROM matter WHERE purge_week <= ?", week).rowcount

        return self._write(work) if self._read(lambda db: db.execute(due, week).fetchone()) else 0

    def enrol(self, handler: str, enrolled: Enrolled) -> None:
        """Keep what a handler needs to log in, in place of what was kept before."""
        self._write(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO handler VALUES (?, ?, ?)", (handler, enrolled.key_file, enrolled.totp)
            )
        )

    def spend(self, handler: str, box: bytes, rest: bytes) -> bool:
        """Put what is left of a handler's second step in its place; False when the box is another one meanwhile."""
        left = "UPDATE handler SET totp = ? WHERE id = ? AND totp = ?"
        return self._write(lambda db: db.execute(left, (rest, handler, box)).rowcount) > 0

    def enrolled(self, handler: str) -> Enrolled | None:
        """What is kept of a handler."""
        row = self._read(
            lambda db: db.execute("SELECT key_file, totp FROM handler WHERE id = ?", (handler,)).fetchone()
        )
        return None if row is None else Enrolled(*row)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self.file.read(work)
        except Busy:
            raise DeskBusy from None

    def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self.file.write(work)
        except Busy:
            raise DeskBusy from None
        except Full:
            raise DeskFull from None

    def _roomy(self, messages: Sequence[bytes], there: Sequence[Piece]) -> None:
        """Pictures, and text by the heap, leave half of the file to letters: a few senders silence nobody."""
        sizes = [*map(len, messages), *(piece.size for piece in there)]
        letter = min(SIZES.values())
        large = max(map(len, messages)) > letter or sizes.count(letter) * letter > LETTERS
        try:
            if large and self.file.size() + sum(map(len, messages)) > self.file.cap // 2:
                raise DeskFull
        except Busy:
            raise DeskBusy from None

    def _grow(self, work: Callable[[sqlite3.Connection], T], messages: Sequence[bytes]) -> T:
        try:
            return self.file.write(work, grows=sum(map(len, messages)))
        except Busy:
            raise DeskBusy from None
        except Full:
            raise DeskFull from None


def _fit(messages: Sequence[bytes]) -> None:
    if not messages or not all(map(well_formed, messages)):
        raise WrongSize


def _put(db: sqlite3.Connection, lookup: bytes, messages: Sequence[bytes], limit: int) -> None:
    (has,) = db.execute("SELECT total(length(ciphertext)) FROM message WHERE lookup = ?", (lookup,)).fetchone()
    if has + sum(map(len, messages)) > limit + SLACK:
        raise CaseFull
    try:
        db.executemany(
            "INSERT INTO message VALUES (?, ?, ?)",
            [(bytes.fromhex(message_id(one)), lookup, one) for one in messages],
        )
    except sqlite3.IntegrityError:
        raise CaseExists from None


def _known(db: sqlite3.Connection, lookup: bytes, desk: str | None) -> Case:
    found = _matter(db, lookup)
    if found is None or desk not in (None, found.desk):
        raise NoSuchCase
    return found


def _matter(db: sqlite3.Connection, lookup: bytes) -> Case | None:
    row = db.execute("SELECT * FROM matter WHERE lookup = ?", (lookup,)).fetchone()
    if row is None:
        return None
    listed = "SELECT id, length(ciphertext) FROM message WHERE lookup = ? ORDER BY id"
    return _case(row, [Piece(message.hex(), size) for message, size in db.execute(listed, (lookup,))])


def _case(row: tuple[bytes, str, str, str, str, str | None], pieces: Sequence[Piece]) -> Case:
    lookup, key, recipient, desk, week, purge = row
    purged = date.fromisoformat(purge) if purge else None
    return Case(lookup.hex(), key, recipient, desk, date.fromisoformat(week), purged, tuple(pieces))


def _ciphertext(db: sqlite3.Connection, message: str) -> bytes:
    (found,) = db.execute("SELECT ciphertext FROM message WHERE id = ?", (bytes.fromhex(message),)).fetchone()
    assert isinstance(found, bytes)
    return found


def _delete(db: sqlite3.Connection, lookup: bytes) -> None:
    db.execute("DELETE FROM message WHERE lookup = ?", (lookup,))
    db.execute("DELETE FROM matter WHERE lookup = ?", (lookup,))
