"""Question banks (题库) in files: xlsx, xls, csv, json, GIFT and Aiken read, recognised by content, not by suffix.

All but xls and Aiken are written too. The columns we write, and the plainest to fill in, are these (`HEADER`):

    题型,题干,选项A,选项B,选项C,选项D,选项E,选项F,选项G,选项H,选项I,选项J,
    答案,解析,文件,版本,条款,把握,难度,主题,标签

题型 is 单选, 多选, 判断 or 填空 (empty: seen from the answer). 答案 is `B`, `ABD`, 正确 or 错误; for 填空 one text a
blank joined by ；, texts that count alike joined by | (`共产主义|共产主义社会；1921`). 文件 版本 条款 are
中国共产党章程, 2022-10-22, 第七条. 把握 is 确定, 请核对 or 未核对; 难度 1 (easy) to 5 (hard); 主题 as in
texts/question.py; 标签 for searching. Columns may be left out and stand in any order; what other banks call them is
in sheets/question_tables.py.
"""

import csv
import io
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from sheets import aiken, gift, question_json, question_tables, table
from sheets.options import LETTERS, Unfit
from sheets.question import MOST, QuestionFault, QuestionLine, Said, understood
from sheets.question_json import written_key
from sheets.question_tables import HEADER, HEADLESS_ROWS
from sheets.table import HEADER_WITHIN, Row, Sheet, SheetRefused
from texts import question as texts
from texts.question import CERTAINTY, KIND, TOPIC

__all__ = ["HEADER", "SUFFIXES", "Line", "QuestionFault", "QuestionLine", "Said", "Unfit", "one", "read", "write"]

MOST_BYTES = 40 * 1024 * 1024
MOST_LINES = 1_000_000
SUFFIXES = (".xlsx", ".csv", ".json", ".gift", ".txt")
_OTHERS = (b"\x89PNG", b"%PDF", b"\xff\xd8", b"\x1f\x8b")

Line = QuestionLine | QuestionFault


def read(path: Path) -> list[Line]:
    """Every question of the file, in its order, as a question or a fault. Raises SheetRefused for the whole file."""
    content = table.content(path, MOST_BYTES, texts.TOO_HEAVY)
    sheets = table.sheets(content, MOST)
    if sheets is None:
        lines = _of_text(_decoded(content))
    else:
        found = question_tables.read(sheets)
        if found is None:
            raise SheetRefused(texts.NO_STEM_COLUMN)
        lines = found
    if len(lines) > MOST:
        raise SheetRefused(texts.TOO_MANY)
    return lines


def one(said: Said) -> QuestionLine:
    """One question as typed into a form. Raises Unfit, whose `part` is the field of Said that is wrong."""
    return understood(0, said)


def write(lines: Sequence[QuestionLine], path: Path) -> None:
    """Write a bank in the order given; the suffix decides: .xlsx, .csv, .json, .gift or .txt (GIFT).

    `read` gives the same questions again, whatever signs are in them. Raises SheetRefused.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        table.save(path, question_json.write(lines).encode())
    elif suffix in (".gift", ".txt"):
        table.save(path, gift.write(lines).encode())
    else:
        table.write(path, HEADER, [_cells(line) for line in lines], texts.SHEET)


def _decoded(content: bytes) -> str:
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SheetRefused(texts.NOT_A_BANK if content.startswith(_OTHERS) else texts.NUL)
    return table.decoded(content)


def _of_text(text: str) -> list[Line]:
    """A text in whichever of our formats it is."""
    if text.lstrip()[:1] in ("[", "{"):
        found = question_json.read(text)
        if found is not None:
            return found
    if text.count("\n") > MOST_LINES:
        raise SheetRefused(texts.TOO_MANY)
    rows = _rows(text)
    if rows is not None:
        return question_tables.read([Sheet("", rows)]) or []
    answers = sum(aiken.ANSWER.fullmatch(line) is not None for line in text.splitlines())
    braces = text.count("{") + text.count("}")
    if answers and answers * 2 >= braces:
        return aiken.read(text)
    if braces:
        return gift.read(text)
    raise SheetRefused(texts.NOT_A_BANK)


def _rows(text: str) -> list[Row] | None:
    """The rows of a text table; None where no line near its beginning is a header, and none could be missing."""
    head = list(io.StringIO(text[:100_000], newline=""))[: HEADER_WITHIN * 2]
    best, most = "", 0
    for delimiter in ",\t;|":
        rows = [Row(place + 1, list(cells)) for place, cells in enumerate(_loose(head, delimiter))]
        columns = question_tables.known_columns(Sheet("", rows))
        if columns > most:
            best, most = delimiter, columns
    best = best or next((one for one in ",\t" if _headless(text, one)), "")
    if not best:
        return None
    try:
        return table.delimited(text, best, MOST)
    except SheetRefused:
        return table.mended(text, best, MOST, texts.UNCLOSED_QUOTE)


def _headless(text: str, delimiter: str) -> bool:
    """Whether the text begins with questions, a row each, and says nothing of its columns."""
    rows = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
    try:
        first = [Row(place + 1, list(cells)) for place, cells in enumerate(islice(rows, HEADLESS_ROWS))]
    except csv.Error:
        return False
    return question_tables.begins_at_once(Sheet("", first))


def _loose(lines: list[str], delimiter: str) -> list[list[str]]:
    return [cells for line in lines[:HEADER_WITHIN] for cells in csv.reader([line], delimiter=delimiter)]


def _cells(line: QuestionLine) -> list[str]:
    return [
        KIND[line.kind],
        line.stem,
        *line.options,
        *[""] * (len(LETTERS) - len(line.options)),
        written_key(line),
        line.explanation,
        line.document,
        line.edition,
        line.article,
        CERTAINTY[line.certainty] if line.certainty else "",
        str(line.difficulty or ""),
        TOPIC[line.topic] if line.topic else "",
        line.tags,
    ]
