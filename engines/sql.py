"""SQL: SQLite of our own or a PostgreSQL by address, with the same transactions on both."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from engines.locks import locked

T = TypeVar("T")
MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
TRIES = 3  # runs of one turn that keeps meeting others
# With a second in the queue, three tries and one second each a turn fails inside the platform's five seconds.
_BUSY_WITHIN = 1000  # milliseconds SQLite waits for the one writer it allows
_QUEUE_WITHIN = 1.0  # seconds a writer waits for those of its own process
_STATEMENT_WITHIN = 3000  # milliseconds a PostgreSQL statement may take
_CONNECT_WITHIN = 2  # seconds, for a connection to be made or to come free in the pool
_AGAIN = {"40001", "40P01"}  # PostgreSQL: serialization_failure, deadlock_detected
_READING = "zhibu_reading"  # the execution option that tells reads from writes
_queues: WeakKeyDictionary[Engine, Lock] = WeakKeyDictionary()  # of each SQLite: where its writers queue up


class UnknownDatabase(ValueError):
    """database.url names neither SQLite nor PostgreSQL, or is no address at all."""


class StillRead(Exception):
    """Somebody has been reading the SQLite file for so long that its log could not be emptied."""


class OrphanRows(RuntimeError):
    """What was built has rows in these tables whose parents are not there."""

    def __init__(self, tables: list[str]) -> None:
        super().__init__(f"This would leave rows without their parent in {', '.join(tables)}")
        self.tables = tables


def open_engine(url: str, home: Path, *, pool_size: int = 8) -> Engine:
    """Open the database at `url`; "" is SQLite at home/var/zhibu.db, made when first written.

    `pool_size` is the number of threads that may hold a connection at once. Connects lazily: a server that
    is away is noticed by the first transaction. Raises UnknownDatabase.
    """
    address = _address(url, home)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address, pool_size)
    return create_engine(
        address,
        hide_parameters=True,  # an error in a log must not carry names and openids
        pool_pre_ping=True,  # a database that was restarted costs a reconnect, not an error
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_WITHIN,
        connect_args={
            "connect_timeout": _CONNECT_WITHIN,
            "application_name": "zhibu",
            "options": f"-c statement_timeout={_STATEMENT_WITHIN} -c timezone=UTC",
            # a cable that is cut, seen by the sender (ms) and by the idle (s)
            "tcp_user_timeout": 3000,
            "keepalives_idle": 5,
            "keepalives_interval": 2,  # one who waits for a host that has died holds up all who commit with it
            "keepalives_count": 2,
        },
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One writing transaction: committed at the end, rolled back by anything raised, a Pause included.

    What was loaded stays readable after the commit, so a reply can be worded from it.
    """
    with Session(engine, expire_on_commit=False) as db, db.begin():
        yield db


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One look at the database that takes no write lock; writing in it is an error on both engines."""
    with _read_only(engine) as connection, Session(connection, expire_on_commit=False) as db, db.begin():
        yield db


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One look at everything as it stands at this moment, however long it takes; writers go on meanwhile."""
    with _read_only(engine) as connection:
        if engine.dialect.name != "sqlite":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            _take_time(connection)
            yield connection


def clean(engine: Engine) -> None:
    """Rewrite the database without what was deleted from it: pages of the file, dead rows, the log.

    Others wait while it is at it: seconds for a branch. Raises StillRead where somebody else is in the way.
    """
    try:
        _clean(engine)
    except (sqlite3.OperationalError, OperationalError) as error:
        raise StillRead from error


def _clean(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine.url.database), timeout=60, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise StillRead
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET lock_timeout = 5000"))  # ms: a backup reads on, and all others would wait with us
        connection.execute(text("VACUUM FULL ANALYZE"))  # what the planner knows of columns are values too
        connection.invalidate()  # its settings are not everybody's


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """One transaction in which tables are dropped, made and filled, however long it takes: all of it or nothing.

    Starters and other rebuilders wait for it.
    """
    if engine.dialect.name == "sqlite":
        with _rebuilding_sqlite(engine.url) as connection:
            yield connection
        return
    with engine.connect() as connection, connection.begin():
        _take_time(connection)
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('zhibu upgrade'))"))
        yield connection


def run(engine: Engine, work: Callable[[Session], T]) -> T:
    """Run `work` in a transaction of its own, again from the start where it only met another one.

    At most TRIES times; then, and for every other error, what the database raised is passed on. `work` must
    therefore have no effect outside its session.
    """
    with _in_turn(engine):
        for _ in range(TRIES - 1):
            try:
                with transaction(engine) as db:
                    return work(db)
            except DBAPIError as error:
                if not met_another(error):
                    raise
        with transaction(engine) as db:
            return work(db)


