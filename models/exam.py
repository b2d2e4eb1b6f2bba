"""测验: papers by blueprint, and each member's sittings with answers, private to the member and the office."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member
from models.question import Bank


class PaperState(StrEnum):
    """draft -> open -> closed."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class Paper(Base):
    """What a 测验 asks: `blueprint` is a JSON list of {topic, kind, difficulty, count}, empty or null meaning any.

    Each sitting draws its own questions from the bank (empty: from all), fixed when it begins. Sittings are `minutes`
    long; one passes with `pass_mark` percent; whoever did not may sit again, `tries` times in all, `wait_hours` after
    the last.
    """

    __tablename__ = "paper"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    title: Mapped[str] = mapped_column(String(60))
    bank_id: Mapped[int | None] = mapped_column(ForeignKey("bank.id"))
    blueprint: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int]
    pass_mark: Mapped[int]
    tries: Mapped[int] = mapped_column(default=2)
    wait_hours: Mapped[int] = mapped_column(default=0)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[PaperState] = mapped_column(code_type(PaperState), default=PaperState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)

    bank: Mapped[Bank | None] = relationship()

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        CheckConstraint("minutes BETWEEN 1 AND 600", name="timed"),
        CheckConstraint("pass_mark BETWEEN 0 AND 100", name="marked"),
        CheckConstraint("tries BETWEEN 1 AND 20", name="tried"),
        CheckConstraint("closes_at > opens_at", name="in_order"),
        Index(None, "state", "closes_at"),
    )


class Sitting(Base):
    """One member's go at a paper; `questions` is the JSON list of ids drawn; over at `ends_at` at the latest."""

    __tablename__ = "sitting"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    number: Mapped[int]  # the member's first, second … go
    questions: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[int | None]  # percent, once over

    paper: Mapped[Paper] = relationship()
    member: Mapped[Member] = relationship()

    __table_args__ = (
        UniqueConstraint("paper_id", "member_id", "number"),
        CheckConstraint("(handed_in_at IS NULL) = (score IS NULL)", name="scored"),
        CheckConstraint("ends_at > started_at", name="in_order"),
    )


class SittingAnswer(Base):
    """What was answered to one question of a sitting: the first answer stands."""

    __tablename__ = "sitting_answer"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), primary_key=True)
    given: Mapped[str] = mapped_column(Text)  # JSON, as the question's key; "" for 不会
    right: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    message: Mapped[str] = mapped_column(String(32), unique=True)
