"""The demo's branch: its two months can be told on any day of the year, once, and go on from where they stood."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from demo.story import LEADERS, SECRETARY, Story
from engines import sql
from models.activity import Activity, ActivityKind, ActivityState
from models.base import Base
from models.notice import Notice, NoticeKind
from services import activities, attendance, members, orgs, rights, rosters
from services.rosters import Entry
from sheets.roster import RosterLine, read
from tests.branch import ROOT
from tests.engines import Database

ZONE = ZoneInfo("Asia/Shanghai")
RULES = attendance.Rules(timedelta(minutes=5))


def story(database: Database, at: datetime) -> Story:
    """A branch with the demo's roster, and its story as told at that moment."""
    lines = [line for line in read(ROOT / "demo" / "roster.csv") if isinstance(line, RosterLine)]
    entries = [Entry(**{name: value for name, value in asdict(line).items() if name != "row"}) for line in lines]

    def take_in(db: Session) -> None:
        orgs.branch(db, "青湾市气象局党支部")
        rosters.take_all(db, rights.operator(at, ZONE), entries, Counter(one.name for one in entries))

    sql.run(database.engine, take_in)
    return Story(lambda work: sql.run(database.engine, work), lambda: at, ZONE)


def rows(database: Database) -> dict[str, int]:
    with sql.reading(database.engine) as db:
        return {
            table.name: db.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("day", ["2026-11-22T06:00", "2027-01-01T00:30", "2028-03-31T15:59", "2027-12-05T04:00"])
def test_it_is_told_on_any_day_and_told_again_changes_nothing(database: Database, day: str) -> None:
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    told = story(database, at)
    told.tell()
    told.leave_a_question()
    before = rows(database)
    told.tell()
    told.leave_a_question()
    assert rows(database) == before
    with sql.reading(database.engine) as db:
        everything = db.scalars(select(Activity)).all()
        assert {one.state for one in everything if one.starts_at + timedelta(hours=2) < at} <= {
            ActivityState.CLOSED,
            ActivityState.CANCELLED,
        }
        assert {one.state for one in everything if one.starts_at > at} <= {
            ActivityState.PLANNED,
            ActivityState.CANCELLED,
        }
        assert all(one.starts_at.astimezone(ZONE).weekday() < 5 for one in everything)
        assert {one.reason for one in everything} > {"", "启动暴雨应急响应"}


def test_a_lecture_of_it_has_everything_a_sheet_can_show(database: Database) -> None:
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    told = story(database, at)
    told.tell()
    told.leave_a_question()
    with sql.reading(database.engine) as db:
        lecture = db.scalars(select(Activity).where(Activity.kind == ActivityKind.LECTURE)).one()
        assert lecture.moved_from is not None
        assert (lecture.host, lecture.lecturer, lecture.reason) == ("王芳", "王芳", "启动强降水应急响应")
        totals = attendance.total(attendance.sheet(db, lecture, RULES, ZONE), RULES)
        assert (totals.expected, totals.present, totals.exempt) == (23, 18, 1)
        assert (totals.leave, totals.public_leave, totals.absent, totals.made_up) == (4, 2, 1, 1)
        asked = db.scalars(select(Notice)).one()  # the past is pushed to nobody, only what waits now
        assert asked.kind is NoticeKind.LEAVE_ASKED


def test_days_later_what_was_planned_has_been_held(database: Database) -> None:
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    told = story(database, at)
    told.tell()
    later = Story(told.run, lambda: at + timedelta(days=9), ZONE)
    later.tell()
    with sql.reading(database.engine) as db:
        held = activities.between(db, at, at + timedelta(days=9))
        assert [one.state for one in held] == [ActivityState.CLOSED]


def test_offices_follow_the_roster(database: Database) -> None:
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    story(database, at).tell()
    with sql.reading(database.engine) as db:
        secretary = rights.act_of(db, members.find(db, SECRETARY), at, ZONE).rights
        assert secretary.runs_branch
        for number in LEADERS.values():
            leader = rights.act_of(db, members.find(db, number), at, ZONE).rights
            assert len(leader.groups) == 1
            assert leader.groups == {members.find(db, number).group_id}
