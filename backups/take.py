"""Take a backup while the branch goes on: one look at the database, written under another name until it is whole.

On a shelf (the folder named to `zhibu backup`) each backup is a folder of its own, named by its time; what must not
pile up, the files of the confidential desk, lies there once (quiet.py).
"""

import fcntl
import gzip
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from sqlalchemy import Connection, Table, text

from backups import manifest
from backups.faults import NoBackup, Taken, TooOften
from backups.manifest import TableFile
from backups.rows import Shape, Sum, lines, shape_of
from models import Base

LEFT_OUT: Mapping[str, str] = {
    "lease": "says which processes run, here and now",
    "scheduler_job": "is made anew by the clock; its rows are pickled, and a foreign one would be run",
}
_NAMED = re.compile(r"\d{4}-\d\d-\d\dT\d{6}")  # as manifest.NAME has it: whatever else lies there is not ours
UNFINISHED = ".part"  # ends the name of a folder that is not whole yet
Tell = Callable[[str, int], None]  # a table, and how many of its rows are done


@contextmanager
def shelf(folder: Path) -> Iterator[None]:
    """The folder is ours while a backup is taken; what somebody killed half way has left is cleared away.

    Raises Taken, where another backup is being taken there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Taken(folder) from None
    try:
        for left in folder.glob(f".*{UNFINISHED}"):
            if _NAMED.fullmatch(left.name.removeprefix(".").removesuffix(UNFINISHED)):
                shutil.rmtree(left)
        yield
    finally:
        os.close(lock)


@contextmanager
def unfinished(folder: Path, taken_at: datetime) -> Iterator[tuple[Path, Path]]:
    """A new folder on the shelf to write into, and the name it gets when the block ends well. Raises TooOften."""
    whole = folder / taken_at.astimezone(UTC).strftime(manifest.NAME)
    if whole.exists():
        raise TooOften(whole)
    part = folder / f".{whole.name}{UNFINISHED}"
    part.mkdir(mode=0o700)
    try:
        yield part, whole
        part.rename(whole)
        _synced(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def tables(db: Connection, into: Path, tell: Tell) -> tuple[TableFile, ...]:
    """Write every table that is of the branch, parents first, one file each."""
    (into / "tables").mkdir(mode=0o700)
    numbers = _numbers(db)
    return tuple(
        _table(db, made, into, numbers.get(made.name), tell)
        for made in Base.metadata.sorted_tables
        if made.name not in LEFT_OUT
    )


def _table(db: Connection, made: Table, into: Path, number: int | None, tell: Tell) -> TableFile:
    shape = shape_of(made)
    counted = Sum()
    with manifest.private(file_of(into, shape)) as out:
        hashed = _Hashed(out)
        with gzip.GzipFile("", "wb", compresslevel=1, fileobj=cast("BinaryIO", hashed), mtime=0) as packed:
            for line in lines(db, shape):
                counted.add(line)
                packed.write(line + b"\n")
                if counted.rows % 10_000 == 0:
                    tell(shape.name, counted.rows)
    tell(shape.name, counted.rows)
    return TableFile(
        name=shape.name,
        columns=shape.columns,
        rows=counted.rows,
        checksum=counted.checksum,
        sha256=hashed.digest.hexdigest(),
        next=number,
    )


def file_of(folder: Path, shape: Shape) -> Path:
    """Where a table's rows are."""
    return folder / "tables" / f"{shape.name}.jsonl.gz"


def newest(folder: Path) -> Path:
    """The newest whole backup of a shelf, or the folder itself where it is one. Raises NoBackup."""
    if (folder / manifest.FILE).exists():
        return folder
    found = whole(folder)
    if not found:
        raise NoBackup(folder)
    return found[-1]


def whole(folder: Path) -> Sequence[Path]:
    """The backups of a shelf, oldest first."""
    found = (one.parent for one in folder.glob(f"[0-9]*/{manifest.FILE}"))
    return sorted(one for one in found if _NAMED.fullmatch(one.name) and not one.is_symlink())


def prune(folder: Path, keep: int, made: Path) -> int:
    """Delete the oldest backups until `keep` are left; returns how many went.

    `made` has just been written: it stays, also where the clock was put back and it looks like the oldest.
    """
    old = [one for one in whole(folder)[:-keep] if one != made]
    for one in old:
        gone = folder / f".{one.name}{UNFINISHED}"  # so that a half-deleted one never looks whole
        one.rename(gone)
        shutil.rmtree(gone)
    return len(old)


def _numbers(db: Connection) -> dict[str, int]:
    """By table, the last number given, where the database keeps count: it may be above the highest row's."""
    if db.dialect.name == "sqlite":
        return {name: int(last) for name, last in db.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    found = {}
    for made in Base.metadata.sorted_tables:
        key = made.autoincrement_column
        if key is None:
            continue
        sequence = db.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": f'"{made.name}"', "c": key.name})
        if sequence:
            last = db.scalar(text("SELECT pg_sequence_last_value(to_regclass(:s))"), {"s": sequence})
            found[made.name] = int(last or 0)
    return found


class _Hashed:
    """A file that hashes what is written to it."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.digest = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.digest.update(content)
        return self._out.write(content)

    def flush(self) -> None:
        self._out.flush()


def _synced(folder: Path) -> None:
    there = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(there)
    finally:
        os.close(there)
