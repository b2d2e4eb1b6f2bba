"""People on record, the WeChat identities bound to them, and the one-time codes that bind."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.org import Org


class MemberStatus(StrEnum):
    """人员类别: where a person stands with the Party (党章 1, 7, 9; 发展党员工作细则)."""

    FULL = "full"  # 正式党员
    PROBATIONARY = "probationary"  # 预备党员
    CANDIDATE = "candidate"  # 发展对象
    ACTIVIST = "activist"  # 入党积极分子
    APPLICANT = "applicant"  # 入党申请人
    CITIZEN = "citizen"  # 群众
    SUSPENDED = "suspended"  # 停止党籍
    MOVED = "moved"  # 已转出
    DECEASED = "deceased"  # 已去世


ON_ROLL = (MemberStatus.FULL, MemberStatus.PROBATIONARY)  # who is expected at the branch's meetings
GONE = (MemberStatus.MOVED, MemberStatus.DECEASED)  # whose record stays, and who is nobody to be asked or told


class Member(Base):
    """Anyone on record. Dates are text as precise as the roster gave them: 2008, 2008-07 or 2008-07-01."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"), index=True)
    number: Mapped[str | None] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(40), index=True)
    status: Mapped[MemberStatus] = mapped_column(code_type(MemberStatus))
    gender: Mapped[str | None] = mapped_column(String(1))
    born: Mapped[str | None] = mapped_column(String(10))
    joined: Mapped[str | None] = mapped_column(String(10))  # 入党日期
    confirmed: Mapped[str | None] = mapped_column(String(10))  # 转正日期; empty for 1969-1977
    phone: Mapped[str | None] = mapped_column(String(20))
    ethnicity: Mapped[str | None] = mapped_column(String(20))  # 民族
    education: Mapped[str | None] = mapped_column(String(20))  # 学历
    post: Mapped[str | None] = mapped_column(String(60))  # 工作岗位及职务
    moved_in: Mapped[date | None] = mapped_column(Date)  # 转入日期: expected from this day on
    moved_out: Mapped[date | None] = mapped_column(Date)  # 转出日期: expected until the day before
    note: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1, server_default="1")  # grows with each edit on a page

    group: Mapped[Org | None] = relationship(foreign_keys=[group_id])

    __table_args__ = (
        UniqueConstraint("org_id", "number"),
        CheckConstraint("length(name) > 0", name="named"),
        CheckConstraint("moved_out IS NULL OR moved_in IS NULL OR moved_out >= moved_in", name="moved"),
    )


class Identity(Base):
    """One WeChat openid under one appid; bound to a member or, for a follower not yet bound, to nobody."""

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(primary_key=True)
    app_id: Mapped[str] = mapped_column(String(32))
    openid: Mapped[str] = mapped_column(String(64))
    unionid: Mapped[str | None] = mapped_column(String(64), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)  # first met
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when WeChat last told us its unionid
    bound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spoke_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # last message, to the quarter of an hour
    answered: Mapped[int] = mapped_column(default=0, server_default="0")  # customer service messages since then

    member: Mapped[Member | None] = relationship()

    __table_args__ = (
        UniqueConstraint("app_id", "openid"),
        UniqueConstraint("app_id", "member_id"),  # one WeChat account is one member, and the other way round
        CheckConstraint("unionid <> ''", name="unionid"),  # two people never meet on an empty unionid
        Index("ix_identity_unasked", "app_id", "asked_at"),
    )


class BindCode(Base):
    """An 8-digit code on a slip of paper: binds its member once, then or after `expires_at` never again."""

    __tablename__ = "bind_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    digits: Mapped[str] = mapped_column(String(8), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[str | None] = mapped_column(String(32), unique=True)  # key of the message that used it


class WrongCode(Base):
    """One wrong bind code someone sent; who is a digest, so that unfollowing does not lift the lock."""

    __tablename__ = "wrong_code"

    message: Mapped[str] = mapped_column(String(32), primary_key=True)  # key: a redelivery counts once
    who: Mapped[str] = mapped_column(String(32), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
