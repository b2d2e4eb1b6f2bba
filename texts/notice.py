"""What a notice says (改期, 取消, 政治生日 …), the same words wherever it is told, and what 通知 says around them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from models.activity import ActivityKind
from models.attendance import MakeUpWay
from models.leave import LeaveClass
from models.notice import NoticeKind
from texts import activity, bulletin, opinion
from texts import round as round_
from texts.hours import hours
from texts.leave import CLASS

Facts = Mapping[str, str | int | bool | None]

NOTHING = "没有新通知。"
KIND: dict[NoticeKind, str] = {
    NoticeKind.MOVED: "活动改期",
    NoticeKind.CANCELLED: "活动取消",
    NoticeKind.PLANNED: "活动通知",
    NoticeKind.TOMORROW: "活动前一天",
    NoticeKind.SOON: "活动前一小时",
    NoticeKind.CALLED: "到会提醒",
    NoticeKind.LEAVE_ASKED: "请假待批",
    NoticeKind.LEAVE_DECIDED: "请假结果",
    NoticeKind.HANDLER_DAY: "承办人查看日",
    NoticeKind.STUDY: "学习提醒",
    NoticeKind.BEHIND: "学时提醒",
    NoticeKind.MAKEUP: "补课提醒",
    NoticeKind.BIRTHDAY: "政治生日",
    NoticeKind.BIRTHDAY_LIST: "政治生日名单",
    NoticeKind.PROBATION: "预备期将满",
    NoticeKind.GAPS: "本月还差",
    NoticeKind.SELF_CHECK: "月末自查",
    NoticeKind.ASSIGNED: "意见交办",
    NoticeKind.ANSWERED: "意见答复",
    NoticeKind.ROUND: "征集",
    NoticeKind.ROUND_CLOSING: "征集快截止",
    NoticeKind.ROUND_PUBLISHED: "采纳情况",
    NoticeKind.BULLETIN: "通知公告",
    NoticeKind.UNREAD: "公告还没看",
}
HELD: dict[ActivityKind, str] = {  # what is said of a meeting of that kind; of the others their title
    ActivityKind.BRANCH_MEETING: "开支部党员大会",
    ActivityKind.COMMITTEE: "开支部委员会",
    ActivityKind.GROUP_MEETING: "开党小组会",
    ActivityKind.LECTURE: "上党课",
    ActivityKind.PARTY_DAY: "开主题党日",
    ActivityKind.LIFE_MEETING: "开组织生活会",
}
WAY: dict[MakeUpWay, str] = {
    MakeUpWay.RECORDING: "看录播",
    MakeUpWay.STUDY: "自学",
    MakeUpWay.TOLD: "由党小组长传达",
}
OR_ELSE = "来不了请发“请假”。"
MOST_NAMED = 6  # people in one notice; the page has the rest
AN_HOUR = timedelta(minutes=40), timedelta(minutes=75)  # what still is about an hour


def words(kind: NoticeKind, facts: Facts, zone: ZoneInfo, now: datetime) -> str:
    """The notice of that kind, as it is true when it is read or sent at `now`.

    `facts` are those services wrote; times in it become the branch's own.
    """
    return WORDS[kind](facts, zone, now)


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


def _moved(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    before, at = _at(facts["before"], zone), _at(facts["at"], zone)
    return (
        f"【改期】{_because(facts)}{activity.day(before)}的{facts['title']}改到{activity.starts(at)}{_place(facts)}。"
        f"{OR_ELSE}"
    )


def _called(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    when = activity.starts(_at(facts["at"], zone))
    return f"【提醒】{when}{_place(facts)}，{facts['title']}，您还没有签到。{OR_ELSE}"


def _cancelled(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    return f"【取消】{_because(facts)}{activity.starts(_at(facts['at'], zone))}的{facts['title']}取消。"


def _planned(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    return f"【通知】{activity.starts(_at(facts['at'], zone))}{_place(facts)}，{facts['title']}。{OR_ELSE}"


def _tomorrow(facts: Facts, zone: ZoneInfo, now: datetime) -> str:
    at = _at(facts["at"], zone)
    held = HELD.get(ActivityKind(str(facts["kind"])))
    place = str(facts["place"] or "")
    what = f"{place}{held}" if held else f"{'，' if place else ''}{place}，{facts['title']}"
    return f"{_when(at, now, zone)}{what}，请佩戴党徽。{OR_ELSE}"


def _soon(facts: Facts, zone: ZoneInfo, now: datetime) -> str:
    at = _at(facts["at"], zone)
    about, most = AN_HOUR
    when = "一小时后" if about <= at - now <= most else _when(at, now, zone)
    held = HELD.get(ActivityKind(str(facts["kind"])))
    return f"{when}{held or '有' + str(facts['title'])}{_place(facts)}。"


def _leave_asked(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    reason = CLASS[LeaveClass(str(facts["class"]))]
    day = activity.day(_at(facts["at"], zone))
    return f"{facts['name']}请假（{reason}）：{day}{facts['title']}。发“1”同意，发“2”不同意。"


def _leave_decided(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    by = f"{facts['by']}同志" if facts["by"] else ""
    head = f"您{activity.day(_at(facts['at'], zone))}{facts['title']}的请假，{by}"
    note = f"：{facts['note']}" if facts["note"] else ""
    if facts["agreed"]:
        return f"{head}已同意{note}。"
    return f"{head}没有同意{note}。有困难请直接找{by or '党小组长'}。"


def _handler_day(_facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return "【提醒】今天请打开承办页看一看。每周一、周四都这样提醒，有没有来信都一样。"


def _study(_facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return "今天3道题，约1分钟。发“答题”开始，不想收请发“提醒”。"


def _behind(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    chance = f"下次集中学习：{_month_day(_at(facts['next'], zone).date())}。" if facts["next"] else ""
    return f"{facts['name']}同志，今年集中学习已有{hours(facts['done'])}学时，年底前还差{hours(facts['missing'])}学时。{chance}"


def _makeup(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    ways = "，或".join(WAY[MakeUpWay(one)] for one in str(facts["ways"]).split(","))
    until = _month_day(_at(facts["until"], zone).date())
    return f"{activity.day(_at(facts['at'], zone))}的{facts['title']}请您补课：{ways}。到{until}。发“补课”。"


def _birthday(facts: Facts, zone: ZoneInfo, now: datetime) -> str:
    joined, day = date.fromisoformat(str(facts["joined"])), date.fromisoformat(str(facts["day"]))
    today = "今天" if now.astimezone(zone).date() == day else _month_day(day)
    return (
        f"{facts['name']}同志：{today}是您的政治生日。"
        f"{joined.year}年{_month_day(joined)}，您加入中国共产党，至今{facts['years']}周年。"
        "愿您不忘初心，永葆本色。发“重温誓词”可读誓词全文。"
    )


def _birthday_list(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    people = [one.rpartition(":") for one in str(facts["people"]).split("\n")]
    if facts["day"] is None:
        names = _named([name for name, _, _ in people])
        return f"【政治生日】{facts['month']}月入党、没有写明哪一天的：{names}。请按《入党志愿书》核实日期。"
    named = _named([f"{name}（{years}周年）" for name, _, years in people])
    marked = [name for name, _, years in people if int(years) % 10 == 0]
    visit = f"\n逢十的建议安排谈心或登门：{_named(marked)}。" if marked else ""
    day = _month_day(date.fromisoformat(str(facts["day"])))
    return f"【政治生日】{day}：{named}。{visit}\n请在管理页选：本人发送、改为上门，还是不发。"


def _probation(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    ends = _month_day(date.fromisoformat(str(facts["ends"])))
    return f"{facts['name']}同志预备期将于{ends}届满，请提醒本人提交书面转正申请。"


def _gaps(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return f"{facts['month']}月还差：{'、'.join(_gap(one) for one in str(facts['gaps']).split(chr(10)))}。"


def _self_check(_facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return "月末静一静：自重、自省、自警、自励。想写几句请发“自查”，只有您自己看得到。"


def _round(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    return round_.notice(facts, _at(facts["closes"], zone))


def _round_closing(facts: Facts, zone: ZoneInfo, _now: datetime) -> str:
    return round_.notice_closing(facts, _at(facts["closes"], zone))


def _round_published(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return round_.notice_published(facts)


def _assigned(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return opinion.notice_assigned(facts)


def _answered(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return opinion.notice(facts)


def _bulletin(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return bulletin.notice(facts)


def _unread(facts: Facts, _zone: ZoneInfo, _now: datetime) -> str:
    return bulletin.notice_unread(facts)


WORDS: Mapping[NoticeKind, Callable[[Facts, ZoneInfo, datetime], str]] = {
    NoticeKind.MOVED: _moved,
    NoticeKind.CANCELLED: _cancelled,
    NoticeKind.PLANNED: _planned,
    NoticeKind.TOMORROW: _tomorrow,
    NoticeKind.SOON: _soon,
    NoticeKind.CALLED: _called,
    NoticeKind.LEAVE_ASKED: _leave_asked,
    NoticeKind.LEAVE_DECIDED: _leave_decided,
    NoticeKind.HANDLER_DAY: _handler_day,
    NoticeKind.STUDY: _study,
    NoticeKind.BEHIND: _behind,
    NoticeKind.MAKEUP: _makeup,
    NoticeKind.BIRTHDAY: _birthday,
    NoticeKind.BIRTHDAY_LIST: _birthday_list,
    NoticeKind.PROBATION: _probation,
    NoticeKind.GAPS: _gaps,
    NoticeKind.SELF_CHECK: _self_check,
    NoticeKind.ASSIGNED: _assigned,
    NoticeKind.ANSWERED: _answered,
    NoticeKind.ROUND: _round,
    NoticeKind.ROUND_CLOSING: _round_closing,
    NoticeKind.ROUND_PUBLISHED: _round_published,
    NoticeKind.BULLETIN: _bulletin,
    NoticeKind.UNREAD: _unread,
}


def _when(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """明天14:00, 今天14:00, or with its date: as it is when somebody reads it."""
    ahead = (at.date() - now.astimezone(zone).date()).days
    return f"{('今天', '明天')[ahead]}{at:%H:%M}" if ahead in {0, 1} else activity.starts(at)


def _place(facts: Facts) -> str:
    return f"，{facts['place']}" if facts["place"] else ""


def _month_day(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _named(names: Sequence[str]) -> str:
    rest = len(names) - MOST_NAMED
    return "、".join(names[:MOST_NAMED]) + (f"等{len(names)}位" if rest > 0 else "")


def _gap(coded: str) -> str:
    """支委会1次; coded as kind, quarterly or not, and the group's name."""
    kind, quarterly, group = coded.split(":", 2)
    what = activity.KIND[ActivityKind(kind)]
    if group:
        what = f"{group}会" if group.endswith("党小组") else f"{group}党小组会"
    return f"{what}1次{'（本季度）' if quarterly else ''}"


def _numbered(lines: Sequence[str]) -> list[str]:
    """Several in a list; one stands alone."""
    return [f"（{number}）{line}" for number, line in enumerate(lines, start=1)] if len(lines) > 1 else list(lines)


def _because(facts: Facts) -> str:
    reason = str(facts["reason"] or "").rstrip("。，,. ")
    return f"{'' if reason.startswith('因') else '因'}{reason}，" if reason else ""


def _at(text: object, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(zone)
