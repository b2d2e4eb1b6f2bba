"""What the pages about reminders say: when each kind is due and for whom, what became of each, 政治生日, days off."""

from collections.abc import Mapping, Sequence
from datetime import date

from models.member import MemberStatus
from models.notice import Channel, NoticeKind, NoticeState
from models.reminder import DayKind, GreetingChoice
from texts import people
from texts.activity import WEEKDAYS
from texts.member import STATUS

TABS = (
    ("提醒时间", "/h5/reminders", ()),
    ("接下来", "/h5/reminders/coming", ()),
    ("送达", "/h5/notices", ()),
    ("放假", "/h5/calendar", ()),
)
TAB_BIRTHDAYS = ("政治生日", "/h5/birthdays", ())

DAY: Mapping[NoticeKind, str] = {
    NoticeKind.PLANNED: "一发布就发；离开会还有两周以上的，提前7天发",
    NoticeKind.TOMORROW: "前一个工作日；周一的活动，周五发",
    NoticeKind.SOON: "开始前一小时；外出、换届时可以打开",
    NoticeKind.STUDY: "周一、周四，或每天；放假不发",
    NoticeKind.BEHIND: "3月、6月、9月、11月的20日",
    NoticeKind.MAKEUP: "活动后第一个工作日、第7天、到期前2天",
    NoticeKind.BIRTHDAY: "入党那一天；只知道月份的不发",
    NoticeKind.BIRTHDAY_LIST: "提前7天；只知道月份的，当月第一个工作日",
    NoticeKind.PROBATION: "预备期满前30天",
    NoticeKind.GAPS: "每月20日",
    NoticeKind.ROUND_CLOSING: "征集截止前一天",
    NoticeKind.UNREAD: "公告发布后第3天，只提醒一次",
    NoticeKind.SELF_CHECK: "每月最后一个工作日；不用回复",
}
WHO: Mapping[NoticeKind, str] = {
    NoticeKind.PLANNED: "应到的同志",
    NoticeKind.TOMORROW: "应到、没有请假的同志",
    NoticeKind.SOON: "应到、没有请假的同志",
    NoticeKind.STUDY: "本人要了的同志",
    NoticeKind.BEHIND: "学时还差的同志，只告诉本人",
    NoticeKind.MAKEUP: "没来、要补课的同志",
    NoticeKind.BIRTHDAY: "正式党员本人",
    NoticeKind.BIRTHDAY_LIST: "领导小组办公室，没有的发组织委员或书记",
    NoticeKind.PROBATION: "组织委员，没有的发书记",
    NoticeKind.GAPS: "书记",
    NoticeKind.ROUND_CLOSING: "还能填的同志；不记名的，所有征求对象",
    NoticeKind.UNREAD: "没看的同志；可以不收",
    NoticeKind.SELF_CHECK: "本人要了的同志",
}
ON, OFF = "开", "关"
SAVED, SAME = "已保存。", "没有改动。"
HOUR_WANTED = "请填几点，例如16:30。"
DAY_WANTED = "请填日期。"
KIND_WANTED = "请选是上班还是休息。"
CHOICE_WANTED = "请选一样。"
NOTHING_TO_RETRY = "没有可以再发的：有的已经过时，有的可能已经发出去了。"
CANNOT_SIGN = "微信那边暂时没有回应，现在开不了。请过几分钟再打开。"

STATE: Mapping[str, str] = {
    "arrived": "已发到微信",
    "shown": "对话里看了",
    "waiting": "等着",
    "unsure": "说不准",
    "failed": "没发出",
    "expired": "过时没发",
}
_STATES: Mapping[NoticeState, str] = {
    NoticeState.WAITING: "等着",
    NoticeState.CLAIMED: "正在发",
    NoticeState.SENT: "微信收下了",
    NoticeState.DELIVERED: "已送到",
    NoticeState.FAILED: "没发出",
    NoticeState.UNSURE: "说不准",
    NoticeState.SHOWN: "对话里看了",
    NoticeState.EXPIRED: "过时没发",
}
CHANNEL: Mapping[Channel, str] = {
    Channel.TEMPLATE: "模板消息",
    Channel.SUBSCRIPTION: "订阅通知",
    Channel.MINI: "小程序通知",
    Channel.SERVICE: "对话消息",
}
TOPIC: Mapping[str, str] = {
    "activity": "活动通知、前一天提醒",
    "change": "改期、取消",
    "birthday": "政治生日",
    "leave": "请假",
    "makeup": "补课",
    "answer": "意见的答复",
    "study": "学习、学时、自查",
    "office": "名单和提示",
}
_REASON: Mapping[str, str] = {
    "cap": "那天已有一条，等本人下次发消息时看",
    "unweighed": "一两分钟内就发",
    "unbound": "没有绑定微信，等绑定后看",
    "closed": "本人没有点同意，等下次发消息时看",
    "43101": "本人没有点同意，等下次发消息时看",
    "43004": "本人没有关注公众号",
    "40003": "本人没有关注公众号",
    "45015": "本人两天没发消息，等下次发消息时看",
    "45047": "这两天发得够多了，等下次发消息时看",
    "unfollowed": "本人取消了关注",
    "no_answer": "发了，微信没有回应；下次发消息时再看一次",
    "sending": "发的时候断了；下次发消息时再看一次",
    "again": "微信没有回应，正在再发",
    "replaced": "后来又有变动，以后来的为准",
    "wordless": "内容有误，请告诉管理员",
    "user_block": "本人在微信里不收支部的通知",
    "user_reject": "本人在微信里不收支部的通知",
    "system_failed": "微信那边没有发成",
}
CHOICE: Mapping[GreetingChoice, str] = {one: people.CHOICE[one.value] for one in GreetingChoice}
DAY_KIND: Mapping[DayKind, str] = {
    DayKind.WORK: "上班",
    DayKind.REST: "休息",
    DayKind.SPRING: "休息，整天不发提醒",
}


def state(of: NoticeState) -> str:
    """What became of a notice."""
    return _STATES[of]


def reason(code: str, channel: Channel | None) -> str:
    """Why it did not arrive, or not yet; "" where there is nothing to say."""
    if not code:
        return ""
    known = _REASON.get(code)
    if known is None:
        return (
            f"微信返回{code}，请告诉管理员"
            if code.isdigit()
            else f"{CHANNEL[channel] if channel else ''}没有送到（{code}）"
        )
    return known


def unknown_years(years: Sequence[int]) -> str:
    """The days off of these years are not known yet."""
    named = "、".join(f"{year}年" for year in years)
    return f"{named}的放假安排还不知道，先按周一到周五上班算。国务院办公厅公布后，请在“放假”里填，或请管理员升级。"


def retried(number: int) -> str:
    """So many are tried once more."""
    return f"{number}条正在再发。" if number else NOTHING_TO_RETRY


def decided(name: str, choice: GreetingChoice) -> str:
    """The office has said what becomes of one 政治生日."""
    return f"{name}同志：{CHOICE[choice]}。"


def day(on: date) -> str:
    """11月29日（周日）."""
    return f"{on.month}月{on.day}日（周{WEEKDAYS[on.weekday()]}）"


def why_not(status: MemberStatus, *, gone: bool) -> str:
    """Why somebody is not greeted while the office has said nothing."""
    if status is MemberStatus.PROBATIONARY:
        return "预备党员，不发"
    return "已转出，不发" if gone else f"{STATUS[status]}，不发"


def span(first: date, last: date) -> str:
    """10月1日 至 10月8日, or one day."""
    return day(first) if first == last else f"{day(first)}至{day(last)}"
