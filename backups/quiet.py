"""The files that tell no order (来信, 不署名意见): one copy a shelf, overwritten in place, and put back row by row.

Two dated copies of such a file, compared, tell what came in between, and an old one keeps what was withdrawn
(docs/threat-model.md). So the backup renews the nightly copy and lays the same bytes on the shelf, over the last ones:
whoever holds both learns no more than from the nightly copy.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from backups.faults import Damaged
from backups.manifest import opened
from confidential.file import QuietFile
from confidential.keeper import copy_of

FOLDER = "quiet"


def take(files: Mapping[str, QuietFile], shelf: Path) -> None:
    """Copy each file to the shelf under its name, and read the copies. Raises Damaged."""
    folder = shelf / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, file in files.items():
        nightly = copy_of(file.path, "nightly")
        nightly.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.copy_to(nightly, folder / name)
        check(file, folder / name)


def check(file: QuietFile, copy: Path) -> None:
    """The copy is a whole file of this kind: whoever was killed while overwriting it has left half. Raises Damaged."""
    with _rows(copy, file):
        pass


def give(file: QuietFile, copy: Path, *, replace: bool) -> bool:
    """Put the copy's rows into the file, all or none; False where it has rows of its own and is left as it is.

    What has rows is newer than the copy: letters have come, and others were withdrawn. `replace` drops them.
    Raises Damaged.
    """
    with _rows(copy, file) as there:

        def work(db: sqlite3.Connection) -> bool:
            if not replace and any(_count(db, table) for table in _tables(file)):
                return False
            for table in _tables(file):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of ours, here and below
                inserted, marks = 0, ""
                for row in there.execute(f"SELECT * FROM {table}"):  # noqa: S608
                    marks = marks or ", ".join("?" * len(row))
                    inserted += db.execute(f"INSERT INTO {table} VALUES ({marks})", row).rowcount  # noqa: S608
                if inserted != _count(there, table):
                    raise Damaged(copy)
            return True

        try:
            return file.write(work)
        except sqlite3.DatabaseError:
            raise Damaged(copy) from None


@contextmanager
def _rows(copy: Path, file: QuietFile) -> Iterator[sqlite3.Connection]:
    """The copy, opened to be read, if it is a whole file with just our tables. Raises Damaged, Foreign."""
    os.close(opened(copy))
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as there:
        try:
            there.execute("PRAGMA trusted_schema=OFF")
            there.execute("PRAGMA cell_size_check=ON")
            whole = there.execute("PRAGMA quick_check").fetchall() == [("ok",)]
            made = {(kind, name) for kind, name in there.execute("SELECT type, name FROM sqlite_schema")}
        except sqlite3.DatabaseError:
            raise Damaged(copy) from None
        if not whole or made != {("table", name) for name in _tables(file)}:
            raise Damaged(copy)
        yield there


def _tables(file: QuietFile) -> list[str]:
    return [statement.split("EXISTS ")[1].split()[0] for statement in file.tables]


def _count(db: sqlite3.Connection, table: str) -> int:
    (found,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return int(found)
