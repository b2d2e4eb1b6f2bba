"""The rows of the table, in the order they take their turns; a new one is a file here and its name in ROWS."""

from bench.rows import floor
from bench.table import Row

ROWS: tuple[Row, ...] = (floor.ROW,)
