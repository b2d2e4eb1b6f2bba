"""Messages by a template go out as the platform wants them, their fields fit, and what becomes of them is understood."""

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import redis
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from settings import FieldSource, Template
from simulator.apierrors import ApiError
from simulator.template import Template as TheirTemplate
from tests.wire.platform_server import APP_ID, OPENID, SECRET, TOKEN_PATH, Platform, serving
from tests.wire.sealing import event
from wechat import fields
from wechat.client import MINI, SERVICE, SUBSCRIPTION, TEMPLATE, MiniProgramApi, OfficialAccountApi
from wechat.errors import ApiExhausted, OurMistake, OutcomeUnknown, PersonUnreachable, WeChatDown, WeChatError
from wechat.fields import Unfit, fit, moment
from wechat.messages import Consent, SentOutcome, consents, outcomes, parse

DATA = {"thing1": "主题党日", "time2": "2026年11月27日 14:00"}
VALUES = {key: {"value": text} for key, text in DATA.items()}
TICKET_PATH = "/cgi-bin/ticket/getticket"
SENT = {"errcode": 0, "errmsg": "ok", "msgid": 2301987654321098765}


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "clock")
    made.set_clock(1_790_000_000.0)
    with serving(made):
        made.always = dict.fromkeys((TEMPLATE, SUBSCRIPTION, MINI, SERVICE), SENT)
        yield made


@pytest.fixture
def clock(platform: Platform) -> Callable[[], datetime]:
    return lambda: datetime.fromtimestamp(platform.now(), UTC)


@pytest.fixture
def api(platform: Platform, empty_redis: redis.Redis, clock: Callable[[], datetime]) -> OfficialAccountApi:
    return OfficialAccountApi(platform.base + "/", APP_ID, SECRET, 0.5, empty_redis, clock)


def test_each_way_of_sending_says_what_its_page_asks_for(
    platform: Platform, api: OfficialAccountApi, empty_redis: redis.Redis, clock: Callable[[], datetime]
) -> None:
    mini = MiniProgramApi(platform.base, APP_ID, SECRET, 0.5, empty_redis, clock)
    assert api.send_template(OPENID, "T1", DATA, key="k" * 26, url="https://x/h5/") == "2301987654321098765"
    api.send_template(OPENID, "T1", DATA, key="k")
    platform.answers[SUBSCRIPTION] = [{"errcode": 0, "errmsg": "ok"}]
    assert api.send_subscription(OPENID, "T2", DATA, "https://x/h5/") == ""
    assert mini.send_subscription("oMini", "T3", DATA) == "2301987654321098765"
    api.send_text(OPENID, "改期")
    sent = [(path, json.loads(body)) for path, _, body in platform.calls if path != TOKEN_PATH]
    card = {"touser": OPENID, "template_id": "T1", "data": VALUES}
    assert sent == [
        (TEMPLATE, {**card, "client_msg_id": "k" * 26, "url": "https://x/h5/"}),
        (TEMPLATE, {**card, "client_msg_id": "k"}),
        (SUBSCRIPTION, {"touser": OPENID, "template_id": "T2", "data": VALUES, "page": "https://x/h5/"}),
        (MINI, {"touser": "oMini", "template_id": "T3", "data": VALUES}),
        (SERVICE, {"touser": OPENID, "msgtype": "text", "text": {"content": "改期"}}),
    ]
    assert all(
        "主题党日".encode() in body for path, _, body in platform.calls if path in (TEMPLATE, SUBSCRIPTION, MINI)
    )
    for wrong in ("", "k" * 33):
        with pytest.raises(ValueError, match="1 to 32"):
            api.send_template(OPENID, "T1", DATA, key=wrong)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"errcode": 43101}, PersonUnreachable),
        ({"errcode": 43004}, PersonUnreachable),
        ({"errcode": 40003}, PersonUnreachable),
        ({"errcode": 45009}, ApiExhausted),
        ({"errcode": 47003}, OurMistake),
        ({"errcode": 45011}, WeChatDown),
        ({"errcode": -1}, WeChatDown),
        (502, OutcomeUnknown),
        (302, OutcomeUnknown),
        (None, OutcomeUnknown),
        (b"<html>", OutcomeUnknown),
        ({"errcode": "soon"}, OutcomeUnknown),
    ],
)
def test_contract_17_errors_are_sorted_as_everywhere(
    platform: Platform, api: OfficialAccountApi, answer: object, kind: type[WeChatError]
) -> None:
    platform.always[TEMPLATE] = answer
    with pytest.raises(WeChatError) as caught:
        api.send_template(OPENID, "T1", DATA, key="k")
    assert type(caught.value) is kind
    if kind is WeChatDown and isinstance(answer, dict):
        assert isinstance(caught.value, WeChatDown)
        assert caught.value.errcode == answer["errcode"]
    assert (platform.count(TEMPLATE), platform.count("/elsewhere")) == (1, 0)


