"""Sign-ins to the H5 pages (登录): waiting for the word in chat, or open; listed, and revocable one by one."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, PublicId, UtcDateTime, public_id
from models.member import Member


class Visit(Base):
    """One browser; `digest` stands for the cookie's token, `number` is what 登录 in chat is sent with."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    number: Mapped[str | None] = mapped_column(String(4), unique=True)  # while it waits
    device: Mapped[str] = mapped_column(String(60), default="")
    place: Mapped[str] = mapped_column(String(60), default="")
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    member: Mapped[Member | None] = relationship()

    __table_args__ = (CheckConstraint("member_id IS NULL OR number IS NULL", name="settled"),)
