"""What the envelope must refuse, and the modes it must tell apart."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.endpoint import Endpoint
from tests.wire.sealing import (
    KEY,
    NOW,
    OLD_KEY,
    Account,
    Push,
    carrying,
    encrypted,
    event,
    framed,
    padded,
    plain_push,
    reply_parts,
    sealed_push,
    signed,
    text,
)
from wechat import envelope as codec
from wechat.envelope import Envelope, EnvelopeError
from wechat.markup import read

ACCOUNT = Account()
MOMENT = datetime.fromtimestamp(NOW, UTC)
MESSAGE = text("签到")


def status(push: Push, account: Account = ACCOUNT) -> int:
    return Endpoint(account, at=NOW).post(push.query, push.body)[0]


def opened(push: Push, account: Account = ACCOUNT) -> bytes:
    return Envelope(account).open(push.query, push.body, MOMENT)


def refused(push: Push, account: Account = ACCOUNT) -> type[EnvelopeError]:
    with pytest.raises(EnvelopeError) as caught:
        opened(push, account)
    return type(caught.value)


# --- start-up


def test_contract_1_a_blank_token_refuses_to_start() -> None:
    for blank in ("", "  "):
        with pytest.raises(ValueError, match="token is blank"):
            Envelope(Account(token=blank))


@pytest.mark.parametrize("key", [KEY[:42], KEY + "A", KEY[:42] + "+", "demo", KEY[:42] + "\n"])
def test_contract_1_a_key_that_is_not_43_letters_and_digits_refuses_to_start(key: str) -> None:
    with pytest.raises(ValueError, match="must be 43 letters and digits") as caught:
        Envelope(Account(encoding_aes_key=key))
    assert key not in str(caught.value)
    with pytest.raises(ValueError, match="previous_encoding_aes_key must be 43"):
        Envelope(Account(previous_encoding_aes_key=key))


def test_a_previous_key_without_a_key_refuses_to_start() -> None:
    with pytest.raises(ValueError, match="previous"):
        Envelope(Account(encoding_aes_key="", previous_encoding_aes_key=KEY))


# --- modes


def test_contract_2_an_unsealed_push_is_403_once_a_key_is_set() -> None:
    push = plain_push(ACCOUNT, MESSAGE)
    assert refused(push) is codec.Downgraded
    assert status(push) == 403
    assert status(push.but(encrypt_type="raw")) == 403
    assert status(push.but(encrypt_type="AES")) == 403
    assert status(sealed_push(ACCOUNT, MESSAGE).but(encrypt_type=None)) == 403
    assert status(push, replace(ACCOUNT, encoding_aes_key="")) == 200


def test_contract_2_of_a_compat_body_the_sealed_copy_counts() -> None:
    ciphertext = encrypted(KEY, padded(framed(MESSAGE.encode(), ACCOUNT.app_id)))
    push = carrying(ACCOUNT, ciphertext, beside="<FromUserName>oFORGED</FromUserName><Content>回执</Content>")
    assert opened(push).decode() == MESSAGE


def test_a_sealed_push_without_a_key_says_what_is_missing() -> None:
    with pytest.raises(codec.Malformed, match="no encoding_aes_key is set"):
        opened(sealed_push(ACCOUNT, MESSAGE), replace(ACCOUNT, encoding_aes_key=""))


def test_a_compat_push_without_a_key_is_read_in_clear() -> None:
    push = carrying(ACCOUNT, "irrelevant", beside="<FromUserName>oA</FromUserName>")
    assert b"oA" in opened(push, replace(ACCOUNT, encoding_aes_key=""))


# --- what is sealed wrongly


def test_contract_3_a_foreign_app_in_a_rightly_signed_envelope_is_403() -> None:
    push = sealed_push(ACCOUNT, MESSAGE, app_id="wx00000000foreign0")
    assert refused(push) is codec.ForeignApp
    assert status(push) == 403
    for near in (ACCOUNT.app_id + "x", ACCOUNT.app_id[:-1]):
        assert status(sealed_push(ACCOUNT, MESSAGE, app_id=near)) == 403


def test_contract_3_the_old_key_opens_during_rotation_only() -> None:
    push = sealed_push(ACCOUNT, MESSAGE, key=OLD_KEY)
    rotating = replace(ACCOUNT, previous_encoding_aes_key=OLD_KEY)
    assert status(push) == 400
    assert status(push, rotating) == 200
    assert status(sealed_push(ACCOUNT, MESSAGE), rotating) == 200
    assert status(sealed_push(ACCOUNT, MESSAGE, key=OLD_KEY, app_id="wx0"), rotating) == 403


def test_a_reply_goes_under_the_key_that_opened_the_push() -> None:
    rotating = Envelope(replace(ACCOUNT, previous_encoding_aes_key=OLD_KEY))
    for key, previous in ((KEY, False), (OLD_KEY, True)):
        push = sealed_push(ACCOUNT, MESSAGE, key=key)
        clear = rotating.open(push.query, push.body, MOMENT)
        assert clear.previous is previous
        reply = rotating.seal("<xml/>", str(NOW), "n", previous=clear.previous)
        theirs = carrying(ACCOUNT, reply_parts(reply)["Encrypt"])
        assert opened(theirs, replace(ACCOUNT, encoding_aes_key=key)) == b"<xml/>"


def test_one_flipped_character_breaks_the_signature() -> None:
    push = sealed_push(ACCOUNT, MESSAGE)
    flipped = push.body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[A", 1)
    assert refused(replace(push, body=flipped)) is codec.BadSignature


@pytest.mark.parametrize("last", [0, 33, 255])
def test_a_padding_byte_outside_1_to_32_is_400(last: int) -> None:
    clear = framed(MESSAGE.encode(), ACCOUNT.app_id)
    filler = bytes(31 - len(clear) % 32) + bytes([last])
    push = carrying(ACCOUNT, encrypted(KEY, padded(clear, filler)))
    assert refused(push) is codec.Malformed


def test_a_padding_that_is_not_one_byte_repeated_is_400() -> None:
    clear = framed(b"<xml>" + b"x" * 7, ACCOUNT.app_id)
    count = 32 - len(clear) % 32
    assert count > 1
    push = carrying(ACCOUNT, encrypted(KEY, padded(clear, b"\x01" * (count - 1) + bytes([count]))))
    assert refused(push) is codec.Malformed


@pytest.mark.parametrize("size", [11, 12, 13, 27, 28, 29])
def test_paddings_from_1_to_32_are_taken(size: int) -> None:
    """16 is no bound: the platform pads to 32, which a stock AES unpadder refuses."""
    message = "x" * size
    push = sealed_push(ACCOUNT, message)
    assert opened(push).decode() == message


@pytest.mark.parametrize("length", [10**9, 2**32 - 1, 400])
def test_a_length_beyond_the_text_is_400(length: int) -> None:
    clear = padded(framed(MESSAGE.encode(), ACCOUNT.app_id, length=length))
    assert refused(carrying(ACCOUNT, encrypted(KEY, clear))) is codec.Malformed


def test_a_length_that_cuts_into_the_message_is_403() -> None:
    clear = padded(framed(MESSAGE.encode(), ACCOUNT.app_id, length=5))
    assert status(carrying(ACCOUNT, encrypted(KEY, clear))) == 403


def test_a_text_shorter_than_its_head_is_400() -> None:
    assert refused(carrying(ACCOUNT, encrypted(KEY, padded(b"short")))) is codec.Malformed


@pytest.mark.parametrize("ciphertext", ["", "A", "AAAA", "!!!!", "签到", "A" * 43, encrypted(KEY, b"x" * 16)])
def test_an_encrypt_that_is_no_sealed_text_is_refused(ciphertext: str) -> None:
    assert status(carrying(ACCOUNT, ciphertext)) == 400


@pytest.mark.parametrize(
    "body", [b"", b"<", b"<xml/>", b"{}", b"\x00", b"\xff\xfe", b"<xml><Encrypt/></xml>", b"<xml>" * 9000]
)
def test_a_body_that_holds_nothing_is_400(body: bytes) -> None:
    assert status(replace(sealed_push(ACCOUNT, MESSAGE), body=body)) == 400


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
def test_a_missing_parameter_is_403(name: str) -> None:
    push = sealed_push(ACCOUNT, MESSAGE)
    assert status(push.but(**{name: None})) == 403
    assert status(push.but(**{name: ""})) == 403
    assert status(push.but(**{name: "签\ud800"})) == 403


def test_signature_alone_does_not_authenticate_a_sealed_push() -> None:
    push = sealed_push(ACCOUNT, MESSAGE)
    assert status(push.but(msg_signature=push.query["signature"])) == 403


def test_entities_and_document_types_are_refused() -> None:
    sealed = encrypted(KEY, padded(framed(MESSAGE.encode(), ACCOUNT.app_id)))
    push = carrying(ACCOUNT, sealed)
    bomb = f'<!DOCTYPE xml [<!ENTITY e "{sealed}">]><xml><Encrypt>&e;</Encrypt></xml>'
    assert status(replace(push, body=bomb.encode())) == 400
    external = f'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x"><xml><Encrypt>{sealed}</Encrypt></xml>'
    assert status(replace(push, body=external.encode())) == 400


def test_more_than_64_kilobytes_are_413() -> None:
    push = sealed_push(ACCOUNT, MESSAGE)
    room = codec.MAX_BODY - len(push.body)
    assert status(replace(push, body=push.body + b" " * room)) == 200
    assert status(replace(push, body=push.body + b" " * (room + 1))) == 413


# --- time


def test_a_push_outside_the_window_is_403() -> None:
    for off, expected in ((600, 200), (-600, 200), (601, 403), (-601, 403), (10**9, 403)):
        assert status(sealed_push(ACCOUNT, MESSAGE, at=NOW + off)) == expected
        assert status(plain_push(ACCOUNT, MESSAGE, at=NOW + off), replace(ACCOUNT, encoding_aes_key="")) == expected


def test_a_tolerance_of_0_takes_any_time() -> None:
    assert status(sealed_push(ACCOUNT, MESSAGE, at=1), replace(ACCOUNT, timestamp_tolerance=0)) == 200


def test_a_timestamp_that_is_no_number_is_400() -> None:
    push = sealed_push(ACCOUNT, MESSAGE)
    sealed = read(push.body)["Encrypt"]
    odd = push.but(timestamp="٣", msg_signature=signed(ACCOUNT.token, "٣", push.query["nonce"], sealed))
    assert status(odd) == 400


# --- handshake


def test_a_handshake_needs_its_signature_and_an_echostr() -> None:
    endpoint = Endpoint(ACCOUNT, at=NOW)
    query = dict(plain_push(ACCOUNT, "").query)
    assert endpoint.get({**query, "echostr": "4375120948345356249"}) == (200, "4375120948345356249")
    assert endpoint.get({**query, "echostr": "1", "signature": "0" * 40})[0] == 403
    assert endpoint.get({"echostr": "1"})[0] == 403
    assert endpoint.get(query)[0] == 400


# --- sealing


def test_nothing_is_sealed_without_a_key() -> None:
    with pytest.raises(ValueError, match="nothing can be sealed"):
        Envelope(replace(ACCOUNT, encoding_aes_key="")).seal("<xml/>", "1", "n")


def test_two_seals_of_one_text_differ() -> None:
    ours = Envelope(ACCOUNT)
    assert (
        reply_parts(ours.seal("<xml/>", "1", "n"))["Encrypt"] != reply_parts(ours.seal("<xml/>", "1", "n"))["Encrypt"]
    )


@given(st.text(), st.text())
def test_a_sealed_reply_is_well_formed_whatever_the_query_held(timestamp: str, nonce: str) -> None:
    fields = read(Envelope(ACCOUNT).seal("<xml/>", timestamp, nonce).encode())
    assert set(fields) == {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


# --- any bytes


@given(st.binary(max_size=400))
def test_any_ciphertext_is_refused_in_words_or_opens(raw: bytes) -> None:
    clear = padded(raw)
    push = carrying(ACCOUNT, encrypted(KEY, clear))
    assert status(push) in {200, 400, 403}


@given(st.binary(max_size=200))
def test_any_body_is_refused_in_words(body: bytes) -> None:
    assert status(replace(sealed_push(ACCOUNT, MESSAGE), body=body)) == 400 or b"Encrypt" in body


@given(st.text(alphabet="<>/![]CDATAxmlEncrypt ToUserName=\"'&;Ag", max_size=60))
def test_the_usual_form_is_cut_as_the_xml_reader_would(noise: str) -> None:
    """The quick way through the usual form may never see another Encrypt than expat does."""
    body = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[QUJD]]></Encrypt>{noise}</xml>".encode()
    quick = codec._USUAL_FORM.fullmatch(body)
    if quick:
        assert read(body)["Encrypt"] == quick[1].decode()


def test_refusals_quote_neither_query_nor_body() -> None:
    push = sealed_push(ACCOUNT, event("SCAN", inner="<EventKey>SECRETSCENE</EventKey>"))
    for wrong in (
        push.but(msg_signature="5" * 40),
        replace(push, body=b"<xml>SECRETBODY"),
        sealed_push(ACCOUNT, MESSAGE, app_id="SECRETAPP"),
        push.but(encrypt_type="SECRETTYPE"),
    ):
        with pytest.raises(EnvelopeError) as caught:
            opened(wrong)
        assert "SECRET" not in str(caught.value)
        assert "5555" not in str(caught.value)
        assert push.query["nonce"] not in str(caught.value)
