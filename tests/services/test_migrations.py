"""Migrations go all the way up and all the way down on both engines, with people's rows in the tables."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, NullPool, create_engine, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from engines import sql
from engines.sql import MIGRATIONS, at_head, open_engine, transaction, upgrade
from models import Activity, Guest, Identity, Member
from models.activity import ActivityKind
from models.checkin import CheckIn, Method
from models.question import QuestionKind
from services import activities, banks, checkins, guests, members, orgs, rosters
from services.activities import Plan
from services.checkins import Claim
from services.members import Account, BindingRules
from services.rights import operator
from services.rosters import Entry

Row = dict[str, object]
RELEASED = "0002"  # what people may have
NOW = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)
RULES = BindingRules(timedelta(days=30), 10, timedelta(hours=1))


@pytest.fixture(params=["sqlite", "postgresql"])
def nothing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table."""
    if request.param == "sqlite":
        engine = open_engine("", tmp_path)
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("pg_server")
    name = server.create()
    engine = open_engine(server.url(name), tmp_path)
    yield engine
    engine.dispose()
    server.drop(name)


def revisions() -> list[str]:
    """Every revision, oldest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()][::-1]


def go(engine: Engine, revision: str, *, down: bool = False) -> None:
    """Migrate to a revision on one connection; as in engines.sql, SQLite's foreign keys are off meanwhile."""
    off = create_engine(engine.url, poolclass=NullPool) if engine.dialect.name == "sqlite" else engine
    with off.connect() as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        if down:
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def fill(engine: Engine) -> None:
    """One member, bound, expected and checked in."""
    with transaction(engine) as db:
        member = rosters.take(db, Entry(name="张建国", born="1968-07", group="第一党小组"), {}).member
        code = members.issue_code(db, member, NOW, timedelta(days=30))
        members.bind(db, Account("wx", "o-1"), code.digits, "m-1", NOW, RULES)
        act = operator(NOW, ZoneInfo("Asia/Shanghai"))
        meeting = activities.plan(db, act, Plan(ActivityKind.PARTY_DAY, "学习", NOW, orgs.branch(db)))
        activities.open_(db, act, meeting)
        claim = Claim(meeting, Method.SCAN, NOW, "m-2")
        checkins.arrive(db, member, claim, NOW)


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_up_from_nothing_and_down_to_nothing_with_rows_in_between(nothing: Engine) -> None:
    assert not at_head(nothing)
    upgrade(nothing)
    upgrade(nothing)
    assert at_head(nothing)
    fill(nothing)
    go(nothing, "base", down=True)
    assert tables(nothing) == set()
    upgrade(nothing)
    assert at_head(nothing)
    fill(nothing)
    with transaction(nothing) as db:
        assert (db.scalar(select(Member.name)), db.scalar(select(Identity.openid))) == ("张建国", "o-1")
        assert db.scalar(select(Activity.title)) == "学习"
        assert db.scalar(select(CheckIn.at)) == NOW


def test_a_database_of_the_release_before_keeps_all_it_held_and_takes_what_is_new(nothing: Engine) -> None:
    upgrade(nothing)
    fill(nothing)
    go(nothing, RELEASED, down=True)
    before = rows(nothing)
    upgrade(nothing)
    assert kept(rows(nothing), before) == before
    act = operator(NOW, ZoneInfo("Asia/Shanghai"))
    with transaction(nothing) as db:
        meeting = db.scalars(select(Activity)).one()
        assert (meeting.topic, meeting.tenths) == (None, None)
        new = [guests.enter(db, act, meeting, "陈志远", unit) for unit in ("市局", "市局", "省局")]
        assert new == [True, False, True]
        bank = banks.made(db, act, "党章")
        banks.add(db, act, bank, banks.Entry(QuestionKind.JUDGE, "党员要参加党的会议。", (), key=True))
    with transaction(nothing) as db, pytest.raises(IntegrityError):
        db.execute(insert(Guest).values(public_id="x", activity_id=1, name="陈志远", unit="市局", entered_at=NOW))
    go(nothing, RELEASED, down=True)
    before.pop("event")  # what was done meanwhile stays in the log
    assert kept(rows(nothing), before) == before
    upgrade(nothing)
    assert at_head(nothing)


def kept(now: Mapping[str, list[Row]], before: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Of what the tables hold now, the tables and columns there were before."""
    return {
        name: [
            {column: row[column] for column in was}
            for row, was in zip(now[name], held or [{}] * len(now[name]), strict=True)
        ]
        for name, held in before.items()
    }


def rows(engine: Engine) -> dict[str, list[Row]]:
    """All that the tables hold."""
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]  # noqa: S608 - its own tables
            for name in sorted(tables(engine))
        }


def test_each_step_can_be_taken_back_and_taken_again(nothing: Engine) -> None:
    for revision in revisions():
        go(nothing, revision)
        there = tables(nothing)
        go(nothing, "-1", down=True)
        go(nothing, revision)
        assert tables(nothing) == there
    assert at_head(nothing)


def test_there_is_one_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
    assert sql.MIGRATIONS.is_dir()
