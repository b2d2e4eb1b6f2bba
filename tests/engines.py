"""What tests run on: a PostgreSQL cluster of their own, migrated databases, a headless Chromium."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import psycopg
from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Error, Page, Playwright, Request
from psycopg import sql as names
from sqlalchemy import Engine, create_engine

from engines import sql

T = TypeVar("T")
CHROMIUM_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def eventually(look: Callable[[], T], *, within: float = 20.0, what: str = "it") -> T:
    """Look again and again until the answer is true, and return it; after `within` seconds the test fails."""
    deadline = time.monotonic() + within
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {within:.0f} s")
        time.sleep(0.02)
    return answer


def alive(pid: int) -> bool:
    """Tell whether the process lives; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


@dataclass(frozen=True)
class Database:
    """An empty database at the newest migration; `url` and `home` are what config.yaml would say."""

    url: str
    home: Path
    engine: Engine


@dataclass(frozen=True)
class Postgres:
    """A running cluster that listens on a Unix socket in `folder` and nowhere else."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    def url(self, name: str) -> str:
        """Return the address of one of its databases, as config.yaml would have it."""
        return f"postgresql://zhibu@/{name}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """Make a database with a name of its own, a copy of `template`; returns the name."""
        name = f"t{secrets.token_hex(6)}"
        self._tell(names.SQL("CREATE DATABASE {} TEMPLATE {}").format(_name(name), _name(template)))
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._tell(names.SQL("DROP DATABASE {} WITH (FORCE)").format(_name(name)))

    def kill(self) -> None:
        """End every process of the cluster at once, as a power cut would; start_postgres brings it back."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _tell(self, command: names.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(command)


def _name(name: str) -> names.Identifier:
    return names.Identifier(name)


@contextmanager
def postgres(*, durable: bool = False, within: Path | None = None) -> Iterator[Postgres]:
    """Start a cluster in a folder of its own (in `within`) and end it afterwards; `durable` keeps its flushes to disk."""
    folder = Path(tempfile.mkdtemp(prefix="zhibu-pg-", dir=within))
    try:
        folder.chmod(0o755)
        if os.getuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        _finish([*_as_postgres(), _postgres_program("initdb"), "-D", str(folder / "data"), "-U", "zhibu",
                 "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])  # fmt: skip
        server = start_postgres(folder, durable=durable)
        try:
            yield server
        finally:
            server.process.send_signal(signal.SIGQUIT)  # nothing in it is wanted any more
            server.process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def launch_postgres(folder: Path, *, durable: bool = False) -> "subprocess.Popen[bytes]":
    """Start the cluster in `folder` (made by `postgres`), whatever comes of it."""
    careless = () if durable else ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")
    with (folder / "log").open("ab") as output:
        return subprocess.Popen(
            [*_as_postgres(), _postgres_program("postgres"), "-D", str(folder / "data"), "-k", str(folder),
             "-c", "listen_addresses=", "-c", "max_connections=60", "-c", "shared_buffers=32MB", *careless],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip


def start_postgres(folder: Path, *, durable: bool = False) -> Postgres:
    """Start the cluster in `folder` (made by `postgres`) and wait until it takes connections."""
    log = folder / "log"
    process = launch_postgres(folder, durable=durable)
    server = Postgres(folder, process)

    def takes_connections() -> bool:
        if process.poll() is not None:
            raise AssertionError(f"PostgreSQL ended: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    eventually(takes_connections, within=60, what="PostgreSQL")
    return server


def _as_postgres() -> list[str]:
    """Make the kernel end the server with us; as root, become `postgres`, since PostgreSQL refuses root."""
    command = ["setpriv", "--pdeathsig", "QUIT"]
    if os.getuid() == 0:
        command += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return [*command, "--"]


def _postgres_program(name: str) -> str:
    """Find the newest installed version's program: Debian keeps them off PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    if not found:
        raise AssertionError("PostgreSQL's server is not installed: `make test` sees to it")
    return str(found[-1])


def _finish(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


def migrated_sqlite(home: Path) -> Path:
    """Make a SQLite database at the newest migration in home/var and return its file."""
    engine = sql.open_engine("", home)
    sql.upgrade(engine)
    engine.dispose()
    return home / "var" / "zhibu.db"


class Compiled:
    """Opens engines that share what they have compiled, as all turns of a server do: each test has an engine anew.

    Every test would otherwise compile every statement once more, which took a quarter of its time.
    """

    def __init__(self) -> None:
        self._known: dict[str, Engine] = {}  # of each sort of engine, the one whose knowledge all others share

    def __call__(self, *given: Any, **how: Any) -> Engine:  # whatever sqlalchemy.create_engine takes
        engine = create_engine(*given, **how, query_cache_size=10_000)
        known = self._known.get(engine.name)
        if known is None or not known.dialect.server_version_info:  # it has never met its server
            self._known[engine.name] = engine
        else:
            engine.dialect, engine._compiled_cache = known.dialect, known._compiled_cache
        return engine


@contextmanager
def opened(url: str, home: Path) -> Iterator[Database]:
    """Open a migrated database for one test."""
    engine = sql.open_engine(url, home, pool_size=4)
    try:
        yield Database(url, home, engine)
    finally:
        engine.dispose()


def launch_chromium(playwright: Playwright) -> Browser:
    """Start Debian's Chromium, the build without windows; it gets nothing from the network for itself."""
    return launch(playwright.chromium)


def launch(chromium: BrowserType, *flags: str) -> Browser:
    """The same with flags of its own."""
    program = shutil.which("chromium-headless-shell")
    assert program, "Chromium is not installed: `make test` sees to it"
    root = ("--no-sandbox",) if os.getuid() == 0 else ()
    return chromium.launch(executable_path=program, args=[*CHROMIUM_FLAGS, *flags, *root])


@dataclass
class Watch:
    """What pages did that no page of ours may do: leave the origin, raise an error, complain in the console."""

    allowed: list[str] = field(default_factory=list)  # patterns of complaints the test expects
    complaints: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to one page from its first request on."""
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def unexpected(self) -> list[str]:
        """Return the complaints the test has not allowed."""
        return [said for said in self.complaints if not any(re.search(one, said) for one in self.allowed)]

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob", "about"} and address.hostname != "127.0.0.1":
            self.complaints.append(f"leaves the origin: {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"page error: {error}")
