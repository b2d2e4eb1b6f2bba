"""The platform's contract at our door, item by item: each test bears the number of the check it makes."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import redis
from pydantic import ValidationError
from sqlalchemy import Engine, func, select, text

from bot.dialogues import REGISTRY
from bot.registry import Registry, Script
from bot.talk import Talk
from bot.turn import Turn
from engines.redis import ensure_redis, leave, stop
from jobs.timetable import TIMETABLE
from models import HeldScan, Identity, Member, WrongCode
from models.base import Base
from models.credit import CreditEntry
from models.notice import Notice, NoticeKind
from services import credits, members, notices
from services.members import Account
from simulator.courier import Manner
from simulator.faults import Fault
from simulator.outcomes import Telling, When
from simulator.packing import Hostile, Mode
from simulator.transport import Answer
from tests.branch import NOON, Branch, Phone, branch_on, settings_for
from tests.engines import Database
from wechat.messages import parse

FULL_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def rows(branch: Branch) -> dict[str, int]:
    """How many rows each table has."""
    with branch.house.reading() as db:
        return {
            table.name: db.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables
        }


@contextmanager
def writing_blocked(engine: Engine, until: threading.Event) -> Iterator[None]:
    """Another process holds SQLite's one write lock until then: every turn is slow."""
    held = threading.Event()

    def hold() -> None:
        with engine.connect() as connection, connection.begin():  # BEGIN IMMEDIATE
            held.set()
            assert until.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    yield
    holder.join()


def faulty(script: Script[Turn]) -> Registry[Turn]:
    """The shipped dialogues and one more, 试验."""
    registry: Registry[Turn] = Registry()
    for dialogue in REGISTRY:
        registry.add(dialogue)
    registry.dialogue("试验", bound=False)(script)
    return registry


# --- 1 to 3: who is let in -------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", [Hostile.WRONG_SIGNATURE, Hostile.NO_SIGNATURE, Hostile.STALE])
def test_contract_1_what_is_not_signed_now_is_403(branch: Branch, hostile: Hostile) -> None:
    zhang = branch.bound("张建国")
    before = rows(branch)
    refused = zhang.person.says("帮助", manner=Manner(hostile=hostile))
    assert (refused.status, refused.text) == (403, None)
    assert rows(branch) == before


def test_contract_1_what_is_signed_is_the_query_as_it_came(branch: Branch) -> None:
    """Of other requests the application takes NULs away; here a signature of what is left would then be taken."""
    zhang = branch.bound("张建国").says("帮助")
    assert zhang.last
    sent = zhang.last.deliveries[0].sent
    client = branch.app.test_client()
    for timestamp, due in (
        (sent.query["timestamp"], 200),
        (f"{sent.query['timestamp'][:2]}\0{sent.query['timestamp'][2:]}", 403),
    ):
        answer = client.post("/wechat", query_string={**sent.query, "timestamp": timestamp}, data=sent.body)
        assert answer.status_code == due


