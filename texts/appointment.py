"""What offices are called (党支部书记, 党小组长 …), and who holds which, in a line."""

import re
from collections.abc import Iterable

from models.appointment import Role

ROLE: dict[Role, str] = {
    Role.SECRETARY: "书记",
    Role.DEPUTY: "副书记",
    Role.ORGANISATION: "组织委员",
    Role.PUBLICITY: "宣传委员",
    Role.DISCIPLINE: "纪检委员",
    Role.YOUTH: "青年委员",
    Role.GROUP_LEADER: "党小组长",
    Role.LEADING_HEAD: "领导小组组长",
    Role.LEADING_DEPUTY: "领导小组副组长",
    Role.LEADING_MEMBER: "领导小组成员",
    Role.OFFICE: "领导小组办公室",
}

# What an operator may type instead.
ROLE_ALSO: dict[str, Role] = {
    "党支部书记": Role.SECRETARY,
    "支部书记": Role.SECRETARY,
    "支部副书记": Role.DEPUTY,
    "小组长": Role.GROUP_LEADER,
    "办公室": Role.OFFICE,
}

MAY: dict[Role, str] = {
    **dict.fromkeys(
        (Role.SECRETARY, Role.DEPUTY, Role.ORGANISATION, Role.OFFICE), "可以发起活动、登记考勤、管理名册和任职"
    ),
    **dict.fromkeys(
        (Role.PUBLICITY, Role.DISCIPLINE, Role.YOUTH, Role.LEADING_HEAD, Role.LEADING_DEPUTY, Role.LEADING_MEMBER),
        "可以查看全支部的考勤和任职",
    ),
    Role.GROUP_LEADER: "可以发起本组活动，登记本组考勤，给本组同志补发绑定码",
}


def office(role: Role, group: str) -> str:
    """One office; a group leader's names the group without the remark behind its name: 第一党小组组长."""
    if role is not Role.GROUP_LEADER or not group:
        return ROLE[role]
    plain = re.sub(r"[（(].*[)）]$", "", group)
    return f"{plain}组长" if plain.endswith("组") else f"{plain}党小组长"


def offices(held: Iterable[tuple[Role, str]]) -> str:
    """All offices of one person, as 党内职务 in a roster: (role, group) each."""
    return "、".join(office(role, group) for role, group in held)
