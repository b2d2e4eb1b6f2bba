"""Looks a page over in Chromium: whole at every width and at large type, nothing too small to tap, no grave fault."""

import os

from playwright.sync_api import Page

from tests.pages.axe import faults
from tests.pages.office import Office

WIDTHS = (390, 768, 1366)
SHOTS = os.environ.get("ZHIBU_SHOTS")  # a folder: every page is kept there as a picture
SMALL = """() => [...document.querySelectorAll("main a, main button, main label, main select, main summary, nav a")]
  .filter((one) => one.offsetParent && !one.closest(".skip") && !one.matches(".field label, .card label"))
  .filter((one) => one.getBoundingClientRect().height < 47.5)
  .map((one) => one.outerHTML.slice(0, 120))"""

NAV_HEIGHT = "document.querySelector('.top nav')?.offsetHeight ?? 0"


def goes_in(page: Page, office: Office, name: str) -> None:
    """Give the browser the cookie of a sign-in."""
    page.context.add_cookies(
        [{"name": "visit", "value": office.token(name), "domain": "127.0.0.1", "path": "/h5/", "httpOnly": True}]
    )


def look_over(page: Page, address: str, shot: str) -> None:
    """The page does not scroll sideways at any width, nor at 175 %; axe finds nothing grave; it is kept as a picture."""
    page.set_viewport_size({"width": WIDTHS[0], "height": 844})
    page.goto(address)
    assert faults(page) == [], address
    assert page.evaluate(SMALL) == [], (address, "less than 48 px")
    assert page.evaluate(NAV_HEIGHT) < 60, (address, "the places take more than one line of a phone")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
        picture(page, f"{shot}-{width}")
    page.set_viewport_size({"width": WIDTHS[0], "height": 844})
    page.evaluate("document.documentElement.style.fontSize = '175%'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, "175 %")
    picture(page, f"{shot}-large")


def picture(page: Page, shot: str) -> None:
    """Keep the page as a picture, where pictures are asked for."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{shot}.png", full_page=True)
