"""The log of every process: one line an event, for people or as JSON for machines (server.log_format).

Our messages say what happened and then what is known of it: `log.info("turn kind=%s ms=%.1f", …)`. As JSON each of
those is a field of its own, a number stays a number, and what an exception says in its own words is left out: it may
quote what a person wrote.
"""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Any, Literal, TextIO

Form = Literal["text", "json"]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
APART = ("confidential", "sealed")  # whose lines bear no number: it would tie them to a line beside them
_GIVEN = re.compile(r"[0-9a-f]{16,32}")
_PLACE = re.compile(r"%%|(?:\b(\w+)=)?%[-+ #0]*[\d*]*(?:\.\d+)?[a-zA-Z]")
_UNDRAWN = "-"
_number: ContextVar[str] = ContextVar("number", default="")


def start(form: Form, level: int = logging.INFO) -> None:
    """Say everything of that level and above so, on stderr, instead of what was set before."""
    root = logging.getLogger()
    for before in [one for one in root.handlers if type(one) in (logging.StreamHandler, _Stderr)]:
        root.removeHandler(before)
    handler = _Stderr()
    handler.setFormatter(Json() if form == "json" else logging.Formatter(TEXT))
    root.addHandler(handler)
    root.setLevel(level)
    for chatty in ("alembic", "apscheduler"):  # of every look at the tables, of every waking up
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Stderr(logging.StreamHandler[TextIO]):
    """To what is stderr when a line is said: one that somebody has put aside meanwhile may be closed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say the line."""
        self.stream = sys.stderr
        super().emit(record)


class Seldom:
    """Keeps what anybody can bring about from filling the log: at most `most` lines in `seconds`."""

    def __init__(self, most: int = 20, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._since, self._said, self._unsaid = 0.0, 0, 0
        self._guard = Lock()

    def unsaid(self) -> int | None:
        """How many lines were left out before this one; None where this one is to be left out as well."""
        now = self._clock()
        with self._guard:
            if now - self._since >= self._seconds:
                self._since, self._said = now, 0
            if self._said >= self._most:
                self._unsaid += 1
                return None
            self._said += 1
            before, self._unsaid = self._unsaid, 0
            return before


def numbered(app: Wsgi) -> Wsgi:
    """The application, each request with a number that its lines bear: the proxy's (X-Request-ID), else its own."""

    def served(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        _number.set(given if _GIVEN.fullmatch(given) else _UNDRAWN)
        return app(environ, start)

    return served


class Json(logging.Formatter):
    """A line of JSON: time (UTC), level, logger, event, the message's own fields, and the request it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        event, fields = _taken_apart(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": event,
        }
        number = _number.get()
        if number == _UNDRAWN:  # most requests say nothing, and need none
            number = secrets.token_hex(8)
            _number.set(number)
        if number and not record.name.startswith(APART):
            line["request"] = number
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = where(record.exc_info[2])
        told = {f"{name}_" if name in line else name: value for name, value in fields.items()}
        return json.dumps({**line, **told}, ensure_ascii=False, default=str)


def where(trace: TracebackType | None) -> str:
    """Where something went wrong, innermost first, without a word of what was said there."""
    frames = reversed(traceback.extract_tb(trace))
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)


def _taken_apart(record: logging.LogRecord) -> tuple[str, dict[str, object]]:
    """What happened, and what is known of it: `name=%s` in the message is the field `name` with its argument."""
    template, given = str(record.msg), record.args
    if not isinstance(given, tuple) or "%" not in template:
        return record.getMessage(), {}
    left, fields = list(given), dict[str, object]()

    def taken(found: re.Match[str]) -> str:
        if found[0] == "%%" or not left:
            return found[0]
        one = left.pop(0)
        if found[1] is None:
            return str(found[0] % (one,))
        fields[found[1]] = one if isinstance(one, int | float | None) else str(one)
        return ""

    event = _PLACE.sub(taken, template)
    return " ".join(event.replace("%%", "%").split()), fields
