"""The clock of what people say: rounds are closed at their time, and who has not read or answered is reminded."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from confidential.file import impatient
from jobs.channels import TOPIC
from jobs.scheduler import JOBS
from models.notice import NoticeKind
from models.reminder import StudyWish
from models.round import RoundState
from services import members, reminders, rounds, wishes
from services.wishes import Wanted
from tests.branch import Branch
from tests.bulletins import published
from tests.rounds import opened
from tests.talks.conftest import branch  # noqa: F401 - the same fixture for this folder

HOUR = timedelta(hours=1)
MINE = (NoticeKind.ROUND_CLOSING, NoticeKind.UNREAD)


def state(branch: Branch, round_id: str) -> RoundState:  # noqa: F811 - the fixture handed on
    """Where a round is."""
    with branch.house.reading() as db:
        return rounds.find(db, branch.house.operator(), round_id).state


def run(branch: Branch) -> str:  # noqa: F811
    """What `zhibu jobs run rounds` does and says."""
    return JOBS["rounds"].now(branch.house.desk(), branch.clock.now())


def test_rounds_past_their_time_are_closed_once_and_a_busy_file_holds_up_the_unnamed_alone(
    branch: Branch,  # noqa: F811
) -> None:
    house = branch.house
    branch.bound("张建国")
    unnamed, signed = opened(branch, "甲", unnamed=True, days=1), opened(branch, "乙", days=1.5)
    later = opened(branch, "丙", days=3)
    assert run(branch) == "closed=0"
    branch.clock.advance(timedelta(days=2).total_seconds())
    store = house.settings.home / house.settings.confidential.unsigned_database
    with closing(sqlite3.connect(store, isolation_level=None)) as other, impatient(0.05):
        other.execute("BEGIN EXCLUSIVE")
        assert run(branch) == "closed=1 stopped=UnsignedBusy"
    assert [state(branch, one) for one in (unnamed, signed, later)] == [
        RoundState.OPEN,
        RoundState.CLOSED,
        RoundState.OPEN,
    ]
    assert run(branch) == "closed=1"
    assert run(branch) == "closed=0"
    assert state(branch, unnamed) is RoundState.CLOSED
    assert house.unsigned.answers(unnamed) == []  # which it gives only after its close


def test_a_round_about_to_close_goes_before_what_is_unread_and_a_wish_mutes_only_this(
    branch: Branch,  # noqa: F811
) -> None:
    house, zone, now = branch.house, branch.house.settings.zone, branch.clock.now()
    for name in ("张建国", "李娜", "王芳"):
        branch.bound(name)
    published(branch, "安全须知")
    signed = opened(branch, "值班安排办法", days=4)
    with house.transaction() as db:
        wishes.keep(db, members.find(db, "李娜"), Wanted(StudyWish.NEVER, unread=False))
        rounds.answer(
            db, rounds.find(db, house.operator(), signed), members.find(db, "王芳"), {1: 1, 3: 4}, now, "once"
        )
    day = (now + timedelta(days=3)).astimezone(zone).date()
    ten = datetime(day.year, day.month, day.day, 10, tzinfo=zone)
    with house.reading() as db:
        names = {one: members.find(db, one).id for one in ("张建国", "李娜", "王芳")}
        found = [*reminders.due(db, ten - HOUR, ten, zone, house.desk().hours, MINE)]
        assert sorted((one.member_id, one.kind, one.pushed) for one in found) == sorted(
            [
                (names["张建国"], NoticeKind.ROUND_CLOSING, True),
                (names["张建国"], NoticeKind.UNREAD, False),  # one a day: it waits to be read
                (names["李娜"], NoticeKind.ROUND_CLOSING, True),
                (names["王芳"], NoticeKind.UNREAD, True),
            ]
        )
        assert list(reminders.due(db, ten, ten + 20 * HOUR, zone, house.desk().hours, MINE)) == []


def test_every_kind_of_notice_has_a_way() -> None:
    assert set(TOPIC) == set(NoticeKind)
