"""What the pages about people build in code: the roster, a person's record, taking a roster in, sign-ins."""

from collections.abc import Iterable, Mapping
from datetime import date

from models.appointment import Role
from models.leave import LeaveClass
from models.standing import StandingKind
from texts.appointment import ROLE
from texts.attendance import LEAVE
from texts.member import STATUS

FIELD: Mapping[str, str] = {
    "name": "姓名",
    "number": "编号",
    "gender": "性别",
    "ethnicity": "民族",
    "born": "出生日期",
    "education": "学历",
    "joined": "入党日期",
    "confirmed": "转正日期",
    "status": "人员类别",
    "group": "党小组",
    "post": "工作岗位及职务",
    "phone": "联系电话",
    "moved_in": "转入日期",
    "note": "备注",
}

FATE: Mapping[str, str] = {
    "imported": "新增",
    "updated": "更新",
    "duplicate": "没有变化",
    "rejected": "不收",
}

CHOICE = {"send": "本人发送", "visit": "改为上门", "skip": "不发"}  # of 政治生日
VERBS: Mapping[str, str] = {
    "entered": "新增",
    "imported": "从名册导入",
    "greeting_decided": "政治生日",
    "edited": "修改",
    "moved_in": "转入",
    "moved_out": "转出",
    "stays": "撤回转出",
    "slip_issued": "补发绑定码",
    "appointed": "任职",
    "dismissed": "免职",
    "standing_leave": "长期请假",
    "standing_exempt": "免",
    "standing_ended": "改了期限",
    "standing_withdrawn": "撤销",
    "signed_out": "退出一处登录",
    "signed_out_everywhere": "退出全部登录",
}

REPORT = ("行", "姓名", "结果", "列", "说明")
REPORT_TITLE = "导入结果"

NO_FILE = "请先选文件。"
AWAY = "系统正忙，这次没有办成，请过几分钟再试。"
GONE = "这次上传已经过期，请重新上传。"
BUSY = "正在导入，请稍等。"
REASON_WANTED = "请写明原因，例如驻村、产假、年老体弱。"
GROUP_WANTED = "党小组长要选一个党小组。"
PERSON_WANTED = "请选一位同志。"
ROLE_WANTED = "请选职务。"
KIND_WANTED = "请选类别。"
STATUS_WANTED = "请选人员类别。"
TWO_GROUPS = "党小组请只选一个，或只填一个新名称。"
STAYED = "已撤回转出，仍在本支部。"
REVOKED = "已退出那一处登录。"
NOT_SIGNED_IN = "现在没有登录着的地方。"
ENTERED_ALREADY = "这位同志已经在名册里，没有再加一次。"
SAME = "没有改动。"
SLIPS_READY = "纸条已备好，打印后沿虚线剪开，当面交给本人。"
UNTIL_FURTHER = "另行通知"
OPERATOR = "管理员"


def field_wrong(field: str, reason: str) -> str:
    """One field of a form that cannot be understood."""
    return f"{FIELD[field]}：{reason}"


def field_wanted(label: str) -> str:
    """A field is empty."""
    return f"请填写{label}。"


def entered(name: str) -> str:
    """Somebody has been put on the roll by hand."""
    return f"{name}同志已加入名册。"


def edited(fields: Iterable[str]) -> str:
    """A record has been changed."""
    return f"已保存：{'、'.join(FIELD[field] for field in fields)}。"


def moved_out(name: str, day: date) -> str:
    """A moving out is on record."""
    return f"{name}同志{day_of(day)}转出，当天起不再列入应到。"


def moved_in(name: str, day: date) -> str:
    """A moving in is on record."""
    return f"{name}同志{day_of(day)}转入，当天起列入应到。"


def excused(name: str, kind: StandingKind) -> str:
    """A standing leave or an exemption is on record."""
    return f"已登记{name}同志{'免' if kind is StandingKind.EXEMPT else '长期请假'}，已安排的活动同时改过。"


def excuse_ended(name: str, last: date | None) -> str:
    """A standing leave or an exemption ends, or has been taken back."""
    return f"已改为到{day_of(last)}为止。" if last else f"已撤销{name}同志这一条。"


def slip_issued(name: str) -> str:
    """A fresh slip; the earlier one is dead."""
    return f"{name}同志的新纸条在下面，以前的作废。"


def appointed(name: str, office: str, starts: date) -> str:
    """An office has been given."""
    return f"已任{name}同志为{office}，{day_of(starts)}起。"


def dismissed(name: str, office: str, ends: date | None) -> str:
    """An office ends: now, or on a day to come."""
    return f"已免去{name}同志{office}，{day_of(ends) + '起' if ends else '现在'}生效。"


def revoked(name: str, places: int) -> str:
    """Somebody has been signed out everywhere."""
    return f"{name}同志已从{places}处退出登录。手机丢了的，再补发一张绑定码。"


def day_of(day: date) -> str:
    """2026年11月22日."""
    return f"{day.year}年{day.month}月{day.day}日"


def span(starts: date, ends: date | None) -> str:
    """From a day to a day."""
    return f"{day_of(starts)}至{day_of(ends) if ends else UNTIL_FURTHER}"


def standing(kind: StandingKind, leave_class: LeaveClass | None) -> str:
    """What holds for a person over some days."""
    return "免" if kind is StandingKind.EXEMPT or leave_class is None else f"长期请假（{LEAVE[leave_class]}）"


def counted(read: int, fates: Mapping[str, int], named: Mapping[str, str], *, done: bool) -> str:
    """What becomes of a file's rows, or has become; `named` are the words of each fate."""
    shown = "，".join(f"{name} {fates.get(fate, 0)}" for fate, name in named.items())
    return f"{'读到' if not done else '共'} {read} 行：{shown}。"


def event(verb: str, facts: Mapping[str, object]) -> str:
    """One line of a person's log, without values that are nobody's business."""
    said = VERBS.get(verb, verb)
    match verb:
        case "edited":
            names = [FIELD[one] for one in str(facts.get("fields", "")).split(",") if one in FIELD]
            return f"{said}{'、'.join(names)}{_to(facts)}"
        case "moved_in" | "moved_out":
            return f"{_date(facts, 'day')}{said}"
        case "appointed" | "dismissed":
            role = str(facts.get("role", ""))
            name = ROLE[Role(role)] if role in set(Role) else role
            return f"{said} {name}，{_date(facts, 'starts') or _date(facts, 'ends')}起"
        case "standing_leave" | "standing_exempt" | "standing_ended" | "standing_withdrawn":
            until = _date(facts, "ends") or UNTIL_FURTHER
            return f"{said}：{_date(facts, 'starts')}至{until}，{facts.get('reason', '')}"
        case "greeting_decided":
            choice = str(facts.get("choice", ""))
            return f"{facts.get('year', '')}年{said}：{CHOICE.get(choice, choice)}"
        case "signed_out" if facts.get("device"):
            return f"{said}（{facts['device']}）"
    return said


def _to(facts: Mapping[str, object]) -> str:
    status = str(facts.get("status", ""))
    known = {code.value: label for code, label in STATUS.items()}
    new = [part for part in (str(facts.get("group", "")), known.get(status, "")) if part]
    return f"，改为{'、'.join(new)}" if new else ""


def _date(facts: Mapping[str, object], name: str) -> str:
    text = str(facts.get(name, ""))
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        return ""
