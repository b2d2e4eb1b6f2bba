"""Dated appointments (任职): who holds which office of the branch or a group, from which day to which."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member
from models.org import Org


class Role(StrEnum):
    """党内职务 of a branch, and the leading group with its office that the founding plan sets up."""

    SECRETARY = "secretary"  # 书记
    DEPUTY = "deputy"  # 副书记
    ORGANISATION = "organisation"  # 组织委员
    PUBLICITY = "publicity"  # 宣传委员
    DISCIPLINE = "discipline"  # 纪检委员
    YOUTH = "youth"  # 青年委员
    GROUP_LEADER = "group_leader"  # 党小组长
    LEADING_HEAD = "leading_head"  # 领导小组组长
    LEADING_DEPUTY = "leading_deputy"  # 领导小组副组长
    LEADING_MEMBER = "leading_member"  # 领导小组成员
    OFFICE = "office"  # 领导小组办公室


COMMITTEE = (
    Role.SECRETARY,
    Role.DEPUTY,
    Role.ORGANISATION,
    Role.PUBLICITY,
    Role.DISCIPLINE,
    Role.YOUTH,
)


class Appointment(Base):
    """One office held by one member; `ends` is the first day on which it is held no more, empty while it lasts."""

    __tablename__ = "appointment"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))  # the branch; for a 党小组长 the group
    role: Mapped[Role] = mapped_column(code_type(Role))
    starts: Mapped[date] = mapped_column(Date)
    ends: Mapped[date | None] = mapped_column(Date)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # ended by hand: at that moment, not at midnight

    member: Mapped[Member] = relationship()
    org: Mapped[Org] = relationship()

    __table_args__ = (
        CheckConstraint("ends IS NULL OR ends >= starts", name="in_order"),
        Index(None, "member_id", "starts"),
    )
