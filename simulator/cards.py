"""What the account has sent people outside any exchange, and that a repeated call is one message."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

REPEATED_WITHIN = timedelta(minutes=10)  # client_msg_id, platform page 模板消息


@dataclass(frozen=True, slots=True)
class Card:
    """One message; `channel` is template, subscription, mini or service, whose `data` has the one key `text`."""

    msgid: str
    channel: str
    openid: str
    topic: str
    data: Mapping[str, str]
    url: str
    client_msg_id: str
    at: datetime


class Cards:
    """Everything that reached a phone, in its order. `calls` counts the calls by client_msg_id, repeated ones too."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._all: list[Card] = []
        self._taken: dict[tuple[str, str], tuple[str, datetime]] = {}

    @property
    def all(self) -> list[Card]:
        """Every message."""
        with self._lock:
            return list(self._all)

    def of(self, *openids: str) -> list[Card]:
        """The messages of one person, who has an openid for each application."""
        return [card for card in self.all if card.openid in openids]

    def claim(self, openid: str, client_msg_id: str, msgid: str, now: datetime) -> str:
        """The msgid of the message this call is for: another than `msgid` if it was sent within ten minutes."""
        if not client_msg_id:
            return msgid
        with self._lock:
            self.calls[client_msg_id] += 1
            former = self._taken.get((openid, client_msg_id))
            if former is not None and now - former[1] < REPEATED_WITHIN:
                return former[0]
            self._taken[(openid, client_msg_id)] = (msgid, now)
            return msgid

    def keep(self, card: Card) -> None:
        """It has arrived."""
        with self._lock:
            self._all.append(card)
