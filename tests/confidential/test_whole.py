"""One whole week in small: real server, signed webhook, Chromium, every failure; `make proof` plays many of them."""

from pathlib import Path

from playwright.sync_api import Page

from tests.confidential.games import Played, link
from tests.confidential.whole import leaks, lying_about, seized, street, week
from tests.engines import Watch

PEOPLE = 4


def test_through_every_failure_nothing_is_lost_and_nothing_of_it_lies_about(
    quick: Path, page: Page, watch: Watch
) -> None:
    watch.allowed = ["net::ERR_", "404", "500"]
    with street(quick / "home", page, PEOPLE, "--breaks") as whole:
        whole.opens()
        told = week(whole, PEOPLE, picture=True)
        lying = lying_about(whole)
        assert leaks(whole, lying, told) == []
        played = Played(PEOPLE)
        link(played, seized(whole, lying), told.arrived, told.crashed)
        assert played.worst("linking")[1].shares
        assert [one for one in whole.world.complaints if "no answer in" not in one] == []
