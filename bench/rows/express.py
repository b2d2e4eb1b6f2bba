"""The empty echo of the node package `wechat` on express: a cluster of as many processes as we have workers.

What it does not do: no repeated delivery is known, no look-up, no row; it compares no app id and checks no age of a
signature.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench import peers
from bench.bots.account import APP_ID, KEY, TOKEN
from bench.rows import echo, floor
from bench.server import free_port, running
from bench.table import Row, Shape, Target


@contextmanager
def express(shape: Shape) -> Iterator[Target]:
    """Serve it."""
    port = free_port()
    program = str(peers.BOTS / "express_echo.js")
    command = [str(peers.NODE), "--no-deprecation", program, str(port), str(shape.workers), TOKEN, KEY, APP_ID]
    environ = {**os.environ, "NODE_PATH": str(peers.node()), "NODE_ENV": "production"}
    with running(command, port, shape.log, environ) as pid:
        yield echo.target(port, pid)


ROW = Row("express' empty echo", express, against={"express_vs_floor": floor.ROW.name}, prepare=peers.node)
