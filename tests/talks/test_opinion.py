"""意见 as members hear it: signed ones are numbered and answered, unsigned ones belong to whoever has the receipt."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.dialogues.confidential import opinion as lookup
from confidential.unsigned import UnsignedFile
from engines.redis import connect, ensure_redis, leave
from models.appointment import Role
from models.opinion import Opinion, OpinionCategory, OpinionPicture, OpinionState, Verdict
from sealed import receipt
from sealed.keys import SigningKey, to_text
from services import members, opinions
from services.opinions import Reply, Standing
from tests.branch import Branch, Phone, branch_on
from tests.confidential import canaries
from tests.engines import Database
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


def kept(branch: Branch) -> list[Opinion]:
    """All signed opinions."""
    with branch.house.reading() as db:
        return list(db.scalars(select(Opinion).order_by(Opinion.id)))


def signed(phone: Phone, text: str = "建议夜班同志补课用录播", category: str = "2") -> Phone:
    """Give one under the own name."""
    for words in ("意见", "1", text, category):
        phone.says(words)
    return phone.hears("已提交，编号 YJ11")


def unsigned(phone: Phone, text: str) -> str:
    """Give one without a name; returns its receipt."""
    for words in ("意见", "2", text, "5"):
        phone.says(words)
    phone.hears("已提交")
    found = re.search(r"^(\S{4} ){2}\S{4}$", phone.reply, re.MULTILINE)
    assert found, phone.reply
    return found[0]


def answered(branch: Branch, number: str, verdict: Verdict, text: str) -> None:
    """The office answers."""

    def work(db: Session) -> None:
        found = db.scalars(select(Opinion).where(Opinion.number == number)).one()
        opinions.answer(db, branch.house.operator(), found, Reply(verdict, text), found.version)

    branch.house.run(work)


def test_a_signed_opinion_is_spoken_numbered_answered_and_told(branch: Branch) -> None:
    phone = branch.bound("张建国")
    phone.says("提意件").hears("意见").says("1").hears(
        "支部看不到是谁，系统也不保存；但消息要经过微信", "1 署名提  2 不署名提"
    )
    phone.says("1").hears("不得上传涉密和内部文件", "请说您的意见，打字、语音都行")
    phone.speaks("建议夜班同志补课用录播").hears("我听到：建议夜班同志补课用录播", "1 是")
    phone.says("2").hears("请再说一遍").speaks("建议夜班同志补课都用录播").says("1").hears("6 对本系统提意见")
    assert kept(branch) == []
    phone.says("2").hears("已提交，编号 YJ1101。答复后我告诉您，也可发“进度”。", "最多3张").again().hears("YJ1101")
    (one,) = kept(branch)
    assert (one.text, one.category, one.due_on) == (
        "建议夜班同志补课都用录播",
        OpinionCategory.STUDY,
        date(2026, 12, 11),
    )
    phone.says("谢谢").hears("不客气")
    signed(branch.bound("李娜"), "食堂早点开门").hears("YJ1102")
    phone.says("我的意见").hears("YJ1101（11月22日（周日），学习教育）：已收到").hears_not("YJ1102")
    answered(branch, "YJ1101", Verdict.PARTLY, "12月起党课录播，主题党日不录。")
    assert branch.sends() == 1
    phone.says("通知").hears("【意见答复】YJ1101：部分采纳。12月起党课录播")
    phone.says("我的意见").hears("已答复，部分采纳。12月起党课录播", "/h5/said")


def test_pictures_come_by_themselves_and_no_more_than_three(branch: Branch) -> None:
    phone = branch.bound("张建国")
    phone.says("附图").hears("请先发“意见”")
    signed(phone)
    for expected in ("第1张图片已收到，还可以发2张", "第2张图片已收到，还可以发1张", "3张图片都已收到"):
        phone.does(phone.person.sends_picture()).hears(expected).again().hears(expected)
    phone.does(phone.person.sends_picture()).hears("只看得懂文字")
    phone.says("附图").hears("3张图片都已收到")
    signed(phone, "另一条")
    phone.does(phone.person.sends_video()).hears("只收图片").says("这个").hears("只收图片").says("0").hears("已经收到")
    phone.says("附图").hears("要附图").says("签到").hears("现在没有")
    with branch.house.reading() as db:
        found = list(db.scalars(select(OpinionPicture)))
        assert len({one.media_id for one in found}) == 3
        assert {one.opinion_id for one in found} == {kept(branch)[0].id}


def test_who_is_not_bound_may_speak_without_a_name_alone(apart: Branch) -> None:
    phone = apart.phone("群众")
    phone.says("意见").hears("1 署名提").says("1").hears("绑定").hears_not("请说您的意见")
    phone.says("我的意见").hears("绑定")
    written = unsigned(phone, "食堂早点开门")
    phone.says("进度").says(written).hears("已收到", "还没有答复").hears_not(written)


def test_an_unsigned_opinion_is_behind_its_receipt_and_nowhere_else(
    apart: Branch, desk_url: str, tmp_path: Path
) -> None:
    phone, store = apart.bound("张建国"), apart.house.unsigned
    assert isinstance(store, UnsignedFile)
    before = database_of(tmp_path)
    phone.says("意见").says("2").hears("不得上传涉密和内部文件", "请打字写您的意见")
    phone.speaks("补贴").hears("语音听得出是谁，请打字")
    phone.does(phone.person.sends_picture()).hears("不署名不收图片")
    phone.says(CANARY).hears("6 对本系统提意见").hears_not("已提交", "回执")
    assert store.opinions() == []
    phone.says("5").hears("已提交。回执：", "只显示这一次")
    first = phone.reply
    assert phone.again().reply == first
    (one,) = store.opinions()
    shown = receipt.read(first.splitlines()[1])
    assert (one.lookup, one.text, one.category, one.week) == (lookup(shown), CANARY, "work", date(2026, 11, 16))
    assert kept(apart) == []
    assert database_of(tmp_path) == before
    with apart.house.reading() as db:
        member = members.find(db, "张建国").public_id
    file = b"".join(one.read_bytes() for one in store.file.path.parent.iterdir())
    assert not any(trace.encode() in file for trace in (member, shown.text, shown.secret.hex(), phone.person.openid))
    with connect(desk_url) as own, connect(apart.house.settings.redis.url) as ordinary:
        places = {
            "the desk's Redis": repr({one: own.dump(one) for one in own.keys("*")}).encode(),
            "Redis": repr({one: ordinary.dump(one) for one in ordinary.keys("*")}).encode(),
            "the database": (tmp_path / "var" / "zhibu.db").read_bytes(),
        }
        assert "意见" not in repr([ordinary.get(one) for one in ordinary.keys("*") if ordinary.type(one) == "string"])
    assert canaries.found_in(CANARY, places) == canaries.found_in(shown.text, places) == []
    standing = Standing(OpinionState.ANSWERED, Verdict.DECLINED, day=date(2026, 12, 1))
    store.reply(one.lookup, one.state, standing.dump(), "全局统一标准，已向上反映。")
    phone.says(f"进度 {shown.text}").hears("已答复，未采纳", "答复：全局统一标准").hears_not(shown.text)


def test_a_turn_cut_off_before_its_reply_files_the_same_opinion_under_the_same_receipt(
    apart: Branch, desk_url: str
) -> None:
    phone, store = apart.bound("张建国"), apart.house.unsigned
    for words in ("意见", "2", "写一条"):
        phone.says(words)
    with connect(desk_url) as memory:
        before = {one: memory.dump(one) for one in memory.keys("*")}
        first = phone.says("5").hears("已提交").reply
        memory.flushall()  # killed after the file was written, before the reply was kept
        for one, value in before.items():
            memory.restore(one, 0, value)
    assert phone.again().hears("已提交").reply == first
    assert len(store.opinions()) == 1


def test_progress_takes_the_number_of_a_signed_one_too(apart: Branch) -> None:
    phone = signed(apart.bound("张建国"))
    phone.says("进度").hears("请发抄下的12个字", "如YJ1107").says("yj1101。").hears("YJ1101", "已收到")
    phone.says("YJ1101").hears_not("已收到")  # nothing is open any more


def test_an_unsigned_one_is_left_with_nothing_kept_and_a_full_file_says_so(apart: Branch) -> None:
    phone, store = apart.bound("张建国"), apart.house.unsigned
    assert isinstance(store, UnsignedFile)
    for words in ("意见", "2", "写了一半"):
        phone.says(words)
    phone.says("取消").hears("已取消").says("继续").hears("没有留着的内容")
    for words in ("意见", "2", "又写一条"):
        phone.says(words)
    store.file.cap, cap = 0, store.file.cap
    phone.says("1").hears("现在收不下新的意见，没有提交").hears_not("已提交")
    store.file.cap = cap
    assert store.opinions() == []
    with connect(apart.house.settings.confidential.redis_url) as memory:
        memory.config_set("appendonly", "yes")
        phone.says("意见").says("2").hears("现在不能不署名提")
        memory.config_set("appendonly", "no")


def test_without_a_memory_apart_the_box_is_named(branch: Branch) -> None:
    phone = branch.bound("张建国")
    phone.says("意见").says("2").hears("暂未开通不署名", "意见箱")
    phone.says("进度").hears("发“我的意见”看")
    branch.clock.advance(timedelta(days=40).total_seconds())
    branch.appoints("张建国", Role.SECRETARY)
    signed_later = phone.says("意见").says("1").says("新年快到了").says("7").reply
    assert "YJ0101" in signed_later  # another month, another year


def database_of(home: Path) -> list[str]:
    """Every row of the application's database."""
    with closing(sqlite3.connect(home / "var" / "zhibu.db")) as db:
        return list(db.iterdump())
