"""The engine of dialogues as a conversation: every turn goes through JSON, rolls back on a pause, and is run twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.answers import Digits, Heard, Kind, Text
from bot.chat import Chat
from bot.hearing import Customs, Elsewhere, Hearing, Pushed
from bot.registry import Dialogue, Registry
from bot.talk import Ending, Pause, Talk
from bot.words import Match
from tests.talks.rehearsal import rehearse
from texts import talk as texts

Written = list[str]  # stands for the database of a turn
Script = Callable[[Talk, Written], str | Ending]
MINUTE = 60
TELEPHONE = "0519-0000"


class Kinds(StrEnum):
    ROOF = "roof"
    DUTY = "duty"
    FOOD = "food"


KINDS = {Kinds.ROOF: "房屋", Kinds.DUTY: "值班", Kinds.FOOD: "食堂"}
ROOF_DUTY_FOOD = "哪一类？\n1 房屋  2 值班  3 食堂\n请回复数字。"
BODY = "请说您的意见。"
SURE = "就这样提交吗？\n1 是  2 不是\n请回复数字。"
NUMBER = "请看大屏，把6位数字发给我。"
LEADER = "不要紧，请党小组长给您登记。"


def opinion(talk: Talk, written: Written) -> str:
    kind = talk.choose("kind", "哪一类？", KINDS)
    body = talk.ask("body", BODY, Text(longest=20))
    talk.say(f"{KINDS[kind]}：{body}")
    written.append("half")  # must be gone after the pause
    if not talk.yes("sure", "就这样提交吗？"):
        return "没有提交。"
    written.append(f"{kind}:{body}")
    return "已提交，编号1。"


def check_in(talk: Talk, written: Written) -> str | Ending:
    number = talk.ask("number", NUMBER, Digits(6), giving_up=LEADER)
    if number == "000000":
        talk.again("number", "这个码不对。")
    if number == "111111":
        return talk.then("请先绑定。", "绑定", number=number)
    written.append(f"in:{number}")
    return f"签到成功 {number}"


def binding(talk: Talk, written: Written) -> str:
    code = talk.ask("code", "请把8位数字发给我。", Digits(8))
    written.append(f"bound:{code}:{talk.given('number', str)}:{talk.given('number', int)}")
    return "绑定成功"


def helping(talk: Talk, written: Written) -> str | Ending:
    which = talk.choose("which", "您想做什么？", {"签到": "签到", "意见": "提意见"})
    return talk.then("", which)


def confidential(talk: Talk, written: Written) -> str:
    written.append(talk.ask("what", "请说。", Text(longest=100)) + talk.ask("more", "还有吗？", Text(longest=100)))
    return "收到了"


def house(**scripts: Script) -> Registry[Written]:
    """The dialogues; a keyword puts another script in a dialogue's place, as a deploy does."""
    registry: Registry[Written] = Registry()
    registry.add(Dialogue("意见", scripts.get("opinion", opinion)))
    registry.add(Dialogue("签到", scripts.get("check_in", check_in), also=("我到了",), typos=("签道",), digits=6))
    registry.add(Dialogue("绑定", binding, digits=8))
    registry.add(Dialogue("帮助", helping, also=("?",), passing=True))
    registry.add(Dialogue("保密反映", confidential, sealed=True, typed_only=True))
    return registry


