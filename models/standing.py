"""What holds for a person over a span of days: standing leave (驻村, 产假) and exemption (免)."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.leave import LeaveClass


class StandingKind(StrEnum):
    """What a standing does to the meetings within it."""

    LEAVE = "leave"  # 长期请假: expected, and on leave of its class
    EXEMPT = "exempt"  # 免: not expected (党员教育管理工作条例 23)


class Standing(Base):
    """One span, both days included; `ends` empty means until further notice."""

    __tablename__ = "standing"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[StandingKind] = mapped_column(code_type(StandingKind))
    leave_class: Mapped[LeaveClass | None] = mapped_column(code_type(LeaveClass))
    starts: Mapped[date] = mapped_column(Date)
    ends: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(100))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends >= starts", name="in_order"),
        CheckConstraint("(kind = 'leave') = (leave_class IS NOT NULL)", name="classed"),
        CheckConstraint("length(reason) > 0", name="reasoned"),
        Index(None, "member_id", "starts"),
    )
