"""本月还差: what a month still lacks, by kind and group, and when a quarter is told of."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from models.activity import ActivityKind
from models.appointment import Role
from models.member import MemberStatus
from services import activities, gaps, members, orgs
from services.activities import Plan
from tests.engines import Database
from tests.services.roll import FIRST, SECOND, ZONE, Office, staffed

PARTY_DAY, COMMITTEE, GROUP = ActivityKind.PARTY_DAY, ActivityKind.COMMITTEE, ActivityKind.GROUP_MEETING
BRANCH_MEETING, LECTURE = ActivityKind.BRANCH_MEETING, ActivityKind.LECTURE
NOVEMBER, DECEMBER = date(2026, 11, 20), date(2026, 12, 20)
EVERYTHING = {(PARTY_DAY, ""), (COMMITTEE, ""), (GROUP, FIRST), (GROUP, SECOND)}


@pytest.fixture
def office(database: Database) -> Office:
    """王芳 secretary, 周涛 and 李娜 on the committee: three people; two groups."""
    found = staffed(database)
    found.appoint("李娜", Role.ORGANISATION)
    return found


def missing(office: Office, day: date) -> set[tuple[ActivityKind, str]]:
    return office.look(
        lambda db: {(one.kind, one.group.name if one.group else "") for one in gaps.missing(db, day, office.now, ZONE)}
    )


def test_an_empty_month_lacks_everything_monthly(each_database: Database) -> None:
    found = staffed(each_database)
    found.appoint("李娜", Role.ORGANISATION)
    assert missing(found, NOVEMBER) == EVERYTHING


def test_what_is_planned_or_held_is_no_gap_what_is_cancelled_is(office: Office) -> None:
    office.meeting(1, PARTY_DAY)
    office.meeting(-5, GROUP, FIRST, opened=True)
    committee = office.meeting(2, COMMITTEE)
    assert missing(office, NOVEMBER) == {(GROUP, SECOND)}
    assert missing(office, DECEMBER) >= EVERYTHING, "the month is the branch's own"

    def cancel(db: Session) -> None:
        found = activities.find(db, committee)
        activities.cancel(db, office.operator(), found, "改为书面传达", found.version)

    office.run(cancel)
    assert missing(office, NOVEMBER) == {(GROUP, SECOND), (COMMITTEE, "")}


def test_a_quarter_is_told_of_in_its_last_month_alone(office: Office) -> None:
    quarterly = {(BRANCH_MEETING, ""), (LECTURE, "")}
    assert missing(office, NOVEMBER) == EVERYTHING
    assert missing(office, DECEMBER) == EVERYTHING | quarterly
    office.meeting(-40, BRANCH_MEETING, opened=True)  # 13 October
    assert missing(office, DECEMBER) == EVERYTHING | {(LECTURE, "")}
    office.meeting(-55, LECTURE, opened=True)  # 28 September: the quarter before
    assert missing(office, DECEMBER) == EVERYTHING | {(LECTURE, "")}


def test_the_month_begins_at_the_branchs_own_midnight(office: Office) -> None:
    late = office.now.replace(month=11, day=30, hour=16, minute=30)  # half past midnight on 1 December in Qingwan
    office.run(lambda db: activities.plan(db, office.operator(), Plan(COMMITTEE, "会", late, orgs.branch(db))))
    assert (COMMITTEE, "") in missing(office, NOVEMBER)
    assert (COMMITTEE, "") not in missing(office, DECEMBER)


def test_two_people_are_no_committee_however_many_offices_they_hold(database: Database) -> None:
    """With fewer than seven full members a branch has a secretary and at most a deputy, and no 支委会."""
    small = staffed(database)  # 王芳 and 周涛
    small.appoint("王芳", Role.ORGANISATION)
    assert (COMMITTEE, "") not in missing(small, NOVEMBER)


def test_a_group_without_members_owes_no_meeting(office: Office) -> None:
    def leave(db: Session) -> None:
        for name in ("王芳", "赵敏", "周涛"):
            members.find(db, name).status = MemberStatus.MOVED

    office.run(leave)
    assert (GROUP, SECOND) not in missing(office, NOVEMBER)
    assert (GROUP, FIRST) in missing(office, NOVEMBER)
