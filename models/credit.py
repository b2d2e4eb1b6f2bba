"""Credits (订阅授权): one subscription notice each; a ledger in which nothing is ever changed, only added."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, UtcDateTime, code_type


class CreditMove(StrEnum):
    """What happened to a person's credits for one template; WeChat has no API that tells how many are left."""

    ACCEPTED = "accepted"  # one more
    SPENT = "spent"  # one less, from the moment on when a message may have left
    RETURNED = "returned"  # that message certainly did not leave
    ZEROED = "zeroed"  # refused, or WeChat said that none is left: nothing from before counts


class CreditEntry(Base):
    """One move; `once` names where it comes from, so that an event delivered twice counts once."""

    __tablename__ = "credit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    template_id: Mapped[str] = mapped_column(String(64))
    move: Mapped[CreditMove] = mapped_column(code_type(CreditMove))
    at: Mapped[datetime] = mapped_column(UtcDateTime)  # by WeChat's clock where an event says it
    once: Mapped[str] = mapped_column(String(120), unique=True)

    __table_args__ = (Index(None, "identity_id", "template_id", "at"),)


class Delivery(Base):
    """What WeChat says became of a message; it may say so before it has answered the call that sent it."""

    __tablename__ = "delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    app_id: Mapped[str] = mapped_column(String(32))
    message_id: Mapped[str] = mapped_column(String(32))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id"), index=True)
    template_id: Mapped[str] = mapped_column(String(64), default="")  # "" where the event does not name it
    arrived: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(60), default="")  # a code, never WeChat's sentence
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (Index("uq_delivery_app_id_message_id", "app_id", "message_id", unique=True),)