@dataclass
class Phone:
    """One person's phone. `kept` is all that stays between two turns; `written` what was committed."""

    registry: Registry[Written] = field(default_factory=house)
    kept: str | None = None
    apart: str | None = None  # what stays of a sealed talk
    written: Written = field(default_factory=list)
    at: int = 1_000_000
    heard: str = ""
    customs: Customs = field(default_factory=lambda: Customs(telephone=TELEPHONE))
    keys: Iterator[int] = field(default_factory=count)
    pushed: Pushed | None = None

    def is_sent(self, key: str, name: str, **opening: JsonValue) -> "Phone":
        """A question is sent to the person on its own."""
        self.pushed = Pushed(key, self.at, name, opening)
        return self

    def says(self, text: str, *, at: int | None = None, kind: Kind = Kind.TEXT) -> "Phone":
        self.at += 1
        return self._turn(Heard(kind, text, self.at if at is None else at, f"m{next(self.keys)}"))

    def speaks(self, recognised: str) -> "Phone":
        return self.says(recognised, kind=Kind.VOICE)

    def taps(self, command: str) -> "Phone":
        return self.says(command, kind=Kind.TAP)

    def sends_a_picture(self) -> "Phone":
        return self.says("", kind=Kind.OTHER)

    def waits(self, seconds: int) -> "Phone":
        self.at += seconds
        return self

    def meets(self, **scripts: Script) -> "Phone":
        """A deploy changes dialogues under an open talk."""
        self.registry = house(**scripts)
        return self

    def hears(self, *lines: str) -> "Phone":
        assert self.heard == "\n".join(lines)
        return self

    def hears_in(self, part: str) -> "Phone":
        assert part in self.heard
        return self

    def hears_no(self, part: str) -> "Phone":
        assert part not in self.heard
        return self

    def _turn(self, heard: Heard) -> "Phone":
        sealed = self.apart is not None
        try:
            self._hear(heard, None, sealed=sealed)
        except Elsewhere as elsewhere:
            self.apart = None
            self._hear(heard, elsewhere.match, sealed=not sealed)
        return self

    def _hear(self, heard: Heard, match: Match | None, *, sealed: bool) -> None:
        chat = Chat.load(self.apart if sealed else self.kept)
        hearing = Hearing(
            self.registry, self.customs, chat, heard, self.at, self._perform, lambda: self.pushed, sealed=sealed
        )
        self.heard = hearing.begin(match) if match else hearing.reply()
        kept = chat.dump()
        assert Chat.load(kept).dump() == kept
        if sealed:
            self.apart = kept
        else:
            self.kept = kept

    def _perform(self, dialogue: Dialogue[Written], talk: Talk) -> Ending:
        written: Written = []
        # a Pause leaves here, and nothing is written
        ending = rehearse(talk, lambda first: dialogue(first, []), lambda talk: dialogue(talk, written))
        self.written += written
        return ending


@pytest.fixture
def phone() -> Phone:
    return Phone()


# Questions and answers


def test_a_conversation(phone: Phone) -> None:
    phone.says("意见").hears(ROOF_DUTY_FOOD)
    phone.says("２").hears(BODY)
    phone.says("夜班补课用录播").hears("值班：夜班补课用录播", SURE)
    assert phone.written == []
    phone.says("对").hears("已提交，编号1。")
    assert phone.written == ["half", "duty:夜班补课用录播"]
    assert phone.kept is None


def test_not_an_answer_is_hinted_at_and_asked_again(phone: Phone) -> None:
    phone.says("意见").says("9").hears("没有这一项，只有1至3。", ROOF_DUTY_FOOD)
    phone.says("食堂").hears(BODY)
    phone.says("字" * 21).hears("最多20字，您发了21字。", BODY)
    phone.says("😊").hears_in("食堂：😊")


def test_the_second_miss_shows_the_way_out(phone: Phone) -> None:
    phone.says("意见").says("9").says("8")
    phone.hears("没有这一项，只有1至3。", "不想办了，发“取消”。要找人，请打0519-0000（党支部）。", ROOF_DUTY_FOOD)


def test_what_is_said_before_a_question_is_said_again_with_it(phone: Phone) -> None:
    phone.says("意见").says("1").says("漏雨").says("也许")
    phone.hears(texts.NOT_YES_OR_NO, "房屋：漏雨", SURE)


@pytest.mark.parametrize("wrong", ["12345", "000000"])
def test_three_wrong_answers_give_up_where_there_are_words_for_it(phone: Phone, wrong: str) -> None:
    phone.says("签到").hears(NUMBER)
    phone.says(wrong).hears("少了1位。" if wrong == "12345" else "这个码不对。", NUMBER)
    phone.says(wrong).hears_in(NUMBER)
    phone.says(wrong).hears(LEADER)
    assert phone.kept is None


def test_a_refused_answer_is_forgotten(phone: Phone) -> None:
    phone.says("签到").says("000000").hears("这个码不对。", NUMBER)
    phone.says("帮助").hears(texts.about("签到"), NUMBER)
    phone.says("上一步").hears(texts.FIRST_QUESTION, NUMBER)


def test_a_number_with_the_word_or_alone_is_the_first_answer(phone: Phone) -> None:
    phone.says("签到 482913").hears("签到成功 482913")
    phone.says("四八二 九一三").hears("签到成功 482913")
    phone.says("签到 48291").hears("少了1位。", NUMBER)
    phone.says("签到 482913").hears("签到成功 482913")
    assert phone.written == ["in:482913"] * 3


