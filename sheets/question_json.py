"""Question banks as JSON: lists of objects, groups of them by kind or chapter, one object a line; in many shapes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.question import QuestionKind
from sheets.options import LETTERS, Unfit
from sheets.question import (
    QuestionFault,
    QuestionLine,
    Said,
    first_digit,
    kind_of,
    understood,
    write_blanks,
)
from sheets.question_tables import COLUMN, field_of, listed
from sheets.table import SheetRefused
from texts import question as texts
from texts.question import CERTAINTY, KIND, RIGHT, TOPIC, WRONG

MOST_BRACKETS = 1_000_000  # of lists and objects; sixty thousand questions have a fifth of it
DEEPEST = 8
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Item = dict[str, Json]

# Where an option is an object: which of its keys says its words, its letter, and whether it is right.
_FOR_WORDS = (
    "text content value optiontext optioncontent fldoptiontext option name title desc description body answer"
    " answertext 选项 内容 选项内容"
)
_FOR_LETTER = "label key letter id index prefix optionindex fldoptionindex code option name value 选项 标号 序号"
_FOR_RIGHT = "iscorrect correct isright isanswer right istrue 是否正确 正确"
_WORDS, _LETTERS, _TRUE = (names.split() for names in (_FOR_WORDS, _FOR_LETTER, _FOR_RIGHT))


def read(text: str) -> list[QuestionLine | QuestionFault] | None:
    """Every item, as a question or a fault; `row` counts them from 1. None for what is no JSON. Raises SheetRefused."""
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise SheetRefused(texts.TOO_DEEP)
    try:
        whole: Json = json.loads(text)
    except json.JSONDecodeError as error:
        items = _by_line(text)
        if items is None:
            if not re.match(r'\s*[\[{]\s*["\[{\]}]', text):
                return None
            raise SheetRefused(texts.broken_json(error.lineno, error.colno)) from None
        return _lines([(item, "") for item in items])
    except RecursionError:
        raise SheetRefused(texts.TOO_DEEP) from None
    except ValueError:  # a number of thousands of digits
        raise SheetRefused(texts.TOO_DEEP) from None
    if not isinstance(whole, list | dict):
        return None
    items_found = list(_items(whole, "", 0))
    if not items_found:
        if whole == []:
            return []
        raise SheetRefused(texts.NO_ITEMS)
    return _lines(items_found)


def _by_line(text: str) -> list[Json] | None:
    """One object a line; None where the first line is none."""
    lines = [line for line in text.splitlines() if line.strip()]
    items: list[Json] = []
    for line in lines:
        try:
            items.append(json.loads(line))
        except (ValueError, RecursionError):
            items.append(None)
    return items if len(items) > 1 and isinstance(items[0], dict) else None


def _items(node: Json, hint: str, depth: int) -> Iterator[tuple[Json, str]]:
    """The questions in their order, each with the name of the group it stands in.

    In a list with one question every member counts as one, so that a broken one is named.
    """
    if depth > DEEPEST:
        return
    if isinstance(node, dict):
        if _asks(node):
            yield node, hint
        elif node and all(isinstance(one, dict) and _asks(one) for one in node.values()):
            yield from ((one, hint) for one in node.values())
        else:
            for name, below in node.items():
                yield from _items(below, name if kind_of(name) else hint, depth + 1)
    elif isinstance(node, list):
        counts = any(isinstance(one, dict) and _asks(one) for one in node)
        for one in node:
            inner = [] if isinstance(one, dict) and _asks(one) else list(_items(one, hint, depth + 1))
            yield from inner
            if counts and not inner:
                yield one, hint


def _asks(item: Item) -> bool:
    """Whether the object is a question, though perhaps a bad one."""
    fields = {meant[0] for name in item if (meant := field_of(name)) is not None}
    if "stem" not in fields or not fields & {"answer", "options", "option"}:
        return False
    return not any(
        isinstance(below, list) and any(isinstance(one, dict) and _asks(one) for one in below)
        for name, below in item.items()
        if (field_of(name) or ("", 0))[0] not in ("options", "answer")
    )


@dataclass(slots=True)
class _Asked:
    said: Said
    names: Mapping[str, str]


def _lines(items: Sequence[tuple[Json, str]]) -> list[QuestionLine | QuestionFault]:
    asked = [_said(item, hint) if isinstance(item, dict) else None for item, hint in items]
    first = first_digit([one.said for one in asked if one is not None])
    lines: list[QuestionLine | QuestionFault] = []
    for row, one in enumerate(asked, start=1):
        if one is None:
            lines.append(QuestionFault(row, texts.STEM, texts.NOT_A_QUESTION))
            continue
        one.said.digits_from = first
        try:
            lines.append(understood(row, one.said))
        except Unfit as unfit:
            lines.append(
                QuestionFault(row, one.names.get(unfit.part) or COLUMN.get(unfit.part, unfit.part), unfit.reason)
            )
    return lines


def _said(item: Item, hint: str) -> _Asked:
    """What one object says, and by which of its keys."""
    ranked: dict[str, list[tuple[int, str, Json]]] = {}
    apart: list[tuple[int, str, Json]] = []
    for name, value in _flat(item):
        meant = field_of(name)
        if meant is None or value is None:
            continue
        if meant[0] == "option":
            apart.append((meant[1], name, value))
        else:
            ranked.setdefault(meant[0], []).append((meant[1], name, value))
    said, names = Said(), {}
    for field, found in ranked.items():
        found.sort(key=lambda one: one[0])
        names[field] = found[0][1]
        for _, name, value in found:
            if field in ("options", "answer"):
                filled = value not in ("", [], {})
            else:
                filled = bool(text := _text(value))
                if filled:
                    setattr(said, field, text)
            if filled:
                names[field] = name
                break
    said.kind = said.kind or hint
    ids = _options(said, _value(ranked, "options", names), apart, names)
    _answer(said, _value(ranked, "answer", names), ids)
    return _Asked(said, names)


def _value(ranked: Mapping[str, list[tuple[int, str, Json]]], field: str, names: Mapping[str, str]) -> Json:
    return next((value for _, name, value in ranked.get(field, ()) if name == names[field]), None)


def _flat(item: Item) -> Iterator[tuple[str, Json]]:
    """The keys and values; of a question that is an object of its own, its keys."""
    for name, value in item.items():
        meant = field_of(name)
        if isinstance(value, dict) and meant is not None and meant[0] == "stem":
            yield from value.items()
        else:
            yield name, value


def _options(said: Said, value: Json, apart: list[tuple[int, str, Json]], names: dict[str, str]) -> Mapping[str, int]:
    """Fill in the options, and which are right where they say so themselves; returns places by the options' own ids."""
    if isinstance(value, str):
        said.options = listed(value)
    elif isinstance(value, dict):
        pairs = sorted(value.items()) if all(_letter(name) for name in value) else list(value.items())
        if pairs and all(isinstance(one, bool) for _, one in pairs):
            said.options = [name for name, _ in pairs]
            said.right = [place for place, (_, one) in enumerate(pairs) if one]
        else:
            said.options = [_text(one) for _, one in pairs]
            return {name: place for place, (name, _) in enumerate(pairs)}
    elif isinstance(value, list):
        if value and all(isinstance(one, dict) for one in value):
            return _described(said, [one for one in value if isinstance(one, dict)])
        said.options = [_text(one) for one in value]
    elif apart:
        apart.sort(key=lambda one: one[0])
        names["options"] = apart[0][1]
        said.options = [_text(one) for _, _, one in apart]
    return {}


