"""The simulator's chat page in a browser, as a phone and as a desktop window."""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flask
import pytest
import requests
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from simulator import Template, World, wsgi_post
from simulator.main import running
from tests.simulator.honest import ACCOUNTS, Echo

at_both_widths = pytest.mark.parametrize("width", [390, 1280])
OPTION = '请选择：\n<a href="weixin://bizmsgmenu?msgmenucontent=请假&msgmenuid=2">我要请假</a>\nhttp://127.0.0.1/h5/'
MENU: dict[str, object] = {
    "button": [
        {"name": "签到", "sub_button": [{"type": "click", "name": "我要签到", "key": "CHECKIN"}]},
        {"type": "click", "name": "答题", "key": "QUIZ"},
        {"type": "scancode_waitmsg", "name": "扫码", "key": "SCAN"},
    ]
}


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def world(echo: Echo) -> World:
    return World(ACCOUNTS, wsgi_post(echo), cut=20)


@pytest.fixture
def base(world: World) -> Iterator[str]:
    with running(world) as base:
        yield base


@pytest.fixture
def width() -> int:
    return 390


@pytest.fixture
def chat(width: int, base: str, new_page: Callable[..., Page]) -> Page:
    page = new_page(width, 844)
    page.goto(base)
    expect(page.locator("body[data-ready]")).to_be_attached()
    return page


def _add(page: Page, name: str) -> None:
    page.get_by_label("姓名").first.fill(name)
    page.get_by_role("button", name="加进来").first.click()
    expect(page.get_by_text(f"{name}的手机")).to_be_visible()


def _say(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="消息").fill(text)
    page.keyboard.press("Enter")


def _heard(page: Page, text: str) -> None:
    expect(page.locator("#lines .line.account").last).to_contain_text(text)


def _key(echo: Echo) -> object:
    return echo.seen[-1]["EventKey"]


def _told(echo: Echo, event: str) -> None:
    # the page shows what was done without waiting until the account has been told of it
    while not echo.seen or echo.seen[-1].get("Event") != event:
        assert echo.arrivals.acquire(timeout=20), f"the account was never told of {event}"


def _fits(page: Page) -> None:
    wide: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, "the page scrolls sideways"


@at_both_widths
def test_a_first_visit_tells_what_to_do_and_a_talk_follows(chat: Page, world: World) -> None:
    expect(chat.get_by_role("heading", name="先加一位关注者")).to_be_visible()
    expect(chat.get_by_text("演示数据，纯属虚构")).to_be_visible()
    _add(chat, "张建国")
    _fits(chat)
    chat.get_by_role("button", name="关注公众号", exact=True).click()
    _heard(chat, "收到：event")
    _say(chat, "签到")
    expect(chat.locator(".line.me .bubble")).to_have_text("签到")
    _heard(chat, "收到：签到")
    _fits(chat)
    assert world.complaints == []


def test_a_code_on_the_wall_is_scanned_by_a_stranger_and_again_by_a_follower(
    chat: Page, world: World, echo: Echo
) -> None:
    _add(chat, "张建国")
    chat.get_by_role("button", name="扫一扫").click()
    expect(chat.get_by_text("现在没有可扫的码")).to_be_visible()
    world.tickets.create("QR_STR_SCENE", "ck-hall-1-old", 60)
    world.tickets.create("QR_STR_SCENE", "ck-hall-2-new", 60)
    world.journal.changed("codes")
    expect(chat.locator(".code")).to_have_count(1)
    chat.get_by_role("button", name="扫描 ck-hall-2-new").click()
    chat.locator("#offer").get_by_role("button", name="关注公众号").click()
    _heard(chat, "收到：event")
    assert echo.seen[-1]["EventKey"] == "qrscene_ck-hall-2-new"
    chat.get_by_role("button", name="扫一扫").click()
    chat.get_by_role("button", name="扫描 ck-hall-2-new").click()
    expect(chat.locator("#lines .line.account")).to_have_count(2)
    assert echo.seen[-1]["Event"] == "SCAN"


def test_a_pasted_link_that_leads_nowhere_is_only_a_note(chat: Page) -> None:
    _add(chat, "张建国")
    chat.get_by_role("button", name="扫一扫").click()
    chat.get_by_label("或者粘贴码里的链接").fill("https://example.org/x")
    chat.get_by_role("button", name="扫描", exact=True).click()
    expect(chat.get_by_text("打开网页 https://example.org/x").last).to_be_visible()


