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
from wechat.client import Follower, MiniProgramApi, MiniSession, OfficialAccountApi, PageLogin, QrTicket, Suggestion
from wechat.errors import (
    ApiExhausted,
    CodeRefused,
    OurMistake,
    OutcomeUnknown,
    PersonUnreachable,
    TokenRefused,
    WeChatDown,
    WeChatError,
    WeChatRejected,
)
from wechat.messages import TEXT_LIMIT
from wechat.posts import Posts
from wechat.wire import Wire

CODE_PATH = "/sns/jscode2session"
PAGE_PATH = "/sns/oauth2/access_token"
SAFETY_PATH = "/wxa/msg_sec_check"
SEND_PATH = "/cgi-bin/message/custom/send"
UPLOAD_PATH, MEDIA_PATH = "/cgi-bin/media/upload", "/cgi-bin/media/get"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


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
def mini(platform: Platform, empty_redis: redis.Redis) -> MiniProgramApi:
    return mini_on(platform.base, platform, empty_redis)


def mini_on(base: str, platform: Platform, store: redis.Redis) -> MiniProgramApi:
    return MiniProgramApi(base, APP_ID, SECRET, 0.3, store, lambda: datetime.fromtimestamp(platform.now(), UTC))


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
        (40241, PersonUnreachable),
        (43117, PersonUnreachable),
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
    with pytest.raises(OutcomeUnknown):
        api.follower(OPENID)
    assert platform.count(USER_PATH) == 1
    assert platform.count("/elsewhere") == 0, "a token does not follow a redirect"


@pytest.mark.parametrize("answer", [None, 502, b"<html>", {"errcode": -1, "errmsg": "busy"}])
def test_a_call_for_which_there_was_no_token_certainly_had_no_effect(
    platform: Platform, api: OfficialAccountApi, answer: object
) -> None:
    platform.always["/cgi-bin/stable_token"] = answer
    with pytest.raises(WeChatDown) as down:
        api.send_text(OPENID, "改期")
    assert type(down.value) is WeChatDown
    assert platform.count(SEND_PATH) == 0


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
    with pytest.raises(WeChatDown) as down:
        api.follower(OPENID)
    assert type(down.value) is WeChatDown


def test_a_platform_gone_between_token_and_send_certainly_got_nothing(
    platform: Platform, api: OfficialAccountApi
) -> None:
    api.follower(OPENID)
    api._posts = Posts(Wire("http://127.0.0.1:9", 0.3), 0.3, api._client._keeper)
    with pytest.raises(WeChatDown) as down:
        api.send_text(OPENID, "改期")
    assert type(down.value) is WeChatDown


def test_a_text_goes_out_as_utf_8_clean_and_no_longer_than_allowed(platform: Platform, api: OfficialAccountApi) -> None:
    platform.always[SEND_PATH] = {"errcode": 0, "errmsg": "ok"}
    api.send_text(OPENID, "改期\x00：" + "雨" * 3000)
    body = platform.calls[-1][2]
    assert "改期：雨".encode() in body
    assert b"\\u" not in body
    sent = json.loads(body)
    assert (sent["touser"], sent["msgtype"]) == (OPENID, "text")
    assert len(sent["text"]["content"].encode()) <= TEXT_LIMIT
    assert sent["text"]["content"].endswith("雨…")


def test_contract_19_an_upload_repeated_after_40001_carries_the_same_bytes(
    platform: Platform, api: OfficialAccountApi
) -> None:
    content = bytes(range(256)) * 40
    refused = {"errcode": 40001, "errmsg": "invalid credential, access_token is not latest"}
    platform.answers[UPLOAD_PATH] = [refused, {"type": "image", "media_id": "MEDIA", "created_at": 1}]
    api.follower(OPENID)
    platform.invalidate()
    assert api.upload("image", "签到表.png", content, "image/png") == "MEDIA"
    sent = [(query, body) for path, query, body in platform.calls if path == UPLOAD_PATH]
    assert [query["type"] for query, _ in sent] == ["image", "image"]
    assert sent[0][0]["access_token"] != sent[1][0]["access_token"]
    without_boundary = [body.replace(body.split(b"\r\n")[0].strip(b"-"), b"") for _, body in sent]
    assert without_boundary[0] == without_boundary[1]
    assert content in without_boundary[1]


def test_a_file_is_fetched_as_it_is_and_a_no_is_told_from_it(platform: Platform, api: OfficialAccountApi) -> None:
    refused: list[object] = [{"errcode": 40001, "errmsg": "invalid credential, access_token is not latest"}, PICTURE]
    platform.answers[MEDIA_PATH] = refused
    assert api.download("MEDIA", 10 << 20) == PICTURE
    platform.answers[MEDIA_PATH] = [{"errcode": 40007, "errmsg": "invalid media_id MEDIA"}]
    with pytest.raises(OurMistake) as gone:
        api.download("MEDIA", 10 << 20)
    assert (gone.value.errcode, gone.value.errmsg) == (40007, "invalid media_id ***")
    platform.answers[MEDIA_PATH] = [{"video_url": "http://elsewhere.example/"}]
    with pytest.raises(OutcomeUnknown):
        api.download("MEDIA", 10 << 20)


