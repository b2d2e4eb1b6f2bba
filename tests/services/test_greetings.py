"""政治生日 by the calendar: which day, whose, and what holds while the office has said nothing."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from models.member import MemberStatus
from models.reminder import GreetingChoice, StudyWish
from services import greetings, members, people, wishes
from services.errors import NotAllowed
from services.wishes import Wanted
from tests.engines import Database
from tests.services.roll import FIRST, Office, staffed
from tests.services.together import together


@pytest.fixture
def office(each_database: Database) -> Office:
    return staffed(each_database)


@pytest.mark.parametrize(
    ("joined", "year", "day"),
    [
        ("1998-11-22", 2026, date(2026, 11, 22)),
        ("1984-02-29", 2026, date(2026, 2, 28)),
        ("1984-02-29", 2028, date(2028, 2, 29)),
        ("1975-11", 2026, None),
        ("1975", 2026, None),
        ("2026-11-22", 2026, None),
        ("2027-01-01", 2026, None),
    ],
)
def test_a_date_comes_round_as_precisely_as_it_is_known(joined: str, year: int, day: date | None) -> None:
    assert greetings.anniversary(joined, year) == day


def test_everybody_is_listed_once_and_status_decides_until_the_office_does(office: Office) -> None:
    status = MemberStatus
    office.enrol("年底", joined="1996-12-31")
    office.enrol("年初", joined="2007-01-01")
    office.enrol("只有月", joined="1986-12")
    office.enrol("只有年", joined="1990")
    office.enrol("新来的", joined="2026-12-20")
    office.enrol("预备的", joined="2025-12-20", status=status.PROBATIONARY)
    office.enrol("停止的", joined="2000-12-20", status=status.SUSPENDED)
    office.enrol("去世的", joined="1970-12-20", status=status.DECEASED)
    office.enrol("积极的", joined="2020-12-20", status=status.ACTIVIST)

    def listed(db: Session) -> list[tuple[str, int, GreetingChoice]]:
        found = greetings.between(db, date(2026, 12, 15), date(2027, 1, 5))
        return [(one.member.name, one.years, one.choice) for one in found]

    send, skip = GreetingChoice.SEND, GreetingChoice.SKIP
    assert office.look(listed) == [
        ("只有月", 40, send),
        ("预备的", 1, skip),
        ("停止的", 26, skip),
        ("年底", 30, send),
        ("年初", 20, send),
    ]
    with pytest.raises(NotAllowed):
        office.does("张建国", lambda db, act: greetings.decide(db, act, members.find(db, "年底"), 2026, skip))
    office.does("王芳", lambda db, act: greetings.decide(db, act, members.find(db, "年底"), 2026, skip))
    office.does("王芳", lambda db, act: greetings.decide(db, act, members.find(db, "停止的"), 2026, send))
    said = {name: choice for name, _, choice in office.look(listed)}
    assert (said["年底"], said["停止的"], said["年初"]) == (skip, send, send)
    assert office.look(lambda db: greetings.choices(db, [members.find(db, "年底").id], 2027)) == {}
    act = office.look(lambda db: office.act(db, "王芳"))
    moved = office.look(lambda db: people.find(db, act, members.find(db, "年初").public_id).version)
    office.does("王芳", lambda db, who: people.move_out(db, who, members.find(db, "年初"), date(2026, 12, 1), moved))
    assert "年初" not in {name for name, *_ in office.look(listed)}


def test_consent_is_asked_of_one_at_a_time_and_wishes_stay(office: Office) -> None:
    office.enrol("李明", FIRST)
    wanted = Wanted(StudyWish.DAILY, self_check=True)

    def ask() -> object:
        return office.run(lambda db: wishes.ask_consent(db, members.find(db, "李明"), office.now))

    def keep() -> object:
        return office.run(lambda db: wishes.keep(db, members.find(db, "李明"), wanted))

    assert sorted(map(str, together([ask, ask, keep]))) == ["False", "None", "True"]
    assert office.look(lambda db: wishes.of(db, members.find(db, "李明"))) == wanted
