"""Signing in to the H5 pages: the number, the chat's word for it, WeChat's own word, the cookie, the way out."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from services import visits
from tests.branch import Phone
from tests.pages.office import LEADER, MEMBER, OFFICE, SECRETARY, Browser, Office, number_on, words_of

PHONE = "Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 Chrome/116.0 Mobile Safari/537.36"
INSIDE = f"{PHONE} MicroMessenger/8.0.49"


def bound(office: Office, name: str) -> Phone:
    """The person's phone, bound."""
    known = office.branch.phones.get(name)
    return known or office.branch.phone(name).says(office.branch.code(name)).hears("绑定成功")


def state_of(client: FlaskClient) -> str:
    """What the waiting page hears."""
    state: str = client.get("/h5/sign-in/now").get_json()["state"]
    return state


def test_a_number_sent_in_the_chat_and_confirmed_lets_this_browser_in(office: Office) -> None:
    client = office.branch.app.test_client()
    sent_away = client.get("/h5/month/2026-11?x=1")
    assert sent_away.status_code == 303
    assert sent_away.headers["Location"] == "/h5/sign-in?to=/h5/month/2026-11%3Fx%3D1"
    page = client.get(sent_away.headers["Location"], headers={"User-Agent": PHONE})
    number = number_on(client, "/h5/month/2026-11")
    assert f"登录 {number}" in words_of(page)
    assert state_of(client) == "waiting"
    phone = bound(office, SECRETARY)
    phone.says(f"登录 {number}").hears("内网", "安卓手机，Chrome浏览器")
    assert state_of(client) == "waiting"
    phone.says("1").hears("登录成功")
    assert state_of(client) == "in"
    on = client.get("/h5/sign-in?to=/h5/month/2026-11")
    assert (on.status_code, on.headers["Location"]) == (303, "/h5/month/2026-11")
    assert client.get("/h5/month/2026-11").status_code == 200


def test_whoever_says_no_lets_nobody_in(office: Office) -> None:
    client = office.branch.app.test_client()
    bound(office, LEADER).says(f"登录 {number_on(client)}").says("2").hears("没有登录")
    assert state_of(client) == "waiting"


def test_the_number_is_good_for_five_minutes_and_stays_the_same_meanwhile(office: Office) -> None:
    client, phone = office.branch.app.test_client(), bound(office, LEADER)
    number = number_on(client)
    assert number_on(client) == number
    phone.says(f"登录 {number}")
    office.branch.clock.advance(301)
    phone.says("1").hears("过了5分钟")
    assert state_of(client) == "over"
    assert number_on(client)
    assert state_of(client) == "waiting"
    phone.says(f"登录 {number}").hears_not("登录成功")
    phone.says("取消")


def test_behind_a_proxy_of_this_machine_the_outer_address_counts(office: Office) -> None:
    client = office.branch.app.test_client()
    client.get("/h5/sign-in", headers={"X-Forwarded-For": "10.0.0.7, 114.114.114.114"})
    bound(office, LEADER).says(f"登录 {number_on(client)}").hears("外网").says("2")


def test_the_cookie_is_shut_and_the_token_is_nowhere_kept(office: Office) -> None:
    answer = office.branch.app.test_client().get("/h5/sign-in")
    cookie = answer.headers["Set-Cookie"]
    for part in ("visit=", "HttpOnly", "SameSite=Lax", "Path=/h5/"):
        assert part in cookie
    assert "Secure" not in cookie  # the branch under test has no https
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
    token = cookie.partition("visit=")[2].partition(";")[0]
    assert token not in office.house.settings.home.joinpath("var", "zhibu.db").read_bytes().decode("latin-1")


def test_of_very_many_waiting_browsers_the_oldest_gives_way(office: Office) -> None:
    now = office.branch.clock.now()

    def crowd(db: Session) -> tuple[str, list[str | None]]:
        first, _ = visits.open_(db, now, device="甲", place="内网")
        rest = [visits.open_(db, now, device="乙", place="内网")[1] for _ in range(visits.MOST_WAITING)]
        return first, [one.number for one in rest]

    first, numbers = office.house.run(crowd)
    assert len(set(numbers)) == visits.MOST_WAITING
    with office.house.reading() as db:
        assert visits.of_token(db, first, now) is None
    assert office.house.run(lambda db: visits.purge(db, now + timedelta(days=31))) >= visits.MOST_WAITING


def test_signing_out_ends_this_browser_and_no_other(office: Office) -> None:
    one, other = Browser(office.signed_in(MEMBER)), Browser(office.signed_in(MEMBER))
    assert "已退出登录" in words_of(one.sends("/h5/sign-out"))
    assert one.get("/h5/").status_code == 303
    assert other.get("/h5/").status_code == 200


