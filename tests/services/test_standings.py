"""Standing leave and exemption: which holds on a day, who may enter it, what the log keeps; on both engines."""

from datetime import date, timedelta

import pytest

from models.leave import LeaveClass
from models.standing import Standing, StandingKind
from services import members, standings
from services.errors import NotAllowed, OutOfOrder
from tests.engines import Database
from tests.services.roll import TODAY, Office, staffed

LATER = TODAY + timedelta(days=10)


@pytest.fixture
def office(each_database: Database) -> Office:
    return staffed(each_database)


def enter(
    office: Office,
    leave_class: LeaveClass | None,
    starts: date,
    ends: date | None,
    reason: str = "驻村",
    by: str = "王芳",
) -> str:
    return office.does(
        by,
        lambda db, act: (
            standings.enter(db, act, members.find(db, "李娜"), leave_class, (starts, ends), reason).public_id
        ),
    )


def found(held: Standing | None) -> Standing:
    assert held is not None
    return held


def holds(office: Office, day: date) -> LeaveClass | StandingKind | None:
    """What holds for 李娜 on that day: the class of a leave, or that she is exempt."""

    def look(held: dict[int, Standing], number: int) -> LeaveClass | StandingKind | None:
        return held[number].leave_class or held[number].kind if number in held else None

    return office.look(lambda db: look(standings.on(db, day), members.find(db, "李娜").id))


def test_both_days_are_within(office: Office) -> None:
    enter(office, LeaveClass.TRIP, TODAY, LATER)
    days = {day: holds(office, day) for day in (TODAY - timedelta(days=1), TODAY, LATER, LATER + timedelta(days=1))}
    assert list(days.values()) == [None, LeaveClass.TRIP, LeaveClass.TRIP, None]


def test_without_an_end_it_holds_until_further_notice(office: Office) -> None:
    made = enter(office, None, TODAY, None)
    assert holds(office, date(2031, 1, 1)) is StandingKind.EXEMPT
    office.does("王芳", lambda db, act: standings.end(db, act, found(standings.find(db, made)), LATER))
    assert holds(office, LATER) is StandingKind.EXEMPT
    assert holds(office, LATER + timedelta(days=1)) is None


@pytest.mark.parametrize("exempt_first", [True, False])
def test_an_exemption_goes_before_a_leave(office: Office, *, exempt_first: bool) -> None:
    for leave_class in (None, LeaveClass.SICK) if exempt_first else (LeaveClass.SICK, None):
        enter(office, leave_class, TODAY, LATER, "重病")
    assert holds(office, TODAY) is StandingKind.EXEMPT


def test_of_two_leaves_the_later_entered_holds(office: Office) -> None:
    enter(office, LeaveClass.TRIP, TODAY, None)
    enter(office, LeaveClass.OTHER, TODAY, LATER, "产假")
    assert holds(office, TODAY) is LeaveClass.OTHER
    assert holds(office, LATER + timedelta(days=1)) is LeaveClass.TRIP


def test_the_same_again_is_the_one_there_is(office: Office) -> None:
    assert enter(office, LeaveClass.TRIP, TODAY, None) == enter(office, LeaveClass.TRIP, TODAY, None)
    assert len(office.log("李娜")) == 1


def test_no_span_ends_before_it_begins(office: Office) -> None:
    with pytest.raises(OutOfOrder):
        enter(office, LeaveClass.TRIP, LATER, TODAY)
    made = enter(office, LeaveClass.TRIP, LATER, None)
    with pytest.raises(OutOfOrder):
        office.does("王芳", lambda db, act: standings.end(db, act, found(standings.find(db, made)), TODAY))


def test_a_mistake_is_taken_back_and_stays_in_the_log(office: Office) -> None:
    made = enter(office, None, TODAY, None, "年老体弱")
    office.does("王芳", lambda db, act: standings.withdraw(db, act, found(standings.find(db, made))))
    assert holds(office, TODAY) is None
    verb, who, facts = office.log("李娜")[-1]
    assert (verb, who) == ("standing_withdrawn", "王芳")
    assert "年老体弱" in facts


def test_only_those_who_run_the_branch_excuse(office: Office) -> None:
    made = enter(office, None, TODAY, None)
    for by in ("张建国", "周涛", "李娜"):
        with pytest.raises(NotAllowed):
            enter(office, None, TODAY, None, by=by)
        with pytest.raises(NotAllowed):
            office.does(by, lambda db, act: standings.end(db, act, found(standings.find(db, made)), LATER))
        with pytest.raises(NotAllowed):
            office.does(by, lambda db, act: standings.withdraw(db, act, found(standings.find(db, made))))
