"""意见 in words: how it is asked for in the chat, what became of it, what its pages and the 台账 say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.opinion import OpinionCategory, OpinionState, Verdict
from sealed.unsigned import Unfit, UnsignedBusy, UnsignedRefusal
from texts import activity
from texts.round import SECRECY, VERDICT

CATEGORY: dict[OpinionCategory, str] = {
    OpinionCategory.BRANCH: "支部工作和组织生活",
    OpinionCategory.STUDY: "学习教育",
    OpinionCategory.CONDUCT: "作风和纪律",
    OpinionCategory.CARE: "关心关爱",
    OpinionCategory.WORK: "业务和管理",
    OpinionCategory.SYSTEM: "对本系统提意见",
    OpinionCategory.OTHER: "其他",
}
STATE: dict[OpinionState, str] = {
    OpinionState.NEW: "已收到",
    OpinionState.ASSIGNED: "办理中",
    OpinionState.ANSWERED: "已答复",
}
FAILED: dict[str, str] = {"gone": "图片在微信里已过期，没有取到", "unfit": "不是能收的图片，没有保存"}
NO_PICTURE = "图片还没有取到"

# --- in the chat -----------------------------------------------------------------------------------------------

NAME, APART, MINE, PICTURES = "意见", "不署名意见", "我的意见", "附图"
HOW = "不署名时，支部看不到是谁，系统也不保存；但消息要经过微信。"
WAYS = {"signed": "署名提", "unsigned": "不署名提"}
SAY = f"{SECRECY}\n请说您的意见，打字、语音都行。"
TYPE = f"{SECRECY}人少，口气和细节可能让人猜到您。\n请打字写您的意见，一条写完。"
ABOUT = "是哪一类意见？"
NO_PICTURES = "不署名不收图片和文件：图片里可能看得出是谁。"
NOT_SET_UP = "本支部暂未开通不署名提意见。\n可以投支部的意见箱，或者发“意见”署名提。"
NOT_NOW = "现在不能不署名提，刚才的没有保留。请过一会儿再试，或者投支部的意见箱。"
BUSY = "正忙，还没有提交，请再回复一次数字。"
NOT_KEPT = "现在收不下新的意见，没有提交。请投支部的意见箱。"
TOO_LONG = "写得太长，没有提交，请写短些再提。"
NOTHING = f"您还没有署名提过意见。要提，请发“{NAME}”。不署名提的，请发“进度”和12个字。"
SIGNED_HERE = f"署名提的意见，发“{MINE}”看。"
PICTURES_ONLY = "这里只收图片。不附图了，请回复0。"
ENOUGH = "好的，您的意见已经收到。"
NO_OPINION = f"要附图的，请先发“{NAME}”署名提。"


def sent(number: str) -> str:
    """A signed opinion is kept."""
    return f"已提交，编号 {number}。答复后我告诉您，也可发“进度”。"


def offer(count: int, most: int) -> str:
    """Pictures may follow; `count` are there."""
    if not count:
        return f"要附图，请现在发来，最多{most}张；不附就不用管。"
    return f"第{count}张图片已收到，还可以发{most - count}张；不发就不用管。"


def last_picture(count: int) -> str:
    """No more pictures are taken."""
    return f"{count}张图片都已收到。"


def sent_unsigned(receipt: str) -> str:
    """An unsigned opinion is kept, and this is the only time that its receipt is shown."""
    return (
        f"已提交。回执：\n{receipt}\n只显示这一次，请抄在纸上，抄好删除这条消息。\n"
        "系统里没有留下是谁，答复也不能通知您。\n大约每周看一次就行：发“进度”和这12个字。"
    )


def refused(refusal: UnsignedRefusal) -> str:
    """Why an unsigned opinion is not kept."""
    match refusal:
        case UnsignedBusy():
            return BUSY
        case Unfit():
            return TOO_LONG
    return NOT_KEPT


def own_line(number: str, at: datetime, category: OpinionCategory, come_to: str) -> str:
    """One of the member's own, in the chat."""
    return f"{number}（{activity.day(at)}，{CATEGORY[category]}）：{come_to}"


def come_to(state: OpinionState, verdict: Verdict | None, answer: str, most: int = 0) -> str:
    """How far one has come, the answer cut to `most` characters (0: whole)."""
    if verdict is None:
        return STATE[state]
    return f"{STATE[state]}，{VERDICT[verdict]}。{cut(answer, most) if most else answer}"


