"""Writes the reminders that have fallen due since the last time, however long ago that was."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial

from jobs.desk import Desk
from models.notice import NoticeKind
from services import reminders
from services.calendar import today
from services.occasions import OCCASIONS, Span
from services.workdays import DAY

COUNTED = ("written", "held_back", "expired")


def write(desk: Desk, now: datetime) -> str:
    """Write all that fell due since the mark, a day at a time, and move the mark; says what became of how many.

    Ended half way, it begins again at the mark: what is written already stays as it is.
    """
    mark = desk.run(lambda db: reminders.mark(db, now))
    counted: Counter[str] = Counter()
    while mark < now:
        until = min(now, mark + DAY)
        counted += _write(desk, Span(mark, until), tuple(OCCASIONS), now)
        desk.run(partial(reminders.move_mark, before=mark, to=until))
        mark = until
    return _said(counted)


def of_day(desk: Desk, at: datetime, kinds: Collection[NoticeKind] = tuple(OCCASIONS)) -> str:
    """Write what of these kinds is due on the day of `at` up to then; the mark stays where it is."""
    begin = datetime.combine(today(at, desk.zone), datetime.min.time(), desk.zone) - timedelta.resolution
    return _said(_write(desk, Span(begin, at), kinds, at))


def _write(desk: Desk, span: Span, kinds: Collection[NoticeKind], now: datetime) -> Counter[str]:
    """Look, and write a chunk of members at a time, each in a transaction of its own."""
    counted: Counter[str] = Counter()
    with desk.reading() as db:
        window = reminders.look(db, span, desk.zone, desk.hours, kinds, now)
        if not window.moments:
            return counted
        chunks = list(reminders.chunks(db))
    for chunk in chunks:
        with desk.reading() as db:
            dues = reminders.of_chunk(db, window, chunk)
        if dues:
            counted += desk.run(partial(reminders.write, dues=dues, now=now))
    return counted


def _said(counted: Counter[str]) -> str:
    return " ".join(f"{word}={counted[word]}" for word in COUNTED)
