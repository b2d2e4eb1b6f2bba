"""One question of a bank as people write it, understood: kind, options, key; or the first thing wrong with it.

The formats (tables, json, GIFT, Aiken) only bring the pieces of a question here, as `Said`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.question import Certainty, QuestionKind, Topic
from sheets.options import LETTERS, MOST_OPTIONS, Unfit, all_bare, bare, split_options
from sheets.plain import plain
from texts import question as texts
from texts.question import CERTAINTY, TOPIC

MOST = 60_000  # questions of one file
LONGEST_STEM = 5_000
LONGEST_OPTION = 1_000
LONGEST_EXPLANATION = 10_000
LONGEST_DOCUMENT, LONGEST_EDITION, LONGEST_ARTICLE, LONGEST_TAGS = 60, 20, 40, 100
MOST_BLANKS = 20

Key = bool | tuple[int, ...] | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question that can be taken; `row` is the file's own line (header = 1; json: the item from 1).

    `key`: places of the right options from 0, in order; for 判断 True or False; for 填空 the accepted texts of each
    blank. "" and None: the file does not say.
    """

    row: int
    kind: QuestionKind
    stem: str
    options: tuple[str, ...]
    key: Key
    explanation: str = ""
    document: str = ""
    edition: str = ""
    article: str = ""
    certainty: Certainty | None = None
    difficulty: int | None = None
    topic: Topic | None = None
    tags: str = ""


@dataclass(frozen=True, slots=True)
class QuestionFault:
    """The first fault of a question that cannot be taken: where the file has it, and a Chinese sentence."""

    row: int
    column: str
    reason: str


@dataclass(slots=True)
class Said:
    """What a file says of one question, not yet understood; "" and empty where it says nothing.

    `answer` is one text, or several where the file has a list; `right` are places that the file itself marks as right.
    `blanks` are the accepted texts of each blank where the file keeps them apart. `digits_from` is the number by which
    this file calls its first option, None while that cannot be told; `numbered` where the answer is a number for sure.
    """

    kind: str = ""
    stem: str = ""
    passage: str = ""
    options: list[str] = field(default_factory=list)
    answer: str | list[str] = ""
    right: list[int] | None = None
    blanks: list[list[str]] | None = None
    explanation: str = ""
    document: str = ""
    edition: str = ""
    article: str = ""
    certainty: str = ""
    difficulty: str = ""
    topic: str = ""
    tags: str = ""
    digits_from: int | None = None
    numbered: bool = False


def understood(row: int, said: Said) -> QuestionLine:
    """The question meant. Raises Unfit with the first thing wrong."""
    stem, hint = _stem(said)
    kind, choice = _kind(said.kind or hint)
    options = [plain(one) for one in said.options]
    while options and not options[-1]:
        options.pop()
    if any(len(one) > 2 * LONGEST_OPTION for one in options):  # not worth a look inside
        raise Unfit("options", texts.too_long(texts.OPTIONS, LONGEST_OPTION))
    if len(str(said.answer)) > MOST_OPTIONS * LONGEST_OPTION:
        raise Unfit("answer", texts.too_long(texts.ANSWER, LONGEST_OPTION))
    inside = not options and kind not in (QuestionKind.JUDGE, QuestionKind.BLANK)
    if inside:
        stem, options = split_options(stem)
    options = all_bare(options)
    _fits(stem, options, inside=inside)
    kind, options, key = _keyed(said, stem, options, kind, choice=choice)
    more = _more(said)
    return QuestionLine(row, kind, stem, tuple(options), key, **more)  # type: ignore[arg-type] # by name, each of its own type


# --- the question itself --------------------------------------------------------------------------------------------

