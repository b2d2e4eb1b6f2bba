"""Hostile text in opinions, rounds and bulletins: shown as text wherever it is shown, in chat, page, API, table, print."""

import io
import json
import re
import zipfile
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from models.opinion import OpinionCategory, Verdict
from models.round import FormKind, RoundAudience, RoundPurpose
from services import bulletins, members, opinions, orgs, rights, rounds
from services.forms import Question
from sheets import table
from tests.api.conftest import MiniProgram
from tests.branch import Phone
from tests.pages.office import FIRST, MEMBER, SECRETARY, Office

TEXTS = {
    "html": '<b id="evil">粗</b><img src=x onerror="alert(1)"></bdi></p><a href="javascript:alert(1)">点</a>',
    "script": "</textarea></title><script>alert(1)</script><svg/onload=alert(1)>{{ 7*7 }}",
    "formula": '=HYPERLINK("http://x.example","点这里")',
    "plus": "+1+cmd|' /C calc'!A0",
    "rtl": "公示\u202e倒着写的\u2066字\u200b",
    "zalgo": "谁" + "\u0301\u0337\u0489" * 40 + "写的",
    "long": "长" * 3000,
}
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


class Page(HTMLParser):
    """A page as a browser takes it: its tags, and what would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.within: list[str] = []
        self.words: list[tuple[str, bool]] = []  # and whether a <bdi>, a field or a title keeps it to itself
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        runs = [name for name in found if name.startswith("on")]
        if runs or found.get("id") == "evil" or tag in {"img", "iframe"}:
            self.faults.append(f"<{tag} {found}>")
        if tag == "script" and not (found.get("src") or "").startswith("/h5/static/"):
            self.faults.append("a script of somebody else")
        if (found.get("href") or "").startswith("javascript"):
            self.faults.append("an address that runs")
        self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.within and self.within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words.append((data, bool({"bdi", "textarea", "title", "option", "td", "dd"} & set(self.within))))


@pytest.fixture(scope="module")
def reader(office: Office) -> tuple[Phone, MiniProgram]:
    """The chat and the mini-program of the member who reads it all."""
    phone = office.branch.phone("电话")
    phone.says(office.branch.code(MEMBER)).hears("绑定成功")
    mini = MiniProgram(office.branch, Phone(office.branch.world.join("小程序", following=True)))
    mini.login()
    assert mini.bind(office.branch.code(MEMBER)).status_code == 200
    return phone, mini


def bulletin_of(office: Office, text: str) -> str:
    """A bulletin made of it on the page; returns its public id."""
    secretary = office.browser(SECRETARY)
    short = text[:60]
    form = {"title": short, "kind": "openness", "audience": "members", "body": text, "duty": text[:40], "days": "5"}
    made = secretary.sends("/h5/bulletins/new", **form)
    assert made.status_code == 303, made.text
    home = made.headers["Location"]
    assert secretary.sends(f"{home}/publish").status_code == 303
    assert secretary.sends(f"{home}/note", feedback=text[:200]).status_code == 303
    return str(home).rpartition("/")[2]


def round_of(office: Office, text: str) -> str:
    """A round that asks and is told it, closed and answered for; returns its public id."""
    house = office.house
    options = (f"{text[:50]}甲", f"{text[:50]}乙")
    form = [Question(1, FormKind.SINGLE, text[:200], options), Question(2, FormKind.TEXT, text[:200])]

    def work(db: Session) -> str:
        act = house.operator()
        closes = act.now.replace(year=act.now.year + 1)
        group = orgs.known_group(db, FIRST)
        draft = rounds.Draft(
            RoundPurpose.SURVEY, text[:60], text[:2000], RoundAudience.GROUP, closes, form, group=group
        )
        found = rounds.make(db, act, draft)
        rounds.open_(db, act, found)
        rounds.answer(db, found, members.find(db, MEMBER), {1: 1, 2: text[:500]}, act.now, f"hostile {text[:40]}")
        return found.public_id

    return house.run(work)


def opinion_of(office: Office, text: str) -> str:
    """An opinion that says it, answered with it; returns its public id."""
    house = office.house

    def work(db: Session) -> str:
        operator = house.operator()
        own = rights.act_of(db, members.find(db, MEMBER), operator.now, operator.zone)
        found = opinions.give(db, own, OpinionCategory.OTHER, text, f"hostile {text[:40]}", 5)
        opinions.answer(db, operator, found, opinions.Reply(Verdict.DECLINED, text, text[:60]), found.version)
        return found.public_id

    return house.run(work)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_is_shown_as_text_and_nothing_else(office: Office, reader: tuple[Phone, MiniProgram], text: str) -> None:
    bulletin, round_, opinion = (made(office, text) for made in (bulletin_of, round_of, opinion_of))
    phone, mini = reader
    in_chat(phone)
    secretary, member = office.browser(SECRETARY), office.browser(MEMBER)
    for browser, address in (
        (secretary, "/h5/bulletins"),
        (secretary, f"/h5/bulletins/{bulletin}"),
        (secretary, f"/h5/bulletins/{bulletin}/revise"),
        (member, "/h5/board"),
        (member, f"/h5/board/{bulletin}"),
        (secretary, "/h5/rounds"),
        (secretary, f"/h5/rounds/{round_}"),
        (member, "/h5/asked"),
        (member, f"/h5/asked/{round_}"),
        (secretary, "/h5/opinions"),
        (secretary, f"/h5/opinions/{opinion}"),
        (member, "/h5/said"),
        (secretary, "/h5/print/openness/2026"),
        (secretary, "/h5/print/opinions/2026"),
    ):
        answer = browser.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        page = Page(answer.text)
        assert page.faults == [], address
        alone = [kept for words, kept in page.words if "\u202e" in words]
        assert all(alone), (address, "what turns lines round is not kept apart")
    for path in (f"bulletins/{bulletin}", "bulletins", f"rounds/{round_}", "rounds", "me/rights"):
        answer = mini.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "application/json"), path
        json.loads(answer.data)
    for form in ("openness", "opinions"):
        book = secretary.get(f"/h5/export/{form}/2026").data
        with zipfile.ZipFile(io.BytesIO(book)) as package:
            sheets = [package.read(name) for name in package.namelist() if SHEET.fullmatch(name)]
        assert sheets
        assert not any(b"<f>" in sheet or b"<f " in sheet or b"<hyperlink" in sheet for sheet in sheets)
        assert table.sheets(book)


def in_chat(phone: Phone) -> None:
    """Every word that reads it out is answered; the simulator complains of what WeChat would not take."""
    for said in ("我的权利", "通知", "公告", "1", "征集", "取消", "我的意见"):
        phone.says(said)
        assert phone.reply, said
        assert len(phone.reply.encode()) <= 2048, said
        assert said.isdecimal() or "听懂" not in phone.reply, said


def test_what_turns_lines_round_does_not_get_into_a_bulletin(office: Office) -> None:
    bulletin = bulletin_of(office, "甲\u202e乙\x07丙\u2066丁")
    with office.house.reading() as db:
        found = bulletins.find(db, office.house.operator(), bulletin)
        assert (found.title, bulletins.body(db, found), found.feedback) == ("甲乙丙丁",) * 3
