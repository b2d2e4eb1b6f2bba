"""What Python and the page must judge alike: vectors.json is made of this, with every expectation written by hand."""

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from sealed import handlerlist, keyfile, keys, message, requests, seal, work
from sealed.handlerlist import Desk, Handler, HandlerList
from sealed.keys import Identity, SigningKey
from sealed.message import HANDOVER, SUBMITTER, Attachment, Doc
from sealed.receipt import Receipt

FILE = Path(__file__).with_name("vectors.json")
Vector = dict[str, Any]  # JSON of many shapes
TODAY = date(2026, 11, 25)


class Dice:
    """Bytes that look random and are the same at every run."""

    def __init__(self, name: str) -> None:
        self._name, self._at = name, 0

    def __call__(self, count: int) -> bytes:
        self._at += 1
        return hashlib.shake_256(f"{self._name} {self._at}".encode()).digest(count)


ROOT = SigningKey(Dice("root")(32))
PEOPLE = {name: Identity(Dice(name)(32)) for name in ("own-1", "own-2", "own-3", "own-4", "upper-1", "upper-2")}
RECEIPT, OTHER = Receipt(Dice("receipt")(16)), Receipt(Dice("other receipt")(16))


def handler(name: str) -> Handler:
    return Handler(name, f"承办人{name}", PEOPLE[name].recipient, PEOPLE[name].signing.verify_key)


def listed(version: int, *own: str, expires: date = date(2027, 3, 1)) -> HandlerList:
    upper = Desk("upper", (handler("upper-1"), handler("upper-2")))
    return HandlerList(version, expires, (Desk("own", tuple(handler(one) for one in own)), upper))


def list_files() -> dict[int, bytes]:
    """Three lists, each with its predecessors: own-3 leaves after the first, own-4 joins with the third."""
    first = handlerlist.sign(listed(1, "own-1", "own-2", "own-3", expires=date(2026, 9, 1)), ROOT)
    second = handlerlist.sign(listed(2, "own-1", "own-2"), ROOT, first)
    third = handlerlist.sign(listed(3, "own-1", "own-2", "own-4"), ROOT, second)
    return {1: first, 2: second, 3: third}


LISTS = list_files()


@dataclass(frozen=True)
class Said:
    """A message as it lies in a case: the id of its sealed file, its plaintext without padding."""

    id: str
    plain: str = field(repr=False)

    def sealed(self) -> "Piece":
        return self.id, None

    def open(self) -> "Piece":
        return self.id, self.plain


Piece = tuple[str, str | None]


def said(sender: str, text: str, *seen: Said, key: SigningKey | None = None, **changes: Any) -> Said:
    """A message by the submitter or a handler, signed by `key` or who it says it is."""
    doc = Doc(RECEIPT.lookup, "own", 3, sender, tuple(one.id for one in seen), text)
    own = RECEIPT.signing if sender == SUBMITTER else PEOPLE[sender].signing if sender in PEOPLE else ROOT
    return signed(message.exact(replace(doc, **changes)), key or own)


def signed(exact: str, key: SigningKey) -> Said:
    plain = message.outer(exact, key).decode()
    return Said(hashlib.sha256(plain.encode()).hexdigest(), plain)


ONE = said(SUBMITTER, "食堂采购没有公示。\n“请看一看” \u2028 😀")
TWO = said("own-1", "收到，正在了解。", ONE, state="received")
THREE = said(SUBMITTER, "补充：三月也没有。", ONE, TWO)
FOUR = said("own-2", "已经公示，谢谢您。", ONE, TWO, THREE, state="answered")
MATTER = {
    "lookup": RECEIPT.lookup, "key": keys.to_text(RECEIPT.signing.verify_key),
    "recipient": RECEIPT.identity.recipient, "desk": "own",
}  # fmt: skip


