"""A storm over the clock: schedulers and senders killed at random, WeChat slow, refusing, and losing answers.

Everything runs as people run it, in processes of its own, but for the web server, which stands in this one. Each notice
bears a number that is read on whatever reaches a phone, so that nothing can arrive twice unseen.
"""

import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TypeVar

from sqlalchemy import QueuePool, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import cli
from app import House, build, create_app
from engines import sql
from jobs import reminders
from jobs.sender import Sender
from models.activity import ActivityKind
from models.member import Identity, MemberStatus
from models.notice import Channel, Notice, NoticeKind, NoticeState
from services import activities, credits, leases, members, notices, orgs, rosters
from services.credits import Balance, Purse
from services.members import Account
from services.notices import Line, Told
from services.rosters import Entry
from simulator.faults import Fault, Faults
from simulator.main import running
from simulator.outcomes import Telling, When
from simulator.phone import Person
from simulator.transport import wsgi_post
from simulator.world import World
from tests.engines import eventually
from tests.faults.installed import STARTS_WITHIN, Installation, world_of

T = TypeVar("T")
SENDERS, SCHEDULERS = 3, 2
AT_ONCE = 8  # calls of one sender under way, so many are in flight at most when it is killed
LEASE, TIMEOUT = 6, 1.0  # seconds
API = {
    Channel.TEMPLATE: "/cgi-bin/message/template/send",
    Channel.SUBSCRIPTION: "/cgi-bin/message/subscribe/bizsend",
    Channel.SERVICE: "/cgi-bin/message/custom/send",
}
LOST = (  # share of calls whose answer is lost; those with `after` have reached the phone
    (0.05, Fault(status=502, after=True)),
    (0.02, Fault(html=True)),
    (0.01, Fault(wait=3 * TIMEOUT, after=True)),
)
REFUSED = (
    (0.04, Fault(errcode=-1)),
    (0.04, Fault(errcode=40001)),
    (0.03, Fault(errcode=43101)),
    (0.02, Fault(errcode=43004)),
    (0.004, Fault(errcode=45011)),
    (0.002, Fault(errcode=45009)),
)
SLOW = ((0.2, Fault(wait=0.2)), (0.05, Fault(wait=0.6)))
# Processes as `zhibu` starts them, from one that has loaded its code already: a second each would be most of the time.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.faults.storm", "jobs.scheduler", "cli"])
ENDED = frozenset(NoticeState) - {NoticeState.WAITING, NoticeState.CLAIMED}
NUMBER = re.compile("第([0-9]+)次")
DAY = timedelta(days=1)


@dataclass
class Counted(Faults):
    """Faults that are counted as they happen."""

    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__()

    def take(self, path: str) -> Fault | None:
        """The fault of the call that is being made, counted."""
        fault = super().take(path)
        if fault is not None:
            lost = fault.status or fault.html or fault.wait > TIMEOUT
            kind = "lost" if lost else "slow" if fault.errcode is None else str(fault.errcode)
            self.happened[kind] += 1
        return fault


