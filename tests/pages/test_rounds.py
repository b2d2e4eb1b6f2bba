"""征集 on the pages: drafted, opened, filled in by members and by people with a slip, closed, answered for, published."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.activity import ActivityKind
from models.round import RoundAudience
from sealed import unsigned
from services import activities
from services.forms import Sheet
from tests.pages.looks import goes_in, look_over, picture
from tests.pages.office import LEADER, MEMBER, OTHER_MEMBER, SECRETARY, Office, serving, words_of
from tests.rounds import closed, links, opened

DRAFT = {
    "title": "值班安排办法",
    "purpose": "decision",
    "audience": "members",
    "body": "草案见公示栏。",
    "closes-day": "2026-12-01",
    "closes-time": "18:00",
    "stem-0": "补课用哪种方式？",
    "kind-0": "single",
    "options-0": "录播\n传达\n\n自学",
    "stem-2": "还有什么意见？",
    "kind-2": "text",
    "free-2": "1",
}


def made(office: Office, **changed: str) -> str:
    """A draft made on the page; returns its public id."""
    answer = office.browser(SECRETARY).sends("/h5/rounds/new", **{**DRAFT, **changed})
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["Location"].rpartition("/")[2]


def ballot_on(page: TestResponse) -> str:
    """The ballot a form carries."""
    found = re.search(r'name="ballot" value="(\w+)"', page.text)
    assert found, words_of(page)
    return found[1]


def test_a_draft_is_previewed_edited_once_and_opened(office: Office) -> None:
    browser = office.browser(SECRETARY)
    for field, wrong, words in (
        ("title", "", "请填写名称"),
        ("options-0", "只有一个", "第1题要有2到9个选项"),
        ("kind-0", "essay", "请从列表里选问题的类型"),
        ("audience", "group", "请选是哪个党小组"),
        ("closes-day", "明天", "截止时间请填日期和时间"),
    ):
        answer = browser.sends("/h5/rounds/new", **{**DRAFT, field: wrong})
        assert answer.status_code == 422
        assert words in words_of(answer)
        assert "补课用哪种方式？" in answer.text
    round_id = made(office)
    assert made(office) == round_id  # a button tapped twice
    home = f"/h5/rounds/{round_id}"
    shown = browser.reads(home)
    assert "1/2 补课用哪种方式？ 1 录播 2 传达 3 自学 请回复数字。" in shown
    assert "2/2 还有什么意见？ 请写您的意见。不想填就发“跳过”。" in shown
    assert browser.sends(f"{home}/edit", **DRAFT, version="9").status_code == 409
    assert "已保存" in browser.does(f"{home}/edit", **{**DRAFT, "title": "值班办法"}, version="1")
    assert "您打开以后" in words_of(browser.sends(f"{home}/edit", **DRAFT, version="1"))
    assert "征集中" in browser.does(f"{home}/open")
    assert "不能这样办" in words_of(browser.sends(f"{home}/edit", **DRAFT, version="2"))
    assert "截止时间已经过了" in words_of(
        browser.sends(f"/h5/rounds/{made(office, **{'closes-day': '2026-11-01'})}/open")
    )
    assert "只征求党员的意见" in words_of(browser.sends(f"{home}/links", count="3"))
    assert "没有找到这次征集" in words_of(browser.get("/h5/rounds/22222222aa"))


def test_a_rating_names_the_lecture_that_it_rates(office: Office) -> None:
    secretary = office.browser(SECRETARY)
    lecture = office.plan("专题党课：党章", ActivityKind.LECTURE, starts=-timedelta(days=2))
    office.plan("还没上的课", ActivityKind.LECTURE, starts=timedelta(days=2))
    committee = office.plan("支委会的事", ActivityKind.COMMITTEE, starts=-timedelta(days=2))
    for one in (lecture, committee):
        office.house.run(partial(_held, office, activity=one))
    page = secretary.get("/h5/rounds/new").text
    assert f'<option value="{lecture}">11月20日（周五）专题党课：党章</option>' in page
    assert "还没上的课" not in page
    assert "支委会的事" not in page
    assert "评的是" not in secretary.reads(f"/h5/rounds/{made(office, activity=lecture)}")  # of a 评学 alone
    rating = {"purpose": "rating", "title": "党课评价", "activity": lecture}
    assert secretary.sends("/h5/rounds/new", **{**DRAFT, **rating, "activity": "22222222aa"}).status_code in {404, 409}
    home = f"/h5/rounds/{made(office, **rating)}"
    assert f'value="{lecture}" selected' in secretary.get(f"{home}/edit").text
    assert "评的是： 11月20日（周五）专题党课：党章" in secretary.reads(home)
    assert "共2题。评的是11月20日（周五）专题党课：党章。" in secretary.does(f"{home}/open")
    asked = office.browser(MEMBER).reads(f"/h5/asked/{home.rpartition('/')[2]}")
    assert "评的是： 11月20日（周五）专题党课：党章" in asked


def test_slips_made_twice_by_one_tap_are_the_same_slips(office: Office) -> None:
    round_id = opened(office.branch, "群众的", audience=RoundAudience.BOTH)
    secretary, home = office.browser(SECRETARY), f"/h5/rounds/{round_id}"
    found = re.search(r'name="once" value="(\w+)"', secretary.get(home).text)
    assert found
    before = asked(office, round_id)
    slips = [
        set(re.findall(r"/open/([\w-]{22})|>([\w-]{22})<", secretary.sends(f"{home}/links", count="3", once=once).text))
        for once in (found[1], found[1], "")
    ]
    assert slips[0] == slips[1]
    assert not slips[0] & slips[2]
    assert len(slips[0]) == 3
    assert asked(office, round_id) == before + 6
    assert secretary.reads(home).count("打印3张纸条") == 2
    assert secretary.sends(f"{home}/links", count="3", once="短").status_code == 422


def test_a_draft_is_thrown_away_and_nothing_else(office: Office) -> None:
    secretary, store = office.browser(SECRETARY), office.house.unsigned
    draft = made(office, unnamed="1", title="写错了的")
    store.open_round(draft)  # as an opening that was cut off has left it
    home = f"/h5/rounds/{draft}"
    assert office.browser(LEADER).sends(f"{home}/drop").status_code == 403
    assert "不能恢复" in secretary.reads(home)
    assert "草稿已删除" in secretary.does(f"{home}/drop")
    assert "写错了的" not in secretary.reads("/h5/rounds")
    assert "草稿已删除" in secretary.does(f"{home}/drop")  # tapped twice
    with pytest.raises(unsigned.NoSuchRound):
        store.turnout(draft)
    for name, form in (("open", {}), ("edit", {**DRAFT, "version": "1"})):
        assert "没有找到这次征集" in words_of(secretary.sends(f"{home}/{name}", **form))
    after = secretary.reads(f"/h5/rounds/{made(office, title='后来的')}")
    assert "删除草稿“写错了的”" not in after  # its log is its own
    running = opened(office.branch, "征集中的")
    assert "不能这样办" in words_of(secretary.sends(f"/h5/rounds/{running}/drop"))
    assert "征集中的" in secretary.reads("/h5/rounds")


def test_a_member_fills_in_a_signed_one_and_changes_it_until_the_close(office: Office) -> None:
    round_id = opened(office.branch, "记名的")
    member, address = office.browser(MEMBER), f"/h5/asked/{round_id}"
    page = member.get(address)
    assert "还没有填" in member.reads("/h5/asked")
    half: dict[str, str | list[str]] = {"ballot": ballot_on(page), "q-2": ["1", "3"], "q-3": "4", "q-4": "建议录播"}
    refused = member.sends(address, **half)
    assert "第1题还没有填" in words_of(refused)
    assert "建议录播" in refused.text
    for name, value in (("q-1", "9"), ("q-1", "x"), ("q-2", ["7"]), ("q-3", "-1"), ("q-4", "长" * 501)):
        assert member.sends(address, **{**half, "q-1": "1", name: value}).status_code == 409
    assert "您已经交过" in member.does(address, **half, **{"q-1": "1"})
    assert re.search(r'name="q-1" value="1"[^>]* checked', member.get(address).text)
    again = {"ballot": ballot_on(member.get(address)), "q-1": "2", "q-3": "5"}
    member.does(address, **again)
    closed(office.branch, round_id)
    assert "已经截止" in words_of(member.sends(address, **{**again, "ballot": "f" * 32}))
    assert member.sends(address, **again).status_code == 303  # the same once more, which stands
    home = office.browser(SECRETARY).reads(f"/h5/rounds/{round_id}")
    assert "不足5份，不显示结果" in home
    assert "传达" in home
    assert member.sends(f"/h5/asked/{round_id}", ballot="x").status_code == 422
    assert office.browser(LEADER).get(f"/h5/rounds/{round_id}").status_code == 403


def test_a_slip_is_good_for_one_answer_whoever_holds_it(office: Office) -> None:
    for unnamed in (True, False):
        round_id = opened(office.branch, f"群众的{unnamed}", unnamed=unnamed, audience=RoundAudience.BOTH)
        first, second = links(office.branch, round_id, 2)
        address = f"/open/{first}"
        one, forwarded = (office.branch.app.test_client() for _ in range(2))
        here, there = one.get(address), forwarded.get(address)
        assert here.status_code == 200
        assert "Set-Cookie" not in here.headers
        assert "<script" not in here.text
        form = {"q-1": "1", "q-3": "4"}
        assert "第3题还没有填" in words_of(one.post(address, data={"ballot": ballot_on(here), "q-1": "1"}))
        for _ in range(2):  # the button tapped twice
            thanks = one.post(address, data={**form, "ballot": ballot_on(here)})
            assert thanks.status_code == 200
            assert "已提交" in thanks.text
            assert "Set-Cookie" not in thanks.headers
        late = forwarded.post(address, data={**form, "q-1": "2", "ballot": ballot_on(there)})
        assert late.status_code in {409, 422}
        assert "已提交" not in late.text
        assert "这张纸条已经填过" in words_of(one.get(address))
        assert turnout(office, round_id, unnamed=unnamed) == 1
        before = asked(office, round_id)
        gone = office.browser(SECRETARY).does(f"/h5/rounds/{round_id}/links/withdraw")
        assert f"已收回{2 if unnamed else 1}张" in gone  # of an unnamed one nobody knows which had been used
        assert asked(office, round_id) == before - (0 if unnamed else 1)
        assert ("含收回的2张纸条" in gone) is unnamed
        assert one.get(f"/open/{second}").status_code == one.get("/open/nothing").status_code == 404
        assert one.post(f"/open/{second}", data=form).status_code == 404


def test_the_same_person_by_chat_and_by_page_is_one_answer(office: Office) -> None:
    phone = office.branch.phone("电话")
    phone.says(office.branch.code(OTHER_MEMBER)).hears("绑定成功")
    browser = office.browser(OTHER_MEMBER)
    signed, unnamed = opened(office.branch, "同一人甲"), opened(office.branch, "同一人乙", unnamed=True)
    form = {"q-1": "1", "q-3": "4"}
    page = browser.get(f"/h5/asked/{unnamed}")
    assert "提交瞬间服务器可见，之后无法关联" in words_of(page)
    other = browser.get(f"/h5/asked/{unnamed}")  # a second tab
    for _ in range(2):
        assert "已经交过" in browser.does(f"/h5/asked/{unnamed}", **form, ballot=ballot_on(page))
    assert "已经交过" in words_of(browser.sends(f"/h5/asked/{unnamed}", **form, ballot=ballot_on(other)))
    assert office.house.unsigned.turnout(unnamed) == 1
    browser.does(f"/h5/asked/{signed}", **form, ballot="a" * 32)
    phone.says("征集")
    which = next(line for line in phone.reply.split("\n") if "同一人甲" in line)[0]
    for words in (which, "2", "跳过", "1", "跳过"):
        phone.says(words)
    phone.hears("已提交")
    assert turnout(office, signed, unnamed=False) == 1


def test_the_table_is_written_published_and_read_by_everybody_asked(office: Office) -> None:
    round_id = opened(office.branch, "要公布的", audience=RoundAudience.BOTH, unnamed=True)
    secrets = links(office.branch, round_id, 12)
    outside = [office.branch.app.test_client() for _ in secrets]
    for number, (client, secret) in enumerate(zip(outside, secrets, strict=True)):
        sends(client, secret, **{"q-1": str(1 + number % 2), "q-3": str(1 + number % 5), "q-4": f"群众意见{number}"})
    secretary, home = office.browser(SECRETARY), f"/h5/rounds/{round_id}"
    assert "已交 12" in secretary.reads(home)
    assert "群众意见" not in secretary.reads(home)
    shown = secretary.does(f"{home}/close")
    assert "录播 6（50%）" in shown
    assert "群众意见3" in shown
    assert "平均2.8分" in shown
    assert {Sheet.load(one).part for one in office.house.unsigned.answers(round_id)} == {"outside"}
    assert "请先填采纳情况" in words_of(secretary.sends(f"{home}/publish"))
    line = {"summary-0": "夜班补课用录播", "verdict-0": "adopted", "voices-0": "6", "reason-0": "12月起录播。"}
    half = {**line, "version": "1", "summary-1": "只有意见", "verdict-1": "declined", "voices-1": "1"}
    assert "每行都要有" in words_of(secretary.sends(f"{home}/table", **half))
    secretary.does(f"{home}/table", **half, **{"reason-1": "经费不够。"})
    assert outside[0].get(f"/open/{secrets[0]}").text.count("12月起录播") == 0
    assert "已公布" in secretary.does(f"{home}/publish")
    for page in (
        words_of(outside[0].get(f"/open/{secrets[0]}")),
        office.browser(MEMBER).reads(f"/h5/asked/{round_id}"),
    ):
        assert "夜班补课用录播 （6人提到） 采纳 12月起录播。" in page
        assert "未采纳 经费不够。" in page
        assert "录播 6（50%）" in page
        assert "群众意见" not in page  # what was written is published by the table alone
    assert "不能这样办" in words_of(secretary.sends(f"{home}/table", **line, version="2"))


def turnout(office: Office, round_id: str, *, unnamed: bool) -> int:
    """How many answers there are, wherever they are kept."""
    page = office.browser(SECRETARY).reads(f"/h5/rounds/{round_id}")
    found = re.search(r"已交 (\d+)", page)
    assert found
    if unnamed:
        assert office.house.unsigned.turnout(round_id) == int(found[1])
    return int(found[1])


def asked(office: Office, round_id: str) -> int:
    """How many are asked, as the page says."""
    found = re.search(r"征求 (\d+)", office.browser(SECRETARY).reads(f"/h5/rounds/{round_id}"))
    assert found
    return int(found[1])


def _held(office: Office, db: Session, activity: str) -> None:
    """It has been opened and closed."""
    act, found = office.house.operator(), activities.find(db, activity)
    activities.open_(db, act, found)
    activities.close(db, act, found)


def sends(client: FlaskClient, secret: str, **form: str) -> None:
    """Fill in what is behind a link."""
    page = client.get(f"/open/{secret}")
    answer = client.post(f"/open/{secret}", data={**form, "ballot": ballot_on(page)})
    assert answer.status_code == 200, words_of(answer)


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """The office on a port."""
    with serving(office) as found:
        yield found


def test_the_pages_are_whole_at_every_width(office: Office, address: str, new_page: Callable[..., Page]) -> None:
    branch = office.branch
    draft = made(office, title="下一年度党员教育培训计划征求意见")
    running = opened(branch, "对支部党课的评价", audience=RoundAudience.BOTH, unnamed=True)
    over = opened(branch, "值班安排办法征求意见", audience=RoundAudience.BOTH, unnamed=True)
    secrets = links(branch, over, 14)
    for number, secret in enumerate(secrets):
        form = {
            "q-1": str(1 + number % 3),
            "q-2": "2",
            "q-3": str(3 + number % 3),
            "q-4": f"建议{number}：夜班补课用录播",
        }
        sends(branch.app.test_client(), secret, **form)
    closed(branch, over)
    secretary, home = office.browser(SECRETARY), f"/h5/rounds/{over}"
    page = new_page()
    goes_in(page, office, SECRETARY)
    lines: dict[str, str] = {}
    for place, (verdict, words) in enumerate(
        (("adopted", "用录播"), ("partly", "夜班第二天再补"), ("declined", "不补"))
    ):
        lines |= {
            f"summary-{place}": words,
            f"verdict-{place}": verdict,
            f"voices-{place}": "3",
            f"reason-{place}": "经支委会讨论。",
        }
    secretary.does(f"{home}/table", **lines, version="1")
    look_over(page, f"{address}{home}/table", "rounds-table")
    secretary.does(f"{home}/publish")
    for shot, path in {
        "all": "/h5/rounds",
        "new": "/h5/rounds/new",
        "draft": f"/h5/rounds/{draft}",
        "open": f"/h5/rounds/{running}",
        "published": home,
        "mine": "/h5/asked",
        "asked": f"/h5/asked/{running}",
        "read": f"/h5/asked/{over}",
        "outside-published": f"/open/{secrets[0]}",
        "outside": f"/open/{links(branch, running, 1)[0]}",
    }.items():
        look_over(page, f"{address}{path}", f"rounds-{shot}")
    page.set_viewport_size({"width": 1366, "height": 844})
    page.goto(f"{address}/h5/rounds/{running}")
    page.get_by_role("button", name="做纸条").click()
    expect(page.locator(".slip svg")).to_have_count(20)
    picture(page, "rounds-slips")
    plain = new_page(scripts=False)
    plain.goto(f"{address}/open/{links(branch, running, 1)[0]}")
    plain.get_by_label("录播").check()
    plain.get_by_label("4分").check()
    plain.get_by_role("button", name="提交").click()
    expect(plain.get_by_role("heading", name="已提交")).to_be_visible()
    assert plain.context.cookies() == []
