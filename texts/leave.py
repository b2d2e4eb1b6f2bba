"""What people hear about leave (请假): the member who asks, the leader who decides (批假), whoever takes it back."""

from collections.abc import Sequence
from datetime import datetime

from models.leave import LeaveClass
from texts import activity

WHICH = "请哪一次的假？"
CLASS: dict[LeaveClass, str] = {
    LeaveClass.DUTY: "值班",
    LeaveClass.TRIP: "出差",
    LeaveClass.SICK: "生病",
    LeaveClass.PERSONAL: "有事",
    LeaveClass.AWAY: "外出",
    LeaveClass.OTHER: "其他",
}
ASKED_OF_MEMBERS: dict[LeaveClass, str] = {  # in the order of the numbers, which members know by heart
    LeaveClass.DUTY: "值班",
    LeaveClass.TRIP: "出差",
    LeaveClass.SICK: "生病",
    LeaveClass.PERSONAL: "有事",
    LeaveClass.OTHER: "其他",
    LeaveClass.AWAY: "外出、探亲、休假",
}
ALSO_CALLED: dict[LeaveClass, tuple[str, ...]] = {
    LeaveClass.DUTY: ("值班值守", "值守", "夜班", "值夜班"),
    LeaveClass.SICK: ("病假",),
    LeaveClass.PERSONAL: ("事假",),
    LeaveClass.AWAY: ("外出", "探亲", "休假", "年假", "回老家"),
}
REASON = "请说一下原因，一句话就行。"
NOTHING_TO_ASK = "近期没有要您请假的活动。\n活动过去三天的，请找党小组长。"
NOT_ASKED = "好的，没有请假。"
FAMILY = "家属代请，请直接告诉党小组长，由党小组长登记，记“家属代请”。"
NOT_BOUND = f"本人请假，请先绑定：把纸条上的8位绑定码发给我。\n{FAMILY}"

WITHDRAW_WHICH = "撤回哪一次的请假？"
NOTHING_TO_WITHDRAW = "没有可以撤回的请假。"
KEPT = "好的，请假还在。"

AGREED = {"yes": "同意", "no": "不同意"}
DECIDE_WHICH = "请假等您同意，先看哪一个？"
NOTHING_WAITS = "现在没有等您同意的请假。"


def which(title: str, starts: datetime) -> str:
    """One activity among several; `starts` on the branch's own wall."""
    return f"{activity.day(starts)}{title}"


def why(title: str, starts: datetime, *, moved: bool, past: bool) -> str:
    """The activity, and the question of the class."""
    return (
        f"{activity.day(starts)}{title}{'（已改期）' if moved else ''}，{'为什么没能来' if past else '为什么不能来'}？"
    )


def moved_meanwhile(title: str, starts: datetime) -> str:
    """The activity was moved while the person was answering."""
    return f"{title}刚刚改到{activity.starts(starts)}。到时候还是来不了，要请假吗？"


def cancelled(title: str, starts: datetime) -> str:
    """An activity the person may have in mind does not take place."""
    return f"{activity.day(starts)}的{title}已经取消，不用请假。"


def asked(deciders: Sequence[str]) -> str:
    """The request has just been kept; who decides it (nobody: no office is filled that could)."""
    if not deciders:
        return "已提交。支部还没有登记能批假的同志，请当面说一声。"
    return f"已提交，等{'、'.join(f'{name}同志' for name in deciders)}同意。同意后我告诉您。"


def withdraw(title: str, starts: datetime) -> str:
    """Before the request is taken back."""
    return f"撤回{activity.day(starts)}{title}的请假，到时候参加，对吗？"


def withdrawn(title: str, starts: datetime) -> str:
    """The request has just been taken back."""
    return f"已撤回。{activity.starts(starts)}{title}，请按时参加。"


def request_line(name: str, starts: datetime, leave_class: LeaveClass) -> str:
    """One request among several that wait."""
    return f"{name} {activity.day(starts)} {CLASS[leave_class]}"


def request(name: str, what: tuple[str, datetime], leave_class: LeaveClass, reason: str, remarks: Sequence[str]) -> str:
    """One request to be decided: who, which activity (title, when), why."""
    title, starts = what
    because = f"{CLASS[leave_class]}：{reason}" if reason else CLASS[leave_class]
    return "\n".join([f"{name}同志请假（{because}）", f"{activity.starts(starts)}{title}", *remarks])


AFTERWARDS = "活动已经过了，事后补请。"
BY_FAMILY = "家属代请。"


def decided(name: str, *, agreed: bool) -> str:
    """The request has just been decided."""
    return f"{'已同意' if agreed else '没有同意'}{name}同志请假，我会告诉本人。"
