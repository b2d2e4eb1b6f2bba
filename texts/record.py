"""What a member hears about the own record (记录)."""

from collections.abc import Sequence


def year(name: str, year: int, expected: int, present: int, others: int) -> str:
    """The year's figures: meetings expected at, come to, and those come to without a seat."""
    lines = [f"{name}同志，{year}年", f"组织生活 应到{expected}次，到会{present}次"]
    if others:
        lines.append(f"另外参加{others}次")
    return "\n".join(lines)


def latest(lines: Sequence[tuple[str, str]]) -> str:
    """The last check-ins, (when, title) each."""
    if not lines:
        return "还没有签到记录。"
    return "最近签到：\n" + "\n".join(f"{when} {title}" for when, title in lines)
