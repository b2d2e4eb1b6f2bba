"""The banks that come along are fit to go out, and the oath is the oath, byte for byte."""

import hashlib
from collections import Counter
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest

from models.question import Certainty, QuestionKind, Topic
from sheets import questions
from sheets.questions import QuestionLine
from tests.branch import ROOT
from texts.oath import OATH

PARTY, WEATHER = ROOT / "banks" / "党章2022.csv", ROOT / "banks" / "气象业务.csv"

# The sentence as 党章 (2022-10-22), article 6 has it; texts/ may wrap it, nothing else.
SENTENCE = "我志愿加入中国共产党，拥护党的纲领，遵守党的章程，履行党员义务，执行党的决定，严守党的纪律，保守党的秘密，对党忠诚，积极工作，为共产主义奋斗终身，随时准备为党和人民牺牲一切，永不叛党。"
DIGEST = "76db28428e1646ba489d6a45faeba5e65992a56215cf43569cddbac44a8a5814"

# What the first twenty ask, in their order: a word of the question, its article, the right answer.
TWENTY: list[tuple[str, str, str | bool | set[str]]] = [
    ("申请加入", "第一条", "十八岁"),
    ("全心全意", "第二条", "人民"),
    ("普通一员", "第二条", True),
    ("义务", "第三条", "八项"),
    ("权利", "第四条", "八项"),
    ("声明保留", "第四条", True),
    ("申辩", "第四条", True),
    ("首位", "第五条", "政治标准"),
    ("介绍人", "第五条", "两名正式党员"),
    ("牺牲一切", "第六条", "永不叛党"),
    ("预备期有多长", "第七条", "一年"),
    ("预备期，从哪一天", "第七条", "支部大会通过他为预备党员之日"),
    ("党龄", "第七条", "转为正式党员之日"),
    ("没有下列哪几项权利", "第七条", {"表决权", "选举权", "被选举权"}),
    ("延长预备期", "第七条", True),
    ("特殊党员", "第八条", True),
    ("自行脱党", "第九条", "六个月"),
    (
        "四个服从",
        "第十条",
        {"党员个人服从党的组织", "少数服从多数", "下级组织服从上级组织", "全党服从全国代表大会和中央委员会"},
    ),
    ("正式党员几人以上", "第三十条", "三人"),
    ("纪律处分", "第四十一条", {"警告", "严重警告", "撤销党内职务", "留党察看", "开除党籍"}),
]


def taken(path: Path) -> list[QuestionLine]:
    """Every question of the file, all of them taken."""
    lines = questions.read(path)
    good = [one for one in lines if isinstance(one, QuestionLine)]
    assert len(good) == len(lines), [one for one in lines if not isinstance(one, QuestionLine)]
    return good


def right(line: QuestionLine) -> str | bool | set[str]:
    """The right answer in words."""
    if isinstance(line.key, bool):
        return line.key
    said = {line.options[one] if isinstance(one, int) else one[0] for one in line.key}
    return said if line.kind is QuestionKind.MULTIPLE else said.pop()


@pytest.fixture(scope="module")
def bank() -> list[QuestionLine]:
    return taken(PARTY)


def test_the_oath_is_the_oath_byte_for_byte() -> None:
    assert OATH == SENTENCE
    assert hashlib.sha256(OATH.encode()).hexdigest() == DIGEST


def test_the_twenty_stand_first(bank: list[QuestionLine]) -> None:
    for line, (asked, article, answer) in zip(bank, TWENTY, strict=False):
        assert asked in line.stem
        assert (line.article, right(line)) == (article, answer), line.stem


def test_every_question_says_where_it_comes_from(bank: list[QuestionLine]) -> None:
    assert len(bank) >= 120
    for line in bank:
        assert (line.document, line.edition) == ("中国共产党章程", "2022-10-22")
        assert line.explanation.startswith(f"党章{line.article}："), line.stem
        assert len(line.explanation) <= 60, "it is read on a phone"
        assert line.certainty is Certainty.CERTAIN
        assert line.difficulty
        assert line.topic not in {None, Topic.WORK, Topic.OTHER}
    assert Counter(line.kind for line in bank).keys() == set(QuestionKind)
    assert {line.topic for line in bank} == set(Topic) - {Topic.WORK, Topic.OTHER}


def test_a_sentence_of_the_oath_is_asked_as_it_stands(bank: list[QuestionLine]) -> None:
    asked = [line for line in bank if line.kind is QuestionKind.BLANK and "誓词" in line.stem]
    assert len(asked) >= 4
    for line in asked:
        said = line.stem.split("：", 1)[1].replace("____", str(right(line))).rstrip("。")
        assert said in OATH


@pytest.mark.parametrize("path", [PARTY, WEATHER], ids=["party", "weather"])
def test_no_answer_gives_itself_away(path: Path) -> None:
    lines = taken(path)
    single = [line for line in lines if line.kind is QuestionKind.SINGLE]
    places = Counter(key for line in single if not isinstance(line.key, bool) for key in line.key)
    assert max(places.values()) - min(places.values()) <= 1, "A to D are right equally often"
    assert len(places) == 4
    longest = [
        line for line in single if all(len(one) < len(str(right(line))) for one in line.options if one != right(line))
    ]
    assert len(longest) <= len(single) / 4, "who takes the longest option knows no more than who guesses"
    for line in lines:
        assert len(set(line.options)) == len(line.options)
        assert not any("以上都" in one for one in line.options)
    judged = Counter(line.key for line in lines if line.kind is QuestionKind.JUDGE)
    assert judged[False] >= len(lines) / 25


@pytest.mark.parametrize("path", [PARTY, WEATHER], ids=["party", "weather"])
def test_no_question_stands_twice(path: Path) -> None:
    stems = [line.stem for line in taken(path)]
    alike = [(one, other) for one, other in combinations(stems, 2) if SequenceMatcher(None, one, other).ratio() > 0.8]
    assert alike == []


def test_weather_is_work() -> None:
    lines = taken(WEATHER)
    assert len(lines) >= 20
    assert {line.topic for line in lines} == {Topic.WORK}
    assert all(line.explanation and line.document and line.article and line.certainty for line in lines)
