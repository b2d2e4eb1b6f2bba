"""Every push the platform knows, and some that it will invent, through the callback's own address."""

import logging
from typing import Any

import pytest

from simulator.courier import Manner
from tests.branch import Branch
from tests.talks.conftest import branch  # noqa: F401 - the same branch as the conversations'
from wechat.messages import parse

POPUP = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "1"}
CHANGE = {"TemplateId": "T1", "SubscribeStatusString": "reject"}
SENT = {"TemplateId": "T1", "MsgID": "1700827132819554304", "ErrorCode": "0", "ErrorStatus": "success"}
PICTURES = {"Count": 1, "PicList": {"item": {"PicMd5Sum": "5a75aaca956d97be686719218f275c6b"}}}
PLACE = {"Location_X": "23", "Location_Y": "113", "Scale": "15", "Label": "三楼", "Poiname": ""}
SCAN = {"ScanType": "qrcode", "ScanResult": "1"}
REVOKED: dict[str, Any] = {"OpenID": "o1", "AppID": "wx1", "RevokeInfo": "1"}

# name of the event -> its fields; what follows from those that mean something to us is told by other tests
EVENTS: dict[str, dict[str, Any]] = {
    "LOCATION": {"Latitude": "23.137466", "Longitude": "113.352425", "Precision": "119.385040"},
    "VIEW": {"EventKey": "https://zhibu.example/h5/", "MenuId": "1"},
    "view_miniprogram": {"EventKey": "pages/index/index", "MenuId": "1"},
    "scancode_push": {"EventKey": "6", "ScanCodeInfo": SCAN},
    "scancode_waitmsg": {"EventKey": "6", "ScanCodeInfo": SCAN},
    "location_select": {"EventKey": "6", "SendLocationInfo": PLACE},
    "pic_sysphoto": {"EventKey": "6", "SendPicsInfo": PICTURES},
    "pic_photo_or_album": {"EventKey": "6", "SendPicsInfo": PICTURES},
    "pic_weixin": {"EventKey": "6", "SendPicsInfo": PICTURES},
    "TEMPLATESENDJOBFINISH": {"MsgID": 200163840, "Status": "failed:user block"},
    "subscribe_msg_popup_event": {"SubscribeMsgPopupEvent": {"List": [POPUP]}},
    "subscribe_msg_change_event": {"SubscribeMsgChangeEvent": {"List": [CHANGE, CHANGE]}},
    "subscribe_msg_sent_event": {"SubscribeMsgSentEvent": {"List": [SENT]}},
    "user_info_modified": REVOKED,
    "debug_demo": {"debug_str": "调试"},
    "invented_tomorrow": {"Something": {"Else": ["1", "2"]}},
}
LISTED = {
    "subscribe_msg_popup_event": ("SubscribeMsgPopupEvent", POPUP),
    "subscribe_msg_change_event": ("SubscribeMsgChangeEvent", CHANGE),
    "subscribe_msg_sent_event": ("SubscribeMsgSentEvent", SENT),
}


@pytest.fixture
def sound(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged, from warnings up."""
    caplog.set_level(logging.WARNING)
    return caplog


@pytest.mark.parametrize("manner", [Manner(), Manner(json=True)], ids=["XML", "JSON"])
def test_contract_9_every_event_is_taken(branch: Branch, sound: pytest.LogCaptureFixture, manner: Manner) -> None:  # noqa: F811
    zhang = branch.bound("张建国")
    for name, fields in EVENTS.items():
        taken = zhang.person.event(name, manner=manner, **fields)
        assert (taken.status, taken.deliveries[-1].body, taken.complaints) == (200, b"success", []), name
    assert sound.records == []
    zhang.says("记录").hears("张建国同志")  # nobody was forgotten or confused by any of it


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link", "invented_tomorrow"])
@pytest.mark.parametrize("manner", [Manner(), Manner(json=True)], ids=["XML", "JSON"])
def test_contract_9_every_kind_of_message_is_taken(
    branch: Branch,  # noqa: F811
    sound: pytest.LogCaptureFixture,
    kind: str,
    manner: Manner,
) -> None:
    zhang = branch.bound("张建国")
    taken = zhang.person.message(kind, manner=manner, MediaId="M", Something={"Else": "1"})
    assert (taken.status, taken.complaints, taken.unavailable) == (200, [], False)
    if kind == "invented_tomorrow":
        assert taken.deliveries[-1].body == b"success"
    assert sound.records == []


@pytest.mark.parametrize("event", ["user_authorization_revoke", "user_authorization_cancellation"])
def test_contract_9_who_takes_consent_back_is_forgotten(branch: Branch, event: str) -> None:  # noqa: F811
    zhang = branch.bound("张建国")
    assert zhang.person.event(event, **REVOKED).deliveries[-1].body == b"success"
    zhang.says("记录").hears("绑定")


def test_contract_9_a_key_of_a_payment_is_no_scan(branch: Branch) -> None:  # noqa: F811
    stranger = branch.phone("李娜")
    branch.meeting()
    taken = stranger.person.event("subscribe", EventKey="last_trade_no_4200001")
    assert taken.status == 200
    assert "签到" not in (taken.text or "").partition("您好")[0]


@pytest.mark.parametrize("event", list(LISTED))
def test_contract_9_one_and_many_rows_read_alike_in_xml_and_json(branch: Branch, event: str) -> None:  # noqa: F811
    element, row = LISTED[event]
    zhang = branch.bound("张建国").person
    for many in (1, 3):
        rows: list[Any] = [row] * many
        named: dict[str, Any] = {element: {"List": rows}}
        in_xml = zhang.event(event, **named)
        bare = [zhang.event(event, manner=Manner(json=True), List=rows)]
        if many == 1:
            bare.append(zhang.event(event, manner=Manner(json=True), List=row))  # an object, not an array
        for taken in (in_xml, *bare):
            assert (taken.status, taken.deliveries[-1].body, taken.complaints) == (200, b"success", [])
            assert taken.message is not None
            read = parse(taken.message.xml.encode())
            assert read.rows(f"{element}.List") == [row] * many
            assert read.msg_id == row.get("MsgID", "")


@pytest.mark.parametrize(
    "body",
    [b"{", b"{}", b"[]", b'{"a": ' * 3000, b'{"MsgType": null}', b'{"ToUserName": 1, "CreateTime": "x"}'],
    ids=["cut", "empty", "list", "deep", "null", "half"],
)
def test_contract_9_json_that_is_none_of_the_platforms_is_taken_without_a_fault(
    branch: Branch,  # noqa: F811
    body: bytes,
) -> None:
    taken = branch.bound("张建国").person.sends_xml(body.decode())
    assert (taken.status, taken.deliveries[-1].body) == (200, b"success")
