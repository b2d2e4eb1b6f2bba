"""WeRoBot's empty echo on our server, with our workers: as it comes, on bottle, and by its own view in Flask.

Sessions are off, which would write a file. What it does not do: no repeated delivery is known, no look-up, no row; it
checks no age of a signature. A wrong msg_signature it refuses with a status of 500.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bench import peers
from bench.rows import echo, floor
from bench.server import ROOT, free_port, granian, running
from bench.table import Row, Shape, Target


@contextmanager
def werobot(shape: Shape, *, bot: str) -> Iterator[Target]:
    """Serve one of the two."""
    port = free_port()
    command = granian(f"bench.bots.{bot}:app", port, shape.workers, floor.THREADS)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(peers.python())])}
    with running(command, port, shape.log, environ) as pid:
        yield echo.target(port, pid)


ROW = Row(
    "WeRoBot's empty echo",
    partial(werobot, bot="werobot_echo"),
    against={"werobot_vs_floor": floor.ROW.name},
    prepare=peers.python,
)
IN_FLASK = Row(
    "WeRoBot's empty echo in Flask",
    partial(werobot, bot="werobot_flask"),
    against={"werobot_flask_vs_floor": floor.ROW.name},
    prepare=peers.python,
)
