"""Put a backup back: into an empty database of either engine, in one transaction, each table compared by its checksum.

A backup carries the migration it was taken at: the tables are made as they were then, filled, compared, and brought
to this version by the same steps as everybody's.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from backups import manifest
from backups.faults import Damaged, Foreign, InUse, Newer, NotEmpty, NotOurs, Unfit, Unlike
from backups.manifest import Manifest, TableFile
from backups.rows import CHUNK, NotARow, Shape, fill, shape_of, summed
from backups.take import LEFT_OUT, Tell, file_of
from models import Base
from models.clock import Lease

LONGEST = 64 * 2**20  # bytes of a row; an attachment of 10 MB takes 14
HEADS = "alembic_version"
# What a database says of rows that are none of its table's; a full disk and the like are others.
_UNFIT = (IntegrityError, DataError, InterfaceError, ProgrammingError, OverflowError, UnicodeError)


@dataclass(frozen=True, slots=True)
class Back:
    """One table as it was put back."""

    name: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Steps:
    """The migrations of this version, and how the tables are brought to one of them."""

    known: set[str]
    migrate: Callable[[Connection, str], None]


def restore(db: Connection, folder: Path, said: Manifest, steps: Steps, *, replace: bool, tell: Tell) -> list[Back]:
    """Make the tables, fill them and compare; `replace` drops what is there.

    In the caller's transaction. Raises a BackupFault; then nothing may be committed.
    """
    if said.head not in steps.known:
        raise Newer(folder)
    _examined(folder, said)
    _cleared(db, replace=replace)
    steps.migrate(db, said.head)
    _same_tables(db, folder, said)
    back = [_filled(db, folder, one, tell) for one in said.tables]
    _number_on(db, said)
    steps.migrate(db, "head")
    return back


def _examined(folder: Path, said: Manifest) -> None:
    """What can be told of the files alone, before anything is touched. Raises Foreign, Damaged."""
    if any(one.name not in Base.metadata.tables or one.name in LEFT_OUT for one in said.tables):
        raise Foreign(folder / manifest.FILE)
    for one in said.tables:
        path = file_of(folder, one.shape)
        try:
            with os.fdopen(manifest.opened(path), "rb") as there:
                found = hashlib.file_digest(there, "sha256").hexdigest()
        except FileNotFoundError:
            raise Damaged(path) from None
        if found != one.sha256:
            raise Damaged(path)


def _cleared(db: Connection, *, replace: bool) -> None:
    """Leave no table of ours behind; rows are dropped only when told. Raises NotEmpty, NotOurs, InUse."""
    ours = {*Base.metadata.tables, HEADS}
    there = set(inspect(db).get_table_names())
    if there - ours:
        raise NotOurs(*sorted(there - ours))
    if not replace:
        full = [one for one in sorted(there - {HEADS, *LEFT_OUT, "clock_progress"}) if _has_rows(db, one)]
        if full:
            raise NotEmpty(*full)
    if Lease.__tablename__ in there:
        held = db.scalars(select(Lease.name).where(Lease.until > datetime.now(UTC)).order_by(Lease.name)).all()
        if held:
            raise InUse(*held)
    for one in there:
        db.execute(text(f'DROP TABLE "{one}"' + ("" if db.dialect.name == "sqlite" else " CASCADE")))


def _has_rows(db: Connection, table: str) -> bool:
    return bool(db.scalar(text(f'SELECT EXISTS (SELECT 1 FROM "{table}")')))  # noqa: S608 - a name of ours


def _same_tables(db: Connection, folder: Path, said: Manifest) -> None:
    """The backup has every table of its version with just its columns, and no other. Raises Foreign."""
    inspector = inspect(db)
    there = {
        name: {column["name"] for column in inspector.get_columns(name)}
        for name in set(inspector.get_table_names()) - {HEADS, *LEFT_OUT}
    }
    if there != {one.name: {name for name, _ in one.columns} for one in said.tables}:
        raise Foreign(folder / manifest.FILE)
    for one in said.tables:
        now = dict(shape_of(Base.metadata.tables[one.name]).columns)
        if any(now.get(name, kind) != kind for name, kind in one.columns):
            raise Foreign(folder / manifest.FILE)


def _filled(db: Connection, folder: Path, one: TableFile, tell: Tell) -> Back:
    """Raises Damaged, Unfit, Unlike."""
    shape, path = one.shape, file_of(folder, one.shape)
    try:
        with _in_any_order(db, one.name):
            fill(db, shape, _lines(path, one, tell))
    except NotARow:
        raise Damaged(path) from None
    except _UNFIT:
        raise Unfit(one.name) from None
    found = summed(db, shape)
    if (found.rows, found.checksum) != (one.rows, one.checksum):
        raise Unlike(one.name)
    return Back(one.name, found.rows, found.checksum)


@contextmanager
def _in_any_order(db: Connection, table: str) -> Iterator[None]:
    """A row may come before the one of its own table that it points to: PostgreSQL gives a changed row last.

    SQLite judges at the end anyhow. Raises IntegrityError, where a row points to none.
    """
    pointing: list[str] = []
    if db.dialect.name != "sqlite":
        keys = inspect(db).get_foreign_keys(table)
        pointing = [str(key["name"]) for key in keys if key["referred_table"] == table]
    for name in pointing:
        db.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED'))
    yield
    if pointing:
        db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for name in pointing:
        db.execute(text(f'ALTER TABLE "{table}" ALTER CONSTRAINT "{name}" NOT DEFERRABLE'))


def _lines(path: Path, one: TableFile, tell: Tell) -> Iterator[bytes]:
    """The lines of a table's file, as many as were said. Raises Damaged, Foreign."""
    rows = 0
    try:
        with os.fdopen(manifest.opened(path), "rb") as there, gzip.GzipFile("", "rb", fileobj=there) as packed:
            while line := packed.readline(LONGEST):
                rows += 1
                if not line.endswith(b"\n") or rows > one.rows:
                    raise Damaged(path)
                yield line[:-1]
                if rows % (20 * CHUNK) == 0:
                    tell(one.name, rows)
    except (EOFError, gzip.BadGzipFile, zlib.error, FileNotFoundError):
        raise Damaged(path) from None
    if rows != one.rows:
        raise Damaged(path)
    tell(one.name, rows)


def _number_on(db: Connection, said: Manifest) -> None:
    """The next rows are numbered behind those of the backup, and behind those that were deleted before it."""
    for one in said.tables:
        made = Base.metadata.tables[one.name]
        key = made.autoincrement_column
        if key is None or key.name not in dict(one.columns):
            continue
        if db.dialect.name == "sqlite":
            if made.dialect_options["sqlite"]["autoincrement"]:
                _number_sqlite(db, one)
        else:
            _number_postgresql(db, one.shape, key.name, one.next or 0)


def _number_sqlite(db: Connection, one: TableFile) -> None:
    """SQLite keeps count itself, but only from the rows it has seen."""
    highest = db.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :n"), {"n": one.name}) or 0
    db.execute(text("DELETE FROM sqlite_sequence WHERE name = :n"), {"n": one.name})
    values = {"n": one.name, "s": max(int(highest), one.next or 0)}
    db.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:n, :s)"), values)


def _number_postgresql(db: Connection, shape: Shape, key: str, last: int) -> None:
    sequence = db.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": f'"{shape.name}"', "c": key})
    highest = max(int(db.scalar(text(f'SELECT max("{key}") FROM "{shape.name}"')) or 0), last)  # noqa: S608 - our names
    if sequence and highest:
        db.execute(text("SELECT setval(to_regclass(:s), :n)"), {"s": sequence, "n": highest})