# A gap left open in the words by blanks alone; before an option, in brackets and at a line's ends they are no gap.
_GAP_OF_SPACES = re.compile(
    r"(?<=[^\s（(【\[])[ \xa0\u3000]{5,}(?=[^\s）)】\]])(?![（(【\[]?\s*[A-Ja-j\uff21-\uff2a]\s*[)）】\].．、:：])"
)
_NUMBER = re.compile(r"(?:第?\d{1,4}题?[.．、:：)）](?!\d)|[（(]\s*\d{1,3}\s*[)）](?=\S)|第\s*\d{1,4}\s*题)\s*")
_MARKS = re.compile(r"[（(【\[]\s*(?:本题|每题|共)?\s*\d{1,2}(?:\.\d)?\s*分\s*[)）】\]]\s*")
_LABEL = re.compile(
    r"[（(【\[]\s*((?:单项?|多项?|不定项)?选择?题?|单选题?|多选题?|判断(?:正误|对错)?题?|是非题|填空题)\s*[)）】\]]\s*[:：]?\s*"
)
_BLANK = re.compile(r"_{2,}|\uff3f+|\ufe4d+|[（(]\s*[)）]|【\s*】|\[\s*\]|{\s*}|-{4,}|—{4,}|…{4,}")


def _stem(said: Said) -> tuple[str, str]:
    """The question without its number and marks, and the kind that stands before it, if one does."""
    whole = plain(_GAP_OF_SPACES.sub(" ____ ", said.stem))
    if len(whole) > LONGEST_STEM + MOST_OPTIONS * LONGEST_OPTION:
        raise Unfit("stem", texts.too_long(texts.STEM, LONGEST_STEM))
    stem, hint = _numberless(whole)
    if said.passage and stem:
        stem, _ = _numberless(plain(f"{said.passage}\n{stem}"))
    return stem, hint


def _numberless(stem: str) -> tuple[str, str]:
    hint = ""
    while found := _NUMBER.match(stem) or _MARKS.match(stem) or _LABEL.match(stem):
        hint = hint or (found[1] if found.re is _LABEL else "")
        stem = stem[found.end() :].strip()
    return stem, hint


# --- what kind ----------------------------------------------------------------------------------------------------

_SEVERAL = re.compile(r"多选|多项|不定项|multi|checkbox|duoxuan")
_ONE = re.compile(r"单选|单项|single|radio|danxuan|^[ab]1(?:型|$)|^a2型|最佳选择|one ?choice")
_CHOICE = re.compile(r"选择|choice|mcq|select")
_TRUE = re.compile(r"判断|是非|对错|正误|judg|true|boolean|tf$|t/f|yes|panduan")
_GAP = re.compile(r"填空|fill|blank|cloze|completion|tiankong|gap")
_OTHERS = re.compile(
    r"简答|问答|论述|名词|案例|计算|材料|分析题|作文|写作|主观|解答|匹配|连线|排序|编程"
    r"|essay|short ?answer|matching|ordering|subjective"
)


def kind_of(text: str) -> QuestionKind | None:
    """The kind that a heading names; None for others."""
    try:
        return _kind(text)[0]
    except Unfit:
        return None


def _kind(text: str) -> tuple[QuestionKind | None, bool]:
    """The kind meant, None where the rest must tell; and whether some choice is meant. Raises Unfit for others."""
    text = plain(text).lower()
    if not text:
        return None, False
    if text in _SIGNS:
        return _SIGNS[text], False
    for pattern, kind in (
        (_SEVERAL, QuestionKind.MULTIPLE),
        (_ONE, QuestionKind.SINGLE),
        (_TRUE, QuestionKind.JUDGE),
        (_GAP, QuestionKind.BLANK),
    ):
        if pattern.search(text):
            return kind, False
    if _CHOICE.search(text):
        return None, True
    if _OTHERS.search(text):
        raise Unfit("kind", texts.other_kind(_short(text)))
    return None, False


_SIGNS = {
    **dict.fromkeys(("单", "单选题"), QuestionKind.SINGLE),
    **dict.fromkeys(("多", "多选题", "x型题", "x型"), QuestionKind.MULTIPLE),
    **dict.fromkeys(("判", "对错"), QuestionKind.JUDGE),
    **dict.fromkeys(("填",), QuestionKind.BLANK),
}

