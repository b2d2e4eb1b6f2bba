"""What the house stands on, and who keeps it standing: a small disk, a supervisor as systemd is one, and what they saw."""

import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from simulator.faults import Fault as Refusal
from simulator.faults import Faults
from tests.engines import eventually
from tests.faults.installed import Installation, Process, children, get

MARGIN = 0.5  # seconds around an outage: a delivery that was under way when it began or ended has met it
RESTARTS_AFTER = 1.0  # seconds after which a process that ended is started again
SETTLES = 0.5  # seconds within which everybody has heard that a line of a killed process is dead
GROWN = 5.0  # seconds a new worker takes at most before it answers
OLDEST_DIES = 0.2  # share of the kills
SAMPLES_EVERY = 2.0  # seconds between two looks at the memory


def apart() -> list[str] | None:
    """The words before a command that give it mounts of its own, as root or not; None where the kernel allows neither."""
    ways = [["unshare", "--mount"], ["unshare", "--user", "--map-current-user", "--keep-caps", "--mount"]]
    mounts = ["sh", "-c", 'd=$(mktemp -d) && mount -t tmpfs bad-day "$d" && umount "$d"; e=$?; rmdir "$d"; exit $e']
    for way in ways[os.getuid() != 0 :]:
        if subprocess.run([*way, *mounts], check=False, capture_output=True).returncode == 0:
            return way
    return None


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk of its own, in memory; `small` is False where none could be had and this is a mere folder."""

    folder: Path
    small: bool

    def fill(self, ended: threading.Event, seconds: float) -> None:
        """Leave no byte on it for so long; what others give back meanwhile is taken as well."""
        ballast, full, size = self.folder / "ballast", False, 0
        until = time.monotonic() + seconds
        with ballast.open("wb", buffering=0) as taken:
            while time.monotonic() < until and not ended.is_set():
                for piece in (1 << 24, 1 << 20, 1 << 12):
                    with suppress(OSError):
                        while True:
                            os.posix_fallocate(taken.fileno(), size, piece)
                            size += piece
                full |= os.statvfs(self.folder).f_bavail == 0
                ended.wait(0.1)
        ballast.unlink()
        assert full, "the disk has not been full"


@contextmanager
def disk(megabytes: int, *, small: bool) -> Iterator[Disk]:
    """A disk of that size, where mounts are our own."""
    folder = Path(tempfile.mkdtemp(prefix="zhibu-bad-day-", dir="/tmp"))
    folder.chmod(0o755)
    with ExitStack() as undo:
        undo.callback(folder.rmdir)
        if small:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "bad-day", str(folder)]
            subprocess.run(mount, check=True)
            undo.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
        else:
            undo.callback(subprocess.run, ["find", str(folder), "-mindepth", "1", "-delete"], check=True)
        yield Disk(folder, small)


@dataclass
class Hanging(Faults):
    """WeChat's API, which takes calls and answers none while it hangs; then it answers those who have long gone."""

    goes_on: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__()
        self.goes_on.set()

    def take(self, path: str) -> Refusal | None:
        """Wait until it no longer hangs."""
        self.goes_on.wait(120)
        return super().take(path)


