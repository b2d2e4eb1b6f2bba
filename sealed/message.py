"""Messages of a case: written, signed, padded; and a whole case judged, every rule with a verdict of its own.

A plaintext is JSON `{doc, sig, key}`, spelled in one way and filled up with blanks. doc is an exact string, itself JSON
of `{v, lookup, desk, list_version, from, seen[], state?, text, files[{name, type, data}]}` in this order, without ASCII
escapes; sig = Ed25519 over the line zhibu/msg/v1 and doc; key is the writer's verify key. `seen` lists the ids of all
messages that the writer had. `from` is `submitter` or a handler's id. data is base64 (standard letters, padded).
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sealed import keys, receipt, seal
from sealed.errors import DocBroken, FalseCertificate, NotOpened, WrongKey
from sealed.handlerlist import VERSIONS
from sealed.padding import pad

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sealed.handlerlist import HandlerList
    from sealed.keys import Identity, SigningKey

SUBMITTER = "submitter"
HANDOVER = "application/vnd.zhibu.signed+json"  # a file that is an old message's plaintext, named by that message's id
_PREFIX = b"zhibu/msg/v1\n"
_HEX = re.compile(r"[0-9a-f]{64}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Verdict(StrEnum):
    """What reading one message came to. All but the first three are shown under 无法核实, MISSING under 有消息缺失."""

    AUTHENTIC = "authentic"
    SEALED = "sealed"  # this key does not open it: the submitter's own, or from before the handler joined
    MISSING = "missing"  # signed as it should be, but a message that its writer had is not here
    BROKEN = "broken"  # it opens and is no message
    BAD_SIGNATURE = "bad_signature"
    OTHER_CASE = "other_case"  # signed for another lookup
    OTHER_DESK = "other_desk"  # signed for another desk
    NOT_SUBMITTER = "not_submitter"  # says it is the submitter's, but the key is not this case's
    UNKNOWN_LIST = "unknown_list"  # names a list version that no list signed by the root has
    NOT_HANDLER = "not_handler"  # says it is a handler's, but the key is not that handler's on that list
    SEEN_TWICE = "seen_twice"  # lists a message twice
    REPEATED = "repeated"  # the same message a second time, as it was or sealed again


class Step(StrEnum):
    """States that a handler's message may set."""

    RECEIVED = "received"  # 已收到
    WORKING = "working"  # 办理中
    TRANSFERRED = "transferred"  # 已转送
    ANSWERED = "answered"  # 已答复
    CLOSED = "closed"  # 已办结


@dataclass(frozen=True)
class Attachment:
    """A picture or file: its name, MIME type and bytes."""

    name: str
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Doc:
    """What a message says. `sender` is SUBMITTER or a handler's id, `state` a Step (handlers only)."""

    lookup: str
    desk: str
    list_version: int
    sender: str
    seen: tuple[str, ...]
    text: str = field(repr=False)
    state: str | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Signed:
    """A plaintext taken apart, nothing verified: the exact doc, the signature (64 bytes), the verify key (32)."""

    exact: str = field(repr=False)
    signature: bytes
    key: bytes
    doc: Doc

    @property
    def valid(self) -> bool:
        """Whether the signature is the key's."""
        return keys.verify(self.key, self.signature, _PREFIX + self.exact.encode())


@dataclass(frozen=True)
class Case:
    """A case as the server names it: lookup, the submitter's verify key (32 bytes) and recipient (age1…), desk."""

    lookup: str
    key: bytes
    recipient: str
    desk: str

    @property
    def certified(self) -> bool:
        """Whether key and recipient hash to the lookup."""
        try:
            return receipt.lookup(self.key, keys.recipient_bytes(self.recipient)) == self.lookup
        except WrongKey:
            return False


@dataclass(frozen=True)
class Served:
    """One message as it came: its id and, where the reader's key opens it, the plaintext."""

    id: str
    plain: bytes | None = field(repr=False)


@dataclass(frozen=True)
class Judged:
    """One message with its verdict; `doc` wherever it could be read; `handed_over` when a newcomer has it from one."""

    id: str
    verdict: Verdict
    doc: Doc | None = None
    handed_over: bool = False

    @property
    def signed(self) -> bool:
        """Whether its writer is who it says."""
        return self.verdict in {Verdict.AUTHENTIC, Verdict.MISSING}


