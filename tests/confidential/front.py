"""The desk's pages in a browser: a real server in front of a room, photographs as a camera makes them, a page's ways."""

import base64
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Protocol

import flask
import redis
from playwright.sync_api import Page, Request, expect
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from confidential import wire
from confidential.routes import blueprint
from sealed import handlerlist, message, receipt, seal
from sealed.handlerlist import HandlerList
from settings import UpperOrgan
from tests.confidential.room import Clock, Room, room_in
from tests.pages.axe import faults
from tests.pages.looks import WIDTHS, picture

BRANCH, TELEPHONE = "青湾市气象局党支部", "0500-0000000"
ROLES = {
    "zhang": "支部纪检委员",
    "li": "支部宣传委员",
    "wang": "上级机关纪检监察工委联络员",
    "zhao": "主管气象局党组纪检组联络员",
    "sun": "支部组织委员",
}
UPPER = UpperOrgan(name="青湾市直属机关纪检监察工委", telephone="0500-0000001", address="青湾市演示路1号")
CAMERA = "ZHIBU-CANARY-CAMERA"
# Something like a photograph of 12 million pixels: shapes, and the noise of a small sensor. Its left half is dark.
_PHOTOGRAPH = """async ([wide, high, quality]) => {
  const noise = new OffscreenCanvas(512, 512), dots = noise.getContext("2d"), seen = dots.createImageData(512, 512);
  for (let at = 0; at < seen.data.length; at += 4) {
    for (let channel = 0; channel < 3; channel += 1) seen.data[at + channel] = Math.random() * 255;
    seen.data[at + 3] = 200;
  }
  dots.putImageData(seen, 0, 0);
  const canvas = new OffscreenCanvas(wide, high), pen = canvas.getContext("2d");
  pen.fillStyle = "#ddd"; pen.fillRect(0, 0, wide, high);
  pen.fillStyle = "#222"; pen.fillRect(0, 0, wide / 2, high);
  pen.globalAlpha = 0.5;
  for (let y = 0; y < high; y += 512) for (let x = 0; x < wide; x += 512) pen.drawImage(noise, x, y);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({type: "image/jpeg", quality})).arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}"""


@dataclass
class Wall(Clock):
    """The wall's clock, some time off."""

    off: timedelta = timedelta()

    def __call__(self) -> datetime:
        """The present."""
        return datetime.now(UTC) + self.off


@dataclass
class Front:
    """A room and the address under which browsers reach it."""

    room: Room
    address: str
    clock: Wall

    @property
    def page(self) -> str:
        """The page of those who report."""
        return f"{self.address}/report/"

    @property
    def desk_page(self) -> str:
        """The handlers' page."""
        return f"{self.address}/report/handler/"

    def publish(self, version: int, expires: date | None = None, *, without: tuple[str, ...] = ()) -> None:
        """Sign a list with roles as a branch has them, behind the one that holds."""
        room = self.room
        desks = tuple(
            handlerlist.Desk(
                desk,
                tuple(
                    handlerlist.Handler(one.id, ROLES[one.id], one.identity.recipient, one.identity.signing.verify_key)
                    for one in room.handlers.values()
                    if one.desk == desk and one.id not in without
                ),
            )
            for desk in ("own", "upper")
        )
        day = expires or room.desk.today() + timedelta(days=100)
        file = room.desk.lists.file
        signed = handlerlist.sign(HandlerList(version, day, desks), room.root, file.read_bytes())
        fresh = file.with_suffix(".new")
        fresh.write_bytes(signed)
        fresh.replace(file)

    def read(self, handler: str, typed: str) -> list[message.Doc]:
        """What this handler's key opens of a receipt's case."""
        lookup = receipt.read(typed).lookup
        found = self.room.cases.case(lookup)
        sealed = self.room.cases.messages(lookup, [piece.id for piece in found.messages])
        identity = self.room.handlers[handler].identity
        return [message.parse(seal.open_with(identity, one)).doc for one in sealed.values()]


@contextmanager
def front_of(folder: Path, store: Callable[[], redis.Redis]) -> Iterator[Front]:
    """A room of today behind a server of its own."""
    room = room_in(folder, store)
    server = make_server("127.0.0.1", 0, flask.Flask("none"), threaded=True)
    address, clock = f"http://127.0.0.1:{server.server_port}", Wall()
    settings = room.desk.settings.model_copy(update={"public_url": address, "upper": UPPER})
    room.desk = replace(room.desk, clock=clock, origin=address, settings=settings)
    room.clock = clock
    room.app = flask.Flask("desk", static_folder=None)
    room.app.register_blueprint(blueprint(room.desk, BRANCH, TELEPHONE))
    room.app.register_error_handler(HTTPException, wire.answer)
    server.app = room.app
    front = Front(room, address, clock)
    front.publish(2)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield front
    server.shutdown()
    thread.join()
    server.server_close()
    room.cases.file.close()


