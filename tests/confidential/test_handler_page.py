"""The page of those who read, in Chromium: a key is made, a log-in opened, letters are read, answered, handed on."""

import base64
import io
import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import segno
from playwright.sync_api import Download, Page, expect

from confidential.totp import Second
from sealed import enrolment, handlerlist, keyfile, message, seal
from sealed.handlerlist import HandlerList
from sealed.keys import Identity
from tests.confidential.front import ROLES, Front, Wire, front_of, looked_over
from tests.confidential.room import Handler, Submitter
from tests.engines import eventually

REPORT = "【举报违纪】\n采购没有比价，金丝雀甲"


@pytest.fixture
def front(tmp_path: Path, empty_redis: redis.Redis) -> Iterator[Front]:
    """A desk behind a server."""
    with front_of(tmp_path, lambda: empty_redis) as made:
        yield made


@pytest.fixture
def wire(page: Page) -> Wire:
    """What the page sends."""
    made = Wire()
    made.follow(page)
    return made


def saved(page: Page, button: str) -> bytes:
    """What a button hands out."""
    with page.expect_download() as waiting:
        page.locator(button).click()
    download: Download = waiting.value
    return Path(download.path()).read_bytes()


def listed(front: Front, file: bytes) -> Handler:
    """The root's holder puts whoever sent the enrolment file on the list."""
    asked = enrolment.read(file)
    desk = front.room.desk
    old = desk.lists.current(desk.today())
    desks = tuple(
        handlerlist.Desk(one.id, (*one.handlers, asked.handler) if one.id == asked.desk else one.handlers)
        for one in old.desks
    )
    new = HandlerList(old.version + 1, desk.today() + timedelta(days=100), desks)
    desk.lists.file.write_bytes(handlerlist.sign(new, front.room.root, desk.lists.file.read_bytes()))
    return Handler(asked.handler.id, asked.desk)