def _described(said: Said, options: list[Item]) -> Mapping[str, int]:
    """Options that are objects: each its words, its letter, and perhaps whether it is right."""
    told = [{re.sub(r"[\s_\-]", "", name).lower(): value for name, value in one.items()} for one in options]
    letters = [next((str(one[name]) for name in _LETTERS if _letter(one.get(name))), "") for one in told]
    if all(letters) and len(set(letters)) == len(letters):
        order = sorted(range(len(told)), key=lambda place: letters[place].upper())
        told, letters = [told[place] for place in order], [letters[place] for place in order]
    elif told and all(len(one) == 1 and _letter(next(iter(one))) for one in told):
        said.options = [_text(next(iter(one.values()))) for one in told]
        return {}
    said.options = [
        next((words for name in _WORDS if (words := _text(one.get(name))) and words != letter), "")
        or max((_text(value) for value in one.values()), key=len, default="")
        for one, letter in zip(told, letters, strict=True)
    ]
    marks = [next((one[name] for name in _TRUE if name in one), None) for one in told]
    if any(mark is not None for mark in marks):
        said.right = [
            place for place, mark in enumerate(marks) if str(mark).strip().lower() in ("true", "1", "yes", "是", "正确")
        ]
    return {
        str(one[name]): place
        for place, one in enumerate(told)
        for name in ("id", "key", "value", "optionid")
        if isinstance(one.get(name), str | int)
    }


