"""What the codes of an activity are called (主题党日, 正在签到 …)."""

from collections.abc import Sequence
from datetime import datetime

from models.activity import ActivityKind, ActivityState

KIND: dict[ActivityKind, str] = {
    ActivityKind.BRANCH_MEETING: "支部党员大会",
    ActivityKind.COMMITTEE: "支部委员会",
    ActivityKind.GROUP_MEETING: "党小组会",
    ActivityKind.LECTURE: "党课",
    ActivityKind.PARTY_DAY: "主题党日",
    ActivityKind.LIFE_MEETING: "组织生活会",
    ActivityKind.VOLUNTEER: "志愿服务",
    ActivityKind.OTHER: "其他活动",
}

KIND_ALSO: dict[str, ActivityKind] = {
    "党员大会": ActivityKind.BRANCH_MEETING,
    "支委会": ActivityKind.COMMITTEE,
    "其他": ActivityKind.OTHER,
}

STATE: dict[ActivityState, str] = {
    ActivityState.PLANNED: "未开始",
    ActivityState.OPEN: "正在签到",
    ActivityState.CLOSED: "已结束",
    ActivityState.CANCELLED: "已取消",
}

WEEKDAYS = "一二三四五六日"


def day(at: datetime) -> str:
    """The day, of a time on the branch's own wall: 11月20日（周五）."""
    return f"{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）"


def starts(at: datetime) -> str:
    """When it begins, of a time on the branch's own wall: 11月20日（周五）14:00."""
    return f"{day(at)}{at:%H:%M}"


def line(at: datetime, title: str, place: str, *, open_now: bool) -> str:
    """One activity in a list; `at` in the branch's time."""
    return f"{starts(at)} {title}{'，' + place if place else ''}{'【正在签到】' if open_now else ''}"


def coming(lines: Sequence[str]) -> str:
    """What is under way or planned; the lines are made by `line`."""
    return "近期活动：\n" + "\n".join(lines) if lines else "近期没有安排活动。"
