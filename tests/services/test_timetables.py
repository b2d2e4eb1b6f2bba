"""The timetable, the calendar and the quiet times: defaults, who changes what, and what every kind of notice says."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from chinese_calendar.constants import holidays

from engines.sql import transaction
from models.notice import NoticeKind
from models.reminder import CalendarDay, DayKind
from services import events, members, orgs, quiet, timetables, workdays
from services.errors import BadCap, BadHour, EditedMeanwhile, FarDay, FixedReminder, NotAllowed
from services.quiet import Quiet
from services.rights import Act
from services.workdays import DAY, Workdays
from tests.engines import Database
from tests.services.roll import NOW, ZONE, Office, staffed
from texts import event as event_texts
from texts import notice as texts

HALF_PAST_NINE = time(9, 30)
SECRETARY, MEMBER = "王芳", "李娜"


@pytest.fixture
def office(database: Database) -> Office:
    return staffed(database)


def test_the_branch_changes_an_hour_once_and_nobody_overwrites_anothers(office: Office) -> None:
    with transaction(office.database.engine) as db:
        secretary = office.act(db, SECRETARY)
        study = timetables.current(db).slots[NoticeKind.STUDY]
        assert (study.enabled, study.at, study.version) == (True, time(12, 30), 0)
        timetables.change(db, secretary, NoticeKind.STUDY, enabled=False, at=HALF_PAST_NINE, version=0)
        with pytest.raises(EditedMeanwhile):  # seen before somebody changed it
            timetables.change(db, secretary, NoticeKind.STUDY, enabled=True, at=HALF_PAST_NINE, version=0)
        timetables.change(db, secretary, NoticeKind.STUDY, enabled=True, at=HALF_PAST_NINE, version=1)
        with pytest.raises(EditedMeanwhile):
            timetables.change(db, secretary, NoticeKind.STUDY, enabled=False, at=HALF_PAST_NINE, version=1)
        assert timetables.current(db).slots[NoticeKind.STUDY] == timetables.Slot(
            enabled=True, at=HALF_PAST_NINE, version=2
        )
        timetables.change(db, secretary, NoticeKind.SOON, enabled=True, at=time(3), version=0)  # it has no hour
        assert timetables.current(db).slots[NoticeKind.SOON].at is None


def test_what_cannot_be_set_is_refused_with_the_reason(office: Office) -> None:
    with transaction(office.database.engine) as db:
        secretary, member = office.act(db, SECRETARY), office.act(db, MEMBER)
        with pytest.raises(NotAllowed):
            timetables.change(db, member, NoticeKind.STUDY, enabled=False, at=HALF_PAST_NINE, version=0)
        for kind in (NoticeKind.MOVED, NoticeKind.CANCELLED, NoticeKind.LEAVE_ASKED, NoticeKind.HANDLER_DAY):
            with pytest.raises(FixedReminder):
                timetables.change(db, secretary, kind, enabled=False, at=None, version=0)
        for hour in (None, time(7), time(20, 30), time(23)):
            with pytest.raises(BadHour):
                timetables.change(db, secretary, NoticeKind.STUDY, enabled=True, at=hour, version=0)
        with pytest.raises(BadHour):
            timetables.change_quiet(db, secretary, evening=time(7), morning=time(8), a_day=1, a_week=4, version=0)
        for a_day, a_week in ((0, 4), (5, 4), (10, 20), (1, 61)):
            with pytest.raises(BadCap):
                timetables.change_quiet(
                    db, secretary, evening=time(20), morning=time(8), a_day=a_day, a_week=a_week, version=0
                )  # fmt: skip
        with pytest.raises(FarDay):
            workdays.change(db, secretary, date(2062, 5, 1), DayKind.REST, "写错了年份")
        with pytest.raises(NotAllowed):
            workdays.change(db, member, NOW.date(), DayKind.REST, "想休息")


def test_quiet_times_follow_the_branch_and_moved_meetings_have_longer_hours(office: Office) -> None:
    def at(hour: int, minute: int = 0, day: int = 23) -> datetime:
        return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)

    with transaction(office.database.engine) as db:
        now = quiet.of(db, ZONE)
        assert now.earliest(NoticeKind.STUDY, at(20, 29)) == at(20, 29)
        assert now.earliest(NoticeKind.STUDY, at(20, 30)) == at(7, 30, 24)
        assert now.earliest(NoticeKind.MOVED, at(20, 59)) == at(20, 59)
        assert now.earliest(NoticeKind.MOVED, at(21)) == at(7, 30, 24)
        assert now.earliest(NoticeKind.STUDY, at(5)) == at(7, 30)
        assert NoticeKind.MOVED in now.awake(at(20, 45))
        assert NoticeKind.STUDY not in now.awake(at(20, 45))
        secretary = office.act(db, SECRETARY)
        timetables.change_quiet(db, secretary, evening=time(19), morning=time(9), a_day=2, a_week=6, version=0)
        kept = timetables.current(db)
        assert (kept.evening, kept.morning, kept.a_day, kept.a_week, kept.version) == (time(19), time(9), 2, 6, 1)
        now = quiet.of(db, ZONE)
        assert now.earliest(NoticeKind.STUDY, at(19)) == at(9, 0, 24)
        assert now.earliest(NoticeKind.CANCELLED, at(8)) == at(8)
        with pytest.raises(EditedMeanwhile):
            timetables.change_quiet(db, secretary, evening=time(20), morning=time(8), a_day=1, a_week=4, version=0)
        told = [(one.verb, facts) for one, facts in events.of(db, orgs.branch(db), most=1)]
        assert [event_texts.words(verb, facts, ZONE) for verb, facts in told] == [
            "提醒改为09:00到19:00之间，每人每天最多2条，每周最多6条"
        ]


def test_from_new_years_eve_to_the_sixth_nothing_is_pushed_in_any_year() -> None:
    for year, eve in ((2026, date(2026, 2, 16)), (2027, date(2027, 2, 5)), (2031, date(2031, 1, 22))):
        asleep = Quiet(ZONE, days=Workdays({}).quiet_days())
        noon = datetime.combine(eve, time(12), ZONE)
        assert asleep.earliest(NoticeKind.MOVED, noon - DAY) == noon - DAY
        morning = datetime.combine(eve + 7 * DAY, time(7, 30), ZONE)
        assert {asleep.earliest(NoticeKind.MOVED, noon + DAY * n) for n in range(7)} == {morning}
        assert asleep.earliest(NoticeKind.STUDY, noon - DAY + timedelta(hours=10)) == morning
        assert not Workdays({}).is_workday(eve), year


def test_working_days_are_those_announced_and_what_the_office_says(office: Office) -> None:
    with transaction(office.database.engine) as db:
        assert workdays.of(db).is_workday(date(2026, 2, 28))  # 调休上班, a Saturday, before anything is copied
        assert workdays.fill(db, date(2026, 11, 22), NOW) > 30
        assert workdays.fill(db, date(2026, 11, 22), NOW) == 0
        assert {db.get_one(CalendarDay, date(2026, 2, day)).name for day in (15, 20)} == {"春节"}
        assert db.get_one(CalendarDay, date(2026, 10, 10)).name == "国庆节调休上班"
        assert workdays.of(db).next_workday(date(2026, 9, 30)) == date(2026, 10, 8)
        assert workdays.of(db).after(date(2026, 9, 29), 2) == date(2026, 10, 8)  # 公示 over the National Day
        assert workdays.of(db).workday_before(date(2026, 10, 8)) == date(2026, 9, 30)
        assert workdays.of(db).last_workday_of_month(date(2026, 5, 3)) == date(2026, 5, 29)
        secretary = office.act(db, SECRETARY)
        workdays.change(db, secretary, date(2026, 5, 29), DayKind.REST, "停电检修")
        assert workdays.of(db).last_workday_of_month(date(2026, 5, 3)) == date(2026, 5, 28)
        workdays.change(db, secretary, date(2026, 10, 10), DayKind.REST, "本局轮休")
        workdays.fill(db, date(2026, 11, 22), NOW)
        assert not workdays.of(db).is_workday(date(2026, 10, 10))  # what a person has entered stays
        for day in (date(2026, 5, 29), date(2026, 10, 10)):
            workdays.change(db, secretary, day, None, "")
            assert workdays.of(db).is_workday(day)  # as announced, else by its weekday
        workdays.change(db, secretary, date(2026, 2, 16), DayKind.WORK, "应急值守")
        assert date(2026, 2, 16) not in quiet.of(db, ZONE).days


def test_a_year_nobody_has_announced_follows_weekdays_and_is_warned_of(office: Office) -> None:
    year = max(day.year for day in holidays) + 1
    with transaction(office.database.engine) as db:
        assert not workdays.known(db, year)
        assert workdays.unknown(db, date(year - 1, 11, 30)) == []
        assert workdays.unknown(db, date(year - 1, 12, 1)) == [year]
        assert workdays.unknown(db, date(year, 1, 1)) == [year]
        calendar = workdays.of(db)
        assert not calendar.is_workday(date(year, 1, 1))
        assert not calendar.is_workday(date(year, 10, 1))
        days = [date(year, 1, 1) + DAY * n for n in range(365)]
        working = [day for day in days if calendar.is_workday(day)]
        assert 240 < len(working) < 262
        assert all(day.weekday() < 5 for day in working)
        assert max(later - day for day, later in pairwise(working)) < timedelta(days=12)
        act = Act(members.find(db, SECRETARY), office.act(db, SECRETARY).rights, datetime(year, 1, 2, tzinfo=UTC), ZONE)
        workdays.change(db, act, date(year, 5, 4), DayKind.REST, "劳动节")
        assert workdays.known(db, year)  # entered by hand


WORDS = [
    (NoticeKind.PLANNED, {}, "【通知】11月20日（周五）14:00，三楼会议室，主题党日：学习党章。来不了请发“请假”。"),
    (NoticeKind.TOMORROW, {}, "明天14:00三楼会议室开主题党日，请佩戴党徽。来不了请发“请假”。"),
    (NoticeKind.TOMORROW, {"kind": "volunteer"}, "明天14:00，三楼会议室，主题党日：学习党章，请佩戴党徽。来不了请发“请假”。"),
    (NoticeKind.STUDY, {}, "今天3道题，约1分钟。发“答题”开始，不想收请发“提醒”。"),
    (
        NoticeKind.BEHIND, {"done": 240, "missing": 80, "next": "2026-12-04T06:00:00+00:00"},
        "张建国同志，今年集中学习已有24学时，年底前还差8学时。下次集中学习：12月4日。",
    ),
    (
        NoticeKind.MAKEUP, {"ways": "recording,told", "until": "2026-12-04T06:00:00+00:00"},
        "11月20日（周五）的主题党日：学习党章请您补课：看录播，或由党小组长传达。到12月4日。发“补课”。",
    ),
    (
        NoticeKind.BIRTHDAY, {"joined": "1998-11-19", "day": "2026-11-19", "years": 28},
        ("张建国同志：今天是您的政治生日。1998年11月19日，您加入中国共产党，至今28周年。"
        "愿您不忘初心，永葆本色。发“重温誓词”可读誓词全文。"),
    ),
    (
        NoticeKind.BIRTHDAY_LIST, {"day": "2026-11-26", "month": 11, "people": "张建国:28\n李娜:30"},
        ("【政治生日】11月26日：张建国（28周年）、李娜（30周年）。\n逢十的建议安排谈心或登门：李娜。\n"
        "请在管理页选：本人发送、改为上门，还是不发。"),
    ),
    (
        NoticeKind.BIRTHDAY_LIST, {"day": None, "month": 12, "people": "王芳:51"},
        "【政治生日】12月入党、没有写明哪一天的：王芳。请按《入党志愿书》核实日期。",
    ),
    (NoticeKind.PROBATION, {"ends": "2026-12-19"}, "张建国同志预备期将于12月19日届满，请提醒本人提交书面转正申请。"),
    (
        NoticeKind.GAPS, {"month": 11, "gaps": "committee::\ngroup_meeting::第二党小组\nlecture:q:"},
        "11月还差：支部委员会1次、第二党小组会1次、党课1次（本季度）。",
    ),
    (NoticeKind.SELF_CHECK, {}, "月末静一静：自重、自省、自警、自励。想写几句请发“自查”，只有您自己看得到。"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "more", "said"), WORDS)
def test_a_notice_says_what_the_secretary_would(kind: NoticeKind, more: dict[str, str | int | None], said: str) -> None:
    facts = {
        "title": "主题党日：学习党章", "at": "2026-11-20T06:00:00+00:00", "place": "三楼会议室", "kind": "party_day",
        "name": "张建国", **more,
    }  # fmt: skip
    assert texts.words(kind, facts, ZONE, datetime(2026, 11, 19, 9, tzinfo=UTC)) == said


def test_the_day_before_is_worded_by_when_it_is_read() -> None:
    facts = {"title": "党课", "at": "2026-11-23T06:00:00+00:00", "place": "", "kind": "lecture"}

    def read(kind: NoticeKind, day: int, hour: int) -> str:
        return texts.words(kind, facts, ZONE, datetime(2026, 11, day, hour, tzinfo=ZONE))

    assert read(NoticeKind.TOMORROW, 20, 17).startswith("11月23日（周一）14:00上党课")  # Friday for Monday
    assert read(NoticeKind.TOMORROW, 22, 17).startswith("明天14:00上党课")
    assert read(NoticeKind.TOMORROW, 23, 8).startswith("今天14:00上党课")
    assert read(NoticeKind.SOON, 23, 13) == "一小时后上党课。"
    assert read(NoticeKind.SOON, 23, 8) == "今天14:00上党课。"
