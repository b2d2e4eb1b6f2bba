"""Kill -9 in the middle of a question bank's import: what is in is whole, and the same command brings the rest."""

import json
import os
import signal

from sqlalchemy import func, select

from bench.rows.questions import write_bank
from engines import sql
from models.question import Question, QuestionState
from services.banks import CHUNK
from tests.engines import eventually
from tests.faults.installed import Installation

ROWS = 3_000


def test_an_import_killed_half_way_is_taken_up_where_it_stopped(installed: Installation) -> None:
    bank, report = installed.home / "题库.csv", installed.home / "report.json"
    bad = write_bank(bank, ROWS)
    assert installed.zhibu("db", "upgrade").returncode == 0
    engine = sql.open_engine(installed.settings().database.url, installed.home)

    def kept() -> int:
        with engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(Question)) or 0

    command = "questions", "import", str(bank), "--reviewed-by", "王芳", "--report", str(report)
    process = installed.start(*command)
    eventually(kept, what="the first questions")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = kept()
    assert 0 < there < ROWS - len(bad), "the kill came in the middle"
    assert there % CHUNK == 0, "a piece is in whole or not at all"
    assert not report.exists()

    assert installed.zhibu(*command).returncode == 0
    told = json.loads(report.read_text("utf-8"))
    assert (told["duplicates"], told["imported"]) == (there, ROWS - len(bad) - there)
    assert [one["row"] for one in told["rejected"]] == bad
    assert kept() == ROWS - len(bad)
    with engine.connect() as connection:
        states = connection.execute(select(Question.state, Question.reviewed_by).distinct()).all()
        assert [tuple(one) for one in states] == [(QuestionState.LIVE, "王芳")]
    engine.dispose()
