"""What keeps the branch's data: the tables brought to this version, a backup taken and put back."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from commands.register import Chosen, Stop, argument, command
from texts import cli as texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from backups.give import Back
    from backups.manifest import Manifest
    from confidential.file import QuietFile
    from settings import Settings

CASES, UNSIGNED, SERVER_KEY = "cases.db", "unsigned.db", "server.key"
CONFIG, HANDLERS = "config.yaml", "handlers.json"
SMALL = 2**20  # bytes that a handler list or a key never has


@command("db upgrade", "bring the tables to this version")
def _db_upgrade(chosen: Chosen) -> None:
    from engines.sql import upgrade

    upgrade(_engine(chosen, chosen.settings()))
    print(texts.DATABASE_NEWEST)


@command(
    "backup",
    "take a backup while everything runs, and try it",
    argument("dir", type=Path, help="the shelf: each backup gets a folder of its own in it, named by its time"),
    argument("--keep", type=int, help="delete the oldest until so many are left"),
    argument("--no-check", dest="check", action="store_false", help="do not put it back into a scratch database"),
)
def _backup(chosen: Chosen) -> None:
    from backups import manifest, quiet, take
    from engines.sql import newest, snapshot
    from texts import backup as words

    if chosen.keep is not None and chosen.keep < 1:
        raise Stop(words.KEEP_LEAST)
    settings, now = chosen.settings(), datetime.now(UTC)
    engine = _there(chosen, settings)
    with faults(), take.shelf(chosen.dir):
        with take.unfinished(chosen.dir, now) as (part, whole):
            with snapshot(engine) as db:
                made = take.tables(db, part, _tell)
            configured = _beside(chosen, settings, part)
            said = manifest.Manifest(
                product="zhibu",
                format=manifest.FORMAT,
                version=_version(),
                taken_at=now,
                head=newest(),
                engine="sqlite" if settings.on_sqlite else "postgresql",
                tables=made,
                secrets=tuple(name for name, value in _secrets(settings).items() if value),
            )
            if chosen.check:
                _try(part, said)
            quiet.take(_quiet(settings), chosen.dir)
            _copy(_server_key(settings), chosen.dir / quiet.FOLDER / SERVER_KEY)
            manifest.write(part, said)
        gone = take.prune(chosen.dir, chosen.keep, whole) if chosen.keep else 0
    _line_ends()
    print(words.written(whole, len(made), sum(one.rows for one in made)))
    print(words.CHECKED if chosen.check else words.UNCHECKED)
    if gone:
        print(words.pruned(gone))
    if not configured:
        print(words.NO_CONFIG)
    print(words.secrets(said.secrets))


@command(
    "restore",
    "put a backup back into an empty database, SQLite or PostgreSQL, and compare",
    argument("dir", type=Path, help="what was named to `zhibu backup`, for the newest one; or one backup's own folder"),
    argument("--replace", action="store_true", help="drop what the database holds; stop the server before"),
)
def _restore(chosen: Chosen) -> None:
    from backups import give, manifest, quiet, take
    from engines.sql import migrate, migrations, rebuilding
    from texts import backup as words

    settings = chosen.settings()
    with faults():
        _nobody_serves(chosen, settings)
        folder = take.newest(chosen.dir)
        said = manifest.read(folder)
        print(words.restoring(folder.resolve(), said.local.astimezone(settings.zone), said.version))
        copies = folder.resolve().parent / quiet.FOLDER
        torn = _torn(settings, copies)
        engine = _engine(chosen, settings)
        with rebuilding(engine) as db:
            back = give.restore(db, folder, said, give.Steps(migrations(), migrate), replace=chosen.replace, tell=_tell)
            left = _quiet_back(settings, copies, torn, replace=chosen.replace)
            _handlers_back(settings, folder / HANDLERS)
    _line_ends()
    _told(back)
    for sentence in left:
        print(sentence)


def _nobody_serves(chosen: Chosen, settings: Settings) -> None:
    """From here on: what a web process has open would be another file, or its writing lost. Jobs have leases."""
    from engines import ports
    from texts import backup as words

    try:
        chosen.closing.enter_context(ports.unserved(settings.var, settings.server.port))
    except ports.PortRefused as refused:
        raise Stop(words.serves(refused.port)) from None


def _told(back: list[Back]) -> None:
    from texts import backup as words

    print(words.HEAD)
    for one in back:
        print(words.row(one.name, one.rows, one.checksum))
    print(words.DONE)
    print(words.NEXT)


def _try(folder: Path, said: Manifest) -> None:
    """Put the backup back into a scratch database beside it, and compare."""
    from backups import give
    from engines.sql import migrate, migrations, open_engine, rebuilding

    scratch = folder / "scratch"
    engine = open_engine("sqlite:///scratch.db", scratch)
    try:
        with rebuilding(engine) as db:
            give.restore(
                db, folder, said, give.Steps(migrations(), migrate), replace=False, tell=lambda _table, _rows: None
            )
    finally:
        engine.dispose()
        shutil.rmtree(scratch)


def _beside(chosen: Chosen, settings: Settings, folder: Path) -> bool:
    """What else a new installation needs: the list of handlers, and the settings without secrets, if that can be."""
    from backups.config import without_secrets
    from backups.manifest import private

    content = without_secrets(chosen.config.read_text(encoding="utf-8"), _secrets(settings))
    if content is not None:
        with private(folder / CONFIG) as out:
            out.write(content.encode())
    _copy(settings.home / settings.confidential.list, folder / HANDLERS)
    return content is not None


def _secrets(settings: Settings) -> dict[str, str]:
    """What of the settings is nobody's business, by its key."""
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    return {
        "wechat.official_account.app_secret": account.app_secret,
        "wechat.official_account.token": account.token,
        "wechat.official_account.encoding_aes_key": account.encoding_aes_key,
        "wechat.official_account.previous_encoding_aes_key": account.previous_encoding_aes_key,
        "wechat.mini_program.app_secret": mini.app_secret,
        "database.url": settings.database.url,
        "redis.url": settings.redis.url,
        "confidential.redis_url": settings.confidential.redis_url,
    }


