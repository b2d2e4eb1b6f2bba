"""Who reads confidential cases: the root, the signed list of handlers, whom to remind."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from commands.common import ruled
from commands.register import Chosen, Stop, argument, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from sealed.handlerlist import HandlerList
    from sealed.keys import SigningKey
    from settings import Settings


@command(
    "handlers root",
    "make the offline root that signs handler lists; prints its verify key",
    argument("file", type=Path, help="the key file to write, on a computer that is never online"),
)
def _handlers_root(chosen: Chosen) -> None:
    from confidential.keys import make_root
    from sealed.keys import fingerprint, to_text
    from texts import confidential as words

    try:
        made = make_root(chosen.file)
    except FileExistsError:
        raise Stop(words.ROOT_EXISTS.format(chosen.file)) from None
    print(to_text(made.verify_key))
    print(words.root_made(chosen.file, made.passphrase, fingerprint(made.verify_key)), file=sys.stderr)


@command(
    "handlers sign",
    "sign the next handler list: those of the last one, and who enrols; without a file, only renew it",
    argument("enrolments", type=Path, nargs="*", help="the files that handlers have handed in"),
    argument("--root", type=Path, required=True, help="the root's key file; its passphrase is asked"),
    argument("--days", type=int, default=120, help="days from today on which the list ends, 1 to 120"),
)
def _handlers_sign(chosen: Chosen) -> None:
    from confidential import keys
    from sealed import enrolment, handlerlist
    from texts import confidential as words

    if not 1 <= chosen.days <= 120:
        raise Stop(words.DAYS)
    settings = chosen.settings()
    added = []
    for file in chosen.enrolments:
        with _sealed(file):
            added.append(enrolment.read(file.read_bytes()))
    before = _last_list(chosen, settings)
    if not (added or before):
        raise Stop(words.NOBODY)
    for one in added:
        print(words.enrolling(one.handler.role, one.desk, handlerlist.fingerprint(one.handler)), file=sys.stderr)
    if added:
        print(words.COMPARE, file=sys.stderr)
    _sign_list(chosen, settings, keys.renewed(before, added, datetime.now(settings.zone).date(), chosen.days))


@command(
    "handlers revoke",
    "sign the next handler list without one handler",
    argument("id", help="as `handlers list` shows it"),
    argument("--root", type=Path, required=True, help="the root's key file; its passphrase is asked"),
)
def _handlers_revoke(chosen: Chosen) -> None:
    from confidential import keys
    from texts import confidential as words

    settings = chosen.settings()
    before = _last_list(chosen, settings)
    if before is None:
        raise Stop(words.NO_LIST.format(_list_file(settings)))
    try:
        left = keys.without(before, chosen.id)
    except keys.NoSuchHandler:
        raise Stop(words.NO_HANDLER.format(chosen.id)) from None
    _sign_list(chosen, settings, replace(left, version=before.version + 1))


@command("handlers list", "show the handler list: version, end, desks, fingerprints")
def _handlers_list(chosen: Chosen) -> None:
    from sealed.handlerlist import fingerprint
    from texts import confidential as words

    found = _known_list(chosen.settings())
    print(words.list_head(found.version, found.expires))
    for desk in found.desks:
        print(words.desk_line(desk.id, len(desk.handlers)))
        for one in desk.handlers:
            print(words.handler_line(one.id, one.role, fingerprint(one)))


@command(
    "handlers tie",
    "remind a member on record as that handler, every Monday and Thursday",
    argument("id", help="as `handlers list` shows it"),
    argument("member", help="public id, 编号 or a unique name"),
)
def _handlers_tie(chosen: Chosen) -> None:
    from services import handlers, members
    from texts import confidential as words

    house = chosen.house()
    if chosen.id not in {one.id for desk in _known_list(house.settings).desks for one in desk.handlers}:
        raise Stop(words.NO_HANDLER.format(chosen.id))

    def tie(db: Session) -> str:
        member = members.find(db, chosen.member)
        handlers.tie(db, house.operator(), chosen.id, member)
        return member.name

    print(words.TIED.format(ruled(house, tie), chosen.id))


@command("handlers untie", "remind nobody as that handler any more", argument("id"))
def _handlers_untie(chosen: Chosen) -> None:
    from services import handlers
    from texts import confidential as words

    house = chosen.house()
    if not ruled(house, lambda db: handlers.untie(db, house.operator(), chosen.id)):
        raise Stop(words.NOT_TIED.format(chosen.id))
    print(words.UNTIED.format(chosen.id))


@command(
    "handlers check",
    "check the handler list against the root, warn before it ends, write the sheet of fingerprints",
    argument("--sheet", type=Path, help="write the sheet to print (html)"),
    argument("--at", help="compare pages and list with what the desk at this address (https://…) serves"),
)
def _handlers_check(chosen: Chosen) -> None:
    from confidential import keys
    from sealed import handlerlist
    from sealed.keys import of_text
    from texts import confidential as words

    settings = chosen.settings()
    found, file = _known_list(settings), _list_file(settings)
    root, today = of_text(settings.confidential.root, 32), datetime.now(settings.zone).date()
    with _sealed(file):
        handlerlist.current(file.read_bytes(), root, today, floor=1)
    if chosen.sheet:
        chosen.sheet.write_text(keys.sheet(found, root, file, settings.branch.name), encoding="utf-8")
        print(words.sheet_written(chosen.sheet))
    if chosen.at:
        try:
            others = keys.unlike(chosen.at.rstrip("/"), file)
        except OSError:  # those of requests are
            raise Stop(words.not_served(chosen.at)) from None
        if others:
            raise Stop(words.served_otherwise(others))
        print(words.SERVED_ALIKE)
    left = (found.expires - today).days
    soon, urgent = keys.WARNINGS
    print(words.list_good(left) if left > soon else words.list_ends_soon(left, urgent=left <= urgent))


def _list_file(settings: Settings) -> Path:
    return settings.home / settings.confidential.list


def _known_list(settings: Settings) -> HandlerList:
    """The list that the root of the settings has signed, whatever its age."""
    from sealed import handlerlist
    from sealed.keys import of_text
    from texts import confidential as words

    file = _list_file(settings)
    if not file.exists():
        raise Stop(words.NO_LIST.format(file))
    if not settings.confidential.root:
        raise Stop(words.NO_ROOT)
    with _sealed(file):
        return handlerlist.read(file.read_bytes(), of_text(settings.confidential.root, 32))


def _root(chosen: Chosen, settings: Settings) -> SigningKey:
    """The root's key: its passphrase is asked at the terminal, or read as one line where there is none."""
    from confidential.keys import open_root
    from sealed.keys import to_text
    from texts import confidential as words

    if not hasattr(chosen, "opened"):
        chosen.root.open("rb").close()  # a wrong file is told before anything is asked
        typed = getpass(words.ROOT_ASKED) if sys.stdin.isatty() else sys.stdin.readline()
        with _sealed(chosen.root):
            chosen.opened = open_root(chosen.root, typed)
    opened: SigningKey = chosen.opened
    if settings.confidential.root not in {"", to_text(opened.verify_key)}:
        raise Stop(words.ROOT_OTHER)
    return opened


def _last_list(chosen: Chosen, settings: Settings) -> HandlerList | None:
    """The list to go on from: None before the first one."""
    from sealed import handlerlist
    from sealed.keys import of_text

    file = _list_file(settings)
    if not file.exists():
        return None
    known = settings.confidential.root  # so nothing need be opened before the fingerprints have been compared
    with _sealed(file):
        return handlerlist.read(file.read_bytes(), of_text(known, 32) if known else _root(chosen, settings).verify_key)


def _sign_list(chosen: Chosen, settings: Settings, handlers: HandlerList) -> None:
    from confidential.keys import publish
    from texts import confidential as words

    file, root = _list_file(settings), _root(chosen, settings)
    with _sealed(file):
        publish(handlers, root, file)
    print(words.list_signed(handlers.version, handlers.expires, file))


@contextmanager
def _sealed(path: Path) -> Iterator[None]:
    """What is said of a key, a list or an enrolment that cannot be used names its file."""
    from sealed.errors import SealedFault
    from texts import confidential as words

    try:
        yield
    except SealedFault as found:
        raise Stop(words.handlers_file(path, words.fault(found))) from None
