"""Tables in files: xlsx, xls and csv read into rows, recognised by content; csv and xlsx written."""

import contextlib
import csv
import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from sheets import workbook
from texts import sheet as texts

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 200  # a sheet of equal rows packs a hundred times at most
MOST_ROWS = 20_000
HEADER_WITHIN = 10  # rows; titles and notes may stand above the header
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_BIFF = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_TALL = 100  # lines
_LONGEST_HEADING = 200  # characters looked at: a longer text is no column's name
csv.field_size_limit(MOST_UNPACKED)  # a long cell is the reader's to refuse, by its row; the file's size is limited

Cell = str | int | float | bool | dt.date


class SheetRefused(Exception):
    """The whole file cannot be taken or written; `reason` is a Chinese sentence: what was wrong, what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row with something in it; `line` counts the file's own lines from 1; `fault` is why its cells are unknown."""

    line: int
    cells: list[Cell]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a file; a csv has no name."""

    name: str
    rows: list[Row]


def read(path: Path, mark: str) -> tuple[list[str], list[Row]]:
    """The header (blanks and remarks in brackets removed) and the rows below it.

    The header is the first row with a cell that says `mark`, in the first sheet that has one within its first
    ten lines. Formulas are the values last shown; nothing is computed. Raises SheetRefused.
    """
    for rows in _tables(content(path), mark):
        for index, row in enumerate(rows):
            if row.line > HEADER_WITHIN:
                break
            header = [_heading(cell) for cell in row.cells]
            if mark in header:
                below = rows[index + 1 :]
                if len(below) > MOST_ROWS:
                    raise SheetRefused(texts.TOO_MANY_ROWS)
                return header, below
    raise SheetRefused(texts.NO_NAME_COLUMN)


def write(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> None:
    """Write a table of texts; the suffix decides between csv (UTF-8 with BOM, for Excel) and xlsx.

    No cell is ever a formula: xlsx cells are text, in csv an apostrophe stands before what a spreadsheet would
    compute; `read` takes it off again. The file appears whole or not at all, readable by its owner alone.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        save(path, _csv(columns, rows))
    elif suffix == ".xlsx":
        save(path, _xlsx(columns, rows, title))
    else:
        raise SheetRefused(texts.WRONG_SUFFIX.format(".csv 或 .xlsx"))


def save(path: Path, content: bytes) -> None:
    """Put a file in place in one step, readable by its owner alone. Raises SheetRefused."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError:
        raise SheetRefused(texts.NOT_WRITTEN) from None


def content(path: Path, most: int = MOST_BYTES, heavy: str = texts.TOO_HEAVY) -> bytes:
    """What stands in the file; a larger one than `most` bytes is refused, saying `heavy`. Raises SheetRefused."""
    try:
        with path.open("rb") as file:
            found = file.read(most + 1)
    except OSError:
        raise SheetRefused(texts.NO_FILE) from None
    if len(found) > most:
        raise SheetRefused(heavy)
    if not found.strip():
        raise SheetRefused(texts.EMPTY)
    return found


def sheets(content: bytes, most_rows: int = MOST_ROWS) -> list[Sheet] | None:
    """The visible sheets of a workbook in their order, of each one row more than `most_rows` at most; None for others.

    Raises SheetRefused for a workbook that cannot be read.
    """
    if content.startswith(b"PK"):
        _check_package(content)
    elif content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise SheetRefused(texts.LOCKED)
        if not any(name in content for name in _BIFF):
            raise SheetRefused(texts.NOT_A_TABLE)
    else:
        return None
    return _workbook(content, most_rows)


def _tables(content: bytes, mark: str) -> Iterator[list[Row]]:
    """The tables of the file: the visible sheets of a workbook in their order, or the one of a csv."""
    found = sheets(content)
    if found is not None:
        yield from (sheet.rows for sheet in found)
    else:
        text = decoded(content)
        if mark not in "".join(text.split()):
            raise SheetRefused(texts.NO_NAME_COLUMN)
        yield delimited(text, _delimiter(text, mark))


def _check_package(content: bytes) -> None:
    """Refuse what is no xlsx, and what would unpack into more than anybody could have typed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise SheetRefused(texts.BROKEN) from None
    names = {part.filename.replace("\\", "/") for part in parts}
    if not any(name.endswith("workbook.xml") for name in names):
        other = "mimetype" in names or any(name.endswith("workbook.bin") for name in names)
        raise SheetRefused(texts.OTHER_TABLE if other else texts.NOT_A_TABLE)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * len(content):
        raise SheetRefused(texts.SWOLLEN)


