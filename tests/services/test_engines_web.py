"""One generation of web processes gives way to the next, also where one of them falls at the worst moment."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.branch import ROOT
from tests.engines import eventually
from tests.faults.installed import Process, children, get


@contextmanager
def unlucky(how: str, folder: Path) -> Iterator[tuple[Process, str]]:
    """A server with that kind of bad luck, and its address; it ends as it was told to, and nothing panics."""
    with (folder / "said").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.services.unlucky", how, str(folder)], cwd=ROOT, stdout=said, stderr=said
        )
    try:
        address = folder / "address"
        yield server, eventually(lambda: address.exists() and address.read_text("ascii"), what="the server") or ""
        server.terminate()
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait()
    assert "panicked" not in (folder / "said").read_text("utf-8")


def threads(pid: int) -> str:
    """The names of a process's threads; none where one of them, or all, have just ended."""
    try:
        return " ".join(task.read_text("ascii") for task in Path(f"/proc/{pid}/task").glob("*/comm"))
    except OSError:
        return ""


def test_who_is_told_to_leave_before_it_has_begun_leaves_the_socket_in_peace(tmp_path: Path) -> None:
    with unlucky("early", tmp_path) as (server, _):
        eventually(lambda: any("tokio" in threads(one) for one in children(server.pid)), what="a worker that begins")


def test_a_successor_that_ends_when_it_has_just_said_that_it_is_ready_is_replaced(tmp_path: Path) -> None:
    with unlucky("late", tmp_path) as (server, address):
        _, first = get(address)
        server.send_signal(signal.SIGHUP)
        eventually((tmp_path / "fallen").exists, what="the successor's end")
        before = {"", first, (tmp_path / "fallen").read_text("ascii")}
        eventually(lambda: get(address)[1] not in before, what="the next one's answer")


def test_a_wish_to_stop_is_obeyed_without_complaint_though_one_has_fallen_just_before(tmp_path: Path) -> None:
    with unlucky("last", tmp_path) as (_, address):
        assert get(address)[0] == 200


def test_who_lets_go_of_the_socket_while_connections_come_and_go_does_so_in_peace(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.services.unlucky", "crowded", str(tmp_path)]
    assert subprocess.run(words, cwd=ROOT, check=False, timeout=60).returncode == 0
