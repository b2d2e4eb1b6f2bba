"""Leave, make-ups and the texts in them through the API: decided once, told nothing of to others, published by nobody."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest
from sqlalchemy import select

from models import Leave, MakeUp
from models.activity import ActivityKind
from models.held import HeldText
from simulator.faults import Fault
from tests.api.conftest import MiniProgram
from tests.api.leading import FIRST, Leading, leading, told
from tests.api.test_login import refused
from tests.branch import Branch

CHECK = "/wxa/msg_sec_check"
NOBODY = "zzzzzzzzzz"


@pytest.fixture
def all_(branch: Branch) -> Leading:
    return leading(branch)


def ids(all_: Leading) -> dict[str, str]:
    """Everybody's public id by name."""
    minis = (all_.secretary, all_.leader, all_.foreign, all_.member, all_.elsewhere)
    return {str(me["name"]): str(me["id"]) for me in (one.me().get_json() for one in minis)}


def rows(answer: dict[str, object], name: str) -> list[dict[str, object]]:
    """The list of that name in an answer."""
    return cast("list[dict[str, object]]", answer[name])


def test_leave_is_asked_decided_once_and_taken_back(all_: Leading) -> None:
    meeting = all_.branch.meeting(opened=False, starts=timedelta(hours=3))
    wish = {"reason_class": "trip", "text": "去县里巡检"}
    first = all_.member.post(f"activities/{meeting}/leaves", wish, {"Idempotency-Key": "k1"})
    asked = told(first, 201)
    assert (asked["label"], asked["text"], asked["state"], asked["held"]) == ("出差", "去县里巡检", "waiting", False)
    again = all_.member.post(f"activities/{meeting}/leaves", wish, {"Idempotency-Key": "k1"})
    assert (again.status_code, again.get_json()) == (201, asked)
    refused(all_.member.post(f"activities/{meeting}/leaves", wish), 409, "asked")
    assert [one["id"] for one in rows(told(all_.leader.get("leaves")), "leaves")] == [asked["id"]]
    assert rows(told(all_.foreign.get("leaves")), "leaves") == []
    refused(all_.member.get("leaves"), 403, "forbidden")

    decision = f"leaves/{asked['id']}/decision"
    nothing = refused(all_.foreign.post(decision, {"ok": True}), 404, "unknown")
    assert nothing == refused(all_.foreign.post(f"leaves/{NOBODY}/decision", {"ok": True}), 404, "unknown")
    refused(all_.elsewhere.post(decision, {"ok": True}), 404, "unknown")
    refused(all_.member.post(decision, {"ok": True}), 403, "forbidden")  # nobody decides the own
    agreed = told(all_.leader.post(decision, {"ok": True, "note": "路上注意安全"}))
    assert (agreed["state"], agreed["decided_by"]) == ("approved", "刘洋")
    assert "刘洋" in refused(all_.secretary.post(decision, {"ok": False}), 409, "decided")
    new = rows(told(all_.member.get("me/notices")), "new")
    assert [one["kind"] for one in new] == ["leave_decided"]
    assert "路上注意安全" in str(new[0]["text"])

    refused(all_.foreign.post(f"leaves/{asked['id']}/withdraw"), 404, "unknown")
    assert told(all_.member.post(f"leaves/{asked['id']}/withdraw"))["state"] == "withdrawn"
    mine = rows(told(all_.member.get("leaves/mine")), "leaves")
    assert [one["state"] for one in mine] == ["withdrawn"]


def test_two_leaders_decide_at_once(each_branch: Branch) -> None:
    all_ = leading(each_branch)
    meeting = each_branch.meeting(opened=False, starts=timedelta(hours=3))
    asked = told(all_.member.post(f"activities/{meeting}/leaves", {"reason_class": "sick"}), 201)
    gate, answers = threading.Barrier(2), []

    def decide(who: MiniProgram, *, ok: bool) -> Callable[[], None]:
        def run() -> None:
            gate.wait()
            answers.append(who.post(f"leaves/{asked['id']}/decision", {"ok": ok}))

        return run

    both = [
        threading.Thread(target=decide(all_.leader, ok=True)),
        threading.Thread(target=decide(all_.secretary, ok=False)),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 409]
    lost = next(one for one in answers if one.status_code == 409)
    won = next(one for one in answers if one.status_code == 200).get_json()
    assert str(won["decided_by"]) in refused(lost, 409, "decided")


def test_a_foreign_meeting_and_a_family(all_: Leading) -> None:
    known = ids(all_)
    meeting = all_.branch.meeting("党小组会", kind=ActivityKind.GROUP_MEETING, opened=False, group=FIRST)
    wish = {"reason_class": "sick", "text": "住院"}
    refused(all_.elsewhere.post(f"activities/{meeting}/leaves", wish), 404, "unknown")
    for_zhang = {**wish, "member": known["张建国"]}
    refused(all_.foreign.post(f"activities/{meeting}/family-leaves", for_zhang), 404, "unknown")
    refused(all_.member.post(f"activities/{meeting}/family-leaves", for_zhang), 404, "unknown")
    branchs = all_.branch.meeting(opened=False, starts=timedelta(hours=3))
    foreign = refused(all_.foreign.post(f"activities/{branchs}/family-leaves", for_zhang), 404, "unknown")
    nobody = {**wish, "member": NOBODY}
    ghost = refused(all_.foreign.post(f"activities/{branchs}/family-leaves", nobody), 404, "unknown")
    assert foreign.replace(known["张建国"], "") == ghost.replace(NOBODY, "")
    entered = told(all_.leader.post(f"activities/{branchs}/family-leaves", for_zhang), 201)
    assert (entered["by_family"], entered["state"], entered["decided_by"]) == (True, "approved", "刘洋")


