"""通知公告 on the pages: drafted, hung with files, published, read, revised, withdrawn, registered; outside by decision."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models.bulletin import BulletinAudience, BulletinFile, BulletinKind
from services import attachments
from services.errors import FileUnfit
from sheets import table
from tests.bulletins import published, withdrawn
from tests.pages.looks import goes_in, look_over
from tests.pages.office import LEADER, MEMBER, OTHER_MEMBER, SECRETARY, Office, serving, words_of

DRAFT = {
    "title": "关于11月主题党日的通知",
    "kind": "notice",
    "audience": "members",
    "body": "请按时参加。\n地点：三楼会议室。",
    "from": "",
    "until": "",
    "days": "5",
    "duty": "孙丽",
}
PDF = b"%PDF-1.7\n% nothing in it"


def made(office: Office, **changed: str) -> str:
    """A draft made on the page; returns its public id."""
    answer = office.browser(SECRETARY).sends("/h5/bulletins/new", **{**DRAFT, **changed})
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["Location"].rpartition("/")[2]


def hangs(office: Office, bulletin_id: str, name: str, content: bytes) -> TestResponse:
    """Upload a file."""
    browser = office.browser(SECRETARY)
    form = {"csrf": browser.csrf(), "file": (io.BytesIO(content), name)}
    return browser.client.post(f"/h5/bulletins/{bulletin_id}/files", data=form)


def office_file(*parts: str) -> bytes:
    """A zip with such parts in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for part in parts:
            package.writestr(part, "x")
    return content.getvalue()


def test_a_draft_is_published_read_and_its_readers_are_known(office: Office) -> None:
    secretary, member = office.browser(SECRETARY), office.browser(MEMBER)
    for field, wrong, words in (
        ("title", "", "请填写标题"),
        ("kind", "essay", "请从列表里选类别"),
        ("audience", "group", "请选是哪个党小组"),
        ("audience", "outside", "要写明是哪次会议决定的"),
        ("until", "昨天", "截止日期请填日期"),
        ("body", "长" * 20_001, "正文太长"),
    ):
        answer = secretary.sends("/h5/bulletins/new", **{**DRAFT, field: wrong})
        assert answer.status_code in {409, 422}, field
        assert words in words_of(answer)
        assert "孙丽" in answer.text
    bulletin_id = made(office)
    assert made(office) == bulletin_id  # a button tapped twice
    home, reading = f"/h5/bulletins/{bulletin_id}", f"/h5/board/{bulletin_id}"
    assert member.get(reading).status_code == 404, "a draft is nobody's to read"
    assert "已保存" in secretary.does(f"{home}/edit", **{**DRAFT, "title": "主题党日通知"}, version="1")
    assert "您打开以后" in words_of(secretary.sends(f"{home}/edit", **DRAFT, version="1"))
    assert "马上告诉7位同志" in secretary.does(f"{home}/publish")
    assert "已经发布过" in secretary.does(f"{home}/publish")
    assert "不能这样办" in words_of(secretary.sends(f"{home}/edit", **DRAFT, version="2"))
    assert "还没看的 主题党日通知" in member.reads("/h5/board")
    assert f"看过 0 没看 7 还没看的 {SECRETARY}" in secretary.reads(home)
    prefetched = member.client.get(reading, headers={"Sec-Purpose": "prefetch"})
    assert prefetched.status_code == 200
    assert "看过 0 没看 7" in secretary.reads(home), "a browser that looks ahead is no reader"
    assert "请按时参加" in member.reads(reading)
    assert "看过 1 没看 6" in secretary.reads(home)
    assert "看过的 主题党日通知" in member.reads("/h5/board")
    assert "已改正" in secretary.does(f"{home}/revise", body="请准时参加。", version="2")
    assert "没有出新版" in secretary.does(f"{home}/revise", body="请准时参加。", version="3")
    assert "请准时参加" in member.reads(reading)
    assert "看过 1 没看 6" in secretary.reads(home)
    assert "已撤回" in secretary.does(f"{home}/withdraw")
    assert member.get(reading).status_code == 404
    assert office.browser(LEADER).get(home).status_code == 403


