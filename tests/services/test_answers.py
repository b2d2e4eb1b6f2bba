"""Answers as people write them: letters, numbers, the option's words, right and wrong in many spellings, blanks."""

import pytest

from models.question import QuestionKind
from services.answers import Asked, Given, Why, judge, read

YEARS = Asked(QuestionKind.SINGLE, ("半年", "一年", "两年"), (1,))
RIGHTS = Asked(QuestionKind.MULTIPLE, ("表决权", "选举权", "被选举权", "申诉权"), (0, 1, 2))
TRUE = Asked(QuestionKind.JUDGE, (), key=True)
NUMBERS = Asked(QuestionKind.SINGLE, ("2", "3", "5"), (1,))
OATH = Asked(QuestionKind.BLANK, (), (("永不叛党",),))
TWO = Asked(QuestionKind.BLANK, (), (("八",), ("2022年10月22日", "2022-10-22")))


def all_read(question: Asked, texts: str) -> set[object]:
    return {read(question, text) for text in texts.split()}


def test_one_option_is_named_in_many_ways() -> None:
    said = "选b B。 b、 第二个 2 一年 Ｂ 我选B B.一年 B、一年 b一年 b吧 答案是B 应该是b 二 第2项 （B） b了"
    assert all_read(YEARS, said) == {Given((1,))}
    assert all_read(YEARS, "两年 两年。 c 3 第三个") == {Given((2,))}
    assert all_read(YEARS, "不会 不知道。 忘了 不会做") == {Given(None)}


def test_what_is_no_option_says_why() -> None:
    assert all_read(YEARS, "E d 4 选f") == {Why.BEYOND}
    assert all_read(YEARS, "AB A、C") == {Why.ONE_ONLY}
    assert all_read(YEARS, "你好 🙂 0 good ？") == {Why.UNCLEAR}
    assert read(YEARS, "一" * 3000) is Why.LONG
    assert all_read(NUMBERS, "2 3") == {Why.LETTER}, "the second, or the one that says 2?"
    assert all_read(NUMBERS, "B b 选B") == {Given((1,))}


def test_several_options_come_in_any_order_once_each() -> None:
    for said in (
        "ABC",
        "c b a",
        "A、B、C",
        "1,2,3",
        "AABBCC",
        "选abc",
        "表决权、选举权和被选举权",
        "第一个、第二个和第三个",
    ):
        assert read(RIGHTS, said) == Given((0, 1, 2)), said
    assert all_read(RIGHTS, "a和d ad 14 一四") == {Given((0, 3))}
    assert read(RIGHTS, "全选") == Given((0, 1, 2, 3))
    assert read(RIGHTS, "ABE") is Why.BEYOND
    assert [judge(RIGHTS, Given(one)) for one in ((0, 1, 2), (0, 1), (0, 1, 2, 3))] == [True, False, False]


def test_right_and_wrong_in_many_spellings() -> None:
    assert all_read(TRUE, "对 √ T 正确 是 1 对的 ✔️ ✅ 我觉得对 对吧 没错") == {Given(value=True)}
    assert all_read(TRUE, "错 × F 错误 否 0 不对 x ❌ 错了 是错的") == {Given(value=False)}
    assert all_read(TRUE, "可能 C 3") == {Why.UNCLEAR}
    assert judge(TRUE, Given(value=True))
    assert not judge(TRUE, Given(value=False))
    assert not judge(Asked(QuestionKind.JUDGE, (), key=False), Given(None))


@pytest.mark.parametrize(
    ("question", "said", "right"),
    [
        (OATH, "永不 叛党。", True),
        (OATH, "“永不叛党”", True),
        (OATH, "永不掉队", False),
        (TWO, "8 2022年10月22日", True),
        (TWO, "八、二〇二二年十月二十二日", True),
        (TWO, "八；２０２２年１０月２２日", True),
        (TWO, "七、2022年10月22日", False),
        (Asked(QuestionKind.BLANK, (), (("3.5",),)), "35", False),
        (Asked(QuestionKind.BLANK, (), (("一百二十",),)), "120", True),
        (Asked(QuestionKind.BLANK, (), (("80%",),)), "80 %", True),
    ],
)
def test_blanks_are_compared_without_width_blanks_and_marks(question: Asked, said: str, *, right: bool) -> None:
    given = read(question, said)
    assert isinstance(given, Given)
    assert judge(question, given) is right


def test_as_many_parts_as_blanks() -> None:
    assert read(TWO, "8") is Why.BLANKS
    assert read(OATH, "。") is Why.UNCLEAR


@pytest.mark.parametrize("value", [(0, 2), True, False, ("八", "22"), None])
def test_an_answer_is_kept_as_json(*, value: tuple[int, ...] | tuple[str, ...] | bool | None) -> None:
    assert Given.load(Given(value).dump()) == Given(value)
