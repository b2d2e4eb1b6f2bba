"""征集 through every door: one round from its draft to the published table, by chat, page, API and slips outside."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select

from engines.redis import connect, ensure_redis, leave
from models.appointment import Role
from models.round import RoundAnswer, RoundAudience
from sealed.keys import SigningKey, to_text
from services import rounds
from simulator.faults import Fault
from tests.api.conftest import MiniProgram
from tests.api.leading import bound, told
from tests.branch import Branch, Phone, branch_on
from tests.engines import Database
from tests.pages.office import Browser, Office, words_of
from tests.rounds import closed, links, opened

CHECK = "msg_sec_check"
CONSULTATION = {
    "title": "值班安排办法",
    "purpose": "decision",
    "audience": "both",
    "body": "草案见公示栏。",
    "unnamed": "1",
    "closes-day": "2026-11-30",
    "closes-time": "18:00",
    "stem-0": "同意吗？",
    "kind-0": "single",
    "options-0": "同意\n不同意\n再议",
    "stem-1": "您的意见？",
    "kind-1": "text",
    "free-1": "1",
}


@pytest.fixture(scope="module")
def desk_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Redis of what is had apart."""
    home = tmp_path_factory.mktemp("desk")
    yield ensure_redis(home)
    leave(home)


@pytest.fixture
def branch(database: Database, empty_redis: redis.Redis, redis_url: str, desk_url: str) -> Iterator[Branch]:
    """A branch where something can be had apart."""
    with connect(desk_url) as store:
        store.flushall()
    confidential = {"root": to_text(SigningKey.draw().verify_key), "redis_url": desk_url}
    with branch_on(database, redis_url, confidential=confidential) as found:
        yield found
        assert found.world.complaints == []


def both(branch: Branch, name: str) -> tuple[MiniProgram, Phone]:
    """A member with mini-program and chat."""
    mini = bound(branch, name)
    return mini, mini.phone.says(branch.code(name)).hears("绑定成功")


def sheet(*numbers: int, text: str = "") -> list[dict[str, object]]:
    """The body of an answer to tests.rounds.FORM: single, multiple left out, scale, words."""
    said = [{"question": 1, "numbers": [numbers[0]]}, {"question": 3, "numbers": [numbers[1]]}]
    return [*said, {"question": 4, "text": text}] if text else said


def test_a_consultation_from_its_draft_to_the_published_table(branch: Branch) -> None:
    office = Office(branch)
    members = {name: both(branch, name) for name in ("王芳", "张建国", "刘洋", "陈静", "李娜")}
    branch.appoints("王芳", Role.SECRETARY)
    secretary = office.browser("王芳")
    home = secretary.sends("/h5/rounds/new", **CONSULTATION).headers["Location"]
    round_id = home.rpartition("/")[2]
    mini, phone = members["张建国"]
    assert told(mini.get("rounds"))["rounds"] == []
    assert "征集中" in secretary.does(f"{home}/open")
    phone.says("通知").hears("【征集】值班安排办法，2题，不记名，11月30日（周一）截止。请发“征集”填写。")
    slips = secretary.sends(f"{home}/links", count="4")
    outside = re.findall(r"/open/<wbr>([\w-]+)", slips.text)
    assert len(outside) == 4
    answered_by_every_door(office, round_id, members, outside)
    assert branch.house.unsigned.turnout(round_id) == 7
    # the day before the close everybody asked is reminded, whoever has answered
    with branch.house.reading() as db:
        zone, now = branch.house.settings.zone, branch.clock.now()
        days = [now + timedelta(hours=number) for number in range(240)]
        due = [each for at in days for each in rounds.closing(db, at, at + timedelta(hours=1), zone)]
    assert sorted(one.name for one, _ in due) == sorted(members)
    assert {f"{one.due:%m-%d %H:%M}" for _, one in due} == {"11-29 10:00"}
    # closed, answered for, published
    page = Browser(office.signed_in("刘洋"))
    branch.clock.advance(timedelta(days=9).total_seconds())
    with branch.house.reading() as db:
        assert [one.public_id for one in rounds.closable(db, branch.clock.now())] == [round_id]
    members["李娜"][1].says("征集").hears("现在没有要您填写的征集")
    shown = secretary.does(f"{home}/close")
    assert "征求 9 已交 7" in shown
    assert "同意 4（57%）" in shown
    assert "写的不足8份，不显示" in shown
    lines = {"summary-0": "夜班补课用录播", "verdict-0": "adopted", "voices-0": "3", "reason-0": "12月起录播。"}
    secretary.does(f"{home}/table", **lines, version="1")
    assert "12月起录播" not in page.reads(f"/h5/asked/{round_id}")
    assert "已公布" in secretary.does(f"{home}/publish")
    # read by everybody who was asked, wherever they are
    mini.login()
    phone.says("通知").hears("【采纳情况】值班安排办法：采纳1条")
    phone.says("征集").hears(
        "【采纳情况】值班安排办法，1条意见", "夜班补课用录播：采纳。12月起录播。", f"/h5/asked/{round_id}"
    )
    published = told(mini.get(f"rounds/{round_id}"))
    assert [(one["summary"], one["label"], one["voices"]) for one in rows(published, "table")] == [
        ("夜班补课用录播", "采纳", 3)
    ]
    counts = [(one["option"], one["count"]) for one in rows(rows(published, "figures")[0], "options")]
    assert counts == [("同意", 4), ("不同意", 3), ("再议", 0)]
    assert "12月起录播" in words_of(branch.app.test_client().get(f"/open/{outside[0]}"))
    assert "12月起录播" in page.reads(f"/h5/asked/{round_id}")


