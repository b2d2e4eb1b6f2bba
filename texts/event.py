"""What the log beside each record says (留痕): the words of every verb that services/events.py is given."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from models.attendance import MakeUpWay, MarkKind
from models.leave import LeaveClass
from models.notice import NoticeKind
from texts import activity, bulletin, opinion, people, question
from texts import round as round_
from texts.attendance import LEAVE, MARK
from texts.hours import hours
from texts.makeup import WAY
from texts.notice import KIND

Facts = Mapping[str, object]


def words(verb: str, facts: Facts, zone: ZoneInfo) -> str:
    """One line of the log, without who and when; times become the branch's own."""
    said = WORDS.get(verb)
    if said is not None:
        return said(facts, zone)
    if verb.startswith(_MARK):
        return f"{facts['name']}：{MARK[MarkKind(verb.removeprefix(_MARK))]}{_because(facts)}"
    return people.event(verb, facts)


_MARK = "mark_"


def _always(text: str) -> Callable[[Facts, ZoneInfo], str]:
    return lambda _facts, _zone: text


def _moved(facts: Facts, zone: ZoneInfo) -> str:
    return f"从{_at(facts['before'], zone)}改到{_at(facts['at'], zone)}{_because(facts)}"


def _leave_asked(facts: Facts, _zone: ZoneInfo) -> str:
    family = "，家属代请" if facts.get("by_family") else ""
    return f"{facts['name']}请假（{LEAVE[LeaveClass(str(facts['leave_class']))]}{family}）"


def _leave_decided(facts: Facts, _zone: ZoneInfo) -> str:
    return f"{'同意' if facts['agreed'] else '没有同意'}{facts['name']}请假"


def _makeup_told(facts: Facts, _zone: ZoneInfo) -> str:
    return f"{facts['name']}报补课（{WAY[MakeUpWay(str(facts['way']))]}）"


def _course_edited(facts: Facts, _zone: ZoneInfo) -> str:
    said = ["修改登记"]
    if facts["was"] != facts["tenths"]:
        said.append(f"{hours(facts['was'])}学时改为{hours(facts['tenths'])}学时")
    said += [f"加{facts['new']}人"] if facts["new"] else []
    said += [f"去掉{facts['gone']}人"] if facts["gone"] else []
    return "，".join(said)


def _reminder(facts: Facts, _zone: ZoneInfo) -> str:
    said = f"每次{facts['hour']}提醒" if facts["hour"] else "提醒"
    return f"{KIND[NoticeKind(str(facts['reminder']))]}：{said if facts['enabled'] else '不提醒'}"


DAY_KIND: Mapping[str, str] = {"work": "上班", "rest": "休息", "spring": "休息，不推送"}

WORDS: Mapping[str, Callable[[Facts, ZoneInfo], str]] = {
    "planned": lambda facts, zone: f"发起：{_at(facts['at'], zone)}{facts['title']}",
    "moved": _moved,
    "cancelled": lambda facts, _zone: f"取消{_because(facts)}",
    "opened": _always("开始签到"),
    "closed": _always("结束签到"),
    "noted": _always("填写会议记录首页"),
    "invited": lambda facts, _zone: f"请{facts['name']}列席",
    "guest_entered": lambda facts, _zone: f"请{facts['name']}{_from(facts)}列席",
    "guest_removed": lambda facts, _zone: f"从列席名单去掉{facts['name']}{_from(facts)}",
    "badges": lambda facts, _zone: f"抽查党徽：{facts['of']}人中{facts['worn']}人佩戴",
    "place_allowed": lambda facts, _zone: f"开通位置签到（{facts['radius']}米内）",
    "place_forbidden": _always("关闭位置签到"),
    "called": lambda facts, _zone: f"提醒还没到的{facts['people']}位同志",
    "registered": lambda facts, _zone: f"人工登记{facts['name']}{_because(facts)}",
    "leave_asked": _leave_asked,
    "leave_decided": _leave_decided,
    "leave_withdrawn": lambda facts, _zone: f"{facts['name']}撤回请假",
    "makeup_told": _makeup_told,
    "makeup_confirmed": lambda facts, _zone: f"核对{facts['name']}的补课",
    "text_looked_at": lambda facts, _zone: f"看过{facts['name']}写的文字，{'采用' if facts['shown'] else '没有采用'}",
    "course_entered": lambda facts, _zone: f"登记{facts['people']}人，{hours(facts['tenths'])}学时",
    "course_edited": _course_edited,
    "course_withdrawn": lambda facts, _zone: f"作废，不再计入{_because(facts)}",
    "paper_made": lambda facts, _zone: f"出卷“{facts['title']}”",
    "paper_edited": _always("修改试卷"),
    "paper_opened": _always("开放测验"),
    "paper_closed": _always("结束测验"),
    "step_added": lambda facts, _zone: f"加到导学：{facts['title']}",
    "step_edited": _always("修改"),
    "step_moved": _always("调整顺序"),
    "step_closed": _always("从导学取下"),
    "roster_imported": lambda facts, _zone: f"导入名册{facts['rows']}行",
    "roster_exported": _always("导出名册"),
    "bank_made": lambda facts, _zone: f"建题库“{facts['name']}”",
    "questions_imported": lambda facts, _zone: f"导入题目{facts['rows']}道{question.by_reviewer(facts)}",
    "question_entered": _always("新增题目"),
    "question_edited": lambda facts, _zone: f"修改{question.fields(str(facts['fields']))}",
    "question_draft": _always("重新启用，待审"),
    "question_reviewed": lambda facts, _zone: f"已审，审核人{facts['name']}",
    "question_live": lambda facts, _zone: f"投入使用，审核人{facts['name']}",
    "question_retired": _always("停用"),
    "reminder_changed": _reminder,
    "quiet_changed": lambda facts, _zone: (
        f"提醒改为{facts['morning']}到{facts['evening']}之间，每人每天最多{facts['a_day']}条，每周最多{facts['a_week']}条"
    ),
    "calendar_changed": lambda facts, _zone: f"{facts['day']}{DAY_KIND.get(str(facts['day_kind']), '按原来的安排')}",
    "exported": lambda facts, _zone: f"导出{facts['form']}（{facts['which']}）",
    **opinion.EVENTS,
    **round_.EVENTS,
    **bulletin.EVENTS,
}


def _at(text: object, zone: ZoneInfo) -> str:
    return activity.starts(datetime.fromisoformat(str(text)).astimezone(zone))


def _from(facts: Facts) -> str:
    return f"（{facts['unit']}）" if facts.get("unit") else ""


def _because(facts: Facts) -> str:
    return f"，{facts['reason']}" if facts.get("reason") else ""