DOUBTS: tuple[tuple[str, Fault | None], ...] = (
    ("这句话存疑", None),
    ("好好的一句话", Fault(status=500)),
    ("好好的一句话", Fault(errcode=-1)),
    ("好好的一句话", Fault(errcode=45009)),
    ("好好的一句话", Fault(html=True)),
    ("两小时没进过小程序", None),  # 61010
)


def test_contract_22_a_text_nobody_vouches_for_is_read_by_the_office_alone(all_: Leading) -> None:
    """wechat-contract.md section 8, item 22."""
    for text, fault in DOUBTS:
        if "两小时" in text:
            all_.branch.clock.advance(2 * 3600 + 1)
        if fault is not None:
            all_.branch.world.faults.plan(CHECK, fault)
        meeting = all_.branch.meeting(opened=False, starts=timedelta(hours=5))
        asked = told(all_.member.post(f"activities/{meeting}/leaves", {"reason_class": "other", "text": text}), 201)
        assert (asked["state"], asked["text"], asked["held"]) == ("waiting", "", True)  # the leave itself stands
        with all_.branch.house.reading() as db:
            assert db.scalar(select(Leave.reason).where(Leave.public_id == asked["id"])) == ""
        assert text not in all_.leader.get("leaves").get_data(as_text=True)
        refused(all_.leader.get("held-texts"), 403, "forbidden")
        waiting = rows(told(all_.secretary.get("held-texts")), "texts")
        assert [(one["text"], one["by"], one["place"]) for one in waiting] == [(text, "张建国", "leave.reason")]
        look = f"held-texts/{waiting[0]['id']}/decision"
        refused(all_.leader.post(look, {"show": True}), 403, "forbidden")
        assert all_.secretary.post(look, {"show": True}).status_code == 204
        assert "王芳" in refused(all_.secretary.post(look, {"show": False}), 409, "decided")
        shown = {one["id"]: (one["text"], one["held"]) for one in rows(told(all_.leader.get("leaves")), "leaves")}
        assert shown[asked["id"]] == (text, False)
        told(all_.leader.post(f"leaves/{asked['id']}/decision", {"ok": True}))


def test_a_risky_text_is_refused_and_nothing_is_kept(all_: Leading) -> None:
    meeting = all_.branch.meeting(opened=False, starts=timedelta(hours=5))
    refused(
        all_.member.post(f"activities/{meeting}/leaves", {"reason_class": "other", "text": "违规的话"}), 422, "risky"
    )
    with all_.branch.house.reading() as db:
        assert db.scalars(select(Leave.id)).all() == []
        assert db.scalars(select(HeldText.id)).all() == []
    with_nul = {"reason_class": "other", "text": "一\0二"}
    refused(all_.member.post(f"activities/{meeting}/leaves", with_nul), 422, "malformed")  # PostgreSQL takes none
    plain = told(all_.member.post(f"activities/{meeting}/leaves", {"reason_class": "other"}), 201)
    assert plain["held"] is False
    assert all_.branch.world.calls[CHECK] == 1  # nothing to look over, nobody is asked


def test_a_makeup_is_told_and_confirmed(all_: Leading) -> None:
    meeting = all_.branch.meeting("党课", kind=ActivityKind.LECTURE)
    all_.branch.close(meeting)
    owed = rows(told(all_.member.get("makeups/owed")), "owed")
    assert [(one["activity"], one["ways"]) for one in owed] == [(meeting, ["recording", "study"])]
    tells = f"activities/{meeting}/makeups"
    refused(all_.member.post(tells, {"way": "told", "content": "组长传达"}), 409, "way")
    refused(all_.member.post(tells, {"way": "study", "content": " "}), 422, "malformed")
    made = told(all_.member.post(tells, {"way": "recording", "content": "看了录像，存疑"}), 201)
    assert (made["content"], made["held"], made["confirmed_at"]) == ("", True, None)
    refused(all_.member.post(tells, {"way": "study", "content": "自学"}), 409, "owed")
    assert rows(told(all_.foreign.get("makeups")), "makeups") == []
    assert [one["id"] for one in rows(told(all_.leader.get("makeups")), "makeups")] == [made["id"]]
    refused(all_.foreign.post(f"makeups/{made['id']}/confirm"), 404, "unknown")
    refused(all_.foreign.post(f"makeups/{NOBODY}/confirm"), 404, "unknown")
    refused(all_.member.post(f"makeups/{made['id']}/confirm"), 403, "forbidden")
    confirmed = told(all_.leader.post(f"makeups/{made['id']}/confirm"))
    assert confirmed["confirmed_at"] is not None
    assert told(all_.leader.post(f"makeups/{made['id']}/confirm")) == confirmed
    waiting = rows(told(all_.secretary.get("held-texts")), "texts")
    assert all_.secretary.post(f"held-texts/{waiting[0]['id']}/decision", {"show": False}).status_code == 204
    with all_.branch.house.reading() as db:
        assert db.scalars(select(MakeUp.content)).all() == [""]
