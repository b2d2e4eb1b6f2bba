"""What the branch's study shows as a whole: topics by quarter, keys to look at again, how memory holds. Never a person.

All of it is counted over the branch; what fewer than `FEW` people stand behind is not told (design: no person is seen
through a figure).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import sqrt

from sqlalchemy import Float, Subquery, case, cast, distinct, func, select
from sqlalchemy.orm import Session, aliased

from models.activity import Activity, ActivityState
from models.hours import Course
from models.question import Question, QuestionState, Topic
from models.study import Answer, Outcome
from services.rights import Act

FEW = 5  # people; fewer could be recognised
ENOUGH = 10  # people who answered a question, before anything is said of its key
WEAK = 0.1  # correlation: below it the question does not tell who knows
MOST = 50  # suspicious keys shown
FIELDS = (Topic.IDEALS, Topic.TRADITION, Topic.SITUATION, Topic.RIGHTS)
"""The four fields of education (教育培训工作规划)."""

SPANS: Sequence[tuple[float, float | None]] = ((0, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, None))
"""Days since the last answer: from, to."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter of a year."""

    year: int
    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def after(self) -> "Quarter":
        """The next one."""
        return Quarter(self.year, self.number + 1) if self.number < 4 else Quarter(self.year + 1, 1)

    @property
    def before(self) -> "Quarter":
        """The last one."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)


def quarter_of(day: date) -> Quarter:
    """The quarter of a day."""
    return Quarter(day.year, (day.month + 2) // 3)


@dataclass(frozen=True, slots=True)
class Covered:
    """One topic in a quarter: activities begun, still to come, courses; answers, None where few people answered."""

    topic: Topic
    held: int
    planned: int
    courses: int
    answers: int | None

    @property
    def missing(self) -> bool:
        """A field of education nothing has been held in, nor entered."""
        return self.topic in FIELDS and not self.held and not self.courses


def coverage(db: Session, act: Act, quarter: Quarter) -> list[Covered]:
    """Every topic in a quarter, the four fields first. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    starts, ends = (_midnight(act, day) for day in (quarter.first, quarter.after.first))
    begun = case((Activity.state == ActivityState.PLANNED, 0), else_=1)
    activities = {
        topic: (many, held)
        for topic, many, held in db.execute(
            select(Activity.topic, func.count(), func.sum(begun))
            .where(Activity.topic.is_not(None), Activity.state != ActivityState.CANCELLED)
            .where(Activity.starts_at >= starts, Activity.starts_at < ends)
            .group_by(Activity.topic)
        )
    }
    taught = (
        select(Course.topic, func.count())
        .where(Course.topic.is_not(None), Course.withdrawn_at.is_(None))
        .where(Course.held_on >= quarter.first, Course.held_on < quarter.after.first)
        .group_by(Course.topic)
    )
    courses: dict[Topic | None, int] = dict(db.execute(taught).all())
    answers = {
        topic: many if people >= FEW else None
        for topic, many, people in db.execute(
            select(Question.topic, func.count(), func.count(distinct(Answer.member_id)))
            .join(Answer, Answer.question_id == Question.id)
            .where(Answer.at >= starts, Answer.at < ends)
            .group_by(Question.topic)
        )
    }
    found = []
    for topic in (*FIELDS, *(one for one in Topic if one not in FIELDS)):
        many, held = activities.get(topic, (0, 0))
        found.append(Covered(topic, held, many - held, courses.get(topic, 0), answers.get(topic, 0)))
    return found


@dataclass(frozen=True, slots=True)
class Suspect:
    """A question whose key may be wrong: of those who do well elsewhere `well_right` of `well` were right, of the
    others `rest_right` of `rest`; `fit` is the correlation of being right here with the share right elsewhere.
    """

    question: Question
    fit: float
    well: int
    well_right: int
    rest: int
    rest_right: int


