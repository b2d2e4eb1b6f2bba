"""How many rows a statement touched, with its type."""

from typing import cast

from sqlalchemy import CursorResult, Delete, Update
from sqlalchemy.orm import Session


def touched(db: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; returns the number of rows it changed."""
    return cast("CursorResult[tuple[()]]", db.execute(statement)).rowcount
