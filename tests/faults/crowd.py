"""A crowd that writes to the account all the time, and WeChat's way of delivering what it writes.

Every message is new. It is delivered up to three times: again when nothing came within the cut, when the connection
broke, and when the server did not say 200. Messages leave at their own pace, whatever becomes of those before them, and
every reply is opened. What a person hears is what counts: each affair notes what was sent and what was acknowledged.
"""

import asyncio
import itertools
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from simulator import xmlform
from simulator.accounts import OfficialAccount
from simulator.checker import Asked, Verdict, check
from simulator.packing import Mode, Stamp, pack
from simulator.transport import Answer
from simulator.xmlform import Value

CUT = 5.0  # seconds, the platform's
TRIES = 3
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
NOT_NOW = ("请过一会儿再发一次", "请过几秒再发一次", "请过几分钟再试", "现在不能")  # what asks for the same once more
TRY_AGAIN = "told to try again"
FAULT_OF_OURS = "这里出了差错"
MESSAGE_IDS = itertools.count(time.time_ns() // 1_000_000 << 20)


class Came(NamedTuple):
    """One delivery: when it went out (by time.monotonic), how long it took, and what came of it."""

    begun: float
    seconds: float
    end: str  # ok, cut, broken, or refused with the status


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the crowd: a member who is bound."""

    id: int
    name: str
    openid: str


@dataclass(slots=True)
class Letter:
    """One message on its way; `about` is its affair's own note."""

    who: Member
    kind: str
    xml: str
    created: int  # seconds since 1970
    about: tuple[int, ...] | str = ""


class Affair(Protocol):
    """What some of the crowd write about."""

    def next(self, now: float) -> Letter | None:
        """The next message somebody has to send now (by time.monotonic), None while nobody has any."""
        ...

    def heard(self, letter: Letter, text: str | None, now: float) -> bool:
        """What its sender read, None for silence; whether that acknowledges it. Raises AssertionError for wrong words."""
        ...


def written(
    account: OfficialAccount, who: Member, kind: str, about: tuple[int, ...] | str = "", **fields: Value
) -> Letter:
    """A message of this person, sent now."""
    created = int(time.time())
    known: dict[str, Value] = {
        "ToUserName": account.original_id, "FromUserName": who.openid, "CreateTime": created, "MsgType": kind, **fields,
    }  # fmt: skip
    if kind != "event":
        known["MsgId"] = next(MESSAGE_IDS)
    return Letter(who, kind, xmlform.write(known), created, about)


def not_now(text: str | None) -> bool:
    """Whether this asks for the same message once more, or is silence."""
    return text is None or any(words in text for words in NOT_NOW)


# --- what people write about -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HallScene:
    """An activity as its codes show it: `scene` is what the screen's code says at that time."""

    id: int
    title: str
    scenes: Mapping[int, str]  # slot -> scene
    slot: int  # seconds

    def scene(self, at: int) -> str:
        """The scene shown at that time."""
        return self.scenes[at // self.slot]


@dataclass
class Scans:
    """Everybody scans the code of every hall once; who hears nothing of use does it again."""

    account: OfficialAccount
    people: Sequence[Member]
    halls: Sequence[HallScene]
    zone: ZoneInfo
    chance: random.Random
    again: tuple[float, float]  # seconds after which a person who heard nothing of use writes once more
    sent: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # hall, member -> times of the scans
    told: dict[tuple[int, int], int] = field(default_factory=dict)  # … -> time of the scan that was welcomed
    standing: set[tuple[int, int]] = field(default_factory=set)  # told that an earlier one counts
    _coming: int = 0
    _again: deque[tuple[float, int]] = field(default_factory=deque)

    def next(self, now: float) -> Letter:
        """The scan of whoever comes next; when all have been everywhere, they scan once more."""
        if self._again and self._again[0][0] <= now:
            place = self._again.popleft()[1]
        else:
            place, self._coming = self._coming, self._coming + 1
        who = self.people[place % len(self.people)]
        hall = self.halls[place // len(self.people) % len(self.halls)]
        made = written(
            self.account, who, "event", (hall.id, who.id, place),
            Event="SCAN", EventKey=hall.scene(int(time.time())), Ticket="ticket",
        )  # fmt: skip
        self.sent.setdefault((hall.id, who.id), []).append(made.created)
        return made

    def heard(self, letter: Letter, text: str | None, now: float) -> bool:
        """Welcomed, told that it was done already, or to come again."""
        hall, member, place = (int(one) for one in letter.about)
        if text is None or not_now(text):
            self._again.append((now + self.chance.uniform(*self.again), place))
            return False
        clock = f"{datetime.fromtimestamp(letter.created, self.zone):%H:%M}"
        if text.startswith(f"✅ 签到成功\n{letter.who.name}同志") and f"{clock}，请就座" in text:
            known = self.told.setdefault((hall, member), letter.created)
            assert known == letter.created, f"welcomed twice: {text!r}"
            return True
        assert "已签到，不用再扫" in text, f"a scan heard {text!r}"
        self.standing.add((hall, member))
        return True


@dataclass
class Talking:
    """Somebody in a conversation, and when they write next."""

    who: Member
    says: str
    at: float = 0.0
    turn: int = 0


@dataclass
class Talks:
    """People who talk with the account, each a message at a time, with some seconds between."""

    account: OfficialAccount
    chance: random.Random
    idle: deque[Talking]
    rest: tuple[float, float]  # seconds a person takes to read
    again: tuple[float, float]  # … and after which one who heard nothing of use says the same again
    busy: dict[int, Talking] = field(default_factory=dict)

    def next(self, now: float) -> Letter | None:
        """What the person says whose turn it is."""
        for _ in range(len(self.idle)):
            talking = self.idle.popleft()
            if talking.at <= now:
                self.busy[talking.who.id] = talking
                made = written(self.account, talking.who, "text", talking.says, Content=talking.says)
                self.said(talking, made)
                return made
            self.idle.append(talking)
        return None

    def said(self, talking: Talking, letter: Letter) -> None:
        """Note what has been said."""

    def heard(self, letter: Letter, text: str | None, now: float) -> bool:
        """Go on with the conversation, or say the same again."""
        talking = self.busy.pop(letter.who.id)
        if text is None or not_now(text):
            talking.at = now + self.chance.uniform(*self.again)
            if text is None:
                self.unheard(talking)
            done = False
        else:
            done = self.goes_on(talking, letter, text)
            talking.at = now + self.chance.uniform(*self.rest)
        self.idle.append(talking)
        return done

    def unheard(self, talking: Talking) -> None:
        """Decide what is said after silence: as a rule the same again."""

    def goes_on(self, talking: Talking, letter: Letter, text: str) -> bool:
        """Decide what is said next; whether the letter is acknowledged."""
        raise NotImplementedError


@dataclass
class Studies(Talks):
    """Learners: 答题, the answer A, 继续, A …"""

    sent: dict[int, list[Letter]] = field(default_factory=dict)  # member -> answers in their order
    told: dict[int, set[str]] = field(default_factory=dict)  # member -> answers acknowledged, as XML

    def said(self, talking: Talking, letter: Letter) -> None:
        """Answers are kept."""
        if talking.says == "A":
            self.sent.setdefault(talking.who.id, []).append(letter)

    def goes_on(self, talking: Talking, letter: Letter, text: str) -> bool:
        """A question is answered; after an answer comes the next; whoever is not understood begins anew."""
        right = "回答正确" in text or "回答错误" in text
        if right and talking.says == "A":
            self.told.setdefault(talking.who.id, set()).add(letter.xml)
        talking.says = "A" if "【单选】" in text else "继续" if right else "答题"
        return right or talking.says == "A"


@dataclass
class Opinions(Talks):
    """Signed opinions, each text unlike all others; an opinion lost on the way is given up and another one written."""

    sent: dict[str, int] = field(default_factory=dict)  # text -> member
    told: dict[str, str] = field(default_factory=dict)  # text -> number
    _number: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _text: dict[int, str] = field(default_factory=dict)  # member -> what they are about to hand in

    def said(self, talking: Talking, _letter: Letter) -> None:
        """A text is sent when its category is: only then can it be kept."""
        if talking.turn == 3:
            self.sent[self._text[talking.who.id]] = talking.who.id

    def unheard(self, talking: Talking) -> None:
        """Begin anew: what was not heard may have been done, and its answer would be taken for the next one's."""
        talking.turn, talking.says = 0, "意见"

    def goes_on(self, talking: Talking, _letter: Letter, text: str) -> bool:
        """意见, signed, the text, the category."""
        who = talking.who.id
        if talking.turn == 3 and "已提交" in text:
            number = re.search(r"编号 (YJ\d+)", text)
            assert number, text
            self.told[self._text[who]] = number[1]
            talking.turn, talking.says = 0, "意见"
            return True
        expected = ("署名提", "请说您的意见", "是哪一类意见")
        if talking.turn < 3 and expected[talking.turn] in text:
            talking.turn += 1
            if talking.turn == 2:
                self._text[who] = f"食堂的晚饭可以早一点，第{next(self._number)}条"
            talking.says = ("意见", "1", self._text.get(who, ""), "1")[talking.turn]
            return True
        talking.turn, talking.says = 0, "意见"
        return False


@dataclass
class Words(Talks):
    """Who asks what can be done here."""

    def goes_on(self, talking: Talking, _letter: Letter, text: str) -> bool:
        """And asks again."""
        assert "您想做什么" in text, f"{talking.says} heard {text!r}"
        return True


# --- the platform ----------------------------------------------------------------------------------------------


class Broken(Exception):
    """The connection ended before the answer was whole."""


class Line(asyncio.Protocol):
    """One connection to the server, kept open from delivery to delivery."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Answer] | None = None
        self.lost = False
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand the answer over when it is whole."""
        self._held += data
        head, end, body = self._held.partition(b"\r\n\r\n")
        length = LENGTH.search(head + b"\r\n")
        if not end or length is None or len(body) < int(length[1]):
            return
        self._held = b""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(Answer(int(head.split(b" ", 2)[1]), body))

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell whoever waits."""
        self.lost = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(Broken())

    async def ask(self, request: bytes) -> Answer:
        """Send one request and wait for its answer. Raises Broken."""
        if self.transport is None or self.lost:
            raise Broken
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiting

    def drop(self) -> None:
        """Cut it off."""
        self.lost = True
        if self.transport is not None:
            self.transport.abort()


@dataclass
class Crowd:
    """All who write, and the wire between them and the server; runs in a thread of its own."""

    account: OfficialAccount
    port: int
    affairs: Mapping[str, tuple[float, Affair]]  # name -> share and affair
    chance: random.Random
    deliveries: list[Came] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)  # what no person may hear
    kept: deque[tuple[Letter, str]] = field(default_factory=lambda: deque(maxlen=200))  # acknowledged, with the reply
    answered: int = 0
    _lines: deque[Line] = field(default_factory=deque)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def saturate(self, seconds: float, connections: int) -> float:
        """The messages answered in a second while so many connections each send the next at once."""
        return asyncio.run(self._saturate(seconds, connections))

    def begin(self, rate: float) -> None:
        """Let so many messages a second leave, from now on."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._flow(rate)), name="crowd", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Let nobody write any more, and wait until everything sent has been answered or given up."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(TRIES * CUT + 10)
            assert not self._thread.is_alive(), "deliveries that never end"

    def again(self) -> list[tuple[str, str | None]]:
        """Deliver what is kept once more: (what was heard at first, what is heard now)."""
        return asyncio.run(self._again())

    async def _again(self) -> list[tuple[str, str | None]]:
        made = [(text, (await self._deliver(letter))[1].text) for letter, text in self.kept]
        self._hang_up()
        return made

    async def _saturate(self, seconds: float, connections: int) -> float:
        until = time.monotonic() + seconds

        async def one() -> None:
            while time.monotonic() < until:
                await self._send(*self._draw())

        before, begun = self.answered, time.monotonic()
        await asyncio.gather(*(one() for _ in range(connections)))
        rate = (self.answered - before) / (time.monotonic() - begun)
        self._hang_up()
        return rate

    async def _flow(self, rate: float) -> None:
        begun, sent = time.monotonic(), 0
        while not self._over.is_set():
            due = int((time.monotonic() - begun) * rate)
            for _ in range(due - sent):
                task = asyncio.ensure_future(self._send(*self._draw()))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            sent = due
            await asyncio.sleep(0.005)
        while self._running:
            await asyncio.wait(list(self._running))
        self._hang_up()

    def _hang_up(self) -> None:
        while self._lines:
            self._lines.pop().drop()

    def _draw(self) -> tuple[str, Affair, Letter]:
        """Somebody's next message, of an affair drawn by its share."""
        now = time.monotonic()
        names = list(self.affairs)
        for name in self.chance.choices(names, [self.affairs[one][0] for one in names], k=4):
            affair = self.affairs[name][1]
            letter = affair.next(now)
            if letter is not None:
                return name, affair, letter
        name = names[0]  # of which there is always one more
        letter = self.affairs[name][1].next(now)
        assert letter is not None
        return name, self.affairs[name][1], letter

    async def _send(self, name: str, affair: Affair, letter: Letter) -> None:
        self.counts[f"{name} sent"] += 1
        text: str | None = None
        for number in range(TRIES):
            self.counts["redelivered"] += number > 0
            came, verdict = await self._deliver(letter)
            self.deliveries.append(came)
            self.wrong += [f"{sentence} (of {letter.xml[:300]})" for sentence in verdict.complaints]
            if came.end == "ok":
                text = verdict.text
                break
            if number + 1 < TRIES:  # what failed at once is not repeated at once: the platform keeps its pace
                await asyncio.sleep(max(0.0, CUT - came.seconds))
        else:
            self.counts["silent"] += 1
        self.answered += text is not None
        self.counts[TRY_AGAIN] += text is not None and not_now(text)
        try:
            if text is not None and FAULT_OF_OURS in text:
                self.wrong.append(f"a fault of ours: {text!r}")
                text = None
            done = affair.heard(letter, text, time.monotonic())
        except AssertionError as failed:
            self.wrong.append(str(failed))
            return
        self.counts[f"{name} acknowledged"] += done
        if done and text is not None and letter.kind == "event":
            self.kept.append((letter, text))

    async def _deliver(self, letter: Letter) -> tuple[Came, Verdict]:
        parcel = pack(self.account, letter.who.openid, letter.xml, Mode.SAFE, Stamp.fresh(int(time.time())))
        request = (
            f"POST /wechat?{urlencode(parcel.query)} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUser-Agent: Mozilla/4.0\r\n"
            f"Content-Type: text/xml\r\nContent-Length: {len(parcel.body)}\r\n\r\n"
        ).encode() + parcel.body
        begun = time.monotonic()
        line: Line | None = None
        try:
            async with asyncio.timeout(CUT):
                line = await self._line()
                answer = await line.ask(request)
        except TimeoutError:
            return self._dropped(line, begun, "cut")
        except (OSError, Broken):
            return self._dropped(line, begun, "broken")
        seconds = time.monotonic() - begun
        self._lines.append(line)
        asked = Asked(letter.who.openid, self.account.original_id, letter.kind, Mode.SAFE)
        verdict = check(self.account, asked, answer)
        return Came(begun, seconds, "ok" if answer.status == 200 else f"refused {answer.status}"), verdict

    def _dropped(self, line: Line | None, begun: float, end: str) -> tuple[Came, Verdict]:
        if line is not None:
            line.drop()
        self.counts[end] += 1
        return Came(begun, time.monotonic() - begun, end), Verdict()

    async def _line(self) -> Line:
        """A connection that is open; a new one where none waits."""
        while self._lines:
            line = self._lines.pop()
            if not line.lost:
                return line
        _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", self.port)
        return line


def quantiles(deliveries: Sequence[Came]) -> tuple[float, float, float]:
    """The median, the 99th of a hundred and the longest of those that were answered, in milliseconds."""
    took = sorted(one.seconds * 1000 for one in deliveries if one.end == "ok") or [0.0]
    return took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)], took[-1]
