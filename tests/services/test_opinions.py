"""意见 as rules: numbers that nobody shares, days that are counted in working days, standings that survive the file."""

from datetime import date
from functools import partial

import pytest
from sqlalchemy.orm import Session

from models.opinion import OpinionCategory, OpinionState, Verdict
from models.reminder import DayKind
from services import members, opinions, rights
from services.opinions import Standing
from services.workdays import Workdays
from tests.branch import Branch
from tests.services.together import together
from tests.talks.conftest import each_branch  # noqa: F401 - the same fixture for this folder


def test_an_unsigned_one_is_due_from_its_weeks_end_whenever_it_came() -> None:
    assert opinions.due_of_week(Workdays({}), date(2026, 11, 16), 1) == date(2026, 11, 23)
    assert opinions.due_of_week(Workdays({date(2026, 11, 23): DayKind.REST}), date(2026, 11, 16), 1) == date(
        2026, 11, 24
    )


@pytest.mark.parametrize(
    "standing",
    [
        Standing(),
        Standing(OpinionState.ASSIGNED, handler="m3n8r5t2yz"),
        Standing(OpinionState.ANSWERED, Verdict.PARTLY, "m3n8r5t2yz", date(2026, 11, 20), "公示栏|第2栏"),
    ],
)
def test_a_standing_is_read_as_it_was_written(standing: Standing) -> None:
    assert Standing.load(standing.dump()) == standing
    assert Standing.load("what no version wrote") == Standing()


def test_many_at_once_get_numbers_of_their_own_and_the_same_once_is_one(each_branch: Branch) -> None:  # noqa: F811
    house = each_branch.house
    each_branch.member("张建国")

    def give(once: str) -> str:
        def work(db: Session) -> str:
            act = rights.act_of(db, members.find(db, "张建国"), each_branch.clock.now(), house.settings.zone)
            return opinions.give(db, act, OpinionCategory.WORK, "屋顶漏雨", once, 15).number

        return house.run(work)

    numbers = together([partial(give, f"message {one}") for one in range(6)])
    assert sorted(map(str, numbers)) == [f"YJ110{one}" for one in range(1, 7)]
    assert give("message 3") in numbers
    with house.transaction() as db:
        act = house.operator()
        found = opinions.everything(db, act)
        assert len(found) == 6
        found[-1].number = "YJ1199"
    assert give("one more") == "YJ11100"
