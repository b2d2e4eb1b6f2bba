"""The web server: workers of one listening socket, replaced one generation by the next without losing a delivery.

The socket is opened once, by systemd or by us, and all workers take from its one queue; so a connection that waits
there is nobody's to lose. A worker that is to leave (docs/decisions/0085) lets go of the socket, says `Connection:
close` with each answer, and ends when nobody is connected any more, or when those that are have been idle for long.

Of granian's server, four steps that it leaves to itself are ours: where the socket comes from, how a generation of
workers gives way to the next, how all of them end, and how the application is called (docs/decisions/0092).
"""

import logging
import os
import select
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server import mp
from granian.server.mp import MPServer, WorkerProcess
from granian.wsgi import Response, ResponseIterWrap

from engines.door import Door
from engines.later import Later
from engines.ports import BACKLOG

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]  # an environ holds whatever a server put there
IDLE = 8.0  # seconds an idle connection is kept by who leaves; nginx's own limit has to be shorter
IDLE_AT_END = 1.0  # seconds, where nobody has come in the place of who leaves
TURN = 10.0  # seconds a turn under way may take before its worker is killed
SOON, LONGEST = 6.0, 60.0  # seconds before a successor that could not start is tried again; granian ends below 5.5
READY = 60.0  # seconds for a new worker to be ready, on a machine that does other things as well
LEAVE, LEAVE_AT_END = signal.SIGUSR1, signal.SIGUSR2
log = logging.getLogger(__name__)


class Server(MPServer):
    """Serves a WSGI application from `workers` processes at `listener`.

    SIGHUP puts new workers in the place of the old; those that cannot start leave the old ones at work. SIGTERM and
    SIGINT end it. `handed` says that the socket stays open elsewhere, so that who comes now waits for our successor.
    """

    def __init__(self, listener: socket.socket, *, handed: bool, workers: int, threads: int) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            "zhibu",
            host,
            port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            websockets=False,
            log_dictconfig=_AS_EVERYBODY,
            log_access=False,  # a callback's query carries an openid, and who reads /report is nobody's business
            respawn_failed_workers=True,
            workers_kill_timeout=int(TURN),
        )
        vars(mp)["_wsgi_call_wrap"] = _calling  # of the workers, which are forked; granian has no setting for it
        self.listener = listener
        self.handed = handed
        self.leaving: list[WorkerProcess] = []
        self.pauses: dict[int, float] = {}  # seconds before a place is tried again
        self.later: dict[int, threading.Timer] = {}  # who will try it again

    def _init_shared_socket(self) -> None:
        self._ssp, self._sso = None, None
        holder = SocketHolder(self.listener.fileno(), False, BACKLOG)  # type: ignore[call-arg] # noqa: FBT003 - as granian's own net.py; its stub is silent, and False: no Unix socket
        self._shd = holder  # type: ignore[assignment] # None is what granian begins with
        self._sfd = self.listener.fileno()  # type: ignore[assignment] # likewise

    def _drop_shared_socket(self) -> None:
        self.listener.close()

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Callable[..., None], target_loader: Callable[[], Wsgi],
        delay: float = 0,  # noqa: ARG002 - granian would wait that long and hope; here the new one says that it is ready
    ) -> None:  # fmt: skip
        """Start successors for the workers of these places, and let go of whom they replace once they are ready."""
        self._not_again(workers)
        made = [(place, *self._successor(place, spawn_target, target_loader)) for place in workers]
        for place, worker, ready in made:
            before = self.wrks[place]
            if not self._comes(ready):
                log.error("worker not replaced place=%d", place)
                worker.kill()
                worker.join()
                if any(one.is_alive() for one in self.wrks):
                    self.respawned_wrks.pop(place, None)  # else granian takes the next end for a crash without end
                if not before.is_alive():
                    self._try_again(place)
                continue
            self.pauses.pop(place, None)
            self.respawned_wrks.pop(place, None)  # who has been ready is no crash without end, however soon it falls
            self.wrks[place] = worker
            worker.interrupt_by_parent = False  # from here on its end is a reason to replace it
            if not worker.is_alive():  # it has ended meanwhile, of which nobody was told
                self._try_again(place)
            if before.is_alive():
                _tell(before, LEAVE)
                self.leaving.append(before)
        self._wait_for(self.leaving, IDLE + TURN)
        self.leaving = [one for one in self.leaving if one.is_alive()]  # some, where a stop has come meanwhile

    def _try_again(self, place: int) -> None:
        """Replace a dead worker later, as long as another one lives; else granian tries once more and then ends."""
        pause = self.pauses[place] = min(2 * self.pauses.get(place, SOON / 2), LONGEST)

        def again() -> None:
            self.interrupt_children.append(place)
            self.main_loop_interrupt.set()

        if not any(one.is_alive() for one in self.wrks):
            again()
            return
        later = self.later[place] = threading.Timer(pause, again)
        later.daemon = True
        later.start()

    def _not_again(self, places: Iterable[int]) -> None:
        """Forget that these were to be tried again: it is being done, or nothing is any more."""
        for place in places:
            if place in self.later:
                self.later.pop(place).cancel()

    def _comes(self, ready: int) -> bool:
        """Whether the worker says that it is ready, before it ends, within READY and before a wish to stop."""
        deadline = time.monotonic() + READY
        try:
            while not self.interrupt_signal and time.monotonic() < deadline:
                if select.select([ready], [], [], 0.1)[0]:
                    return os.read(ready, 1) == b"1"
            return False
        finally:
            os.close(ready)

    def _successor(
        self, place: int, spawn_target: Callable[..., None], target_loader: Callable[[], Wsgi]
    ) -> tuple[WorkerProcess, int]:
        """A new worker, and the end of a pipe into which it writes when it is ready."""
        self.respawned_wrks[place] = time.monotonic()
        ready, said = os.pipe()
        worker = self._spawn_worker(place, spawn_target, partial(_announced, target_loader, said))
        worker.interrupt_by_parent = True  # until it is ready, its end concerns nobody but who waits for it
        worker.start()
        os.close(said)
        return worker, ready

    def _stop_workers(self) -> None:
        self._not_again(tuple(self.later))
        for worker in (*self.wrks, *self.leaving):
            worker.interrupt_by_parent = True
            if self.handed:
                _tell(worker, LEAVE_AT_END)
            else:
                worker.terminate()
        self._wait_for([*self.wrks, *self.leaving], TURN + (IDLE_AT_END if self.handed else 0))
        self.wrks.clear()
        if self.interrupt_signal:
            self.interrupt_children.clear()  # else granian calls it a failure where one has fallen just before

    def _wait_for(self, workers: Sequence[WorkerProcess], seconds: float) -> None:
        """Wait for their end, and bring it about after so long; a wish to stop ends a reload's waiting."""
        deadline = time.monotonic() + seconds
        stopping = self.interrupt_signal
        for worker in workers:
            while worker.is_alive() and time.monotonic() < deadline:
                if self.interrupt_signal and not stopping:
                    return
                worker.join(0.05)
            if worker.is_alive():
                log.warning("worker killed place=%d", worker.idx)
                worker.kill()
            worker.join()


