"""提醒 in chat: what one is reminded of, what may be chosen, and the one line that asks for consent."""

from collections.abc import Mapping
from datetime import time

from models.notice import NoticeKind
from models.reminder import StudyWish
from services.timetables import Timetable
from services.wishes import Wanted

WHAT = {"study": "学习提醒", "self_check": "自查提醒", "unread": "公告提醒", "wechat": "微信通知"}
NEVER, BRANCH_OFF = "不提醒", "支部没有开"
ASK_STUDY = "什么时候提醒您答题？学习自愿，不计入考核。"
ASK_SELF_CHECK = "每月最后一个工作日提醒您自查，好吗？不用回复。"
ASK_UNREAD = "公告发布3天您还没看，提醒您一次，好吗？"
YES_NO = {"yes": "要提醒", "no": "不提醒"}
YES_NO_ALSO = {"yes": ("好", "要", "是"), "no": ("不要", "不用", "不")}


def standing(wanted: Wanted, timetable: Timetable) -> str:
    """What one is reminded of now; the question what to change follows with its options."""
    return "\n".join(
        [
            "活动、改期、请假结果，都会告诉您。",
            f"学习：{study(wanted.study, timetable)}；自查：{_self_check(wanted, timetable)}",
            f"公告没看：{_unread(wanted, timetable)}",
            "要改哪一样？",
        ]
    )


def study(wish: StudyWish, timetable: Timetable) -> str:
    """How often, and at which hour."""
    slot = timetable.slots[NoticeKind.STUDY]
    if wish is StudyWish.NEVER:
        return NEVER
    return study_choices(timetable)[wish] if slot.enabled else BRANCH_OFF


def study_choices(timetable: Timetable) -> Mapping[StudyWish, str]:
    """What can be chosen, with its hour."""
    at = clock(timetable.slots[NoticeKind.STUDY].at)
    return {StudyWish.TWICE: f"周一、周四{at}", StudyWish.DAILY: f"每天{at}", StudyWish.NEVER: NEVER}


def kept(wanted: Wanted, timetable: Timetable) -> str:
    """What holds from now on, after a change."""
    return (
        f"已改好。学习：{study(wanted.study, timetable)}；自查：{_self_check(wanted, timetable)}；公告没看：{_unread(wanted, timetable)}。\n"
        "放假日不发。要再改，请发“提醒”。"
    )


def subscribe(address: str) -> str:
    """How to have notices arrive in WeChat; "" is an account that sends none of its own accord."""
    if not address:
        return "现在还不能主动发到您的微信。您下次说话时，会告诉您有没有通知。"
    return (
        "提前通知要您先在微信里点同意，点一次，微信就让我们发一条。\n"
        "没有点的，您下次说话时告诉您，不会漏。\n"
        f'<a href="{address}">点这里同意</a>'
    )


def consent(address: str) -> str:
    """Asked once, after something that was of use."""
    return f'下次活动提前一天告诉您，好吗？<a href="{address}">点这里同意</a>'


def clock(at: time | None) -> str:
    """12:30; "" where a kind has no hour of its own."""
    return f"{at:%H:%M}" if at else ""


def _self_check(wanted: Wanted, timetable: Timetable) -> str:
    slot = timetable.slots[NoticeKind.SELF_CHECK]
    if not wanted.self_check:
        return NEVER
    return f"每月最后一个工作日{clock(slot.at)}" if slot.enabled else BRANCH_OFF


def _unread(wanted: Wanted, timetable: Timetable) -> str:
    if not wanted.unread:
        return NEVER
    return "第3天提醒一次" if timetable.slots[NoticeKind.UNREAD].enabled else BRANCH_OFF
