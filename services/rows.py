"""How many rows a statement touched, with its type; a row unless it is there; rows handed over as one value.

And taking turns where no key decides.
"""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import JSON, CursorResult, Delete, FromClause, Text, Update, bindparam, column, func, inspect, select
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

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


def handed(dialect: str, name: str, **columns: type[TypeEngine[Any]]) -> FromClause:
    """The rows that the parameter `name` holds, a JSON array of objects, as something to select from.

    Whatever their number, it is the same statement, prepared once; and one value costs a client less than many.
    """
    given = bindparam(name, type_=Text)
    if dialect == "postgresql":
        parts = [column(part, of()) for part, of in columns.items()]
        return func.json_to_recordset(cast_to(given, JSON)).table_valued(*parts).render_derived(name, with_types=True)
    each = func.json_each(given).table_valued("value", name=f"each_of_{name}")
    return select(
        *(func.json_extract(each.c.value, f"$.{part}", type_=of()).label(part) for part, of in columns.items())
    ).subquery(name)


def in_turn(db: Session) -> None:
    """Wait until whoever else called this has committed: what is looked up afterwards is up to date.

    For what a button tapped twice must not enter twice and no unique key can tell. Locks the branch's row on
    PostgreSQL; on SQLite writing transactions queue anyway.
    """
    db.execute(select(Org.id).where(Org.parent_id.is_(None)).with_for_update())
