"""保密反映 and 进度 as people hear them, and what is left of such a talk anywhere: sealed pieces, and nothing else."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import event

from bot.apart import Apart, Recalled
from bot.dialogues.confidential import opinion
from confidential.cases import Cases
from engines.redis import connect, ensure_redis, leave
from logs import Json
from sealed import handlerlist, message, seal, wordlist
from sealed.desk import CaseDesk
from sealed.handlerlist import HandlerList
from sealed.keys import SigningKey, to_text
from sealed.receipt import Receipt, read
from tests.branch import ROOT, Branch, Phone, branch_on
from tests.confidential import canaries
from tests.confidential.room import Handler
from tests.engines import Database
from tests.talks.conftest import REHEARSED
from texts import confidential as texts

NOW = 1_760_000_000  # seconds since 1970
CANARY = "仓库里的化肥账对不上"
FIRST = "这里说的话要经过微信，内容加密保存。更稳妥的是打开网页。"


@dataclass
class Scene:
    """A branch with a desk of four handlers, the desk's own Redis, and somebody nobody knows."""

    branch: Branch
    desk_url: str
    root: SigningKey
    handlers: list[Handler]
    shown: list[str] = field(default_factory=list)  # receipts

    def publish(self, *, without: int = 0, upper_without: int | None = None, version: int = 1) -> None:
        """Sign a list and put it where the desk looks; so many of each desk are missing."""
        expires = self.branch.clock.now().date() + timedelta(days=100)
        also = without if upper_without is None else upper_without
        own, upper = self.handlers[: 2 - without], self.handlers[2 : 4 - also]
        desks = tuple(
            handlerlist.Desk(
                name,
                tuple(
                    handlerlist.Handler(
                        one.id, f"{one.id}委员", one.identity.recipient, one.identity.signing.verify_key
                    )
                    for one in staff
                ),
            )
            for name, staff in (("own", own), ("upper", upper))
        )
        file = self.branch.house.settings.home / "var/confidential/handlers.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(handlerlist.sign(HandlerList(version, expires, desks), self.root))

    @property
    def cases(self) -> CaseDesk:
        """The desk."""
        return self.branch.house.cases

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of the application's database."""
        with sqlite3.connect(self.branch.house.settings.home / "var" / "zhibu.db") as db:
            tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: db.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}  # noqa: S608 - names of the schema

    def copies(self, phone: Phone) -> str:
        """The receipt in the last reply, and the three characters asked back; returns them."""
        lines = phone.hears("回执", "请抄在纸上，不要截屏", "抄下后请删除这条消息").reply.splitlines()
        copied = next(one for one in lines if re.fullmatch(r"(\S{4} ){2}\S{4}", one))
        self.shown.append(copied)
        bare = wordlist.bare(copied)
        return "".join(bare[int(place) - 1] for place in re.findall(r"第(\d+)", lines[-1]))

    def opens(self, receipt: Receipt, handler: int = 0) -> list[str]:
        """The texts of a case in order, as a handler reads them; each is authentic."""
        found = self.cases.case(receipt.lookup)
        sealed = self.cases.messages(receipt.lookup, [one.id for one in found.messages]).values()
        assert {len(one) for one in sealed} == {min(seal.SIZES.values())}
        case = message.Case(found.lookup, receipt.signing.verify_key, receipt.identity.recipient, found.desk)
        lists = handlerlist.history(self.cases.handlers(), self.root.verify_key)
        thread = message.check(case, message.opened(self.handlers[handler].identity, sealed), lists)
        assert thread.whole
        return [one.doc.text for one in thread.messages if one.doc]

    def answers(self, receipt: Receipt, text: str, step: message.Step) -> None:
        """The first handler answers."""
        found, handler = self.cases.case(receipt.lookup), self.handlers[0]
        seen = tuple(one.id for one in found.messages)
        doc = message.Doc(receipt.lookup, found.desk, 1, handler.id, seen, text, step)
        lists = handlerlist.read(self.cases.handlers(), self.root.verify_key)
        sealed = seal.seal(
            message.write(doc, handler.identity.signing), lists.recipients(found.desk), receipt.identity.recipient
        )
        assert self.branch.house.reports is not None
        self.branch.house.reports.cases.add(receipt.lookup, [sealed])

    def kept(self) -> str:
        """Everything in the desk's Redis."""
        with connect(self.desk_url) as store:
            return repr({name: store.get(name) for name in store.keys("*")})


