"""征集 in words: what is asked of whom, the questions in the chat, what became of it, what its pages say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from models.opinion import Verdict
from models.round import FormKind, RoundAudience, RoundPurpose, RoundState
from sealed.unsigned import AnsweredAlready, NoSuchRound, RoundClosed, Unfit, UnsignedBusy, UnsignedRefusal
from services import forms
from services.small_cells import Cell, Mean
from texts import activity
from texts.talk import with_options

PURPOSE: dict[RoundPurpose, str] = {
    RoundPurpose.SURVEY: "问卷",
    RoundPurpose.DECISION: "重大决策征求意见",
    RoundPurpose.RATING: "评学",
    RoundPurpose.SUPERVISION: "群众监督评价",
}
AUDIENCE: dict[RoundAudience, str] = {
    RoundAudience.MEMBERS: "本支部党员",
    RoundAudience.GROUP: "一个党小组",
    RoundAudience.EVERYONE: "在册的所有人",
    RoundAudience.OUTSIDE: "党外群众（凭纸上的链接）",
    RoundAudience.BOTH: "本支部党员和党外群众",
}
STATE: dict[RoundState, str] = {
    RoundState.DRAFT: "草稿",
    RoundState.OPEN: "征集中",
    RoundState.CLOSED: "已截止",
    RoundState.PUBLISHED: "已公布",
}
KIND: dict[FormKind, str] = {
    FormKind.TEXT: "填写",
    FormKind.SINGLE: "单选",
    FormKind.MULTIPLE: "多选",
    FormKind.SCALE: "打分（1到5分）",
}
VERDICT: dict[Verdict, str] = {Verdict.ADOPTED: "采纳", Verdict.PARTLY: "部分采纳", Verdict.DECLINED: "未采纳"}
PART: dict[str, str] = {"inside": "党员", "outside": "党外群众", "": "其他"}
LACKS: dict[str, str] = {
    "questions": "请填1到30个问题，选择题要有2到10个选项。",
    "closes": "截止时间已经过了，请先修改截止时间。",
    "audience": "没有要征求的人，请核对征求的范围。",
    "responses": "请先填采纳情况，再公布。",
    "lines": "采纳情况最多60行，同样的意见请合并。",
}
GONE = "没有找到这次征集，请发“征集”看现在有哪些。"

# --- in the chat -----------------------------------------------------------------------------------------------

NAME, APART = "征集", "不记名填写"
NOTHING = "现在没有要您填写的征集。"
WHICH = "看哪一个？"
SKIP, SKIP_OPTION = "跳过", "不填这一题"
SIGNED = "记名填写，截止以前可以再填、再改。"
UNNAMED = "不记名填写：提交瞬间服务器可见，之后无法关联到您。交了就不能改。"

SENT_SIGNED = "已提交。截止以前发“征集”可以再改。"
SENT_UNNAMED = "已提交，谢谢您。系统里没有留下是谁填的。"
SURE = "都填好了，交上去就不能改了。交吗？"
SURE_OPTIONS = {"yes": "交", "no": "不交"}
NOT_SENT = "没有交，也没有保留。想填的时候发“征集”。"
START_WITH = f"请发“{NAME}”，从里面选。"
UNNAMED_ANSWERED = "这次征集您已经交过，一人一份，不能再改。"
UNNAMED_OVER = "这次征集已经截止，没有收下。"
BUSY = "现在交的人多，没有收下，请过一会儿再试。"
TYPED_ONLY = "不记名填写，请打字：语音听得出是谁。"
AGAIN = "您填过这次征集，再填一遍就替换原来的。"


def which(title: str, closes: datetime) -> str:
    """A round among several: its title and until when."""
    return f"{title}（到{activity.day(closes)}）"


def which_told(title: str) -> str:
    """A round with its published table, among several."""
    return f"{title}（看采纳情况）"


def rated(at: datetime, title: str) -> str:
    """The lecture or activity that a 评学 is about; `at` in the branch's time."""
    return f"{activity.day(at)}{title}"


def about(purpose: RoundPurpose, title: str, body: str, questions: int, rates: str = "") -> str:
    """What is asked, before its first question: at most three lines. `rates` is the lecture that is rated."""
    text = " ".join(body.split())
    told = [f"{text[:100]}…" if len(text) > 100 else text] if text else []
    rating = f"评的是{rates}。" if rates else ""
    return "\n".join([f"【{PURPOSE[purpose]}】{title}，共{questions}题。{rating}", *told])


