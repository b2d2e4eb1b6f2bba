"""Plans, moves and cancellations whose texts nobody vouches for: they wait as a whole, and are done once or left out."""

import pytest
from sqlalchemy import select

from models.activity import Activity, ActivityKind
from models.held import HeldText
from models.notice import Notice
from simulator.faults import Fault
from tests.api.conftest import MiniProgram
from tests.api.leading import FIRST, Leading, leading, told
from tests.api.test_leaves import CHECK, rows
from tests.api.test_login import refused
from tests.api.test_planning import NEXT_WEEK, listed
from tests.branch import Branch
from tests.services.together import together

DOUBTFUL = {**NEXT_WEEK, "title": "存疑的党小组会"}


@pytest.fixture
def lead(branch: Branch) -> Leading:
    return leading(branch)


def waiting(mini: MiniProgram) -> list[dict[str, object]]:
    """What waits for a look, of those who may."""
    return rows(told(mini.get("held-texts")), "texts")


def look(mini: MiniProgram, text: dict[str, object], *, show: bool) -> object:
    """Show it or leave it out."""
    answer = mini.post(f"held-texts/{text['id']}/decision", {"show": show})
    return answer.get_json() if answer.data else answer.status_code


def test_a_plan_waits_is_told_in_one_sentence_and_is_made_once_the_office_has_looked(each_branch: Branch) -> None:
    lead = leading(each_branch)
    sent = [lead.leader.post("activities", DOUBTFUL, {"Idempotency-Key": key}) for key in ("k1", "k1", "k2")]
    for answer in sent:
        message = refused(answer, 202, "held")
        assert message.count("。") == 1
        assert "网页" in message
    assert listed(lead.secretary) == []
    refused(lead.leader.get("held-texts"), 403, "forbidden")
    (text,) = waiting(lead.secretary)  # sent again, it waits once
    assert (text["place"], text["text"], text["by"], text["activity"], text["title"], text["starts_at"]) == (
        "activity.plan", "存疑的党小组会", "刘洋", None, "存疑的党小组会", "2026-11-29T06:00:00+00:00",
    )  # fmt: skip
    (mine,) = rows(told(lead.leader.get("held-texts/mine")), "texts")
    assert (mine["id"], mine["shown"]) == (text["id"], None)
    assert rows(told(lead.foreign.get("held-texts/mine")), "texts") == []
    found = together([lambda: look(lead.secretary, text, show=True) for _ in range(2)])
    assert sorted(str(one)[:10] for one in found) == ["204", "{'code': '"]
    assert listed(lead.leader) == ["存疑的党小组会"]
    assert listed(lead.foreign) == []
    assert told(lead.leader.post("activities", DOUBTFUL))["title"] == DOUBTFUL["title"], (
        "it stands: nothing to wait for"
    )
    assert rows(told(lead.leader.get("held-texts/mine")), "texts")[0]["shown"] is True
    with each_branch.house.reading() as db:
        assert len(db.scalars(select(Activity.id)).all()) == 1


def test_a_move_and_a_cancellation_wait_and_nobody_is_told_before(lead: Leading) -> None:
    planned = told(lead.leader.post("activities", NEXT_WEEK), 201)
    address = f"activities/{planned['id']}"
    move = {"starts_at": "2026-11-30T15:00:00+08:00", "place": "存疑的地方", "reason": "存疑的原因", "version": 1}
    refused(lead.leader.post(f"{address}/move", move), 202, "held")
    same = lead.branch.app.test_client().patch(f"/api/v1/{address}", json=move, headers=lead.leader.headers)
    refused(same, 202, "held")
    cancel = {"reason": "防汛，存疑", "version": 1}
    refused(lead.leader.post(f"{address}/cancel", cancel), 202, "held")
    now = told(lead.leader.get(address))
    assert (now["state"], now["starts_at"], now["version"]) == ("planned", planned["starts_at"], 1)
    with lead.branch.house.reading() as db:
        assert db.scalars(select(Notice.id)).all() == []
    moved, cancelled = waiting(lead.secretary)
    assert (moved["text"], moved["starts_at"]) == ("存疑的地方\n存疑的原因", "2026-11-30T07:00:00+00:00")
    assert look(lead.secretary, moved, show=True) == 204
    now = told(lead.leader.get(address))
    assert (now["place"], now["reason"], now["starts_at"]) == ("存疑的地方", "存疑的原因", "2026-11-30T07:00:00+00:00")
    with lead.branch.house.reading() as db:
        assert len(db.scalars(select(Notice.id)).all()) == 3  # everybody expected, once
    stale = look(lead.secretary, cancelled, show=True)
    assert isinstance(stale, dict)
    assert stale["code"] == "edited", "it was asked of what it was before"
    assert [one["id"] for one in waiting(lead.secretary)] == [cancelled["id"]]
    assert look(lead.secretary, cancelled, show=False) == 204
    assert told(lead.leader.get(address))["state"] == "planned"
    assert [one["shown"] for one in rows(told(lead.leader.get("held-texts/mine")), "texts")] == [False, True]


def test_who_may_not_is_refused_before_anything_waits(lead: Leading) -> None:
    meeting = lead.branch.meeting("二组会", kind=ActivityKind.GROUP_MEETING, group="第二党小组", opened=False)
    cancel = {"reason": "存疑", "version": 1}
    refused(lead.leader.post(f"activities/{meeting}/cancel", cancel), 404, "unknown")
    refused(lead.foreign.post("activities", DOUBTFUL), 404, "unknown")
    refused(lead.foreign.post(f"activities/{meeting}/cancel", {**cancel, "version": 7}), 409, "edited")
    refused(lead.leader.post("activities", {**DOUBTFUL, "title": "违规的会"}), 422, "risky")
    with lead.branch.house.reading() as db:
        assert db.scalars(select(HeldText.id)).all() == []


def test_whoever_holds_the_office_no_more_has_nothing_done_in_the_own_name(lead: Leading) -> None:
    lead.branch.world.faults.plan(CHECK, Fault(status=500))  # no answer: what was typed is in doubt
    refused(lead.leader.post("activities", NEXT_WEEK), 202, "held")
    lead.branch.dismisses("刘洋")
    (text,) = waiting(lead.secretary)
    gone = look(lead.secretary, text, show=True)
    assert isinstance(gone, dict)
    assert gone["code"] == "writer"
    assert "刘洋" in str(gone["message"])
    assert listed(lead.secretary) == []
    assert look(lead.secretary, text, show=False) == 204
    assert told(lead.secretary.post("activities", {**NEXT_WEEK, "group": FIRST}), 201)["state"] == "planned"
