"""July of the demo branch, lived through by chat, door list and pages: fifteen people, eight meetings, one typhoon."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind
from models.appointment import Role
from models.attendance import MarkKind
from models.leave import LeaveClass
from models.member import Identity, Member, MemberStatus
from models.org import OrgKind
from services import (
    activities,
    appointments,
    logins,
    makeups,
    members,
    notices,
    orgs,
    registrations,
    rights,
    rosters,
    standings,
    visits,
)
from services.activities import Plan
from services.members import Account
from services.rights import Act
from services.rosters import Entry
from tests.branch import Branch, branch_on
from tests.engines import Database

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
FIRST, SECOND = "第一党小组", "第二党小组"
FULL, PROBATIONARY = MemberStatus.FULL, MemberStatus.PROBATIONARY
NAME, GROUP, STATUS = 0, 1, 2
PEOPLE = {  # by 编号; two are called 张伟
    "W": ("王建军", FIRST, FULL),  # 党小组长
    "L": ("李娜", FIRST, FULL),  # night shifts
    "ZA": ("张伟", FIRST, FULL),
    "G": ("龚䶮", FIRST, PROBATIONARY),
    "Z": ("周志强", FIRST, FULL),  # 纪检委员
    "A": ("阿依古丽·买买提", FIRST, FULL),
    "F": ("王芳", SECOND, FULL),  # 书记
    "S": ("沈明", SECOND, FULL),  # 党小组长, 组织委员
    "ZB": ("张伟", SECOND, FULL),
    "Y": ("杨德山", SECOND, FULL),  # 84, bedridden: 免
    "X": ("朱秀英", SECOND, FULL),  # no smartphone
    "H": ("韩守义", SECOND, FULL),  # no smartphone
    "Q": ("秦志远", SECOND, FULL),  # shares the phone of 许桂兰, his wife
    "U": ("许桂兰", SECOND, FULL),
    "J": ("蒋文博", SECOND, FULL),  # transferred in on 15 July
}
BY_HAND = ("X", "H", "Q")
OUTSIDE = {"T": ("唐悦", MemberStatus.ACTIVIST), "D": ("魏大勇", MemberStatus.CITIZEN)}
BEGINNING = datetime(2026, 7, 1, 9, 0, tzinfo=ZONE)


@dataclass
class Month:
    """The branch in July, and who does what in it."""

    branch: Branch
    meetings: dict[str, str] = field(default_factory=dict)  # title -> public id

    def at(self, day: int, clock: str) -> None:
        """It is that day of July, that time on the branch's wall."""
        hour, minute = clock.split(":")
        then = datetime(2026, 7, day, int(hour), int(minute), tzinfo=ZONE)
        self.branch.clock.advance((then - self.branch.clock.now()).total_seconds())

    def run(self, work: Callable[[Session], T]) -> T:
        return self.branch.house.run(work)

    def act(self, db: Session, who: str) -> Act:
        return rights.act_of(db, self.member(db, who), self.branch.clock.now(), ZONE)

    def member(self, db: Session, who: str) -> Member:
        return members.find(db, who)

    def activity(self, db: Session, title: str) -> Activity:
        return activities.find(db, self.meetings[title])

    def does(self, who: str, work: Callable[[Session, Act], T]) -> T:
        """A member does something on the pages."""
        return self.run(lambda db: work(db, self.act(db, who)))

    def binds(self, who: str) -> None:
        """Follow the account and send the digits of the slip."""
        self.branch.phone(who).says(self.branch.code(who)).hears("绑定成功")

    def plans(self, kind: ActivityKind, title: str, day: int, clock: str, *, group: str = "", by: str = "F") -> None:
        """Somebody plans a meeting in July."""
        hour, minute = clock.split(":")
        starts = datetime(2026, 7, day, int(hour), int(minute), tzinfo=ZONE)

        def plan(db: Session, act: Act) -> str:
            org = orgs.known_group(db, group) if group else orgs.branch(db)
            return activities.plan(db, act, Plan(kind, title, starts, org, "三楼会议室")).public_id

        self.meetings[title] = self.does(by, plan)

    def moves(self, title: str, day: int, clock: str, why: str, *, by: str = "F") -> int:
        """改期 within July; returns how many are told."""
        hour, minute = clock.split(":")
        to = datetime(2026, 7, day, int(hour), int(minute), tzinfo=ZONE)

        def move(db: Session, act: Act) -> int:
            activity = self.activity(db, title)
            activities.move(db, act, activity, (to, activity.place), why, activity.version)
            return notices.moved(db, activity, act.now, act.zone)

        return self.does(by, move)

    def cancels(self, title: str, why: str, *, by: str = "F") -> int:
        """取消; returns how many are told."""

        def cancel(db: Session, act: Act) -> int:
            activity = self.activity(db, title)
            activities.cancel(db, act, activity, why, activity.version)
            return notices.cancelled(db, activity, act.now, act.zone)

        return self.does(by, cancel)

    def invites(self, title: str, who: str, by: str = "F") -> None:
        """列席, entered beforehand on the page."""
        self.does(by, lambda db, act: activities.invite(db, act, self.activity(db, title), [self.member(db, who)]))

    def opens(self, title: str, by: str = "F") -> None:
        self.does(by, lambda db, act: activities.open_(db, act, self.activity(db, title)))

    def closes(self, title: str, by: str = "F") -> None:
        self.does(by, lambda db, act: activities.close(db, act, self.activity(db, title)))

    def scan(self, title: str, *who: str) -> None:
        """They scan the code on the big screen, each with the own phone."""
        for one in who:
            code = self.branch.screen(self.meetings[title]).code
            self.branch.phones[one].scans(code).hears("签到成功")

    def types_the_number(self, title: str, who: str) -> None:
        """The six digits beside the code."""
        self.branch.phones[who].says(self.branch.screen(self.meetings[title]).number).hears("签到成功")

    def comes_unbound(self, title: str, who: str) -> None:
        """Somebody who is nobody yet scans, then sends the digits of the slip: both are done."""
        new = self.branch.phone(who)
        new.scans(self.branch.screen(self.meetings[title]).code).hears_not("签到成功")
        new.says(self.branch.code(who)).hears("绑定成功", "签到成功")

    def registers(self, title: str, *who: str, by: str = "S", why: str = "无智能手机") -> None:
        """A leader ticks them off: 登."""

        def register(db: Session, act: Act) -> int:
            people = [self.member(db, one) for one in who]
            return registrations.register(db, act, self.activity(db, title), people, why)

        assert self.does(by, register) == len(who)

    def marks(
        self, title: str, who: str, kind: MarkKind, why: str, *, by: str, leave: LeaveClass | None = None
    ) -> None:
        def mark(db: Session, act: Act) -> None:
            registrations.mark(db, act, self.activity(db, title), self.member(db, who), (kind, leave), why)

        self.does(by, mark)

    def asks_leave(self, title: str, who: str, digit: str, leader: str) -> None:
        """请假 in chat, and the leader's 同意."""
        phone = self.branch.phones[who].says("请假")
        self._picks(who, title)
        phone.says(digit).hears("已提交")
        self.branch.phones[leader].says("批假").hears(PEOPLE[who][NAME], "1 同意").says("1").hears("已同意")

    def makes_up(self, title: str, who: str, digit: str, words: str, leader: str) -> None:
        """补课 in chat, confirmed by the leader on the page."""
        phone = self.branch.phones[who].says("补课")
        self._picks(who, title)
        phone.says(digit).says(words).hears("已提交")

        def confirm(db: Session, act: Act) -> None:
            makeups.confirm(db, act, makeups.of(db, self.activity(db, title))[self.member(db, who).id])

        self.does(leader, confirm)

    def _picks(self, who: str, title: str) -> None:
        """Where several meetings are named, the one meant."""
        phone = self.branch.phones[who]
        if "哪一次" in phone.reply:
            lines = [line for line in phone.reply.splitlines() if title in line]
            phone.says(lines[0].split()[0])

    def token(self, who: str) -> str:
        """What the mini-program of that member carries."""
        app_id = self.branch.house.settings.wechat.mini_program.app_id

        def open_(db: Session) -> str:
            token, opened = logins.open_(db, Account(app_id, f"mini {who}"), None, self.branch.clock.now())
            db.get_one(Identity, opened.identity_id).member_id = self.member(db, who).id
            return token

        return self.run(open_)

    def client(self, who: str) -> FlaskClient:
        """A browser in which that member is signed in."""

        def admit(db: Session) -> str:
            token, _ = visits.admitted(db, self.member(db, who), self.branch.clock.now(), device="电脑", place="内网")
            return token

        client = self.branch.app.test_client()
        client.set_cookie("visit", self.run(admit), path="/h5/")
        return client