@at_both_widths
def test_the_account_menu_taps_pops_up_and_scans(chat: Page, world: World, echo: Echo) -> None:
    ticket = world.tickets.create("QR_STR_SCENE", "ck-hall-1-x", 60)
    zhang = world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    menu = chat.get_by_role("toolbar", name="公众号菜单")
    expect(menu).to_be_hidden()
    world.menu = MENU
    world.journal.changed("menu")
    menu.get_by_role("button", name="答题").click()
    _heard(chat, "收到：event")
    assert _key(echo) == "QUIZ"
    menu.get_by_role("button", name="签到").click()
    menu.get_by_role("menuitem", name="我要签到").click()
    expect(chat.locator("#lines .line.account")).to_have_count(2)
    assert _key(echo) == "CHECKIN"
    menu.get_by_role("button", name="扫码").click()
    chat.locator(".code").click()
    expect(chat.locator("#lines .line.account")).to_have_count(3)
    scanned = echo.seen[-1]["ScanCodeInfo"]
    assert scanned == {"ScanType": "qrcode", "ScanResult": ticket.url}
    assert zhang.following
    _fits(chat)


def test_replies_keep_their_lines_and_options_can_be_tapped(chat: Page, world: World, echo: Echo) -> None:
    zhang = world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    expect(chat.get_by_text("张建国的手机")).to_be_visible()
    zhang.says("菜单")
    _heard(chat, "收到：菜单")
    world.push(zhang.openid, "text", OPTION)
    last = chat.locator("#lines .line.account .bubble").last
    expect(last).to_have_css("white-space", "pre-wrap")
    expect(last.get_by_role("link")).to_have_attribute("href", "http://127.0.0.1/h5/")
    last.get_by_role("button", name="我要请假").click()
    _heard(chat, "收到：请假")
    assert echo.seen[-1]["bizmsgmenuid"] == "2"


def test_markup_in_a_message_stays_text(chat: Page, world: World) -> None:
    zhang = world.join("张<b>建国", following=True)
    chat.locator(".person").click()
    zhang.says("<img src=x onerror=alert(1)>")
    _heard(chat, "<img src=x")
    zhang.says('<a href="javascript:alert(1)">点我</a>')
    _heard(chat, "点我")
    expect(chat.locator("#lines a, #lines img")).to_have_count(0)


def test_voice_and_picture_are_sent(chat: Page, world: World, echo: Echo) -> None:
    world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    chat.get_by_role("button", name="改用语音").click()
    _say(chat, "我到了")
    _heard(chat, "收到：我到了")
    assert echo.seen[-1]["MsgType"] == "voice"
    chat.get_by_role("button", name="更多消息类型").click()
    chat.get_by_role("button", name="图片").click()
    _heard(chat, "收到：image")


@at_both_widths
def test_a_failing_server_is_shown_as_wechat_shows_it(chat: Page, world: World, echo: Echo) -> None:
    echo.answer = lambda _: (500, b"oops")
    world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    _say(chat, "签到")
    expect(chat.locator(".note.failed")).to_have_text("该公众号暂时无法提供服务，请稍后再试")
    chat.get_by_role("button", name="更多", exact=True).click()
    chat.get_by_role("menuitem", name="查看原始报文").click()
    drawer = chat.get_by_role("complementary", name="原始报文")
    expect(drawer.get_by_text("检查员有 1 条意见")).to_be_visible()
    drawer.locator("summary").click()
    expect(drawer.get_by_text("the server answered HTTP 500")).to_be_visible()
    expect(drawer.locator("pre").first).to_contain_text("<Content>")
    _fits(chat)


def test_waiting_is_shown_while_the_server_thinks(chat: Page, world: World, echo: Echo) -> None:
    echo.slow = threading.Event()
    world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    _say(chat, "签到")
    expect(chat.get_by_text("正在等待回复")).to_be_visible()
    echo.slow.set()
    _heard(chat, "收到：签到")
    expect(chat.get_by_text("正在等待回复")).to_be_hidden()


