"""What one occurrence for 100,000 members costs the clock: seconds until its rows stand, and memory while it works."""

import re
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from app import build
from engines import sql
from engines.redis import ensure_redis, leave
from jobs import reminders
from jobs.desk import Desk
from models.activity import ActivityKind
from models.base import UtcDateTime
from models.notice import Notice
from services import activities, orgs
from services.activities import Plan
from services.rights import operator
from tests.branch import settings_for

MEMBERS = 100_000
MOST_SECONDS, MOST_MEGABYTES = 60.0, 50.0
NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)  # a Thursday, ten in the morning

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_ID = "substr('m000000000', 1, 10 - length(CAST(i AS TEXT))) || CAST(i AS TEXT)"


def fill(db: Session, count: int) -> None:
    """So many members, expected at one activity that is published at NOW and begins in two days."""
    branch = orgs.branch(db, "bench")
    act = operator(NOW, settings_for(Path()).zone)
    plan = Plan(ActivityKind.PARTY_DAY, "主题党日", NOW + timedelta(days=2), branch, "礼堂")
    meeting = activities.plan(db, act, plan)
    columns = "id, public_id, org_id, name, status, version"
    enter = f"INSERT INTO member ({columns}) {_NUMBERS} SELECT i, {_ID}, :org, {_ID}, 'full', 1 FROM n"  # noqa: S608 - our own words
    db.execute(text(enter).bindparams(org=branch.id, count=count))
    seat = "INSERT INTO seat (activity_id, member_id, group_id, state) SELECT :one, id, NULL, 'expected' FROM member"
    db.execute(text(seat).bindparams(one=meeting.id))
    begin = text("INSERT INTO clock_progress (name, until) VALUES ('reminders', :at)")
    db.execute(begin.bindparams(bindparam("at", NOW - timedelta(minutes=1), UtcDateTime)))


def measure() -> Mapping[str, object]:
    """Seconds on the clock and of the processor, and megabytes above what the process held before.

    Raises where it takes more than it may, by processor time: the clock alone would judge what else the machine does.
    """
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home = Path(folder)
        redis_url = ensure_redis(home)
        house = build(settings_for(home, redis={"url": redis_url}), lambda: NOW)
        try:
            sql.upgrade(house.engine)
            house.run(lambda db: fill(db, MEMBERS))
            seconds, cpu, grown = _written(house.desk())
            with house.reading() as db:
                rows = db.scalar(select(func.count()).select_from(Notice))
        finally:
            house.close()
            leave(home)
    if rows != MEMBERS:
        raise RuntimeError(f"{rows} rows stand, {MEMBERS} are due")
    if cpu >= MOST_SECONDS or grown >= MOST_MEGABYTES:
        raise RuntimeError(f"{MEMBERS} rows take {cpu:.1f} s and {grown:.0f} MB")
    return {
        "name": f"one reminder for {MEMBERS} members",
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "megabytes_more": round(grown, 1),
        "cpu_us_per_row": round(cpu / MEMBERS * 1e6, 1),
    }


def _written(desk: Desk) -> tuple[float, float, float]:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, began, cpu = _memory("VmRSS"), time.perf_counter(), time.process_time()
    reminders.write(desk, NOW)
    return time.perf_counter() - began, time.process_time() - cpu, _memory("VmHWM") - before


def _memory(which: str) -> float:
    """Megabytes, as the kernel counts them."""
    found = re.search(rf"{which}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0