def own(lines: Sequence[str], more: int, page: str) -> str:
    """The member's own, newest first; `more` are not told here."""
    rest = f"还有{more}条，" if more else ""
    return "\n".join(["您署名提的意见：", *lines, f"{rest}全文请看：{page}"])


def unsigned_come_to(state: OpinionState, verdict: Verdict | None, answer: str) -> str:
    """An unsigned opinion by its receipt."""
    said = STATE[state] + (f"，{VERDICT[verdict]}" if verdict else "")
    return f"{said}\n{f'答复：{answer}' if answer else '还没有答复。'}"


def cut(text: str, most: int) -> str:
    """One line of at most so many characters."""
    plain = " ".join(text.split())
    return f"{plain[:most]}…" if len(plain) > most else plain


# --- pages -----------------------------------------------------------------------------------------------------

ASSIGNED = "已交办，正在通知承办人。"
ASSIGNED_APART = "已交办。不署名的不发通知，请当面告诉承办人。"
ANSWERED = "已答复，正在告诉提意见的同志。"
ANSWERED_UNSIGNED = "已答复，提意见的人凭回执能看到。"
GIVEN = "已提交，编号{}。答复后通知您。"
CATEGORY_WRONG = "请从列表里选是哪一类意见。"
VERDICT_WRONG = "请选采纳、部分采纳或者未采纳。"
HANDLER_WRONG = "请从列表里选承办人。"
STALE = "这个页面不完整，请重新打开再填。"
EDITED = "您打开以后，别人办过这条意见，您填的没有保存。请核对后再填。"
AWAY = "不署名的意见现在取不到，请过一会儿再看。"
LOOK_AWAY = "不要打听、比对是谁提的。"
SOURCE_UNSIGNED = "不署名"


def source(name: str, *, on_roll: bool) -> str:
    """Who has said it, as the page names it."""
    return f"{name}（{'党员' if on_roll else '群众'}）"


def category(code: str) -> str:
    """A category as the file of what is unsigned holds it; one of another version is 其他."""
    return CATEGORY[OpinionCategory(code) if code in set(OpinionCategory) else OpinionCategory.OTHER]


def week(monday: date) -> str:
    """When an unsigned one came: nothing finer is known."""
    return f"{monday.year}年{monday.month}月{monday.day}日起的一周"


def by(day: date) -> str:
    """By when it is to be answered."""
    return f"{day.month}月{day.day}日前答复"


# --- the 台账 ----------------------------------------------------------------------------------------------------

PARTY, MASSES = "党员", "群众"
LEDGER_NOTES = (
    "不署名的，只知道是哪一周收到的，写那一周的星期一；没有编号。",
    "办理期限从收到那天（不署名的从那一周的最后一天）起算工作日。",
    "署名的只写来源，不写姓名；内容照原话，超过300字的截短，全文在系统里。",
)


def written(day: date) -> str:
    """A day in the 台账."""
    return f"{day.year}-{day.month:02d}-{day.day:02d}"


def totals(received: int, answered: int, verdicts: Mapping[Verdict, int]) -> str:
    """The figures below the 台账."""
    parts = "，".join(f"{VERDICT[one]}{verdicts.get(one, 0)}条" for one in Verdict)
    return f"收到{received}条，已答复{answered}条：{parts}。"


# --- notices and the log -----------------------------------------------------------------------------------------

Facts = Mapping[str, str | int | bool | None]


def notice_assigned(facts: Facts) -> str:
    """One is to be answered: neither by whom it was said nor what."""
    until = by(date.fromisoformat(str(facts["due"])))
    return f"【意见交办】意见{facts['number']}请您承办，{until}。请打开网页，在下面的“意见”里办。"


def notice(facts: Facts) -> str:
    """The answer has come."""
    verdict, answer = VERDICT[Verdict(str(facts["verdict"]))], cut(str(facts["answer"]), 120)
    return f"【意见答复】{facts['number']}：{verdict}。{answer}全文请发“{MINE}”。"


EVENTS: Mapping[str, Callable[[Mapping[str, object], ZoneInfo], str]] = {
    "opinion_assigned": lambda facts, _zone: f"交{facts['name']}承办",
    "opinion_answered": lambda facts, _zone: (
        f"{'更正答复' if facts['again'] else '答复'}：{VERDICT[Verdict(str(facts['verdict']))]}"
    ),
}
"""What was done with an opinion, for the log beside it."""
