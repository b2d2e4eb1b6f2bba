"""The organisation: the branch (党支部) and its groups (党小组), a tree of one table."""

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, PublicId, code_type, public_id


class OrgKind(StrEnum):
    """What a node of the tree is."""

    BRANCH = "branch"
    GROUP = "group"


class Org(Base):
    """A branch, or a group below it."""

    __tablename__ = "org"
    __table_args__ = (UniqueConstraint("parent_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=public_id)
    kind: Mapped[OrgKind] = mapped_column(code_type(OrgKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("org.id"))
    name: Mapped[str] = mapped_column(String(60))
