"""The pages about people in Chromium: whole at every width and at large type, with much, little and no data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.appointment import Role
from models.leave import LeaveClass
from models.member import MemberStatus
from services import appointments, members, people, rosters, visits
from services.rosters import Entry
from tests.branch import branch_on
from tests.engines import Database, Watch
from tests.pages.looks import SHOTS, goes_in, look_over, picture
from tests.pages.office import FIRST, LEADER, MEMBER, SECOND, SECRETARY, Office, serving

LONG = "阿卜杜热依木·买买提艾力"
HOSTILE = "无法断行的长名字" * 5
ZALGO = "ź̷̢̛̖͙͓a̸̛̗̲l̶͎̈́g̵̢̛o̴王"
ROWS = "".join(f"丙{place},,第一党小组,群众\n" for place in range(700))


@dataclass
class Furnished:
    """The office with sixty people, and a roster that has been uploaded."""

    office: Office
    full: str
    plain: str


@pytest.fixture(scope="module")
def furnished(office: Office) -> Iterator[Furnished]:
    """Sixty people in three groups and none, of all statuses, some excused, some gone."""
    statuses = list(MemberStatus)

    def fill(db: Session) -> None:
        act = office.house.operator()
        for number in range(60):
            group = (FIRST, SECOND, "第三党小组（综合与离退休）", None)[number % 4]
            status = MemberStatus.FULL if number % 5 else statuses[number % len(statuses)]
            rosters.take(db, Entry(name=f"陈国强{number}", group=group, status=status, number=f"Q{number}"), {})
        for name in (LONG, HOSTILE, ZALGO):
            rosters.take(db, Entry(name=name, group=FIRST, status=MemberStatus.FULL), {})
        rich = Entry(
            name=LONG, number="QW-2026-000001", gender="女", born="1968-07", joined="1998-11-22", confirmed="1999-11-22",
            phone="13900000001", group=FIRST, status=MemberStatus.FULL, ethnicity="维吾尔族", education="大学本科",
            post="气象台首席预报员、第一书记（驻村），兼任业务科技科负责人", note="夜班较多，" * 20,
        )  # fmt: skip
        rosters.take_all(db, act, [rich], {})
        person = members.find(db, LONG)
        for role in (Role.YOUTH, Role.LEADING_MEMBER):
            appointments.appoint(db, act, person, role, None, act.day)
        people.excuse(db, act, person, LeaveClass.TRIP, (act.day, None), "驻村第一书记，任期两年")
        people.excuse(db, act, members.find(db, MEMBER), None, (act.day, None), "年老体弱，支委会同意")
        for device in ("苹果手机，微信", "Windows电脑，Edge浏览器"):
            visits.admitted(db, person, act.now, device=device, place="外网")
        gone = members.find(db, "陈国强7")
        people.move_out(db, act, gone, act.day, gone.version)

    office.house.run(fill)
    with serving(office):
        yield Furnished(office, office.id_of(LONG), office.id_of("陈国强1"))


PAGES = [
    # picture, who looks, address
    ("roll", SECRETARY, "/h5/members"),
    ("roll-leader", LEADER, "/h5/members"),
    ("roll-none", SECRETARY, "/h5/members?q=nobody"),
    ("record", SECRETARY, "/h5/members/{full}"),
    ("record-plain", SECRETARY, "/h5/members/{plain}"),
    ("form", SECRETARY, "/h5/members/{full}/edit"),
    ("new", SECRETARY, "/h5/members/new"),
    ("moves", SECRETARY, "/h5/members/{full}/moves"),
    ("excuse", SECRETARY, "/h5/members/{full}/excuse"),
    ("upload", SECRETARY, "/h5/members/import"),
    ("appointments", SECRETARY, "/h5/appointments"),
    ("logins", SECRETARY, "/h5/logins"),
]
BARE = ["/h5/members", "/h5/members/new", "/h5/members/slips", "/h5/appointments", "/h5/logins"]


@pytest.mark.parametrize(("shot", "name", "address"), PAGES, ids=[one[0] for one in PAGES])
def test_a_page_with_much_on_it(
    furnished: Furnished, new_page: Callable[..., Page], shot: str, name: str, address: str
) -> None:
    page, office = new_page(), furnished.office
    goes_in(page, office, name)
    look_over(page, f"{office.address}{address.format(full=furnished.full, plain=furnished.plain)}", f"people-{shot}")


@pytest.mark.parametrize("address", BARE)
def test_a_page_with_little_on_it(bare: Office, new_page: Callable[..., Page], address: str) -> None:
    page = new_page()
    goes_in(page, bare, SECRETARY)
    look_over(page, f"{bare.address}{address}", f"people-bare{address.removeprefix('/h5').replace('/', '-')}")


def test_a_roster_goes_in_by_itself_after_one_yes(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    page, office = new_page(), furnished.office
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/members/import")
    content = f"姓名,出生日期,党小组,人员类别\n坏行,去年,,\n,,第一党小组,\n{ROWS}".encode("gbk")
    page.get_by_label("名册文件").set_input_files({"name": "名册.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="上传并查看").click()
    look_over(page, page.url, "people-parcel")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("heading", name="导入完成")).to_be_visible(timeout=60_000)
    look_over(page, page.url, "people-parcel-done")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载导入结果").click()
    assert download.value.suggested_filename == "导入结果.csv"
    look_over(page, f"{office.address}/h5/members?page=3", "people-roll-page-3")


def test_without_scripts_the_import_goes_on_by_hand(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    page, office = new_page(scripts=False), furnished.office
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/members/import")
    content = f"姓名,出生日期,党小组,人员类别\n{ROWS}".replace("丙", "丁").encode()
    page.get_by_label("名册文件").set_input_files({"name": "名册.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="上传并查看").click()
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("button", name="继续导入")).to_be_visible()
    picture(page, "people-parcel-going-390")
    page.get_by_role("button", name="继续导入").click()
    expect(page.get_by_role("heading", name="导入完成")).to_be_visible()


def test_a_refused_form_says_why_on_the_page(furnished: Furnished, new_page: Callable[..., Page], watch: Watch) -> None:
    watch.allowed.append("422")
    page, office = new_page(scripts=False), furnished.office
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/members/{furnished.plain}/edit")
    page.get_by_label("出生日期").fill("去年春天")
    page.get_by_label("联系电话").fill("不知道")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("出生日期")
    expect(page.get_by_label("出生日期")).to_have_value("去年春天")
    picture(page, "people-form-refused-390")


def test_slips_to_print(furnished: Furnished, new_page: Callable[..., Page], tmp_path: Path) -> None:
    page, office = new_page(), furnished.office
    goes_in(page, office, LEADER)
    page.goto(f"{office.address}/h5/members/slips")
    page.get_by_role("button", name="备好纸条").click()
    expect(page.get_by_role("button", name="打印")).to_be_visible()
    look_over(page, f"{office.address}/h5/members/slips", "people-slips")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.emulate_media(media="print")
    assert page.locator(".top").is_hidden()
    assert page.locator(".not-printed").is_hidden()
    paper = page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    if SHOTS:
        (Path(SHOTS) / "people-slips.pdf").write_bytes(paper)


def test_an_empty_system_says_what_comes_first(
    database: Database, redis_url: str, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    with branch_on(database, redis_url) as branch:
        office = Office(branch)
        with serving(office):
            look_over(page, f"{office.address}/h5/", "people-first")
            assert "zhibu members import" in page.inner_text("main")
            office.join(SECRETARY)
            page.get_by_role("link", name="重新打开").click()
            expect(page.locator("#number")).to_be_visible()
