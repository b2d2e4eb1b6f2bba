"""What the forms of organised life say beside their figures: spans, remarks, who should be asked how things are."""

from datetime import date, datetime

from models.leave import LeaveClass
from texts.activity import starts
from texts.attendance import LEAVE

ASK = "请了解情况"
NEVER_CLOSED = "未点结束"
TOTAL = "合计"


def span(year: int, quarter: int | None, month: int | None) -> str:
    """A span as a form's head names it: 2026年度, 2026年第4季度, 2026年11月."""
    if month:
        return f"{year}年{month}月"
    return f"{year}年第{quarter}季度" if quarter else f"{year}年度"


def day(on: date) -> str:
    """A day in a column: 2026-11-20."""
    return f"{on:%Y-%m-%d}"


def moment(at: datetime) -> str:
    """A time in a column, of the branch's wall: 11-20 14:00."""
    return f"{at:%m-%d %H:%M}"


def from_to(begins: datetime, ends: datetime | None) -> str:
    """时间起止: 2026年11月20日14:00至15:30, of the branch's wall."""
    said = f"{begins.year}年{begins.month}月{begins.day}日{begins:%H:%M}"
    if ends is None:
        return f"{said}至"
    if ends.date() == begins.date():
        return f"{said}至{ends:%H:%M}"
    return f"{said}至{ends.month}月{ends.day}日{ends:%H:%M}"


def moved(before: datetime, reason: str) -> str:
    """备注 of an activity that was 改期: when it was planned for, and why it moved."""
    return f"原定{starts(before)}，{'因' + reason if reason else ''}改期"


def held(counts: list[tuple[str, int]]) -> str:
    """How many of each kind were held."""
    return "合计：" + "，".join(f"{name}{number}次" for name, number in counts) + "。" if counts else "合计：0次。"


def exempt(reason: str, starts: date, ends: date | None, year: int) -> str:
    """备注: 免 and why; days only where it does not cover the whole year."""
    return f"免：{reason}{_within(starts, ends, year)}"


def standing(leave: LeaveClass, reason: str, starts: date, ends: date | None, year: int) -> str:
    """备注: standing leave and why."""
    return f"{LEAVE[leave]}：{reason}{_within(starts, ends, year)}"


def moved_in(on: date) -> str:
    """备注: 转入 in the course of the span."""
    return f"{on.month}月{on.day}日转入"


def moved_out(on: date) -> str:
    """备注: 转出 in the course of the span."""
    return f"{on.month}月{on.day}日转出"


def unexplained(times: int) -> str:
    """备注: missed without leave, and nobody has asked why yet."""
    return f"未到待了解{times}次"


def beside(times: int) -> str:
    """备注: came where not expected."""
    return f"另外参加{times}次"


def concern(name: str, missed: int, since: date, *, long: bool) -> str:
    """Whom a leader should ask; never a verdict."""
    if long:
        return f"{name}同志{since.year}年{since.month}月{since.day}日以后没有参加组织生活，也没有请假，{ASK}。"
    return f"{name}同志连续{missed}次未到，没有请假，{ASK}。"


def absent(word: str, names: str) -> str:
    """One reason with everyone it holds for: 请假（出差）：张伟、李娜."""
    return f"{word}：{names}"


def _within(starts: date, ends: date | None, year: int) -> str:
    begins = "" if starts <= date(year, 1, 1) else f"{starts.month}月{starts.day}日起"
    last = "" if ends is None or ends >= date(year, 12, 31) else f"至{ends.month}月{ends.day}日"
    return f"（{begins}{last}）" if begins or last else ""
