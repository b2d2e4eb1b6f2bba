"""What texts that wait for a look (待看文字) are called, and what showing them does."""

from datetime import datetime
from zoneinfo import ZoneInfo

from models.held import HeldPlace
from services.activities import Plan
from services.deeds import Deed, Move
from texts import activity

PLACE: dict[HeldPlace, str] = {
    HeldPlace.LEAVE_REASON: "请假事由",
    HeldPlace.LEAVE_NOTE: "批假说明",
    HeldPlace.MAKEUP_CONTENT: "补课内容",
    HeldPlace.MARK_REASON: "更正说明",
    HeldPlace.ACTIVITY_PLAN: "发起活动",
    HeldPlace.ACTIVITY_MOVE: "改期",
    HeldPlace.ACTIVITY_CANCEL: "取消活动",
}
DECISION_WANTED = "请点采用或不采用。"
SHOWN, LEFT_OUT = "已采用。", "没有采用。"
DONE = "已采用，事情已经办了。"


def effect(deed: Deed, zone: ZoneInfo) -> str:
    """What is done when the text is shown."""
    if isinstance(deed, Plan):
        return f"采用就发起：{activity.KIND[deed.kind]}《{deed.title}》，{_where(deed.starts_at, deed.place, zone)}"
    if isinstance(deed, Move):
        return f"采用就改到：{_where(deed.starts_at, deed.place, zone)}（{deed.reason}）"
    return f"采用就取消：{deed.reason}"


def _where(at: datetime, place: str, zone: ZoneInfo) -> str:
    return activity.starts(at.astimezone(zone)) + (f"，{place}" if place else "")
