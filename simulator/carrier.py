"""Between phones and the courier: numbers messages, shows answers, keeps what went over the wire."""

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass

from simulator import words
from simulator.clock import Clock
from simulator.courier import Courier, Exchange, Manner, Message
from simulator.journal import Journal, Side
from simulator.media import Media
from simulator.subscriptions import Subscriptions
from simulator.tickets import Tickets

EXCHANGES_KEPT = 50


@dataclass(frozen=True, slots=True)
class Complaint:
    """A sentence of the checker, with whose message brought it to light."""

    person: str
    title: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.person}, {self.title}: {self.sentence}"


class Carrier:
    """What every phone of one world shares."""

    def __init__(
        self,
        courier: Courier,
        clock: Clock,
        tickets: Tickets,
        journal: Journal,
        media: Media,
        subscriptions: Subscriptions,
    ) -> None:
        self.courier = courier
        self.clock = clock
        self.tickets = tickets
        self.journal = journal
        self.media = media
        self.subscriptions = subscriptions
        self.complaints: list[Complaint] = []
        self._lock = threading.Lock()
        self._kept: dict[str, deque[Exchange]] = {}
        self._exchanges = itertools.count(1)
        # A server remembers message ids over restarts of the simulator, so they never repeat.
        self._message_ids = itertools.count(time.time_ns() // 1_000_000 << 20)

    def message_id(self) -> str:
        """A MsgId nobody has had."""
        return str(next(self._message_ids))

    def begin(self) -> Exchange:
        """An empty exchange with its number."""
        return Exchange(next(self._exchanges))

    def send(
        self,
        person: str,
        name: str,
        message: Message,
        exchange: Exchange,
        manner: Manner,
        *,
        listening: bool = True,
    ) -> Exchange:
        """Deliver, show the answer on the person's phone if it is `listening`, keep everything."""
        with self._lock:
            self._kept.setdefault(person, deque(maxlen=EXCHANGES_KEPT)).append(exchange)
        self.courier.deliver(message, exchange, manner)
        with self._lock:
            self.complaints.extend(Complaint(name, message.title, sentence) for sentence in exchange.complaints)
        if listening:
            self._show(person, exchange)
        self.journal.changed("exchanges")
        return exchange

    def complain(self, who: str, title: str, sentence: str) -> None:
        """Note a fault of the server that no message of a person has brought to light."""
        with self._lock:
            self.complaints.append(Complaint(who, title, sentence))

    def exchanges(self, person: str) -> list[Exchange]:
        """A person's newest exchanges, oldest first."""
        with self._lock:
            return list(self._kept.get(person, ()))

    def _show(self, person: str, exchange: Exchange) -> None:
        now = self.clock.now()
        if exchange.text is not None:
            kind = next((d.verdict.kind for d in exchange.deliveries if d.text is not None), "text")
            self.journal.write(person, now, Side.ACCOUNT, kind, exchange.text, exchange.number)
        elif exchange.unavailable:
            self.journal.write(person, now, Side.NOTE, "unavailable", words.UNAVAILABLE, exchange.number)
