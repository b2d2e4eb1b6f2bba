"""What the demo's branch has done this month and the last, told through the services as if people had done it then."""

import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Appointment, Role
from models.attendance import MakeUpWay, MarkKind
from models.checkin import Method
from models.hours import Course, CourseForm
from models.leave import LeaveClass
from models.member import Member
from models.org import Org
from models.question import ASKED, Topic
from models.reminder import StudyWish
from models.standing import Standing
from models.study import PathStep
from services import (
    activities,
    appointments,
    banks,
    checkins,
    exams,
    hours,
    leaves,
    makeups,
    members,
    notices,
    orgs,
    paths,
    registrations,
    standings,
    wishes,
)
from services.activities import Particulars, Plan
from services.checkins import Row
from services.hours import Told
from services.leaves import Wish
from services.rights import Act, act_of, operator
from services.wishes import Wanted
from texts.activity import KIND, KIND_ALSO

T = TypeVar("T")
HALL, ROOM, GROUP_ROOM = "三楼会议室", "二楼小会议室", "党小组活动室"
SECRETARY = "QW17"  # 王芳
LEADERS = {
    "第一党小组（预报服务）": "QW05",
    "第二党小组（观测与信息保障）": "QW09",
    "第三党小组（综合与离退休）": "QW24",
}
OFFICES: Sequence[tuple[str, Role]] = (
    (SECRETARY, Role.SECRETARY),
    ("QW01", Role.DEPUTY),
    ("QW01", Role.ORGANISATION),
    ("QW13", Role.PUBLICITY),
    ("QW18", Role.DISCIPLINE),
    ("QW04", Role.YOUTH),
    (SECRETARY, Role.LEADING_HEAD),
    ("QW10", Role.OFFICE),
)
NIGHT_SHIFT, SLACK, LATE, EARLY = "QW16", "QW03", "QW11", "QW14"
WITHOUT_PHONE = ("QW21", "QW23")
FALLS_ILL = "QW20"
WAITS_FOR_AN_ANSWER = "QW14"

CELEBRATES, CELEBRATES_IN = "QW24", timedelta(days=5)
WISHES = {
    "QW02": Wanted(StudyWish.TWICE),
    "QW13": Wanted(StudyWish.DAILY, self_check=True),
    "QW04": Wanted(self_check=True),
}
BANK = "党章2022"
PATH: Sequence[tuple[str, str, Topic]] = (
    ("党章第一章：党员", "请读《中国共产党章程》第一章，重点是党员的义务和权利。约10分钟。", Topic.RIGHTS),
    ("党章第二章：党的组织制度", "请读第二章，重点是民主集中制的基本原则。约10分钟。", Topic.ORGANISATION),
    ("党章第七章：党的纪律", "请读第七章，重点是五种纪律处分。约10分钟。", Topic.DISCIPLINE),
)

PAPER = (exams.Row(4, Topic.RIGHTS), exams.Row(3, Topic.ORGANISATION), exams.Row(3, Topic.DISCIPLINE))
TRAINED = (SECRETARY, "QW01", "QW05", "QW09", "QW13", "QW24")

