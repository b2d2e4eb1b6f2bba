"""Our own echo: a safe-mode message opened, read, answered and sealed by the product's envelope and webhook.

What it does not do: no memory or lock of the person, no look-up, no row. It is what WeChat's protocol alone costs us,
and what stands against the peers' empty echoes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench import deliveries
from bench.rows import floor
from bench.server import free_port, granian, running
from bench.table import Row, Shape, Target


def target(port: int, pid: int) -> Target:
    """Any echo at this port: it has to say the text again, sealed, and to refuse what was not signed."""
    return Target(
        port=port,
        pids=[pid],
        requests=lambda count: deliveries.sealed(count, port=port),
        right=lambda answer: deliveries.says(answer, deliveries.TEXT),
        forged=deliveries.forged(port=port),
    )


@contextmanager
def echo(shape: Shape) -> Iterator[Target]:
    """Serve it."""
    port = free_port()
    command = granian("bench.bots.echo:app", port, shape.workers, floor.THREADS)
    with running(command, port, shape.log, os.environ) as pid:
        yield target(port, pid)


ROW = Row("our echo", echo, against={"echo_vs_floor": floor.ROW.name})
