"""The whole check-in: a scan in safe mode, told from its repeats, its member looked up, its row kept, its reply sealed.

Served by `zhibu serve` as people run it, on PostgreSQL and Redis or on what it brings along. Thousands of bound members
scan the codes of meetings under way, one hall after the other, and none scans one twice: every request makes a row.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from bench import deliveries
from bench.load import post
from bench.server import running
from bench.table import Row, Shape, Target
from engines import sql
from engines.redis import connect, ensure_redis, leave, stop
from models.activity import Activity, ActivityKind, ActivityState
from models.checkin import CheckIn
from services import hallcodes
from services.hallcodes import HallRules
from settings import Settings
from simulator.crypto import Sealer, signature
from simulator.xmlform import read
from tests.engines import postgres
from tests.faults.installed import Installation, installation

MEMBERS = 10_000
MEETINGS = 10  # under way at once; so many times MEMBERS are the requests that can be made ready
PREPARED = 15_000  # requests for the two seconds counted; many more in its memory slow down wrk, and all beside it
UNDER_WAY = 64  # requests that may have been recorded and not counted when the load stopped, each of the two times
ACCOUNT = "gh_bench00000001"
FLOOR = "floor: Flask 'success'"

# Both engines read this; the numbers of people and meetings are those of their rows.
FILL: Sequence[str] = (
    "INSERT INTO org (id, public_id, kind, name) VALUES (1, 'o1', 'branch', 'branch')",
    """INSERT INTO member (id, public_id, org_id, name, status)
       WITH RECURSIVE one(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM one WHERE i < :members)
       SELECT i, 'm' || i, 1, '党员' || i, 'full' FROM one""",
    """INSERT INTO identity (id, app_id, openid, member_id, seen_at, bound_at)
       SELECT id, :app, 'oBench0000' || (100000000000000000 + id), id, :at, :at FROM member""",
    """INSERT INTO seat (activity_id, member_id, group_id, state)
       SELECT activity.id, member.id, NULL, 'expected' FROM activity, member""",
)


@dataclass
class Hall:
    """The people, the meetings and what each of them sends; a person is a number from 0, a scan is one as well."""

    settings: Settings
    engine: Engine
    scenes: list[str] = field(default_factory=list)
    said: int = 0

    def fill(self) -> None:
        """Everybody bound and expected at every meeting."""
        sql.upgrade(self.engine)
        now = datetime.now(UTC)
        checkin = self.settings.checkin
        rules = HallRules(checkin.qr_seconds, checkin.number_turns_seconds, checkin.number_seconds)
        given = {"members": MEMBERS, "app": self.settings.wechat.official_account.app_id, "at": now}
        with sql.transaction(self.engine) as db:
            if self.engine.dialect.name == "postgresql":
                db.execute(text("SET LOCAL session_replication_role = replica"))  # the numbers fit, nobody need look
                db.execute(text("SET LOCAL statement_timeout = 0"))
            self._run(db, FILL[:-1], given)
            meetings = [
                Activity(
                    org_id=1, kind=ActivityKind.PARTY_DAY, title=f"第{number}场主题党日", state=ActivityState.OPEN,
                    starts_at=now, opened_at=now,
                )
                for number in range(MEETINGS)
            ]  # fmt: skip
            db.add_all(meetings)
            db.flush()
            self._run(db, FILL[-1:], given)
            self.scenes = [hallcodes.scene(one, now, rules).text for one in meetings]
        if self.engine.dialect.name == "postgresql":
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))

    def _run(self, db: Session, lines: Sequence[str], given: dict[str, object]) -> None:
        for line in lines:
            db.execute(text(line), {name: value for name, value in given.items() if f":{name}" in line})

    def scans(self, count: int, port: int) -> Iterator[bytes]:
        """So many scans that nobody has made yet, signed now."""
        sealer, now = Sealer(self.settings.wechat.official_account.encoding_aes_key), int(datetime.now(UTC).timestamp())
        for number in range(self.said, self.said + count):
            yield self._scan(sealer, number, now, port)
        self.said += count

    def _scan(self, sealer: Sealer, number: int, now: int, port: int) -> bytes:
        account = self.settings.wechat.official_account
        meeting, person = divmod(number, MEMBERS)
        openid, timestamp, nonce = f"oBench0000{10**17 + 1 + person}", str(now), str(10**9 + number)
        xml = (
            f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event>"
            f"<EventKey><![CDATA[{self.scenes[meeting]}]]></EventKey><Ticket><![CDATA[gQ{number}]]></Ticket></xml>"
        )
        secret = sealer.seal(xml.encode(), account.app_id)
        query = (
            f"signature={signature(account.token, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}"
            f"&openid={openid}&encrypt_type=aes&msg_signature={signature(account.token, timestamp, nonce, secret)}"
        )
        body = f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName><Encrypt><![CDATA[{secret}]]></Encrypt></xml>"
        return post(f"/wechat?{query}", body.encode(), port=port)

    def right(self, answer: bytes) -> bool:
        """Whether the reply is signed and sealed, and welcomes one of them."""
        account = self.settings.wechat.official_account
        outer = {one.tag: one.text or "" for one in read(answer)}
        signed = signature(account.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        xml, app_id = Sealer(account.encoding_aes_key).open(outer["Encrypt"])
        inner = {one.tag: one.text or "" for one in read(xml)}
        return (
            (outer["MsgSignature"], app_id) == (signed, account.app_id)
            and inner["FromUserName"] == ACCOUNT
            and inner["Content"].startswith("✅ 签到成功\n党员")
            and inner["Content"].endswith("，请就座。")
        )

    def kept(self, answered: int) -> None:
        """Raise where the rows are not those of the requests answered."""
        with sql.reading(self.engine) as db:
            rows = db.scalar(select(func.count()).select_from(CheckIn)) or 0
        if not answered <= rows <= answered + 2 * UNDER_WAY:
            raise RuntimeError(f"{answered} scans were answered, and {rows} check-ins stand")


@contextmanager
def on_postgresql(shape: Shape) -> Iterator[Target]:
    """PostgreSQL that keeps what it says, and a Redis, both started for this; what they use counts."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder, postgres(durable=True) as cluster:
        store = Path(folder) / "redis"
        engines = {"database": {"url": cluster.url(cluster.create())}, "redis": {"url": ensure_redis(store)}}
        try:
            with _served(Path(folder), shape, engines, [cluster.process.pid]) as target:
                yield target
        finally:
            stop(store)
            leave(store)


