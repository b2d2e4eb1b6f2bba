"""The page of texts that wait for a look: shown or left out, once; a deed is done when its words are shown."""

import re
from datetime import timedelta

from sqlalchemy.orm import Session

from models.activity import ActivityKind, ActivityState
from models.held import HeldPlace
from models.leave import LeaveClass
from services import activities, held, leaves, members, orgs, rights
from services.activities import Plan
from services.deeds import Cancel
from services.leaves import Wish
from services.rights import Act
from tests.pages.office import FIRST, LEADER, MEMBER, OFFICE, SECRETARY, Office


def acting(office: Office, db: Session, name: str) -> Act:
    """The act of that person now."""
    return rights.act_of(db, members.find(db, name), office.branch.clock.now(), office.house.settings.zone)


def test_texts_are_shown_or_left_out_once_and_a_deed_is_done_with_them(office: Office) -> None:
    planned = office.plan("请假的会", ActivityKind.GROUP_MEETING, group=FIRST, starts=timedelta(days=1))

    def wait(db: Session) -> None:
        member, leader = acting(office, db, MEMBER), acting(office, db, LEADER)
        meeting = activities.find(db, planned)
        assert member.by is not None
        leave = leaves.ask(db, member, member.by, meeting, Wish(LeaveClass.OTHER))
        held.hold(db, member, HeldPlace.LEAVE_REASON, leave, "孩子中考")
        at, group = leader.now + timedelta(days=3), orgs.known_group(db, FIRST)
        assert held.hold_deed(db, leader, Plan(ActivityKind.GROUP_MEETING, "读书会", at, group, "阅览室"), ["读书会"])
        assert held.hold_deed(db, leader, Cancel(meeting, "台风", 1), ["台风"])

    office.house.run(wait)
    secretary = office.browser(SECRETARY)
    assert "有3处文字待看" in secretary.reads("/h5/")
    assert "待看" not in office.browser(LEADER).reads("/h5/")
    page = secretary.reads("/h5/held")
    for part in (
        f"{MEMBER}：请假事由",
        "孩子中考",
        f"{LEADER}：发起活动",
        "采用就发起：党小组会《读书会》，11月",
        "采用就取消：台风",
    ):
        assert part in page, part
    addresses = re.findall(r'action="(/h5/held/\w+)"', secretary.get("/h5/held").text)
    assert "请点采用或不采用" in secretary.sends(addresses[0]).text
    assert "已采用。" in secretary.does(addresses[0], show="1")
    again = office.browser(OFFICE).sends(addresses[0], show="0")
    assert again.status_code == 409
    assert "这段文字已经看过：已采用" in again.text
    assert SECRETARY in again.text
    assert "孩子中考" in secretary.reads(f"/h5/a/{planned}")
    assert "事情已经办了" in secretary.does(addresses[1], show="1")
    assert "读书会" in secretary.reads("/h5/activities")
    assert "没有采用" in secretary.does(addresses[2], show="0")
    assert office.record(planned).state is ActivityState.PLANNED
    assert "没有待看的文字" in secretary.reads("/h5/held")
    assert "待看" not in secretary.reads("/h5/")
    assert "看过" in secretary.reads(f"/h5/a/{planned}")  # it stands in the log
    assert secretary.sends("/h5/held/nothing", show="1").status_code == 404