@contextmanager
def lived(database: Database, redis_url: str, made: Callable[[Branch], Month] = Month) -> Iterator[Month]:
    """The month from its first day to its last; `made` says by which door people come."""
    with branch_on(database, redis_url) as branch:
        month = made(branch)
        month.branch.clock.advance((BEGINNING - branch.clock.now()).total_seconds())
        _settle(month)
        _first_week(month)
        _typhoon(month)
        _last_week(month)
        yield month


def _settle(month: Month) -> None:
    """People, offices, the exemption, phones."""

    def settle(db: Session) -> None:
        act = month.branch.house.operator()
        orgs.branch(db, "青湾市气象局党支部")
        for number, (name, group, status) in PEOPLE.items():
            if number != "J":
                rosters.take(db, Entry(name=name, number=number, group=group, status=status), {})
        for number, (name, status) in OUTSIDE.items():
            rosters.take(db, Entry(name=name, number=number, status=status), {})
        for number, role in (("F", Role.SECRETARY), ("S", Role.ORGANISATION), ("Z", Role.DISCIPLINE)):
            appointments.appoint(db, act, month.member(db, number), role, None, date(2026, 1, 1))
        for number, name in (("W", FIRST), ("S", SECOND)):
            led = orgs.known_group(db, name)
            assert led.kind is OrgKind.GROUP
            appointments.appoint(db, act, month.member(db, number), Role.GROUP_LEADER, led, date(2026, 1, 1))
        old = "年老体弱，支委会同意"
        standings.enter(db, act, month.member(db, "Y"), None, (date(2026, 1, 1), None), old)

    month.run(settle)
    for number in [*PEOPLE, *OUTSIDE]:
        if number not in {*BY_HAND, "Y", "J"}:
            month.binds(number)


