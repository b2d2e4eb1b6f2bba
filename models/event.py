"""The append-only log (留痕): who changed what, shown on each record; rows are written, never changed or deleted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, UtcDateTime
from models.member import Member


class Event(Base):
    """One change: a verb (texts/event.py words it), the record it touched, and its facts as JSON."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # empty: the operator at the command line
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(24))  # table of the record
    subject_id: Mapped[int]
    facts: Mapped[str] = mapped_column(Text, default="{}")

    by: Mapped[Member | None] = relationship()

    __table_args__ = (Index(None, "subject", "subject_id", "id"),)
