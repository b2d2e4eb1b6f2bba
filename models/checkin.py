"""Who is expected at an activity (应到), who came, and the scan that waits for its owner to be bound."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcDateTime, code_type


class SeatState(StrEnum):
    """Why a person has a seat."""

    EXPECTED = "expected"  # 应到
    GUEST = "guest"  # 列席
    EXEMPT = "exempt"  # 免


class Method(StrEnum):
    """How a check-in came about."""

    SCAN = "scan"  # 扫码
    NUMBER = "number"  # 数字
    PLACE = "place"  # 位置
    REGISTERED = "registered"  # 人工登记


class Seat(Base):
    """One person's place at one activity, with the group of that day."""

    __tablename__ = "seat"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))
    state: Mapped[SeatState] = mapped_column(code_type(SeatState))

    __table_args__ = (Index(None, "activity_id", "group_id"), Index(None, "member_id"))


class CheckIn(Base):
    """That a member came: one row for a member and activity, whatever is delivered how often.

    `at` is when the person scanned or sent the number; `message` is the key of the message that decided it, so
    that a redelivery (the same key) is told from a second scan.
    """

    __tablename__ = "checkin"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    method: Mapped[Method] = mapped_column(code_type(Method))
    message: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)  # entered late keeps both dates
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # who registered by hand
    reason: Mapped[str] = mapped_column(String(60), default="", server_default="")

    __table_args__ = (Index(None, "member_id", "at"), {"sqlite_with_rowid": False})


class HeldScan(Base):
    """A valid scan by someone not yet bound: becomes a check-in, with the time of the scan, when they bind."""

    __tablename__ = "held_scan"

    app_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    openid: Mapped[str] = mapped_column(String(64), primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    method: Mapped[Method] = mapped_column(code_type(Method))
    message: Mapped[str] = mapped_column(String(32))
