"""Bulletins (通知公告): what is made known, to whom and how long, in which edition, and who has read it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, code_type, public_id
from models.member import Member


class BulletinKind(StrEnum):
    """What a bulletin is."""

    NOTICE = "notice"  # 通知
    BRIEFING = "briefing"  # 情况通报
    OPENNESS = "openness"  # 党务公开
    DISPLAY = "display"  # 公示
    RULE = "rule"  # 制度


class BulletinAudience(StrEnum):
    """Who may read it."""

    MEMBERS = "members"  # 本支部党员
    GROUP = "group"  # 一个党小组
    EVERYONE = "everyone"  # 在册的所有人
    OUTSIDE = "outside"  # 对外, by a recorded decision alone


class BulletinState(StrEnum):
    """draft -> published -> withdrawn."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Bulletin(Base):
    """One bulletin; `edition` is the one in force, `secret` its login-free page where the audience is outside."""

    __tablename__ = "bulletin"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    kind: Mapped[BulletinKind] = mapped_column(code_type(BulletinKind))
    title: Mapped[str] = mapped_column(String(60))
    audience: Mapped[BulletinAudience] = mapped_column(code_type(BulletinAudience), default=BulletinAudience.MEMBERS)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))
    decision: Mapped[str] = mapped_column(String(100), default="")  # which meeting decided to go outside, and when
    contact: Mapped[str] = mapped_column(String(100), default="")  # 公示: where objections go
    duty: Mapped[str] = mapped_column(String(40), default="")  # 责任人
    feedback: Mapped[str] = mapped_column(String(200), default="")  # 反馈
    from_on: Mapped[date | None] = mapped_column(Date)  # valid from …
    until_on: Mapped[date | None] = mapped_column(Date)  # … to this day, both included; empty: until withdrawn
    working_days: Mapped[int | None]  # 公示: how many it runs; publishing makes the two days of it
    state: Mapped[BulletinState] = mapped_column(code_type(BulletinState), default=BulletinState.DRAFT)
    edition: Mapped[int] = mapped_column(default=1)
    secret: Mapped[str | None] = mapped_column(String(32), unique=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)  # grows with each edit on a page

    __table_args__ = (
        CheckConstraint("length(title) > 0", name="titled"),
        CheckConstraint("(audience = 'group') = (group_id IS NOT NULL)", name="grouped"),
        CheckConstraint("audience <> 'outside' OR length(decision) > 0", name="decided"),
        CheckConstraint("kind <> 'display' OR state = 'draft' OR length(contact) > 0", name="contact"),
        CheckConstraint("(kind = 'display') = (working_days IS NOT NULL)", name="counted"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        Index(None, "state", "published_at"),
        {"sqlite_autoincrement": True},  # a draft that is dropped leaves its log: no other record takes its number
    )


class BulletinEdition(Base):
    """The text of one edition; a new one of a 制度 asks everybody to read it again."""

    __tablename__ = "bulletin_edition"

    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


class BulletinFile(Base):
    """An attachment of a bulletin."""

    __tablename__ = "bulletin_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    bulletin_id: Mapped[int] = mapped_column(ForeignKey("bulletin.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    content_type: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("length(name) > 0", name="named"),)


class BulletinRead(Base):
    """Read mark: a member has opened this edition."""

    __tablename__ = "bulletin_read"

    bulletin_id: Mapped[int] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    member: Mapped[Member] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["bulletin_id", "edition"], ["bulletin_edition.bulletin_id", "bulletin_edition.number"]),
    )
