"""A row in every table there is, each text its own; a new table or rule that this does not know fails the tests that use it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Column, Connection, Enum, Table

from backups.rows import shape_of
from models import Base

Value = str | int | float | bool | bytes | date | datetime | None
AT = datetime(2026, 11, 25, 2, 3, 4, 567_890, tzinfo=UTC)
NUMBER = 7  # of the row, so that the next one's number has to be told
# What a CHECK asks for, or what has to be JSON; everything else follows from the column's type.
RULED: Mapping[str, Mapping[str, Value]] = {
    "activity": {"badges_worn": 3, "badges_of": 5, "tenths": 20},
    "bulletin": {"kind": "display", "audience": "group", "state": "withdrawn"},
    "held_text": {"place": "activity.plan"},
    "leave": {"state": "approved"},
    "mark": {"kind": "on_leave"},
    "notice": {"state": "claimed"},
    "opinion": {"state": "answered"},
    "question": {"difficulty": 3},
    "quiet_time": {"id": 1, "a_day": 1, "a_week": 4},
    "round": {"audience": "group", "state": "published"},
    "round_answer": {"link_id": None},
    "sitting": {"ends_at": AT + timedelta(hours=1)},
    "visit": {"number": None},
}


def fill(db: Connection) -> None:
    """Insert the rows, parents first; nothing is committed."""
    for made in Base.metadata.sorted_tables:
        db.execute(made.insert(), row(made))


def row(made: Table) -> dict[str, Value]:
    """One row of a table."""
    kinds = dict(shape_of(made).columns)
    values = {column.name: _value(made, column, kinds[column.name]) for column in made.columns}
    return {**values, **RULED.get(made.name, {})}


def _value(made: Table, column: "Column[object]", kind: str) -> Value:
    if column.foreign_keys:
        parent = next(iter(column.foreign_keys)).column.table
        return None if parent is made else NUMBER
    if isinstance(column.type, Enum):
        return str(column.type.enums[0])
    length = getattr(column.type, "length", None) or 60
    values: Mapping[str, Value] = {
        "int": NUMBER,
        "text": f"{made.name}.{column.name} “中”"[:length],
        "float": 0.1 + NUMBER,
        "bool": True,
        "bytes": bytes(range(32)),
        "time": AT + timedelta(seconds=len(column.name)),
        "date": date(2026, 11, 25),
    }
    return values[kind]