@at_both_widths
def test_unfollowing_is_confirmed_first(chat: Page, world: World, echo: Echo) -> None:
    zhang = world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    chat.get_by_role("button", name="更多", exact=True).click()
    chat.get_by_role("menuitem", name="不再关注").click()
    chat.locator("#unfollow").get_by_role("button", name="取消").click()
    expect(chat.locator("#unfollow")).to_be_hidden()
    chat.get_by_role("button", name="更多", exact=True).click()
    chat.get_by_role("menuitem", name="不再关注").click()
    assert zhang.following
    chat.locator("#unfollow").get_by_role("button", name="不再关注").click()
    expect(chat.get_by_text("张建国还没有关注这个公众号")).to_be_visible()
    _told(echo, "unsubscribe")
    expect(chat.get_by_role("textbox", name="消息")).to_be_hidden()


def test_people_who_join_elsewhere_appear_and_their_news_is_marked(chat: Page, world: World) -> None:
    world.join("张建国", following=True)
    li = world.join("李秀英")
    chat.get_by_role("button", name="张建国").click()
    expect(chat.get_by_text("张建国的手机")).to_be_visible()  # drawn once his conversation has come
    li.follow()
    chat.get_by_role("button", name="返回关注者列表").click()
    entry = chat.get_by_role("button", name="李秀英")
    expect(entry).to_contain_text("有新消息")
    entry.click()
    _heard(chat, "收到：event")
    chat.reload()
    expect(chat.get_by_text("李秀英的手机")).to_be_visible()
    _heard(chat, "收到：event")


@at_both_widths
def test_much_data_is_shown_without_scrolling_sideways(chat: Page, world: World) -> None:
    for number in range(40):
        world.join(f"同志{number}", following=True)
    zhang = world.join("名字特别特别特别长的同志", following=True)
    for number in range(60):
        zhang.says(f"第 {number} 句 " + "很长的话" * (number % 9) + "x" * 200 * (number % 2))
    chat.get_by_role("button", name="名字特别").click()
    _heard(chat, "收到：第 59 句")
    expect(chat.locator("#lines .line").last).to_be_in_viewport()
    _fits(chat)


def test_everything_works_by_keyboard(chat: Page, world: World) -> None:
    world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").focus()
    chat.keyboard.press("Enter")
    chat.get_by_role("textbox", name="消息").focus()
    chat.keyboard.type("签到")
    chat.keyboard.press("Enter")
    _heard(chat, "收到：签到")
    chat.get_by_role("button", name="扫一扫").focus()
    chat.keyboard.press("Enter")
    expect(chat.get_by_role("dialog")).to_be_visible()
    chat.keyboard.press("Escape")
    expect(chat.get_by_role("dialog")).to_be_hidden()


def test_no_script_or_style_stands_in_the_page_itself() -> None:
    page = (Path(__file__).parents[2] / "simulator" / "templates" / "chat.html").read_text("utf-8")
    assert "style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
    assert "<style" not in page


def _templated(world: World) -> None:
    world.subscriptions.templates = [
        Template.of("activity", "T1", "subscription", {"thing1": "title", "time2": "when"}),
        Template.of("study", "T2", "subscription", {"thing1": "title"}),
        Template.of("change", "T3", "template", {"thing1": "title"}),
    ]


@at_both_widths
def test_a_card_is_allowed_once_and_shows_its_fields(chat: Page, world: World, base: str, echo: Echo) -> None:
    _templated(world)
    zhang = world.join("张建国", following=True)
    chat.get_by_role("button", name="张建国").click()
    chat.get_by_role("button", name="更多", exact=True).click()
    chat.get_by_role("menuitem", name="订阅通知").click()
    dialog = chat.get_by_role("dialog", name="订阅通知")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_role("button", name="允许一次活动通知").click()
    expect(dialog.get_by_text("还可以收1次")).to_be_visible()
    _told(echo, "subscribe_msg_popup_event")
    _fits(chat)
    token = world.tokens.fetch_stable(ACCOUNTS.official_account.app_id).token
    said = {"thing1": {"value": "<b>主题党日</b>"}, "time2": {"value": "2026年11月27日 14:00"}}
    sent = {"touser": zhang.openid, "template_id": "T1", "page": "http://127.0.0.1/h5/", "data": said}
    url = f"{base}/cgi-bin/message/subscribe/bizsend?access_token={token}"
    assert requests.post(url, json=sent, timeout=10).json()["errcode"] == 0
    dialog.get_by_role("button", name="关闭").click()
    card = chat.locator("#lines .line.account .bubble.form")
    expect(card.locator("strong")).to_have_text("活动通知")
    expect(card.locator("dt")).to_have_text(["事项", "时间"])
    expect(card.locator("dd")).to_have_text(["<b>主题党日</b>", "2026年11月27日 14:00"])
    expect(card.get_by_role("link", name="查看详情")).to_have_attribute("href", "http://127.0.0.1/h5/")
    chat.get_by_role("button", name="更多", exact=True).click()
    chat.get_by_role("menuitem", name="订阅通知").click()
    dialog.get_by_role("button", name="允许一次学习提醒").click()
    dialog.get_by_role("button", name="不再接收学习提醒").click()
    expect(dialog.get_by_text("还可以收0次")).to_have_count(2)
    _told(echo, "subscribe_msg_change_event")
    _fits(chat)


