"""The platform's APIs we call: those of the official account and those of the mini-program."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from wechatpy.client import api
from wechatpy.client.base import BaseWeChatClient

from wechat.errors import CodeRefused, OutcomeUnknown, TokenRefused, WeChatDown
from wechat.messages import clean, fit
from wechat.posts import Posts
from wechat.tickets import SdkConfig, Tickets
from wechat.tokens import TokenKeeper
from wechat.wire import Answer, Files, Wire, number_of, text_of

if TYPE_CHECKING:
    import redis

TEMPLATE, SUBSCRIPTION = "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend"
MINI, SERVICE = "/cgi-bin/message/subscribe/send", "/cgi-bin/message/custom/send"
"""The paths of the four ways to send, by which quotas are counted."""

MAX_QR_SECONDS = 2_592_000
RISKY = 40226  # the platform distrusts this account (page 小程序登录)
MAX_CHECKED = 2_500  # characters of one text that is looked over
_SCENE = 2  # 评论: something said about a matter, read by others


@dataclass(frozen=True, slots=True)
class QrTicket:
    """A QR code the platform knows: `url` is what to draw, good for `seconds`."""

    ticket: str
    url: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Follower:
    """What the platform tells of a follower; without a shared 开放平台 account there is no unionid."""

    subscribed: bool
    unionid: str | None


@dataclass(frozen=True, slots=True)
class MiniSession:
    """Who logged in to the mini-program. The session_key is dropped: nothing of ours needs it."""

    openid: str
    unionid: str | None


class Suggestion(StrEnum):
    """What the platform thinks of a text; only PASS says that others may read it."""

    PASS = "pass"  # noqa: S105 - the platform's word, not a password
    REVIEW = "review"
    RISKY = "risky"


class OfficialAccountApi:
    """The official account's APIs. Threads and processes may share it; every call may raise a WeChatError."""

    def __init__(
        self,
        api_base: str,
        app_id: str,
        app_secret: str,
        timeout: float,
        redis: "redis.Redis",
        clock: Callable[[], datetime],
    ) -> None:
        wire = Wire(api_base, timeout)
        keeper = TokenKeeper(wire, app_id, app_secret, redis, clock, timeout)
        self._client = _Client(wire, keeper, app_id)
        self._posts = Posts(wire, timeout, keeper)
        self._tickets = Tickets(wire, keeper, app_id, redis, clock)

    def create_qr(self, scene: str, seconds: int) -> QrTicket:
        """A QR code that carries `scene` (1 to 64 characters) for 1 to 2 592 000 `seconds`.

        Platform page 生成带参数的二维码. Raises ValueError beyond those limits.
        """
        if not 1 <= len(scene) <= 64 or not 1 <= seconds <= MAX_QR_SECONDS:
            raise ValueError("a scene has 1 to 64 characters, a QR code lives 1 to 2592000 seconds")
        path = "/cgi-bin/qrcode/create"
        answer: Answer = self._client.qrcode.create(
            {
                "expire_seconds": seconds,
                "action_name": "QR_STR_SCENE",
                "action_info": {"scene": {"scene_str": scene}},
            }
        )
        return QrTicket(
            ticket=text_of(answer, path, "ticket"),
            url=text_of(answer, path, "url"),
            seconds=number_of(answer, path, "expire_seconds"),
        )

    def follower(self, openid: str) -> Follower:
        """Whether `openid` follows, and its unionid. Platform page 获取用户基本信息."""
        answer: Answer = self._client.user.get(openid)
        return Follower(subscribed=answer.get("subscribe") == 1, unionid=_unionid(answer))

    def create_menu(self, menu: Mapping[str, object]) -> None:
        """Replace the account's menu, three by five buttons. Platform page 创建接口 of 自定义菜单."""
        self._client.menu.create(dict(menu))

    def send_text(self, openid: str, text: str) -> None:
        """A customer service message, at most TEXT_LIMIT bytes of it. Platform page 发送客服消息.

        Only within a person's window (48 hours after a message, a minute after a tap or scan) and so often: else
        PersonUnreachable (45015, 45047). There is no key by which the platform would know it for a repetition.
        """
        body = {"touser": openid, "msgtype": "text", "text": {"content": fit(clean(text))}}
        self._posts.call(SERVICE, body, (openid,))

    def send_template(self, openid: str, template_id: str, data: Mapping[str, str], *, key: str, url: str = "") -> str:
        """A template message; returns WeChat's msgid, which TEMPLATESENDJOBFINISH will bear. Platform page 模板消息.

        `data` is by field key, made to fit by wechat.fields; `url` is opened by a tap. Repeated under the same `key`
        (1 to 32 characters) to the same person it is sent once, for 10 minutes. Raises PersonUnreachable (43004 not
        following, 40003), OurMistake (40037 template, 47003 a field), ApiExhausted, WeChatDown, OutcomeUnknown.
        """
        if not 1 <= len(key) <= 32:
            raise ValueError("a key has 1 to 32 characters")
        body = {"touser": openid, "template_id": template_id, "client_msg_id": key, "data": _values(data)}
        if url:
            body["url"] = url
        return _msgid(self._posts.call(TEMPLATE, body, (openid,)))

    def send_subscription(self, openid: str, template_id: str, data: Mapping[str, str], page: str = "") -> str:
        """A subscription notice (订阅通知), which takes one consent of the person; `page` is opened by a tap.

        Returns WeChat's msgid, "" where it gives none: then only subscribe_msg_sent_event tells it. There is no key by
        which a repetition would be known. Raises PersonUnreachable 43101 without a consent, else like `send_template`.
        Platform page 发送订阅通知 (bizsend).
        """
        return _msgid(self._posts.call(SUBSCRIPTION, _subscription(openid, template_id, data, page), (openid,)))

    def sdk(self, url: str) -> SdkConfig:
        """What `wx.config` asks for on the page at `url` (as the browser has it, without #). Raises a WeChatError.

        Platform page JS-SDK说明文档, 附录1.
        """
        return self._tickets.sign(url)

    def upload(self, kind: str, name: str, content: bytes, content_type: str) -> str:
        """Upload a temporary image, voice, video or thumb; returns the media_id, good for three days.

        Platform page 新增临时素材.
        """
        answer: Answer = self._client.media.upload(kind, (name, content, content_type))
        return text_of(answer, "/cgi-bin/media/upload", "media_id")

    def download(self, media_id: str, most: int) -> bytes:
        """A picture somebody has sent, within three days, its first `most` bytes. Platform page 获取临时素材.

        Raises OurMistake 40007 for what is gone or never was.
        """
        return self._client.file("media/get", {"media_id": media_id}, most)


