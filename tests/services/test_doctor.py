"""`zhibu doctor`: each thing it may find is provoked once, and looking changes nothing."""

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from engines.redis import ensure_redis, leave
from settings import REAL_API_BASE, load
from simulator.main import running
from simulator.transport import http_post
from simulator.world import World
from tests.branch import accounts_of
from tests.engines import Database, Postgres
from tests.services.operator import Operator, at

REAL_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SOUND = {
    "api_base": REAL_API_BASE,
    "open_base": "https://open.weixin.qq.com",
    "official_account": {"app_id": "wx1", "app_secret": "a", "token": "b", "encoding_aes_key": REAL_KEY},
    "mini_program": {"app_id": "wx2", "app_secret": "c"},
    "sdk": "https://res.wx.qq.com/open/js/jweixin-1.6.0.js",
    "templates": None,
}
CHECKS = 25


@pytest.fixture
def zhibu(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """The command on an installation that is ready for production."""
    operator = at(database, redis_url, capsys, monkeypatch)
    operator.configure(**production(redis_url))
    return operator


def production(redis_url: str, **changed: object) -> dict[str, object]:
    """Sections of a sound production config.yaml, with changes."""
    return {
        "wechat": SOUND,
        "server": {"public_url": "https://zhibu.example.cn"},
        "redis": {"url": redis_url},
        **changed,
    }


def faults(zhibu: Operator) -> list[str]:
    """The lines of what is not well; the exit code must say the same."""
    ran = zhibu.types("doctor")
    lines = ran.out.splitlines()
    assert len(lines) == CHECKS
    assert all(line[0] in "✓✗" for line in lines)
    found = [line for line in lines if line[0] == "✗"]
    assert ran.code == (1 if found else 0)
    assert ran.err == ""
    return found


def test_a_sound_installation_is_told_so(zhibu: Operator) -> None:
    assert faults(zhibu) == []


def test_the_demo_may_keep_its_secrets_where_wechat_is_not_real(zhibu: Operator, redis_url: str) -> None:
    zhibu.configure(redis={"url": redis_url})
    assert faults(zhibu) == []


@pytest.mark.parametrize("api_base", [REAL_API_BASE, "https://API.weixin.qq.com/", "https://sh.api.weixin.qq.com"])
def test_the_demos_secrets_are_refused_with_the_real_wechat(zhibu: Operator, redis_url: str, api_base: str) -> None:
    zhibu.configure(
        wechat={"api_base": api_base}, server={"public_url": "https://zhibu.example.cn"}, redis={"url": redis_url}
    )
    found, templates = faults(zhibu)
    account = "wechat.official_account"
    named = f"{account}.app_secret、{account}.token、{account}.encoding_aes_key、wechat.mini_program.app_secret"
    assert found == f"✗ 口令不是演示用的：请换掉 {named}。"
    assert templates.startswith("✗ 模板和网页脚本不是演示用的：wechat.templates.activity、wechat.templates.change、")
    assert templates.endswith("、wechat.sdk 请照公众平台填；没有的模板整段删掉。")


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"timestamp_tolerance": 0}, "timestamp_tolerance 不能是 0"),
        ({"encoding_aes_key": ""}, "安全模式"),
        ({"token": "demoToken"}, "请换掉 wechat.official_account.token。"),
    ],
)
def test_an_account_half_guarded_is_found(
    zhibu: Operator, redis_url: str, account: dict[str, object], said: str
) -> None:
    wechat = {**SOUND, "official_account": {**SOUND["official_account"], **account}}  # type: ignore[dict-item] # a section
    zhibu.configure(**production(redis_url, wechat=wechat))
    assert [said in line for line in faults(zhibu)] == [True]


def test_an_address_in_the_clear_is_found(zhibu: Operator, redis_url: str) -> None:
    zhibu.configure(**production(redis_url, server={"public_url": "http://zhibu.example.cn"}))
    assert faults(zhibu) == ["✗ 外部地址是 https：请把 server.public_url 改成 https:// 开头的地址。"]


def test_drafts_that_go_out_in_earnest_are_told_and_no_fault(zhibu: Operator, redis_url: str) -> None:
    zhibu.configure(**production(redis_url, study={"show_unreviewed": True}))
    assert "study.show_unreviewed 改成 false" in zhibu.types("doctor").done().out


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock", "redis://no.such.host.invalid"])
def test_redis_away_is_found(zhibu: Operator, url: str) -> None:
    zhibu.configure(**production(url))
    assert faults(zhibu) == ["✗ Redis 可用：连不上（ConnectionError），请检查 redis.url。"]


def test_the_embedded_redis_is_not_started_by_looking(zhibu: Operator) -> None:
    zhibu.configure(**production(""))
    assert "✓ Redis 可用：没有在运行，用到时启动。" in zhibu.types("doctor").done().out
    ensure_redis(zhibu.home)
    assert "✓ Redis 可用\n" in zhibu.types("doctor").done().out
    leave(zhibu.home)