def digits(secret: str, front: Front) -> str:
    return Second(base64.b32decode(secret.replace(" ", "")), ())._code(int(front.clock().timestamp()) // 30)


def key_made(page: Page, front: Front) -> tuple[str, bytes, bytes]:
    """The first step in the browser: (passphrase, key file, enrolment file)."""
    page.goto(front.desk_page)
    page.locator("#to-make").click()
    page.locator("input[name=make-desk][value=own]").check()
    page.locator("#make-role").fill("支部组织委员")
    looked_over(page, "handler-make")
    page.locator("#make-next").click()
    looked_over(page, "handler-make-words")
    words = page.locator("#make-passphrase").inner_text().replace("\n", "")
    page.locator("#make-copied").click()
    page.locator("#make-typed").fill("的一是在不了有和")
    page.locator("#make-check").click()
    expect(page.locator("#make-back-no")).to_contain_text("对不上")
    page.locator("#make-typed").fill(words)
    page.locator("#make-check").click()
    expect(page.locator("#make-files")).to_be_visible(timeout=15_000)
    looked_over(page, "handler-make-files")
    return words, saved(page, "#make-key"), saved(page, "#make-file")


def log_in_opened(page: Page, front: Front, words: str, key: bytes) -> list[str]:
    """The second step, once the list is out: the recovery codes."""
    page.goto(front.desk_page)
    page.locator("#to-open").click()
    page.locator("#open-who").select_option(label="支部组织委员（本级承办人）")
    page.locator("#open-file").set_input_files({"name": "key.age", "mimeType": "", "buffer": key})
    page.locator("#open-words").fill(words)
    looked_over(page, "handler-open")
    page.locator("#open-next").click()
    expect(page.locator("#open-code")).to_be_visible(timeout=15_000)
    expect(page.locator("#open-qr svg")).to_be_visible()
    secret, recovery = page.locator("#open-secret").inner_text(), page.locator("#open-recovery").inner_text()
    page.locator("#open-digits").fill("000000")
    page.locator("#open-finish").click()
    expect(page.locator("#open-code-no")).to_contain_text("6位数字不对")
    looked_over(page, "handler-open-code")
    page.locator("#open-digits").fill("".join(chr(ord(one) + 0xFEE0) for one in digits(secret, front)))  # full-width
    page.locator("#open-finish").click()
    expect(page.locator("#door-no")).to_contain_text("登记好了")
    return recovery.split("\n")


def signs_in(page: Page, who: str, code: str, words: str) -> None:
    """From the door to the letters."""
    page.locator("#to-login").click()
    page.locator("#login-who").select_option(label=who)
    page.locator("#login-code").fill(code)
    page.locator("#login-next").click()
    page.locator("#unlock-words").fill(words)
    page.locator("#unlock-next").click()
    expect(page.locator("#list-counted")).to_contain_text("等答复", timeout=30_000)


def comes_in(page: Page, front: Front, name: str) -> None:
    """A handler of the room, enrolled through the API, at the letters."""
    who = front.room.handlers[name]
    if not front.room.cases.enrolled(name):
        assert front.room.post("handler/enrol", who.enrolment(front.room)).status_code == 200
        code = who.recovery[0]
    else:
        code = who.recovery[1]
    page.goto(front.desk_page)
    desk = {"own": "本级承办人", "upper": "上级承办人"}[who.desk]
    signs_in(page, f"{ROLES[name]}（{desk}）", code, who.passphrase)


def test_somebody_becomes_a_handler_logs_in_and_answers(front: Front, page: Page, wire: Wire) -> None:
    words, key, asked = key_made(page, front)
    who = listed(front, asked)
    recovery = log_in_opened(page, front, words, key)
    case = Submitter(front.room)
    case.submits(REPORT)
    Submitter(front.room, desk="upper").submits("【批评】\n交给上级的，金丝雀乙")
    signs_in(page, "支部组织委员（本级承办人）", recovery[0], words)
    expect(page.locator("#list-waiting")).to_contain_text("举报违纪")
    expect(page.locator("#list .case")).to_have_count(1)
    expect(page.locator("body")).not_to_contain_text("金丝雀乙")
    page.locator("#list-waiting button").click()
    expect(page.locator("#case-letters")).to_contain_text("金丝雀甲")
    expect(page.locator("#case-due")).to_contain_text("3个工作日内原样转上级")
    expect(page.locator("#case-due")).to_contain_text("待核")
    page.locator("#answer-composer-text").fill("已收到，会转上级，金丝雀丙")
    page.locator("#answer-state").select_option("transferred")
    page.locator("#answer-send").click()
    expect(page.locator("#case-said")).to_contain_text("已发出")
    expect(page.locator("#case-letters")).to_contain_text("金丝雀丙")
    identity = keyfile.open_identity(key, words, who_recipient(front, who))
    wire.check(front, words, identity.text, recovery[1], "金丝雀甲", "金丝雀丙", case.receipt.text)
    kept = page.evaluate("Object.entries(localStorage).concat(Object.entries(sessionStorage))")
    assert kept == [["zhibu-list-version", "3"]]


def who_recipient(front: Front, who: Handler) -> str:
    found = front.room.list().handler(who.desk, who.id)
    assert found
    return found.recipient


def test_a_case_is_handed_on_as_a_file_that_age_opens(front: Front, page: Page, tmp_path: Path) -> None:
    case = Submitter(front.room)
    file = message.Attachment("照片\u202egpj/..\\x.exe", "image/jpeg", b"x")
    said = message.Doc(case.lookup, "own", 2, message.SUBMITTER, (), REPORT, "closed", (file,))
    plain = message.write(said, case.receipt.signing)
    letter = seal.seal(plain, front.room.list().recipients("own"), None)
    assert case.sends(case.body(letter)).status_code == 200
    comes_in(page, front, "zhang")
    page.locator("#list-waiting button").click()
    expect(page.locator("#case-letters button")).to_have_text("存下照片 gpj .. x.exe（1 KB）")
    expect(page.locator("#case-letters")).to_contain_text("打开前请先查毒")
    expect(page.locator("#case-letters")).not_to_contain_text("已办结")  # a submitter closes nothing
    with page.expect_download() as waiting:
        page.locator("#case-letters button").click()
    assert not {"\u202e", "/", "\\"} & set(waiting.value.suggested_filename)
    upper = Identity.draw()
    page.get_by_text("转上级", exact=True).click()
    page.get_by_label("用对方的收件公钥").check()
    page.locator("#transfer-key").fill(upper.recipient)
    sealed = saved(page, "#transfer")
    (tmp_path / "key").write_text(upper.text + "\n")
    opened = subprocess.run(["age", "-d", "-i", tmp_path / "key"], input=sealed, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(opened)) as files:
        names = files.getnames()
        written = files.extractfile("letter.txt")
        assert written
        assert REPORT in written.read().decode()
    assert [name.partition("/")[0] for name in names] == ["letter.txt", "signed", "files"]


def test_two_handlers_share_a_desk_and_what_waits_longest_is_on_top(
    front: Front, new_page: Callable[..., Page]
) -> None:
    room = front.room
    front.publish(3, room.desk.today() + timedelta(days=60))
    front.clock.off = -timedelta(days=40)
    old = Submitter(room)
    old.submits("【反映情况】\n等得最久的")
    front.clock.off = timedelta()
    new, junk = Submitter(room), Submitter(room)
    new.submits("【批评】\n刚来的")
    junk.submits("【不清楚】\n乱写的")
    first, second, upper = new_page(), new_page(1366), new_page()
    comes_in(first, front, "zhang")
    expect(first.locator("#list-counted")).to_have_text("等答复3件，其中超过10天1件。")
    rows = first.locator("#list-waiting .case")
    expect(rows.first).to_contain_text("等得最久的")
    assert re.search("已等[23]\\d天", rows.first.inner_text())

    comes_in(upper, front, "wang")
    expect(upper.locator("#list-counted")).to_have_text("等答复0件，其中超过10天0件。")

    rows.first.locator("button").click()
    first.locator("#answer-composer-text").fill("问过了，下周公布。")
    first.locator("#answer-send").click()
    expect(first.locator("#case-said")).to_contain_text("已发出")
    first.locator("#case-back").click()
    expect(first.locator("#list-counted")).to_have_text("等答复2件，其中超过10天0件。")
    first.locator(".case", has_text="乱写的").locator("input").check()
    expect(first.locator("#bulk-sure")).to_contain_text("不答复")
    looked_over(first, "handler-list")
    first.locator("#bulk-close").click()
    expect(first.locator("#list-said")).to_contain_text("已办结")
    assert [one.lookup for one in room.cases.cases("own") if one.purge_week] == [junk.lookup]

    comes_in(second, front, "li")
    second.locator("#list-rest-box summary").click()
    second.locator(".case", has_text="等得最久的").locator("button").click()
    expect(second.locator("#case-letters")).to_contain_text("支部纪检委员")
    expect(second.locator("#case-letters")).to_contain_text("下周公布")
    assert old.adds(old.writes("还有一句")).status_code == 200
    second.locator("#case-back").click()
    second.locator("#refresh").click()
    expect(second.locator("#list-counted")).to_have_text("等答复2件，其中超过10天1件。")
    gone = [bytes.fromhex(piece.id) for piece in room.cases.case(new.lookup).messages]
    room.cases.file.write(lambda db: db.executemany("DELETE FROM message WHERE id = ?", [(one,) for one in gone]))
    second.locator("#refresh").click()
    second.locator(".case", has_text="打不开").locator("button").click()
    expect(second.locator("#case-doubt")).to_contain_text("有消息缺失")  # it was here a minute ago
    second.locator("#case-back").click()
    second.route("**/handler/logout", lambda _: None)  # a desk that does not answer keeps nobody from locking
    second.locator("#lock").click()
    expect(second.locator("#door")).to_be_visible()


def test_a_newcomer_reads_what_was_handed_over(front: Front, new_page: Callable[..., Page]) -> None:
    case = Submitter(front.room)
    case.submits(REPORT)
    front.room.handlers["sun"] = Handler("sun", "own")
    front.publish(3)
    page = new_page()
    comes_in(page, front, "sun")
    page.locator("#list-waiting button").click()
    expect(page.locator("#case-letters")).to_contain_text("打不开")
    colleague = new_page()
    comes_in(colleague, front, "zhang")
    colleague.locator("#list-waiting button").click()
    colleague.get_by_text("交接给新来的承办人").click()
    colleague.locator("#handover").click()
    expect(colleague.locator("#case-said")).to_contain_text("交接好了")
    page.locator("#answer-composer-text").fill("没写完的")
    page.locator("#case-back").click()
    page.locator("#refresh").click()
    page.locator("#list-waiting button").click()
    expect(page.locator("#answer-composer-text")).to_have_value("没写完的")  # a look at the list loses no draft
    expect(page.locator("#case-letters")).to_contain_text("金丝雀甲")
    expect(page.locator("#case-letters")).to_contain_text("交接来的")
    expect(page.locator("#case-letters")).not_to_contain_text("无法核实")


def test_a_swapped_key_file_and_an_older_list_are_refused_and_the_page_locks_itself(front: Front, page: Page) -> None:
    zhang, room = front.room.handlers["zhang"], front.room
    case = Submitter(room)
    case.submits(REPORT)
    page.clock.install()
    comes_in(page, front, "zhang")
    page.clock.fast_forward(245_000)
    expect(page.locator("#locking")).to_contain_text("自动锁上")
    assert len(room.desk.memory.store().keys("desk:login:*")) == 1
    page.clock.fast_forward(60_000)
    expect(page.locator("#door")).to_be_visible()
    eventually(lambda: not room.desk.memory.store().keys("desk:login:*"), what="the token given back")
    expect(page.locator("body")).not_to_contain_text("金丝雀甲")

    foreign = base64.b64decode(room.handlers["li"].key_file())
    words = room.handlers["li"].passphrase
    kept = room.cases.enrolled("zhang")
    assert kept
    room.cases.enrol("zhang", replace(kept, key_file=foreign))
    page.locator("#to-login").click()
    page.locator("#login-who").select_option(label="支部纪检委员（本级承办人）")
    page.locator("#login-code").fill(zhang.recovery[1])
    page.locator("#login-next").click()
    page.locator("#unlock-words").fill(words)
    page.locator("#unlock-next").click()
    expect(page.locator("#unlock-no")).to_contain_text("可能被人换过")

    front.publish(1)
    page.goto(front.desk_page)
    expect(page.locator("#door-no")).to_contain_text("比这个浏览器见过的旧")


def test_the_practice_letter_is_answered_and_nothing_is_sent(front: Front, page: Page, wire: Wire) -> None:
    page.goto(front.desk_page)
    expect(page.locator("#door")).to_contain_text("不打听、不追查")
    looked_over(page, "handler-door")
    page.locator("#to-practice").click()
    expect(page.locator("#practice")).to_be_visible()
    expect(page.locator("#list-counted")).to_have_text("等答复2件，其中超过10天1件。")
    asked = len(wire.requests)
    page.locator("#list-waiting .case button").first.click()
    for summary in page.locator("#case summary").all():
        summary.click()
    looked_over(page, "handler-case")
    page.locator("#transfer").click()
    expect(page.locator("#transfer-said")).to_contain_text("口令")
    page.locator("#answer-state").select_option("closed")
    page.locator("#answer-send").click()
    expect(page.locator("#case-said")).to_contain_text("已发出")
    page.locator("#case-back").click()
    expect(page.locator("#list-counted")).to_have_text("等答复1件，其中超过10天0件。")
    assert [one.url for one in wire.requests[asked:] if not one.url.startswith("blob:")] == []


def test_the_page_draws_the_codes_that_others_read(front: Front, page: Page) -> None:
    page.goto(front.desk_page)
    texts = [f"otpauth://{'x' * (length - 10)}" for length in (14, 26, 42, 62, 84, 106)]  # each fills its version
    drawn = page.evaluate(
        "async (texts) => { const {matrix} = await import('/report/files/qr.js'); return texts.map(matrix); }", texts
    )
    for text, rows in zip(texts, drawn, strict=True):
        known = segno.make_qr(text, error="m", mode="byte", mask=0, boost_error=False)
        assert rows == [[bool(one) for one in row] for row in known.matrix], text
    secret = b"12345678901234567890"  # of RFC 6238's own test
    fits = page.evaluate(
        """async ([secret, code, at]) => {
          const {base32, fits} = await import('/report/files/totp.js');
          return fits(base32(Uint8Array.from(secret)), code, at * 1000);
        }""",
        [list(secret), "287082", 59],
    )
    assert fits is True
    assert Second(secret, ())._code(1) == "287082"
