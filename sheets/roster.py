"""The roster of members (党员名册): read from xlsx, xls and csv as branches keep it, and written for them."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from models.member import Member, MemberStatus
from sheets import table
from sheets.table import Cell, Row
from texts import sheet as texts
from texts.member import STATUS

T = TypeVar("T")

NAME = "姓名"
LONGEST_NAME = 40
LONGEST_NUMBER = 30
LONGEST_GROUP = 60

# What branches call the columns. A column of none of these names is not read: 身份证号 least of all.
COLUMNS: Mapping[str, str] = {
    **dict.fromkeys((NAME, "党员姓名"), "name"),
    **dict.fromkeys(("编号", "党员编号", "人员编号", "工号"), "number"),
    **dict.fromkeys(("性别",), "gender"),
    **dict.fromkeys(("出生日期", "出生年月", "出生年月日", "出生时间"), "born"),
    **dict.fromkeys(("入党日期", "入党时间", "加入党组织日期", "加入党组织时间", "入党年月"), "joined"),
    **dict.fromkeys(("转正日期", "转正时间", "转为正式党员日期", "转为正式党员时间", "转正年月"), "confirmed"),
    **dict.fromkeys(("手机号码", "手机号", "手机", "联系电话", "移动电话", "联系方式", "电话"), "phone"),
    **dict.fromkeys(("党小组", "所在党小组", "所属党小组"), "group"),
    **dict.fromkeys(("人员类别", "党员类别", "政治面貌"), "status"),
    **dict.fromkeys(("党籍状态",), "standing"),
    **dict.fromkeys(("民族",), "ethnicity"),
    **dict.fromkeys(("学历", "文化程度", "最高学历"), "education"),
    **dict.fromkeys(
        ("工作岗位及职务", "工作单位及职务", "单位及职务", "工作岗位", "岗位及职务", "行政职务", "工作单位"), "post"
    ),
    **dict.fromkeys(("转入日期", "转入时间", "组织关系转入日期", "组织关系转入时间"), "moved_in"),
    **dict.fromkeys(("备注",), "note"),
}

STATUSES: Mapping[str, MemberStatus] = {
    **{label: status for status, label in STATUS.items()},
    **dict.fromkeys(("正式", "党员", "中共党员", "中共正式党员", "中国共产党党员"), MemberStatus.FULL),
    **dict.fromkeys(("预备", "中共预备党员", "中国共产党预备党员"), MemberStatus.PROBATIONARY),
    **dict.fromkeys(("发展对象人选", "党员发展对象"), MemberStatus.CANDIDATE),
    **dict.fromkeys(("积极分子", "入党积极份子", "积极份子"), MemberStatus.ACTIVIST),
    **dict.fromkeys(("申请人", "入党申请人员", "申请入党人员"), MemberStatus.APPLICANT),
    **dict.fromkeys(("共青团员", "团员"), MemberStatus.CITIZEN),
    **dict.fromkeys(("已停止党籍",), MemberStatus.SUSPENDED),
    **dict.fromkeys(("转出", "组织关系已转出", "组织关系转出"), MemberStatus.MOVED),
    **dict.fromkeys(("去世", "已故", "逝世", "已逝世", "死亡", "已死亡"), MemberStatus.DECEASED),
}
# 党籍状态 only says more than 人员类别 where someone is no longer on the roll.
STANDINGS: Mapping[str, MemberStatus | None] = {
    **dict.fromkeys(("正常", "正常党籍", "有效", "恢复党籍", "留党察看")),
    **dict.fromkeys(("停止党籍", "已停止党籍", "停止"), MemberStatus.SUSPENDED),
    **dict.fromkeys(("已转出", "转出", "组织关系已转出", "组织关系转出"), MemberStatus.MOVED),
    **dict.fromkeys(("已去世", "去世", "已故", "逝世", "已逝世", "死亡", "已死亡"), MemberStatus.DECEASED),
}
GENDERS: Mapping[str, str] = {"男": "男", "女": "女", "男性": "男", "女性": "女"}
NOTHING = frozenset({"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "空", "未填", "#N/A"})

# 党内职务 is written and never read: an office comes from an appointment, not from a table.
_WRITTEN = (
    *("序号", NAME, "性别", "民族", "出生年月", "学历", "入党日期", "转正日期", "党员类别", "党小组", "党内职务"),
    *("工作岗位及职务", "联系电话", "转入日期", "备注", "编号"),
)
_INTERPUNCT = re.compile(r"\s*[·•‧∙⋅・･᛫．﹒]\s*|(?<=[^\x00-\x7f])\s*\.\s*(?=[^\x00-\x7f])")
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)?|(\d{4})(?:[-./年、](\d{1,2})(?:[-./月、](\d{1,2})日?|月)?|年)?")
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_415  # 1927-05-18 to 2100-12-31 as spreadsheets count days
_SERIAL_ZERO = dt.date(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One person of a roster; empty is None, dates are ISO text as precise as the file: 2008, 2008-07, 2008-07-01."""

    row: int
    name: str
    number: str | None = None
    gender: str | None = None
    born: str | None = None
    joined: str | None = None
    confirmed: str | None = None
    phone: str | None = None
    group: str | None = None
    status: MemberStatus | None = None
    ethnicity: str | None = None
    education: str | None = None
    post: str | None = None
    moved_in: dt.date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RosterFault:
    """The first fault of a row that cannot be taken: the file's own line and column name, and a Chinese sentence."""

    row: int
    column: str
    reason: str