def _first_week(month: Month) -> None:
    month.plans(ActivityKind.COMMITTEE, "支委会", 2, "15:00")
    month.at(2, "14:50")
    month.opens("支委会")
    month.scan("支委会", "F", "S", "Z")
    month.at(2, "16:00")
    month.closes("支委会")

    month.plans(ActivityKind.GROUP_MEETING, "第一组会", 7, "14:00", group=FIRST, by="W")
    month.at(6, "18:00")
    month.asks_leave("第一组会", "L", "1", leader="W")  # 值班, 1st
    month.at(7, "13:50")
    month.opens("第一组会", by="W")
    month.scan("第一组会", "W", "ZA", "G", "A")
    month.at(7, "14:20")
    month.scan("第一组会", "Z")  # twenty minutes late
    month.at(7, "15:00")
    month.closes("第一组会", by="W")

    month.plans(ActivityKind.GROUP_MEETING, "第二组会", 8, "14:00", group=SECOND, by="S")
    month.at(8, "13:30")
    month.registers("第二组会", *BY_HAND)  # before it begins: the list is ticked at the door
    month.opens("第二组会", by="S")
    month.at(8, "13:55")
    month.scan("第二组会", "F", "S", "U")
    month.at(8, "15:00")
    month.closes("第二组会", by="S")
    month.plans(ActivityKind.PARTY_DAY, "七月主题党日", 10, "14:00")


