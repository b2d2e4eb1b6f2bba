"""Kinds of answer: what each takes, and the hint for what it does not take."""

from contextlib import suppress
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.answers import Answer, Choice, Digits, Heard, Kind, NotAnAnswer, Text, YesNo
from texts import talk as texts


class Reason(StrEnum):
    DUTY = "duty"
    TRIP = "trip"
    ILL = "ill"


REASONS = {Reason.DUTY: "值班", Reason.TRIP: "出差", Reason.ILL: "生病"}
CHOICE = Choice(REASONS, ["duty", "trip", "ill"])


def typed(text: str) -> Heard:
    return Heard(Kind.TEXT, text, at=0)


def hint(kind: Answer[object], heard: Heard) -> str:
    with pytest.raises(NotAnAnswer) as misfit:
        kind.load(kind.read(heard))
    return misfit.value.hint


@pytest.mark.parametrize(
    "text", ["夜班补课用录播", "😊", "<script>alert(1)</script>", "<xml><ToUserName/></xml>", "  x ", "1"]
)
def test_text_is_taken_as_it_was_typed(text: str) -> None:
    assert Text(longest=200).load(Text(longest=200).read(typed(text))) == text.strip()


def test_text_too_long_is_told_limit_and_count() -> None:
    assert hint(Text(longest=5), typed("一二三四五六七")) == "最多5字，您发了7字。"
    assert hint(Text(longest=5), typed("   ")) == "至少1个字。"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("12345", "少了1位。"),
        ("1234567", "多了1位。"),
        ("48 29 1", "少了1位。"),
        ("看不清", texts.NO_NUMBER),
        ("😊", texts.NO_NUMBER),
        ("482913或482914", "看到了不止一个数字。"),
    ],
)
def test_digits_tell_what_is_wrong(text: str, told: str) -> None:
    assert hint(Digits(6), typed(text)) == told


@pytest.mark.parametrize("text", ["482913", "４８２９１３", "四八二九一三", "482-913", "482 913。", "是482913"])
def test_digits(text: str) -> None:
    assert Digits(6).load(Digits(6).read(typed(text))) == "482913"


@pytest.mark.parametrize(
    "text", ["对", "对的", "是的", "对头", "中", "要得", "嗯", "好", "好啊", "1", "１", "是。", "对了"]
)
def test_yes(text: str) -> None:
    assert YesNo().load(YesNo().read(typed(text))) is True


@pytest.mark.parametrize("text", ["不", "不是", "不对", "2", "二", "不了", "否"])
def test_no(text: str) -> None:
    assert YesNo().load(YesNo().read(typed(text))) is False


@pytest.mark.parametrize("text", ["3", "也许", "对不起", "不是不好", "😊", ""])
def test_neither_yes_nor_no(text: str) -> None:
    assert hint(YesNo(), typed(text)) == texts.NOT_YES_OR_NO


@pytest.mark.parametrize("text", ["2", "２", "第二个", "出差", "出差了", "选b", " 出差。"])
def test_choice_by_number_or_words(text: str) -> None:
    assert CHOICE.load(CHOICE.read(typed(text))) is Reason.TRIP


@pytest.mark.parametrize("text", ["0", "4", "9", "不出差", "要得", "😊"])
def test_choice_of_nothing_shown(text: str) -> None:
    assert hint(CHOICE, typed(text)) == "没有这一项，只有1至3。"


def test_a_number_means_what_the_person_saw() -> None:
    swapped = Choice({Reason.ILL: "生病", Reason.DUTY: "值班"}, shown=["duty", "trip", "ill"])
    assert swapped.load(swapped.read(typed("1"))) is Reason.DUTY
    assert hint(swapped, typed("2")) == texts.CHANGED


@pytest.mark.parametrize("kind", [Text(50), Digits(6), YesNo(), CHOICE], ids=lambda kind: type(kind).__name__)
def test_only_words_are_words(kind: Answer[object]) -> None:
    assert hint(kind, Heard(Kind.OTHER, "", at=0)) == texts.WORDS_ONLY
    assert hint(kind, Heard(Kind.VOICE, " ", at=0)) == texts.NOT_HEARD


def test_recognised_speech_counts_as_text() -> None:
    assert Digits(6).read(Heard(Kind.VOICE, "四八二九一三。", at=0)) == "482913"


KEPT: st.SearchStrategy[JsonValue] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=60), st.lists(st.just("1"))
)


@pytest.mark.parametrize("kind", [Text(50), Digits(6), YesNo(), CHOICE], ids=lambda kind: type(kind).__name__)
@given(kept=KEPT)
def test_what_an_older_version_kept_is_loaded_or_asked_again(kind: Answer[object], kept: JsonValue) -> None:
    with suppress(NotAnAnswer):
        kind.load(kept)
