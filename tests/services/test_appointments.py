"""Offices by date: rights follow at once and end at once, the past stays; on both engines."""

from datetime import date, timedelta

import pytest

from models.activity import ActivityKind
from models.appointment import Appointment, Role
from models.member import MemberStatus
from services import appointments, members, orgs
from services.errors import NotAllowed, NotSuitable, OutOfOrder, OwnOffice
from tests.engines import Database
from tests.services.roll import FIRST, TODAY, Office, staffed
from tests.services.together import together

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def office(each_database: Database) -> Office:
    return staffed(each_database)


def end(office: Office, by: str | None, appointment: str, ends: date) -> None:
    def work(held: Appointment | None) -> Appointment:
        assert held is not None
        return held

    if by is None:
        office.run(lambda db: appointments.end(db, office.operator(), work(appointments.find(db, appointment)), ends))
    else:
        office.does(by, lambda db, act: appointments.end(db, act, work(appointments.find(db, appointment)), ends))


def roles(office: Office, name: str) -> set[Role]:
    return set(office.look(lambda db: office.act(db, name).rights.roles))


def times(office: Office, name: str, role: Role) -> int:
    return len([one for one in office.look(lambda db: appointments.of(db, members.find(db, name))) if one.role is role])


def test_an_office_counts_from_its_first_day_to_the_day_before_its_end(office: Office) -> None:
    made = office.appoint("李娜", Role.YOUTH, starts=TOMORROW)
    assert roles(office, "李娜") == set()
    office.now += timedelta(days=1)
    assert roles(office, "李娜") == {Role.YOUTH}
    end(office, "王芳", made, TODAY + timedelta(days=3))
    assert roles(office, "李娜") == {Role.YOUTH}
    office.now += timedelta(days=2)
    assert roles(office, "李娜") == set()


def test_ending_today_ends_the_rights_at_this_moment(office: Office) -> None:
    made = office.appoint("李娜", Role.OFFICE)
    assert office.look(lambda db: office.act(db, "李娜").rights.runs_branch)
    end(office, "王芳", made, TODAY)
    assert not office.look(lambda db: office.act(db, "李娜").rights.leads)
    assert times(office, "李娜", Role.OFFICE) == 1, "the past stays readable"
    assert [verb for verb, *_ in office.log("李娜")] == ["appointed", "dismissed"]


def test_what_is_over_stays_over(office: Office) -> None:
    made = office.appoint("李娜", Role.OFFICE)
    end(office, "王芳", made, TODAY)
    end(office, "王芳", made, TODAY + timedelta(days=30))
    assert roles(office, "李娜") == set()
    assert len(office.log("李娜")) == 2, "nothing happened, nothing is noted"


def test_an_end_to_come_may_be_changed(office: Office) -> None:
    made = office.appoint("李娜", Role.OFFICE)
    end(office, "王芳", made, TODAY + timedelta(days=30))
    end(office, "王芳", made, TODAY)
    assert roles(office, "李娜") == set()


def test_an_office_that_has_not_begun_can_be_taken_back(office: Office) -> None:
    made = office.appoint("李娜", Role.OFFICE, starts=TODAY + timedelta(days=5))
    end(office, "王芳", made, TODAY)
    office.now += timedelta(days=6)
    assert roles(office, "李娜") == set()


def test_no_office_ends_before_it_began(office: Office) -> None:
    made = office.appoint("李娜", Role.OFFICE, starts=YESTERDAY)
    with pytest.raises(OutOfOrder):
        end(office, "王芳", made, YESTERDAY - timedelta(days=1))


def test_the_same_office_twice_is_one(office: Office) -> None:
    assert office.appoint("李娜", Role.OFFICE) == office.appoint("李娜", Role.OFFICE)
    both = together([lambda: office.appoint("赵敏", Role.YOUTH)] * 2)
    assert len({str(one) for one in both}) == 1
    assert times(office, "赵敏", Role.YOUTH) == 1