def test_the_number_is_the_answer_while_it_is_asked_for(phone: Phone) -> None:
    phone.says("签到").says("482913").hears("签到成功 482913")
    phone.says("签到").says("20517734").hears("多了2位。", NUMBER)
    phone.says("1234567").hears_in("多了1位。")


def test_five_or_seven_digits_are_no_command(phone: Phone) -> None:
    phone.says("12345").hears_in("我没听懂")
    phone.says("1234567").hears_in("我没听懂")


def test_handing_over_commits_and_asks_on_at_once(phone: Phone) -> None:
    phone.says("签到 111111").hears("请先绑定。", "请把8位数字发给我。")
    phone.says("2051 7734").hears("绑定成功")
    assert phone.written == ["bound:20517734:111111:None"]


def test_what_is_kept_is_made_once(phone: Phone) -> None:
    draws = count(1)

    def drawn(talk: Talk, written: Written) -> str:
        paper = talk.keep("paper", lambda: [next(draws), 7])
        return f"{talk.ask('a', f'第{paper}题？', Text(5))} {talk.ask('b', f'卷{paper}？', Text(5))} {paper}"

    phone.meets(opinion=drawn).says("意见")
    first = phone.heard
    phone.says("上一步").hears(texts.FIRST_QUESTION, first)
    phone.says("x").says("y").hears(f"x y {first.removeprefix('第').removesuffix('题？')}")


def test_a_careless_dialogue_cannot_swallow_the_pause() -> None:
    def careless(talk: Talk, written: Written) -> str:
        try:
            return talk.ask("a", "问？", Text(5))
        except Exception:  # noqa: BLE001 - it is what the test is about
            return "swallowed"

    with pytest.raises(Pause):
        careless(Talk.start("x", "1"), [])


def test_a_dialogue_that_depends_on_chance_is_found_out(phone: Phone) -> None:
    chance = count()
    phone.meets(opinion=lambda talk, _: talk.ask("a", f"{next(chance)}？", Text(5)))
    with pytest.raises(AssertionError, match="run again"):
        phone.says("意见")


# Deploys under an open talk


def test_an_inserted_question_is_asked_and_the_answer_already_given_is_used(phone: Phone) -> None:
    def longer(talk: Talk, written: Written) -> str:
        where = talk.ask("where", "在哪里？", Text(20))
        kind = talk.choose("kind", "哪一类？", KINDS)
        return f"{where} {kind} {talk.ask('body', BODY, Text(20))}"

    phone.says("意见").meets(opinion=longer).says("2").hears("在哪里？")
    phone.says("三楼").hears(BODY)
    phone.says("漏雨").hears("三楼 duty 漏雨")


def test_a_question_inserted_after_the_open_one(phone: Phone) -> None:
    def longer(talk: Talk, written: Written) -> str:
        kind = talk.choose("kind", "哪一类？", KINDS)
        return f"{kind} {talk.ask('where', '在哪里？', Text(20))} {talk.ask('body', BODY, Text(20))}"

    phone.says("意见").says("2").hears(BODY).meets(opinion=longer).says("漏雨").hears("在哪里？")
    phone.says("三楼").hears("duty 三楼 漏雨")


def test_a_removed_question_takes_its_answer_along(phone: Phone) -> None:
    def shorter(talk: Talk, written: Written) -> str:
        return talk.ask("body", BODY, Text(20))

    phone.says("意见").meets(opinion=shorter).says("2").hears(BODY)
    phone.says("漏雨").hears("漏雨")


def test_swapped_options_mean_what_the_person_saw(phone: Phone) -> None:
    def swapped(talk: Talk, written: Written) -> str:
        return talk.choose("kind", "哪一类？", {Kinds.FOOD: "食堂", Kinds.DUTY: "值班", Kinds.ROOF: "房屋"})

    phone.says("意见").meets(opinion=swapped).says("1").hears("roof")


def test_a_removed_option_is_asked_again_whether_answered_or_not(phone: Phone) -> None:
    def fewer(talk: Talk, written: Written) -> str:
        kind = talk.choose("kind", "哪一类？", {Kinds.DUTY: "值班", Kinds.FOOD: "食堂"})
        return kind + talk.ask("body", BODY, Text(20))

    asked = ("哪一类？\n1 值班  2 食堂\n请回复数字。",)
    phone.says("意见").meets(opinion=fewer).says("1").hears(texts.CHANGED, *asked)
    phone.says("1").hears(BODY)
    phone.says("取消").meets().says("意见").says("1").hears(BODY)
    phone.meets(opinion=fewer).says("漏雨").hears(texts.CHANGED, *asked)
    phone.says("2").hears("food漏雨")


