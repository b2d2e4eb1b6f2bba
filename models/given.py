"""How dialogues ended that changed something: what makes a turn happen once."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcDateTime


class Given(Base):
    """Written in the transaction of the effect itself; purged after a day (WeChat redelivers for seconds)."""

    __tablename__ = "given"

    message: Mapped[str] = mapped_column(String(32), primary_key=True)  # digest of message and step
    talk: Mapped[str] = mapped_column(String(32), unique=True)  # digest of the talk it ended: a talk ends once
    ending: Mapped[str] = mapped_column(Text)  # the reply and what followed, as JSON
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
