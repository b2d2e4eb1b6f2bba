"""The platform contract's checks of a mini-program, each under its number (wechat-contract, section 8)."""

import logging

import pytest

from models.activity import ActivityKind
from tests.api.conftest import MiniProgram
from tests.api.leading import SECOND, bound, leading, told
from tests.api.test_login import refused
from tests.branch import Branch

PHONE = "13800001234"


def test_contract_20_what_is_reused_foreign_or_forged_is_refused_and_no_secret_is_told_or_logged(
    branch: Branch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lead = leading(branch)
    branch.member("赵敏", phone="138 0000 1234")
    zhao, thief = (MiniProgram(branch, branch.phone(name)) for name in ("赵敏", "somebody"))
    said = [str(mini.login()) for mini in (zhao, thief)]
    # a code of wx.login is good once; nobody real, and whom the platform distrusts, is nobody
    code = zhao.code()
    said.append(zhao.post("login", {"code": code}).get_data(as_text=True))
    for wrong in (code, zhao.code(errcode=40226), zhao.code(snapshot=True)):
        answer = zhao.post("login", {"code": wrong})
        refused(answer, 401, "login")
        said.append(answer.get_data(as_text=True))
    # the phone number: of another mini-program, of another person, of another country, twice
    world = branch.world
    for phone_code in (
        world.phone_code(zhao.phone.person, PHONE, app_id="wx0000000000000000"),
        world.phone_code(thief.phone.person, PHONE),
        world.phone_code(zhao.phone.person, PHONE, country="852"),
        "made-up",
    ):
        answer = zhao.post("bind", {"phone_code": phone_code})
        refused(answer, 401, "login")
        said.append(answer.get_data(as_text=True))
    good = world.phone_code(zhao.phone.person, PHONE, country="86")
    assert told(zhao.post("bind", {"phone_code": good})) == {"bound": True, "name": "赵敏"}
    refused(zhao.post("bind", {"phone_code": good}), 401, "login")
    refused(thief.post("bind", {"phone_code": world.phone_code(thief.phone.person, "13900000000")}), 409, "phone")
    taken = thief.post("bind", {"phone_code": world.phone_code(thief.phone.person, PHONE)})
    refused(taken, 409, "taken")
    # a forged session
    for token in ("forged", thief.token[:-1], zhao.token[::-1]):
        forged = MiniProgram(branch, zhao.phone, token)
        refused(forged.get("me"), 401, "login")
        refused(forged.post("activities", {}), 422, "malformed")
        refused(forged.post("activities/k7m2p9q4wx/open"), 401, "login")
    # a leader who asks for another group
    meeting = branch.meeting("二组会", kind=ActivityKind.GROUP_MEETING, group=SECOND)
    refused(lead.leader.get(f"activities/{meeting}/roster"), 404, "unknown")
    assert told(lead.foreign.get(f"activities/{meeting}/roster"))["next"] is None
    # no secret was told or logged
    settings = branch.house.settings.wechat.mini_program
    keys = world.logins.session_keys
    assert len(keys) > 5
    for secret in (*keys, settings.app_secret, "session_key", zhao.phone.person.mini_openid):
        assert secret not in " ".join(said)
        assert secret not in caplog.text
    for secret in (zhao.token, code, good, PHONE):
        assert secret not in caplog.text


def test_an_unbound_token_opens_binding_alone(branch: Branch) -> None:
    mini = MiniProgram(branch, branch.phone("张建国"))
    mini.login()
    for path in ("me", "logins", "activities", "seats", "activities/k7m2p9q4wx/roster"):
        refused(mini.get(path), 403, "unbound")
    refused(mini.post("activities/k7m2p9q4wx/open"), 403, "unbound")
    branch.member("张建国", phone="+8613800001234")
    assert mini.post("bind", {"phone_code": branch.world.phone_code(mini.phone.person, PHONE)}).status_code == 200
    for both in ({}, {"code": "12345678", "phone_code": "a"}):
        refused(mini.post("bind", both), 422, "malformed")


def test_a_number_that_stands_twice_on_the_roll_binds_nobody(branch: Branch) -> None:
    for name in ("张建国", "李娜"):
        branch.member(name, phone=PHONE)
    mini = MiniProgram(branch, branch.phone("张建国"))
    mini.login()
    refused(mini.post("bind", {"phone_code": branch.world.phone_code(mini.phone.person, PHONE)}), 409, "phone")
    refused(mini.get("me"), 403, "unbound")


def test_where_one_is_signed_in_and_out_again(branch: Branch) -> None:
    mini, other = bound(branch, "张建国"), bound(branch, "李娜")
    first = mini.token
    branch.clock.advance(60)
    mini.login()
    found = told(mini.get("logins"))["logins"]
    assert isinstance(found, list)
    assert [one["here"] for one in found] == [True, False]
    assert first not in str(found)
    assert other.post(f"logins/{found[1]['id']}/end").status_code == 204, "as good as none"
    old = MiniProgram(branch, mini.phone, first)
    assert old.get("me").status_code == 200
    for _ in range(2):
        assert mini.post(f"logins/{found[1]['id']}/end").status_code == 204
    refused(old.get("me"), 401, "login")
    assert mini.get("me").status_code == 200