ASKING = """<!doctype html><html lang="zh-CN"><title>订阅</title><body><h1 id="told"></h1>
<wx-open-subscribe template="T1,T2" id="ask"><script type="text/wxtag-template" slot="style"><style>.b { padding: 12px; }</style></script>
<script type="text/wxtag-template"><button class="b">同意</button></script></wx-open-subscribe>
<script src="{sdk}"></script><script src="/own.js"></script>"""
OWN = """const told = document.getElementById("told"), element = document.getElementById("ask");
element.addEventListener("success", (event) => { told.textContent = event.detail.subscribeDetails; });
element.addEventListener("error", (event) => { told.textContent = event.detail.errMsg; });
wx.error((result) => { told.textContent = result.errMsg; });
wx.config(%s);"""


@contextmanager
def _asking(sdk: str, world: World, *, signed: bool = True) -> Iterator[str]:
    """A page of the account, on an address of its own and with our pages' policy, that asks for consent."""
    app = flask.Flask("asking")
    policy = f"default-src 'none'; script-src 'self' {sdk}; connect-src 'self'"

    @app.get("/")
    def page() -> flask.Response:
        return flask.Response(ASKING.replace("{sdk}", sdk), headers={"Content-Security-Policy": policy})

    @app.get("/own.js")
    def own() -> flask.Response:
        account = ACCOUNTS.official_account
        ticket, _ = world.page_tickets.fetch(account.app_id)
        said = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1&url={flask.request.host_url}"
        digest = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest() if signed else "0" * 40
        config = {"appId": account.app_id, "timestamp": 1, "nonceStr": "n", "signature": digest}
        config |= {"jsApiList": [], "openTagList": ["wx-open-subscribe"]}
        return flask.Response(OWN % json.dumps(config), mimetype="text/javascript")

    @app.get("/favicon.ico")
    def nothing() -> flask.Response:
        return flask.Response(status=204)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_signed_page_asks_for_consent_as_in_wechat(
    world: World, base: str, echo: Echo, new_page: Callable[..., Page]
) -> None:
    _templated(world)
    zhang = world.join("张建国", following=True)
    sdk = f"{base}/open/js/jweixin-1.6.0.js"
    with _asking(sdk, world) as address:
        page = new_page(390, 844)
        page.goto(address)
        with page.expect_popup() as opened:
            page.get_by_role("button", name="同意").click()
        popup = opened.value
        popup.get_by_role("link", name="张建国").click()
        popup.get_by_label("学习提醒").uncheck()
        with popup.expect_event("close"):
            popup.get_by_role("button", name="允许").click()
        told = page.locator("#told")
        expect(told).to_have_text('{"T1":"{\\"status\\":\\"accept\\"}","T2":"{\\"status\\":\\"reject\\"}"}')
        assert (zhang.credits("T1"), zhang.credits("T2")) == (1, 0)
        _told(echo, "subscribe_msg_popup_event")
        with page.expect_popup() as opened:
            page.get_by_role("button", name="同意").click()
        opened.value.get_by_role("link", name="张建国").click()
        opened.value.get_by_role("button", name="取消").click()
        expect(told).to_have_text("subscribe:cancel")
        assert zhang.credits("T1") == 1


def test_a_page_signed_wrongly_gets_no_button(world: World, base: str, new_page: Callable[..., Page]) -> None:
    with _asking(f"{base}/open/js/jweixin-1.6.0.js", world, signed=False) as address:
        page = new_page(390, 844)
        page.goto(address)
        expect(page.locator("#told")).to_have_text("config:invalid signature")
        expect(page.get_by_role("button", name="同意")).to_have_count(0)