def test_a_draft_is_thrown_away_with_its_files_and_nothing_else(office: Office) -> None:
    secretary, draft = office.browser(SECRETARY), made(office, title="写错了的")
    assert hangs(office, draft, "方案.pdf", PDF).status_code == 303
    home = f"/h5/bulletins/{draft}"
    assert office.browser(LEADER).sends(f"{home}/drop").status_code == 403
    assert "不能恢复" in secretary.reads(home)
    for _ in range(2):  # tapped twice
        assert "草稿已删除" in secretary.does(f"{home}/drop")
    assert "写错了的" not in secretary.reads("/h5/bulletins")
    with office.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(BulletinFile)) == 0
    for name, form in (("publish", {}), ("edit", {**DRAFT, "version": "1"})):
        assert "没有找到这条公告" in words_of(secretary.sends(f"{home}/{name}", **form))
    assert "删除公告草稿" not in secretary.reads(f"/h5/bulletins/{made(office, title='后来的')}")  # its log is its own
    standing = f"/h5/bulletins/{made(office, title='发布了的')}"
    secretary.does(f"{standing}/publish")
    assert "不能这样办" in words_of(secretary.sends(f"{standing}/drop"))
    assert "发布了的" in secretary.reads("/h5/bulletins")


def test_files_are_of_a_few_kinds_and_are_given_out_to_be_kept(office: Office) -> None:
    bulletin_id = made(office, title="带附件的")
    vba = office_file("word/document.xml", "word/vbaProject.bin")
    for name, content, words in (
        ("恶意.html", b"<script>", "附件只收"),
        ("恶意.pdf", b"<script>", "后缀不符"),
        ("表.xlsx", office_file("word/document.xml"), "后缀不符"),
        ("表.xlsx", b"PK\x03\x04", "后缀不符"),
        ("宏.docx", vba, "附件里有宏"),
        ("空.pdf", b"", "附件是空的"),
    ):
        answer = hangs(office, bulletin_id, name, content)
        assert (answer.status_code, words in words_of(answer)) == (409, True), (name, words_of(answer))
    with pytest.raises(FileUnfit, match="heavy"):
        attachments.known("重.pdf", PDF.ljust(attachments.MOST_BYTES + 1))
    hostile = "..\\x/\u202efdp.通知<b>.pdf"
    for name in ("方案.pdf", "方案.pdf", hostile, "表.docx"):
        content = office_file("word/document.xml") if name.endswith("docx") else PDF
        assert hangs(office, bulletin_id, name, content).status_code == 303
    page = office.browser(SECRETARY).get(f"/h5/bulletins/{bulletin_id}")
    files = re.findall(rf'href="/h5/bulletins/{bulletin_id}/files/(\w+)"', page.text)
    assert len(files) == 3, "the same file twice is one"
    assert "\u202e" not in page.text
    member, theirs = office.browser(MEMBER), f"/h5/board/{bulletin_id}/{files[0]}"
    assert member.get(theirs).status_code == 404
    office.browser(SECRETARY).does(f"/h5/bulletins/{bulletin_id}/publish")
    given = member.get(theirs)
    assert given.data == PDF
    assert given.headers["Content-Type"] == "application/pdf"
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('方案.pdf')}"
    office.browser(SECRETARY).does(f"/h5/bulletins/{bulletin_id}/files/{files[0]}/off")
    assert member.get(theirs).status_code == 404
    for number in range(3):
        hangs(office, bulletin_id, f"{number}.pdf", PDF)
    assert "附件最多5个" in words_of(hangs(office, bulletin_id, "第六.pdf", PDF))