@contextmanager
def on_sqlite(shape: Shape) -> Iterator[Target]:
    """What comes along: SQLite, hence one worker, and the embedded Redis."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder, _served(Path(folder), shape, {}, []) as target:
        yield target


@contextmanager
def _served(folder: Path, shape: Shape, engines: Mapping[str, object], others: list[int]) -> Iterator[Target]:
    server = {"workers": shape.workers, "threads": shape.threads}
    with installation(folder / "home", server=server, **engines) as made:
        settings = made.settings()
        engine = sql.open_engine(settings.database.url, made.home)
        hall = Hall(settings, engine)
        hall.fill()
        engine.dispose()
        with running(made.command("serve"), made.port, shape.log, made.environ) as pid:
            yield Target(
                port=made.port,
                pids=[pid, _redis(made), *others],
                requests=lambda count: hall.scans(count, made.port),
                right=hall.right,
                after=hall.kept,
                forged=deliveries.forged(port=made.port),
            )
        engine.dispose()


def _redis(made: Installation) -> int:
    with connect(made.settings().redis.url or ensure_redis(made.home)) as store:
        pid = cast("dict[str, int]", store.info("server"))["process_id"]
    leave(made.home)
    return pid


ROW = Row(
    "whole check-in (PostgreSQL, Redis)",
    on_postgresql,
    against={"durable_vs_floor": FLOOR},
    tells={"p99_ms_64": "p99_ms"},
    prepared=PREPARED,
)
SMALL = Row(
    "whole check-in (SQLite)",
    on_sqlite,
    against={"sqlite_durable_vs_floor": FLOOR},
    tells={"sqlite_p99_ms_64": "p99_ms"},
    prepared=PREPARED,
)
