"""The page of those who read, in Chromium: a key is made, a log-in opened, letters are read, answered, handed on."""

import base64
import io
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Download, Page, expect

from confidential.totp import Second
from sealed import enrolment, handlerlist, keyfile
from sealed.handlerlist import HandlerList
from sealed.keys import Identity
from tests.confidential.front import Front, Wire, front_of
from tests.confidential.room import Handler, Submitter

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


def signs_in(page: Page, front: Front, who: Handler, role: str) -> None:
    """With an enrolment made through the API."""
    assert front.room.post("handler/enrol", who.enrolment(front.room)).status_code == 200
    page.goto(front.desk_page)
    page.locator("#to-login").click()
    page.locator("#login-who").select_option(label=role)
    page.locator("#login-code").fill(who.recovery[0])
    page.locator("#login-next").click()
    page.locator("#unlock-words").fill(who.passphrase)
    page.locator("#unlock-next").click()
    expect(page.locator("#list-counted")).to_contain_text("等答复", timeout=30_000)


def test_somebody_becomes_a_handler_logs_in_and_answers(front: Front, page: Page, wire: Wire, tmp_path: Path) -> None:
    page.goto(front.desk_page)
    page.locator("#to-make").click()
    page.locator("input[name=make-desk][value=own]").check()
    page.locator("#make-role").fill("支部组织委员")
    page.locator("#make-next").click()
    words = page.locator("#make-passphrase").inner_text().replace("\n", "")
    page.locator("#make-copied").click()
    page.locator("#make-typed").fill("的一是在不了有和")
    page.locator("#make-check").click()
    expect(page.locator("#make-back-no")).to_contain_text("对不上")
    page.locator("#make-typed").fill(words)
    page.locator("#make-check").click()
    key, asked = saved(page, "#make-key"), saved(page, "#make-file")
    who = listed(front, asked)

    page.goto(front.desk_page)
    page.locator("#to-open").click()
    page.locator("#open-who").select_option(label="支部组织委员（本级承办人）")
    page.locator("#open-file").set_input_files({"name": "key.age", "mimeType": "", "buffer": key})
    page.locator("#open-words").fill(words)
    page.locator("#open-next").click()
    expect(page.locator("#open-code")).to_be_visible(timeout=15_000)
    secret = page.locator("#open-secret").inner_text()
    expect(page.locator("#open-qr svg")).to_be_visible()
    recovery = page.locator("#open-recovery").inner_text().split("\n")
    page.locator("#open-digits").fill("000000")
    page.locator("#open-finish").click()
    expect(page.locator("#open-code-no")).to_contain_text("6位数字不对")
    page.locator("#open-digits").fill(digits(secret, front))
    page.locator("#open-finish").click()
    expect(page.locator("#door-no")).to_contain_text("登记好了")

    case = Submitter(front.room)
    case.submits(REPORT)
    other = Submitter(front.room, desk="upper")
    other.submits("【批评】\n交给上级的，金丝雀乙")
    page.locator("#to-login").click()
    page.locator("#login-who").select_option(label="支部组织委员（本级承办人）")
    page.locator("#login-code").fill(recovery[0])
    page.locator("#login-next").click()
    page.locator("#unlock-words").fill(words)
    page.locator("#unlock-next").click()
    expect(page.locator("#list-waiting")).to_contain_text("举报违纪", timeout=30_000)
    expect(page.locator("body")).not_to_contain_text("金丝雀乙")
    page.locator("#list-waiting button").click()
    expect(page.locator("#case-letters")).to_contain_text("金丝雀甲")
    expect(page.locator("#case-due")).to_contain_text("3个工作日内原样转上级")
    page.locator("#answer-composer-text").fill("已收到，会转上级，金丝雀丙")
    page.locator("#answer-state").select_option("transferred")
    page.locator("#answer-send").click()
    expect(page.locator("#case-said")).to_contain_text("已发出")
    expect(page.locator("#case-letters")).to_contain_text("金丝雀丙")
    identity = keyfile.open_identity(key, words, who_recipient(front, who))
    wire.check(front, words, identity.text, recovery[1], "金丝雀甲", "金丝雀丙", case.receipt.text)


def who_recipient(front: Front, who: Handler) -> str:
    found = front.room.list().handler(who.desk, who.id)
    assert found
    return found.recipient


def test_a_case_is_handed_on_as_a_file_that_age_opens(front: Front, page: Page, tmp_path: Path) -> None:
    case = Submitter(front.room)
    case.submits(REPORT)
    signs_in(page, front, front.room.handlers["zhang"], "支部纪检委员（本级承办人）")
    page.locator("#list-waiting button").click()
    upper = Identity.draw()
    page.get_by_text("转上级", exact=True).click()
    page.get_by_label("用对方的收件公钥").check()
    page.locator("#transfer-key").fill(upper.recipient)
    sealed = saved(page, "#transfer")
    (tmp_path / "key").write_text(upper.text + "\n")
    opened = subprocess.run(["age", "-d", "-i", tmp_path / "key"], input=sealed, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(opened)) as files:
        names = files.getnames()
        letter = files.extractfile("letter.txt")
        assert letter
        assert REPORT in letter.read().decode()
    assert [name.partition("/")[0] for name in names] == ["letter.txt", "signed"]
