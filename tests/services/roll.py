"""A branch of a few people on a bare database, and acts of those who hold an office in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from engines.sql import reading, run
from models.activity import Activity, ActivityKind
from models.appointment import Role
from models.checkin import Seat, SeatState
from models.event import Event
from models.member import Member, MemberStatus
from services import activities, appointments, members, orgs, rights, rosters
from services.activities import Plan
from services.rights import Act
from services.rosters import Entry
from tests.engines import Database

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 5, 52, tzinfo=UTC)  # 13:52 in Qingwan, a Sunday
TODAY = date(2026, 11, 22)
FIRST, SECOND = "第一党小组", "第二党小组"


@dataclass
class Office:
    """A database whose people have offices; `now` is where the test puts it."""

    database: Database
    now: datetime = NOW

    def run(self, work: Callable[[Session], T]) -> T:
        """Do it in a writing transaction."""
        return run(self.database.engine, work)

    def look(self, work: Callable[[Session], T]) -> T:
        """See how things are."""
        with reading(self.database.engine) as db:
            return work(db)

    def enrol(self, name: str, group: str | None = FIRST, **more: object) -> str:
        """Put somebody on the roll; returns the name."""
        given = {"status": MemberStatus.FULL, **more}
        self.run(lambda db: rosters.take(db, Entry(name=name, group=group, **given), {}))  # type: ignore[arg-type] # as the test says
        return name

    def appoint(self, name: str, role: Role, group: str | None = None, starts: date = date(2026, 1, 1)) -> str:
        """Give an office by the operator's hand; returns the appointment's public id."""

        def work(db: Session) -> str:
            org = orgs.known_group(db, group) if group else None
            return appointments.appoint(db, self.operator(), members.find(db, name), role, org, starts).public_id

        return self.run(work)

    def operator(self) -> Act:
        """An act of the operator."""
        return rights.operator(self.now, ZONE)

    def act(self, db: Session, name: str) -> Act:
        """An act of that member, now."""
        return rights.act_of(db, members.find(db, name), self.now, ZONE)

    def does(self, name: str, work: Callable[[Session, Act], T]) -> T:
        """Have the member do it."""
        return self.run(lambda db: work(db, self.act(db, name)))

    def meeting(
        self, days: int, kind: ActivityKind = ActivityKind.PARTY_DAY, group: str | None = None, *, opened: bool = False
    ) -> str:
        """Plan a meeting so many days from now; returns its public id."""

        def work(db: Session) -> str:
            org = orgs.known_group(db, group) if group else orgs.branch(db)
            asked = Plan(kind, "会", self.now + timedelta(days=days), org)
            made = activities.plan(db, self.operator(), asked)
            if opened:
                activities.open_(db, self.operator(), made)
            return made.public_id

        return self.run(work)

    def expected(self, meeting: str) -> set[str]:
        """The names of those expected there."""
        with reading(self.database.engine) as db:
            seats = select(Member.name).join(Seat, Seat.member_id == Member.id).join(Activity)
            return set(db.scalars(seats.where(Activity.public_id == meeting, Seat.state == SeatState.EXPECTED)))

    def log(self, name: str) -> list[tuple[str, str, str]]:
        """What happened to a member's record, oldest first: (verb, who, facts)."""
        with reading(self.database.engine) as db:
            member = members.find(db, name)
            rows = db.scalars(
                select(Event).where(Event.subject == "member", Event.subject_id == member.id).order_by(Event.id)
            )
            return [(one.verb, one.by.name if one.by else "", one.facts) for one in rows]


def staffed(database: Database) -> Office:
    """王芳 is secretary, 张建国 leads the first group, 李娜 is in it, 赵敏 in the second, 周涛 only on the committee."""
    office = Office(database)
    office.run(lambda db: orgs.branch(db, "青湾市气象局党支部"))
    for name, group in (("王芳", SECOND), ("张建国", FIRST), ("李娜", FIRST), ("赵敏", SECOND), ("周涛", SECOND)):
        office.enrol(name, group)
    office.appoint("王芳", Role.SECRETARY)
    office.appoint("张建国", Role.GROUP_LEADER, FIRST)
    office.appoint("周涛", Role.PUBLICITY)
    return office