def _typhoon(month: Month) -> None:
    month.at(9, "17:00")

    told = month.moves("七月主题党日", 17, "14:00", "启动台风应急响应")
    assert told == 13  # fifteen without the one exempt and the one who comes on the 15th
    month.at(10, "10:00")  # two days after the meeting: leave afterwards
    month.asks_leave("第二组会", "ZB", "3", leader="S")

    month.at(14, "9:00")
    name, group, status = PEOPLE["J"]
    arrives = date(2026, 7, 15)
    month.run(
        lambda db: rosters.take(db, Entry(name=name, number="J", group=group, status=status, moved_in=arrives), {})
    )
    month.invites("七月主题党日", "T")
    month.at(16, "20:00")
    month.asks_leave("七月主题党日", "L", "1", leader="W")  # 2nd
    month.at(17, "13:45")
    month.opens("七月主题党日")
    month.scan("七月主题党日", "W", "ZA", "G", "Z", "F", "S", "U", "T", "D")  # D has taken the wrong door
    month.types_the_number("七月主题党日", "ZB")
    month.registers("七月主题党日", *BY_HAND)
    month.comes_unbound("七月主题党日", "J")
    month.at(17, "15:00")
    month.marks("七月主题党日", "Z", MarkKind.EARLY, "应急值守", by="W")
    month.at(17, "15:30")
    month.closes("七月主题党日")
    month.at(18, "9:00")
    month.marks("七月主题党日", "A", MarkKind.ABSENT, "已向本人了解", by="W")
    month.marks("七月主题党日", "D", MarkKind.NOT_CAME, "走错会场", by="F")
    month.at(20, "9:00")
    month.makes_up("七月主题党日", "L", "1", "看了录播，学习防汛中的党员担当", leader="W")


def _last_week(month: Month) -> None:
    month.plans(ActivityKind.BRANCH_MEETING, "半年小结", 24, "14:00")
    month.at(23, "9:00")
    month.asks_leave("半年小结", "L", "1", leader="W")  # 3rd
    month.asks_leave("半年小结", "ZB", "2", leader="S")  # 出差
    month.at(24, "13:55")
    month.opens("半年小结")
    month.scan("半年小结", "W", "ZA", "G", "Z", "A", "F", "S", "U", "J")
    month.registers("半年小结", *BY_HAND)
    month.at(24, "15:30")
    month.closes("半年小结")

    month.plans(ActivityKind.VOLUNTEER, "防汛志愿服务", 25, "9:00", group=FIRST, by="W")
    month.asks_leave("防汛志愿服务", "A", "4", leader="W")  # 有事
    month.at(25, "8:55")
    month.opens("防汛志愿服务", by="W")
    month.scan("防汛志愿服务", "W", "L", "ZA", "G", "Z")
    month.at(25, "11:00")
    month.closes("防汛志愿服务", by="W")

    month.plans(ActivityKind.LECTURE, "七月党课", 28, "14:30")
    month.at(27, "9:00")
    month.asks_leave("七月党课", "L", "1", leader="W")  # 4th
    month.at(28, "14:25")
    month.opens("七月党课")
    month.scan("七月党课", "W", "ZA", "G", "Z", "A", "F", "S", "ZB", "U")
    month.registers("七月党课", "X", "Q")  # H is not there, and nobody has asked why yet
    month.at(28, "14:45")
    month.scan("七月党课", "J")  # fifteen minutes late
    month.at(28, "16:00")
    month.closes("七月党课")

    month.plans(ActivityKind.LIFE_MEETING, "组织生活会", 31, "14:00")
    month.plans(ActivityKind.OTHER, "读书会", 30, "15:00", group=FIRST, by="W")
    assert month.cancels("读书会", "和志愿服务合并", by="W") == 6  # stands in no table
    month.at(30, "9:00")
    month.asks_leave("组织生活会", "L", "1", leader="W")  # 5th
    month.at(31, "9:00")
    month.makes_up("七月党课", "L", "2", "自学讲稿，写了心得", leader="W")
    month.at(31, "13:55")
    month.opens("组织生活会")
    month.scan("组织生活会", "W", "ZA", "G", "Z", "A", "F", "S", "ZB", "U", "J")
    month.registers("组织生活会", *BY_HAND)
    month.at(31, "16:00")
    month.closes("组织生活会")
    month.at(31, "17:00")
