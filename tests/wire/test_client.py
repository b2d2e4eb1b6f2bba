"""Every call goes out as the platform wants it, and whatever comes back is sorted; no secret leaks on the way."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from tests.wire.platform_server import APP_ID, OPENID, SECRET, USER_PATH, Platform, serving
from wechat import errors
from wechat.client import Follower, MiniProgramApi, MiniSession, OfficialAccountApi, QrTicket
from wechat.errors import (
    ApiExhausted,
    CodeRefused,
    OurMistake,
    PersonUnreachable,
    TokenRefused,
    WeChatDown,
    WeChatError,
    WeChatRejected,
)

CODE_PATH = "/sns/jscode2session"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "clock")
    made.set_clock(1_790_000_000.0)
    with serving(made):
        yield made


@pytest.fixture
def api(platform: Platform, empty_redis: redis.Redis) -> OfficialAccountApi:
    return OfficialAccountApi(
        platform.base + "/", APP_ID, SECRET, 0.3, empty_redis, lambda: datetime.fromtimestamp(platform.now(), UTC)
    )


@pytest.fixture
def mini(platform: Platform) -> MiniProgramApi:
    return MiniProgramApi(platform.base, APP_ID, SECRET, 0.3)


def test_a_qr_code_carries_its_scene(platform: Platform, api: OfficialAccountApi) -> None:
    assert api.create_qr("a1.s7", 90) == QrTicket("gQ==", "http://weixin.qq.com/q/1", 90)
    path, query, body = platform.calls[-1]
    assert path == "/cgi-bin/qrcode/create"
    assert set(query) == {"access_token"}
    assert json.loads(body) == {
        "expire_seconds": 90,
        "action_name": "QR_STR_SCENE",
        "action_info": {"scene": {"scene_str": "a1.s7"}},
    }


@pytest.mark.parametrize(("scene", "seconds"), [("", 60), ("x" * 65, 60), ("x", 0), ("x", 2_592_001)])
def test_a_qr_code_beyond_the_limits_is_not_asked_for(
    platform: Platform, api: OfficialAccountApi, scene: str, seconds: int
) -> None:
    with pytest.raises(ValueError, match="1 to 64"):
        api.create_qr(scene, seconds)
    assert not platform.calls


def test_a_follower_may_have_no_unionid(platform: Platform, api: OfficialAccountApi) -> None:
    assert api.follower(OPENID) == Follower(subscribed=True, unionid="U1")
    platform.always[USER_PATH] = {"subscribe": 0, "openid": OPENID}
    assert api.follower(OPENID) == Follower(subscribed=False, unionid=None)
    platform.always[USER_PATH] = {"subscribe": 1, "openid": OPENID, "unionid": " "}
    assert api.follower(OPENID).unionid is None


def test_a_menu_goes_out_as_utf_8_and_not_as_escapes(platform: Platform, api: OfficialAccountApi) -> None:
    api.create_menu({"button": [{"type": "click", "name": "签到", "key": "CHECKIN"}]})
    body = platform.calls[-1][2]
    assert "签到".encode() in body
    assert b"\\u" not in body


def test_a_mini_program_login_needs_no_access_token(platform: Platform, mini: MiniProgramApi) -> None:
    assert mini.session("CODE") == MiniSession(openid="oMini", unionid=None)
    assert [path for path, _, _ in platform.calls] == [CODE_PATH]
    assert platform.calls[-1][1] == {
        "appid": APP_ID,
        "secret": SECRET,
        "js_code": "CODE",
        "grant_type": "authorization_code",
    }


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, WeChatDown),
        (45011, WeChatDown),
        (40003, PersonUnreachable),
        (43004, PersonUnreachable),
        (43101, PersonUnreachable),
        (45015, PersonUnreachable),
        (45047, PersonUnreachable),
        (45009, ApiExhausted),
        (40013, OurMistake),
        (40125, OurMistake),
        (40164, OurMistake),
        (48001, OurMistake),
        (61007, OurMistake),
        (40037, OurMistake),
        (47003, OurMistake),
        (40029, CodeRefused),
        (40163, CodeRefused),
        (40226, CodeRefused),
        (40001, TokenRefused),
        (99999, WeChatRejected),
    ],
)
def test_every_code_has_its_place(
    platform: Platform, api: OfficialAccountApi, code: int, kind: type[WeChatError]
) -> None:
    platform.always[USER_PATH] = {"errcode": code, "errmsg": "why rid: 6a-7b"}
    with pytest.raises(WeChatError, match=str(code)) as caught:
        api.follower(OPENID)
    assert type(caught.value) is kind
    if code != 40001:
        assert "rid: 6a-7b" in str(caught.value)
        assert platform.count(USER_PATH) == 1


@pytest.mark.parametrize(
    "answer", [None, 500, 502, 404, 302, b"", b"<html>", b"[1]", b"\xff", {"errcode": "soon"}, {"errcode": None}]
)
def test_no_sensible_answer_is_down(platform: Platform, api: OfficialAccountApi, answer: object) -> None:
    platform.always[USER_PATH] = answer
    with pytest.raises(WeChatDown):
        api.follower(OPENID)
    assert platform.count(USER_PATH) == 1
    assert platform.count("/elsewhere") == 0, "a token does not follow a redirect"


def test_an_answer_that_lacks_what_it_is_for_is_down(
    platform: Platform, api: OfficialAccountApi, mini: MiniProgramApi
) -> None:
    platform.always["/cgi-bin/qrcode/create"] = {"ticket": "t"}
    with pytest.raises(WeChatDown, match="without url"):
        api.create_qr("a", 60)
    platform.always[CODE_PATH] = {"session_key": "SESSIONKEY=="}
    with pytest.raises(WeChatDown, match="without openid"):
        mini.session("CODE")


def test_nobody_listening_is_down(empty_redis: redis.Redis) -> None:
    api = OfficialAccountApi("http://127.0.0.1:9", APP_ID, SECRET, 0.3, empty_redis, lambda: datetime.now(UTC))
    with pytest.raises(WeChatDown):
        api.follower(OPENID)


def test_a_name_with_raw_control_characters_is_read(platform: Platform, api: OfficialAccountApi) -> None:
    platform.always[USER_PATH] = b'{"subscribe": 1, "nickname": "a\x02b"}'
    assert api.follower(OPENID).subscribed


def test_an_api_with_a_host_of_its_own_is_refused(api: OfficialAccountApi) -> None:
    with pytest.raises(ValueError, match="bypass"):
        api._client.get("https://api.weixin.qq.com/cgi-bin/user/get")


def test_no_secret_is_in_logs_or_errors(
    platform: Platform, api: OfficialAccountApi, mini: MiniProgramApi, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def fails(call: object, *arguments: object) -> None:
        assert callable(call)
        with pytest.raises(WeChatError) as caught:
            call(*arguments)
        error: BaseException | None = caught.value
        while error is not None:
            told.extend((str(error), repr(error), repr(error.args)))
            error = error.__cause__ or error.__context__

    with caplog.at_level(logging.DEBUG):
        api.follower(OPENID)
        token = platform.calls[-1][1]["access_token"]
        echo = {"errcode": 40003, "errmsg": f"{OPENID} {token} oANOTHER0123456789abcdefghij rid: 9"}
        for answer in (echo, None, 500, b"<html>", {"errcode": 40001, "errmsg": token}):
            platform.always[USER_PATH] = answer
            fails(api.follower, OPENID)
        for reply in ({"errcode": 40125, "errmsg": f"invalid secret {SECRET} JSCODE rid: 9"}, None):
            platform.always[CODE_PATH] = reply
            fails(mini.session, "JSCODE")
        # what requests says of a refused connection holds the whole address, secret and code included
        fails(MiniProgramApi("http://127.0.0.1:9", APP_ID, SECRET, 0.3).session, "JSCODE")
        platform.invalidate()
        platform.always["/cgi-bin/stable_token"] = {"errcode": 40001, "errmsg": f"invalid secret {SECRET} rid: 9"}
        platform.always.pop(USER_PATH)
        fails(api.follower, OPENID)
        platform.ended.set()
    everything = "\n".join([*told, caplog.text])
    assert "rid: 9" in everything
    for secret in (SECRET, token, OPENID, "oANOTHER", "JSCODE"):
        assert secret not in everything, secret


def test_the_tree_of_errors_is_the_one_drawn() -> None:
    drawn = (errors.__doc__ or "").splitlines()
    for kind in (WeChatDown, WeChatRejected, PersonUnreachable, ApiExhausted, CodeRefused, OurMistake, TokenRefused):
        line = next(line for line in drawn if kind.__name__ in line)
        depth = (len(line) - len(line.lstrip("│ "))) // 4
        assert len(kind.__mro__) - len(WeChatError.__mro__) == depth + 1
