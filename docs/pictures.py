"""Takes the pictures in README.md from a running demo: `.venv/bin/python -m docs.pictures`, by hand.

Needs Debian's chromium and a font with Chinese characters, which `make test` installs. The demo runs on free
ports in a folder that is gone afterwards; everything to be seen is invented (demo/roster.csv).
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
from pathlib import Path

import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.engines import launch_chromium

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
PERSON = "张建国"  # one of the three whom the demo leaves unbound
LARGEST = 150_000  # bytes of a picture; a README with more is slow to open


@dataclass(frozen=True)
class Demo:
    """What the demo prints: the chat page, the big screen, and the 8 digits on PERSON's slip."""

    chat: str
    screen: str
    digits: str


def main() -> None:
    """Take every picture anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        chat(browser, demo, PICTURES / "chat.png")
        screen(browser, demo, PICTURES / "screen.png")
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
    _heard(page, "最近签到")
    page.screenshot(path=to)


def screen(browser: Browser, demo: Demo, to: Path) -> None:
    """The wall of the hall, just as its code has turned."""
    page = _page(browser, 1280, 720)
    page.goto(demo.screen)
    expect(page.locator("#qr svg")).to_be_visible()
    shown = page.locator("#qr").inner_html()
    page.wait_for_function("shown => document.getElementById('qr').innerHTML !== shown", arg=shown, timeout=60_000)
    page.screenshot(path=to)


def _page(browser: Browser, width: int, height: int, *, sharp: int = 1) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=sharp,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
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
    """The configuration with both its ports changed to free ones."""
    content = yaml.safe_load(text)
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
        digits=_shown(rf"(\d{{4}} \d{{4}})\s*{PERSON}", said),
    )


def _shown(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    assert found, f"no {pattern} in what the demo said: {said!r}"
    return found[1]


if __name__ == "__main__":
    main()
