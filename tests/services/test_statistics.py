"""Figures over a span: spans themselves, a member's year, whom to ask how things are, and a large branch in few queries."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, insert
from sqlalchemy.orm import Session

from engines.sql import reading, transaction
from models.activity import Activity, ActivityKind, ActivityState
from models.attendance import MarkKind
from models.checkin import CheckIn, Method, Seat, SeatState
from models.leave import Leave, LeaveClass, LeaveState
from models.member import Member, MemberStatus
from services import orgs, registrations, standings, statistics
from services.attendance import Rules
from services.rights import operator
from services.statistics import Concern, Span
from tests.engines import Database
from tests.services.roll import FIRST, ZONE
from texts import statistics as texts

RULES = Rules(late_after=timedelta(minutes=10))
LATE = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
YEAR = Span(2026)


@pytest.mark.parametrize(
    ("text", "days", "name"),
    [
        ("2026", (date(2026, 1, 1), date(2027, 1, 1)), "2026年度"),
        ("2026Q1", (date(2026, 1, 1), date(2026, 4, 1)), "2026年第1季度"),
        ("2026Q4", (date(2026, 10, 1), date(2027, 1, 1)), "2026年第4季度"),
        ("2026-02", (date(2026, 2, 1), date(2026, 3, 1)), "2026年2月"),
        ("2026-12", (date(2026, 12, 1), date(2027, 1, 1)), "2026年12月"),
    ],
)
def test_a_span_is_a_year_a_quarter_or_a_month(text: str, days: tuple[date, date], name: str) -> None:
    span = Span.parse(text)
    assert span is not None
    assert span.days == days
    assert str(span) == text
    assert texts.span(span.year, span.quarter, span.month) == name
    since, until = span.bounds(ZONE)
    assert (since.utcoffset(), since.date(), until.date()) == (timedelta(hours=8), *days)


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026Q5", "2026Q", "2026-13", "2026-00", "2026-1", "1999", "2101", "２０２６", "2026-1²", "20261"],
)
def test_anything_else_is_no_span(text: str) -> None:
    assert Span.parse(text) is None


def meeting(
    db: Session,
    month: int,
    day: int = 20,
    kind: ActivityKind = ActivityKind.PARTY_DAY,
    state: ActivityState = ActivityState.CLOSED,
) -> Activity:
    """One that was held at 14:00 on that day of 2026."""
    at = datetime(2026, month, day, 6, 0, tzinfo=UTC)
    made = Activity(kind=kind, title=f"{month}月", starts_at=at, state=state, opened_at=at, org_id=orgs.branch(db).id)
    db.add(made)
    db.flush()
    return made


def person(db: Session, name: str = "张建国") -> Member:
    made = Member(
        org_id=orgs.branch(db, "青湾市气象局党支部").id,
        group_id=orgs.group(db, FIRST).id,
        name=name,
        status=MemberStatus.FULL,
    )
    db.add(made)
    db.flush()
    return made


def seat(db: Session, activity: Activity, member: Member, how: str) -> None:
    """. came   + late   n nothing   l approved leave   w a request that waits   o 免"""
    state = SeatState.EXEMPT if how == "o" else SeatState.EXPECTED
    db.add(Seat(activity_id=activity.id, member_id=member.id, group_id=member.group_id, state=state))
    at = activity.starts_at
    if how in ".+":
        came = at + timedelta(minutes=11 if how == "+" else -5)
        db.add(
            CheckIn(
                activity_id=activity.id, member_id=member.id, at=came, recorded_at=came, method=Method.SCAN, message="m"
            )
        )
    if how in "lw":
        decided = at - timedelta(days=1) if how == "l" else None
        db.add(
            Leave(
                activity_id=activity.id,
                member_id=member.id,
                leave_class=LeaveClass.SICK,
                asked_at=at - timedelta(days=2),
                decided_at=decided,
                state=LeaveState.APPROVED if decided else LeaveState.WAITING,
            )
        )
    db.flush()


def run_of(db: Session, hows: str, name: str = "张建国") -> Member:
    """A 主题党日 on the 20th of each month from January on."""
    member = person(db, name)
    for month, how in enumerate(hows, 1):
        seat(db, meeting(db, month), member, how)
    return member


@contextmanager
def written(database: Database) -> Iterator[Session]:
    with transaction(database.engine) as db:
        yield db


def test_a_members_own_year(each_database: Database) -> None:
    with written(each_database) as db:
        member = person(db)
        for month, how in enumerate(".+nlwo.", 1):
            seat(db, meeting(db, month), member, how)
        seat(db, meeting(db, 8, kind=ActivityKind.BRANCH_MEETING), member, ".")
        seat(db, meeting(db, 9, kind=ActivityKind.VOLUNTEER), member, ".")  # none of the six kinds
        seat(db, meeting(db, 10, state=ActivityState.PLANNED), member, "n")  # not held yet
        seat(db, meeting(db, 10, state=ActivityState.CANCELLED), member, "n")
        beside = meeting(db, 11)
        came = beside.starts_at
        db.add(
            CheckIn(
                activity_id=beside.id, member_id=member.id, at=came, recorded_at=came, method=Method.SCAN, message="m"
            )
        )
        act = operator(LATE, ZONE)
        registrations.mark(db, act, beside, member, (MarkKind.OTHER_GROUP, None), "")
        standings.enter(db, act, member, LeaveClass.TRIP, (date(2026, 12, 1), None), "驻村")
        seat(db, meeting(db, 12), member, "n")
        own = statistics.own(db, member.id, YEAR, RULES, ZONE)
        assert own.kinds == {ActivityKind.PARTY_DAY: (7, 3), ActivityKind.BRANCH_MEETING: (1, 1)}
        assert (own.expected, own.present, own.late) == (8, 4, 1)
        assert (own.leave, own.public_leave, own.sick_leave, own.other_leave) == (2, 1, 1, 0)
        assert (own.not_come, own.absent, own.beside) == (2, 0, 1)
        assert [case.activity.title for case in own.cases] == [f"{month}月" for month in range(1, 13) if month != 10]
        quarter = statistics.own(db, member.id, Span(2026, quarter=1), RULES, ZONE)
        assert (quarter.expected, quarter.present, quarter.not_come) == (3, 2, 1)
        march = statistics.own(db, member.id, Span(2026, month=3), RULES, ZONE)
        assert (march.expected, march.present) == (1, 0)
        strict = Rules(RULES.late_after, public_leave_expected=False)
        assert statistics.own(db, member.id, YEAR, strict, ZONE).expected == 7
        assert statistics.own(db, member.id + 1, YEAR, RULES, ZONE).expected == 0


@pytest.mark.parametrize(
    ("hows", "expected"),
    [
        ("..........nn", None),  # two are no three
        (".........nnn", (3, date(2026, 9, 20), False)),
        (".......nnn..", None),  # came again: nothing to ask about any more
        ("........nnln", None),  # leave between: not in a row without leave
        ("........nlnn", None),
        ("........nnon", None),  # 免 likewise
        ("........nnww", (4, date(2026, 8, 20), False)),  # a request nobody has decided is no leave yet
        ("......nnnnnn", (6, date(2026, 6, 20), True)),  # since 20 June: more than five months
        (".......nnnnn", (5, date(2026, 7, 20), True)),
        ("........nnnn", (4, date(2026, 8, 20), False)),  # 133 days
        ("......lnnnnn", (5, date(2026, 7, 20), True)),  # approved leave breaks the count: it starts there
        ("......nnlnnn", (3, date(2026, 9, 20), False)),
        ("......nnonnn", (3, date(2026, 9, 20), False)),
        ("nnnnnnnnnnnn", (12, date(2026, 1, 20), True)),
        ("............", None),
    ],
)  # fmt: skip
def test_whom_to_ask_how_things_are(database: Database, hows: str, expected: tuple[int, date, bool] | None) -> None:
    with written(database) as db:
        member = run_of(db, hows)
        found = statistics.concerns(db, LATE, RULES, ZONE)
        assert found == ([] if expected is None else [Concern(member.id, *expected)])


def test_the_machine_asks_and_never_says_what_it_means() -> None:
    for words in (
        texts.concern("张建国", 3, date(2026, 9, 20), long=False),
        texts.concern("张建国", 6, date(2026, 6, 20), long=True),
    ):
        assert words.endswith("请了解情况。")
        assert "脱党" not in words
        assert "缺席" not in words


def test_the_longest_missing_come_first_and_a_leader_sees_the_own(each_database: Database) -> None:
    with written(each_database) as db:
        three = run_of(db, ".........nnn", "甲")
        long = run_of(db, "......nnnnnn", "乙")
        assert [one.member_id for one in statistics.concerns(db, LATE, RULES, ZONE)] == [long.id, three.id]
        assert [one.member_id for one in statistics.concerns(db, LATE, RULES, ZONE, [three.id])] == [three.id]


def large(engine: Engine, members: int, meetings: int) -> None:
    """A branch in which two of three come to everything and a tenth is on leave; every meeting has a mark."""
    with transaction(engine) as db:
        branch = orgs.branch(db, "青湾市气象局党支部")
        group = orgs.group(db, FIRST)
        people = [
            {"org_id": branch.id, "group_id": group.id, "name": f"同志{number}", "status": MemberStatus.FULL}
            for number in range(members)
        ]
        ids = list(db.scalars(insert(Member).returning(Member.id), people))
        kinds = list(statistics.ORGANISED)
        for number in range(meetings):
            at = datetime(2026, 1, 3, 6, 0, tzinfo=UTC) + timedelta(days=360 * number / meetings)
            activity = Activity(
                kind=kinds[number % 6], title=f"会{number}", starts_at=at, state=ActivityState.CLOSED, opened_at=at,
                org_id=branch.id,
            )  # fmt: skip
            db.add(activity)
            db.flush()
            key = {"activity_id": activity.id}
            db.execute(
                insert(Seat),
                [{**key, "member_id": one, "group_id": group.id, "state": SeatState.EXPECTED} for one in ids],
            )
            came = [one for one in ids if one % 3]
            row = {**key, "at": at, "recorded_at": at, "method": Method.SCAN, "message": "m"}
            db.execute(insert(CheckIn), [{**row, "member_id": one} for one in came])
            leave = {
                **key,
                "leave_class": LeaveClass.DUTY,
                "asked_at": at,
                "decided_at": at,
                "state": LeaveState.APPROVED,
            }
            db.execute(insert(Leave), [{**leave, "member_id": one} for one in ids if one % 3 == 0 and one % 10 == 0])
            registrations.mark(
                db, operator(LATE, ZONE), activity, db.get_one(Member, came[0]), (MarkKind.EARLY, None), ""
            )


def queries(engine: Engine, work: object) -> int:
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert callable(work)
        work()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([one for one in seen if one.startswith("SELECT")])


def test_a_large_branch_takes_few_queries_and_little_memory(each_database: Database) -> None:
    """500 members with 10 meetings: 5,000 seats are streamed; what is held is one record a member."""
    large(each_database.engine, members=500, meetings=10)

    def look() -> None:
        with reading(each_database.engine) as db:
            found = statistics.records(db, YEAR, RULES, ZONE)
            assert len(found) == 500
            everybody = found.values()
            assert {one.expected for one in everybody} == {10}
            assert sum(one.present for one in everybody) == 10 * sum(1 for one in found if one % 3)
            totals = statistics.totals(db, YEAR, RULES, ZONE)
            assert len(totals) == 10
            assert sum(one.present for _, one in totals) == sum(one.present for one in everybody)

    assert queries(each_database.engine, look) <= 10
    tracemalloc.start()
    look()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000, f"{peak:,} bytes at once"
