"""Check-in: what is decided, what is recorded, and that nothing stands twice; on both engines."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engines.sql import run, transaction
from models import Member
from models.activity import Activity, ActivityState
from models.checkin import CheckIn, HeldScan, Method, Seat
from services import activities, checkins, members, orgs
from services.checkins import Claim, Count, Facts, Recorded, Row
from services.errors import WrongState
from services.members import Account
from services.rights import Act
from tests.branch import Branch
from tests.services.together import together

NOW = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("state", list(ActivityState))
@pytest.mark.parametrize("method", [Method.SCAN, Method.NUMBER])
def test_only_what_is_open_takes_check_ins(state: ActivityState, method: Method) -> None:
    facts = Facts(1, "学习", state, 2, NOW, method, "m")
    if state is ActivityState.OPEN:
        row = checkins.decide(facts, later(3))
        assert (row.activity_id, row.member_id, row.at, row.method, row.message) == (1, 2, NOW, method, "m")
        return
    with pytest.raises(WrongState) as refused:
        checkins.decide(facts, later(3))
    assert (refused.value.title, refused.value.state) == ("学习", state)


def hall(branch: Branch, people: int) -> tuple[int, list[int]]:
    """An open meeting and its members' ids."""
    for number in range(people):
        branch.member(f"同志{number}", group=f"第{number % 2}党小组")
    meeting = branch.meeting()
    with branch.house.reading() as db:
        return activities.find(db, meeting).id, list(db.scalars(select(Member.id).order_by(Member.id)))


def record(branch: Branch, *rows: Row) -> list[Recorded]:
    return branch.house.run(lambda db: checkins.record(db.connection(), rows))


def row(meeting: int, member: int, message: str, seconds: float = 0) -> Row:
    return Row(meeting, member, later(seconds), Method.SCAN, message, later(seconds))


def test_one_row_or_many_the_first_of_a_member_stands(each_branch: Branch) -> None:
    meeting, (a, b, c) = hall(each_branch, 3)
    assert record(each_branch, row(meeting, a, "m1")) == [Recorded(NOW, ours=True)]
    assert record(each_branch, row(meeting, a, "m1", 9)) == [Recorded(NOW, ours=True)]  # delivered again
    assert record(each_branch, row(meeting, a, "m2", 9)) == [Recorded(NOW, ours=False)]  # scanned again
    found = record(
        each_branch,
        row(meeting, b, "m3", 1),
        row(meeting, a, "m4", 1),
        row(meeting, b, "m3", 1),
        row(meeting, c, "m5", 2),
        row(meeting, b, "m6", 3),
    )
    assert found == [
        Recorded(later(1), ours=True),
        Recorded(NOW, ours=False),
        Recorded(later(1), ours=True),
        Recorded(later(2), ours=True),
        Recorded(later(1), ours=False),
    ]
    with each_branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(CheckIn)) == 3


def test_a_whole_hall_in_one_call(each_branch: Branch) -> None:
    meeting, people = hall(each_branch, 5)
    rows = [row(meeting, one, f"m{one}-{n}", n) for n in range(80) for one in people]
    assert record(each_branch, *rows) == [Recorded(NOW, ours=n < len(people)) for n in range(len(rows))]


def test_the_same_person_from_eight_sides_at_once_is_in_once(each_branch: Branch) -> None:
    meeting, (one, _) = hall(each_branch, 2)
    found = together([partial(record, each_branch, row(meeting, one, f"m{n}", n)) for n in range(8)])
    told = [recorded for answer in found if isinstance(answer, list) for recorded in answer]
    assert len(told) == 8, found
    assert sum(recorded.ours for recorded in told) == 1
    assert len({recorded.at for recorded in told}) == 1


def test_heads_are_counted_by_seat(each_branch: Branch) -> None:
    digits = each_branch.member("何静", group="第一党小组")
    zhang = each_branch.bound("张建国")
    meeting = each_branch.meeting()
    guest = each_branch.bound("周强")  # came after the seats were written
    for phone in (zhang, guest):
        phone.scans(each_branch.screen(meeting).code).hears("签到成功")
    with each_branch.house.reading() as db:
        assert checkins.count(db, activities.find(db, meeting)) == Count(expected=2, present=1, others=1)
    assert len(digits) == 8


