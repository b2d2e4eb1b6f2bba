"""What a group leader reads, in a branch of a thousand members and in one of a million with ten million check-ins.

Both stand in one PostgreSQL cluster, filled by SQL; the same questions go to the one and the other by turns, once to
warm up and once counted: to the routes of the API over HTTP, and to the services below. Told is how the median grows.
"""

import json
import random
import statistics as averages
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from app import House, build, create_app
from engines import sql
from engines.redis import ensure_redis, leave
from models.member import Identity, Member
from services import logins, rights, sights, statistics
from services.attendance import Rules
from services.members import Account
from services.rights import Act
from services.sights import Window
from services.statistics import Span
from tests.branch import settings_for
from tests.engines import Postgres, postgres

Json = Mapping[str, object]

FEW, MANY = 1_000, 1_000_000  # members
GROUP = 20  # members of a group, the first of whom leads it
MEETINGS = 8  # of each group in the half year, and two of the whole branch: ten check-ins a member
LEADERS = 100
NOW = datetime(2026, 12, 20, 6, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SPAN = Span(2026, quarter=4)  # in it four meetings of the group and one of the branch
RULES = Rules(timedelta(minutes=5))
SEED = 20261125
MEETING_OF_ALL = "za23456789"  # the public id of the first of the branch's two

# Whole tables from numbers: group g is org g + 1, its members are (g - 1) * size + 1 to g * size.
_DAY = "timestamptz '2026-07-20 06:00+00' + interval '21 days' * "
_HELD = """
    INSERT INTO activity (id, public_id, org_id, kind, title, place, starts_at, ends_at, state, opened_at, closed_at,
                          screen, key)
    SELECT i, {public_id}, {org}, '{kind}', 'meeting ' || i, 'hall', at, at + interval '1 hour', 'closed', at,
           at + interval '1 hour', 's' || i, '\\x00'
    FROM ({when}) held"""
_OF_GROUPS = "SELECT i, {day} ((i - 1) % :meetings) AS at FROM generate_series(1, :groups * :meetings) i"
_OF_BRANCH = "SELECT :groups * :meetings + n AS i, {day} (n * 4 - 1) AS at FROM generate_series(1, 2) n"
FILL: Sequence[str] = (
    "SET session_replication_role = replica",  # nothing is proven row by row: the numbers fit
    "SET statement_timeout = 0",
    "INSERT INTO org (id, public_id, kind, name) VALUES (1, 'o1', 'branch', 'branch')",
    """INSERT INTO org (id, public_id, kind, parent_id, name)
       SELECT g + 1, 'o' || g + 1, 'group', 1, 'group ' || g FROM generate_series(1, :groups) g""",
    """INSERT INTO member (id, public_id, org_id, group_id, name, status)
       SELECT m, 'm' || m, 1, (m - 1) / :size + 2, 'member ' || m, 'full' FROM generate_series(1, :groups * :size) m""",
    """INSERT INTO appointment (id, public_id, member_id, role, org_id, starts)
       SELECT g, 'p' || g, (g - 1) * :size + 1, 'group_leader', g + 1, date '2026-01-01'
       FROM generate_series(1, :groups) g""",
    _HELD.format(
        public_id="'a' || i", org="(i - 1) / :meetings + 2", kind="group_meeting", when=_OF_GROUPS.format(day=_DAY)
    ),
    _HELD.format(
        public_id=f"CASE i WHEN :groups * :meetings + 1 THEN '{MEETING_OF_ALL}' ELSE 'z' || i END",
        org="1",
        kind="party_day",
        when=_OF_BRANCH.format(day=_DAY),
    ),
    """INSERT INTO seat (activity_id, member_id, group_id, state)
       SELECT a.id, m.id, m.group_id, 'expected' FROM activity a JOIN member m ON m.group_id = a.org_id
       ORDER BY a.id, m.id""",
    """INSERT INTO seat (activity_id, member_id, group_id, state)
       SELECT a.id, m.id, m.group_id, 'expected' FROM activity a, member m WHERE a.org_id = 1 ORDER BY a.id, m.id""",
    """INSERT INTO checkin (activity_id, member_id, at, method, message, recorded_at)
       SELECT s.activity_id, s.member_id, a.starts_at, 'scan', 'k', a.starts_at
       FROM seat s JOIN activity a ON a.id = s.activity_id ORDER BY s.activity_id, s.member_id""",
    """INSERT INTO mark (activity_id, member_id, kind, reason, at)
       SELECT activity_id, member_id, 'early', '', at FROM checkin WHERE (activity_id + member_id) % 50 = 0""",
    """INSERT INTO standing (public_id, member_id, kind, leave_class, starts, reason, at)
       SELECT 'e' || id, id, 'leave', 'away', date '2026-10-01', 'far', now() FROM member WHERE id % 50 = 0""",
)


def fill(engine: Engine, members: int) -> None:
    """So many members in groups, their meetings of half a year, and everybody's check-in at each."""
    numbers = {"groups": members // GROUP, "size": GROUP, "meetings": MEETINGS}
    with engine.begin() as connection:
        for line in FILL:
            wanted = {name: value for name, value in numbers.items() if f":{name}" in line}
            connection.execute(text(line), wanted)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def activities(db: Session, act: Act) -> None:
    """The list of the quarter's activities with the figures of the own group."""
    since, until = SPAN.bounds(ZONE)
    found = sights.listed(db, act, Window(since, until))
    told = statistics.tallies(db, found, act.rights.groups, RULES, ZONE)
    if len(found) != 5 or any(one.expected != GROUP or one.present != GROUP for one in told.values()):
        raise RuntimeError(f"the list is wrong: {told}")


def quarter(db: Session, act: Act) -> None:
    """The quarter's table of the own group."""
    people = [one.id for one in sights.on_sheets(db, act, SPAN)]
    records = statistics.records(db, SPAN, RULES, ZONE, people)
    statistics.stood(db, SPAN, people)
    if len(records) != GROUP or any(one.present != 5 for one in records.values()):
        raise RuntimeError(f"the table is wrong: {records}")


READS: Mapping[str, Callable[[Session, Act], None]] = {"list": activities, "table": quarter}


def _list_told(answer: Json) -> None:
    found = cast("list[dict[str, dict[str, int]]]", answer["activities"])
    if len(found) != 5 or any(one["figures"]["present"] != GROUP for one in found):
        raise RuntimeError(f"the list is wrong: {answer}")


def _table_told(answer: Json) -> None:
    rows = cast("list[dict[str, int]]", answer["rows"])
    if len(rows) != GROUP or any(one["present"] != 5 for one in rows):
        raise RuntimeError(f"the table is wrong: {answer}")


def _roster_told(answer: Json) -> None:
    if len(cast("list[object]", answer["lines"])) != GROUP:
        raise RuntimeError(f"the roster is wrong: {answer}")


ROUTES: Mapping[str, tuple[str, Callable[[Json], None]]] = {  # what a leader asks the API for, and whether it is right
    "list": ("activities?from=2026-10-01T00:00:00%2B08:00&to=2027-01-01T00:00:00%2B08:00", _list_told),
    "table": ("stats?period=2026Q4", _table_told),
    "roster": (f"activities/{MEETING_OF_ALL}/roster", _roster_told),  # of a meeting of the whole branch
}


@dataclass(frozen=True, slots=True)
class Size:
    """One of the two branches: its database, and a server of its API."""

    members: int
    house: House
    port: int
    tokens: Mapping[int, str]  # of the leaders who ask

    def ask(self, leader: int, read: Callable[[Session, Act], None]) -> float:
        """Seconds of the services, read in process."""
        with sql.reading(self.house.engine) as db:
            began = time.perf_counter()
            read(db, rights.act_of(db, db.get_one(Member, leader), NOW, ZONE))
            return time.perf_counter() - began

    def get(self, leader: int, route: str) -> float:
        """Seconds of a request over HTTP, answered rightly."""
        path, right = ROUTES[route]
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1/{path}", headers={"Authorization": f"Bearer {self.tokens[leader]}"}
        )
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = answer.read()
        seconds = time.perf_counter() - began
        right(json.loads(told))
        return seconds


def measure(few: int = FEW, many: int = MANY) -> Mapping[str, object]:
    """Milliseconds at the median in both branches, and how often the one goes into the other; the worst is told."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        chance = random.Random(SEED)
        sizes = [stack.enter_context(_opened(server, members, _leaders(members, chance))) for members in (few, many)]
        told: dict[str, object] = {"name": f"reads of a leader among {many:,} members"}
        growth = []
        asks: dict[str, Callable[[Size, int], float]] = {
            **{f"api_{name}": partial(_over_http, route=name) for name in ROUTES},
            **{name: partial(_in_process, read=read) for name, read in READS.items()},
        }
        for name, ask in asks.items():
            taken = {size.members: averages.median(_timed(sizes, ask)[size.members]) for size in sizes}
            told |= {f"{name}_ms_{members}": round(1000 * taken[members], 2) for members in taken}
            growth.append(taken[many] / taken[few])
            told[f"{name}_growth"] = round(growth[-1], 2)
        return {**told, "reads_growth": round(max(growth), 2)}


def _over_http(size: Size, leader: int, *, route: str) -> float:
    return size.get(leader, route)


def _in_process(size: Size, leader: int, *, read: Callable[[Session, Act], None]) -> float:
    return size.ask(leader, read)


def _leaders(members: int, chance: random.Random) -> Sequence[int]:
    return [chance.randrange(members // GROUP) * GROUP + 1 for _ in range(LEADERS)]


@contextmanager
def _opened(server: Postgres, members: int, leaders: Sequence[int]) -> Iterator[Size]:
    """The branch filled, its leaders logged in, its API served in a thread beside us."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home, url = Path(folder), server.url(server.create())
        house = build(settings_for(home, database={"url": url}, redis={"url": ensure_redis(home)}), lambda: NOW)
        sql.upgrade(house.engine)
        fill(house.engine, members)
        tokens = house.run(lambda db: {one: _token(db, house, one) for one in set(leaders)})
        http = make_server("127.0.0.1", 0, create_app(house), threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield Size(members, house, http.server_port, tokens)
        finally:
            http.shutdown()
            thread.join()
            http.server_close()
            house.close()
            leave(home)


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: a line for every request would be measured as well."""


def _token(db: Session, house: House, leader: int) -> str:
    account = Account(house.settings.wechat.mini_program.app_id, f"leader {leader}")
    token, opened = logins.open_(db, account, None, NOW)
    db.get_one(Identity, opened.identity_id).member_id = leader
    return token


def _timed(sizes: Sequence[Size], ask: Callable[[Size, int], float]) -> Mapping[int, Sequence[float]]:
    """Seconds of each question at each size by turns, of the second of two times."""
    taken: dict[int, list[float]] = {size.members: [] for size in sizes}
    for turn in zip(*(list(size.tokens) for size in sizes), strict=False):
        for size, leader in zip(sizes, turn, strict=True):
            ask(size, leader)
            taken[size.members].append(ask(size, leader))
    return taken
