"""The mini-program's API from outside: who gets in, who is bound, and what every refusal looks like."""

import json
import logging
import re
import threading
from collections.abc import Callable
from functools import partial

import pytest
import redis
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from engines.redis import ensure_redis, leave, stop
from models import Identity, Member, WrongCode
from models.login import Login
from services.logins import LIVES
from simulator.faults import Fault
from tests.api.conftest import MiniProgram
from tests.branch import Branch, branch_on
from tests.engines import Database

SESSION = "/sns/jscode2session"


def refused(answer: TestResponse, status: int, code: str) -> str:
    """Check the one shape of every error; returns its message."""
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    found = answer.get_json()
    assert sorted(found) == ["code", "message"]
    assert re.fullmatch("[a-z]+", found["code"])
    assert found["code"] == code
    assert re.search("[\u4e00-\u9fff]", found["message"])
    return str(found["message"])


# --- the way of a member -----------------------------------------------------------------------------------------


def test_login_bind_me_and_logout(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    mini = MiniProgram(each_branch, each_branch.phone("张建国"))
    opened = mini.login()
    assert sorted(opened) == ["bound", "expires_at", "token"]
    assert opened["bound"] is False
    refused(mini.me(), 403, "unbound")
    bound = mini.bind(digits)
    assert (bound.status_code, bound.get_json()) == (200, {"bound": True, "name": "张建国"})
    me = mini.me().get_json()
    assert (me["name"], me["status"], me["group"]) == ("张建国", "full", "第一党小组")
    assert re.fullmatch("[2-9a-z]{10}", me["id"])
    assert mini.login()["bound"] is True
    assert mini.post("logout").status_code == 204
    refused(mini.me(), 401, "login")
    assert mini.post("logout").status_code == 204


def test_a_login_expires_to_the_second(branch: Branch, zhang: MiniProgram) -> None:
    zhang.bind(branch.member("张建国"))
    opened = zhang.login()
    assert opened["expires_at"] == (branch.clock.now() + LIVES).isoformat()
    zhang.bind(branch.member("张建国"))
    branch.clock.advance(LIVES.total_seconds() - 1)
    assert zhang.me().status_code == 200
    branch.clock.advance(1)
    assert "过期" in refused(zhang.me(), 401, "login")


def test_a_token_stands_for_one_person_alone(branch: Branch, zhang: MiniProgram) -> None:
    zhang.login()
    zhang.bind(branch.member("张建国"))
    li = MiniProgram(branch, branch.phone("李娜"))
    li.login()
    li.bind(branch.member("李娜"))
    assert {zhang.me().get_json()["name"], li.me().get_json()["name"]} == {"张建国", "李娜"}
    assert zhang.token != li.token
    with branch.house.reading() as db:
        kept = " ".join(db.scalars(select(Login.digest)))
    assert zhang.token not in kept


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "Bearer forged",
        "Bearer \xff\xfe",
        "Token {token}",
        "bearer {token}x",
        "{token}",
    ],
)
def test_a_forged_token_opens_nothing(zhang: MiniProgram, authorization: str) -> None:
    zhang.login()
    headers = {"Authorization": authorization.format(token=zhang.token)} if authorization else {}
    client = zhang.branch.app.test_client()
    for answer in (
        client.get("/api/v1/me", headers=headers),
        client.post("/api/v1/bind", json={"code": "12345678"}, headers=headers),
    ):
        refused(answer, 401, "login")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_name_of_the_scheme_is_no_matter_of_case(branch: Branch, zhang: MiniProgram) -> None:
    zhang.login()
    zhang.bind(branch.member("张建国"))
    headers = {"Authorization": f"bEARER {zhang.token}"}
    assert branch.app.test_client().get("/api/v1/me", headers=headers).status_code == 200


def test_a_binding_moved_to_a_new_phone_ends_the_old_login(branch: Branch, zhang: MiniProgram) -> None:
    zhang.login()
    zhang.bind(branch.member("张建国"))
    branch.clock.advance(60)
    other = MiniProgram(branch, branch.phone("张建国"))
    other.login()
    assert other.bind(branch.code("张建国")).status_code == 200
    refused(zhang.me(), 401, "login")  # nothing is kept of the old account
    assert other.me().status_code == 200
    zhang.login()
    refused(zhang.me(), 403, "unbound")


# --- the code of wx.login ----------------------------------------------------------------------------------------


def test_a_login_code_is_good_once(zhang: MiniProgram) -> None:
    code = zhang.code()
    assert zhang.post("login", {"code": code}).status_code == 200
    refused(zhang.post("login", {"code": code}), 401, "login")
    refused(zhang.post("login", {"code": "made-up"}), 401, "login")


