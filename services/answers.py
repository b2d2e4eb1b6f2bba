"""Reads what somebody wrote as the answer to a question, and judges it: pure, shared by practice and exams."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from unicodedata import category, normalize

from models.question import QuestionKind

Key = tuple[int, ...] | bool | tuple[tuple[str, ...], ...]
"""What is right: option places from 0; true or false; for each blank the texts that are accepted."""

LONGEST = 200  # characters; whoever writes more has sent something else than an answer


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_TRUE = _words("对 对的 是 是的 正确 没错 对头 中 要得 嗯 √ ✓ ✔ ☑ ✅ ○ 勾 打勾 t true y yes 1 a")
_FALSE = _words("错 错的 错误 不对 不是 不正确 否 × ✕ ✗ ✘ ❌ ❎ 叉 打叉 x f false n no 0 2 b")
_ALL = _words("全选 全部 都选 全都选 都是 都对 全对 以上都是 以上都对")
_UNKNOWN = _words("不会 不会做 我不会 不知道 我不知道 不晓得 不清楚 不懂 不记得 忘了 忘记了 记不清 记不得 没学过")
_BEFORE = r"(?:我|就)?(?:觉得|认为|猜)?(?:正确)?(?:答案)?(?:应该|可能)?(?:是|为|选择|选|要|发|回复|回)?"
_AFTER = r"(?:吧|呢|了|啊|呀|的|嘛)*"
_NUMERALS = {one: number for number, one in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ONE = re.compile(rf"{_BEFORE}第?([a-z]|[0-9]{{1,2}}|[一二三四五六七八九])(?:个|项|号|条|选项)?{_AFTER}")
_LED = re.compile(r"([a-z])[\s.、,，:：)）]*(.+)")  # B 一年, B.一年
_SEPARATORS = re.compile(r"[\s、,，;；/|.。和跟与及+&]+")
_SEVERAL = re.compile(rf"{_BEFORE}(?:第)?((?:[a-z]|[0-9]|[一二三四五六七八九])+)(?:个|项|号|条|选项)?{_AFTER}")
_BLANKS = re.compile(r"[、,，;；/|\n]+|\s{1,}")
_NUMERAL = "零〇一二两三四五六七八九十百"
_NUMBER = re.compile(rf"[{_NUMERAL}0-9]+")
_LONGEST_NUMERAL = 40  # signs; no number of any question has as many
_MARKS = "。.,，、;；:：!！?？~～…“”\"'()（）[]【】《》-—_"


class Why(StrEnum):
    """Why a text is no answer to the question."""

    UNCLEAR = "unclear"  # nothing in it names an option, or says right or wrong
    BEYOND = "beyond"  # a letter the question does not have
    ONE_ONLY = "one_only"  # several options, where one is asked for
    LETTER = "letter"  # a number that is one option's place and another's words
    BLANKS = "blanks"  # more or fewer parts than blanks
    LONG = "long"  # more than anybody answers


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was understood: places, true or false, one text a blank; None is 不会."""

    value: tuple[int, ...] | bool | tuple[str, ...] | None

    @property
    def unknown(self) -> bool:
        """Whether the person said that they do not know."""
        return self.value is None

    def dump(self) -> str:
        """As it is kept: JSON, "" for 不会."""
        return "" if self.value is None else json.dumps(self.value, ensure_ascii=False)

    @classmethod
    def load(cls, kept: str) -> "Given":
        """From what `dump` gave."""
        value = json.loads(kept) if kept else None
        return cls(tuple(value) if isinstance(value, list) else value)


@dataclass(frozen=True, slots=True)
class Asked:
    """What reading and judging need of a question."""

    kind: QuestionKind
    options: tuple[str, ...]
    key: Key

    @property
    def last(self) -> str:
        """The letter of the last option."""
        return letter(len(self.options) - 1)


class Stored(Protocol):
    """A question as it lies in its table."""

    kind: QuestionKind
    options: str
    key: str


def asked(question: Stored) -> Asked:
    """The question's options and key, out of their JSON."""
    options, key = json.loads(question.options), json.loads(question.key)
    if question.kind is QuestionKind.JUDGE:
        return Asked(question.kind, (), bool(key))
    if question.kind is QuestionKind.BLANK:
        return Asked(question.kind, (), tuple(tuple(accepted) for accepted in key))
    return Asked(question.kind, tuple(options), tuple(sorted(key)))


def letter(place: int) -> str:
    """A for 0, B for 1 …"""
    return chr(ord("A") + place)


def read(question: Asked, text: str) -> Given | Why:
    """What the text answers, or why it is no answer. Understood are 选b, B。, 第二个, 2, the option's own words …"""
    if len(text) > LONGEST:
        return Why.LONG
    folded = plain(text)
    if folded in _UNKNOWN:
        return Given(None)
    match question.kind:
        case QuestionKind.JUDGE:
            return _truth(text, folded)
        case QuestionKind.BLANK:
            assert isinstance(question.key, tuple)
            return _blanks(text, len(question.key))
        case QuestionKind.SINGLE:
            return _single(question, text, folded)
        case QuestionKind.MULTIPLE:
            return _multiple(question, text, folded)


def judge(question: Asked, given: Given) -> bool:
    """Whether the answer is right: all of it, nothing else, and for blanks each in its place."""
    key, value = question.key, given.value
    if isinstance(key, bool) or isinstance(value, bool) or value is None:
        return value is not None and value is key
    if question.kind is QuestionKind.BLANK:
        return len(key) == len(value) and all(
            comparable(str(said)) in {comparable(one) for one in accepted}
            for said, accepted in zip(value, key, strict=True)
            if isinstance(accepted, tuple)
        )
    return tuple(sorted({int(one) for one in value if isinstance(one, int)})) == key


