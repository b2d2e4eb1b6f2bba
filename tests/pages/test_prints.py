"""Forms on paper: who gets which, one click to print, A4 landscape with nothing cut, and the same as a workbook."""

import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from models.activity import ActivityKind
from models.event import Event
from models.leave import LeaveClass
from models.member import MemberStatus
from services import standings
from sheets import forms, ledgers
from sheets.forms import Field, FirstPage, Form, Head
from tests.engines import opened
from tests.pages.axe import faults
from tests.services.month import FIRST, Month, lived

A4_LANDSCAPE = (842, 595)  # points
FORMS = ("plan/2026-07", "year/2026", "leave/2026Q3", "hours/2026", "roster")
ONE = ("signin", "record")


@pytest.fixture(scope="module")
def july(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Month]:
    """The month of tests/services/month.py, lived through once for all tests of this file."""
    home = tmp_path_factory.mktemp("july")
    (home / "var").mkdir()
    shutil.copy(_sqlite_template, home / "var" / "zhibu.db")
    with opened("", home) as database, lived(database, redis_url) as month:
        yield month


@pytest.fixture(scope="module")
def served(july: Month) -> Iterator[str]:
    """The address of a server with the month's pages."""
    server = make_server("127.0.0.1", 0, july.branch.app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def token(month: Month, who: str) -> str:
    cookie = month.client(who).get_cookie("visit", path="/h5/")
    assert cookie
    return cookie.value


def enter(page: Page, served: str, month: Month, who: str = "F") -> Page:
    page.context.add_cookies([{"name": "visit", "value": token(month, who), "url": f"{served}/h5/"}])
    return page


def addresses(month: Month) -> list[str]:
    held = month.meetings["七月主题党日"]
    return [f"/h5/print/{form}" for form in FORMS] + [f"/h5/print/{form}/{held}" for form in ONE]


def test_the_secretary_gets_every_form_and_the_list_of_them(july: Month) -> None:
    secretary = july.client("F")
    listed = secretary.get("/h5/print")
    assert listed.status_code == 200
    for title in ("三会一课、主题党日落实情况一览表", "签到表", "党员参加组织生活情况统计表", "请假补课登记表", "党员名册",
                  "会议记录首页", "2026年度", "2026年第3季度", "2026年7月"):  # fmt: skip
        assert title in listed.text, title
    for address in addresses(july):
        answer = secretary.get(address)
        assert answer.status_code == 200, address
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"\sstyle=|\son\w+=", answer.text), "nothing inline"
    for link in set(re.findall(r'href="(/h5/print/[^"]+)"', listed.text)):
        assert secretary.get(unescape(link)).status_code == 200, link


def test_a_plain_member_gets_none(july: Month) -> None:
    member = july.client("ZA")
    for address in ["/h5/print", *addresses(july)]:
        for kind in (address, address.replace("/print", "/export", 1)):
            answer = member.get(kind)
            assert answer.status_code in ({403} if kind != "/h5/export" else {404}), kind
            assert "李娜" not in answer.text
    stranger = july.branch.app.test_client()
    assert stranger.get("/h5/print/roster").status_code == 303


def test_a_group_leader_gets_the_own_groups(july: Month) -> None:
    leader = july.client("W")  # of the first group, without another office
    rows = {address: leader.get(f"/h5/print/{address}").text for address in FORMS}
    for text in rows.values():
        assert "王建军" in text or "第一组会" in text
        assert "（第一党小组）" in text, "the head says whose copy it is"
        for name in ("朱秀英", "蒋文博", "第二组会", "韩守义"):
            assert name not in text
    assert "七月主题党日" not in rows["plan/2026-07"], "the branch's meetings are the branch's"
    assert "七月主题党日" in rows["leave/2026Q3"], "the leave of the own people is not"
    own = leader.get(f"/h5/print/signin/{july.meetings['七月主题党日']}").text
    assert "李娜" in own
    assert "沈明" not in own
    assert "应到：6    实到：4    请假：1    未到：1    列席：0" in own
    assert leader.get(f"/h5/print/record/{july.meetings['七月主题党日']}").status_code == 403
    assert leader.get(f"/h5/print/record/{july.meetings['第一组会']}").status_code == 200
    for form in ONE:
        refused = leader.get(f"/h5/print/{form}/{july.meetings['第二组会']}")
        assert refused.status_code == 403
        assert "第二组会" not in refused.text