class Standing:
    """A dedicated connection: for work that comes again and again, one at a time, and writes in one statement.

    So nothing need be asked of the connection before. On PostgreSQL it is in autocommit: every statement commits by
    itself and no transaction is asked for, so that reading and writing are one way each.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        event.listen(engine, "engine_disposed", lambda _engine: self._drop())

    def __call__(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit, again from the start where it met another transaction or the connection had gone.

        At most TRIES times, like `run`; `work` must come to the same when it is done twice.
        """
        with _in_turn(self._engine):
            for _ in range(TRIES - 1):
                try:
                    return self._run(work)
                except DBAPIError as error:
                    if not error.connection_invalidated and not met_another(error):
                        raise
            return self._run(work)

    def _run(self, work: Callable[[Connection], T]) -> T:
        connection = self._connection or self._connect()
        try:
            with connection.begin():
                return work(connection)
        except BaseException:
            self._drop()
            raise

    def _connect(self) -> Connection:
        connection = self._engine.connect()
        if self._engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        self._connection = connection
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


@contextmanager
def _in_turn(engine: Engine) -> Iterator[None]:
    """Wait until the other writers of this process are done, where SQLite would take only one anyway.

    SQLite itself has no queue: it looks again after ever longer pauses, and in a surge whoever has just come is
    served before those who sleep. Seen with 8 threads: a turn in a hundred took one to three seconds, or failed.
    Waiting no longer than a while keeps an unforeseen nesting from standing still: then SQLite decides.
    """
    queue = _queues.get(engine)
    ours = queue is not None and queue.acquire(timeout=_QUEUE_WITHIN)
    try:
        yield
    finally:
        if queue is not None and ours:
            queue.release()


def met_another(error: DBAPIError) -> bool:
    """Tell whether the database refused only because of a concurrent transaction: trying again may help."""
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        # the low byte is the primary code: BUSY stands for BUSY_SNAPSHOT and BUSY_RECOVERY as well
        return original.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return getattr(original, "sqlstate", None) in _AGAIN


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest migration, all of it or nothing; starters wait for one another."""
    with rebuilding(engine) as connection:
        migrate(connection)


def at_head(engine: Engine) -> bool:
    """Tell whether the database stands at the newest migration."""
    with _read_only(engine) as connection:
        there = set(MigrationContext.configure(connection).get_current_heads())
    return there == {newest()}


def newest() -> str:
    """The newest migration of this version."""
    return str(ScriptDirectory.from_config(_alembic()).get_current_head())


def migrations() -> set[str]:
    """Every migration that this version knows."""
    return {step.revision for step in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a migration, in the transaction under way (`rebuilding`)."""
    config = _alembic()
    config.attributes["connection"] = connection  # migrations/env.py takes this one and commits nothing
    command.upgrade(config, to)


def _address(url: str, home: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(home.resolve() / "var" / "zhibu.db"))
    try:
        address = make_url(url)
    except ArgumentError:
        raise UnknownDatabase("database.url: expected postgresql://… or sqlite:///…") from None
    match address.get_backend_name():
        case "postgresql" | "postgres":
            return address.set(drivername="postgresql+psycopg")
        case "sqlite" if address.database:
            # home / an absolute path is that path
            return URL.create("sqlite", database=str(home.resolve() / address.database))
    raise UnknownDatabase(f"database.url: expected postgresql://… or sqlite:///…, got {address.drivername}://…")


def _sqlite(address: URL, pool_size: int) -> Engine:
    assert address.database is not None
    path = Path(address.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_WITHIN,
        connect_args={"timeout": _BUSY_WITHIN / 1000},
    )
    _listen(engine, path, "PRAGMA foreign_keys=ON")
    _queues[engine] = Lock()
    return engine


def _listen(engine: Engine, path: Path, *pragmas: str) -> None:
    """Take transactions into our own hands: the driver's BEGIN comes late and never says IMMEDIATE."""

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver itself begins nothing
        cursor = connection.cursor()
        try:
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone() != ("wal",):
                # the switch to WAL does not wait for others, so only one process makes it
                with locked(path.with_name(path.name + ".lock")):
                    cursor.execute("PRAGMA journal_mode=WAL")
            for pragma in ("PRAGMA synchronous=FULL", *pragmas):
                cursor.execute(pragma)
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = bool(connection.get_execution_options().get(_READING))
        connection.exec_driver_sql(f"PRAGMA query_only={int(reads)}")
        # A transaction that reads first and writes later would meet BUSY at the write, with no waiting.
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _read_only(engine: Engine) -> Connection:
    # each engine heeds its own of the two and resets it when the connection goes back to the pool
    return engine.connect().execution_options(**{_READING: True, "postgresql_readonly": True})


@contextmanager
def _rebuilding_sqlite(address: URL) -> Iterator[Connection]:
    """Foreign keys are off: Alembic rebuilds tables; dropping one would take its children along."""
    assert address.database is not None
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 60})
    _listen(engine, Path(address.database), "PRAGMA foreign_keys=OFF")
    with engine.connect() as connection, connection.begin():  # BEGIN IMMEDIATE: starters wait for one another
        yield connection
        orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if orphans:
            tables = sorted({str(row[0]) for row in orphans})
            raise OrphanRows(tables)


def _take_time(connection: Connection) -> None:
    """In this transaction a statement may take as long as it needs."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("SET LOCAL statement_timeout = 0"))


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
