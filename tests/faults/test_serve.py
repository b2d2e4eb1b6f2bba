"""`zhibu serve` and `zhibu db upgrade` when something is in their way: a port, a database, a disk, a signal."""

import os
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from engines import sql
from engines.redis import connect, ensure_redis, leave
from simulator.phone import Person
from tests.engines import Postgres, alive, eventually, postgres, start_postgres
from tests.faults.installed import TAKEN, Installation, Process, children, get, installation, world_of

LATER = "系统正忙"
UNBOUND = "您还没有绑定"  # what a stranger hears who asks for something: the database has been looked into


def follower(made: Installation, cut: float = 5.0) -> Person:
    """Somebody who follows the account; no complaint of the platform's stays unseen."""
    return world_of(made, cut).join("张建国", following=True)


@contextmanager
def disk_full(pid: int) -> Iterator[None]:
    """The process cannot lengthen any file meanwhile, as on a full disk."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))


def locks_of(pid: int, file: Path) -> list[str]:
    """The locks that the kernel says this process holds on the file."""
    inode = str(file.stat().st_ino)
    lines = [line.split() for line in Path("/proc/locks").read_text("ascii").splitlines()]
    return [line[3] for line in lines if "->" not in line and line[4] == str(pid) and line[5].endswith(f":{inode}")]


def upgraded_by_four(made: Installation) -> None:
    """Four processes bring the same database up at once."""
    running = [
        subprocess.Popen(made.command("db", "upgrade"), env=made.environ, cwd=made.home, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    engine = sql.open_engine(made.settings().database.url, made.home)
    assert sql.at_head(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    engine.dispose()


@dataclass
class Serving:
    """An installation whose server runs, for tests that leave it running."""

    made: Installation
    server: Process

    def worker(self) -> int:
        """Its only worker."""
        (worker,) = eventually(lambda: children(self.server.pid), what="a worker")
        return worker


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with installation(tmp_path_factory.mktemp("serving") / "home") as made:
        yield Serving(made, made.serve())


def test_of_two_servers_on_one_port_the_second_refuses(serving: Serving, installed: Installation) -> None:
    address = f"127.0.0.1:{serving.made.port}"
    installed.port = serving.made.port
    installed.configure()
    for made in (serving.made, installed):  # the same folder, and one that shares nothing but the port
        second = made.zhibu("serve")
        assert second.returncode == 1
        assert second.stderr == (
            f"{address} {TAKEN}，多半是上一次启动的还在运行：请先停掉它，或在设置里给 server.port 换一个端口。\n"
        )
    installed.gone()
    restored = serving.made.zhibu("restore", ".")  # no jobs run, whose leases would tell
    assert (restored.returncode, "网页服务还在运行" in restored.stderr) == (1, True)
    assert serving.server.poll() is None
    assert serving.made.answers()


def test_a_worker_holds_the_locks_of_its_database_itself(serving: Serving) -> None:
    follower(serving.made).says("活动").hears(UNBOUND)
    database = serving.made.home / "var" / "zhibu.db"
    # Otherwise the next command to close the database takes itself for the last and removes the log under it.
    assert locks_of(serving.worker(), database)
    assert not locks_of(serving.server.pid, database)


def test_a_worker_killed_by_force_is_replaced(serving: Serving) -> None:
    victim = serving.worker()
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: children(serving.server.pid) not in ([], [victim]), what="its successor")
    eventually(serving.made.answers, what="an answer")
    follower(serving.made).says("活动").hears(UNBOUND)
    assert serving.server.poll() is None


def test_who_sends_drop_by_drop_holds_nobody_up(tmp_path: Path) -> None:
    head = b"POST /wechat?a=1 HTTP/1.1\r\nHost: zhibu\r\nContent-Length: 20\r\n\r\n<xml>"
    with installation(tmp_path / "home", server={"threads": 4}) as made, ExitStack() as open_still:
        made.serve()
        slow = [open_still.enter_context(socket.create_connection(("127.0.0.1", made.port))) for _ in range(3)]
        for one in slow:
            one.sendall(head)
        zhang = follower(made)
        for _ in range(8):  # more than there are threads
            zhang.says("活动").hears(UNBOUND)
            assert made.answers()
        for one in slow:
            one.sendall(b"<a>1</a></xml>"[:15].ljust(15))
            assert one.recv(100).startswith(b"HTTP/1.1 403")


def test_a_body_nobody_reads_holds_up_nobody_who_comes_after_it(serving: Serving) -> None:
    """Behind a proxy the next request of a connection may be somebody else's."""
    answered = []

    def posts(_place: int) -> None:
        closed = suppress(ConnectionError)  # at any time: that tells the proxy to take another
        with closing(HTTPConnection("127.0.0.1", serving.made.port, timeout=20)) as line, closed:
            line.request("POST", "/nowhere", body=b"x" * 200_000)
            assert line.getresponse().read()
            answered.append(line)
            line.request("GET", "/livez")
            assert line.getresponse().read() == b"ok"

    with ThreadPoolExecutor(6) as others:
        assert len(list(others.map(posts, range(30)))) == 30  # whoever is held up raises TimeoutError
    assert answered