def test_a_tightened_rule_asks_again(phone: Phone) -> None:
    def tighter(talk: Talk, written: Written) -> str:
        body = talk.ask("body", BODY, Text(longest=3))
        return body + str(talk.yes("sure", "就这样提交吗？"))

    phone.says("意见").says("1").says("屋顶漏雨").hears_in(SURE)
    phone.meets(opinion=tighter).says("1").hears("最多3字，您发了4字。", BODY)
    phone.says("漏雨").hears("漏雨True")


def test_a_removed_dialogue_is_closed(phone: Phone) -> None:
    phone.says("意见").says("1")
    phone.registry = Registry()
    phone.registry.add(Dialogue("签到", check_in, digits=6))
    phone.says("漏雨").hears_in("我没听懂")
    phone.says("继续").hears_in(texts.GONE)
    phone.says("继续").hears(texts.NOTHING_TO_RESUME)


@pytest.mark.parametrize(
    "kept", ["", "{}", "[]", "null", "garbage", '{"talk": 3}', '{"talk": {"flow": "意见"}}', '{"misses": "many"}']
)
def test_what_cannot_be_read_is_an_empty_chat(kept: str) -> None:
    assert Chat.load(kept) == Chat()


def test_unknown_and_missing_fields_are_borne(phone: Phone) -> None:
    phone.kept = '{"talk": {"flow": "意见", "id": "7", "open": "kind", "mood": "good", "touched": 1000000}, "later": 1}'
    phone.says("2").hears(BODY)


# Ways out and back


def test_cancelling_drops_the_talk_and_says_so_only_then(phone: Phone) -> None:
    phone.says("意见").says("1").says("取消").hears("已取消“意见”。")
    assert phone.kept is None
    phone.says("取消").hears_no("已取消").hears(texts.NOTHING_TO_CANCEL)


@pytest.mark.parametrize("word", ["取消", "取消吧", "退出", "不弄了", "算了", " 取消。"])
def test_words_for_cancelling(phone: Phone, word: str) -> None:
    phone.says("意见").says(word).hears_in("已取消")


def test_back_forgets_the_last_answer(phone: Phone) -> None:
    phone.says("意见").says("1").says("漏雨").hears_in(SURE)
    phone.says("上一步").hears(BODY)
    phone.says("上一步").hears(ROOF_DUTY_FOOD)
    phone.says("上一步").hears(texts.FIRST_QUESTION, ROOF_DUTY_FOOD)
    phone.says("3").says("菜咸").hears("食堂：菜咸", SURE)
    phone.says("1")
    assert phone.written[-1] == "food:菜咸"


def test_back_with_nothing_open(phone: Phone) -> None:
    phone.says("上一步").hears(texts.NO_WAY_BACK)


@pytest.mark.parametrize("word", ["帮助", "?", "？"])
def test_help_explains_the_open_question_and_keeps_it(phone: Phone, word: str) -> None:
    phone.says("意见").says("1").says(word).hears(texts.about("意见"), BODY)
    phone.says("漏雨").hears_in("房屋：漏雨")


def test_help_is_left_by_any_command_or_choice(phone: Phone) -> None:
    phone.says("帮助").says("482913").hears("签到成功 482913")
    phone.says("帮助").says("绑定").hears("请把8位数字发给我。")
    phone.says("取消").says("帮助").says("2").hears(ROOF_DUTY_FOOD)
    phone.says("取消").says("帮助").says("签到").hears(NUMBER)
    phone.says("取消").says("帮助").says("取消").hears(texts.NOTHING_TO_CANCEL)


# Commands in the middle of a talk


@pytest.mark.parametrize("interrupts", [Phone.taps, Phone.says])
def test_another_command_is_asked_about_once(phone: Phone, interrupts: Callable[[Phone, str], Phone]) -> None:
    busy = "您正在“意见”。\n1 接着“意见”\n2 先办“签到”，前面的给您留着\n请回复数字。"
    interrupts(phone.says("意见").says("1"), "签到").hears(busy)
    phone.says("1").hears(BODY)
    interrupts(phone, "签到").says("2").hears(NUMBER)
    phone.says("482913").hears("签到成功 482913")
    phone.says("继续").hears("接着办“意见”。", BODY)
    interrupts(interrupts(phone, "签到"), "签到").hears(NUMBER)


