"""What people type: normal forms, numbers, commands, typos. The lists are the branch secretary's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words import LONGEST, Match, Vocabulary, command, digits_in, forms, nearest, normalise, number_in, ordinal

VOCABULARY = Vocabulary(
    words={
        "帮助": "帮助",
        "?": "帮助",
        "绑定": "绑定",
        "签到": "签到",
        "我到了": "签到",
        "来了": "签到",
        "报到": "签到",
        "活动": "活动",
        "记录": "记录",
        "请假": "请假",
    },
    typos=dict.fromkeys(["鉴到", "签道", "千到", "签倒", "报道", "点名"], "签到") | {"请价": "请假", "清假": "请假"},
    digits={6: "签到", 8: "绑定"},
)
ANY = st.text(max_size=200) | st.text(alphabet="0189０８一零〇 -，.签到请了吧?选bＢ第个\u200b\n", max_size=80)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("签到", "签到"),
        ("  签 到。", "签到"),
        ("签到！！", "签到"),
        ("【签到】", "签到"),
        ("签到😊", "签到"),
        ("\u200b签到\u202c", "签到"),
        ("Ｂ。", "b"),
        ("？", "?"),
        ("?？?", "?"),
        ("", ""),
        ("   ", ""),
        ("😊", "😊"),
        ("<xml>", "xml"),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    assert normalise(typed) == normal


def test_particles_come_off_one_at_a_time() -> None:
    assert list(forms("请签到吧。")) == ["请签到吧", "请签到", "签到"]
    assert list(forms("了")) == ["了"]


@pytest.mark.parametrize(
    "typed",
    [
        "482913",
        "４８２９１３",
        "482 913",
        "482-913",
        "482—913",
        "四八二九一三",
        "四八二 九一三",
        " 482913。",
        "482913了",
        "\u202d482913\u202c",
    ],
)
def test_a_hall_code_alone_is_a_check_in(typed: str) -> None:
    assert command(typed, VOCABULARY) == Match("签到", "482913", alone=True)
    assert number_in(typed, 6) == "482913"


def test_eight_digits_alone_are_a_binding() -> None:
    assert command("2051 7734", VOCABULARY) == Match("绑定", "20517734", alone=True)


@pytest.mark.parametrize("typed", ["12345", "1234567", "1", "123456789", "一", "482913 482914"])
def test_other_numbers_alone_are_no_command(typed: str) -> None:
    assert command(typed, VOCABULARY) is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("签到 482913", Match("签到", "482913")),
        ("签到482913", Match("签到", "482913")),
        ("签到：482-913", Match("签到", "482913")),
        ("签到 四八二九一三", Match("签到", "482913")),
        ("签到 48291", Match("签到", "48291")),
        ("请签到 482913 吧", Match("签到", "482913")),
        ("绑定 20517734", Match("绑定", "20517734")),
        ("绑定码是20517734", Match("绑定", "20517734")),
        ("我到了 482913", Match("签到", "482913")),
    ],
)
def test_a_number_may_follow_the_word(typed: str, found: Match) -> None:
    assert command(typed, VOCABULARY) == found


@pytest.mark.parametrize(
    "typed", ["签到", "签到了", "请签到", "签到吧！", "签 到", "我到了", "我到了啊", "来了", "报到", "「签到」"]
)
def test_words_and_particles(typed: str) -> None:
    assert command(typed, VOCABULARY) == Match("签到")


def test_a_particle_that_belongs_to_the_word_stays() -> None:
    assert command("请假", VOCABULARY) == Match("请假")
    assert command("请请假吧", VOCABULARY) == Match("请假")
    assert command("来", VOCABULARY) is None


def test_help_by_a_question_mark() -> None:
    assert command("？", VOCABULARY) == Match("帮助")


@pytest.mark.parametrize("typed", ["签到的时候大屏太远，482913看不清", "活动 482913", "不签到", "签到表在哪里"])
def test_a_sentence_is_no_command(typed: str) -> None:
    assert command(typed, VOCABULARY) is None


@pytest.mark.parametrize(
    "typed", ["鉴到", "签道", "千到", "签倒", "报道", "点名", "签道了", "抱到", "簽到", "我要签到"]
)
def test_near_misses_of_check_in(typed: str) -> None:
    assert command(typed, VOCABULARY) is None
    assert nearest(typed, VOCABULARY) == Match("签到")


def test_a_near_miss_keeps_its_number() -> None:
    assert nearest("签道 482913", VOCABULARY) == Match("签到", "482913")


@pytest.mark.parametrize(
    ("typed", "name"), [("请价", "请假"), ("清假", "请假"), ("火动", "活动"), ("纪录", "记录"), ("榜定", "绑定")]
)
def test_other_near_misses(typed: str, name: str) -> None:
    assert nearest(typed, VOCABULARY) == Match(name)


@pytest.mark.parametrize(
    "typed",
    [
        "你好",
        "收到",
        "天气预报",
        "今天晚上谁值班",
        "张建国",
        "会议室",
        "报告",
        "板凳",
        "规律",
        "嗯",
        "1",
        "😊",
        "",
        "x" * 5000,
        "恰饭没得",
    ],
)
def test_what_is_not_near_is_not_guessed(typed: str) -> None:
    assert nearest(typed, VOCABULARY) is None


def test_two_commands_equally_near_are_not_guessed() -> None:
    assert nearest("签到活动", VOCABULARY) is None


@pytest.mark.parametrize(
    "typed", ["2", "２", "二", "第二个", "第2项", "2号", "选2", "选b", "B。", "b、", "Ｂ", "我选第二个", "2吧"]
)
def test_ways_to_say_the_second(typed: str) -> None:
    assert ordinal(typed) == 2


@pytest.mark.parametrize("typed", ["", "第", "两年", "2024", "ab", "不选2"])
def test_no_ordinal(typed: str) -> None:
    assert ordinal(typed) is None


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("号码是 482913 谢谢", "482913"),
        ("11月20日 482913", "482913"),
        ("一会儿482913", "482913"),
        ("48 29 13", "482913"),
        ("幺二三四五〇", "123450"),
        ("482913或482914", None),
        ("48291", None),
        ("没有", None),
    ],
)
def test_a_number_within_words(typed: str, number: str | None) -> None:
    assert number_in(typed, 6) == number


@given(ANY, st.integers(1, 12))
def test_no_text_breaks_the_reading(text: str, length: int) -> None:
    assert len(normalise(text)) <= LONGEST
    assert all(len(form) <= LONGEST for form in forms(text))
    number = number_in(text, length)
    assert number is None or (len(number) == length and number.isascii() and number.isdigit())
    assert digits_in(text) >= 0
    assert ordinal(text) is None or ordinal(text) in range(100)
    for match in (command(text, VOCABULARY), nearest(text, VOCABULARY)):
        assert match is None or match.name in VOCABULARY.words.values()


@given(
    st.sampled_from(sorted(set(VOCABULARY.words) - {"?"})),
    st.sampled_from(["", " ", "。", "！", "了", "吧", "啊", "呢"]),
)
def test_every_word_bears_what_is_forgiven(word: str, end: str) -> None:
    found = command(f" {word}{end}", VOCABULARY)
    assert found == Match(VOCABULARY.words[word])


@pytest.mark.parametrize("piece", ["1 ", "1-----", "了", "请", "签到", "\ufdfa", "一", "😊", "\u200b"])
def test_long_texts_are_cut_before_work(piece: str) -> None:
    text = piece * 20000
    assert len(normalise(text)) <= LONGEST
    assert number_in(text, 6) is None
    assert command(text, VOCABULARY) is None
    assert nearest(text, VOCABULARY) is None
