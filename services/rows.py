"""How many rows a statement touched, with its type; and waiting one's turn where no key can decide."""

from typing import cast

from sqlalchemy import CursorResult, Delete, Update, select
from sqlalchemy.orm import Session

from models.org import Org


def touched(db: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; returns the number of rows it changed."""
    return cast("CursorResult[tuple[()]]", db.execute(statement)).rowcount


def in_turn(db: Session) -> None:
    """Wait until whoever else called this has committed: what is looked up afterwards is up to date.

    For what a button tapped twice must not enter twice and no unique key can tell. Locks the branch's row on
    PostgreSQL; on SQLite writing transactions queue anyway.
    """
    db.execute(select(Org.id).where(Org.parent_id.is_(None)).with_for_update())
