"""The big screen: legible from the back row, turning by itself, and of use even without scripts or without WeChat."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from zoneinfo import ZoneInfo

import flask
import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import Connection
from werkzeug.serving import make_server

from engines import sql
from models.activity import Activity, ActivityKind
from models.checkin import Method
from models.member import Member, MemberStatus
from pages import errors, screen
from services import activities, checkins, hallcodes, orgs
from services.activities import Plan
from services.checkins import Row
from services.hallcodes import HallRules
from services.rights import operator
from settings import Branch
from tests.engines import Database, Watch, eventually

RULES = HallRules(qr=30, number_turns=240, number_lives=300)
BRANCH = Branch(name="青湾市气象局党支部", telephone="0500-0000000")
START = datetime(2026, 11, 20, 6, 0, 1, tzinfo=UTC)  # 14:00:01 on the branch's wall, a slot's first second
ZONE = ZoneInfo("Asia/Shanghai")
WALLS = [(1280, 720), (1366, 768), (1920, 1080)]


@dataclass
class Hall:
    """An activity whose time, WeChat and visitors the test holds in its hands."""

    database: Database
    secret: str
    client: FlaskClient
    address: str = ""
    now: datetime = START
    wechat_is_there: bool = True
    asked: list[tuple[str, int]] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    def qr(self, scene: str, seconds: int) -> str | None:
        self.asked.append((scene, seconds))
        return f"http://weixin.qq.com/q/{scene[-24:]}" if self.wechat_is_there else None

    def later(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def url(self) -> str:
        return f"{self.address}/screen/{self.secret}"

    def code(self) -> tuple[str, str]:
        """The scene and the number that are right now, the number as people read it."""
        with sql.reading(self.database.engine) as db:
            activity = activities.by_screen(db, self.secret)
            digits = hallcodes.number(db, activity, self.now, RULES).text
            return hallcodes.scene(activity, self.now, RULES).text, f"{digits[:3]} {digits[3:]}"

    def open(self) -> None:
        with sql.transaction(self.database.engine) as db:
            activities.open_(db, operator(self.now, ZONE), activities.by_screen(db, self.secret))

    def close(self) -> None:
        with sql.transaction(self.database.engine) as db:
            activities.close(db, operator(self.now, ZONE), activities.by_screen(db, self.secret))

    def arrives(self, *members: int) -> None:
        def come(connection: Connection, activity: Activity) -> None:
            rows = [Row(activity.id, one, self.now, Method.SCAN, f"{one:032x}", self.now) for one in members]
            checkins.record(connection, rows)

        with sql.transaction(self.database.engine) as db:
            come(db.connection(), activities.by_screen(db, self.secret))

    def renames(self, title: str) -> None:
        with sql.transaction(self.database.engine) as db:
            activities.by_screen(db, self.secret).title = title


@pytest.fixture
def hall(database: Database) -> Hall:
    """A planned activity of a branch with 24 members on the roll and one guest."""
    with sql.transaction(database.engine) as db:
        branch = orgs.branch(db, BRANCH.name)
        for number in range(1, 26):
            status = MemberStatus.FULL if number < 25 else MemberStatus.ACTIVIST
            db.add(Member(org_id=branch.id, name=f"同志{number}", status=status))
        asked = Plan(ActivityKind.PARTY_DAY, "学习党章，重温入党志愿书", START.replace(second=0), branch, "三楼会议室")
        activity = activities.plan(db, operator(START, ZONE), asked)
        secret = activity.screen
    app = flask.Flask("hall", static_folder=None)
    hall = Hall(database, secret, app.test_client())
    app.register_blueprint(
        screen.blueprint(
            reading=lambda: sql.reading(database.engine), clock=hall.clock, qr=hall.qr, branch=BRANCH, rules=RULES
        )
    )
    errors.register(app)
    return hall


@pytest.fixture
def served(hall: Hall) -> Iterator[Hall]:
    """The hall with its activity under way and a server that browsers reach."""
    hall.open()
    server = make_server("127.0.0.1", 0, hall.client.application, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    hall.address = f"http://127.0.0.1:{server.server_port}"
    yield hall
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_page_carries_number_and_qr_and_has_asked_wechat_for_the_scene(hall: Hall) -> None:
    hall.open()
    scene, number = hall.code()
    answer = hall.client.get(f"/screen/{hall.secret}")
    assert answer.status_code == 200
    assert number in answer.text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in answer.text
    assert hall.asked == [(scene, 59)]
    for words in ("学习党章，重温入党志愿书", "主题党日", "11月20日（周五）14:00", "三楼会议室", "青湾市气象局党支部"):
        assert words in answer.text


def test_without_scripts_the_page_comes_anew_when_a_code_turns(hall: Hall) -> None:
    hall.open()
    hall.later(25)
    found = re.search(
        r'<noscript><meta http-equiv="refresh" content="(\d+)">', hall.client.get(f"/screen/{hall.secret}").text
    )
    assert found
    assert int(found[1]) == 4


def test_the_news_tell_what_turns_when_and_who_is_here(hall: Hall) -> None:
    hall.open()
    hall.arrives(1, 2, 25)
    _, number = hall.code()
    answer = hall.client.get(f"/screen/{hall.secret}/now")
    news = answer.get_json()
    drawing = news.pop("qr")
    assert drawing.startswith("<svg")
    assert news == {
        "state": "open",
        "number": number.replace(" ", ""),
        "number_turns_in": 239.0,
        "qr_turns_in": 29.0,
        "present": 2,
        "expected": 24,
        "others": 1,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_qr_turns_with_its_slot_and_the_number_with_its_own(hall: Hall) -> None:
    hall.open()
    first = hall.client.get(f"/screen/{hall.secret}/now").get_json()
    hall.later(30)
    second = hall.client.get(f"/screen/{hall.secret}/now").get_json()
    assert second["qr"] != first["qr"]
    assert second["number"] == first["number"]
    hall.later(210)
    third = hall.client.get(f"/screen/{hall.secret}/now").get_json()
    assert third["number"] != first["number"]
    assert len({scene for scene, _seconds in hall.asked}) == 3


def test_while_wechat_is_away_the_number_stands_alone_and_the_page_keeps_trying(hall: Hall) -> None:
    hall.open()
    hall.wechat_is_there = False
    _, number = hall.code()
    page = hall.client.get(f"/screen/{hall.secret}").text
    assert number in page
    assert "<svg" not in page
    assert "二维码暂时取不到，请发数字签到" in page
    assert hall.client.get(f"/screen/{hall.secret}/now").get_json()["qr"] is None
    assert len(hall.asked) == 2


def test_a_link_nobody_gave_out_is_told_so_in_one_sentence(hall: Hall) -> None:
    answer = hall.client.get("/screen/nobody-gave-this-out")
    assert answer.status_code == 404
    assert answer.text.count("。") == 1
    assert "链接不对" in answer.text
    assert hall.client.get("/screen/nobody-gave-this-out/now").status_code == 404
    assert not hall.asked


def test_before_and_after_there_is_no_code_but_a_word(hall: Hall) -> None:
    before = hall.client.get(f"/screen/{hall.secret}")
    assert "还没有开始签到" in before.text
    hall.open()
    hall.arrives(1, 2, 3)
    hall.close()
    after = hall.client.get(f"/screen/{hall.secret}")
    assert "签到已结束" in after.text
    assert "实到 3 应到 24" in re.sub(r"<[^>]*>|\s+", " ", after.text).replace("  ", " ").replace("  ", " ")
    for answer in (before, after):
        assert answer.status_code == 200
        assert "<svg" not in answer.text
        assert not re.search(r"\d{3} \d{3}", answer.text)
    assert not hall.asked


def test_what_an_activity_is_called_cannot_become_markup(hall: Hall) -> None:
    hall.open()
    hall.renames("<script>alert(1)</script>")
    assert "<script>alert" not in hall.client.get(f"/screen/{hall.secret}").text


@pytest.mark.parametrize("path", ["/screen/{}", "/screen/{}/now", "/screen/nobody", "/nowhere"])
def test_every_answer_is_shut_to_other_origins(hall: Hall, path: str) -> None:
    hall.open()
    headers = hall.client.get(path.format(hall.secret)).headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers


def test_static_files_are_kept_for_good_under_an_address_that_changes_with_them(hall: Hall) -> None:
    hall.open()
    addresses = re.findall(r'"(/h5/static/[^"]+)"', hall.client.get(f"/screen/{hall.secret}").text)
    assert len(addresses) == 3
    for address in addresses:
        assert re.search(r"\?v=[0-9a-f]{12}$", address)
        with hall.client.get(address) as answer:
            assert answer.status_code == 200
            assert "immutable" in answer.headers["Cache-Control"]
        with hall.client.get(address.partition("?")[0]) as answer:
            assert "immutable" not in answer.headers["Cache-Control"]


def test_errors_are_pages_for_people_and_left_alone_for_machines(hall: Hall) -> None:
    app = hall.client.application
    app.add_url_rule("/broken", "broken", view_func=lambda: str(1 // 0))
    app.add_url_rule("/api/v1/gone", "gone", view_func=lambda: flask.abort(flask.make_response({"code": "gone"}, 410)))
    broken = hall.client.get("/broken")
    assert broken.status_code == 500
    assert "系统出了问题" in broken.text
    assert "ZeroDivision" not in broken.text
    missing = hall.client.get("/nowhere")
    assert missing.status_code == 404
    assert "没有找到这个页面" in missing.text
    wrong = hall.client.post(f"/screen/{hall.secret}")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]
    assert hall.client.get("/api/v1/gone").get_json() == {"code": "gone"}
    assert "没有找到" not in hall.client.get("/api/v1/nowhere").text


def heights(page: Page) -> dict[str, float]:
    """Heights as shares of the window's: the QR's black field, the digits' glyphs; how far the page overflows."""
    found: dict[str, float] = page.evaluate(
        """() => {
          const tall = (one) => one.getBoundingClientRect().height / innerHeight;
          const digits = document.getElementById("number"), style = getComputedStyle(digits);
          const pen = document.createElement("canvas").getContext("2d");
          pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
          return {
            qr: tall(document.querySelector("#qr path.qrline")),
            digits: tall(digits),
            glyphs: pen.measureText("482913").actualBoundingBoxAscent / innerHeight,
            wide: document.documentElement.scrollWidth - innerWidth,
            high: document.documentElement.scrollHeight - innerHeight,
          };
        }"""
    )
    return found


