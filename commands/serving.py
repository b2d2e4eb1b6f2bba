"""What runs: the demo, the web server, the clock and the sender, the simulated WeChat; and the doctor."""

from __future__ import annotations

import logging
import os
import re
import signal
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import logs
from commands.common import moment
from commands.notices import send_menu
from commands.people import take_in
from commands.questions import Intake, take_questions
from commands.register import DONE, REFUSED, Chosen, Stop, argument, command
from engines import ports
from texts import cli as texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app import House
    from settings import Settings

T = TypeVar("T")


@command("demo", "start a synthetic branch with a WeChat of its own")
def _demo(chosen: Chosen) -> int:
    from demo.run import Demo

    settings = chosen.settings()
    host, port = _simulated(settings)
    _listenable(partial(ports.check, host, port), "wechat.api_base")
    _listenable(partial(ports.check, settings.server.host, settings.server.port), "server.port")
    house = chosen.house()
    return Demo(
        settings=house.settings,
        config=chosen.config.resolve(),
        run_work=house.run,
        clock=house.clock,
        binding=house.parts.binding,
        take_in=lambda lines: take_in(house, lines, []),
        take_bank=lambda path: _take_bank(house, path),
        push_menu=lambda: send_menu(house),
    ).run()


def _take_bank(house: House, path: Path) -> None:
    """Take a bank that comes along in, as drafts."""
    from sheets import questions

    lines = [line for line in questions.read(path) if isinstance(line, questions.QuestionLine)]
    take_questions(house, lines, [], Intake(path.stem, reviewer="", dry=False))


@command(
    "serve",
    "start the web server",
    argument("--only", choices=("confidential",), help="the confidential desk alone, for a host of its own"),
)
def _serve(chosen: Chosen) -> None:
    from engines.web import Server

    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the server has its own: who begins has the newest settings
    settings = chosen.settings()
    address = settings.server.host, settings.server.port
    listener, handed = _listenable(partial(ports.claim, *address, settings.var), "server.port")
    chosen.closing.callback(listener.close)
    if chosen.only is None:
        _ready_to_fork(chosen.house())
    elif not settings.confidential.here:
        raise Stop(texts.NO_DESK_HERE)
    workers = 1 if settings.on_sqlite and chosen.only is None else settings.server.workers
    logs.start(settings.server.log_format)
    server = Server(listener, handed=handed, workers=workers, threads=settings.server.threads)
    loader = partial(chosen.load_app, str(chosen.config.resolve()), server=os.getpid(), only=chosen.only)
    server.serve(target_loader=loader, wrap_loader=False)


def _ready_to_fork(house: House) -> None:
    """The database is at its newest and Redis runs before the first delivery comes.

    Nothing of it may be open when the workers are forked. Of SQLite's files a worker would believe the locks of this
    process to be its own, and the next `zhibu` command to end would take the log away under it.
    """
    house.count_anew()
    house.engine.dispose()


@command("simulator", "start the WeChat that runs here")
def _simulator(chosen: Chosen) -> None:
    from simulator.accounts import Accounts, MiniProgram, OfficialAccount
    from simulator.main import serve
    from simulator.template import Template

    settings = chosen.settings()
    templates = settings.wechat.templates.given.items()
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    host, port = _simulated(settings)
    _listenable(partial(ports.check, host, port), "wechat.api_base")
    serve(
        Accounts(
            OfficialAccount(
                account.app_id,
                account.app_secret,
                account.token,
                account.encoding_aes_key,
                account.previous_encoding_aes_key,
                settings.branch.name,
            ),
            MiniProgram(mini.app_id, mini.app_secret),
            tuple(Template.of(topic, one.id, one.channel, one.fields) for topic, one in templates),
        ),
        f"{settings.server.public_url}/wechat",
        host,
        port,
    )


@command("stop", "stop the embedded Redis server now")
def _stop(chosen: Chosen) -> None:
    from engines.redis import stop

    settings = chosen.settings()
    desks = [settings.desk_redis] if settings.desk_redis.exists() else []  # there only where a desk has been
    stopped = [stop(home) for home in (settings.home, *desks)]
    print(texts.REDIS_STOPPED if any(stopped) else texts.REDIS_WAS_NOT_RUNNING)


@command("doctor", "check this installation and say what to do")
def _doctor(chosen: Chosen) -> int:
    from doctor import examine
    from texts.doctor import line

    healthy = True
    for finding in examine(chosen.settings()):
        print(line(finding.what, finding.advice, good=finding.good))
        healthy = healthy and finding.good
    return DONE if healthy else REFUSED


@command(
    "jobs",
    "start the clock and the sender of notices; `jobs run` runs one job now",
    argument("--only", choices=("scheduler", "sender"), help="start this part alone"),
)
def _jobs(chosen: Chosen) -> None:
    from jobs.keeping import Worker, keep
    from jobs.scheduler import Clock
    from jobs.sender import Sender

    logs.start(chosen.settings().server.log_format, logging.INFO if chosen.verbose else logging.WARNING)
    house = chosen.house()
    parts = house.desk(), house.settings.zone, house.clock
    made: dict[str, Worker] = {"scheduler": Clock(*parts), "sender": Sender(*parts)}
    keep([one for name, one in made.items() if chosen.only in (None, name)])


@command(
    "jobs run",
    "run one job now; without a name, list them",
    argument("name", nargs="?"),
    argument("--at", default="now", help="ISO time to act at, instead of now"),
)
def _jobs_run(chosen: Chosen) -> None:
    from jobs.timetable import TIMETABLE

    if chosen.name is None:
        for job in TIMETABLE:
            print(f"{job.name:<14} {job.when:<15} {job.reason}")
        return
    found = next((job for job in TIMETABLE if job.name == chosen.name), None)
    if found is None:
        raise Stop(texts.no_job(chosen.name))
    house = chosen.house()
    print(found.now(house.desk(), moment(chosen.at, house)))


def _simulated(settings: Settings) -> tuple[str, int]:
    """Where the WeChat that runs here listens: host and port of wechat.api_base."""
    found = re.fullmatch(r"http://([^:/]+):(\d{1,5})", settings.wechat.api_base)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise Stop(texts.NOWHERE_FOR_SIMULATOR)
    return found[1], int(found[2])


def _listenable(attempt: Callable[[], T], key: str) -> T:
    """Check or claim a port; a refusal becomes a sentence that names the key to change."""
    try:
        return attempt()
    except ports.PortRefused as refused:
        address = f"{refused.host}:{refused.port}"
        if refused.taken:
            raise Stop(texts.port_taken(address, key)) from None
        raise Stop(texts.port_refused(address, refused.reason, key)) from None
