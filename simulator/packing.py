"""Packs a message into the query and body of a callback: honestly, or as an attacker would.

Source: platform page 消息推送 (message-push), modes 明文, 兼容 and 安全.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from simulator.accounts import OfficialAccount
from simulator.crypto import KEY_LENGTH, Sealer, signature
from simulator.xmlform import Value, read, write

STALE_SECONDS = 48 * 3600
FOREIGN_APP = "wx00000000foreign0"
ALTERED = "oALTEREDALTEREDALTEREDALTERE"


class Mode(StrEnum):
    """How the account is set up to push messages."""

    PLAIN = "plain"
    COMPAT = "compat"
    SAFE = "safe"


class Hostile(StrEnum):
    """One thing that is wrong with an otherwise perfect delivery."""

    WRONG_SIGNATURE = "wrong_signature"
    NO_SIGNATURE = "no_signature"
    FOREIGN_APP = "foreign_app"
    OLD_KEY = "old_key"
    UNKNOWN_KEY = "unknown_key"
    STALE = "stale"
    TRUNCATED = "truncated"
    FLIPPED = "flipped"
    EMPTY_ENCRYPT = "empty_encrypt"
    DOWNGRADED = "downgraded"
    ALTERED_CLEAR = "altered_clear"
    EMPTY_BODY = "empty_body"


# These two are odd but lawful: an honest server answers them as usual.
LAWFUL = frozenset({Hostile.OLD_KEY, Hostile.ALTERED_CLEAR})

SEALED_ONLY = frozenset(Hostile) - {
    Hostile.WRONG_SIGNATURE,
    Hostile.NO_SIGNATURE,
    Hostile.STALE,
    Hostile.EMPTY_BODY,
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes over the wire."""

    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """The time (Unix seconds) and nonce that a delivery is signed with."""

    timestamp: int
    nonce: str

    @classmethod
    def fresh(cls, timestamp: int) -> "Stamp":
        """A stamp with a new nonce."""
        return cls(timestamp, str(secrets.randbelow(9 * 10**9) + 10**9))


def pack(
    account: OfficialAccount,
    openid: str,
    xml: str,
    mode: Mode,
    stamp: Stamp,
    hostile: Hostile | None = None,
) -> Parcel:
    """The delivery of one clear XML text to this account's server.

    Raises ValueError when the mode or the hostility needs a key that the account lacks.
    """
    _must_be_possible(account, mode, hostile)
    if hostile is Hostile.STALE:
        stamp = Stamp(stamp.timestamp - STALE_SECONDS, stamp.nonce)
    moment = str(stamp.timestamp)
    query = {
        "signature": signature(account.token, moment, stamp.nonce),
        "timestamp": moment,
        "nonce": stamp.nonce,
        "openid": openid,
    }
    if mode is Mode.PLAIN or hostile is Hostile.DOWNGRADED:
        return _spoil(query, xml, hostile)
    sealed = _sealed(account, xml, hostile)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, moment, stamp.nonce, sealed)
    if hostile is Hostile.TRUNCATED:
        sealed = sealed[: len(sealed) // 2]
    elif hostile is Hostile.FLIPPED:
        sealed = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    fields: dict[str, Value] = {"ToUserName": account.original_id, "Encrypt": sealed}
    body = write(fields)
    if mode is Mode.COMPAT:
        clear = xml
        if hostile is Hostile.ALTERED_CLEAR:
            clear = clear.replace(openid, ALTERED)
        body = clear.removesuffix("</xml>") + write({"Encrypt": sealed}).removeprefix("<xml>")
    return _spoil(query, body, hostile)


def in_json(parcel: Parcel) -> Parcel:
    """The same delivery with its envelope as JSON; a body that is JSON already stays as it is."""
    if not parcel.body.startswith(b"<"):
        return parcel
    envelope = {child.tag: child.text or "" for child in read(parcel.body)}
    return Parcel(parcel.query, json.dumps(envelope).encode())


def _must_be_possible(account: OfficialAccount, mode: Mode, hostile: Hostile | None) -> None:
    if mode is Mode.PLAIN and hostile in SEALED_ONLY:
        raise ValueError(f"{hostile} needs a sealed message, and plain mode seals none")
    if mode is not Mode.COMPAT and hostile is Hostile.ALTERED_CLEAR:
        raise ValueError("only compat mode has clear fields to alter")
    if hostile is Hostile.OLD_KEY and not account.previous_encoding_aes_key:
        raise ValueError("this account has no previous EncodingAESKey")


def _sealed(account: OfficialAccount, xml: str, hostile: Hostile | None) -> str:
    if hostile is Hostile.EMPTY_ENCRYPT:
        return ""
    key = account.encoding_aes_key
    if hostile is Hostile.OLD_KEY:
        key = account.previous_encoding_aes_key
    elif hostile is Hostile.UNKNOWN_KEY:
        key = secrets.token_hex(KEY_LENGTH)[: KEY_LENGTH - 1] + "A"
    app_id = FOREIGN_APP if hostile is Hostile.FOREIGN_APP else account.app_id
    return Sealer(key).seal(xml.encode(), app_id)


def _spoil(query: dict[str, str], body: str, hostile: Hostile | None) -> Parcel:
    name = "msg_signature" if "msg_signature" in query else "signature"
    if hostile is Hostile.WRONG_SIGNATURE:
        query[name] = query[name][::-1]
    elif hostile is Hostile.NO_SIGNATURE:
        del query[name]
    return Parcel(query, b"" if hostile is Hostile.EMPTY_BODY else body.encode())