def test_an_earlier_beginning_corrects_the_one_that_stands(office: Office) -> None:
    late = office.appoint("李娜", Role.YOUTH, starts=TOMORROW)
    assert office.appoint("李娜", Role.YOUTH, starts=YESTERDAY) == late
    assert roles(office, "李娜") == {Role.YOUTH}


def test_somebody_is_appointed_anew_after_the_end(office: Office) -> None:
    made = office.appoint("李娜", Role.YOUTH)
    end(office, "王芳", made, TODAY)
    assert office.appoint("李娜", Role.YOUTH, starts=TODAY) != made
    assert roles(office, "李娜") == {Role.YOUTH}


@pytest.mark.parametrize(
    ("name", "role", "group"),
    [
        ("陈雨晴", Role.YOUTH, None),  # 预备党员
        ("李娜", Role.GROUP_LEADER, None),
        ("李娜", Role.SECRETARY, FIRST),
    ],
)
def test_what_does_not_suit_is_refused(office: Office, name: str, role: Role, group: str | None) -> None:
    office.enrol("陈雨晴", status=MemberStatus.PROBATIONARY)
    with pytest.raises(NotSuitable):
        office.appoint(name, role, group)


def test_who_has_moved_out_is_appointed_to_nothing(office: Office) -> None:
    office.run(lambda db: setattr(members.find(db, "李娜"), "moved_out", TODAY))
    with pytest.raises(NotSuitable):
        office.appoint("李娜", Role.YOUTH)


def test_only_those_who_run_the_branch_appoint_and_end(office: Office) -> None:
    made = office.appoint("李娜", Role.YOUTH)
    for by in ("张建国", "周涛", "李娜", "赵敏"):
        with pytest.raises(NotAllowed):
            end(office, by, made, TODAY)
        with pytest.raises(NotAllowed):
            office.does(
                by,
                lambda db, act: appointments.appoint(db, act, members.find(db, "赵敏"), Role.SECRETARY, None, TODAY).id,
            )


def test_nobody_ends_the_own_secretaryship(office: Office) -> None:
    own = office.look(lambda db: appointments.of(db, members.find(db, "王芳"))[0].public_id)
    with pytest.raises(OwnOffice):
        end(office, "王芳", own, TODAY)
    end(office, None, own, TODAY)
    assert roles(office, "王芳") == set()


def test_a_leader_of_two_groups_leads_both_and_no_other(office: Office) -> None:
    office.appoint("张建国", Role.GROUP_LEADER, "第二党小组")
    office.run(lambda db: orgs.group(db, "第三党小组"))
    led = office.look(lambda db: office.act(db, "张建国").rights.groups)
    known = office.look(lambda db: {one.name: one.id for one in orgs.groups(db)})
    assert led == {known[FIRST], known["第二党小组"]}


def test_a_planned_committee_meeting_follows_who_sits_on_the_committee(office: Office) -> None:
    meeting = office.meeting(3, ActivityKind.COMMITTEE)
    assert office.expected(meeting) == {"王芳", "周涛"}
    made = office.appoint("李娜", Role.YOUTH)
    assert office.expected(meeting) == {"王芳", "周涛", "李娜"}
    end(office, "王芳", made, TODAY + timedelta(days=4))
    assert "李娜" in office.expected(meeting)
    end(office, "王芳", made, TODAY + timedelta(days=3))
    assert "李娜" not in office.expected(meeting)


def test_what_everybody_holds_now(office: Office) -> None:
    office.appoint("王芳", Role.GROUP_LEADER, "第二党小组")
    office.appoint("李娜", Role.YOUTH, starts=TOMORROW)
    held = office.look(lambda db: appointments.held(db, office.operator()))
    ids = office.look(lambda db: {name: members.find(db, name).id for name in ("王芳", "李娜")})
    assert held[ids["王芳"]] == [(Role.SECRETARY, ""), (Role.GROUP_LEADER, "第二党小组")]
    assert ids["李娜"] not in held