def test_a_seat_keeps_the_group_of_that_day(each_branch: Branch) -> None:
    each_branch.member("张建国", group="第一党小组")
    meeting = each_branch.meeting()
    with each_branch.house.transaction() as db:
        group = orgs.group(db, "第二党小组").id
        db.execute(update(Member).values(group_id=group))
    each_branch.close(meeting)
    with each_branch.house.reading() as db:
        seats = db.scalars(select(Seat)).all()
        first = orgs.known_group(db, "第一党小组").id
        assert [seat.group_id for seat in seats] == [first] != [group]
        assert checkins.count(db, activities.find(db, meeting)).expected == 1


# --- the scan that waits -----------------------------------------------------------------------------------------


def test_the_earliest_scan_waits_and_becomes_a_check_in_once(each_branch: Branch) -> None:
    each_branch.member("张建国")
    meeting = each_branch.meeting()
    house, account = each_branch.house, Account(each_branch.house.parts.app_id, "o-1")
    held = timedelta(hours=12)

    def hold(message: str, at: datetime) -> None:
        with house.transaction() as db:
            checkins.hold(db, account, Claim(activities.find(db, meeting), Method.SCAN, at, message))

    hold("m1", NOW)
    hold("m2", later(5))
    each_branch.close(meeting)  # who scanned was there in time

    def release(at: datetime) -> list[tuple[datetime, bool]]:
        with house.transaction() as db:
            member = members.find(db, "张建国")
            return [(one.at, one.ours) for one in checkins.release(db, account, member, at, held)]

    assert release(later(60)) == [(NOW, True)]
    assert release(later(60)) == []
    with house.reading() as db:
        assert db.scalar(select(func.count()).select_from(HeldScan)) == 0


@pytest.mark.parametrize(("hours", "recorded"), [(11.99, 1), (12, 1), (12.01, 0)])
def test_a_scan_waits_for_its_hours_and_no_longer(branch: Branch, hours: float, recorded: int) -> None:
    branch.member("张建国")
    meeting = branch.meeting()
    account = Account(branch.house.parts.app_id, "o-1")
    with branch.house.transaction() as db:
        checkins.hold(db, account, Claim(activities.find(db, meeting), Method.SCAN, NOW, "m1"))
    with branch.house.transaction() as db:
        member = members.find(db, "张建国")
        arrivals = checkins.release(db, account, member, NOW + timedelta(hours=hours), timedelta(hours=12))
        assert len(arrivals) == recorded


# --- the activity itself -----------------------------------------------------------------------------------------


def test_opened_and_closed_from_many_sides_at_once_is_opened_and_closed_once(each_branch: Branch) -> None:
    for number in range(5):
        each_branch.member(f"同志{number}")
    meeting = each_branch.meeting(opened=False)
    house = each_branch.house

    def act(does: Callable[[Session, Act, Activity], None]) -> ActivityState:
        def work(db: Session) -> ActivityState:
            found = activities.find(db, meeting)
            does(db, house.operator(), found)
            return found.state

        return run(house.engine, work)

    assert together([partial(act, activities.open_)] * 4) == [ActivityState.OPEN] * 4
    with house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Seat)) == 5
    assert together([partial(act, activities.close)] * 4) == [ActivityState.CLOSED] * 4


def test_an_activity_goes_one_way(each_branch: Branch) -> None:
    meeting = each_branch.meeting(opened=False)
    house = each_branch.house

    def does(act: str) -> str:
        with transaction(house.engine) as db:
            found = activities.find(db, meeting)
            try:
                getattr(activities, act)(db, house.operator(), found)
            except WrongState as refused:
                return f"not while {refused.state}"
            return str(found.state)

    assert does("close") == "not while planned"
    assert [does("open_"), does("open_")] == ["open", "open"]
    with house.reading() as db:
        opened_at = db.scalar(select(Activity.opened_at))
    assert opened_at == each_branch.clock.now()
    assert [does("close"), does("close")] == ["closed", "closed"]
    assert does("open_") == "not while closed"