class PageLogin:
    """Who looks at a page inside WeChat (网页授权, snsapi_base). Takes no access token of ours.

    Platform page 网页授权. `open_base` is where browsers are sent, `api_base` where codes are exchanged.
    """

    def __init__(self, open_base: str, api_base: str, app_id: str, app_secret: str, timeout: float) -> None:
        self._open_base = open_base.rstrip("/")
        self._wire = Wire(api_base, timeout)
        self._app_id = app_id
        self._app_secret = app_secret

    def address(self, back: str, state: str) -> str:
        """Where to send the browser; it comes back to `back` with `code` and the `state` (letters and digits)."""
        # the platform demands this order and the fragment
        query = urlencode(
            [
                ("appid", self._app_id),
                ("redirect_uri", back),
                ("response_type", "code"),
                ("scope", "snsapi_base"),
                ("state", state),
            ]
        )
        return f"{self._open_base}/connect/oauth2/authorize?{query}#wechat_redirect"

    def openid(self, code: str) -> str | None:
        """Whose code it is, None for the virtual person of a 快照页, who is nobody. Raises CodeRefused."""
        path = "/sns/oauth2/access_token"
        params = {
            "appid": self._app_id,
            "secret": self._app_secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        answer = self._wire.call("GET", path, params=params)
        if str(answer.get("is_snapshotuser", 0)) != "0":
            return None
        return text_of(answer, path, "openid")


class MiniProgramApi:
    """The mini-program's APIs. Its login takes no access token and so works when the token quota is gone."""

    def __init__(
        self,
        api_base: str,
        app_id: str,
        app_secret: str,
        timeout: float,
        redis: "redis.Redis",
        clock: Callable[[], datetime],
    ) -> None:
        self._wire = Wire(api_base, timeout)
        self._keeper = TokenKeeper(self._wire, app_id, app_secret, redis, clock, timeout)
        self._posts = Posts(self._wire, timeout, self._keeper)
        self._app_id = app_id
        self._app_secret = app_secret

    def send_subscription(self, openid: str, template_id: str, data: Mapping[str, str], page: str = "") -> str:
        """A subscribe message (订阅消息) to an openid of the mini-program; `page` is one of its pages, with its query.

        Returns WeChat's msgid, "" where it gives none. Raises like OfficialAccountApi.send_subscription. Platform
        page 发送订阅消息.
        """
        return _msgid(self._posts.call(MINI, _subscription(openid, template_id, data, page), (openid,)))

    def session(self, code: str) -> MiniSession:
        """Who the code of wx.login belongs to. Platform page 小程序登录. Raises CodeRefused, also for nobody real."""
        path = "/sns/jscode2session"
        params = {
            "appid": self._app_id,
            "secret": self._app_secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        answer = self._wire.call("GET", path, params=params)
        if str(answer.get("is_snapshotuser", 0)) != "0":  # 快照: a virtual person, who is nobody
            raise CodeRefused(RISKY, "a virtual person")
        return MiniSession(openid=text_of(answer, path, "openid"), unionid=_unionid(answer))

    def phone(self, code: str, openid: str) -> str:
        """The 11 digits of the mainland number behind a code of the phone number button, pressed by `openid`.

        WeChat checks that code and openid belong together; the watermark must be this mini-program's. Platform page
        手机号快速验证 (getuserphonenumber). Raises CodeRefused: also for a foreign watermark or a foreign number.
        """
        path = "/wxa/business/getuserphonenumber"
        answer = self._post(path, {"code": code, "openid": openid}, hide=(code, openid))
        info = answer.get("phone_info")
        if not isinstance(info, dict):
            raise WeChatDown(f"{path}: an answer without phone_info")
        mark = info.get("watermark")
        number = str(info.get("purePhoneNumber", ""))
        ours = isinstance(mark, dict) and mark.get("appid") == self._app_id
        # the platform gives the country now as a number, now as text
        if not ours or str(info.get("countryCode")) != "86" or not re.fullmatch("[0-9]{11}", number):
            raise CodeRefused(0, "a number that is not vouched for to us")
        return number

    def suggest(self, openid: str, text: str) -> Suggestion:
        """What the platform thinks of a text of 1 to 2500 characters that `openid` has typed and others will read.

        Platform page 文本内容安全识别 (msg_sec_check). An errcode of 0 says nothing by itself, and an answer without a
        suggestion is none: OutcomeUnknown. WeChatRejected 61010: not in the mini-program within the last two hours.
        """
        path = "/wxa/msg_sec_check"
        if not 1 <= len(text) <= MAX_CHECKED:
            raise ValueError("a text to look over has 1 to 2500 characters")
        body = {"version": 2, "scene": _SCENE, "openid": openid, "content": text}
        answer = self._post(path, body, hide=(openid, text))
        result = answer.get("result")
        suggested = result.get("suggest") if isinstance(result, dict) else None
        if suggested not in set(Suggestion):
            raise OutcomeUnknown(f"{path}: an answer without a suggestion")
        return Suggestion(suggested)

    def _post(self, path: str, body: Mapping[str, object], hide: tuple[str, ...]) -> Answer:
        """One call with the mini-program's access token, repeated once if that was refused."""
        token = self._keeper.token()
        try:
            return self._wire.call("POST", path, params={"access_token": token}, body=body, hide=hide)
        except TokenRefused:
            pass
        token = self._keeper.replace(token)
        return self._wire.call("POST", path, params={"access_token": token}, body=body, hide=hide)


class _Client(BaseWeChatClient):  # type: ignore[misc] # wechatpy has no types
    """wechatpy's API methods over our own wire and token keeper; of its client only the method names remain.

    wechatpy itself asks for tokens without a lock, without a timeout and, told to retry, without end. Its
    constructor reads every property of a subclass before __init__, so this one adds none.
    """

    media = api.WeChatMedia()
    menu = api.WeChatMenu()
    qrcode = api.WeChatQRCode()
    user = api.WeChatUser()

    def __init__(self, wire: Wire, keeper: TokenKeeper, app_id: str) -> None:
        super().__init__(app_id, auto_retry=False)
        self._wire = wire
        self._keeper = keeper

    def fetch_access_token(self) -> None:
        """Refuse: the keeper alone asks for tokens."""
        raise NotImplementedError("the token keeper asks for tokens")

    def file(self, endpoint: str, params: Mapping[str, str], most: int) -> bytes:
        """A file, asked for once more if the token was refused."""
        path = f"/cgi-bin/{endpoint}"
        token = self._keeper.token()
        try:
            return self._wire.file(path, params={**params, "access_token": token}, most=most)
        except TokenRefused:
            pass
        return self._wire.file(path, params={**params, "access_token": self._keeper.replace(token)}, most=most)

    def _request(self, method: str, url_or_endpoint: str, **kwargs: object) -> Answer:
        """One API call, retried once if the token was refused. An address of its own has no place here."""
        if url_or_endpoint.startswith(("http://", "https://")) or "api_base_url" in kwargs:
            raise ValueError("an API that brings its own host would bypass wechat.api_base")
        path = f"/cgi-bin/{url_or_endpoint}"
        params, body = kwargs.get("params") or {}, kwargs.get("data")
        files = cast("Files | None", kwargs.get("files"))
        assert isinstance(params, dict)

        def call(token: str) -> Answer:
            with_token = {**params, "access_token": token}
            return self._wire.call(method.upper(), path, params=with_token, body=body, files=files)

        token = self._keeper.token()
        try:
            return call(token)
        except TokenRefused:
            pass
        return call(self._keeper.replace(token))


def _values(data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"value": text} for name, text in data.items()}


def _subscription(openid: str, template_id: str, data: Mapping[str, str], page: str) -> dict[str, object]:
    body: dict[str, object] = {"touser": openid, "template_id": template_id, "data": _values(data)}
    if page:
        body["page"] = page
    return body


def _msgid(answer: Answer) -> str:
    """The number by which a later event names the message; it may be given as a number or as text, or not at all."""
    number = answer.get("msgid", "")
    return str(number) if isinstance(number, int | str) and number != 0 else ""


def _unionid(answer: Answer) -> str | None:
    """The unionid, None when it is absent or blank: a blank one would make all such people one."""
    value = answer.get("unionid")
    return value if isinstance(value, str) and value.strip() else None
