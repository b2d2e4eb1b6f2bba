"""Throws made-up callbacks, rightly and wrongly signed, at the real application, and looks what each of them does.

Most carry a message that a person or WeChat could have sent, with something wrong in it: in the fields, in the bytes, in
the sealing, in the signature, in the query. What answers in a way not seen before is kept and changed further, so the
deeper turns of a conversation are reached. Every answer is looked at (`Judge`): the status, the sealed reply, the log,
and that nothing is written into the database by what was not rightly signed.
"""

import base64
import json
import logging
import os
import random
import re
import sqlite3
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Protocol
from urllib.parse import quote_from_bytes, urlencode
from wsgiref.types import WSGIApplication

import psycopg
import redis  # noqa: TC002 - a dataclass reads its annotations

from models.activity import ActivityKind
from models.appointment import Role
from services import activities, places
from simulator import xmlform
from simulator.accounts import OfficialAccount
from simulator.crypto import Sealer, Unopenable, signature
from tests import bulletins, rounds
from tests.branch import Branch
from tests.fuzz import mutating
from tests.talks.test_study import several

DOCUMENTED = frozenset({200, 400, 403, 413})
METHODS = frozenset({405})  # what HTTP itself says of a method that is none of ours
MOST_KEPT, LONGEST_KEPT = (
    1500,
    1500,
)  # messages to be changed further, and characters of one: the memory watched is ours too
PAGE = os.sysconf("SC_PAGE_SIZE")
Fields = Mapping[str, xmlform.Value]


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `due` are the statuses it may be answered with, `signed` whether WeChat could have sent it."""

    method: str
    query: str
    body: bytes
    due: frozenset[int]
    signed: bool
    length: str = ""  # what Content-Length says; "" for the truth


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: `reply` is the opened text, "" for none."""

    status: int
    kind: str
    reply: str


class Unfit(AssertionError):
    """An answer that must not be; says which, and the call that led to it."""


