"""The page of those who report, in Chromium: sent, lost on the way, answered, added to, withdrawn."""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Browser, Error, Page, Route, expect

from confidential import bundle
from sealed import message, receipt, seal, wordlist
from sealed.errors import ReceiptFault
from tests.confidential.front import (
    CAMERA,
    Front,
    Wire,
    asked_back,
    finds,
    front_of,
    looked_over,
    photograph,
    receipt_drawn,
    sides,
    writes,
)
from tests.confidential.room import Handler, Submitter
from tests.engines import Watch, launch

# 1 x 1 white
WHITE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
TEXT = "采购没有比价，金丝雀甲"
HEAP = 48  # MB of objects that scripts may hold
MORE = "补充：当时在场的有三个人，金丝雀乙"


@pytest.fixture
def front(tmp_path: Path, empty_redis: redis.Redis) -> Iterator[Front]:
    """A desk behind a server."""
    with front_of(tmp_path, lambda: empty_redis) as made:
        yield made


@pytest.fixture
def old_phone(browser: Browser, watch: Watch) -> Iterator[Page]:
    """A page in a browser with as little memory for scripts as an old phone's; this branch's H5 pages know it."""
    small = launch(browser.browser_type, f"--js-flags=--max-old-space-size={HEAP}")
    context = small.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai")
    context.on("page", watch.follow)
    yield context.new_page()
    small.close()


def test_a_case_with_a_photograph_is_sent_answered_added_to_and_withdrawn(
    front: Front, page: Page, old_phone: Page, tmp_path: Path
) -> None:
    taken = photograph(page)
    assert len(taken) > 4_000_000
    assert CAMERA.encode() in taken
    page, wire = old_phone, Wire()
    wire.follow(page)
    page.context.add_cookies([{"name": "visit", "value": "x", "domain": "127.0.0.1", "path": "/h5/"}])
    words = receipt_drawn(page, front)
    assert page.evaluate("performance.memory.jsHeapSizeLimit") < 4 * HEAP * 1024 * 1024  # some gigabytes elsewhere
    picture = tmp_path / "IMG_20261118_张建国.jpg"
    picture.write_bytes(taken)
    page.locator("#write-composer input[type=file]").set_input_files(picture)
    expect(page.locator("#write-composer .attached li")).to_have_count(1, timeout=30_000)
    writes(page, TEXT)
    page.context.add_cookies([{"name": "stray", "value": "x", "domain": "127.0.0.1", "path": "/"}])
    page.locator("#send").click()
    expect(page.locator("#sent")).to_be_visible(timeout=30_000)
    page.context.clear_cookies(name="stray")

    docs = front.read("zhang", words)
    assert sorted(doc.text for doc in docs) == ["", f"【举报违纪】\n{TEXT}"]
    (drawn,) = (file for doc in docs for file in doc.files)
    assert (drawn.name, drawn.type) == ("图片1.jpg", "image/jpeg")
    assert CAMERA.encode() not in drawn.data
    assert b"Exif" not in drawn.data
    wide, high = sides(drawn.data)
    assert (max(wide, high), high > wide) == (2048, True)  # stood up, and made smaller

    case = Submitter(front.room, receipt=receipt.read(words))
    answer = front.room.handlers["zhang"].signs_in(front.room).answers(front.room, case, "已转上级，金丝雀丙")
    assert answer.status_code == 200
    finds(page, front, words)
    expect(page.locator("#thread-answers")).to_contain_text("支部纪检委员")
    expect(page.locator("#thread-answers")).to_contain_text("已转上级，金丝雀丙")

    page.locator("#more-composer-text").fill(MORE)
    page.locator("#more-send").click()
    expect(page.locator("#more-said")).to_contain_text("补充的已收到")
    assert MORE in [doc.text for doc in front.read("li", words)]

    page.get_by_text("撤回", exact=True).click()
    page.locator("#withdraw").click()
    expect(page.locator("#gone")).to_be_visible()
    assert front.room.cases.cases("own") == []
    wire.check(front, words, words[:6], TEXT, MORE, "张建国", CAMERA)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_every_step_of_the_report_page_can_be_read_and_tapped(front: Front, page: Page) -> None:
    page.goto(front.page)
    expect(page.locator("#start")).to_be_visible()
    lines = page.locator("#start .lines li").all_inner_texts()
    assert len(lines) == 5
    assert lines[0] == "这里不要求登录，不记录您是谁。"
    for summary in page.locator("#start summary").all():
        summary.click()
    looked_over(page, "report-start")
    page.locator("#begin").click()
    expect(page.locator("#desks")).to_contain_text("支部纪检委员、支部宣传委员")
    looked_over(page, "report-desk")
    page.locator("input[name=desk][value=upper]").check()
    page.locator("#desk-next").click()
    expect(page.locator("#receipt")).to_contain_text("抄在纸上，不要截屏")
    looked_over(page, "report-receipt")
    words = "".join(page.locator("#receipt-words").inner_text().split())
    page.locator("#receipt-next").click()
    page.locator("#back-next").click()
    expect(page.locator("#back-no")).to_be_visible()
    looked_over(page, "report-back")
    asked_back(page, words)
    page.locator("#write .back").click()
    page.locator("#back .back").click()
    expect(page.locator("#receipt-words")).to_contain_text(words[:4])  # for whoever has come further already too
    page.locator("#receipt-next").click()
    asked_back(page, words)
    page.locator("#write-next").click()
    expect(page.locator("#write-no")).to_be_visible()
    files = page.locator("#write-composer input[type=file]")
    files.set_input_files({"name": "会议纪要.docx", "mimeType": "application/msword", "buffer": b"x" * 1000})
    page.get_by_role("button", name="我知道，照样带上").click()
    files.set_input_files({"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff"})
    expect(page.locator("#write-composer .no")).to_contain_text("打不开")
    files.set_input_files({"name": "white.png", "mimeType": "image/png", "buffer": base64.b64decode(WHITE)})
    expect(page.locator("#write-composer .no")).to_contain_text("一片空白")
    expect(page.locator("#write-composer .attached li")).to_have_count(1)
    looked_over(page, "report-write")
    writes(page, TEXT, "不清楚")
    expect(page.locator("#check")).to_contain_text("不算诬告")
    looked_over(page, "report-check")
    page.locator("#send").click()
    expect(page.locator("#sent")).to_be_visible(timeout=15_000)
    looked_over(page, "report-sent")
    expect(page.locator("#back-fields input")).to_have_count(0)
    assert words[:4] not in page.content()
    case = Submitter(front.room, "upper", receipt=receipt.read(words))
    front.room.handlers["wang"].signs_in(front.room).answers(front.room, case, "已转有关部门。\n请再补充时间、地点。")
    finds(page, front, words)
    expect(page.locator("#thread")).to_contain_text("请再补充时间")
    for summary in page.locator("#thread summary").all():
        summary.click()
    looked_over(page, "report-thread")


