"""Every dialogue is run twice at every turn, in the talks of this room and here from its word to its end."""

from datetime import timedelta
from itertools import count

import pytest
import redis

from bot.dialogues import REGISTRY
from bot.registry import Dialogue, Registry
from bot.turn import Turn
from models.activity import ActivityKind
from models.appointment import Role
from services import activities, visits
from tests.branch import Branch, branch_on
from tests.engines import Database
from tests.talks.rehearsal import rehearsed

TURNS = 8  # more than any dialogue has questions
FAULT = "出了差错"


@pytest.fixture
def busy(branch: Branch) -> Branch:
    """A branch in which every dialogue has something to ask 张建国, a group leader, about."""
    zhang, li = branch.bound("张建国"), branch.bound("李娜")
    branch.appoints("张建国", Role.GROUP_LEADER, "第一党小组")
    branch.appoints("李娜", Role.SECRETARY)
    branch.close(branch.meeting("党课", kind=ActivityKind.LECTURE))
    ahead = [branch.meeting(f"主题党日{one}", opened=False, starts=timedelta(days=2 + one)) for one in range(4)]
    zhang.says("请假").says("2").says("1").hears("已提交")
    for which in ("1", "2"):
        li.says("请假").says(which).says("1").hears("已提交")
    branch.cancels(ahead[3])
    branch.meeting("党员大会", kind=ActivityKind.BRANCH_MEETING)
    return branch


def test_every_dialogue_says_the_same_when_it_is_run_again(busy: Branch) -> None:
    _, visit = busy.house.run(lambda db: visits.open_(db, busy.clock.now(), device="手机", place="外网"))
    zhang = busy.phones["张建国"]
    wanted = {
        "4位数字": str(visit.number),
        "6位数字": busy.number_at(opened(busy), busy.clock.now()),
        "一两句话": "学了党章",
    }
    asked = set()
    for name in (dialogue.name for dialogue in REGISTRY):
        for said in (name, *["1"] * TURNS):
            zhang.says(said).hears_not(FAULT)
            for words, answer in wanted.items():
                if words in zhang.reply:
                    asked.add(words)
                    zhang.says(answer).hears_not(FAULT)
            if "我没听懂" in zhang.reply:
                break
        zhang.says("取消").hears_not(FAULT)
    assert asked == set(wanted)


def opened(branch: Branch) -> str:
    """What is under way."""
    with branch.house.reading() as db:
        return activities.open_now(db)[0].public_id


def test_a_dialogue_that_depends_on_chance_is_found_out(
    database: Database, redis_url: str, empty_redis: redis.Redis
) -> None:
    draws = count()
    careless = Registry[Turn]()
    careless.add(Dialogue("抽签", lambda _talk, _turn: f"{next(draws)}号", bound=False))
    careful = Registry[Turn]()
    careful.add(Dialogue("抽签", lambda _talk, _turn: "1号", bound=False))
    with branch_on(database, redis_url, registry=rehearsed(careless)) as branch:
        branch.phone("somebody").says("抽签").hears(FAULT)
    with branch_on(database, redis_url, registry=rehearsed(careful)) as branch:
        branch.phone("somebody").says("抽签").hears("1号")
