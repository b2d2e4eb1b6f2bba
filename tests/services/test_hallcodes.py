"""The hall's codes: unmistakable, short-lived, unforgeable; on both engines where the database matters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.base import PUBLIC_ID_ALPHABET
from services import hallcodes, orgs
from services.errors import HallCodeStale, HallCodeUnknown, NothingOpen, WrongState
from services.hallcodes import HallRules
from tests.engines import Database

RULES = HallRules(qr=30, number_turns=240, number_lives=300)
START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # the beginning of a slot of both kinds


@pytest.fixture
def db(each_database: Database) -> Iterator[Session]:
    """A session whose writes nobody else needs to see."""
    with Session(each_database.engine) as session:
        yield session


def under_way(db: Session, count: int = 1, state: ActivityState = ActivityState.OPEN) -> list[Activity]:
    """So many activities, with keys that repeat from run to run."""
    found = [
        Activity(
            kind=ActivityKind.PARTY_DAY,
            title=f"活动{n}",
            starts_at=START,
            org_id=orgs.branch(db).id,
            state=state,
            opened_at=START,
            public_id="".join(PUBLIC_ID_ALPHABET[(n // 31**i) % 31] for i in range(10)),
            key=n.to_bytes(32, "big"),
        )
        for n in range(count)
    ]
    db.add_all(found)
    db.flush()
    return found


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_no_number_means_two_of_thirty_activities_at_any_moment_of_500_slots(db: Session) -> None:
    activities = under_way(db, 30)
    numbers = hallcodes._Numbers(activities, RULES)
    slot = int(START.timestamp()) // RULES.number_turns
    before: list[str] = []
    for turn in range(500):
        shown = [numbers.shown(place, slot + turn) for place in range(30)]
        assert len({*before, *shown}) == len(before) + len(shown)
        before = shown
    assert all(len(digits) == 6 and digits[0] != "0" for digits in before)
    at = later(499 * RULES.number_turns)
    assert [hallcodes.number(db, one, at, RULES).text for one in activities[::7]] == before[::7]
    assert [hallcodes.of_number(db, digits, at, RULES) for digits in before[::7]] == activities[::7]


@pytest.mark.parametrize("rules", [RULES, HallRules(30, 60, 3600)])
def test_of_two_activities_that_draw_the_same_number_the_later_draws_again(db: Session, rules: HallRules) -> None:
    slot = int(START.timestamp()) // rules.number_turns
    first, second = under_way(db, 2)
    # the number first shows in this slot, or that of the longest past slot that still lives beside it
    for distance in {0, 1, (rules.number_lives - 1) // rules.number_turns}:
        collide(first, slot, second, slot + distance)
        early, late = START, START + timedelta(seconds=distance * rules.number_turns)
        shown = hallcodes.number(db, first, early, rules).text
        other = hallcodes.number(db, second, late, rules).text
        assert hallcodes._draw(second, slot + distance, 0) == shown != other
        assert hallcodes.of_number(db, shown, late, rules) is first
        assert hallcodes.of_number(db, other, late, rules) is second


def collide(first: Activity, slot: int, second: Activity, other_slot: int) -> None:
    """Give the two keys with which their first draws of these slots are the same number."""
    drawn: dict[str, bytes] = {}
    for n in range(2_000):
        first.key = n.to_bytes(32, "big")
        drawn[hallcodes._draw(first, slot, 0)] = first.key
    for n in range(10**6):
        second.key = n.to_bytes(32, "big")
        if (digits := hallcodes._draw(second, other_slot, 0)) in drawn:
            first.key = drawn[digits]
            return
    raise AssertionError("no keys collide")


def test_a_scene_lives_for_its_slot_and_one_of_grace(db: Session) -> None:
    (meeting,) = under_way(db)
    code = hallcodes.scene(meeting, later(0), RULES)
    assert (code.turns, code.ends) == (later(30), later(60))
    assert len(code.text) <= 64
    assert (
        hallcodes.scene(meeting, later(29.9), RULES).text
        == code.text
        != hallcodes.scene(meeting, later(30), RULES).text
    )
    for seconds in (0, 29, 30, 59, -1, -30):  # a scan by a clock that is a slot behind ours counts too
        assert hallcodes.of_scene(db, code.text, later(seconds), RULES) is meeting
    for seconds in (60, 61, 3600, -31):
        with pytest.raises(HallCodeStale):
            hallcodes.of_scene(db, code.text, later(seconds), RULES)


def test_a_number_lives_five_minutes_from_when_it_was_first_shown(db: Session) -> None:
    (meeting,) = under_way(db)
    code = hallcodes.number(db, meeting, later(0), RULES)
    assert (code.turns, code.ends) == (later(240), later(300))
    for seconds in (0, 239, 240, 299):
        assert hallcodes.of_number(db, code.text, later(seconds), RULES) is meeting
    for seconds in (300, 301, 900):
        with pytest.raises(HallCodeStale):
            hallcodes.of_number(db, code.text, later(seconds), RULES)
    for seconds in (-1, 86_400):
        with pytest.raises(HallCodeUnknown):
            hallcodes.of_number(db, code.text, later(seconds), RULES)


@pytest.mark.parametrize(
    "rules", [HallRules(5, 30, 60), HallRules(30, 300, 300), HallRules(600, 3600, 3600), HallRules(7, 60, 3600)]
)
def test_what_is_shown_is_accepted_until_it_ends_whatever_the_settings(db: Session, rules: HallRules) -> None:
    (meeting,) = under_way(db)
    for seconds in range(0, 4000, 97):
        at = later(seconds)
        scene, number = hallcodes.scene(meeting, at, rules), hallcodes.number(db, meeting, at, rules)
        for code in (scene, number):
            assert at < code.turns <= code.ends
        last = timedelta(seconds=1)
        assert hallcodes.of_scene(db, scene.text, scene.ends - last, rules) is meeting
        assert hallcodes.of_number(db, number.text, number.ends - last, rules) is meeting


def test_a_forged_scene_is_unknown(db: Session) -> None:
    meeting, other = under_way(db, 2)
    text = hallcodes.scene(meeting, START, RULES).text
    _, public_id, slot, seal = text.split("-")
    forged = [
        f"ck-{other.public_id}-{slot}-{seal}",
        f"ck-{public_id}-{int(slot, 16) + 1:x}-{seal}",
        f"ck-{public_id}-0{slot}-{seal}",
        f"ck-{public_id}-{slot.upper()}-{seal}x",
        f"ck-zzzzzzzzzz-{slot}-{seal}",
        text[:-1],
        text + "\n",
        text.replace("-", "_"),
        "",
        "ck---",
        "x" * 1000,
    ]
    accepted = []
    for one in forged:
        try:
            accepted.append((one, hallcodes.of_scene(db, one, START, RULES)))
        except HallCodeUnknown:
            continue
    assert [one for one, _ in accepted] in ([], [f"ck-{public_id}-0{slot}-{seal}"])  # the same slot, written longer
    for place in range(len(seal)):
        flipped = seal[:place] + ("a" if seal[place] != "a" else "b") + seal[place + 1 :]
        with pytest.raises(HallCodeUnknown):
            hallcodes.of_scene(db, f"ck-{public_id}-{slot}-{flipped}", START, RULES)


def test_only_what_is_under_way_takes_codes(db: Session) -> None:
    with pytest.raises(NothingOpen):
        hallcodes.of_number(db, "123456", START, RULES)
    (meeting,) = under_way(db)
    scene, number = hallcodes.scene(meeting, START, RULES).text, hallcodes.number(db, meeting, START, RULES).text
    wrong = "100000" if number != "100000" else "100001"
    with pytest.raises(HallCodeUnknown):
        hallcodes.of_number(db, wrong, START, RULES)
    for state in (ActivityState.CLOSED, ActivityState.CANCELLED, ActivityState.PLANNED):
        meeting.state = state
        db.flush()
        with pytest.raises(WrongState):
            hallcodes.of_scene(db, scene, START, RULES)
        with pytest.raises(NothingOpen):
            hallcodes.of_number(db, number, START, RULES)