def test_what_there_is_not_is_not_found(july: Month) -> None:
    secretary = july.client("F")
    for address in ("plan/2026-13", "year/last", "leave/2026Q0", "signin/nothing", "record/nothing", "other"):
        assert secretary.get(f"/h5/print/{address}").status_code == 404
        assert secretary.get(f"/h5/export/{address}").status_code == 404


def test_a_workbook_is_named_logged_and_holds_no_formula(july: Month) -> None:
    secretary = july.client("F")
    for address in addresses(july):
        answer = secretary.get(address.replace("/print/", "/export/", 1))
        assert answer.status_code == 200
        assert answer.content_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        assert ".xlsx" in answer.headers["Content-Disposition"]
        with zipfile.ZipFile(BytesIO(answer.data)) as package:
            sheet = package.read("xl/worksheets/sheet1.xml").decode()
        assert 'orientation="landscape"' in sheet
        assert 'paperSize="9"' in sheet
        assert "<f>" not in sheet
    with july.branch.house.reading() as db:
        logged = db.scalars(select(Event).where(Event.verb == "exported")).all()
        assert [json.loads(one.facts)["form"] for one in logged][-7:] == [
            "三会一课、主题党日落实情况一览表",
            "党员参加组织生活情况统计表",
            "请假补课登记表",
            "党员集中学习培训学时登记表",
            "党员名册",
            "签到表",
            "会议记录首页",
        ]
        assert {one.by.name for one in logged if one.by} == {"王芳"}
        assert [json.loads(one.facts)["which"] for one in logged][-3:] == [
            "2026年度",
            "主题党日 七月主题党日",
            "主题党日：七月主题党日",
        ]


def test_what_looks_like_a_formula_is_text_in_every_cell() -> None:
    evil = '=HYPERLINK("http://example.com")'
    head = Head(evil, evil, evil)
    row = [evil] * len(ledgers.SIGN_IN.columns)
    pages = (
        Form(ledgers.SIGN_IN, head, [row], facts=[(evil, evil)], foot=[evil], notes=[evil]),
        FirstPage("首页", head, [Field(evil, evil), Field(evil, evil), Field(evil, evil, wide=True)], (evil,), [evil]),
    )
    for page in pages:
        with zipfile.ZipFile(BytesIO(forms.workbook(page))) as package:
            sheet = package.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "<hyperlink" not in sheet


def test_a_meeting_still_to_come_leaves_figures_and_times_to_be_written(july: Month) -> None:
    july.plans(ActivityKind.LECTURE, "八月党课", 31, "20:00")
    secretary = july.client("F")
    paper = secretary.get(f"/h5/print/signin/{july.meetings['八月党课']}").text
    assert "应到：____" in paper
    assert "朱秀英" in paper
    first = secretary.get(f"/h5/print/record/{july.meetings['八月党课']}").text
    assert '缺席人员及原因</th><td class="lines-2" colspan="3"></td>' in first
    assert "八月党课" not in secretary.get("/h5/print/plan/2026-07").text, "what was not held is not 落实"


def test_remarks_name_the_span_of_what_stood(july: Month) -> None:
    def away(db: Session) -> None:
        standings.enter(
            db, july.branch.house.operator(), july.member(db, "H"), LeaveClass.TRIP,
            (date(2026, 9, 1), date(2027, 3, 31)), "驻村",
        )  # fmt: skip

    july.run(away)
    year = july.client("F").get("/h5/print/year/2026").text
    assert "出差：驻村（9月1日起）" in year
    assert "驻村" not in july.client("F").get("/h5/print/year/2026-07").text


