"""Checking in by place: off unless an activity allows it; the distance is judged, the coordinates are not kept."""

from sqlalchemy import select

from models.base import Base
from services import activities, places
from tests.branch import NOON, Branch

HALL = (31.7400, 119.5700)
NEXT_DOOR, FAR = (31.7412, 119.5708), (31.7600, 119.5700)


def allow(branch: Branch, meeting: str, radius: int = 300) -> None:
    """Let people check in within so many metres of the hall."""
    branch.house.run(lambda db: places.allow(db, branch.house.operator(), activities.find(db, meeting), *HALL, radius))


def test_a_position_is_only_a_picture_while_no_activity_asks_for_it(branch: Branch) -> None:
    meeting = branch.meeting()
    zhang = branch.bound("张建国")
    zhang.does(zhang.person.sends_location(*HALL)).hears("我只看得懂文字")
    assert branch.arrivals(meeting) == {}


def test_in_the_hall_a_position_signs_in_and_is_not_kept(each_branch: Branch) -> None:
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    allow(each_branch, meeting)
    zhang.does(zhang.person.sends_location(*NEXT_DOOR)).hears("签到成功", "13:52，请就座")
    zhang.again().hears("签到成功")
    assert each_branch.arrivals(meeting) == {"张建国": NOON}
    with each_branch.house.reading() as db:
        kept = " ".join(str(tuple(row)) for table in Base.metadata.sorted_tables for row in db.execute(select(table)))
    assert str(NEXT_DOOR[0]) not in kept
    assert str(NEXT_DOOR[1]) not in kept


def test_elsewhere_it_is_refused_kindly(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    allow(branch, meeting)
    zhang.does(zhang.person.sends_location(*FAR)).hears("不在11月主题党日的会场", "扫大屏上的码")
    assert branch.arrivals(meeting) == {}


def test_taken_back_it_is_over(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    allow(branch, meeting)
    branch.house.run(lambda db: places.forbid(db, branch.house.operator(), activities.find(db, meeting)))
    zhang.does(zhang.person.sends_location(*HALL)).hears_not("签到成功")


def test_metres() -> None:
    assert abs(places.metres(HALL, FAR) - 2224) < 2
    assert places.metres(HALL, HALL) == 0
