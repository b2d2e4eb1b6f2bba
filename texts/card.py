"""What stands on a card (模板消息, 订阅通知) instead of a sentence: its title, when, where, by whom, and a hint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from models.notice import NoticeKind
from texts.notice import KIND, Facts, words

NOTHING = "无"  # a field cannot be empty, or WeChat refuses the whole card
MORNING = time(9)  # the hour of what has a day alone
ABSENT = "来不了请发“请假”"
HINT: Mapping[NoticeKind, str] = {
    NoticeKind.MOVED: ABSENT,
    NoticeKind.CANCELLED: "详情请发“通知”",
    NoticeKind.PLANNED: ABSENT,
    NoticeKind.TOMORROW: ABSENT,
    NoticeKind.SOON: ABSENT,
    NoticeKind.CALLED: ABSENT,
    NoticeKind.LEAVE_ASKED: "发“1”同意，发“2”不同意",
    NoticeKind.STUDY: "发“答题”开始，不收请发“提醒”",
    NoticeKind.BEHIND: "详情请发“学时”",
    NoticeKind.MAKEUP: "发“补课”办理",
    NoticeKind.BIRTHDAY: "发“重温誓词”可读誓词全文",
    NoticeKind.ASSIGNED: "请在网页的“意见”里办",
    NoticeKind.ROUND: "发“征集”填写",
    NoticeKind.ROUND_CLOSING: "发“征集”填写",
    NoticeKind.SELF_CHECK: "想写几句请发“自查”",
}
READ_ON = "详情请发“通知”"
DECIDED = {True: "已同意", False: "没有同意"}


@dataclass(frozen=True, slots=True)
class Card:
    """What there is to put into a card's fields; `when` is on the branch's wall clock."""

    title: str
    when: datetime
    place: str
    words: str
    name: str
    note: str
    by: str


def card(kind: NoticeKind, facts: Facts, name: str, zone: ZoneInfo, now: datetime) -> Card:
    """The card of that notice to the member of that name, as it is true at `now`."""
    note = str(facts.get("note") or facts.get("reason") or "") or HINT.get(kind, READ_ON)
    if kind is NoticeKind.LEAVE_DECIDED:
        decided = DECIDED[bool(facts["agreed"])]
        note = f"{decided}：{facts['note']}" if facts["note"] else decided
    return Card(
        title=str(facts.get("title") or KIND[kind]),
        when=_when(facts, zone, now),
        place=str(facts.get("place") or NOTHING),
        words=words(kind, facts, zone, now),
        name=str(facts.get("name") or name),
        note=note,
        by=str(facts.get("by") or NOTHING),
    )


def _when(facts: Facts, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment it is about; of what has none, now."""
    for key in ("until", "at", "ends", "day"):
        said = str(facts.get(key) or "")
        if len(said) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(said), MORNING, zone)
        if said:
            return datetime.fromisoformat(said).astimezone(zone)
    return now.astimezone(zone)
