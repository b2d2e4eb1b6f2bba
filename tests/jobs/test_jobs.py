"""Jobs: what they do, and that running them late, twice or half does no harm."""

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis
import yaml
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import func, select

from jobs import housekeeping, unionids
from jobs.scheduler import JOBS
from jobs.timetable import TIMETABLE
from models import Identity
from models.checkin import HeldScan
from models.given import Given
from models.login import Login
from models.member import WrongCode
from simulator.faults import Fault
from tests.branch import ROOT, Branch, _merge
from tests.engines import Database
from tests.services.operator import ZHIBU
from tests.talks.conftest import branch, each_branch  # noqa: F401 - the same fixtures for this folder

USER_INFO = "/cgi-bin/user/info"


def ask(branch: Branch) -> str:  # noqa: F811 - the fixture handed on
    return unionids.ask(branch.house.desk(), branch.clock.now())


# --- unionids ----------------------------------------------------------------------------------------------------


def test_each_follower_is_asked_for_once(each_branch: Branch) -> None:  # noqa: F811
    for name in ("张建国", "李娜", "王芳"):
        each_branch.phone(name, unionid=f"u-{name}")
    assert ask(each_branch) == "asked=3 bound=0"
    assert each_branch.world.calls[USER_INFO] == 3
    assert ask(each_branch) == "asked=0 bound=0"
    assert each_branch.world.calls[USER_INFO] == 3
    with each_branch.house.reading() as db:
        assert set(db.scalars(select(Identity.unionid))) == {"u-张建国", "u-李娜", "u-王芳"}


@pytest.mark.parametrize("fault", [Fault(errcode=-1), Fault(errcode=45009), Fault(status=502), Fault(html=True)])
def test_wechat_away_half_way_leaves_the_rest_for_the_next_run(branch: Branch, fault: Fault) -> None:  # noqa: F811
    for name in ("张建国", "李娜", "王芳"):
        branch.phone(name, unionid=f"u-{name}")
    branch.world.faults.plan(USER_INFO, Fault(after=True))  # the first call: nothing happens to it
    branch.world.faults.plan(USER_INFO, fault)
    first = ask(branch)
    assert first.startswith("asked=1 bound=0 stopped=")
    assert ask(branch) == "asked=2 bound=0"


def test_a_person_wechat_does_not_know_is_not_asked_for_for_ever(branch: Branch) -> None:  # noqa: F811
    branch.phone("张建国", unionid="u-1")
    branch.phone("李娜", unionid="u-2")
    branch.world.faults.plan(USER_INFO, Fault(errcode=40003))
    assert ask(branch) == "asked=2 bound=0"
    assert ask(branch) == "asked=0 bound=0"
    with branch.house.reading() as db:
        assert list(db.scalars(select(Identity.unionid).order_by(Identity.id))) == [None, "u-2"]


def test_a_follower_who_leaves_while_being_asked_for_is_forgotten(branch: Branch) -> None:  # noqa: F811
    zhang = branch.phone("张建国", unionid="u-1")
    desk, now = branch.house.desk(), branch.clock.now()
    with branch.house.reading() as db:
        identity = db.scalar(select(Identity.id))
    assert identity is not None
    follower = desk.account.follower(zhang.person.openid)
    zhang.unfollows()
    assert desk.run(lambda db: unionids._keep(db, identity, follower, now)) == 0
    with branch.house.reading() as db:
        assert db.scalars(select(Identity)).all() == []


def test_more_followers_than_one_run_takes_are_taken_by_the_next(
    branch: Branch,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unionids, "MOST", 2)
    for number in range(5):
        branch.phone(f"follower {number}")
    assert [ask(branch) for _ in range(4)] == [f"asked={n} bound=0" for n in (2, 2, 1, 0)]


# --- purge -------------------------------------------------------------------------------------------------------


def purge(branch: Branch, at: datetime) -> str:  # noqa: F811
    return housekeeping.purge(branch.house.desk(), at)