class _Unfit(Exception):
    """A cell cannot be understood."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read(path: Path) -> list[RosterLine | RosterFault]:
    """Every row of the roster that says something, as a person or as a fault. Raises SheetRefused.

    `row` is the file's own line (header = 1). Of columns that stand twice the first filled one counts.
    """
    header, rows = table.read(path, NAME)
    columns: dict[str, list[int]] = {}
    for index, heading in enumerate(header):
        if heading in COLUMNS:
            columns.setdefault(COLUMNS[heading], []).append(index)
    lines = (_line(row, header, columns) for row in rows)
    return [line for line in lines if line is not None]


def write(lines: Iterable[RosterLine], path: Path, offices: Mapping[int, str] | None = None) -> None:
    """Write the roster in the order given, for people and for `read`: .csv or .xlsx. Raises SheetRefused.

    `offices` is 党内职务 by the `row` of a line.
    """
    rows = [
        [
            str(place),
            line.name,
            line.gender or "",
            line.ethnicity or "",
            line.born or "",
            line.education or "",
            line.joined or "",
            line.confirmed or "",
            STATUS[line.status] if line.status else "",
            line.group or "",
            (offices or {}).get(line.row, ""),
            line.post or "",
            line.phone or "",
            line.moved_in.isoformat() if line.moved_in else "",
            line.note or "",
            line.number or "",
        ]
        for place, line in enumerate(lines, start=1)
    ]
    table.write(path, _WRITTEN, rows, "党员名册")


def of(row: int, member: Member) -> RosterLine:
    """A person on record as a line of the roster."""
    return RosterLine(
        row=row,
        name=member.name,
        number=member.number,
        gender=member.gender,
        born=member.born,
        joined=member.joined,
        confirmed=member.confirmed,
        phone=member.phone,
        group=member.group.name if member.group else None,
        status=member.status,
        ethnicity=member.ethnicity,
        education=member.education,
        post=member.post,
        moved_in=member.moved_in,
        note=member.note,
    )


def one(said: Mapping[str, str]) -> tuple[RosterLine, dict[str, str]]:
    """One person as typed into a form, by field: as far as it can be understood, and what is wrong with which field.

    Fields are those of RosterLine; status is its code or any word for it. The same forms are taken as in a file.
    """
    found: dict[str, str | dt.date | None] = {}
    faults: dict[str, str] = {}
    for field, understand in _FIELDS.items():
        text = said.get(field, "")
        try:
            found[field] = understand(text) if _squeezed(text) not in NOTHING else None
        except _Unfit as unfit:
            faults[field], found[field] = unfit.reason, None
    if not found["name"] and "name" not in faults:
        faults["name"] = texts.NO_NAME
    return _person(0, found, None), faults


def _line(row: Row, header: list[str], columns: Mapping[str, list[int]]) -> RosterLine | RosterFault | None:
    """The row as a person or a fault; None if no column that is read says anything, or if it repeats the header."""
    cells: dict[str, tuple[Cell, str]] = {}
    for field, indexes in columns.items():
        for index in indexes:
            if index < len(row.cells) and _squeezed(row.cells[index]) not in NOTHING:
                cells[field] = row.cells[index], header[index]
                break
    if not cells or ("name" in cells and _squeezed(cells["name"][0]) == NAME):
        return None
    if "name" not in cells:
        return RosterFault(row.line, NAME, texts.NO_NAME)
    found: dict[str, str | dt.date | None] = {}
    column = NAME
    try:
        for field, understand in _FIELDS.items():
            cell, column = cells.get(field, (None, ""))
            found[field] = None if cell is None else understand(cell)
        cell, column = cells.get("status", (None, ""))
        status = None if cell is None else _known(STATUSES, cell, texts.STATUS)
        cell, column = cells.get("standing", (None, ""))
        standing = None if cell is None else _known(STANDINGS, cell, texts.STANDING)
    except _Unfit as unfit:
        return RosterFault(row.line, column, unfit.reason)
    return _person(row.line, found, standing or status)


def _person(row: int, found: Mapping[str, str | dt.date | None], status: MemberStatus | None) -> RosterLine:
    moved_in = found["moved_in"]
    texts_of = {field: str(value) if value else None for field, value in found.items() if field != "moved_in"}
    return RosterLine(
        row=row,
        name=texts_of.pop("name") or "",
        **texts_of,
        status=status,
        moved_in=moved_in if isinstance(moved_in, dt.date) else None,
    )


def _said(cell: Cell) -> str:
    """The cell as its text on paper: no control or invisible characters, no blanks around, 12.0 as 12."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    shown = "".join(
        " " if character.isspace() or unicodedata.category(character) in {"Cc", "Cf"} else character
        for character in str(cell)
    )
    return " ".join(shown.split())