def answered_by_every_door(
    office: Office, round_id: str, members: dict[str, tuple[MiniProgram, Phone]], outside: list[str]
) -> None:
    """By chat, by page, by the API, by slips: seven answers, some of them sent twice."""
    branch, (mini, phone) = office.branch, members["张建国"]
    for words in ("征集", "同意", "夜班补课用录播", "1"):
        phone.says(words)
    phone.hears("已提交")
    page = Browser(office.signed_in("刘洋"))
    ballot = re.search(r'name="ballot" value="(\w+)"', page.get(f"/h5/asked/{round_id}").text)
    assert ballot
    page.does(f"/h5/asked/{round_id}", ballot=ballot[1], **{"q-1": "2"})
    one = told(members["陈静"][0].get(f"rounds/{round_id}"))
    assert (one["unnamed"], one["running"], one["answered"], one["table"]) == (True, True, False, [])
    cast = {"ballot": one["ballot"], "answers": [{"question": 1, "numbers": [1]}]}
    for _ in range(2):
        assert members["陈静"][0].post(f"rounds/{round_id}/ballots", cast).status_code == 204
    again = {**cast, "ballot": "0" * 32}
    for another in (members["陈静"][0], mini):
        refused = another.post(f"rounds/{round_id}/ballots", again)
        assert (refused.status_code, refused.get_json()["code"]) == (409, "answered")
    assert told(members["陈静"][0].get(f"rounds/{round_id}"))["answered"] is True
    for number, secret in enumerate(outside):
        client = branch.app.test_client()
        form = {"ballot": f"{number:032x}", "q-1": str(1 + number % 2), "q-2": "意见" * number}
        assert "已提交" in client.post(f"/open/{secret}", data=form).text


def test_a_signed_answer_is_sent_once_changed_and_refused_after_the_close(branch: Branch) -> None:
    mini, _ = both(branch, "张建国")
    round_id = opened(branch)
    path, key = f"rounds/{round_id}/answers", {"Idempotency-Key": "one"}
    for _ in range(2):
        assert mini.post(path, {"answers": sheet(1, 4, text="建议录播")}, key).status_code == 204
    assert mini.post(path, {"answers": sheet(2, 5)}).status_code == 204
    mine = rows(told(mini.get(f"rounds/{round_id}")), "answers")
    assert [(one["question"], one["numbers"]) for one in mine] == [(1, [2]), (3, [5])]
    wrong: list[list[dict[str, object]]] = [
        [],
        sheet(9, 4),
        [*sheet(1, 4), {"question": 1, "numbers": [2]}],
        [*sheet(1, 4), {"question": 30, "text": "没有这题"}],
        [{"question": 1, "text": "录播"}, {"question": 3, "numbers": [1, 2]}],
    ]
    for one in wrong:
        assert mini.post(path, {"answers": one}).get_json()["code"] == "unclear", one
    assert mini.post(f"rounds/{round_id}/ballots", {"ballot": "0" * 32, "answers": sheet(1, 4)}).status_code == 422
    closed(branch, round_id)
    refused = mini.post(path, {"answers": sheet(1, 4)})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "over")
    assert mini.post(path, {"answers": sheet(1, 4, text="建议录播")}, key).status_code == 204  # that one, once more


