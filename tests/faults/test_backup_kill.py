"""Kill -9 in the middle of a backup and of putting it back: nothing half looks whole, and once more does it."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from backups.take import whole
from tests.engines import eventually, migrated_sqlite
from tests.faults.installed import Installation, Process

ROWS = 30_000
FILL = """INSERT INTO wrong_code WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
          SELECT printf('%032d', i), hex(randomblob(16)), '2026-11-25 02:00:00.000000' FROM n"""


def killed(process: Process) -> None:
    assert process.poll() is None, "the kill comes in the middle"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_backup_and_a_restore_killed_half_way_leave_nothing_that_looks_whole(installed: Installation) -> None:
    migrated_sqlite(installed.home)
    file, shelf = installed.home / "var" / "zhibu.db", installed.home / "shelf"
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(FILL, (ROWS,))

    process = installed.start("backup", str(shelf), "--no-check")
    eventually(lambda: list(shelf.glob(".*.part/tables/wrong_code.jsonl.gz")), what="the long table")
    killed(process)
    assert whole(shelf) == []
    assert installed.zhibu("backup", str(shelf), "--no-check").returncode == 0
    assert len(whole(shelf)) == 1
    assert not list(shelf.glob(".*.part"))

    for left in file.parent.glob("zhibu.db*"):
        left.unlink()
    log = Path(f"{file}-wal")
    process = installed.start("restore", str(shelf))
    eventually(lambda: log.exists() and log.stat().st_size > 2**20, what="half of it")
    killed(process)
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    done = installed.zhibu("restore", str(shelf))
    assert done.returncode == 0, done.stderr
    assert f"wrong_code      {ROWS:>6}" in done.stdout
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT count(*) FROM wrong_code").fetchone() == (ROWS,)
