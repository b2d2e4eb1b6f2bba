"""`zhibu appointments`: the first secretary is appointed at the command line, since nobody can sign in before."""

import pytest
import redis

from engines.sql import reading
from services import members, rights
from tests.engines import Database
from tests.services.operator import Operator, at
from tests.services.roll import NOW, ZONE

ROSTER = "姓名,人员类别,党小组\n王芳,正式党员,第一党小组\n何静,预备党员,第一党小组\n"


@pytest.fixture
def zhibu(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    operator = at(database, redis_url, capsys, monkeypatch)
    operator.types("members", "import", operator.file("roster.csv", ROSTER)).done()
    return operator


def runs(database: Database, name: str) -> bool:
    """Whether that member runs the branch on the day of these tests' clock, which is long after."""
    with reading(database.engine) as db:
        return rights.act_of(db, members.find(db, name), NOW.replace(year=2100), ZONE).rights.runs_branch


def test_the_first_secretary_is_appointed_and_dismissed(zhibu: Operator, database: Database) -> None:
    made = zhibu.types("appointments", "add", "王芳", "书记", "--from", "2020-01-01").done().out.strip()
    assert runs(database, "王芳")
    assert zhibu.types("appointments", "add", "王芳", "支部书记").done().out.strip() == made, "the same again is one"
    zhibu.types("appointments", "end", made).done()
    assert not runs(database, "王芳")
    zhibu.types("appointments", "end", made).done()


def test_a_leader_needs_a_group(zhibu: Operator) -> None:
    zhibu.types("appointments", "add", "王芳", "党小组长", "--group", "第一党小组").done()
    zhibu.types("appointments", "add", "王芳", "党小组长").refused("党小组")
    zhibu.types("appointments", "add", "王芳", "党小组长", "--group", "第八党小组").refused("第八党小组")


def test_what_is_wrong_is_said(zhibu: Operator) -> None:
    zhibu.types("appointments", "add", "何静", "书记").refused("正式党员")
    zhibu.types("appointments", "add", "王芳", "皇帝").refused("没有“皇帝”这个职务", "书记")
    zhibu.types("appointments", "add", "无此人", "书记").refused("无此人")
    zhibu.types("appointments", "add", "王芳", "书记", "--from", "昨天").refused("昨天")
    zhibu.types("appointments", "end", "nothing").refused("nothing")


def test_the_exported_roster_names_offices(zhibu: Operator) -> None:
    zhibu.types("appointments", "add", "王芳", "书记").done()
    zhibu.types("members", "export", "out.csv").done()
    header, first, *_ = (zhibu.home / "out.csv").read_text("utf-8-sig").splitlines()
    assert "党内职务" in header
    assert "书记" in first
    zhibu.types("members", "import", "out.csv").done()