@dataclass
class Away:
    """When something was away: from and to, by time.monotonic."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def met(self, begun: float, ended: float) -> bool:
        """Whether any of it lies around this span."""
        return any(begin - MARGIN <= ended and begun <= end + MARGIN for begin, end in self.spans)

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(end - begin for begin, end in self.spans)


@dataclass
class Kept:
    """A process that is started again a moment after it has ended, unless it is to stay away."""

    name: str
    start: Callable[[], Process]
    held: bool = False
    starts: int = 0
    process: Process | None = None
    ended: float = 0.0  # when that was noticed

    def look(self) -> bool:
        """Start it where that is due; whether it has just been found ended."""
        if self.process is not None and self.process.poll() is None:
            return False
        if self.process is not None and not self.ended:
            self.ended = time.monotonic()
            return True
        if not self.held and time.monotonic() >= self.ended + (RESTARTS_AFTER if self.starts else 0.0):
            self.process, self.ended = self.start(), 0.0
            self.starts += 1
        return False

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(how)


@dataclass(frozen=True, slots=True)
class Sample:
    """How much memory a process had, in bytes, so many seconds after it was seen first.

    `pss` is its share of what is shared; `anonymous` is all that stems from no file, shared or not: it does not grow
    when a sibling ends.
    """

    at: float
    role: str
    pid: int
    pss: int
    anonymous: int


@dataclass
class Keeper:
    """The supervisor, and who watches: what was away when, how large everything was."""

    made: Installation
    kept: dict[str, Kept]
    url: str  # of PostgreSQL, "" where there is none
    web: Away = field(default_factory=Away)
    database: Away = field(default_factory=Away)
    samples: list[Sample] = field(default_factory=list)
    born: dict[int, float] = field(default_factory=dict)  # process -> when it was seen first
    over: threading.Event = field(default_factory=threading.Event)
    broken: list[tuple[float, float]] = field(default_factory=list)  # a worker was killed, though another one served
    failed: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _web_since: float = 0.0

    def begin(self) -> None:
        """Start everything, and go on doing so."""
        loops = [self._supervise, self._watch_web, self._measure] + [self._watch_database] * bool(self.url)
        for loop in loops:
            thread = threading.Thread(target=self._guarded, args=(loop,), name=loop.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        """Start nothing any more, and end what runs."""
        self.over.set()
        for thread in self._threads:
            thread.join(10)
        for one in self.kept.values():
            if one.process is not None:
                one.kill(signal.SIGCONT)
                one.kill(signal.SIGQUIT if one.name == "database" else signal.SIGKILL)
                one.process.wait()

    def workers(self) -> list[int]:
        """The web workers that live."""
        server = self.kept["server"].process
        return children(server.pid) if server is not None and server.poll() is None else []

    def kill_worker(self, draw: float) -> str:
        """SIGKILL to the worker that was drawn (0 to 1); where no other is grown, nobody serves until one is.

        It is mostly the youngest, so that one grows old: what it forgets to give back is seen after minutes alone.
        """
        now = time.monotonic()
        there = sorted(eventually(self.workers, what="a worker"), key=lambda pid: self.born.get(pid, now))
        victim = there[0] if draw < OLDEST_DIES else there[-1]
        grown = [pid for pid in there if pid != victim and now - self.born.get(pid, now) > GROWN]
        if not grown and not self._web_since:
            self._web_since = now
        os.kill(victim, signal.SIGKILL)
        self.broken.append((now, time.monotonic() + SETTLES))
        return "the only grown one" if not grown else "the other one serves"

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception as error:
            self.failed.append(f"{loop.__name__}: {error!r}")
            raise

    def _supervise(self) -> None:
        while not self.over.wait(0.02):
            for one in self.kept.values():
                if one.look() and one.name == "server" and not self._web_since:
                    self._web_since = one.ended - 0.1

    def _watch_web(self) -> None:
        """Once nobody serves, wait for the first answer; a worker that is new is one a moment later."""
        while not self.over.wait(0.05):
            now = time.monotonic()
            for pid in self.workers():
                self.born.setdefault(pid, now)
            since = self._web_since
            if since and now > since + 0.3 and get(f"{self.made.url}/livez", 1.0)[0] == 200:
                self.web.spans.append((since, time.monotonic()))
                self._web_since = 0.0

    def _watch_database(self) -> None:
        asked: psycopg.Connection[tuple[int]] | None = None
        answered = time.monotonic()
        away = False
        while not self.over.wait(0.1):
            try:
                asked = asked or psycopg.connect(self.url, connect_timeout=1, autocommit=True)
                asked.execute("SELECT 1")
            except psycopg.Error:
                asked, away = None, True
                continue
            if away:
                self.database.spans.append((answered, time.monotonic()))
            answered, away = time.monotonic(), False
        if asked is not None:
            asked.close()

    def _measure(self) -> None:
        while not self.over.wait(SAMPLES_EVERY):
            now = time.monotonic()
            pids = [(pid, "worker") for pid in self.workers()]
            pids += [(one.process.pid, one.name) for one in self.kept.values() if one.process and not one.ended]
            for pid, role in pids:
                pss, anonymous = _sizes(pid)
                if pss:
                    self.samples.append(Sample(now - self.born.setdefault(pid, now), role, pid, pss, anonymous))


def _sizes(pid: int) -> tuple[int, int]:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:  # ended meanwhile
        return 0, 0
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", text, re.MULTILINE))
    return int(found.get("Pss", 0)) * 1024, int(found.get("Anonymous", 0)) * 1024
