"""Every message and event the platform sends is understood; every reply is valid XML within the limit."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import wechatpy
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.sealing import NOW, event, text
from wechat.messages import TEXT_LIMIT, Malformed, Message, clean, fit, parse, text_reply

PERSON = "oyORnuP8q7ou2gfYjqLzSIWZf0rs"


def push(inner: str, kind: str = "event") -> bytes:
    return (
        f"<xml><ToUserName>gh_1</ToUserName><FromUserName>{PERSON}</FromUserName><CreateTime>{NOW}</CreateTime>"
        f"<MsgType><![CDATA[{kind}]]></MsgType>{inner}</xml>"
    ).encode()


def happened(name: str, inner: str = "") -> Message:
    return parse(event(name, inner=inner).encode())


MESSAGES = {
    "text": "<Content>签到</Content><MsgId>1</MsgId><bizmsgmenuid>101</bizmsgmenuid>",
    "image": "<PicUrl>http://mmbiz</PicUrl><MediaId>m1</MediaId><MsgId>2</MsgId>",
    "voice": "<MediaId>m2</MediaId><Format>amr</Format><Recognition>我到了。</Recognition><MsgId>3</MsgId>",
    "video": "<MediaId>m3</MediaId><ThumbMediaId>t</ThumbMediaId><MsgId>4</MsgId>",
    "shortvideo": "<MediaId>m4</MediaId><ThumbMediaId>t</ThumbMediaId><MsgId>5</MsgId>",
    "location": "<Location_X>23.1</Location_X><Location_Y>113.3</Location_Y><Scale>20</Scale><Label>礼堂</Label><MsgId>6</MsgId>",
    "link": "<Title>t</Title><Description>d</Description><Url>http://x</Url><MsgId>7</MsgId>",
    "hologram": "<Depth>3</Depth><MsgId>8</MsgId>",
}
ONE = "<TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene>"
TWO = "<TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString><PopupScene>2</PopupScene>"
SENT = "<TemplateId>T1</TemplateId><MsgID>9</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus>"
EVENTS = {
    "subscribe": "",
    "unsubscribe": "",
    "SCAN": "<EventKey>a1</EventKey><Ticket>t</Ticket>",
    "LOCATION": "<Latitude>23</Latitude><Longitude>113</Longitude><Precision>9</Precision>",
    "CLICK": "<EventKey>CHECKIN</EventKey>",
    "VIEW": "<EventKey>http://x</EventKey><MenuId>1</MenuId>",
    "view_miniprogram": "<EventKey>pages/a</EventKey><MenuId>1</MenuId>",
    "scancode_push": "<EventKey>6</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo>",
    "scancode_waitmsg": "<EventKey>6</EventKey><ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>2</ScanResult></ScanCodeInfo>",
    "location_select": "<EventKey>6</EventKey><SendLocationInfo><Location_X>23</Location_X><Poiname/></SendLocationInfo>",
    "pic_sysphoto": "<EventKey>6</EventKey><SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList></SendPicsInfo>",
    "pic_photo_or_album": "<EventKey>6</EventKey><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>",
    "pic_weixin": "<EventKey>6</EventKey><SendPicsInfo><Count>0</Count><PicList/></SendPicsInfo>",
    "TEMPLATESENDJOBFINISH": "<MsgID>200163836</MsgID><Status>failed:user block</Status>",
    "subscribe_msg_popup_event": f"<SubscribeMsgPopupEvent><List>{ONE}</List></SubscribeMsgPopupEvent>",
    "subscribe_msg_change_event": f"<SubscribeMsgChangeEvent><List>{TWO}</List></SubscribeMsgChangeEvent>",
    "subscribe_msg_sent_event": f"<SubscribeMsgSentEvent><List>{SENT}</List></SubscribeMsgSentEvent>",
    "user_info_modified": "<OpenID>o</OpenID><AppID>wx</AppID><RevokeInfo>1</RevokeInfo>",
    "user_authorization_revoke": "<OpenID>o</OpenID><AppID>wx</AppID><RevokeInfo>301</RevokeInfo>",
    "user_authorization_cancellation": "<OpenID>o</OpenID><AppID>wx</AppID>",
    "debug_demo": "<debug_str>hello world</debug_str>",
    "an_event_of_next_year": "<Anything><At>all</At></Anything>",
}


# --- what comes in


@pytest.mark.parametrize("kind", MESSAGES)
def test_contract_9_every_kind_of_message_is_understood(kind: str) -> None:
    message = parse(push(MESSAGES[kind], kind))
    assert (message.kind, message.person, message.to, message.created) == (kind, PERSON, "gh_1", NOW)
    assert message.msg_id
    assert message.event == message.scene == ""


@pytest.mark.parametrize("name", EVENTS)
def test_contract_9_every_event_is_understood(name: str) -> None:
    message = happened(name, EVENTS[name])
    assert (message.kind, message.event, message.person) == ("event", name.lower(), PERSON)
    assert message.fields["Event"] == name


def test_the_facts_of_messages_are_where_they_belong() -> None:
    assert parse(push(MESSAGES["text"], "text")).text == "签到"
    voice = parse(push(MESSAGES["voice"], "voice"))
    assert (voice.recognition, voice.media_id, voice.text) == ("我到了。", "m2", "")
    assert parse(push(MESSAGES["location"], "location")).fields["Label"] == "礼堂"
    assert happened("TEMPLATESENDJOBFINISH", EVENTS["TEMPLATESENDJOBFINISH"]).msg_id == "200163836"
    assert happened("scancode_push", EVENTS["scancode_push"]).fields["ScanCodeInfo.ScanResult"] == "1"
    assert happened("debug_demo", EVENTS["debug_demo"]).fields["debug_str"] == "hello world"


def test_contract_9_one_list_and_many_lists_are_both_lists() -> None:
    name, path = "subscribe_msg_popup_event", "SubscribeMsgPopupEvent.List"
    one = happened(name, f"<SubscribeMsgPopupEvent><List>{ONE}</List></SubscribeMsgPopupEvent>")
    assert [row["TemplateId"] for row in one.rows(path)] == ["T1"]
    many = happened(name, f"<SubscribeMsgPopupEvent><List>{ONE}</List><List>{TWO}</List></SubscribeMsgPopupEvent>")
    assert [(row["TemplateId"], row["SubscribeStatusString"]) for row in many.rows(path)] == [
        ("T1", "accept"),
        ("T2", "reject"),
    ]
    assert happened(name).rows(path) == []
    gap = happened(name, f"<SubscribeMsgPopupEvent><List/><List>{TWO}</List></SubscribeMsgPopupEvent>")
    assert [row["TemplateId"] for row in gap.rows(path)] == ["T2"]
    pictures = happened("pic_photo_or_album", EVENTS["pic_photo_or_album"])
    assert pictures.rows("SendPicsInfo.PicList.item") == [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]


@pytest.mark.parametrize(
    ("name", "key", "scene"),
    [
        ("subscribe", "qrscene_a1", "a1"),
        ("subscribe", "qrscene_qrscene_a1", "qrscene_a1"),
        ("subscribe", "last_trade_no_4002", ""),
        ("subscribe", "", ""),
        ("SCAN", "a1", "a1"),
        ("SCAN", "qrscene_a1", "qrscene_a1"),
        ("CLICK", "qrscene_a1", ""),
    ],
)
def test_contract_10_a_scene_is_found_where_one_was_scanned(name: str, key: str, scene: str) -> None:
    message = happened(name, f"<EventKey>{key}</EventKey>")
    assert (message.scene, message.event_key) == (scene, key)


def test_blanks_around_a_text_are_no_part_of_it() -> None:
    assert parse(push("<Content>  签到\n </Content>", "text")).text == "签到"
    assert parse(push("<Content><![CDATA[]]></Content>", "text")).text == ""
    assert parse(push("<Content>第一行\n第二行</Content>", "text")).text == "第一行\n第二行"


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<xml>",
        b"<xml/>",
        b"{}",
        push("").replace(str(NOW).encode(), b"soon"),
        push("").replace(str(NOW).encode(), b""),
        push("").replace(str(NOW).encode(), b"-5"),
        push("").replace(str(NOW).encode(), b"9" * 13),
        push("").replace(PERSON.encode(), b""),
        push("").replace(b"gh_1", b" "),
        push("", kind=""),
        push("&undefined;"),
        push("\x00"),
        push("").replace(b"gh_1", b"\xff\xff"),
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + push("&a;"),
    ],
)
def test_what_is_no_message_is_malformed(xml: bytes) -> None:
    with pytest.raises(Malformed):
        parse(xml)


def test_bombs_are_malformed_before_they_grow() -> None:
    for bomb in (b"<a>" * 20_000 + b"</a>" * 20_000, b"<a>" + b"<b/>" * 15_000 + b"</a>"):
        with pytest.raises(Malformed, match="too many elements, or too deep"):
            parse(b"<xml>" + bomb + b"</xml>")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(noise: bytes) -> None:
    for xml in (noise, push("").replace(b"gh_1", noise)):
        try:
            parse(xml)
        except Malformed:
            continue


# --- the key that tells deliveries from messages


def test_the_key_is_32_hex_digits_and_the_same_at_every_delivery() -> None:
    xml = text("签到").encode()
    key = parse(xml).key("wx1")
    assert len(key) == 32
    assert int(key, 16) >= 0
    assert parse(xml).key("wx1") == key
    assert parse(xml).key("wx2") != key


def test_contract_5_the_same_msgid_of_two_people_is_two_messages() -> None:
    assert parse(text("a", person="oA").encode()).key("wx") != parse(text("a", person="oB").encode()).key("wx")


def test_contract_6_two_keys_in_one_second_are_two_events_and_a_resent_one_is_one() -> None:
    def tapped(key: str) -> str:
        return happened("CLICK", f"<EventKey>{key}</EventKey>").key("wx")

    assert tapped("A") != tapped("B")
    assert tapped("A") == tapped("A")
    assert happened("VIEW", "<EventKey>A</EventKey>").key("wx") != tapped("A")


def test_two_closing_events_in_one_second_are_two() -> None:
    assert happened("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>").key("wx") != happened(
        "TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>"
    ).key("wx")
    sent = EVENTS["subscribe_msg_sent_event"]
    first, second = (happened("subscribe_msg_sent_event", sent.replace(">9<", f">{n}<")) for n in (1, 2))
    assert first.key("wx") != second.key("wx")


def test_a_subscribe_with_and_without_a_scene_are_two() -> None:
    assert happened("subscribe").key("wx") != happened("subscribe", "<EventKey>qrscene_a</EventKey>").key("wx")


# --- what goes out


def content(reply: str) -> str:
    return ET.fromstring(reply).findtext("Content") or ""  # noqa: S314 - our own XML


def test_a_reply_goes_back_to_who_wrote() -> None:
    message = parse(text("签到").encode())
    root = ET.fromstring(text_reply(message, "签到成功", NOW + 1))  # noqa: S314 - our own XML
    assert {child.tag: child.text for child in root} == {
        "ToUserName": message.person,
        "FromUserName": message.to,
        "CreateTime": str(NOW + 1),
        "MsgType": "text",
        "Content": "签到成功",
    }


@pytest.mark.parametrize(
    "said",
    [
        "]]>",
        "a]]>b]]>]]>c",
        "]]></Content><MsgType>news</MsgType>",
        "<a href='http://x'>&amp;</a>",
        "😀👨‍👩‍👧",
        "\t第一行\n第二行",
        "]]",
    ],
)
def test_contract_8_a_reply_says_exactly_what_was_meant(said: str) -> None:
    message = parse(text("x").encode())
    assert content(text_reply(message, said, NOW)) == said


def test_contract_8_control_characters_and_half_pictures_are_dropped() -> None:
    message = parse(text("x").encode())
    everything = "".join(map(chr, range(0x20))) + "\x7f\ud83d\ufffe\uffffend"
    assert content(text_reply(message, everything, NOW)) == "\t\n\n\x7fend"
    hostile = replace(message, person="o]]><x>\x00", to="gh\x01")
    root = ET.fromstring(text_reply(hostile, "a", NOW))  # noqa: S314 - our own XML
    assert root.findtext("ToUserName") == "o]]><x>"


def test_contract_8_three_thousand_characters_are_cut_with_a_sign() -> None:
    message = parse(text("x").encode())
    said = content(text_reply(message, "汉" * 3000, NOW))
    assert said == "汉" * 681 + "…"
    assert len(said.encode()) <= TEXT_LIMIT


@given(st.text(alphabet=st.characters(codec=None), max_size=900))
def test_contract_8_any_text_makes_a_well_formed_bounded_reply(said: str) -> None:
    message = parse(text("x").encode())
    got = content(text_reply(message, said * 3, NOW))
    assert len(got.encode()) <= TEXT_LIMIT
    if len((said * 3).encode("utf-8", "replace")) < TEXT_LIMIT:
        # an XML reader turns \r\n and \r into \n
        assert got == clean(said * 3).replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(max_size=60), st.integers(min_value=3, max_value=80))
def test_fitting_keeps_the_beginning_and_the_limit(said: str, limit: int) -> None:
    short = fit(said, limit)
    assert len(short.encode()) <= limit
    assert short == said or (short.endswith("…") and said.startswith(short[:-1]))


# --- agreement with wechatpy


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80))
def test_wechatpy_reads_the_same_text(said: str) -> None:
    xml = text(said)
    ours, theirs = parse(xml.encode()), wechatpy.parse_message(xml)
    assert ours.text == (theirs.content or "")
    assert (ours.person, ours.to, ours.created) == (theirs.source, theirs.target, int(theirs._data["CreateTime"]))
    assert ours.msg_id == str(theirs.id)


@pytest.mark.parametrize("name", ["subscribe", "unsubscribe", "SCAN", "LOCATION", "CLICK", "VIEW", "scancode_push"])
def test_wechatpy_reads_the_same_event(name: str) -> None:
    xml = event(name, inner=EVENTS[name])
    ours, theirs = parse(xml.encode()), wechatpy.parse_message(xml)
    assert (ours.person, ours.to) == (theirs.source, theirs.target)
    assert ours.event == theirs._data["Event"].lower()
    assert ours.event_key == theirs._data.get("EventKey", "")


def test_wechatpy_reads_the_same_scene() -> None:
    scanned = event("subscribe", inner="<EventKey>qrscene_a1</EventKey><Ticket>t</Ticket>")
    assert parse(scanned.encode()).scene == wechatpy.parse_message(scanned).scene_id == "a1"
    scanned = event("SCAN", inner=EVENTS["SCAN"])
    assert parse(scanned.encode()).scene == wechatpy.parse_message(scanned).scene_id == "a1"


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link"])
def test_wechatpy_reads_the_same_message(kind: str) -> None:
    xml = push(MESSAGES[kind], kind)
    ours, theirs = parse(xml), wechatpy.parse_message(xml)
    assert ours.kind == theirs.type
    assert ours.media_id == (getattr(theirs, "media_id", "") or "")
    assert ours.recognition == (getattr(theirs, "recognition", "") or "")
    assert ours.msg_id == str(theirs.id)