def test_of_a_file_no_more_is_read_than_was_asked_for(platform: Platform, api: OfficialAccountApi) -> None:
    platform.answers[MEDIA_PATH] = [PICTURE + bytes(300_000)]
    assert api.download("MEDIA", 100_001) == (PICTURE + bytes(300_000))[:100_001]
    platform.answers[MEDIA_PATH] = [{"errcode": 40007, "errmsg": "invalid media_id MEDIA"}]
    with pytest.raises(OurMistake):
        api.download("MEDIA", 100_001)


def test_a_browser_is_sent_to_wechat_in_the_order_that_it_demands() -> None:
    pages = PageLogin("https://open.example/", "https://api.example", APP_ID, SECRET, 0.3)
    back = "https://zhibu.example/h5/sign-in/wechat?to=/h5/a/1&x=2"
    assert pages.address(back, "aB3") == (
        f"https://open.example/connect/oauth2/authorize?appid={APP_ID}"
        "&redirect_uri=https%3A%2F%2Fzhibu.example%2Fh5%2Fsign-in%2Fwechat%3Fto%3D%2Fh5%2Fa%2F1%26x%3D2"
        "&response_type=code&scope=snsapi_base&state=aB3#wechat_redirect"
    )


def test_a_text_is_looked_over_and_only_pass_is_pass(platform: Platform, mini: MiniProgramApi) -> None:
    def told(**result: object) -> None:
        platform.answers[SAFETY_PATH] = [{"errcode": 0, "errmsg": "ok", **result}]

    for said in Suggestion:
        told(result={"suggest": said.value, "label": 100})
        assert mini.suggest("oMini", "一句话") is said
    path, query, body = platform.calls[-1]
    assert (path, set(query)) == (SAFETY_PATH, {"access_token"})
    assert json.loads(body) == {"version": 2, "scene": 2, "openid": "oMini", "content": "一句话"}
    answers: list[dict[str, object]] = [{}, {"result": {}}, {"result": {"suggest": "ok"}}, {"result": "pass"}]
    for nothing in answers:
        told(**nothing)
        with pytest.raises(OutcomeUnknown):
            mini.suggest("oMini", "一句话")
    platform.answers[SAFETY_PATH] = [{"errcode": 40001, "errmsg": "invalid credential"}]
    platform.always[SAFETY_PATH] = {"errcode": 61010, "errmsg": "code is expired: 一句话"}
    with pytest.raises(WeChatRejected) as refusal:  # after one try with a new token
        mini.suggest("oMini", "一句话")
    assert refusal.value.errcode == 61010
    with pytest.raises(ValueError, match="1 to 2500"):
        mini.suggest("oMini", "长" * 2501)


def test_a_page_login_needs_no_access_token(platform: Platform) -> None:
    pages = PageLogin("https://open.example", platform.base, APP_ID, SECRET, 0.3)
    platform.always[PAGE_PATH] = {"access_token": "page", "openid": OPENID, "scope": "snsapi_base"}
    assert pages.openid("CODE") == OPENID
    assert [path for path, _, _ in platform.calls] == [PAGE_PATH]
    assert platform.calls[-1][1] == {
        "appid": APP_ID,
        "secret": SECRET,
        "code": "CODE",
        "grant_type": "authorization_code",
    }
    for code in (40029, 40163):
        platform.always[PAGE_PATH] = {"errcode": code, "errmsg": "why"}
        with pytest.raises(CodeRefused):
            pages.openid("CODE")


@pytest.mark.parametrize("flag", [1, "1", True])
def test_contract_21_a_snapshot_user_is_refused(platform: Platform, flag: object) -> None:
    """The openid of a 快照页 belongs to nobody: it never gets past the wire. (The page: tests/pages/test_h5_*.py.)"""
    pages = PageLogin("https://open.example", platform.base, APP_ID, SECRET, 0.3)
    platform.always[PAGE_PATH] = {"access_token": "page", "openid": OPENID, "is_snapshotuser": flag}
    assert pages.openid("CODE") is None


def test_a_name_with_raw_control_characters_is_read(platform: Platform, api: OfficialAccountApi) -> None:
    platform.always[USER_PATH] = b'{"subscribe": 1, "nickname": "a\x02b"}'
    assert api.follower(OPENID).subscribed


def test_an_api_with_a_host_of_its_own_is_refused(api: OfficialAccountApi) -> None:
    with pytest.raises(ValueError, match="bypass"):
        api._client.get("https://api.weixin.qq.com/cgi-bin/user/get")


def test_no_secret_is_in_logs_or_errors(
    platform: Platform,
    api: OfficialAccountApi,
    mini: MiniProgramApi,
    empty_redis: redis.Redis,
    caplog: pytest.LogCaptureFixture,
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
        fails(mini_on("http://127.0.0.1:9", platform, empty_redis).session, "JSCODE")
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
    for kind in (
        WeChatDown,
        OutcomeUnknown,
        WeChatRejected,
        PersonUnreachable,
        ApiExhausted,
        CodeRefused,
        OurMistake,
        TokenRefused,
    ):
        line = next(line for line in drawn if kind.__name__ in line)
        depth = (len(line) - len(line.lstrip("│ "))) // 4
        assert len(kind.__mro__) - len(WeChatError.__mro__) == depth + 1