def test_the_number_of_an_interrupting_command_is_not_lost(phone: Phone) -> None:
    phone.says("意见").says("签到 482913").hears("您正在“意见”。", "1 接着“意见”", "2 先办“签到”", "请回复数字。")
    phone.says("2").hears("签到成功 482913")


def test_something_else_than_1_or_2_is_an_answer_to_the_open_question(phone: Phone) -> None:
    phone.says("意见").says("1").taps("签到").says("漏雨").hears_in("房屋：漏雨")
    phone.says("1").hears_in("已提交")


def test_cancelling_while_asked_whether_to_leave(phone: Phone) -> None:
    phone.says("意见").taps("签到").says("取消").hears("已取消“意见”。")
    phone.says("2").hears_in("我没听懂")


def test_the_same_command_again_repeats_the_question(phone: Phone) -> None:
    phone.says("意见").says("1").says("意见").hears(BODY)


def test_a_tap_is_never_an_answer(phone: Phone) -> None:
    phone.says("意见").says("1").taps("搬走的菜单").hears(texts.GONE, BODY)


# Time


def test_an_answer_older_than_its_question_is_none(phone: Phone) -> None:
    phone.says("意见")
    asked = phone.at
    phone.says("2", at=asked - 1).hears(texts.TOO_EARLY, ROOF_DUTY_FOOD)
    phone.says("上一步", at=asked - 1).hears(texts.TOO_EARLY, ROOF_DUTY_FOOD)
    phone.says("2", at=asked).hears(BODY)
    phone.says("取消", at=asked - 1).hears_in("已取消")


def test_ten_minutes_are_enough_and_a_second_more_is_not(phone: Phone) -> None:
    phone.says("意见").waits(10 * MINUTE - 1).says("2").hears(BODY)
    phone.waits(10 * MINUTE).says("漏雨").hears(texts.timed_out_kept("意见", 10, 24))
    phone.says("继续").hears("接着办“意见”。", BODY)
    phone.says("漏雨").hears_in("值班：漏雨")


def test_the_draft_is_kept_for_a_day(phone: Phone) -> None:
    phone.says("意见").says("2").waits(24 * 60 * MINUTE - 1).says("继续").hears_in(BODY)
    phone.waits(24 * 60 * MINUTE).says("继续").hears(texts.NOTHING_TO_RESUME)


def test_a_command_after_the_time_is_obeyed_and_the_draft_named(phone: Phone) -> None:
    phone.says("意见").says("2").waits(11 * MINUTE).says("482913")
    phone.hears("签到成功 482913", texts.kept("意见"))
    phone.says("取消").hears("已取消“意见”。")
    assert phone.kept is None


def test_a_sealed_talk_leaves_no_draft(phone: Phone) -> None:
    phone.says("保密反映").says("事情").waits(11 * MINUTE).says("还有").hears(texts.timed_out("保密反映", 10))
    assert phone.kept is phone.apart is None


def test_a_sealed_talk_is_begun_and_had_beside_all_others(phone: Phone) -> None:
    kept = phone.says("意见").says("2").kept
    phone.says("保密反映").says("事情").says("取消").hears_in("已取消“保密反映”")
    assert phone.apart is None
    assert phone.kept == kept
    phone.says("夜班补课用录播").hears("值班：夜班补课用录播", SURE)


def test_leaving_a_sealed_talk_drops_what_was_said(phone: Phone) -> None:
    phone.says("保密反映").says("事情").says("签到").hears_in("2 先办“签到”，前面的不保留")
    phone.says("2").hears(NUMBER)
    assert phone.kept
    assert "事情" not in phone.kept


def test_a_late_answer_to_help_is_no_matter(phone: Phone) -> None:
    phone.says("帮助").waits(11 * MINUTE).says("2").hears_in("我没听懂")


def test_an_empty_draft_pushes_no_other_out(phone: Phone) -> None:
    phone.says("意见").says("2").taps("签到").says("2").hears(NUMBER)
    phone.waits(11 * MINUTE).says("哎呀").says("继续").hears("接着办“意见”。", BODY)


# Voice, pictures


