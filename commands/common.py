"""What the commands share: refusals in words, files checked beforehand, long runs in chunks, days and times."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, TypeVar

from commands.register import Stop
from texts import cli as texts

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from app import House

T = TypeVar("T")
LONG = 5_000  # rows, from which on a log too is told how far a long run is
CHUNK = 50  # roster rows a transaction: well under 100 ms, so the chat never waits for an import


def ruled(house: House, work: Callable[[Session], T]) -> T:
    """Do it in one transaction; a refusal becomes its sentence and exit code 1."""
    from services.errors import Refusal, WrongState
    from texts.activity import STATE
    from texts.refusals import words

    try:
        return house.run(work)
    except WrongState as refusal:  # the words for it are a visitor's, not an organiser's
        raise Stop(texts.wrong_state(refusal.title, STATE[refusal.state])) from None
    except Refusal as refusal:
        raise Stop(words(refusal, house.parts.where)) from None


@contextmanager
def about(path: Path) -> Iterator[None]:
    """What is said of a table that cannot be read or written names its file."""
    from sheets.table import SheetRefused

    try:
        yield
    except SheetRefused as refused:
        raise Stop(texts.sheet(path, refused.reason)) from None


def told(
    read: int, fates: Counter[str], rejected: list[dict[str, object]], hints: Iterable[str] = (), before: str = ""
) -> dict[str, object]:
    """Print what became of the rows of an import, and return it as `--report` writes it."""
    rejected.sort(key=lambda one: int(str(one["row"])))
    print(before + texts.imported(read, fates["imported"], fates["updated"], fates["duplicate"], len(rejected)))
    for one in rejected:
        print(texts.rejected(**one))
    for hint in hints:
        print(hint)
    return {
        "read": read,
        "imported": fates["imported"],
        "updated": fates["updated"],
        "duplicates": fates["duplicate"],
        "rejected": rejected,
    }


def write_report(path: Path, report: Mapping[str, object]) -> None:
    """Write it as JSON."""
    from sheets.table import save

    with about(path):
        save(path, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())


def check_places(*paths: Path | None) -> None:
    """Stop before anything is done for files that cannot be written, or would take one another's place.

    The first is what the command is about, read or written; the others are written beside it.
    """
    from texts.sheet import NOT_WRITTEN

    wanted = [path for path in paths if path is not None]
    if len({path.resolve() for path in wanted}) < len(wanted):
        raise Stop(texts.SAME_FILE)
    for path in wanted:
        if not path.parent.is_dir() or (path.is_dir() and path is not paths[0]):
            raise Stop(texts.sheet(path, NOT_WRITTEN))


def check_suffix(path: Path, *known: str) -> None:
    """Stop where a file to be written says by its name that it is of no kind we write."""
    from texts.sheet import WRONG_SUFFIX

    if path.suffix.lower() not in known:
        raise Stop(texts.sheet(path, WRONG_SUFFIX.format("、".join(known))))


def chunks(house: House, items: list[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items a transaction at a time, and how far a long run is: at a terminal always, in a log at each tenth.

    SQLite has one write lock and no queue for it: taken again at once, it would never be found free by the chat.
    So after each chunk it is left alone for as long as it was held.
    """
    tenth = 0
    for done in range(0, len(items), size):
        began = time.monotonic()
        yield items[done : done + size]
        if house.settings.on_sqlite and done + size < len(items):
            time.sleep(time.monotonic() - began)
        far = min(done + size, len(items))
        if len(items) <= size:
            continue
        if sys.stderr.isatty():
            print(f"\r{far}/{len(items)}", end="\n" if far == len(items) else "", file=sys.stderr, flush=True)
        elif len(items) >= LONG and far * 10 // len(items) > tenth:
            tenth = far * 10 // len(items)
            print(f"{far}/{len(items)}", file=sys.stderr, flush=True)


def moment(text: str, house: House) -> datetime:
    """The instant meant by `now` or by an ISO time, which is the branch's own unless it names a zone."""
    if text == "now":
        return house.clock()
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or house.settings.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Stop(texts.no_time(text)) from None


def day(text: str | None, house: House) -> date:
    """The day meant by an ISO date; today where none is named."""
    try:
        return date.fromisoformat(text) if text else house.operator().day
    except ValueError:
        raise Stop(texts.no_day(text or "")) from None