def case(
    name: str, pieces: list[Piece], expected: dict[Said, str] | list[tuple[Said, str]], *, missing: tuple[Said, ...] = (), state: str | None = None,
    saw: int | None = None, known: tuple[Said, ...] = (), matter: Vector | None = None, handed: tuple[Said, ...] = (),
) -> Vector:  # fmt: skip
    """A case as served, and what reading it must come to: verdicts in the order in which they are shown."""
    shown = list(expected.items()) if isinstance(expected, dict) else expected
    whole = not missing and {verdict for _, verdict in shown} <= {"authentic", "sealed"}
    return {
        "name": name,
        "matter": matter or MATTER,
        "served": [{"id": piece[0], "plain": piece[1]} for piece in pieces],
        "known": [one.id for one in known],
        "thread": {
            "messages": [[one.id, verdict, one in handed] for one, verdict in shown],
            "missing": sorted(one.id for one in missing),
            "state": state,
            "answer_saw": saw,
            "whole": whole,
        },
    }


def cases() -> list[Vector]:
    """Section 5 of the contract's table of authenticity, and every verdict at least once."""
    ok = "authentic"
    every = [one.open() for one in (FOUR, TWO, ONE, THREE)]
    stranger = SigningKey(Dice("stranger")(32))
    forged_one = said(SUBMITTER, "一切都好。", key=stranger)
    forged_two = said("own-1", "查无此事。", forged_one, key=stranger, state="closed")
    as_other = said("own-2", "我是另一位。", ONE, key=PEOPLE["own-1"].signing, state="closed")
    as_submitter = said(SUBMITTER, "我撤回。", ONE, key=PEOPLE["own-1"].signing)
    moved = said(SUBMITTER, "别处的话。", key=OTHER.signing, lookup=OTHER.lookup)
    moved_answer = said("own-1", "别处的答复。", lookup=OTHER.lookup, state="closed")
    changed = json.loads(TWO.plain)
    changed["doc"] = changed["doc"].replace('"received"', '"closed"')
    flipped = Said(TWO.id, json.dumps(changed, ensure_ascii=False, separators=(",", ":")))
    upper = said("upper-1", "上级来答。", ONE)
    other_desk = said("upper-1", "上级来答。", ONE, desk="upper")
    unheard = said("own-1", "以后的名单。", ONE, list_version=9)
    once = said("own-3", "当时在册。", ONE, list_version=1, state="working")
    left = said("own-3", "已经离任。", ONE, list_version=2, state="closed")
    twice = said("own-1", "看了两遍。", ONE, ONE, state="closed")
    again = Said(hashlib.sha256(b"sealed again").hexdigest(), ONE.plain)
    self_closed = said(SUBMITTER, "我说办结了。", ONE, state="closed")
    early = said("own-1", "甲答。", ONE, state="working")
    late = said("own-2", "乙也答。", ONE, early, state="transferred")
    handed = {one: Attachment(one.id, HANDOVER, one.plain.encode()) for one in (ONE, TWO)}
    handover = said("own-1", "移交", ONE, TWO, files=tuple(handed.values()))
    changed_hand = Attachment(TWO.id, HANDOVER, flipped.plain.encode())
    bad_hand = said("own-1", "移交", ONE, TWO, files=(handed[ONE], changed_hand))
    no_hand = said(SUBMITTER, "移交", ONE, files=(handed[ONE],))
    return [
        case("as a handler reads it", every, {ONE: ok, TWO: ok, THREE: ok, FOUR: ok}, state="answered", saw=3),
        case(
            "as the submitter reads it", [FOUR.open(), TWO.open(), ONE.sealed(), THREE.sealed()],
            dict.fromkeys(sorted([ONE, THREE], key=lambda one: one.id), "sealed") | {TWO: ok, FOUR: ok},
            state="answered", saw=3,
        ),
        case(
            "the server replaces message 1 and all, keeping the case's keys", [forged_one.open(), forged_two.open()],
            _by_id({forged_one: "not_submitter", forged_two: "not_handler"}),
        ),
        {
            "name": "the server replaces message 1 and all, and the keys", "served": [], "known": [],
            "matter": {**MATTER, "key": keys.to_text(stranger.verify_key)}, "fault": "FalseCertificate",
        },
        {
            "name": "the server replaces the submitter's recipient", "served": [ONE_SERVED], "known": [],
            "matter": {**MATTER, "recipient": OTHER.identity.recipient}, "fault": "FalseCertificate",
        },
        case("handler A signs as B", [ONE.open(), as_other.open()], _by_id({ONE: ok, as_other: "not_handler"})),
        case(
            "a handler writes as the submitter", [ONE.open(), as_submitter.open()],
            _by_id({ONE: ok, as_submitter: "not_submitter"}),
        ),
        case(
            "messages moved here from another case", [ONE.open(), moved.open(), moved_answer.open()],
            _by_id({ONE: ok, moved: "other_case", moved_answer: "other_case"}),
        ),
        case(
            "one of three dropped", [ONE.open(), THREE.open()], {ONE: ok, THREE: "missing"}, missing=(TWO,),
        ),
        case(
            "the first dropped under an answer", [TWO.open()], {TWO: "missing"}, missing=(ONE,), state="received", saw=1,
        ),
        case(
            "the same file twice", [ONE.open(), TWO.open(), TWO.open()], [(ONE, ok), (TWO, ok), (TWO, "repeated")],
            state="received", saw=1,
        ),
        case(
            "the same file twice for one who cannot open it", [ONE.sealed(), TWO.open(), ONE.sealed()],
            [(ONE, "sealed"), (ONE, "repeated"), (TWO, ok)], state="received", saw=1,
        ),
        case(
            "the same message sealed again", [ONE.open(), again.open()],
            dict(zip(sorted([ONE, again], key=lambda one: one.id), [ok, "repeated"], strict=True)),
        ),
        case(
            "an old whole case served to one who remembers", [ONE.open(), TWO.open()], {ONE: ok, TWO: ok},
            known=(ONE, TWO, THREE, FOUR), missing=(THREE, FOUR), state="received", saw=1,
        ),
        case(
            "an old whole case served to one who does not: only the count tells", [ONE.open(), TWO.open()],
            {ONE: ok, TWO: ok}, state="received", saw=1,
        ),
        case("a state flipped", [ONE.open(), flipped.open()], _by_id({ONE: ok, flipped: "bad_signature"})),
        case(
            "a state by the submitter is none", [ONE.open(), self_closed.open()], {ONE: ok, self_closed: ok},
        ),
        case("the other desk's handler", [ONE.open(), upper.open()], _by_id({ONE: ok, upper: "not_handler"})),
        case("signed for the other desk", [ONE.open(), other_desk.open()], _by_id({ONE: ok, other_desk: "other_desk"})),
        case("a list nobody has signed", [ONE.open(), unheard.open()], _by_id({ONE: ok, unheard: "unknown_list"})),
        case("who has left had signed before", [ONE.open(), once.open()], {ONE: ok, once: ok}, state="working", saw=1),
        case("who has left signs after", [ONE.open(), left.open()], _by_id({ONE: ok, left: "not_handler"})),
        case("a message listed twice", [ONE.open(), twice.open()], _by_id({ONE: ok, twice: "seen_twice"})),
        case(
            "two answers, the later one counts", [early.open(), late.open(), ONE.open()], {ONE: ok, early: ok, late: ok},
            state="transferred", saw=2,
        ),
        case(
            "a newcomer reads what was handed over", [ONE.sealed(), TWO.sealed(), handover.open()],
            {ONE: ok, TWO: ok, handover: ok}, handed=(ONE, TWO), state="received", saw=2,
        ),
        case(
            "a handover with a changed text", [ONE.sealed(), TWO.sealed(), bad_hand.open()],
            _by_id({ONE: ok, TWO: "bad_signature"}) | {bad_hand: ok}, handed=(ONE, TWO), saw=2,
        ),
        case("a handover by the submitter is none", [ONE.sealed(), no_hand.open()], {ONE: "sealed", no_hand: ok}),
        *[
            case(f"no message: {name}", [ONE.open(), broken.open()], _by_id({ONE: ok, broken: "broken"}))
            for name, broken in _broken().items()
        ],
    ]  # fmt: skip