# --- options and answers -----------------------------------------------------------------------------------------


def _fits(stem: str, options: Sequence[str], *, inside: bool) -> None:
    """Raise Unfit where the question or its options are missing, too many, too long or the same."""
    part = "stem" if inside else "options"
    if not stem:
        raise Unfit("stem", texts.NO_STEM)
    if len(stem) > LONGEST_STEM:
        raise Unfit("stem", texts.too_long(texts.STEM, LONGEST_STEM))
    if len(options) > MOST_OPTIONS:
        raise Unfit(part, texts.TOO_MANY_OPTIONS)
    seen: dict[str, int] = {}
    for place, one in enumerate(options):
        if not one:
            raise Unfit(part, texts.empty_option(LETTERS[place]))
        if len(one) > LONGEST_OPTION:
            raise Unfit(part, texts.too_long(f"选项{LETTERS[place]}", LONGEST_OPTION))
        same = "".join(one.split())
        if same in seen:
            raise Unfit(part, texts.equal_options(LETTERS[seen[same]], LETTERS[place]))
        seen[same] = place


# --- which answer is right ----------------------------------------------------------------------------------------

_WORDS_FOR_YES = "正确 对 对的 是 真 √ ✓ ✔ ☑ ○ 〇 t true yes y right correct r v 1"
_WORDS_FOR_NO = "错误 错 错的 否 不是 不正确 不对 假 × ✗ ✘ ✕ \u2573 x f false no n wrong incorrect w 0"
_YES, _NO = frozenset(_WORDS_FOR_YES.split()), frozenset(_WORDS_FOR_NO.split())
_PAIRS = frozenset(
    pair
    for both in (
        "正确 错误", "对 错", "对 不对", "对的 错的", "是 否", "是 不是", "真 假", "正确 不正确", "√ ×", "√ x", "✓ ✗",
        "t f", "true false", "yes no", "right wrong",
    )
    for pair in (tuple(both.split()), tuple(reversed(both.split())))
)  # fmt: skip
_BEFORE = re.compile(
    r"^(?:【?(?:正确|标准|参考)?答案】?\s*(?:是|为)?\s*[:：]?\s*|(?:应|故|所以)?选\s*[:：]?\s*(?=[A-Ja-j]))"
)
_BETWEEN = re.compile(r"[\s,，、;；/\\|\uff5c.．。·&+()（）【】\[\]'\"\u2018\u2019“”和及与-]+")
_WRITTEN = re.compile(r"[（(【\[]?\s*([A-Ja-j])\s*(?:[)）】\]]\s*[.．、:：]?|[.．、:：]|\s)\s*(\S.*)", re.DOTALL)

_WORDS_BEHIND = re.compile(r"[A-J]\s*[.．、:：)）]\s*[a-z]{2}")  # 「A. bad」, unlike 「A. BD」 and 「abd」


def _keyed(
    said: Said, stem: str, options: list[str], kind: QuestionKind | None, *, choice: bool
) -> tuple[QuestionKind, list[str], Key]:
    """Kind, options and key, each inferred from the others where the file is silent."""
    answer = _joined(said.answer)
    pair = _pair(options)
    if kind is QuestionKind.JUDGE or (kind is None and pair is not None):
        if options and pair is None:
            raise Unfit("options", texts.JUDGE_OPTIONS)
        return QuestionKind.JUDGE, [], _judged(said, answer, pair)
    if kind is QuestionKind.BLANK:
        return kind, [], _blanks(said, answer, stem)
    if len(options) == 1:
        raise Unfit("options", texts.ONE_OPTION)
    if options:
        places = _places(said, options, kind)
        if kind is QuestionKind.SINGLE and len(places) > 1:
            raise Unfit("answer", texts.SEVERAL_FOR_ONE)
        return kind or (QuestionKind.MULTIPLE if len(places) > 1 else QuestionKind.SINGLE), options, places
    if kind is not None or choice:
        raise Unfit("options", texts.NO_OPTIONS)
    return _without_options(said, answer, stem)


