"""Forms as inspectors ask for them: head, table, figures, signatures and definitions on A4 landscape, in a workbook."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from texts import sheet as texts

_A4 = 9  # as workbooks count paper sizes
_MARGIN = 0.5  # inches
_LINE = 16  # points: one line of text
_SMALL = 14
_TITLE, _HEAD = 30, 22


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and how many half-width characters wide it is printed."""

    name: str
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What is the same on every copy of a form; `tall` rows have room for a signature by hand."""

    title: str
    columns: tuple[Column, ...]
    signed: tuple[str, ...] = ()
    tall: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over a form: 支部名称, 年度, 制表人; 审核人 signs by hand."""

    branch: str
    period: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Form:
    """A filled-in table."""

    layout: Layout
    head: Head
    rows: Sequence[Sequence[str]]
    facts: Sequence[tuple[str, str]] = ()  # of the meeting it is about
    foot: Sequence[str] = ()  # figures
    notes: Sequence[str] = ()  # signs and definitions

    @property
    def about(self) -> str:
        """The meeting or the span, as a file is named by it."""
        return self.facts[0][1] if self.facts else self.head.period


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled box of a first page; `wide` takes the whole line, `lines` of text have room in it."""

    label: str
    value: str = ""
    wide: bool = False
    lines: int = 1


@dataclass(frozen=True, slots=True)
class FirstPage:
    """A page of labelled boxes (会议记录首页)."""

    title: str
    head: Head
    fields: Sequence[Field]
    signed: tuple[str, ...] = ()
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def about(self) -> str:
        """The meeting, as a file is named by it."""
        return self.fields[0].value

    @property
    def lines(self) -> list[list[Field]]:
        """The boxes in lines of one wide one or two."""
        rows: list[list[Field]] = []
        for one in self.fields:
            if not one.wide and rows and len(rows[-1]) == 1 and not rows[-1][0].wide:
                rows[-1].append(one)
            else:
                rows.append([one])
        return rows


def workbook(page: Form | FirstPage) -> bytes:
    """The form as .xlsx, ready to print; every cell is text and none a formula."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        title = page.layout.title if isinstance(page, Form) else page.title
        sheet = book.add_worksheet(title[:31])
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(_MARGIN, _MARGIN, _MARGIN, _MARGIN + 0.2)
        sheet.fit_to_pages(1, 0)
        sheet.center_horizontally()
        sheet.hide_gridlines(2)
        sheet.set_footer(texts.PAGE_OF)
        styles = _Styles(
            title=book.add_format({**_TEXT, "bold": True, "font_size": 16, "align": "center"}),
            plain=book.add_format(_TEXT),
            small=book.add_format({**_TEXT, "font_size": 9, "valign": "top"}),
            heading=book.add_format({**_TEXT, **_BOX, "bold": True, "align": "center"}),
            cell=book.add_format({**_TEXT, **_BOX}),
            top=book.add_format({**_TEXT, **_BOX, "valign": "top"}),
        )
        if isinstance(page, Form):
            _table(sheet, styles, page)
        else:
            _boxes(sheet, styles, page)
    return content.getvalue()


_TEXT = {"num_format": "@", "text_wrap": True, "valign": "vcenter", "font_name": "宋体", "font_size": 10}
_BOX = {"border": 1}


@dataclass(frozen=True, slots=True)
class _Styles:
    title: Format
    plain: Format
    small: Format
    heading: Format
    cell: Format
    top: Format


def _table(sheet: Worksheet, styles: _Styles, form: Form) -> None:
    columns = form.layout.columns
    last = len(columns) - 1
    whole = sum(column.width for column in columns)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    row = _top(sheet, styles, form.layout.title, form.head, last)
    if form.facts:
        line = "    ".join(f"{name}：{value}" for name, value in form.facts)
        _across(sheet, row, last, line, styles.plain, _height(line, whole, _LINE))
        row += 1
    for place, column in enumerate(columns):
        sheet.write_string(row, place, column.name, styles.heading)
    sheet.set_row(row, max(_height(column.name, column.width, _LINE) for column in columns) + 4)
    sheet.repeat_rows(row)
    sheet.freeze_panes(row + 1, 0)
    least = 2 * _LINE if form.layout.tall else _LINE + 4
    for cells in form.rows:
        row += 1
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell, styles.cell)
        needed = max(_height(cell, column.width, _LINE) for cell, column in zip(cells, columns, strict=True))
        sheet.set_row(row, max(least, needed + 4))
    _bottom(sheet, styles, row + 1, last, whole, (form.foot, form.layout.signed, form.notes))


def _boxes(sheet: Worksheet, styles: _Styles, page: FirstPage) -> None:
    widths = (16, 50, 16, 50)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    row = _top(sheet, styles, page.title, page.head, 3)
    for line in page.lines:
        needed = _LINE
        for place, box in enumerate(line):
            width = sum(widths[1:]) if box.wide or len(line) == 1 else widths[1]
            needed = max(needed, box.lines * _LINE, _height(box.value, width, _LINE))
            style = styles.top if box.lines > 1 else styles.cell
            sheet.write_string(row, 2 * place, box.label, styles.heading)
            if len(line) == 1:
                sheet.merge_range(row, 1, row, 3, "", style)
            sheet.write_string(row, 2 * place + 1, box.value, style)
        sheet.set_row(row, needed + 6)
        row += 1
    _bottom(sheet, styles, row, 3, sum(widths), ((), page.signed, page.notes))


def _top(sheet: Worksheet, styles: _Styles, title: str, head: Head, last: int) -> int:
    """Title and head; returns the next row."""
    _across(sheet, 0, last, title, styles.title, _TITLE)
    line = "        ".join(f"{name}：{value}" for name, value in head_of(head))
    _across(sheet, 1, last, line, styles.plain, _HEAD)
    return 2


def head_of(head: Head) -> list[tuple[str, str]]:
    """The head's labels and values; 审核人 is left blank to be signed."""
    return [
        (texts.BRANCH, head.branch),
        (texts.PERIOD, head.period),
        (texts.MADE_BY, head.made_by or texts.BLANK),
        (texts.CHECKED_BY, texts.BLANK),
    ]


def _bottom(
    sheet: Worksheet,
    styles: _Styles,
    row: int,
    last: int,
    whole: int,
    parts: tuple[Sequence[str], Sequence[str], Sequence[str]],
) -> None:
    foot, signed, notes = parts
    for line in foot:
        _across(sheet, row, last, line, styles.plain, _height(line, whole, _LINE) + 6)
        row += 1
    if signed:
        line = "        ".join(f"{name}：{texts.BLANK}" for name in signed)
        _across(sheet, row, last, line, styles.plain, 2 * _LINE)
        row += 1
    for note in notes:
        _across(sheet, row, last, note, styles.small, _height(note, whole, _SMALL))
        row += 1


def _across(sheet: Worksheet, row: int, last: int, text: str, style: Format, height: float) -> None:
    sheet.merge_range(row, 0, row, last, "", style)
    sheet.write_string(row, 0, text, style)
    sheet.set_row(row, height)


def _height(text: str, width: int, line: int) -> int:
    """The points a wrapped text needs in a cell so many half-width characters wide."""
    return line * sum(max(1, math.ceil(texts.width(part) / max(width - 1, 1))) for part in text.split("\n"))