def leaving(app: Wsgi) -> Wsgi:
    """The application of one worker, which can be told to leave. For the worker's main thread."""
    gone = threading.Event()

    def leave(number: int, _frame: object) -> None:
        if not gone.is_set():
            gone.set()
            _let_go()
            idle = IDLE if number == LEAVE else IDLE_AT_END
            threading.Thread(target=_end_when_alone, args=(idle,), daemon=True).start()

    signal.signal(LEAVE, leave)
    signal.signal(LEAVE_AT_END, leave)

    def served(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            closing = [("Connection", "close")] if gone.is_set() else []
            return start(status, headers + closing, *rest)

        return app(environ, begin)

    return served


def _calling(app: Wsgi, _options: object, _log_format: object) -> Callable[[Any, dict[str, Any]], None]:
    """How a worker calls the application: as granian does (granian/wsgi.py), but through a door and without waiting.

    To an answer still to come, granian's own would have a thread wait.
    """
    door = Door()
    same: dict[str, Any] = {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SCRIPT_NAME": "",
        "SERVER_SOFTWARE": "granian",
        "wsgi.errors": sys.stderr,
        "wsgi.input_terminated": True,
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
    }

    def answer(protocol: Any, scope: dict[str, Any]) -> bool:
        """Whether nothing of the request's body can be left: granian holds it, and the connection, until we return."""
        started = Response()
        body = app(same | scope, started)
        if isinstance(body, Later):
            body.then(lambda sent: protocol.response_bytes(started.status, started.headers, sent))
        elif isinstance(body, list):
            protocol.response_bytes(started.status, started.headers, b"".join(body))
        else:
            protocol.response_iter(started.status, started.headers, ResponseIterWrap(body))
        return isinstance(body, Later) or not (scope.keys() & {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"})

    return lambda protocol, scope: door.through(partial(answer, protocol, scope))


def _announced(loader: Callable[[], Wsgi], said: int) -> Wsgi:
    app = loader()
    os.write(said, b"1")
    os.close(said)
    return app


def _tell(worker: WorkerProcess, what: signal.Signals) -> None:
    if worker.inner.pid is not None and worker.is_alive():
        worker.interrupt_by_parent = True
        os.kill(worker.inner.pid, what)


def _let_go() -> None:
    """Take no more connections, while the socket stays open for the others.

    Granian stops taking them only together with closing what it has, and of those it has just taken some would go
    unheard. So its descriptor is made to be that of a socket to which nobody comes: it finds nothing there and waits.
    """
    nobody = socket.create_server(("127.0.0.1", 0))  # an address of the internet: granian may still ask for it
    nobody.setblocking(False)  # noqa: FBT003 - the standard library's
    for descriptor, one in _sockets():
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and descriptor != nobody.fileno():
            _places.add(one.getsockname()[1])
            os.dup2(nobody.fileno(), descriptor, inheritable=False)


_INTERNET = (socket.AF_INET, socket.AF_INET6)
_places: set[int] = set()  # the ports that were let go of


def _end_when_alone(idle: float) -> None:
    """End this process as soon as nobody is connected to it, at the latest after `idle` seconds."""
    deadline = time.monotonic() + idle
    while time.monotonic() < deadline and _connected():
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)  # granian's own: turns under way are finished first


def _connected() -> bool:
    for _, one in _sockets():
        try:
            if one.getsockname()[1] in _places and one.getpeername():
                return True
        except OSError:  # whoever was there has gone
            continue
    return False


def _sockets() -> Iterator[tuple[int, socket.socket]]:
    """The sockets of the internet that this process holds, each with its descriptor.

    Connections come and go in other threads meanwhile: what is closed before it is looked at is left out.
    """
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if not stat.S_ISSOCK(entry.stat().st_mode):
                continue
            copy = os.dup(int(entry.name))
        except OSError:
            continue
        try:
            one = socket.socket(fileno=copy)
        except OSError:  # its number is now that of something else
            os.close(copy)
            continue
        with one:
            if one.family in _INTERNET:
                yield int(entry.name), one


_AS_EVERYBODY = {
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": False}},
}
"""Granian's lines go where all others go."""
