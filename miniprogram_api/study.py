"""Practice (答题, 错题, 专题) and the study path (导学): the same questions and readings as in the chat; voluntary."""

from datetime import timedelta
from typing import Annotated

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Instant, Shape, Told
from models.question import Question, QuestionKind, QuestionState, Topic
from models.study import Outcome, Purpose
from services import answers, cards, study
from services.answers import Why
from services.errors import AnswerUnclear, NoSuchQuestion, NoSuchStep, QuestionChanged
from services.rights import Act
from services.study import Lane, Reply
from texts import study as texts
from texts.question import TOPIC

QuestionId = Annotated[str, Field(pattern=ID)]
MOST_SKIPPED = 20


class QuestionTold(Told):
    """One question, without its answer."""

    id: str = Field(examples=["f8h2j4k6mn"])
    version: int = Field(description="Goes back with the answer.", examples=[1])
    kind: QuestionKind = Field(examples=[QuestionKind.SINGLE])
    topic: Topic = Field(examples=[next(iter(Topic))])
    stem: str = Field(examples=["预备党员的预备期为多长时间？"])
    options: list[str] = Field(examples=[["半年", "一年", "两年"]])
    unreviewed: bool = Field(description="【待审】: nobody has reviewed it yet.", examples=[False])


class NextTold(Told):
    """What is asked next; no question where there is none."""

    question: QuestionTold | None
    number: int = Field(description="Which of today's it is; more than `of` when somebody goes on.", examples=[1])
    of: int = Field(examples=[3])
    wrong: int = Field(description="How many stand among 错题.", examples=[2])


class LaneAsked(Asked):
    """What is practised: today's, the wrong ones answered before `since`, or a topic; without those `skipped`."""

    purpose: Purpose = Purpose.TODAY
    topic: Topic | None = None
    since: Instant | None = None
    skipped: str = Field("", pattern=r"^([2-9a-z]{10}(,[2-9a-z]{10}){0,19})?$", description="Ids with commas between.")

    @model_validator(mode="after")
    def of_topic(self) -> "LaneAsked":
        """A topic goes with 专题 and with nothing else."""
        if (self.purpose is Purpose.TOPIC) != (self.topic is not None):
            raise ValueError("topic goes with purpose=topic")
        return self


class AnswerIn(Shape):
    """One answer, in words as in the chat: B, ACD, 对, 一年、六个月, 不会."""

    question: QuestionId = Field(examples=["f8h2j4k6mn"])
    version: int = Field(ge=1, lt=2**31, examples=[1])
    purpose: Purpose = Field(examples=[Purpose.TODAY])
    answer: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["B"])
    took: int | None = Field(None, ge=0, le=86_400, description="Seconds; without them time says nothing.")


class AnsweredTold(Told):
    """What came of the answer; it is kept."""

    outcome: Outcome = Field(examples=[Outcome.RIGHT])
    message: str = Field(examples=["回答正确。"])
    right: str = Field(description="The right answer in words.", examples=["应选 B 一年"])
    explanation: str = Field(examples=["预备期从支部大会通过他为预备党员之日算起。"])
    source: str = Field(examples=["《中国共产党章程》第七条"])
    mastered: bool = Field(description="It has just left 错题.", examples=[False])


class StudyTold(Told):
    """Where one stands, for oneself alone."""

    number: int = Field(description="Which of today's questions comes next.", examples=[1])
    of: int = Field(examples=[3])
    wrong: int = Field(examples=[2])
    topics: list[Topic] = Field(description="Those there is a question of.", examples=[[next(iter(Topic))]])
    labels: dict[str, str] = Field(examples=[{next(iter(Topic)).value: TOPIC[next(iter(Topic))]}])


class StepTold(Told):
    """One step of the path."""

    id: str = Field(examples=["g9j3k5m7np"])
    title: str = Field(examples=["学党章"])
    reading: str = Field(examples=["党章第一章第一至第九条"])
    read: bool = Field(description="Steps are read in their order.", examples=[False])


class PathTold(Told):
    """The steps that have begun, in order."""

    steps: list[StepTold]


