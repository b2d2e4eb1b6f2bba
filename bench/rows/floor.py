"""The floor: Flask answering `success` to every delivery, on our server, with our workers and threads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import flask

from bench.load import post
from bench.server import free_port, granian, running
from bench.table import Row, Shape, Target

BODY = b"<xml><ToUserName>gh_bench</ToUserName></xml>"
app = flask.Flask("floor", static_folder=None)


@app.post("/wechat")
def success() -> str:
    """Answer without reading."""
    return "success"


@contextmanager
def floor(shape: Shape) -> Iterator[Target]:
    """Serve it."""
    port = free_port()
    command = granian("bench.rows.floor:app", port, shape.workers, shape.threads)
    with running(command, port, shape.log, os.environ) as pid:
        yield Target(
            port=port,
            pids=[pid],
            requests=lambda count: [post("/wechat?signature=s&timestamp=1&nonce=n", BODY, port=port)] * count,
            right=lambda answer: answer == b"success",
        )


ROW = Row("floor: Flask 'success'", floor)
