"""Leave from one activity (请假): asked for, decided by a person."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.activity import Activity
from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class LeaveClass(StrEnum):
    """Why somebody cannot come; duty and trip are 公假."""

    DUTY = "duty"  # 值班值守
    TRIP = "trip"  # 出差
    SICK = "sick"  # 生病
    PERSONAL = "personal"  # 事假
    AWAY = "away"  # 外出
    OTHER = "other"  # 其他


PUBLIC = (LeaveClass.DUTY, LeaveClass.TRIP)  # 公假


class LeaveState(StrEnum):
    """waiting -> approved | refused | withdrawn; decided once, by one person."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Leave(Base):
    """One request; while it waits or is approved there is no second one for the same person and activity."""

    __tablename__ = "leave"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    leave_class: Mapped[LeaveClass] = mapped_column(code_type(LeaveClass))
    reason: Mapped[str] = mapped_column(String(100), default="")
    by_family: Mapped[bool] = mapped_column(default=False)  # 家属代请
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[LeaveState] = mapped_column(code_type(LeaveState), default=LeaveState.WAITING)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(100), default="")

    activity: Mapped[Activity] = relationship()
    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id])

    __table_args__ = (
        Index(
            "uq_leave_standing",
            "activity_id",
            "member_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'approved')"),
            postgresql_where=text("state IN ('waiting', 'approved')"),
        ),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
    )