def test_recognised_speech_is_text_and_echoed(phone: Phone) -> None:
    phone.speaks("意见。").hears("我听到：意见。", ROOF_DUTY_FOOD)
    phone.speaks("第二个。").hears("我听到：第二个。", BODY)
    phone.speaks("").hears(texts.NOT_HEARD, BODY)
    phone.says("取消").speaks("").hears(texts.NOT_HEARD)


def test_voice_is_refused_where_it_would_tell_who_speaks(phone: Phone) -> None:
    phone.says("保密反映").speaks("张三").hears(texts.TYPE_IT, "请说。").hears_no("张三")


def test_a_picture_where_text_is_due(phone: Phone) -> None:
    phone.sends_a_picture().hears(texts.WORDS_ONLY)
    phone.says("意见").sends_a_picture().hears(texts.WORDS_ONLY, ROOF_DUTY_FOOD)


# Not understood


def test_an_unknown_text_gets_the_nearest_command_then_a_telephone(phone: Phone) -> None:
    phone.says("签道").hears("我没听懂。", "您是想“签到”吗？是就回复1。")
    phone.says("1").hears(NUMBER)
    phone.says("取消").says("天气预报").hears("我没听懂。", "想做什么，请发“帮助”。")
    phone.says("下雨").hears("我没听懂。", "要找人，请打0519-0000（党支部）。", "想做什么，请发“帮助”。")
    phone.says("签道").hears_in("0519-0000").hears_in("是就回复1。")


def test_a_guess_keeps_its_number(phone: Phone) -> None:
    phone.says("签道 482913").says("对的").hears("签到成功 482913")


def test_a_wrong_guess_is_dropped(phone: Phone) -> None:
    phone.says("签道").says("不是").hears("好的。要找人，请打0519-0000（党支部）。", "想做什么，请发“帮助”。")
    phone.says("签道").says("意见").hears(ROOF_DUTY_FOOD)
    phone.says("1").hears(BODY)


def test_an_old_guess_is_no_question_any_more(phone: Phone) -> None:
    phone.says("签道").waits(11 * MINUTE).says("1").hears_in("我没听懂")


def test_a_guess_is_not_answered_by_an_older_message(phone: Phone) -> None:
    phone.says("签道").says("1", at=phone.at - 1).hears_in("我没听懂")


def test_thanks_are_no_riddle(phone: Phone) -> None:
    phone.says("谢谢！").hears(texts.WELCOME)


# The words that start dialogues


def test_a_word_starts_one_dialogue() -> None:
    registry = house()
    with pytest.raises(ValueError, match="我到了"):
        registry.add(Dialogue("到会", opinion, also=("我到了",)))
    with pytest.raises(ValueError, match="6 digits"):
        registry.add(Dialogue("验证", opinion, digits=6))


def test_the_decorator_makes_a_dialogue_others_can_hand_over_to() -> None:
    registry: Registry[Written] = Registry()

    @registry.dialogue("回声", also=("重复",), help="说一遍", order=1)
    def echo(talk: Talk, written: Written) -> Ending:
        return talk.then(talk.ask("a", "请说。", Text(9)), echo)

    phone = Phone(registry)
    phone.says("重复").hears("请说。").says("喂").hears("喂", "请说。")
    assert [dialogue.help for dialogue in registry] == ["说一遍"]


# Anything at all


ANYTHING = st.sampled_from(
    [
        "意见",
        "签到",
        "绑定",
        "帮助",
        "保密反映",
        "取消",
        "上一步",
        "继续",
        "1",
        "2",
        "对",
        "482913",
        "111111",
        "000000",
        "签道",
        "漏雨",
        "",
        "签到 1",
    ]
)
STEP = st.tuples(
    ANYTHING | st.text(max_size=30), st.sampled_from(Kind), st.sampled_from([0, 1, 700, 90000]), st.integers(-5, 0)
)


@settings(deadline=None, max_examples=150)
@given(st.lists(STEP, max_size=12))
def test_no_conversation_ends_in_silence_or_a_stack_trace(steps: list[tuple[str, Kind, int, int]]) -> None:
    phone = Phone()
    for text, kind, seconds, earlier in steps:
        phone.waits(seconds)
        phone.says(text, kind=kind, at=phone.at + earlier)
        assert phone.heard.strip()
        assert ("已取消" in phone.heard) <= (text == "取消" or "已取消" in text)


# A question that was sent


