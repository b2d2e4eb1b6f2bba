"""`zhibu backup` and `zhibu restore`: everything comes back the same, on either engine, or a sentence says why not."""

import fcntl
import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text

from backups import quiet
from backups.config import without_secrets
from backups.faults import Damaged
from backups.give import HEADS
from backups.rows import shape_of, summed
from backups.take import prune, shelf, whole
from commands.keeping import _handlers_back
from confidential.unsigned import UnsignedFile
from engines import sql
from engines.locks import hold
from models import Base
from models.clock import Lease
from models.org import Org, OrgKind
from sealed.handlerlist import HandlerList, sign
from sealed.keys import SigningKey, to_text
from settings import load
from tests.branch import ROOT
from tests.engines import Database, Postgres, opened
from tests.services import every_table
from tests.services.operator import Operator, at

LOOKUP = "a" * 64
# Comes before the branch it belongs to, as it does out of a PostgreSQL whose branch was renamed after.
ABOVE = every_table.NUMBER
GROUP = {"id": ABOVE - 1, "public_id": "g", "kind": OrgKind.GROUP, "parent_id": ABOVE, "name": "第一党小组"}
LONG_PAST, FAR_OFF = datetime(2026, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
NOT_MOVED = {"lease", "scheduler_job"}  # of running processes; everything else is of the branch


class Install(Protocol):
    def __call__(self, engine: str, *, migrated: bool = False) -> tuple[Operator, Database]: ...


@pytest.fixture
def install(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Install]:
    """Make a new installation with an empty folder and an empty database of that engine."""
    with ExitStack() as open_:

        def install(engine: str, *, migrated: bool = False) -> tuple[Operator, Database]:
            home = tmp_path / f"home{len(list(tmp_path.iterdir()))}"
            home.mkdir()
            url = ""
            if engine == "postgresql":
                server: Postgres = request.getfixturevalue("pg_server")
                url = server.url(server.create(request.getfixturevalue("_pg_template") if migrated else "template1"))
            elif migrated:
                (home / "var").mkdir()
                shutil.copy(request.getfixturevalue("_sqlite_template"), home / "var" / "zhibu.db")
            database = open_.enter_context(opened(url, home))
            return at(database, redis_url, capsys, monkeypatch), database

        yield install


def filled(install: Install, engine: str) -> tuple[Operator, Database]:
    """One with a row in every table, an unsigned opinion and a number given to a round that was dropped."""
    operator, database = install(engine, migrated=True)
    with sql.rebuilding(database.engine) as db:
        every_table.fill(db)
        db.execute(insert(Org).values(GROUP))
        if engine == "sqlite":
            db.execute(text("UPDATE sqlite_sequence SET seq = 99 WHERE name = 'round'"))
        else:
            db.execute(text("SELECT setval(pg_get_serial_sequence('round', 'id'), 99)"))
    zone = load(operator.home / "config.yaml", operator.environment).zone
    unsigned = UnsignedFile(operator.home / "var" / "confidential" / "unsigned.db", zone)
    unsigned.submit(LOOKUP, "work", "请多讲讲", datetime(2026, 11, 25, tzinfo=UTC))
    unsigned.file.close()
    return operator, database


def sums(database: Database) -> dict[str, tuple[int, str]]:
    with sql.snapshot(database.engine) as db:
        found = {made.name: summed(db, shape_of(made)) for made in Base.metadata.sorted_tables}
    return {name: (one.rows, one.checksum) for name, one in found.items() if name not in NOT_MOVED}


@pytest.mark.parametrize(("here", "there"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_everything_moves_from_one_engine_to_the_other(install: Install, tmp_path: Path, here: str, there: str) -> None:
    before, old = filled(install, here)
    before.types("backup", tmp_path / "shelf").done()
    after, new = install(there)
    told = after.types("restore", tmp_path / "shelf").done().out

    assert all(rows > 0 for rows, _ in sums(old).values()), "a table that every_table.py leaves empty proves nothing"
    assert sums(new) == sums(old)
    for name, (rows, checksum) in sums(old).items():
        assert f"{name:<16}{rows:>6}  {checksum[:16]}  一致" in told
    kept = sqlite3.connect(after.home / "var" / "confidential" / "unsigned.db")
    assert kept.execute("SELECT lookup, text FROM opinion").fetchall() == [(LOOKUP, "请多讲讲")]
    kept.close()
    with sql.rebuilding(new.engine) as db:
        number = db.execute(
            insert(Org).values(public_id="x", kind=OrgKind.GROUP, name="第九党小组")
        ).inserted_primary_key
        assert number == (every_table.NUMBER + 1,)
        made = {**every_table.row(Base.metadata.tables["round"]), "public_id": "y"}
        del made["id"]
        number = db.execute(Base.metadata.tables["round"].insert(), made).inserted_primary_key
        assert number == (100,), "no number is given twice, not even a dropped round's"


def test_a_backup_is_private_keeps_no_secret_and_does_not_pile_up_what_must_be_forgotten(
    install: Install, tmp_path: Path
) -> None:
    operator, _ = filled(install, "sqlite")
    shelf = tmp_path / "shelf"
    operator.types("backup", shelf).done()
    (first,) = whole(shelf)
    for file in [shelf, *shelf.rglob("*")]:
        assert not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), file
    config = (first / "config.yaml").read_text("utf-8")
    settings = load(operator.home / "config.yaml", operator.environment)
    assert settings.wechat.official_account.app_secret not in config
    assert settings.redis.url not in config
    assert "branch" in config

    older = shelf / "2020-01-01T000000"
    first.rename(older)
    (shelf / ".2021-01-01T000000.part").mkdir()  # somebody was killed here
    operator.types("backup", shelf, "--keep", "1").done()
    (kept,) = whole(shelf)
    assert kept != older
    assert sorted(one.name for one in shelf.iterdir()) == [".lock", kept.name, quiet.FOLDER]
    assert sorted(one.name for one in (shelf / quiet.FOLDER).iterdir()) == ["cases.db", "unsigned.db"]
    operator.types("backup", shelf, "--keep", "0").refused("--keep")


def test_what_is_wrong_with_a_backup_is_told_and_nothing_is_put_back(install: Install, tmp_path: Path) -> None:
    operator, _ = filled(install, "sqlite")
    shelf = tmp_path / "shelf"
    operator.types("backup", shelf, "--no-check").done()
    (good,) = whole(shelf)
    fresh, empty = install("sqlite")

    def spoilt(name: str, spoil: Callable[[Path], object]) -> Path:
        bad = tmp_path / "bad" / name
        shutil.copytree(good, bad)
        spoil(bad)
        return bad

    def says(**changed: object) -> Callable[[Path], object]:
        def spoil(bad: Path) -> None:
            said = json.loads((bad / "manifest.json").read_text("utf-8"))
            (bad / "manifest.json").write_text(json.dumps({**said, **changed}), "utf-8")

        return spoil

    def member(content: bytes, *, signed: bool = False) -> Callable[[Path], object]:
        def spoil(bad: Path) -> None:
            (bad / "tables" / "member.jsonl.gz").write_bytes(content)
            if signed:
                digest = hashlib.sha256(content).hexdigest()
                says(tables=[{**one, "sha256": digest} if one["name"] == "member" else one for one in said["tables"]])(
                    bad
                )

        return spoil

    packed = (good / "tables" / "member.jsonl.gz").read_bytes()
    said = json.loads((good / "manifest.json").read_text("utf-8"))
    strange = {**said["tables"][0], "name": "alembic_version"}
    climbing = {**said["tables"][0], "name": "../../member"}
    bomb = gzip.compress(bytes(70 * 2**20), 1)

    def link(bad: Path) -> None:
        (bad / "tables" / "member.jsonl.gz").unlink()
        (bad / "tables" / "member.jsonl.gz").symlink_to("/etc/passwd")

    for name, spoil, word in (
        ("nothing", lambda bad: (bad / "manifest.json").unlink(), "没有完整的备份"),
        ("foreign", says(product="else"), "不是支部通的备份"),
        ("newer", says(head="9999_later"), "更新的版本"),
        ("later", says(format=2), "更新的版本"),
        ("no json", lambda bad: (bad / "manifest.json").write_text("{", "utf-8"), "被改动过"),
        ("a table less", says(tables=said["tables"][:-1]), "不是支部通的备份"),
        ("strange", says(tables=[*said["tables"], strange]), "不是支部通的备份"),
        ("climbing", says(tables=[*said["tables"], climbing]), "被改动过"),
        ("missing", lambda bad: (bad / "tables" / "seat.jsonl.gz").unlink(), "seat.jsonl.gz"),
        ("cut", member(packed[: len(packed) // 2]), "member.jsonl.gz"),
        ("bomb", member(bomb, signed=True), "member.jsonl.gz"),
        ("changed", member(gzip.compress(gzip.decompress(packed).replace(b"member.name", b"member.gone"))), "被改动过"),
        (
            "forged",
            member(gzip.compress(gzip.decompress(packed).replace(b"member.name", b"member.gone")), signed=True),
            "不一样（member）",
        ),
        ("link", link, "不是支部通的备份"),
    ):
        fresh.types("restore", spoilt(name, spoil)).refused(word)
        with sql.snapshot(empty.engine) as db:
            there = set(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
        assert there <= {"sqlite_sequence"}, name

    desk, key = shelf / quiet.FOLDER, fresh.home / "var" / "confidential" / "server.key"
    (desk / "server.key").write_text("old")
    fresh.types("restore", shelf).done()
    assert key.read_text() == "old"
    fresh.types("restore", shelf).refused("已有数据", "--replace")
    key.write_text("new")
    (desk / "cases.db").write_bytes((desk / "cases.db").read_bytes()[:6000])  # somebody was killed here
    with sql.rebuilding(empty.engine) as db:
        db.execute(insert(Lease).values(name="scheduler", holder="x", since=LONG_PAST, until=FAR_OFF))
    fresh.types("restore", shelf, "--replace").refused("scheduler", "先停服务")
    with sql.rebuilding(empty.engine) as db:
        db.execute(text("DELETE FROM lease"))
    told = fresh.types("restore", shelf, "--replace").done().out
    assert "保密反映的文件（cases.db）不全" in told
    assert "（unsigned.db）" not in told
    assert key.read_text() == "new", "the handlers' second factors are sealed with it"
    with sql.rebuilding(empty.engine) as db:
        db.execute(text("CREATE TABLE somebody_elses (id INTEGER)"))
    fresh.types("restore", shelf, "--replace").refused("别的程序", "somebody_elses")


def test_a_backup_of_an_older_version_is_brought_up(install: Install, tmp_path: Path) -> None:
    """Its tables are made as they were, filled, and taken through the same migrations as everybody's."""
    operator, _ = filled(install, "sqlite")
    operator.types("backup", tmp_path / "shelf", "--no-check").done()
    (made,) = whole(tmp_path / "shelf")
    said = json.loads((made / "manifest.json").read_text("utf-8"))
    fresh, database = install("sqlite")
    with sql.rebuilding(database.engine) as db:
        sql.migrate(db, "0009")
        there = set(db.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars())
        columns = {
            name: {row[1] for row in db.execute(text(f'PRAGMA table_info("{name}")'))} for name in there - {HEADS}
        }
        for name in there:
            db.execute(text(f'DROP TABLE "{name}"')) if name != "sqlite_sequence" else None
    empty = {"rows": 0, "checksum": "0" * 64}
    older = []
    for one in said["tables"]:
        if one["name"] in columns:
            packed = gzip.compress(b"")
            (made / "tables" / f"{one['name']}.jsonl.gz").write_bytes(packed)
            kept = [column for column in one["columns"] if column[0] in columns[one["name"]]]
            older.append({**one, **empty, "columns": kept, "sha256": hashlib.sha256(packed).hexdigest()})
    said.update(head="0009", tables=older)
    (made / "manifest.json").write_text(json.dumps(said), "utf-8")
    fresh.types("restore", made).done()
    assert sql.at_head(database.engine)


def test_there_has_to_be_something_to_back_up(install: Install, tmp_path: Path) -> None:
    operator, _ = install("sqlite")
    operator.types("backup", tmp_path / "shelf").refused("没有可备份的")
    assert not (tmp_path / "shelf").exists()
    operator.types("restore", tmp_path).refused("没有完整的备份")


def test_nothing_is_put_back_while_somebody_serves_at_whatever_port(install: Install, tmp_path: Path) -> None:
    operator, _ = install("sqlite")
    lock = operator.home / "var" / "serve-8123.lock"
    serving = hold(lock, fcntl.LOCK_SH)  # a server's, or of a worker that outlived it
    operator.types("restore", tmp_path, "--replace").refused("8123", "先停服务")
    os.close(serving)
    operator.types("restore", tmp_path, "--replace").refused("没有完整的备份")
    os.close(hold(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))  # a server may begin again


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("url: postgresql://u:Secret99@${HOST}/db", 'url: "（口令不在备份里）"'),
        ("token: 'it''sSecret'", 'token: "（口令不在备份里）"'),
        ("# app_secret: lastYears", '# app_secret: "（口令不在备份里）"'),
        ('redis_url: "" # none', 'redis_url: "" # none'),
        ("app_secret: ${SECRET} # named", "app_secret: ${SECRET} # named"),
        ("a: {token: Secret99}", None),
        ("token: |\n  Secret99", None),
        ("# a: {b: 1, app_secret: Secret99, token: Secret98}", '# a: {b: 1, app_secret: "（口令不在备份里）"'),
        ("a: 1 # 'token' = Secret99", 'a: 1 # \'token: "（口令不在备份里）"'),
        ("# - token: |\n#     Secret99\n# url: ''\na: 1", "# - token: \"（口令不在备份里）\"\n#     \n# url: ''\na: 1"),
        ("a: 1 # postgresql://u:Secret99@db/x", "a: 1 # postgresql://（口令不在备份里）@db/x"),
        ("a: {b: ${TOKEN}, token: ${TOKEN}} # {token: ${TOKEN}}", None),
        ("a: |\n  x # token: 9", None),
        ("public_url: http://x # 照 public_url: 填", "public_url: http://x # 照 public_url: 填"),
    ],
)
def test_no_secret_stays_in_the_settings_however_it_is_written(written: str, kept: str | None) -> None:
    assert without_secrets(written, {}) == kept


def test_only_backups_are_ever_deleted(tmp_path: Path) -> None:
    for name in ("2019-site", "2026-11-22T055200", "2026-11-23T055200"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text("{}")
    (tmp_path / ".mine.part").mkdir()
    assert [one.name for one in whole(tmp_path)] == ["2026-11-22T055200", "2026-11-23T055200"]
    with shelf(tmp_path):
        assert prune(tmp_path, 1, tmp_path / "2026-11-22T055200") == 0, "just written, by a clock put back"
        assert prune(tmp_path, 1, tmp_path / "2026-11-23T055200") == 1
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_dir()) == [
        ".mine.part", "2019-site", "2026-11-23T055200",
    ]  # fmt: skip


def test_what_was_withdrawn_stays_withdrawn_and_what_is_newer_stays(tmp_path: Path) -> None:
    """Without --replace a desk's file that has rows is left alone, and the list of handlers never goes back."""
    now = datetime(2026, 11, 25, tzinfo=UTC)
    unsigned = UnsignedFile(tmp_path / "desk" / "unsigned.db", ZoneInfo("Asia/Shanghai"))
    unsigned.submit(LOOKUP, "work", "旧的", now)
    quiet.take({"unsigned.db": unsigned.file}, tmp_path)
    copy = tmp_path / quiet.FOLDER / "unsigned.db"

    def there() -> set[str]:
        return unsigned.file.read(lambda db: {row[0] for row in db.execute("SELECT text FROM opinion")})

    unsigned.file.write(lambda db: db.execute("DELETE FROM opinion"))
    unsigned.submit("b" * 64, "work", "新的", now)
    assert not quiet.give(unsigned.file, copy, replace=False)
    assert there() == {"新的"}
    assert quiet.give(unsigned.file, copy, replace=True)
    assert there() == {"旧的"}
    copy.write_bytes(copy.read_bytes()[:-4096])
    with pytest.raises(Damaged):
        quiet.give(unsigned.file, copy, replace=True)
    assert there() == {"旧的"}
    unsigned.file.close()


def test_a_list_of_handlers_only_goes_forward(tmp_path: Path) -> None:
    """Who was struck off it does not come back with an old backup; one that the root has not signed is nothing."""
    root = SigningKey(bytes(range(32)))
    shipped = load(ROOT / "config.yaml", {"ZHIBU_HOME": str(tmp_path)})
    desk = shipped.confidential.model_copy(update={"root": to_text(root.verify_key)})
    settings = shipped.model_copy(update={"confidential": desk})
    kept, there = tmp_path / "kept.json", tmp_path / desk.list

    def back(content: bytes) -> bytes:
        kept.write_bytes(content)
        _handlers_back(settings, kept)
        return there.read_bytes()

    first, second, third = (sign(HandlerList(number, date(2026, 12, 31), ()), root) for number in (1, 2, 3))
    assert back(second) == second
    assert back(first) == second
    assert back(sign(HandlerList(9, date(2026, 12, 31), ()), SigningKey(bytes(32)))) == second
    assert back(third) == third
