"""Which person on record is a handler (承办人) of the confidential desk, for the reminder alone."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.member import Member


class HandlerTie(Base):
    """A handler's id on the signed list and the member to remind; says nothing of cases, and is changed by none."""

    __tablename__ = "handler_tie"

    handler: Mapped[str] = mapped_column(String(20), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)

    member: Mapped[Member] = relationship()

    __table_args__ = (CheckConstraint("length(handler) > 0", name="named"),)