def approval(talk: Talk, written: Written) -> str:
    which = talk.given("which", str) or talk.ask("which", "哪一个？", Text(5))
    agreed = talk.choose("agreed", f"同意{which}吗？", {"yes": "同意", "no": "不同意"})
    written.append(f"{which}:{agreed}")
    return f"已处理{which}。"


ASKED = "同意甲吗？\n1 同意  2 不同意\n请回复数字。"


@pytest.fixture
def sent() -> Phone:
    """A phone to which a question has just been sent."""
    registry = house()
    registry.add(Dialogue("审批", approval))
    return Phone(registry).is_sent("p1", "审批", which="甲")


@pytest.mark.parametrize("said", ["1", "同意", "１。", "第一个"])
def test_the_next_message_answers_what_was_sent(sent: Phone, said: str) -> None:
    sent.says(said).hears("已处理甲。")
    assert sent.written == ["甲:yes"]
    sent.says(said).hears_in("我没听懂")


def test_a_spoken_answer_is_echoed(sent: Phone) -> None:
    sent.speaks("不同意").hears("我听到：不同意", "已处理甲。")
    assert sent.written == ["甲:no"]


def test_no_answer_gets_the_question_once(sent: Phone) -> None:
    sent.says("好的").hears("没有这一项，只有1至2。", ASKED)
    sent.says("取消").hears("已取消“审批”。")
    sent.says("1").hears_in("我没听懂")
    sent.is_sent("p2", "审批", which="乙").says("2").hears("已处理乙。")
    assert sent.written == ["乙:no"]


def test_a_command_is_no_answer_to_what_was_sent(sent: Phone) -> None:
    sent.says("签到 482913").hears("签到成功 482913")
    sent.says("1").hears("已处理甲。")


def test_an_open_talk_goes_before_what_was_sent(sent: Phone) -> None:
    sent.pushed, later = None, sent.pushed
    sent.says("意见").hears(ROOF_DUTY_FOOD)
    sent.pushed = later
    sent.says("1").hears(BODY)
    sent.says("取消").says("1").hears("已处理甲。")


def test_without_an_opening_the_dialogue_asks_first(sent: Phone) -> None:
    sent.is_sent("p2", "审批").says("1").hears("哪一个？")
    sent.says("丙").says("2").hears("已处理丙。")


@pytest.mark.parametrize(("earlier", "written"), [(60, ["甲:yes"]), (61, [])])
def test_an_answer_may_seem_a_minute_older_than_its_question(sent: Phone, earlier: int, written: Written) -> None:
    assert sent.says("1", at=1_000_000 - earlier).written == written


def test_what_was_sent_after_a_talk_fell_silent_is_answered_and_the_draft_kept(sent: Phone) -> None:
    sent.pushed = None
    sent.says("意见").says("1").hears(BODY)
    sent.waits(5 * MINUTE).is_sent("p2", "审批", which="乙").waits(6 * MINUTE)
    sent.says("1").hears("已处理乙。", texts.kept("意见"))
    sent.says("继续").hears("接着办“意见”。", BODY)


def test_what_was_sent_before_a_talk_fell_silent_is_not_answered(sent: Phone) -> None:
    sent.waits(MINUTE).says("意见").waits(11 * MINUTE)
    sent.says("1").hears(texts.timed_out_kept("意见", 10, 24))
    assert sent.written == []


def test_what_is_settled_is_told_to_an_answer_not_to_a_thank_you(sent: Phone) -> None:
    sent.pushed = Pushed("p3", sent.at, "审批", {"which": "丁"}, settled=True)
    sent.says("谢谢").hears("不客气。")
    sent.says("1").hears("已处理丁。")


# Words that are kept


def test_spoken_words_are_confirmed_before_they_are_kept(phone: Phone) -> None:
    phone.meets(opinion=lambda talk, _: f"记下：{talk.tell('body', BODY, 10)}").says("意见").hears(BODY)
    phone.speaks("漏与").hears("我听到：漏与", "我听到的对吗？", "1 是  2 不是", "请回复数字。")
    phone.says("不对").hears(texts.SAY_AGAIN, BODY)
    phone.speaks("漏雨").says("1").hears("记下：漏雨")
    phone.says("意见").says("漏雨").hears("记下：漏雨")
    phone.says("意见").says("字" * 11).hears("最多10字，您发了11字。", BODY)


def test_thanks_leave_what_nothing_is_lost_by_leaving(phone: Phone) -> None:
    phone.says("帮助").says("谢谢").hears(texts.WELCOME)
    assert phone.kept is None
