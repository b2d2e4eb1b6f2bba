"""Logins of the mini-program: an opaque token, kept as its digest only."""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, UtcDateTime
from models.member import Identity


class Login(Base):
    """One signed-in mini-program; gone with its identity."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    identity: Mapped[Identity] = relationship()

    @property
    def called(self) -> str:
        """16 hex digits that stand for it in its owner's list: they tell nothing of the token or the row."""
        return hashlib.sha256(f"called {self.digest}".encode()).hexdigest()[:16]
