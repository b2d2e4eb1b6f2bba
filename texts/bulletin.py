"""通知公告 in words: what is known, what is still to be read, what its pages and the register say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from models.bulletin import BulletinAudience, BulletinKind, BulletinState

KIND: dict[BulletinKind, str] = {
    BulletinKind.NOTICE: "通知",
    BulletinKind.BRIEFING: "情况通报",
    BulletinKind.OPENNESS: "党务公开",
    BulletinKind.DISPLAY: "公示",
    BulletinKind.RULE: "制度",
}
AUDIENCE: dict[BulletinAudience, str] = {
    BulletinAudience.MEMBERS: "本支部党员",
    BulletinAudience.GROUP: "一个党小组",
    BulletinAudience.EVERYONE: "在册的所有人",
    BulletinAudience.OUTSIDE: "对外公开",
}
STATE: dict[BulletinState, str] = {
    BulletinState.DRAFT: "草稿",
    BulletinState.PUBLISHED: "已发布",
    BulletinState.WITHDRAWN: "已撤回",
}
LACKS: dict[str, str] = {
    "text": "请填写正文。",
    "contact": "公示要写明有意见找谁，请填写联系方式。",
    "group": "只发给一个党小组的，请选是哪个党小组。",
    "decision": "对外公开要写明是哪次会议决定的。",
    "order": "截止日期早于开始日期，请核对。",
    "passed": "截止日期已经过了，请先修改。",
    "audience": "没有要通知的人，请核对范围。",
    "files": "附件最多5个，请先去掉不用的。",
    "numbers": "正文里有手机号或身份证号。公示、对外公开的，请去掉。",
}
UNFIT: dict[str, str] = {
    "empty": "附件是空的，请核对是否选对了文件。",
    "heavy": "附件超过5 MB，请压缩后再传。",
    "type": "附件只收 pdf、docx、xlsx、pptx、jpg、png。",
    "other": "附件的内容和文件名的后缀不符，请另存后再传。",
    "macros": "附件里有宏，不能上传，请另存为不带宏的文件。",
}
GONE = "没有找到这条公告，可能已经撤回。请发“公告”看现在有哪些。"

# --- in the chat -----------------------------------------------------------------------------------------------

NAME = "公告"
NOTHING = "没有要看的公告。"
WHICH = "看哪一条？"
SHORT = 300  # characters: a text up to so long is read out whole
MOST_LINES = 3  # likewise
FIRST = 120  # characters of a longer one


def heading(kind: BulletinKind, title: str) -> str:
    """【公示】…."""
    return f"【{KIND[kind]}】{title}"


def which(kind: BulletinKind, title: str, *, read: bool) -> str:
    """A bulletin among several."""
    return f"{heading(kind, title)}{'' if read else '（没看）'}"


def read_out(head: str, body: str, objection: str, files: int, address: str) -> str:
    """A bulletin in the chat: whole while it is short; else how it begins, and where it stands."""
    lines = [head, _one_breath(body) if is_short(body) else f"{' '.join(body.split())[:FIRST]}…", objection]
    attached = f"附件{files}个，" if files else ""
    if not is_short(body):
        lines.append(f"{attached}看全文请打开：{address}")
    elif files:
        lines.append(f"{attached}请打开：{address}")
    return "\n".join(filter(None, lines))


def is_short(body: str) -> bool:
    """Whether the chat reads it out whole, and has thereby told it."""
    return len(body) <= SHORT and len([one for one in body.split("\n") if one.strip()]) <= MOST_LINES


def objections(until: date, contact: str) -> str:
    """Until when a 公示 runs and where objections go."""
    return f"公示到{day(until)}，有意见请找：{contact}"


def unread(titles: Sequence[str]) -> str:
    """One line of what has not been read, beside the notices."""
    shown = "、".join(f"“{_short(one)}”" for one in titles[:3])
    more = f"等{len(titles)}条" if len(titles) > 3 else ""
    return f"没看的公告：{shown}{more}。发“{NAME}”看。"


def day(at: date) -> str:
    """11月20日."""
    return f"{at.month}月{at.day}日"


def _short(text: str) -> str:
    return f"{text[:20]}…" if len(text) > 20 else text


def _one_breath(body: str) -> str:
    return "\n".join(" ".join(line.split()) for line in body.split("\n") if line.strip())


# --- refusals --------------------------------------------------------------------------------------------------


def moved(title: str, state: BulletinState) -> str:
    """The bulletin is elsewhere."""
    return f"“{title}”现在是{STATE[state]}，不能这样办，请刷新后再看。"


# --- pages -----------------------------------------------------------------------------------------------------

MADE = "已存为草稿。要附件就现在加，核对后点“发布”。"
SAVED = "已保存。"
DROPPED = "草稿已删除。"
WITHDRAWN = "已撤回，谁也看不到了。"
NOTED = "已登记反馈。"
ATTACHED = "附件已加上。"
DETACHED = "附件已去掉。"
SAME_TEXT = "正文没有变，没有出新版。"
CORRECTED = "已改正。看过的同志不用再看。"
SECRECY = "不得上传涉密和内部文件。"
BARE = "公示只写姓名、岗位和联系方式，不写出生日期、电话、家庭情况。处分、民主评议结果不得对外公开。"
KIND_WRONG = "请从列表里选类别和范围。"
FILE_WANTED = "请选一个文件。"
ALL_READ = "都看过了。"
NOBODY_READ = "还没有人看。"


def published(people: int) -> str:
    """It has been made known; to nobody, if it was already."""
    return "已经发布过，没有再通知。" if not people else f"已发布，马上告诉{people}位同志。"


def revised(people: int) -> str:
    """A new edition that everybody is to read."""
    return f"已出新版，请{people}位同志重新看一遍。"


def span(from_on: date | None, until_on: date | None) -> str:
    """From when until when it is in force."""
    if until_on is None:
        return f"{_whole(from_on)}起" if from_on else "长期"
    return f"{_whole(from_on)}至{_whole(until_on)}" if from_on else f"至{_whole(until_on)}"


def window(days: int) -> str:
    """How long a 公示 runs."""
    return f"{days}个工作日"


def size(count: int) -> str:
    """How heavy a file is: 12 KB, 1.5 MB."""
    return f"{max(1, round(count / 1024))} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


REGISTER_NOTE = "“公示”只数工作日，从第二天数起。对外公开的，范围后注明依据。"


def withdrawn(at: date) -> str:
    """After its span: it was taken back before its end."""
    return f"，{_whole(at)}撤回"


def way(*, outside: bool) -> str:
    """方式, in the register."""
    return "公众号、网页、对外网页" if outside else "公众号、网页"


def audience(kind: BulletinAudience, group: str, decision: str) -> str:
    """范围, in the register and over a text."""
    if kind is BulletinAudience.GROUP:
        return group
    return f"{AUDIENCE[kind]}（{decision}）" if decision else AUDIENCE[kind]


def _whole(at: date | None) -> str:
    return f"{at.year}年{at.month}月{at.day}日" if at else ""


# --- notices ---------------------------------------------------------------------------------------------------

Facts = Mapping[str, str | int | bool | None]


def notice(facts: Facts) -> str:
    """Something has been made known, or is to be read again."""
    head = heading(BulletinKind(str(facts["kind"])), str(facts["title"]))
    if facts["contact"] and facts["until"]:
        told = objections(date.fromisoformat(str(facts["until"])), str(facts["contact"]))
        return f"{head}。{told}。请发“{NAME}”看。"
    edition = f"（第{facts['edition']}版，请重新看一遍）" if facts["edition"] != 1 else ""
    return f"{head}{edition}。请发“{NAME}”看。"


def notice_unread(facts: Facts) -> str:
    """One has not been read for three days."""
    return f"有1条通知您还没看：{facts['title']}。请发“{NAME}”看。"


# --- the log ---------------------------------------------------------------------------------------------------


def _revised(facts: Mapping[str, object], _zone: ZoneInfo) -> str:
    told = f"，通知{facts['people']}位同志重新看" if facts["people"] else "（改正）"
    return f"出第{facts['number']}版{told}"


EVENTS: Mapping[str, Callable[[Mapping[str, object], ZoneInfo], str]] = {
    "bulletin_made": lambda _facts, _zone: "起草公告",
    "bulletin_edited": lambda _facts, _zone: "修改公告草稿",
    "bulletin_dropped": lambda facts, _zone: f"删除公告草稿“{facts['title']}”",
    "bulletin_published": lambda facts, _zone: f"发布，通知{facts['people']}位同志",
    "bulletin_revised": _revised,
    "bulletin_withdrawn": lambda _facts, _zone: "撤回公告",
    "bulletin_noted": lambda _facts, _zone: "登记反馈",
    "bulletin_file": lambda facts, _zone: f"加附件“{facts['name']}”",
    "bulletin_file_gone": lambda facts, _zone: f"去掉附件“{facts['name']}”",
}
"""What was done with a bulletin, for the log beside it."""
