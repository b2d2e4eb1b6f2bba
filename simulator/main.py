"""Serves a simulated WeChat: for good in a process of its own, or inside a test for a while."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator.accounts import Accounts
from simulator.clock import Clock
from simulator.outcomes import Telling, When
from simulator.transport import http_get, http_post
from simulator.web import create_app
from simulator.world import World


class _Quiet(WSGIRequestHandler):
    """Keeps connections open and logs nothing: query strings carry secrets."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 -- werkzeug's name
        """Say nothing."""


def _server(world: World, host: str, port: int) -> BaseWSGIServer:
    return make_server(host, port, create_app(world), threaded=True, request_handler=_Quiet)


def serve(
    accounts: Accounts,
    callback_url: str,
    host: str,
    port: int,
    *,
    mode: str = "safe",
    clock: Clock | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; call it in the main thread of a process of its own."""
    world = World(accounts, http_post(callback_url), mode=mode, clock=clock)
    world.get = http_get(callback_url)
    world.outcomes.usual = Telling(When.SOON)
    server = _server(world, host, port)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
    finally:
        world.close()
        server.server_close()


@contextmanager
def running(world: World, host: str = "127.0.0.1") -> Iterator[str]:
    """The base URL of this world on a free port, until the block ends."""
    server = _server(world, host, 0)
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True, name="simulator"
    )
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        world.close()
        server.shutdown()
        server.server_close()
        thread.join(5)