def test_a_connection_lost_on_the_way_leaves_nothing_or_all_and_the_page_knows_which(
    front: Front, page: Page, watch: Watch
) -> None:
    watch.allowed = ["net::ERR_", "404"]
    words = receipt_drawn(page, front)
    writes(page, TEXT)
    no = page.locator("#check-no")

    page.route("**/case/submit", lambda route: route.abort())
    page.locator("#send").click()
    expect(no).to_contain_text("没有送到")
    assert front.room.cases.cases("own") == []
    assert page.locator("#write-composer-text").input_value() == TEXT

    def swallowed(route: Route) -> None:
        assert route.fetch().status == 200
        route.abort()

    page.unroute("**/case/submit")
    page.route("**/case/submit", swallowed)
    page.route("**/case/ids", lambda route: route.abort())
    page.locator("#send").click()
    expect(no).to_contain_text("还不知道送到没有")
    page.locator("#look").click()
    expect(no).to_contain_text("还不知道送到没有")
    page.locator("#send").click()  # the same bytes again
    expect(no).to_contain_text("还不知道送到没有")
    page.unroute("**/case/ids")
    page.locator("#send").click()
    expect(page.locator("#sent")).to_be_visible()
    expect(page.locator("#sent-more")).to_be_hidden()
    (case,) = front.room.cases.cases("own")
    assert (case.lookup, len(case.messages)) == (receipt.read(words).lookup, 1)
    page.unroute("**/case/submit")

    finds(page, front, words)
    page.locator("#more-composer-text").fill(MORE)
    page.route("**/case/add", lambda route: route.abort())
    page.locator("#more-send").click()
    expect(page.locator("#more-no")).to_contain_text("没有送到")
    page.unroute("**/case/add")
    page.route("**/case/add", swallowed)
    page.locator("#more-send").click()
    expect(page.locator("#more-said")).to_contain_text("补充的已收到")
    assert sorted(doc.text for doc in front.read("li", words)) == sorted([f"【举报违纪】\n{TEXT}", MORE])