def _without_options(said: Said, answer: str, stem: str) -> tuple[QuestionKind, list[str], Key]:
    """A question without options and without its kind: what the answer says it is. Raises Unfit."""
    if not said.blanks:
        if not answer:
            raise Unfit("answer", texts.NO_ANSWER)
        if answer.lower() in _YES | _NO:
            return QuestionKind.JUDGE, [], _judged(said, answer, None)
        if re.fullmatch(r"[A-J]{1,10}", _BETWEEN.sub("", answer)):
            raise Unfit("options", texts.NO_OPTIONS)
    if said.blanks or _BLANK.search(stem):
        return QuestionKind.BLANK, [], _blanks(said, answer, stem)
    raise Unfit("kind", texts.NO_KIND)


def _joined(answer: str | list[str]) -> str:
    text = plain("；".join(answer) if isinstance(answer, list) else answer)
    return _BEFORE.sub("", text, count=1).strip()


def _pair(options: Sequence[str]) -> tuple[bool, bool] | None:
    """What the two options 对 and 错 mean, in their order; None for other options."""
    said = tuple(one.lower().strip("。.") for one in options)
    return (said[0] in _YES, said[1] in _YES) if said in _PAIRS else None


def _judged(said: Said, answer: str, pair: tuple[bool, bool] | None) -> bool:
    """True or False for a 判断 question; A and B are its two options, or 对 and 错 where it names none."""
    if said.right is not None:
        if len(said.right) != 1 or said.right[0] > 1:
            raise Unfit("answer", texts.JUDGE)
        return (pair or (True, False))[said.right[0]]
    word = answer.lower().rstrip("。.")
    if not word:
        raise Unfit("answer", texts.NO_ANSWER)
    if word in ("a", "b"):
        return (pair or (True, False))["ab".index(word)]
    if written := _WRITTEN.fullmatch(word):
        word = written[2]
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unfit("answer", texts.JUDGE)


def _places(said: Said, options: Sequence[str], kind: QuestionKind | None) -> tuple[int, ...]:
    """The places of the right options."""
    if said.right is not None:
        places = sorted(set(said.right))
    elif isinstance(said.answer, list) and len(said.answer) > 1:
        every = [place for one in said.answer for place in _named(said, one, options, kind)]
        places = sorted(set(every))
        if len(places) < len(every):
            raise Unfit("answer", texts.SEVERAL_QUESTIONS)
    else:
        places = sorted(set(_named(said, _joined(said.answer), options, kind)))
    if not places:
        raise Unfit("answer", texts.NO_ANSWER)
    for place in places:
        if not 0 <= place < len(options):
            raise Unfit("answer", texts.no_such_option(LETTERS[place] if 0 <= place < MOST_OPTIONS else str(place + 1)))
    return tuple(places)


def _named(said: Said, text: str, options: Sequence[str], kind: QuestionKind | None) -> list[int]:
    """The options that a text names: by letters, by number, by their own words."""
    text = _joined(text)
    if not text:
        return []
    same = {"".join(one.split()): place for place, one in enumerate(options)}
    whole = same.get("".join(text.split()))
    led = _led(text, same, kind)
    if led is not None:
        return [led]
    if whole is None or len(text) == 1 or kind is QuestionKind.MULTIPLE:
        letters = _lettered(text, len(options), known=whole is not None)
        if letters:
            return letters
    if whole is not None and not said.numbered:
        return [whole]
    if re.fullmatch(r"\d{1,2}(?:[\s,，、;；|]+\d{1,2})*", text):
        if said.digits_from is None:
            raise Unfit("answer", texts.DIGITS)
        return [int(one) - said.digits_from for one in re.findall(r"\d+", text)]
    return _worded(text, options, same)


def _led(text: str, same: Mapping[str, int], kind: QuestionKind | None) -> int | None:
    """The option named by its letter and its own words: 「A. bad」 is not the letters A, B, A and D."""
    several = kind is QuestionKind.MULTIPLE or "、" in text
    for place in same.values():
        words = bare(text, place)
        if words != text and same.get("".join(words.split())) == place and (len(words) > 1 or not several):
            return place
    return None


