"""Other implementations open what we seal, and we open what they seal: wechat-crypto of npm, and wechatpy."""

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import playwright
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from tests.engines import Database
from tests.wire.endpoint import Endpoint, door
from tests.wire.sealing import KEY, NOW, Account, carrying, reply_parts, sealed_push, text
from wechat.envelope import Envelope
from wechat.markup import read
from wechat.messages import parse, text_reply

HERE = Path(__file__).parent
VENDORED = HERE / "vendor" / "wechat-crypto"
ACCOUNT = Account()
MOMENT = datetime.fromtimestamp(NOW, UTC)
SAID = ["签到", "]]>", "😀 a & b <c>", "x" * 31, "x" * 32, "长" * 600]


class Foreign:
    """wechat-crypto on playwright's own node, one question and answer a line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, act: str, what: str, timestamp: str = str(NOW), nonce: str = "1320562132") -> dict[str, str]:
        assert self._process.stdin
        assert self._process.stdout
        question = {
            "act": act,
            "token": ACCOUNT.token,
            "key": KEY,
            "appId": ACCOUNT.app_id,
            "timestamp": timestamp,
            "nonce": nonce,
            "text": what,
        }
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


@pytest.fixture(scope="module")
def foreign() -> Iterator[Foreign]:
    node = Path(playwright.__file__).parent / "driver" / "node"
    command = [str(node), "--no-deprecation", str(HERE / "foreign.js")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        yield Foreign(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait() == 0


def test_the_vendored_package_is_whole_and_unchanged() -> None:
    manifest = json.loads((VENDORED / "manifest.json").read_text(encoding="utf-8"))
    found = {
        str(path.relative_to(VENDORED)): "sha384-"
        + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in VENDORED.rglob("*")
        if path.is_file() and path.name not in {"manifest.json", "LICENSE"}
    }
    assert found == manifest["files"]


def test_the_endpoint_opens_what_the_npm_package_seals_and_its_reply_opens_there(
    foreign: Foreign, database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    with door(database, redis_url, ACCOUNT, NOW) as endpoint:
        for number, said in enumerate(("帮助", "绑定", *SAID)):
            theirs = foreign.ask("seal", text(said, msg_id=str(number)))
            push = carrying(ACCOUNT, theirs["sealed"])
            assert push.query["msg_signature"] == theirs["signature"]
            status, body = endpoint.post(push.query, push.body)
            assert status == 200
            reply = reply_parts(body)
            opened = foreign.ask("open", reply["Encrypt"], reply["TimeStamp"], reply["Nonce"])
            assert opened["id"] == ACCOUNT.app_id
            assert opened["signature"] == reply["MsgSignature"]
            assert read(opened["message"].encode())["ToUserName"] == parse(text(said).encode()).person


@pytest.mark.parametrize("said", SAID)
def test_the_npm_package_reads_back_the_very_text_we_sealed(foreign: Foreign, said: str) -> None:
    push = carrying(ACCOUNT, foreign.ask("seal", text(said))["sealed"])
    _, body = Endpoint(ACCOUNT, at=NOW).post(push.query, push.body)
    heard = parse(Envelope(ACCOUNT).open(push.query, push.body, MOMENT))
    assert heard.text == said
    assert foreign.ask("open", reply_parts(body)["Encrypt"])["message"] == text_reply(heard, said, heard.created)


@given(st.text(max_size=300))
def test_wechatpy_opens_what_we_seal(said: str) -> None:
    body = Envelope(ACCOUNT).seal(text("x").replace("x", said), str(NOW), "n")
    reply = reply_parts(body)
    theirs = WeChatCrypto(ACCOUNT.token, KEY, ACCOUNT.app_id)
    assert theirs.decrypt_message(body, reply["MsgSignature"], reply["TimeStamp"], reply["Nonce"]) == text("x").replace(
        "x", said
    )


@given(st.text(max_size=300))
def test_we_open_what_wechatpy_seals(said: str) -> None:
    theirs = WeChatCrypto(ACCOUNT.token, KEY, ACCOUNT.app_id).encrypt_message(text(said), "1320562132", str(NOW))
    push = carrying(ACCOUNT, reply_parts(theirs)["Encrypt"])
    assert push.query["msg_signature"] == reply_parts(theirs)["MsgSignature"]
    assert Envelope(ACCOUNT).open(push.query, push.body, MOMENT).decode() == text(said)


def test_wechatpy_and_we_take_the_same_push() -> None:
    push = sealed_push(ACCOUNT, text("签到"))
    theirs = WeChatCrypto(ACCOUNT.token, KEY, ACCOUNT.app_id).decrypt_message(
        push.body, push.query["msg_signature"], push.query["timestamp"], push.query["nonce"]
    )
    assert theirs == Envelope(ACCOUNT).open(push.query, push.body, MOMENT).decode()
