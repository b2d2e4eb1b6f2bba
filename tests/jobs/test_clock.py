"""The clock: one process keeps time, another takes over; what was missed is made good, once."""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
import redis
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.orm import Session

from app import House, build
from jobs import reminders as job
from jobs.scheduler import JOBS, LEASE, Clock
from jobs.timetable import TIMETABLE
from models.activity import ActivityKind
from models.clock import ClockProgress, Lease, SchedulerJob
from models.member import Member, MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from models.reminder import StudyWish
from services import activities, leases, notices, orgs, outbox, reminders, rights, wishes
from services.activities import Plan
from services.occasions import OCCASIONS
from services.timetables import STANDARD
from services.wishes import Wanted
from tests.branch import settings_for
from tests.engines import Database, eventually
from tests.jobs.year import ZONE
from texts import notice as texts

T = TypeVar("T")
SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 19, 12, tzinfo=ZONE)  # a Thursday


class Wall:
    """A clock on the wall that is set by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at


def house_on(database: Database, redis_url: str, wall: Wall) -> House:
    return build(
        settings_for(database.home, database={"url": database.url}, redis={"url": redis_url}), wall
    )  # fmt: skip


def members(house: House, count: int, joined: str = "1998-11-19") -> None:
    def enter(db: Session) -> None:
        branch = orgs.branch(db, "青湾市气象局党支部")
        for number in range(count):
            one = Member(org_id=branch.id, name=f"同志{number}", status=MemberStatus.FULL, joined=joined)
            db.add(one)
            db.flush()
            wishes.keep(db, one, Wanted(StudyWish.DAILY, self_check=False))

    house.run(enter)


def plan(house: House, at: datetime, title: str = "主题党日：学习党章") -> None:
    act = rights.operator(datetime(2026, 11, 1, 1, tzinfo=UTC), ZONE)
    house.run(
        lambda db: activities.plan(db, act, Plan(ActivityKind.PARTY_DAY, title, at, orgs.branch(db), "三楼会议室"))
    )


def tell(house: House, kind: NoticeKind, occurrence: str, now: datetime) -> None:
    """Something told to everybody, as a service of that kind does it."""
    one = notices.Told(kind, occurrence, {"title": occurrence}, now, now + timedelta(days=9))
    house.run(lambda db: notices.write_all(db, [notices.Line(who, one) for who in db.scalars(select(Member.id))], now))


def told(house: House) -> dict[NoticeKind, set[NoticeState]]:
    with house.reading() as db:
        found: dict[NoticeKind, set[NoticeState]] = {}
        for one in db.scalars(select(Notice)):
            found.setdefault(one.kind, set()).add(one.state)
        return found


# --- who keeps time ----------------------------------------------------------------------------------------------


def test_one_keeps_time_and_another_takes_over_when_it_is_gone(
    each_database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    wall = Wall(NOON)
    house = house_on(each_database, redis_url, wall)
    members(house, 3)
    first, second = (Clock(house.desk(), ZONE, wall) for _ in range(2))
    try:
        assert [first.look(), second.look()] == [True, False]
        for _ in range(4):  # renewed in time, it stays where it is
            wall.at += LEASE - SECOND
            assert [first.look(), second.look()] == [True, False]
        wall.at += LEASE + SECOND  # killed, or asleep: nothing is heard of it
        with house.reading() as db:
            assert leases.ends(db)[leases.SCHEDULER] < wall()
        assert second.look()
        assert not first.look()  # it wakes up, and stands by
        eventually(lambda: _kept(house) == set(JOBS), what="the table of jobs")
        first.work("reminders")  # a job it had begun to start
        with house.reading() as db:
            lease = db.get_one(Lease, leases.SCHEDULER)
            assert lease.holder == second.holder
        second.shutdown()
        assert first.look()  # given back: nobody waits for it to run out
    finally:
        first.shutdown()
        second.shutdown()
        house.close()


def test_what_is_kept_of_a_job_is_its_name_and_nothing_of_a_member(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    house = house_on(database, redis_url, Wall(NOON))
    members(house, 2)
    clock = Clock(house.desk(), ZONE, house.clock)
    with house.transaction() as db:
        db.add(SchedulerJob(id="of another version", next_run_time=0.0, job_state=pickle.dumps({})))
    try:
        assert clock.look()
        eventually(lambda: _kept(house) == set(JOBS), what="the table of jobs")
    finally:
        clock.shutdown()
    with house.reading() as db:
        for kept in db.scalars(select(SchedulerJob)):
            state = pickle.loads(kept.job_state)  # noqa: S301 - written by this very test
            assert state["func"] == "jobs.scheduler:named"
            assert (state["args"], state["kwargs"], state["name"]) == ((kept.id,), {}, kept.id)
            assert "同志".encode() not in kept.job_state
        assert db.scalar(select(Lease.until).where(Lease.name == leases.SCHEDULER)) == house.clock()
    house.close()


def _kept(house: House) -> set[str]:
    with house.reading() as db:
        return set(db.scalars(select(SchedulerJob.id)))


# --- what is due -------------------------------------------------------------------------------------------------


def test_after_a_night_without_a_clock_what_is_of_use_goes_out_once_and_the_rest_is_counted(
    each_database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    wall = Wall(NOON)
    house = house_on(each_database, redis_url, wall)
    desk, half_past_seven = house.desk(), NOON.replace(day=20, hour=7, minute=30)
    assert job.write(desk, wall()) == "written=0 held_back=0 expired=0"  # the first look ever begins now
    members(house, 3, joined="1998-11-20")
    plan(house, NOON.replace(day=20, hour=14))
    wall.at = NOON.replace(day=20, hour=6, minute=10).astimezone(UTC)  # from 12:00 to 6:10 nobody kept time
    # 答题 of yesterday is of no use any more; 前一天 is, and goes when the morning begins
    assert job.write(desk, wall()) == "written=3 held_back=0 expired=3"
    assert job.write(desk, wall()) == "written=0 held_back=0 expired=0"
    wall.at = NOON.replace(day=20, hour=9, minute=30).astimezone(UTC)
    assert job.write(desk, wall()) == "written=0 held_back=3 expired=0"  # 政治生日: today's push has gone
    assert told(house) == {
        NoticeKind.STUDY: {NoticeState.EXPIRED},
        NoticeKind.TOMORROW: {NoticeState.WAITING},
        NoticeKind.BIRTHDAY: {NoticeState.WAITING},
    }
    with house.reading() as db:
        mine = db.scalars(select(Notice).where(Notice.kind == NoticeKind.TOMORROW)).all()
        assert {one.due_at for one in mine} == {half_past_seven.astimezone(UTC)}
        words = texts.words(mine[0].kind, notices.facts_of(mine[0]), ZONE, half_past_seven)
        assert words == "今天14:00三楼会议室开主题党日，请佩戴党徽。来不了请发“请假”。"
        birthdays = db.scalars(select(Notice.reason).where(Notice.kind == NoticeKind.BIRTHDAY))
        assert set(birthdays) == {notices.CAPPED}
    house.close()


def test_killed_half_way_it_begins_again_at_the_mark(
    each_database: Database, empty_redis: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "CHUNK", 2)
    wall = Wall(NOON - timedelta(hours=4))
    house = house_on(each_database, redis_url, wall)
    members(house, 7)
    job.write(house.desk(), wall())
    wall.at += timedelta(hours=2)
    writes = 0

    def dies(work: Callable[[Session], T]) -> T:
        nonlocal writes
        writes += 1
        if writes == 4:  # the mark, two chunks, and then
            raise KeyboardInterrupt
        return house.run(work)

    desk = house.desk()
    object.__setattr__(desk, "run", dies)
    with pytest.raises(KeyboardInterrupt):
        job.write(desk, wall())
    with house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice)) == 4
        assert db.get_one(ClockProgress, reminders.CLOCK).until < wall()
    assert job.write(house.desk(), wall()) == "written=3 held_back=0 expired=0"
    with house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice)) == 7
        assert db.get_one(ClockProgress, reminders.CLOCK).until == wall()
    house.close()


def test_the_work_grows_with_hundreds_of_members_and_not_with_each(
    database: Database, empty_redis: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "CHUNK", 10)
    house = house_on(database, redis_url, Wall(NOON))
    members(house, 40)
    plan(house, NOON + timedelta(days=8))
    statements: list[str] = []

    def heard(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(house.engine, "before_cursor_execute", heard)
    desk, nine = house.desk(), NOON.replace(hour=9)

    def spent(at: datetime) -> int:
        statements.clear()
        job.of_day(desk, at.astimezone(UTC))
        return len(statements)

    quiet = spent(nine - timedelta(minutes=1))
    assert not any("FROM member" in one for one in statements)  # nothing is due: nobody is looked at
    four_chunks = spent(nine)
    members(house, 40)
    eight_chunks = spent(nine)
    assert (eight_chunks - quiet) <= 2.1 * (four_chunks - quiet) <= 120
    with house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Notice)) == 80
    house.close()


def test_by_hand_a_kind_is_written_up_to_the_hour_and_the_mark_stays(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    house = house_on(database, redis_url, Wall(NOON))
    members(house, 2)
    plan(house, NOON.replace(day=20, hour=14))
    lines = {one.name: one for one in TIMETABLE}

    def by_hand(name: str, hour: int, minute: int = 0) -> str:
        return lines[name].now(house.desk(), NOON.replace(hour=hour, minute=minute).astimezone(UTC))

    assert by_hand("study", 12) == "written=0 held_back=0 expired=0"
    # 前一天 comes later that day and ranks higher, and so did 政治生日, which nobody has written
    assert by_hand("study", 13) == "written=0 held_back=2 expired=0"
    assert by_hand("birthday", 13) == "written=0 held_back=2 expired=0"
    assert by_hand("reminders", 17) == "written=2 held_back=0 expired=0"
    assert set(told(house)) == {NoticeKind.STUDY, NoticeKind.BIRTHDAY, NoticeKind.TOMORROW}
    with house.reading() as db:
        assert db.get(ClockProgress, reminders.CLOCK) is None
        due = reminders.due(db, NOON - timedelta(hours=4), NOON + timedelta(days=2), ZONE, house.parts.hours)
        assert {(one.kind, one.pushed) for one in due} >= {(NoticeKind.STUDY, False), (NoticeKind.TOMORROW, True)}
    house.close()


def test_what_somebody_tells_is_weighed_against_the_day_and_the_week(
    each_database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    wall = Wall(NOON)
    house = house_on(each_database, redis_url, wall)
    members(house, 2)
    job.write(house.desk(), wall())

    def weighed(kind: NoticeKind, occurrence: str) -> list[str]:
        """Why each of the two waits after the clock has looked: "" is to be pushed."""
        tell(house, kind, occurrence, wall())
        mine = select(Notice.reason).where(Notice.once.startswith(f"{kind.value}:{occurrence}:"))
        with house.reading() as db:
            assert set(db.scalars(mine)) == {notices.UNWEIGHED}  # no sender takes it before
        wall.at += timedelta(minutes=1)
        job.write(house.desk(), wall())
        with house.reading() as db:
            return list(db.scalars(mine))

    assert weighed(NoticeKind.BULLETIN, "first") == ["", ""]
    assert weighed(NoticeKind.ROUND, "second") == [notices.CAPPED] * 2  # one a day
    wall.at += timedelta(days=1, hours=-3)  # Friday: 学时提醒 and 学习提醒 come later, and rank lower
    assert weighed(NoticeKind.BULLETIN, "third") == ["", ""]
    wall.at += timedelta(days=3)  # Monday, 前一天 comes at 16:30 and goes first
    plan(house, (wall.at + timedelta(days=1)).astimezone(ZONE))
    assert weighed(NoticeKind.ROUND_PUBLISHED, "fourth") == [notices.CAPPED] * 2
    with house.reading() as db:
        kept = db.scalars(select(Notice).where(Notice.once.startswith("round_published:fourth:"))).all()
        assert {one.state for one in kept} == {NoticeState.WAITING}  # it is read at the next contact
    house.close()


def test_what_could_not_be_pushed_takes_nothing_of_the_day(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    wall = Wall(NOON.replace(hour=8))
    house = house_on(database, redis_url, wall)
    members(house, 2, joined="1998-11")
    job.write(house.desk(), wall())
    tell(house, NoticeKind.BULLETIN, "x", wall())
    job.write(house.desk(), wall() + SECOND)
    with house.transaction() as db:  # the senders found no way that is open to one of the two
        first = select(func.min(Notice.id)).scalar_subquery()
        db.execute(update(Notice).where(Notice.id == first).values(reason=outbox.CLOSED))
    assert job.write(house.desk(), wall() + timedelta(hours=5)) == "written=1 held_back=1 expired=0"  # 学习提醒
    house.close()


def test_what_is_published_while_the_clock_looks_is_seen_at_the_next_look(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    wall = Wall(NOON)
    house = house_on(database, redis_url, wall)
    members(house, 1)
    job.write(house.desk(), wall())
    act = rights.operator(wall() - 2 * SECOND, ZONE)  # committed when the mark had moved past its time
    at = wall() + timedelta(days=4)
    house.run(lambda db: activities.plan(db, act, Plan(ActivityKind.PARTY_DAY, "主题党日", at, orgs.branch(db), "")))
    assert job.write(house.desk(), wall() + timedelta(minutes=1)) == "written=1 held_back=0 expired=0"
    assert job.write(house.desk(), wall() + timedelta(minutes=2)) == "written=0 held_back=0 expired=0"
    house.close()


def test_a_job_that_another_version_has_taken_from_the_table_does_not_end_the_clock(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    house = house_on(database, redis_url, Wall(NOON))
    clock = Clock(house.desk(), ZONE, house.clock)
    try:
        assert clock.look()
        assert clock._scheduler is not None
        eventually(lambda: _kept(house) == set(JOBS), what="the table of jobs")
        job_ = clock._scheduler.get_job("purge")
        with house.transaction() as db:
            db.execute(delete(SchedulerJob).where(SchedulerJob.id == "purge"))
        clock._scheduler._jobstores["default"].update_job(job_)
    finally:
        clock.shutdown()
    house.close()


def test_every_kind_that_falls_due_is_a_line_of_the_timetable_with_its_reason() -> None:
    assert set(OCCASIONS) == set(STANDARD.slots) | notices.UNPLANNED
    assert {one.name for one in TIMETABLE if one.cron is None} == {kind.value for kind in STANDARD.slots}
    assert set(OCCASIONS) >= reminders.CAPPED
    assert set(reminders.RANK) >= reminders.CAPPED | reminders.CREDITED
