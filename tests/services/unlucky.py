"""A web server of which one worker has bad luck: `python -m tests.services.unlucky HOW FOLDER`; answers a worker's pid.

early: the worker is told to leave before it has begun, and stays. late: the first successor ends when it has just said
that it is ready. last: it falls when the server has just been told to stop.
crowded: sockets come and go while it lets go of its own; it ends by itself.
"""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engines.web import LEAVE, Server, Wsgi, _connected, _let_go, leaving
from tests.engines import alive, eventually
from tests.faults.installed import children


def answer(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:  # as engines.web.Wsgi has it
    """The worker's pid."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


class Late(Server):
    """Whoever is the first to be ready ends before anybody counts on it."""

    fallen: Path  # of whom it writes the pid there

    def _comes(self, ready: int) -> bool:
        came = super()._comes(ready)
        if came and not self.fallen.exists():
            (new,) = set(children(os.getpid())) - {one.inner.pid for one in self.wrks}
            os.kill(new, signal.SIGKILL)
            eventually(lambda: not alive(new), what="its end")
            self.fallen.write_text(str(new), "ascii")
        return came


class Last(Server):
    """One falls between the wish to stop and its being passed on."""

    def _stop_workers(self) -> None:
        (one,) = children(os.getpid())
        os.kill(one, signal.SIGKILL)
        eventually(lambda: self.interrupt_children, what="its end")
        super()._stop_workers()


LUCK = {"early": Server, "late": Late, "last": Last}


def crowd() -> None:
    """Open and close sockets without end."""
    while True:
        for one in [socket.socket() for _ in range(50)]:
            one.close()


def crowded() -> None:
    """Let go of the listening socket, again and again."""
    socket.create_server(("127.0.0.1", 0)).detach()
    threading.Thread(target=crowd, daemon=True).start()
    for _ in range(200):
        _let_go()
        assert not _connected()


def main(how: str, folder: Path) -> None:
    """Serve until told to stop; the address is in the file `address`, the pid of who fell in `fallen`."""
    if how == "crowded":
        crowded()
        return
    logging.basicConfig(level=logging.INFO)

    def loader() -> Wsgi:
        app = leaving(answer)
        if how == "early":  # the server's own SIGTERM, which it has been born with, keeps it from ending
            os.kill(os.getpid(), LEAVE)
        return app

    listener = socket.create_server(("127.0.0.1", 0))
    server = LUCK[how](listener, handed=False, workers=1, threads=2)
    vars(server)["fallen"] = folder / "fallen"
    (folder / "address").write_text(f"http://127.0.0.1:{listener.getsockname()[1]}/", "ascii")
    server.serve(target_loader=loader, wrap_loader=False)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
