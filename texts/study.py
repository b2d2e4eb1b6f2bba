"""What a member hears while practising: questions, what came of an answer, 错题, 专题, the path (导学)."""

from collections.abc import Sequence

from models.question import Certainty, QuestionKind, Topic
from models.study import Outcome
from texts.exam import SENDS
from texts.question import KIND, TOPIC

LONGEST = 600  # characters of a question
EXPLAINED = 160  # characters of an explanation that comes by itself

CONTINUE = ("继续", "继续做", "下一题", "下一道", "再来一题", "再来", "接着做", "接着")
SKIP = ("跳过", "跳过这题", "继续", "下一题", "下一道", "换一题", "过")
EXPLAIN = ("解析", "看解析", "答案", "看答案")

GO_ON = "发“继续”做下一题。"
ALREADY = "刚才那题已经记下。"
SKIPPED = "好的，先不做这题。"
EDITED = "这题刚改过，前面的回答没有算，请看新的。"
RETIRED = "这题刚停用，没有算。发“继续”做下一题。"
LEFT = "好的，先不做了，做过的都记着。想做时发“答题”。"
NOTHING_TO_RESUME = "没有留着的内容。想做题，请发“答题”；想做别的，请发“帮助”。"
NOT_ANSWERED_YET = "还没有做过题，请发“答题”。"
EMPTY = "题库里还没有题，请问支部书记或宣传委员。"
NOTHING_NOW = "现在没有该做的题，过几天再来。"
NO_WRONG = "现在没有错题。做题请发“答题”。"
WRONG_DONE = "错题都做过一遍了，过几天再看。"
WHICH_TOPIC = "想做哪个专题？"
MASTERED = "这题隔天又答对了，从错题里去掉。"

NO_PATH = "支部还没有安排导学。做题请发“答题”。"
READ = {"read": "已读"}
READ_TOO = {"read": ("读了", "读完", "读完了", "看了", "看完", "看完了", "学完了")}
NOTED = "已记下，算自学。"

_SHORT = {"中国共产党章程": "党章"}
_UNSURE = {Certainty.LIKELY: "，条款请核对", Certainty.OPEN: ""}


def question(head: str, kind: QuestionKind, words: tuple[str, Sequence[str]], *, unreviewed: bool) -> str:
    """One question with its options and how to answer; never longer than a message may be."""
    stem, options = words
    before = f"{'【待审】' if unreviewed else ''}【{KIND[kind]}】{head}"
    ask = f"{SENDS[kind]}不知道就发“不会”。" if kind is not QuestionKind.MULTIPLE else SENDS[kind]
    room = LONGEST - len(before) - len(ask) - 3 * (len(options) + 2)
    longest = [len(stem), *map(len, options)]
    fit = _fitting(longest, room)
    lines = [f"{chr(ord('A') + place)} {_cut(option, fit)}" for place, option in enumerate(options)]
    return "\n".join([before, _cut(stem, fit), *lines, ask])


def today(number: int, of: int) -> str:
    """第1题，共3题; beyond those of the day without a total."""
    return f"第{number}题，共{of}题" if number <= of else f"第{number}题"


def wrong(left: int) -> str:
    """One of the wrong ones."""
    return f"错题，共{left}题"


def topic(of: Topic) -> str:
    """One of a topic."""
    return f"专题：{TOPIC[of]}"


def source(document: str, article: str, certainty: Certainty) -> str:
    """党章第七条; "" where nothing is known."""
    name = _SHORT.get(document, f"《{document}》" if document else "")
    return f"{name}{article}{_UNSURE.get(certainty, '')}" if name or article else ""


def answered(outcome: Outcome, right: str, explanation: str, where: str) -> str:
    """What came of it; `right` is the right answer in words (应选 B 一年), `where` the source."""
    bracket = f"（{where}）" if where else ""
    if outcome is Outcome.RIGHT:
        return f"回答正确。{_short(explanation, where)}" if explanation else f"回答正确{bracket}。"
    if outcome is Outcome.WRONG:
        return f"回答错误，{right}{bracket}。"
    return f"{right}。{_short(explanation, where)}" if explanation else f"{right}{bracket}。"


def right_answer(kind: QuestionKind, key: object, options: Sequence[str]) -> str:
    """应选 B 一年 / 应选 ABC / 应为“对” / 应填 永不叛党."""
    if isinstance(key, bool):
        return f"应为“{'对' if key else '错'}”"
    assert isinstance(key, tuple)
    if kind is QuestionKind.BLANK:
        return f"应填 {'、'.join(str(accepted[0]) for accepted in key)}"
    letters = "".join(chr(ord("A") + place) for place in key)
    return f"应选 {letters} {_cut(options[key[0]], 60)}" if len(key) == 1 else f"应选 {letters}"


def explained(stem: str, right: str, explanation: str, where: str, edition: str) -> str:
    """解析: the question, the right answer, why, and where it stands."""
    stands = f"依据：{where}{f'（{edition}）' if edition else ''}" if where else ""
    return "\n".join(filter(None, [_cut(stem, 120), f"{right}。", _cut(explanation, 360), stands]))


def done(of: int) -> str:
    """After the last of the day."""
    return f"今天的{of}题做完了。还想做，发“继续”。"


def topic_done(of: Topic) -> str:
    """Nothing (more) of a topic."""
    return f"“{TOPIC[of]}”现在没有新题，也没有该再做的。"


def step(place: int, of: int, title: str, reading: str) -> str:
    """What to read now; `place` counts from 1."""
    return "\n".join(filter(None, [f"导学第{place}步，共{of}步：{title}", _cut(reading, 400)]))


def path_read(of: int) -> str:
    """After the last step."""
    return f"导学的{of}步都读完了。做题请发“答题”。"


def _short(explanation: str, where: str) -> str:
    """The explanation where it is short, else its beginning; with the source if it does not say it itself."""
    said = explanation if len(explanation) <= EXPLAINED else f"{_cut(explanation, EXPLAINED)}发“解析”看全文。"
    stop = "" if said.endswith(("。", "！", "？", "…")) else "。"
    known = not where or where.split("，", maxsplit=1)[0] in said
    return f"{said}{stop}" if known else f"{where}：{said}{stop}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _fitting(lengths: Sequence[int], room: int) -> int:
    """The greatest length to which each may be cut so that all fit."""
    longest = max(lengths)
    while sum(min(one, longest) for one in lengths) > room and longest > 10:
        longest -= 5
    return longest
