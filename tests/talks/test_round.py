"""征集 as members hear it: signed answers change until the close, unnamed ones belong to nobody."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from confidential.unsigned import UnsignedFile
from engines.redis import connect, ensure_redis, leave
from models.round import FormKind, RoundAudience
from sealed.keys import SigningKey, to_text
from services import forms, members, rounds
from services.forms import Question, Sheet
from tests.branch import Branch, Phone, branch_on
from tests.confidential import canaries
from tests.engines import Database
from tests.rounds import closed, opened
from tests.talks.conftest import REHEARSED

CANARY = "夜班补贴三年没有调"


@pytest.fixture(scope="module")
def desk_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Redis of what is had apart."""
    home = tmp_path_factory.mktemp("desk")
    yield ensure_redis(home)
    leave(home)


@pytest.fixture
def apart(database: Database, empty_redis: redis.Redis, redis_url: str, desk_url: str) -> Iterator[Branch]:
    """A branch where something can be had apart."""
    with connect(desk_url) as store:
        store.flushall()
    confidential = {"root": to_text(SigningKey.draw().verify_key), "redis_url": desk_url}
    with branch_on(database, redis_url, registry=REHEARSED, confidential=confidential) as branch:
        yield branch
        assert branch.world.complaints == []


def answers(branch: Branch, round_id: str, name: str) -> forms.Answers | None:
    """What somebody has answered, by name."""
    with branch.house.reading() as db:
        found = rounds.find(db, branch.house.operator(), round_id)
        return rounds.given_by(db, found, members.find(db, name))


def fills(phone: Phone, *said: str) -> Phone:
    """Say one after the other."""
    for words in said:
        phone.says(words)
    return phone


def test_a_signed_round_is_answered_question_by_question_and_changed_until_the_close(branch: Branch) -> None:
    phone = branch.bound("张建国")
    phone.says("征集").hears("现在没有要您填写的征集")
    round_id = opened(branch)
    phone.says("征集").hears(
        "【重大决策征求意见】值班安排办法，共4题。", "草案见支部公示栏", "记名", "1/4 夜班", "1 录播"
    )
    phone.says("看不清").hears("1/4")
    phone.says("1").hears("2/4", "1 上午", "可以不止一个", "不想填就发“跳过”")
    phone.says("49").hears("请发1到3的数字", "2/4")
    phone.says("一、3").hears("3/4", "请打分")
    phone.says("6").hears("请发1到5的数字")
    phone.says("4").hears("4/4")
    assert answers(branch, round_id, "张建国") is None
    phone.speaks("建议录播").hears("我听到：建议录播", "我听到的对吗")
    phone.says("1").hears("已提交", "可以再改").again().hears("已提交")
    assert answers(branch, round_id, "张建国") == {1: 1, 2: [1, 3], 3: 4, 4: "建议录播"}
    phone.says("征集").hears("您填过这次征集")
    fills(phone, "传达", "跳过", "2").says("跳过").hears("已提交")
    assert answers(branch, round_id, "张建国") == {1: 2, 3: 2}
    with branch.house.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM round_answer")) == 1


def test_a_draft_goes_on_and_a_close_in_the_middle_of_an_answer_is_said(branch: Branch) -> None:
    phone = branch.bound("张建国")
    round_id = opened(branch)
    fills(phone, "征集", "1")
    branch.clock.advance(timedelta(minutes=11).total_seconds())
    phone.says("你好").hears("征集", "继续")
    phone.says("继续").hears("2/4")
    fills(phone, "跳过", "5")
    closed(branch, round_id)
    phone.says("跳过").hears("已经截止，没有收下").hears_not("已提交")
    assert answers(branch, round_id, "张建国") is None
    phone.says("征集").hears("现在没有")


def test_a_group_is_asked_and_no_other_and_several_rounds_are_chosen_from(branch: Branch) -> None:
    inside, outside = branch.bound("张建国"), branch.bound("李娜", group="第二党小组")
    short = (Question(1, FormKind.SINGLE, "去不去？", ("去", "不去")),)
    opened(branch, "本组的事", audience=RoundAudience.GROUP, group="第一党小组", form=short)
    outside.says("征集").hears("现在没有要您填写的征集")
    opened(branch, "大家的事", form=short, days=2)
    outside.says("征集").hears("大家的事，共1题").says("取消")
    inside.says("征集").hears("1 大家的事（到11月24日", "2 本组的事")
    inside.says("2").hears("本组的事，共1题", "1/1 去不去？")
    inside.says("去").hears("已提交")


