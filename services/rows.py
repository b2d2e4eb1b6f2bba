"""How many rows a statement touched, with its type; a row unless it is there; taking turns where no key decides."""

from collections.abc import Mapping
from typing import cast

from sqlalchemy import CursorResult, Delete, Update, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base
from models.org import Org


def touched(db: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; returns the number of rows it changed."""
    return cast("CursorResult[tuple[()]]", db.execute(statement)).rowcount


def insert_new(db: Session, table: type[Base], values: Mapping[str, object]) -> int:
    """Insert a row unless one with its key is there; returns 1 if it is new, else 0."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    keys = inspect(table).primary_key
    made = dialect.insert(table).values(dict(values)).on_conflict_do_nothing().returning(*keys)
    return len(db.execute(made).all())


def in_turn(db: Session) -> None:
    """Wait until whoever else called this has committed: what is looked up afterwards is up to date.

    For what a button tapped twice must not enter twice and no unique key can tell. Locks the branch's row on
    PostgreSQL; on SQLite writing transactions queue anyway.
    """
    db.execute(select(Org.id).where(Org.parent_id.is_(None)).with_for_update())
