"""我的权利 in words: what one may know, take part in and hear of, in one reply."""

from collections.abc import Sequence

NAME = "我的权利"
MOST = 2  # titles in a line; the rest is counted


def told(name: str, lines: Sequence[str]) -> str:
    """The reply: to know, to take part, to be answered."""
    return "\n".join([f"{name}同志，您的知情、参与、监督：", *lines])


def bulletins(titles: Sequence[str]) -> str:
    """Bulletins not read yet."""
    return f"公告：{_some(titles, '条')}没看，请发“公告”。" if titles else "公告：都看过了。"


def rounds(titles: Sequence[str]) -> str:
    """Rounds that can be filled in."""
    return f"征集：{_some(titles, '个')}可以填，请发“征集”。" if titles else "征集：现在没有要填的。"


def opinions(states: Sequence[tuple[str, str]]) -> str:
    """The own signed opinions, the newest first: number and state."""
    if not states:
        return "意见：您还没有署名提过，想提请发“意见”。"
    shown = "，".join(f"{number} {state}" for number, state in states[: MOST + 1])
    more = f"等{len(states)}条" if len(states) > MOST + 1 else ""
    return f"意见：{shown}{more}。看答复请发“我的意见”。"


def _some(titles: Sequence[str], unit: str) -> str:
    shown = "、".join(f"“{one[:16]}…”" if len(one) > 16 else f"“{one}”" for one in titles[:MOST])
    more = f"等{len(titles)}{unit}" if len(titles) > MOST else ""
    return f"{shown}{more}"
