"""What each person's phone shows, and news of it for pages that are watching."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LINES_KEPT = 2_000
NEWS_KEPT = 5_000


class Side(StrEnum):
    """Who a line comes from; a note is said by the phone itself."""

    ME = "me"
    ACCOUNT = "account"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble or grey line of a conversation."""

    number: int
    person: str
    at: datetime
    side: Side
    kind: str
    text: str
    exchange: int | None = None


@dataclass(frozen=True, slots=True)
class News:
    """Something changed: a new line, or one of the lists named by `topic`."""

    number: int
    topic: str
    line: Line | None = None


class Journal:
    """Lines per person and one numbered stream of news; safe to use from many threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = 0
        self._closed = False
        self._lines: dict[str, deque[Line]] = {}
        self._news: deque[News] = deque(maxlen=NEWS_KEPT)

    @property
    def number(self) -> int:
        """The number of the newest news."""
        return self._number

    def write(
        self,
        person: str,
        at: datetime,
        side: Side,
        kind: str,
        text: str,
        exchange: int | None = None,
    ) -> Line:
        """Add a line to a person's conversation."""
        with self._changed:
            line = Line(self._number + 1, person, at, side, kind, text, exchange)
            self._lines.setdefault(person, deque(maxlen=LINES_KEPT)).append(line)
            self._tell("line", line)
            return line

    def changed(self, topic: str) -> None:
        """Tell watchers that a list (people, menu, codes) is no longer what it was."""
        with self._changed:
            self._tell(topic, None)

    @property
    def closed(self) -> bool:
        """Whether watchers should go home."""
        return self._closed

    def close(self) -> None:
        """End every wait, now and later."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def lines(self, person: str) -> list[Line]:
        """A person's conversation, oldest first."""
        with self._changed:
            return list(self._lines.get(person, ()))

    def last(self, person: str) -> Line | None:
        """A person's newest line."""
        with self._changed:
            lines = self._lines.get(person)
            return lines[-1] if lines else None

    def wait(self, after: int, seconds: float) -> list[News]:
        """News newer than `after`, waiting up to `seconds` for the first."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number > after, seconds)
            return [news for news in self._news if news.number > after]

    def _tell(self, topic: str, line: Line | None) -> None:
        self._number += 1
        self._news.append(News(self._number, topic, line))
        self._changed.notify_all()
