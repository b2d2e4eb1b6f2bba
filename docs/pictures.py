"""Takes the pictures in README.md and the manuals from a running demo: `.venv/bin/python -m docs.pictures`, by hand.

Needs Debian's Chromium and a font with Chinese characters, which `make test` installs, and one with emoji
(fonts-noto-color-emoji). The demo runs on free ports in a folder that is gone afterwards; everything to be seen is
invented (demo/roster.csv).
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import urllib3
import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

from engines.redis import connect, ensure_redis, leave
from tests.confidential.front import front_of
from tests.engines import launch_chromium

ROOT = Path(__file__).resolve().parents[1]
EAST = (14 - datetime.now(UTC).hour + 11) % 24 - 11  # hours: where it is afternoon now, since no branch meets at night
ZONE = f"Etc/GMT{-EAST:+d}"
PICTURES = ROOT / "docs" / "pictures"
PERSON = "张建国"  # one of the three whom the demo leaves unbound
PHONE, DESK = (390, 844), (1366, 850)
LARGEST = 150_000  # bytes of a picture; a README with more is slow to open


@dataclass(frozen=True)
class Demo:
    """What the demo prints: the chat page, the big screen, the leaders' pages, who leads, PERSON's 8 digits."""

    chat: str
    screen: str
    pages: str
    secretary: str
    leader: str
    digits: str


def main() -> None:
    """Take every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        chat(browser, demo, PICTURES / "chat.png")
        screen(browser, demo, PICTURES / "screen.png")
        leaders_pages(browser, demo, PICTURES)
        desk_pages(browser, PICTURES)
        browser.close()
    for picture in PICTURES.glob("*.png"):
        assert picture.stat().st_size <= LARGEST, f"{picture.name} is larger than {LARGEST} bytes"


def chat(browser: Browser, demo: Demo, to: Path) -> None:
    """A phone on which somebody has scanned the hall's code, bound, and so is checked in."""
    page = _page(browser, 390, 780, sharp=2)
    page.goto(demo.chat)
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.locator("#add-open").click()
    page.locator("#add-name").fill(PERSON)
    page.locator("#add-form").get_by_role("button", name="加进来").click()
    page.locator("#gate-scan").click()
    page.locator(".code").first.click()
    page.locator("#offer-follow").click()
    _heard(page, "8位绑定码")
    _say(page, demo.digits)
    _heard(page, "签到成功")
    _say(page, "记录")
    _heard(page, "组织生活")
    page.screenshot(path=to)


def screen(browser: Browser, demo: Demo, to: Path) -> None:
    """The wall of the hall, just as its code has turned."""
    page = _page(browser, 1280, 720)
    page.goto(demo.screen)
    expect(page.locator("#qr svg")).to_be_visible()
    shown = page.locator("#qr").inner_html()
    page.wait_for_function("shown => document.getElementById('qr').innerHTML !== shown", arg=shown, timeout=60_000)
    page.screenshot(path=to)


def leaders_pages(browser: Browser, demo: Demo, folder: Path) -> None:
    """What a secretary and a group leader see, on a phone and on a desktop; each signs in as the manual says."""
    phone, desk = _page(browser, *PHONE, sharp=2), _page(browser, *DESK)
    for page in (phone, desk):
        sign_in(page, demo, demo.secretary)
    _take(phone, demo.pages, folder / "today-phone.png")
    _take(desk, f"{demo.pages}activities", folder / "activities-desktop.png")
    desk.goto(f"{demo.pages}activities")
    desk.locator("#main a.row").filter(has_text="党课").last.click()
    desk.get_by_role("link", name="打印会议记录").click()
    desk.screenshot(path=folder / "record-desktop.png")
    phone, desk = _page(browser, *PHONE, sharp=2), _page(browser, *DESK)
    for page in (phone, desk):
        sign_in(page, demo, demo.leader)
    phone.goto(demo.pages)
    phone.get_by_role("heading", name="还没到的").evaluate("heading => heading.scrollIntoView()")
    phone.locator("#ticks input[type=checkbox]").nth(1).check()
    phone.screenshot(path=folder / "leader-phone.png")
    desk.goto(demo.pages)
    desk.get_by_role("link", name="考勤表").click()
    desk.screenshot(path=folder / "month-desktop.png")