def test_whoever_unfollows_or_changes_the_account_is_signed_out(office: Office) -> None:
    office.join("换手机的同志")
    first = office.branch.phone("旧手机").says(office.branch.code("换手机的同志")).hears("绑定成功")
    browser = Browser(office.signed_in("换手机的同志"))
    office.branch.clock.advance(60)
    office.branch.phone("新手机").says(office.branch.code("换手机的同志")).hears("绑定成功")
    assert browser.get("/h5/").status_code == 303
    browser = Browser(office.signed_in("换手机的同志"))
    first.unfollows()
    assert browser.get("/h5/").status_code == 200
    office.branch.phones["新手机"].unfollows()
    assert browser.get("/h5/").status_code == 303


def test_a_sign_in_lives_thirty_days(office: Office) -> None:
    browser = Browser(office.signed_in(OFFICE))
    office.branch.clock.advance(timedelta(days=29).total_seconds())
    assert browser.get("/h5/").status_code == 200
    office.branch.clock.advance(timedelta(days=2).total_seconds())
    assert browser.get("/h5/").status_code == 303


def test_nobody_is_sent_on_to_another_site(office: Office) -> None:
    client = office.signed_in(MEMBER)
    for to in ("https://evil.example/", "//evil.example/h5/", "/h5/..//evil.example", "/h5/\\evil", "/wechat"):
        assert client.get("/h5/sign-in", query_string={"to": to}).headers["Location"] == "/h5/"


def inside(office: Office) -> FlaskClient:
    """The browser inside WeChat."""
    client = office.branch.app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = INSIDE
    return client


def code_for(office: Office, client: FlaskClient, phone: Phone, *, snapshot: bool = False) -> str:
    """Open the sign-in page inside WeChat; where WeChat sends the browser back to, as the owner of this phone."""
    there = client.get("/h5/sign-in?to=/h5/logins")
    assert there.status_code == 303
    query = parse_qs(urlsplit(there.headers["Location"]).query)
    assert query["scope"] == ["snsapi_base"]
    back = urlsplit(query["redirect_uri"][0])
    assert back.path == "/h5/sign-in/wechat"
    code = office.branch.world.page_code(phone.person, "snsapi_base", snapshot=snapshot)
    return f"{back.path}?code={code}&state={query['state'][0]}"


def test_inside_wechat_its_own_word_is_enough(office: Office) -> None:
    client = inside(office)
    back = code_for(office, client, bound(office, MEMBER))
    answer = client.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/h5/logins")
    page = words_of(client.get("/h5/logins"))
    assert "微信" in page
    assert f"{MEMBER}同志" in page
    repeated = client.get(back)  # clients do repeat it: gone on already, and the code is not asked for again
    assert (repeated.status_code, repeated.headers["Location"]) == (303, "/h5/")


def test_a_code_brought_by_somebody_else_lets_nobody_in(office: Office) -> None:
    back = code_for(office, inside(office), bound(office, SECRETARY))
    victim = inside(office)
    code_for(office, victim, bound(office, SECRETARY))  # has a state of its own
    answer = victim.get(back)
    assert answer.headers["Location"].startswith("/h5/sign-in?by=number")
    assert victim.get("/h5/").status_code == 303
    used = inside(office)
    mine = code_for(office, used, bound(office, SECRETARY))
    assert used.get(mine).headers["Location"] == "/h5/logins"
    used.delete_cookie("visit", path="/h5/")
    assert "by=number" in used.get(mine).headers["Location"]


def test_contract_21_the_visitor_of_a_snapshot_page_is_nobody(office: Office) -> None:
    client = inside(office)
    answer = client.get(code_for(office, client, bound(office, MEMBER), snapshot=True))
    assert answer.status_code == 403
    assert "使用完整服务" in answer.text
    assert client.get("/h5/").status_code == 303


def test_inside_wechat_somebody_unbound_is_told_how_to_bind(office: Office) -> None:
    client = inside(office)
    answer = client.get(code_for(office, client, office.branch.phone("过路人")))
    assert answer.status_code == 403
    assert "还没有绑定" in answer.text
    assert number_on(client, "/h5/&by=number")


def test_while_wechat_is_away_the_number_serves(office: Office) -> None:
    client = inside(office)
    back = code_for(office, client, bound(office, MEMBER)).replace("code=", "code=wrong")
    answer = client.get(back)
    assert answer.headers["Location"] == "/h5/sign-in?by=number&to=/h5/logins"
    assert "登录 " in words_of(client.get(answer.headers["Location"]))