def test_contract_1_a_wrong_handshake_is_403(branch: Branch) -> None:
    query = {"signature": "0" * 40, "timestamp": "1", "nonce": "2", "echostr": "hello"}
    answer = branch.app.test_client().get("/wechat", query_string=query)
    assert (answer.status_code, b"hello" in answer.data) == (403, False)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"token": ""}, "official_account.token"),
        ({"token": "  "}, "official_account.token"),
        ({"encoding_aes_key": FULL_KEY[:42]}, "official_account.encoding_aes_key"),
    ],
)
def test_contract_1_a_blank_token_or_short_key_refuses_to_start(
    tmp_path: Path, changed: Mapping[str, object], named: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_for(tmp_path, wechat={"official_account": changed})
    assert named in ".".join(str(part) for part in refused.value.errors()[0]["loc"])


@pytest.mark.parametrize("manner", [Manner(hostile=Hostile.DOWNGRADED), Manner(mode=Mode.PLAIN)])
def test_contract_2_a_downgrade_is_403_and_changes_nothing(branch: Branch, manner: Manner) -> None:
    digits = branch.member("张建国")
    zhang = branch.phone("张建国")
    before = rows(branch)
    refused = zhang.person.says(digits, manner=manner)
    assert (refused.status, refused.text) == (403, None)
    assert rows(branch) == before
    branch.world.carrier.complaints.clear()  # to a platform in plain mode our 403 is a fault
    zhang.says(digits).hears("绑定成功")


def test_contract_2_of_a_compat_body_only_the_sealed_copy_counts(branch: Branch) -> None:
    digits = branch.member("张建国")
    zhang = branch.phone("张建国")
    altered = zhang.person.says(digits, manner=Manner(mode=Mode.COMPAT, hostile=Hostile.ALTERED_CLEAR))
    assert "绑定成功，张建国同志" in (altered.text or "")


def test_contract_3_a_foreign_app_is_refused(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    assert zhang.person.says("帮助", manner=Manner(hostile=Hostile.FOREIGN_APP)).status == 403


def test_contract_3_the_old_key_opens_during_rotation_only(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    keys = {"encoding_aes_key": FULL_KEY, "previous_encoding_aes_key": FULL_KEY[::-1]}
    with branch_on(database, redis_url, wechat={"official_account": keys}) as rotating:
        zhang = rotating.bound("张建国")
        assert "您想做什么" in (zhang.person.says("帮助", manner=Manner(hostile=Hostile.OLD_KEY)).text or "")
        assert zhang.person.says("帮助", manner=Manner(hostile=Hostile.UNKNOWN_KEY)).status == 400


# --- 4 to 7: once, whatever is delivered how often ---------------------------------------------------------------


def test_contract_4_a_slow_turn_has_one_effect_and_its_answer_arrives(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    scaled = {"official_account": {"reply_wait": 0.36}}
    with branch_on(database, redis_url, cut=0.4, wechat=scaled) as branch:
        zhang = branch.bound("张建国")
        meeting = branch.meeting()
        code = branch.screen(meeting).code
        post, second, goes_on = branch.world.courier.post, count(1), threading.Event()

        def watched(query: Mapping[str, str], body: bytes, seconds: float) -> Answer:
            if next(second) == 2:
                goes_on.set()
                seconds = 20
            return post(query, body, seconds)

        branch.world.courier.post = watched
        with writing_blocked(branch.house.engine, goes_on):
            zhang.scans(code).hears("签到成功")
        assert zhang.last is not None
        assert [delivery.cut for delivery in zhang.last.deliveries] == [True, False]
        assert branch.arrivals(meeting) == {"张建国": NOON}
        zhang.again().hears("签到成功")


def test_contract_5_overlapping_deliveries_get_one_effect_and_the_same_reply(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    code = each_branch.screen(meeting).code
    zhang.does(zhang.person.scans(code, manner=Manner(copies=3)))
    assert zhang.last is not None
    assert {delivery.text for delivery in zhang.last.deliveries} == {zhang.reply}
    zhang.hears("签到成功")
    assert list(each_branch.arrivals(meeting)) == ["张建国"]


def test_contract_5_one_msgid_from_two_people_is_two_messages(branch: Branch) -> None:
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    meeting = branch.meeting()
    number = branch.screen(meeting).number
    zhang.says(number, msg_id="4242").hears("张建国同志", "签到成功")
    li.says(number, msg_id="4242").hears("李娜同志", "签到成功")
    assert set(branch.arrivals(meeting)) == {"张建国", "李娜"}


def test_contract_6_two_menu_taps_in_one_second_are_two_turns(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    zhang.taps("记录").hears("2026年")
    zhang.taps("帮助").hears("您想做什么")
    first = zhang.reply
    zhang.again()
    assert zhang.reply == first


def test_contract_7_a_bug_is_an_apology_with_a_number_and_a_retry_may_succeed(
    database: Database, empty_redis: redis.Redis, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken = True

    def script(_talk: Talk, _turn: Turn) -> str:
        if broken:
            raise KeyError("what somebody wrote")
        return "好了"

    with branch_on(database, redis_url, registry=faulty(script)) as branch:
        zhang = branch.phone("张建国").says("试验").hears("对不起", "报编号", "0500-0000000")
        assert zhang.last is not None
        assert zhang.last.status == 200
        number = zhang.reply.rpartition("编号")[2].rstrip("。")
        found = [record.getMessage() for record in caplog.records if number in record.getMessage()]
        assert len(found) == 1
        assert "KeyError" in found[0]
        assert "script" in found[0]
        assert "somebody" not in caplog.text
        broken = False
        zhang.again().hears("好了")


@pytest.mark.parametrize(
    "hostile",
    ["]]>", "<b>&amp;", "]]><Evil/>", "".join(map(chr, range(32))), "👍🏽👨‍👩‍👧", "汉" * 3000, "\u202e反"],
)
def test_contract_8_whatever_is_said_back_is_well_formed_and_bounded(
    database: Database, empty_redis: redis.Redis, redis_url: str, hostile: str
) -> None:
    def echo(_talk: Talk, _turn: Turn) -> str:
        return f"您说：{hostile}"

    with branch_on(database, redis_url, registry=faulty(echo)) as branch:
        zhang = branch.phone("张建国").says("试验").hears("您说：")
        assert len(zhang.reply.encode()) <= 2048
        assert branch.world.complaints == []


def test_contract_8_what_people_write_comes_back_harmless(branch: Branch) -> None:
    zhang = branch.phone("张建国")
    for said in ("]]><x>", "<script>alert(1)</script>", "😀" * 200, "汉" * 3000, "\t \n", "0" * 600):
        zhang.says(said)
        assert 0 < len(zhang.reply.encode()) <= 2048


# --- 10 to 14 ----------------------------------------------------------------------------------------------------


def test_contract_10_scan_and_follow_by_scan_are_one_check_in(each_branch: Branch) -> None:
    digits = each_branch.member("李娜")
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    scene = each_branch.screen(meeting).scene
    zhang.does(zhang.person.event("SCAN", EventKey=scene)).hears("签到成功")
    li = each_branch.phone("李娜")
    li.does(li.person.event("subscribe", EventKey=f"qrscene_{scene}", Ticket="t")).hears("8位绑定码")
    li.says(digits).hears("绑定成功", "签到成功")
    assert set(each_branch.arrivals(meeting)) == {"张建国", "李娜"}


def test_contract_10_foreign_and_forged_scenes_are_refused_politely(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    scene = branch.screen(meeting).scene
    forged = scene[:-1] + ("a" if scene[-1] != "a" else "b")
    for said in (forged, "12345", "ck-2222222222-1-aaaaaaaaaaaaaaaa", "x" * 64, ""):
        zhang.does(zhang.person.event("SCAN", EventKey=said))
        assert zhang.reply.startswith("这不是现在活动的码") or not said
    assert branch.arrivals(meeting) == {}


def test_contract_10_a_payments_key_is_no_scan(branch: Branch) -> None:
    meeting = branch.meeting()
    li = branch.phone("李娜")
    li.does(li.person.event("subscribe", EventKey="last_trade_no_4200001")).hears("您好，这里是青湾市气象局党支部")
    assert branch.arrivals(meeting) == {}
    assert rows(branch)["held_scan"] == 0


def test_contract_11_unfollowing_erases_the_person_and_keeps_the_branchs_record(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    zhang.scans(each_branch.screen(meeting).code).says("签到")
    zhang.says("12345678")
    li = each_branch.phone("李娜").scans(each_branch.screen(meeting).code)
    openids = {zhang.person.openid, li.person.openid}
    for phone in (zhang, li):
        assert phone.unfollows().reply == ""
    with each_branch.house.reading() as db:
        assert db.scalars(select(Identity)).all() == []
        assert db.scalars(select(HeldScan)).all() == []
        everything = " ".join(
            str(tuple(row)) for table in Base.metadata.sorted_tables for row in db.execute(select(table)).all()
        )
    remembered = " ".join(str(key) for key in each_branch.house.store.scan_iter())
    assert not [openid for openid in openids if openid in everything + remembered]
    assert list(each_branch.arrivals(meeting)) == ["张建国"]
    zhang.person.follow()
    zhang.says("记录").hears("绑定")
    zhang.says(each_branch.code("张建国")).hears("绑定成功")
    zhang.says("记录").hears("应到1次，到会1次")


def test_contract_11_unfollowing_cancels_what_waits_and_erases_consents(branch: Branch) -> None:
    zhang = branch.bound("张建国").accepts("birthday", 2)
    branch.clock.advance(5)
    late = zhang.accepts("birthday").last
    branch.meeting("党课", opened=False, starts=timedelta(days=3))
    branch.cancels(branch.meeting("主题党日", opened=False, starts=timedelta(days=2)), "启动暴雨应急响应")
    assert ledger(branch, "birthday") == [3]
    zhang.unfollows()
    with branch.house.reading() as db:
        assert {(one.state.value, one.reason) for one in db.scalars(select(Notice))} == {("expired", "unfollowed")}
        assert db.scalars(select(CreditEntry)).all() == []
    assert branch.sends() == 0
    assert late is not None
    zhang.person.again(late)  # an event of before, heard late: nobody is there to keep it for
    zhang.follows()
    zhang.says(branch.code("张建国")).hears("绑定成功").hears_not("条通知")
    assert ledger(branch, "birthday") == []


def ledger(branch: Branch, topic: str) -> list[int]:
    """What the ledger says is left of a topic's template, by person."""
    template = branch.house.settings.wechat.templates.given[topic].id
    with branch.house.reading() as db:
        return [one.left for purse, one in credits.balances(db, None).items() if purse.template_id == template]


def test_contract_18_the_ledger_is_wechats_own_count_under_events_twice_late_and_missing(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    person, world = zhang.person, branch.world
    now = branch.clock.now()
    earlier = [now - timedelta(seconds=seconds) for seconds in (50, 40, 30, 20, 10)]
    events = [
        person.accepts("birthday", at=earlier[0]),
        person.refuses("birthday", at=earlier[1]),
        person.accepts("birthday", at=earlier[4]),
        person.answers({"birthday": True, "study": True, "makeup": False}, at=earlier[3]),  # later than it was
        person.answers({"birthday": False}, at=earlier[2]),  # a no in the popup takes nothing away
    ]
    for event in (*events, events[1], events[0]):
        person.again(event)
    assert ledger(branch, "birthday") == [person.credits("birthday")] == [2]
    assert ledger(branch, "study") == [1]
    for number, telling in enumerate((Telling(When.BEFORE, copies=2), Telling(When.NEVER))):
        world.outcomes.plan(telling)
        tell(branch, NoticeKind.BIRTHDAY, "张建国", str(number))
        assert branch.sends() == 1
        assert ledger(branch, "birthday") == [person.credits("birthday")] == [1 - number]
    world.courier.post, there = deaf, world.courier.post
    person.accepts("birthday")  # an event that never comes: we know of one less, never of one more
    world.courier.post = there
    assert (ledger(branch, "birthday"), person.credits("birthday")) == ([0], 1)


def deaf(_query: Mapping[str, str], _body: bytes, _seconds: float) -> Answer:
    """Nothing arrives, and WeChat believes that it has."""
    return Answer(200, b"success")


def tell(branch: Branch, kind: NoticeKind, name: str, occurrence: str) -> None:
    """A notice to that member, due now."""
    now = branch.clock.now()
    facts: dict[str, notices.Plain] = {"name": name, "joined": "1998-11-22", "day": "2026-11-22", "years": 28}
    told = notices.Told(kind, occurrence, facts, now, now + timedelta(days=1))
    branch.house.run(lambda db: notices.write(db, members.find(db, name), told, now))


def test_contract_11_an_unfollow_does_not_lift_the_lock_on_wrong_codes(branch: Branch) -> None:
    digits = branch.member("张建国")
    thief = branch.phone("somebody").says("绑定")
    for wrong in range(10):
        thief.says(f"{int(digits) % 10**7 + wrong + 10**7:08d}"[::-1])
    thief.says(digits).hears("错得太多", "14:52以后")
    thief.unfollows()
    thief.follows()
    thief.says(digits).hears("错得太多")
    branch.clock.advance(3600)
    thief.says(digits).hears("绑定成功")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(times=99, errcode=40001),
        Fault(times=99, errcode=40164),
        Fault(times=99, status=500),
        Fault(times=99, wait=30),
    ],
    ids=["40001", "40164", "500", "silence"],
)
def test_contract_13_wechat_away_costs_the_qr_and_nothing_else(
    database: Database, empty_redis: redis.Redis, redis_url: str, fault: Fault
) -> None:
    with branch_on(database, redis_url, wechat={"timeout": 0.3}) as branch:
        branch.world.faults.plan("/cgi-bin/stable_token", fault)
        zhang = branch.bound("张建国")
        meeting = branch.meeting()
        screen = branch.screen(meeting)
        for _ in range(3):
            assert screen.answer().status_code == 200
        assert branch.world.calls["/cgi-bin/stable_token"] <= 2
        zhang.says(screen.number).hears("签到成功")


def test_contract_14_without_redis_every_turn_answers_and_nothing_is_written_twice(each_database: Database) -> None:
    home = each_database.home
    address = ensure_redis(home)
    with branch_on(each_database, address) as branch:
        zhang = branch.bound("张建国")
        meeting = branch.meeting()
        screen = branch.screen(meeting)
        stop(home)
        before = branch.world.calls["/cgi-bin/stable_token"]
        zhang.scans(screen.code).hears("签到成功")
        first = zhang.reply
        for _ in range(3):
            assert zhang.again().reply == first
        branch.clock.advance(1)
        zhang.scans(screen.code).hears("已签到")
        digits = branch.member("李娜")
        li = branch.phone("李娜").says(digits).hears("绑定成功")
        first = li.reply
        assert li.again().reply == first
        li.says("签到").hears("暂时记不住", "6位数字")
        li.says(screen.number).hears("签到成功")
        assert list(branch.arrivals(meeting)) == ["张建国", "李娜"]
        assert branch.world.calls["/cgi-bin/stable_token"] - before <= 1
    leave(home)


# --- 21: who is who ----------------------------------------------------------------------------------------------


def login(branch: Branch, phone: Phone) -> dict[str, object]:
    """Log in to the mini-program as this person does."""
    code = branch.world.login_code(phone.person)
    answer = branch.app.test_client().post("/api/v1/login", json={"code": code})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, object] = answer.get_json()
    return found


def bind_by_api(branch: Branch, token: object, digits: str) -> int:
    """Send a bind code from the mini-program; returns the status."""
    headers = {"Authorization": f"Bearer {token}"}
    return branch.app.test_client().post("/api/v1/bind", json={"code": digits}, headers=headers).status_code


def run_job(branch: Branch, name: str) -> str:
    """Run one job of the timetable now."""
    job = next(one for one in TIMETABLE if one.name == name)
    return job.run(branch.house.desk(), branch.clock.now())


def test_contract_21_one_human_is_joined_by_unionid(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    zhang = each_branch.phone("张建国", unionid="u-zhang")
    opened = login(each_branch, zhang)
    assert opened["bound"] is False
    assert bind_by_api(each_branch, opened["token"], digits) == 200
    zhang.says("记录").hears("绑定")
    assert run_job(each_branch, "unionids") == "asked=1 bound=1"
    zhang.says("记录").hears("张建国同志，2026年")
    assert run_job(each_branch, "unionids") == "asked=0 bound=0"


def test_contract_21_the_other_way_round_a_login_is_bound_at_once(branch: Branch) -> None:
    digits = branch.member("张建国")
    zhang = branch.phone("张建国", unionid="u-zhang").says(digits).hears("绑定成功")
    run_job(branch, "unionids")
    assert login(branch, zhang)["bound"] is True


def test_contract_21_without_unionid_a_one_time_code_binds_and_binds_once(branch: Branch) -> None:
    digits = branch.member("张建国")
    zhang = branch.phone("张建国").says(digits).hears("绑定成功，张建国同志。")
    thief = branch.phone("somebody").says(digits).hears("已经用过")
    zhang.says(digits).hears("您已经绑定")
    thief.says("记录").hears("绑定")


def test_contract_21_nobody_is_joined_on_an_empty_unionid(each_branch: Branch) -> None:
    first, second = each_branch.member("张建国"), each_branch.member("李娜")
    zhang, li = each_branch.phone("张建国"), each_branch.phone("李娜")
    assert bind_by_api(each_branch, login(each_branch, zhang)["token"], first) == 200
    assert bind_by_api(each_branch, login(each_branch, li)["token"], second) == 200
    stranger = each_branch.phone("somebody")
    assert login(each_branch, stranger)["bound"] is False
    run_job(each_branch, "unionids")
    for phone in (zhang, li, stranger):
        phone.says("记录").hears("绑定")


def test_contract_21_a_unionid_of_two_members_joins_nobody(branch: Branch) -> None:
    first, second = branch.member("张建国"), branch.member("李娜")
    zhang = branch.phone("张建国", unionid="u-one").says(first).hears("绑定成功")
    run_job(branch, "unionids")
    also = branch.phone("李娜", unionid="u-two")
    assert bind_by_api(branch, login(branch, also)["token"], second) == 200
    with branch.house.transaction() as db:
        db.execute(text("UPDATE identity SET unionid = 'u-one' WHERE unionid = 'u-two'"))
    third = branch.phone("somebody", unionid="u-one")
    run_job(branch, "unionids")
    third.says("记录").hears("绑定")
    zhang.says("记录").hears("张建国同志")


def test_contract_21_a_new_slip_from_the_office_moves_a_binding(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    branch.clock.advance(60)
    digits = branch.code("张建国")
    new_phone = branch.phone("张建国").says(digits).hears("绑定成功")
    new_phone.says("记录").hears("张建国同志")
    zhang.says("记录").hears("绑定")


def test_contract_21_two_slips_do_not_merge_two_members(branch: Branch) -> None:
    branch.member("李娜")
    zhang = branch.bound("张建国")
    zhang.says(branch.code("李娜")).hears("您已经绑定")
    with branch.house.reading() as db:
        bound = db.execute(select(Member.name).join(Identity)).scalars().all()
        assert db.scalar(select(func.count()).select_from(WrongCode)) == 0
    assert list(bound) == ["张建国"]


def test_contract_21_a_used_login_code_is_refused(branch: Branch) -> None:
    zhang = branch.phone("张建国")
    code = branch.world.login_code(zhang.person)
    client = branch.app.test_client()
    assert client.post("/api/v1/login", json={"code": code}).status_code == 200
    again = client.post("/api/v1/login", json={"code": code})
    assert (again.status_code, again.get_json()["code"]) == (401, "login")


def test_contract_4_a_twin_killed_with_the_lock_does_not_silence_the_next_delivery(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    """After a reset connection the platform may come back at once, while the dead process's lock still stands."""
    scaled = {"official_account": {"reply_wait": 0.2}}
    with branch_on(database, redis_url, wechat=scaled) as branch:
        zhang = branch.bound("张建国")
        meeting = branch.meeting()
        zhang.scans(branch.screen(meeting).code).hears("签到成功")
        first = zhang.reply
        assert zhang.last is not None
        assert zhang.last.message is not None
        store, app_id = branch.house.store, branch.house.parts.app_id
        who = Account(app_id, zhang.person.openid).digest
        message = parse(zhang.last.message.xml.encode()).key(app_id)
        store.flushall()  # the reply died with its process
        store.set(f"zhibu:{app_id}:lock:{who}", f"{message}:dead", px=60_000)
        assert zhang.again().reply == first
        assert list(branch.arrivals(meeting)) == ["张建国"]
