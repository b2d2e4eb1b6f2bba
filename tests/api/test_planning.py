"""Planning through the API: each act beside its refusals, and what two clerks, twins and replays come to."""

import re
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from miniprogram_api.once import digest
from miniprogram_api.pace import A_MINUTE
from models.activity import Activity, ActivityKind
from models.notice import Notice
from tests.api.conftest import MiniProgram
from tests.api.leading import FIRST, SECOND, Leading, leading, told
from tests.api.test_login import refused
from tests.branch import Branch
from tests.services.together import together

NEXT_WEEK = {"kind": "group_meeting", "title": "11月党小组会", "starts_at": "2026-11-29T14:00:00+08:00", "group": FIRST}


@pytest.fixture
def lead(branch: Branch) -> Leading:
    return leading(branch)


def listed(mini: MiniProgram, query: str = "") -> list[str]:
    """The titles a person's list shows."""
    found = told(mini.get(f"activities{query}"))["activities"]
    assert isinstance(found, list)
    return [one["title"] for one in found]


def test_a_leader_plans_moves_opens_and_closes(lead: Leading) -> None:
    planned = told(lead.leader.post("activities", NEXT_WEEK), 201)
    assert (planned["state"], planned["group"], planned["version"], planned["runs"]) == ("planned", FIRST, 1, True)
    assert told(lead.leader.post("activities", NEXT_WEEK))["id"] == planned["id"], "tapped twice"
    address = f"activities/{planned['id']}"
    move = {"starts_at": "2026-11-30T15:00:00+08:00", "reason": "防汛值班", "version": 1}
    moved = told(lead.leader.post(f"{address}/move", move))
    assert (moved["starts_at"], moved["moved_from"]) == ("2026-11-30T07:00:00+00:00", "2026-11-29T06:00:00+00:00")
    late = refused(lead.leader.post(f"{address}/cancel", {"reason": "重复", "version": 1}), 409, "edited")
    assert "刘洋" in late
    assert told(lead.leader.post(f"{address}/open"))["state"] == "open"
    assert told(lead.leader.post(f"{address}/open"))["state"] == "open"
    refused(lead.leader.post(f"{address}/cancel", {"reason": "重复", "version": 2}), 409, "state")
    assert told(lead.leader.post(f"{address}/close"))["state"] == "closed"
    figures = told(lead.leader.get(address))["figures"]
    assert isinstance(figures, dict)
    assert (figures["expected"], figures["present"], figures["not_come"]) == (3, 0, 3)
    with lead.branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice)) == 3, "the move was told to everybody expected, once"


def test_what_one_may_not_plan(lead: Leading) -> None:
    refused(lead.foreign.post("activities", NEXT_WEEK), 404, "unknown")
    of_branch = {**NEXT_WEEK, "kind": "party_day", "group": None}
    refused(lead.leader.post("activities", of_branch), 403, "forbidden")
    refused(lead.leader.post("activities", {**NEXT_WEEK, "kind": "committee"}), 403, "forbidden")
    refused(lead.member.post("activities", NEXT_WEEK), 404, "unknown")
    refused(lead.member.get("activities"), 403, "forbidden")
    assert told(lead.secretary.post("activities", of_branch), 201)["group"] is None
    refused(lead.secretary.post("activities", {**of_branch, "starts_at": "1926-11-29T14:00:00+08:00"}), 409, "order")
    for amiss in (
        {"title": ""},
        {"title": " "},
        {"title": "长" * 61},
        {"starts_at": "2026-11-29T14:00:00"},
        {"more": 1},
    ):
        refused(lead.secretary.post("activities", {**of_branch, **amiss}), 422, "malformed")


def test_a_foreign_activity_is_answered_as_one_that_does_not_exist(lead: Leading) -> None:
    meeting = lead.branch.meeting("二组会", kind=ActivityKind.GROUP_MEETING, group=SECOND, opened=False)
    move = {"starts_at": "2026-11-30T15:00:00+08:00", "reason": "改期", "version": 1}
    for mini in (lead.leader, lead.member):
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/roster", None),
            ("GET", "/token", None),
            ("PATCH", "", move),
            ("POST", "/move", move),
            ("POST", "/cancel", {"reason": "取消", "version": 1}),
            ("POST", "/open", None),
            ("POST", "/close", None),
            ("POST", "/checkins", {"method": "number", "code": "482913"}),
        ):
            client = lead.branch.app.test_client()
            answers = [
                client.open(f"/api/v1/activities/{one}{path}", method=method, json=body, headers=mini.headers)
                for one in (meeting, "k7m2p9q4wx")
            ]
            refused(answers[0], 404, "unknown")
            assert answers[0].data == answers[1].data, (method, path)
    assert listed(lead.leader) == []
    assert told(lead.foreign.get(f"activities/{meeting}"))["state"] == "planned"


def test_of_the_branchs_meeting_a_leader_sees_the_own_group(lead: Leading) -> None:
    meeting = lead.branch.meeting()
    refused(lead.leader.post(f"activities/{meeting}/close"), 403, "forbidden")
    refused(lead.leader.get(f"activities/{meeting}/token"), 403, "forbidden")
    lines = told(lead.leader.get(f"activities/{meeting}/roster"))["lines"]
    assert isinstance(lines, list)
    assert {(one["name"], one["group"], one["label"]) for one in lines} == {
        (name, FIRST, "未到") for name in ("王芳", "刘洋", "张建国")
    }
    for mini, expected in ((lead.leader, 3), (lead.foreign, 2), (lead.secretary, 5)):
        figures = told(mini.get(f"activities/{meeting}"))["figures"]
        assert isinstance(figures, dict)
        assert figures["expected"] == expected


