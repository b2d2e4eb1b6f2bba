"""What the record of attendance is called (到, 登, 请假 …), how figures are shown, and what they mean."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from models.activity import ActivityKind
from models.attendance import MarkKind
from models.checkin import Method
from models.leave import LeaveClass, LeaveState
from services.attendance import STUDIES, Rules, Status, Totals, Verdict, on_leave, studied

STATUS: dict[Status, str] = {
    Status.CAME: "到",
    Status.LATE: "迟到",
    Status.REGISTERED: "登",
    Status.LEAVE: "请假",
    Status.NOT_COME: "未到",
    Status.ABSENT: "无故缺席",
    Status.EXEMPT: "免",
    Status.EXEMPT_CAME: "免（已到会）",
    Status.TO_CHECK: "待核",
    Status.WITHDRAWN: "已撤销",
    Status.GUEST: "列席",
    Status.INVITED: "列席（未到）",
    Status.OTHER_GROUP: "跨组参加",
}

LEAVE: dict[LeaveClass, str] = {
    LeaveClass.DUTY: "值班值守",
    LeaveClass.TRIP: "出差",
    LeaveClass.SICK: "病假",
    LeaveClass.PERSONAL: "事假",
    LeaveClass.AWAY: "外出",
    LeaveClass.OTHER: "其他",
}

LEAVE_STATE: dict[LeaveState, str] = {
    LeaveState.WAITING: "待批",
    LeaveState.APPROVED: "已同意",
    LeaveState.REFUSED: "未同意",
    LeaveState.WITHDRAWN: "已撤回",
}

METHOD: dict[Method, str] = {
    Method.SCAN: "扫码",
    Method.NUMBER: "数字",
    Method.PLACE: "位置",
    Method.REGISTERED: "登",
}

MARK: dict[MarkKind, str] = {
    MarkKind.CAME: "改为到",
    MarkKind.NOT_CAME: "撤销签到",
    MarkKind.ON_LEAVE: "改为请假",
    MarkKind.ABSENT: "无故缺席",
    MarkKind.NOT_ABSENT: "撤销无故缺席",
    MarkKind.EARLY: "早退",
    MarkKind.NOT_EARLY: "撤销早退",
    MarkKind.GUEST: "列席",
    MarkKind.OTHER_GROUP: "跨组参加",
}

SIGNS = "迟＝迟到，早＝早退，登＝人工登记，假＝请假，补＝已补课，免＝不作硬性要求，列＝列席，跨＝跨组参加，核＝待核。"
_SIGN: dict[Status, str] = {
    Status.LATE: "迟",
    Status.REGISTERED: "登",
    Status.LEAVE: "假",
    Status.EXEMPT: "免",
    Status.EXEMPT_CAME: "免",
    Status.GUEST: "列",
    Status.INVITED: "列",
    Status.OTHER_GROUP: "跨",
    Status.TO_CHECK: "核",
}


def named(verdict: Verdict) -> str:
    """The verdict in words: 迟到，早退 / 请假（出差）."""
    word = STATUS[verdict.status]
    if verdict.leave:
        word += f"（{LEAVE[verdict.leave]}）"
    return f"{word}，早退" if verdict.early else word


def signs(verdict: Verdict, *, made_up: bool) -> str:
    """The signs of a row of a printed sheet, explained by SIGNS: 迟早, 假补."""
    return _SIGN.get(verdict.status, "") + ("早" if verdict.early else "") + ("补" if made_up else "")


def percent(part: int, whole: int) -> str:
    """One decimal, halves rounded up as people do: 91.3%; a dash where nobody is expected."""
    if not whole:
        return "—"
    return f"{(Decimal(100 * part) / whole).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def share(part: int, whole: int) -> str:
    """21/23（91.3%）; with nobody expected 0/0（—）."""
    return f"{part}/{whole}（{percent(part, whole)}）"


def attendance(totals: Totals) -> str:
    """到会率 of those figures."""
    return share(totals.present, totals.expected)


def study(totals: Totals, rules: Rules) -> str:
    """参学率 of those figures."""
    return share(studied(totals, rules), totals.expected)


def leave(totals: Totals, rules: Rules) -> str:
    """请假率 of those figures."""
    return share(on_leave(totals, rules), totals.expected)


def rates(kind: ActivityKind, totals: Totals, rules: Rules) -> list[tuple[str, str]]:
    """The rates that are told of that kind, with their names."""
    told = [("到会率", attendance(totals)), ("请假率", leave(totals, rules))]
    return [*told, ("参学率", study(totals, rules))] if kind in STUDIES else told


def figures(totals: Totals) -> list[tuple[str, int]]:
    """The figures at the foot in their order; those that seldom matter only where they are not 0."""
    always = [
        ("应到", totals.expected),
        ("实到", totals.present),
        ("请假", totals.leave),
        ("未到", totals.not_come + totals.absent),
        ("列席", totals.guests),
    ]
    seldom = [
        ("其中无故缺席", totals.absent),
        ("迟到", totals.late),
        ("早退", totals.early),
        ("已补课", totals.made_up),
        ("免", totals.exempt),
        ("其中免而到会", totals.exempt_came),
        ("待核", totals.to_check),
    ]
    return [*always, *((name, number) for name, number in seldom if number)]


def definitions(rules: Rules, kinds: Iterable[ActivityKind] = ActivityKind) -> list[str]:
    """What the words of a table mean, the settings with their values; printed under each table."""
    minutes = int(rules.late_after.total_seconds() // 60)
    public = "计入" if rules.public_leave_expected else "不计入"
    sentences = [
        "应到：按活动当天名册应当参加这类活动的党员，不含免的同志。",
        f"实到：签到、迟到、早退和人工登记的应到党员；开始{minutes}分钟后签到记迟到。免和列席的不计入。",
        f"公假（值班值守、出差）{public}应到（本支部设定）。请假指经批准的请假，含事后3天内补批的。",
        "到会率＝实到÷应到。请假率＝请假÷应到。" + ("" if rules.public_leave_expected else "两项都不含公假。"),
    ]
    if any(kind in STUDIES for kind in kinds):
        made_up = "计入" if rules.makeup_in_rate else "不计入"
        formula = "（实到＋已补课）÷应到" if rules.makeup_in_rate else "实到÷应到"
        sentences.append(f"参学率＝{formula}，只用于党课和主题党日；补课{made_up}参学率（本支部设定），不算到会。")
    return [*sentences, "未到的由党小组长了解情况后，才记无故缺席。"]


def clock(at: datetime | None) -> str:
    """When somebody signed in, of a time on the branch's own wall: 13:52."""
    return f"{at:%H:%M}" if at else ""


def guest(name: str, unit: str) -> str:
    """A guest from outside on paper: 陈志远（市气象局机关党委）."""
    return f"{name}（{unit}）" if unit else name


def guest_sign(unit: str) -> str:
    """The remark beside one on a sheet."""
    return f"列，{unit}" if unit else "列"


def people(names: Sequence[str]) -> str:
    """Names in one line, a dash for nobody."""
    return "、".join(names) or "无"
