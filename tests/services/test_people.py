"""The roll by hand: who may, what is refused, what the log keeps, and that seats follow; on both engines."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy.orm import Session

from models.activity import ActivityKind
from models.appointment import Role
from models.leave import LeaveClass
from models.member import Member, MemberStatus
from models.standing import Standing
from services import activities, members, notices, people, rosters, standings
from services.errors import (
    CodeUnknown,
    EditedMeanwhile,
    NoSuchMember,
    NotAllowed,
    NumberTaken,
    OnRoll,
    OutOfOrder,
    OwnOffice,
)
from services.people import Wanted
from services.rights import Act
from services.rosters import Entry, Fate
from tests.engines import Database
from tests.services.roll import FIRST, SECOND, TODAY, Office, staffed
from tests.services.together import together

TOMORROW = TODAY + timedelta(days=1)
LIVES = timedelta(days=30)


@pytest.fixture
def office(each_database: Database) -> Office:
    return staffed(each_database)


def entry_of(office: Office, name: str) -> tuple[Entry, int]:
    """What the edit form of that person would send unchanged, and the version it was opened at."""

    def read(one: Member) -> tuple[Entry, int]:
        known = {field: getattr(one, field) for field in rosters.FIELDS if field != "group"}
        return Entry(**known, group=one.group.name if one.group else None), one.version

    return office.look(lambda db: read(members.find(db, name)))


def edit(office: Office, by: str, name: str, entry: Entry, seen: int) -> tuple[str, ...]:
    return office.does(by, lambda db, act: people.edit(db, act, members.find(db, name), entry, seen))


def found(db: Session, public_id: str) -> Standing:
    standing = standings.find(db, public_id)
    assert standing is not None
    return standing


def move_out(office: Office, name: str, day: date | None, by: str = "王芳") -> None:
    _, seen = entry_of(office, name)
    office.does(by, lambda db, act: people.move_out(db, act, members.find(db, name), day, seen))


def names(office: Office, by: str, wanted: Wanted) -> list[str]:
    return office.look(lambda db: [one.name for one in people.listed(db, office.act(db, by), wanted)])


# --- looking -----------------------------------------------------------------------------------------------------


def test_a_leader_sees_the_own_group_and_the_committee_sees_all(office: Office) -> None:
    assert names(office, "张建国", Wanted()) == ["张建国", "李娜"]
    assert set(names(office, "周涛", Wanted())) == {"王芳", "张建国", "李娜", "赵敏", "周涛"}
    with pytest.raises(NotAllowed):
        names(office, "李娜", Wanted())
    assert office.look(lambda db: people.counts(db, office.act(db, "张建国"))) == {MemberStatus.FULL: 2}


def test_people_are_found_by_part_of_a_name_number_group_and_status(office: Office) -> None:
    office.enrol("阿依古丽·买买提", None, number="A%1", status=MemberStatus.ACTIVIST)
    assert names(office, "王芳", Wanted("古丽")) == ["阿依古丽·买买提"]
    assert names(office, "王芳", Wanted(" A%1 ")) == ["阿依古丽·买买提"]
    assert names(office, "王芳", Wanted("%")) == []
    assert names(office, "王芳", Wanted(group=0)) == ["阿依古丽·买买提"]
    assert names(office, "王芳", Wanted(status=MemberStatus.ACTIVIST)) == ["阿依古丽·买买提"]
    assert names(office, "张建国", Wanted("古丽")) == []


def test_a_foreign_record_and_an_unknown_one_are_told_apart_only_to_who_sees_all(office: Office) -> None:
    foreign = office.look(lambda db: members.find(db, "赵敏").public_id)

    def find(by: str, wanted: str) -> str:
        return office.look(lambda db: people.find(db, office.act(db, by), wanted).name)

    for by, wanted, refusal in (
        ("张建国", foreign, NotAllowed),
        ("张建国", "nobody", NoSuchMember),
        ("李娜", foreign, NotAllowed),
        ("李娜", "nobody", NotAllowed),
    ):
        with pytest.raises(refusal):
            find(by, wanted)
    assert find("王芳", foreign) == "赵敏"


# --- entering and editing ------------------------------------------------------------------------------------------


def test_somebody_entered_by_hand_is_expected_at_what_is_planned(office: Office) -> None:
    meeting = office.meeting(3)
    made = Entry(name="陈雨晴", number="7", group="第三党小组", status=MemberStatus.PROBATIONARY)
    office.does("王芳", lambda db, act: people.create(db, act, made).id)
    assert "陈雨晴" in office.expected(meeting)
    assert office.log("陈雨晴") == [("entered", "王芳", "{}")]


def test_a_namesake_needs_a_number_or_a_birth_date_of_its_own(office: Office) -> None:
    office.enrol("张伟", born="1968-07-01")

    def enter(entry: Entry) -> int:
        return office.does("王芳", lambda db, act: people.create(db, act, entry).id)

    alone = Entry(name="张伟")
    for same in (alone, replace(alone, phone="13900000001"), replace(alone, born="1968-07", number="8")):
        with pytest.raises(OnRoll):
            enter(same)
    enter(replace(alone, born="1990-01-15"))
    enter(replace(alone, number="9"))
    assert (
        names(office, "王芳", Wanted("张伟")) == ["张伟", "张伟", "张伟"]
        or len(names(office, "王芳", Wanted("张伟"))) == 3
    )
    with pytest.raises(NumberTaken):
        enter(replace(alone, number="9"))


def test_an_edit_is_logged_by_fields_and_says_no_telephone(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    assert edit(office, "王芳", "李娜", replace(entry, phone="13900000002", born="1990-03", group=SECOND), seen) == (
        "born",
        "phone",
        "group",
    )
    verb, who, facts = office.log("李娜")[-1]
    assert (verb, who) == ("edited", "王芳")
    assert "phone" in facts
    assert "139" not in facts
    assert "1990" not in facts
    assert SECOND.encode("unicode_escape").decode() in facts or SECOND in facts


def test_an_unchanged_form_changes_nothing(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    before = len(office.log("李娜"))
    assert edit(office, "王芳", "李娜", entry, seen) == ()
    assert (entry_of(office, "李娜"), len(office.log("李娜"))) == ((entry, seen), before)


def test_of_two_clerks_the_second_is_told_who_was_first(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    edit(office, "王芳", "李娜", replace(entry, note="借调"), seen)
    with pytest.raises(EditedMeanwhile) as caught:
        edit(office, "王芳", "李娜", replace(entry, post="预报员"), seen)
    assert caught.value.who == "王芳"
    assert entry_of(office, "李娜")[0].note == "借调"
    assert entry_of(office, "李娜")[0].post is None


def test_of_two_clerks_at_the_same_moment_one_is_told(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    acts = [partial(edit, office, "王芳", "李娜", replace(entry, note=text), seen) for text in "甲乙"]
    done = together(acts)
    assert sorted(type(one).__name__ for one in done) == ["EditedMeanwhile", "tuple"]


def test_an_import_between_opening_and_saving_counts_as_an_edit(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    office.does("王芳", lambda db, act: rosters.take_all(db, act, [Entry(name="李娜", note="新")], {}))
    with pytest.raises(EditedMeanwhile):
        edit(office, "王芳", "李娜", replace(entry, note="旧"), seen)


def test_nobody_but_those_who_run_the_branch_changes_people(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    for by in ("张建国", "周涛", "李娜"):
        with pytest.raises(NotAllowed):
            edit(office, by, "李娜", replace(entry, note="改"), seen)
        with pytest.raises(NotAllowed):
            office.does(by, lambda db, act: people.create(db, act, Entry(name="新来的")).id)
        with pytest.raises(NotAllowed):
            move_out(office, "李娜", TODAY, by)
        with pytest.raises(NotAllowed):
            office.does(by, lambda db, act: rosters.take_all(db, act, [Entry(name="新来的")], {}))


def test_a_change_of_group_moves_the_seat_at_what_is_planned(office: Office) -> None:
    first, second = (office.meeting(3, ActivityKind.GROUP_MEETING, group) for group in (FIRST, SECOND))
    held = office.meeting(0, ActivityKind.GROUP_MEETING, FIRST, opened=True)
    entry, seen = entry_of(office, "李娜")
    edit(office, "王芳", "李娜", replace(entry, group=SECOND), seen)
    assert "李娜" not in office.expected(first)
    assert "李娜" in office.expected(second)
    assert "李娜" in office.expected(held), "what has begun keeps the group of that day"


def test_who_is_no_full_member_any_more_holds_no_office(office: Office) -> None:
    entry, seen = entry_of(office, "张建国")
    edit(office, "王芳", "张建国", replace(entry, status=MemberStatus.SUSPENDED), seen)
    assert not office.look(lambda db: office.act(db, "张建国").rights.leads)


@pytest.mark.parametrize("by_file", [False, True])
def test_who_has_died_is_expected_bound_and_asked_nothing_any_more(office: Office, by_file: bool) -> None:  # noqa: FBT001 - a case
    office.appoint("张建国", Role.GROUP_LEADER, FIRST)
    held, planned = office.meeting(0, opened=True), office.meeting(3)
    account = members.Account("wx", "zhang")
    rules = members.BindingRules(LIVES, 10, timedelta(hours=1))
    code = office.run(lambda db: members.issue_code(db, members.find(db, "张建国"), office.now, LIVES).digits)
    office.run(lambda db: members.bind(db, account, code, "first", office.now, rules))
    spare = office.run(lambda db: members.issue_code(db, members.find(db, "张建国"), office.now, LIVES).digits)
    act = office.look(lambda db: office.act(db, "王芳"))
    waiting = office.run(lambda db: notices.called(db, act, activities.find(db, held), [members.find(db, "张建国")]))
    assert waiting == 1
    if by_file:
        gone = [Entry(name="张建国", status=MemberStatus.DECEASED)]
        office.does("王芳", lambda db, act: rosters.take_all(db, act, gone, {}))
        office.run(lambda db: rosters.seat(db, office.operator(), activities.find(db, planned).id))
    else:
        entry, seen = entry_of(office, "张建国")
        edit(office, "王芳", "张建国", replace(entry, status=MemberStatus.DECEASED), seen)
    assert "张建国" in office.expected(held), "what has begun keeps the roll of that day"
    assert "张建国" not in office.expected(planned)
    assert office.look(lambda db: members.known(db, account)) is None, "kept as nobody's, it could not be found later"
    with pytest.raises(CodeUnknown):
        office.run(lambda db: members.bind(db, members.Account("wx", "son"), spare, "second", office.now, rules))
    assert not office.look(lambda db: office.act(db, "张建国").rights.leads)
    assert office.look(lambda db: notices.waiting(db, members.find(db, "张建国"), office.now)) == 0
    assert "张建国" not in office.look(lambda db: {one.name for one in people.on_roll(db, act)})
    assert "张建国" not in office.look(lambda db: {one.name for one in people.unbound(db, act, "wx")})
    assert names(office, "王芳", Wanted(status=MemberStatus.DECEASED)) == ["张建国"]


# --- moving in and out ---------------------------------------------------------------------------------------------


def test_a_moving_out_counts_from_its_day(office: Office) -> None:
    before, on, after = (office.meeting(days) for days in (3, 4, 5))
    move_out(office, "李娜", TODAY + timedelta(days=4))
    assert "李娜" in office.expected(before)
    assert "李娜" not in office.expected(on) | office.expected(after)
    assert office.look(lambda db: people.counts(db, office.act(db, "王芳")))[MemberStatus.FULL] == 5
    office.now += timedelta(days=4)
    assert office.look(lambda db: people.counts(db, office.act(db, "王芳"))) == {
        MemberStatus.FULL: 4,
        MemberStatus.MOVED: 1,
    }
    assert names(office, "王芳", Wanted(status=MemberStatus.MOVED)) == ["李娜"]
    assert "李娜" not in names(office, "王芳", Wanted(status=MemberStatus.FULL))


def test_a_moving_out_is_taken_back_and_somebody_comes_back(office: Office) -> None:
    meeting = office.meeting(5)
    move_out(office, "李娜", TOMORROW)
    move_out(office, "李娜", None)
    assert "李娜" in office.expected(meeting)
    move_out(office, "李娜", TODAY)
    _, seen = entry_of(office, "李娜")
    office.does(
        "王芳",
        lambda db, act: people.move_in(
            db, act, members.find(db, "李娜"), TODAY + timedelta(days=6), MemberStatus.FULL, seen
        ),
    )
    assert "李娜" not in office.expected(meeting), "expected from the sixth day on"
    assert [verb for verb, *_ in office.log("李娜")] == ["moved_out", "stays", "moved_out", "moved_in"]


def test_offices_end_with_the_moving_out(office: Office) -> None:
    move_out(office, "张建国", TOMORROW)
    assert office.look(lambda db: office.act(db, "张建国").rights.leads), "still here today"
    office.now += timedelta(days=1)
    assert not office.look(lambda db: office.act(db, "张建国").rights.leads)
    with pytest.raises(OwnOffice):
        move_out(office, "王芳", TODAY)


def test_nobody_moves_out_before_having_moved_in(office: Office) -> None:
    office.enrol("何静", moved_in=TODAY)
    with pytest.raises(OutOfOrder):
        move_out(office, "何静", TODAY - timedelta(days=1))
    move_out(office, "何静", TODAY + timedelta(days=2))
    entry, seen = entry_of(office, "何静")
    with pytest.raises(OutOfOrder):
        edit(office, "王芳", "何静", replace(entry, moved_in=TODAY + timedelta(days=3)), seen)


# --- excused -------------------------------------------------------------------------------------------------------


def test_an_exemption_takes_the_seat_of_what_is_planned_and_gives_it_back(office: Office) -> None:
    meeting = office.meeting(5)
    made = office.does(
        "王芳",
        lambda db, act: people.excuse(db, act, members.find(db, "李娜"), None, (TODAY, None), "年老体弱").public_id,
    )
    assert "李娜" not in office.expected(meeting)

    def ends(last: date) -> None:
        office.does("王芳", lambda db, act: people.end_excuse(db, act, found(db, made), last))

    ends(TODAY + timedelta(days=4))
    assert "李娜" in office.expected(meeting)
    office.does("王芳", lambda db, act: people.withdraw_excuse(db, act, found(db, made)))
    assert office.look(lambda db: standings.of(db, members.find(db, "李娜"))) == []
    assert [verb for verb, *_ in office.log("李娜")] == ["standing_exempt", "standing_ended", "standing_withdrawn"]


def test_a_standing_leave_leaves_the_seat(office: Office) -> None:
    meeting = office.meeting(5)
    office.does(
        "王芳",
        lambda db, act: (
            people.excuse(db, act, members.find(db, "李娜"), LeaveClass.TRIP, (TODAY, None), "驻村第一书记").id
        ),
    )
    assert "李娜" in office.expected(meeting)


# --- slips ---------------------------------------------------------------------------------------------------------


def test_a_leader_gives_slips_to_the_own_group_alone(office: Office) -> None:
    def slip(by: str, to: str) -> str:
        return office.does(by, lambda db, act: people.slip(db, act, members.find(db, to), LIVES).digits)

    first, second = slip("张建国", "李娜"), slip("张建国", "李娜")
    assert first != second
    for by, to in (("张建国", "赵敏"), ("周涛", "李娜"), ("李娜", "李娜")):
        with pytest.raises(NotAllowed):
            slip(by, to)

    def good(by: str) -> list[str]:
        return office.look(
            lambda db: [code.digits for _, code in people.slips(db, office.act(db, by), [members.find(db, "李娜")])]
        )

    assert good("张建国") == [second], "the earlier slip has died"
    with pytest.raises(NotAllowed):
        good("周涛")
    assert second not in str(office.log("李娜"))


def test_slips_for_all_leave_the_printed_ones_good(office: Office) -> None:
    one = office.does("王芳", lambda db, act: people.slip(db, act, members.find(db, "李娜"), LIVES).digits)

    def fill(by: str) -> dict[str, str]:
        def work(db: Session, act: Act) -> dict[str, str]:
            here = people.unbound(db, act, "wx")
            people.fill_slips(db, act, here, LIVES)
            return {member.name: code.digits for member, code in people.slips(db, act, here)}

        return office.does(by, work)

    everybody = fill("王芳")
    assert everybody["李娜"] == one
    assert len(everybody) == 5
    assert set(fill("张建国")) == {"张建国", "李娜"}


# --- many at once --------------------------------------------------------------------------------------------------


def test_what_is_foretold_is_what_happens(office: Office) -> None:
    office.run(lambda db: setattr(members.find(db, "李娜"), "born", "1990-03"))
    rows = [
        Entry(name="李娜", born="1990-03", phone="13900000002"),
        Entry(name="李娜", born="1990-03", phone="13900000002"),
        Entry(name="张伟", number="8"),
        Entry(name="张伟", number="9", group="第四党小组"),
        Entry(name="赵敏"),
        Entry(name="张伟"),
        Entry(name="改名", number="8"),
        Entry(name="张建国", status=MemberStatus.PROBATIONARY),
    ]
    times = Counter(one.name for one in rows)
    foretold = office.look(lambda db: rosters.foretell(db, office.act(db, "王芳"), rows, times))
    done = office.does("王芳", lambda db, act: rosters.take_all(db, act, rows, times))
    assert [one.fate for one in foretold] == done
    assert done == [
        Fate.UPDATED,
        Fate.DUPLICATE,
        Fate.IMPORTED,
        Fate.IMPORTED,
        Fate.DUPLICATE,
        None,
        Fate.UPDATED,
        Fate.UPDATED,
    ]
    assert foretold[0].changed == ("phone",)
    assert not office.look(lambda db: office.act(db, "张建国").rights.leads), "no full member, no office"


def test_a_file_again_changes_nothing(office: Office) -> None:
    rows = [Entry(name=f"同志{place}", number=str(place), group=FIRST) for place in range(120)]
    first, again = (
        office.does("王芳", lambda db, act: rosters.take_all(db, act, rows, Counter(one.name for one in rows)))
        for _ in range(2)
    )
    assert set(first) == {Fate.IMPORTED}
    assert set(again) == {Fate.DUPLICATE}
    assert office.log("同志7") == [("imported", "王芳", "{}")]


def test_two_imports_of_one_file_at_once_make_nobody_twice(office: Office) -> None:
    rows = [Entry(name=f"同志{place}") for place in range(40)]
    times = Counter(one.name for one in rows)
    done = together([lambda: office.does("王芳", lambda db, act: rosters.take_all(db, act, rows, times))] * 2)
    assert not [one for one in done if isinstance(one, Exception)]
    assert len(names(office, "王芳", Wanted("同志"))) == 40


def test_seats_follow_when_a_file_is_in(office: Office) -> None:
    meeting = office.meeting(3)
    office.does("王芳", lambda db, act: rosters.take_all(db, act, [Entry(name="陈雨晴")], {}))
    for one in office.does("王芳", lambda db, act: rosters.taken_in(db, act, 1)):
        office.does("王芳", partial(rosters.seat, activity_id=one))
    assert "陈雨晴" in office.expected(meeting)


def test_the_roster_names_nobody_who_has_gone(office: Office) -> None:
    move_out(office, "李娜", TODAY)
    here = office.does("王芳", lambda db, act: [one.name for one in people.on_roll(db, act)])
    assert "李娜" not in here
    assert len(here) == 4
    for act in (people.on_roll, people.exported):
        with pytest.raises(NotAllowed):
            office.does("周涛", act)


def test_a_form_sent_twice_is_no_second_edit(office: Office) -> None:
    entry, seen = entry_of(office, "李娜")
    changed = replace(entry, note="借调")
    assert edit(office, "王芳", "李娜", changed, seen) == ("note",)
    assert edit(office, "王芳", "李娜", changed, seen) == ()
    assert office.look(lambda db: people.twin(db, changed)) is not None
    assert office.look(lambda db: people.twin(db, entry)) is None


def test_office_is_a_word_for_the_roster_not_a_right(office: Office) -> None:
    assert Role.SECRETARY in office.look(lambda db: office.act(db, "王芳").rights.roles)
    assert not hasattr(Entry(name="x"), "role")