def test_an_unnamed_answer_is_final_and_nobody_is_behind_it(apart: Branch, desk_url: str, tmp_path: Path) -> None:
    phone, other = apart.bound("张建国"), apart.bound("李娜")
    round_id = opened(apart, unnamed=True)
    store = apart.house.unsigned
    assert isinstance(store, UnsignedFile)
    before = database_of(tmp_path)
    phone.says("征集").hears("提交瞬间服务器可见，之后无法关联", "1/4 夜班").hears_not("已提交")
    phone.speaks("录播").hears("语音听得出是谁，请打字", "1/4")
    fills(phone, "1", "跳过", "5").says(CANARY).hears("交上去就不能改了")
    assert store.turnout(round_id) == 0
    with connect(apart.house.settings.redis.url) as ordinary:  # half way, when only the memory apart has it
        held = [ordinary.get(one) for one in ordinary.keys("*") if ordinary.type(one) == "string"]
    assert held
    assert CANARY not in repr(held)
    phone.says("1").hears("已提交", "没有留下是谁填的").again().hears("已提交")
    assert store.turnout(round_id) == 1
    assert database_of(tmp_path) == before
    phone.says("征集").hears("您已经交过，一人一份").hears_not("1/4")
    phone.says("1").hears_not("已提交", "1/4")  # nothing is open any more
    fills(other, "征集", "2", "跳过", "1", "跳过").says("2").hears("没有交，也没有保留")
    assert store.turnout(round_id) == 1
    fills(other, "征集", "2", "跳过", "1", "跳过")
    closed(apart, round_id)
    other.says("1").hears("已经截止，没有收下").hears_not("已提交")
    assert [Sheet.load(one).answers for one in store.answers(round_id)] == [{1: 1, 3: 5, 4: CANARY}]
    with apart.house.reading() as db:
        member = members.find(db, "张建国").public_id
    file = b"".join(one.read_bytes() for one in store.file.path.parent.iterdir())
    assert member.encode() not in file  # neither as the ballot nor beside it
    assert CANARY.encode() in file
    with connect(desk_url) as kept, connect(apart.house.settings.redis.url) as ordinary:
        places = {
            "the desk's Redis": repr({one: kept.dump(one) for one in kept.keys("*")}).encode(),
            "Redis": repr({one: ordinary.dump(one) for one in ordinary.keys("*")}).encode(),
            "the database": (tmp_path / "var" / "zhibu.db").read_bytes(),
        }
    assert canaries.found_in(CANARY, places) == []


def test_an_unnamed_round_is_left_and_times_out_with_nothing_kept(apart: Branch) -> None:
    phone = apart.bound("张建国")
    opened(apart, unnamed=True)
    phone.says("不记名填写").hears("请发“征集”，从里面选")
    fills(phone, "征集", "1")
    phone.says("取消").hears("已取消")
    fills(phone, "征集", "1")
    phone.says("签到").hears("不记名填写")
    phone.says("2").hears("现在没有正在签到的活动")
    with connect(apart.house.settings.confidential.redis_url) as store:
        fills(phone, "征集", "1")
        for one in store.keys("*"):
            if '"talk"' in str(store.get(one)):  # its ten minutes are over
                store.delete(one)
    phone.says("跳过").hears("前面写的没有交")


def test_without_a_memory_apart_the_page_is_named(branch: Branch) -> None:
    phone = branch.bound("张建国")
    round_id = opened(branch, unnamed=True)
    phone.says("征集").hears("请打开网页填", f"/h5/asked/{round_id}")


def database_of(home: Path) -> list[str]:
    """Every row of the application's database, but for the roll of what was read when."""
    with closing(sqlite3.connect(home / "var" / "zhibu.db")) as db:
        return list(db.iterdump())
