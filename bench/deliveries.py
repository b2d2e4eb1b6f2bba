"""Deliveries as WeChat makes them in safe mode, each with a MsgId of its own, and a reader of the sealed replies.

Neither goes through our own envelope: what measures shall not be what is measured.
"""

import base64
import hashlib
import itertools
import os
import time
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from bench.bots.account import APP_ID, KEY, TOKEN
from bench.load import post
from wechat.markup import read_xml

ACCOUNT = "gh_bench00000001"
TEXT = "签到"
OPENIDS = 10_000  # different people, by turns

_raw = base64.b64decode(KEY + "=")
_cipher = Cipher(AES256(_raw), CBC(_raw[:16]))
_numbers = itertools.count(time.time_ns())  # no MsgId comes twice, whichever server gets it


def openid(number: int) -> str:
    """The account of the person with this number."""
    return f"oBench{number % OPENIDS:022d}"


def sealed(count: int, *, port: int, text: str = TEXT) -> Iterator[bytes]:
    """So many raw requests, each a text message of the next person, signed now."""
    return (_delivery(number, text, port) for number in itertools.islice(_numbers, count))


def forged(*, port: int) -> bytes:
    """A delivery that is right but for its msg_signature."""
    return _delivery(next(_numbers), TEXT, port, signed_with=f"not {TOKEN}")


def opened(answer: bytes) -> dict[str, str] | None:
    """The fields of a sealed reply; None for anything else, a reply signed or sealed wrongly included."""
    try:
        outer = read_xml(answer)
        clear = WeChatCrypto(TOKEN, KEY, APP_ID).decrypt_message(
            answer.decode(), outer["MsgSignature"], outer["TimeStamp"], outer["Nonce"]
        )
        return read_xml(clear)
    except (KeyError, ValueError, WeChatException):
        return None


def says(answer: bytes, text: str) -> bool:
    """Whether it is a sealed reply of the account to one of the people, with this text."""
    told = opened(answer)
    return (
        told is not None
        and (told.get("Content"), told.get("FromUserName"), told.get("MsgType")) == (text, ACCOUNT, "text")
        and told.get("ToUserName", "").startswith("oBench")
    )


def _delivery(number: int, text: str, port: int, *, signed_with: str = TOKEN) -> bytes:
    timestamp, nonce = str(int(time.time())), str(number % 1_000_000_007)
    message = (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid(number)}]]></FromUserName><CreateTime>{timestamp}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content><MsgId>{number}</MsgId></xml>"
    ).encode()
    clear = os.urandom(16) + len(message).to_bytes(4, "big") + message + APP_ID.encode()
    padding = 32 - len(clear) % 32
    encryptor = _cipher.encryptor()
    secret = base64.b64encode(encryptor.update(clear + bytes((padding,)) * padding) + encryptor.finalize()).decode()
    query = (
        f"signature={_sign(TOKEN, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}&openid={openid(number)}"
        f"&encrypt_type=aes&msg_signature={_sign(signed_with, timestamp, nonce, secret)}"
    )
    body = f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><Encrypt><![CDATA[{secret}]]></Encrypt></xml>"
    return post(f"/wechat?{query}", body.encode(), port=port)


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
