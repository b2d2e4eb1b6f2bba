"""The PostgreSQL and the Redis-protocol server of a run: one of each, started when first asked, ended with the bench.

All rows that write share the cluster, each with a database of its own in every turn, so that pgbench beside them tells
what this very cluster and disk allow. It keeps its flushes to disk.
"""

import atexit
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from engines.redis import connect, ensure_redis, leave, stop
from tests.engines import Postgres, postgres


@cache
def cluster() -> Postgres:
    """The cluster; its process is `cluster().process.pid`."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgres(durable=True))


@contextmanager
def database() -> Iterator[str]:
    """A new, empty database of the cluster until the block ends; yields its name."""
    name = cluster().create()
    try:
        yield name
    finally:
        cluster().drop(name)


@contextmanager
def redis() -> Iterator[tuple[str, int]]:
    """A server with nothing in it until the block ends; yields its address and process id."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home = Path(folder)
        url = ensure_redis(home)
        try:
            with connect(url) as store:
                pid = int(store.info("server")["process_id"])
            yield url, pid
        finally:
            stop(home)
            leave(home)
