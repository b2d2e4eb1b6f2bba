"""The handler list: who may read and answer, desk by desk, signed by the offline root, exact to the byte.

A list file is JSON `{"doc", "sig", "earlier": [{"doc", "sig"}]}`: doc is an exact string, JSON of `{suite, version,
expires, desks[{id, handlers[{id, role, recipient, verify}]}]}`; sig = the root's over the line zhibu/list/v1 and doc.
`expires` is the last day on which it may be used (YYYY-MM-DD), at most 120 days after signing. The bundle of a page
carries the root's verify key and a floor: lists below that version are refused. The file carries all earlier lists as
they were signed: messages were written under them.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sealed import keys
from sealed.errors import (
    DeskClosed,
    ListBroken,
    ListExpired,
    ListFault,
    ListOlderThanSeen,
    ListRolledBack,
    ListTooLong,
    WrongKey,
    WrongRoot,
    WrongSuite,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealed.keys import SigningKey

SUITE = "age-x25519+ed25519/v1"
DESKS = ("own", "upper")  # 本级, 上级
VERSIONS = 0x7FFFFFFF  # the highest number a list may have
FEWEST, MOST = 2, 7  # handlers of a desk that is open
LONGEST = timedelta(days=120)
ONE_DAY = timedelta(days=1)  # two calendars may differ by the time zone
_PREFIX = b"zhibu/list/v1\n"
_ID = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True)
class Handler:
    """A handler as the list names one: id (lower-case letters, digits, hyphen), role in words, age1…, 32 bytes."""

    id: str
    role: str
    recipient: str
    verify_key: bytes


@dataclass(frozen=True)
class Desk:
    """A desk: `own` (本级) or `upper` (上级), with at most 7 handlers; below two it is closed."""

    id: str
    handlers: tuple[Handler, ...]

    @property
    def open(self) -> bool:
        """Whether cases may be sent to it."""
        return len(self.handlers) >= FEWEST


@dataclass(frozen=True)
class HandlerList:
    """A list that keeps its rules; whether it may be used today is `current`'s to say."""

    version: int
    expires: date
    desks: tuple[Desk, ...]

    def desk(self, desk_id: str) -> Desk | None:
        """The desk of this id."""
        return next((desk for desk in self.desks if desk.id == desk_id), None)

    def recipients(self, desk_id: str) -> list[str]:
        """Whom to seal to; raises DeskClosed."""
        desk = self.desk(desk_id)
        if desk is None or not desk.open:
            raise DeskClosed(desk_id)
        return [handler.recipient for handler in desk.handlers]

    def handler(self, desk_id: str, handler_id: str) -> Handler | None:
        """The handler of this id at this desk."""
        desk = self.desk(desk_id)
        return next((one for one in desk.handlers if one.id == handler_id), None) if desk else None


def fingerprint(handler: Handler) -> str:
    """What is compared by eye before the root signs: 16 characters over the verify key.

    It stands for the recipient too: the enrolment that names it is signed by this key, and a handler's page refuses a
    list with another recipient than its own.
    """
    return keys.fingerprint(handler.verify_key)


def sign(handlers: HandlerList, root: SigningKey, before: bytes | None = None) -> bytes:
    """The list file; `before` is the one it takes the place of. Raises ListBroken for a list no reader would take."""
    doc = exact(handlers)
    _list(doc)
    earlier = [] if before is None else [_pair(one) for one in _pieces(before)]
    file = {"doc": doc, "sig": keys.to_text(root.sign(_PREFIX + doc.encode())), "earlier": earlier}
    return json.dumps(file, ensure_ascii=False, indent=0).encode() + b"\n"


