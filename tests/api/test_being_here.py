"""Checking in through the API: each way beside its refusals, the hall's live code, one's own seats."""

import pytest

from models.activity import ActivityKind
from services import activities, places
from tests.api.conftest import MiniProgram
from tests.api.leading import SECOND, Leading, leading, told
from tests.api.test_login import refused
from tests.branch import NOON, Branch
from tests.services.together import together

HALL, FAR = (31.7400, 119.5700), (31.7600, 119.5700)


@pytest.fixture
def lead(branch: Branch) -> Leading:
    return leading(branch)


def here(mini: MiniProgram, meeting: str, key: str = "", **how: object) -> object:
    """Say 「I am here」."""
    return mini.post(f"activities/{meeting}/checkins", how, {"Idempotency-Key": key} if key else {})


def test_by_number_once_and_again(each_branch: Branch) -> None:
    lead = leading(each_branch)
    meeting = each_branch.meeting()
    code = told(lead.secretary.get(f"activities/{meeting}/token"))
    assert sorted(code) == ["code", "expires_at", "qr", "slot"]
    ask = {"method": "number", "code": code["code"]}
    address = f"activities/{meeting}/checkins"
    first = lead.member.post(address, ask, {"Idempotency-Key": "a"})
    assert told(first, 201) == {"activity": meeting, "title": "11月主题党日", "at": NOON.isoformat(), "already": False}
    again = lead.member.post(address, ask, {"Idempotency-Key": "a"})
    assert (again.status_code, again.data) == (201, first.data)
    each_branch.clock.advance(3)
    assert told(lead.member.post(address, ask, {"Idempotency-Key": "b"}))["already"] is True
    assert told(lead.member.post(address, ask))["at"] == NOON.isoformat()
    found = together([lambda: lead.leader.post(address, ask) for _ in range(4)])
    assert sorted(one.status_code for one in found if not isinstance(one, Exception)) == [200, 200, 200, 201]
    assert set(each_branch.arrivals(meeting)) == {"张建国", "刘洋"}
    lines = told(lead.leader.get(f"activities/{meeting}/roster"))["lines"]
    assert isinstance(lines, list)
    assert [(one["name"], one["status"]) for one in lines] == [
        ("王芳", "not_come"),
        ("刘洋", "came"),
        ("张建国", "came"),
    ]
    absent = told(lead.leader.get(f"activities/{meeting}/roster?status=absent"))["lines"]
    assert isinstance(absent, list)
    assert [one["name"] for one in absent] == ["王芳"]
    page = told(lead.leader.get(f"activities/{meeting}/roster?limit=2"))
    rest = told(lead.leader.get(f"activities/{meeting}/roster?limit=2&after={page['next']}"))
    assert isinstance(rest["lines"], list)
    assert [one["name"] for one in rest["lines"]] == ["张建国"]
    assert rest["next"] is None


def test_by_scan_of_what_the_screen_shows(lead: Leading) -> None:
    meeting = lead.branch.meeting()
    code = told(lead.secretary.get(f"activities/{meeting}/token"))
    assert code["qr"] == lead.branch.world.tickets.alive()[0].url
    other = lead.branch.meeting("另一次")
    refused(lead.member.post(f"activities/{other}/checkins", {"method": "scan", "code": code["qr"]}), 409, "wrong")
    assert lead.member.post(f"activities/{meeting}/checkins", {"method": "scan", "code": code["qr"]}).status_code == 201
    scene = lead.branch.scene_at(meeting, lead.branch.clock.now())
    assert lead.leader.post(f"activities/{meeting}/checkins", {"method": "scan", "code": scene}).status_code == 201
    refused(lead.elsewhere.post(f"activities/{other}/checkins", {"method": "scan", "code": scene}), 409, "wrong")


