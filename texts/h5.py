"""Sentences the H5 pages build in code: navigation, forms, what has been done, what to paste into the group."""

from datetime import datetime

from models.activity import ActivityKind
from models.attendance import MarkKind
from services.attendance import Status, Totals, Verdict
from texts import activity, attendance

NAV_TODAY = "今天"
NAV_ACTIVITIES = "活动"
NAV_MONTH = "考勤表"
NAV_HOURS = "学时"
NAV_MEMBERS = "人员"
NAV_STUDY = "学习"
NAV_PRINT = "打印"
NAV_VOICE = "意见"
NAV_SAID = "意见"
NAV_ASKED = "征集"
NAV_BOARD = "公告"
NAV_OWN = "我的记录"
NAV_LOGINS = "我的登录"
NAV_NOTICES = "微信通知"
OUTSIDE_FOOT = "打开这个页面不用登录，页面不留记号。"

VOICE_TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (  # name, address, and what else belongs to it
    ("意见", "/h5/opinions", ("/h5/opinions/",)),
    ("征集", "/h5/rounds", ("/h5/rounds/",)),
    ("公告", "/h5/bulletins", ("/h5/bulletins/",)),
)

STALE_FORM = "这个页面放得太久了，没有办成。请返回，刷新后再办一次。"

INSIDE, OUTSIDE = "内网", "外网"


def wanted(label: str) -> str:
    """A field is empty."""
    return f"请填写{label}。"


def too_long(label: str, most: int) -> str:
    """A field holds too much."""
    return f"{label}太长，最多{most}个字。"


def number_wanted(label: str, least: int, most: int) -> str:
    """A field holds no number, or one out of bounds."""
    return f"{label}请填{least}到{most}的数字。"


def degrees_wanted(label: str, most: int) -> str:
    """A field holds no degrees."""
    return f"{label}请填-{most}到{most}的度数，例如{'31.7400' if most == 90 else '119.5700'}。"


def day_wanted(label: str) -> str:
    """A field holds no date."""
    return f"{label}请填日期，例如2026-11-20。"


def moment_wanted(label: str) -> str:
    """A field holds no day with a time."""
    return f"{label}请填日期和时间，例如2026-11-20 14:00。"


def device(agent: str) -> str:
    """A browser in plain words, from what it says of itself."""
    phones = (("iPhone", "苹果手机"), ("iPad", "苹果平板"), ("HarmonyOS", "鸿蒙手机"), ("Android", "安卓手机"))
    desks = (("Windows", "Windows电脑"), ("Macintosh", "苹果电脑"), ("Linux", "Linux电脑"))
    browsers = (
        ("MicroMessenger", "微信"),
        ("Edg", "Edge浏览器"),
        ("Firefox", "火狐浏览器"),
        ("Chrome", "Chrome浏览器"),
        ("Safari", "Safari浏览器"),
    )
    what = next((name for mark, name in (*phones, *desks) if mark in agent), "不认识的设备")
    how = next((name for mark, name in browsers if mark in agent), "")
    return f"{what}，{how}" if how else what


CELL: dict[Status, str] = {
    Status.CAME: "到",
    Status.LATE: "迟",
    Status.REGISTERED: "登",
    Status.LEAVE: "假",
    Status.NOT_COME: "未",
    Status.ABSENT: "缺",
    Status.EXEMPT: "免",
    Status.EXEMPT_CAME: "到",
    Status.TO_CHECK: "核",
    Status.WITHDRAWN: "",
    Status.GUEST: "列",
    Status.INVITED: "",
    Status.OTHER_GROUP: "跨",
}
CELLS = "到＝签到，迟＝迟到，登＝人工登记，早＝早退，假＝请假，补＝已补课，未＝未到，缺＝无故缺席，免＝不作硬性要求，列＝列席，跨＝跨组参加，核＝待核。"

REGISTERED_BECAUSE = "现场核实"
ALL_IN = "这些同志都已经在名单上了。"
MARK_WANTED = "请选一项更正。"
CLASS_WANTED = "请选请假的原因。"
PERSON_WANTED = "请选一位同志。"
DECISION_WANTED = "请点同意或不同意。"
NO_SUCH_MONTH = "没有这个月份，请从上面的栏目进入。"
BADGES_WRONG = "佩戴人数比抽查人数多，请核对。"
ENDS_EARLY = "结束时间早于开始时间，请核对。"
NOBODY_TICKED = "请先点选到会的同志。"


def cell(verdict: Verdict, *, made_up: bool) -> str:
    """A person's square of the month's sheet."""
    return CELL[verdict.status] + ("早" if verdict.early else "") + ("补" if made_up else "")


def for_himself(verdict: Verdict) -> str:
    """The same in words for the person: that somebody came late is the leader's business."""
    plain = Status.CAME if verdict.status is Status.LATE else verdict.status
    return attendance.named(Verdict(plain, verdict.leave, early=False))


def month(year: int, number: int) -> str:
    """2026年11月."""
    return f"{year}年{number}月"


def when_and_who(at: datetime, who: str) -> str:
    """11月20日 14:02 王芳; an operator has no name."""
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M} {who or '管理员'}"


