"""The floor: Flask answering `success` to every delivery, on our server, with our workers.

It does nothing: no reading, no signature, no sealing. No view in Flask on this server can be faster.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from bench.load import post
from bench.server import free_port, granian, running
from bench.table import Row, Shape, Target

BODY = b"<xml><ToUserName>gh_bench</ToUserName></xml>"
THREADS = 1  # of what waits for nothing, of our echo and of peers: more could only take turns


@contextmanager
def floor(shape: Shape) -> Iterator[Target]:
    """Serve it."""
    port = free_port()
    command = granian("bench.bots.floor:app", port, shape.workers, THREADS)
    with running(command, port, shape.log, os.environ) as pid:
        yield Target(
            port=port,
            pids=[pid],
            requests=lambda count: [post("/wechat?signature=s&timestamp=1&nonce=n", BODY, port=port)] * count,
            right=lambda answer: answer == b"success",
        )


ROW = Row("floor: Flask 'success'", floor)