def test_a_refused_token_is_replaced_once_and_the_message_repeated(platform: Platform, api: OfficialAccountApi) -> None:
    api.send_text(OPENID, "一")
    platform.invalidate()
    platform.answers[TEMPLATE] = [{"errcode": 40001, "errmsg": "invalid credential"}]
    assert api.send_template(OPENID, "T1", DATA, key="k")
    first, second = (query["access_token"] for path, query, _ in platform.calls if path == TEMPLATE)
    assert first != second
    platform.always[TEMPLATE] = {"errcode": 40001, "errmsg": "invalid credential"}
    with pytest.raises(OurMistake):
        api.send_template(OPENID, "T1", DATA, key="k")
    assert (platform.count(TEMPLATE), platform.token_calls()) == (4, 3)


def test_many_threads_send_over_kept_connections_with_one_token(platform: Platform, api: OfficialAccountApi) -> None:
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda n: api.send_template(OPENID, "T1", DATA, key=f"k{n}"), range(320)))
    sent = Counter(json.loads(body)["client_msg_id"] for path, _, body in platform.calls if path == TEMPLATE)
    assert len(sent) == sent.total() == 320
    assert platform.token_calls() == 1
    assert 1 <= len(api._posts._idle) <= 32


def test_nothing_secret_is_told_of_a_message_that_failed(
    platform: Platform, api: OfficialAccountApi, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        api.send_text(OPENID, "一")
        token = platform.calls[-1][1]["access_token"]
        for answer in ({"errcode": 40003, "errmsg": f"{OPENID} {token} rid: 9"}, 500, None, b"<html>"):
            platform.always[TEMPLATE] = answer
            with pytest.raises(WeChatError) as caught:
                api.send_template(OPENID, "T1", DATA, key="k")
            error: BaseException | None = caught.value
            while error is not None:
                told.extend((str(error), repr(error.args)))
                error = error.__cause__ or error.__context__
        platform.ended.set()
    everything = "\n".join([*told, caplog.text])
    assert "rid: 9" in everything
    for secret in (token, OPENID, "主题党日", SECRET):
        assert secret not in everything


def test_a_page_is_signed_with_one_ticket_for_all_processes(
    platform: Platform, api: OfficialAccountApi, empty_redis: redis.Redis, clock: Callable[[], datetime]
) -> None:
    platform.answers[TICKET_PATH] = [
        {"errcode": 0, "errmsg": "ok", "ticket": f"TICKET-{n}", "expires_in": 7200} for n in (1, 2)
    ]

    def right(told: OfficialAccountApi, ticket: str) -> bool:
        config = told.sdk("https://x/h5/subscribe?a=1#top")
        said = (
            f"jsapi_ticket={ticket}&noncestr={config.nonce}&timestamp={config.timestamp}&url=https://x/h5/subscribe?a=1"
        )
        assert (config.app_id, config.timestamp) == (APP_ID, int(platform.now()))
        return config.signature == hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()

    other = OfficialAccountApi(platform.base, APP_ID, SECRET, 0.5, empty_redis, clock)
    assert right(api, "TICKET-1")
    assert right(other, "TICKET-1")
    assert api.sdk("https://x/").nonce != api.sdk("https://x/").nonce
    platform.pass_seconds(7000)
    assert right(api, "TICKET-2")
    assert right(other, "TICKET-2")
    assert platform.count(TICKET_PATH) == 2
    platform.pass_seconds(7200)
    platform.always[TICKET_PATH] = {"errcode": 45009, "errmsg": "reach max"}
    with pytest.raises(ApiExhausted):
        api.sdk("https://x/")


# --- fields


@pytest.mark.parametrize(
    ("key", "text", "shown"),
    [
        ("thing1", "短", "短"),
        ("thing1", " 两\n行\x00 ", "两 行"),
        ("thing1", "11月主题党日：学习党章，佩戴党徽，在三楼会议室集中学习", "11月主题党日：学习党章，佩戴党徽…"),
        ("thing1", "请于二〇二六年以前把材料交到电话12345678", "请于二〇二六年以前把材料交到电话…"),
        ("thing1", "请在办公室把全部材料交齐然后于会前11月27日来", "请在办公室把全部材料交齐然后于会前…"),
        ("thing1", "参加本次学习的同志请提前在系统登录zhibutong", "参加本次学习的同志请提前在系统登录…"),
        ("thing1", "一" * 15 + "👨‍👩‍👧" * 2, "一" * 15 + "…"),
        ("keyword2", "长" * 30, "长" * 19 + "…"),
        ("name1", "张建国", "张建国"),
        ("name1", "阿卜杜热合曼·买买提依明", "阿卜杜热合曼"),
        ("name1", "Maximilian Alexander Smith", "Maximilian Alexander"),
        ("date3", "2026年11月27日（周五）14:00", "2026年11月27日 14:00"),
        ("time3", "14：00～16：00", "14:00~16:00"),
        ("phrase1", "已改期", "已改期"),
        ("amount1", "￥12.50元", "￥12.50元"),
        ("phone_number1", "+86-0500-0000000", "+86-0500-0000000"),
        ("car_number1", "粤A8Z888挂", "粤A8Z888挂"),
    ],
)
def test_a_text_is_shortened_where_a_reader_would(key: str, text: str, shown: str) -> None:
    assert fit(key, text) == shown


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("thing1", " \n "),
        ("thing1", "1" * 40),
        ("number1", "1" * 33),
        ("phrase1", "政治理论学习"),
        ("phrase1", "OK"),
        ("time1", "下午两点"),
        ("time1", "11月27日 14:00"),
        ("phone_number1", "0500-0000000 转 1"),
        ("thing1000x", "短"),
        ("colour1", "红"),
    ],
)
def test_what_cannot_be_made_fit_is_refused_without_its_words(key: str, text: str) -> None:
    with pytest.raises(Unfit) as refusal:
        fit(key, text)
    assert not text.strip() or text not in str(refusal.value)


