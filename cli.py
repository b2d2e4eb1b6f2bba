"""The `zhibu` command: reads what was typed and has it done by a room of commands/. The only importer of app.py."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import logs
from commands.register import COMMANDS, DONE, REFUSED, WRONG_USAGE, Chosen, Stop
from engines.process import die_with_parent
from settings import ConfigError, Settings, load
from texts import cli as texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from app import House
    from engines.web import Wsgi

INTERRUPTED = 130  # what a shell calls a command ended by Ctrl-C
PARENT = "ZHIBU_PARENT"  # process id of the demo that started this command and takes it along when it ends
# Of commands/, in the order of `zhibu -h`.
ROOMS = ("serving", "keeping", "forgetting", "people", "activities", "questions", "notices", "handlers")
GROUPS = {
    "db": "the database",
    "members": "the roster",
    "codes": "bind codes",
    "appointments": "who holds which office",
    "activities": "activities",
    "questions": "question banks",
    "notices": "what is sent to members",
    "handlers": "who reads confidential cases",
    "menu": "the account's menu",
}
GARBAGE = 20_000  # objects more than before, until garbage is looked for: in a surge every 700 is a tenth of the work
log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None, clock: Callable[[], datetime] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 refused (a sentence says what and where), 2 wrong usage.

    `clock` is what all that it starts goes by, instead of the system's.
    """
    if os.environ.get(PARENT):
        die_with_parent(int(os.environ[PARENT]))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a terminal may not know ✓
    parser = _parser()
    chosen = parser.parse_args(arguments, Chosen(build=partial(_build, clock), load_app=partial(load_app, clock=clock)))
    if not hasattr(chosen, "act"):
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    logging.basicConfig(level=logging.INFO if chosen.verbose else logging.WARNING, format=logs.TEXT)
    try:
        with ExitStack() as chosen.closing:
            return int(chosen.act(chosen) or DONE)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        log.info("refused", exc_info=error)
        print(sentence, file=sys.stderr)
    return REFUSED


@contextmanager
def staying() -> Iterator[None]:
    """Import app.py inside of this: it stays to the end, so no time goes into looking for garbage in it."""
    if "app" in sys.modules:  # somebody's who has work under way, whose garbage is still to be found
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(GARBAGE)
        gc.enable()


def _build(clock: Callable[[], datetime] | None, settings: Settings) -> House:
    """The house that the commands work in."""
    with staying():
        from app import build, system_clock

    return build(settings, clock or system_clock)


def load_app(config: str, server: int, only: str | None = None, clock: Callable[[], datetime] | None = None) -> Wsgi:
    """The WSGI application of one web worker, all or one part of it; it ends with `server`, the process it is of."""
    die_with_parent(server)
    from engines.web import leaving

    # Forked from the server, whose signal notes a wish to stop and does nothing else: until the worker has its
    # own, a stop would wait for it to the last second.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with staying():  # a worker imports the house, the other commands need not
        from app import build, counted, create_app, create_report_app, system_clock

    try:
        settings = load(Path(config), os.environ)
    except ConfigError as error:  # changed since the server was started; who has served until now goes on
        log.error("settings refused: %s", "; ".join(error.problems))  # noqa: TRY400 - where it is found tells nothing
        raise SystemExit(1) from None
    logs.start(settings.server.log_format)
    if only:
        app, keeper = create_report_app(settings, clock or system_clock)
    else:
        house = counted(build(settings, clock or system_clock))
        app, keeper = create_app(house), house.keeper
    keeper.start()
    return leaving(logs.numbered(app))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("zhibu", description="支部通：党支部的微信助手")
    _everywhere(parser, Path(os.environ.get("ZHIBU_CONFIG") or "config.yaml"), verbose=False)
    below = {"": parser.add_subparsers(title="commands", metavar="COMMAND")}
    made: dict[str, argparse.ArgumentParser] = {}
    for room in ROOMS:
        import_module(f"commands.{room}")
    for one in COMMANDS:
        *above, name = one.words
        group = "".join(above)
        if group not in below:
            over = made.get(group) or below[""].add_parser(group, help=GROUPS[group], description=GROUPS[group])
            below[group] = over.add_subparsers(title="commands", metavar="COMMAND", required=group not in made)
        made[name] = below[group].add_parser(name, help=one.says, description=one.says)
        made[name].set_defaults(act=one.act)
        _everywhere(made[name], argparse.SUPPRESS, verbose=argparse.SUPPRESS)
        for taken in one.arguments:
            made[name].add_argument(*taken.names, **taken.how)
    return parser


def _everywhere(parser: argparse.ArgumentParser, config: Path | str, *, verbose: bool | str) -> None:
    """The options that may stand before a command or behind it, with their defaults."""
    parser.add_argument("--config", type=Path, default=config, help="instead of $ZHIBU_CONFIG or ./config.yaml")
    parser.add_argument("--verbose", action="store_true", default=verbose, help="log what happens")


def _sentence(error: Exception) -> str | None:
    """What to tell of an error that people or their machine have made; None for one that is ours."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from engines.redis import RedisUnavailable

    match error:
        case Stop():
            return str(error)
        case ConfigError():
            return texts.settings(error.problems)
        case RedisUnavailable():
            return texts.redis(str(error))
        case CommandError():  # Alembic does not know the revision it finds
            return texts.DATABASE_AHEAD
        case SQLAlchemyError():
            return texts.database(type(error).__name__)
        case UnicodeEncodeError():
            return texts.NOT_UTF8
        case OSError():
            return texts.place(str(error.filename or ""), error.strerror or type(error).__name__)
    return None


if __name__ == "__main__":
    sys.exit(main())
