"""Question banks as tables (xlsx, xls, csv): which column is what, whatever a bank calls it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from sheets.options import LETTERS, Unfit, split_options
from sheets.plain import plain
from sheets.question import QuestionFault, QuestionLine, Said, first_digit, understood
from sheets.table import HEADER_WITHIN, Cell, Row, Sheet
from texts import question as texts

# Of several columns for one field the first named here counts, where it says something. In lower case, without
# blanks, underlines and hyphens. A column of none of these names is not read.
NAMES: Mapping[str, Sequence[str]] = {
    field: names.split()
    for field, names in {
        "stem": (
            "题干 试题题干 题干内容 题目内容 试题内容 问题内容 题目题干 题面 题目描述 试题 题目 问题 question"
            " questiontext questioncontent questiontitle questionstem questionname"
            " stem query prompt problem fldname q"
            " 内容 content title 标题 text name topictitle sentence description input"
        ),
        "passage": "passage context 材料 背景材料 阅读材料",
        "options": (
            "选项 选择项 备选项 备选答案 候选答案 选项内容 选项列表 可选项 options option choices choice optionlist"
            " questionoptionlist optionslist candidates answeroptions items selections"
        ),
        "answer": (
            "答案 正确答案 标准答案 参考答案 试题答案 题目答案 正确选项 答案选项 正解 标答 answer answers correctanswer"
            " correctanswers correctoption correctoptions correctchoice rightanswer rightanswers rightoption"
            " standardanswer stdanswer standanswer answeridx answerid answerindex answerkey answerletter answertext"
            " correctindex correctanswerindex correct right key keys label gold target truth cop fldanswer result ans"
        ),
        "kind": (
            "题型 试题类型 题目类型 问题类型 题类 题目种类 试题题型 题型名称 类型 题种 questiontype questiontypecn"
            " qtype questiontypename typename kind type"
        ),
        "explanation": (
            "解析 答案解析 试题解析 题目解析 解析内容 解释 详解 答案说明 答案详解 答案解释 analysis explanation"
            " explain explanations rationale solution parse exp feedback 说明 备注说明"
        ),
        "document": "文件 来源 出处 题目来源 文件名称 依据文件 依据 source document reference",
        "edition": "版本 版次 文件版本 edition",
        "article": "条款 条文 依据条款 条 article clause",
        "certainty": "把握 核对 certainty",
        "difficulty": "难度 难度等级 难易程度 难易度 难度级别 difficulty level",
        "topic": "主题 专题 topic",
        "tags": "标签 关键词 知识点 tags tag keywords keyword knowledgepoint",
    }.items()
}
COLUMN = {
    "stem": texts.STEM, "options": texts.OPTIONS, "answer": texts.ANSWER, "kind": texts.KIND_COLUMN,
    "explanation": texts.EXPLANATION,
}  # fmt: skip
HEADER = (
    texts.KIND_COLUMN, texts.STEM, *(f"{texts.OPTIONS}{letter}" for letter in LETTERS), texts.ANSWER, texts.EXPLANATION,
    "文件", "版本", "条款", "把握", "难度", "主题", "标签",
)  # fmt: skip
_OPTION = re.compile(
    r"(?:(?:备?选项?|选择项|答案选项|option|opt|op|choice|ans|answer|item|选择)(?P<one>[a-j]|\d{1,2}|[一二三四五六七八九十])"
    r"|(?P<two>[a-j])(?:选项|项|option|答案)?)(?:内容|text|content)?"
)
HEADLESS_ROWS = 20  # looked at where there is no header
FEWEST_HEADLESS = 3
LONGEST_NAME = (
    200  # characters of a column's name; a longer text is none, and to look for brackets in it takes its square
)
_CHINESE = "一二三四五六七八九十"
_PART = r"(?:第?[一二三四五六七八九十\d]{1,3}(?:部分)?[、.．：:\s]*)?"
_TITLE = re.compile(
    _PART + r"((?:单项?|多项?|不定项)?选择?题|判断(?:正误|对错)?题?|是非题|填空题)(?:[\s：:（(].{0,60})?"
)


def field_of(name: str) -> tuple[str, int] | None:
    """Which field a column or key of this name is, with its rank among the names; options: ("option", place)."""
    if len(name) > LONGEST_NAME:
        return None
    known = re.sub(r"[\s_\-*＊:：.．]", "", name).lower()
    bare = re.sub(r"[（(【\[].*?[）)】\]]", "", known) or known.strip("（()）[]【】")
    for one in (known, bare):
        if one in _RANKS:
            return _RANKS[one]
        if found := _OPTION.fullmatch(one):
            return "option", _place(found["one"] or found["two"])
    return None


def _place(mark: str) -> int:
    if mark.isdigit():
        return int(mark)  # from 0 or from 1: only the order counts
    return _CHINESE.index(mark) if mark in _CHINESE else LETTERS.lower().index(mark)


def _ranks() -> Mapping[str, tuple[str, int]]:
    ranks: dict[str, tuple[str, int]] = {}
    for field, names in NAMES.items():
        for rank, name in enumerate(names):
            ranks.setdefault(name, (field, rank))
    return ranks


_RANKS = _ranks()


def read(sheets: Iterable[Sheet]) -> list[QuestionLine | QuestionFault] | None:
    """Every row of the sheets that says something, as a question or a fault; None where no sheet has a header."""
    found = [(sheet, header) for sheet in sheets if (header := _header(sheet) or _headless(sheet)) is not None]
    if not found:
        return None
    lines: list[QuestionLine | QuestionFault] = []
    for sheet, header in found:
        name = sheet.name if len(found) > 1 else ""
        lines += _sheet(sheet, header, name)
    return lines


def known_columns(sheet: Sheet) -> int:
    """How many columns of the sheet's header we know; 0 where it has none."""
    found = _header(sheet)
    return sum(map(len, found[1].fields.values())) + len(found[1].options) if found else 0


