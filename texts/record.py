"""What a member hears about the own record (记录): times only, and never that somebody was late."""

from collections.abc import Sequence
from datetime import datetime

from models.leave import LeaveClass
from services.attendance import PRESENT, Status
from services.records import OwnYear
from texts.leave import CLASS

MORE = {"cases": "看明细", "makeups": "看怎么补"}
WHICH = "回复1看明细，回复2看怎么补。"
NOTHING = "今年还没有活动记录。"
_STATUS: dict[Status, str] = {
    Status.NOT_COME: "未到",
    Status.ABSENT: "无故缺席",
    Status.EXEMPT: "免",
    Status.EXEMPT_CAME: "到会",
    Status.TO_CHECK: "到会（待核）",
    Status.WITHDRAWN: "已撤销",
    Status.GUEST: "列席",
    Status.INVITED: "列席（未到）",
    Status.OTHER_GROUP: "跨组参加",
}


def year(name: str, own: OwnYear, hours: str = "") -> str:
    """The year's figures, with the line about hours (学时); what is none is left out."""
    lines = [f"{name}同志，{own.year}年", f"组织生活 应到{own.expected}次，到会{own.present}次"]
    missed = [_leave(own)] if own.leave else []
    missed += [f"未到{own.missed}次"] if own.missed else []
    if missed:
        lines.append("，".join(missed))
    if own.others:
        lines.append(f"另外参加{own.others}次")
    if hours:
        lines.append(hours)
    return "\n".join(lines)


def case(title: str, at: datetime, verdict: tuple[Status, LeaveClass | None], *, made_up: bool) -> str:
    """One activity: when, which, and what stands for the member there."""
    status, leave = verdict
    word = "到会" if status in PRESENT else f"请假（{CLASS[leave]}）" if leave else _STATUS.get(status, "")
    return f"{at:%m-%d} {title} {word}{'，已补课' if made_up else ''}"


def cases(lines: Sequence[str], of: int) -> str:
    """The last activities of so many, newest first."""
    head = f"最近{len(lines)}次（共{of}次）：" if of > len(lines) else f"共{of}次："
    return "\n".join([head, *lines])


def _leave(own: OwnYear) -> str:
    if not own.leave_made_up:
        return f"请假{own.leave}次"
    share = "已补课" if own.leave_made_up == own.leave else f"已补课{own.leave_made_up}次"
    return f"请假{own.leave}次（{share}）"
