"""The platform's own clock, which follows a source and can be moved forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def system_now() -> datetime:
    """The real time, aware and in UTC."""
    return datetime.now(UTC)


class Clock:
    """A source of time plus an offset; tests hand in a source of their own."""

    def __init__(self, source: Callable[[], datetime] = system_now) -> None:
        self._source = source
        self._offset = timedelta()

    def now(self) -> datetime:
        """The platform's present, aware and in UTC."""
        return (self._source() + self._offset).astimezone(UTC)

    def timestamp(self) -> int:
        """The present in whole seconds, as the wire wants it."""
        return int(self.now().timestamp())

    def advance(self, seconds: float) -> None:
        """Move the platform's present forward (backward when negative)."""
        self._offset += timedelta(seconds=seconds)
