"""A program of its own that reads a workbook from its input and prints the rows as JSON.

It runs apart with limits on memory and time, because the reader trusts what a file says of itself: a cell
claimed to stand in the last column of the last row makes it ask for half a terabyte and abort.
"""

import datetime as dt
import json
import resource
import sys
from io import BytesIO
from typing import TextIO

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

MOST_MEMORY = 1_000_000_000  # bytes of address space; 20,000 rows of a hundred columns take a fifth of it
MOST_SECONDS = 30  # of processor time
MOST_SHEETS = 10
MOST_COLUMNS = 200

Cell = str | int | float | bool | dt.date | dt.time | dt.timedelta


def main(most_rows: int, stdin: BytesIO, stdout: TextIO) -> None:
    """Print `{"sheets": [[[line, [cell, …]], …], …], "names": [name, …]}` or `{"refused": "locked" | "broken"}`.

    One row more than `most_rows` at most is printed of a sheet; rows without anything are left out.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer: dict[str, object] = _sheets(stdin, most_rows)
    except PasswordError:
        answer = {"refused": "locked"}
    except CalamineError:
        answer = {"refused": "broken"}
    json.dump(answer, stdout, ensure_ascii=True)


def _sheets(source: BytesIO, most_rows: int) -> dict[str, object]:
    with CalamineWorkbook.from_filelike(BytesIO(source.read())) as workbook:
        shown = [
            index
            for index, sheet in enumerate(workbook.sheets_metadata)
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        ]
        names = [workbook.sheet_names[index] for index in shown[:MOST_SHEETS]]
        return {"sheets": [_rows(workbook, index, most_rows) for index in shown[:MOST_SHEETS]], "names": names}


def _rows(workbook: CalamineWorkbook, index: int, most: int) -> list[tuple[int, list[object]]]:
    found: list[tuple[int, list[object]]] = []
    for line, row in enumerate(workbook.get_sheet_by_index(index).iter_rows(), start=1):
        cells = [_plain(cell) for cell in row[:MOST_COLUMNS]]
        if any(cell != "" for cell in cells):
            found.append((line, cells))
        if len(found) > most:
            break
    return found


def _plain(cell: Cell) -> object:
    """The cell as JSON has it; a day is a list of its ISO text, so that it is told from text."""
    if isinstance(cell, dt.datetime):
        return [cell.date().isoformat()]
    if isinstance(cell, dt.date):
        return [cell.isoformat()]
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    return cell


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.stdin.buffer, sys.stdout)  # type: ignore[arg-type] # a pipe reads like BytesIO