def cut_off(page: Page) -> list[str]:
    """Texts that reach beyond the window or lie upon one another."""
    found: list[str] = page.evaluate(
        """() => {
          const shown = [...document.querySelectorAll("h1, p, #qr, b, span")].filter((one) => one.getClientRects().length);
          const outside = shown.filter((one) => {
            const box = one.getBoundingClientRect();
            return box.left < -1 || box.right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display != "inline";
          });
          const blocks = [...document.querySelectorAll(".head, #qr, .digits, .how, .count")].filter((one) => one.getClientRects().length);
          const upon = blocks.flatMap((one, index) => blocks.slice(index + 1).filter((other) => {
            const a = one.getBoundingClientRect(), b = other.getBoundingClientRect();
            return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
          }));
          return [...outside, ...upon].map((one) => one.outerHTML.slice(0, 80));
        }"""
    )
    return found


@pytest.mark.parametrize(("width", "height"), [*WALLS, (1024, 768), (1280, 800)])
@pytest.mark.parametrize("title", ["学习党章，重温入党志愿书", "学" * 60], ids=["title", "longest title"])
def test_on_a_wall_the_code_fills_half_the_height_and_the_digits_a_fifth(
    served: Hall, new_page: Callable[..., Page], width: int, height: int, title: str
) -> None:
    served.renames(title)
    served.arrives(1, 2, 25)
    page = new_page(width, height)
    page.goto(served.url)
    seen = heights(page)
    assert seen["qr"] >= 0.5
    assert seen["digits"] >= 0.2
    if (width, height) in WALLS:
        assert seen["glyphs"] >= 0.2
    assert (seen["wide"], seen["high"]) == (0, 0)
    assert not cut_off(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_nothing_overflows(served: Hall, new_page: Callable[..., Page], *, scripts: bool) -> None:
    page = new_page(390, 844, scripts=scripts)
    page.goto(served.url)
    assert page.locator("#number").inner_text() == served.code()[1]
    if scripts:
        seen = heights(page)
        assert (seen["wide"], seen["high"]) == (0, 0)
        assert not cut_off(page)
    box = page.locator("#qr svg").bounding_box()
    assert box
    assert box["width"] >= 280


def test_without_scripts_the_wall_turns_all_the_same(served: Hall, new_page: Callable[..., Page]) -> None:
    served.later(28)  # one second before the QR turns
    page = new_page(1280, 720, scripts=False)
    page.goto(served.url)
    first = page.locator("#qr").inner_html()
    served.later(2)
    eventually(lambda: page.locator("#qr").inner_html() != first, what="another QR")
    assert page.locator("#number").inner_text() == served.code()[1]


def test_contrast_is_at_least_seven_to_one(served: Hall, new_page: Callable[..., Page]) -> None:
    page = new_page(1280, 720)
    page.goto(served.url)
    worst = page.evaluate(
        """() => {
          const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
            .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
          const paper = light(getComputedStyle(document.body).backgroundColor);
          return Math.min(...[...document.querySelectorAll("h1, p, b, span")].filter((one) => one.id !== "lost")
            .map((one) => (paper + 0.05) / (light(getComputedStyle(one).color) + 0.05)));
        }"""
    )
    assert worst >= 7


def test_number_and_count_change_without_a_reload(served: Hall, new_page: Callable[..., Page]) -> None:
    page = new_page(1280, 720)
    page.goto(served.url)
    page.evaluate("window.stillHere = true")
    first_code = page.locator("#qr").inner_html()
    assert page.locator("#present").inner_text() == "0"
    served.arrives(1, 2, 25)
    served.later(240)
    number = served.code()[1]
    page.locator("#number", has_text=number).wait_for()
    eventually(lambda: page.locator("#qr").inner_html() != first_code, what="another QR")
    assert page.locator(".count").inner_text().split() == ["已到", "2", "应到", "24", "另有", "1", "人"]
    assert page.locator("#qr svg").count() == 1
    assert page.evaluate("window.stillHere")


def test_wechat_going_away_and_coming_back_is_seen_without_a_reload(
    served: Hall, new_page: Callable[..., Page]
) -> None:
    page = new_page(1280, 720)
    served.wechat_is_there = False
    page.goto(served.url)
    sentence = page.get_by_text("二维码暂时取不到，请发数字签到")
    assert sentence.is_visible()
    assert not cut_off(page)
    served.wechat_is_there = True
    page.locator("#qr svg").wait_for()
    assert not sentence.is_visible()
    served.wechat_is_there = False
    sentence.wait_for()
    assert not page.locator("#qr").is_visible()


def test_closing_is_seen_on_the_wall_by_itself(served: Hall, new_page: Callable[..., Page]) -> None:
    page = new_page(1280, 720)
    page.goto(served.url)
    served.arrives(1, 2, 3)
    served.close()
    page.get_by_text("签到已结束").wait_for()
    assert page.locator("#present").inner_text() == "3"
    assert page.locator("#number").count() == 0


def test_a_server_that_fails_is_told_to_the_hall_and_forgotten_when_it_is_back(
    served: Hall, new_page: Callable[..., Page], watch: Watch
) -> None:
    watch.allowed.append("Failed to load resource|503")
    page = new_page(1280, 720)
    page.clock.install()
    page.goto(served.url)
    page.route("**/now", lambda route: route.fulfill(status=503))
    lost = page.locator("#lost")

    def told() -> bool:
        page.clock.run_for(1000)
        return lost.is_visible()

    eventually(told, what="the sentence")
    page.unroute("**/now")
    eventually(lambda: not told(), what="its end")
