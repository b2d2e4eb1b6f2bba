"""Kill -9 at random moments of 200 scans: what a person was told stands, nobody stands twice, a reply stays.

The server is the one people run, the platform delivers over HTTP and sends again what was cut off. All its
times are scaled down together: the cut is CUT instead of five seconds, and the server waits accordingly.
"""

import csv
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from engines import sql
from engines.redis import connect, ensure_redis, leave, stop
from models.checkin import CheckIn
from models.member import Member
from services import members
from services.members import Account, BindingRules
from simulator.courier import Exchange
from simulator.main import running
from simulator.phone import Person
from simulator.transport import http_post
from simulator.world import World
from tests.engines import alive, eventually, postgres
from tests.faults.installed import Installation, Process, children, get, installation, world_of

MEMBERS = 200
CUT = 3.0  # seconds
REPLY_WAIT = CUT * 0.9  # the server's share of it, as 4.5 is of 5
BURST = 0.3  # seconds in which the server works off the scans between two kills
SEED = 20261122

Strike = Callable[[], object]
Arrivals = dict[str, tuple[datetime, str]]  # name -> time and message of the check-in


@dataclass
class Hall:
    """200 bound members before one screen, and the server they talk to."""

    made: Installation
    world: World
    engine: Engine
    people: list[Person]
    screen: str  # the path of its link
    server: Process = field(init=False)

    def open(self) -> str:
        """Start the server; returns what a phone reads from the screen's code."""
        self.server = self.made.serve()
        self.world.courier.post = http_post(f"{self.made.url}/wechat")  # its port may have been drawn anew
        assert get(self.made.url + self.screen)[0] == 200
        return self.world.tickets.alive()[0].url

    def back(self) -> None:
        """Wait until the server answers again, starting it where it has ended, as systemd does."""
        while not self.made.comes_up(self.server):
            self.server = self.made.start("serve")

    def kill_everything(self) -> None:
        """SIGKILL to the server and its workers at one moment."""
        os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait()

    def kill_server(self) -> None:
        """SIGKILL to the server alone: the kernel ends its workers."""
        workers = children(self.server.pid)
        self.server.kill()
        self.server.wait()
        eventually(lambda: not any(map(alive, workers)), what="the workers' end")

    def kill_worker(self) -> None:
        """SIGKILL to the oldest worker: the server replaces it, but gives up on one that ends twice in seconds."""
        victim = min(eventually(lambda: children(self.server.pid), what="a worker"))
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: not alive(victim), what="the worker's end")

    def arrivals(self) -> Arrivals:
        """Who stands as checked in; nobody may stand twice."""
        with sql.reading(self.engine) as db:
            rows = db.execute(
                select(Member.name, CheckIn.at, CheckIn.message).join(CheckIn, CheckIn.member_id == Member.id)
            ).all()
        found = {name: (at, message) for name, at, message in rows}
        assert len(found) == len(rows), "somebody stands twice"
        return found


@contextmanager
def hall_in(made: Installation) -> Iterator[Hall]:
    """Fill the installation: its roster imported, everybody bound, one meeting under way."""
    world = world_of(made, CUT)
    with running(world) as address:
        made.configure(
            wechat={
                "api_base": address,
                "open_base": address,
                "official_account": {"reply_wait": REPLY_WAIT},
            },
            checkin={"qr_seconds": 600},  # the code on the screen outlives the test
        )
        codes = import_roster(made)
        engine = sql.open_engine(made.settings().database.url, made.home)
        people = [world.join(name, following=True) for name in codes]
        sql.run(engine, lambda db: bind(db, made, people, codes))
        yield Hall(made, world, engine, people, open_meeting(made))
        engine.dispose()


def import_roster(made: Installation) -> dict[str, str]:
    """Import 200 members as an office does; returns name -> bind code."""
    roster, codes = made.home / "roster.csv", made.home / "codes.csv"
    lines = [f"K{number:03},党员{number:03},正式党员,第{number % 4 + 1}党小组" for number in range(MEMBERS)]
    roster.write_text("\n".join(["编号,姓名,人员类别,党小组", *lines]), "utf-8")
    if not made.settings().on_sqlite:
        assert made.zhibu("db", "upgrade").returncode == 0
    done = made.zhibu("members", "import", str(roster), "--codes", str(codes))
    assert done.returncode == 0, done.stderr
    with codes.open(encoding="utf-8-sig", newline="") as table:
        return {line["姓名"]: line["绑定码"] for line in csv.DictReader(table)}


def bind(db: Session, made: Installation, people: list[Person], codes: dict[str, str]) -> None:
    """Bind everybody: through the service, since 200 conversations would take longer than what is shown here."""
    now = datetime.now(UTC)
    app_id = made.settings().wechat.official_account.app_id
    rules = BindingRules(code_lives=timedelta(days=1), wrong_tries=10, lock=timedelta(hours=1))
    for number, person in enumerate(people):
        members.bind(db, Account(app_id, person.openid), codes[person.nickname], f"bound-{number}", now, rules)


