"""The pages of attendance in Chromium: whole at every width and at large type, with much and no data, no grave fault."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.activity import ActivityKind
from models.attendance import MakeUpWay, MarkKind
from models.held import HeldPlace
from models.leave import LeaveClass
from models.member import MemberStatus
from services import activities, guests, held, leaves, makeups, members, orgs, places, registrations, rights, visits
from services.activities import Particulars, Plan
from services.leaves import Wish
from services.rights import Act
from tests.engines import Watch
from tests.pages.axe import VENDORED
from tests.pages.looks import goes_in, look_over
from tests.pages.office import FIRST, LEADER, MEMBER, OTHER_LEADER, OTHER_MEMBER, SECOND, SECRETARY, Office, serving

MANY = [f"{family}{given}" for family in "陈杨黄吴徐朱胡林" for given in ("国强", "秀英", "明")]
LONG = "阿卜杜热依木·买买提艾力"


@dataclass
class Furnished:
    """The office with a month behind it, one meeting under way, and what waits to be decided."""

    office: Office
    open: str
    closed: str
    planned: str
    cancelled: str


def acting(office: Office, db: Session, name: str) -> Act:
    """The act of that person now."""
    return rights.act_of(db, members.find(db, name), office.branch.clock.now(), office.house.settings.zone)


@pytest.fixture(scope="module")
def furnished(office: Office) -> Iterator[Furnished]:
    """Thirty people, a month of meetings."""
    for number, name in enumerate([*MANY, LONG]):
        office.join(name, FIRST if number % 2 else SECOND)
    office.join("马超", FIRST, MemberStatus.ACTIVIST)
    past = [
        office.plan(f"第{number}次学习", kind, starts=timedelta(days=-number))
        for number, kind in enumerate((ActivityKind.LECTURE, ActivityKind.PARTY_DAY, ActivityKind.BRANCH_MEETING), 3)
    ]
    under_way = office.plan("学习贯彻党的二十大精神，重温入党志愿书，讨论接收预备党员")
    planned = office.plan("下周的党课", ActivityKind.LECTURE, starts=timedelta(days=7))
    cancelled = office.plan("台风取消的活动", ActivityKind.VOLUNTEER, starts=timedelta(days=-2))

    def live(db: Session) -> None:
        operator, people = office.house.operator(), [members.find(db, name) for name in (*MANY, LONG, MEMBER)]
        activities.cancel(db, operator, activities.find(db, cancelled), "启动台风应急响应", 1)
        for number, public_id in enumerate([*past, under_way]):
            found = activities.find(db, public_id)
            activities.open_(db, operator, found)
            registrations.register(db, operator, found, people[number : 14 + number], "现场核实")
            if public_id != under_way:
                activities.close(db, operator, found)
        last = activities.find(db, past[0])
        activities.note(db, operator, last, Particulars(host="张建国", agenda="学习\n讨论"), last.version)
        registrations.mark(db, operator, last, people[0], (MarkKind.EARLY, None), "接孩子")
        registrations.mark(db, operator, last, people[20], (MarkKind.ABSENT, None), "已问过本人")
        registrations.mark(db, operator, last, people[21], (MarkKind.ON_LEAVE, LeaveClass.SICK), "住院")
        activities.invite(db, operator, activities.find(db, planned), [members.find(db, "马超")])
        for one in (planned, under_way):
            for name, unit in (
                ("陈志远", "青湾市气象局机关党委副书记"),
                (LONG, "青湾市农业农村局第三党支部入党积极分子"),
            ):
                guests.enter(db, operator, activities.find(db, one), name, unit)
        places.allow(db, operator, activities.find(db, planned), 31.74, 119.57, 300)
        wish = Wish(LeaveClass.DUTY, "台风值班，从星期五晚上到星期天早上")
        asked = leaves.ask(db, acting(office, db, LONG), members.find(db, LONG), activities.find(db, planned), wish)
        held.hold(db, acting(office, db, LONG), HeldPlace.LEAVE_REASON, asked, "台风值班，一天一夜都在观测场里。" * 4)
        leader = acting(office, db, LEADER)
        plan = Plan(ActivityKind.GROUP_MEETING, "学习二十大", leader.now, orgs.known_group(db, FIRST), "三楼会议室")
        assert held.hold_deed(db, leader, plan, ["学习二十大", "三楼会议室"])
        told = acting(office, db, OTHER_MEMBER), members.find(db, OTHER_MEMBER), last
        makeups.tell(db, *told, MakeUpWay.RECORDING, "看了二十分钟录播")

    office.house.run(live)
    with serving(office):
        yield Furnished(office, under_way, past[0], planned, cancelled)


PAGES: list[tuple[str, str, str]] = [
    # picture, who looks, address ({name} of Furnished)
    ("today", SECRETARY, "/h5/"),
    ("today-leader", LEADER, "/h5/"),
    ("today-member", MEMBER, "/h5/"),
    ("activities", SECRETARY, "/h5/activities"),
    ("new", SECRETARY, "/h5/activities/new"),
    ("open", OTHER_LEADER, "/h5/a/{open}"),
    ("closed", SECRETARY, "/h5/a/{closed}"),
    ("planned", SECRETARY, "/h5/a/{planned}"),
    ("cancelled", SECRETARY, "/h5/a/{cancelled}"),
    ("move", SECRETARY, "/h5/a/{planned}/move"),
    ("cancel", SECRETARY, "/h5/a/{planned}/cancel"),
    ("close", SECRETARY, "/h5/a/{open}/close"),
    ("particulars", SECRETARY, "/h5/a/{closed}/particulars"),
    ("family", SECRETARY, "/h5/a/{planned}/family"),
    ("guests", SECRETARY, "/h5/a/{planned}/guests"),
    ("copy", SECRETARY, "/h5/a/{closed}/copy"),
    ("copy-planned", SECRETARY, "/h5/a/{planned}/copy"),
    ("month", SECRETARY, "/h5/month/2026-11"),
    ("member", SECRETARY, "/h5/m/{member}"),
    ("held", SECRETARY, "/h5/held"),
    ("mark", SECRETARY, "/h5/a/{closed}/mark/{member}"),
]


@pytest.mark.parametrize(("shot", "name", "address"), PAGES, ids=[one[0] for one in PAGES])
def test_a_page_with_much_on_it(
    furnished: Furnished, new_page: Callable[..., Page], shot: str, name: str, address: str
) -> None:
    page, office = new_page(), furnished.office
    goes_in(page, office, name)
    where = address.format(**vars(furnished), member=office.id_of(MEMBER))
    look_over(page, f"{office.address}{where}", f"h5-{shot}")


EMPTY = ["/h5/", "/h5/held", "/h5/activities", "/h5/activities/new", "/h5/month/2026-11"]


@pytest.mark.parametrize("address", EMPTY)
def test_a_page_with_nothing_on_it(bare: Office, new_page: Callable[..., Page], address: str) -> None:
    page = new_page()
    goes_in(page, bare, SECRETARY)
    look_over(page, f"{bare.address}{address}", f"h5-bare{address.replace('/h5', '').replace('/', '-')}".rstrip("-"))


def test_the_sign_in_page_and_the_no_page(bare: Office, new_page: Callable[..., Page], watch: Watch) -> None:
    watch.allowed.append("404")
    page = new_page()
    look_over(page, f"{bare.address}/h5/sign-in", "h5-sign-in")
    goes_in(page, bare, SECRETARY)
    look_over(page, f"{bare.address}/h5/a/nothing", "h5-refused")


def test_a_leader_ticks_twenty_people_and_the_count_lives(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    office = furnished.office
    meeting = office.open(office.plan("点名", ActivityKind.VOLUNTEER))
    one, other = new_page(), new_page()
    for page, name in ((one, SECRETARY), (other, LEADER)):
        goes_in(page, office, name)
        page.goto(f"{office.address}/h5/a/{meeting}")
    one.get_by_role("button", name="全部点选").click()
    one.get_by_role("checkbox").first.uncheck()
    expect(one.locator("#ticks input:checked")).to_have_count(31)
    one.get_by_role("button", name="登记到会").click()
    expect(one.get_by_role("status")).to_have_text("已登记31人。")
    expect(one.locator("#present")).to_have_text("31")
    expect(other.locator("#present")).to_have_text("15", timeout=15_000)  # the leader's page finds out by itself
    expect(other.locator("#ticks input[type=checkbox]:not(:disabled)")).to_have_count(1)


def test_a_tick_list_works_without_scripts(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    office, page = furnished.office, new_page(scripts=False)
    meeting = office.plan("没有脚本", ActivityKind.VOLUNTEER)
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/a/{meeting}")
    page.get_by_label(MEMBER, exact=False).first.check()
    page.get_by_role("button", name="登记到会").click()
    expect(page.get_by_role("status")).to_have_text("已登记1人。")


def test_the_groups_text_is_copied_with_one_click(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    office, page = furnished.office, new_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/a/{furnished.closed}/copy")
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_text("已复制，请贴到群里。")).to_be_visible()
    assert "应到32人，到会率14/32（43.8%）" in page.evaluate("navigator.clipboard.readText()")


def test_the_sign_in_page_goes_on_by_itself(furnished: Furnished, new_page: Callable[..., Page]) -> None:
    office, page = furnished.office, new_page()
    page.goto(f"{office.address}/h5/activities")
    number = page.locator("#number").inner_text()

    def confirm(db: Session) -> None:
        now = office.branch.clock.now()
        visit = visits.waiting(db, number, now)
        assert visit is not None
        visits.confirm(db, members.find(db, SECRETARY), visit, now)

    office.house.run(confirm)
    page.wait_for_url(f"{office.address}/h5/activities")
    expect(page.get_by_role("heading", name="活动")).to_be_visible()


def test_the_vendored_package_is_whole_and_unchanged() -> None:
    manifest = json.loads((VENDORED / "manifest.json").read_text(encoding="utf-8"))
    found = {
        str(path.relative_to(VENDORED)): "sha384-"
        + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDORED.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == manifest["files"]
