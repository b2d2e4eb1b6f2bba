"""What a group leader reads, in a branch of a thousand members and in one of a million with ten million check-ins.

Both stand in one PostgreSQL cluster, filled by SQL; the same questions go to the one and the other by turns, once to
warm up and once counted. Told is the growth of the median.
"""

import random
import statistics as averages
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from engines import sql
from models.member import Member
from services import rights, sights, statistics
from services.attendance import Rules
from services.rights import Act
from services.sights import Window
from services.statistics import Span
from tests.engines import Postgres, postgres

FEW, MANY = 1_000, 1_000_000  # members
GROUP = 20  # members of a group, the first of whom leads it
MEETINGS = 8  # of each group in the half year, and two of the whole branch: ten check-ins a member
LEADERS = 100
NOW = datetime(2026, 12, 20, 6, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
SPAN = Span(2026, quarter=4)  # in it four meetings of the group and one of the branch
RULES = Rules(timedelta(minutes=5))
SEED = 20261125

# Whole tables from numbers: group g is org g + 1, its members are (g - 1) * size + 1 to g * size.
_DAY = "timestamptz '2026-07-20 06:00+00' + interval '21 days' * "
_HELD = """
    INSERT INTO activity (id, public_id, org_id, kind, title, place, starts_at, ends_at, state, opened_at, closed_at,
                          screen, key)
    SELECT i, 'a' || i, {org}, '{kind}', 'meeting ' || i, 'hall', at, at + interval '1 hour', 'closed', at,
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
    _HELD.format(org="(i - 1) / :meetings + 2", kind="group_meeting", when=_OF_GROUPS.format(day=_DAY)),
    _HELD.format(org="1", kind="party_day", when=_OF_BRANCH.format(day=_DAY)),
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


def measure(few: int = FEW, many: int = MANY) -> Mapping[str, object]:
    """Milliseconds at the median in both branches, and how often the one goes into the other; the worse is told."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        engines = {members: stack.enter_context(_filled(server, members)) for members in (few, many)}
        told: dict[str, object] = {"name": f"reads of a leader among {many:,} members"}
        growth = []
        for name, read in READS.items():
            taken = {members: averages.median(times) for members, times in _timed(engines, read).items()}
            told |= {f"{name}_ms_{members}": round(1000 * taken[members], 2) for members in engines}
            growth.append(taken[many] / taken[few])
            told[f"{name}_growth"] = round(growth[-1], 2)
        return {**told, "reads_growth": round(max(growth), 2)}


@contextmanager
def _filled(server: Postgres, members: int) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        engine = sql.open_engine(server.url(server.create()), Path(folder))
        sql.upgrade(engine)
        fill(engine, members)
        yield engine
        engine.dispose()


def _timed(engines: Mapping[int, Engine], read: Callable[[Session, Act], None]) -> Mapping[int, Sequence[float]]:
    """Seconds of each question at each size, of the second of two times."""
    chance = random.Random(SEED)
    taken: dict[int, list[float]] = {members: [] for members in engines}
    for _ in range(LEADERS):
        for members, engine in engines.items():
            leader = chance.randrange(members // GROUP) * GROUP + 1
            for _again in range(2):
                with sql.reading(engine) as db:
                    began = time.perf_counter()
                    read(db, rights.act_of(db, db.get_one(Member, leader), NOW, ZONE))
                    seconds = time.perf_counter() - began
            taken[members].append(seconds)
    return taken