def test_a_database_behind_is_found_and_left_behind(
    zhibu: Operator, redis_url: str, database: Database, pg_server: Postgres
) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    name = pg_server.create()
    for url in ("", pg_server.url(name)):
        zhibu.configure(**production(redis_url, database={"url": url}))
        for _ in range(2):
            assert faults(zhibu)[0] == "✗ 数据库可用，表是这个版本的：请运行 zhibu db upgrade。"
    pg_server.drop(name)


def test_a_database_that_does_not_answer_is_found(zhibu: Operator, redis_url: str, database: Database) -> None:
    zhibu.configure(**production(redis_url, database={"url": "postgresql://u:secret@127.0.0.1:1/d"}))
    assert faults(zhibu) == ["✗ 数据库可用，表是这个版本的：连不上（OperationalError），请检查 database.url。"]
    database.engine.dispose()
    zhibu.file("broken.db", b"no database at all" * 500)
    zhibu.configure(**production(redis_url, database={"url": "sqlite:///broken.db"}))
    assert faults(zhibu) == ["✗ 数据库可用，表是这个版本的：连不上（DatabaseError），请检查 database.url。"]


def test_a_production_database_must_keep_what_it_says_and_have_room(
    zhibu: Operator, redis_url: str, pg_database: Database
) -> None:
    """The cluster of the tests is careless about power cuts, and small."""

    def of(workers: int) -> dict[str, object]:
        server = {"public_url": "https://zhibu.example.cn", "workers": workers, "threads": 4}
        return production(redis_url, database={"url": pg_database.url}, server=server)

    zhibu.configure(**of(1))
    (said,) = faults(zhibu)
    assert "synchronous_commit 要是 on" in said
    assert "fsync 要是 on" in said
    assert "max_connections" not in said  # 1 and 3 others, 10 connections each, of 57
    with pg_database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = pg_database.engine.url.database
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    zhibu.configure(**of(3))
    (said,) = faults(zhibu)
    assert "synchronous_commit" not in said
    assert "最多要60个连接，max_connections 只够57个" in said


def test_a_redis_that_drops_what_it_likes_is_found(zhibu: Operator, empty_redis: redis.Redis) -> None:
    assert "✓ Redis 的设置合适\n" in zhibu.types("doctor").done().out
    before = str(empty_redis.config_get("maxmemory-policy")["maxmemory-policy"])
    empty_redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert "noeviction" in "".join(faults(zhibu))
    finally:
        empty_redis.config_set("maxmemory-policy", before)


def test_a_backup_is_wanted_every_other_day(zhibu: Operator, redis_url: str) -> None:
    assert "把放备份的文件夹填在 backup.folder" in zhibu.types("doctor").done().out
    zhibu.configure(**production(redis_url, backup={"folder": "kept"}))
    assert "没有备份" in "".join(faults(zhibu))
    now = datetime.now(UTC)
    for days, said in ((9, "最近一次是9天前"), (1, "")):
        folder = zhibu.home / "kept" / f"{days}"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text(
            json.dumps({"taken_at": (now - timedelta(days=days)).isoformat()}), "utf-8"
        )
        found = faults(zhibu)
        assert said in "".join(found)
        assert bool(found) is bool(said)
    zhibu.file("kept/1/manifest.json", "torn off half w")
    assert "最近一次是9天前" in "".join(faults(zhibu))


def test_records_that_everybody_may_read_are_found(zhibu: Operator) -> None:
    zhibu.home.chmod(0o755)
    (zhibu.home / "var").chmod(0o755)
    assert "chmod 700" in "".join(faults(zhibu))
    zhibu.home.chmod(0o700)
    assert faults(zhibu) == []


def test_a_stranger_at_our_port_is_found(zhibu: Operator, redis_url: str) -> None:
    accounts = accounts_of(load(zhibu.home / "config.yaml", zhibu.environment))
    with running(World(accounts, http_post("http://127.0.0.1:1/wechat"))) as url:
        zhibu.configure(**production(redis_url, server={"public_url": "https://z.cn", "port": int(url.split(":")[-1])}))
        assert "答的是404" in "".join(faults(zhibu))


def test_several_findings_are_told_together(zhibu: Operator) -> None:
    account = {"app_id": "wx1", "app_secret": "demo", "token": "b", "encoding_aes_key": "", "timestamp_tolerance": 0}
    zhibu.configure(
        wechat={**SOUND, "official_account": account},
        redis={"url": "redis://127.0.0.1:1/0"},
        database={"url": "postgresql://u@127.0.0.1:1/d"},
    )
    assert len(faults(zhibu)) == 6


def contents(folder: Path) -> dict[str, str]:
    """Every file below, with a digest of what is in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_looking_changes_nothing(zhibu: Operator, database: Database) -> None:
    database.engine.dispose()
    zhibu.configure(**production(""))
    before = contents(zhibu.home)
    assert faults(zhibu) == []
    assert contents(zhibu.home) == before
    shutil.rmtree(zhibu.home / "var")
    assert "还没有数据，第一次启动时建立。" in zhibu.types("doctor").done().out
    assert not (zhibu.home / "var").exists()
    (zhibu.home / "var").mkdir()  # the fixtures clear up in it