def test_what_has_served_goes_at_its_time_and_not_before(each_branch: Branch) -> None:  # noqa: F811
    now = each_branch.clock.now()
    zhang, li = each_branch.bound("张建国"), each_branch.phone("李娜")
    meeting = each_branch.meeting()
    li.scans(each_branch.screen(meeting).code)
    li.says("12345678").hears("绑定码不对")
    with each_branch.house.transaction() as db:
        owner = db.scalars(select(Identity)).first()
        assert owner is not None
        db.add(Login(identity_id=owner.id, digest="d", created_at=now, expires_at=now + timedelta(days=7)))

    def left() -> list[int]:
        with each_branch.house.reading() as db:
            return [
                db.scalar(select(func.count()).select_from(table)) or 0 for table in (HeldScan, WrongCode, Given, Login)
            ]

    before = left()
    assert before[0] == before[1] == before[3] == 1
    assert before[2] >= 1
    purge(each_branch, now)
    assert left() == before
    purge(each_branch, now + timedelta(hours=1, seconds=1))
    assert left() == [1, 0, *before[2:]]
    purge(each_branch, now + timedelta(hours=12, seconds=1))
    assert left() == [0, 0, *before[2:]]
    purge(each_branch, now + timedelta(days=1, seconds=1))
    assert left() == [0, 0, 0, 1]
    purge(each_branch, now + timedelta(days=7))
    assert left() == [0, 0, 0, 0]
    assert purge(each_branch, now + timedelta(days=7)) == "replies=0 scans_and_codes=0 logins=0 told=0"
    zhang.says("记录").hears("张建国同志")


# --- the clock ---------------------------------------------------------------------------------------------------


def test_the_timetable_is_one_cron_can_read() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    midnight = datetime(2026, 11, 22, tzinfo=zone)
    first = {
        job.name: CronTrigger(timezone=zone, **job.cron).get_next_fire_time(None, midnight).time().isoformat()
        for job in TIMETABLE
        if job.cron is not None
    }
    assert first == {
        "unionids": "00:00:20", "sittings": "00:00:40", "rounds": "00:00:50", "pictures": "00:00:30", "reminders": "00:00:00", "purge": "03:10:00",
        "workdays": "03:20:00", "handlers": "09:00:00",
    }  # fmt: skip
    assert len({job.name for job in TIMETABLE}) == len(TIMETABLE)
    assert all(job.reason for job in TIMETABLE)
    assert all(job.when for job in TIMETABLE if job.name != "soon")  # which follows its meeting


@pytest.fixture
def clock(database: Database, empty_redis: redis.Redis, redis_url: str) -> Iterator["subprocess.Popen[str]"]:
    """`zhibu jobs` in a process of its own, telling what it does."""
    content = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    _merge(content, {"redis": {"url": redis_url}})
    (database.home / "config.yaml").write_text(yaml.safe_dump(content), "utf-8")
    process = subprocess.Popen(
        [ZHIBU, "--verbose", "jobs"],
        cwd=database.home,
        env={**os.environ, "ZHIBU_HOME": str(database.home)},
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_the_clock_runs_what_is_due_and_ends_when_told(clock: "subprocess.Popen[str]", by: signal.Signals) -> None:
    assert clock.stderr is not None
    waiting = {"unionids", "purge"}
    for line in clock.stderr:
        waiting -= {name for name in waiting if f"jobs.scheduler job name={name}" in line and "error" not in line}
        if not waiting:
            break
    assert not waiting
    clock.send_signal(by)
    rest = clock.stderr.read()
    assert clock.wait() == 0
    assert "Traceback" not in rest


def test_a_job_that_fails_does_not_stop_the_clock(database: Database, clock: "subprocess.Popen[str]") -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE held_scan RENAME TO away")
    assert clock.stderr is not None
    seen: list[str] = []
    for line in clock.stderr:
        seen += [line] if "jobs.scheduler job name=" in line else []
        if len(seen) == len(JOBS):
            break
    assert any("name=purge error=OperationalError" in line for line in seen)
    assert any("name=unionids asked=0" in line for line in seen)
    assert clock.poll() is None  # it goes on until the fixture ends it
