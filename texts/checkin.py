"""What a person hears about checking in (签到)."""

from collections.abc import Sequence

ASK_NUMBER = "请看大屏，把6位数字发给我。"
BIND_FIRST = "您好。请把纸条上的8位绑定码发给我，发完就算签到。\n没有纸条，请找会场工作人员。"
NOT_ON_LIST = "应到名单上没有您，党小组长会核对。"
LEADER_WILL_HELP = "不要紧，请党小组长给您登记。"


def arrived(name: str, title: str, clock: str, *, expected: bool) -> str:
    """The check-in has just happened, at `clock` (such as 13:52)."""
    last = f"{clock}，请就座。" if expected else f"{clock}。{NOT_ON_LIST}"
    return f"✅ 签到成功\n{name}同志，{title}\n{last}"


def already(clock: str) -> str:
    """An earlier message has done it."""
    return f"您{clock}已签到，不用再扫。"


def after_binding(clocks: Sequence[tuple[str, str]]) -> str:
    """The waiting scans that the binding turned into check-ins: (title, clock) each."""
    if len(clocks) == 1:
        return f"✅ 签到成功，{clocks[0][1]}。"
    return "\n".join(f"✅ 签到成功，{title}，{clock}。" for title, clock in clocks)
