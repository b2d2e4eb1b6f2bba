"""Delivers callbacks as WeChat does: signed, cut after five seconds, then sent again.

Source: platform page 接收普通消息 (five seconds, three tries). A second or third delivery bears the
same MsgId and CreateTime under a fresh timestamp and nonce.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from simulator.accounts import OfficialAccount
from simulator.checker import Asked, Verdict, check
from simulator.clock import Clock
from simulator.packing import LAWFUL, Hostile, Mode, Parcel, Stamp, in_json, pack
from simulator.transport import Answer, Cut, Post
from simulator.xmlform import Value


@dataclass(frozen=True, slots=True)
class Manner:
    """How one message is delivered; None means the way of the world it is in.

    `copies` deliveries start at the same instant; `same_stamp` repeats timestamp and nonce; `json` is the
    format a mini-program may be set to.
    """

    copies: int = 1
    mode: Mode | None = None
    hostile: Hostile | None = None
    tries: int | None = None
    same_stamp: bool | None = None
    json: bool = False


HONEST = Manner()


@dataclass(frozen=True, slots=True)
class Message:
    """One message or event as WeChat knows it, before any packing."""

    openid: str
    xml: str
    fields: Mapping[str, Value]

    @property
    def kind(self) -> str:
        """Its MsgType, lower case; empty when it was given as raw XML."""
        return str(self.fields.get("MsgType", "")).lower()

    @property
    def title(self) -> str:
        """A few words to name it in a complaint."""
        known = ("MsgType", "Event", "EventKey", "Content")
        return " ".join(str(self.fields[name]) for name in known if self.fields.get(name))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try: what went out, what came back; `cut` when nothing came (`problem` says why)."""

    sent: Parcel
    seconds: float
    answer: Answer | None
    verdict: Verdict
    problem: str = ""

    @property
    def cut(self) -> bool:
        """Whether WeChat gave up waiting."""
        return self.answer is None

    @property
    def status(self) -> int | None:
        """The HTTP status, None after a cut."""
        return None if self.answer is None else self.answer.status

    @property
    def body(self) -> bytes:
        """The body as it came, sealed or not."""
        return b"" if self.answer is None else self.answer.body

    @property
    def text(self) -> str | None:
        """The opened reply of this delivery."""
        return self.verdict.text


@dataclass(slots=True)
class Exchange:
    """One message with all its deliveries; `notice` is what the phone itself says instead."""

    number: int
    message: Message | None = None
    deliveries: list[Delivery] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    unavailable: bool = False
    notice: str = ""

    @property
    def text(self) -> str | None:
        """What the person reads as the answer; None when the account stays silent."""
        return next((d.text for d in self.deliveries if d.text is not None), None)

    @property
    def status(self) -> int | None:
        """The HTTP status of the last delivery."""
        return self.deliveries[-1].status if self.deliveries else None

    def hears(self, *parts: str) -> "Exchange":
        """Assert that the answer contains every part; returns itself for more of the same."""
        for part in parts:
            if part not in (self.text or ""):
                raise AssertionError(f"{part!r} is not in the answer {self.text!r}")
        return self


class Courier:
    """Carries messages to one server in the way of one world.

    `cut` is in seconds; scale it together with the server's own wait. `resend_errors` also sends
    again after an HTTP error, which the platform does not promise.
    """

    def __init__(self, account: OfficialAccount, post: Post, clock: Clock, cut: float) -> None:
        self.account = account
        self.post = post
        self.cut = cut
        self.tries = 3
        self.mode = Mode.SAFE
        self.same_stamp = False
        self.resend_errors = False
        self._clock = clock
        self._closing = threading.Event()

    def close(self) -> None:
        """Stop waiting between deliveries."""
        self._closing.set()

    def deliver(self, message: Message, exchange: Exchange, manner: Manner = HONEST) -> Exchange:
        """Deliver until there is an answer or the tries are used up; fills `exchange`."""
        exchange.message = message
        stamp = Stamp.fresh(self._clock.timestamp())
        tries = manner.tries or self.tries
        for number in range(tries):
            if number and not self._same_stamp(manner):
                stamp = Stamp.fresh(self._clock.timestamp())
            copies = manner.copies if number == 0 else 1
            round_ = self._round(message, manner, stamp, copies)
            exchange.deliveries.extend(round_)
            if any(not self._again(delivery) for delivery in round_):
                break
            if number + 1 < tries:
                # A refused connection fails at once; the platform still keeps its pace.
                self._closing.wait(max(0.0, self.cut - min(d.seconds for d in round_)))
        self._conclude(exchange, manner)
        return exchange

    def _same_stamp(self, manner: Manner) -> bool:
        return self.same_stamp if manner.same_stamp is None else manner.same_stamp

    def _again(self, delivery: Delivery) -> bool:
        return delivery.cut or (self.resend_errors and delivery.status != 200)

    def _round(self, message: Message, manner: Manner, stamp: Stamp, copies: int) -> list[Delivery]:
        if copies == 1:
            return [self._attempt(message, manner, stamp)]
        with ThreadPoolExecutor(copies) as pool:
            together = [stamp] + [
                stamp if self._same_stamp(manner) else Stamp.fresh(stamp.timestamp) for _ in range(copies - 1)
            ]
            return list(pool.map(lambda each: self._attempt(message, manner, each), together))

    def _attempt(self, message: Message, manner: Manner, stamp: Stamp) -> Delivery:
        mode = manner.mode or self.mode
        sent = pack(self.account, message.openid, message.xml, mode, stamp, manner.hostile)
        if manner.json:
            sent = in_json(sent)
        begun = time.monotonic()
        try:
            answer = self.post(sent.query, sent.body, self.cut)
        except Cut as cut:
            return Delivery(sent, time.monotonic() - begun, None, Verdict(), str(cut))
        seconds = time.monotonic() - begun
        if mode is not Mode.PLAIN and manner.hostile is Hostile.DOWNGRADED:
            mode = Mode.COMPAT
        asked = Asked(message.openid, self.account.original_id, message.kind, mode)
        return Delivery(sent, seconds, answer, check(self.account, asked, answer))

    def _conclude(self, exchange: Exchange, manner: Manner) -> None:
        judged = [d for d in exchange.deliveries if not d.cut]
        if manner.hostile is not None and manner.hostile not in LAWFUL:
            # To refuse an attacker is right: only what was answered as if honest is judged.
            judged = [d for d in judged if d.status == 200]
        for delivery in judged:
            for sentence in delivery.verdict.complaints:
                if sentence not in exchange.complaints:
                    exchange.complaints.append(sentence)
        if exchange.deliveries and exchange.deliveries[-1].cut and not judged:
            tries = len(exchange.deliveries)
            exchange.complaints.append(
                f"no answer in {self.cut:g} s at any of {tries} deliveries ({exchange.deliveries[-1].problem})"
            )
            exchange.unavailable = True
        if judged and exchange.text is None and judged[-1].verdict.unavailable:
            exchange.unavailable = True
