"""What a member hears about making up missed content (补课)."""

from collections.abc import Sequence
from datetime import datetime

from models.attendance import MakeUpWay
from texts import activity

WHICH = "补哪一次的？"
HOW = "怎么补的？"
NOTHING_OWED = "现在没有要补课的活动。"
CONTENT: dict[MakeUpWay, str] = {
    MakeUpWay.RECORDING: "看了什么，记住了什么？一两句话就行。",
    MakeUpWay.STUDY: "学了什么，记住了什么？一两句话就行。",
    MakeUpWay.TOLD: "谁给您传达的，什么内容？一两句话就行。",
}
WAY: dict[MakeUpWay, str] = {
    MakeUpWay.RECORDING: "看录播",
    MakeUpWay.STUDY: "自学",
    MakeUpWay.TOLD: "听传达",
}


def which(title: str, starts: datetime) -> str:
    """One activity among several; `starts` on the branch's own wall."""
    return f"{activity.day(starts)}{title}"


def how(title: str, starts: datetime) -> str:
    """The activity, and the question of the way."""
    return f"{activity.day(starts)}{title}，{HOW}"


def told(title: str) -> str:
    """What was said has just been kept."""
    return f"已提交。{title}的补课，党小组长核对后记上。"


def owed(title: str, ways: Sequence[MakeUpWay], until: datetime) -> str:
    """One activity that can be made up: how, and until which day."""
    return f"{title}：{'、'.join(WAY[one] for one in ways)}，到{until.month}月{until.day}日"


def all_owed(lines: Sequence[str]) -> str:
    """What can be made up; the lines are made by `owed`."""
    return "\n".join([*lines, "补好了，请发“补课”。"]) if lines else NOTHING_OWED
