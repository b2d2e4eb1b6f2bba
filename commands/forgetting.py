"""Somebody forgotten; what a kill leaves undone is noted in var/, and the next `zhibu forget` does it."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from commands.common import ruled
from commands.keeping import faults
from commands.register import REFUSED, Chosen, Stop, argument, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from redis import Redis
    from sqlalchemy.orm import Session

    from app import House
    from services.forgetting import Begun, Traces
    from settings import Settings

LOCK = "forgetting.lock"


@command(
    "forget",
    "delete who a member was; what the branch counts stays",
    argument("member", help="public id, 编号 or a unique name"),
    argument("--yes", action="store_true", help="do not ask"),
)
def _forget(chosen: Chosen) -> int | None:
    """Redis and the desk's file are searched before the commit, while it is known what to look for.

    What is looked for is noted until all is done: the file rewritten, and Redis once more, where a turn that was
    under way has kept something.
    """
    from services import forgetting, members
    from texts import backup as words

    if not chosen.yes and not sys.stdin.isatty():
        raise Stop(words.ASK_FIRST)
    house = chosen.house()
    note = house.settings.var / forgetting.NOTE
    _alone(chosen, house.settings.var / LOCK)
    left = forgetting.noted(note)
    if left and ruled(house, partial(_gone, public_id=left.public_id)):
        _finish(house, note, left)
        if chosen.member.strip() in (left.asked, left.public_id):
            print(words.gone_already(left.public_id, shared=left.traces.shared))
            return None
        print(words.other_finished(left.public_id))

    def look(db: Session) -> tuple[str, Begun]:
        member = members.find(db, chosen.member)
        traces = forgetting.traces(db, member)
        return member.name, forgetting.Begun(chosen.member.strip(), member.public_id, traces)

    name, begun = ruled(house, look)
    if name == words.FORGOTTEN:
        _rewritten(house, begun)
        print(words.gone_already(begun.public_id, shared=False))
        return None
    if not chosen.yes:
        print(words.forgetting(name, begun.public_id))
        if input(words.ASKED).strip().lower() != "yes":
            print(words.NOT_FORGOTTEN)
            return REFUSED

    def forget(db: Session) -> None:
        member = members.find(db, begun.public_id)
        forgetting.forget(db, house.operator(), member, begun.traces, words.FORGOTTEN)

    ruled(house, lambda db: forgetting.allow(db, house.operator(), members.find(db, begun.public_id)))
    _write(note, begun)
    _out_of_redis(house, begun.traces, words.REDIS_AWAY)
    _out_of_unsigned(house.settings, begun.traces, words.FORGOTTEN)
    ruled(house, forget)
    _finish(house, note, begun)
    print(words.forgotten(begun.public_id, shared=begun.traces.shared))
    return None


def _alone(chosen: Chosen, lock: Path) -> None:
    """One deletion at a time: there is one note."""
    from engines.locks import hold
    from texts import backup as words

    try:
        chosen.closing.callback(os.close, hold(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))
    except BlockingIOError:
        raise Stop(words.FORGETS_ALREADY) from None


def _gone(db: Session, public_id: str) -> bool:
    """Whether the deletion that was noted had been committed: else the member is there, and it is begun anew."""
    from services import members
    from services.errors import NoSuchMember
    from texts import backup as words

    try:
        return members.find(db, public_id).name == words.FORGOTTEN
    except NoSuchMember:  # another database was put in its place meanwhile
        return True


def _finish(house: House, note: Path, begun: Begun) -> None:
    """What comes after the commit. Redis last, as late as can be; the note goes when nothing is left to be done."""
    from texts import backup as words

    try:
        _rewritten(house, begun)
    finally:
        _out_of_redis(house, begun.traces, words.redis_left(begun.public_id))
    note.unlink(missing_ok=True)


def _rewritten(house: House, begun: Begun) -> None:
    from engines.sql import StillRead, clean
    from texts import backup as words

    try:
        clean(house.engine)
    except StillRead:
        raise Stop(words.STILL_READ.format(begun.public_id)) from None


def _write(note: Path, begun: Begun) -> None:
    """On the disk, whole, before anything is deleted."""
    from backups.manifest import private

    mine = note.with_name(f".{note.name}")
    mine.unlink(missing_ok=True)
    with private(mine) as out:
        out.write(json.dumps(asdict(begun), ensure_ascii=False).encode())
    mine.replace(note)
    folder = os.open(note.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _out_of_redis(house: House, traces: Traces, away: str) -> None:
    """Every value that names the member, and every key that is the member's; `away` is said where none answers."""
    from redis import RedisError

    try:
        for key in house.store.scan_iter(count=500):
            if any(traces.held_by(one) for one in _said(house.store, key)):
                house.store.delete(key)
    except RedisError:
        raise Stop(away) from None


def _said(store: Redis, key: str) -> Iterator[str]:
    """The key, and the texts behind it."""
    yield key
    kind = store.type(key)
    if kind == "string":
        yield str(store.get(key))
    elif kind == "hash":
        for pair in store.hgetall(key).items():
            yield from map(str, pair)


def _out_of_unsigned(settings: Settings, traces: Traces, instead: str) -> None:
    """The name out of what others have written without theirs, and out of the copies of that file."""
    from confidential.keeper import copy_of
    from confidential.unsigned import UnsignedFile
    from services.forgetting import told_without

    unsigned = UnsignedFile(settings.home / settings.confidential.unsigned_database, settings.zone)
    there = (copy_of(unsigned.file.path, name) for name in ("nightly", "weekly"))
    copies = [copy for copy in there if copy.exists()]
    with faults():
        changed = unsigned.reword(lambda text: told_without(text, traces, instead))
        # Also where the file itself has none of them any more: a kill came between, or it was withdrawn since.
        if changed or any(word.encode() in copy.read_bytes() for copy in copies for word in traces.words):
            unsigned.file.copy_to(*copies)
    unsigned.file.close()
