"""Opens the platform's signed and sealed pushes and seals our replies."""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from wechat.markup import NotReadable, cdata, clean, read

MAX_BODY = 64 * 1024
"""Bytes of a callback body we are willing to look at; the platform's own stay below 4 KB."""

_BLOCK = 32
_KEY = re.compile(r"[A-Za-z0-9]{43}")
_DIGITS = re.compile(r"[0-9]{1,12}")
# The form every safe-mode push has; anything else goes through the XML reader, with the same result.
_USUAL_FORM = re.compile(
    rb"\s*<xml>\s*<ToUserName><!\[CDATA\[[\w@.-]*\]\]></ToUserName>\s*"
    rb"<Encrypt><!\[CDATA\[([A-Za-z0-9+/=]+)\]\]></Encrypt>\s*</xml>\s*",
    re.ASCII,
)


# EnvelopeError            the push is not taken; `status` is the HTTP answer
#   BadSignature   403     not signed with our token
#   Downgraded     403     unsealed although a key is set
#   Stale          403     signed too long ago, or in the future
#   ForeignApp     403     sealed for another app id
#   Malformed      400     not what the platform sends
#   TooLong        413     more than MAX_BODY bytes
class EnvelopeError(Exception):
    """A push that is not taken; `status` is the HTTP answer. Its words never hold query or body."""

    status: ClassVar[int] = 400


class BadSignature(EnvelopeError):
    """Not signed with our token."""

    status = 403


class Downgraded(EnvelopeError):
    """Unsealed although a key is set: such a signature does not cover the body."""

    status = 403


class Stale(EnvelopeError):
    """Signed outside the tolerated window around now."""

    status = 403


class ForeignApp(EnvelopeError):
    """Sealed for another app id."""

    status = 403


class Malformed(EnvelopeError):
    """Not what the platform sends."""


class TooLong(EnvelopeError):
    """More than MAX_BODY bytes."""

    status = 413


class Account(Protocol):
    """What an envelope needs to know of the official account; settings.OfficialAccount has it."""

    @property
    def app_id(self) -> str: ...  # noqa: D102 - the names are the settings' own
    @property
    def token(self) -> str: ...  # noqa: D102
    @property
    def encoding_aes_key(self) -> str: ...  # noqa: D102
    @property
    def previous_encoding_aes_key(self) -> str: ...  # noqa: D102
    @property
    def timestamp_tolerance(self) -> int: ...  # noqa: D102


class ClearXml(bytes):
    """The clear XML of a push; if `previous` key opened it, the reply goes under that key too."""

    previous: bool = False


