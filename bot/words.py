"""Reads what people type or say: normal forms, spoken numbers, commands and near misses of commands."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from unicodedata import category, normalize

from rapidfuzz import fuzz

LONGEST = 3000
"""Characters looked at. A text message of WeChat is far shorter."""

_PARTICLES = ("了", "啊", "呢", "吧", "请")
_NUMERALS = str.maketrans("\N{IDEOGRAPHIC NUMBER ZERO}○零幺一二三四五六七八九", "0001123456789")
_SOLID = re.compile(r"[0-9]+")
_SPACED = re.compile(r"[0-9](?:[\s\-\u2013\u2014_.,、，。·:/]*[0-9])*")
_ORDINAL = re.compile(r"(?:我?选择?|我?要|回复?|发)?第?([0-9]{1,2}|[a-z])(?:个|项|号|条)?")
_BETWEEN = "码号是为"  # 绑定码是20517734
SLIPS = 3  # characters too many or too few after a word that is followed by so many
_GUESS_LENGTH = 10  # a longer text is a sentence, not a mistyped word
_NEAR = 85  # of 100: 签倒 and 签到 sound alike (100), 报告 and 报到 do not (83)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that start a dialogue; each maps to the dialogue's name.

    `words` are exact, `typos` are asked about first, `digits` gives a number alone to a dialogue by its length, `tails`
    names dialogues whose word may be followed by so many characters. Words and typos are in normal form.
    """

    words: dict[str, str] = field(default_factory=dict)
    typos: dict[str, str] = field(default_factory=dict)
    digits: dict[int, str] = field(default_factory=dict)
    tails: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """The dialogue a text asks for, the number that came with the word, and whether it came without the word."""

    name: str
    argument: str = ""
    alone: bool = False


def normalise(text: str) -> str:
    """The text as it is compared: half-width, small letters, no blanks, no marks or emoji at its ends."""
    folded = normalize("NFKC", text[:LONGEST]).casefold()
    seen = "".join(character for character in folded[:LONGEST] if category(character)[0] not in "ZC")
    start, end = 0, len(seen)
    while start < end and not seen[start].isalnum():
        start += 1
    while end > start and not seen[end - 1].isalnum():
        end -= 1
    return seen[start:end] or seen[:1]  # "?" alone is a word


def forms(text: str) -> Iterator[str]:
    """The normal form, then the same with one particle after the other taken off (请签到吧, 请签到, 签到).

    One at a time, because 来了 and 请假 are words with a particle in them.
    """
    word = normalise(text)
    yield word
    for _ in range(4):
        if len(word) > 1 and word.endswith(_PARTICLES):
            word = word[:-1]
        elif len(word) > 1 and word.startswith("请"):
            word = word[1:]
        else:
            return
        yield word


def number_in(text: str, length: int) -> str | None:
    """The number of `length` digits in the text (482913, 482-913, 四八二九一三); None without one or with several."""
    plain = _with_digits(text)
    for runs in (_SOLID.findall(plain), _spaced_runs(plain)):
        found = [run for run in runs if len(run) == length]
        if len(found) == 1:
            return str(found[0])
    return None


def digits_in(text: str) -> int:
    """How many digits the longest number in the text has, 0 without one."""
    return max(map(len, _spaced_runs(_with_digits(text))), default=0)


def ordinal(text: str) -> int | None:
    """Which of several is meant: 2, 第二个, 选b, B。 are all 2."""
    for form in forms(text):
        found = _ORDINAL.fullmatch(form.translate(_NUMERALS))
        if found:
            which = found[1]
            return int(which) if which.isdigit() else ord(which) - ord("a") + 1
    return None


def command(text: str, vocabulary: Vocabulary) -> Match | None:
    """The dialogue that exactly this text asks for: a word, a word with a number, or a number alone."""
    digits = _digits_alone(text)
    if digits:
        name = vocabulary.digits.get(len(digits))
        return Match(name, digits, alone=True) if name else None
    return _find(text, vocabulary.words, vocabulary) or _with_tail(text, vocabulary)


def nearest(text: str, vocabulary: Vocabulary) -> Match | None:
    """The dialogue to ask about: by a listed typo, a word within the text, or one that sounds like it.

    None when nothing is near or two dialogues are equally near. Dialect is not guessed.
    """
    listed = _find(text, vocabulary.typos, vocabulary)
    if listed:
        return listed
    *_, said = forms(text)
    if not 1 < len(said) <= _GUESS_LENGTH:
        return None
    sound = _spelt(said)
    scores: dict[str, float] = {}
    for word, name in vocabulary.words.items():
        scores[name] = max(scores.get(name, 0), _likeness(said, sound, word))
    best = max(scores.values(), default=0)
    names = [name for name, score in scores.items() if score == best]
    return Match(names[0]) if best >= _NEAR and len(names) == 1 else None


def _find(text: str, words: Mapping[str, str], vocabulary: Vocabulary) -> Match | None:
    for form in forms(text):
        if form in words:
            return Match(words[form])
    numbered = set(vocabulary.digits.values())
    for form in forms(text):
        for word, name in words.items():
            if name in numbered and form.startswith(word):
                number = _digits_alone(form[len(word) :].lstrip(_BETWEEN))
                if number:
                    return Match(name, number)
    return None


def _with_tail(text: str, vocabulary: Vocabulary) -> Match | None:
    """A word and what follows it (进度 and a receipt); some more or fewer characters may be a slip of the pen."""
    plain = normalise(text)
    for word, name in vocabulary.words.items():
        tail = plain.removeprefix(word)
        length = vocabulary.tails.get(name)
        if length is None or tail == plain:
            continue
        bare = "".join(one for one in tail if one.isalnum())
        apart = not text.strip().removeprefix(word)[:1].isalnum()
        if len(bare) == length or (apart and abs(len(bare) - length) <= SLIPS):
            return Match(name, bare)
    return None


def _likeness(said: str, sound: str, word: str) -> float:
    if len(word) < 2:
        return 0
    if word in said:
        return 100
    return max(fuzz.ratio(said, word), fuzz.ratio(sound, _sound(word)))


def _spelt(word: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its tables take 0.3 s, and few processes ever have to guess

    return "".join(lazy_pinyin(word))


@lru_cache(maxsize=1024)
def _sound(word: str) -> str:
    """The sound of a word of the vocabulary; what people say is never kept."""
    return _spelt(word)


def _with_digits(text: str) -> str:
    plain = normalize("NFKC", text[:LONGEST])[:LONGEST].translate(_NUMERALS)
    # a copied number may carry invisible direction marks
    return "".join(character for character in plain if category(character) != "Cf")


def _spaced_runs(plain: str) -> list[str]:
    return ["".join(_SOLID.findall(run)) for run in _SPACED.findall(plain)]


def _digits_alone(text: str) -> str:
    """The digits of a text that holds one number and nothing else but marks and particles, or ""."""
    for form in forms(text):
        plain = form.translate(_NUMERALS)
        if _SPACED.fullmatch(plain):
            return "".join(_SOLID.findall(plain))
    return ""