@dataclass
class Wire:
    """Everything a page asked for, as it went out."""

    requests: list[Request] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page from its first request on."""
        page.on("request", lambda request: self.requests.append(request))  # noqa: PLW0108 - playwright marks what it calls

    def check(self, front: Front, *secrets: str) -> None:
        """One origin, no query, no cookie, nothing of a case in an address; no secret in any request, however written."""
        assert self.requests
        for request in self.requests:
            if request.url.startswith(("blob:", "data:")):
                continue
            assert request.url.startswith(f"{front.address}/report/"), request.url
            assert "?" not in request.url
            assert "#" not in request.url
            path = request.url.removeprefix(front.address)
            assert path.startswith("/report/files/") or len(path) < 40, path
            headers = request.all_headers()
            assert "cookie" not in headers
            assert "referer" not in headers or "/report/files/" in headers["referer"]
            said = repr((request.url, headers)).encode() + (request.post_data_buffer or b"")
            for secret in secrets:
                for form in _written(secret):
                    assert form not in said, (request.url, secret)


def _written(secret: str) -> list[bytes]:
    """A text in the ways it may stand in a request."""
    bare = secret.replace(" ", "")
    forms = [text.encode(code) for text in {secret, bare} for code in ("utf-8", "utf-16-le", "gbk")]
    raw = bare.encode()
    escaped = bare.encode("unicode-escape")
    return [*forms, escaped, raw.hex().encode(), *(base64.b64encode(raw[at:])[:-4] for at in range(3) if len(raw) > 12)]


def photograph(page: Page, wide: int = 4000, high: int = 3000, quality: float = 0.85) -> bytes:
    """A JPEG as a phone's camera makes it, lying on its side, with the camera's name and place in it."""
    raw = base64.b64decode(page.evaluate(_PHOTOGRAPH, [wide, high, quality]))
    text = f"{CAMERA} N31.7 E119.5\0".encode()
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack(">HHII", 0x010F, 2, len(text), 38)
    tiff = b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + entries + struct.pack(">I", 0) + text
    exif = b"Exif\0\0" + tiff
    return raw[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(exif)) + exif + raw[2:]


def sides(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG."""
    place = 2
    while jpeg[place] == 0xFF:
        if jpeg[place + 1] in {0xC0, 0xC1, 0xC2}:
            high, wide = struct.unpack(">HH", jpeg[place + 5 : place + 9])
            return int(wide), int(high)
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4])
    raise AssertionError("no frame")


class Site(Protocol):
    """Where a page for those who report is."""

    @property
    def page(self) -> str:
        """Its address."""
        ...


def receipt_drawn(page: Page, front: Site, desk: str = "own") -> str:
    """From the first lines to the text box; returns the receipt as it was shown."""
    page.goto(front.page)
    page.get_by_role("button", name="写一份").click()
    page.locator(f"input[name=desk][value={desk}]").check()
    page.locator("#desk-next").click()
    shown = page.locator("#receipt-words").inner_text().replace("\n", " ")
    bare = "".join(shown.split())
    page.get_by_role("button", name="抄好了").click()
    asked_back(page, bare)
    return bare


def asked_back(page: Page, bare: str) -> None:
    """The three characters of the receipt that are asked for, on to the text box."""
    for asked in page.locator("#back-fields input").all():
        place = int((asked.get_attribute("id") or "").removeprefix("back-"))
        asked.fill(bare[place - 1])
    page.locator("#back-next").click()
    expect(page.locator("#write")).to_be_visible()


def writes(page: Page, text: str, kind: str = "举报违纪") -> None:
    """Kind and text, on to the last step."""
    page.get_by_label(kind, exact=True).check()
    page.locator("#write-composer-text").fill(text)
    page.locator("#write-next").click()
    expect(page.locator("#check")).to_be_visible()


def finds(page: Page, front: Front, typed: str) -> None:
    """Come back with a receipt."""
    page.goto(front.page)
    page.locator("#find-open").click()
    page.locator("#find-words").fill(typed)
    page.locator("#find-next").click()


SMALL = """() => [...document.querySelectorAll("main a, main button, main summary, main select, main input, main textarea")]
  .filter((one) => one.offsetParent && !one.closest(".pick, .case label, .file"))
  .filter((one) => one.getBoundingClientRect().height < 47.5)
  .map((one) => one.outerHTML.slice(0, 120))"""
TINY = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.offsetParent && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 18)
  .map((one) => one.outerHTML.slice(0, 120))"""
PALE = """() => {
  const light = (said) => {
    const [r, g, b] = said.match(/[\\d.]+/g).map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const said = getComputedStyle(at).backgroundColor;
      if (!/^rgba.*, 0\\)$|transparent/.test(said)) return said;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.offsetParent && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => {
      const [high, low] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a);
      return (high + 0.05) / (low + 0.05) < 7;
    })
    .map((one) => one.outerHTML.slice(0, 120));
}"""


LOOKS = {"less than 48 px": SMALL, "type below 18 px": TINY, "contrast below 7:1": PALE}


def looked_over(page: Page, shot: str) -> None:
    """The page as it stands: nothing grave for axe, large type, 48 px, 7:1, no sideways scroll at any width or 175 %."""
    assert faults(page) == [], shot
    found = {what: page.evaluate(script) for what, script in LOOKS.items()}
    assert not any(found.values()), (shot, found)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (shot, width)
        picture(page, f"{shot}-{width}")
    page.set_viewport_size({"width": WIDTHS[0], "height": 844})
    page.evaluate("document.documentElement.style.fontSize = '175%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (shot, "175 %")
    picture(page, f"{shot}-large")
    page.evaluate("document.documentElement.style.fontSize = ''")
