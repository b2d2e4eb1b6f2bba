"""The `zhibu` command: runs the house and does what an operator does by hand. The only importer of app.py."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from engines import ports
from engines.process import die_with_parent
from settings import ConfigError, Settings, load
from texts import cli as texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import flask
    from sqlalchemy.orm import Session

    from app import House
    from sealed.handlerlist import HandlerList
    from sealed.keys import SigningKey
    from services import banks
    from services.rosters import Entry
    from sheets.questions import QuestionLine
    from sheets.roster import RosterLine
    from sheets.slips import Slip

T = TypeVar("T")
DONE, REFUSED, WRONG_USAGE = 0, 1, 2
INTERRUPTED = 130  # what a shell calls a command ended by Ctrl-C
BANK_NAME = 60  # the longest name of a bank
LONG = 5_000  # rows, from which on a log too is told how far an import is
DEAD = 200  # failed notices in one list
HINTS = 20  # look-alikes told after an import
CHUNK = 50  # roster rows a transaction: well under 100 ms, so the chat never waits for an import
PARENT = "ZHIBU_PARENT"  # process id of the demo that started this command and takes it along when it ends
log = logging.getLogger(__name__)


class Stop(Exception):
    """Ends the command with exit code 1 and this sentence."""


@dataclass(frozen=True)
class Argument:
    """One argument of a command, as argparse takes it."""

    names: tuple[str, ...]
    how: dict[str, Any]  # argparse's own, of many types


@dataclass(frozen=True)
class Command:
    """One command: its one or two words, what it does, and what it takes."""

    words: list[str]
    says: str
    arguments: tuple[Argument, ...]
    act: Callable[[argparse.Namespace], int | None]


COMMANDS: list[Command] = []
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


def argument(*names: str, **how: Any) -> Argument:
    """An argument of the command below it."""
    return Argument(names, how)


def command(
    words: str, says: str, *arguments: Argument
) -> Callable[[Callable[[argparse.Namespace], int | None]], Callable[[argparse.Namespace], int | None]]:
    """Make the function below the command of these words; it returns its exit code or None for DONE."""

    def add(act: Callable[[argparse.Namespace], int | None]) -> Callable[[argparse.Namespace], int | None]:
        COMMANDS.append(Command(words.split(), says, arguments, act))
        return act

    return add


def main(arguments: Sequence[str] | None = None, clock: Callable[[], datetime] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 refused (a sentence says what and where), 2 wrong usage.

    `clock` is what all that it starts goes by, instead of the system's.
    """
    if os.environ.get(PARENT):
        die_with_parent(int(os.environ[PARENT]))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a terminal may not know ✓
    parser = _parser()
    chosen = parser.parse_args(arguments)
    chosen.clock = clock
    if not hasattr(chosen, "act"):
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    logging.basicConfig(
        level=logging.INFO if chosen.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
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
        gc.enable()


def load_app(
    config: str, server: int, only: str | None = None, clock: Callable[[], datetime] | None = None
) -> flask.Flask:
    """The WSGI application of one web worker, all or one part of it; it ends with `server`, the process it is of."""
    die_with_parent(server)
    # Forked from the server, whose signal notes a wish to stop and does nothing else: until the worker has its
    # own, a stop would wait for it to the last second.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with staying():
        # a worker imports the house, the other commands need not
        from app import build, create_app, create_report_app, system_clock

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = load(Path(config), os.environ)
    if only:
        app, keeper = create_report_app(settings, clock or system_clock)
    else:
        house = build(settings, clock or system_clock)
        app, keeper = create_app(house), house.keeper
    keeper.start()
    return app


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("zhibu", description="支部通：党支部的微信助手")
    _everywhere(parser, Path(os.environ.get("ZHIBU_CONFIG") or "config.yaml"), verbose=False)
    below = {"": parser.add_subparsers(title="commands", metavar="COMMAND")}
    made: dict[str, argparse.ArgumentParser] = {}
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


# --- what runs -------------------------------------------------------------------------------------------------


@command("demo", "start a synthetic branch with a WeChat of its own")
def _demo(chosen: argparse.Namespace) -> int:
    from demo.run import Demo

    settings = _settings(chosen)
    host, port = _simulated(settings)
    _listenable(partial(ports.check, host, port), "wechat.api_base")
    _listenable(partial(ports.check, settings.server.host, settings.server.port), "server.port")
    house = _house(chosen)
    return Demo(
        settings=house.settings,
        config=chosen.config.resolve(),
        run_work=house.run,
        clock=house.clock,
        binding=house.parts.binding,
        take_in=lambda lines: _take_in(house, lines, []),
        take_bank=lambda path: _take_bank(house, path),
        push_menu=lambda: _send_menu(house),
    ).run()


def _take_bank(house: House, path: Path) -> None:
    """Take a bank that comes along in, as drafts."""
    from sheets import questions

    lines = [line for line in questions.read(path) if isinstance(line, questions.QuestionLine)]
    _take_questions(house, lines, [], Intake(path.stem, reviewer="", dry=False))


@command(
    "serve",
    "start the web server",
    argument("--only", choices=("confidential",), help="the confidential desk alone, for a host of its own"),
)
def _serve(chosen: argparse.Namespace) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    settings = _settings(chosen)
    address = settings.server.host, settings.server.port
    _listenable(partial(ports.claim, *address, settings.var), "server.port")
    if chosen.only is None:
        _ready_to_fork(_house(chosen))
    elif not settings.confidential.here:
        raise Stop(texts.NO_DESK_HERE)
    workers = 1 if settings.on_sqlite and chosen.only is None else settings.server.workers
    server = Server(
        str(chosen.config.resolve()),
        settings.server.host,
        settings.server.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.server.threads,
        websockets=False,
        log_access=False,  # the query of a callback carries an openid, and whoever reads /report is nobody's business
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    server.serve(target_loader=partial(load_app, server=os.getpid(), only=chosen.only, clock=chosen.clock))


def _ready_to_fork(house: House) -> None:
    """The database is at its newest and Redis runs before the first delivery comes.

    Nothing of it may be open when the workers are forked. Of SQLite's files a worker would believe the locks of this
    process to be its own, and the next `zhibu` command to end would take the log away under it.
    """
    house.engine.dispose()


@command("simulator", "start the WeChat that runs here")
def _simulator(chosen: argparse.Namespace) -> None:
    from simulator.accounts import Accounts, MiniProgram, OfficialAccount
    from simulator.main import serve
    from simulator.template import Template

    settings = _settings(chosen)
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
def _stop(chosen: argparse.Namespace) -> None:
    from engines.redis import stop

    settings = _settings(chosen)
    desks = [settings.desk_redis] if settings.desk_redis.exists() else []  # there only where a desk has been
    stopped = [stop(home) for home in (settings.home, *desks)]
    print(texts.REDIS_STOPPED if any(stopped) else texts.REDIS_WAS_NOT_RUNNING)


@command("doctor", "check this installation and say what to do")
def _doctor(chosen: argparse.Namespace) -> int:
    from doctor import examine
    from texts.doctor import line

    healthy = True
    for finding in examine(_settings(chosen)):
        print(line(finding.what, finding.advice, good=finding.good))
        healthy = healthy and finding.good
    return DONE if healthy else REFUSED


@command(
    "jobs",
    "start the clock and the sender of notices; `jobs run` runs one job now",
    argument("--only", choices=("scheduler", "sender"), help="start this part alone"),
)
def _jobs(chosen: argparse.Namespace) -> None:
    from jobs.keeping import Worker, keep
    from jobs.scheduler import Clock
    from jobs.sender import Sender

    house = _house(chosen)
    parts = house.desk(), house.settings.zone, house.clock
    made: dict[str, Worker] = {"scheduler": Clock(*parts), "sender": Sender(*parts)}
    keep([one for name, one in made.items() if chosen.only in (None, name)])


@command(
    "jobs run",
    "run one job now; without a name, list them",
    argument("name", nargs="?"),
    argument("--at", default="now", help="ISO time to act at, instead of now"),
)
def _jobs_run(chosen: argparse.Namespace) -> None:
    from jobs.timetable import TIMETABLE

    if chosen.name is None:
        for job in TIMETABLE:
            print(f"{job.name:<14} {job.when:<15} {job.reason}")
        return
    found = next((job for job in TIMETABLE if job.name == chosen.name), None)
    if found is None:
        raise Stop(texts.no_job(chosen.name))
    house = _house(chosen)
    print(found.now(house.desk(), _moment(chosen.at, house)))


@command("db upgrade", "bring the tables to this version")
def _db_upgrade(chosen: argparse.Namespace) -> None:
    from engines.sql import open_engine, upgrade

    settings = _settings(chosen)
    engine = open_engine(settings.database.url, settings.home)
    chosen.closing.callback(engine.dispose)
    upgrade(engine)
    print(texts.DATABASE_NEWEST)


# --- what an operator does by hand -----------------------------------------------------------------------------


@command(
    "members import",
    "take in a roster (xlsx, xls, csv)",
    argument("file", type=Path),
    argument("--codes", type=Path, help="write a bind code for each member not yet bound (csv, xlsx, html)"),
    argument("--report", type=Path, help="write what became of each row as JSON"),
)
def _members_import(chosen: argparse.Namespace) -> int:
    from sheets.roster import RosterFault, read
    from sheets.table import save

    _places(chosen.file, chosen.codes, chosen.report)
    if chosen.codes:
        _suffix(chosen.codes, ".csv", ".xlsx", ".html", ".htm")
    house = _house(chosen)
    with _about(chosen.file):
        lines = read(chosen.file)
    rejected: list[dict[str, object]] = [asdict(line) for line in lines if isinstance(line, RosterFault)]
    fates = _take_in(house, [line for line in lines if not isinstance(line, RosterFault)], rejected)
    rejected.sort(key=lambda one: int(str(one["row"])))
    report = {
        "read": len(lines),
        "imported": fates["imported"],
        "updated": fates["updated"],
        "duplicates": fates["duplicate"],
        "rejected": rejected,
    }
    print(texts.imported(len(lines), fates["imported"], fates["updated"], fates["duplicate"], len(rejected)))
    for one in rejected:
        print(texts.rejected(**one))
    if chosen.report:
        with _about(chosen.report):
            save(chosen.report, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
    if chosen.codes:
        print(texts.codes_written(_write_codes(house, chosen.codes), chosen.codes))
    return REFUSED if rejected and len(rejected) == len(lines) else DONE


def _take_in(house: House, lines: list[RosterLine], rejected: list[dict[str, object]]) -> Counter[str]:
    """Take the good lines in, chunk by chunk; what a rule refuses joins `rejected`."""
    from services import rosters
    from services.errors import SameName
    from sheets.roster import NAME
    from texts.refusals import words

    times = Counter(line.name for line in lines)
    fates: Counter[str] = Counter()

    def take(db: Session, chunk: list[RosterLine]) -> tuple[Counter[str], list[dict[str, object]]]:
        taken: Counter[str] = Counter()
        refused: list[dict[str, object]] = []
        found = rosters.take_all(db, house.operator(), [_entry(line) for line in chunk], times)
        for line, fate in zip(chunk, found, strict=True):
            if fate is None:
                refused.append(
                    {"row": line.row, "column": NAME, "reason": words(SameName(line.name), house.parts.where)}
                )
            else:
                taken[fate.value] += 1
        return taken, refused

    for chunk in _chunks(house, lines):
        taken, refused = house.run(partial(take, chunk=chunk))
        fates += taken
        rejected += refused
    for activity in house.run(lambda db: rosters.taken_in(db, house.operator(), len(lines))):
        house.run(partial(rosters.seat, act=house.operator(), activity_id=activity))
    return fates


def _write_codes(house: House, out: Path) -> int:
    """The code of everyone on the roll without a WeChat account, written to `out`; returns how many."""
    from models.member import Member
    from services import members, people
    from sheets.slips import Slip, write_codes

    now, lives, zone = house.clock(), house.parts.binding.code_lives, house.settings.zone

    def issue(db: Session, chunk: list[int]) -> list[Slip]:
        slips = []
        for member in (db.get_one(Member, one) for one in chunk):
            code = members.slip_code(db, member, now, lives)
            group = member.group.name if member.group else ""
            slips.append(Slip(member.name, group, code.digits, code.expires_at.astimezone(zone).date()))
        return slips

    with house.reading() as db:
        unbound = [member.id for member in people.unbound(db, house.operator(), house.parts.app_id)]
    slips = [slip for chunk in _chunks(house, unbound) for slip in house.run(partial(issue, chunk=chunk))]
    with _about(out):
        write_codes(slips, out, house.settings.branch.name)
    return len(slips)


@command("members export", "write the roster (csv, xlsx)", argument("out", type=Path))
def _members_export(chosen: argparse.Namespace) -> None:
    from services import appointments, rosters
    from sheets import roster
    from texts.appointment import offices

    _places(chosen.out)
    _suffix(chosen.out, ".csv", ".xlsx")
    house = _house(chosen)
    with house.reading() as db:
        held = appointments.held(db, house.operator())
        people = list(enumerate(rosters.everyone(db), start=2))
        lines = [roster.of(row, one) for row, one in people]
        names = {row: offices(held[one.id]) for row, one in people if one.id in held}
    with _about(chosen.out):
        roster.write(lines, chosen.out, names)
    print(texts.exported(len(lines), chosen.out))


@command(
    "codes issue",
    "print a new bind code for one member",
    argument("member", help="public id, 编号 or a unique name"),
)
def _codes_issue(chosen: argparse.Namespace) -> None:
    from services import members

    house = _house(chosen)

    def issue(db: Session) -> tuple[str, str, datetime]:
        member = members.find(db, chosen.member)
        code = members.issue_code(db, member, house.clock(), house.parts.binding.code_lives)
        return member.name, code.digits, code.expires_at

    name, digits, expires = _ruled(house, issue)
    print(digits)
    print(texts.code_issued(name, expires.astimezone(house.settings.zone)), file=sys.stderr)


@command(
    "appointments add",
    "appoint a member, the first secretary above all; prints the appointment's id",
    argument("member", help="public id, 编号 or a unique name"),
    argument("role", help="书记, 副书记, 组织委员, 党小组长 …"),
    argument("--group", help="the group that a 党小组长 leads"),
    argument("--from", dest="starts", help="ISO date, instead of today"),
)
def _appointments_add(chosen: argparse.Namespace) -> None:
    from services import appointments, members, orgs
    from texts.appointment import ROLE, ROLE_ALSO

    roles = {**{label: role for role, label in ROLE.items()}, **ROLE_ALSO}
    if chosen.role not in roles:
        raise Stop(texts.no_role(chosen.role, ROLE.values()))
    house = _house(chosen)
    starts = _day(chosen.starts, house)

    def appoint(db: Session) -> str:
        group = orgs.known_group(db, chosen.group) if chosen.group else None
        member = members.find(db, chosen.member)
        return appointments.appoint(db, house.operator(), member, roles[chosen.role], group, starts).public_id

    print(_ruled(house, appoint))


@command(
    "appointments end",
    "end an appointment, at once unless a later day is named",
    argument("id"),
    argument("--on", help="ISO date: the first day without it"),
)
def _appointments_end(chosen: argparse.Namespace) -> None:
    from services import appointments

    house = _house(chosen)
    ends = _day(chosen.on, house)

    def end(db: Session) -> None:
        found = appointments.find(db, chosen.id)
        if found is None:
            raise Stop(texts.no_appointment(chosen.id))
        appointments.end(db, house.operator(), found, ends)

    _ruled(house, end)


@command(
    "activities plan",
    "plan an activity; prints its id",
    argument("--kind", required=True, help="主题党日, 党员大会, 党课 …"),
    argument("--title", required=True),
    argument("--at", required=True, help="now, or ISO time such as 2026-11-22T14:00 (branch time)"),
    argument("--place", default=""),
    argument("--group", help="the group whose meeting it is"),
)
def _activities_plan(chosen: argparse.Namespace) -> None:
    from services import activities, orgs
    from texts.activity import KIND, KIND_ALSO

    kinds = {**{label: kind for kind, label in KIND.items()}, **KIND_ALSO}
    title, place = (" ".join(words.split()) for words in (chosen.title, chosen.place))
    if chosen.kind not in kinds:
        raise Stop(texts.no_kind(chosen.kind, kinds))
    if not 0 < len(title) <= 60:
        raise Stop(texts.TITLE)
    if len(place) > 60:
        raise Stop(texts.PLACE)
    house = _house(chosen)
    starts = _moment(chosen.at, house)

    def plan(db: Session) -> str:
        org = orgs.known_group(db, chosen.group) if chosen.group else orgs.branch(db, house.settings.branch.name)
        asked = activities.Plan(kinds[chosen.kind], title, starts, org, place)
        return activities.plan(db, house.operator(), asked).public_id

    print(_ruled(house, plan))


@command(
    "activities place",
    "let people check in by place, within so many metres of the hall; `off` takes it back",
    argument("id"),
    argument("position", help="LATITUDE,LONGITUDE in degrees, or off"),
    argument("--radius", type=int, default=300, help="metres, 50 to 5000"),
)
def _activities_place(chosen: argparse.Namespace) -> None:
    from services import activities, places

    position = _position(chosen.position)
    house = _house(chosen)

    def place(db: Session) -> None:
        activity, operator = activities.find(db, chosen.id), house.operator()
        if position is None:
            places.forbid(db, operator, activity)
        else:
            places.allow(db, operator, activity, *position, chosen.radius)

    _ruled(house, place)


@command("activities open", "start the check-in; prints the big screen's link", argument("id"))
def _activities_open(chosen: argparse.Namespace) -> None:
    from services import activities

    house = _house(chosen)

    def open_(db: Session) -> str:
        activity = activities.find(db, chosen.id)
        activities.open_(db, house.operator(), activity)
        return activity.screen

    print(f"{house.settings.server.public_url}/screen/{_ruled(house, open_)}")


@command("activities close", "end the check-in", argument("id"))
def _activities_close(chosen: argparse.Namespace) -> None:
    from services import activities
    from services.checkins import Count, count

    house = _house(chosen)

    def close(db: Session) -> Count:
        activity = activities.find(db, chosen.id)
        activities.close(db, house.operator(), activity)
        return count(db, activity)

    came = _ruled(house, close)
    print(texts.closed(came.expected, came.present, came.others))


@command(
    "questions import",
    "take in a question bank (xlsx, xls, csv, json, GIFT, Aiken)",
    argument("file", type=Path),
    argument("--bank", help="instead of the file's name"),
    argument("--reviewed-by", help="who has looked the questions over: they go out at once, else they are drafts"),
    argument("--dry-run", action="store_true", help="tell what would become of each row and write nothing"),
    argument("--report", type=Path, help="write what became of each row as JSON"),
)
def _questions_import(chosen: argparse.Namespace) -> int:
    from sheets import questions
    from sheets.table import save

    _places(chosen.file, chosen.report)
    reviewer = " ".join((chosen.reviewed_by or "").split())
    if chosen.reviewed_by is not None and not reviewer:
        raise Stop(texts.NO_REVIEWER)
    name = " ".join((chosen.bank if chosen.bank is not None else chosen.file.stem).split())
    if not 0 < len(name) <= BANK_NAME:
        raise Stop(texts.BANK_NAME)
    house = _house(chosen)
    with _about(chosen.file):
        lines = questions.read(chosen.file)
    rejected: list[dict[str, object]] = [asdict(line) for line in lines if isinstance(line, questions.QuestionFault)]
    fates, hints = _take_questions(
        house, [line for line in lines if isinstance(line, questions.QuestionLine)], rejected,
        Intake(name, reviewer, dry=chosen.dry_run),
    )  # fmt: skip
    rejected.sort(key=lambda one: int(str(one["row"])))
    report = {
        "read": len(lines),
        "imported": fates["imported"],
        "updated": fates["updated"],
        "duplicates": fates["duplicate"],
        "rejected": rejected,
    }
    said = texts.imported(len(lines), fates["imported"], fates["updated"], fates["duplicate"], len(rejected))
    print(f"{texts.DRY_RUN if chosen.dry_run else ''}{said}")
    for one in rejected:
        print(texts.rejected(**one))
    for hint in hints:
        print(hint)
    if chosen.report:
        with _about(chosen.report):
            save(chosen.report, (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
    return REFUSED if rejected and len(rejected) == len(lines) else DONE


@dataclass(frozen=True)
class Intake:
    """How a bank's file is taken in: into which bank, looked over by whom ("": nobody), or only foretold."""

    bank: str
    reviewer: str
    dry: bool


def _take_questions(
    house: House, lines: list[QuestionLine], rejected: list[dict[str, object]], how: Intake
) -> tuple[Counter[str], list[str]]:
    """Take the good questions in, chunk by chunk; contradictions join `rejected`. Returns fates and hints."""
    from services import banks
    from texts import question as words

    entries = [_question_entry(line) for line in lines]
    fates: Counter[str] = Counter()
    fresh: list[int] = []
    for place, repeat in enumerate(banks.settle(entries)):
        if repeat is None:
            fresh.append(place)
        elif repeat.contradicts:
            reason = words.contradicts(lines[repeat.place].row)
            rejected.append({"row": lines[place].row, "column": words.ANSWER, "reason": reason})
        else:
            fates[banks.Fate.DUPLICATE.value] += 1
    kept = [entries[place] for place in fresh]
    with house.reading() as db:
        act = house.operator()
        there = banks.named(db, act, how.bank)
        bank_id = there.id if there else None
        stems, pairs = banks.lookalikes(db, act, bank_id, kept)
        disputes = banks.disputes(db, act, bank_id, kept)
        judged = banks.foretell(db, act, bank_id, kept, how.reviewer) if how.dry else []
    if not how.dry and kept:
        bank_id = house.run(lambda db: banks.made(db, house.operator(), how.bank).id)
        judged = _questions_in(house, bank_id, kept, how.reviewer)
    fates += Counter(one.fate.value for one in judged)
    rows = [lines[place].row for place in fresh]
    hints = [words.other_bank(rows[one.place], one.bank) for one in disputes[:HINTS]]
    for pair in pairs[:HINTS]:
        here = rows[pair.other - len(stems)]
        hints.append(
            words.looks_like(here, rows[pair.one - len(stems)])
            if pair.one >= len(stems)
            else words.looks_like_kept(here, stems[pair.one])
        )
    return fates, hints


def _questions_in(house: House, bank_id: int, entries: list[banks.Entry], reviewer: str) -> list[banks.Judged]:
    from services import banks

    def take(db: Session, chunk: list[banks.Entry]) -> list[banks.Judged]:
        return banks.take_all(db, house.operator(), bank_id, chunk, reviewer)

    judged = []
    for chunk in _chunks(house, entries, banks.CHUNK):
        judged += house.run(partial(take, chunk=chunk))
    house.run(lambda db: banks.taken_in(db, house.operator(), bank_id, len(entries), reviewer))
    return judged


@command(
    "questions export",
    "write a question bank (xlsx, csv, json, gift); the retired stay out",
    argument("out", type=Path),
    argument("--bank", help="this bank alone"),
)
def _questions_export(chosen: argparse.Namespace) -> None:
    from services import banks
    from sheets import questions

    _places(chosen.out)
    _suffix(chosen.out, *questions.SUFFIXES)
    house = _house(chosen)

    def look(db: Session) -> list[QuestionLine]:
        act = house.operator()
        bank = banks.named(db, act, chosen.bank) if chosen.bank is not None else None
        if chosen.bank is not None and bank is None:
            known = [one.bank.name for one in banks.shelves(db, act)]
            raise Stop(texts.no_bank(chosen.bank, known))
        asked = banks.everything(db, act, bank.id if bank else None)
        return [_question_line(row, banks.entry_of(one)) for row, one in enumerate(asked, start=2)]

    with house.reading() as db:
        lines = look(db)
    with _about(chosen.out):
        questions.write(lines, chosen.out)
    print(texts.questions_exported(len(lines), chosen.out))


def _question_entry(line: QuestionLine) -> banks.Entry:
    from services import banks

    return banks.Entry(**{name: getattr(line, name) for name in banks.FIELDS})


def _question_line(row: int, entry: banks.Entry) -> QuestionLine:
    from services import banks
    from sheets.questions import QuestionLine

    return QuestionLine(row, **{name: getattr(entry, name) for name in banks.FIELDS})


@command("notices status", "how many notices there are in which state, and who sends them")
def _notices_status(chosen: argparse.Namespace) -> None:
    from app import LASTS
    from pages.metrics import heartbeats
    from services import outbox

    house = _house(chosen)
    with house.reading() as db:
        now = house.clock()
        for one in outbox.counts(db):
            print(texts.notices_counted(one.state, one.kind, one.channel, one.number))
        print(texts.notices_late(outbox.oldest(db, now)))
        for part, ages in heartbeats(db, now, LASTS).items():
            print(texts.part_alive(part, ages))


@command(
    "notices retry",
    "have what failed for a mistake of ours sent once more, while it is of use",
    argument("ids", nargs="*", help="as `notices dead` shows them; none means all"),
)
def _notices_retry(chosen: argparse.Namespace) -> None:
    from services import outbox, quiet

    house = _house(chosen)

    def retry(db: Session) -> int:
        return outbox.retry(db, house.clock(), quiet.of(db, house.settings.zone), chosen.ids or None)

    print(texts.notices_retried(house.run(retry)))


@command("notices dead", "list what failed, newest first")
def _notices_dead(chosen: argparse.Namespace) -> None:
    from services import outbox

    house = _house(chosen)
    with house.reading() as db:
        found = outbox.dead(db, DEAD)
        for one in found:
            print(texts.notice_dead(one, house.settings.zone))
    if not found:
        print(texts.NO_DEAD_NOTICES)


@command("menu push", "send the chat menu to WeChat")
def _menu_push(chosen: argparse.Namespace) -> None:
    _send_menu(_house(chosen))
    print(texts.MENU_SENT)


@command(
    "handlers root",
    "make the offline root that signs handler lists; prints its verify key",
    argument("file", type=Path, help="the key file to write, on a computer that is never online"),
)
def _handlers_root(chosen: argparse.Namespace) -> None:
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
def _handlers_sign(chosen: argparse.Namespace) -> None:
    from confidential import keys
    from sealed import enrolment, handlerlist
    from texts import confidential as words

    if not 1 <= chosen.days <= 120:
        raise Stop(words.DAYS)
    settings = _settings(chosen)
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
def _handlers_revoke(chosen: argparse.Namespace) -> None:
    from confidential import keys
    from texts import confidential as words

    settings = _settings(chosen)
    before = _last_list(chosen, settings)
    if before is None:
        raise Stop(words.NO_LIST.format(_list_file(settings)))
    try:
        left = keys.without(before, chosen.id)
    except keys.NoSuchHandler:
        raise Stop(words.NO_HANDLER.format(chosen.id)) from None
    _sign_list(chosen, settings, replace(left, version=before.version + 1))


@command("handlers list", "show the handler list: version, end, desks, fingerprints")
def _handlers_list(chosen: argparse.Namespace) -> None:
    from sealed.handlerlist import fingerprint
    from texts import confidential as words

    found = _known_list(_settings(chosen))
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
def _handlers_tie(chosen: argparse.Namespace) -> None:
    from services import handlers, members
    from texts import confidential as words

    house = _house(chosen)
    if chosen.id not in {one.id for desk in _known_list(house.settings).desks for one in desk.handlers}:
        raise Stop(words.NO_HANDLER.format(chosen.id))

    def tie(db: Session) -> str:
        member = members.find(db, chosen.member)
        handlers.tie(db, house.operator(), chosen.id, member)
        return member.name

    print(words.TIED.format(_ruled(house, tie), chosen.id))


@command("handlers untie", "remind nobody as that handler any more", argument("id"))
def _handlers_untie(chosen: argparse.Namespace) -> None:
    from services import handlers
    from texts import confidential as words

    house = _house(chosen)
    if not _ruled(house, lambda db: handlers.untie(db, house.operator(), chosen.id)):
        raise Stop(words.NOT_TIED.format(chosen.id))
    print(words.UNTIED.format(chosen.id))


@command(
    "handlers check",
    "check the handler list against the root, warn before it ends, write the sheet of fingerprints",
    argument("--sheet", type=Path, help="write the sheet to print (html)"),
    argument("--at", help="compare pages and list with what the desk at this address (https://…) serves"),
)
def _handlers_check(chosen: argparse.Namespace) -> None:
    from confidential import keys
    from sealed import handlerlist
    from sealed.keys import of_text
    from texts import confidential as words

    settings = _settings(chosen)
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


def _root(chosen: argparse.Namespace, settings: Settings) -> SigningKey:
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


def _last_list(chosen: argparse.Namespace, settings: Settings) -> HandlerList | None:
    """The list to go on from: None before the first one."""
    from sealed import handlerlist
    from sealed.keys import of_text

    file = _list_file(settings)
    if not file.exists():
        return None
    known = settings.confidential.root  # so nothing need be opened before the fingerprints have been compared
    with _sealed(file):
        return handlerlist.read(file.read_bytes(), of_text(known, 32) if known else _root(chosen, settings).verify_key)


def _sign_list(chosen: argparse.Namespace, settings: Settings, handlers: HandlerList) -> None:
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


def _position(text: str) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, None for `off`."""
    if text == "off":
        return None
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        raise Stop(texts.POSITION) from None
    return latitude, longitude


def _send_menu(house: House) -> None:
    from bot.menu import menu
    from wechat.errors import WeChatError

    try:
        house.account.create_menu(menu())
    except WeChatError as error:
        raise Stop(texts.menu_refused(str(error))) from None


# --- what they share -------------------------------------------------------------------------------------------


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


def _settings(chosen: argparse.Namespace) -> Settings:
    return load(chosen.config, os.environ)


def _simulated(settings: Settings) -> tuple[str, int]:
    """Where the WeChat that runs here listens: host and port of wechat.api_base."""
    found = re.fullmatch(r"http://([^:/]+):(\d{1,5})", settings.wechat.api_base)
    if found is None or not 0 < int(found[2]) < 65_536:
        raise Stop(texts.NOWHERE_FOR_SIMULATOR)
    return found[1], int(found[2])


def _listenable(attempt: Callable[[], None], key: str) -> None:
    """Check or claim a port; a refusal becomes a sentence that names the key to change."""
    try:
        attempt()
    except ports.PortRefused as refused:
        address = f"{refused.host}:{refused.port}"
        if refused.taken:
            raise Stop(texts.port_taken(address, key)) from None
        raise Stop(texts.port_refused(address, refused.reason, key)) from None


def _house(chosen: argparse.Namespace) -> House:
    """The house with its database at the newest migration: SQLite is brought there, PostgreSQL by `db upgrade`."""
    with staying():
        from app import build, system_clock
        from engines.sql import at_head, upgrade

    house = build(_settings(chosen), chosen.clock or system_clock)
    chosen.closing.callback(house.close)
    if not at_head(house.engine):
        if not house.settings.on_sqlite:
            raise Stop(texts.DATABASE_BEHIND)
        upgrade(house.engine)
    return house


def _ruled(house: House, work: Callable[[Session], T]) -> T:
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
def _about(path: Path) -> Iterator[None]:
    """What is said of a table that cannot be read or written names its file."""
    from sheets.table import SheetRefused

    try:
        yield
    except SheetRefused as refused:
        raise Stop(texts.sheet(path, refused.reason)) from None


def _places(*paths: Path | None) -> None:
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


def _suffix(path: Path, *known: str) -> None:
    from texts.sheet import WRONG_SUFFIX

    if path.suffix.lower() not in known:
        raise Stop(texts.sheet(path, WRONG_SUFFIX.format("、".join(known))))


def _entry(line: RosterLine) -> Entry:
    from services.rosters import Entry

    return Entry(**{name: value for name, value in asdict(line).items() if name != "row"})


def _chunks(house: House, items: list[T], size: int = CHUNK) -> Iterator[list[T]]:
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


def _moment(text: str, house: House) -> datetime:
    """The instant meant by `now` or by an ISO time, which is the branch's own unless it names a zone."""
    if text == "now":
        return house.clock()
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or house.settings.zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Stop(texts.no_time(text)) from None


def _day(text: str | None, house: House) -> date:
    """The day meant by an ISO date; today where none is named."""
    try:
        return date.fromisoformat(text) if text else house.operator().day
    except ValueError:
        raise Stop(texts.no_day(text or "")) from None


if __name__ == "__main__":
    sys.exit(main())
