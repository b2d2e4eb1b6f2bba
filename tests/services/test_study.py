"""What comes next and what is kept: the order, flat cost however many cards there are, each message once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bench.rows.study import NOW, RULES, TODAY, enrol, fill
from engines import sql
from models.member import Member
from models.question import Question, QuestionState, Topic
from models.study import Answer, Card, Outcome, PathStep, Purpose, Reading
from services import study
from services.answers import Given
from services.study import Lane, Reply
from tests.engines import Database

RIGHT, WRONG = Given((0,)), Given((1,))


def answer(db: Session, member: Member, question: Question, given: Given = RIGHT, days: float = 0) -> None:
    at = NOW + timedelta(days=days)
    study.keep(db, member, question, TODAY, Reply(given, at, 20, f"{member.id} {question.id} {days}"), RULES)


def next_id(db: Session, member: Member, lane: Lane = TODAY, days: float = 0) -> int:
    found = study.next_question(db, member, lane, NOW + timedelta(days=days), RULES)
    return found.id if found else 0


def question(db: Session, number: int) -> Question:
    return db.get_one(Question, number)


def test_due_and_new_take_turns_the_path_before_weak_topics(each_database: Database) -> None:
    with sql.transaction(each_database.engine) as db:
        fill(db, 40)  # topics by turns: 8 and 16 are ideals, 3 and 11 rights …
        member = enrol(db, "张建国", 0)
        db.add(PathStep(place=1, title="权利", topic=Topic.RIGHTS))
        db.add(PathStep(place=2, title="业务", topic=Topic.WORK))
        db.flush()
        assert next_id(db, member) == 3
        answer(db, member, question(db, 3))
        assert next_id(db, member) == 11
        answer(db, member, question(db, 11), WRONG)
        assert next_id(db, member, days=1) == 11, "due again tomorrow, and due ones come first"
        answer(db, member, question(db, 11), days=1)
        assert next_id(db, member, days=2) == 19, "after a repeated one a new one, though 3 is due"
        answer(db, member, question(db, 19), days=2)
        assert next_id(db, member, days=2) == 3
        for number in (27, 35):
            answer(db, member, question(db, number), days=2)
        answer(db, member, question(db, 3), days=2)
        assert question(db, next_id(db, member, days=2)).topic is not Topic.WORK, "its step is not reached"
        db.add(Reading(member_id=member.id, step_id=1, at=NOW))
        db.flush()
        assert next_id(db, member, days=2) == 6, "its step is reached once the one before is read"
        answer(db, member, question(db, 5), WRONG, days=2)
        answer(db, member, question(db, 3), days=2.1)
        db.execute(update(PathStep).values(closed_at=NOW))
        assert next_id(db, member, days=2.1) == 13, "the weakest topic"


def test_what_goes_live_later_is_found_although_others_have_been_seen_since(database: Database) -> None:
    with sql.transaction(database.engine) as db:
        fill(db, 64)
        db.execute(update(Question).where(Question.id.in_([3, 11])).values(state=QuestionState.RETIRED))
        member, lane = enrol(db, "张建国", 0), Lane(Purpose.TOPIC, Topic.RIGHTS)
        for number in range(19, 64, 8):
            assert next_id(db, member, lane) == number
            answer(db, member, question(db, number))
        assert next_id(db, member, lane) == 0
        db.execute(update(Question).where(Question.id == 11).values(state=QuestionState.LIVE))
        assert next_id(db, member, lane) == 11


def test_a_due_card_whose_question_is_retired_makes_way(database: Database) -> None:
    with sql.transaction(database.engine) as db:
        fill(db, 400)
        member = enrol(db, "张建国", 300)  # a hundred are due
        db.execute(update(Question).where(Question.id <= 270).values(state=QuestionState.RETIRED))
        new = next_id(db, member)
        assert new > 300, "all looked at are retired: something new instead"
        answer(db, member, question(db, new))
        assert question(db, next_id(db, member)).id in range(271, 301), "put off, the next due ones are seen"


def test_skipped_ones_wait_and_drafts_only_where_wanted(database: Database) -> None:
    with sql.transaction(database.engine) as db:
        fill(db, 16)
        member, lane = enrol(db, "张建国", 0), Lane(Purpose.TOPIC, Topic.RIGHTS)
        skipping = replace(lane, skipped=[question(db, 3).public_id])
        assert next_id(db, member, skipping) == 11
        reply = Reply(RIGHT, NOW, 20, "once")
        study.keep(db, member, question(db, 11), skipping, reply, RULES)
        assert next_id(db, member, lane) == 3, "skipping changed nothing"
        db.execute(update(Question).values(state=QuestionState.DRAFT))
        assert next_id(db, member, lane) == 0
        drafts = replace(RULES, states=(QuestionState.LIVE, QuestionState.REVIEWED, QuestionState.DRAFT))
        found = study.next_question(db, member, lane, NOW, drafts)
        assert found is not None
        assert found.id == 3


def test_an_answer_tells_how_long_ago_and_how_likely_and_counts_once(each_database: Database) -> None:
    with sql.transaction(each_database.engine) as db:
        fill(db, 8)
        member = enrol(db, "张建国", 0)
        answer(db, member, question(db, 3), WRONG)
        answer(db, member, question(db, 3), days=4)
        rows = db.scalars(select(Answer).order_by(Answer.id)).all()
        assert [(one.outcome, one.days) for one in rows] == [(Outcome.WRONG, None), (Outcome.RIGHT, 4)]
        assert rows[0].expected is None
        assert rows[1].expected is not None
        assert 0.5 < rows[1].expected < 0.9
        card = db.get_one(Card, (member.id, 3))
        assert (card.times, card.lapses, card.right_in_row, card.wrong) == (2, 1, 1, True)
    with pytest.raises(IntegrityError), sql.transaction(each_database.engine) as db:
        answer(db, member, question(db, 3), days=4)
    with sql.reading(each_database.engine) as db:
        assert db.scalar(select(func.count()).select_from(Answer)) == 2
        assert db.get_one(Card, (member.id, 3)).times == 2


def test_a_day_is_the_branchs_day_not_24_hours(database: Database) -> None:
    with sql.transaction(database.engine) as db:
        fill(db, 8)
        member = enrol(db, "张建国", 0)
        answer(db, member, question(db, 3), WRONG)  # at 14:00 in Qingwan
        assert next_id(db, member, Lane(Purpose.TOPIC, Topic.RIGHTS), days=0.4) == 0
        assert next_id(db, member, Lane(Purpose.TOPIC, Topic.RIGHTS), days=0.5) == 3


@contextmanager
def statements(engine: Engine) -> Iterator[list[tuple[str, tuple[object, ...]]]]:
    """Every SELECT that is run, with its values."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(
        _connection: Connection, _cursor: object, statement: str, values: tuple[object, ...], *_more: object
    ) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_the_next_question_costs_the_same_however_many_cards_there_are(database: Database) -> None:
    with sql.transaction(database.engine) as db:
        fill(db, 5_000)
        members = [enrol(db, name, cards) for name, cards in (("张建国", 200), ("李娜", 2_000))]
    counts = []
    for member in members:
        for repeated in (None, 1.0):
            with sql.transaction(database.engine) as db:
                if repeated:
                    answered = study.next_question(db, member, TODAY, NOW, RULES)
                    assert answered is not None
                    answer(db, member, answered)
            with sql.reading(database.engine) as db, statements(database.engine) as seen:
                assert study.next_question(db, member, TODAY, NOW, RULES) is not None
            counts.append(len(seen))
            with database.engine.connect() as connection:
                for statement, values in seen:
                    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                    steps = [row.detail for row in plan if re.search(r"\b(card|question|answer)\b", row.detail)]
                    assert [one for one in steps if "=?" not in one] == [], statement
    assert counts[0] == counts[2]
    assert counts[1] == counts[3]
    assert max(counts) <= 8
    assert [_rows_of_a_look(database.engine, member) for member in members] == [study.LOOK, study.LOOK]


def _rows_of_a_look(engine: Engine, member: Member) -> int:
    """How many questions the look along a track goes through for this member."""
    with sql.reading(engine) as db:
        reached = db.scalar(text("SELECT max(question_id) FROM progress WHERE member_id = :id"), {"id": member.id})
        look = study._look_at(topic=True, bank=False)
        facts = {"member": member.id, "state": QuestionState.LIVE, "topic": Topic.RIGHTS, "bank": None, "skipped": []}
        return int(db.execute(look, {**facts, "behind": reached or 0, "upto": study.LAST}).one()[2])
