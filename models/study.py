"""Study (学习): what a member was asked and said, what of it is remembered (cards), and the branch's path (导学)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.question import Bank, Question, Topic


class Outcome(StrEnum):
    """How a question was answered."""

    RIGHT = "right"  # 答对
    WRONG = "wrong"  # 答错
    UNKNOWN = "unknown"  # 不会


class Purpose(StrEnum):
    """Where a question was asked."""

    TODAY = "today"  # 答题
    WRONG = "wrong"  # 错题
    TOPIC = "topic"  # 专题


class Card(Base):
    """What one member remembers of one question, as FSRS keeps it; `wrong` while it stands among 错题.

    `stability` is in days, `difficulty` from 1 to 10; `due` is when the chance of recall has fallen to the aim.
    """

    __tablename__ = "card"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True, index=True)
    stability: Mapped[float]
    difficulty: Mapped[float]
    due: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    times: Mapped[int] = mapped_column(default=1)
    lapses: Mapped[int] = mapped_column(default=0)
    right_in_row: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[bool] = mapped_column(default=False)

    question: Mapped[Question] = relationship()

    __table_args__ = (
        Index(None, "member_id", "due"),
        Index(None, "member_id", "wrong", "answered_at"),
    )


class Answer(Base):
    """One answer of one member, kept at once and for good; `message` names it, so that it counts once.

    `days` is how many days had passed since the card's last answer, `expected` the chance of recall then; both empty
    at the first. `took` is how many seconds passed between question and answer, empty where that says nothing.
    """

    __tablename__ = "answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), index=True)
    purpose: Mapped[Purpose] = mapped_column(code_type(Purpose))
    outcome: Mapped[Outcome] = mapped_column(code_type(Outcome))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    took: Mapped[int | None]
    days: Mapped[float | None]
    expected: Mapped[float | None]
    message: Mapped[str] = mapped_column(String(32), unique=True)

    __table_args__ = (Index(None, "member_id", "at"),)


class TopicTally(Base):
    """How often a member was asked about a topic and was right: what their weak topics are read off."""

    __tablename__ = "topic_tally"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    topic: Mapped[Topic] = mapped_column(code_type(Topic), primary_key=True)
    asked: Mapped[int] = mapped_column(default=0)
    right: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint('"right" <= asked', name="counted"),)


class Progress(Base):
    """How far a member has come on one track of new questions: the next one is looked for behind `question_id`.

    A track is a topic or a step of the path in one state (`l:rights` live, `d:s3` drafts of step 3); with `<` before
    its name, how far what lies before that place has been looked through once more.
    """

    __tablename__ = "progress"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    lane: Mapped[str] = mapped_column(String(24), primary_key=True)
    question_id: Mapped[int]


class PathStep(Base):
    """One step of the branch's study path (导学): something to read, and the questions that go with it."""

    __tablename__ = "path_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    place: Mapped[int]  # order on the path
    title: Mapped[str] = mapped_column(String(60))
    reading: Mapped[str] = mapped_column(Text, default="")  # what to read and where it stands; no link is needed
    bank_id: Mapped[int | None] = mapped_column(ForeignKey("bank.id"))
    topic: Mapped[Topic | None] = mapped_column(code_type(Topic))
    starts: Mapped[date | None] = mapped_column(Date)  # not before
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # taken off the path
    version: Mapped[int] = mapped_column(default=1)

    bank: Mapped[Bank | None] = relationship()

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        Index(None, "closed_at", "place"),
    )


class Reading(Base):
    """A member has read what a step of the path asks for: 自学, shown and not counted."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("path_step.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    step: Mapped[PathStep] = relationship()

    __table_args__ = (UniqueConstraint("member_id", "step_id"),)
