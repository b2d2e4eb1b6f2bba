"""A year for three hundred members: what the clock writes is what is reckoned on paper, to the last push."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import build
from jobs import reminders, workdays
from jobs.desk import Desk
from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Appointment, Role
from models.attendance import MakeUp, MakeUpWay
from models.checkin import CheckIn, Method, Seat, SeatState
from models.leave import Leave, LeaveClass, LeaveState
from models.member import Member, MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from models.reminder import DayKind, GreetingChoice, StudyWish
from models.standing import Standing, StandingKind
from services import activities, attendance, greetings, hours, orgs, rights, timetables, wishes
from services import workdays as calendar
from services.activities import Plan
from services.rights import Act
from services.wishes import Wanted
from tests.branch import settings_for
from tests.engines import Database
from tests.jobs.year import (
    COMMITTEE,
    DAY,
    GROUPS,
    HOUR,
    MINUTE,
    OFFICE,
    ZONE,
    Happening,
    Person,
    Row,
    people,
    reckoned,
    script,
)

T = TypeVar("T")
ROLES = dict(zip(COMMITTEE, (Role.SECRETARY, Role.ORGANISATION, Role.PUBLICITY), strict=True)) | {OFFICE: Role.OFFICE}
FIRST = datetime(2026, 1, 1, tzinfo=ZONE)
NEARLY_EVENING = timedelta(hours=19, minutes=59)  # when each day is looked at, whatever else happens in it


@dataclass
class Doing:
    """Does with the product what the script says; numbers of people and meetings are those of the script."""

    db: Session
    desk: Desk

    def act(self, at: datetime) -> Act:
        return rights.operator(at, ZONE)

    def enter(self, everybody: dict[int, Person]) -> None:
        branch = orgs.branch(self.db, "青湾市气象局党支部")
        groups = [orgs.group(self.db, f"第{'一二三'[n]}党小组") for n in range(GROUPS)]
        for one in everybody.values():
            who = Member(
                id=one.number, public_id=f"{one.number}", org_id=branch.id, group_id=groups[one.group - 1].id,
                name=f"同志{one.number}", status=MemberStatus(one.status), joined=one.joined or None,
                moved_in=one.moved_in,
            )  # fmt: skip
            self.db.add(who)
            self.db.flush()
            if one.study != "never" or one.check:
                wishes.keep(self.db, who, Wanted(StudyWish(one.study), one.check))
            if one.number in ROLES:
                held = {"member_id": one.number, "org_id": branch.id, "role": ROLES[one.number]}
                self.db.add(Appointment(**held, starts=date(2025, 1, 1)))
        self.db.flush()

    def happen(self, one: Happening) -> None:
        act = self.act(one.at)
        match one.verb, one.more:
            case "plan", (str(kind), int(group), datetime() as starts):
                org = orgs.group(self.db, f"第{'一二三'[group - 1]}党小组") if group else orgs.branch(self.db)
                made = activities.plan(self.db, act, Plan(ActivityKind(kind), f"第{one.number}次", starts, org))
                made.public_id = f"{one.number}"
            case "soon", ():
                timetables.change(self.db, act, NoticeKind.SOON, enabled=True, at=None, version=0)
            case "study_at", (time() as at,):
                timetables.change(self.db, act, NoticeKind.STUDY, enabled=True, at=at, version=0)
            case "caps", (time() as evening, int(a_day)):
                timetables.change_quiet(
                    self.db, act, evening=evening, morning=time(7, 30), a_day=a_day, a_week=4, version=0
                )  # fmt: skip
            case "rest", (date() as day,):
                calendar.change(self.db, act, day, DayKind.REST, "停电检修")
            case (("move" | "cancel" | "open" | "close" | "leave" | "told"), _):
                self._meeting(one, act, activities.find(self.db, f"{one.number}"))
            case _:
                self._person(one, act, self.db.get_one(Member, one.number))
        self.db.flush()

    def _meeting(self, one: Happening, act: Act, it: Activity) -> None:
        match one.verb, one.more:
            case "move", (datetime() as starts,):
                activities.move(self.db, act, it, (starts, ""), "", it.version)
            case "cancel", ():
                activities.cancel(self.db, act, it, "", it.version)
            case "open", ():
                activities.open_(self.db, act, it)
            case "close", (frozenset() as come,):
                seated = select(Seat.member_id).where(Seat.activity_id == it.id, Seat.state == SeatState.EXPECTED)
                at = {"at": it.starts_at, "recorded_at": it.starts_at, "method": Method.SCAN, "reason": ""}
                for n in come & set(self.db.scalars(seated)):
                    self.db.add(CheckIn(activity_id=it.id, member_id=n, message=f"{it.id}-{n}", **at))
                activities.close(self.db, act, it)
            case "leave", (frozenset() as those,):
                settled = {"leave_class": LeaveClass.DUTY, "state": LeaveState.APPROVED, "decided_at": act.now}
                for n in those:
                    self.db.add(Leave(activity_id=it.id, member_id=n, asked_at=act.now, **settled))
            case "told", (frozenset() as those,):
                for n in those:
                    way = {"way": MakeUpWay.TOLD, "told_at": act.now}
                    self.db.add(MakeUp(activity_id=it.id, member_id=n, **way))

    def _person(self, one: Happening, act: Act, who: Member) -> None:
        match one.verb, one.more:
            case "die", ():
                who.status = MemberStatus.DECEASED
            case "suspend", ():
                who.status = MemberStatus.SUSPENDED
            case "move_out", (date() as day,):
                who.moved_out = day
            case "wish", (str(study), bool(check)):
                wishes.keep(self.db, who, Wanted(StudyWish(study), check))
            case "greet", (str(choice),):
                greetings.decide(self.db, act, who, 2026, GreetingChoice(choice))
            case "exempt", (date() as day,):
                self.db.add(self._standing(who, act, StandingKind.EXEMPT, (day, None)))
            case "away", (date() as first, date() as last):
                self.db.add(self._standing(who, act, StandingKind.LEAVE, (first, last)))
        self.db.flush()
        if one.verb in {"die", "suspend", "move_out", "exempt", "away"}:
            for it in self.db.scalars(select(Activity).where(Activity.state == ActivityState.PLANNED)).all():
                activities.seat_everyone(self.db, it, ZONE)

    def _standing(self, who: Member, act: Act, kind: StandingKind, span: tuple[date, date | None]) -> Standing:
        leave = LeaveClass.AWAY if kind is StandingKind.LEAVE else None
        return Standing(
            member_id=who.id, kind=kind, leave_class=leave, starts=span[0], ends=span[1], reason="驻村", at=act.now
        )

    def look(self, at: datetime) -> None:
        reminders.write(self.desk, at)

    def rows(self) -> Iterator[Row]:
        for one in self.db.scalars(select(Notice)):
            how = "expired" if one.state is NoticeState.EXPIRED else "held" if one.reason else "pushed"
            _, occurrence, person = one.once.split(":")
            leaves = one.due_at.astimezone(ZONE)
            yield Row(one.kind.value, int(person), occurrence, leaves, how)


def doing(database: Database, redis_url: str, db: Session) -> Doing:
    """All in one transaction, which saves a disk's wait for each of a thousand looks."""
    house = build(settings_for(database.home, redis={"url": redis_url}))

    def run(work: Callable[[Session], T]) -> T:
        done = work(db)
        db.flush()
        return done

    @contextmanager
    def reading() -> Iterator[Session]:
        yield db

    rules = hours.Rules(
        attendance.Rules(house.parts.attendance.late_after),
        by_kind={ActivityKind.LECTURE: 40, ActivityKind.PARTY_DAY: 40},
    )
    return Doing(db, replace(house.desk(), run=run, reading=reading, hours=rules))


def looks(happenings: list[Happening]) -> list[datetime]:
    """When the clock looks: each evening, before something happens, when an activity is published, before meetings."""
    found = {FIRST} | {FIRST + DAY * n + NEARLY_EVENING for n in range(365)}
    for one in happenings:
        found |= {one.at - MINUTE} | ({one.at} if one.verb in {"plan", "move"} else set())
        found |= {more - HOUR for more in one.more if isinstance(more, datetime) and more.year == 2026}
    return sorted(found)


def test_a_years_reminders_are_those_reckoned_on_paper(
    database: Database, empty_redis: redis.Redis, redis_url: str
) -> None:
    happenings = script(random.Random(1921), people(random.Random(7)))
    with Session(database.engine) as db, db.begin():
        product = doing(database, redis_url, db)
        product.enter(people(random.Random(7)))
        workdays.fill(product.desk, FIRST)
        waiting = list(happenings)
        for at in looks(happenings):
            while waiting and waiting[0].at <= at:
                product.happen(waiting.pop(0))
            product.look(at)
        found = set(product.rows())
    wanted = set(reckoned(people(random.Random(7)), happenings).rows.values())
    assert sorted(map(str, found - wanted)) == []
    assert sorted(map(str, wanted - found)) == []