ONE_SERVED = {"id": ONE.id, "plain": ONE.plain}


def _by_id(expected: dict[Said, str]) -> dict[Said, str]:
    """Those with nothing before them stand in the order of their ids."""
    return dict(sorted(expected.items(), key=lambda one: one[0].id))


def _broken() -> dict[str, Said]:
    """Signed as they should be, but not written as a message is."""
    exact: str = json.loads(ONE.plain)["doc"]
    raw = json.loads(exact)
    spelled = {
        "ASCII escapes": json.dumps(raw, separators=(",", ":")),
        "blanks": json.dumps(raw, ensure_ascii=False),
        "a later version": exact.replace('"v":1', '"v":2'),
        "a field more": exact.replace('"v":1', '"v":1,"w":1'),
        "a field twice": exact.replace('"v":1', '"v":1,"v":1'),
        "a number with a point": exact.replace('"list_version":3', '"list_version":3.0'),
        "a list 0": exact.replace('"list_version":3', '"list_version":0'),
        "half a character": exact.replace("😀", "\\ud83d"),
        "an id that is none": exact.replace('"seen":[]', '"seen":["abc"]'),
        "an empty text for the ids": exact.replace('"seen":[]', '"seen":""'),
        "no text": exact.replace('"text":', '"texts":'),
        "a file without name": exact.replace('"files":[]', '"files":[{"type":"text/plain","data":""}]'),
        "loose base64": exact.replace('"files":[]', '"files":[{"name":"a","type":"text/plain","data":"YQ"}]'),
        "no JSON": "你好",
        "no object": "[]",
    }
    broken = {name: signed(doc, RECEIPT.signing) for name, doc in spelled.items()}
    outer = {
        "no outer JSON": "你好",
        "an outer list": "[]",
        "a short signature": json.dumps({**json.loads(ONE.plain), "sig": "AA"}, ensure_ascii=False),
        "a byte order mark": "\ufeff" + ONE.plain,
        "an outer field more": ONE.plain.replace('{"doc"', '{"x":NaN,"doc"'),
        "outer blanks": ONE.plain.replace(',"sig":', ', "sig":'),
    }
    broken |= {name: Said(hashlib.sha256(plain.encode()).hexdigest(), plain) for name, plain in outer.items()}
    return broken


