"""The branch's study in figures: topics by quarter, keys to look at again, memory; and that no person shows in them."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.hours import Course, CourseForm
from models.member import Member
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from models.study import Answer, Outcome, Purpose
from services import paths, rosters, study_figures
from services.errors import EditedMeanwhile, NoSuchStep, NotAllowed
from services.paths import Asked
from services.rights import Act
from services.rosters import Entry
from services.study_figures import Quarter, quarter_of
from tests.engines import Database
from tests.services.roll import FIRST, NOW, Office, staffed

PEOPLE, QUESTIONS = 24, 12


@pytest.fixture
def office(each_database: Database) -> Office:
    office = staffed(each_database)
    people = [Entry(name=f"学员{number}", group=FIRST) for number in range(PEOPLE)]
    office.run(lambda db: rosters.take_all(db, office.operator(), people, {}))
    return office


def bank(db: Session, questions: int = QUESTIONS, topic: Topic = Topic.IDEALS) -> list[int]:
    """A bank of live questions; their ids."""
    made = Bank(name="题库", made_at=NOW)
    db.add(made)
    rows = [
        Question(
            bank=made, kind=QuestionKind.JUDGE, stem=f"第{place}题", key="true", topic=topic, digest=str(place),
            state=QuestionState.LIVE, reviewed_at=NOW, made_at=NOW,
        )
        for place in range(questions)
    ]  # fmt: skip
    db.add_all(rows)
    db.flush()
    return [one.id for one in rows]


def answered(
    db: Session,
    people: Iterable[int],
    questions: Iterable[int],
    right: Callable[[int, int], bool],
    days: float | None = None,
) -> None:
    """Everybody answers everything; `right` says by place who is."""
    for who, member in enumerate(people):
        for which, question in enumerate(questions):
            outcome = Outcome.RIGHT if right(who, which) else Outcome.WRONG
            db.add(
                Answer(
                    member_id=member, question_id=question, purpose=Purpose.TODAY, outcome=outcome, at=NOW, days=days,
                    expected=None if days is None else 0.9, message=f"{member}-{question}-{days}",
                )
            )  # fmt: skip
    db.flush()


def members(db: Session) -> list[int]:
    return list(db.scalars(select(Member.id).where(Member.name.like("学员%")).order_by(Member.id)))


def test_a_wrong_key_is_seen_by_those_who_know(office: Office) -> None:
    """One half knows five sixths of it all, the other one third; question 0 has its key turned round."""
    chance = Random(1)

    def fill(db: Session) -> list[int]:
        ids, people = bank(db), members(db)

        def right(who: int, which: int) -> bool:
            knows = chance.random() < (5 / 6 if who < PEOPLE // 2 else 1 / 3)
            return not knows if which == 0 else knows

        answered(db, people, ids, right)
        answered(db, people, ids, lambda _who, _which: True, days=3)  # who has seen the key says what it says
        return ids

    ids = office.run(fill)
    found = office.does("周涛", study_figures.suspects)
    assert [one.question.id for one in found] == [ids[0]]
    assert found[0].fit < 0
    assert found[0].well + found[0].rest == PEOPLE
    assert found[0].well_right / found[0].well < 0.5 < found[0].rest_right / found[0].rest


def test_nine_answers_say_nothing_of_a_key(office: Office) -> None:
    def fill(db: Session) -> None:
        ids, people = bank(db), members(db)
        answered(db, people[:9], ids, lambda who, which: (who < 5) != (which == 0))

    office.run(fill)
    assert office.does("周涛", study_figures.suspects) == []


def test_memory_is_shown_of_five_and_not_of_four(office: Office) -> None:
    def fill(db: Session, people: slice, days: float) -> None:
        ids = list(db.scalars(select(Question.id))) or bank(db)
        answered(db, members(db)[people], ids, lambda _who, which: which % 4 != 0, days=days)

    office.run(lambda db: fill(db, slice(0, 4), 1.0))
    assert office.does("周涛", study_figures.memory).few
    office.run(lambda db: fill(db, slice(0, 4), 40.0))
    office.run(lambda db: fill(db, slice(4, 9), 5.0))
    shown = office.does("周涛", study_figures.memory)
    assert [(one.low, one.high, one.answers, one.right) for one in shown.spans] == [(4, 8, 5 * QUESTIONS, 0.75)]
    assert shown.spans[0].expected == pytest.approx(0.9)


def test_a_quarter_says_which_of_the_four_fields_is_missing(office: Office) -> None:
    office.meeting(0, ActivityKind.LECTURE, opened=True)
    office.meeting(2)

    def fill(db: Session) -> None:
        held, later = db.scalars(select(Activity).order_by(Activity.starts_at))
        held.topic, later.topic = Topic.IDEALS, Topic.TRADITION
        off = {"title": "取消的", "starts_at": NOW, "topic": Topic.RIGHTS, "state": ActivityState.CANCELLED}
        db.add(Activity(org_id=held.org_id, kind=held.kind, **off))
        course = {"form": CourseForm.TOGETHER, "tenths": 20, "proof": "证书", "made_at": NOW}
        db.add(Course(title="培训", topic=Topic.SITUATION, held_on=date(2026, 10, 1), **course))
        db.add(Course(title="上季", topic=Topic.RIGHTS, held_on=date(2026, 9, 30), **course))
        ids = bank(db, 3, Topic.WORK)
        answered(db, members(db)[:4], ids[:1], lambda _who, _which: True)

    office.run(fill)
    quarter = quarter_of(date(2026, 11, 22))
    assert quarter == Quarter(2026, 4)
    assert (quarter.after, quarter.before) == (Quarter(2027, 1), Quarter(2026, 3))
    covered = {one.topic: one for one in office.does("周涛", lambda db, act: study_figures.coverage(db, act, quarter))}
    assert [topic for topic, one in covered.items() if one.missing] == [Topic.TRADITION, Topic.RIGHTS]
    assert (covered[Topic.IDEALS].held, covered[Topic.TRADITION].planned, covered[Topic.SITUATION].courses) == (1, 1, 1)
    assert covered[Topic.WORK].answers is None, "four people's answers are not told"
    office.run(lambda db: answered(db, members(db)[4:5], list(db.scalars(select(Question.id))), lambda *_: True))
    again = office.does("周涛", lambda db, act: study_figures.coverage(db, act, quarter))
    assert next(one for one in again if one.topic is Topic.WORK).answers == 7


def test_the_path_is_kept_in_order(office: Office) -> None:
    def add(db: Session, act: Act) -> None:
        for title in ("一", "二", "三", "二"):  # the same again is the one there is
            paths.add(db, act, Asked(title, "读总纲"))

    office.does("周涛", add)
    order = office.does("周涛", lambda db, act: [(one.title, one.public_id) for one in paths.steps(db, act)])
    assert [title for title, _ in order] == ["一", "二", "三"]
    first, second, third = (public_id for _, public_id in order)

    def titles() -> list[str]:
        return office.does("周涛", lambda db, act: [one.title for one in paths.steps(db, act)])

    office.does("周涛", lambda db, act: paths.move(db, act, paths.find(db, act, third), -1))
    office.does("周涛", lambda db, act: paths.move(db, act, paths.find(db, act, first), -1))  # at its end already
    assert titles() == ["一", "三", "二"]
    asked = Asked("二之新", "读第一章", starts=date(2026, 12, 1))
    assert office.does("周涛", lambda db, act: paths.edit(db, act, paths.find(db, act, second), asked, 1))
    assert not office.does("周涛", lambda db, act: paths.edit(db, act, paths.find(db, act, second), asked, 2))
    with pytest.raises(EditedMeanwhile) as refused:
        office.does("周涛", lambda db, act: paths.edit(db, act, paths.find(db, act, second), Asked("别的"), 1))
    assert refused.value.who == "周涛"
    office.now += timedelta(hours=1)
    for _ in range(2):
        office.does("周涛", lambda db, act: paths.close(db, act, paths.find(db, act, first)))
    assert titles() == ["三", "二之新"]
    assert office.does("周涛", lambda db, act: [one.title for one in paths.closed(db, act)]) == ["一"]
    with pytest.raises(NoSuchStep):
        office.does("周涛", lambda db, act: paths.find(db, act, "nowhere"))


def test_only_those_who_keep_the_study_see_it(office: Office) -> None:
    for look in (study_figures.suspects, study_figures.memory, paths.steps):
        with pytest.raises(NotAllowed):
            office.does("学员1", look)