def test_the_list_goes_by_pages_and_is_not_told_twice(lead: Leading) -> None:
    for day in range(5):
        starts = timedelta(days=day)
        lead.branch.meeting(f"第{day}次", kind=ActivityKind.GROUP_MEETING, group=FIRST, opened=False, starts=starts)
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page = told(lead.leader.get(f"activities?limit=2{after}"))
        assert isinstance(page["activities"], list)
        seen += [one["title"] for one in page["activities"]]
        after = f"&after={page['next']}"
    assert seen == [f"第{day}次" for day in (4, 3, 2, 1, 0)]
    assert page["next"] is None
    assert listed(lead.leader, "?from=2026-11-24T00:00:00%2B08:00&to=2026-11-25T00:00:00%2B08:00") == ["第2次"]
    assert listed(lead.leader, "?kind=party_day") == []
    assert len(listed(lead.secretary, f"?group={FIRST}")) == 5
    refused(lead.leader.get(f"activities?group={SECOND}"), 404, "unknown")
    for amiss in (
        "limit=0",
        "limit=101",
        "limit=x",
        "kind=x",
        "more=1",
        "from=1",
        "to=2026-11-24",
        "limit=1&limit=2",
        "after=%25",
    ):
        refused(lead.leader.get(f"activities?{amiss}"), 422, "malformed")
    first = lead.leader.get("activities")
    tag = first.headers["ETag"]
    again = lead.leader.get("activities", {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    lead.branch.meeting("又一次", kind=ActivityKind.GROUP_MEETING, group=FIRST, opened=False)
    assert lead.leader.get("activities", {"If-None-Match": tag}).status_code == 200


def test_ending_an_appointment_ends_its_rights_in_logins_already_open(lead: Leading) -> None:
    planned = told(lead.leader.post("activities", NEXT_WEEK), 201)
    lead.branch.dismisses("刘洋")
    refused(lead.leader.get("activities"), 403, "forbidden")
    refused(lead.leader.get(f"activities/{planned['id']}"), 404, "unknown")
    refused(lead.leader.post(f"activities/{planned['id']}/open"), 404, "unknown")
    assert told(lead.leader.get("me"))["roles"] == []


def test_a_request_sent_again_under_its_key_is_told_the_same(each_branch: Branch) -> None:
    lead = leading(each_branch)
    key = {"Idempotency-Key": "5b1f3f0e"}
    first = lead.leader.post("activities", NEXT_WEEK, key)
    planned = told(first, 201)
    address = f"activities/{planned['id']}"
    move = {"starts_at": "2026-11-30T15:00:00+08:00", "reason": "改期", "version": 1}
    moved = lead.leader.post(f"{address}/move", move, {"Idempotency-Key": "move"})
    again = [
        lead.leader.post("activities", NEXT_WEEK, key),
        lead.leader.post(f"{address}/move", move, {"Idempotency-Key": "move"}),
    ]
    assert [(one.status_code, one.data) for one in again] == [(201, first.data), (200, moved.data)]
    refused(lead.leader.post("activities", {**NEXT_WEEK, "title": "另一次"}, key), 409, "key")
    assert told(lead.secretary.post("activities", {**NEXT_WEEK, "title": "书记的"}, key), 201)["id"] != planned["id"]
    refused(lead.leader.post("activities", NEXT_WEEK, {"Idempotency-Key": "a" * 65}), 422, "malformed")


def test_of_two_clerks_at_once_one_moves_it_and_of_twins_one_plans(each_branch: Branch) -> None:
    lead = leading(each_branch)
    twins = together(
        [partial(lead.leader.post, "activities", NEXT_WEEK, {"Idempotency-Key": "twin"}) for _ in range(4)]
    )
    planned = [told(one, 201)["id"] for one in twins if not isinstance(one, Exception)]
    assert len(planned) == 4
    assert len(set(planned)) == 1
    moves = [{"starts_at": f"2026-11-{day}T15:00:00+08:00", "reason": "改期", "version": 1} for day in (29, 30)]
    clerks = (lead.leader, lead.secretary)
    found = together(
        [partial(mini.post, f"activities/{planned[0]}/move", move) for mini, move in zip(clerks, moves, strict=True)]
    )
    assert sorted(one.status_code for one in found if not isinstance(one, Exception)) == [200, 409]
    with each_branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Activity)) == 1


def test_a_login_that_asks_too_fast_waits_and_others_do_not(lead: Leading) -> None:
    minute = int(lead.branch.clock.now().timestamp()) // 60
    lead.branch.house.store.set(f"zhibu:api:pace:{digest(lead.leader.token)}:{minute}", A_MINUTE - 1)
    assert lead.leader.get("me").status_code == 200
    slow = lead.leader.get("me")
    refused(slow, 429, "often")
    assert 1 <= int(slow.headers["Retry-After"]) <= 60
    assert lead.foreign.get("me").status_code == 200
    lead.branch.clock.advance(60)
    assert lead.leader.get("me").status_code == 200


def test_the_document_is_there_with_an_example_for_every_operation(branch: Branch) -> None:
    client = branch.app.test_client()
    answer = client.get("/api/openapi.json")
    made = answer.get_json()
    assert made["openapi"] == "3.1.0"
    for path, ways in made["paths"].items():
        for method, one in ways.items():
            assert one["summary"], path
            for body in (one.get("requestBody") or {}).get("content", {}).values():
                assert "example" in body, (method, path)
            for status, response in one["responses"].items():
                for kind, content in response.get("content", {}).items():
                    assert "example" in content or kind != "application/json", (method, path, status)
    assert client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    page = client.get("/api/doc")
    assert "script" not in page.headers["Content-Security-Policy"]
    text = page.get_data(as_text=True)
    assert not re.search(r"(src|href)=\"https?:", text)
    for path in made["paths"]:
        assert path in text
