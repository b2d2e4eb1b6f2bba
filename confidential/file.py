"""A SQLite file that tells nobody in which order its rows came, nor what was taken out of it.

Plain sqlite3, and every statement in sight: what matters here is which bytes are written where (docs/decisions/0045).
The folder is for us alone. After every write the file is *settled*: rewritten in the order of its random keys, what
was freed and the journal overwritten before they are given back, its times set to a constant.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LOCK_WITHIN = 10.0  # seconds a writer waits for the others
_PATIENCE = ContextVar("patience", default=LOCK_WITHIN)
CAP = 256 * 1024 * 1024  # bytes of the file; beyond it the desk says so and takes nothing
PAGE = 4096  # bytes
LONG_AGO = 946_684_800  # seconds: 2000-01-01, the time all files here show
FILLER = b"\xff" * 28  # begins the keys of rows that stand in for what was freed; sorts behind every other key
_LOOKS_EVERY = 0.005  # seconds
_PRAGMAS = (
    f"page_size={PAGE}",
    "journal_mode=PERSIST",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",  # else VACUUM copies the whole file into a temp folder
    "trusted_schema=OFF",
)


class Busy(Exception):
    """Others were writing for longer than LOCK_WITHIN, or than `impatient` allows."""


class Full(Exception):
    """The file is at its cap, or the disk is full."""


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """Within the block wait no longer than that for this process's others, and as long for other processes."""
    before = _PATIENCE.set(seconds)
    try:
        yield
    finally:
        _PATIENCE.reset(before)


