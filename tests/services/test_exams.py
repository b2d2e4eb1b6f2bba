"""测验: blueprints and what the bank lacks, sittings that happen once, the deadline to the second, who sees a score."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models.exam import Paper, PaperState, Sitting, SittingAnswer
from models.member import Member
from models.question import ASKED, Bank, Question, QuestionKind, QuestionState, Topic
from services import exams
from services import members as people
from services.answers import Given
from services.errors import (
    BankLacks,
    EditedMeanwhile,
    Lack,
    NoSuchPaper,
    NotAllowed,
    NoTriesLeft,
    OutOfOrder,
    PaperNotOpen,
    PassedAlready,
    SittingOver,
    WaitToRetake,
)
from services.exams import Asked, Row, Said
from tests.engines import Database
from tests.services.roll import NOW, Office, staffed
from tests.services.together import together
from texts import refusals

SINGLE, JUDGE = QuestionKind.SINGLE, QuestionKind.JUDGE
IDEALS, RIGHTS, WORK = Topic.IDEALS, Topic.RIGHTS, Topic.WORK
LIVE, DRAFT = QuestionState.LIVE, QuestionState.DRAFT
WEEK = NOW - timedelta(days=1), NOW + timedelta(days=7)
RIGHT, WRONG = Given((1,)), Given((0,))


@pytest.fixture
def office(database: Database) -> Office:
    return staffed(database)


def fill(db: Session, *sorts: tuple[Topic, QuestionKind, int, int], state: QuestionState = LIVE) -> Bank:
    """A bank with so many questions of each (topic, kind, difficulty); B is right."""
    bank = Bank(name=f"题库{db.query(Bank).count()}", made_at=NOW)
    db.add(bank)
    for topic, kind, difficulty, many in sorts:
        for number in range(many):
            db.add(
                Question(
                    bank=bank, kind=kind, stem="题", options='["甲", "乙"]', key="[1]" if kind is SINGLE else "true",
                    topic=topic, difficulty=difficulty, state=state, reviewed_at=NOW if state is LIVE else None,
                    digest=f"{topic}{kind}{difficulty}{number}", made_at=NOW,
                )
            )  # fmt: skip
    db.flush()
    return bank


def paper(db: Session, office: Office, rows: list[Row], *, bank: Bank | None = None, **more: int) -> Paper:
    asked = Asked("测验", rows, more.get("minutes", 30), 60, *WEEK, bank, more.get("tries", 2), more.get("wait", 0))
    made = exams.make(db, office.operator(), asked)
    exams.open_(db, office.operator(), made)
    return made


def member(db: Session) -> Member:
    return people.find(db, "赵敏")


def answers_all(db: Session, sitting: Sitting, right: int, at: datetime = NOW) -> None:
    for place, one in enumerate(exams.questions(sitting)):
        said = Said(RIGHT if place < right else WRONG, at, f"{sitting.id}-{place}")
        assert exams.answer(db, sitting, db.get_one(Question, one), said)


# --- blueprints ------------------------------------------------------------------------------------------------


def test_a_blueprint_draws_what_it_names_and_nothing_twice(office: Office) -> None:
    def work(db: Session) -> None:
        bank = fill(db, (IDEALS, SINGLE, 1, 4), (IDEALS, JUDGE, 3, 3), (RIGHTS, SINGLE, 3, 3))
        fill(db, (WORK, SINGLE, 3, 9))
        rows = [Row(5), Row(3, RIGHTS), Row(2, IDEALS, SINGLE, 1)]  # together all ten of the bank
        made = paper(db, office, rows, bank=bank)
        for number in range(20):
            drawn = exams._drawn(db, bank, rows, (LIVE,))
            assert [len(one) for one in drawn] == [5, 3, 2], number
            ids = [one for mine in drawn for one in mine]
            assert len(set(ids)) == 10
            assert {db.get_one(Question, one).topic for one in drawn[1]} == {RIGHTS}
            assert {(q.topic, q.kind, q.difficulty) for q in (db.get_one(Question, one) for one in drawn[2])} == {
                (IDEALS, SINGLE, 1)
            }
        assert exams.stock(db, bank, rows) == [10, 3, 4]
        sitting = exams.start(db, member(db), made, NOW)
        assert {db.get_one(Question, one).bank_id for one in exams.questions(sitting)} == {bank.id}

    office.run(work)


def test_what_the_bank_lacks_is_named(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 4), (RIGHTS, SINGLE, 3, 2))
        fill(db, (RIGHTS, JUDGE, 3, 5), state=DRAFT)
        rows = [Row(4, IDEALS), Row(2), Row(3, RIGHTS, JUDGE), Row(1, difficulty=1)]
        made = exams.make(db, office.operator(), Asked("难", rows, 30, 60, *WEEK))
        with pytest.raises(BankLacks) as lacking:
            exams.open_(db, office.operator(), made)
        assert lacking.value.lacks == (Lack(3, RIGHTS, JUDGE, None, 0, 3), Lack(1, None, None, 1, 4, 1))
        assert refusals.words(lacking.value, refusals.Where("", office.operator().zone)) == (
            "题库里的题不够：\n权利义务 判断 3题，题库有0题，还差3题\n难度1 1题，题库有4题，还差1题（有的被别的行用了）"
        )
        assert made.state is PaperState.DRAFT
        assert [one.missing for one in exams.lacking(db, None, rows, ASKED)] == [1]  # drafts count where they go out

    office.run(work)


def test_a_paper_is_a_draft_then_open_then_closed(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 4))
        act = office.act(db, "王芳")
        asked = Asked("一", [Row(2)], 30, 60, *WEEK)
        made = exams.make(db, act, asked)
        assert exams.make(db, act, asked) is made  # the button tapped twice
        with pytest.raises(PaperNotOpen):
            exams.start(db, member(db), made, NOW)
        exams.edit(db, act, made, Asked("二", [Row(3, IDEALS)], 30, 60, *WEEK), 1)
        assert (made.title, exams.length(made), made.version) == ("二", 3, 2)
        with pytest.raises(EditedMeanwhile):
            exams.edit(db, act, made, asked, 1)
        with pytest.raises(OutOfOrder):
            exams.make(db, act, Asked("反", [Row(1)], 30, 60, WEEK[1], WEEK[0]))
        exams.open_(db, act, made)
        exams.open_(db, act, made)
        with pytest.raises(PaperNotOpen):
            exams.edit(db, act, made, asked, 2)
        assert exams.on_offer(db, NOW) == [made]
        assert exams.on_offer(db, WEEK[1]) == exams.on_offer(db, WEEK[0] - timedelta(seconds=1)) == []
        sitting = exams.start(db, member(db), made, NOW)
        exams.close(db, act, made)
        exams.close(db, act, made)
        assert exams.on_offer(db, NOW) == []
        assert exams.under_way(db, member(db), NOW) == sitting  # who sits it goes on
        with pytest.raises(PaperNotOpen):
            exams.open_(db, act, made)
        with pytest.raises(NoSuchPaper):
            exams.find(db, "nothing")

    office.run(work)


# --- sittings --------------------------------------------------------------------------------------------------


def test_two_phones_begin_one_sitting_and_the_first_answer_stands(each_database: Database) -> None:
    office = staffed(each_database)

    def prepare(db: Session) -> int:
        fill(db, (IDEALS, SINGLE, 1, 9))
        return paper(db, office, [Row(3)]).id

    which = office.run(prepare)

    def begin() -> int:
        return office.run(lambda db: exams.start(db, member(db), db.get_one(Paper, which), NOW).id)

    begun = [one for one in together([begin] * 4) if not isinstance(one, IntegrityError)]
    assert len(set(begun)) == 1
    assert begin() == begun[0]
    with pytest.raises(IntegrityError):  # the key decides, whatever the code has seen
        office.run(lambda db: db.add(_twin(db.scalars(select(Sitting)).one())))

    def say(given: Given, message: str) -> bool:
        def work(db: Session) -> bool:
            sitting = db.scalars(select(Sitting)).one()
            question = db.get_one(Question, exams.questions(sitting)[0])
            return exams.answer(db, sitting, question, Said(given, NOW, message))

        return office.run(work)

    said = together([partial(say, WRONG if number % 2 else RIGHT, f"m{number}") for number in range(4)])
    assert sorted(one for one in said if isinstance(one, bool)) == [False, False, False, True]
    assert say(RIGHT, "m9") is False
    first = office.look(lambda db: db.scalars(select(SittingAnswer.message)).one())
    assert said[int(first[1:])] is True

    def same_message(db: Session) -> bool:
        sitting = db.scalars(select(Sitting)).one()
        question = db.get_one(Question, exams.questions(sitting)[1])
        return exams.answer(db, sitting, question, Said(RIGHT, NOW, first))

    assert office.run(same_message) is False  # one message is one answer


def test_an_answer_from_one_phone_and_handing_in_from_another_take_turns(pg_database: Database) -> None:
    office = staffed(pg_database)

    def prepare(db: Session) -> tuple[int, int]:
        fill(db, (IDEALS, SINGLE, 1, 3))
        sitting = exams.start(db, member(db), paper(db, office, [Row(3)]), NOW)
        return sitting.id, exams.questions(sitting)[0]

    which, first = office.run(prepare)
    with Session(pg_database.engine) as one, Session(pg_database.engine) as other:
        assert exams.answer(one, one.get_one(Sitting, which), one.get_one(Question, first), Said(RIGHT, NOW, "m1"))
        other.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(OperationalError):
            exams.hand_in(other, other.get_one(Sitting, which), NOW)
        one.commit()
    office.run(lambda db: exams.hand_in(db, db.get_one(Sitting, which), NOW))
    assert office.look(lambda db: db.get_one(Sitting, which).score) == 33


def _twin(sitting: Sitting) -> Sitting:
    return Sitting(
        paper_id=sitting.paper_id, member_id=sitting.member_id, number=1, questions="[]",
        started_at=NOW, ends_at=NOW + timedelta(minutes=1),
    )  # fmt: skip


def test_the_deadline_goes_by_the_signed_time(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 3))
        sitting = exams.start(db, member(db), paper(db, office, [Row(3)]), NOW)
        first, second, third = (db.get_one(Question, one) for one in exams.questions(sitting))
        end = sitting.ends_at
        assert end == NOW + timedelta(minutes=30)
        assert exams.answer(db, sitting, first, Said(RIGHT, end, "1"))  # sent in the last second, whenever delivered
        with pytest.raises(SittingOver):
            exams.answer(db, sitting, second, Said(RIGHT, end + timedelta(seconds=1), "2"))
        assert exams.settle(db, end + timedelta(seconds=60), grace=exams.GRACE) == 0
        assert exams.answer(db, sitting, second, Said(RIGHT, end - timedelta(seconds=1), "3"))
        late = end + exams.GRACE + timedelta(seconds=1)
        assert exams.settle(db, late, grace=exams.GRACE) == 1
        assert exams.settle(db, late, grace=exams.GRACE) == 0
        assert (sitting.score, sitting.handed_in_at) == (66, end)  # rounded down: 59.9 is not 60
        with pytest.raises(SittingOver):
            exams.answer(db, sitting, third, Said(RIGHT, end, "4"))

    office.run(work)


def test_a_sitting_ends_with_its_paper(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 3))
        at = WEEK[1] - timedelta(minutes=10)
        assert exams.start(db, member(db), paper(db, office, [Row(1)]), at).ends_at == WEEK[1]

    office.run(work)


def test_who_has_passed_or_used_up_the_tries_or_comes_too_early_does_not_sit_again(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 5))
        made, who = paper(db, office, [Row(5)], wait=24, tries=3), member(db)
        first = exams.start(db, who, made, NOW)
        answers_all(db, first, 2)
        exams.hand_in(db, first, NOW)
        exams.hand_in(db, first, NOW + timedelta(minutes=5))
        assert (first.score, first.handed_in_at) == (40, NOW)
        with pytest.raises(WaitToRetake) as wait:
            exams.start(db, who, made, NOW + timedelta(hours=23, minutes=59))
        assert wait.value.until == NOW + timedelta(hours=24)
        assert exams.left(db, who, made, NOW) == (2, NOW + timedelta(hours=24))
        day = NOW + timedelta(hours=24)
        second = exams.start(db, who, made, day)  # never handed in: its time runs out
        assert second.number == 2
        late = day + timedelta(days=2)
        third = exams.start(db, who, made, late)
        assert second.score == 0
        answers_all(db, third, 5, late)
        exams.hand_in(db, third, late)
        with pytest.raises(PassedAlready):
            exams.start(db, who, made, late + timedelta(days=2))
        other = people.find(db, "李娜")
        tried = paper(db, office, [Row(1)], tries=1)
        exams.hand_in(db, exams.start(db, other, tried, NOW), NOW)
        with pytest.raises(NoTriesLeft):
            exams.start(db, other, tried, NOW)
        assert exams.left(db, other, tried, NOW) == (0, None)

    office.run(work)


# --- results ---------------------------------------------------------------------------------------------------


def test_a_score_is_the_members_and_the_offices(office: Office) -> None:
    def work(db: Session) -> None:
        fill(db, (IDEALS, SINGLE, 1, 2), (RIGHTS, SINGLE, 1, 2))
        made = paper(db, office, [Row(2, IDEALS), Row(2, RIGHTS)])
        sitting = exams.start(db, member(db), made, NOW)
        answers_all(db, sitting, 3)
        exams.hand_in(db, sitting, NOW)
        own = exams.result(db, office.act(db, "赵敏"), sitting)
        assert (own.right, own.of, own.passed) == (3, 4, True)
        assert own.topics == [(IDEALS, 2, 2), (RIGHTS, 1, 2)]
        for name in ("王芳", "周涛"):  # 书记, 宣传委员
            assert exams.results(db, office.act(db, name), made) == [own]
        for name in ("张建国", "李娜"):  # a 党小组长, another member
            for forbidden in (
                lambda act: exams.result(db, act, sitting),
                lambda act: exams.results(db, act, made),
                lambda act: exams.sitting(db, act, sitting.public_id),
                lambda act: exams.papers(db, act),
                lambda act: exams.make(db, act, Asked("私", [Row(1)], 30, 60, *WEEK)),
            ):
                with pytest.raises(NotAllowed):
                    forbidden(office.act(db, name))
        assert exams.own(db, people.find(db, "李娜"), sitting.public_id) is None

    office.run(work)


def test_the_blueprint_reads_back_as_it_was_written(office: Office) -> None:
    def work(db: Session) -> None:
        rows = [Row(1), Row(2, IDEALS), Row(3, None, JUDGE, 5)]
        made = exams.make(db, office.operator(), Asked("一", rows, 30, 60, WEEK[0], datetime(2027, 1, 1, tzinfo=UTC)))
        assert exams.blueprint(made) == rows
        assert [one["count"] for one in json.loads(made.blueprint)] == [1, 2, 3]

    office.run(work)
