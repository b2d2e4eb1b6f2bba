"""The file that tells nobody: its settings, its schema, what lies on the disk after settling, withdrawing, dying."""

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from confidential.cases import Cases, Enrolled
from confidential.file import LONG_AGO, PAGE, Busy, Full, QuietFile
from confidential.keeper import Keeper, copy_of
from confidential.unsigned import UnsignedFile
from sealed.desk import NoSuchCase
from sealed.seal import SIZES
from tests.confidential.pieces import case, put
from tests.confidential.room import NOON, ZONE, Clock

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(rb"MARK\d{3}")
SCHEMA = {
    "handler": ["id", "key_file", "totp"],
    "matter": ["lookup", "submitter_key", "submitter_recipient", "desk", "week", "purge_week"],
    "message": ["id", "lookup", "ciphertext"],
}
UNSIGNED = {
    "opinion": ["lookup", "category", "text", "state", "answer", "week"],
    "round": ["id", "key"],
    "turnout": ["mark", "round"],
    "answer": ["ballot", "round", "body"],
}


def marks(content: bytes) -> Counter[bytes]:
    return Counter(MARK.findall(content))


def in_folder(folder: Path) -> Counter[bytes]:
    """All marks of every file below the folder but the database's own."""
    found: Counter[bytes] = Counter()
    for file in folder.rglob("*"):
        if file.is_file() and file.name != "cases.db":
            found += marks(file.read_bytes())
    return found


def columns(path: Path) -> dict[str, list[str]]:
    with sqlite3.connect(path) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master")]
        found = {table: [row[1] for row in db.execute(f"PRAGMA table_info({table})")] for table in tables}
        assert all("WITHOUT ROWID" in sql for (sql,) in db.execute("SELECT sql FROM sqlite_master"))
    db.close()
    return found


def test_the_files_have_these_tables_and_settings_and_nothing_else(tmp_path: Path) -> None:
    cases, unsigned = Cases(tmp_path / "desk" / "cases.db"), UnsignedFile(tmp_path / "desk" / "unsigned.db", ZONE)
    put(cases, 1)
    cases.enrol("zhang", Enrolled(b"file", b"box"))
    unsigned.submit("ab", "other", "字", NOON)
    for file, schema in ((cases.file, SCHEMA), (unsigned.file, UNSIGNED)):
        assert columns(file.path) == schema
        said = {
            name: file.read(lambda db, name=name: db.execute(f"PRAGMA {name}").fetchone()[0])  # type: ignore[misc]
            for name in ("journal_mode", "synchronous", "secure_delete", "temp_store", "page_size", "auto_vacuum")
        }
        assert said == {
            "journal_mode": "persist",
            "synchronous": 2,
            "secure_delete": 1,
            "temp_store": 2,
            "page_size": PAGE,
            "auto_vacuum": 0,
        }
        file.close()
    assert stat.S_IMODE((tmp_path / "desk").stat().st_mode) == 0o700
    for found in (tmp_path / "desk").iterdir():
        assert stat.S_IMODE(found.stat().st_mode) == 0o600
        assert not found.name.endswith(("-wal", "-shm"))
        if not found.name.endswith((".lock", ".queue")):  # made once, and never written
            assert found.stat().st_mtime == LONG_AGO
    assert (tmp_path / "desk" / "cases.db-journal").stat().st_size == 0


def test_the_order_of_arrival_is_in_no_byte(quick: Path) -> None:
    """The same cases in two orders make the same file, but for what is published: SQLite's count of writes."""
    images: list[bytes] = []
    for order in (range(12), reversed(range(12))):
        folder = quick / f"desk{len(images)}"
        cases = Cases(folder / "cases.db")
        for number in order:
            put(cases, number)
        cases.withdraw(case(5).lookup)
        put(cases, 5)
        image = bytearray((folder / "cases.db").read_bytes())
        for place in (24, 40, 92):  # file change counter, schema cookie, version-valid-for
            image[place : place + 4] = bytes(4)
        images.append(bytes(image))
        cases.file.close()
    assert images[0] == images[1]


def test_what_is_withdrawn_is_in_no_file_of_the_folder(quick: Path) -> None:
    cases = Cases(quick / "desk" / "cases.db")
    for number in range(8):
        put(cases, number, sorted(SIZES)[1] if number % 3 == 0 else min(SIZES))
    for number in (0, 4, 6):
        cases.withdraw(case(number).lookup)
        with pytest.raises(NoSuchCase):
            cases.case(case(number).lookup)
    left = set(marks((quick / "desk" / "cases.db").read_bytes()))
    assert left == {b"MARK%03d" % number for number in (1, 2, 3, 5, 7)}
    assert not in_folder(quick)
    cases.file.close()


