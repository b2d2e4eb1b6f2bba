"""学时 in words: a member's own year in chat, the register (学时登记表), what its pages say."""

from collections.abc import Sequence
from datetime import date, datetime

from models.hours import CourseForm
from services.hours import Rules, Year
from texts import activity

FORM: dict[CourseForm, str] = {
    CourseForm.TOGETHER: "集中培训",
    CourseForm.LECTURE: "听党课、报告会",
    CourseForm.ONLINE: "在线学习",
    CourseForm.BROUGHT: "送学上门",
}
WHICH = "回复1看明细。"
MORE = {"items": "看明细"}
NOTHING_YET = "今年还没有学时记录。"
NO_CHANCE_YET = "下次集中学习还没有安排。"
EXEMPT = "您登记了免，不作硬性要求。"
BY_SIGN_IN = "签到记录"
BY_MAKEUP = "补课记录"
OPERATOR = "管理员"
NO_AIM = "免"

FORM_WANTED = "请选形式。"
HOURS_WANTED = "学时请填数字，可以带一位小数，例如4或2.5。"
DAY_WANTED = "请填日期。"
PEOPLE_CHANGED = "名单有变动，请重新打开，再点选一次。"
WITHDRAWN = "已作废，不再计入学时，记录留着。"
SAVED = "已保存。"


def hours(tenths: object) -> str:
    """25 tenths as 2.5, 40 as 4."""
    whole, rest = divmod(int(str(tenths)), 10)
    return f"{whole}.{rest}" if rest else f"{whole}"


def tenths(text: str) -> int | None:
    """What somebody typed as hours, in tenths; None when it is no number from 0.1 to 200 with one decimal."""
    whole, _, rest = text.strip().replace("。", ".").replace("．", ".").partition(".")
    if (
        not (whole.isascii() and whole.isdecimal() and len(whole) <= 3)
        or len(rest) > 1
        or (rest and not rest.isdecimal())
    ):
        return None
    found = int(whole) * 10 + int(rest or 0)
    return found if 0 <= found <= 2000 else None


def standing(own: Year) -> str:
    """集中学习 29.5学时，还差2.5."""
    if own.exempt:
        return f"集中学习 {hours(own.counted)}学时"
    rest = f"还差{hours(own.missing)}" if own.missing else f"已达到{hours(own.aim)}"
    return f"集中学习 {hours(own.counted)}学时，{rest}"


def year(name: str, own: Year, chance: str) -> str:
    """The own year: what counts, what is missing, what stands beside it, and the next chance."""
    lines = [f"{name}同志，{own.year}年", standing(own)]
    beside = []
    if own.questions:
        beside.append(f"答题{own.questions}道")
    if own.readings:
        beside.append(f"阅读{own.readings}篇")
    if own.beside:
        beside.append(f"在线、送学{hours(own.beside)}学时")
    if beside:
        lines.append(f"自学 {'，'.join(beside)}，不计入")
    if own.exempt:
        lines.append(EXEMPT)
    elif own.missing:
        lines.append(chance)
    if not own.items:
        lines.append(NOTHING_YET)
    return "\n".join(lines)


def chance(title: str, at: datetime, worth: int) -> str:
    """The next activity that counts; `at` on the branch's own wall."""
    return f"下次集中学习：{activity.starts(at)} {title}，{hours(worth)}学时。"


def missing(own: Year, next_one: str) -> str:
    """How missing hours are made up, after 怎么补 of activities; "" when nothing is missing."""
    return f"学时还差{hours(own.missing)}。{next_one}" if own.missing else ""


def item(on: date, title: str, worth: int, *, counts: bool) -> str:
    """One line of the own register."""
    return f"{on:%m-%d} {title} {hours(worth)}学时{'' if counts else '（自学）'}"


def items(lines: Sequence[str], of: int) -> str:
    """The last lines of so many, newest first."""
    head = f"最近{len(lines)}次（共{of}次）：" if of > len(lines) else f"共{of}次："
    return "\n".join([head, *lines])


def not_counted(worth: int) -> str:
    """学时 of 自学 in the register."""
    return f"（{hours(worth)}）"


def entered(people: int) -> str:
    """A course has been entered."""
    return f"已登记{people}人。"


def reached(people: int, of: int, exempt: int) -> str:
    """The foot of a year's register: how many have reached the aim; the exempt are not counted."""
    left_out = f"；免{exempt}人，不计在内" if exempt else ""
    return f"达到应达学时：{people}/{of}人{left_out}。"


def by_kind(rules: Rules) -> str:
    """What a kind of activity counts for where nothing else is entered."""
    kinds = "、".join(f"{activity.KIND[kind]}{hours(worth)}学时" for kind, worth in rules.by_kind.items() if worth)
    return f"{kinds}，其他不计" if kinds else "不计学时"


def definitions(rules: Rules) -> list[str]:
    """What the words of the register mean, the settings with their values; printed under it."""
    makeup = "计入" if rules.makeup_counts else "不计入"
    online = "计入" if rules.online_counts else "不计入"
    return [
        "学时：集中学习培训时间，含到会的党课、主题党日等，和登记了证明材料的集中培训、听党课、报告会。",
        f"活动未另填学时的，{by_kind(rules)}；集中培训半天折{hours(rules.half_day)}学时（本支部设定）。",
        f"应达：党员每年{hours(rules.aim)}学时，书记和班子成员{hours(rules.committee_aim)}学时（本支部设定），看当天任职。",
        f"补课{makeup}学时，在线学习{online}学时（本支部设定）；答题、阅读、送学上门是自学，只显示，不计入，学时写在括号里。",
        "本年累计从1月1日起，只累计计入的学时。免的同志不列入统计。转入以前的学时凭原支部证明登记。",
    ]


def effect(before: tuple[int, int], after: tuple[int, int], people: int) -> str:
    """评学: how those who took part answered on the topic, 30 days before and after, as (right, asked)."""
    return f"{people}人，学前{_share(before)}，学后{_share(after)}"


TOO_FEW = "前后都答过题的不足5人，不显示。"


def _share(counts: tuple[int, int]) -> str:
    right, asked = counts
    return f"{right}/{asked}（{100 * right / asked:.1f}%）" if asked else "0/0"
