"""测验 in words: what it is before it begins, its questions, what came of it, what its pages say."""

from collections.abc import Sequence
from datetime import datetime

from models.exam import PaperState
from models.question import QuestionKind, Topic
from services.answers import Why
from services.errors import Lack
from texts import activity
from texts.question import KIND, TOPIC

NOTHING = "现在没有可以做的测验。"
WHICH = "做哪一份？"
PRIVATE = "自愿做。成绩只有您和支部管学习的同志看得到，不进考核。"
NOW = "现在开始吗？"
START = {"yes": "开始", "no": "先不做"}
NOT_NOW = "好的，想做的时候发“测验”。"
LEFT = "测验先放下，时间照走。接着做请发“测验”。"
RECORDED = "已记下。"
ANSWERED_ELSEWHERE = "上一题已经答过，按先答的算。"
SKIPPED = "先跳过，最后再问。"
LATE = "时间到了，这个回答没有算。"
TIME_OVER = "时间到，已自动交卷。"
HANDED_IN = "已交卷。"
DONE_ALREADY = "这次测验已经交过卷。"
KEEP_ON = "好的，接着做。"
SLOW = "这条消息在路上太久，没有算，请看题再答一次。"
HAND_IN, SKIP = ("交卷", "我要交卷", "提前交卷"), ("跳过", "下一题")

STATE: dict[PaperState, str] = {
    PaperState.DRAFT: "草稿",
    PaperState.OPEN: "开放",
    PaperState.CLOSED: "已结束",
}
ANY = "不限"
SENDS: dict[QuestionKind, str] = {
    QuestionKind.SINGLE: "请发字母。",
    QuestionKind.MULTIPLE: "请发字母，可以不止一个，不用标点。",
    QuestionKind.JUDGE: "请发“对”或“错”。",
    QuestionKind.BLANK: "请发空里的内容。",
}

ROWS_WANTED = "请至少填一行要几道题。"
ROW_WRONG = "请从列表里选主题、题型和难度。"
BANK_WANTED = "请从列表里选题库。"
OFFICE_ONLY = "成绩只供本人和管学习的同志改进学习：不排名，不进考核，请不要转发。"
MADE = "已存为草稿，核对后点“开放”。"
OPENED = "已开放，到时间同志们发“测验”就能做。"
CLOSED = "已结束，不再开始新的；正在做的做完自己的时间。"
SAVED = "已保存。"


def too_many(most: int) -> str:
    """A paper of more questions than anybody sits."""
    return f"一份最多{most}道题，请减一些。"


def offer(title: str, questions: int, minutes: int, pass_mark: int) -> str:
    """What a paper is, before it begins."""
    return f"{title}：{questions}题，{minutes}分钟，{pass_mark}分合格。\n{PRIVATE}"


def last_time(score: int) -> str:
    """Before another go."""
    return f"您上次{score}分。"


def begun(until: datetime, now: datetime) -> str:
    """It has begun; both times on the branch's own wall."""
    return f"开始。做到{_clock(until, now)}，停下了发“测验”接着做，提前交发“交卷”。"


def going_on(title: str, until: datetime, now: datetime) -> str:
    """Back on a sitting under way."""
    return f"接着做“{title}”，做到{_clock(until, now)}。"


def _clock(until: datetime, now: datetime) -> str:
    """The time, with its day when that is another."""
    return f"{until:%H:%M}" if until.date() == now.date() else activity.starts(until)


def place(number: int, of: int) -> str:
    """第1题，共3题."""
    return f"第{number}题，共{of}题"


def unclear(why: Why, last: str) -> str:
    """Why what was sent is no answer; `last` is the letter of the last option."""
    said = {
        Why.BEYOND: f"这题只有A到{last}，请再发一次。",
        Why.ONE_ONLY: "这题只选一个，请再发一次。",
        Why.LETTER: "请发选项前面的字母。",
        Why.BLANKS: "空的个数对不上，请按顺序写，中间空一格。",
        Why.LONG: "太长了，请只发答案。",
    }
    return said.get(why, "没看出选的是哪个，请再发一次。")


def sure(left: int) -> str:
    """Handing in with questions open."""
    return f"还有{left}题没答，现在交卷吗？"


def result(title: str, figures: tuple[int, int, int], *, passed: bool) -> str:
    """What came of it: questions right, of how many, and the score in percent."""
    right, of, score = figures
    return f"“{title}”{of}题答对{right}题，{score}分，{'合格' if passed else '没有合格'}。"


def topics(counts: Sequence[tuple[Topic, int, int]]) -> str:
    """The same by topic, in one line."""
    return "，".join(f"{TOPIC[topic]}{right}/{of}" for topic, right, of in counts)


def once_more(left: int, at: datetime | None) -> str:
    """How often and from when one may sit again; `at` on the branch's own wall, None at once."""
    when = f"，{activity.starts(at)}以后" if at else ""
    return f"还可以再做{left}次{when}，发“测验”。"


def row(count: int, topic: Topic | None, kind: QuestionKind | None, difficulty: int | None) -> str:
    """One row of a blueprint: 权利义务 单选 难度3 5题."""
    parts = [
        TOPIC[topic] if topic else "",
        KIND[kind] if kind else "",
        f"难度{difficulty}" if difficulty else "",
    ]
    return f"{' '.join(filter(None, parts)) or '任意题'} {count}题"


def count_wanted(place: int, most: int) -> str:
    """A row of the form asks for something that is no number of questions."""
    return f"第{place}行的题数请填1到{most}的数字。"


def enough(questions: int) -> str:
    """The banks can fill the paper."""
    return f"一共{questions}题，题库够用。"


def share(right: int, of: int) -> str:
    """12/20（60.0%）."""
    return f"{right}/{of}（{100 * right / of:.1f}%）" if of else "0/0"


def lack(one: Lack) -> str:
    """A row that cannot be filled, and how many are to be found."""
    asked = row(one.count, one.topic, one.kind, one.difficulty)
    beside = "（有的被别的行用了）" if one.there >= one.count else ""
    return f"{asked}，题库有{one.there}题，还差{one.missing}题{beside}"
