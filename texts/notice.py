"""What a notice says (改期, 取消, 请假 …), the same words wherever it is told, and what 通知 says around them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from models.leave import LeaveClass
from models.notice import NoticeKind
from texts import activity, bulletin, opinion
from texts import round as round_
from texts.leave import CLASS

Facts = Mapping[str, str | int | bool | None]

NOTHING = "没有新通知。"


def words(kind: NoticeKind, facts: Facts, zone: ZoneInfo) -> str:
    """The notice of that kind; `facts` are those services/notices.py wrote, times in it become the branch's own."""
    return WORDS[kind](facts, zone)


def waiting(count: int) -> str:
    """After the last words of something else: so many notices wait."""
    return f"您有{count}条通知，发“通知”看。"


def listed(lines: Sequence[str]) -> str:
    """The notices read out."""
    return "\n".join(_numbered(lines))


def with_requests(count: int, lines: Sequence[str]) -> str:
    """So many requests for leave wait, of which the question follows; before it the notices."""
    head = f"有{count}个请假等您同意" + (f"，另有{len(lines)}条通知：" if lines else "。")
    return "\n".join([head, *_numbered(lines)])


def latest(lines: Sequence[str]) -> str:
    """Nothing new; what was told last."""
    return "\n".join([NOTHING, "最近的：", *_numbered(lines)]) if lines else NOTHING


def _moved(facts: Facts, zone: ZoneInfo) -> str:
    place = f"，{facts['place']}" if facts["place"] else ""
    before, now = _at(facts["before"], zone), _at(facts["at"], zone)
    return (
        f"【改期】{_because(facts)}{activity.day(before)}的{facts['title']}改到{activity.starts(now)}{place}。"
        "来不了请发“请假”。"
    )


def _called(facts: Facts, zone: ZoneInfo) -> str:
    place = f"，{facts['place']}" if facts["place"] else ""
    when = activity.starts(_at(facts["at"], zone))
    return f"【提醒】{when}{place}，{facts['title']}，您还没有签到。来不了请发“请假”。"


def _cancelled(facts: Facts, zone: ZoneInfo) -> str:
    return f"【取消】{_because(facts)}{activity.starts(_at(facts['at'], zone))}的{facts['title']}取消。"


def _leave_asked(facts: Facts, zone: ZoneInfo) -> str:
    reason = CLASS[LeaveClass(str(facts["class"]))]
    day = activity.day(_at(facts["at"], zone))
    return f"{facts['name']}请假（{reason}）：{day}{facts['title']}。发“1”同意，发“2”不同意。"


def _leave_decided(facts: Facts, zone: ZoneInfo) -> str:
    by = f"{facts['by']}同志" if facts["by"] else ""
    head = f"您{activity.day(_at(facts['at'], zone))}{facts['title']}的请假，{by}"
    note = f"：{facts['note']}" if facts["note"] else ""
    if facts["agreed"]:
        return f"{head}已同意{note}。"
    return f"{head}没有同意{note}。有困难请直接找{by or '党小组长'}。"


def _handler_day(_facts: Facts, _zone: ZoneInfo) -> str:
    return "【提醒】今天请打开承办页看一看。每周一、周四都这样提醒，有没有来信都一样。"


def _round(facts: Facts, zone: ZoneInfo) -> str:
    return round_.notice(facts, _at(facts["closes"], zone))


def _round_closing(facts: Facts, zone: ZoneInfo) -> str:
    return round_.notice_closing(facts, _at(facts["closes"], zone))


def _round_published(facts: Facts, _zone: ZoneInfo) -> str:
    return round_.notice_published(facts)


def _answered(facts: Facts, _zone: ZoneInfo) -> str:
    return opinion.notice(facts)


def _bulletin(facts: Facts, _zone: ZoneInfo) -> str:
    return bulletin.notice(facts)


def _unread(facts: Facts, _zone: ZoneInfo) -> str:
    return bulletin.notice_unread(facts)


WORDS: Mapping[NoticeKind, Callable[[Facts, ZoneInfo], str]] = {
    NoticeKind.MOVED: _moved,
    NoticeKind.CANCELLED: _cancelled,
    NoticeKind.CALLED: _called,
    NoticeKind.LEAVE_ASKED: _leave_asked,
    NoticeKind.LEAVE_DECIDED: _leave_decided,
    NoticeKind.HANDLER_DAY: _handler_day,
    NoticeKind.ANSWERED: _answered,
    NoticeKind.ROUND: _round,
    NoticeKind.ROUND_CLOSING: _round_closing,
    NoticeKind.ROUND_PUBLISHED: _round_published,
    NoticeKind.BULLETIN: _bulletin,
    NoticeKind.UNREAD: _unread,
}


def _numbered(lines: Sequence[str]) -> list[str]:
    """Several in a list; one stands alone."""
    return [f"（{number}）{line}" for number, line in enumerate(lines, start=1)] if len(lines) > 1 else list(lines)


def _because(facts: Facts) -> str:
    reason = str(facts["reason"] or "").rstrip("。，,. ")
    return f"{'' if reason.startswith('因') else '因'}{reason}，" if reason else ""


def _at(text: object, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(zone)
