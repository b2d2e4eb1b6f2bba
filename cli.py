"""The `zhibu` command: runs the house and does what an operator does by hand. The only importer of app.py."""

import argparse
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import flask
from sqlalchemy.exc import SQLAlchemyError

from engines.process import die_with_parent
from engines.redis import RedisUnavailable
from settings import ConfigError, Settings, load

if TYPE_CHECKING:
    from app import House
    from services.rosters import Entry
    from sheets.roster import RosterFault, RosterLine

T = TypeVar("T")
DONE, REFUSED, WRONG_USAGE = 0, 1, 2
CHUNK = 50  # roster rows a transaction: well under 100 ms, so the chat never waits for an import
PARENT = "ZHIBU_PARENT"  # process id of the demo that started this command and takes it along when it ends


class Stop(Exception):
    """Ends the command with exit code 1 and this sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 refused (a sentence says what and where), 2 wrong usage."""
    if os.environ.get(PARENT):
        die_with_parent(int(os.environ[PARENT]))
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "act"):
        parser.print_help()
        return WRONG_USAGE
    logging.basicConfig(
        level=logging.INFO if chosen.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    try:
        return int(chosen.act(chosen) or DONE)
    except ConfigError as error:
        print(f"设置有 {len(error.problems)} 处要改：", *error.problems, sep="\n  ", file=sys.stderr)
    except (Stop, RedisUnavailable) as stop:
        print(stop, file=sys.stderr)
    except SQLAlchemyError as error:
        print(f"数据库用不了（{type(error).__name__}），请检查 database.url，再运行 zhibu doctor。", file=sys.stderr)
    return REFUSED


def load_app(config: str) -> flask.Flask:
    """The WSGI application of one web worker; the worker ends with the server that started it."""
    from app import build, create_app  # a worker imports the house, the other commands need not

    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return create_app(build(load(Path(config), os.environ)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("zhibu", description="支部通：党支部的微信助手")
    parser.add_argument("--config", type=Path, default=Path(os.environ.get("ZHIBU_CONFIG") or "config.yaml"))
    parser.add_argument("--verbose", action="store_true", help="log what happens")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(
        under: "argparse._SubParsersAction[argparse.ArgumentParser]",
        name: str,
        act: Callable[[argparse.Namespace], int | None],
        says: str,
    ) -> argparse.ArgumentParser:
        made = under.add_parser(name, help=says, description=says)
        made.set_defaults(act=act)
        return made

    def group(name: str, says: str) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
        made = commands.add_parser(name, help=says, description=says)
        return made.add_subparsers(title="commands", metavar="COMMAND", required=True)

    command(commands, "demo", _demo, "start a synthetic branch with a WeChat of its own")
    command(commands, "serve", _serve, "start the web server")
    command(commands, "simulator", _simulator, "start the WeChat that runs here")
    command(commands, "stop", _stop, "stop the embedded Redis server now")
    command(commands, "doctor", _doctor, "check this installation and say what to do")
    jobs = commands.add_parser("jobs", help="start the clock; `jobs run` runs one job now")
    jobs.set_defaults(act=_jobs)
    run = command(jobs.add_subparsers(metavar="run"), "run", _jobs_run, "run one job now; without a name, list them")
    run.add_argument("name", nargs="?")
    run.add_argument("--at", type=_instant, help="ISO time to act at, instead of now")
    command(group("db", "the database"), "upgrade", _db_upgrade, "bring the tables to this version")
    members = group("members", "the roster")
    taken = command(members, "import", _members_import, "take in a roster (xlsx, xls, csv)")
    taken.add_argument("file", type=Path)
    taken.add_argument("--codes", type=Path, help="write a bind code for each member not yet bound (csv, xlsx, html)")
    taken.add_argument("--report", type=Path, help="write what became of each row as JSON")
    command(members, "export", _members_export, "write the roster (csv, xlsx)").add_argument("out", type=Path)
    issued = command(group("codes", "bind codes"), "issue", _codes_issue, "print a new bind code for one member")
    issued.add_argument("member", help="public id, 编号 or a unique name")
    activities = group("activities", "activities")
    planned = command(activities, "plan", _activities_plan, "plan an activity; prints its id")
    planned.add_argument("--kind", required=True, help="主题党日, 党员大会, 党课 …")
    planned.add_argument("--title", required=True)
    planned.add_argument("--at", required=True, help="now, or ISO time such as 2026-11-22T14:00 (branch time)")
    planned.add_argument("--place", default="")
    planned.add_argument("--group", help="the group whose meeting it is")
    opened = command(activities, "open", _activities_open, "start the check-in; prints the big screen's link")
    opened.add_argument("id")
    command(activities, "close", _activities_close, "end the check-in").add_argument("id")
    command(group("menu", "the account's menu"), "push", _menu_push, "send the chat menu to WeChat")
    return parser


# --- what runs -------------------------------------------------------------------------------------------------


def _demo(chosen: argparse.Namespace) -> int:
    from demo.run import Demo

    house = _house(chosen)
    return Demo(
        settings=house.settings,
        config=chosen.config.resolve(),
        run_work=house.run,
        clock=house.clock,
        binding=house.parts.binding,
        take_in=lambda lines: _take_in(house, lines, []),
    ).run()


def _serve(chosen: argparse.Namespace) -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    settings = _settings(chosen)
    _house(chosen)  # the database is at its newest and Redis runs before the first delivery comes
    server = Server(
        str(chosen.config.resolve()),
        settings.server.host,
        settings.server.port,
        interface=Interfaces.WSGI,
        workers=1 if settings.on_sqlite else settings.server.workers,
        blocking_threads=settings.server.threads,
        websockets=False,
        log_access=False,  # the query of a callback carries an openid
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    server.serve(target_loader=load_app)


def _simulator(chosen: argparse.Namespace) -> None:
    from simulator.accounts import Accounts, MiniProgram, OfficialAccount
    from simulator.main import serve

    settings = _settings(chosen)
    account, mini = settings.wechat.official_account, settings.wechat.mini_program
    host, _, port = settings.wechat.api_base.removeprefix("http://").partition("/")[0].partition(":")
    if not settings.wechat.api_base.startswith("http://") or not port:
        raise Stop("wechat.api_base 不是本机地址（如 http://127.0.0.1:8001），模拟微信无处可开。")
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
        ),
        f"{settings.server.public_url}/wechat",
        host,
        int(port),
    )


def _jobs(chosen: argparse.Namespace) -> None:
    from jobs.scheduler import keep_time

    house = _house(chosen)
    keep_time(house.desk(), house.settings.zone, house.clock)


def _jobs_run(chosen: argparse.Namespace) -> None:
    from jobs.timetable import TIMETABLE

    if chosen.name is None:
        for job in TIMETABLE:
            print(f"{job.name:<10} {job.when:<16} {job.reason}")
        return
    found = next((job for job in TIMETABLE if job.name == chosen.name), None)
    if found is None:
        raise Stop(f"没有叫 {chosen.name} 的任务；不带名字运行 zhibu jobs run 可列出全部。")
    house = _house(chosen)
    print(found.run(house.desk(), chosen.at or house.clock()))


def _stop(chosen: argparse.Namespace) -> None:
    from engines.redis import stop

    stopped = stop(_settings(chosen).home)
    print("内置 Redis 已停止。" if stopped else "内置 Redis 没有在运行。")


def _doctor(chosen: argparse.Namespace) -> int:
    from doctor import examine

    healthy = True
    for finding in examine(_settings(chosen)):
        print(f"{'✓' if finding.good else '✗'} {finding.what}" + (f"：{finding.advice}" if finding.advice else ""))
        healthy = healthy and finding.good
    return DONE if healthy else REFUSED


def _db_upgrade(chosen: argparse.Namespace) -> None:
    from engines.sql import open_engine, upgrade

    settings = _settings(chosen)
    upgrade(open_engine(settings.database.url, settings.home))
    print("数据库已是最新。")


# --- what an operator does by hand -----------------------------------------------------------------------------


def _members_import(chosen: argparse.Namespace) -> int:
    from sheets.roster import RosterFault, read
    from sheets.table import SheetRefused

    house = _house(chosen)
    if chosen.codes and chosen.codes.suffix not in (".csv", ".xlsx", ".html"):
        raise Stop(f"{chosen.codes}：绑定码只能写成 .csv、.xlsx 或 .html。")
    try:
        lines = read(chosen.file)
    except SheetRefused as refused:
        raise Stop(f"{chosen.file}：{refused.reason}") from None
    rejected = [_fault(line) for line in lines if isinstance(line, RosterFault)]
    fates = _take_in(house, [line for line in lines if not isinstance(line, RosterFault)], rejected)
    rejected.sort(key=lambda one: int(str(one["row"])))
    report = {
        "read": len(lines),
        "imported": fates["imported"],
        "updated": fates["updated"],
        "duplicates": fates["duplicate"],
        "rejected": rejected,
    }
    if chosen.report:
        chosen.report.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    print(
        f"读到 {len(lines)} 行：新增 {fates['imported']}，更新 {fates['updated']}，"
        f"没有变化 {fates['duplicate']}，没有收进 {len(rejected)}。"
    )
    for one in rejected:
        print(f"  第 {one['row']} 行 {one['column']}：{one['reason']}")
    if chosen.codes:
        print(f"绑定码 {_write_codes(house, chosen.codes)} 个，写在 {chosen.codes}。")
    return REFUSED if rejected and len(rejected) == len(lines) else DONE


def _take_in(house: "House", lines: "list[RosterLine]", rejected: list[dict[str, object]]) -> Counter[str]:
    """Take the good lines in, chunk by chunk; what a rule refuses joins `rejected`."""
    from services import rosters
    from services.errors import SameName
    from sqlalchemy.orm import Session
    from texts.refusals import words

    times = Counter(line.name for line in lines)
    fates: Counter[str] = Counter()

    def take(db: Session, chunk: "list[RosterLine]") -> tuple[Counter[str], list[dict[str, object]]]:
        taken: Counter[str] = Counter()
        refused: list[dict[str, object]] = []
        for line in chunk:
            try:
                taken[rosters.take(db, _entry(line), times).fate.value] += 1
            except SameName as refusal:
                reason = words(refusal, house.parts.where)
                refused.append({"row": line.row, "column": "姓名", "reason": reason})
        return taken, refused

    done = 0
    for chunk in _chunks(lines, CHUNK):
        taken, refused = house.run(lambda db, chunk=chunk: take(db, chunk))  # type: ignore[misc]
        fates += taken
        rejected += refused
        done += len(chunk)
        if sys.stderr.isatty() and len(lines) > CHUNK:
            print(f"\r{done}/{len(lines)}", end="\n" if done == len(lines) else "", file=sys.stderr, flush=True)
    return fates


def _write_codes(house: "House", out: Path) -> int:
    """A new code for everyone on the roll without a WeChat account, written to `out`; returns how many."""
    from services import members
    from sheets.slips import Slip, write_codes
    from sqlalchemy.orm import Session

    now = house.clock()

    def issue(db: Session) -> list[Slip]:
        return [
            Slip(
                member.name,
                member.group.name if member.group else "",
                code.digits,
                code.expires_at.astimezone(house.settings.zone).date(),
            )
            for member in members.unbound(db, house.parts.app_id)
            for code in [members.issue_code(db, member, now, house.parts.binding.code_lives)]
        ]

    slips = house.run(issue)
    write_codes(slips, out, house.settings.branch.name)
    return len(slips)


def _members_export(chosen: argparse.Namespace) -> None:
    from services import rosters
    from sheets.roster import RosterLine, write

    house = _house(chosen)
    if chosen.out.suffix not in (".csv", ".xlsx"):
        raise Stop(f"{chosen.out}：名册只能写成 .csv 或 .xlsx。")
    with house.reading() as db:
        lines = [
            RosterLine(
                row=row,
                number=one.number,
                name=one.name,
                gender=one.gender,
                born=one.born,
                joined=one.joined,
                confirmed=one.confirmed,
                phone=one.phone,
                group=one.group.name if one.group else None,
                status=one.status,
            )
            for row, one in enumerate(rosters.everyone(db), start=2)
        ]
    write(lines, chosen.out)
    print(f"名册 {len(lines)} 人，写在 {chosen.out}。")


def _codes_issue(chosen: argparse.Namespace) -> None:
    from services import members
    from sqlalchemy.orm import Session

    house = _house(chosen)

    def issue(db: Session) -> tuple[str, str, datetime]:
        member = members.find(db, chosen.member)
        code = members.issue_code(db, member, house.clock(), house.parts.binding.code_lives)
        return member.name, code.digits, code.expires_at

    name, digits, expires = _ruled(house, lambda: house.run(issue))
    print(f"{digits}")
    until = expires.astimezone(house.settings.zone)
    print(f"{name}同志的绑定码，用一次，{until:%Y-%m-%d %H:%M} 前有效。", file=sys.stderr)


def _activities_plan(chosen: argparse.Namespace) -> None:
    from services import activities, orgs
    from sqlalchemy.orm import Session
    from texts.activity import KIND, KIND_ALSO

    house = _house(chosen)
    kinds = {**{label: kind for kind, label in KIND.items()}, **KIND_ALSO}
    if chosen.kind not in kinds:
        raise Stop(f"没有“{chosen.kind}”这种活动，可用：{'、'.join(kinds)}。")
    if not chosen.title.strip() or len(chosen.title) > 60:
        raise Stop("活动名称要有 1 至 60 个字。")
    starts = house.clock() if chosen.at == "now" else _branch_time(chosen.at, house.settings)

    def plan(db: Session) -> str:
        org = orgs.known_group(db, chosen.group) if chosen.group else None
        return activities.plan(db, kinds[chosen.kind], chosen.title.strip(), starts, chosen.place, org).public_id

    print(_ruled(house, lambda: house.run(plan)))


def _activities_open(chosen: argparse.Namespace) -> None:
    from services import activities
    from sqlalchemy.orm import Session

    house = _house(chosen)

    def open_(db: Session) -> str:
        activity = activities.find(db, chosen.id)
        activities.open_(db, activity, house.clock())
        return activity.screen

    print(f"{house.settings.server.public_url}/screen/{_ruled(house, lambda: house.run(open_))}")


def _activities_close(chosen: argparse.Namespace) -> None:
    from services import activities
    from services.checkins import Count, count
    from sqlalchemy.orm import Session

    house = _house(chosen)

    def close(db: Session) -> Count:
        activity = activities.find(db, chosen.id)
        activities.close(db, activity, house.clock())
        return count(db, activity)

    came = _ruled(house, lambda: house.run(close))
    print(f"签到已结束：应到 {came.expected}，实到 {came.present}，待核 {came.others}。")


def _menu_push(chosen: argparse.Namespace) -> None:
    from bot.menu import menu
    from wechat.errors import WeChatError

    house = _house(chosen)
    try:
        house.account.create_menu(menu())
    except WeChatError as error:
        raise Stop(f"微信没有收下菜单：{error}") from None
    print("菜单已送到微信，几分钟内生效。")


# --- what they share -------------------------------------------------------------------------------------------


def _settings(chosen: argparse.Namespace) -> Settings:
    return load(chosen.config, os.environ)


def _house(chosen: argparse.Namespace) -> "House":
    """The house with its database at the newest migration: SQLite is brought there, PostgreSQL by `db upgrade`."""
    from app import build
    from engines.sql import at_head, upgrade

    house = build(_settings(chosen))
    if not at_head(house.engine):
        if not house.settings.on_sqlite:
            raise Stop("数据库的表不是这个版本的，请先运行 zhibu db upgrade。")
        upgrade(house.engine)
    return house


def _ruled(house: "House", act: Callable[[], T]) -> T:
    """Do it; a refusal becomes its sentence and exit code 1."""
    from services.errors import Refusal
    from texts.refusals import words

    try:
        return act()
    except Refusal as refusal:
        raise Stop(words(refusal, house.parts.where)) from None


def _fault(line: "RosterFault") -> dict[str, object]:
    return {"row": line.row, "column": line.column, "reason": line.reason}


def _entry(line: "RosterLine") -> "Entry":
    from services.rosters import Entry

    return Entry(**{name: value for name, value in asdict(line).items() if name != "row"})


def _chunks(lines: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(lines)
    while chunk := list(islice(rest, size)):
        yield chunk


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _branch_time(text: str, settings: Settings) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(f"时间“{text}”看不懂，请写成 2026-11-22T14:00，或写 now。") from None
    return at.replace(tzinfo=at.tzinfo or settings.zone)


if __name__ == "__main__":
    sys.exit(main())