@dataclass(frozen=True)
class Thread:
    """A judged case, in an order that no clock is needed for: what was seen comes before who saw it.

    missing: ids that somebody had and that are not here. state: of the last authentic handler message. answer_saw: how
    many messages the last authentic answer's writer had; None without an answer.
    """

    messages: tuple[Judged, ...]
    missing: tuple[str, ...]
    state: str | None
    answer_saw: int | None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and nothing unverified; a withheld last message cannot be noticed."""
        return not self.missing and all(one.verdict in {Verdict.AUTHENTIC, Verdict.SEALED} for one in self.messages)


def write(doc: Doc, key: SigningKey) -> bytes:
    """The padded plaintext of a message, signed; ready for seal.seal. Raises TooLong."""
    files = tuple(replace(one, name=_clean(one.name)) for one in doc.files)
    return pad(outer(exact(replace(doc, text=_clean(doc.text), files=files)), key))


def outer(doc: str, key: SigningKey) -> bytes:
    """JSON of `{doc, sig, key}` around an exact doc, not padded."""
    signature = keys.to_text(key.sign(_PREFIX + doc.encode()))
    return _json({"doc": doc, "sig": signature, "key": keys.to_text(key.verify_key)}).encode()


def exact(doc: Doc) -> str:
    """The one way to write a doc. Another spelling of the same is none, so that both languages judge alike."""
    raw: dict[str, object] = {
        "v": 1,
        "lookup": doc.lookup,
        "desk": doc.desk,
        "list_version": doc.list_version,
        "from": doc.sender,
        "seen": list(doc.seen),
    }
    if doc.state is not None:
        raw["state"] = doc.state
    raw["text"] = doc.text
    raw["files"] = [
        {"name": one.name, "type": one.type, "data": base64.b64encode(one.data).decode()} for one in doc.files
    ]
    return _json(raw)


def parse(plain: bytes) -> Signed:
    """A plaintext taken apart; raises DocBroken. Nothing is verified yet: see `check`."""
    try:
        raw = json.loads(plain.decode())
        text, signature, key = _text(raw["doc"]), raw["sig"], raw["key"]
        doc = _doc(json.loads(text))
        whole = _json({"doc": text, "sig": signature, "key": key}).encode()
        if exact(doc) != text or plain.rstrip(b" ") != whole:
            raise DocBroken
        return Signed(text, keys.of_text(signature, 64), keys.of_text(key, 32), doc)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, WrongKey):
        raise DocBroken from None


def opened(identity: Identity, sealed: Iterable[bytes]) -> list[Served]:
    """The sealed files of a case as far as this identity opens them."""
    return [Served(seal.message_id(one), _open(identity, one)) for one in sealed]


def check(
    case: Case, served: Sequence[Served], lists: Mapping[int, HandlerList], known: Collection[str] = ()
) -> Thread:
    """Judge a case. `lists` are all lists signed by the root, expired ones too, by version.

    `known` are ids the reader remembers from before: one that is not served any more is missing, which shows an old
    whole case put in the place of the new. Raises FalseCertificate.
    """
    if not case.certified:
        raise FalseCertificate
    here = {one.id for one in served}
    read: list[_Read] = []
    ids: Counter[str] = Counter()
    docs: set[str] = set()
    for one in sorted(served, key=lambda one: one.id):
        ids[one.id] += 1
        found = _Read.of(one.id, one.plain)
        again = ids[one.id] > 1 or (found.signed is not None and found.signed.exact in docs)
        read.append(found if not again else _Read(one.id, Verdict.REPEATED, found.signed))
        docs.update([found.signed.exact] if found.signed else [])
    judged = [_judge(one, case, lists, here) for one in read]
    judged = _with_handed_over(judged, case, lists, here)
    wanted = {seen for one in judged if one.signed and one.doc for seen in one.doc.seen} | set(known)
    ordered = in_order(judged)
    answers = [one.doc for one in ordered if one.signed and one.doc and one.doc.sender != SUBMITTER]
    return Thread(
        tuple(ordered),
        tuple(sorted(wanted - here)),
        next((doc.state for doc in reversed(answers) if doc.state), None),
        len(answers[-1].seen) if answers else None,
    )


@dataclass(frozen=True)
class _Read:
    """A message on the way to its verdict: None while nothing speaks against it."""

    id: str
    verdict: Verdict | None
    signed: Signed | None

    @classmethod
    def of(cls, message_id: str, plain: bytes | None) -> _Read:
        if plain is None:
            return cls(message_id, Verdict.SEALED, None)
        try:
            return cls(message_id, None, parse(plain))
        except DocBroken:
            return cls(message_id, Verdict.BROKEN, None)


def _judge(read: _Read, case: Case, lists: Mapping[int, HandlerList], here: Collection[str]) -> Judged:
    doc = read.signed.doc if read.signed else None
    if read.verdict or read.signed is None:
        return Judged(read.id, read.verdict or Verdict.BROKEN, doc)
    return Judged(read.id, _verdict(read.signed, case, lists, here), doc)


def _verdict(signed: Signed, case: Case, lists: Mapping[int, HandlerList], here: Collection[str]) -> Verdict:
    """The first rule it breaks, in the order of the list of verdicts."""
    doc = signed.doc
    if not signed.valid:
        return Verdict.BAD_SIGNATURE
    if doc.lookup != case.lookup:
        return Verdict.OTHER_CASE
    if doc.desk != case.desk:
        return Verdict.OTHER_DESK
    if doc.sender == SUBMITTER:
        if signed.key != case.key:
            return Verdict.NOT_SUBMITTER
    else:
        if doc.list_version not in lists:
            return Verdict.UNKNOWN_LIST
        handler = lists[doc.list_version].handler(doc.desk, doc.sender)
        if handler is None or handler.verify_key != signed.key:
            return Verdict.NOT_HANDLER
    if len(set(doc.seen)) != len(doc.seen):
        return Verdict.SEEN_TWICE
    return Verdict.AUTHENTIC if set(doc.seen) <= set(here) else Verdict.MISSING


def _with_handed_over(
    judged: list[Judged], case: Case, lists: Mapping[int, HandlerList], here: Collection[str]
) -> list[Judged]:
    """What this key does not open, read from a handover: signed as of old; that it had this id, a handler vouches."""
    handed = {
        file.name: file.data
        for one in judged
        if one.signed and one.doc and one.doc.sender != SUBMITTER
        for file in one.doc.files
        if file.type == HANDOVER
    }
    return [
        replace(_judge(_Read.of(one.id, handed[one.id]), case, lists, here), handed_over=True)
        if one.verdict is Verdict.SEALED and one.id in handed
        else one
        for one in judged
    ]


def in_order(judged: Iterable[Judged]) -> list[Judged]:
    """By how long a chain of seen messages lies before each, then by how many it saw, then by id.

    What cannot be read stands before the first message that saw it. Ids are hashes of what they name, so no chain
    bites its tail, unless a handover lies about what an id stands for: what is in such a ring comes last.
    """
    judged = list(judged)
    saw: dict[str, set[str]] = {one.id: set() for one in judged}
    saw.update({one.id: set(one.doc.seen) for one in judged if one.doc and one.signed})
    depth = _depths(saw)
    return sorted(judged, key=lambda one: (depth[one.id], len(saw[one.id]), one.id))


def _depths(saw: Mapping[str, set[str]]) -> dict[str, int]:
    """How long the longest chain before each is. Each link is looked at once: a case can be made of very many."""
    depth = dict.fromkeys(saw, len(saw))
    waits_for = {one: len(seen & saw.keys()) for one, seen in saw.items()}
    seen_by: dict[str, list[str]] = {one: [] for one in saw}
    for one, seen in saw.items():
        for other in seen & saw.keys():
            seen_by[other].append(one)
    ready, length = [one for one, count in waits_for.items() if not count], 0
    while ready:
        following = []
        for one in ready:
            depth[one] = length
            for later in seen_by[one]:
                waits_for[later] -= 1
                if not waits_for[later]:
                    following.append(later)
        ready, length = following, length + 1
    return depth


def _open(identity: Identity, sealed: bytes) -> bytes | None:
    try:
        return seal.open_with(identity, sealed)
    except NotOpened:
        return None


def _doc(raw: dict[str, object]) -> Doc:
    """Every field of the kind it has to be; raises ValueError, KeyError, TypeError."""
    lookup, desk, sender, text = (_text(raw[name]) for name in ("lookup", "desk", "from", "text"))
    version, seen, files = raw["list_version"], raw["seen"], raw["files"]
    if type(version) is not int or not 0 < version <= VERSIONS:
        raise ValueError
    if not isinstance(seen, list) or not isinstance(files, list):
        raise TypeError
    if not all(isinstance(one, str) and _HEX.fullmatch(one) for one in [lookup, *seen]):
        raise ValueError
    attached = tuple(
        Attachment(_text(one["name"]), _text(one["type"]), base64.b64decode(_text(one["data"]), validate=True))
        for one in files
    )
    state = _text(raw["state"]) if "state" in raw else None
    return Doc(lookup, desk, version, sender, tuple(seen), text, state, attached)


def _text(value: object) -> str:
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise ValueError
    return value


def _clean(text: str) -> str:
    """Half of a surrogate pair has no UTF-8: it becomes the sign for what cannot be shown, as in the page."""
    return _SURROGATE.sub("\ufffd", text)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