class _Header:
    """Where the columns of one sheet stand."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.names = [" ".join(str(cell).split()) for cell in cells]
        ranked: dict[str, list[tuple[int, int]]] = {}
        options: list[tuple[int, int]] = []
        for index, name in enumerate(self.names):
            meant = field_of(name)
            if meant is None:
                continue
            if meant[0] == "option":
                options.append((meant[1], index))
            else:
                ranked.setdefault(meant[0], []).append((meant[1], index))
        self.fields = {field: [index for _, index in sorted(places)] for field, places in ranked.items()}
        self.options = [index for _, index in sorted(options)]

    @property
    def serves(self) -> bool:
        """Whether questions can be read by it."""
        return "stem" in self.fields and ("answer" in self.fields or "options" in self.fields)

    def column(self, part: str, row: Row) -> str:
        """What the file calls the column of a part of the question."""
        if part == "options" and self.options:
            return self.names[self.options[0]]
        for index in self.fields.get(part, ()):
            if _text(row, index):
                return self.names[index]
        return self.names[self.fields[part][0]] if part in self.fields else COLUMN.get(part, part)


def _header(sheet: Sheet) -> tuple[int, _Header] | None:
    """Where in the sheet the header stands, within its first lines; None if there is none."""
    for place, row in enumerate(sheet.rows):
        if row.line > HEADER_WITHIN:
            return None
        header = _Header(row.cells)
        if header.serves and len(header.fields) + len(header.options) > 1:
            return place, header
    return None


def begins_at_once(sheet: Sheet) -> bool:
    """Whether the sheet has no header: the question, its options, the letter of the right one, from the first row."""
    return _headless(sheet) is not None


def _headless(sheet: Sheet) -> tuple[int, _Header] | None:
    rows = [[str(cell).strip() for cell in row.cells] for row in sheet.rows[:HEADLESS_ROWS] if any(row.cells)]
    widths = {len(row) for row in rows}
    if len(rows) < FEWEST_HEADLESS or len(widths) != 1 or not 2 < (width := widths.pop()) - 1 <= len(LETTERS) + 1:
        return None
    letters = LETTERS[: width - 2]
    if not all(row[0] and row[1] and len(row[-1]) == 1 and row[-1].upper() in letters for row in rows):
        return None
    return -1, _Header([texts.STEM, *letters, texts.ANSWER])


def _sheet(sheet: Sheet, found: tuple[int, _Header], name: str) -> list[QuestionLine | QuestionFault]:
    place, header = found
    hint = sheet.name
    asked: list[tuple[Row, Said | None]] = []
    for row in sheet.rows[place + 1 :]:
        if row.fault:
            asked.append((row, None))
            continue
        filled = [str(cell) for cell in row.cells if str(cell).strip()]
        if len(filled) == 1 and (title := _TITLE.fullmatch(filled[0].strip())):
            hint = title[1]
            continue
        said = _said(row, header)
        if said is None or [str(cell).strip() for cell in row.cells][: len(header.names)] == header.names:
            continue
        said.kind = said.kind or (hint if "题" in hint and len(hint) < 12 and "题库" not in hint else "")
        asked.append((row, said))
    first = first_digit([said for _, said in asked if said is not None])
    lines: list[QuestionLine | QuestionFault] = []
    for row, said in asked:
        if said is None:
            lines.append(QuestionFault(row.line, texts.STEM, row.fault))
            continue
        said.digits_from = first
        try:
            lines.append(understood(row.line, said))
        except Unfit as unfit:
            reason = texts.in_sheet(name, unfit.reason) if name else unfit.reason
            lines.append(QuestionFault(row.line, header.column(unfit.part, row), reason))
    return lines


def _said(row: Row, header: _Header) -> Said | None:
    """What the row says; None where no column that is read says anything."""
    said = Said()
    anything = False
    for field, indexes in header.fields.items():
        text = next((text for index in indexes if (text := _text(row, index))), "")
        anything = anything or bool(text)
        if field == "options":
            said.options = listed(text)
        else:
            setattr(said, field, text)
    if header.options:
        apart = [_text(row, index) for index in header.options]
        if any(apart):
            anything, said.options = True, apart
    return said if anything else None


def _text(row: Row, index: int) -> str:
    cell = row.cells[index] if index < len(row.cells) else ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()


def listed(text: str) -> list[str]:
    """Options that stand in one cell: as JSON, with their letters, a line each, or parted by | or ；."""
    text = text.strip()
    if text[:1] in "[{" and len(text) > 1:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return [str(one) for _, one in sorted(found.items())]
        if isinstance(found, list):
            return [str(one) for one in found]
    text = plain(text)
    before, options = split_options(text)
    if options and not re.search(r"\w", before):
        return options
    for mark in ("\n", "|", "$;$", "；", ";", "#", "、", "，"):
        parts = [part.strip() for part in text.split(mark)]
        if len(parts) > 1:
            return [part for part in parts if part]
    return [text] if text else []