@pytest.mark.parametrize("form", ["plan/2026-07", "year/2026-07", "leave/2026-07", "roster", *ONE])
def test_on_paper_it_is_a4_landscape_with_nothing_cut(
    form: str, july: Month, served: str, new_page: Callable[..., Page]
) -> None:
    address = form if form not in ONE else f"{form}/{july.meetings['七月主题党日']}"
    page = enter(new_page(1366, 768), served, july)
    page.goto(f"{served}/h5/print/{address}")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 700})  # 273 mm, what the margins leave of A4's 297
    assert page.locator(".bar").is_hidden()
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.paper, .paper *')].filter(one =>
            one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0).map(one => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []
    boxes, pages = printed(page)
    assert boxes == {A4_LANDSCAPE}
    assert pages == (2 if form == "signin" else 1), "sixteen lines with room to sign take two"


def printed(page: Page) -> tuple[set[tuple[int, int]], int]:
    """The sizes of the pages the printer gets, and how many there are."""
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = {
        (round(float(width)), round(float(height)))
        for width, height in re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]", pdf)
    }
    return boxes, len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def test_one_click_prints(july: Month, served: str, page: Page) -> None:
    page.add_init_script("window.print = () => { window.printed = (window.printed ?? 0) + 1; };")
    enter(page, served, july).goto(f"{served}/h5/print/roster")
    page.get_by_role("button", name="打印").click()
    assert page.evaluate("window.printed") == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="下载表格").click()
    assert download.value.suggested_filename == "党员名册 青湾市气象局党支部 2026年度.xlsx"


def test_without_scripts_the_page_says_how_to_print(july: Month, served: str, new_page: Callable[..., Page]) -> None:
    page = enter(new_page(scripts=False), served, july)
    page.goto(f"{served}/h5/print/roster")
    assert page.get_by_text("请用浏览器菜单里的“打印”").is_visible()
    assert page.get_by_role("button", name="打印").is_hidden()


@pytest.mark.parametrize("width", [390, 768, 1366])
def test_on_the_screen_the_page_never_scrolls_sideways(
    width: int, july: Month, served: str, new_page: Callable[..., Page]
) -> None:
    page = enter(new_page(width, 800), served, july)
    for address in ["/h5/print", *addresses(july)]:
        page.goto(f"{served}{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        small = page.evaluate(
            "[...document.querySelectorAll('.bar a, .bar button, main a.button')].filter(one => "
            "one.getBoundingClientRect().height < 48).length"
        )
        assert small == 0, "a thumb needs 48 px"
        if width == 390:
            assert faults(page) == [], address


def test_the_month_asks_after_whom_nobody_has_seen(july: Month) -> None:
    """Three group meetings more, and one comrade at none of them: asked after, with no word on what it means."""
    secretary = july.client("F")
    assert "请了解情况" not in secretary.get("/h5/month/2026-07").text
    for day in ("1", "2", "3"):
        july.plans(ActivityKind.GROUP_MEETING, f"一组补会{day}", 31, "17:00", group=FIRST, by="W")
        july.opens(f"一组补会{day}", by="W")
        july.scan(f"一组补会{day}", "W", "L", "G", "Z", "A")
        july.closes(f"一组补会{day}", by="W")
    july.branch.clock.advance(60)
    asked = "张伟同志连续3次未到，没有请假，请了解情况。"
    assert asked in secretary.get("/h5/month/2026-07").text
    assert asked in july.client("W").get("/h5/month/2026-07").text
    assert secretary.get("/h5/month/2026-06").text.count("请了解情况") == 0


def test_who_left_stands_in_the_year_and_no_longer_on_the_roll(july: Month) -> None:
    def leave(db: Session) -> None:
        one = july.member(db, "J")
        one.status, one.moved_out = MemberStatus.MOVED, date(2026, 7, 31)

    july.run(leave)
    secretary = july.client("F")
    year = secretary.get("/h5/print/year/2026").text
    assert "7月15日转入；7月31日转出" in year
    assert "蒋文博" not in secretary.get("/h5/print/roster").text
    assert "蒋文博" not in secretary.get("/h5/print/year/2025").text
    assert "蒋文博" not in secretary.get("/h5/print/year/2026-08").text