def receipts() -> list[Vector]:
    return [
        {
            "secret": one.secret.hex(),
            "text": one.text,
            "identity": one.identity.text,
            "recipient": one.identity.recipient,
            "seed": one.signing.seed.hex(),
            "verify": keys.to_text(one.signing.verify_key),
            "lookup": one.lookup,
        }
        for one in [RECEIPT, OTHER, Receipt(bytes(16)), Receipt(b"\xff" * 16)]
    ]


# Typed -> the receipt's bytes, or a fault. 畏 is not in the list and sounds like 位; 淡 is, and was heard for 氮; nothing
# in the list sounds like 齇.
READINGS: list[tuple[str, bytes | None, str | None]] = [
    ("林氮使割 国位渡喜 凸设哀贤", RECEIPT.secret, None),
    ("林氮使割国位渡喜凸设哀贤", RECEIPT.secret, None),
    (" “林氮使割,国位渡喜——凸设哀贤。”\n", RECEIPT.secret, None),
    ("林氮使割\u3000国位渡喜\u3000凸设哀贤", RECEIPT.secret, None),
    ("林氮使割 国畏渡喜 凸设哀贤", RECEIPT.secret, None),
    ("林淡使割 国位渡喜 凸设哀贤", RECEIPT.secret, None),
    ("的的的的 的的的的 的的的在", bytes(16), None),
    ("歇歇歇歇 歇歇歇歇 歇歇歇逻", b"\xff" * 16, None),
    ("林氮使割 国位渡喜 凸设哀", None, "WrongLength"),
    ("", None, "WrongLength"),
    ("abc", None, "WrongLength"),
    ("林氮使割 国位渡喜 凸设哀X", None, "NotInList"),
    ("齇氮使割 国位渡喜 凸设哀贤", None, "NotInList"),
    ("林氮割使 国位渡喜 凸设哀贤", None, "WrongSum"),
]


def readings() -> list[Vector]:
    return [{"typed": typed, "secret": secret and secret.hex(), "fault": fault} for typed, secret, fault in READINGS]


