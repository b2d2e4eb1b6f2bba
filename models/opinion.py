"""Signed opinions (署名意见) and what became of them; those without a name are in a file of their own."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class OpinionCategory(StrEnum):
    """What an opinion is about, in the order in which the chat offers it."""

    BRANCH = "branch"  # 支部工作和组织生活
    STUDY = "study"  # 学习教育
    CONDUCT = "conduct"  # 作风和纪律
    CARE = "care"  # 关心关爱
    WORK = "work"  # 业务和管理
    SYSTEM = "system"  # 对本系统提意见
    OTHER = "other"  # 其他


class OpinionState(StrEnum):
    """new -> assigned -> answered; answering needs no assignment."""

    NEW = "new"  # 已收到
    ASSIGNED = "assigned"  # 办理中
    ANSWERED = "answered"  # 已答复


class Verdict(StrEnum):
    """采纳情况, of an opinion and of a line in a round's response table."""

    ADOPTED = "adopted"  # 采纳
    PARTLY = "partly"  # 部分采纳
    DECLINED = "declined"  # 未采纳


class Opinion(Base):
    """One signed opinion; its number is the month and a count, as written on paper: YJ1107."""

    __tablename__ = "opinion"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    year: Mapped[int]
    number: Mapped[str] = mapped_column(String(12))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    category: Mapped[OpinionCategory] = mapped_column(code_type(OpinionCategory))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(String(64), unique=True)  # the message's or request's key
    state: Mapped[OpinionState] = mapped_column(code_type(OpinionState), default=OpinionState.NEW)
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # 承办人
    due_on: Mapped[date] = mapped_column(Date)  # 办理期限, in working days from the receipt
    verdict: Mapped[Verdict | None] = mapped_column(code_type(Verdict))
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_public: Mapped[str] = mapped_column(String(60), default="")  # 公开情况, where anything was made public
    version: Mapped[int] = mapped_column(default=1)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    assigned_to: Mapped[Member | None] = relationship(foreign_keys=[assigned_to_id])
    answered_by: Mapped[Member | None] = relationship(foreign_keys=[answered_by_id])

    __table_args__ = (
        UniqueConstraint("year", "number"),
        CheckConstraint("length(text) > 0", name="said"),
        CheckConstraint(
            "(state = 'answered') = (answered_at IS NOT NULL) AND (answered_at IS NULL) = (verdict IS NULL)",
            name="answered",
        ),
        Index(None, "state", "due_on"),
    )


class OpinionPicture(Base):
    """A picture sent with a signed opinion; WeChat keeps it three days, so a job fetches it."""

    __tablename__ = "opinion_picture"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    opinion_id: Mapped[int] = mapped_column(ForeignKey("opinion.id"), index=True)
    media_id: Mapped[str] = mapped_column(String(128), default="")  # at WeChat; "" where it came by page
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  # empty until it has been fetched
    content_type: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(String(64), unique=True)
    failed: Mapped[str] = mapped_column(String(40), default="")  # why it could not be fetched: a code
