"""The page of those who report, in Chromium: sent, lost on the way, answered, added to, withdrawn."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from playwright.sync_api import Page, Route, expect

from sealed import receipt
from tests.confidential.front import CAMERA, Front, Wire, finds, front_of, photograph, receipt_drawn, sides, writes
from tests.confidential.room import Submitter

TEXT = "采购没有比价，金丝雀甲"
MORE = "补充：当时在场的有三个人，金丝雀乙"


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


def test_a_case_with_a_photograph_is_sent_answered_added_to_and_withdrawn(
    front: Front, page: Page, wire: Wire, tmp_path: Path
) -> None:
    words = receipt_drawn(page, front)
    taken = photograph(page)
    assert len(taken) > 4_000_000
    assert CAMERA.encode() in taken
    picture = tmp_path / "IMG_20261118_张建国.jpg"
    picture.write_bytes(taken)
    page.locator("#write-composer input[type=file]").set_input_files(picture)
    expect(page.locator("#write-composer .attached li")).to_have_count(1, timeout=30_000)
    writes(page, TEXT)
    page.locator("#send").click()
    expect(page.locator("#sent")).to_be_visible(timeout=30_000)

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
