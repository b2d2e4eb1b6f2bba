"""What the pages about study (学习) build in code: banks, a question's record, the path, figures."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from models.question import Question, QuestionKind, Topic
from models.study import Outcome
from texts import study
from texts.question import FIELD, TOPIC

TABS: Sequence[tuple[str, str, tuple[str, ...]]] = (  # name, address, and what else belongs to it
    ("题库", "/h5/study", ("/h5/study/banks/", "/h5/study/questions/", "/h5/study/import", "/h5/study/editions")),
    ("导学", "/h5/study/path", ("/h5/study/path/",)),
    ("测验", "/h5/exams", ("/h5/exams/",)),
    ("学时", "/h5/hours", ("/h5/hours/",)),
    ("学习情况", "/h5/study/figures", ()),
)

STEP_ADDED = "已加到导学的最后。"
STEP_CLOSED = "已取下。同志们答过的题都还在。"
STEP_MOVED = "已调整顺序。"
SAVED = "已保存。"
SAME = "没有改动。"
BANK_WANTED = "请从列表里选题库。"
TOPIC_WANTED = "请从列表里选主题。"
NOTHING_IN_STEP = "请写读什么，或者选一个题库、一个主题。"


def quarter(year: int, number: int) -> str:
    """2026年第四季度."""
    return f"{year}年第{'一二三四'[number - 1]}季度"


def missing(topics: Sequence[Topic]) -> str:
    """Which of the four fields of education nothing has been held in."""
    if not topics:
        return "四个方面的教育，这个季度都开展过了。"
    return f"这个季度还没有开展：{'、'.join(TOPIC[one] for one in topics)}。"


def span(low: float, high: float | None) -> str:
    """Days since the last answer, on the axis."""
    if high is None:
        return f"{low:.0f}+"
    return f"<{high:.0f}" if low == 0 else f"{low:.0f}–{high:.0f}"


def span_in_words(low: float, high: float | None) -> str:
    """The same in a table."""
    if high is None:
        return f"{low:.0f}天以上"
    return f"不到{high:.0f}天" if low == 0 else f"{low:.0f}到{high:.0f}天"


def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{share * 100:.0f}%"


def half(who: str, people: int, right: int) -> str:
    """How one half of those who answered did."""
    return f"{who}{people}人，答对{right}人"


def not_before(day: date) -> str:
    """A step that begins later."""
    return f"{day.year}年{day.month}月{day.day}日起"


# --- banks ---------------------------------------------------------------------------------------------------------

FATE: Mapping[str, str] = {"imported": "新增", "updated": "更新", "duplicate": "没有变化", "rejected": "不收"}
REVIEWED = "已审。"
PUBLISHED = "已投入使用。"
ONWARD = "这是下一道待审的。"
RETIRED = "已停用，不再出这道题。"
REOPENED = "已改回待审，审过再用。"
ENTERED = "已存为待审。"
BANK_NAME_WANTED = "请填写题库名称。"
REVIEWER_WANTED = "请写审核人的姓名。"
NO_SUCH_STARTER = "没有这个题库，请从「题库」页面进入。"
NOT_COMPARED = "题目多，没有逐题和别的题库比对。"


def edited(fields: Iterable[str]) -> str:
    """A question has been changed."""
    return f"已保存：{'、'.join(FIELD[one] for one in fields)}。"


def part_wrong(part: str, reason: str) -> str:
    """One field of the form that cannot be understood."""
    return f"{part}：{reason}"


def changed(fields: Iterable[str]) -> str:
    """Which fields a row changes; none: it only comes into use."""
    return "、".join(FIELD[one] for one in fields) or FIELD["state"]


def repeats(row: int) -> str:
    """A row that says what an earlier row says."""
    return f"和第 {row} 行相同"


def disputed(row: int, bank: str) -> str:
    """Another bank has another key."""
    return f"第 {row} 行：题库“{bank}”里同一道题的答案不一样，请核对。"


def looks_like(row: int, stem: str) -> str:
    """Nearly the same stem as another."""
    return f"第 {row} 行和“{stem}”很像，请看是不是重复。"


def source(document: str, edition: str, article: str) -> str:
    """Where a question comes from: 《中国共产党章程》（2022-10-22）第七条."""
    if not document:
        return article
    return f"《{document}》{f'（{edition}）' if edition else ''}{article}"


def edition_retired(number: int) -> str:
    """All of an edition is out of use."""
    return f"已停用{number}道。"


def asked(kind: QuestionKind, stem: str, options: Sequence[str], *, draft: bool) -> str:
    """A question as the chat asks it."""
    return study.question(study.today(1, 3), kind, (stem, options), unreviewed=draft)


def answered(question: Question, key: object, options: Sequence[str], *, right: bool) -> str:
    """What the chat says to a right or a wrong answer."""
    where = study.source(question.document, question.article, question.certainty)
    outcome = Outcome.RIGHT if right else Outcome.WRONG
    return study.answered(outcome, study.right_answer(question.kind, key, options), question.explanation, where)