def test_what_goes_outside_needs_a_decision_and_is_gone_after_its_days(office: Office) -> None:
    form = {"kind": "display", "audience": "outside", "title": "拟表彰对象公示", "body": "赵敏，预报员。"}
    bulletin_id = made(office, **form, decision="11月20日支委会", contact="王芳，三楼301")
    home = f"/h5/bulletins/{bulletin_id}"
    shown = office.browser(SECRETARY).does(f"{home}/publish")
    assert "对外公开（11月20日支委会）" in shown
    assert "2026年11月22日至2026年11月27日，5个工作日" in shown
    address = re.search(r'value="http[^"]*(/open/[\w-]+)"', office.browser(SECRETARY).get(home).text)
    assert address
    hangs(office, bulletin_id, "方案.pdf", PDF)
    stranger = office.branch.app.test_client()
    page = stranger.get(address[1])
    assert "赵敏，预报员" in words_of(page)
    assert "有意见请找： 王芳，三楼301" in words_of(page)
    assert "Set-Cookie" not in page.headers
    assert "<script" not in page.text
    file = re.search(rf'href="({address[1]}/\w+)"', page.text)
    assert file
    assert stranger.get(file[1]).headers["Content-Disposition"].startswith("attachment")
    assert stranger.get(f"{address[1]}/nothing").status_code == stranger.post(address[1]).status_code == 404
    inside = published(office.branch, "只给党员的")
    assert stranger.get(f"/open/{inside}").status_code == 404
    office.browser(SECRETARY).does(f"{home}/note", feedback="没有收到异议。")
    paper = office.browser(SECRETARY).reads("/h5/print/openness/2026")
    assert (
        "【公示】拟表彰对象公示 对外公开（11月20日支委会） 公众号、网页、对外网页 2026年11月22日至2026年11月27日"
        in paper
    )
    book = table.sheets(office.browser(SECRETARY).get("/h5/export/openness/2026").data)
    assert book
    assert {"没有收到异议。", "孙丽"} <= {cell for row in book[0].rows for cell in row.cells}
    assert office.browser(LEADER).get("/h5/print/openness/2026").status_code == 403
    office.branch.clock.advance(timedelta(days=6).total_seconds())
    assert stranger.get(address[1]).status_code == stranger.get(file[1]).status_code == 404
    office.branch.clock.advance(-timedelta(days=6).total_seconds())
    withdrawn(office.branch, bulletin_id)
    assert stranger.get(address[1]).status_code == 404


def test_a_group_reads_its_own_and_no_other(office: Office) -> None:
    bulletin_id = published(office.branch, "一组的安排", group="第一党小组")
    assert office.browser(MEMBER).get(f"/h5/board/{bulletin_id}").status_code == 200
    assert office.browser(OTHER_MEMBER).get(f"/h5/board/{bulletin_id}").status_code == 404
    assert "一组的安排" not in office.browser(OTHER_MEMBER).reads("/h5/board")


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """The office on a port."""
    with serving(office) as found:
        yield found


def test_the_pages_are_whole_at_every_width(office: Office, address: str, new_page: Callable[..., Page]) -> None:
    draft = made(office, title="党员活动室使用管理办法（征求意见后修改稿）", kind="rule")
    hangs(office, draft, "党员活动室使用管理办法（附登记表和责任分工）.pdf", PDF)
    shown = published(
        office.branch,
        "拟发展对象公示",
        kind=BulletinKind.DISPLAY,
        body="赵敏，预报服务科预报员。\n经支委会讨论，拟列为发展对象，现予公示。",
        contact="王芳，三楼301室",
        audience=BulletinAudience.OUTSIDE,
        decision="2026年11月20日支委会",
        duty="孙丽",
    )
    hangs(office, shown, "公示.pdf", PDF)
    piled = "谁" + "\u0301\u0337\u0489" * 40 + "写的"  # wider than a phone, if it is let
    hostile = published(office.branch, piled[:60], body=piled)
    office.browser(MEMBER).reads(f"/h5/board/{shown}")
    page = new_page()
    goes_in(page, office, SECRETARY)
    home = office.browser(SECRETARY).get(f"/h5/bulletins/{shown}").text
    outside = re.search(r'value="http[^"]*(/open/[\w-]+)"', home)
    assert outside
    for shot, path in {
        "all": "/h5/bulletins",
        "new": "/h5/bulletins/new",
        "draft": f"/h5/bulletins/{draft}",
        "published": f"/h5/bulletins/{shown}",
        "revise": f"/h5/bulletins/{shown}/revise",
        "board": "/h5/board",
        "read": f"/h5/board/{shown}",
        "piled": f"/h5/board/{hostile}",
        "outside": outside[1],
    }.items():
        look_over(page, f"{address}{path}", f"bulletins-{shot}")