def _letter(value: Json) -> bool:
    return isinstance(value, str) and len(value.strip()) == 1 and value.strip().upper() in LETTERS


def _answer(said: Said, value: Json, ids: Mapping[str, int]) -> None:
    """Fill in the answer: one text, several, numbers, or ids of the options."""
    if isinstance(value, dict):
        value = next((one for one in value.values() if one not in (None, "", [])), None)
    if isinstance(value, list):
        if value and all(isinstance(one, list) for one in value):
            said.blanks = [[_text(text) for text in one] for one in value if isinstance(one, list)]
            return
        several = [_described_answer(one) for one in value]
        if (
            len(said.options) >= 2
            and value
            and all(isinstance(one, bool) for one in value)
            and len(value) == len(said.options)
        ):
            said.right = [place for place, one in enumerate(value) if one]
            return
        said.numbered = bool(value) and all(isinstance(one, int) and not isinstance(one, bool) for one in value)
        said.answer = several if len(several) > 1 else "".join(several)
    else:
        said.numbered = isinstance(value, int) and not isinstance(value, bool)
        said.answer = _described_answer(value)
    named = [said.answer] if isinstance(said.answer, str) else said.answer
    if said.right is None and named and all(one in ids and not _letter(one) for one in named):
        said.right = [ids[one] for one in named]
    if named and any(named):
        said.right = said.right or None


def _described_answer(value: Json) -> str:
    if isinstance(value, dict):
        return next(
            (text for name in ("label", "key", "id", "text", "content", "value") if (text := _text(value.get(name)))),
            "",
        )
    return _text(value)


def _text(value: Json) -> str:
    """The value as a text; lists a line each."""
    if isinstance(value, bool):
        return RIGHT if value else WRONG
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(text for one in value if not isinstance(one, list | dict) and (text := _text(one)))
    if isinstance(value, dict):
        return next((text for name in ("text", "content", "value", "name") if (text := _text(value.get(name)))), "")
    return "" if value is None else str(value)


def write(lines: Sequence[QuestionLine]) -> str:
    """The questions as a list of objects with our own names; `read` gives the same again."""
    return json.dumps([_written(line) for line in lines], ensure_ascii=False, indent=1) + "\n"


def _written(line: QuestionLine) -> dict[str, object]:
    told: dict[str, object] = {
        texts.KIND_COLUMN: KIND[line.kind],
        texts.STEM: line.stem,
        texts.OPTIONS: list(line.options),
        texts.ANSWER: written_key(line),
        texts.EXPLANATION: line.explanation,
        "文件": line.document,
        "版本": line.edition,
        "条款": line.article,
        "把握": CERTAINTY[line.certainty] if line.certainty else "",
        "难度": line.difficulty,
        "主题": TOPIC[line.topic] if line.topic else "",
        "标签": line.tags,
    }
    return {name: value for name, value in told.items() if value not in ("", None, [])}


def written_key(line: QuestionLine) -> str:
    """The key as the column 答案 has it."""
    if isinstance(line.key, bool):
        return RIGHT if line.key else WRONG
    if line.kind is QuestionKind.BLANK:
        return write_blanks([blank for blank in line.key if isinstance(blank, tuple)], line.stem)
    return "".join(LETTERS[place] for place in line.key if isinstance(place, int))
