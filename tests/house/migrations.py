"""Compares the tables the migrations make with those the models say, name by name; run it alone for SQLite."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Inspector, inspect

from engines import sql
from models import Base
from tests.engines import migrated_sqlite

Shape = dict[str, str]  # "table.column", "table CHECK name" … -> what the engine says of it


def shape(connection: Connection) -> Shape:
    """Describe every table of the database, as the engine itself reports them."""
    found: Shape = {}
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        if table != "alembic_version":
            found.update(_table(inspector, table))
    return found


def _table(inspector: Inspector, table: str) -> Iterator[tuple[str, str]]:
    for column in inspector.get_columns(table):
        kind = column["type"].compile(inspector.dialect)
        yield f"{table}.{column['name']}", f"{kind} null={column['nullable']} default={column['default']}"
    yield f"{table} PRIMARY KEY", str(inspector.get_pk_constraint(table)["constrained_columns"])
    for unique in inspector.get_unique_constraints(table):
        yield f"{table} UNIQUE {unique['name']}", str(unique["column_names"])
    for foreign in inspector.get_foreign_keys(table):
        target = f"{foreign['referred_table']}{foreign['referred_columns']} {foreign['options']}"
        yield f"{table} FOREIGN KEY {foreign['name']}", f"{foreign['constrained_columns']} -> {target}"
    for check in inspector.get_check_constraints(table):
        yield f"{table} CHECK {check['name']}", " ".join(check["sqltext"].split())
    for index in inspector.get_indexes(table):
        options = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
        yield f"{table} INDEX {index['name']}", f"{index['column_names']} unique={index['unique']} {options}"


def differences(migrated: Engine, empty: Engine) -> list[str]:
    """Make the models' tables in `empty` and list how `migrated` differs; [] means the two are equal."""
    with empty.begin() as connection:
        Base.metadata.create_all(connection)
        wanted = shape(connection)
    with migrated.begin() as connection:
        have = shape(connection)
    return [
        f"{name}: models {wanted.get(name, 'nothing')!r}, migrations {have.get(name, 'nothing')!r}"
        for name in sorted(wanted.keys() | have.keys())
        if wanted.get(name) != have.get(name)
    ]


@contextmanager
def engine_for(url: str, home: Path) -> Iterator[Engine]:
    """Open a database and close it again."""
    engine = sql.open_engine(url, home)
    try:
        yield engine
    finally:
        engine.dispose()


def main() -> int:
    """Compare on SQLite; 0 when equal."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        migrated_sqlite(home)
        with engine_for("", home) as migrated, engine_for("sqlite:///empty.db", home) as empty:
            found = differences(migrated, empty)
    for line in found:
        print(line)  # noqa: T201  what make check shows
    print("Models and migrations differ." if found else "Models equal migrations.")  # noqa: T201
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