def question(one: forms.Question, last: int) -> str:
    """A question without its options and the request."""
    return f"{one.position}/{last} {one.stem}"


def asked(one: forms.Question, last: int) -> str:
    """A question of several options or a scale as the chat asks it, the request last."""
    optional = "" if one.required else f"不想填就发“{SKIP}”。"
    options = [f"{number} {option}" for number, option in enumerate(one.options, start=1)]
    return "\n".join([question(one, last), *options, REQUEST[one.kind] + optional])


def preview(one: forms.Question, last: int) -> str:
    """The same of any question, for who makes the form."""
    if one.kind is FormKind.SINGLE:
        return with_options(question(one, last), choices(one).values())
    return asked(one, last)


def choices(one: forms.Question) -> dict[int, str]:
    """The options of a single choice, and 0 for leaving it out where that may be."""
    options = dict(enumerate(one.options, start=1))
    return options if one.required else {**options, 0: SKIP_OPTION}


REQUEST: dict[FormKind, str] = {
    FormKind.TEXT: "请写您的意见。",
    FormKind.SINGLE: "请回复数字。",
    FormKind.MULTIPLE: "请回复数字，可以不止一个，用空格隔开。",
    FormKind.SCALE: "请打分，1到5，5分最好。",
}


def unclear(kind: FormKind, options: int) -> str:
    """What was sent answers nothing."""
    match kind:
        case FormKind.SCALE:
            return f"请发1到{forms.SCALE}的数字。"
        case FormKind.TEXT:
            return f"请写1到{forms.LONGEST}个字。"
    return f"请发1到{options}的数字。"


def page_instead(address: str) -> str:
    """Nothing can be had apart in the chat now."""
    return f"聊天里现在不能不记名填写，请打开网页填：\n{address}"


def unnamed_refused(refusal: UnsignedRefusal) -> str:
    """Why an unnamed answer is not kept."""
    match refusal:
        case AnsweredAlready():
            return UNNAMED_ANSWERED
        case RoundClosed() | NoSuchRound():
            return UNNAMED_OVER
        case UnsignedBusy():
            return BUSY
        case Unfit():
            return "写得太长，没有收下，请写短些。"
    return "现在收不下新的填写，请告诉党支部。"


def published(title: str, lines: Sequence[tuple[str, Verdict, str]], address: str) -> str:
    """The response table in a chat: three lines of it, the rest on the page."""
    head = f"【采纳情况】{title}，{len(lines)}条意见。"
    said = [f"{_short(summary)}：{VERDICT[verdict]}。{_short(reason)}" for summary, verdict, reason in lines[:3]]
    return "\n".join([head, *said, f"看全部请打开：{address}"])


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return f"{plain[:40]}…" if len(plain) > 40 else plain


# --- refusals --------------------------------------------------------------------------------------------------


def form_unclear(position: int, kind: FormKind, *, lacking: bool) -> str:
    """An answer of a page's form."""
    if lacking:
        return f"第{position}题还没有填。"
    wanted = f"最多{forms.LONGEST}个字" if kind is FormKind.TEXT else "请从给出的里面选"
    return f"第{position}题填得不对，{wanted}。"


def moved(title: str, state: RoundState) -> str:
    """The round is elsewhere."""
    return f"“{title}”现在是{STATE[state]}，不能这样办，请刷新后再看。"


# --- pages -----------------------------------------------------------------------------------------------------

MADE = "已存为草稿，看好预览再点“开始征集”。"
SAVED = "已保存。"
DROPPED = "草稿已删除。"
OPENED = "已开始，正在通知要征求的同志。"
CLOSED = "已截止。下面是结果，请填采纳情况。"
PUBLISHED = "已公布，正在告诉所有征求过的同志。"
RESPONDED = "已保存，核对后点“公布”。"
ANSWERED = "已提交，谢谢您。"
BY_LINK = "凭这张纸条填写，一张只能填一次，交了不能改。不问姓名，也不记是谁拿的这张纸条。"
STALE = "这个页面不完整，请重新打开再填。"
FEW = "不足5份，不显示结果。"
FEW_HERE = "这一题不足5份，不显示。"
FEW_WORDS = "写的不足8份，不显示，以免看出是谁。"
FIGURES_NOTE = (
    "截止以前只看得到交了几份。不足5份不显示结果；分组里1到4份的数不显示，能推算出来的也不显示；"
    "几乎全都一样时只说“九成以上”；填写的内容满8份才显示，次序打乱。"
)
SECRECY = "不得上传涉密和内部文件。"
QUESTION_WRONG = "请从列表里选问题的类型。"
AUDIENCE_WRONG = "请从列表里选征求的范围。"
GROUP_WANTED = "只征求一个党小组的，请选是哪个党小组。"
LINE_WRONG = "采纳情况每行都要有意见、结果和理由，人数填数字。"


