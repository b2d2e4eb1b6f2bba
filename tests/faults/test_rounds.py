"""Rounds under pressure: many at once, a close in the middle, kill -9 between the two databases; nobody twice or lost."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confidential.unsigned import UnsignedFile
from engines.sql import reading, run
from models.member import Member
from models.round import FormKind, Round, RoundAnswer, RoundAudience, RoundPurpose, RoundState
from sealed import unsigned
from sealed.unsigned import AnsweredAlready, RoundClosed
from services import members, rights, rosters, rounds
from services.errors import RoundOver
from services.forms import Question, Sheet
from services.rosters import Entry
from tests.branch import ROOT
from tests.engines import Database

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)
FORM = (Question(1, FormKind.SINGLE, "同意吗？", ("同意", "不同意")),)
PEOPLE = 60


@pytest.fixture
def store(tmp_path: Path) -> Iterator[UnsignedFile]:
    """The store of what is unsigned."""
    made = UnsignedFile(tmp_path / "apart" / "unsigned.db", ZONE)
    yield made
    made.file.close()


def started(database: Database, names: list[str], *, unnamed: bool) -> str:
    """A draft that asks those people; returns its public id."""

    def work(db: Session) -> str:
        for name in names:
            rosters.take(db, Entry(name=name), {})
        act = rights.operator(NOON, ZONE)
        closes = NOON + timedelta(days=1)
        draft = rounds.Draft(RoundPurpose.SURVEY, "值班", "", RoundAudience.MEMBERS, closes, FORM, unnamed)
        return rounds.make(db, act, draft).public_id

    return run(database.engine, work)


def opens(database: Database, round_id: str) -> None:
    """Open it."""
    act = rights.operator(NOON, ZONE)
    run(database.engine, lambda db: rounds.open_(db, act, rounds.find(db, act, round_id)))


def closes(database: Database, round_id: str) -> None:
    """Close it."""
    act = rights.operator(NOON, ZONE)
    run(database.engine, lambda db: rounds.close(db, act, rounds.find(db, act, round_id)))


def test_many_answer_an_unnamed_round_at_once_while_it_is_closed(store: UnsignedFile) -> None:
    unsigned.begin(store, "r")

    def answers(number: int) -> bool:
        """Each sends twice, from two windows; whether the answer was taken."""
        ballot, other = secrets.token_hex(16), secrets.token_hex(16)
        try:
            store.answer("r", f"member{number}", ballot, Sheet("", {1: 1 + number % 2}).dump())
        except RoundClosed:
            return False
        store.answer("r", f"member{number}", ballot, "{}")  # delivered again, perhaps after the close
        with pytest.raises((AnsweredAlready, RoundClosed)):
            store.answer("r", f"member{number}", other, Sheet("", {1: 2}).dump())
        if number == PEOPLE // 2:
            unsigned.end(store, "r")
        return True

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(answers, range(PEOPLE)))
    bodies = unsigned.bodies(store, "r")
    assert len(bodies) == sum(taken) == store.turnout("r")
    assert 0 < len(bodies) <= PEOPLE
    yes = sum(Sheet.load(one).answers == {1: 1} for one in bodies)
    assert yes == sum(took for number, took in enumerate(taken) if number % 2 == 0)


def test_the_same_members_at_once_by_two_ways_while_a_signed_round_is_closed(each_database: Database) -> None:
    names = [f"同志{number}" for number in range(12)]
    round_id = started(each_database, names, unnamed=False)
    opens(each_database, round_id)

    def answers(number: int) -> bool:
        def work(db: Session) -> None:
            person = members.find(db, names[number % len(names)])
            found = rounds.own(db, person, round_id)
            rounds.answer(db, found, person, {1: 1 + number % 2}, NOON, f"message{number}")

        if number == 2 * len(names):
            closes(each_database, round_id)
        try:
            run(each_database.engine, work)
        except RoundOver:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(answers, range(3 * len(names))))
    heard = {number % len(names) for number, took in enumerate(taken) if took}
    assert heard
    with reading(each_database.engine) as db:
        assert db.scalar(select(func.count()).select_from(RoundAnswer)) == len(heard)
        said = set(db.scalars(select(RoundAnswer.once)))
    assert said <= {f"message{number}" for number, took in enumerate(taken) if took}


KILLED = """
import os, signal, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from confidential.unsigned import UnsignedFile
from sealed import unsigned
store, step, round_id = UnsignedFile(Path(sys.argv[1]), ZoneInfo("Asia/Shanghai")), sys.argv[2], sys.argv[3]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if step == "open":
    unsigned.begin(store, round_id)
if step == "half":
    store.file.write(lambda db: (db.execute("INSERT INTO turnout VALUES (?, ?)", (b"half", round_id)), die()))
if step == "answer":
    store.answer(round_id, "member1", "1" * 32, '{"part": "", "answers": {"1": 1}}')
if step == "close":
    unsigned.end(store, round_id)
die()
"""


def killed(store: UnsignedFile, step: str, round_id: str) -> None:
    """A process does one step on the store, and is killed before it comes to the application's database."""
    command = [sys.executable, "-c", KILLED, str(store.file.path), step, round_id]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == -signal.SIGKILL


def test_kill_between_the_two_databases_loses_nobody_and_counts_nobody_twice(
    database: Database, store: UnsignedFile
) -> None:
    round_id = started(database, ["张建国", "李娜"], unnamed=True)
    body = json.dumps({"part": "", "answers": {"1": 1}})

    def state() -> RoundState:
        with reading(database.engine) as db:
            return db.scalars(select(Round.state).where(Round.public_id == round_id)).one()

    killed(store, "open", round_id)  # begun there, a draft here: opened at the next try
    assert state() is RoundState.DRAFT
    unsigned.begin(store, round_id)
    opens(database, round_id)
    killed(store, "half", round_id)  # in the middle of the store's transaction: nothing of it is there
    assert store.turnout(round_id) == 0
    killed(store, "answer", round_id)  # answered, and nobody has heard of it: the same delivery comes again
    store.answer(round_id, "member1", "1" * 32, body)
    with pytest.raises(AnsweredAlready):
        store.answer(round_id, "member1", "2" * 32, body)
    store.answer(round_id, "member2", "3" * 32, body)
    killed(store, "close", round_id)  # ended there, open here: nobody answers, the clock closes it again
    assert state() is RoundState.OPEN
    with pytest.raises(RoundClosed):
        store.answer(round_id, "member3", "4" * 32, body)
    store.answer(round_id, "member2", "3" * 32, body)  # a delivery from before
    unsigned.end(store, round_id)
    closes(database, round_id)
    assert state() is RoundState.CLOSED
    assert len(unsigned.bodies(store, round_id)) == 2
    with reading(database.engine) as db:
        assert db.scalar(select(func.count()).select_from(Member)) == 2
