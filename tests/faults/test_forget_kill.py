"""Kill -9 between the commit of a deletion and its last search of Redis: the same words typed once more finish it."""

import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

import cli
from engines import sql
from engines.redis import connect, ensure_redis, leave
from models.member import Identity
from services import rosters
from services.forgetting import NOTE
from services.rosters import Entry
from tests.engines import eventually, migrated_sqlite
from tests.faults.installed import Installation
from texts.backup import FORGOTTEN

NAME, PHONE, OPENID = "欧阳金丝雀", "13900007531", "oJinSiQue"


def test_a_deletion_killed_after_its_commit_is_finished_by_the_same_command(
    installed: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated_sqlite(installed.home)
    engine = sql.open_engine("", installed.home)

    def seed(db: Session) -> None:
        member = rosters.take(db, Entry(name=NAME, phone=PHONE), {}).member
        db.add(Identity(app_id="wx", openid=OPENID, member_id=member.id, seen_at=datetime.now(UTC)))

    sql.run(engine, seed)
    engine.dispose()
    store = connect(ensure_redis(installed.home))
    note, file = installed.home / "var" / NOTE, installed.home / "var" / "zhibu.db"
    with closing(sqlite3.connect(file)) as looking, closing(sqlite3.connect(file, isolation_level=None)) as reading:
        reading.execute("BEGIN")  # somebody reads on: the file cannot be rewritten, and the command waits for that
        reading.execute("SELECT count(*) FROM member").fetchone()
        process = installed.start("forget", NAME, "--yes")
        eventually(
            lambda: looking.execute("SELECT 1 FROM member WHERE name = ?", (FORGOTTEN,)).fetchone(),
            within=60,
            what="the commit",
        )
        store.set(f"zhibu:wx:talk:{OPENID}", "a turn that was under way")
        assert process.poll() is None, "the kill comes in the middle"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        reading.execute("COMMIT")
    assert store.keys(f"*{OPENID}")
    assert note.stat().st_mode & 0o077 == 0

    monkeypatch.setenv("ZHIBU_HOME", str(installed.home))

    def types(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return cli.main(["--config", str(installed.config), *words]), capsys.readouterr().out

    _, told = types("doctor")
    assert "zhibu forget" in told
    code, told = types("forget", NAME, "--yes")
    assert (code, "上次已经删除" in told) == (0, True)
    assert store.keys("*") == []
    for left in (installed.home / "var").rglob("*"):
        content = left.read_bytes() if left.is_file() else b""
        assert not [one for one in (NAME, PHONE, OPENID) if one.encode() in content], left
    assert not note.exists()
    _, told = types("doctor")
    assert "zhibu forget" not in told
    assert types("forget", NAME, "--yes")[0] == 1, "nobody of that name is known any more"
    store.close()
    leave(installed.home)