def _lettered(text: str, options: int, *, known: bool) -> list[int]:
    """The places that letters name; none where the text is no letters. `known`: an option says just that."""
    if _WORDS_BEHIND.match(text):
        return []
    letters = _BETWEEN.sub("", text).upper().removesuffix("项")
    if not re.fullmatch(r"[A-Z]+", letters):
        return []
    unknown = next((one for one in letters if one not in LETTERS[:options]), None)
    if unknown is None:
        return [LETTERS.index(one) for one in letters]
    if known or len(letters) > MOST_OPTIONS:
        return []
    raise Unfit("answer", texts.no_such_option(unknown))


def _worded(text: str, options: Sequence[str], same: Mapping[str, int]) -> list[int]:
    """The options that are named by their own words, with or without their letters. Raises Unfit."""
    if written := _WRITTEN.fullmatch(text):
        return _written(text, written, options)
    parts = [part for part in re.split(r"[\n;；|、，,]+", text) if part.strip()]
    found = [same.get("".join(part.split())) for part in parts]
    if len(parts) > 1 and None not in found:
        return [place for place in found if place is not None]
    raise Unfit("answer", texts.no_option_like(_short(text)))


def _written(text: str, first: "re.Match[str]", options: Sequence[str]) -> list[int]:
    """The options named with letter and words: 「A. 民主 C. 集中」; words that say otherwise are a fault."""
    _, several = split_options("\n" + text)
    if len(several) < 2:
        letter, words = first[1].upper(), first[2]
        place = LETTERS.index(letter)
        if place >= len(options):
            raise Unfit("answer", texts.no_such_option(letter))
        if "".join(words.split()) != "".join(options[place].split()):
            raise Unfit("answer", texts.no_option_like(_short(text)))
        return [place]
    return list(range(len(several))) if several == list(options[: len(several)]) else []


# --- blanks -------------------------------------------------------------------------------------------------------


def _blanks(said: Said, answer: str, stem: str) -> tuple[tuple[str, ...], ...]:
    """The accepted texts of each blank."""
    if said.blanks is not None:
        found = [[plain(one) for one in blank] for blank in said.blanks]
    else:
        several = said.answer if isinstance(said.answer, list) and len(said.answer) > 1 else None
        found = [split_alike(plain(one)) for one in several] if several else split_blanks(answer, stem)
    key = tuple(tuple(dict.fromkeys(one for one in blank if one)) for blank in found)
    if not key or not all(key):
        raise Unfit("answer", texts.NO_ANSWER)
    if len(key) > MOST_BLANKS or any(len(one) > LONGEST_OPTION for blank in key for one in blank):
        raise Unfit("answer", texts.too_long(texts.ANSWER, LONGEST_OPTION))
    return key


def split_blanks(answer: str, stem: str) -> list[list[str]]:
    """One text for several blanks: parted by ；, or by 、 and the like where that gives as many parts as blanks.

    For one blank, texts joined by ； all count; 「民主、集中」 is one answer.
    """
    if answer.startswith("[["):
        exact = _exact(answer)
        if exact is not None:
            return exact
    gaps = len(_BLANK.findall(stem))
    parts = [part.strip() for part in re.split(r"[;；\n]", answer) if part.strip()]
    if gaps == 1 and len(parts) > 1:
        return [[alike for part in parts for alike in split_alike(part)]]
    if gaps > 1 and len(parts) != gaps:
        for mark in ("[、]", "[,，]", r"\s", "[,，、\\s]", "[|\uff5c/]"):
            finer = [part.strip() for part in re.split(mark, answer.strip(" ；;、，,")) if part.strip()]
            if len(finer) == gaps:
                return [[part] for part in finer]
    return [split_alike(part) for part in parts]


