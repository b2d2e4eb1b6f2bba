"""Question banks as GIFT, Moodle's text format (docs.moodle.org/en/GIFT_format), read and written.

What GIFT has no place for (文件, 版本 …) stands in tags of a comment before the question, as Moodle writes them:
`// [tag:文件=中国共产党章程]`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from models.question import QuestionKind
from sheets.options import Unfit
from sheets.question import MOST, QuestionFault, QuestionLine, Said, understood, write_blanks
from sheets.question_tables import COLUMN, field_of
from texts import question as texts
from texts.question import CERTAINTY, KIND, TOPIC

_SIGNS = "~=#{}:\\"
_LONGEST = 50_000  # signs of one question
_FIRST_MASK = 0xFDD0  # code points that no text may have
_MASKED = {sign: chr(_FIRST_MASK + place) for place, sign in enumerate(_SIGNS)} | {"n": chr(_FIRST_MASK + len(_SIGNS))}
_UNMASK = {ord(mask): "\n" if sign == "n" else sign for sign, mask in _MASKED.items()}
_ESCAPE = re.compile(r"\\([~=#{}:\\n])")
_FORBIDDEN = re.compile("[\ufdd0-\ufdef]")
_TAG = re.compile(r"\[tag:((?:\\.|[^\]\\])*)\]")
_WEIGHT = re.compile(r"\s*%(-?\d+(?:\.\d+)?)%")
_NUMBER = re.compile(r"#\s*=?\s*(-?\d+(?:\.\d+)?)(?::0(?:\.0*)?)?\s*(?:#.*)?", re.DOTALL)
_TRUTH = re.compile(r"(t|true|f|false)\s*(?:#.*)?", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class _Block:
    """A question's own lines: where they begin, what they say, and the tags before them."""

    line: int
    text: str
    tags: list[str]


def read(text: str) -> list[QuestionLine | QuestionFault]:
    """Every question of the file, as a question or a fault; `row` is the line where it begins."""
    return [_line(block) for block in _blocks(_FORBIDDEN.sub("", text))]


def _line(block: _Block) -> QuestionLine | QuestionFault:
    try:
        said = _said(block.text)
        _tagged(said, block.tags)
        return understood(block.line, said)
    except Unfit as unfit:
        return QuestionFault(block.line, COLUMN.get(unfit.part, unfit.part), unfit.reason)


def _blocks(text: str) -> list[_Block]:
    """The questions, parted by empty lines; an answer whose braces an empty line runs through stays whole."""
    blocks: list[_Block] = []
    tags: list[str] = []
    fresh = True
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("//"):
            tags += [re.sub(r"\\(.)", r"\1", found) for found in _tags(line)]
        elif not line or line.startswith("$CATEGORY:"):
            fresh = True
        elif fresh and not (blocks and line[0] in "=~#}" and _open(blocks[-1].text)):
            if len(blocks) > MOST:
                break
            blocks.append(_Block(number, line, tags))
            tags, fresh = [], False
        else:
            if len(blocks[-1].text) <= _LONGEST:
                blocks[-1].text += f"\n{line}"
            fresh = False
    return blocks


def _tags(line: str) -> Iterator[str]:
    """What the tags of a line say. Where one is not closed no later one is: to look on would take the line's square."""
    place = 0
    while (start := line.find("[tag:", place)) >= 0 and (found := _TAG.match(line, start)):
        yield found[1]
        place = found.end()


def _open(text: str) -> bool:
    if len(text) > _LONGEST:
        return False
    masked = _ESCAPE.sub("", text)
    return masked.count("{") > masked.count("}")


def _said(text: str) -> Said:
    """What one question says. Raises Unfit."""
    masked = _ESCAPE.sub(lambda found: _MASKED[found[1]], text)
    masked = re.sub(r"\A::.*?::\s*", "", masked, count=1, flags=re.DOTALL)
    masked = re.sub(r"\A\[(?:html|moodle|plain|markdown)\]", "", masked, count=1)
    before, opened, rest = masked.partition("{")
    body, closed, after = rest.partition("}")
    if not opened and "}" not in masked:
        raise Unfit("answer", texts.NO_BRACES)
    if not closed or "{" in body or "{" in after or "}" in before + after:
        raise Unfit("answer", texts.UNCLOSED_BRACE)
    stem = f"{before.rstrip()}____{after}" if after.strip() else before
    body, _, explanation = body.partition("####")
    said = Said(stem=_plain(stem), explanation=_plain(explanation))
    body = body.strip()
    if not body:
        raise Unfit("answer", texts.ESSAY)
    if truth := _TRUTH.fullmatch(body):
        said.kind, said.answer = KIND[QuestionKind.JUDGE], truth[1]
    elif body.startswith("#"):
        number = _NUMBER.fullmatch(body)
        if number is None:
            raise Unfit("answer", texts.RANGE)
        said.kind, said.answer = KIND[QuestionKind.BLANK], number[1]
    else:
        _answered(said, body)
    return said