def test_a_full_disk_is_told_as_busy_and_passes(serving: Serving) -> None:
    somebody = world_of(serving.made).join("何静")
    with disk_full(serving.worker()):
        refused = somebody.follow().hears(LATER)
    somebody.says("活动").hears(UNBOUND)
    somebody.again(refused).hears("您好")


def test_a_server_killed_by_force_leaves_no_worker_and_its_port_is_free_at_once(installed: Installation) -> None:
    server = installed.serve()
    (worker,) = children(server.pid)
    follower(installed).says("帮助").hears("您想做什么")  # its connection stays open: no reason to wait for it
    server.kill()
    server.wait()
    eventually(lambda: not alive(worker), what="the end of the worker")
    again = installed.start("serve")
    assert installed.comes_up(again), installed.said()


def test_a_stop_lets_a_slow_turn_finish(installed: Installation) -> None:
    server = installed.serve()
    somebody = follower(installed)
    engine = sql.open_engine("", installed.home)
    with ThreadPoolExecutor(1) as phone, connect(ensure_redis(installed.home)) as store:
        with engine.connect() as connection, connection.begin():  # the one who may write now
            telling = phone.submit(somebody.says, "活动")
            eventually(lambda: list(store.scan_iter("*lock:*")), what="the turn's lock")
            server.terminate()
            eventually(lambda: "Shutting down" in installed.said(), what="the stop")
        telling.result().hears(UNBOUND)
    assert server.wait() == 0
    assert "refused" not in installed.said()
    engine.dispose()
    leave(installed.home)
    installed.gone()


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with installation(tmp_path / "home") as made:
        nowhere = made.home / "file"
        nowhere.write_text("not a folder", "utf-8")
        refused = subprocess.run(
            made.command("serve"),
            check=False, capture_output=True, text=True, env={**made.environ, "ZHIBU_HOME": str(nowhere)},
        )  # fmt: skip
        assert refused.returncode == 1
        assert str(nowhere) in refused.stderr
        assert "请检查" in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_database_that_restarts_is_not_noticed_and_one_that_is_away_is_told_as_busy(tmp_path: Path) -> None:
    with postgres() as cluster, installation(tmp_path / "home") as made:
        made.configure(database={"url": cluster.url(cluster.create())})
        assert made.zhibu("db", "upgrade").returncode == 0
        made.serve()
        eight_at_once(made)
        stopped(cluster)
        again = start_postgres(cluster.folder)
        eight_at_once(made)  # each connection of the pool is a dead one
        stopped(again)
        for _ in range(2):
            heard = follower(made).says("活动").hears(LATER)
            assert len(heard.deliveries) == 1, "not within the platform's five seconds"
        assert get(f"{made.url}/readyz")[0] == 503
        assert "zhibu_database_up 0.0" in get(f"{made.url}/metrics")[1]
        assert 'zhibu_turns_total{kind="text",outcome="later"}' in get(f"{made.url}/metrics")[1]
        again = start_postgres(cluster.folder)
        eight_at_once(made)
        assert get(f"{made.url}/readyz")[0] == 200
        stopped(again)


def eight_at_once(made: Installation) -> None:
    """Eight turns at once: each answers."""
    with ThreadPoolExecutor(8) as phones:
        for turn in phones.map(lambda _: follower(made).says("活动"), range(8)):
            turn.hears(UNBOUND)


def stopped(cluster: Postgres) -> None:
    """Stop it as `systemctl restart` does: whoever is connected is cut off."""
    cluster.process.send_signal(signal.SIGINT)
    cluster.process.wait()


def test_upgrading_twice_and_by_four_at_once_is_upgrading_once_on_sqlite(installed: Installation) -> None:
    upgraded_by_four(installed)
    again = installed.zhibu("db", "upgrade")
    assert (again.returncode, again.stdout, again.stderr) == (0, "数据库已是最新。\n", "")


def test_upgrading_by_four_at_once_is_upgrading_once_on_postgresql(
    installed: Installation, pg_server: Postgres
) -> None:
    name = pg_server.create()
    installed.configure(database={"url": pg_server.url(name)})
    upgraded_by_four(installed)
    pg_server.drop(name)


def test_a_server_refuses_a_postgresql_with_the_tables_of_another_version(
    installed: Installation, pg_server: Postgres
) -> None:
    name = pg_server.create()
    installed.configure(database={"url": pg_server.url(name)})
    with psycopg.connect(pg_server.url(name)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('another')")
    refused = installed.zhibu("serve")
    assert (refused.returncode, refused.stderr) == (1, "数据库的表不是这个版本的，请先运行 zhibu db upgrade。\n")
    installed.gone()
    pg_server.drop(name)
