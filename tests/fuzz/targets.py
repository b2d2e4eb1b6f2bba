"""The parsers under attack, one function each: bytes in, and nothing comes out but what the parser documents.

A target raises for whatever else comes up: another exception, a result that does not hold what it promises, a result far
larger than what was read (`GROWS`). Its seeds are what people, WeChat and our own writers really send.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import yaml
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bot import words
from bot.answers import Choice, Digits, Heard, Kind, NotAnAnswer, Stating, Text, YesNo
from bot.chat import Chat
from bot.dialogues import REGISTRY
from confidential import bundle, totp
from models import Base
from sealed import enrolment, handlerlist, keyfile, keys, message, receipt, requests, seal, work
from sealed.errors import SealedFault
from sealed.handlerlist import Desk, Handler, HandlerList
from sealed.keys import Identity, SigningKey
from services import attachments, hallcodes
from services.errors import FileUnfit, Refusal
from services.hallcodes import HallRules
from settings import ConfigError, load
from sheets import question_json, questions, roster
from sheets.question import QuestionLine
from sheets.roster import RosterLine
from sheets.table import SheetRefused
from tests.fuzz import mutating
from tests.wire.sealing import NOW, Account, event, plain_push, sealed_push, text
from wechat.envelope import Envelope, EnvelopeError
from wechat.markup import MAX_ELEMENTS, MAX_PATH, NotReadable, read, rows
from wechat.messages import TEXT_LIMIT, Malformed, consents, outcomes, parse, text_reply

GROWS = 40  # times what was read, and so much more in bytes for what even little leads to
FIXED = 200_000
ROOT = SigningKey(bytes(range(32)))
SOMEBODY = Identity(bytes(range(1, 33)))
ACCOUNT = Account()
AT = datetime.fromtimestamp(NOW, UTC)
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Target:
    """One parser: how to attack it, with what to begin, which of our packages it is in, how long an input may be."""

    name: str
    attack: Callable[[bytes], None]
    seeds: Callable[[], Sequence[bytes]]
    within: str
    longest: int = 4096


# --- WeChat's wire


def _envelope(raw: bytes) -> None:
    """The body of a rightly and of a wrongly signed push, sealed and plain; the query from the same bytes."""
    query, _, body = raw.partition(b"\n\n")
    said = dict(pair.split("=", 1) for pair in query.decode("utf-8", "replace").split("&") if "=" in pair)
    for account in (ACCOUNT, Account(encoding_aes_key="")):
        envelope = Envelope(account)
        right = {**plain_push(account, "").query, "encrypt_type": "aes", "msg_signature": "0"}
        for asked in (said, right):
            with suppress(EnvelopeError):
                assert len(envelope.open(asked, body, AT)) <= len(body)
            with suppress(EnvelopeError):
                envelope.handshake(asked)


def _markup(raw: bytes) -> None:
    try:
        fields = read(raw)
    except NotReadable:
        return
    assert len(fields) <= MAX_ELEMENTS + 1
    assert all(len(path) <= MAX_PATH for path in fields)
    assert sum(map(len, fields.values())) <= len(raw)
    for path in list(fields)[:3]:
        rows(fields, path.partition(".")[0])
    "".join([*fields, *fields.values()]).encode()  # no half of a pair, which no database takes


def _message(raw: bytes) -> None:
    try:
        known = parse(raw)
    except Malformed:
        return
    assert len(known.key("wx1")) == 32
    assert len(consents(known)) + len(outcomes(known)) <= 50
    datetime.fromtimestamp(known.created, UTC)
    reply = ET.fromstring(text_reply(known, known.text or "x", known.created))  # noqa: S314 - our own
    assert len((reply.findtext("Content") or "").encode()) <= TEXT_LIMIT
    sealed = Envelope(ACCOUNT).seal("x", str(known.created), known.person)
    ET.fromstring(sealed)  # noqa: S314 - our own


def _pushes() -> list[bytes]:
    row = "<List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>"
    sent = "<List><TemplateId>T1</TemplateId><MsgID>9</MsgID><ErrorCode>0</ErrorCode></List>"
    told = [
        text("签到"),
        event("SCAN", inner="<EventKey>ck-abcdefghjk-1a2b3c-abcdefghijklmnop</EventKey>"),
        event("subscribe", inner="<EventKey>qrscene_a</EventKey>"),
        event("TEMPLATESENDJOBFINISH", inner="<MsgID>1</MsgID><Status>failed:user block</Status>"),
        event("subscribe_msg_popup_event", inner=f"<SubscribeMsgPopupEvent>{row}{row}</SubscribeMsgPopupEvent>"),
        event("subscribe_msg_sent_event", inner=f"<SubscribeMsgSentEvent>{sent}</SubscribeMsgSentEvent>"),
        event(
            "pic_weixin",
            inner="<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>a</PicMd5Sum></item></PicList></SendPicsInfo>",
        ),
    ]
    shaped = {
        "ToUserName": "gh",
        "FromUserName": "o",
        "CreateTime": NOW,
        "MsgType": "event",
        "Event": "subscribe_msg_popup_event",
    }
    return [
        *(one.encode() for one in told),
        json.dumps({**shaped, "List": [{"TemplateId": "T", "SubscribeStatusString": "accept"}]}).encode(),
    ]


def _envelopes() -> list[bytes]:
    made = [sealed_push(ACCOUNT, text("签到")), plain_push(ACCOUNT, text("签到"))]
    return [
        "&".join(f"{name}={value}" for name, value in one.query.items()).encode() + b"\n\n" + one.body for one in made
    ]


# --- chat


def _words(raw: bytes) -> None:
    said = (
        raw.decode("utf-8", "surrogatepass" if b"\xed" in raw else "replace")
        if _decodes(raw)
        else raw.decode("utf-8", "replace")
    )
    plain = words.normalise(said)
    assert len(plain) <= words.LONGEST
    assert len(list(words.forms(said))) <= 5
    for vocabulary in (REGISTRY.vocabulary,):
        words.command(said, vocabulary)
        words.nearest(said, vocabulary)
    number = words.ordinal(said)
    assert number is None or 0 <= number <= 99
    for length in (6, 8):
        found = words.number_in(said, length)
        assert found is None or (len(found) == length and found.isascii() and found.isdigit())
    for kind in Kind:
        heard = Heard(kind, said, NOW)
        for answer in (Text(500), Stating(500), Digits(6), YesNo(), Choice({"a": "甲", "b": "乙"}, ["a", "b"])):
            with suppress(NotAnAnswer):
                kept = answer.read(heard)
                answer.load(json.loads(json.dumps(kept)))


def _decodes(raw: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        raw.decode("utf-8", "surrogatepass")
        return True
    return False


def _spoken() -> list[bytes]:
    said = [
        "签到",
        "请签到吧",
        "四八二九一三",
        "482-913",
        "绑定码是2051 7734",
        "第二个",
        "选b",
        "进度 人生大事天地玄黄宇宙洪荒",
        "不",
        "7月1日",
    ]
    return [one.encode() for one in (*said, *REGISTRY.vocabulary.words)]


def _chat(raw: bytes) -> None:
    Chat.load(raw.decode("utf-8", "replace")).dump()


def _chats() -> list[bytes]:
    talk = {
        "flow": "意见",
        "id": "k",
        "open": "body",
        "answers": {"category": "other"},
        "filed": {"": {"kind": "text", "text": "x", "at": 1}},
    }
    return [
        json.dumps(
            {"talk": talk, "offer": {"name": "签到", "argument": "", "leaving": True, "asked_at": 1}, "misses": 2}
        ).encode()
    ]


@cache
def _nothing_open() -> Session:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    return Session(engine)


def _scene(raw: bytes) -> None:
    said, rules = raw.decode("utf-8", "replace"), HallRules(30, 60, 300)
    for look in (hallcodes.of_scene, hallcodes.of_number):
        with suppress(Refusal):
            look(_nothing_open(), said, AT, rules)
            raise AssertionError("no such activity")


# --- files


def _file(raw: bytes, suffix: str) -> Path:
    folder = _folder()
    path = folder / f"read{suffix}"
    path.write_bytes(raw)
    return path


@cache
def _folder() -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="zhibu-fuzz-"))
    return Path(_KEPT[0].name)


_KEPT: "list[tempfile.TemporaryDirectory[str]]" = []  # gone with the process


def _roster(raw: bytes) -> None:
    if raw.startswith((b"PK", b"\xd0\xcf")):
        return  # a workbook is read in a process of its own: see test_parsers.py
    try:
        found = roster.read(_file(raw, ".csv"))
    except SheetRefused as refused:
        assert refused.reason  # noqa: PT017 - the sentence is what is looked at
        return
    assert sum(len(repr(one)) for one in found) <= GROWS * len(raw) + FIXED
    people = [one for one in found if isinstance(one, RosterLine)]
    assert all(0 < len(one.name) <= roster.LONGEST_NAME for one in people)
    again = _folder() / "again.csv"
    roster.write(people, again)
    if people:
        assert [one.name for one in roster.read(again) if isinstance(one, RosterLine)] == [one.name for one in people]


def _rosters() -> list[bytes]:
    table = "编号,姓名,性别,出生日期,手机号码,党小组,人员类别\n001,张建国,男,1965-01,13800000000,第一党小组,正式党员\n2,李娜,女,32874,1.38E+10,,预备党员\n"
    return [
        table.encode("utf-8-sig"),
        table.encode("gb18030"),
        table.replace(",", "\t").encode("utf-16"),
        '姓名,备注\n"张,三","两\n行"\n'.encode(),
    ]


def _questions(raw: bytes) -> None:
    if raw.startswith((b"PK", b"\xd0\xcf")):
        return
    try:
        found = questions.read(_file(raw, ".txt"))
    except SheetRefused as refused:
        assert refused.reason  # noqa: PT017 - the sentence is what is looked at
        return
    assert sum(len(repr(one)) for one in found) <= GROWS * len(raw) + FIXED
    good = [one for one in found if isinstance(one, QuestionLine)]
    again = question_json.read(question_json.write(good))
    assert list(again or []) == [replace(one, row=row) for row, one in enumerate(good, start=1)]


def _banks() -> list[bytes]:
    asked = {"题干": "预备期多长？", "选项": ["半年", "一年"], "答案": "B", "题型": "单选"}
    return [
        "题型,题干,选项A,选项B,答案\n单选,预备期多长？,半年,一年,B\n判断,党员可以不交党费,,,错误\n填空,____年成立,,,1921\n".encode(),
        json.dumps(
            [asked, {"question": "x", "options": {"A": "1", "B": "2"}, "answer": ["A"]}], ensure_ascii=False
        ).encode(),
        json.dumps({"单选题": [asked]}).encode(),
        "\n".join(json.dumps(asked) for _ in range(2)).encode(),
        "// [tag:文件=党章]\n::1::预备期多长？ {~半年 =一年 ####第七条}\n\n对吗？{T}\n\n____年 {=1921}\n\n几个 {#3:0}\n".encode(),
        "1. 预备期多长？\nA. 半年\nB. 一年\n答案：B\n解析：第七条\n\n2. 对吗\nA) 对\nB) 错\nANSWER: A\n".encode(),
    ]


def _config(raw: bytes) -> None:
    try:
        found = load(_file(raw, ".yaml"), {"ZHIBU_HOME": str(_folder()), "SECRET": "s"})
    except ConfigError as error:
        assert error.problems  # noqa: PT017 - the problems are what is looked at
        assert sum(map(len, error.problems)) <= GROWS * len(raw) + FIXED  # noqa: PT017 - likewise
        return
    assert found.home == _folder().resolve()


def _configs() -> list[bytes]:
    shipped = (REPOSITORY / "config.yaml").read_bytes()
    content = yaml.safe_load(shipped)
    return [
        yaml.safe_dump({name: content[name] for name in content if name == one}, allow_unicode=True).encode()
        for one in content
    ] + [b"a: ${SECRET}\nb: &x [*x]\n", b'a: "\\u0041"\n']


def _attachment(raw: bytes) -> None:
    name, _, content = raw.partition(b"\n")
    with suppress(FileUnfit):
        known = attachments.known(name.decode("utf-8", "replace"), content)
        assert 0 < len(known.name) <= attachments.LONGEST_NAME
        assert not set("/\\\r\n\0") & set(known.name)


def _attached() -> list[bytes]:
    packed = b"PK\x05\x06" + bytes(18)
    return [
        b"a.pdf\n%PDF-1.7",
        b"../b.png\n\x89PNG\r\n\x1a\n",
        b"c.docx\n" + packed,
        "通知.jpg\n".encode() + b"\xff\xd8\xff\xe1Exif",
    ]


# --- the desk's boxes


def _receipt(raw: bytes) -> None:
    with suppress(SealedFault):
        found = receipt.read(raw.decode("utf-8", "replace"))
        assert receipt.read(found.text) == found


def _receipts() -> list[bytes]:
    made = [receipt.Receipt(bytes([number] * 16)).text for number in range(4)]
    return [one.encode() for one in (*made, made[0].replace(" ", "，"), made[1][:-1])]


def _lists(raw: bytes) -> None:
    """As it is, and rightly signed: whoever keeps the root may be careless, and old lists were written by old code."""
    signed = raw.decode("utf-8", "replace")
    signature = keys.to_text(ROOT.sign(handlerlist._PREFIX + signed.encode()))
    for file in (raw, json.dumps({"doc": signed, "sig": signature, "earlier": []}).encode()):
        for look in (handlerlist.read, handlerlist.history):
            with suppress(SealedFault):
                look(file, ROOT.verify_key)
        with suppress(SealedFault):
            handlerlist.current(file, ROOT.verify_key, date(2026, 11, 1), 1)
        with suppress(SealedFault):
            handlerlist.sign(_listed(), ROOT, file)


def _listed() -> HandlerList:
    staff = tuple(
        Handler(f"own-{number}", "支部纪检委员", one.recipient, one.signing.verify_key)
        for number, one in enumerate(map(Identity, (bytes([n] * 32) for n in (1, 2))))
    )
    return HandlerList(1, date(2027, 1, 1), (Desk("own", staff),))


def _handlers() -> list[bytes]:
    file = handlerlist.sign(_listed(), ROOT)
    return [file, handlerlist.sign(_listed(), ROOT, file), handlerlist.exact(_listed()).encode()]


def _boxes(raw: bytes) -> None:
    """Enrolments, key files, messages and sealed files, stamps and signatures: each looks at the same bytes."""
    said = raw.decode("utf-8", "replace")
    for look in (enrolment.read, keyfile.check, message.parse):
        with suppress(SealedFault):
            look(raw)
    with suppress(bundle.BundleBroken):
        head, pieces = bundle.unpack(raw)
        assert sum(map(len, pieces)) < len(raw)
        json.dumps(head)
    with suppress(SealedFault):
        seal.open_with(SOMEBODY, raw)
    with suppress(SealedFault):
        keyfile.passphrase(said)
    for take in (Identity.of_text, keys.recipient_bytes):
        with suppress(SealedFault):
            take(said)
    seal.well_formed(raw)
    work.good(raw, b"", said[:16], 14)
    requests.good(SOMEBODY.signing.verify_key, said, raw)
    totp.second(said, [said, said])
    found = totp.Second(bytes(20), ("0" * 64, "1" * 64))
    found.step_of(said, NOW)
    found.without(said)


def _boxed() -> list[bytes]:
    doc = message.Doc(
        "0" * 64, "own", 1, message.SUBMITTER, ("1" * 64,), "食堂", files=(message.Attachment("a", "image/png", b"x"),)
    )
    plain = message.outer(message.exact(doc), SOMEBODY.signing)
    sealed = seal.age_file(b"x", [SOMEBODY.recipient])
    return [
        plain,
        sealed,
        enrolment.write("own", "委员", SOMEBODY),
        bundle.pack({"lookup": "0" * 64}, [b"abc"]),
        SOMEBODY.text.encode(),
        b"123456",
    ]


TARGETS: Sequence[Target] = (
    Target("envelope", _envelope, _envelopes, "wechat"),
    Target("markup", _markup, _pushes, "wechat"),
    Target("message", _message, _pushes, "wechat"),
    Target("words", _words, _spoken, "bot", 400),
    Target("chat", _chat, _chats, "bot"),
    Target("scene", _scene, lambda: [b"ck-abcdefghjk-1a2b3c-abcdefghijklmnop", b"482913"], "services", 200),
    Target("roster", _roster, _rosters, "sheets"),
    Target("questions", _questions, _banks, "sheets"),
    Target("config", _config, _configs, "settings"),
    Target("attachment", _attachment, _attached, "services"),
    Target("receipt", _receipt, _receipts, "sealed", 200),
    Target("handlers", _lists, _handlers, "sealed"),
    Target("boxes", _boxes, _boxed, "sealed"),
)


def made(target: Target, seed: int, count: int) -> "list[bytes]":
    """So many inputs from the target's seeds, the same at every run; the seeds themselves come first."""
    import random  # noqa: PLC0415 - for this alone

    chance, seeds = random.Random(f"{target.name} {seed}"), list(target.seeds())
    return [*seeds, *(mutating.havoc(chance, chance.choice(seeds), seeds)[: target.longest * 8] for _ in range(count))]