def exact(handlers: HandlerList) -> str:
    """The one way to write a list. Another spelling of the same is none, so that both languages judge alike."""
    return json.dumps(
        {
            "suite": SUITE,
            "version": handlers.version,
            "expires": handlers.expires.isoformat(),
            "desks": [
                {
                    "id": desk.id,
                    "handlers": [
                        {
                            "id": one.id,
                            "role": one.role,
                            "recipient": one.recipient,
                            "verify": keys.to_text(one.verify_key),
                        }
                        for one in desk.handlers
                    ],
                }
                for desk in handlers.desks
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(file: bytes, root: bytes) -> HandlerList:
    """The list itself, whatever its age. Raises WrongRoot, WrongSuite, ListBroken."""
    return _signed(_pieces(file)[0], root)


def history(file: bytes, root: bytes) -> dict[int, HandlerList]:
    """The list and all earlier ones by version, to judge old messages by; earlier ones that are no good are left out.

    Raises what `read` raises.
    """
    first, *earlier = _pieces(file)
    newest = _signed(first, root)
    found = {newest.version: newest}
    for one in earlier:
        with suppress(ListFault):
            old = _signed(one, root)
            found.setdefault(old.version, old)
    return found


def current(file: bytes, root: bytes, today: date, floor: int, seen: int = 0) -> HandlerList:
    """A list to write by today. `floor` is built into the page, `seen` the newest version this reader has met.

    Raises what `read` raises, and ListExpired, ListTooLong, ListRolledBack, ListOlderThanSeen.
    """
    found = read(file, root)
    if found.version < floor:
        raise ListRolledBack(found.version, floor)
    if found.version < seen:
        raise ListOlderThanSeen(found.version, seen)
    if found.expires < today:
        raise ListExpired(found.expires)
    if found.expires > today + LONGEST + ONE_DAY:
        raise ListTooLong(found.expires)
    return found


def _pieces(file: bytes) -> list[dict[str, object]]:
    """The newest list of a file and the earlier ones behind it, nothing verified. Raises ListBroken."""
    try:
        newest = json.loads(file.decode())
        return [newest, *newest["earlier"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ListBroken("json") from None


def _pair(piece: dict[str, object]) -> dict[str, object]:
    try:
        pair = {"doc": piece["doc"], "sig": piece["sig"]}
        json.dumps(pair, ensure_ascii=False).encode()  # half of a surrogate pair has no UTF-8
    except (KeyError, TypeError, UnicodeEncodeError):
        raise ListBroken("json") from None
    return pair


def _signed(piece: dict[str, object], root: bytes) -> HandlerList:
    try:
        doc, written = piece["doc"], piece["sig"]
    except (KeyError, TypeError):
        raise ListBroken("json") from None
    if not isinstance(doc, str) or not isinstance(written, str):
        raise ListBroken("json")
    try:
        signature, signed = keys.of_text(written, 64), _PREFIX + doc.encode()
    except (UnicodeEncodeError, WrongKey):
        raise WrongRoot from None
    if not keys.verify(root, signature, signed):
        raise WrongRoot
    return _list(doc)


def _list(doc: str) -> HandlerList:
    try:
        raw = json.loads(doc)
        suite = raw["suite"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ListBroken("json") from None
    if not isinstance(suite, str):
        raise ListBroken("json")
    if suite != SUITE:
        raise WrongSuite(suite)
    try:
        found = HandlerList(
            raw["version"],
            date.fromisoformat(raw["expires"]),
            tuple(Desk(_words(desk["id"]), tuple(_handler(one) for one in desk["handlers"])) for desk in raw["desks"]),
        )
    except (ValueError, KeyError, TypeError, WrongKey):
        raise ListBroken("fields") from None
    if exact(found) != doc:
        raise ListBroken("fields")
    _keeps_rules(found)
    return found


def _words(role: object) -> str:
    if not isinstance(role, str):
        raise TypeError
    return role


def _handler(raw: dict[str, str]) -> Handler:
    keys.recipient_bytes(raw["recipient"])
    if not _ID.fullmatch(raw["id"]) or raw["id"] == "submitter":
        raise ValueError(raw["id"])
    return Handler(raw["id"], _words(raw["role"]), raw["recipient"], keys.of_text(raw["verify"], 32))


def _keeps_rules(found: HandlerList) -> None:
    if type(found.version) is not int or not 0 < found.version <= VERSIONS:
        raise ListBroken("fields")
    desks = [desk.id for desk in found.desks]
    if len(set(desks)) != len(desks) or not set(desks) <= set(DESKS):
        raise ListBroken("desks")
    if any(len(desk.handlers) > MOST for desk in found.desks):
        raise ListBroken("handlers")
    everyone = [one for desk in found.desks for one in desk.handlers]
    columns: Sequence[Sequence[object]] = (
        [one.id for one in everyone],
        [one.recipient for one in everyone],
        [one.verify_key for one in everyone],
    )
    if any(len(set(column)) != len(column) for column in columns):
        raise ListBroken("twice")