@dataclass
class Attacker:
    """Makes calls for one branch from a seed; knows everybody's openid, the hall's codes, and the token if `trusted`."""

    branch: Branch
    account: OfficialAccount
    chance: random.Random
    ours: list[str]  # openids of members
    others: list[str]
    words: list[str]
    pool: list[dict[str, xmlform.Value]] = field(default_factory=list)
    last: dict[str, xmlform.Value] = field(default_factory=dict)
    scene: str = ""
    seen: set[tuple[int, str, str]] = field(default_factory=set)
    whole: float = 0.62  # how many of the calls WeChat itself could have sent: most of these go through a whole turn
    _person: str = ""
    _sealers: dict[str, Sealer] = field(default_factory=dict)

    def call(self) -> Call:
        """The next one."""
        way = self.chance.random()
        if way < self.whole:
            return self._sent(self._clear())
        match self.chance.randrange(8):
            case 0:
                return self._handshake()
            case 1 | 2 | 3:
                return self._missealed()
            case _:
                return self._forged()

    def heard(self, said: Said) -> None:
        """Keep the message that was answered as none before."""
        mark = (said.status, said.kind, re.sub(r"\d", "", said.reply)[:12])
        if self.last and mark not in self.seen and len(self.pool) < MOST_KEPT and len(repr(self.last)) < LONGEST_KEPT:
            self.seen.add(mark)
            self.pool.append(self.last)
        self.last = {}

    # What is in a message

    def _clear(self) -> bytes:
        fields = self._fields()
        chance = self.chance.random()
        for name in list(fields) if chance < 0.25 else ():
            if self.chance.random() < 0.25:
                fields[name] = self._spoilt(fields[name])
        self.last = fields
        written = self._written(fields)
        return (
            mutating.havoc(self.chance, written, [self._written(one) for one in self.pool[-3:]])
            if chance > 0.88
            else written
        )

    def _written(self, fields: Fields) -> bytes:
        if self.chance.random() < 0.15:
            return json.dumps(fields, ensure_ascii=self.chance.random() < 0.5).encode("utf-8", "surrogatepass")
        return xmlform.write(fields).encode("utf-8", "surrogatepass")

    def _spoilt(self, value: xmlform.Value) -> xmlform.Value:
        match self.chance.randrange(8):
            case 0:
                return {mutating.text(self.chance, "List"): value}
            case 1:
                return [value] * self.chance.choice((2, 3, 60))
            case 2:
                return self.chance.choice((0, -1, 10**10, 10**13, 1.5, 10**400))
            case _:
                return mutating.text(self.chance, value if isinstance(value, str) else str(value))

    def _fields(self) -> dict[str, xmlform.Value]:
        if self.pool and self.chance.random() < 0.3:
            return {
                **self.chance.choice(self.pool),
                **({"FromUserName": self._who()} if self.chance.random() < 0.5 else {}),
            }
        head: dict[str, xmlform.Value] = {
            "ToUserName": self.account.original_id,
            "FromUserName": self._who(),
            "CreateTime": self.branch.clock.timestamp()
            + self.chance.choice((0,) * 20 + (-1, 1, -500, -90_000, 90_000)),
        }
        kind = self.chance.choice(
            ("text",) * 12 + ("event",) * 5 + ("voice", "image", "location", "location", "video", "link")
        )
        return head | {"MsgType": kind} | (self._event() if kind == "event" else self._message(kind))

    def _message(self, kind: str) -> dict[str, xmlform.Value]:
        said = self._words()
        of_kind: Mapping[str, dict[str, xmlform.Value]] = {
            "text": {"Content": said},
            "voice": {"MediaId": "m1", "Format": "amr", "Recognition": said},
            "image": {"PicUrl": "http://mmbiz/x", "MediaId": "m" * self.chance.choice((2, 64, 500))},
            "location": {"Location_X": self._degrees(), "Location_Y": self._degrees(), "Scale": 20, "Label": said},
            "video": {"MediaId": "m2", "ThumbMediaId": "t"},
            "link": {"Title": said, "Description": said, "Url": "http://x"},
        }
        number = self.chance.choice((self.chance.randrange(10**17, 10**18), 6054768590064713728))
        return {**of_kind[kind], "MsgId": number}

    def _event(self) -> dict[str, xmlform.Value]:
        scene = self.chance.choice((self._scene(), mutating.text(self.chance, self._scene())))
        template, told = (
            f"demo-template-{self.chance.choice(('activity', 'change', 'x' * 80))}",
            self.chance.choice(("accept", "reject")),
        )
        row = {"TemplateId": template, "SubscribeStatusString": told, "PopupScene": "2"}
        sent = {
            "TemplateId": template,
            "MsgID": str(self.chance.randrange(10**20)),
            "ErrorCode": "0",
            "ErrorStatus": "success",
        }
        many = self.chance.choice((1, 1, 2, 100))
        events: Sequence[dict[str, xmlform.Value]] = (
            {"Event": "SCAN", "EventKey": scene, "Ticket": "t"},
            {"Event": "subscribe", "EventKey": f"qrscene_{scene}", "Ticket": "t"},
            {"Event": "subscribe", "EventKey": ""},
            {"Event": "unsubscribe", "FromUserName": self.chance.choice(self.others)},
            {"Event": "CLICK", "EventKey": self._words()},
            {"Event": "VIEW", "EventKey": "http://x"},
            {"Event": "LOCATION", "Latitude": 23, "Longitude": 113},
            {
                "Event": "TEMPLATESENDJOBFINISH",
                "MsgID": self.chance.randrange(10**9),
                "Status": self.chance.choice(mutating.TEXTS),
            },
            {"Event": "subscribe_msg_popup_event", "SubscribeMsgPopupEvent": {"List": [row] * many}},
            {"Event": "subscribe_msg_change_event", "SubscribeMsgChangeEvent": {"List": [row] * many}},
            {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": [sent] * many}},
            {"Event": "subscribe_msg_popup_event", "List": [row] * many},
            {
                "Event": "user_authorization_revoke",
                "FromUserName": self.chance.choice(self.others),
                "OpenID": "o",
                "RevokeInfo": "301",
            },
        )
        return self.chance.choice(events)

    def _who(self) -> str:
        if not self._person or self.chance.random() < 0.15:  # a person says several things, one after the other
            self._person = self.chance.choice(self.ours if self.chance.random() < 0.7 else self.others)
        return self._person if self.chance.random() < 0.97 else mutating.text(self.chance, self._person)

    def _words(self) -> str:
        match self.chance.randrange(12):
            case 0 | 1 | 2 | 3:
                return self.chance.choice(self.words)
            case 4 | 5 | 6:
                return self.chance.choice(
                    ("1", "2", "3", "4", "A", "B", "是", "否", "取消", "继续", "上一步", "7月1日", "明天", "第二个")
                )
            case 7:
                return (
                    f"{self.chance.choice(self.words)} {self.chance.choice(('1', '12', self._number(), '人生 大事'))}"
                )
            case 8:
                return self._number()
            case 9:
                return "".join(
                    chr(self.chance.choice((*b"0123456789 aZ", 0x4E00 + self.chance.randrange(9000))))
                    for _ in range(12)
                )
            case _:
                return mutating.text(self.chance, self.chance.choice(self.words))

    def _number(self) -> str:
        return (
            f"{self.chance.randrange(10**6):06}" if self.chance.random() < 0.7 else f"{self.chance.randrange(10**8):08}"
        )

    def _degrees(self) -> xmlform.Value:
        return self.chance.choice(
            ("23.134521", "113.358803", 36.07, 120.38, -91, "nan", "inf", "１２", "1e999", "", "北纬")
        )

    def _scene(self) -> str:
        return self.chance.choice((self.scene, "ck-abcdefghjk-1-aaaaaaaaaaaaaaaa", "ck-", "x" * 64))

    # How it is packed

    def _query(self, *sealed: str, at: int | None = None) -> dict[str, str]:
        timestamp, nonce = (
            str(self.branch.clock.timestamp() if at is None else at),
            str(self.chance.randrange(10**9, 10**10)),
        )
        query = {
            "signature": signature(self.account.token, timestamp, nonce),
            "timestamp": timestamp,
            "nonce": nonce,
            "openid": "o",
        }
        if sealed:
            query |= {"encrypt_type": "aes", "msg_signature": signature(self.account.token, timestamp, nonce, *sealed)}
        return query

    def _enveloped(self, sealed: str) -> bytes:
        if self.chance.random() < 0.1:
            return json.dumps({"ToUserName": self.account.original_id, "Encrypt": sealed}).encode()
        return xmlform.write({"ToUserName": self.account.original_id, "Encrypt": sealed}).encode()

    def _sealer(self, key: str) -> Sealer:
        return self._sealers.setdefault(key, Sealer(key))

    def _sent(self, clear: bytes) -> Call:
        """Rightly sealed and signed, whatever it says."""
        keys = [one for one in (self.account.encoding_aes_key, self.account.previous_encoding_aes_key) if one]
        if not keys:
            return self._made(self._query(), clear, signed=True)
        sealed = self._sealer(self.chance.choice(keys)).seal(clear, self.account.app_id)
        body = self._enveloped(sealed)
        # what the signature covers is right, so it is answered; what is too long is not looked at
        due = frozenset({200, 413}) if len(body) > 60_000 else frozenset({200})
        return self._made(self._query(sealed), body, signed=True, due=due)

    def _missealed(self) -> Call:
        """Rightly signed, and what is inside was made by nobody who has the key."""
        if not self.account.encoding_aes_key:
            return self._forged()
        sealed = self.chance.choice(
            (
                base64.b64encode(self.chance.randbytes(32 * self.chance.randrange(1, 12))).decode(),
                base64.b64encode(self.chance.randbytes(self.chance.randrange(90))).decode(),
                mutating.text(self.chance, "QUJD"),
                self._sealer("A" * 43).seal(self._clear(), self.account.app_id),
                self._sealer(self.account.encoding_aes_key).seal(
                    self._clear(), self.chance.choice(("wxforeign", "", self.account.app_id[:-1]))
                ),
            )
        )
        sealed = "".join(one for one in sealed if one.isprintable())
        self.last = {}
        try:
            query, body = self._query(sealed), self._enveloped(sealed)
        except UnicodeEncodeError:
            return self._forged()
        return self._made(query, body, signed=False, due=frozenset({400, 403, 413}))

    def _forged(self) -> Call:
        """Signed by nobody, or changed on its way."""
        right = self._sent(self._clear())
        self.last = {}
        query, body = right.query, right.body
        match self.chance.randrange(7):
            case 0:
                query = re.sub(r"signature=\w", "signature=g", query)
            case 1:
                query = mutating.havoc(self.chance, query.encode()).decode("latin-1")
            case 2 | 3 if self.account.encoding_aes_key:
                body = mutating.havoc(self.chance, body)
            case 4:
                query = re.sub(r"timestamp=\d+", "timestamp=1", query)
            case 5:
                body = self.chance.choice(
                    (b"", b"A" * 66_000, b"<a>" * 20_000, b"[" * 60_000, b"{" * 60_000, b"\xff\xfe<\x00")
                )
                query = urlencode(
                    {
                        "signature": "0" * 40,
                        "timestamp": "1",
                        "nonce": self.chance.choice(mutating.TEXTS[:9]).encode("utf-8", "replace"),
                    }
                )
            case _:
                return Call(
                    self.chance.choice(("PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "X" * 30)),
                    query,
                    body,
                    DOCUMENTED | METHODS,
                    signed=False,
                )
        # an accident may have changed nothing that is signed: then it is WeChat's own after all
        return Call(
            "POST",
            query,
            body,
            DOCUMENTED,
            signed=not self._wrong(query, body),
            length=self.chance.choice(("", "", "", "99999999", "0", "x", "-1")),
        )

    def _wrong(self, query: str, body: bytes) -> bool:
        """Whether it is surely not WeChat's: without a key the signature covers no body, so any changed query is."""
        return (
            "signature=g" in query
            or "timestamp=1&" in query
            or "0" * 40 in query
            or (bool(self.account.encoding_aes_key) and self._cut_off(query, body))
        )

    def _cut_off(self, query: str, body: bytes) -> bool:
        from urllib.parse import parse_qs  # noqa: PLC0415 - for the doubtful ones alone

        given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
        # said twice, either may be the one that is looked at
        found = [one.decode("latin-1") for one in re.findall(rb"Encrypt(?:><!\[CDATA\[|\": \")([^\]\"]*)", body)] or [
            ""
        ]
        # so does text that several CDATA make up
        found += [
            re.sub(rb"<!\[CDATA\[|\]\]>", b"", one).decode("latin-1")
            for one in re.findall(rb"<Encrypt>(.*?)</Encrypt>", body, re.DOTALL)
        ]
        right = (
            signature(self.account.token, given.get("timestamp", ""), given.get("nonce", ""), one) for one in found
        )
        return given.get("msg_signature") not in list(right)

    def _handshake(self) -> Call:
        query = self._query() | {"echostr": self.chance.choice(("6411508812", "é\r\nX: y", "", "<script>", "\x00"))}
        if self.chance.random() < 0.5:
            return Call("GET", urlencode(query), b"", frozenset({200, 400}), signed=False)
        name = self.chance.choice(list(query))
        raw = mutating.havoc(self.chance, query[name].encode("utf-8", "surrogatepass"))
        return Call(
            "GET",
            urlencode({one: text for one, text in query.items() if one != name}) + f"&{name}={quote_from_bytes(raw)}",
            b"",
            DOCUMENTED,
            signed=False,
        )

    def _made(self, query: Mapping[str, str], body: bytes, *, signed: bool, due: frozenset[int] = DOCUMENTED) -> Call:
        return Call("POST", urlencode(query), body, due, signed)


class Listener(logging.Handler):
    """Hears what must not be said: a bug of ours, and every traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.complaints: list[str] = []
        self.lines: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count the line; keep it if it is a complaint."""
        self.lines[str(record.msg).split("=")[0]] += 1
        if record.exc_info or record.levelno >= logging.ERROR:
            self.complaints.append(record.getMessage() + (f" {record.exc_info[1]!r}" if record.exc_info else ""))


@contextmanager
def listening() -> Iterator[Listener]:
    """Everything logged from WARNING on, and what is written to stderr behind the log's back."""
    listener, root = Listener(), logging.getLogger()
    before, hook, level = sys.stderr, sys.unraisablehook, root.level
    root.addHandler(listener)

    class Caught(BytesIO):
        def write(self, said: object) -> int:
            listener.complaints.append(f"stderr: {str(said)[:400]}")
            return len(str(said))

        encoding = "utf-8"

    sys.stderr = Caught()
    sys.unraisablehook = lambda fault: listener.complaints.append(f"unraisable: {fault.exc_value!r}")
    try:
        yield listener
    finally:
        sys.stderr, sys.unraisablehook = before, hook
        root.removeHandler(listener)
        root.setLevel(level)


class Look(Protocol):
    """A database seen from outside."""

    def version(self) -> int:
        """A number that grows with whatever anybody writes."""
        ...

    def kept(self) -> str:
        """How many rows there are, by table, and how large the whole is."""
        ...


class SqliteLook:
    """The file, through a connection of our own."""

    def __init__(self, file: Path) -> None:
        self._file = sqlite3.connect(file)

    def version(self) -> int:
        """What SQLite counts of others' commits."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    def kept(self) -> str:
        """Rows and kilobytes."""
        names = [
            name for (name,) in self._file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        rows = {name: self._file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - our own tables
        pages, size = (self._file.execute(f"PRAGMA {one}").fetchone()[0] for one in ("page_count", "page_size"))
        return f"{ {name: many for name, many in rows.items() if many} }, {pages * size >> 10} KB"


class PostgresLook:
    """The cluster, through a connection of our own; nobody else may be at work in it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def version(self) -> int:
        """The next transaction's number: what only reads takes none."""
        found = self._connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
        assert found
        return int(found[0])

    def kept(self) -> str:
        """Rows as the cluster counts them."""
        rows = self._connection.execute(
            "SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE n_live_tup > 0 ORDER BY 1"
        )
        return str(dict(rows.fetchall()))


@dataclass
class Front:
    """One branch under attack: its application, and a look at its database from outside."""

    attacker: Attacker
    app: WSGIApplication
    look: Look
    figures: Counter[str] = field(default_factory=Counter)
    stores: "list[redis.Redis]" = field(default_factory=list)
    meeting: str = ""

    def goes_on(self) -> None:
        """The hall's screen shows its next code."""
        self.attacker.scene = self.attacker.branch.scene_at(self.meeting, self.attacker.branch.clock.now())

    def kept(self) -> str:
        """What is kept, and how many keys each Redis holds."""
        return f"{self.look.kept()}; keys {[store.dbsize() for store in self.stores]}"

    def once(self, listener: Listener) -> Said:
        """One call; raises Unfit when its answer, the log or the database is not as it must be."""
        call = self.attacker.call()
        before = self.look.version()
        status, headers, body = asked(self.app, call)
        self.figures[f"status {status}"] += 1
        self.figures["rightly signed" if call.signed else "not rightly signed"] += 1
        faults = list(listener.complaints)
        if status not in call.due:
            faults.append(f"status {status}, due {sorted(call.due)}")
        changed = self.look.version() != before
        if changed:
            self.figures["wrote"] += 1
            if not call.signed:
                faults.append("wrote without a right signature")
        said = Said(status, "", "")
        if status == 200 and call.method == "POST" and not faults:
            try:
                said = self._opened(body, headers)
            except (Unopenable, ET.ParseError, ValueError) as error:
                faults.append(f"reply: {error}")
        if faults:
            listener.complaints.clear()
            raise Unfit(f"{faults} {call} {self.attacker.last}")
        self.figures["replied"] += bool(said.reply)
        self.attacker.heard(said)
        return said

    def _opened(self, body: bytes, headers: Mapping[str, str]) -> Said:
        if body == b"success":
            return Said(200, "success", "")
        if "xml" not in headers["Content-Type"]:
            raise ValueError(f"neither success nor XML: {body[:40]!r}")
        root = _xml(body)
        account = self.attacker.account
        if account.encoding_aes_key:
            parts = {
                name: xmlform.text_of(root, name) or "" for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
            }
            if signature(account.token, parts["TimeStamp"], parts["Nonce"], parts["Encrypt"]) != parts["MsgSignature"]:
                raise ValueError("the reply is not rightly signed")
            root = _xml(self._clear(account, parts["Encrypt"]))
        content = xmlform.text_of(root, "Content") or ""
        if not content.strip() or len(content.encode()) > 2048:
            raise ValueError(f"a text of {len(content)} characters")
        return Said(200, "text", content)

    def _clear(self, account: OfficialAccount, sealed: str) -> bytes:
        for key in (account.encoding_aes_key, account.previous_encoding_aes_key):
            try:
                clear, _ = self.attacker._sealer(key).open(sealed)
            except Unopenable:
                if not account.previous_encoding_aes_key:
                    raise
                continue
            return clear
        raise Unopenable("neither key opens the reply")


def _xml(reply: bytes) -> ET.Element:
    """Our own reply, which may well say <!DOCTYPE to somebody who has said it."""
    return ET.fromstring(reply)  # noqa: S314 - our own


def asked(app: WSGIApplication, call: Call, path: str = "/wechat") -> tuple[int, dict[str, str], bytes]:
    """Ask the application as a server would."""
    environ: dict[str, object] = {
        "REQUEST_METHOD": call.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": call.query,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1",
        "CONTENT_TYPE": "text/xml", "CONTENT_LENGTH": call.length or str(len(call.body)), "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": BytesIO(call.body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _fault: object = None) -> Callable[[bytes], object]:
        told.append((status, headers))
        return lambda _piece: None

    pieces = app(environ, start)
    try:
        body = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close:
            close()
    status, headers = told[-1]
    return int(status.split()[0]), dict(headers), body


def resident() -> int:
    """Bytes of memory this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def front(branch: Branch, seed: int, look: Look) -> Front:
    """Members, strangers and a meeting under way, and somebody who means them no good."""
    bound = [branch.bound(name) for name in ("张建国", "李娜", "王芳", "刘洋")]
    branch.appoints("张建国", Role.SECRETARY)
    branch.appoints("刘洋", Role.GROUP_LEADER, "第一党小组")
    strangers = [branch.phone(f"路人{number}") for number in range(6)]
    meeting = branch.meeting()
    branch.meeting("下周党课", kind=ActivityKind.LECTURE, opened=False, starts=timedelta(days=60))
    branch.house.run(
        lambda db: places.allow(db, branch.house.operator(), activities.find(db, meeting), 36.07, 120.38, 300)
    )
    several(branch, 12)
    rounds.opened(branch, days=300)
    rounds.opened(branch, "不记名的", unnamed=True, days=300)
    bulletins.published(branch)
    ours = [one.person.openid for one in bound]
    others = [one.person.openid for one in strangers] + [f"oFUZZ{number:023}" for number in range(20)]
    words = [*branch.house.registry.vocabulary.words, *branch.house.registry.vocabulary.typos]
    attacker = Attacker(branch, branch.world.accounts.official_account, random.Random(seed), ours, others, words)
    made = Front(attacker, branch.app, look, meeting=meeting)
    made.goes_on()
    return made
