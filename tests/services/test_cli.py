"""The `zhibu` command as an operator meets it: what it does, what it refuses and in which words."""

import csv
import json
import os
import pty
import random
import re
import signal
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from sqlalchemy import func, select

from engines.redis import leave
from models import Member
from models.activity import Activity
from sheets.table import write
from simulator.faults import Fault
from tests.branch import Branch, branch_on
from tests.engines import Database, Postgres, eventually
from tests.services.operator import ZHIBU, Operator, at

HEADER = "编号,姓名,出生日期,党小组,人员类别\n"
ROSTER = (
    HEADER
    + "1,张建国,1968-07-01,第一党小组,正式党员\n2,李娜,1990-03,第二党小组,预备党员\n3,王芳,1985,第一党小组,正式党员\n"
)


@pytest.fixture
def zhibu(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """The command on an empty SQLite installation."""
    return at(database, redis_url, capsys, monkeypatch)


@pytest.fixture
def pg_zhibu(
    pg_database: Database,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """The command on an empty PostgreSQL installation."""
    return at(pg_database, redis_url, capsys, monkeypatch)


def names(database: Database) -> list[str]:
    """Everyone on record, in the order they came."""
    with database.engine.connect() as connection:
        return list(connection.scalars(select(Member.name).order_by(Member.id)))


def report(zhibu: Operator, *words: object) -> dict[str, object]:
    """Import with --report; returns the report, whose sums must be right."""
    out = zhibu.home / "report.json"
    zhibu.types("members", "import", *words, "--report", out).done()
    found: dict[str, object] = json.loads(out.read_text("utf-8"))
    assert list(found) == ["read", "imported", "updated", "duplicates", "rejected"]
    rejected = found["rejected"]
    assert isinstance(rejected, list)
    assert all(list(one) == ["row", "column", "reason"] for one in rejected)
    assert found["read"] == sum(int(str(found[key])) for key in ("imported", "updated", "duplicates")) + len(rejected)
    return found


# --- wrong usage -------------------------------------------------------------------------------------------------


def test_the_console_script_says_how_it_is_used(zhibu: Operator) -> None:
    alone = zhibu.starts()
    assert (alone.code, alone.out) == (2, "")
    for name in (
        "demo",
        "serve",
        "jobs",
        "simulator",
        "stop",
        "db",
        "doctor",
        "members",
        "codes",
        "activities",
        "questions",
        "menu",
    ):
        assert name in alone.err
    assert zhibu.starts("--help").code == 0
    assert zhibu.starts("nonsense").code == 2


@pytest.mark.parametrize(
    "words",
    [
        "members",
        "members import",
        "members nonsense",
        "members import a.csv --nonsense",
        "codes issue",
        "activities plan --kind 主题党日 --title 学习",
        "activities plan --at now",
        "activities open",
        "jobs run unionids --at",
        "db",
        "--config",
    ],
)
def test_wrong_usage_is_2(zhibu: Operator, words: str) -> None:
    assert zhibu.types(*words.split()).code == 2


def test_the_configuration_may_be_named_before_or_behind_the_command(zhibu: Operator) -> None:
    (zhibu.home / "config.yaml").rename(zhibu.home / "other.yaml")
    zhibu.types("activities", "open", "x").refused("config.yaml", "no such file")
    for words in (
        ("--config", "other.yaml", "members", "export", "a.csv"),
        ("members", "export", "a.csv", "--config", "other.yaml"),
    ):
        assert "名册 0 人" in zhibu.types(*words).done().out
    zhibu.environment["ZHIBU_CONFIG"] = "other.yaml"
    assert "名册 0 人" in zhibu.starts("members", "export", "b.csv").done().out


def test_every_mistake_in_the_settings_is_told(zhibu: Operator) -> None:
    zhibu.configure(server={"port": "eight"}, wechat={"official_account": {"token": ""}})
    for ran in (zhibu.starts("serve"), zhibu.types("doctor"), zhibu.types("members", "export", "a.csv")):
        ran.refused(
            "设置有 2 处要改", "server.port: expected a whole number", "official_account.token: expected a text"
        )


# --- members import ----------------------------------------------------------------------------------------------


def test_a_roster_is_taken_in_and_again_it_is_all_known(zhibu: Operator, database: Database) -> None:
    roster = zhibu.file("roster.csv", ROSTER)
    assert report(zhibu, roster) == {"read": 3, "imported": 3, "updated": 0, "duplicates": 0, "rejected": []}
    assert report(zhibu, roster) == {"read": 3, "imported": 0, "updated": 0, "duplicates": 3, "rejected": []}
    zhibu.file("roster.csv", ROSTER.replace("第二党小组", "第三党小组"))
    assert report(zhibu, roster) == {"read": 3, "imported": 0, "updated": 1, "duplicates": 2, "rejected": []}
    assert names(database) == ["张建国", "李娜", "王芳"]


def test_the_same_on_postgresql(pg_zhibu: Operator, pg_database: Database) -> None:
    roster = pg_zhibu.file("roster.csv", ROSTER)
    assert report(pg_zhibu, roster)["imported"] == 3
    assert report(pg_zhibu, roster)["duplicates"] == 3
    assert names(pg_database) == ["张建国", "李娜", "王芳"]


def test_xlsx_and_what_chinese_windows_writes(zhibu: Operator, database: Database) -> None:
    write(zhibu.home / "一.xlsx", ["姓名", "党小组"], [["张建国", "第一党小组"]], "名册")
    zhibu.types("members", "import", "一.xlsx").done()
    zhibu.file("gbk.csv", "姓名;党小组\n李娜;第二党小组\n".encode("gbk"))
    zhibu.types("members", "import", "gbk.csv").done()
    assert names(database) == ["张建国", "李娜"]


def test_rows_that_cannot_be_taken_are_told_with_their_line_and_column(zhibu: Operator) -> None:
    roster = zhibu.file("roster.csv", ROSTER + "4,,1990-01-01,第一党小组,正式党员\n5,赵强,昨天,第一党小组,正式党员\n")
    found = report(zhibu, roster)
    assert (found["read"], found["imported"]) == (5, 3)
    assert [(one["row"], one["column"]) for one in found["rejected"]] == [(5, "姓名"), (6, "出生日期")]  # type: ignore[attr-defined] # a list of the report
    zhibu.file("roster.csv", ROSTER + "4,,1990-01-01,第一党小组,正式党员\n5,赵强,1991-05-06,第一党小组,正式党员\n")
    assert report(zhibu, roster)["imported"] == 1


def test_none_in_and_some_rejected_is_1(zhibu: Operator) -> None:
    roster = zhibu.file("roster.csv", HEADER + "1,张建国,昨天,,\n")
    ran = zhibu.types("members", "import", roster, "--report", "r.json")
    assert ran.code == 1
    assert "第 2 行 出生日期：" in ran.out
    assert json.loads((zhibu.home / "r.json").read_text("utf-8"))["imported"] == 0
    assert zhibu.types("members", "import", zhibu.file("empty.csv", HEADER)).done().out.startswith("读到 0 行")


def test_two_of_one_name_are_told_apart_by_their_birth_and_never_guessed(zhibu: Operator, database: Database) -> None:
    both = zhibu.file("both.csv", "姓名,出生日期\n张伟,1975-03-12\n张伟,1990-01-15\n")
    assert report(zhibu, both)["imported"] == 2
    assert report(zhibu, both)["duplicates"] == 2
    bare = zhibu.file("bare.csv", "姓名,党小组\n张伟,第一党小组\n李娜,第一党小组\n")
    found = report(zhibu, bare)
    assert found["imported"] == 1
    assert found["rejected"] == [
        {"row": 2, "column": "姓名", "reason": "重名，分不清是哪一位，请补上编号、出生日期或手机号码。"}
    ]
    assert names(database) == ["张伟", "张伟", "李娜"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "文件是空的"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0", "不是表格"),
        ("a.pdf", b"%PDF-1.7\n%\xff\xff", "不是表格"),
        ("a.csv", "名字,电话\n张三,1\n".encode(), "没有找到“姓名”"),
        ("a.csv", '姓名\n"张三\n'.encode(), "引号不成对"),
        ("a.xlsx", b"PK\x03\x04broken", "已损坏"),
        ("a.xls", b"<html><table>", "网页"),
        ("a.csv", ("姓名\n" + "张三\n" * 20_001).encode(), "超过 20000 行"),
    ],
)
def test_what_is_no_roster_is_refused_in_one_sentence(zhibu: Operator, name: str, content: bytes, said: str) -> None:
    zhibu.file(name, content)
    ran = zhibu.types("members", "import", name, "--report", "r.json").refused(said)
    assert ran.err.startswith(f"{name}：")
    assert len(ran.err.splitlines()) == 1
    assert not (zhibu.home / "r.json").exists()


def test_a_missing_file_or_a_folder_is_said_to_be_missing(zhibu: Operator) -> None:
    zhibu.types("members", "import", "nowhere.csv").refused("nowhere.csv：找不到这个文件")
    zhibu.types("members", "import", zhibu.home).refused("找不到这个文件")


@pytest.mark.parametrize(
    "words",
    [
        ("--codes", "nowhere/codes.csv"),
        ("--report", "nowhere/report.json"),
        ("--codes", "var"),
        ("--codes", "codes.txt"),
        ("--codes", "roster.csv"),
        ("--codes", "same.csv", "--report", "same.csv"),
    ],
)
def test_where_it_cannot_write_it_takes_nothing_in(zhibu: Operator, database: Database, words: tuple[str, ...]) -> None:
    zhibu.file("roster.csv", ROSTER)
    before = sorted(zhibu.home.iterdir())
    ran = zhibu.types("members", "import", "roster.csv", *words).refused()
    assert len(ran.err.splitlines()) == 1
    assert names(database) == []
    assert sorted(zhibu.home.iterdir()) == before
    assert (zhibu.home / "roster.csv").read_text("utf-8") == ROSTER


def test_the_codes_bind_through_the_chat_and_stay_good_on_paper(
    zhibu: Operator, database: Database, redis_url: str
) -> None:
    roster = zhibu.file("roster.csv", ROSTER + "9,周静,1990-01-01,第一党小组,入党积极分子\n")
    zhibu.types("members", "import", roster, "--codes", "codes.csv").done()
    slips = codes(zhibu.home / "codes.csv")
    assert set(slips) == {"张建国", "李娜", "王芳"}
    assert all(re.fullmatch(r"[1-9]\d{7}", digits) for digits in slips.values())
    assert stat.S_IMODE((zhibu.home / "codes.csv").stat().st_mode) == 0o600
    with branch_on(database, redis_url) as branch:
        branch.clock.advance(60)
        branch.phone("张建国").says(slips["张建国"]).hears("绑定成功，张建国同志。")
    for suffix in ("xlsx", "html"):
        zhibu.types("members", "import", roster, "--codes", f"again.{suffix}").done()
    zhibu.types("members", "import", roster, "--codes", "again.CSV").done()
    again = codes(zhibu.home / "again.CSV")
    assert set(again) == {"李娜", "王芳"}


def codes(path: Path) -> dict[str, str]:
    """The codes in a file written by --codes, by name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["姓名"]: row["绑定码"] for row in csv.DictReader(file)}


def test_a_long_import_shows_how_far_it_is_only_to_a_terminal(zhibu: Operator) -> None:
    zhibu.file("long.csv", "姓名,编号\n" + "".join(f"张伟,{n}\n" for n in range(120)))
    assert zhibu.types("members", "import", "long.csv").done().err == ""
    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [ZHIBU, "members", "import", "long.csv"], cwd=zhibu.home, env=zhibu.environment, stderr=theirs, check=False,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(theirs)
    assert ran.returncode == 0
    assert os.read(ours, 1000).decode().replace("\r\n", "\n") == "\r50/120\r100/120\r120/120\n"
    os.close(ours)


def test_killed_half_way_and_run_again_everybody_is_in_once(zhibu: Operator, database: Database) -> None:
    chance = random.Random(20261122)
    rows = [f"{chance.choice('张王李赵')}{chr(0x4E00 + n)},19{n % 50 + 40}-0{n % 9 + 1}-1{n % 9}" for n in range(3_000)]
    zhibu.file("long.csv", "姓名,出生日期\n" + "\n".join(rows) + "\n")
    process = subprocess.Popen([ZHIBU, "members", "import", "long.csv"], cwd=zhibu.home, env=zhibu.environment)
    far = chance.randrange(400, 1_600)
    eventually(lambda: len(names(database)) >= far, within=60, what="half an import")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = len(names(database))
    assert far <= before < 3_000
    assert before % 50 == 0
    found = report(zhibu, "long.csv")
    assert (found["imported"], found["duplicates"]) == (3_000 - before, before)
    assert len(set(names(database))) == 3_000


# --- members export, codes issue ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "XLSX"])
def test_what_is_exported_can_be_taken_in_elsewhere(zhibu: Operator, database: Database, suffix: str) -> None:
    zhibu.types("members", "import", zhibu.file("roster.csv", ROSTER)).done()
    assert "名册 3 人" in zhibu.types("members", "export", f"out.{suffix}").done().out
    assert report(zhibu, f"out.{suffix}")["duplicates"] == 3
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM member")
    assert report(zhibu, f"out.{suffix}")["imported"] == 3
    assert names(database) == ["张建国", "王芳", "李娜"]


@pytest.mark.parametrize("out", ["nowhere/a.csv", "a.txt", "a", "var"])
def test_an_export_that_cannot_be_written_is_refused(zhibu: Operator, out: str) -> None:
    zhibu.types("members", "export", out).refused(out)


def test_a_code_is_issued_by_id_number_or_unique_name(zhibu: Operator, database: Database) -> None:
    zhibu.types("members", "import", zhibu.file("roster.csv", ROSTER + "4,张建国,1990-01-01,,\n")).done()
    with database.engine.connect() as connection:
        ids = list(connection.scalars(select(Member.public_id).where(Member.name == "张建国")))
    for wanted in ("李娜", "2", ids[0], " 李娜 "):
        ran = zhibu.types("codes", "issue", wanted).done()
        assert re.fullmatch(r"[1-9]\d{7}\n", ran.out)
        assert "同志的绑定码，用一次" in ran.err
    ambiguous = zhibu.types("codes", "issue", "张建国").refused(*ids)
    assert ambiguous.out == ""
    for unknown in ("somebody", "", "%", "'; DROP TABLE member"):
        zhibu.types("codes", "issue", unknown).refused("没有找到")


# --- activities --------------------------------------------------------------------------------------------------


def plan(zhibu: Operator, at: str = "now", **how: str) -> str:
    """Plan an activity; returns what is printed: the public id alone."""
    options = {"kind": "主题党日", "title": "学习党章", "at": at, **how}
    ran = zhibu.types("activities", "plan", *(word for name, value in options.items() for word in (f"--{name}", value)))
    assert re.fullmatch(r"[2-9a-z]{10}\n", ran.done().out)
    assert ran.err == ""
    return ran.out.strip()


def test_an_activity_is_planned_opened_shown_and_closed(zhibu: Operator, database: Database, redis_url: str) -> None:
    zhibu.types("members", "import", zhibu.file("roster.csv", ROSTER)).done()
    meeting = plan(zhibu, place="三楼会议室")
    zhibu.types("activities", "close", meeting).refused("“学习党章”现在是“未开始”")
    link = zhibu.types("activities", "open", meeting).done().out
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/screen/[\w-]{32}\n", link)
    assert zhibu.types("activities", "open", meeting).done().out == link
    with branch_on(database, redis_url) as branch:
        page = branch.app.test_client().get(link.strip().removeprefix("http://127.0.0.1:8000"))
        assert page.status_code == 200
    assert "应到 3，实到 0" in zhibu.types("activities", "close", meeting).done().out
    assert zhibu.types("activities", "close", meeting).code == 0
    zhibu.types("activities", "open", meeting).refused("“学习党章”现在是“已结束”")
    zhibu.types("activities", "open", "nobodyknows").refused("没有找到这个活动")


@pytest.mark.parametrize(
    ("at", "stored"),
    [
        ("2026-11-22T14:00", "2026-11-22 06:00"),
        ("2026-11-22T14:00+00:00", "2026-11-22 14:00"),
        ("2026-11-22 14:00:00Z", "2026-11-22 14:00"),
        ("20261122T1400", "2026-11-22 06:00"),
    ],
)
def test_a_time_is_the_branchs_own_unless_it_names_a_zone(
    zhibu: Operator, database: Database, at: str, stored: str
) -> None:
    plan(zhibu, at)
    with database.engine.connect() as connection:
        assert f"{connection.scalar(select(Activity.starts_at)):%Y-%m-%d %H:%M}" == stored


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"kind": "联欢"}, "可用：支部党员大会、支部委员会、党小组会、党课、主题党日"),
        ({"title": "  "}, "1 至 60 个字"),
        ({"title": "长" * 61}, "1 至 60 个字"),
        ({"place": "长" * 61}, "最多 60 个字"),
        ({"group": "第九党小组"}, "没有叫“第九党小组”的党小组"),
        ({"at": "明天"}, "时间“明天”看不懂"),
        ({"at": "2026-13-45"}, "看不懂"),
        ({"at": "0001-01-01T00:00"}, "看不懂"),
        ({"at": "9999-12-31T23:59-12:00"}, "看不懂"),
        ({"at": ""}, "看不懂"),
    ],
)
def test_what_cannot_be_planned_is_said(zhibu: Operator, database: Database, how: dict[str, str], said: str) -> None:
    options = {"kind": "主题党日", "title": "学习", "at": "now", **how}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    zhibu.types("activities", "plan", *words).refused(said)
    with database.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Activity)) == 0


def test_a_groups_meeting_expects_the_group_alone(zhibu: Operator) -> None:
    zhibu.types("members", "import", zhibu.file("roster.csv", ROSTER)).done()
    meeting = plan(zhibu, kind="党小组会", group="第一党小组", title=" 学习\n 党章 ")
    zhibu.types("activities", "open", meeting).done()
    assert "应到 2" in zhibu.types("activities", "close", meeting).done().out


# --- jobs, database, menu ----------------------------------------------------------------------------------------


def test_jobs_are_listed_and_run_by_name(zhibu: Operator) -> None:
    listed = zhibu.types("jobs", "run").done().out
    assert [line.split()[0] for line in listed.splitlines()] == [
        "unionids", "sittings", "rounds", "pictures", "reminders", "purge", "workdays", "handlers",
        "planned", "tomorrow", "soon", "study", "behind", "makeup", "birthday", "birthday_list", "probation", "gaps",
        "round_closing", "unread", "self_check",
    ]  # fmt: skip
    assert zhibu.types("jobs", "run", "unionids").done().out == "asked=0 bound=0\n"
    assert "logins=0" in zhibu.types("jobs", "run", "purge", "--at", "2026-11-22T03:10").done().out
    nobody = "written=0 held_back=0 expired=0\n"
    assert zhibu.types("jobs", "run", "study", "--at", "2026-11-23T12:30").done().out == nobody
    zhibu.types("jobs", "run", "nothing").refused("没有叫 nothing 的任务")
    zhibu.types("jobs", "run", "purge", "--at", "noon").refused("看不懂")


def test_sqlite_brings_itself_up_to_date_and_postgresql_waits_to_be_told(
    zhibu: Operator, pg_server: Postgres, tmp_path: Path
) -> None:
    (tmp_path / "var" / "zhibu.db").unlink()
    assert "名册 0 人" in zhibu.types("members", "export", "a.csv").done().out
    name = pg_server.create()
    zhibu.configure(database={"url": pg_server.url(name)}, redis={"url": "redis://127.0.0.1:1/0"})
    for words in (("members", "export", "a.csv"), ("activities", "open", "x"), ("jobs",)):
        zhibu.types(*words).refused("请先运行 zhibu db upgrade")
    assert "已是最新" in zhibu.types("db", "upgrade").done().out
    assert "已是最新" in zhibu.types("db", "upgrade").done().out
    zhibu.types("members", "export", "a.csv").done()
    pg_server.drop(name)


def test_a_database_newer_than_the_program_is_left_alone(zhibu: Operator, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")
    zhibu.types("members", "export", "a.csv").refused("多半比程序新")
    zhibu.types("db", "upgrade").refused("多半比程序新")


def test_a_database_that_is_none_is_said_to_be_of_no_use(zhibu: Operator, database: Database) -> None:
    database.engine.dispose()
    for path in (zhibu.home / "var").glob("zhibu.db*"):
        path.unlink()
    zhibu.file("var/zhibu.db", b"this is no database, but it is long enough to be taken for one" * 100)
    for words in (("members", "export", "a.csv"), ("db", "upgrade"), ("codes", "issue", "x")):
        zhibu.types(*words).refused("数据库用不了")


@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://u@/none?host=/nowhere", "postgresql://h/d?bogus=1"]
)
def test_a_database_that_is_away_is_said_to_be(zhibu: Operator, url: str) -> None:
    zhibu.configure(database={"url": url})
    for words in (("members", "export", "a.csv"), ("db", "upgrade")):
        zhibu.types(*words).refused("数据库用不了")


def test_a_home_that_is_a_file_is_refused(zhibu: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    zhibu.configure(redis={"url": ""})
    monkeypatch.setenv("ZHIBU_HOME", str(zhibu.file("file", b"x")))
    for words in (("members", "export", "a.csv"), ("stop",), ("jobs", "run", "purge"), ("db", "upgrade")):
        zhibu.types(*words).refused("file")


def test_words_that_are_no_text_are_refused(zhibu: Operator) -> None:
    said = b"\xff\xfe\xfd".decode("utf-8", "surrogateescape")
    zhibu.types("codes", "issue", said).refused("UTF-8")
    zhibu.types("activities", "plan", "--kind", "党课", "--at", "now", "--title", said).refused("UTF-8")
    zhibu.types("members", "import", f"{said}.csv").refused("找不到")


def test_a_terminal_that_does_not_know_a_sign_gets_another(zhibu: Operator) -> None:
    zhibu.environment["PYTHONIOENCODING"] = "ascii"
    assert "\\u2713" in zhibu.starts("doctor").done().out


@pytest.fixture
def branch(zhibu: Operator, database: Database, redis_url: str) -> Iterator[Branch]:
    """A WeChat beside the installation, whose address config.yaml has."""
    with branch_on(database, redis_url, wechat={"timeout": 0.5}) as found:
        wechat = {"api_base": found.house.settings.wechat.api_base, "timeout": 0.5}
        content = yaml.safe_load((zhibu.home / "config.yaml").read_text("utf-8"))
        zhibu.configure(database=content["database"], redis=content["redis"], wechat=wechat)
        yield found


def test_the_menu_reaches_wechat(zhibu: Operator, branch: Branch) -> None:
    assert "已送到微信" in zhibu.types("menu", "push").done().out
    assert branch.world.menu is not None
    assert zhibu.types("menu", "push").code == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(errcode=40018), "微信没有收下菜单：40018"),
        (Fault(errcode=45009), "45009"),
        (Fault(status=502), "HTTP 502"),
        (Fault(html=True), "no JSON"),
        (Fault(wait=30), "Timeout"),
    ],
)
def test_wechat_may_refuse_the_menu(zhibu: Operator, branch: Branch, fault: Fault, said: str) -> None:
    branch.world.faults.plan("/cgi-bin/menu/create", fault)
    zhibu.types("menu", "push").refused("微信没有收下菜单", said)
    assert branch.house.settings.wechat.official_account.app_secret not in zhibu.types("menu", "push").err


def test_a_wrong_secret_or_address_is_wechats_no(zhibu: Operator, branch: Branch) -> None:
    branch.world.ip_allowed = False
    zhibu.types("menu", "push").refused("40164", "IP 白名单", "一分钟")
    zhibu.configure(wechat={"api_base": "http://127.0.0.1:1"}, redis={"url": "redis://127.0.0.1:1/0"})
    zhibu.types("menu", "push").refused("微信没有收下菜单")


def test_the_embedded_server_stops_on_request(zhibu: Operator) -> None:
    zhibu.configure()
    assert "没有在运行" in zhibu.types("stop").done().out
    zhibu.types("members", "export", "a.csv").done()
    assert "已停止" in zhibu.types("stop").done().out
    assert "没有在运行" in zhibu.types("stop").done().out
    leave(zhibu.home)


def test_ctrl_c_ends_an_import_without_a_word(zhibu: Operator, database: Database) -> None:
    zhibu.file("long.csv", "姓名,编号\n" + "".join(f"张伟,{n}\n" for n in range(5_000)))
    process = subprocess.Popen(
        [ZHIBU, "members", "import", "long.csv"], cwd=zhibu.home, env=zhibu.environment, stderr=subprocess.PIPE
    )
    eventually(lambda: names(database), within=60, what="the first rows")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    assert (process.returncode, said) == (130, b"")
    assert sqlite3.connect(zhibu.home / "var" / "zhibu.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