def test_an_account_wechat_distrusts_is_told_so(zhang: MiniProgram) -> None:
    assert "风险" in refused(zhang.post("login", {"code": zhang.code(errcode=40226)}), 401, "login")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(errcode=-1),
        Fault(errcode=40013),
        Fault(errcode=45011),
        Fault(status=500),
        Fault(html=True),
        Fault(wait=30),
    ],
    ids=["busy", "appid", "quota", "500", "html", "silence"],
)
def test_wechat_away_is_try_again_later(
    database: Database, empty_redis: redis.Redis, redis_url: str, fault: Fault
) -> None:
    with branch_on(database, redis_url, wechat={"timeout": 0.3}) as branch:
        mini = MiniProgram(branch, branch.phone("张建国"))
        branch.world.faults.plan(SESSION, fault)
        refused(mini.post("login", {"code": mini.code()}), 503, "wechat")
        branch.world.faults.forgive()
        assert mini.login()["bound"] is False


def test_login_works_without_redis(database: Database) -> None:
    with branch_on(database, ensure_redis(database.home)) as branch:
        mini = MiniProgram(branch, branch.phone("张建国"))
        stop(database.home)
        mini.login()
        assert mini.bind(branch.member("张建国")).status_code == 200
    leave(database.home)


def test_one_person_logging_in_from_many_sides_at_once_is_one_identity(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    phone = each_branch.phone("张建国")
    minis = [MiniProgram(each_branch, phone) for _ in range(6)]
    assert at_once([mini.login for mini in minis]) == [None] * 6
    with each_branch.house.reading() as db:
        app_id = each_branch.house.settings.wechat.mini_program.app_id
        assert db.scalar(select(func.count()).select_from(Identity).where(Identity.app_id == app_id)) == 1
    found: list[int] = []

    def bind(mini: MiniProgram) -> None:
        found.append(mini.bind(digits, "same").status_code)

    assert at_once([partial(bind, mini) for mini in minis]) == [None] * 6
    assert found == [200] * 6


def test_two_people_with_one_slip_at_once(each_branch: Branch) -> None:
    digits = each_branch.member("张建国")
    minis = [MiniProgram(each_branch, each_branch.phone(name)) for name in ("张建国", "somebody", "another")]
    for mini in minis:
        mini.login()
    found: list[TestResponse] = []
    at_once([partial(lambda mini: found.append(mini.bind(digits)), mini) for mini in minis])
    assert sorted(answer.status_code for answer in found) == [200, 409, 409]
    assert {answer.get_json()["code"] for answer in found if answer.status_code == 409} == {"used"}


def at_once(acts: list[Callable[[], object]]) -> list[BaseException | None]:
    """Do all of it at the same moment; returns what each raised."""
    raised: list[BaseException | None] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def act(place: int) -> None:
        start.wait()
        try:
            acts[place]()
        except BaseException as error:  # noqa: BLE001 - told to the caller
            raised[place] = error

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


# --- bind codes --------------------------------------------------------------------------------------------------


def test_each_refusal_of_a_bind_code_has_a_word_of_its_own(branch: Branch, zhang: MiniProgram) -> None:
    first, second = branch.member("张建国"), branch.member("李娜")
    zhang.login()
    refused(zhang.bind("12345678"), 409, "wrong")
    assert zhang.bind(first).status_code == 200
    refused(zhang.bind(first), 409, "used")
    assert "张建国同志" in refused(zhang.bind(second), 409, "bound")
    late = branch.member("王芳")
    branch.clock.advance(30 * 86_400)
    other = MiniProgram(branch, branch.phone("王芳"))
    other.login()
    refused(other.bind(late), 409, "expired")


def test_the_same_request_again_is_the_same_answer(branch: Branch, zhang: MiniProgram) -> None:
    digits = branch.member("张建国")
    zhang.login()
    first = zhang.bind(digits, "k-1")
    again = zhang.bind(digits, "k-1")
    assert (again.status_code, again.get_json()) == (first.status_code, first.get_json()) == (200, first.get_json())
    refused(zhang.bind(digits, "k-2"), 409, "used")
    refused(zhang.bind(digits), 409, "used")


def test_one_key_with_another_code_or_person_is_another_request(branch: Branch, zhang: MiniProgram) -> None:
    first = branch.member("张建国")
    zhang.login()
    assert zhang.bind(first, "k").status_code == 200
    branch.clock.advance(60)
    assert zhang.bind(branch.code("张建国"), "k").get_json() == {"bound": True, "name": "张建国"}
    refused(zhang.bind(branch.member("李娜"), "k"), 409, "bound")
    thief = MiniProgram(branch, branch.phone("somebody"))
    thief.login()
    refused(thief.bind(first, "k"), 409, "used")


def test_a_wrong_code_sent_again_counts_once_and_ten_lock_for_an_hour(branch: Branch, zhang: MiniProgram) -> None:
    digits = branch.member("张建国")
    zhang.login()
    for _ in range(12):
        refused(zhang.bind("10000000", "same"), 409, "wrong")
    with branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(WrongCode)) == 1
    for wrong in range(1, 10):
        refused(zhang.bind(f"{10**7 + wrong}"), 409, "wrong")
    assert "14:52以后" in refused(zhang.bind(digits), 429, "locked")
    branch.clock.advance(3_600)
    assert zhang.bind(digits).status_code == 200


