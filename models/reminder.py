"""Reminders: what the branch has set, what each member wants, and the two notes people make after one."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member
from models.notice import NoticeKind


class ReminderRule(Base):
    """How the branch wants one kind reminded; without a row it is as config.yaml says."""

    __tablename__ = "reminder_rule"

    kind: Mapped[NoticeKind] = mapped_column(code_type(NoticeKind), primary_key=True)
    enabled: Mapped[bool]
    at: Mapped[str] = mapped_column(String(5))  # HH:MM by the branch's clock; "" where the kind has no hour
    version: Mapped[int] = mapped_column(default=1)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuietTime(Base):
    """One row: when nothing is pushed, and how much at most; without it it is as config.yaml says."""

    __tablename__ = "quiet_time"

    id: Mapped[int] = mapped_column(primary_key=True)
    evening: Mapped[str] = mapped_column(String(5))  # HH:MM, from then on …
    morning: Mapped[str] = mapped_column(String(5))  # … until then
    a_day: Mapped[int]  # pushes a person at most
    a_week: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("id = 1", name="single"),
        CheckConstraint("a_day BETWEEN 1 AND 9 AND a_week BETWEEN 1 AND 60", name="bounded"),
    )


class DayKind(StrEnum):
    """What a day is for the branch; a day without a row follows its weekday."""

    WORK = "work"  # 调休上班
    REST = "rest"  # 放假
    SPRING = "spring"  # 除夕 to 初六: a day of rest on which nothing is pushed


class CalendarDay(Base):
    """One day that is not what its weekday says; filled from a package, edited by the office."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[DayKind] = mapped_column(code_type(DayKind))
    name: Mapped[str] = mapped_column(String(20), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # empty: from the package
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StudyWish(StrEnum):
    """How often a member wants to be reminded of study (自愿)."""

    NEVER = "never"
    TWICE = "twice"  # Monday and Thursday
    DAILY = "daily"


class Wish(Base):
    """What one member wants to be reminded of; without a row the defaults hold. 活动 and 改期 are not for choosing."""

    __tablename__ = "wish"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    study: Mapped[StudyWish] = mapped_column(code_type(StudyWish), default=StudyWish.NEVER)
    self_check: Mapped[bool] = mapped_column(default=False)
    unread: Mapped[bool] = mapped_column(default=True, server_default=true())  # of bulletins not read
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when consent was asked for, once


class GreetingChoice(StrEnum):
    """What the office decided about one 政治生日."""

    SEND = "send"  # 本人发送
    VISIT = "visit"  # 改为上门
    SKIP = "skip"  # 不发


class Greeting(Base):
    """The office's word on one member's 政治生日 of one year; without a row the member's status decides."""

    __tablename__ = "greeting"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    choice: Mapped[GreetingChoice] = mapped_column(code_type(GreetingChoice))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OathReading(Base):
    """自愿重温: a member has read the oath once more; it counts as no activity of the branch."""

    __tablename__ = "oath_reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(String(32), unique=True)  # the message's key


class SelfCheck(Base):
    """自查: some lines of a member for the member alone; on no page of others, in no table and no export."""

    __tablename__ = "self_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    once: Mapped[str] = mapped_column(String(32), unique=True)  # the message's key

    member: Mapped[Member] = relationship()

    __table_args__ = (CheckConstraint("length(text) > 0", name="said"),)
