"""Ports: whether this machine would let us listen at one, and a claim that two starters cannot both have."""

import errno
import fcntl
import socket
from pathlib import Path

from engines.locks import hold


class PortRefused(Exception):
    """Nobody can listen there now; `taken` tells an address in use from one that is not ours to use."""

    def __init__(self, host: str, port: int, *, taken: bool, reason: str) -> None:
        super().__init__(f"{host}:{port}: {reason}")
        self.host = host
        self.port = port
        self.taken = taken
        self.reason = reason


def check(host: str, port: int) -> None:
    """Raise PortRefused unless a server could listen at this address now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # Without SO_REUSEPORT: the web server listens with it, and so would a second one beside the first,
            # each getting half of the callbacks. SO_REUSEADDR looks past connections of a server just ended.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise PortRefused(
            host, port, taken=error.errno == errno.EADDRINUSE, reason=error.strerror or str(error)
        ) from None


def claim(host: str, port: int, var: Path) -> None:
    """Claim the address until this process and those it forks have ended. Raises PortRefused.

    The lock keeps apart two starters of one installation, who could both find the port free; for all others,
    who have another folder, the port itself has to do.
    """
    try:
        hold(var / f"serve-{port}.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)  # never closed: it ends with us all
    except BlockingIOError:
        raise PortRefused(host, port, taken=True, reason="claimed") from None
    check(host, port)
