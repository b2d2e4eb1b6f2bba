"""What follows from seats, check-ins, leave and marks: the verdict on one person, a sheet, its figures and rates."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.orm import Session

from engines import sql
from models.activity import Activity, ActivityKind
from models.attendance import MakeUpWay, MarkKind
from models.checkin import CheckIn, Method, Seat, SeatState
from models.leave import LeaveClass
from models.member import Member, MemberStatus
from services import activities, attendance, checkins, leaves, makeups, orgs, records, registrations, standings
from services.attendance import Facts, Rules, Said, Status, Totals, Verdict, judge
from services.checkins import Row
from services.rights import Act, operator
from tests.engines import Database
from texts import attendance as texts

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # 14:00 on the branch's wall
RULES = Rules(late_after=timedelta(minutes=10))
DUTY, SICK, TRIP = LeaveClass.DUTY, LeaveClass.SICK, LeaveClass.TRIP
SEAT, GUEST, EXEMPT = SeatState.EXPECTED, SeatState.GUEST, SeatState.EXEMPT
CAME, NOT_CAME, ON_LEAVE = MarkKind.CAME, MarkKind.NOT_CAME, MarkKind.ON_LEAVE
ABSENT, NOT_ABSENT, EARLY, NOT_EARLY = MarkKind.ABSENT, MarkKind.NOT_ABSENT, MarkKind.EARLY, MarkKind.NOT_EARLY


def minutes(after: int) -> datetime:
    return START + timedelta(minutes=after)


def marks(*kinds: MarkKind) -> tuple[Said, ...]:
    """Said one a minute, from two hours after the start on."""
    return tuple(
        Said(kind, minutes(120 + place), SICK if kind is ON_LEAVE else None) for place, kind in enumerate(kinds)
    )


def facts(seat: SeatState | None = SEAT, *kinds: MarkKind, scan: int | None = None, **more: object) -> Facts:
    """`scan`: minutes after the start at which the person scanned, recorded at once unless `recorded_at` says else."""
    known: dict[str, object] = {"marks": marks(*kinds), **more}
    if scan is not None:
        known = {"came_at": minutes(scan), "recorded_at": minutes(scan), "method": Method.SCAN, **known}
    return Facts(START, seat, **known)  # type: ignore[arg-type] # a table of cases, each field by its name


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        # what the machine saw
        (facts(), Verdict(Status.NOT_COME)),
        (facts(scan=-8), Verdict(Status.CAME)),
        (facts(scan=0), Verdict(Status.CAME)),
        (facts(scan=10), Verdict(Status.CAME)),  # ten minutes are still in time
        (facts(scan=11), Verdict(Status.LATE)),
        (facts(scan=30, method=Method.REGISTERED), Verdict(Status.REGISTERED)),  # when the leader came to it says nothing
        # leave: before, afterwards, standing (all reach judge alike); who came in spite of it was there
        (facts(leave=DUTY, leave_since=minutes(-600)), Verdict(Status.LEAVE, DUTY)),
        (facts(leave=SICK, leave_since=minutes(2 * 1440)), Verdict(Status.LEAVE, SICK)),
        (facts(scan=-8, leave=DUTY, leave_since=minutes(-600)), Verdict(Status.CAME)),
        (facts(scan=11, leave=DUTY, leave_since=minutes(500)), Verdict(Status.LATE)),
        # 早退 is a mark on whoever came, and on nobody else
        (facts(SEAT, EARLY, scan=-8), Verdict(Status.CAME, early=True)),
        (facts(SEAT, EARLY, scan=11), Verdict(Status.LATE, early=True)),
        (facts(SEAT, EARLY, NOT_EARLY, scan=-8), Verdict(Status.CAME)),
        (facts(SEAT, EARLY, NOT_EARLY, EARLY, scan=-8), Verdict(Status.CAME, early=True)),
        (facts(SEAT, EARLY), Verdict(Status.NOT_COME)),
        (facts(SEAT, EARLY, NOT_CAME, scan=-8), Verdict(Status.NOT_COME)),
        (facts(SEAT, EARLY, scan=5, method=Method.REGISTERED), Verdict(Status.REGISTERED, early=True)),
        # 改为到, 撤销签到
        (facts(SEAT, CAME), Verdict(Status.REGISTERED)),  # a leader's word without a scan is 登, however late
        (facts(SEAT, CAME, scan=11), Verdict(Status.CAME)),  # the machine's 迟到 put right
        (facts(SEAT, CAME, leave=DUTY, leave_since=minutes(-600)), Verdict(Status.REGISTERED)),
        (facts(SEAT, NOT_CAME, scan=-8), Verdict(Status.NOT_COME)),
        (facts(SEAT, NOT_CAME, scan=-8, leave=SICK, leave_since=minutes(-600)), Verdict(Status.LEAVE, SICK)),
        (facts(SEAT, NOT_CAME, CAME, scan=-8), Verdict(Status.CAME)),
        (facts(SEAT, CAME, NOT_CAME), Verdict(Status.NOT_COME)),
        (facts(SEAT, NOT_CAME, CAME, scan=5, method=Method.REGISTERED), Verdict(Status.REGISTERED)),
        # 改为请假
        (facts(SEAT, ON_LEAVE), Verdict(Status.LEAVE, SICK)),
        (facts(SEAT, ON_LEAVE, scan=-8), Verdict(Status.LEAVE, SICK)),
        (facts(SEAT, ON_LEAVE, CAME), Verdict(Status.REGISTERED)),
        (facts(SEAT, ON_LEAVE, leave=DUTY, leave_since=minutes(-600)), Verdict(Status.LEAVE, SICK)),
        # 无故缺席 is a person's word; its withdrawal leaves what stood before
        (facts(SEAT, ABSENT), Verdict(Status.ABSENT)),
        (facts(SEAT, ABSENT, NOT_ABSENT), Verdict(Status.NOT_COME)),
        (facts(SEAT, NOT_CAME, ABSENT, scan=-8), Verdict(Status.ABSENT)),
        (facts(SEAT, NOT_CAME, ABSENT, NOT_ABSENT, scan=-8), Verdict(Status.NOT_COME)),
        (facts(SEAT, ABSENT, scan=-8), Verdict(Status.ABSENT)),  # somebody else scanned for them
        (facts(SEAT, ABSENT, NOT_ABSENT, scan=-8), Verdict(Status.CAME)),
        (facts(SEAT, ON_LEAVE, ABSENT, NOT_ABSENT), Verdict(Status.LEAVE, SICK)),
        (facts(SEAT, ABSENT, CAME), Verdict(Status.REGISTERED)),
        (facts(SEAT, ABSENT, leave=SICK, leave_since=minutes(1440)), Verdict(Status.LEAVE, SICK)),  # asked afterwards
        (facts(SEAT, ABSENT, leave=SICK, leave_since=minutes(-60)), Verdict(Status.ABSENT)),  # the leave was a pretext
        (facts(SEAT, NOT_CAME, ABSENT, scan=-8, leave=SICK, leave_since=minutes(1440)), Verdict(Status.LEAVE, SICK)),
        # scanned in time, the slip used hours later: what was said in between did not know
        (facts(SEAT, ABSENT, scan=-8, recorded_at=minutes(300)), Verdict(Status.CAME)),
        (facts(SEAT, ON_LEAVE, scan=11, recorded_at=minutes(300)), Verdict(Status.LATE)),
        # 免
        (facts(EXEMPT), Verdict(Status.EXEMPT)),
        (facts(EXEMPT, scan=-8), Verdict(Status.EXEMPT_CAME)),
        (facts(EXEMPT, EARLY, scan=11), Verdict(Status.EXEMPT_CAME, early=True)),
        (facts(EXEMPT, CAME), Verdict(Status.EXEMPT_CAME)),
        (facts(EXEMPT, NOT_CAME, scan=-8), Verdict(Status.EXEMPT)),
        (facts(EXEMPT, leave=SICK, leave_since=minutes(-60)), Verdict(Status.EXEMPT)),
        (facts(EXEMPT, ABSENT), Verdict(Status.EXEMPT)),
        # guests, invited beforehand
        (facts(GUEST), Verdict(Status.INVITED)),
        (facts(GUEST, scan=-8), Verdict(Status.GUEST)),
        (facts(GUEST, scan=30), Verdict(Status.GUEST)),
        (facts(GUEST, CAME), Verdict(Status.GUEST)),
        (facts(GUEST, NOT_CAME, scan=-8), Verdict(Status.INVITED)),
        (facts(GUEST, MarkKind.OTHER_GROUP, scan=-8), Verdict(Status.OTHER_GROUP)),
        # without a seat: a person decides what it was
        (facts(None, scan=-8), Verdict(Status.TO_CHECK)),
        (facts(None, MarkKind.GUEST, scan=-8), Verdict(Status.GUEST)),
        (facts(None, MarkKind.OTHER_GROUP, scan=-8), Verdict(Status.OTHER_GROUP)),
        (facts(None, MarkKind.GUEST, MarkKind.OTHER_GROUP, scan=-8), Verdict(Status.OTHER_GROUP)),
        (facts(None, NOT_CAME, scan=-8), Verdict(Status.WITHDRAWN)),
        (facts(None, MarkKind.GUEST, NOT_CAME, scan=-8), Verdict(Status.WITHDRAWN)),
        (facts(None, MarkKind.GUEST), Verdict(Status.GUEST)),  # seen by the secretary, no phone
        (facts(None, CAME), Verdict(Status.TO_CHECK)),
        # a mark for guests says nothing about who is expected
        (facts(SEAT, MarkKind.GUEST, scan=-8), Verdict(Status.CAME)),
        (facts(SEAT, MarkKind.GUEST), Verdict(Status.NOT_COME)),
    ],
)  # fmt: skip
def test_the_verdict(case: Facts, expected: Verdict) -> None:
    assert judge(case, RULES) == expected


seats = st.sampled_from([None, *SeatState])
said = st.lists(st.sampled_from(list(MarkKind)), max_size=4)


@given(seats, said, st.none() | st.integers(-60, 60), st.sampled_from([None, DUTY, SICK]))
def test_whatever_is_on_record_the_figures_hold_together(
    seat: SeatState | None, kinds: list[MarkKind], scan: int | None, leave: LeaveClass | None
) -> None:
    one = judge(facts(seat, *kinds, scan=scan, leave=leave, leave_since=minutes(-60) if leave else None), RULES)
    for rules in (RULES, Rules(timedelta(minutes=10), public_leave_expected=False)):
        figures = attendance.tally([(one, True)], rules)
        assert figures.present <= figures.expected <= (seat is SEAT)
        assert attendance.studied(figures, rules) <= figures.expected
        assert attendance.on_leave(figures, rules) <= figures.expected
        assert (
            figures.expected
            == figures.present + attendance.on_leave(figures, rules) + figures.not_come + figures.absent
        )
        assert (one.leave is not None) == (one.status is Status.LEAVE)
        assert one.status is not Status.ABSENT or ABSENT in kinds, "the machine never says 无故缺席"


def verdicts(**counts: int) -> list[tuple[Verdict, bool]]:
    return [(Verdict(Status(name)), False) for name, count in counts.items() for _ in range(count)]


def test_figures_and_rates_of_a_meeting() -> None:
    met = [
        *verdicts(came=17, late=2, registered=2, not_come=1, exempt=1, guest=2, other_group=1, to_check=1, withdrawn=1),
        (Verdict(Status.LEAVE, DUTY), True),
        (Verdict(Status.LEAVE, SICK), False),
        (Verdict(Status.CAME, early=True), True),  # nothing to make up: not counted
    ]
    figures = attendance.tally(met, RULES)
    assert figures == Totals(
        expected=25, present=22, leave=2, public_leave=1, not_come=1, late=2, early=1, made_up=1, made_up_in_rate=1,
        guests=3, to_check=1, exempt=1, by_leave={DUTY: 1, SICK: 1},
    )  # fmt: skip
    assert texts.attendance(figures) == "22/25（88.0%）"
    assert texts.study(figures, RULES) == "23/25（92.0%）"
    assert texts.leave(figures, RULES) == "2/25（8.0%）"


def test_where_public_leave_is_not_expected_it_leaves_every_figure_of_the_rates() -> None:
    rules = Rules(timedelta(minutes=10), public_leave_expected=False)
    met = [*verdicts(came=8), (Verdict(Status.LEAVE, DUTY), True), (Verdict(Status.LEAVE, TRIP), True),
           (Verdict(Status.LEAVE, SICK), True)]  # fmt: skip
    figures = attendance.tally(met, rules)
    assert (figures.expected, figures.leave, figures.public_leave, figures.made_up) == (9, 3, 2, 3)
    assert texts.attendance(figures) == "8/9（88.9%）"
    assert texts.study(figures, rules) == "9/9（100.0%）", "not 11 of 9"
    assert texts.leave(figures, rules) == "1/9（11.1%）"
    without = Rules(timedelta(minutes=10), public_leave_expected=False, makeup_in_rate=False)
    assert texts.study(figures, without) == "8/9（88.9%）"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (21, 23, "21/23（91.3%）"), (23, 23, "23/23（100.0%）"), (0, 23, "0/23（0.0%）"), (0, 0, "0/0（—）"),
        (1, 16, "1/16（6.3%）"), (1, 80, "1/80（1.3%）"), (2, 3, "2/3（66.7%）"), (499, 500, "499/500（99.8%）"),
    ],
)  # fmt: skip
def test_a_share_shows_both_figures_and_one_decimal(part: int, whole: int, shown: str) -> None:
    assert texts.share(part, whole) == shown


def test_a_meeting_nobody_is_expected_at_has_no_rate() -> None:
    assert texts.attendance(Totals()) == texts.share(0, 0)
    assert "%" not in texts.attendance(Totals())


def test_the_definitions_name_both_settings_with_their_values() -> None:
    usual = "".join(texts.definitions(RULES))
    assert "公假（值班值守、出差）计入应到（本支部设定）" in usual
    assert "补课计入参学率（本支部设定），不算到会" in usual
    assert "参学率＝（实到＋已补课）÷应到" in usual
    assert "开始10分钟后签到记迟到" in usual
    other = "".join(texts.definitions(Rules(timedelta(minutes=5), public_leave_expected=False, makeup_in_rate=False)))
    assert "公假（值班值守、出差）不计入应到" in other
    assert "参学率＝实到÷应到" in other
    assert "补课不计入参学率" in other
    assert "参学率" not in "".join(texts.definitions(RULES, [ActivityKind.COMMITTEE]))


def test_every_code_has_its_word() -> None:
    assert set(texts.STATUS) == set(Status)
    assert set(texts.LEAVE) == set(LeaveClass)
    assert set(texts.METHOD) == set(Method)
    assert set(texts.MARK) == set(MarkKind)
    assert texts.named(Verdict(Status.LEAVE, TRIP)) == "请假（出差）"
    assert texts.named(Verdict(Status.LATE, early=True)) == "迟到，早退"
    assert texts.signs(Verdict(Status.LATE, early=True), made_up=False) == "迟早"
    assert texts.signs(Verdict(Status.LEAVE, DUTY), made_up=True) == "假补"
    assert all(sign in texts.SIGNS for sign in texts._SIGN.values())


def office(now: datetime = START) -> Act:
    return operator(now, ZONE)


def by(member: Member, now: datetime, *groups: int) -> Act:
    """The member acts, leading those groups."""
    act = office(now)
    return Act(member, type(act.rights)(member.id, frozenset(), frozenset(groups)), now, ZONE)


def people(db: Session) -> tuple[Activity, dict[str, Member]]:
    """Two groups, an exempt comrade, one on standing leave, and a 主题党日 on 20 November."""
    branch = orgs.branch(db, "青湾市气象局党支部")
    first, second = orgs.group(db, "第一党小组"), orgs.group(db, "第二党小组")
    found = {}
    for place, name in enumerate("甲乙丙丁戊己庚辛壬癸"):
        member = Member(org_id=branch.id, group_id=(first, second)[place % 2].id, name=name, status=MemberStatus.FULL)
        found[name] = member
    found["唐悦"] = Member(org_id=branch.id, name="唐悦", status=MemberStatus.ACTIVIST)
    found["客"] = Member(org_id=branch.id, name="客", status=MemberStatus.CITIZEN)
    db.add_all(found.values())
    db.flush()
    standings.enter(db, office(START - timedelta(days=30)), found["癸"], None, (date(2026, 1, 1), None), "年老体弱")
    standings.enter(
        db, office(START - timedelta(days=30)), found["壬"], TRIP, (date(2026, 3, 1), date(2027, 2, 28)), "驻村"
    )
    plan = activities.Plan(ActivityKind.PARTY_DAY, "学习党章", START, branch, "三楼会议室")
    activity = activities.plan(db, office(START - timedelta(days=3)), plan)
    activities.invite(db, office(START - timedelta(days=2)), activity, [found["唐悦"]])
    return activity, found


def scan(db: Session, activity: Activity, member: Member, at: datetime) -> None:
    checkins.record(db.connection(), [Row(activity.id, member.id, at, Method.SCAN, f"{member.id:032x}", at)])


def test_the_sheet_of_a_meeting(each_database: Database) -> None:
    with sql.transaction(each_database.engine) as db:
        activity, one = people(db)
        asked = leaves.ask(db, by(one["乙"], minutes(-100)), one["乙"], activity, leaves.Wish(DUTY, "夜班"))
        leaves.decide(db, by(one["丁"], minutes(-90), one["乙"].group_id or 0), asked, agreed=True, note="")
        activities.open_(db, office(minutes(-10)), activity)
        scan(db, activity, one["甲"], minutes(-5))
        scan(db, activity, one["丙"], minutes(25))
        scan(db, activity, one["唐悦"], minutes(-3))
        scan(db, activity, one["客"], minutes(-2))
        registrations.register(db, office(minutes(5)), activity, [one["丁"], one["甲"]], "无智能手机")
        scan(db, activity, one["戊"], minutes(-1))
        activities.close(db, office(minutes(90)), activity)
        registrations.mark(db, office(minutes(95)), activity, one["戊"], (EARLY, None), "值班")
        registrations.mark(db, office(minutes(96)), activity, one["庚"], (ABSENT, None), "已问本人")
        waiting = leaves.ask(db, by(one["辛"], minutes(1440)), one["辛"], activity, leaves.Wish(SICK))
        made_up = makeups.tell(db, by(one["乙"], minutes(2880)), one["乙"], activity, MakeUpWay.TOLD, "党章第一章")
        makeups.confirm(db, by(one["丁"], minutes(2900), one["乙"].group_id or 0), made_up)
        db.flush()
        lines = attendance.sheet(db, activity, RULES, ZONE)
        shown = {line.member.name: (texts.named(line.verdict), line.made_up) for line in lines}
        assert shown == {
            "甲": ("到", False), "乙": ("请假（值班值守）", True), "丙": ("迟到", False), "丁": ("登", False),
            "戊": ("到，早退", False), "己": ("未到", False), "庚": ("无故缺席", False), "辛": ("未到", False),
            "壬": ("请假（出差）", False), "癸": ("免", False), "唐悦": ("列席", False), "客": ("待核", False),
        }  # fmt: skip
        assert [line.member.name for line in lines][:3] == ["己", "辛", "庚"], "who is absent comes first"
        assert {line.member.name: line.waiting for line in lines if line.waiting} == {"辛": waiting}
        figures = attendance.total(lines, RULES)
        assert figures == Totals(
            expected=9, present=4, leave=2, public_leave=2, not_come=2, absent=1, late=1, early=1, made_up=1,
            made_up_in_rate=1, guests=1, to_check=1, exempt=1, by_leave={DUTY: 1, TRIP: 1},
        )  # fmt: skip
        assert texts.attendance(figures) == "4/9（44.4%）"
        counted = checkins.count(db, activity)
        assert (counted.expected, counted.present) == (figures.expected, figures.present), (
            "the big screen says the same"
        )


def test_the_own_record_reads_nobody_elses_while_a_whole_hall_is_coming_in(each_database: Database) -> None:
    with sql.transaction(each_database.engine) as db:
        activity, one = people(db)
        activities.open_(db, office(minutes(-10)), activity)
        scan(db, activity, one["甲"], minutes(-5))
        scan(db, activity, one["丙"], minutes(-4))
        mine = one["甲"].id
    read: list[object] = []
    with sql.reading(each_database.engine) as db:
        event.listen(db, "loaded_as_persistent", lambda _db, row: read.append(row))
        own = records.own(db, db.get_one(Member, mine), minutes(1), RULES, ZONE)
        assert [once.verdict.status for once in own.cases] == [Status.CAME]
    assert [row.id for row in read if isinstance(row, Member)] == [mine]
    assert {row.member_id for row in read if isinstance(row, Seat | CheckIn)} == {mine}


def test_an_exempt_comrade_who_comes_is_shown_and_changes_no_rate(each_database: Database) -> None:
    with sql.transaction(each_database.engine) as db:
        activity, one = people(db)
        activities.open_(db, office(minutes(-10)), activity)
        for name in "甲癸":
            scan(db, activity, one[name], minutes(-5))
        figures = attendance.total(attendance.sheet(db, activity, RULES, ZONE), RULES)
        assert (figures.expected, figures.present, figures.exempt, figures.exempt_came) == (9, 1, 1, 1)
        assert ("其中免而到会", 1) in texts.figures(figures)
        counted = checkins.count(db, activity)
        assert (counted.expected, counted.present, counted.others) == (9, 1, 1)