def _squeezed(cell: Cell) -> str:
    return "".join(_said(cell).split())


def _plain(cell: Cell) -> str:
    """The cell with full-width digits and letters made plain, no blanks: for codes, never for names."""
    return "".join(unicodedata.normalize("NFKC", _said(cell)).split())


def _name(cell: Cell) -> str:
    """A name as it is written, with one sort of interpunct and no blanks but between Latin words."""
    name = _INTERPUNCT.sub("·", _said(cell))
    name = re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", name)
    if len(name) > LONGEST_NAME:
        raise _Unfit(texts.LONG_NAME)
    return name


def _short(column: str, most: int) -> Callable[[Cell], str]:
    def understand(cell: Cell) -> str:
        text = _said(cell)
        if len(text) > most:
            raise _Unfit(texts.too_long(column, most))
        return text

    return understand


def _gender(cell: Cell) -> str:
    return _known(GENDERS, cell, texts.GENDER)


def _phone(cell: Cell) -> str:
    """The digits of one number: a mobile of mainland China without its +86, or a fixed line."""
    if isinstance(cell, str) and (spread := re.fullmatch(r"(\d)(?:\.(\d+))?[Ee]\+?(\d+)", _plain(cell))):
        whole, fraction, power = spread[1], spread[2] or "", int(spread[3])
        if len(fraction) < power:  # a float would have kept the digits, this text has lost them
            raise _Unfit(texts.ROUNDED_PHONE)
        cell = whole + fraction[:power]
    digits = re.sub(r"[()\-\u2010-\u2015]", "", _plain(cell))
    digits = re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", digits)
    if not re.fullmatch(r"1\d{10}|0\d{9,11}|[2-9]\d{6,7}", digits):
        raise _Unfit(texts.PHONE)
    return digits


def _date(cell: Cell) -> str:
    """ISO text of the cell's own precision. A day of a spreadsheet or its serial number is a whole date."""
    if isinstance(cell, dt.date):
        return _iso(str(cell.year), str(cell.month), str(cell.day))
    written = _plain(re.sub(r"[ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?$", "", _said(cell)))
    if isinstance(cell, float) and re.fullmatch(r"\d{4}\.1", written):  # 2008.10 as a number loses its 0
        year = written[:4]
        raise _Unfit(texts.JANUARY_OR_OCTOBER.format(written, year, year))
    if serial := re.fullmatch(r"(\d{5})(\.\d+)?", written):
        days = int(serial[1])
        if not _FIRST_SERIAL <= days <= _LAST_SERIAL:
            raise _Unfit(texts.DATE)
        return (_SERIAL_ZERO + dt.timedelta(days)).isoformat()
    parts = _DATE.fullmatch(written)
    if parts is None:
        raise _Unfit(texts.DATE)
    year, month, day = parts[1] or parts[4], parts[2] or parts[5], parts[3] or parts[6]
    return _iso(year, month, day)


def _whole_day(cell: Cell) -> dt.date:
    """A day from which people are counted, so the year or month alone will not do."""
    found = _date(cell)
    if len(found) < len("2008-07-01"):
        raise _Unfit(texts.WHOLE_DAY)
    return dt.date.fromisoformat(found)


def _iso(year: str, month: str | None, day: str | None) -> str:
    shown = "-".join(part.zfill(2) for part in (year, month, day) if part)
    try:
        dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise _Unfit(texts.NO_SUCH_DAY.format(shown)) from None
    if not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise _Unfit(texts.NO_SUCH_DAY.format(shown))
    return shown


def _known(codes: Mapping[str, T], cell: Cell, reason: str) -> T:
    text = re.sub(r"[（(].*[)）]", "", _plain(cell))
    if text not in codes:
        raise _Unfit(reason)
    return codes[text]


_FIELDS: Mapping[str, Callable[[Cell], str | dt.date]] = {
    "name": _name,
    "number": _short("编号", LONGEST_NUMBER),
    "gender": _gender,
    "born": _date,
    "joined": _date,
    "confirmed": _date,
    "phone": _phone,
    "group": _short("党小组", LONGEST_GROUP),
    "ethnicity": _short("民族", 20),
    "education": _short("学历", 20),
    "post": _short("工作岗位及职务", 60),
    "moved_in": _whole_day,
    "note": _short("备注", 200),
}