K = ActivityKind
YEAR = Path(__file__).with_name("year.csv")  # what each month is about
DAYS = (10, 17, 24)  # of those
GROUP_DAYS = (5, 6, 9)


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a month: an activity of the branch or of a group; `fate` is what became of it before its day."""

    kind: ActivityKind
    title: str
    starts_at: datetime
    place: str
    group: str = ""
    fate: str = ""  # "moved", "cancelled"


@dataclass(frozen=True)
class Story:
    """Tells it once: what stands already stays as it is, and what was planned and is over by now has been held."""

    run: Run
    clock: Callable[[], datetime]
    zone: ZoneInfo

    def tell(self) -> None:
        """Fill in offices, standing leave, the study path and two months of activities."""
        now = self.clock()
        self.run(self._offices)
        self.run(self._standings)
        self.run(self._path)
        self.run(self._course)
        self.run(self._paper)
        self.run(self._reminders)
        today = now.astimezone(self.zone).date()
        before = today.replace(day=1) - timedelta(days=1)
        for entry in (*self._month(before), *self._month(today)):
            self.run(partial(self._entry, entry=entry, now=now))

    def leave_a_question(self) -> None:
        """Somebody asks for leave from the next meeting, and the leader's phone tells of it."""
        self.run(self._ask)

    def _offices(self, db: Session) -> None:
        if db.scalar(select(Appointment.id).limit(1)) is not None:
            return
        act = operator(self.clock(), self.zone)
        since = date(act.day.year - 1, 3, 15)
        for number, role in OFFICES:
            appointments.appoint(db, act, members.find(db, number), role, None, since)
        for group, number in LEADERS.items():
            leader = members.find(db, number)
            appointments.appoint(db, act, leader, Role.GROUP_LEADER, orgs.known_group(db, group), since)

    def _standings(self, db: Session) -> None:
        if db.scalar(select(Standing.id).limit(1)) is not None:
            return
        act = self._act(db, SECRETARY, self.clock())
        year, day = act.day.year, act.day
        for number, leave_class, span, reason in (
            ("QW12", LeaveClass.TRIP, (date(year - 1, 7, 1), None), "驻村任第一书记"),
            ("QW08", LeaveClass.OTHER, (day - timedelta(days=70), day + timedelta(days=88)), "产假"),
            ("QW21", None, (date(year - 1, 3, 20), None), "年高卧床，支委会同意，送学上门"),
        ):
            standings.enter(db, act, members.find(db, number), leave_class, span, reason)

    def _path(self, db: Session) -> None:
        """The study path, with the bank's questions where it has been taken in."""
        if db.scalar(select(PathStep.id).limit(1)) is not None:
            return
        act = self._act(db, SECRETARY, self.clock())
        bank = banks.named(db, act, BANK)
        for title, reading, topic in PATH:
            paths.add(db, act, paths.Asked(title, reading, bank, topic))

    def _course(self, db: Session) -> None:
        """A training course outside, with its proof."""
        if db.scalar(select(Course.id).limit(1)) is not None:
            return
        act = self._act(db, SECRETARY, self.clock())
        held_on = _workday(act.day.replace(day=1) - timedelta(days=20))
        told = Told(
            "党务工作者培训班",
            CourseForm.TOGETHER,
            held_on,
            80,
            "市直机关工委",
            "结业证书复印件，党建档案盒3",
            Topic.RIGHTS,
        )
        hours.enter(db, act, told, [members.find(db, number) for number in TRAINED])

    def _paper(self, db: Session) -> None:
        """A paper that can be sat for a month, where the bank has been taken in."""
        act = self._act(db, SECRETARY, self.clock())
        bank = banks.named(db, act, BANK)
        if bank is None or exams.on_offer(db, act.now) or exams.lacking(db, bank, PAPER, ASKED):
            return
        span = act.now - timedelta(hours=1), act.now + timedelta(days=30)
        exams.open_(db, act, exams.make(db, act, exams.Asked("党章学习测验", PAPER, 20, 60, *span, bank)), ASKED)

    def _reminders(self, db: Session) -> None:
        """A 政治生日 in some days, thirty years since; some members want to be reminded of study."""
        day = self.clock().astimezone(self.zone).date() + CELEBRATES_IN
        joined = date(day.year - 30, day.month, min(day.day, 28) if day.month == 2 else day.day)
        celebrating = members.find(db, CELEBRATES)
        celebrating.joined, celebrating.confirmed = joined.isoformat(), joined.replace(year=joined.year + 1).isoformat()
        for number, wanted in WISHES.items():
            if wishes.of(db, one := members.find(db, number)) == wishes.NOTHING:
                wishes.keep(db, one, wanted)

    def _month(self, day: date) -> list[Entry]:
        def at(number: int, hour: int) -> datetime:
            return datetime.combine(_workday(day.replace(day=number)), time(hour), self.zone)

        entries = [Entry(K.COMMITTEE, f"支委会：{day.month}月工作安排", at(3, 9), ROOM)]
        for group, number in zip(LEADERS, GROUP_DAYS, strict=True):
            title = f"党小组会：{day.month}月学习和岗位承诺"
            fate = "cancelled" if number == GROUP_DAYS[-1] else ""
            entries.append(Entry(K.GROUP_MEETING, title, at(number, 16), GROUP_ROOM, group, fate))
        for (kind, title), number in zip(_year()[day.month], DAYS, strict=False):
            entries.append(Entry(kind, title, at(number, 14), HALL, fate="moved" if number == DAYS[0] else ""))
        return entries

    def _entry(self, db: Session, entry: Entry, now: datetime) -> None:
        org = orgs.known_group(db, entry.group) if entry.group else orgs.branch(db)
        activity = self._planned(db, entry, org)
        if activity.state is ActivityState.PLANNED and activity.starts_at + timedelta(hours=2) < now:
            self._hold(db, activity)

    def _planned(self, db: Session, entry: Entry, org: Org) -> Activity:
        """The activity, planned a week before its day and moved or called off the day before, unless it stands."""
        month = (entry.starts_at.replace(day=1), entry.starts_at.replace(day=1) + timedelta(days=40))
        for one in activities.between(db, *month):
            if (one.kind, one.title, one.org_id) == (entry.kind, entry.title, org.id):
                return one
        starts, now = entry.starts_at, self.clock()
        act = self._act(db, SECRETARY, min(starts - timedelta(days=7), now))
        made = activities.plan(db, act, Plan(entry.kind, entry.title, starts, org, entry.place))
        day_before = starts - timedelta(hours=22)
        if entry.fate and day_before < now:
            act = self._act(db, SECRETARY, day_before)
            if entry.fate == "moved":
                to = datetime.combine(_workday(starts.date() + timedelta(days=1)), starts.timetz()), entry.place
                activities.move(db, act, made, to, "启动强降水应急响应", made.version)
            else:
                activities.cancel(db, act, made, "启动暴雨应急响应", made.version)
        return made

    def _hold(self, db: Session, activity: Activity) -> None:
        """Leave asked the evening before, people coming in, the leader's list, the end, and what was made of it."""
        start = activity.starts_at
        expected = {one.number: one for one in activities.expected(db, activity)}
        away = set(standings.on(db, start.astimezone(self.zone).date()))
        if NIGHT_SHIFT in expected:
            self._on_leave(db, activity, expected.pop(NIGHT_SHIFT), Wish(LeaveClass.DUTY, "夜班"))
        if FALLS_ILL in expected and activity.kind is not K.GROUP_MEETING:
            self._on_leave(db, activity, expected.pop(FALLS_ILL), Wish(LeaveClass.SICK, "复查"))
        activities.open_(db, self._act(db, SECRETARY, start - timedelta(minutes=15)), activity)
        absent = expected.pop(SLACK, None)
        by_hand = [expected.pop(number) for number in WITHOUT_PHONE if number in expected]
        came = [one for one in expected.values() if one.id not in away]
        rows = [self._row(activity, one) for one in came]
        if rows:
            checkins.record(db.connection(), rows)
        if by_hand:
            leader = self._act(db, LEADERS["第三党小组（综合与离退休）"], start - timedelta(minutes=4))
            registrations.register(db, leader, activity, by_hand, "现场核实")
        end = self._act(db, SECRETARY, start + timedelta(minutes=95))
        activities.close(db, end, activity)
        self._afterwards(db, activity, end, absent)

    def _on_leave(self, db: Session, activity: Activity, member: Member, wish: Wish) -> None:
        evening = activity.starts_at - timedelta(hours=19)
        asked = leaves.ask(db, act_of(db, member, evening, self.zone), member, activity, wish)
        db.flush()
        decider = leaves.deciders(db, asked, evening, self.zone)[0]
        later = act_of(db, decider, evening + timedelta(minutes=25), self.zone)
        leaves.decide(db, later, asked, agreed=True, note="")

    def _row(self, activity: Activity, member: Member) -> Row:
        """When and how this person came: the same at every telling."""
        chance = _chance(activity, member)
        minutes = 9 if member.number == LATE and activity.kind is K.PARTY_DAY else -14 + chance % 14
        at = activity.starts_at + timedelta(minutes=minutes, seconds=chance % 60)
        method = Method.NUMBER if chance % 5 == 0 else Method.SCAN
        message = hashlib.sha256(f"demo {activity.public_id} {member.public_id}".encode()).hexdigest()[:32]
        return Row(activity.id, member.id, at, method, message, at)

    def _afterwards(self, db: Session, activity: Activity, end: Act, absent: Member | None) -> None:
        """The record's first page, a mark or two, and content made up."""
        secretary = members.find(db, SECRETARY).name
        told = Particulars(
            host=secretary,
            recorder=members.find(db, "QW10").name,
            lecturer=secretary if activity.kind is K.LECTURE else "",
            agenda=activity.title.partition("：")[2] or activity.title,
        )
        activities.note(db, end, activity, told, activity.version)
        if activity.kind is K.PARTY_DAY:
            registrations.mark(db, end, activity, members.find(db, EARLY), (MarkKind.EARLY, None), "接班")
        if absent is not None and activity.kind is K.LECTURE:
            registrations.mark(db, end, activity, absent, (MarkKind.ABSENT, None), "问过本人：记错了日子")
        member = members.find(db, NIGHT_SHIFT)
        days = timedelta(days=3)
        if activity.kind is K.LECTURE and activity.starts_at + days < self.clock():
            act = act_of(db, member, activity.starts_at + days, self.zone)
            made = makeups.tell(db, act, member, activity, MakeUpWay.RECORDING, "看完录播，记了笔记")
            db.flush()
            makeups.confirm(db, self._act(db, SECRETARY, act.now + timedelta(hours=2)), made)

    def _ask(self, db: Session) -> None:
        member, now = members.find(db, WAITS_FOR_AN_ANSWER), self.clock()
        for activity in leaves.askable(db, member, now, self.zone):
            if activity.starts_at > now and not leaves.waiting_for(db, self._act(db, SECRETARY, now)):
                act = act_of(db, member, now, self.zone)
                asked = leaves.ask(db, act, member, activity, Wish(LeaveClass.TRIP, "去省局开会"))
                db.flush()
                notices.leave_asked(db, asked, now, self.zone)
                return

    def _act(self, db: Session, number: str, at: datetime) -> Act:
        return act_of(db, members.find(db, number), at, self.zone)


def _chance(activity: Activity, member: Member) -> int:
    return int.from_bytes(hashlib.sha256(f"{activity.title} {member.number}".encode()).digest()[:4], "big")


def _workday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def _year() -> dict[int, list[tuple[ActivityKind, str]]]:
    kinds = {**{label: kind for kind, label in KIND.items()}, **KIND_ALSO}
    months: dict[int, list[tuple[ActivityKind, str]]] = {}
    with YEAR.open(encoding="utf-8", newline="") as lines:
        for month, kind, title in list(csv.reader(lines))[1:]:
            months.setdefault(int(month), []).append((kinds[kind], title))
    return months