def suspects(db: Session, act: Act) -> list[Suspect]:
    """Questions that those who do best elsewhere fail more than the others do, the worst first. Raises NotAllowed.

    What counts is everybody's first answer, since later ones know the key. `fit` is the point-biserial correlation
    with the share right in the person's other first answers, as test theory looks for wrong keys; it must be low.
    """
    act.demand(act.rights.runs_study)
    first = _first_answers()
    people = select(first.c.member_id, func.count().label("n"), func.sum(first.c.right).label("r"))
    of = people.group_by(first.c.member_id).subquery()
    elsewhere = cast(of.c.r - first.c.right, Float) / (of.c.n - 1)
    sums = (
        select(
            first.c.question_id,
            func.count(),
            func.sum(first.c.right),
            func.sum(elsewhere),
            func.sum(elsewhere * elsewhere),
            func.sum(elsewhere * first.c.right),
        )
        .join(of, of.c.member_id == first.c.member_id)
        .where(of.c.n > FEW)  # a share of less says nothing of a person
        .group_by(first.c.question_id)
        .having(func.count() >= ENOUGH)
    )
    fits = {question: fit for question, *rest in db.execute(sums) if (fit := _correlation(*rest)) is not None}
    worst = sorted((one for one in fits if fits[one] < WEAK), key=lambda one: (fits[one], one))[: 4 * MOST]
    if not worst:
        return []
    rows = select(first.c.question_id, first.c.right, elsewhere).join(of, of.c.member_id == first.c.member_id)
    each: dict[int, list[tuple[float, int]]] = {one: [] for one in worst}
    for question, right, share in db.execute(rows.where(of.c.n > FEW, first.c.question_id.in_(worst))):
        each[question].append((share, right))
    known = {one.id: one for one in db.scalars(select(Question).where(Question.id.in_(worst)))}
    found = [_suspect(known[one], fits[one], each[one]) for one in worst]
    return [one for one in found if one.well_right * one.rest < one.rest_right * one.well][:MOST]


@dataclass(frozen=True, slots=True)
class Span:
    """Answers given `low` to `high` days (None: or later) after the last: how many, the share right, and expected."""

    low: float
    high: float | None
    answers: int
    right: float
    expected: float | None


@dataclass(frozen=True, slots=True)
class Memory:
    """How memory holds over the branch; `few`: not enough people to show anything."""

    spans: Sequence[Span]
    few: bool


def memory(db: Session, act: Act) -> Memory:
    """Share right by days since the last answer; a span with few people behind it is left out. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    span = case(
        *((Answer.days < high, place) for place, (_, high) in enumerate(SPANS) if high is not None),
        else_=len(SPANS) - 1,
    )
    right = case((Answer.outcome == Outcome.RIGHT, 1), else_=0)
    found = {
        place: (people, Span(SPANS[place][0], SPANS[place][1], answers, many / answers, expected))
        for place, people, answers, many, expected in db.execute(
            select(
                span.label("span"),
                func.count(distinct(Answer.member_id)),
                func.count(),
                func.sum(right),
                func.avg(Answer.expected),
            )
            .where(Answer.days.is_not(None))
            .group_by("span")
        )
    }
    spans = [one for people, one in (found[place] for place in sorted(found)) if people >= FEW]
    return Memory(spans, few=not spans)


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition of a document that questions come from, and how many are not retired."""

    document: str
    edition: str
    questions: int


def editions(db: Session, act: Act) -> list[Edition]:
    """Every edition of every document that questions in use or waiting come from. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    rows = db.execute(
        select(Question.document, Question.edition, func.count())
        .where(Question.document != "", Question.state != QuestionState.RETIRED)
        .group_by(Question.document, Question.edition)
        .order_by(Question.document, Question.edition)
    )
    return [Edition(*row) for row in rows]


def _midnight(act: Act, day: date) -> datetime:
    return datetime.combine(day, time(), act.zone).astimezone(UTC)


def _first_answers() -> Subquery:
    """Each person's first answer to each question: member_id, question_id, right (1 or 0)."""
    one = aliased(Answer)
    first = select(func.min(one.id)).group_by(one.member_id, one.question_id)
    right = case((Answer.outcome == Outcome.RIGHT, 1), else_=0).label("right")
    return select(Answer.member_id, Answer.question_id, right).where(Answer.id.in_(first)).subquery()


def _correlation(n: int, y: int, x: float, xx: float, xy: float) -> float | None:
    """Pearson's, y being 0 or 1; None where either never varies."""
    spread = (n * xx - x * x) * (n * y - y * y)
    return (n * xy - x * y) / sqrt(spread) if spread > 1e-9 else None


def _suspect(question: Question, fit: float, rows: Sequence[tuple[float, int]]) -> Suspect:
    """The better half against the rest."""
    ranked = sorted(rows, reverse=True)
    half = len(ranked) // 2
    well, rest = ranked[:half], ranked[half:]
    return Suspect(question, fit, len(well), sum(y for _, y in well), len(rest), sum(y for _, y in rest))
