"""Notices (通知推送): something to be told to one person, once for each occurrence."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class NoticeKind(StrEnum):
    """What a notice is about."""

    MOVED = "moved"  # 改期
    CANCELLED = "cancelled"  # 取消
    CALLED = "called"  # 提醒到会
    LEAVE_ASKED = "leave_asked"  # 请假待批, to the leader
    LEAVE_DECIDED = "leave_decided"  # 请假结果
    HANDLER_DAY = "handler_day"  # 承办人的查看日


class NoticeState(StrEnum):
    """waiting -> claimed -> sent | failed | unsure; shown at the next contact, or expired."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    SHOWN = "shown"
    EXPIRED = "expired"


class Notice(Base):
    """One thing for one person; `once` names the occurrence, so that it is written once whatever is repeated."""

    __tablename__ = "notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[NoticeKind] = mapped_column(code_type(NoticeKind))
    once: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[str] = mapped_column(Text)  # JSON for texts/notice.py, no wording
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # not before: quiet hours
    useful_until: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[NoticeState] = mapped_column(code_type(NoticeState), default=NoticeState.WAITING)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(60), default="")  # why it failed: a code, never WeChat's sentence

    member: Mapped[Member] = relationship()

    __table_args__ = (
        CheckConstraint("(state = 'claimed') = (claimed_until IS NOT NULL)", name="leased"),
        Index(None, "state", "due_at"),
        Index(None, "member_id", "state"),
    )
