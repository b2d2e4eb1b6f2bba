"""Transactions mean the same on SQLite and PostgreSQL."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError
from sqlalchemy.orm import Session

from engines import sql
from tests.engines import Database, Postgres


class Pause(BaseException):
    """What a dialogue raises to end a turn early: no Exception, as there."""


class Background:
    """Work in a thread of its own; `result` waits for it and raises what it raised."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._raised: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def result(self) -> None:
        self._thread.join()
        if self._raised:
            raise self._raised

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001  carried over to the thread that asks
            self._raised = error


def make_shelf(database: Database) -> None:
    """Add a table of our own: numbers, none twice."""
    with sql.transaction(database.engine) as db:
        db.execute(text("CREATE TABLE shelf (number INTEGER PRIMARY KEY)"))


@pytest.fixture
def shelf(each_database: Database) -> Database:
    make_shelf(each_database)
    return each_database


def put(db: Session, number: int) -> None:
    db.execute(text("INSERT INTO shelf VALUES (:number)"), {"number": number})


def numbers(database: Database) -> list[int]:
    with sql.reading(database.engine) as db:
        return list(db.execute(text("SELECT number FROM shelf ORDER BY number")).scalars())


def test_a_transaction_commits_at_its_end(shelf: Database) -> None:
    with sql.transaction(shelf.engine) as db:
        put(db, 1)
    assert numbers(shelf) == [1]


@pytest.mark.parametrize("raised", [Pause, RuntimeError, KeyboardInterrupt])
def test_whatever_is_raised_rolls_back(shelf: Database, raised: type[BaseException]) -> None:
    with pytest.raises(raised), sql.transaction(shelf.engine) as db:
        put(db, 1)
        raise raised
    assert numbers(shelf) == []


def test_a_reader_cannot_write_and_spoils_no_later_writer(shelf: Database) -> None:
    with pytest.raises((OperationalError, InternalError)), sql.reading(shelf.engine) as db:
        put(db, 1)
    for number in range(8):  # every connection of the pool in turn
        with sql.transaction(shelf.engine) as db:
            put(db, number)
    assert numbers(shelf) == list(range(8))


def test_a_reader_does_not_wait_for_a_writer(shelf: Database) -> None:
    with sql.transaction(shelf.engine) as db:
        put(db, 1)
        assert numbers(shelf) == []
    assert numbers(shelf) == [1]


def test_on_sqlite_a_transaction_has_the_write_lock_before_its_first_look(database: Database) -> None:
    """Else what it saw may be outdated when it writes, and SQLite refuses the write without waiting."""
    file = database.home / "var" / "zhibu.db"
    with sql.transaction(database.engine) as db, closing(sqlite3.connect(file, timeout=0)) as other:
        db.execute(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_on_sqlite_work_that_met_busy_is_run_again(database: Database) -> None:
    make_shelf(database)
    refused = threading.Event()
    event.listen(database.engine, "handle_error", lambda _context: refused.set())
    with sql.transaction(database.engine) as holder:
        put(holder, 1)
        writer = Background(lambda: sql.run(database.engine, lambda db: put(db, 2)))
        assert refused.wait(20)  # the writer has met BUSY once
    writer.result()
    assert numbers(database) == [1, 2]


def test_on_sqlite_busy_to_the_end_is_passed_on_well_inside_five_seconds(database: Database) -> None:
    make_shelf(database)
    refusals: list[object] = []
    event.listen(database.engine, "handle_error", refusals.append)
    with sql.transaction(database.engine) as holder:
        put(holder, 1)
        writer = Background(lambda: sql.run(database.engine, lambda db: put(db, 2)))
        with pytest.raises(OperationalError) as caught:
            writer.result()
    assert sql.met_another(caught.value)
    assert len(refusals) == sql.TRIES
    assert numbers(database) == [1]


def test_on_postgresql_work_that_met_a_deadlock_is_run_again(pg_database: Database) -> None:
    make_shelf(pg_database)
    with sql.transaction(pg_database.engine) as db:
        put(db, 1)
        put(db, 2)
    both = threading.Barrier(2)
    runs: list[int] = []

    def lock(db: Session, number: int) -> None:
        db.execute(text("SELECT 1 FROM shelf WHERE number = :number FOR UPDATE"), {"number": number})

    def locking(first: int, second: int) -> Callable[[Session], None]:
        def work(db: Session) -> None:
            runs.append(first)
            lock(db, first)
            if runs.count(first) == 1:
                both.wait(20)  # now each goes on to the row the other holds
                lock(db, second)

        return work

    one_way, other_way = locking(1, 2), locking(2, 1)
    started = [
        Background(lambda: sql.run(pg_database.engine, one_way)),
        Background(lambda: sql.run(pg_database.engine, other_way)),
    ]
    for one in started:
        one.result()
    assert len(runs) == 3


def test_other_errors_are_not_tried_again(shelf: Database) -> None:
    runs: list[int] = []

    def twice(db: Session) -> None:
        runs.append(1)
        put(db, 7)
        put(db, 7)

    with pytest.raises(IntegrityError):
        sql.run(shelf.engine, twice)
    assert len(runs) == 1
    assert numbers(shelf) == []


def test_sqlite_is_durable_and_keeps_its_promises(database: Database) -> None:
    with sql.reading(database.engine) as db:
        found = [
            db.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]  # 2 is FULL


def test_postgresql_gives_up_on_a_statement_in_time(pg_database: Database) -> None:
    with pytest.raises(OperationalError, match="statement timeout"), sql.reading(pg_database.engine) as db:
        db.execute(text("SELECT pg_sleep(60)"))


def test_an_error_does_not_show_what_was_to_be_stored(shelf: Database) -> None:
    with pytest.raises(DBAPIError) as caught, sql.transaction(shelf.engine) as db:
        db.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "李四"})
    assert "李四" not in str(caught.value)


UPGRADE = """
import sys
from pathlib import Path
from engines import sql
engine = sql.open_engine(sys.argv[1], Path(sys.argv[2]))
sql.upgrade(engine)
assert sql.at_head(engine)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_starters_that_upgrade_at_once_wait_for_one_another(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = ""
    if kind == "postgresql":
        server: Postgres = request.getfixturevalue("pg_server")
        url = server.url(server.create())
    started = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, url, str(tmp_path)], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [(process.communicate()[1], process.returncode) for process in started] == [("", 0)] * 3


def test_a_new_database_is_not_at_head(tmp_path: Path) -> None:
    engine = sql.open_engine("", tmp_path)
    assert not sql.at_head(engine)
    sql.upgrade(engine)
    assert sql.at_head(engine)
    sql.upgrade(engine)  # nothing to do
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://here/x", "no address", "sqlite://"])
def test_another_kind_of_database_is_refused_by_name(url: str, tmp_path: Path) -> None:
    with pytest.raises(sql.UnknownDatabase, match=r"^database\.url"):
        sql.open_engine(url, tmp_path)


def test_relative_sqlite_files_count_from_home(tmp_path: Path) -> None:
    with sql.transaction(sql.open_engine("sqlite:///var/other.db", tmp_path)) as db:
        db.execute(text("CREATE TABLE shelf (number INTEGER PRIMARY KEY)"))
    assert (tmp_path / "var" / "other.db").exists()