def open_meeting(made: Installation) -> str:
    """Start a meeting as an office does; returns the path of its screen."""
    planned = made.zhibu("activities", "plan", "--kind", "主题党日", "--title", "11月主题党日", "--at", "now")
    opened = made.zhibu("activities", "open", planned.stdout.strip())
    assert opened.returncode == 0, planned.stderr + opened.stderr
    return urlsplit(opened.stdout.strip()).path


def scans_under_fire(
    hall: Hall, chance: random.Random, strikes: Sequence[Callable[[], object]]
) -> dict[Person, Exchange]:
    """Everybody scans, in one burst before each strike and one after the last; returns what came of it."""
    code = hall.open()
    waiting = chance.sample(hall.people, len(hall.people))
    size = len(waiting) // (len(strikes) + 1)
    with ThreadPoolExecutor(MEMBERS) as phones:
        scanning = {}
        for strike in strikes:
            scanning.update({person: phones.submit(person.scans, code) for person in waiting[:size]})
            del waiting[:size]
            time.sleep(chance.uniform(0, BURST))  # the random moment
            strike()
            hall.back()
        scanning.update({person: phones.submit(person.scans, code) for person in waiting})
        return {person: scan.result() for person, scan in scanning.items()}


def delivered_again(exchanges: dict[Person, Exchange]) -> dict[Person, str]:
    """The replies to one more delivery of every message."""
    with ThreadPoolExecutor(16) as phones:
        again = phones.map(lambda each: each[0].again(each[1]), exchanges.items())
        return {person: exchange.text or "" for person, exchange in zip(exchanges, again, strict=True)}


def what_was_told_stands(hall: Hall, exchanges: dict[Person, Exchange], forget: Callable[[], object]) -> None:
    """Hold the promise against the database and against every message delivered twice more.

    `forget` loses what Redis holds, so that the second time SQL alone decides.
    """
    told = {person: exchange.text for person, exchange in exchanges.items() if exchange.text}
    assert set(exchanges) == set(hall.people)
    assert_all_welcome(told)
    standing = hall.arrivals()
    assert {person.nickname for person in told} <= set(standing), "told of a check-in that does not exist"
    first = {**delivered_again(exchanges), **told}
    assert_all_welcome(first)
    forget()
    again = delivered_again(exchanges)
    assert {person: again[person] for person in first if again[person] != first[person]} == {}
    after = hall.arrivals()
    assert {name: after[name] for name in standing} == standing
    sent = {person.nickname: created(exchange) for person, exchange in exchanges.items()}
    assert {name: at for name, (at, _) in after.items()} == sent
    assert [one for one in hall.world.complaints if "no answer in" not in one] == []
    assert "bug number=" not in hall.made.said()
    cut = sum(delivery.cut for exchange in exchanges.values() for delivery in exchange.deliveries)
    silent = sum(exchange.text is None for exchange in exchanges.values())
    print(f"\n{cut} deliveries cut off, {len(told)} told at once, {silent} left without a word")  # noqa: T201 - seen with -s
    assert cut, "no kill has met a scan: nothing was shown"


def assert_all_welcome(replies: dict[Person, str]) -> None:
    """Nobody has heard anything but their own check-in."""
    for person, reply in replies.items():
        assert reply.startswith(f"✅ 签到成功\n{person.nickname}同志"), reply


def created(exchange: Exchange) -> datetime:
    """When the message says it was sent."""
    assert exchange.message is not None
    return datetime.fromtimestamp(int(str(exchange.message.fields["CreateTime"])), UTC)


@pytest.mark.parametrize("seed", [SEED])
def test_a_check_in_told_of_outlives_every_kill_on_sqlite(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with installation(tmp_path / "home") as made, hall_in(made) as hall:
        strikes: list[Strike] = [
            hall.kill_worker, hall.kill_everything,
            hall.kill_worker, hall.kill_worker,  # the server gives up and is started anew
            partial(lost, made), hall.kill_worker, hall.kill_server,
            hall.kill_worker, hall.kill_everything,
            hall.kill_worker, hall.kill_worker,
        ]  # fmt: skip
        exchanges = scans_under_fire(hall, chance, strikes)
        what_was_told_stands(hall, exchanges, partial(lost, made))


@pytest.mark.parametrize("seed", [SEED])
def test_a_check_in_told_of_outlives_every_kill_on_postgresql_and_redis(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with postgres(durable=True) as cluster, installation(tmp_path / "home") as made:
        redis_url = ensure_redis(tmp_path / "redis")
        made.configure(database={"url": cluster.url(cluster.create())}, redis={"url": redis_url}, server={"workers": 2})
        with hall_in(made) as hall, connect(redis_url) as store:
            strikes: list[Strike] = [
                *[hall.kill_worker] * 7,
                *[hall.kill_everything] * 2,
                hall.kill_server,
                store.flushall,
            ]
            chance.shuffle(strikes)
            exchanges = scans_under_fire(hall, chance, strikes)
            what_was_told_stands(hall, exchanges, store.flushall)
        stop(tmp_path / "redis")
        leave(tmp_path / "redis")


def lost(made: Installation) -> None:
    """End the embedded Redis as `zhibu stop` does, with all that it held."""
    stop(made.home)