def test_nothing_typed_is_lost_when_the_list_runs_out_meanwhile(front: Front, page: Page, watch: Watch) -> None:
    watch.allowed = ["503", "404"]
    receipt_drawn(page, front)
    front.publish(3, front.room.desk.today() - timedelta(days=1))
    writes(page, TEXT)
    page.locator("#send").click()
    expect(page.locator("#check-no")).to_contain_text("名单过期了")
    expect(page.locator("#check-no")).to_contain_text("青湾市演示路1号")
    front.publish(4, without=("wang",))
    page.locator("#send").click()
    expect(page.locator("#check-no")).to_contain_text("名单换了")
    front.room.cases.file.cap = 1
    page.locator("#send").click()
    expect(page.locator("#check-no")).to_contain_text("满了")
    assert page.locator("#write-composer-text").input_value() == TEXT
    assert front.room.cases.cases("own") == []


def test_a_closed_desk_says_whom_to_turn_to(front: Front, page: Page, watch: Watch) -> None:
    front.publish(3, without=("li",))
    page.goto(front.page)
    page.locator("#begin").click()
    expect(page.locator("#desks")).to_contain_text("暂不接收")
    expect(page.locator("input[name=desk][value=own]")).to_be_disabled()
    for version, broken in ((4, "wang"), (5, "")):
        front.publish(version, without=("li", broken) if broken else (), expires=None if broken else date(2026, 1, 1))
        page.goto(front.page)
        expect(page.locator("#shut-turn")).to_contain_text("12388")
        expect(page.locator("#shut-turn")).to_contain_text("0500-0000001")
    page.locator("#shut-find").click()
    page.locator("#find .back").click()
    expect(page.locator("#shut")).to_be_visible()
    page.route("**/report/challenge", lambda route: route.fulfill(json={"open": ["own"], "upper": {}, "challenge": ""}))
    page.goto(front.page)
    expect(page.locator("#shut-why")).to_contain_text("名单过期了")  # whatever day the server keeps to itself
    page.unroute("**/report/challenge")
    front.room.desk.lists.file.write_bytes(front.room.desk.lists.file.read_bytes().replace(b"zhang", b"zhong"))
    page.goto(front.page)
    expect(page.locator("#shut-why")).to_contain_text("签名不对")
    looked_over(page, "report-shut")


def test_inside_wechat_or_without_encryption_the_page_only_shows_the_way_out(
    front: Front, page: Page, new_page: Callable[[], Page], watch: Watch
) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'userAgent', {get: () => 'Mozilla/5.0 MicroMessenger/8.0.49'})"
    )
    page.goto(front.page)
    expect(page.locator("#inside")).to_contain_text("在浏览器打开")
    expect(page.locator("#inside svg")).to_be_visible()
    expect(page.locator("#begin")).to_be_hidden()
    looked_over(page, "report-inside")
    page.goto(front.desk_page)
    expect(page.locator("#inside-address")).to_have_text(front.desk_page)
    expect(page.locator("#door")).to_be_hidden()
    looked_over(page, "handler-inside")
    watch.allowed = ["TrustedHTML"]
    with pytest.raises(Error, match="TrustedHTML"):  # whatever is written, it never becomes markup
        page.evaluate("document.body.innerHTML = '<b>x</b>'")
    bare = new_page()
    bare.add_init_script("Object.defineProperty(window, 'isSecureContext', {get: () => false})")
    bare.goto(front.page)
    expect(bare.locator("#insecure")).to_contain_text("没有加密")
    expect(bare.locator("#begin")).to_be_hidden()


