"""Options that stand inside a question (A．… B. … (C) …), and options without their own letters."""

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from texts import question as texts

LETTERS = "ABCDEFGHIJ"
MOST_OPTIONS = len(LETTERS)


class Unfit(Exception):
    """Part of a question cannot be understood; `part` is a field of Said."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason


_SIGN = re.compile(
    r"[（(【\[]\s*(?P<round>[A-Ja-j])\s*[)）】\]]\s*[.．、:：]?"
    r"|(?<![A-Za-z0-9_&])(?P<plain>[A-Ja-j])\s?(?P<mark>[.．、,，:：)）·]|(?<=\n[A-J])[ ]|(?<=\A[A-J])[ ])"
)
_MOST_LABELS = 400  # letters that are looked at
_PARTS = "；;|、,，/"
_GLUED = re.compile(r"(?:(?<=[\s)）。？?：:])|\A)(?P<round>(?!))?(?P<plain>[A-J])(?P<mark>)(?=[\u4e00-\u9fff“《])")


@dataclass(frozen=True, slots=True)
class _Label:
    """A letter that may begin an option: which, its style, where it begins and where the text behind it does."""

    letter: str
    style: str
    begins: int
    ends: int
    first: bool  # in its line
    apart: bool  # from the word before it


def split_options(text: str) -> tuple[str, list[str]]:
    """The question and the options that stand in it, on lines of their own or all on one; none if there are not two.

    Of several ways to read the letters the one with most options counts, in one style before a mixture of styles.
    """
    best: list[_Label] = []
    for sign in (_SIGN, _GLUED):
        labels = [_label(found, text) for found in sign.finditer(text)][-_MOST_LABELS:]
        for chosen in _readings(labels):
            chain = _chain(chosen)
            if len(chain) > max(len(best), 1) and not _enumerates(best, chain):
                best = chain
        if best:
            break
    else:
        return text, []
    earlier = [one for one in labels if one.style == best[0].style and one.begins < best[0].begins]
    if len(_chain(earlier)) >= max(3, len(best)):
        raise Unfit("stem", texts.SEVERAL_QUESTIONS)
    ends = [one.begins for one in best[1:]] + [len(text)]
    options = [text[one.ends : end].strip() for one, end in zip(best, ends, strict=True)]
    if len({one[-1:] for one in options[:-1]}) == 1 and options[0][-1:] in _PARTS:
        options = [one.rstrip(_PARTS).rstrip() for one in options]
    return text[: best[0].begins].strip(), options


def _enumerates(lines: Sequence[_Label], longer: Sequence[_Label]) -> bool:
    """Whether what is longer only counts letters up in the words of the last option: 「D. vitamins A, D, E and K」."""
    plain = len(lines) > 1 and all(one.first for one in lines) and len({one.style for one in lines}) == 1
    return plain and all(one in lines or one.style[:1] in "、,，" for one in longer)


def _label(found: "re.Match[str]", text: str) -> _Label:
    letter = found["round"] or found["plain"]
    before = text[max(found.start() - 1, 0) : found.start()]
    style = "(" if found["round"] else found["mark"]
    style += "a" if letter.islower() else ""
    first, apart = before in ("", "\n"), not before or before.isspace()
    return _Label(letter.upper(), style, found.start(), found.end(), first=first, apart=apart)


def _readings(labels: Sequence[_Label]) -> list[list[_Label]]:
    """The letters that could be meant, the plainest reading first."""
    styles = dict.fromkeys(one.style for one in labels)
    upper = [one for one in labels if not one.style.endswith("a")]
    return [
        [one for one in upper if one.first],
        *([one for one in labels if one.style == style] for style in styles if not style.startswith(("、", ",", "，"))),
        [one for one in upper if one.apart],
        [one for one in upper if one.style != "、"],
        *([one for one in labels if one.style == style] for style in styles if style.startswith(("、", ",", "，"))),
        upper,
    ]


def _chain(labels: Sequence[_Label]) -> list[_Label]:
    """The longest run A, B, C … among the letters; of equal ones the last, for a question stands before its options."""
    places: dict[str, list[int]] = {letter: [] for letter in LETTERS}
    for place, one in enumerate(labels):
        places[one.letter].append(place)
    best: list[int] = []
    for start in places["A"]:
        run = [start]
        for letter in LETTERS[1:]:
            follows = places[letter]
            at = bisect.bisect(follows, run[-1])
            if at == len(follows):
                break
            run.append(follows[at])
        if len(run) >= len(best):
            best = run
    return [labels[place] for place in best]


def bare(option: str, place: int) -> str:
    """The option without its own letter."""
    if place >= MOST_OPTIONS:
        return option
    letter = LETTERS[place]
    label = re.compile(
        rf"(?:[（(【\[]\s*{letter}\s*[)）】\]]\s*[.．、:：]?|{letter}\s*[.．、:：)）])\s*", re.IGNORECASE
    )
    while (found := label.match(option)) and found.end() < len(option):
        option = option[found.end() :]
    return option


def all_bare(options: Sequence[str]) -> list[str]:
    """The options without their own letters; a letter before a blank is one only where every option has it."""
    marked = [re.match(rf"{letter}\s+(?=\S)", one) for letter, one in zip(LETTERS, options, strict=False)]
    if len(options) > 1 and len(marked) == len(options) and all(marked):
        return [one[found.end() :] for one, found in zip(options, marked, strict=True) if found]
    return [bare(one, place) for place, one in enumerate(options)]