KEYS = [f"{kind}1" for kind in sorted(fields.KINDS)]


@given(st.sampled_from(KEYS), st.text(max_size=60) | st.text("0123456789:-年月日 张.，👍🏽a", max_size=60))
@example("thing1", "👩🏽" * 12)
@example("name1", "a" * 9 + "汉" * 9)
def test_what_fits_is_taken_by_the_platform(key: str, text: str) -> None:
    template = TheirTemplate("x", "x", "template", {key: key}, "x")
    try:
        shown = fit(key, text)
    except Unfit:
        return
    try:
        assert template.check({key: {"value": shown}}) == {key: shown}
    except ApiError as error:
        raise AssertionError(error.errmsg) from None
    assert fit(key, shown) == shown


@pytest.mark.parametrize("source", get_args(FieldSource))
def test_every_field_that_settings_allow_holds_what_is_meant_for_it(source: FieldSource) -> None:
    at = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
    allowed = 0
    for key in KEYS:
        try:
            Template(id="T", channel="template", fields={key: source})
        except ValidationError as error:
            assert "expected for" in str(error)  # noqa: PT017 - one of many keys
            continue
        allowed += 1
        for text in (
            "三楼会议室",
            "阿卜杜热合曼·买买提依明",
            "学习《中国共产党章程》第一章，请带笔记本和党徽，准时到会。",
        ):
            assert fit(key, moment(key, at) if source == "when" else text)
    assert allowed >= 2


