"""A table's rows as lines of JSON that are the same whichever engine they come from, and a checksum of them.

The checksum is the sum of the lines' SHA-256, so it does not depend on the order in which an engine gives them (text
keys sort differently here and there).
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    Boolean,
    Connection,
    Date,
    Double,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    TableClause,
    column,
    select,
    table,
)
from sqlalchemy.types import TypeEngine

from models.base import UtcDateTime

Value = str | int | float | bool | bytes | date | datetime | None
Plain = str | int | float | bool | None
Kind = Literal["int", "text", "float", "bool", "bytes", "time", "date"]
CHUNK = 500  # rows in memory at a time …
HEAVY = 4  # … of a table that may hold files
_LIMIT = 1 << 256
TYPES: Mapping[str, TypeEngine[Any]] = {
    "int": Integer(),
    "text": String(),
    "float": Double(),
    "bool": Boolean(),
    "bytes": LargeBinary(),
    "time": UtcDateTime(),
    "date": Date(),
}
_OUT: Mapping[str, Callable[[Value], Plain]] = {
    "time": lambda value: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else None,
    "date": lambda value: value.isoformat() if isinstance(value, date) else None,
    "bytes": lambda value: base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else None,
}


class NotARow(ValueError):
    """A line is no row of its table."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as a backup knows it: its name, and each column with its kind."""

    name: str
    columns: tuple[tuple[str, Kind], ...]

    def clause(self) -> TableClause:
        """The table for statements, with types that say the same on both engines."""
        return table(self.name, *(column(name, TYPES[kind]) for name, kind in self.columns))

    @property
    def chunk(self) -> int:
        """How many of its rows may be in memory at a time."""
        return HEAVY if any(kind == "bytes" for _, kind in self.columns) else CHUNK

    def all(self) -> Select[Any]:
        """Everything in it, in no particular order."""
        return select(self.clause())


def shape_of(made: Table) -> Shape:
    """The shape of one of our tables."""
    return Shape(made.name, tuple((one.name, _kind(one.type)) for one in made.columns))


def _kind(of: TypeEngine[Any]) -> Kind:
    found: Kind
    match of:
        case UtcDateTime():
            found = "time"
        case Date():
            found = "date"
        case Boolean():
            found = "bool"
        case LargeBinary():
            found = "bytes"
        case Integer():
            found = "int"
        case Float():
            found = "float"
        case String() | Enum():
            found = "text"
        case _:
            raise TypeError(f"a column of type {of!r} has no place in a backup yet")
    return found


@dataclass
class Sum:
    """The checksum of a table as its lines go by."""

    rows: int = 0
    _sum: int = field(default=0, repr=False)

    def add(self, line: bytes) -> None:
        """Count one line, its end not included."""
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest(), "big")) % _LIMIT

    @property
    def checksum(self) -> str:
        """Of the lines so far, in 64 hexadecimal digits."""
        return f"{self._sum:064x}"


def lines(db: Connection, shape: Shape) -> Iterator[bytes]:
    """The table's rows as lines, a chunk of them in memory at a time."""
    out = [_OUT.get(kind) for _, kind in shape.columns]
    for row in db.execute(shape.all(), execution_options={"yield_per": shape.chunk}):
        values = [value if make is None or value is None else make(value) for make, value in zip(out, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def summed(db: Connection, shape: Shape) -> Sum:
    """The checksum of a table as the database has it."""
    found = Sum()
    for line in lines(db, shape):
        found.add(line)
    return found


def fill(db: Connection, shape: Shape, given: Iterable[bytes]) -> None:
    """Insert the rows of these lines, a chunk at a time. Raises NotARow, and what the database says."""
    insert = shape.clause().insert()
    chunk: list[dict[str, Value]] = []
    for line in given:
        chunk.append(_row(shape, line))
        if len(chunk) == shape.chunk:
            db.execute(insert, chunk)
            chunk = []
    if chunk:
        db.execute(insert, chunk)


def _row(shape: Shape, line: bytes) -> dict[str, Value]:
    try:
        values = json.loads(line)
        if not isinstance(values, list) or len(values) != len(shape.columns):
            raise NotARow(shape.name)
        return {name: _in(kind, value) for (name, kind), value in zip(shape.columns, values, strict=True)}
    except (ValueError, RecursionError):  # those of JSON, dates and base64 are ValueErrors
        raise NotARow(shape.name) from None


def _in(kind: Kind, value: Plain) -> Value:
    """What stands in a line as the database takes it; anything else than its kind is refused."""
    if value is None:
        return None
    match kind, value:
        case "int", int() if not isinstance(value, bool):
            return value
        case "float", float() | int() if not isinstance(value, bool):
            return float(value)
        case "bool", bool():
            return value
        case "text", str():
            return value
        case "time", str():
            return datetime.fromisoformat(value)
        case "date", str():
            return date.fromisoformat(value)
        case "bytes", str():
            return base64.b64decode(value, validate=True)
    raise NotARow(kind)