@dataclass
class Storm:
    """The branch under it: who is in it, what runs, and what has been done to it."""

    made: Installation
    world: World
    house: House
    chance: random.Random
    people: list[Person]
    faults: Counted
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)  # when each of them was started
    grown: float = 0.0  # seconds from a start to the first sign of life
    kills: Counter[str] = field(default_factory=Counter)
    number: int = 0  # of the last occurrence
    told: int = 0  # notices written by hand so far
    planned: int = 0  # activities of which the schedulers write
    unsure: int = 0  # before anybody was shown it
    looks: int = 0  # at the ledger

    def rages(self, seconds: float, told: Callable[[str], object], *, blows: int = 0) -> None:
        """Do all of it for so long, with a line now and then.

        On a busy machine for up to five times as long, until so many senders have been killed and answers lost.
        """
        started = time.monotonic()
        for name in (*(f"sender {one}" for one in range(SENDERS)), *(f"scheduler {one}" for one in range(SCHEDULERS))):
            self._start(name)
        self._tell()
        eventually(self._alive, within=STARTS_WITHIN, what="a sign of life of everybody")
        begun = time.monotonic()
        self.grown = begun - started
        acts = (self._kill, self._tell, self._tell, self._tell, self._consents, self._plan)
        said = begun
        while (now := time.monotonic()) < begun + seconds or (
            min(self.kills["sender"], self.faults.happened["lost"]) < blows and now < begun + 5 * seconds
        ):
            self.chance.choice(acts)()
            time.sleep(self.chance.uniform(0, 0.4))  # the random moment
            self.ledger_never_exceeds()
            if now - said > 15:
                said = now
                told(f"  {now - begun:4.0f} s: {self.figures()}")

    def ends(self) -> None:
        """The storm is over: what runs is killed, what is left is finished by one sender, everybody has a contact."""
        self.faults.forgive()
        self.clear()
        desk, zone = self.house.desk(), self.house.settings.zone
        reminders.write(desk, datetime.now(UTC))
        self.world.outcomes.settle()  # the last events of the platform are on their way
        ahead = timedelta(seconds=75)  # all leases have run out, and so has the minute that an API may rest
        last = Sender(desk, zone, lambda: datetime.now(UTC) + ahead)
        while last.send_due():
            pass
        self.ledger_never_exceeds()
        self.unsure = self.states()[NoticeState.UNSURE]
        for person in self.people[:3]:
            while "没有新通知" not in (person.says("通知").text or ""):
                pass
        for person in self.people:
            self._work(partial(self._contact, name=person.nickname))

    def clear(self) -> None:
        """Kill whatever still runs."""
        for name in list(self.processes):
            self._stop(name)

    def _contact(self, db: Session, name: str) -> None:
        now = datetime.now(UTC)
        notices.shown(db, notices.unseen(db, members.find(db, name), now), now)

    def states(self) -> Counter[NoticeState]:
        """How many notices there are in each state."""
        with self.house.reading() as db:
            found = db.execute(select(Notice.state, func.count()).group_by(Notice.state)).all()
        return Counter({row.state: row[1] for row in found})

    def arrived(self) -> Counter[tuple[str, str]]:
        """How often each occurrence has reached each phone."""
        got: Counter[tuple[str, str]] = Counter()
        for card in self.world.cards.all:
            found = NUMBER.search(" ".join(card.data.values()))
            assert found, card
            got[(card.openid, found[1])] += 1
        return got

    def ledger_never_exceeds(self) -> None:
        """What the ledger says is left is never more than what WeChat says."""
        template = self.house.settings.wechat.templates.given["birthday"].id
        with self.house.reading() as db:
            known = {one.openid: one.id for one in db.scalars(select(Identity))}

        def over(person: Person) -> bool:
            before = person.credits("birthday")
            with self.house.reading() as db:
                left = credits.balances(db, [known[person.openid]]).get(
                    Purse(known[person.openid], template), Balance()
                )
            return left.left > max(before, person.credits("birthday"))

        for person in self.chance.sample(self.people, 5):
            self.looks += 1
            # a consent and a message may come between the looks: then once more
            assert not all(over(person) for _ in range(3)), f"the ledger of {person.nickname} exceeds WeChat's"

    def figures(self) -> str:
        """What has happened so far, in a line."""
        states = " ".join(f"{state.value}={number}" for state, number in sorted(self.states().items()))
        happened = " ".join(f"{kind}={number}" for kind, number in sorted(self.faults.happened.items()))
        return f"{states} | kills={self.kills.total()} | {happened}"

    # what is done

    def _work(self, work: Callable[[Session], T]) -> T:
        """As people do who are told to try again in a moment: three senders at once can keep SQLite busy."""
        while True:
            with suppress(OperationalError):
                return self.house.run(work)

    def _start(self, name: str) -> None:
        only = name.partition(" ")[0]
        arguments = self.made.command("--verbose", "jobs", "--only", only)[1:]
        started = FORKED.Process(target=_zhibu, args=(arguments, self.made.home, self.made.log), name=name)
        started.start()
        self.processes[name] = started
        self.since[name] = time.monotonic()

    def _stop(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.join()
        process.close()

    def _alive(self) -> bool:
        """Whether as many have given a sign of life as there are: the schedulers one of them all."""
        with self.house.reading() as db:
            return len(leases.ends(db)) > SENDERS

    def _kill(self) -> None:
        """Kill one that has had time to begin."""
        grown = time.monotonic() - self.grown * self.chance.uniform(0.5, 1.3)
        old = [name for name, since in self.since.items() if since < grown]
        if not old:
            return
        name = self.chance.choice(old)
        assert self.processes[name].is_alive(), f"{name} has ended: {self.made.said()[-3000:]}"
        self._stop(name)
        self.kills[name.partition(" ")[0]] += 1
        self._start(name)

    def _tell(self) -> None:
        """Some have something to be told, by each of the three ways."""
        kind = self.chance.choice((NoticeKind.MOVED, NoticeKind.BIRTHDAY, NoticeKind.LEAVE_DECIDED))
        now, whom = datetime.now(UTC), self.chance.sample(self.people, len(self.people) // 2)
        self.number += 1
        facts: dict[str, notices.Plain] = {
            "title": f"第{self.number}次", "at": (now + DAY).isoformat(), "before": now.isoformat(), "place": "三楼",
            "reason": "", "agreed": True, "by": "王芳", "note": "", "name": "张建国",
            "joined": "1998-11-22", "day": "2026-11-22", "years": 28,
        }  # fmt: skip
        told = Told(kind, f"{self.number}", facts, now, now + DAY)

        def write(db: Session) -> int:
            return notices.write_all(db, [Line(members.find(db, one.nickname).id, told) for one in whom], now)

        self.told += self._work(write)

    def _consents(self) -> None:
        """Some allow messages, one refuses all, one writes; events of it come twice."""
        for person in self.chance.sample(self.people, 4):
            exchange = person.accepts("birthday", self.chance.choice((1, 2)))
            if self.chance.random() < 0.3:
                person.again(exchange)
        if self.chance.random() < 0.3:
            self.chance.choice(self.people).refuses("birthday")
        self.chance.choice(self.people).says("帮助")

    def _plan(self) -> None:
        """An activity is planned, of which the schedulers tell."""
        self.number += 1
        title = f"第{self.number}次"

        def plan(db: Session) -> None:
            at = datetime.now(UTC) + 3 * DAY
            act = self.house.operator()
            activities.plan(db, act, activities.Plan(ActivityKind.LECTURE, title, at, orgs.branch(db), "三楼会议室"))

        self._work(plan)
        self.planned += 1


@contextmanager
def storm_over(made: Installation, size: int, seed: int) -> Iterator[Storm]:
    """A branch of so many people in this installation, before the storm."""
    made.configure(
        wechat={
            "timeout": TIMEOUT,
            "templates": {
                "activity": {"channel": "template"},
                "birthday": {"fields": {"name1": "name", "thing2": "title", "thing3": "note"}},
                "leave": None,
            },
        },
        branch={"timezone": noon()},
        reminders={"at_once": AT_ONCE, "lease": LEASE},
    )
    warm = FORKED.Process(target=int)  # the first of them loads the code, while the branch is made
    warm.start()
    world = world_of(made)
    chance, faults = random.Random(seed), Counted()
    faults.random = random.Random(seed + 1)
    with running(world) as address:
        made.configure(wechat={"api_base": address, "open_base": address})
        house = build(made.settings())
        sql.upgrade(house.engine)
        world.courier.post = wsgi_post(create_app(house))
        people = [world.join(f"党员{place:03}", following=True) for place in range(size)]
        house.run(partial(_enrol, app_id=house.parts.app_id, people=people))
        reminders.write(house.desk(), datetime.now(UTC))  # from here on nothing may be missed
        for person in people:
            person.accepts("birthday", chance.choice((1, 2, 3)))
        for person in people[::2]:
            person.says("帮助")
        _brew(world, faults)
        warm.join()
        storm = Storm(made, world, house, chance, people, faults)
        try:
            yield storm
        finally:
            storm.clear()
            world.outcomes.settle()
            eventually(lambda: not _busy(house), what="the events under way")  # else their connections stay open
            house.close()


def _busy(house: House) -> bool:
    """Whether anything still works with the database: WeChat's events come in threads of their own."""
    pool = house.engine.pool
    return isinstance(pool, QueuePool) and pool.checkedout() > 0


def _zhibu(arguments: Sequence[str], home: Path, log: Path) -> None:
    """Be the `zhibu` command in a process of its own."""
    os.environ["ZHIBU_HOME"] = str(home)
    os.chdir(home)
    said = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(said, stream)
    sys.exit(cli.main(arguments))


def _brew(world: World, faults: Counted) -> None:
    """Let the platform be what it is on a bad day."""
    for path in API.values():
        for share, fault in (*LOST, *REFUSED, *SLOW):
            faults.sometimes(path, share, fault)
    world.faults = faults
    world.outcomes.usual = Telling(When.SOON)
    world.outcomes.sometimes(0.2, Telling(When.BEFORE))
    world.outcomes.sometimes(0.1, Telling(When.SOON, copies=2))
    world.outcomes.sometimes(0.1, Telling(When.NEVER))
    world.outcomes.sometimes(0.03, Telling(When.SOON, failed="user block"))


def _enrol(db: Session, app_id: str, people: Sequence[Person]) -> None:
    """Everybody is on the roll and bound; as rows, since so many conversations would take longer than the storm."""
    now = datetime.now(UTC)
    for person in people:
        rosters.take(db, Entry(name=person.nickname, group="第一党小组", status=MemberStatus.FULL), {})
        identity = members.meet(db, Account(app_id, person.openid), now)
        identity.member_id, identity.bound_at = members.find(db, person.nickname).id, now


def noon() -> str:
    """A zone in which it is about noon: all goes by the real clock, and people sleep in some zones."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # the signs of these names are the other way round


def holds(storm: Storm) -> dict[str, int]:
    """Hold what was promised against what the platform saw; returns the figures."""
    states, losses, kills = storm.states(), storm.faults.happened["lost"], storm.kills["sender"]
    assert set(states) <= ENDED, states
    twice = {key: number for key, number in storm.arrived().items() if number > 1}
    assert not twice, f"pushed twice: {twice}"
    with storm.house.reading() as db:
        planned = db.scalar(select(func.count()).where(Notice.kind == NoticeKind.PLANNED)) or 0
        lost_sight = db.scalar(select(func.count()).where(Notice.kind == NoticeKind.PLANNED, Notice.state == "expired"))
    assert planned == storm.planned * len(storm.people), "the schedulers have left somebody out"
    assert not lost_sight
    assert states.total() == storm.told + planned
    unsure = storm.unsure
    bound = losses + kills * AT_ONCE
    assert unsure <= bound, f"{unsure} unsure, {losses} answers lost and {kills} senders killed"
    return {
        "notices": states.total(),
        "unsure": unsure,
        "lost": losses,
        "kills": storm.kills.total(),
        "senders": kills,
        "at_once": AT_ONCE,
        "bound": bound,
        "looks": storm.looks,
    }