@contextmanager
def disk(image: Path, at: Path) -> Iterator[None]:
    """A small file system of its own, mounted there; its image is the raw disk."""
    with image.open("wb") as file:
        file.truncate(48 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    at.mkdir()
    subprocess.run(["mount", "-o", "loop", image, at], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)  # a test that fails may have a file open there


def test_the_raw_disk_has_nothing_that_the_file_has_not(tmp_path: Path) -> None:
    """On an image of a disk where we may mount one; elsewhere the folder's files have to do."""
    desk = tmp_path / "disk"
    mounted = os.geteuid() == 0 and shutil.which("mkfs.ext4") is not None
    if mounted:
        try:
            with disk(tmp_path / "probe.img", desk):
                pass
        except subprocess.CalledProcessError:
            mounted = False
    if not mounted:
        work_on(tmp_path / "folder")
        return
    desk.rmdir()
    with disk(tmp_path / "disk.img", desk):
        kept = work_on(desk)
    stale = marks((tmp_path / "disk.img").read_bytes()) - kept
    assert not stale


def work_on(desk: Path) -> Counter[bytes]:
    """Cases of all sizes come and go; returns the marks that the file itself holds at the end."""
    cases = Cases(desk / "desk" / "cases.db")
    for number in range(30):
        put(cases, number, sorted(SIZES)[1] if number % 7 == 0 else min(SIZES))
    for number in (3, 7, 14, 20, 28, 29):
        cases.withdraw(case(number).lookup)
    for number in range(30, 36):
        put(cases, number)
    cases.file.close()
    os.sync()
    kept = marks((desk / "desk" / "cases.db").read_bytes())
    assert not in_folder(desk / "desk")
    return kept


# A real process that SQLite itself tells which statement comes next, and that is killed at one of the settling's.
DIES = """
import os, signal, sys
from pathlib import Path
from tests.confidential.pieces import Cases, case
cases, left = Cases(Path(sys.argv[1])), [int(sys.argv[2])]
def watch(statement):
    if statement.startswith(("DELETE FROM m", "COMMIT", "VACUUM", "BEGIN EX", "ROLLBACK")):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
cases.file.settle()
cases.file._connection.set_trace_callback(watch)
cases.withdraw(case(2).lookup)
"""


@pytest.mark.parametrize("steps", [2, 3, 4, 5, 6])
def test_killed_at_any_point_of_a_withdrawal_it_is_whole_and_settled_after_the_next_start(
    quick: Path, steps: int
) -> None:
    path = quick / "desk" / "cases.db"
    cases = Cases(path)
    for number in range(4):
        put(cases, number)
    cases.file.close()
    command = [sys.executable, "-c", DIES, str(path), str(steps)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    cases = Cases(path)
    there = {one.lookup for one in cases.cases("own")}
    assert there - {case(2).lookup} == {case(number).lookup for number in (0, 1, 3)}
    assert set(marks(path.read_bytes())) == {b"MARK%03d" % n for n in range(4) if case(n).lookup in there}
    assert not in_folder(quick)
    assert cases.file.read(lambda db: db.execute("SELECT count(*) FROM message").fetchone()) == (len(there),)
    cases.file.close()


WRITER = """
import sys
from pathlib import Path
from tests.confidential.pieces import Cases, put
cases = Cases(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 25):
    put(cases, number)
"""


def test_two_hundred_writes_of_eight_processes_all_stand(quick: Path) -> None:
    path = quick / "desk" / "cases.db"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, str(first)], cwd=ROOT, stderr=subprocess.PIPE)
        for first in range(0, 200, 25)
    ]
    assert [(one.communicate()[1], one.returncode) for one in writers] == [(b"", 0)] * 8
    cases = Cases(path)
    assert [one.lookup for one in cases.cases("own")] == sorted(case(number).lookup for number in range(200))
    cases.file.close()
    assert not in_folder(quick)


def test_who_waits_too_long_is_told_and_a_full_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confidential.file.LOCK_WITHIN", 0.05)
    table = ("CREATE TABLE IF NOT EXISTS t (id BLOB PRIMARY KEY, b BLOB) WITHOUT ROWID",)
    made = [
        QuietFile(
            tmp_path / "f" / "t.db", table, "INSERT INTO t VALUES (?, ?)", "DELETE FROM t WHERE id >= ?", cap=2**20
        )
        for _ in range(2)
    ]
    first, second = made
    first.settle()
    second.settle()

    def busy(_db: sqlite3.Connection) -> None:
        with pytest.raises(Busy):
            second.write(lambda db: db.execute("INSERT INTO t VALUES (x'01', x'')"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        first.write(busy)
    with pytest.raises(Full):
        first.write(lambda db: db.execute("INSERT INTO t VALUES (x'01', x'')"), grows=2**20)
    assert first.read(lambda db: db.execute("SELECT count(*) FROM t").fetchone()) == (0,)
    for one in made:
        one.close()


def test_the_keeper_copies_over_what_was_there_purges_and_lets_one_work(quick: Path) -> None:
    cases, clock = Cases(quick / "desk" / "cases.db"), Clock()
    keeper, other = (Keeper((cases.file,), clock, ZONE) for _ in range(2))
    for number in range(3):
        put(cases, number)
    assert keeper.round()
    nightly, weekly = (copy_of(cases.file.path, name) for name in ("nightly", "weekly"))
    before = nightly.stat().st_ino
    cases.withdraw(case(1).lookup)
    assert keeper.round()
    assert b"MARK001" in marks(nightly.read_bytes())  # by day the copy stays as it is
    clock.now = NOON.astimezone(ZONE).replace(hour=3, minute=4)
    assert keeper.round()
    assert set(marks(nightly.read_bytes())) == {b"MARK000", b"MARK002"}
    assert b"MARK001" in marks(weekly.read_bytes())
    clock.on(days=(6 - clock.now.weekday()) % 7)
    assert keeper.round()
    assert weekly.read_bytes() == nightly.read_bytes() == cases.file.read(lambda db: db.serialize())
    assert nightly.stat().st_ino == before
    assert nightly.stat().st_mtime == LONG_AGO
    with keeper._alone() as alone:
        assert alone
        assert not other.round()
    cases.file.close()