class Envelope:
    """Opens pushes and seals replies of one official account; safe to share between threads.

    With a key only `encrypt_type=aes` is accepted, and of a compat-mode body only the sealed copy; without a
    key the plain `signature` is checked. Source: platform page 消息加解密说明.
    """

    def __init__(self, account: Account) -> None:
        """Raise ValueError for a blank token, app id, or a key that is not 43 letters and digits."""
        if not account.token.strip():
            raise ValueError("wechat.official_account.token is blank: anyone could sign a push")
        if not account.app_id.strip():
            raise ValueError("wechat.official_account.app_id is blank")
        if account.previous_encoding_aes_key and not account.encoding_aes_key:
            raise ValueError("previous_encoding_aes_key is set, but encoding_aes_key is not")
        self._token = account.token
        self._app_id = account.app_id.encode()
        self._tolerance = account.timestamp_tolerance
        self._ciphers = [
            _cipher(name, key)
            for name, key in (
                ("encoding_aes_key", account.encoding_aes_key),
                ("previous_encoding_aes_key", account.previous_encoding_aes_key),
            )
            if key
        ]

    @property
    def sealed(self) -> bool:
        """Whether a key is set, so that pushes and replies are sealed."""
        return bool(self._ciphers)

    def handshake(self, query: Mapping[str, str]) -> str:
        """The echostr to answer a signed GET with, as plain text and nothing else.

        Source: platform page 消息推送, 发起验证. Raises BadSignature or Malformed.
        """
        self._check(query, "signature")
        if not query.get("echostr"):
            raise Malformed("no echostr")
        return query["echostr"]

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> ClearXml:
        """The clear XML of a push. `now` is aware; the window is judged by the query's timestamp (seconds).

        Raises one of the EnvelopeErrors drawn above.
        """
        if len(body) > MAX_BODY:
            raise TooLong(f"{len(body)} bytes")
        if not self._ciphers:
            return self._open_plain(query, body, now)
        if query.get("encrypt_type") != "aes":
            raise Downgraded("a key is set, but the push is not sealed")
        sealed = _cut(body)
        self._check(query, "msg_signature", sealed)
        self._check_time(query, now)
        return self._unseal(sealed)

    def seal(self, xml: str, timestamp: str, nonce: str, *, previous: bool = False) -> str:
        """The sealed and signed reply envelope.

        `timestamp` and `nonce` are the push's own; `previous` is the push's `ClearXml.previous`: a reply goes
        under the key that opened the push. Source: platform page 消息加解密开发者FAQ.
        Raises ValueError when no key is set.
        """
        if not self._ciphers:
            raise ValueError("no encoding_aes_key is set, so nothing can be sealed")
        timestamp, nonce = clean(timestamp), clean(nonce)
        message = xml.encode()
        clear = os.urandom(16) + len(message).to_bytes(4, "big") + message + self._app_id
        padding = _BLOCK - len(clear) % _BLOCK
        encryptor = self._ciphers[-1 if previous else 0].encryptor()
        sealed = base64.b64encode(encryptor.update(clear + bytes((padding,)) * padding) + encryptor.finalize()).decode()
        return (
            f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{self._sign(timestamp, nonce, sealed)}]]></MsgSignature>"
            f"<TimeStamp>{timestamp if _DIGITS.fullmatch(timestamp) else cdata(timestamp)}</TimeStamp>"
            f"<Nonce>{cdata(nonce)}</Nonce></xml>"
        )

    def _open_plain(self, query: Mapping[str, str], body: bytes, now: datetime) -> ClearXml:
        self._check(query, "signature")
        self._check_time(query, now)
        if query.get("encrypt_type") == "aes" and b"<FromUserName>" not in body:
            raise Malformed("the platform seals its pushes, but no encoding_aes_key is set")
        return ClearXml(body)

    def _sign(self, *parts: str) -> str:
        joined = "".join(sorted((self._token, *parts)))
        return hashlib.sha1(joined.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    def _check(self, query: Mapping[str, str], name: str, *sealed: str) -> None:
        timestamp, nonce, given = query.get("timestamp"), query.get("nonce"), query.get(name)
        if not timestamp or not nonce or not given:
            raise BadSignature(f"{name}, timestamp or nonce is missing")
        expected = self._sign(timestamp, nonce, *sealed)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            raise BadSignature(f"{name} does not match")

    def _check_time(self, query: Mapping[str, str], now: datetime) -> None:
        if not self._tolerance:
            return
        timestamp = query["timestamp"]
        if not _DIGITS.fullmatch(timestamp):
            raise Malformed("the timestamp is no number of seconds")
        off = int(timestamp) - now.timestamp()
        if abs(off) > self._tolerance:
            raise Stale(f"signed {off:+.0f} s from now")

    def _unseal(self, sealed: str) -> ClearXml:
        try:
            secret = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise Malformed("Encrypt is not Base64") from None
        if not secret or len(secret) % _BLOCK:
            raise Malformed("Encrypt has a length no sealed message has")
        trouble = Malformed("Encrypt does not open")
        for number, cipher in enumerate(self._ciphers):
            try:
                clear = ClearXml(self._unpack(cipher, secret))
            except Malformed as error:
                trouble = error
                continue
            clear.previous = number > 0
            return clear
        raise trouble

    def _unpack(self, cipher: "Cipher[CBC]", secret: bytes) -> bytes:
        """Undo padding, random prefix, length field and app id (platform page 消息加解密说明)."""
        decryptor = cipher.decryptor()
        clear = decryptor.update(secret) + decryptor.finalize()
        padding = clear[-1]
        if not 1 <= padding <= _BLOCK or clear[-padding:] != bytes((padding,)) * padding:
            raise Malformed("the padding is wrong")
        clear = clear[:-padding]
        end = 20 + int.from_bytes(clear[16:20], "big")
        if len(clear) < 20 or end > len(clear):
            raise Malformed("the length field points beyond the message")
        if not hmac.compare_digest(clear[end:], self._app_id):
            raise ForeignApp("sealed for another app id")
        return clear[20:end]


def _cipher(name: str, key: str) -> "Cipher[CBC]":
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"wechat.official_account.{name} must be 43 letters and digits, as the platform shows it;"
            f" this one has {len(key)} characters"
            + (", some of them neither letter nor digit" if len(key) == 43 else "")
        )
    # 43 characters carry 258 bits; like the platform and every other implementation we drop the last two
    raw = base64.b64decode(key + "=")
    return Cipher(AES256(raw), CBC(raw[:16]))


def _cut(body: bytes) -> str:
    """The text of Encrypt in a sealed body."""
    usual = _USUAL_FORM.fullmatch(body)
    if usual:
        return usual[1].decode("ascii")
    try:
        sealed = read(body).get("Encrypt")
    except NotReadable as error:
        raise Malformed(str(error)) from None
    if not sealed:
        raise Malformed("no Encrypt in a push said to be sealed")
    return sealed
