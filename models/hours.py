"""学时: courses that are entered with proof; lectures attended count from the attendance itself."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member
from models.question import Topic


class CourseForm(StrEnum):
    """形式: only 集中学习培训 counts towards the year's hours (教育管理工作条例第二十条)."""

    TOGETHER = "together"  # 集中培训
    LECTURE = "lecture"  # 听党课, 报告会
    ONLINE = "online"  # 在线学习, shown and not counted
    BROUGHT = "brought"  # 送学上门, shown and not counted


COUNTED = (CourseForm.TOGETHER, CourseForm.LECTURE)


class Course(Base):
    """Training that was not one of our activities: who ran it, how many hours (in tenths), and the proof."""

    __tablename__ = "course"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    title: Mapped[str] = mapped_column(String(60))
    organiser: Mapped[str] = mapped_column(String(60), default="")  # 主办单位
    form: Mapped[CourseForm] = mapped_column(code_type(CourseForm))
    topic: Mapped[Topic | None] = mapped_column(code_type(Topic))
    held_on: Mapped[date] = mapped_column(Date)
    tenths: Mapped[int]  # 学时 in tenths
    proof: Mapped[str] = mapped_column(String(100), default="")  # 证明材料: what it is and where it lies
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # 登记人; empty: the operator
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # entered by mistake: kept, counts no more
    version: Mapped[int] = mapped_column(default=1)

    by: Mapped[Member | None] = relationship(foreign_keys=[by_id])

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        CheckConstraint("tenths BETWEEN 1 AND 2000", name="long"),
        CheckConstraint("form NOT IN ('together', 'lecture') OR proof <> ''", name="proven"),
        Index(None, "held_on"),
    )


class CourseSeat(Base):
    """A member took part in a course."""

    __tablename__ = "course_seat"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)

    course: Mapped[Course] = relationship()