def desk_pages(browser: Browser, folder: Path) -> None:
    """The confidential desk's first screen on a phone, and a practice letter on a desktop."""
    with tempfile.TemporaryDirectory() as home:
        store = connect(ensure_redis(Path(home)))
        with front_of(Path(home), lambda: store) as front:
            phone, desk = _page(browser, 390, 690, sharp=2), _page(browser, *DESK)
            phone.goto(front.page)
            expect(phone.locator("#begin")).to_be_visible()
            phone.screenshot(path=folder / "report-phone.png")
            desk.goto(front.desk_page)
            desk.locator("#to-practice").click()
            desk.locator("#list-waiting .case button").first.click()
            desk.screenshot(path=folder / "handler-desktop.png")
        store.close()
        leave(Path(home))


def sign_in(page: Page, demo: Demo, name: str) -> None:
    """The page's number sent from that member's phone, and a yes."""
    page.goto(demo.pages)
    number = page.locator("#number").inner_text()
    ask = urllib3.PoolManager().request
    people = ask("GET", f"{demo.chat}/sim/people").json()
    person = next(one["id"] for one in people if one["nickname"] == name)
    for words in (f"登录 {number}", "1"):
        said = ask("POST", f"{demo.chat}/sim/people/{person}/say", json={"text": words}).json()
    assert "登录成功" in said["text"], said
    expect(page.get_by_role("button", name="退出登录")).to_be_visible(timeout=15_000)


def _take(page: Page, address: str, to: Path) -> None:
    page.goto(address)
    page.screenshot(path=to)


def _page(browser: Browser, width: int, height: int, *, sharp: int = 1) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=sharp,
        locale="zh-CN",
        timezone_id=ZONE,
    )
    return context.new_page()


def _say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="消息").fill(text)
    page.keyboard.press("Enter")


def _heard(page: Page, text: str) -> None:
    expect(page.locator("#lines .line.account").last).to_contain_text(text, timeout=15_000)


@contextmanager
def running_demo(home: Path) -> Iterator[Demo]:
    """`zhibu demo` with a home and ports of its own, until the block ends."""
    config = home / "config.yaml"
    config.write_text(_on_free_ports((ROOT / "config.yaml").read_text("utf-8")), "utf-8")
    demo = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "--config", str(config), "demo"],
        env={**os.environ, "ZHIBU_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield _read(demo)
    finally:
        demo.terminate()
        demo.wait()


def _on_free_ports(text: str) -> str:
    """The configuration with both its ports changed to free ones, in the zone of the pictures."""
    content = yaml.safe_load(text)
    content["branch"]["timezone"] = ZONE
    server, wechat = _free_ports(2)
    content["server"].update(port=server, public_url=f"http://127.0.0.1:{server}")
    content["wechat"].update(api_base=f"http://127.0.0.1:{wechat}", open_base=f"http://127.0.0.1:{wechat}")
    return yaml.safe_dump(content, allow_unicode=True)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _read(demo: "subprocess.Popen[str]") -> Demo:
    """Wait for what the demo says once it is ready."""
    assert demo.stdout is not None
    said = ""
    for line in demo.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    return Demo(
        chat=_shown(r"聊天页\s+(\S+)", said),
        screen=_shown(r"大屏\s+(\S+)", said),
        pages=_shown(r"管理页\s+(\S+)", said),
        secretary=_shown(r"“(\w+)”（书记）", said),
        leader=_shown(r"“(\w+)”（第一党小组长）", said),
        digits=_shown(rf"(\d{{4}} \d{{4}})\s*{PERSON}", said),
    )


def _shown(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    assert found, f"no {pattern} in what the demo said: {said!r}"
    return found[1]


if __name__ == "__main__":
    main()