def test_a_code_that_has_turned_is_gone_and_a_guess_is_wrong(lead: Leading) -> None:
    meeting = lead.branch.meeting()
    address = f"activities/{meeting}/checkins"
    ways = {
        "number": lead.branch.number_at(meeting, lead.branch.clock.now()),
        "scan": lead.branch.scene_at(meeting, lead.branch.clock.now()),
    }
    lead.branch.clock.advance(lead.branch.house.parts.hall.number_lives)
    for method, code in ways.items():
        assert "过时" in refused(lead.member.post(address, {"method": method, "code": code}), 410, "expired")
    refused(lead.member.post(address, {"method": "number", "code": "100000"}), 409, "wrong")
    for amiss in (
        {"method": "number"},
        {"method": "place", "lat": 31.0},
        {"method": "number", "code": "482913", "lat": 31.0, "lng": 119.0},
        {"method": "slip", "code": "482913"},
        {"method": "place", "lat": 91, "lng": 0},
        {"method": "number", "code": "482913", "at": "2026-11-22T13:52:00+08:00"},
    ):
        refused(lead.member.post(address, amiss), 422, "malformed")
    now = lead.branch.number_at(meeting, lead.branch.clock.now())
    skewed = lead.member.post(address, {"method": "number", "code": now}, {"Date": "Thu, 01 Jan 2009 00:00:00 GMT"})
    assert told(skewed, 201)["at"] == lead.branch.clock.now().isoformat(), "the phone's clock is not asked"
    lead.branch.close(meeting)
    refused(lead.leader.post(address, {"method": "number", "code": now}), 409, "state")
    refused(lead.secretary.get(f"activities/{meeting}/token"), 409, "state")


def test_who_is_not_expected_is_told_so_in_the_hall_alone(lead: Leading) -> None:
    meeting = lead.branch.meeting("二组会", kind=ActivityKind.GROUP_MEETING, group=SECOND)
    number = lead.branch.number_at(meeting, lead.branch.clock.now())
    address = f"activities/{meeting}/checkins"
    assert "应到名单" in refused(lead.member.post(address, {"method": "number", "code": number}), 403, "unexpected")
    refused(lead.member.post(address, {"method": "number", "code": "100000"}), 404, "unknown")
    assert lead.elsewhere.post(address, {"method": "number", "code": number}).status_code == 201
    assert set(lead.branch.arrivals(meeting)) == {"李娜"}


def test_by_place_where_the_activity_allows_it(lead: Leading) -> None:
    meeting = lead.branch.meeting()
    address = f"activities/{meeting}/checkins"
    near = {"method": "place", "lat": HALL[0], "lng": HALL[1]}
    refused(lead.member.post(address, near), 409, "place")
    house = lead.branch.house
    house.run(lambda db: places.allow(db, house.operator(), activities.find(db, meeting), *HALL, 300))
    refused(lead.member.post(address, {"method": "place", "lat": FAR[0], "lng": FAR[1]}), 409, "far")
    assert told(lead.member.post(address, near, {"Idempotency-Key": "p"}), 201)["already"] is False


def test_ones_own_seats(lead: Leading) -> None:
    meeting = lead.branch.meeting()
    lead.branch.meeting("二组会", kind=ActivityKind.GROUP_MEETING, group=SECOND)
    number = lead.branch.number_at(meeting, lead.branch.clock.now())
    lead.member.post(f"activities/{meeting}/checkins", {"method": "number", "code": number})
    seats = told(lead.member.get("seats"))["seats"]
    assert isinstance(seats, list)
    assert [(one["title"], one["seat"], one["here_since"]) for one in seats] == [
        ("11月主题党日", "expected", NOON.isoformat())
    ]
    page = told(lead.elsewhere.get("seats?limit=1"))
    rest = told(lead.elsewhere.get(f"seats?limit=1&after={page['next']}"))
    titles = [one["title"] for part in (page, rest) for one in part["seats"]]  # type: ignore[attr-defined] # a list
    assert sorted(titles) == ["11月主题党日", "二组会"]
    assert rest["next"] is None