@dataclass
class QuietFile:
    """One file of random keys; opened when first needed, for a worker must not inherit it from its starter.

    `tables` are CREATE TABLE … WITHOUT ROWID statements; the last one's first column is its random key, and its other
    columns take empty bytes. All methods may be called from any thread and from many processes.
    """

    path: Path
    tables: tuple[str, ...]
    filler: str  # INSERT of a filler row into the last table, (key, zeros)
    unfill: str  # DELETE of all filler rows, (FILLER,)
    cap: int = CAP
    _turn: threading.RLock = field(default_factory=threading.RLock)
    _held: bool = False
    _connection: sqlite3.Connection | None = None

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one look at the file. Raises Busy."""
        with self._mine(), _told():
            connection = self._open()
            connection.execute("BEGIN")
            try:
                return work(connection)
            finally:
                connection.execute("ROLLBACK")

    def write(self, work: Callable[[sqlite3.Connection], T], *, grows: int = 0) -> T:
        """Run `work` in one transaction, all of it or nothing, and settle. Raises Busy, Full, and what `work` raises.

        `grows` is about how many bytes it will add.
        """
        with self._mine(), self._alone(), _told():
            connection = self._open()
            if grows and self.size() + grows > self.cap:
                raise Full
            connection.execute("BEGIN IMMEDIATE")
            try:
                done = work(connection)
                self._fill(connection)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise
            self._rewrite(connection)
            return done

    def settle(self) -> None:
        """Settle once more, whether or not anything came: the file's ctime then tells of no message."""
        with self._mine(), self._alone(), _told():
            self._settle(self._open())

    def size(self) -> int:
        """Bytes of the file as SQLite counts them."""
        with self._mine(), _told():
            (pages,) = self._open().execute("PRAGMA page_count").fetchone()
            return int(pages) * PAGE

    def copy_to(self, *copies: Path) -> None:
        """Overwrite the copies in place, alike: a new file would leave the old one's bytes on the disk.

        Never by reading the file itself: closing it would let go of SQLite's locks on it.
        """
        with self._mine(), self._alone(), _told():
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                image = connection.serialize()
            finally:
                connection.execute("ROLLBACK")
            for copy in copies:
                there = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
                try:
                    before = os.fstat(there).st_size
                    _overwrite(there, image + bytes(max(0, before - len(image))))
                    os.ftruncate(there, len(image))
                    os.fsync(there)
                finally:
                    os.close(there)
                self._date(copy)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _mine(self) -> Iterator[None]:
        """The one connection of this process is for one thread at a time."""
        if not self._turn.acquire(timeout=_within()):
            raise Busy
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process writes and settles at a time: another's write in between would undo what settling relies on."""
        if self._held:  # flock would wait for ourselves
            yield
            return
        self._folder()
        lock, queue = self._beside("lock"), self._beside("queue")
        try:
            _wait_for(lock, queue)
            self._held = True
            try:
                yield
            finally:
                self._held = False
                fcntl.flock(lock, fcntl.LOCK_UN)
                if _somebody_waits(queue):  # and would find the lock taken again at each look
                    time.sleep(3 * _LOOKS_EVERY)
        finally:
            os.close(queue)
            os.close(lock)

    def _beside(self, what: str) -> int:
        return os.open(self.path.with_name(f"{self.path.name}.{what}"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _folder(self) -> None:
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)

    def _open(self) -> sqlite3.Connection:
        """The connection; the first time the tables are made, and what a killed process left behind is settled."""
        if self._connection is None:
            with self._alone():
                self._connection = self._opened()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        with suppress(FileExistsError):  # SQLite itself would let the umask decide who may read it
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        connection = sqlite3.connect(self.path, timeout=LOCK_WITHIN, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            for table in self.tables:
                connection.execute(table)
            self._settle(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _settle(self, connection: sqlite3.Connection) -> None:
        """VACUUM, VACUUM, with three things around them that the disk of a test image asked for.

        VACUUM cuts the file, and the journal keeps the tail of the longest transaction: both leave old pages in places
        that a later withdrawal cannot reach. So rows of zeros, which sort last, keep the first VACUUM from cutting
        anything; taken out, they leave zeros for the second one to cut; and the journal is zeroed before it is emptied.
        """
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(self.unfill, (FILLER,))  # of somebody who was killed here
        self._fill(connection)
        connection.execute("COMMIT")
        self._rewrite(connection)

    def _fill(self, connection: sqlite3.Connection) -> None:
        """In the transaction under way: rows of zeros for all that is free, and for what pages lose by splitting."""
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        rows = (free + 64 + pages // 32) // 16 + 1  # of 16 pages
        connection.executemany(
            self.filler, ((FILLER + number.to_bytes(4, "big"), bytes(16 * PAGE)) for number in range(rows))
        )

    def _rewrite(self, connection: sqlite3.Connection) -> None:
        connection.execute("VACUUM")
        connection.execute(self.unfill, (FILLER,))
        connection.execute("VACUUM")
        self._empty_journal(connection)
        for shown in (self.path, self.path.parent):
            self._date(shown)

    def _empty_journal(self, connection: sqlite3.Connection) -> None:
        """Zero the journal, then cut it; while we alone hold the file, nobody looks for anything in it."""
        connection.execute("BEGIN EXCLUSIVE")
        try:
            journal = os.open(f"{self.path}-journal", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _overwrite(journal, bytes(os.fstat(journal).st_size))
                os.ftruncate(journal, 0)
                os.fsync(journal)
            finally:
                os.close(journal)
            self._date(Path(f"{self.path}-journal"))
        finally:
            connection.execute("ROLLBACK")

    @staticmethod
    def _date(path: Path) -> None:
        os.utime(path, (LONG_AGO, LONG_AGO))


def _within() -> float:
    return min(LOCK_WITHIN, _PATIENCE.get())


def _wait_for(lock: int, queue: int) -> None:
    """Take the lock; who waits holds the queue's shared, so that it can be seen."""
    deadline = time.monotonic() + _within()
    fcntl.flock(queue, fcntl.LOCK_SH)
    try:
        while not _taken(lock):
            if time.monotonic() > deadline:
                raise Busy
            time.sleep(_LOOKS_EVERY)
    finally:
        fcntl.flock(queue, fcntl.LOCK_UN)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _somebody_waits(queue: int) -> bool:
    if _taken(queue):
        fcntl.flock(queue, fcntl.LOCK_UN)
        return False
    return True


def _overwrite(descriptor: int, content: bytes) -> None:
    """Write from the beginning and see it on the disk."""
    view, place = memoryview(content), 0
    while place < len(view):
        place += os.pwrite(descriptor, view[place : place + 2**20], place)
    os.fsync(descriptor)


@contextmanager
def _told() -> Iterator[None]:
    """SQLite's errors as ours; none carries a word of what was written."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = error.sqlite_errorcode & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise Busy from None
        if code == sqlite3.SQLITE_FULL:
            raise Full from None
        raise
