"""The pages about reminders in Chromium: whole at every width and at large type, with much, little and nothing on them."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import product

import pytest
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from models.member import MemberStatus
from models.notice import Channel, Notice, NoticeKind, NoticeState
from models.reminder import DayKind, GreetingChoice
from services import greetings, members, rosters, workdays
from services.rosters import Entry
from tests.pages.axe import faults
from tests.pages.looks import goes_in, look_over, picture
from tests.pages.office import FIRST, MEMBER, SECRETARY, Office, serving

LONG = "阿卜杜热依木·买买提艾力"
TITLE = "学习贯彻党的二十大精神，重温入党志愿书，讨论接收预备党员"
WHY = ("cap", "unbound", "closed", "43101", "no_answer", "47003", "wordless", "user_block", "")
JOINED = {
    "陈国强": "1996-11-29",
    "杨秀英": "2008-12-01",
    "黄明": "1986-12",
    "吴敏": "2025-11-25",
    LONG: "1998-12-20",
}


@pytest.fixture(scope="module")
def full(office: Office) -> Iterator[str]:
    """Notices of every state, kind and reason; birthdays of every precision; a year's days off, some changed."""
    office.plan("下周的党课", starts=timedelta(days=4))

    def fill(db: Session) -> None:
        act = office.house.operator()
        for name, joined in JOINED.items():
            status = MemberStatus.PROBATIONARY if name == "吴敏" else MemberStatus.FULL
            rosters.take(db, Entry(name=name, group=FIRST, status=status, joined=joined), {})
        greetings.decide(db, act, members.find(db, "杨秀英"), 2026, GreetingChoice.VISIT)
        workdays.fill(db, act.day, act.now)
        workdays.change(db, act, date(2026, 12, 31), DayKind.REST, "单位调休")
        kinds = (NoticeKind.TOMORROW, NoticeKind.BEHIND, NoticeKind.BIRTHDAY, NoticeKind.LEAVE_DECIDED)
        who = [members.find(db, name) for name in (LONG, MEMBER)]
        for number, (state, kind, why) in enumerate(product(NoticeState, kinds, WHY)):
            claimed = act.now if state is NoticeState.CLAIMED else None
            left = state in (NoticeState.SENT, NoticeState.DELIVERED, NoticeState.UNSURE)
            db.add(
                Notice(
                    member_id=who[number % 2].id, kind=kind, once=f"x{number}", created_at=act.now, due_at=act.now,
                    facts=f'{{"title": "{TITLE}"}}' if kind is NoticeKind.TOMORROW else "{}",
                    useful_until=act.now + timedelta(days=1), state=state, claimed_until=claimed, reason=why,
                    channel=list(Channel)[number % 4] if left else None, begun_at=act.now if left else None,
                )
            )  # fmt: skip

    office.house.run(fill)
    with serving(office) as address:
        yield address


PAGES = [
    ("timetable", "/h5/reminders"),
    ("coming", "/h5/reminders/coming"),
    ("notices", "/h5/notices"),
    ("failed", "/h5/notices?state=failed"),
    ("birthdays", "/h5/birthdays"),
    ("month", "/h5/birthdays?month=2027-12"),
    ("calendar", "/h5/calendar"),
    ("year-unknown", "/h5/calendar?year=2028"),
    ("subscribe", "/h5/subscribe"),
]


def test_pages_with_much_on_them(full: str, office: Office, new_page: Callable[..., Page]) -> None:
    page = new_page()
    goes_in(page, office, SECRETARY)
    for shot, address in PAGES:
        look_over(page, full + address, f"reminders-{shot}")
    page.goto(f"{full}/h5/reminders")
    for summary in page.locator("main summary").all():
        summary.click()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "reminders-editing")


def test_pages_with_nothing_on_them(bare: Office, new_page: Callable[..., Page]) -> None:
    page = new_page()
    goes_in(page, bare, SECRETARY)
    for shot, address in PAGES[1:3] + PAGES[4:5]:
        look_over(page, bare.address + address, f"reminders-bare-{shot}")