class StepPath(Asked):
    """One step."""

    step: str = Field(pattern=ID, examples=["g9j3k5m7np"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /study, /study/question, /study/path; POST /study/answers, /study/path/{id}/read."""
    room = Room("study", office, "Practice and the study path; voluntary, and nobody is ranked")
    _practice(room, office)
    _path(room)
    return room.blueprint


def _practice(room: Room, office: Office) -> None:
    rules = office.study

    @room.get("/study", StudyTold)
    def standing(db: Session, act: Act) -> Told:
        """How many of today's are done, how many 错题 there are, and the topics."""
        assert act.by is not None
        place = study.place(db, act.by, act.now, rules)
        there = study.topics(db, rules)
        return StudyTold(
            number=place.number,
            of=place.of,
            wrong=study.wrong_ones(db, act.by),
            topics=there,
            labels={one.value: TOPIC[one] for one in there},
        )

    @room.get("/study/question", NextTold)
    def following(db: Session, act: Act, query: LaneAsked) -> Told:
        """The question that comes next; asking again gives the same one until it is answered."""
        assert act.by is not None
        skipped = query.skipped.split(",") if query.skipped else []
        lane = Lane(query.purpose, query.topic, query.since, skipped[-MOST_SKIPPED:])
        found = study.next_question(db, act.by, lane, act.now, rules)
        place = study.place(db, act.by, act.now, rules)
        return NextTold(
            question=question_told(found) if found is not None else None,
            number=place.number,
            of=place.of,
            wrong=study.wrong_ones(db, act.by),
        )

    @room.post("/study/answers", AnsweredTold, status=201)
    def answer(db: Session, act: Act, body: AnswerIn, once: str) -> Told:
        """Answer one question; kept at once, and once for each Idempotency-Key. Results enter no appraisal."""
        assert act.by is not None
        found = study.find(db, body.question)
        if found is None:
            raise NoSuchQuestion(body.question)
        if found.state not in rules.states or found.version != body.version:
            raise QuestionChanged
        asked = answers.asked(found)
        given = answers.read(asked, body.answer)
        if isinstance(given, Why):
            raise AnswerUnclear(given, asked.last if asked.options else "")
        took = None if body.took is None else cards.thought(act.now - timedelta(seconds=body.took), act.now)
        lane = Lane(body.purpose, found.topic if body.purpose is Purpose.TOPIC else None)
        kept = study.keep(db, act.by, found, lane, Reply(given, act.now, took, once), rules)
        right = texts.right_answer(found.kind, asked.key, asked.options)
        source = texts.source(found.document, found.article, found.certainty)
        return AnsweredTold(
            outcome=kept.outcome,
            message=texts.answered(kept.outcome, right, found.explanation, source).strip(),
            right=right,
            explanation=found.explanation,
            source=source,
            mastered=kept.mastered,
        )


def _path(room: Room) -> None:
    @room.get("/study/path", PathTold)
    def path_(db: Session, act: Act) -> Told:
        """What the branch reads, in order; one's own place on it."""
        assert act.by is not None
        here, steps = study.to_read(db, act.by, act.day)
        return PathTold(
            steps=[
                StepTold(id=one.public_id, title=one.title, reading=one.reading, read=place < here)
                for place, one in enumerate(steps)
            ]
        )

    @room.post("/study/path/<step>/read", status=204)
    def read(db: Session, act: Act, path: StepPath) -> None:
        """One has read it; a second time changes nothing."""
        assert act.by is not None
        found = next((one for one in study.steps(db, act.day) if one.public_id == path.step), None)
        if found is None:
            raise NoSuchStep(path.step)
        study.read(db, act.by, found, act.now)


def question_told(question: Question, *, unreviewed: bool | None = None) -> QuestionTold:
    """The question as it is asked."""
    return QuestionTold(
        id=question.public_id,
        version=question.version,
        kind=question.kind,
        topic=question.topic,
        stem=question.stem,
        options=list(answers.asked(question).options),
        unreviewed=question.state is not QuestionState.LIVE if unreviewed is None else unreviewed,
    )
