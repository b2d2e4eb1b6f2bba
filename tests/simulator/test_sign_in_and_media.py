"""Web sign-in, mini-program quota, media, typing, the handshake: each as the platform's own pages tell it."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
import redis
import requests
from flask import Flask, Response, request
from playwright.sync_api import Page, expect

from simulator import Manner, World, wsgi_post
from simulator.main import running
from simulator.media import LARGEST, PICTURE
from simulator.transport import wsgi_get
from tests.simulator.honest import ACCOUNTS, Echo, Sundial
from wechat.client import MiniProgramApi, PageLogin
from wechat.envelope import Envelope
from wechat.errors import CodeRefused, OurMistake, WeChatDown

ACCOUNT, MINI = ACCOUNTS.official_account, ACCOUNTS.mini_program
MINUTE = 60


@pytest.fixture
def base(world: World) -> Iterator[str]:
    with running(world) as address:
        yield address


def pages(base: str, secret: str = ACCOUNT.app_secret) -> PageLogin:
    return PageLogin(base, base, ACCOUNT.app_id, secret, 5)


def came_back(address: str, person: str, **more: str) -> dict[str, str]:
    """What a browser brings back from the sign-in as that person."""
    url = address.partition("#")[0] + f"&person={person}" + "".join(f"&{name}={text}" for name, text in more.items())
    sent = requests.get(url, allow_redirects=False, timeout=20)
    assert sent.status_code == 302
    back = urlsplit(sent.headers["Location"])
    assert (back.netloc, back.path) == ("zhibu.example", "/h5/sign-in")
    return dict(parse_qsl(back.query))


def test_a_page_learns_who_looks_at_it_once(world: World, base: str, sundial: Sundial) -> None:
    zhang = world.join("张建国", "u-1", following=True)
    login = pages(base)
    address = login.address("https://zhibu.example/h5/sign-in?to=1", "aB3")
    brought = came_back(address, zhang.id)
    assert (brought["state"], brought["to"]) == ("aB3", "1")
    assert login.openid(brought["code"]) == zhang.openid
    with pytest.raises(CodeRefused, match="40163"):
        login.openid(brought["code"])
    late = came_back(address, zhang.id)["code"]
    sundial.wait(5 * MINUTE + 1)
    for code in (late, "invented"):
        with pytest.raises(CodeRefused, match="40029"):
            login.openid(code)
    with pytest.raises(OurMistake):
        pages(base, "wrong").openid(came_back(address, zhang.id)["code"])


def test_contract_21_a_snapshot_page_has_nobody_behind_it(world: World, base: str) -> None:
    zhang = world.join("张建国", following=True)
    login = pages(base)
    brought = came_back(login.address("https://zhibu.example/h5/sign-in", "s"), zhang.id, snapshot="1")
    assert login.openid(brought["code"]) is None
    query = {"appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret, "grant_type": "authorization_code"}
    code = came_back(login.address("https://zhibu.example/h5/sign-in", "s"), zhang.id, snapshot="1")["code"]
    answer = requests.get(f"{base}/sns/oauth2/access_token", params={**query, "code": code}, timeout=20).json()
    assert answer["is_snapshotuser"] == 1
    assert answer["openid"] != zhang.openid


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"appid": "wx0"}, "appid"), ({"scope": "all"}, "scope"), ({"redirect_uri": "javascript:1"}, "redirect_uri")],
)
def test_a_wrong_sign_in_is_told(base: str, changed: dict[str, str], said: str) -> None:
    query = {"appid": ACCOUNT.app_id, "redirect_uri": "https://a.example", "response_type": "code",
             "scope": "snsapi_base", **changed}  # fmt: skip
    told = requests.get(f"{base}/connect/oauth2/authorize", params=query, timeout=20)
    assert (told.status_code, said in told.text) == (400, True)


def test_a_browser_is_asked_whose_phone_it_is(world: World, base: str, page: Page) -> None:
    zhang = world.join("张建国", following=True)
    page.goto(pages(base).address(f"{base}/", "s1"))
    expect(page.get_by_role("heading")).to_have_text("这是谁的手机？")
    page.get_by_role("link", name="张建国").click()
    page.wait_for_url(f"{base}/?code=*")
    brought = dict(parse_qsl(urlsplit(page.url).query))
    assert brought["state"] == "s1"
    assert pages(base).openid(brought["code"]) == zhang.openid


def test_a_person_logs_in_to_the_mini_program_a_hundred_times_a_minute(
    world: World, base: str, sundial: Sundial, empty_redis: redis.Redis
) -> None:
    world.logins.per_minute = 2
    api = MiniProgramApi(base, MINI.app_id, MINI.app_secret, 5, empty_redis, world.clock.now)
    zhang, li = world.join("张建国"), world.join("李娜")
    for _ in range(2):
        api.session(world.login_code(zhang))
    with pytest.raises(WeChatDown, match="45011"):
        api.session(world.login_code(zhang))
    assert api.session(world.login_code(li)).openid == li.mini_openid
    sundial.wait(MINUTE)
    assert api.session(world.login_code(zhang)).openid == zhang.mini_openid


def test_the_quota_is_the_platforms(world: World) -> None:
    assert world.logins.per_minute == 100


def token_of(base: str) -> str:
    fields = {"grant_type": "client_credential", "appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret}
    return str(requests.post(f"{base}/cgi-bin/stable_token", json=fields, timeout=20).json()["access_token"])


def upload(base: str, token: str, kind: str, content: bytes, content_type: str) -> dict[str, object]:
    answer: dict[str, object] = requests.post(
        f"{base}/cgi-bin/media/upload",
        params={"access_token": token, "type": kind},
        files={"media": ("name", content, content_type)},
        timeout=20,
    ).json()
    return answer


def fetch(base: str, token: str, media_id: object) -> requests.Response:
    query = {"access_token": token, "media_id": str(media_id)}
    return requests.get(f"{base}/cgi-bin/media/get", params=query, timeout=20)


def test_media_are_kept_for_three_days(world: World, base: str, sundial: Sundial) -> None:
    token = token_of(base)
    made = upload(base, token, "image", PICTURE, "image/png")
    got = fetch(base, token, made["media_id"])
    assert (got.content, got.headers["Content-Type"]) == (PICTURE, "image/png")
    sundial.wait(3 * 24 * 3600 + 1)
    assert fetch(base, token_of(base), made["media_id"]).json()["errcode"] == 40007
    assert fetch(base, token_of(base), "never").json()["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "content", "content_type", "errcode"),
    [
        ("song", b"x", "audio/mpeg", 40004),
        ("image", b"x", "text/html", 40005),
        ("thumb", b"x" * (LARGEST["thumb"] + 1), "image/jpeg", 40006),
        ("image", b"", "image/png", 44001),
    ],
)
def test_media_have_kinds_and_sizes(base: str, kind: str, content: bytes, content_type: str, errcode: int) -> None:
    assert upload(base, token_of(base), kind, content, content_type)["errcode"] == errcode


def test_what_people_send_can_be_fetched(world: World, base: str, echo: Echo) -> None:
    zhang = world.join("张建国", following=True)
    for send, content_type in ((zhang.sends_picture, "image/png"), (zhang.speaks, "audio/amr")):
        send()
        got = fetch(base, token_of(base), echo.seen[-1]["MediaId"])
        assert got.headers["Content-Type"] == content_type
        assert len(got.content) > 8


def test_typing_shows_within_a_window(world: World, base: str, sundial: Sundial) -> None:
    zhang = world.join("张建国", following=True)

    def type_to(openid: str, command: str = "Typing") -> object:
        fields = {"touser": openid, "command": command}
        address = f"{base}/cgi-bin/message/custom/typing?access_token={token_of(base)}"
        return requests.post(address, json=fields, timeout=20).json()["errcode"]

    assert type_to(zhang.openid) == 45080
    zhang.says("在吗")
    assert type_to(zhang.openid) == 0
    assert type_to(zhang.openid, "Shouting") == 45072
    assert type_to("nobody") == 40003
    sundial.wait(48 * 3600)
    assert type_to(zhang.openid) == 45080


def test_the_handshake_wants_the_echo_and_nothing_else(world: World) -> None:
    server = Flask("server", static_folder=None)
    answers = {"right": "", "padded": "\n", "html": "<html>"}

    @server.get("/<how>")
    def shake(how: str) -> Response:
        if how == "closed":
            return Response(status=403)
        echo = Envelope(Account()).handshake(request.args)  # signed as it should be, or it raises
        return Response(echo + answers[how])

    complaints = {}
    for how in (*answers, "closed"):
        world.get = wsgi_get(server, f"/{how}")
        complaints[how] = world.shake()
    assert complaints["right"] == ""
    assert "nothing else" in complaints["padded"]
    assert "nothing else" in complaints["html"]
    assert "403" in complaints["closed"]
    assert len(world.complaints) == 3


class Account:
    """The account as our own codec wants it."""

    app_id, token, encoding_aes_key, previous_encoding_aes_key = ACCOUNT.app_id, ACCOUNT.token, "", ""
    timestamp_tolerance = 0


def test_json_reaches_the_server_sealed_like_xml(world: World) -> None:
    seen: list[bytes] = []
    server = Flask("server", static_folder=None)

    @server.post("/wechat")
    def take() -> Response:
        assert request.content_type.startswith("application/json")
        seen.append(Envelope(Sealed()).open(request.args, request.get_data(), world.clock.now()))
        return Response("success")

    world.courier.post = wsgi_post(server)
    zhang = world.join("张建国", following=True)
    zhang.event("subscribe_msg_popup_event", manner=Manner(json=True), List={"TemplateId": "T"})
    assert b'"List": {"TemplateId": "T"}' in seen[0]
    assert world.complaints == []


class Sealed(Account):
    encoding_aes_key = ACCOUNT.encoding_aes_key
