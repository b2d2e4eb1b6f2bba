"""A branch with two groups, their leaders and a secretary, each with a mini-program on the phone."""

from dataclasses import dataclass

from werkzeug.test import TestResponse

from models.appointment import Role
from tests.api.conftest import MiniProgram
from tests.branch import Branch, Phone

FIRST, SECOND = "第一党小组", "第二党小组"


@dataclass
class Leading:
    """王芳 is the secretary; 刘洋 leads the first group (with 张建国), 陈静 the second (with 李娜)."""

    branch: Branch
    secretary: MiniProgram
    leader: MiniProgram
    foreign: MiniProgram
    member: MiniProgram
    elsewhere: MiniProgram


def leading(branch: Branch) -> Leading:
    """Put them on the roll, appoint them, log them in."""
    people = {"王芳": FIRST, "刘洋": FIRST, "张建国": FIRST, "陈静": SECOND, "李娜": SECOND}
    minis = {name: bound(branch, name, group) for name, group in people.items()}
    branch.appoints("王芳", Role.SECRETARY)
    branch.appoints("刘洋", Role.GROUP_LEADER, FIRST)
    branch.appoints("陈静", Role.GROUP_LEADER, SECOND)
    return Leading(branch, minis["王芳"], minis["刘洋"], minis["陈静"], minis["张建国"], minis["李娜"])


def bound(branch: Branch, name: str, group: str = FIRST) -> MiniProgram:
    """A member whose mini-program is logged in and bound."""
    digits = branch.member(name, group=group)
    mini = MiniProgram(branch, Phone(branch.world.join(name, following=True)))
    mini.login()
    assert mini.bind(digits).status_code == 200
    return mini


def told(answer: TestResponse, status: int = 200) -> dict[str, object]:
    """The body of an answer that had to be given."""
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True))
    found: dict[str, object] = answer.get_json()
    return found
