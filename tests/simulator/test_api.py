"""The platform's API over HTTP: token rules, QR codes, errors, quotas, faults on demand."""

from collections.abc import Iterator

import pytest
import requests

from simulator import Fault, World
from simulator.main import running
from simulator.quotas import Limit
from tests.simulator.honest import ACCOUNTS, Sundial

ACCOUNT, MINI = ACCOUNTS.official_account, ACCOUNTS.mini_program
Json = dict[str, object]


class Client:
    """Calls one simulator; every answer is JSON with HTTP 200 unless a test says otherwise."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = requests.Session()
        self.http.trust_env = False

    def get(self, path: str, **query: str) -> Json:
        return self._read(self.http.get(self.base + path, params=query, timeout=20))

    def post(self, path: str, fields: object, **query: str) -> Json:
        return self._read(self.http.post(self.base + path, params=query, json=fields, timeout=20))

    def token(self, **changed: str) -> Json:
        query = {"grant_type": "client_credential", "appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret}
        return self.get("/cgi-bin/token", **{**query, **changed})

    def stable(self, **changed: object) -> Json:
        fields = {"grant_type": "client_credential", "appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret}
        return self.post("/cgi-bin/stable_token", {**fields, **changed})

    def ping(self, token: object) -> object:
        """The errcode of a harmless call with this token, 0 when it is accepted."""
        return self.get("/cgi-bin/getcallbackip", access_token=str(token)).get("errcode", 0)

    @staticmethod
    def _read(response: requests.Response) -> Json:
        assert response.status_code == 200
        answer: Json = response.json()
        return answer


@pytest.fixture
def api(world: World) -> Iterator[Client]:
    with running(world) as base:
        client = Client(base)
        yield client
        client.http.close()


@pytest.fixture
def token(api: Client) -> str:
    return str(api.stable()["access_token"])


def test_each_token_call_gives_a_new_one_and_the_former_dies_after_five_minutes(api: Client, sundial: Sundial) -> None:
    first, second = api.token()["access_token"], api.token()["access_token"]
    assert first != second
    assert (api.ping(first), api.ping(second)) == (0, 0)
    sundial.wait(300)
    assert (api.ping(first), api.ping(second)) == (40001, 0)
    sundial.wait(7000)
    assert api.ping(second) == 42001


def test_in_strict_mode_a_new_token_ends_the_former_at_once(api: Client, world: World) -> None:
    world.tokens.overlap = 0
    first, second = api.token()["access_token"], api.token()["access_token"]
    assert (api.ping(first), api.ping(second)) == (40001, 0)


def test_the_stable_token_stays_until_its_last_five_minutes(api: Client, sundial: Sundial) -> None:
    first = api.stable()
    assert first["expires_in"] == 7200
    sundial.wait(6899)
    assert api.stable() == {"access_token": first["access_token"], "expires_in": 301}
    sundial.wait(1)
    second = api.stable()
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 7200
    assert api.ping(first["access_token"]) == 0
    sundial.wait(300)
    assert api.ping(first["access_token"]) == 42001
    assert api.ping(second["access_token"]) == 0


def test_the_two_kinds_of_token_are_apart(api: Client, world: World) -> None:
    world.tokens.overlap = 0
    stable = api.stable()["access_token"]
    api.token()
    api.token()
    assert api.ping(stable) == 0


def test_a_forced_refresh_is_bounded(api: Client, sundial: Sundial) -> None:
    first = api.stable()["access_token"]
    second = api.stable(force_refresh=True)["access_token"]
    assert second != first
    assert api.ping(first) == 40001
    assert api.stable(force_refresh=True)["access_token"] == second, "30 s apart at least"
    for _ in range(19):
        sundial.wait(30)
        second = api.stable(force_refresh=True)["access_token"]
    sundial.wait(30)
    assert api.stable(force_refresh=True)["access_token"] == second, "20 a day at most"


def test_wrong_credentials_are_told_apart(api: Client, world: World) -> None:
    assert api.token(secret="wrong")["errcode"] == 40001
    assert api.stable(secret="wrong")["errcode"] == 40001
    assert api.token(appid="wxnone")["errcode"] == 40013
    assert api.token(grant_type="other")["errcode"] == 40002
    assert api.ping("") == 41001
    assert api.ping("junk") == 40014
    assert str(api.token(appid="wxnone")["errmsg"]).startswith("invalid appid rid: ")
    world.ip_allowed = False
    assert api.stable()["errcode"] == 40164


def test_a_mini_program_token_does_not_open_the_account(api: Client) -> None:
    mini = api.stable(appid=MINI.app_id, secret=MINI.app_secret)["access_token"]
    assert api.ping(mini) == 48001


def test_invalidation_from_outside_is_met_as_40001(api: Client, world: World, token: str) -> None:
    world.tokens.invalidate()
    assert api.ping(token) == 40001
    assert api.ping(api.stable()["access_token"]) == 0


def _code(api: Client, token: str, scene: object, action: str = "QR_STR_SCENE", **more: object) -> Json:
    name = "scene_str" if "STR" in action else "scene_id"
    fields = {"action_name": action, "action_info": {"scene": {name: scene}}, **more}
    return api.post("/cgi-bin/qrcode/create", fields, access_token=token)


def test_a_code_lives_as_long_as_it_was_asked_for(api: Client, world: World, sundial: Sundial, token: str) -> None:
    made = _code(api, token, "ck-hall-1-x", expire_seconds=120)
    assert made["expire_seconds"] == 120
    permanent = _code(api, token, "door", "QR_LIMIT_STR_SCENE")
    assert "expire_seconds" not in permanent
    assert _code(api, token, 7, "QR_SCENE")["expire_seconds"] == 60
    picture = api.http.get(api.base + "/cgi-bin/showqrcode", params={"ticket": str(made["ticket"])}, timeout=20)
    assert picture.content.startswith(b"\x89PNG")
    zhang = world.join("张建国", following=True)
    assert zhang.scans(str(made["url"])).deliveries
    sundial.wait(120)
    assert not zhang.scans(str(made["url"])).deliveries
    assert zhang.scans(str(permanent["ticket"])).deliveries


@pytest.mark.parametrize(
    ("scene", "action", "errcode"),
    [("", "QR_STR_SCENE", 40053), ("x" * 65, "QR_STR_SCENE", 40053), ("x", "QR_OTHER_STR", 40052)],
)
def test_an_impossible_code_is_refused(api: Client, token: str, scene: str, action: str, errcode: int) -> None:
    assert _code(api, token, scene, action)["errcode"] == errcode


def test_a_menu_with_escaped_chinese_is_refused(api: Client, world: World, token: str) -> None:
    menu = {"button": [{"type": "click", "name": "签到", "key": "CHECKIN"}]}
    assert api.get("/cgi-bin/menu/get", access_token=token)["errcode"] == 46003
    assert api.post("/cgi-bin/menu/create", menu, access_token=token)["errcode"] == 40033
    raw = '{"button": [{"type": "click", "name": "签到", "key": "CHECKIN"}]}'.encode()
    answer = api.http.post(api.base + "/cgi-bin/menu/create", params={"access_token": token}, data=raw, timeout=20)
    assert answer.json()["errcode"] == 0
    assert api.get("/cgi-bin/menu/get", access_token=token) == {"menu": menu}
    api.get("/cgi-bin/menu/delete", access_token=token)
    assert world.menu is None


@pytest.mark.parametrize(
    ("menu", "errcode"),
    [
        ({"button": []}, 40016),
        ({"button": [{"name": "a", "type": "click", "key": "k"}] * 4}, 40016),
        ({"button": [{"name": "a" * 17, "type": "click", "key": "k"}]}, 40018),
        ({"button": [{"name": "a", "type": "click"}]}, 40019),
        ({"button": [{"name": "a", "type": "view", "url": "javascript:1"}]}, 40020),
        ({"button": [{"name": "a", "type": "dance"}]}, 40017),
        ({"button": [{"name": "a", "sub_button": [{"name": "b", "type": "click", "key": "k"}] * 6}]}, 40023),
        ([], 47001),
    ],
)
def test_an_impossible_menu_is_refused(api: Client, token: str, menu: object, errcode: int) -> None:
    assert api.post("/cgi-bin/menu/create", menu, access_token=token)["errcode"] == errcode


def test_a_follower_is_described_and_a_stranger_is_not(api: Client, world: World, token: str) -> None:
    zhang = world.join("张建国", "union-1")

    def about(openid: str) -> Json:
        return api.get("/cgi-bin/user/info", access_token=token, openid=openid)

    assert about(zhang.openid) == {"subscribe": 0, "openid": zhang.openid, "tagid_list": []}
    zhang.follow(world.tickets.create("QR_STR_SCENE", "door", 60).ticket)
    known = about(zhang.openid)
    assert (known["subscribe"], known["unionid"], known["nickname"]) == (1, "union-1", "")
    assert (known["subscribe_scene"], known["qr_scene_str"]) == ("ADD_SCENE_QR_CODE", "door")
    assert about(zhang.mini_openid)["errcode"] == 40003
    listed = api.get("/cgi-bin/user/get", access_token=token)
    assert listed == {
        "total": 1, "count": 1, "next_openid": zhang.openid, "data": {"openid": [zhang.openid]},
    }  # fmt: skip
    batch = {"user_list": [{"openid": zhang.openid}]}
    found = api.post("/cgi-bin/user/info/batchget", batch, access_token=token)
    assert found == {"user_info_list": [known]}
    many = {"user_list": [{"openid": zhang.openid}] * 101}
    assert api.post("/cgi-bin/user/info/batchget", many, access_token=token)["errcode"] == 40032


def test_customer_service_keeps_to_its_windows(api: Client, world: World, sundial: Sundial) -> None:
    zhang = world.join("张建国")

    def send() -> object:
        token = str(api.stable()["access_token"])
        fields = {"touser": zhang.openid, "msgtype": "text", "text": {"content": "补发的回复"}}
        return api.post("/cgi-bin/message/custom/send", fields, access_token=token)["errcode"]

    assert send() == 43004
    zhang.follow()
    assert [send() for _ in range(4)] == [0, 0, 0, 45047]
    zhang.says("签到")
    assert [send() for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    sundial.wait(48 * 3600)
    assert send() == 45015
    assert [line.text for line in world.journal.lines(zhang.id)].count("补发的回复") == 8
    wrong = {"touser": zhang.mini_openid, "msgtype": "text", "text": {"content": "好"}}
    token = str(api.stable()["access_token"])
    assert api.post("/cgi-bin/message/custom/send", wrong, access_token=token)["errcode"] == 40003


def test_a_login_code_works_once_and_for_five_minutes(api: Client, world: World, sundial: Sundial) -> None:
    zhang = world.join("张建国", "union-1")

    def login(code: str) -> Json:
        secrets = {"appid": MINI.app_id, "secret": MINI.app_secret, "grant_type": "authorization_code"}
        return api.get("/sns/jscode2session", js_code=code, **secrets)

    code = world.login_code(zhang)
    session = login(code)
    assert (session["openid"], session["unionid"]) == (zhang.mini_openid, "union-1")
    assert "errcode" not in session
    assert login(code)["errcode"] == 40163
    assert login("unknown")["errcode"] == 40029
    late = world.login_code(zhang)
    sundial.wait(301)
    assert login(late)["errcode"] == 40029
    assert login(world.login_code(zhang, errcode=40226))["errcode"] == 40226


def test_texts_are_looked_over_for_who_was_in_the_mini_program_lately(
    api: Client, world: World, sundial: Sundial
) -> None:
    zhang = world.join("张建国")
    secrets = {"appid": MINI.app_id, "secret": MINI.app_secret}
    token = str(api.stable(**secrets)["access_token"])

    def check(text: str, openid: str = zhang.mini_openid, **more: object) -> Json:
        fields = {"version": 2, "scene": 2, "openid": openid, "content": text, **more}
        return api.post("/wxa/msg_sec_check", fields, access_token=token)

    assert check("好")["errcode"] == 61010
    world.login_code(zhang)
    assert [check(text)["result"]["suggest"] for text in ("好", "存疑", "违规")] == ["pass", "review", "risky"]  # type: ignore[index]
    assert check("好", openid=zhang.openid)["errcode"] == 61010
    assert check("好", version=1)["errcode"] == 47001
    assert check("好" * 2501)["errcode"] == 45002
    official = str(api.stable()["access_token"])
    assert api.post("/wxa/msg_sec_check", {"content": "好"}, access_token=official)["errcode"] == 48001
    sundial.wait(2 * 3600 + 1)
    token = str(api.stable(**secrets)["access_token"])
    assert check("好")["errcode"] == 61010


def test_quotas_run_out_by_the_minute_and_by_the_day(api: Client, world: World, sundial: Sundial) -> None:
    world.quotas.limits["/cgi-bin/stable_token"] = Limit(day=3, minute=2)
    token = str(api.stable()["access_token"])
    api.stable()
    assert api.stable()["errcode"] == 45011
    sundial.wait(60)
    api.stable()
    assert api.stable()["errcode"] == 45009
    cleared = api.post("/cgi-bin/clear_quota", {"appid": ACCOUNT.app_id}, access_token=token)
    assert cleared["errcode"] == 0
    api.stable()
    for _ in range(9):
        api.post("/cgi-bin/clear_quota", {"appid": ACCOUNT.app_id}, access_token=token)
    again = api.post("/cgi-bin/clear_quota", {"appid": ACCOUNT.app_id}, access_token=token)
    assert again["errcode"] == 48006


def test_the_day_ends_at_midnight_in_china(api: Client, world: World, sundial: Sundial) -> None:
    world.quotas.limits["/cgi-bin/token"] = Limit(day=1)  # it is 19:00 in China
    api.token()
    assert api.token()["errcode"] == 45009
    sundial.wait(5 * 3600)
    assert "access_token" in api.token()


def test_planned_faults_happen_and_then_stop(api: Client, world: World, token: str) -> None:
    path = "/cgi-bin/getcallbackip"
    world.faults.plan(path, Fault(times=2, errcode=-1))
    world.faults.plan(path, Fault(html=True))
    world.faults.plan(path, Fault(status=503))
    assert [api.ping(token), api.ping(token)] == [-1, -1]
    url = f"{api.base}{path}?access_token={token}"
    page = api.http.get(url, timeout=20)
    assert page.headers["Content-Type"].startswith("text/html")
    assert api.http.get(url, timeout=20).status_code == 503
    assert api.ping(token) == 0
    assert world.calls[path] == 5


def test_an_answer_can_be_lost_after_the_effect(api: Client, world: World, token: str) -> None:
    world.faults.plan("/cgi-bin/qrcode/create", Fault(errcode=-1, after=True))
    assert _code(api, token, "door")["errcode"] == -1
    assert [ticket.scene for ticket in world.tickets.alive()] == ["door"]


def test_a_held_call_is_let_go_when_all_is_forgiven(api: Client, world: World, token: str) -> None:
    world.faults.plan("/cgi-bin/getcallbackip", Fault(wait=600))
    with pytest.raises(requests.ReadTimeout):
        api.http.get(f"{api.base}/cgi-bin/getcallbackip", params={"access_token": token}, timeout=(20, 0.1))
    world.faults.forgive()
    assert api.ping(token) == 0