# --- what is told of them

POPUP, CHANGE, TOLD = "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"
Row = dict[str, object]


def told(name: str, *rows: Row, json_too: bool = False) -> bytes:
    """The event with these rows as XML; as JSON with the bare list, of one row the bare object."""
    if json_too:
        known = {"ToUserName": "gh_1", "FromUserName": OPENID, "CreateTime": 1, "MsgType": "event", "Event": name}
        return json.dumps({**known, "List": list(rows) if len(rows) != 1 else rows[0]}).encode()
    element = {POPUP: "SubscribeMsgPopupEvent", CHANGE: "SubscribeMsgChangeEvent", TOLD: "SubscribeMsgSentEvent"}[name]
    inside = "".join(f"<List>{''.join(f'<{key}>{text}</{key}>' for key, text in row.items())}</List>" for row in rows)
    return event(name, inner=f"<{element}>{inside}</{element}>").encode()


def said(template: str, status: str) -> Row:
    return {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": 1}


@pytest.mark.parametrize("json_too", [False, True])
def test_contract_18_consents_are_read_one_or_many(*, json_too: bool) -> None:
    def read(name: str, *rows: Row) -> list[Consent]:
        return consents(parse(told(name, *rows, json_too=json_too)))

    assert read(POPUP, said("T1", "accept")) == [Consent("T1", accepted=True)]
    assert read(POPUP, said("T1", "accept"), said("T2", "reject"), said("T3", "accept")) == [
        Consent("T1", accepted=True),
        Consent("T3", accepted=True),
    ]
    assert read(CHANGE, said("T1", "reject"), said("T2", "accept")) == [Consent("T1", accepted=False)]
    assert read(CHANGE) == read(TOLD, said("T1", "accept")) == []


@pytest.mark.parametrize("json_too", [False, True])
def test_what_became_of_notices_is_read_one_or_many(*, json_too: bool) -> None:
    rows: list[Row] = [
        {"TemplateId": "T1", "MsgID": "1700827132819554304", "ErrorCode": "0", "ErrorStatus": "success"},
        {"TemplateId": "T2", "MsgID": "2", "ErrorCode": 43101, "ErrorStatus": "user refuse to accept the msg"},
    ]
    read = [
        SentOutcome("T1", "1700827132819554304", arrived=True, code=""),
        SentOutcome("T2", "2", arrived=False, code="43101"),
    ]
    assert outcomes(parse(told(TOLD, *rows, json_too=json_too))) == read
    assert outcomes(parse(told(TOLD, rows[0], json_too=json_too))) == read[:1]
    assert outcomes(parse(told(POPUP, said("T1", "accept"), json_too=json_too))) == []


@pytest.mark.parametrize(
    ("status", "arrived", "code"),
    [
        ("success", True, ""),
        ("failed:user block", False, "user_block"),
        ("failed: system failed", False, "system_failed"),
        ("failed", False, "failed"),
        ("", False, "failed"),
    ],
)
def test_what_became_of_a_template_message_is_read(status: str, *, arrived: bool, code: str) -> None:
    finished = event("TEMPLATESENDJOBFINISH", inner=f"<MsgID>200163836</MsgID><Status>{status}</Status>")
    assert outcomes(parse(finished.encode())) == [SentOutcome("", "200163836", arrived, code)]
    assert consents(parse(finished.encode())) == []
    assert outcomes(parse(event("TEMPLATESENDJOBFINISH", inner="<Status>success</Status>").encode())) == []


def test_answers_for_two_templates_within_a_second_are_two_events() -> None:
    one, two = (parse(told(POPUP, said(template, "accept"))).key("wx") for template in ("T1", "T2"))
    assert one != two
    assert one == parse(told(POPUP, said("T1", "accept"))).key("wx")
