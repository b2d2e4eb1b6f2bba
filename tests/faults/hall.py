"""A hall of bound and unbound members before one screen, at an installation that runs as people's do.

Where a server is killed, all times of the platform are scaled down together: it cuts after CUT instead of five
seconds, and the server waits accordingly.
"""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from engines import sql
from engines.redis import ensure_redis, leave, stop
from models.checkin import CheckIn
from models.member import Identity, Member
from services import members
from simulator.clock import Clock
from simulator.courier import Exchange
from simulator.main import running
from simulator.phone import Person
from simulator.transport import http_post
from simulator.world import World
from tests.engines import alive, eventually, postgres
from tests.faults.installed import Installation, Process, children, get, installation, world_of

CUT = 3.0  # seconds
SHARE = 0.9  # of the cut, for which the server waits at most; as 4.5 is of 5

Arrivals = dict[str, tuple[datetime, str]]  # name -> time and message of the check-in


@dataclass
class Hall:
    """Members before one screen, and the server they talk to; `codes` holds the slips of those not bound yet."""

    made: Installation
    world: World
    engine: Engine
    people: list[Person]
    codes: dict[str, str]  # name -> bind code
    screen: str  # the path of its link
    server: Process = field(init=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The branch's time zone: asked for at every message, and read from config.yaml once."""
        return self.made.settings().zone

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
def small(folder: Path) -> Iterator[Installation]:
    """An installation on the embedded engines."""
    with installation(folder / "home") as made:
        yield made


@contextmanager
def large(folder: Path) -> Iterator[Installation]:
    """An installation on PostgreSQL, which keeps what it says it keeps, and Redis, with two workers."""
    with postgres(durable=True) as cluster, installation(folder / "home") as made:
        made.configure(
            database={"url": cluster.url(cluster.create())},
            redis={"url": ensure_redis(folder / "redis")},
            server={"workers": 2},
        )
        yield made
        stop(folder / "redis")
        leave(folder / "redis")


@contextmanager
def hall_in(
    made: Installation, size: int, *, unbound: int = 0, clock: Clock | None = None, cut: float = CUT
) -> Iterator[Hall]:
    """Fill the installation: its roster imported, a meeting under way, all but the last `unbound` people bound.

    Every other one of those does not even follow the account yet.
    """
    world = world_of(made, cut, clock)
    with running(world) as address:
        made.configure(
            wechat={
                "api_base": address,
                "open_base": address,
                "official_account": {"reply_wait": cut * SHARE},
            },
            checkin={"qr_seconds": 600},  # the code on the screen outlives the test
        )
        import_roster(made, size)
        engine = sql.open_engine(made.settings().database.url, made.home)
        met = size - unbound
        names = [name_of(place) for place in range(size)]
        people = [world.join(name, following=place < met or place % 2 == 0) for place, name in enumerate(names)]
        codes = sql.run(engine, lambda db: bind(db, made, people, met))
        yield Hall(made, world, engine, people, codes, open_meeting(made))
        engine.dispose()


def name_of(place: int) -> str:
    """The name of the member at this place of the roster."""
    return f"党员{place:03}"


def import_roster(made: Installation, size: int) -> None:
    """Import so many members as an office does."""
    roster = made.home / "roster.csv"
    lines = [f"K{place:03},{name_of(place)},正式党员,第{place % 4 + 1}党小组" for place in range(size)]
    roster.write_text("\n".join(["编号,姓名,人员类别,党小组", *lines]), "utf-8")
    if not made.settings().on_sqlite:
        assert made.zhibu("db", "upgrade").returncode == 0
    done = made.zhibu("members", "import", str(roster))
    assert done.returncode == 0, done.stderr


def bind(db: Session, made: Installation, people: Sequence[Person], most: int) -> dict[str, str]:
    """Bind the first `most` people; returns the codes of the others: name -> code.

    As rows, since hundreds of conversations, and even of services, would take longer than what is shown here.
    """
    now = datetime.now(UTC)
    app_id = made.settings().wechat.official_account.app_id
    roll = {one.name: one for one in db.scalars(select(Member))}
    db.execute(
        insert(Identity),
        [
            {
                "app_id": app_id,
                "openid": one.openid,
                "member_id": roll[one.nickname].id,
                "seen_at": now,
                "bound_at": now,
            }
            for one in people[:most]
        ],
    )
    new = {one.nickname: roll[one.nickname] for one in people[most:]}
    return {name: members.issue_code(db, one, now, timedelta(days=1)).digits for name, one in new.items()}


def open_meeting(made: Installation) -> str:
    """Start a meeting as an office does; returns the path of its screen."""
    planned = made.zhibu("activities", "plan", "--kind", "主题党日", "--title", "11月主题党日", "--at", "now")
    opened = made.zhibu("activities", "open", planned.stdout.strip())
    assert opened.returncode == 0, planned.stderr + opened.stderr
    return urlsplit(opened.stdout.strip()).path


def created(exchange: Exchange) -> datetime:
    """When the message says it was sent."""
    assert exchange.message is not None
    return datetime.fromtimestamp(int(str(exchange.message.fields["CreateTime"])), UTC)
