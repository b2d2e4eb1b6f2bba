"""Seals and signs pushes for tests, right and wrong on purpose, without the product's codec."""

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
OLD_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
NOW = 1_790_000_000


@dataclass(frozen=True)
class Account:
    """The settings an Envelope looks at."""

    app_id: str = "wx2c2769f8efd9abc2"
    token: str = "spamtest"
    encoding_aes_key: str = KEY
    previous_encoding_aes_key: str = ""
    timestamp_tolerance: int = 600


@dataclass(frozen=True)
class Push:
    """A callback: what the query and the body hold."""

    query: Mapping[str, str]
    body: bytes

    def but(self, **query: str | None) -> "Push":
        """The same push with other values in the query; None takes one out."""
        changed = {**self.query, **query}
        return replace(self, query={name: value for name, value in changed.items() if value is not None})


def signed(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def padded(clear: bytes, padding: bytes | None = None) -> bytes:
    count = 32 - len(clear) % 32
    return clear + (bytes([count]) * count if padding is None else padding)


def encrypted(key: str, padded_clear: bytes) -> str:
    raw = base64.b64decode(key + "=")
    encryptor = Cipher(AES256(raw), CBC(raw[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded_clear) + encryptor.finalize()).decode()


def framed(xml: bytes, app_id: str, *, length: int | None = None) -> bytes:
    return os.urandom(16) + (len(xml) if length is None else length).to_bytes(4, "big") + xml + app_id.encode()


def sealed_push(account: Account, xml: str, *, at: int = NOW, key: str = "", app_id: str = "") -> Push:
    """A safe-mode push of `xml` as the platform would send it."""
    clear = padded(framed(xml.encode(), app_id or account.app_id))
    return carrying(account, encrypted(key or account.encoding_aes_key, clear), at=at)


def carrying(account: Account, ciphertext: str, *, at: int = NOW, beside: str = "") -> Push:
    """A rightly signed push with any Encrypt; `beside` is clear XML of compat mode."""
    timestamp, nonce = str(at), "1320562132"
    body = f"<xml><ToUserName><![CDATA[gh_10f6]]></ToUserName>{beside}<Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>"
    return Push(
        {
            "signature": signed(account.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": "oyORnuP8q7ou2gfYjqLzSIWZf0rs",
            "encrypt_type": "aes",
            "msg_signature": signed(account.token, timestamp, nonce, ciphertext),
        },
        body.encode(),
    )


def plain_push(account: Account, xml: str, *, at: int = NOW) -> Push:
    timestamp, nonce = str(at), "1320562132"
    signature = signed(account.token, timestamp, nonce)
    return Push({"signature": signature, "timestamp": timestamp, "nonce": nonce}, xml.encode())


def event(event: str, *, inner: str = "", person: str = "oyORnuP8q7ou2gfYjqLzSIWZf0rs", at: int = NOW) -> str:
    return _push(person, at, f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{inner}")


def text(content: str, *, msg_id: str = "6054768590064713728", person: str = "oyORnuP8q7ou2gfYjqLzSIWZf0rs") -> str:
    return _push(
        person,
        NOW,
        f"<MsgType><![CDATA[text]]></MsgType><Content>{escape(content)}</Content><MsgId>{msg_id}</MsgId>",
    )


def reply_parts(envelope: str) -> dict[str, str]:
    """The four leaves of a sealed reply."""
    found = re.findall(r"<(\w+)>(?:<!\[CDATA\[)?([^<\]]*)", envelope.removeprefix("<xml>"))
    return dict(found)


def _push(person: str, at: int, inner: str) -> str:
    return (
        f"<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName><FromUserName><![CDATA[{person}]]></FromUserName>"
        f"<CreateTime>{at}</CreateTime>{inner}</xml>"
    )