def planned(people: int) -> str:
    """An activity has been planned."""
    return f"已发起，应到{people}人。"


def planned_already(people: int) -> str:
    """The very same activity stood there already."""
    return f"这个活动已经发起过，应到{people}人，没有再发一次。"


def moved(people: int) -> str:
    """An activity has been moved."""
    return f"已改期，马上通知应到的{people}位同志。"


def cancelled(people: int) -> str:
    """An activity has been cancelled."""
    return f"已取消，马上通知应到的{people}位同志。"


OPENED = "签到已开始，请把大屏投到会场。"
CLOSED = "签到已结束。"
NOTED = "已保存。"
POSITION_OFF = "位置签到已关。扫码、数字、登记照常。"
SETTLED_MAKEUP = "已确认补课。"


def position_on(radius: int) -> str:
    """Checking in by place is allowed for this activity."""
    return f"位置签到已开：会场{radius}米以内，在公众号发位置就能签到。只判断远近，不存位置。"


def registered(people: int) -> str:
    """A tick list has been taken."""
    return f"已登记{people}人。" if people else ALL_IN


def called(people: int) -> str:
    """Some of those ticked are reminded."""
    return f"马上提醒{people}位同志。" if people else "两小时内都提醒过，或者已经到了，没有再发。"


def invited(people: int) -> str:
    """Guests have been entered."""
    return f"已加入列席{people}人。" if people else "没有选人，名单没有变。"


def entered_for(name: str, *, agreed: bool) -> str:
    """Leave has been entered because the family asked."""
    return f"{name}同志请假已登记，记“家属代请”，{'结果会告诉本人' if agreed else '等党小组长同意'}。"


def not_entered_for(name: str) -> str:
    """Leave cannot be entered for that person, or not any more."""
    return f"{name}同志这次不用代请：已签到、已请假，或者不在应到名单上。请刷新后再看。"


def guest_entered(name: str) -> str:
    """A guest from outside has been entered."""
    return f"已加入列席：{name}。"


def guest_there(name: str) -> str:
    """A guest from outside stood there already."""
    return f"{name}已经在列席名单上。同名的另一位，请把单位写清楚。"


def guest_removed(name: str) -> str:
    """A guest from outside does not come."""
    return f"已从列席名单去掉{name}。"


def leave_decided(name: str, *, agreed: bool) -> str:
    """A request for leave is settled."""
    return f"{'已同意' if agreed else '没有同意'}{name}同志请假，结果会告诉本人。"


def marked(name: str, kind: MarkKind) -> str:
    """A record has been corrected."""
    return f"{name}同志：{attendance.MARK[kind]}，已记下。"


def gap(kind: ActivityKind, group: str, *, quarterly: bool) -> str:
    """One meeting that is missing: 第二党小组会1次."""
    return f"{'本季度' if quarterly else ''}{group}{activity.KIND[kind] if not group else '会'}1次"


def notice(title: str, kind: ActivityKind, at: datetime, place: str) -> str:
    """The notice for the group chat."""
    where = f"，{place}" if place else ""
    return f"【通知】{activity.starts(at)}{where}，{_called(title, kind)}。\n请佩戴党徽。来不了请在公众号发“请假”。"


def invitation(title: str, kind: ActivityKind, at: datetime, place: str) -> str:
    """What a guest from outside is sent, who is addressed with 您好 and no title of ours."""
    where = f"，地点：{place}" if place else ""
    return f"您好。请您列席我支部{_called(title, kind)}，时间：{activity.starts(at)}{where}。\n来不了请告诉我一声。"


def notice_moved(title: str, kind: ActivityKind, times: tuple[datetime, datetime], place: str, reason: str) -> str:
    """The same of an activity that has been moved: from when to when."""
    before, at = times
    where = f"，{place}" if place else ""
    return (
        f"【改期】{_because(reason)}原定{activity.starts(before)}的{_called(title, kind)}，"
        f"改到{activity.starts(at)}{where}。\n来不了请在公众号发“请假”。"
    )


def notice_cancelled(title: str, kind: ActivityKind, at: datetime, reason: str) -> str:
    """The same of one that has been cancelled."""
    return f"【取消】{_because(reason)}原定{activity.starts(at)}的{_called(title, kind)}取消，另行通知。"


def result(title: str, kind: ActivityKind, at: datetime, totals: Totals, *, makeup: bool) -> str:
    """How it went, for the group chat: figures, and never the name of anybody who was not there."""
    rate = attendance.share(totals.present, totals.expected)
    more = f"，请假{totals.leave}人" if totals.leave else ""
    guests = f"，列席{totals.guests}人" if totals.guests else ""
    last = "\n没能参加的同志，请在公众号发“补课”。" if makeup and totals.present < totals.expected else ""
    return f"【情况】{activity.day(at)}{_called(title, kind)}。\n应到{totals.expected}人，到会率{rate}{more}{guests}。{last}"


def _called(title: str, kind: ActivityKind) -> str:
    name = activity.KIND[kind]
    return title if name in title else f"{name}：{title}"


def _because(reason: str) -> str:
    return f"因{reason.removeprefix('因')}，" if reason else ""
