"""What a leader enters of others: a tick list, reminders, corrections; of the own group alone, and never by deleting."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.leading import Leading, leading, told
from tests.api.test_leaves import NOBODY, ids, rows
from tests.api.test_login import refused
from tests.branch import Branch


@pytest.fixture
def all_(branch: Branch) -> Leading:
    return leading(branch)


def test_a_tick_list_registers_the_own_group_alone(all_: Leading) -> None:
    known, meeting = ids(all_), all_.branch.meeting()
    path = f"activities/{meeting}/registrations"
    mixed = {"member_ids": [known["张建国"], known["李娜"]], "reason": "手机没电"}
    refused(all_.leader.post(path, mixed), 404, "unknown")
    assert all_.branch.arrivals(meeting) == {}
    ticked = {"member_ids": [known["张建国"], known["刘洋"]], "reason": "手机没电"}
    refused(all_.member.post(path, ticked), 404, "unknown")
    assert told(all_.leader.post(path, ticked)) == {"registered": 2, "already": 0, "reason": "手机没电"}
    assert told(all_.leader.post(path, ticked)) == {"registered": 0, "already": 2, "reason": "手机没电"}
    doubtful = {"member_ids": [known["李娜"]], "reason": "存疑的话"}
    usual = told(all_.foreign.post(path, doubtful))
    assert usual["registered"] == 1
    assert "存疑" not in str(usual["reason"])
    refused(all_.leader.post(path, {"member_ids": []}), 422, "malformed")
    lines = rows(told(all_.leader.get(f"activities/{meeting}/roster")), "lines")
    assert {str(one["name"]): one["status"] for one in lines}["张建国"] == "registered"
    all_.branch.close(meeting)
    refused(all_.leader.post(path, ticked), 409, "state")


def test_reminders_say_who_is_skipped_and_why(all_: Leading) -> None:
    known, meeting = ids(all_), all_.branch.meeting()
    all_.leader.post(f"activities/{meeting}/registrations", {"member_ids": [known["刘洋"]]})
    path = f"activities/{meeting}/reminders"
    refused(all_.leader.post(path, {"member_ids": [known["李娜"]]}), 404, "unknown")
    refused(all_.member.post(path, {"member_ids": "absent"}), 404, "unknown")
    first = told(all_.leader.post(path, {"member_ids": "absent"}))
    assert (first["sent"], first["skipped"]) == (2, [])  # 王芳 and 张建国
    again = told(all_.leader.post(path, {"member_ids": [known["张建国"], known["刘洋"]]}))
    assert again["sent"] == 0
    why = {str(one["id"]): one["why"] for one in rows(again, "skipped")}
    assert why == {known["张建国"]: "lately", known["刘洋"]: "here"}
    refused(all_.leader.post(path, {"member_ids": "all"}), 422, "malformed")
    notice = rows(told(all_.member.get("me/notices")), "new")
    assert [one["kind"] for one in notice] == ["called"]
    assert all_.member.post("me/notices/shown", {"ids": [notice[0]["id"], NOBODY]}).status_code == 204
    left = told(all_.member.get("me/notices"))
    assert (left["new"], [one["id"] for one in rows(left, "latest")]) == ([], [notice[0]["id"]])


def test_at_night_nobody_is_reminded(all_: Leading) -> None:
    clock = all_.branch.clock
    night = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)
    clock.advance((night - clock.now()).total_seconds())  # 22:30 on the branch's wall
    soon = all_.branch.meeting(opened=False, starts=timedelta(hours=1))
    tomorrow = all_.branch.meeting("明天的会", opened=False, starts=timedelta(hours=12))
    all_.leader.login()
    late = told(all_.leader.post(f"activities/{soon}/reminders", {"member_ids": "absent"}))
    assert late["sent"] == 0
    assert {one["why"] for one in rows(late, "skipped")} == {"quiet"}
    waits = told(all_.leader.post(f"activities/{tomorrow}/reminders", {"member_ids": "absent"}))
    assert waits["sent"] == 3
    assert str(waits["due_at"]).startswith("2026-11-25T23:30")  # 7:30 in the morning


def test_a_record_is_corrected_by_adding(all_: Leading) -> None:
    known, meeting = ids(all_), all_.branch.meeting()
    zhang, path = known["张建国"], f"activities/{meeting}/records/{known['张建国']}"
    correction = {"activity": meeting, "member": zhang, "said": "absent", "reason": "问过了"}
    refused(all_.leader.post("corrections", correction), 409, "mark")  # not before the meeting is over
    all_.branch.close(meeting)
    refused(all_.foreign.get(path), 404, "unknown")
    refused(all_.foreign.post("corrections", correction), 404, "unknown")
    refused(all_.member.get(path), 404, "unknown")
    before = told(all_.leader.get(path))
    assert (before["status"], before["possible"]) == ("not_come", ["came", "on_leave", "absent"])
    assert told(all_.leader.post("corrections", correction), 201)["status"] == "absent"
    refused(all_.leader.post("corrections", {**correction, "said": "on_leave"}), 422, "malformed")
    came = {**correction, "said": "came", "reason": "存疑，在会场"}
    after = told(all_.leader.post("corrections", came), 201)
    assert (after["status"], after["label"]) == ("registered", "登")
    assert [(one["said"], one["reason"]) for one in rows(after, "marks")] == [("came", ""), ("absent", "问过了")]
    waiting = rows(told(all_.secretary.get("held-texts")), "texts")
    assert all_.secretary.post(f"held-texts/{waiting[0]['id']}/decision", {"show": True}).status_code == 204
    marks = rows(told(all_.leader.get(path)), "marks")
    assert [one["reason"] for one in marks] == ["存疑，在会场", "问过了"]