def options_wanted(place: int) -> str:
    """A question with too few or too many options."""
    return f"第{place}题要有2到{forms.MOST_OPTIONS}个选项，一行一个，不要重复。"


def stem_too_long(place: int) -> str:
    """A question that nobody reads."""
    return f"第{place}题最多200个字，选项最多60个字。"


def links_made(count: int) -> str:
    """So many slips to print."""
    return f"{count}张，一人一张，每张只能填一次。请现在打印：关掉这一页就再也看不到这些码。"


def links_gone(count: int) -> str:
    """Links were taken back."""
    return f"已收回{count}张纸条，交过的不受影响。"


def taken_back(count: int) -> str:
    """After how many are asked, of an unnamed round."""
    return f"（含收回的{count}张纸条：哪张填过，谁也不知道）"


def cell(one: Cell, answers: int) -> str:
    """A count with its share."""
    if one.count is None:
        return {90: "九成以上", 80: "八成以上"}.get(one.least, "不显示")
    return f"{one.count}（{100 * one.count / answers:.0f}%）" if answers else "0"


def width(one: Cell, answers: int) -> float:
    """How long its bar is, in percent."""
    return one.least if one.count is None else 100 * one.count / max(1, answers)


def mean(one: Mean) -> str:
    """A mean of a scale."""
    figure = f"{one.tenths / 10:.1f}"
    return {1: f"平均{figure}分以上", -1: f"平均{figure}分以下"}.get(one.side, f"平均{figure}分")


def part(code: str) -> str:
    """A part of those asked."""
    return PART.get(code, code)


def given(one: forms.Question, answer: forms.Given | None) -> str:
    """An answer in words."""
    match answer:
        case None:
            return "（没有填）"
        case list():
            return "、".join(one.options[number - 1] for number in answer)
        case int() if one.kind is FormKind.SINGLE:
            return one.options[answer - 1]
        case int():
            return f"{answer}分"
    return answer


# --- notices ---------------------------------------------------------------------------------------------------

Facts = Mapping[str, str | int | bool | None]


def notice(facts: Facts, closes: datetime) -> str:
    """A round begins."""
    how = "不记名" if facts["unnamed"] else "记名"
    return f"【征集】{facts['title']}，{facts['questions']}题，{how}，{activity.day(closes)}截止。请发“{NAME}”填写。"


def notice_closing(facts: Facts, closes: datetime) -> str:
    """A round ends tomorrow."""
    done = "已经交过的不用管。" if facts["unnamed"] else ""
    return f"【征集】{facts['title']}，{activity.starts(closes)}截止。{done}没有填的请发“{NAME}”。"


def notice_published(facts: Facts) -> str:
    """The table is there."""
    sums = "，".join(f"{VERDICT[one]}{facts[one.value]}条" for one in Verdict if facts[one.value])
    return f"【采纳情况】{facts['title']}：{sums}。请发“{NAME}”看理由。"


# --- the log ---------------------------------------------------------------------------------------------------


EVENTS: Mapping[str, Callable[[Mapping[str, object], ZoneInfo], str]] = {
    "round_made": lambda _facts, _zone: "起草征集",
    "round_edited": lambda _facts, _zone: "修改草稿",
    "round_dropped": lambda facts, _zone: f"删除草稿“{facts['title']}”",
    "round_opened": lambda facts, _zone: f"开始征集，通知{facts['people']}位同志",
    "round_closed": lambda _facts, _zone: "截止",
    "round_links": lambda facts, _zone: f"打印{facts['people']}张纸条",
    "round_links_withdrawn": lambda facts, _zone: f"收回{facts['people']}张纸条",
    "round_responded": lambda facts, _zone: f"填写采纳情况{facts['rows']}条",
    "round_published": lambda facts, _zone: f"公布采纳情况{facts['rows']}条",
}
"""What was done with a round, for the log beside it."""