def test_what_is_not_authentic_is_said_to_be_so(front: Front, page: Page, watch: Watch) -> None:
    watch.allowed = ["404"]
    room = front.room
    case, other = Submitter(room), Submitter(room)
    for one in (case, other):
        one.submits("【批评】\n正文")
    page.goto(front.page)
    page.locator("#find-open").click()
    page.locator("#find-words").fill(Submitter(room).receipt.text)
    page.locator("#find-next").click()
    expect(page.locator("#find-no")).to_have_text(re.compile("^查无此回执，请逐字核对。"))

    zhang, li = room.handlers["zhang"], room.handlers["li"]
    saw = tuple(piece.id for piece in room.cases.case(case.lookup).messages)

    def put(text: str, who: Handler, *, seen: tuple[str, ...] = saw, **changed: str) -> None:
        said = {"lookup": case.lookup, "desk": "own", "sender": who.id, "state": "answered", **changed}
        doc = message.Doc(said["lookup"], said["desk"], 2, said["sender"], seen, text, said["state"])
        plain = message.write(doc, who.identity.signing)
        sealed = seal.seal(plain, room.list().recipients("own"), case.receipt.identity.recipient)
        room.cases.add(case.lookup, [sealed], desk="own")

    put("真的", zhang)
    put("冒名的", li, sender="zhang", state="closed")
    put("装成来信人的", li, sender=message.SUBMITTER, state="closed")
    put("挪来的", zhang, lookup=other.lookup, state="closed")
    put("少了的", li, seen=("0" * 64,), state="working")
    page.locator("#find-words").fill(alike(case.receipt.text))
    page.locator("#find-next").click()
    letters = page.locator("#thread-answers .letter")
    expect(letters).to_have_count(5)
    shown = {
        text: words
        for words in letters.all_inner_texts()
        for text in ("真的", "冒名的", "装成", "挪来的", "少了的")
        if text in words
    }
    assert "无法核实" not in shown["真的"]
    assert "支部纪检委员" in shown["真的"]
    for text in ("冒名的", "装成", "挪来的"):
        assert "无法核实" in shown[text], text
        assert "支部" not in shown[text]
    assert "有消息缺失" in shown["少了的"]
    expect(page.locator("#thread-doubt")).to_contain_text("有消息缺失")
    expect(page.locator("#thread-state")).not_to_contain_text("已办结")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")  # somebody else goes back
    expect(page.locator("#start")).to_be_visible()

    page.route("**/case/messages", lambda route: route.fulfill(body=bundle.pack({})))
    page.locator("#find-open").click()
    page.locator("#find-words").fill(case.receipt.text)
    page.locator("#find-next").click()
    page.locator("#thread-large-get").click()
    expect(page.locator("#thread-own")).to_contain_text("有0条")
    expect(page.locator("#thread-large-words")).to_contain_text("还有6个")  # what is not served is not called opened


def alike(words: str) -> str:
    """The receipt with one character written as another that sounds the same, and still read as it was meant."""
    bare = words.replace(" ", "")
    for place, one in enumerate(bare):
        for other in wordlist.alike(one, tone=True):
            written = bare[:place] + other + bare[place + 1 :]
            with suppress(ReceiptFault):
                if receipt.read(written) == receipt.read(words):
                    return written
    return words


def test_a_picture_is_stood_up_where_the_browser_does_not(front: Front, page: Page, watch: Watch) -> None:
    watch.allowed = ["willReadFrequently"]
    page.goto(front.page)
    # A red corner top left and a blue one top right, as they lie; where they come to for each way of holding a camera.
    found = page.evaluate(
        """async (head) => {
          const {drawn, orientation} = await import('/report/files/pictures.js');
          const lying = Object.assign(document.createElement('canvas'), {width: 40, height: 20});
          const pen = lying.getContext('2d');
          pen.fillStyle = '#f00'; pen.fillRect(0, 0, 10, 10);
          pen.fillStyle = '#00f'; pen.fillRect(30, 0, 10, 10);
          Object.assign(lying, {naturalWidth: 40, naturalHeight: 20});
          const corners = [];
          for (let turned = 1; turned <= 8; turned += 1) {
            const made = drawn(lying, 2048, turned), seen = made.getContext('2d');
            const at = (x, y) => [...seen.getImageData(x, y, 1, 1).data].slice(0, 3).join();
            const places = [[2, 2], [made.width - 3, 2], [2, made.height - 3], [made.width - 3, made.height - 3]];
            const where = (colour) => places.findIndex(([x, y]) => at(x, y) === colour);
            corners.push([made.width, where('255,0,0'), where('0,0,255')]);
          }
          return [corners, orientation(Uint8Array.from(atob(head), (one) => one.charCodeAt(0)))];
        }""",
        base64.b64encode(photograph(page, 64, 48)[:300]).decode(),
    )
    left, right, low_left, low_right = range(4)
    flat = [(left, right), (right, left), (low_right, low_left), (low_left, low_right)]
    stood = [(left, low_left), (right, low_right), (low_right, right), (low_left, left)]
    assert found == [[[40, *one] for one in flat] + [[20, *one] for one in stood], 6]
