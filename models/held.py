"""Texts that wait for a person of the office: typed in the mini-program, and nobody has vouched for them yet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class HeldPlace(StrEnum):
    """Where the text belongs: a table and its column, or what is to be done."""

    LEAVE_REASON = "leave.reason"  # 请假事由
    LEAVE_NOTE = "leave.note"  # 批复
    MAKEUP_CONTENT = "makeup.content"  # 补课内容
    MARK_REASON = "mark.reason"  # 更正说明
    ACTIVITY_PLAN = "activity.plan"  # 安排: the deed waits with its texts, as do the next two
    ACTIVITY_MOVE = "activity.move"  # 改期
    ACTIVITY_CANCEL = "activity.cancel"  # 取消


DEEDS = (HeldPlace.ACTIVITY_PLAN, HeldPlace.ACTIVITY_MOVE, HeldPlace.ACTIVITY_CANCEL)


class HeldText(Base):
    """One text kept apart: its record stands without it, or a deed waits with it, until somebody looks, once."""

    __tablename__ = "held_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    place: Mapped[HeldPlace] = mapped_column(code_type(HeldPlace))
    subject_id: Mapped[int]  # the row of the place's table; of a plan the org's
    text: Mapped[str] = mapped_column(String(200))  # of a deed those in doubt, one a line
    asked: Mapped[str | None] = mapped_column(Text)  # the whole deed as JSON (services/deeds.py)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    shown: Mapped[bool | None]  # what was decided

    by: Mapped[Member] = relationship(foreign_keys=[by_id])
    looked_by: Mapped[Member | None] = relationship(foreign_keys=[looked_by_id])

    __table_args__ = (
        CheckConstraint("length(text) > 0", name="said"),
        CheckConstraint(
            "(place IN ('activity.plan', 'activity.move', 'activity.cancel')) = (asked IS NOT NULL)", name="deed"
        ),
        CheckConstraint(
            "(looked_at IS NULL) = (looked_by_id IS NULL) AND (looked_at IS NULL) = (shown IS NULL)", name="looked"
        ),
        Index(None, "looked_at", "id"),
    )
