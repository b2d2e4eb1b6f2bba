"""The embedded Redis: one for all processes, gone with its last user."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from engines import redis as engine
from tests.engines import alive, eventually

# A user process: joins the server, tells its address, stays until its input closes.
USER = """
import sys
from pathlib import Path
from engines.redis import ensure_redis
print(ensure_redis(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    engine.stop(tmp_path)


@contextmanager
def users(home: Path, count: int) -> Iterator[list["subprocess.Popen[str]"]]:
    """Start `count` user processes at once, each the leader of its own process group."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )
        for _ in range(count)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def address(user: "subprocess.Popen[str]") -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def processes(home: Path) -> list[int]:
    """The watcher and the server, by what the watcher wrote down."""
    return [int(pid) for pid in (home / "var" / "redis.pid").read_text(encoding="ascii").split()]


def servers_at(url: str) -> int:
    """Count by the kernel's own list, not by our files."""
    mark = os.fsencode(url.removeprefix("unix://"))
    found = 0
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found += mark in line and b"watcher.py" not in line
    return found


def test_eight_starters_at_once_share_one_server(home: Path) -> None:
    with users(home, 8) as started:
        (url,) = {address(user) for user in started}
        assert servers_at(url) == 1


def test_ctrl_c_on_the_starter_leaves_the_server_to_the_others(home: Path) -> None:
    with users(home, 1) as (starter,):
        url = address(starter)
        with users(home, 1) as (other,):
            assert address(other) == url
            os.killpg(starter.pid, signal.SIGINT)
            starter.wait()
            with engine.connect(url) as client:
                assert client.ping()
            assert all(alive(pid) for pid in processes(home))


def test_the_server_and_its_watcher_end_with_the_last_user_even_by_kill_9(home: Path) -> None:
    with users(home, 2) as (first, last):
        url = address(first)
        address(last)
        watcher, server = processes(home)
        first.kill()
        first.wait()
        with engine.connect(url) as client:
            assert client.ping()
        last.kill()
        last.wait()
        eventually(lambda: not alive(server) and not alive(watcher), what="the end of server and watcher")


def test_a_user_who_comes_while_the_server_ends_gets_a_new_one(home: Path) -> None:
    for _ in range(5):
        with users(home, 1) as (user,):
            url = address(user)
        # the last user has just been killed: the watcher is about to shut the server down, or does so now
        engine.ensure_redis(home)
        with engine.connect(url) as client:
            assert client.set("here", "yes")
            assert client.get("here") == "yes"
        engine.leave(home)


def test_a_server_killed_by_force_takes_its_watcher_along_and_is_replaced(home: Path) -> None:
    engine.ensure_redis(home)
    watcher, server = processes(home)
    os.kill(server, signal.SIGKILL)
    eventually(lambda: not alive(watcher), what="the end of the watcher")
    with engine.connect(engine.ensure_redis(home)) as client:
        assert client.ping()
    engine.leave(home)


def test_a_watcher_killed_by_force_takes_the_server_along_and_is_replaced(home: Path) -> None:
    engine.ensure_redis(home)
    watcher, server = processes(home)
    os.kill(watcher, signal.SIGKILL)
    eventually(lambda: not alive(server), what="the end of the server")
    with engine.connect(engine.ensure_redis(home)) as client:
        assert client.ping()
    engine.leave(home)


def test_stop_ends_a_server_in_use_and_tells_whether_there_was_one(home: Path) -> None:
    assert not engine.stop(home)
    engine.ensure_redis(home)
    pids = processes(home)
    assert engine.stop(home)
    assert not any(alive(pid) for pid in pids)
    assert not engine.stop(home)
    engine.leave(home)


def test_stop_ends_a_server_that_no_longer_answers(home: Path) -> None:
    engine.ensure_redis(home)
    watcher, server = processes(home)
    os.kill(server, signal.SIGSTOP)
    assert engine.stop(home)
    eventually(lambda: not alive(server) and not alive(watcher), what="the end of server and watcher")
    engine.leave(home)


def test_nothing_is_saved_no_port_is_open_and_nothing_is_evicted(home: Path) -> None:
    with engine.connect(engine.ensure_redis(home)) as client:
        asked = client.config_get("save", "appendonly", "port", "maxmemory-policy", "unixsocketperm")
    assert asked == {
        "save": "", "appendonly": "no", "port": "0", "maxmemory-policy": "noeviction", "unixsocketperm": "700",
    }  # fmt: skip
    engine.leave(home)


def test_a_home_with_a_long_name_gets_a_short_socket_closed_to_others(tmp_path: Path) -> None:
    home = tmp_path / ("支部" * 30)
    home.mkdir()
    url = engine.ensure_redis(home)
    try:
        path = Path(url.removeprefix("unix://"))
        assert len(os.fsencode(path)) < 100
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with engine.connect(url) as client:
            assert client.ping()
    finally:
        engine.stop(home)
        engine.leave(home)
        path.parent.rmdir()


def test_away_means_an_error_at_once(tmp_path: Path) -> None:
    with (
        engine.connect(f"unix://{tmp_path}/none.sock") as client,
        pytest.raises(redis.ConnectionError),
    ):
        client.ping()