def _workbook(content: bytes, most_rows: int) -> list[Sheet]:
    """The visible sheets of a workbook, read in a process that may come to grief without us."""
    program = [sys.executable, "-I", workbook.__file__, str(most_rows + HEADER_WITHIN)]
    try:
        done = subprocess.run(
            program, input=content, capture_output=True, check=False, timeout=2 * workbook.MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise SheetRefused(texts.SWOLLEN) from None
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise SheetRefused(texts.SWOLLEN)
    if done.returncode:
        raise SheetRefused(texts.BROKEN)
    answer = json.loads(done.stdout)
    if "refused" in answer:
        raise SheetRefused(texts.LOCKED if answer["refused"] == "locked" else texts.BROKEN)
    return [
        Sheet(name, [Row(line, [_cell(cell) for cell in cells]) for line, cells in rows])
        for name, rows in zip(answer["names"], answer["sheets"], strict=True)
    ]


def _cell(cell: str | float | bool | list[str]) -> Cell:  # noqa: FBT001 - a cell may be TRUE
    return dt.date.fromisoformat(cell[0]) if isinstance(cell, list) else cell


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8 or UTF-16 by its mark, else UTF-8, else what Chinese Windows writes.

    Raises SheetRefused.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise SheetRefused(texts.NOT_A_TABLE)
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            break
    else:
        raise SheetRefused(texts.NOT_A_TABLE if content.startswith(b"%PDF") else texts.UNREADABLE_TEXT)
    if re.match(r"\s*<(!doctype|html|table|meta|\?xml)", text, re.IGNORECASE):
        raise SheetRefused(texts.WEB_PAGE)
    return text


def _delimiter(text: str, mark: str) -> str:
    """Comma, tab or semicolon: whichever stands most often in the line of the header."""
    lines = [line for line in text.splitlines()[:HEADER_WITHIN] if mark in "".join(line.split())]
    return max(",\t;", key="\n".join(lines or text.splitlines()[:HEADER_WITHIN]).count)


def delimited(text: str, delimiter: str, most_rows: int = MOST_ROWS) -> list[Row]:
    """The rows of a text table, one more than `most_rows` at most. Raises SheetRefused for open quotation marks."""
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line, [_unguarded(cell) for cell in cells]))
            line = reader.line_num + 1  # a cell with line breaks in it takes several lines of the file
            if len(rows) > most_rows + HEADER_WITHIN:
                break
    except csv.Error:
        raise SheetRefused(texts.unclosed_quote(line)) from None
    return rows


def mended(text: str, delimiter: str, most_rows: int, fault: str) -> list[Row]:
    """The rows of a text table whose quotation marks are not all in order; a row that cannot be read carries `fault`.

    A cell goes over `_TALL` lines at most, so that a mark left open spoils its own row and no other.
    """
    lines = list(io.StringIO(text, newline=""))
    rows: list[Row] = []
    place = 0
    while place < len(lines):
        reader = csv.reader(lines[place : place + _TALL], delimiter=delimiter, strict=True)
        try:
            cells: list[str] | None = next(reader)
            taken = reader.line_num
        except csv.Error:
            cells, taken = _loose(lines[place], delimiter), 1
        except StopIteration:
            break
        if cells is None:
            rows.append(Row(place + 1, [], fault))
        elif any(cell.strip() for cell in cells):
            rows.append(Row(place + 1, [_unguarded(cell) for cell in cells]))
        place += taken
        if len(rows) > most_rows + HEADER_WITHIN:
            break
    return rows


def _loose(line: str, delimiter: str) -> list[str] | None:
    """A line with quotation marks inside its cells, where each cell's own are still closed; None where one is not."""
    mark = re.escape(delimiter)
    cells = [
        (inner if quoted else bare)
        for quoted, inner, bare in re.findall(
            rf'(?:{mark}|\A)(?:(")(.*?)"(?={mark}|\Z)|([^{mark}]*))', line.rstrip("\r\n")
        )
    ]
    return None if any(cell.startswith('"') for cell in cells) else [cell.replace('""', '"') for cell in cells]


def _heading(cell: Cell) -> str:
    """A column's name without blanks, stars, colons and remarks in brackets: 「出生日期 (年月日)*」 is 出生日期."""
    return re.sub(r"[（(【\[].*?[）)】\]]|[\s*＊:：]", "", str(cell)[:_LONGEST_HEADING])


def _csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell, 1) else cell


def _xlsx(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet(title)
        text = book.add_format({"num_format": "@"})
        heading = book.add_format({"num_format": "@", "bold": True})
        for column, name in enumerate(columns):
            longest = max(_width(cell) for cell in (name, *(row[column] for row in rows)))
            sheet.set_column(column, column, min(longest, 40) + 2, text)
            sheet.write_string(0, column, name, heading)
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                sheet.write_string(line, column, cell, text)
        sheet.freeze_panes(1, 0)
    return content.getvalue()


def _width(cell: str) -> int:
    """How many half-width characters wide a cell is: a Chinese one counts two, as it does in GBK."""
    return len(cell.encode("gbk", "replace"))
