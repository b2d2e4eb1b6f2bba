"""Guests of one activity (列席) who are not on record: comrades of a higher body, 积极分子 of another branch."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PublicId, UtcDateTime, public_id


class Guest(Base):
    """One guest: a name and where from, and nothing else of a person who is not ours."""

    __tablename__ = "guest"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    name: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(60), default="")
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("activity_id", "name", "unit"),  # entered twice is one guest
        CheckConstraint("length(name) > 0", name="named"),
    )
