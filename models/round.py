"""Rounds (征集): a form that many are asked to fill in, and the table that says what became of what they said."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member
from models.opinion import Verdict


class RoundPurpose(StrEnum):
    """What it is for."""

    SURVEY = "survey"  # 问卷
    DECISION = "decision"  # 重大决策征求意见
    RATING = "rating"  # 评学
    SUPERVISION = "supervision"  # 群众监督评价


class RoundAudience(StrEnum):
    """Who is asked."""

    MEMBERS = "members"  # 本支部党员
    GROUP = "group"  # 一个党小组
    EVERYONE = "everyone"  # 在册的所有人
    OUTSIDE = "outside"  # 党外群众, by personal links alone
    BOTH = "both"  # 本支部党员, and links beside


class RoundState(StrEnum):
    """draft -> open -> closed -> published; a published one says what became of the opinions."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    PUBLISHED = "published"


class FormKind(StrEnum):
    """How a question of a form is answered."""

    TEXT = "text"  # 填写
    SINGLE = "single"  # 单选
    MULTIPLE = "multiple"  # 多选
    SCALE = "scale"  # 1 to 5


class Round(Base):
    """One round. Unnamed, its answers are in the unsigned file and nowhere here."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    purpose: Mapped[RoundPurpose] = mapped_column(code_type(RoundPurpose))
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text, default="")  # what it is about, before the questions
    unnamed: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[RoundAudience] = mapped_column(code_type(RoundAudience))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))  # 评学: the lecture it rates
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[RoundState] = mapped_column(code_type(RoundState), default=RoundState.DRAFT)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        CheckConstraint("(audience = 'group') = (group_id IS NOT NULL)", name="grouped"),
        CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name="opened"),
        CheckConstraint("(state IN ('closed', 'published')) = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
        Index(None, "state", "closes_at"),
        {"sqlite_autoincrement": True},  # a draft that is dropped leaves its log: no other record takes its number
    )


class RoundQuestion(Base):
    """One question of a round's form; `options` is a JSON list, empty for text and scale."""

    __tablename__ = "round_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    position: Mapped[int]
    kind: Mapped[FormKind] = mapped_column(code_type(FormKind))
    stem: Mapped[str] = mapped_column(String(200))
    options: Mapped[str] = mapped_column(Text, default="[]")
    required: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        CheckConstraint("length(stem) > 0", name="asked"),
        CheckConstraint("position BETWEEN 1 AND 30", name="few"),
    )


class RoundSeat(Base):
    """A member who is asked: written when the round opens, with the group of that day."""

    __tablename__ = "round_seat"

    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))

    member: Mapped[Member] = relationship()


class RoundLink(Base):
    """A personal link for somebody outside: good for one answer; only a digest of its secret is kept."""

    __tablename__ = "round_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RoundAnswer(Base):
    """One signed answer, of a member or through a link; may be changed until the close. Unnamed ones are not here."""

    __tablename__ = "round_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("round_link.id"))
    body: Mapped[str] = mapped_column(Text)  # JSON of services/forms.py: part, answers by position
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(String(64))  # key of the message or request that last changed it

    __table_args__ = (
        UniqueConstraint("round_id", "member_id"),
        UniqueConstraint("round_id", "link_id"),
        CheckConstraint("(member_id IS NULL) <> (link_id IS NULL)", name="somebody"),
    )


class RoundResponse(Base):
    """One line of the response table: an opinion, or several alike, and what became of it, with the reason."""

    __tablename__ = "round_response"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    position: Mapped[int]
    summary: Mapped[str] = mapped_column(String(300))
    voices: Mapped[int] = mapped_column(default=1)  # so many have said it
    verdict: Mapped[Verdict] = mapped_column(code_type(Verdict))
    reason: Mapped[str] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        CheckConstraint("length(summary) > 0 AND length(reason) > 0", name="reasoned"),
        CheckConstraint("voices > 0", name="heard"),
    )
