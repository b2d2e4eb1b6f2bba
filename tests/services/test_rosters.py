"""Whom a roster's row is about: each key in turn, and never a guess; on both engines."""

from collections import Counter

import pytest
from sqlalchemy import select

from engines.sql import run
from models import Member, Org
from models.member import MemberStatus
from services import rosters
from services.errors import SameName
from services.rosters import Entry
from tests.engines import Database

ZHANG = Entry(name="张伟", number="7", born="1968-07-01", phone="13900000001", group="第一党小组")


def take(database: Database, *entries: Entry) -> list[str]:
    """Take a file in; returns the fate of each row, 重名 for a refused one."""
    times = Counter(entry.name for entry in entries)

    def one(entry: Entry) -> str:
        try:
            return run(database.engine, lambda db: rosters.take(db, entry, times).fate.value)
        except SameName:
            return "重名"

    return [one(entry) for entry in entries]


def everyone(database: Database) -> list[tuple[str, str | None, str | None, str | None]]:
    with database.engine.connect() as connection:
        rows = connection.execute(select(Member.name, Member.number, Member.born, Member.phone).order_by(Member.id))
        return [(row.name, row.number, row.born, row.phone) for row in rows]


def test_a_row_again_changes_nothing_and_a_changed_one_updates(each_database: Database) -> None:
    assert take(each_database, ZHANG) == ["imported"]
    assert take(each_database, ZHANG) == ["duplicate"]
    moved = Entry(name="张伟", number="7", group="第二党小组", status=MemberStatus.PROBATIONARY)
    assert take(each_database, moved) == ["updated"]
    assert everyone(each_database) == [("张伟", "7", "1968-07-01", "13900000001")]
    with each_database.engine.connect() as connection:
        assert set(connection.scalars(select(Org.name))) == {"", "第一党小组", "第二党小组"}


@pytest.mark.parametrize(
    ("row", "fate"),
    [
        (Entry(name="张伟"), "duplicate"),  # the name alone: once in the file, once on the roll
        (Entry(name="张伟", born="1968-07-01"), "duplicate"),
        (Entry(name="张伟", born="1968-07"), "updated"),  # the same day, known less exactly
        (Entry(name="张伟", born="1968"), "updated"),
        (Entry(name="张伟", born="1968-08"), "imported"),
        (Entry(name="张伟", phone="13900000001"), "duplicate"),
        (Entry(name="张伟", phone="13900000002"), "updated"),  # a new telephone makes no new person
        (Entry(name="张伟", number="7"), "duplicate"),
        (Entry(name="张伟", number="8"), "imported"),
        (Entry(name="张薇", number="7"), "updated"),  # the number is the first key
        (Entry(name="张伟", number="8", born="1968-07-01"), "imported"),
        (Entry(name="李娜"), "imported"),
    ],
)
def test_the_keys_in_turn(database: Database, row: Entry, fate: str) -> None:
    take(database, ZHANG)
    assert take(database, row) == [fate]
    assert len(everyone(database)) == (2 if fate == "imported" else 1)


def test_an_empty_cell_wipes_nothing_out(database: Database) -> None:
    take(database, ZHANG)
    take(database, Entry(name="张伟", number="7"))
    assert everyone(database) == [("张伟", "7", "1968-07-01", "13900000001")]


def test_two_of_one_name_without_anything_else_are_both_refused(each_database: Database) -> None:
    assert take(each_database, Entry(name="张伟"), Entry(name="李娜"), Entry(name="张伟")) == [
        "重名",
        "imported",
        "重名",
    ]
    assert [name for name, *_ in everyone(each_database)] == ["李娜"]


def test_two_of_one_name_are_told_apart_by_what_is_given(each_database: Database) -> None:
    two = [Entry(name="张伟", born="1968-07-01"), Entry(name="张伟", born="1990-01")]
    assert take(each_database, *two) == ["imported", "imported"]
    assert take(each_database, *two) == ["duplicate", "duplicate"]
    assert take(each_database, Entry(name="张伟")) == ["重名"]
    assert take(each_database, Entry(name="张伟", phone="13900000009")) == ["重名"]
    by_phone = [Entry(name="张伟", born="1990-01", phone="1"), Entry(name="张伟", born="1968-07-01", phone="2")]
    assert take(each_database, *by_phone) == ["updated", "updated"]
    assert take(each_database, Entry(name="张伟", phone="2"), Entry(name="张伟", phone="1")) == ["duplicate"] * 2
    assert len(everyone(each_database)) == 2


def test_two_on_record_who_share_what_the_row_tells_are_not_guessed(database: Database) -> None:
    twins = [Entry(name="张伟", number="1", born="1968-07-01"), Entry(name="张伟", number="2", born="1968-07-15")]
    assert take(database, *twins) == ["imported", "imported"]
    assert take(database, Entry(name="张伟", born="1968-07")) == ["重名"]
    assert take(database, Entry(name="张伟", number="3", born="1968-07")) == ["imported"]


def test_one_of_two_in_a_file_who_may_be_the_one_on_record_is_refused(database: Database) -> None:
    take(database, Entry(name="张伟"))
    assert take(database, Entry(name="张伟", born="1968"), Entry(name="张伟", born="1990")) == ["重名", "重名"]
    assert len(everyone(database)) == 1