def split_alike(text: str) -> list[str]:
    """The texts that count alike for one blank."""
    slashed = not re.search(r"\d/\d|://", text)  # 1/3 is one answer
    parts = re.split(r"[|\uff5c]|(?<=\S)/(?=\S)" if slashed else r"[|\uff5c]", text)
    return [part.strip() for part in parts if part.strip()]


def write_blanks(key: Sequence[Sequence[str]], stem: str) -> str:
    """The texts of the blanks as one, which `split_blanks` takes apart: plain, or as JSON where signs forbid it."""
    told = "；".join("|".join(blank) for blank in key)
    wanted = [list(blank) for blank in key]
    if _joined(told) == told and split_blanks(told, stem) == wanted:
        return told
    return json.dumps(wanted, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")


def _exact(answer: str) -> list[list[str]] | None:
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(one, list) for one in found):
        return None
    return [[str(text) for text in one] for one in found]


# --- the rest -----------------------------------------------------------------------------------------------------

_HOW_HARD: Mapping[str, int] = {
    **dict.fromkeys(("很易", "很简单", "very easy"), 1),
    **dict.fromkeys(("易", "简单", "容易", "较易", "easy", "low", "初级", "基础"), 2),
    **dict.fromkeys(("中", "中等", "一般", "适中", "medium", "normal", "moderate", "中级"), 3),
    **dict.fromkeys(("难", "困难", "较难", "hard", "difficult", "high", "高级"), 4),
    **dict.fromkeys(("很难", "very hard"), 5),
}
_HOW_SURE: Mapping[str, Certainty] = {
    **{label: code for code, label in CERTAINTY.items()},
    **{code.value: code for code in Certainty},
    **dict.fromkeys(("肯定", "有把握"), Certainty.CERTAIN),
    **dict.fromkeys(("大概", "待核对"), Certainty.LIKELY),
}
_TOPICS: Mapping[str, Topic] = {
    **{label: code for code, label in TOPIC.items()},
    **{code.value: code for code in Topic},
}


def _more(said: Said) -> dict[str, object]:
    """What else is said of the question. A source too long for its place joins the explanation."""
    explanation = plain(said.explanation)
    source = {}
    for name, most in (("document", LONGEST_DOCUMENT), ("edition", LONGEST_EDITION), ("article", LONGEST_ARTICLE)):
        text = " ".join(plain(getattr(said, name)).split())
        if len(text) > most:
            explanation, text = f"{explanation}\n{texts.source(text)}".strip(), ""
        source[name] = text
    if len(explanation) > LONGEST_EXPLANATION:
        raise Unfit("explanation", texts.too_long(texts.EXPLANATION, LONGEST_EXPLANATION))
    topic = plain(said.topic)
    known = _TOPICS.get(topic.lower())
    tags = " ".join(plain(said.tags).split())
    if topic and known is None and topic not in tags:
        tags = " ".join(f"{topic} {tags}".split())
    hard = plain(said.difficulty).lower().rstrip("级星")
    return {
        **source,
        "explanation": explanation,
        "certainty": _HOW_SURE.get(plain(said.certainty).lower()),
        "difficulty": int(float(hard)) if re.fullmatch(r"[1-5](\.0)?", hard) else _HOW_HARD.get(hard),
        "topic": known,
        "tags": tags[:LONGEST_TAGS].rstrip(),
    }


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:20]}…"


def first_digit(all_said: Sequence[Said]) -> int | None:
    """By which number a file calls the first option: 0 where one answer is 0, 1 where one is the number of options."""
    first = None
    for said in all_said:
        answers = said.answer if isinstance(said.answer, list) else [said.answer]
        if len(said.options) < 2 or not all(re.fullmatch(r"\s*\d\d?\s*", one) for one in answers):
            continue
        if _pair([plain(one) for one in said.options]) is not None:
            continue
        if not said.numbered and any(one.strip() in said.options for one in answers):
            continue
        if any(int(one) == 0 for one in answers):
            return 0
        if any(int(one) == sum(bool(option.strip()) for option in said.options) for one in answers):
            first = 1
    return first
