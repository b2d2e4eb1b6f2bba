"""axe-core on a page: what it finds that keeps people out (vendor/axe-core, run in the browser under test)."""

from functools import cache
from pathlib import Path
from typing import TypedDict, cast

from playwright.sync_api import Page

VENDORED = Path(__file__).parent / "vendor" / "axe-core"
GRAVE = ("serious", "critical")


class Fault(TypedDict):
    """One broken rule and the places where it is broken."""

    id: str
    impact: str
    help: str
    where: list[str]


@cache
def _source() -> str:
    return (VENDORED / "axe.min.js").read_text(encoding="utf-8")


def faults(page: Page) -> list[Fault]:
    """The serious and critical faults of the page as it stands."""
    page.evaluate(_source())
    found = page.evaluate(
        """async () => (await axe.run()).violations.map(
            ({id, impact, help, nodes}) => ({id, impact, help, where: nodes.map((node) => node.html.slice(0, 200))}))"""
    )
    return [one for one in cast("list[Fault]", found) if one["impact"] in GRAVE]
