"""Ports: the socket to listen at, ours or systemd's, and a claim to it that two starters cannot both have."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engines.locks import hold

BACKLOG = 1024  # connections that may wait to be taken
_FIRST_HANDED = 3  # the first descriptor that systemd hands over


class PortRefused(Exception):
    """Nobody can listen there now; `taken` tells an address in use from one that is not ours to use."""

    def __init__(self, host: str, port: int, *, taken: bool, reason: str) -> None:
        super().__init__(f"{host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.taken = taken
        self.reason = reason


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at this address. Raises PortRefused."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        try:
            # Without SO_REUSEPORT: with it a second server would listen beside the first, each getting half of the
            # callbacks. SO_REUSEADDR looks past connections of a server just ended.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            made.listen(BACKLOG)
        except BaseException:
            made.close()
            raise
    except OSError as error:
        raise PortRefused(
            host, port, taken=error.errno == errno.EADDRINUSE, reason=error.strerror or str(error)
        ) from None
    return made


def check(host: str, port: int) -> None:
    """Raise PortRefused unless a server could listen at this address now."""
    listen(host, port).close()


def claim(host: str, port: int, var: Path) -> tuple[socket.socket, bool]:
    """The socket to serve at, claimed until this process and those it forks have ended; True: systemd's own.

    The lock keeps apart two starters of one installation; for all others, who have another folder, the port itself
    has to do. Raises PortRefused. Source: sd_listen_fds(3).
    """
    try:
        hold(var / f"serve-{port}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)  # never closed: it ends with us all
    except BlockingIOError:
        raise PortRefused(host, port, taken=True, reason="claimed") from None
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()) or os.environ.pop("LISTEN_FDS", "0") == "0":
        return listen(host, port), False
    handed = socket.socket(fileno=_FIRST_HANDED)
    handed.set_inheritable(False)  # the embedded Redis we may start outlives us
    return handed, True


@contextmanager
def unserved(var: Path, port: int) -> Iterator[None]:
    """While the block runs no process of this installation serves at all, nor one begins to serve at this port.

    Raises PortRefused where one serves, at whatever port, be it only a worker whose server has ended.
    """
    with ExitStack() as held:
        for lock in sorted({var / f"serve-{port}.lock", *var.glob("serve-*.lock")}):
            try:
                held.callback(os.close, hold(lock, fcntl.LOCK_EX | fcntl.LOCK_NB))
            except BlockingIOError:
                at = int(lock.stem.removeprefix("serve-"))
                raise PortRefused("", at, taken=True, reason="serving") from None
        yield