def _answered(said: Said, body: str) -> None:
    """Fill in options and key from `=right ~wrong ~%50%half …`. Raises Unfit."""
    first, *tokens = re.split(r"(?=[=~])", body)
    if first.strip() or not tokens:
        said.answer = _plain(first)
        if tokens:
            raise Unfit("answer", texts.no_option_like(said.answer[:20]))
        return
    wrong, words, weights = [], [], []
    for token in tokens:
        weight = _WEIGHT.match(token, 1)
        wrong.append(token[0] == "~")
        weights.append(float(weight[1]) if weight else None)
        told, _, feedback = token[weight.end() if weight else 1 :].partition("#")
        words.append(_plain(told))
        if not said.explanation and token[0] == "=":
            said.explanation = _plain(feedback)
    if not any(wrong):
        if len(words) > 1 and all("->" in one for one in words):
            raise Unfit("kind", texts.MATCHING)
        said.kind = KIND[QuestionKind.BLANK]
        if len(words) == 1:
            said.answer = words[0]
        else:
            said.blanks = [[one for one, weight in zip(words, weights, strict=True) if weight is None or weight > 0]]
        return
    marked = [place for place, one in enumerate(wrong) if not one]
    shares = [place for place, one in enumerate(wrong) if one and (weights[place] or 0) > 0]
    if marked and shares:
        raise Unfit("answer", texts.HALF_RIGHT)
    said.options, said.right = words, marked or shares
    said.kind = KIND[QuestionKind.MULTIPLE if shares or len(marked) > 1 else QuestionKind.SINGLE]


def _plain(masked: str) -> str:
    return masked.translate(_UNMASK).strip()


def _tagged(said: Said, tags: Sequence[str]) -> None:
    """Fill in what the tags say: 名=值 for a field of ours, everything else is a tag."""
    others = []
    for tag in tags:
        name, equal, value = tag.partition("=")
        meant = field_of(name)
        if equal and meant is not None and meant[0] in _TAGGED:
            setattr(said, meant[0], value)
        else:
            others.append(tag)
    said.tags = " ".join([said.tags, *others]).strip()


_TAGGED = ("document", "edition", "article", "certainty", "difficulty", "topic", "tags")


def write(lines: Iterable[QuestionLine]) -> str:
    """The questions as GIFT; `read` gives the same again."""
    return "\n".join(_written(number, line) for number, line in enumerate(lines, start=1))


def _written(number: int, line: QuestionLine) -> str:
    told = {
        "文件": line.document,
        "版本": line.edition,
        "条款": line.article,
        "把握": CERTAINTY[line.certainty] if line.certainty else "",
        "难度": str(line.difficulty or ""),
        "主题": TOPIC[line.topic] if line.topic else "",
        "标签": line.tags,
    }
    tags = " ".join(f"[tag:{name}={_in_tag(value)}]" for name, value in told.items() if value)
    explanation = f"####{_escaped(line.explanation)}" if line.explanation else ""
    comment = f"// {tags}\n" if tags else ""
    return f"{comment}::{number:05}::[plain]{_escaped(line.stem)} {{{_body(line)}{explanation}}}\n"


def _body(line: QuestionLine) -> str:
    if isinstance(line.key, bool):
        return "T" if line.key else "F"
    if line.kind is QuestionKind.BLANK:
        blanks = [blank for blank in line.key if isinstance(blank, tuple)]
        alike = blanks[0]
        if len(blanks) == 1 and len(alike) > 1 and not any("->" in one for one in alike):
            return " ".join(f"={_weighed(one, 100)}" for one in alike)
        return f"={_weighed(write_blanks(blanks, line.stem), 100)}"
    several = line.kind is QuestionKind.MULTIPLE
    right = [place for place in line.key if isinstance(place, int)]
    share = f"%{100 / len(right):.5f}%"
    return " ".join(
        (f"~{share}{_escaped(one)}" if several else f"={_weighed(one, 100)}")
        if place in right
        else (f"~%-100%{_escaped(one)}" if several else f"~{_weighed(one, 0)}")
        for place, one in enumerate(line.options)
    )


def _weighed(text: str, weight: int) -> str:
    """The answer; where it looks as if a weight stood before it, behind one of its own."""
    return f"%{weight}%{_escaped(text)}" if _WEIGHT.match(text) else _escaped(text)


def _escaped(text: str) -> str:
    return re.sub(r"([~=#{}:\\])", r"\\\1", text).replace("\n", "\\n")


def _in_tag(text: str) -> str:
    return re.sub(r"([\]\\])", r"\\\1", text)