@pytest.fixture(scope="module")
def desk_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The desk's own Redis."""
    home = tmp_path_factory.mktemp("desk")
    yield ensure_redis(home)
    leave(home)


@pytest.fixture
def scene(database: Database, empty_redis: redis.Redis, redis_url: str, desk_url: str) -> Iterator[Scene]:
    """The desk is open."""
    with connect(desk_url) as store:
        store.flushall()
    root = SigningKey.draw()
    handlers = [Handler("zhang", "own"), Handler("li", "own"), Handler("wang", "upper"), Handler("zhao", "upper")]
    confidential = {"root": to_text(root.verify_key), "redis_url": desk_url}
    with branch_on(database, redis_url, registry=REHEARSED, confidential=confidential) as branch:
        made = Scene(branch, desk_url, root, handlers)
        made.publish()
        yield made
        assert branch.world.complaints == []


def tells(scene: Scene, phone: Phone) -> Receipt:
    """From the word to the first question on the affair; the receipt that was copied."""
    phone.says("保密反映").hears(FIRST, "/report/", "1 打开网页（推荐）", "2 就在这里说", "3 只要上级电话")
    phone.says("2").hears("1 本级承办人（zhang委员、li委员）", "2 上级承办人（", "涉及本级承办人或其亲属的，请选上级")
    phone.says("1")
    phone.says(scene.copies(phone)).hears("提建议", "4 举报违纪", "7 不清楚")
    return read(scene.shown[-1])


