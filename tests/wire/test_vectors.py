"""What other implementations and the platform have published opens here, and ours is what they publish."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import pytest
import redis
from wechatpy.crypto import WeChatCrypto

from tests.engines import Database
from tests.wire.endpoint import Endpoint, door
from tests.wire.sealing import Account, Push, encrypted, padded, plain_push, reply_parts, signed
from wechat.envelope import Envelope
from wechat.markup import read
from wechat.messages import parse


class Vector(TypedDict, total=False):
    name: str
    token: str
    app_id: str
    key: str
    timestamp: str
    nonce: str
    msg_signature: str
    to: str
    encrypt: str
    random: str
    clear: str
    facts: dict[str, str]
    beside: dict[str, str]


VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
pushes = pytest.mark.parametrize("vector", VECTORS["pushes"], ids=lambda vector: vector["name"])
sealings = pytest.mark.parametrize("vector", VECTORS["sealings"], ids=lambda vector: vector["name"])


def account(vector: Vector) -> Account:
    return Account(app_id=vector["app_id"], token=vector["token"], encoding_aes_key=vector["key"])


def push(vector: Vector) -> Push:
    beside = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in vector.get("beside", {}).items())
    query = {
        "encrypt_type": "aes",
        "timestamp": vector["timestamp"],
        "nonce": vector["nonce"],
        "msg_signature": vector["msg_signature"],
    }
    body = f"<xml>\n<ToUserName><![CDATA[{vector['to']}]]></ToUserName>{beside}\n<Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>"
    return Push(query, body.encode())


def test_the_vectors_name_their_sources() -> None:
    for kind in ("handshakes", "plain", "pushes", "sealings"):
        for vector in VECTORS[kind]:
            assert ":" in vector["source"]
            assert vector["licence"]


@pushes
def test_contract_1_published_pushes_open_at_the_endpoint(
    vector: Vector, database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    sent, at = push(vector), int(vector["timestamp"])
    with door(database, redis_url, account(vector), at) as endpoint:
        status, body = endpoint.post(sent.query, sent.body)
        assert endpoint.post(sent.but(msg_signature="0" * 40).query, sent.body)[0] == 403
        assert endpoint.post(sent.but(encrypt_type=None).query, sent.body)[0] == 403
    assert status == 200
    if vector["facts"]["MsgType"] == "event":
        assert body == "success", "an event nobody answers"
        return
    reply = reply_parts(body)
    theirs = WeChatCrypto(vector["token"], vector["key"], vector["app_id"])
    answered = theirs.decrypt_message(body, reply["MsgSignature"], reply["TimeStamp"], reply["Nonce"])
    assert read(answered.encode())["ToUserName"] == vector["facts"]["FromUserName"]


@pushes
def test_published_pushes_hold_what_was_published(vector: Vector) -> None:
    sent = push(vector)
    now = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
    clear = Envelope(account(vector)).open(sent.query, sent.body, now)
    assert vector["facts"].items() <= read(clear).items()
    theirs = WeChatCrypto(vector["token"], vector["key"], vector["app_id"])
    assert (
        theirs.decrypt_message(sent.body, vector["msg_signature"], vector["timestamp"], vector["nonce"])
        == clear.decode()
    )
    assert parse(clear).person == vector["facts"]["FromUserName"]


@pushes
def test_contract_1_a_published_push_with_one_character_changed_is_403(vector: Vector) -> None:
    sent = push(vector)
    at = vector["encrypt"][40]
    flipped = vector["encrypt"][:40] + ("A" if at != "A" else "B") + vector["encrypt"][41:]
    body = sent.body.replace(vector["encrypt"].encode(), flipped.encode())
    endpoint = Endpoint(account(vector), at=int(vector["timestamp"]))
    assert endpoint.post(sent.query, body)[0] == 403
    assert endpoint.post(sent.but(nonce="1").query, sent.body)[0] == 403
    assert endpoint.post(sent.but(msg_signature="0" * 40).query, sent.body)[0] == 403
    assert endpoint.post(sent.query, sent.body)[0] == 200


@sealings
def test_published_sealings_open_here(vector: Vector) -> None:
    """Ciphertexts published with their clear text; those published unsigned are signed here."""
    timestamp, nonce = vector.get("timestamp", "1409304348"), vector.get("nonce", "xxxxxx")
    signature = signed(vector["token"], timestamp, nonce, vector["encrypt"])
    assert vector.get("msg_signature", signature) == signature
    query = {"encrypt_type": "aes", "timestamp": timestamp, "nonce": nonce, "msg_signature": signature}
    body = f"<xml><Encrypt>{vector['encrypt']}</Encrypt></xml>".encode()
    clear = Envelope(account(vector)).open(query, body, datetime.fromtimestamp(int(timestamp), UTC))
    assert clear.decode() == vector["clear"]


@sealings
def test_our_sealing_differs_from_theirs_in_the_random_part_alone(vector: Vector) -> None:
    """Sealing draws its 16 bytes itself, so they are put in its place in the opened text to compare."""
    text = vector["clear"]
    ours = reply_parts(Envelope(account(vector)).seal(text, "1409304348", "xxxxxx"))
    assert ours["MsgSignature"] == signed(vector["token"], "1409304348", "xxxxxx", ours["Encrypt"])
    assert len(base64.b64decode(ours["Encrypt"])) == len(base64.b64decode(vector["encrypt"]))
    framed = vector["random"].encode() + len(text.encode()).to_bytes(4, "big") + text.encode()
    assert encrypted(vector["key"], padded(framed + vector["app_id"].encode())) == vector["encrypt"]


@pytest.mark.parametrize("vector", VECTORS["handshakes"], ids=lambda vector: vector["name"])
def test_contract_1_the_platforms_own_handshake_gets_its_echostr(
    vector: dict[str, object], database: Database, redis_url: str
) -> None:
    query = vector["query"]
    assert isinstance(query, dict)
    with door(database, redis_url, Account(token=str(vector["token"])), int(query["timestamp"])) as endpoint:
        assert endpoint.get(query) == (200, query["echostr"])
        assert endpoint.get({**query, "signature": query["signature"][::-1]})[0] == 403


@pytest.mark.parametrize("vector", VECTORS["plain"], ids=lambda vector: vector["name"])
def test_the_platforms_own_plain_signature_is_accepted_without_a_key(vector: dict[str, object]) -> None:
    query = vector["query"]
    assert isinstance(query, dict)
    now = datetime.fromtimestamp(int(query["timestamp"]), UTC)
    open_account = Account(token=str(vector["token"]), encoding_aes_key="")
    assert Envelope(open_account).open(query, b"<xml/>", now) == b"<xml/>"
    assert plain_push(open_account, "", at=1).query["signature"] != query["signature"]