def lists() -> list[Vector]:
    """List files with what `current` must say of each."""
    newest = LISTS[3]
    days = {name: listed(3, "own-1", "own-2", expires=day) for name, day in {
        "the last day": TODAY, "the day after": date(2026, 11, 24), "121 days": date(2027, 3, 26),
        "122 days": date(2027, 3, 27),
    }.items()}  # fmt: skip
    dated = {name: handlerlist.sign(one, ROOT) for name, one in days.items()}
    good: str = json.loads(newest)["doc"]
    eight = Desk("own", tuple(replace(handler("own-1"), id=f"own-{n}", recipient=Identity(Dice(f"r{n}")(32)).recipient,
                                      verify_key=SigningKey(Dice(f"v{n}")(32)).verify_key) for n in range(8)))  # fmt: skip
    spelled = {
        "a later suite": (good.replace("/v1", "/v2"), "WrongSuite"),
        "eight handlers": (handlerlist.exact(HandlerList(3, TODAY, (eight,))), "ListBroken"),
        "a handler at both desks": (good.replace('"upper-1"', '"own-1"'), "ListBroken"),
        "an unheard of desk": (good.replace('"upper","handlers"', '"third","handlers"'), "ListBroken"),
        "a handler called submitter": (good.replace('"own-1"', '"submitter"'), "ListBroken"),
        "a date of another spelling": (good.replace("2027-03-01", "20270301"), "ListBroken"),
        "blanks": (json.dumps(json.loads(good), ensure_ascii=False), "ListBroken"),
        "a field more": (good.replace('"version":3', '"version":3,"more":1'), "ListBroken"),
        "no list": ("[]", "ListBroken"),
    }
    made: list[tuple[str, bytes, int, int, int | None, str | None]] = [
        ("the newest", newest, 3, 3, 3, None),
        ("one above the floor", newest, 1, 0, 3, None),
        ("inside the floor but expired", LISTS[1], 1, 0, None, "ListExpired"),
        ("rolled back, on a fresh profile", LISTS[2], 3, 0, None, "ListRolledBack"),
        ("older than seen", LISTS[2], 1, 3, None, "ListOlderThanSeen"),
        ("the last day", dated["the last day"], 1, 0, 3, None),
        ("the day after", dated["the day after"], 1, 0, None, "ListExpired"),
        ("120 days and the time zone", dated["121 days"], 1, 0, 3, None),
        ("a day more", dated["122 days"], 1, 0, None, "ListTooLong"),
        ("signed by another root", handlerlist.sign(listed(3, "own-1", "own-2"), SigningKey(bytes(32))), 1, 0, None, "WrongRoot"),
        ("a role changed", newest.replace("承办人own-1".encode(), "承办人own-9".encode(), 1), 1, 0, None, "WrongRoot"),
        ("no file", b"\xff", 1, 0, None, "ListBroken"),
        ("no JSON object", b"[]", 1, 0, None, "ListBroken"),
        *[(name, _list_file(doc), 1, 0, None, fault) for name, (doc, fault) in spelled.items()],
    ]  # fmt: skip
    return [
        {
            "name": name, "file": base64.b64encode(file).decode(), "root": keys.to_text(ROOT.verify_key),
            "today": TODAY.isoformat(), "floor": floor, "seen": seen, "version": version, "fault": fault,
        }
        for name, file, floor, seen, version, fault in made
    ]  # fmt: skip


def _list_file(doc: str) -> bytes:
    signature = keys.to_text(ROOT.sign(b"zhibu/list/v1\n" + doc.encode()))
    return json.dumps({"doc": doc, "sig": signature, "earlier": []}, ensure_ascii=False).encode()


