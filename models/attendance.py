"""What people add to the record of an activity: marks that correct by adding, and content made up later (补课)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.leave import LeaveClass
from models.member import Member


class MarkKind(StrEnum):
    """What a mark says; the newest of its family stands (services/attendance.py)."""

    CAME = "came"  # 改为到
    NOT_CAME = "not_came"  # 撤销签到
    ON_LEAVE = "on_leave"  # 改为请假
    ABSENT = "absent"  # 无故缺席, confirmed after asking
    NOT_ABSENT = "not_absent"  # 撤销无故缺席
    EARLY = "early"  # 早退
    NOT_EARLY = "not_early"  # 撤销早退
    GUEST = "guest"  # 待核 -> 列席
    OTHER_GROUP = "other_group"  # 待核 -> 跨组参加


class Mark(Base):
    """One statement about one person at one activity, by a person, never changed: a later one corrects it."""

    __tablename__ = "mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[MarkKind] = mapped_column(code_type(MarkKind))
    leave_class: Mapped[LeaveClass | None] = mapped_column(code_type(LeaveClass))
    reason: Mapped[str] = mapped_column(String(100), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # empty: the operator
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    by: Mapped[Member | None] = relationship(foreign_keys=[by_id])

    __table_args__ = (
        CheckConstraint("(kind = 'on_leave') = (leave_class IS NOT NULL)", name="classed"),
        Index(None, "activity_id", "member_id"),
    )


class MakeUpWay(StrEnum):
    """How missed content was made up; which ways there are follows from the kind of activity."""

    RECORDING = "recording"  # 看录播
    STUDY = "study"  # 自学
    TOLD = "told"  # 书记或党小组长传达


class MakeUp(Base):
    """补课: told by the member, confirmed by a leader; never turns into 到."""

    __tablename__ = "makeup"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    way: Mapped[MakeUpWay] = mapped_column(code_type(MakeUpWay))
    content: Mapped[str] = mapped_column(String(200), default="")
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    member: Mapped[Member] = relationship(foreign_keys=[member_id])

    __table_args__ = (
        Index("uq_makeup_activity_id_member_id", "activity_id", "member_id", unique=True),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_id IS NULL)", name="confirmed"),
    )