def _quiet(settings: Settings) -> dict[str, QuietFile]:
    """The files of the confidential desk that this machine keeps, by their names on a shelf."""
    from confidential.cases import Cases
    from confidential.unsigned import UnsignedFile

    desk = settings.confidential
    files = {UNSIGNED: UnsignedFile(settings.home / desk.unsigned_database, settings.zone).file}
    if desk.here:
        files[CASES] = Cases(settings.home / desk.database).file
    return files


def _torn(settings: Settings, copies: Path) -> set[str]:
    """Which copies of the desk's files are no good, told before anything is written."""
    from backups import quiet
    from backups.faults import Damaged

    found = set()
    for name, file in _quiet(settings).items():
        if (copies / name).exists():
            try:
                quiet.check(file, copies / name)
            except Damaged:
                found.add(name)
    return found


def _quiet_back(settings: Settings, copies: Path, torn: set[str], *, replace: bool) -> list[str]:
    """Put the desk's files back, and the key that its handlers' second factors are sealed with.

    Returns a sentence for each file that was not.
    """
    from backups import quiet
    from backups.faults import Damaged
    from texts import backup as words

    key, left = _server_key(settings), []
    for name, file in _quiet(settings).items():
        if not (copies / name).exists():
            left.append(words.no_copy(name))
            continue
        try:
            given = name not in torn and quiet.give(file, copies / name, replace=replace)
        except Damaged:
            torn = {*torn, name}
            given = False
        file.close()
        if not given:
            left.append(words.torn(name) if name in torn else words.left_alone(name))
        elif name == CASES:
            _copy(copies / SERVER_KEY, key)
    if settings.confidential.here and not key.exists():
        _copy(copies / SERVER_KEY, key)
    return left


def _handlers_back(settings: Settings, kept: Path) -> None:
    """Put the list of handlers back, unless the one that is there is as new: who was struck off it stays off."""
    there = settings.home / settings.confidential.list
    if not there.exists() or _version_of(kept, settings) > _version_of(there, settings):
        _copy(kept, there)


def _version_of(path: Path, settings: Settings) -> int:
    """The version of a list of handlers; 0 where it is none that the root has signed."""
    from sealed import handlerlist
    from sealed.errors import ListFault, WrongKey
    from sealed.keys import of_text

    try:
        return handlerlist.read(path.read_bytes(), of_text(settings.confidential.root, 32)).version
    except (OSError, ListFault, WrongKey):
        return 0


def _server_key(settings: Settings) -> Path:
    return (settings.home / settings.confidential.database).with_name(SERVER_KEY)


def _copy(path: Path, to: Path) -> None:
    """Copy a small file, where there is one; whole or not at all."""
    from backups.manifest import opened, private

    if not path.is_file():
        return
    with os.fdopen(opened(path), "rb") as there:
        content = there.read(SMALL)
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    mine = to.with_name(f".{to.name}.{os.getpid()}")
    mine.unlink(missing_ok=True)
    with private(mine) as out:
        out.write(content)
    mine.rename(to)


def _engine(chosen: Chosen, settings: Settings) -> Engine:
    from engines.sql import open_engine

    engine = open_engine(settings.database.url, settings.home)
    chosen.closing.callback(engine.dispose)
    return engine


def _there(chosen: Chosen, settings: Settings) -> Engine:
    """The database, which has to be there and of this version: what is not is said, and nothing changed."""
    from engines.sql import at_head
    from texts import backup as words

    engine = _engine(chosen, settings)
    if settings.on_sqlite and not Path(str(engine.url.database)).exists():
        raise Stop(words.NOTHING_HERE)
    if not at_head(engine):
        raise Stop(texts.DATABASE_BEHIND)
    return engine


@contextmanager
def faults() -> Iterator[None]:
    """What is wrong with a backup ends the command with its sentence."""
    from backups.faults import BackupFault
    from confidential.file import Busy, Full
    from engines.sql import OrphanRows
    from sealed.unsigned import UnsignedRefusal
    from texts import backup as words

    try:
        yield
    except BackupFault as found:
        raise Stop(words.fault(found)) from None
    except OrphanRows as found:
        raise Stop(words.orphans(found.tables)) from None
    except (Busy, Full, UnsignedRefusal):
        raise Stop(words.DESK_BUSY) from None


def _tell(table: str, rows: int) -> None:
    """How far it is: at a terminal always, in a log for what is long."""
    from texts import backup as words

    if sys.stderr.isatty():
        print(f"\r\033[K{words.far(table, rows)}", end="", file=sys.stderr, flush=True)
    elif rows and rows % 100_000 == 0:
        print(words.far(table, rows), file=sys.stderr, flush=True)


def _line_ends() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zhibu")
    except PackageNotFoundError:
        return "0"