def sealed_files() -> list[Vector]:
    """One message as the submitter seals it and one as a handler does: who opens it, who does not."""
    desk = listed(3, "own-1", "own-2", "own-4").recipients("own")
    made = []
    for submitter, doc in ((None, Doc(RECEIPT.lookup, "own", 3, SUBMITTER, (), "您好")),
                           (RECEIPT.identity.recipient, Doc(RECEIPT.lookup, "own", 3, "own-1", (), "收到"))):  # fmt: skip
        dice = Dice(f"sealed {submitter}")
        plain = message.write(doc, RECEIPT.signing if submitter is None else PEOPLE["own-1"].signing)
        file = seal.seal(plain, desk, submitter, dice)
        opens = [PEOPLE[one].text for one in ("own-1", "own-2", "own-4")]
        closed = [PEOPLE["own-3"].text, PEOPLE["upper-1"].text]
        (closed if submitter is None else opens).append(RECEIPT.identity.text)
        made.append(
            {
                "file": base64.b64encode(file).decode(), "id": hashlib.sha256(file).hexdigest(), "opens": opens,
                "closed": closed, "plain": plain.decode().rstrip(" "), "bucket": len(plain),
            }
        )  # fmt: skip
    return made


def key_files() -> list[Vector]:
    words = "的一是在 不了有和"
    file = keyfile.make(PEOPLE["own-1"].text, words, Dice("key file"))
    twenty = file.replace(b" 15\n", b" 20\n", 1)
    mine, other = PEOPLE["own-1"].recipient, PEOPLE["own-2"].recipient
    made = [
        ("opens", file, "的一是在不了有和", mine, None),
        ("another handler's file in its place", file, words, other, "KeyFileSwapped"),
        ("wrong passphrase", file, "的一是在 不了有的", mine, "WrongPassphrase"),
        ("a passphrase too short", file, "的一是在 不了有", mine, "WrongLength"),
        ("a foreign character", file, "的一是在 不了有齇", mine, "NotInList"),
        ("a larger work factor", twenty, words, mine, "KeyFileFault"),
        ("no key file", b"age", words, mine, "KeyFileFault"),
    ]
    return [
        {
            "name": name, "file": base64.b64encode(held).decode(), "passphrase": typed, "recipient": recipient,
            "identity": PEOPLE["own-1"].text, "fault": fault,
        }
        for name, held, typed, recipient, fault in made
    ]  # fmt: skip


def handlers() -> list[Vector]:
    return [
        {
            "scalar": one.scalar.hex(),
            "identity": one.text,
            "recipient": one.recipient,
            "verify": keys.to_text(one.signing.verify_key),
            "fingerprint": keys.fingerprint(one.public),
            "as_handler": handlerlist.fingerprint(handler(name)),
        }
        for name, one in PEOPLE.items()
    ]


def signatures() -> list[Vector]:
    """Requests: what is signed, and the signature of the receipt's key."""
    nonce, challenge = Dice("nonce")(32).hex(), Dice("challenge")(32)
    made = [
        (f"writing {verb}", ["writing", verb, RECEIPT.lookup, "报文", challenge.hex()],
         requests.writing(verb, RECEIPT.lookup, "报文".encode(), challenge))
        for verb in requests.Verb
    ] + [
        ("login", ["login", nonce, "https://report.example", 3], requests.login(nonce, "https://report.example", 3)),
        ("enrol", ["enrol", nonce, "YWdl", "JBSWY3DP"], requests.enrol(nonce, "YWdl", "JBSWY3DP")),
    ]  # fmt: skip
    return [
        {"name": name, "call": call, "bytes": raw.hex(), "signature": keys.to_text(RECEIPT.signing.sign(raw))}
        for name, call, raw in made
    ]


def stamps() -> list[Vector]:
    challenge = work.challenge(b"server key", 500_000)
    return [
        {"body": body, "challenge": challenge.hex(), "bits": bits, "stamp": work.stamp(body.encode(), challenge, bits)}
        for body, bits in (("", 0), ("", 1), ("报文", 8), ("报文", 12))
    ]


def all_of_them() -> Vector:
    """Everything in vectors.json, by kind."""
    return {
        "receipts": receipts(),
        "readings": readings(),
        "handlers": handlers(),
        "lists": lists(),
        "history": {"file": base64.b64encode(LISTS[3]).decode(), "root": keys.to_text(ROOT.verify_key)},
        "cases": cases(),
        "sealed": sealed_files(),
        "key_files": key_files(),
        "signatures": signatures(),
        "stamps": stamps(),
    }