def test_a_case_is_told_and_a_handler_reads_it_and_nothing_else_is_left_of_it(
    scene: Scene, empty_redis: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone = scene.branch.bound("张建国")
    scene.branch.meeting()
    phone.says("签到").hears("6位数字")  # a talk of another affair stays open beneath
    written: list[str] = []
    before, kept = scene.rows(), {name: empty_redis.dump(name) for name in empty_redis.keys("*")}
    event.listen(scene.branch.house.engine, "before_cursor_execute", lambda *told: written.append(told[2]), named=False)
    caplog.clear()

    receipt = tells(scene, phone)
    phone.says("4").hears("写完发“完”", "细节可能让人猜到您")
    phone.says(CANARY).hears("第1段已加密，还没有提交", "故意编造害人的，要负责任").hears_not("已提交")
    phone.says("“第二段”：\n换行，还有表情😀。").hears("第2段已加密")
    in_between = scene.kept()
    phone.says("完").hears("已提交", "丢了，任何人都查不回来")

    assert scene.opens(receipt) == [f"【举报违纪】\n{CANARY}", "“第二段”：\n换行，还有表情😀。"]
    assert scene.rows() == before
    assert {name: empty_redis.dump(name) for name in empty_redis.keys("*")} == kept
    assert written == []
    lying_about = {
        "the desk's Redis half way": in_between.encode(),
        "the desk's Redis": scene.kept().encode(),
        "the log": caplog.text.encode(),
        "the log as JSON": "\n".join(map(Json().format, caplog.records)).encode(),
        **canaries.files(scene.branch.house.settings.home),
    }
    for secret in (CANARY, scene.shown[-1], wordlist.bare(scene.shown[-1]), receipt.secret.hex()):
        assert canaries.found_in(secret, lying_about) == []
    openid = phone.person.openid
    places = [place for place in canaries.found_in(openid, lying_about) if "zhibu.db" not in place]
    assert places == []  # an openid stands where members are listed, and nowhere else
    assert not re.search("保密|confidential|apart", caplog.text)
    phone.says("12345").hears("少了1位")


def test_a_wrong_character_draws_another_receipt_and_no_reply_repeats_one(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    phone.says("举报").says("就在这里说").says("上级承办人")
    right = scene.copies(phone)
    wrong = [right[::-1] if right != right[::-1] else "天地人", "不知道", "三个字"]
    for characters in wrong:
        phone.says(characters).hears("对不上", "作废")
        right = scene.copies(phone)
    phone.speaks("我念给你听").hears("语音听得出是谁，请打字")
    right = scene.copies(phone)
    phone.does(phone.person.sends_picture())
    right = scene.copies(phone)
    assert len(set(scene.shown)) == len(scene.shown)
    phone.says(" ".join(right)).hears("您要说的是哪一类")
    phone.says("1")
    phone.does(phone.person.sends_picture()).hears("不收图片", "/report/").hears_not(*scene.shown)
    phone.speaks("写一点").hears("语音听得出是谁，请打字").hears_not(*scene.shown)
    phone.does(phone.person.sends_location(30.0, 120.0)).hears("不收图片")
    for said in ("写一点", "完"):
        phone.says(said).hears_not(*scene.shown)
    phone.hears("已提交")
    assert scene.opens(read(scene.shown[-1]), handler=2) == ["【提建议】\n写一点"]
    for old in scene.shown[:-1]:
        phone.says(f"进度 {old}").hears("查无此回执，请逐字核对")


def test_every_step_that_is_delivered_again_hears_the_same_and_adds_nothing(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    phone.says("检举")
    for said in ("2", "1", None, "2", "第一段", "第二段", "完"):
        before = phone.reply
        assert phone.again().reply == before
        phone.says(scene.copies(phone) if said is None else said)
    before = phone.hears("已提交").reply
    assert phone.again().reply == before
    assert len(set(scene.shown)) == 1
    assert scene.opens(read(scene.shown[0])) == ["【反映情况】\n第一段", "第二段"]


def test_of_two_deliveries_at_once_the_second_gets_the_reply_of_the_first(scene: Scene) -> None:
    """As far as the lock of the application's Redis does not keep them apart: it may be away."""
    with connect(scene.desk_url) as store:
        apart = Apart(lambda: store)
        assert apart.keep("somebody", "m1", "first", "回执甲", NOW) == "回执甲"
        assert apart.keep("somebody", "m1", "second", "回执乙", NOW) == "回执甲"
        assert apart.recall("somebody", "m1", NOW) == Recalled("回执甲", "first", since=NOW)
        assert apart.recall("somebody", "m2", NOW + 9) == Recalled(None, "first", since=NOW)
        assert apart.recall("somebody else", "m2", NOW) == Recalled(since=NOW)
        names = [str(name) for name in store.scan_iter("*")]
        assert {0 < store.ttl(name) <= 24 * 3600 for name in names} == {True}
        assert max(store.ttl(name) for name in names if name != "chat:key") <= 3600
        assert "somebody" not in repr(names)
        apart.drop("somebody")
        assert apart.recall("somebody", "m2", NOW) == Recalled(since=NOW)
        store.set("chat:key", "00" * 32)  # as it was kept before it said since when
        assert apart.keep("somebody", "m3", "third", "回执丙", NOW) == "回执丙"
        assert apart.recall("somebody", "m3", NOW) == Recalled("回执丙", "third")


def test_a_process_killed_between_filing_and_forgetting_files_once(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    receipt = tells(scene, phone)
    phone.says("7").says("一段")
    with connect(scene.desk_url) as store:
        held = {name: store.dump(name) for name in store.keys("*")}
        phone.says("完").hears("已提交")
        store.flushall()
        for name, value in held.items():
            store.restore(name, 600_000, value)
    phone.again().hears("已提交")
    assert scene.opens(receipt) == ["【不清楚】\n一段"]


def test_three_thousand_characters_become_pieces_of_one_size(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    receipt = tells(scene, phone)
    worst = '"\\\n' * 1000
    phone.says("2").says("长" * 3000).hears("第3段已加密").says(f"甲{worst}乙").hears("第6段已加密").says("完").hears(
        "已提交"
    )
    texts = scene.opens(receipt)
    assert "".join(texts) == f"【反映情况】\n{'长' * 3000}甲{worst}乙"
    receipt = tells(scene, phone)
    phone.says("2")
    for _ in range(30):
        phone.says("一段")
    phone.says("再一段").hears("放满了").says("完").hears("已提交")
    assert len(scene.opens(receipt)) == 30


def test_leaving_keeps_nothing_and_another_command_is_had_as_ever(scene: Scene) -> None:
    phone = scene.branch.bound("李娜")
    tells(scene, phone)
    phone.says("1").says(CANARY).says("上一步").hears("写完发“完”").says("完").hears("还没有写内容")
    phone.says(CANARY).says("取消").hears("已取消")
    assert "talk" not in scene.kept()
    tells(scene, phone)
    phone.says("1").says(CANARY).says("记录").hears("2 先办“记录”，前面的不保留")
    phone.says("2").hears("李娜同志")
    phone.says("完").hears("我没听懂")
    tells(scene, phone)
    phone.says("1").says(CANARY)
    scene.branch.clock.advance(11 * 60)
    phone.says("还有").hears("过了10分钟")
    phone.taps("保密反映").hears(FIRST).says("取消").says("帮助").says("6").hears(FIRST)
    phone.says("取消").says("取消")  # the second is for 帮助, which has been left as it was
    phone.says("举保").hears(FIRST)  # a slip of the pen leaves no question in the application's memory
    phone.says("1").hears("/report/", "浏览器").says("反映").says("3").hears("12388", "0500-0000001")


def test_the_desk_that_cannot_take_it_says_so_with_page_and_telephone(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    scene.publish(without=1)
    phone.says("投诉").says("2").hears("暂未开通", "/report/", "12388")
    scene.publish()
    with connect(scene.desk_url) as store:
        store.config_set("save", "60 1")
        phone.says("投诉").says("2").hears("现在不能在这里说", "/report/", "12388")
        store.config_set("save", "")
    receipt = tells(scene, phone)
    phone.says("1").says("一段")
    assert scene.branch.house.reports is not None
    file = scene.branch.house.reports.cases.file
    file.cap, whole = 1, file.cap
    phone.says("完").hears("存放的地方满了", "前面写的留10分钟", "/report/", "12388").hears_not("已提交")
    file.cap = whole
    phone.says("完").hears("已提交")
    assert scene.opens(receipt) == ["【提建议】\n一段"]
    receipt = tells(scene, phone)
    phone.says("1").says("一段")
    scene.handlers[0], scene.handlers[1] = Handler("new", "own"), scene.handlers[0]
    scene.publish(version=2)
    phone.says("完").hears("承办人刚刚换了").hears_not("已提交")
    phone.says(f"进度{wordlist.bare(receipt.text)}").hears("查无此回执")


def test_what_is_written_outlives_a_desk_that_is_away_while_it_is_written(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    receipt = tells(scene, phone)
    phone.says("4").says("第一段").hears("第1段已加密")
    for upper_without in (1, 0):  # with nobody there, and with the other desk alone: it is no place for these words
        scene.publish(without=1, upper_without=upper_without)
        phone.says(CANARY).hears("暂未开通", "刚才这一条没有收，前面写的还在").hears_not("交给谁")
        assert canaries.found_in(CANARY, {"the desk's Redis": scene.kept().encode()}) == []
        phone.says("完").hears("暂未开通", "前面写的留10分钟", "12388")
    scene.publish()
    phone.says("第二段").hears("第2段已加密")
    assert scene.branch.house.reports is not None
    other = Cases(scene.branch.house.reports.cases.file.path)
    with other.file._alone():  # somebody else writes, for longer than the platform waits
        phone.says("完").hears("正忙，还没有提交，前面写的还在")
        assert phone.last is not None
        assert [one.cut for one in phone.last.deliveries] == [False]
    phone.says("完").hears("已提交")
    assert scene.opens(receipt) == ["【举报违纪】\n第一段", "第二段"]
    other.file.close()


@pytest.mark.parametrize(("lost", "said"), [("chat:key", CANARY), ("*", CANARY), ("*", "会计贪污")])
def test_what_is_meant_for_a_talk_that_is_lost_lands_in_no_other(
    scene: Scene, empty_redis: redis.Redis, lost: str, said: str
) -> None:
    """The day's key has run out in the middle of it, or the desk's Redis has been started anew."""
    phone = scene.branch.bound("张建国")
    phone.says("意见").says("1").hears("请说您的意见")  # a talk of another affair stays open beneath
    tells(scene, phone)
    phone.says("4").says("第一段").hears("第1段已加密")
    scene.branch.clock.advance(60)
    with connect(scene.desk_url) as store:
        store.delete(*store.keys(lost))
    phone.says(said).hears("刚才这一条没有收", "请说您的意见")
    assert canaries.found_in(said, canaries.files(scene.branch.house.settings.home)) == []
    assert said not in repr(
        [empty_redis.get(name) for name in empty_redis.keys("*") if "given" in name or "talk" in name]
    )
    phone.says("建议把会议室的灯换亮一些").hears("是哪一类意见")  # and who means it says it once more


def test_without_its_redis_nothing_is_begun_and_nothing_lands_elsewhere(
    database: Database, empty_redis: redis.Redis, redis_url: str, tmp_path: Path
) -> None:
    confidential = {"root": to_text(SigningKey.draw().verify_key), "redis_url": f"unix://{tmp_path}/none.sock"}
    with branch_on(database, redis_url, registry=REHEARSED, confidential=confidential) as branch:
        phone = branch.phone("群众")
        phone.says("保密反映").hears("现在不能在这里说", "/report/", "12388")
        phone.says("帮助").hears("保密反映").says("这件事说来话长，从去年夏天说起").hears("系统正忙")
        assert "去年夏天" not in repr([empty_redis.get(name) for name in empty_redis.keys("*")])
    with branch_on(database, redis_url, registry=REHEARSED) as branch:
        branch.phone("来客").says("保密反映").hears("暂未开通", "12388").says("进度").hears("暂未开通")


def test_answers_are_read_by_the_receipt_and_an_unsigned_opinion_too(scene: Scene) -> None:
    phone = scene.branch.phone("群众")
    receipt = tells(scene, phone)
    phone.says("5").says("不服").says("完").hears("已提交")
    phone.says(f"进度 {receipt.text}").hears("已收到", "还没有答复").hears_not(receipt.text)
    scene.answers(receipt, "已转去问，请等三天。", message.Step.TRANSFERRED)
    phone.says("进度").hears("请发抄下的12个字").says(receipt.text).hears(
        "已转上级（青湾市直属机关纪检监察工委）", "答复：已转去问，请等三天。"
    )
    phone.speaks("进度").hears("请发抄下的12个字").speaks("念").hears("请打字").says("只有五个字").hears(
        "收到5个"
    ).says("取消")
    other = Receipt.draw()
    phone.says(f"进度：{other.text}").hears("查无此回执").says("取消")
    now = scene.branch.clock.now()
    scene.branch.house.unsigned.submit(opinion(other), "life", "食堂早点开门", now)
    phone.says(f"进度：{other.text}").hears("已收到", "还没有答复").hears_not("食堂")
    assert receipt.text not in scene.kept()
    assert "请等三天" not in scene.kept()


def test_kinds_and_states_are_those_of_the_page() -> None:
    page = (ROOT / "confidential" / "static" / "sentences.js").read_text("utf-8")
    assert dict(re.findall(r'\{ id: "(\w+)", words: "([^"]+)" \}', page)) == texts.KINDS
    states = page.partition("export const STATES = {")[2].partition("}")[0]
    assert dict(re.findall(r'(\w+): "([^"]+)"', states)) == texts.STATES