def test_one_key_for_many_codes_does_not_evade_the_lock(branch: Branch, zhang: MiniProgram) -> None:
    digits = branch.member("张建国")
    zhang.login()
    for wrong in range(10):
        refused(zhang.bind(f"{10**7 + wrong}", "always the same"), 409, "wrong")
    refused(zhang.bind(digits, "always the same"), 429, "locked")


# --- what is no request ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"code"',
        b"{}",
        b'{"code": 1}',
        b'{"code": ""}',
        b'{"code": null}',
        b'{"code": ["a"]}',
        b'{"code": "a", "more": 1}',
        b'{"code": "a", "code": "b"}',
        b'{"code": "a\\u0000"}',
        b'{"code": "\\ud800"}',
        '{"code": "码"}'.encode(),
        '{"code": "码"}'.encode("gbk"),
        '{"code": "a"}'.encode("utf-16"),
        b'{"code": "' + b"a" * 257 + b'"}',
        b'{"code": ' + b"9" * 5_000 + b"}",
        b"[" * 10_000,
        b'{"code": NaN}',
        b"\xef\xbb\xbf{}",
        b"code=abc",
    ],
)
def test_a_body_that_is_no_login_is_422(zhang: MiniProgram, body: bytes) -> None:
    answer = zhang.branch.app.test_client().post("/api/v1/login", data=body, content_type="application/json")
    refused(answer, 422, "malformed")
    assert zhang.branch.world.calls[SESSION] == 0


@pytest.mark.parametrize(
    "digits", ["1234567", "123456789", "12 345678", "１２３４５６７８", "1234567\n", "12345678\n", 12345678]
)
def test_a_bind_code_has_eight_digits(zhang: MiniProgram, digits: object) -> None:
    zhang.login()
    refused(zhang.post("bind", {"code": digits}), 422, "malformed")


def test_a_huge_body_is_413(zhang: MiniProgram) -> None:
    answer = zhang.branch.app.test_client().post("/api/v1/login", data=json.dumps({"code": "a" * 20_000}))
    refused(answer, 413, "large")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "unknown"),
        ("GET", "/api/v1/", 404, "unknown"),
        ("POST", "/api/", 404, "unknown"),
        ("GET", "/api/v2/me", 404, "unknown"),
        ("GET", "/api/v1/login", 405, "method"),
        ("DELETE", "/api/v1/me", 405, "method"),
        ("GET", "/api/v1/me/../login", 404, "unknown"),
    ],
)
def test_what_is_not_there_is_json_too(branch: Branch, method: str, path: str, status: int, code: str) -> None:
    answer = branch.app.test_client().open(path, method=method)
    refused(answer, status, code)
    assert (status == 405) == ("Allow" in answer.headers)


def test_outside_the_api_people_get_a_page(branch: Branch) -> None:
    assert branch.app.test_client().get("/apis").content_type.startswith("text/html")


# --- when it goes wrong ------------------------------------------------------------------------------------------


def test_the_database_away_is_try_again_later(branch: Branch, zhang: MiniProgram) -> None:
    zhang.login()
    with branch.house.transaction() as db:
        db.connection().exec_driver_sql("ALTER TABLE login RENAME TO away")
    assert "系统正忙" in refused(zhang.me(), 503, "busy")
    refused(zhang.post("login", {"code": zhang.code()}), 503, "busy")


def test_a_fault_of_ours_shows_nothing_of_itself(branch: Branch, caplog: pytest.LogCaptureFixture) -> None:
    @branch.app.get("/api/v1/broken")
    def broken() -> str:
        raise KeyError("openid-of-somebody")

    refused(branch.app.test_client().get("/api/v1/broken"), 500, "fault")


def test_no_secret_and_no_session_key_is_told_or_logged(
    branch: Branch, zhang: MiniProgram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digits = branch.member("张建国")
    code = zhang.code()
    told = []
    for answer in (
        zhang.post("login", {"code": code}),
        zhang.post("login", {"code": code}),
        zhang.post("login", {"code": zhang.code(errcode=40226)}),
    ):
        told.append(answer.get_data(as_text=True))
        zhang.token = zhang.token or answer.get_json()["token"]
    told += [zhang.bind(text).get_data(as_text=True) for text in ("87654321", digits)]
    told.append(zhang.me().get_data(as_text=True))
    said, logged = " ".join(told), caplog.text
    mini = branch.house.settings.wechat.mini_program
    with branch.house.reading() as db:
        openids = list(db.scalars(select(Identity.openid)))
        assert db.scalar(select(func.count()).select_from(Member)) == 1
    for secret in (mini.app_secret, "session_key", *openids):
        assert secret not in said
        assert secret not in logged
    assert "errcode" not in said
    for secret in (code, zhang.token, digits):
        assert secret not in logged