def test_an_unnamed_answer_leaves_the_application_as_it_was(branch: Branch, tmp_path: Path) -> None:
    mini, _ = both(branch, "张建国")
    both(branch, "李娜")
    round_id = opened(branch, unnamed=True, audience=RoundAudience.BOTH)
    (secret,) = links(branch, round_id, 1)
    page = Browser(Office(branch).signed_in("李娜"))
    page.csrf()
    before = everything(tmp_path)
    cast = {"ballot": "1" * 32, "answers": sheet(1, 4)}
    assert mini.post(f"rounds/{round_id}/ballots", cast, {"Idempotency-Key": "one"}).status_code == 204
    assert page.sends(f"/h5/asked/{round_id}", ballot="2" * 32, **{"q-1": "2", "q-3": "3"}).status_code == 303
    form = {"ballot": "3" * 32, "q-1": "3", "q-3": "1"}
    assert branch.app.test_client().post(f"/open/{secret}", data=form).status_code == 200
    assert branch.house.unsigned.turnout(round_id) == 3
    assert everything(tmp_path) == before


def everything(home: Path) -> list[str]:
    """Every row of the application's database."""
    with closing(sqlite3.connect(home / "var" / "zhibu.db")) as db:
        return list(db.iterdump())


def test_contract_22_what_nobody_vouches_for_is_published_nowhere(branch: Branch) -> None:
    """wechat-contract.md section 8, item 22."""
    office = Office(branch)
    people = {
        name: both(branch, name) for name in ("张建国", "刘洋", "陈静", "李娜", "王芳", "赵敏", "钱进", "孙丽", "周涛")
    }
    branch.appoints("王芳", Role.SECRETARY)
    round_id = opened(branch, audience=RoundAudience.MEMBERS)
    path = f"rounds/{round_id}/answers"
    risky = people["张建国"][0].post(path, {"answers": sheet(1, 4, text="违规的话")})
    assert (risky.status_code, risky.get_json()["code"]) == (422, "risky")
    with branch.house.reading() as db:
        assert db.scalars(select(RoundAnswer.id)).all() == []
    doubts: list[Fault | None] = [
        None,
        Fault(status=500),
        Fault(errcode=-1),
        Fault(errcode=45009),
        Fault(errcode=61010),
    ]
    texts = [f"这句话存疑{number}" for number in range(9)]
    for number, (mini, _) in enumerate(people.values()):
        fault = doubts[number % len(doubts)]
        if fault is not None:
            branch.world.faults.plan(CHECK, fault)
        assert mini.post(path, {"answers": sheet(1 + number % 2, 4, text=texts[number])}).status_code == 204
    closed(branch, round_id)
    secretary, home = office.browser("王芳"), f"/h5/rounds/{round_id}"
    assert all(text in secretary.reads(home) for text in texts)  # whose work it is to read them
    lines = {"summary-0": "改用录播", "verdict-0": "partly", "voices-0": "9", "reason-0": "先试一个月。"}
    secretary.does(f"{home}/table", **lines, version="1")
    secretary.does(f"{home}/publish")
    mini, phone = people["李娜"]
    phone.says("征集")
    everywhere = [
        phone.reply,
        phone.says("通知").reply,
        office.browser("李娜").reads(f"/h5/asked/{round_id}"),
        mini.get(f"rounds/{round_id}").get_data(as_text=True).replace(texts[3], ""),  # the own answer
        mini.get("rounds").get_data(as_text=True),
        office.browser("李娜").get(home).text,
    ]
    assert "改用录播" in "".join(everywhere)
    assert [text for text in texts for place in everywhere if text in place] == []


def rows(body: dict[str, object], name: str) -> list[dict[str, object]]:
    """A list in an answer."""
    found = body[name]
    assert isinstance(found, list)
    return found