def plain(text: str) -> str:
    """The text as it is compared with words: half-width, small letters, without blanks and marks at its ends."""
    folded = normalize("NFKC", text).casefold()
    seen = "".join(one for one in folded if category(one)[0] not in "ZC" and one != "\N{VARIATION SELECTOR-16}")
    stripped = seen.strip(_MARKS)
    return stripped or seen[:1]


def comparable(text: str) -> str:
    """A blank's text as it is compared: also without marks inside, and numbers in digits (一年 is 1年)."""
    folded = normalize("NFKC", text).casefold()
    kept = []
    for place, one in enumerate(folded):
        if category(one)[0] in "ZC":
            continue
        if category(one)[0] == "P" and not _counts(folded, place):
            continue
        kept.append(one)
    return _NUMBER.sub(lambda found: _digits(found[0]) if _numeral(found[0]) else found[0], "".join(kept))


def _numeral(run: str) -> bool:
    """Whether a run of digits and numerals is a number in numerals that somebody may mean."""
    return not run.isascii() and len(run) <= _LONGEST_NUMERAL


def _counts(text: str, place: int) -> bool:
    """Whether a mark belongs to a number: 3.5, -5, 1/2, 80%."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if text[place] in "%‰":
        return True
    if text[place] == "-":
        return after.isdigit() and not before.isalnum()
    return text[place] in "./:" and before.isdigit() and after.isdigit()


def _digits(numeral: str) -> str:
    """十八 as 18, 二十 as 20, 一百 as 100; anything else character by character."""
    if not set(numeral) & set("十百"):
        return "".join(str(_NUMERALS.get(one, one)) for one in numeral)
    total, current = 0, 0
    for one in numeral:
        if one in "十百":
            total += (current or 1) * (10 if one == "十" else 100)
            current = 0
        else:
            current = current * 10 + (_NUMERALS[one] if one in _NUMERALS else int(one))
    return str(total + current)


def _truth(text: str, folded: str) -> Given | Why:
    for form in (text.strip(), *_bare(folded)):
        if form in _TRUE:
            return Given(value=True)
        if form in _FALSE:
            return Given(value=False)
    return Why.UNCLEAR


def _bare(folded: str) -> Iterator[str]:
    """The text, then without what is put around an answer."""
    yield folded
    yield (bare := re.sub(r"^(?:我)?(?:觉得|认为|猜)?(?:答案)?(?:应该)?(?:选|回)?", "", folded))
    yield re.sub(r"^是(?=.)|(?:吧|呢|了|啊|呀|嘛)+$", "", bare)


def _blanks(text: str, blanks: int) -> Given | Why:
    said = text.strip()
    if not comparable(said):
        return Why.UNCLEAR
    if blanks == 1:
        return Given((said,))
    for separator in (_BLANKS, _SEPARATORS):
        parts = [part for part in separator.split(said) if comparable(part)]
        if len(parts) == blanks:
            return Given(tuple(parts))
    return Why.BLANKS


def _single(question: Asked, text: str, folded: str) -> Given | Why:
    named = _named(question.options, text, folded)
    found = _ONE.fullmatch(folded)
    place = _place(found[1]) if found else None
    if named is not None:  # where options are numbers, 2 may be the second option or the one that says 2
        another = place is not None and place != named
        return Why.LETTER if another else Given((named,))
    if place is None:
        several = _SEVERAL.fullmatch(_joined(folded))
        inside = several and {_place(one) for one in several[1]}
        return Why.ONE_ONLY if inside and all(_within(question, one) for one in inside) else Why.UNCLEAR
    return Given((place,)) if _within(question, place) else Why.BEYOND


def _multiple(question: Asked, text: str, folded: str) -> Given | Why:
    if folded in _ALL:
        return Given(tuple(range(len(question.options))))
    named = _named(question.options, text, folded)
    if named is not None:
        return Given((named,))
    parts = [plain(part) for part in _SEPARATORS.split(text.strip()) if plain(part)]
    by_words = [_named(question.options, part, part) for part in parts]
    if parts and all(one is not None for one in by_words):
        return Given(tuple(sorted({one for one in by_words if one is not None})))
    found = _SEVERAL.fullmatch(_joined(folded))
    if not found:
        return Why.UNCLEAR
    places = {_place(one) for one in found[1]}
    if not all(_within(question, one) for one in places):
        return Why.BEYOND
    return Given(tuple(sorted(one for one in places if one is not None)))


def _joined(folded: str) -> str:
    """Several letters without what stands between them: a、b和d, 第一个和第三个."""
    return re.sub(r"第|个|项|号", "", _SEPARATORS.sub("", folded))


def _named(options: Sequence[str], text: str, folded: str) -> int | None:
    """The option whose words these are, with or without its letter before them."""
    words = [plain(one) for one in options]
    for place, word in enumerate(words):
        if word == folded:
            return place
    led = _LED.fullmatch(normalize("NFKC", text).casefold().strip())
    if led and (place_led := ord(led[1]) - ord("a")) < len(words) and plain(led[2]) == words[place_led]:
        return place_led
    return None


def _place(which: str) -> int | None:
    """From a letter, a digit or a numeral; None from 0."""
    if which.isascii() and which.isalpha():
        return ord(which) - ord("a")
    number = int(which) if which.isdigit() else _NUMERALS.get(which, 0)
    return number - 1 if number else None


def _within(question: Asked, place: int | None) -> bool:
    return place is not None and 0 <= place < len(question.options)
