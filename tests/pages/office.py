"""A branch whose leaders sign in to the H5 pages: people with offices in two groups, their browsers, a real server."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Thread

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app import House
from models.activity import Activity, ActivityKind
from models.appointment import Role
from models.member import Member, MemberStatus
from services import activities, appointments, members, orgs, rosters, visits
from services.rosters import Entry
from tests.branch import Branch

FIRST, SECOND = "第一党小组", "第二党小组"
SECRETARY, LEADER, OTHER_LEADER, MEMBER, OTHER_MEMBER = "张建国", "王芳", "李强", "赵敏", "钱进"
COMMITTEE, OFFICE = "孙丽", "周涛"
SINCE = date(2026, 1, 1)


@dataclass
class Office:
    """The branch, and everybody's browser by name."""

    branch: Branch
    address: str = ""
    browsers: dict[str, "Browser"] = field(default_factory=dict)

    @property
    def house(self) -> House:
        return self.branch.house

    def join(self, name: str, group: str | None = FIRST, status: MemberStatus = MemberStatus.FULL) -> None:
        """Put a person on the roll."""
        self.house.run(lambda db: rosters.take(db, Entry(name=name, group=group, status=status), {}))

    def appoint(self, name: str, role: Role, group: str | None = None) -> str:
        """Give a person an office; returns the appointment's public id."""

        def work(db: Session) -> str:
            org = orgs.known_group(db, group) if group else None
            person = members.find(db, name)
            return appointments.appoint(db, self.house.operator(), person, role, org, SINCE).public_id

        return self.house.run(work)

    def dismiss(self, appointment: str) -> None:
        """End an office today."""

        def work(db: Session) -> None:
            found = appointments.find(db, appointment)
            assert found is not None
            act = self.house.operator()
            appointments.end(db, act, found, act.day)

        self.house.run(work)

    def plan(
        self,
        title: str,
        kind: ActivityKind = ActivityKind.PARTY_DAY,
        *,
        group: str | None = None,
        starts: timedelta = timedelta(0),
    ) -> str:
        """An activity of the branch or a group; returns its public id."""

        def work(db: Session) -> str:
            org = orgs.known_group(db, group) if group else orgs.branch(db)
            asked = activities.Plan(kind, title, self.branch.clock.now() + starts, org, "三楼会议室")
            return activities.plan(db, self.house.operator(), asked).public_id

        return self.house.run(work)

    def open(self, activity: str) -> str:
        """Begin its check-in."""
        self.house.run(lambda db: activities.open_(db, self.house.operator(), activities.find(db, activity)))
        return activity

    def close(self, activity: str) -> str:
        """End its check-in."""
        self.house.run(lambda db: activities.close(db, self.house.operator(), activities.find(db, activity)))
        return activity

    def id_of(self, name: str) -> str:
        """A member's public id."""
        with self.house.reading() as db:
            return members.find(db, name).public_id

    def record(self, activity: str) -> Activity:
        """An activity as it stands."""
        with self.house.reading() as db:
            return activities.find(db, activity)

    def browser(self, name: str) -> "Browser":
        """The person's browser, signed in at first use."""
        if name not in self.browsers:
            self.browsers[name] = Browser(self.signed_in(name))
        return self.browsers[name]

    def signed_in(self, name: str) -> FlaskClient:
        """One more browser of that person, let in by the number it shows."""
        client = self.branch.app.test_client()
        number = number_on(client)

        def work(db: Session) -> None:
            visit = visits.waiting(db, number, self.branch.clock.now())
            assert visit is not None
            first = db.scalars(select(Member).where(Member.name == name).order_by(Member.id)).first()
            assert first is not None  # of two of one name, as a test may leave them, who was here before
            assert visits.confirm(db, first, visit, self.branch.clock.now())

        self.house.run(work)
        return client

    def token(self, name: str) -> str:
        """What the cookie of a new browser of that person holds."""
        cookie = self.signed_in(name).get_cookie("visit", path="/h5/")
        assert cookie is not None
        return cookie.value


@dataclass
class Browser:
    """A browser without scripts, at work: it reads pages and sends the forms they show."""

    client: FlaskClient
    token: str = ""  # of its forms, once it has seen one

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def reads(self, address: str) -> str:
        """The page's text, tags away; it must be there."""
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text)
        return words_of(answer)

    def csrf(self) -> str:
        """What a form of this browser carries."""
        if not self.token:
            found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get("/h5/").text)
            assert found
            self.token = found[1]
        return self.token

    def sends(self, address: str, **fields: str | list[str]) -> TestResponse:
        """Send a form as the page of this browser would."""
        return self.client.post(address, data={"csrf": self.csrf(), **fields})

    def does(self, address: str, **fields: str | list[str]) -> str:
        """Send a form that is taken, and read the page it leads to."""
        answer = self.sends(address, **fields)
        assert answer.status_code == 303, (answer.status_code, words_of(answer))
        return self.reads(answer.headers["Location"])


def words_of(answer: TestResponse) -> str:
    """A page without its tags, spaces made one."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def number_on(client: FlaskClient, to: str = "/h5/") -> str:
    """The number the sign-in page shows."""
    shown = re.search(r'<b id="number">(\d{4})</b>', client.get(f"/h5/sign-in?to={to}").text)
    assert shown
    return shown[1]


def staffed(branch: Branch) -> Office:
    """Two groups with leaders, a secretary, a committee member, an office clerk, a member in each group."""
    office = Office(branch)
    for name, group in (
        (SECRETARY, FIRST),
        (LEADER, FIRST),
        (MEMBER, FIRST),
        (COMMITTEE, FIRST),
        (OTHER_LEADER, SECOND),
        (OTHER_MEMBER, SECOND),
        (OFFICE, SECOND),
    ):
        office.join(name, group)
    office.appoint(SECRETARY, Role.SECRETARY)
    office.appoint(LEADER, Role.GROUP_LEADER, FIRST)
    office.appoint(OTHER_LEADER, Role.GROUP_LEADER, SECOND)
    office.appoint(COMMITTEE, Role.PUBLICITY)
    office.appoint(OFFICE, Role.OFFICE)
    return office


@contextmanager
def serving(office: Office) -> Iterator[str]:
    """A server that browsers reach; yields its address."""
    server = make_server("127.0.0.1", 0, office.branch.app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    office.address = f"http://127.0.0.1:{server.server_port}"
    yield office.address
    server.shutdown()
    thread.join()
    server.server_close()
