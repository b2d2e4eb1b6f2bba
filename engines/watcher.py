"""Runs one Redis server until its last user is gone; a script of its own, started by engines/redis.py.

It imports the standard library alone, so that it is up at once, and is the server's parent: it ends when the
server ends, and the server dies with it. Usage: watcher.py USERS-LOCK PID-FILE LOG-FILE SERVER ARGUMENT…
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
from types import FrameType

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PATIENCE = 5  # seconds between asking the server to end and killing it


class ServerEnded(BaseException):
    """The server is gone (crashed, killed, shut down): nothing is left to watch."""


def detach() -> None:
    """Leave the starter, which then has no child to reap; it has put us into a session without a terminal."""
    if os.fork():
        os._exit(0)
    os.chdir("/")


def start(command: list[str], log: str) -> "subprocess.Popen[bytes]":
    """Start the server as a child that the kernel kills should this process be killed."""
    libc = ctypes.CDLL(None)
    with open(log, "ab") as output:  # noqa: PTH123  pathlib would double this script's start-up time
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # safe here: this process has one thread
            preexec_fn=lambda: libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0),  # noqa: PLW1509
        )


def ended(_signal: int, _frame: FrameType | None) -> None:
    """SIGCHLD: wake up from waiting for the users, unless the server has only been halted or goes on again."""
    if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
        raise ServerEnded


def main(arguments: list[str]) -> None:
    """Start, write down both process ids, wait for the users to go or the server to end."""
    users_path, pid_path, log, *command = arguments
    # Held as long as this process lives: who gets this lock knows that watcher and server are gone. Taken
    # before leaving the starter, who can rely on it from then on.
    pid_file = os.open(pid_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(pid_file, fcntl.LOCK_EX)
    detach()
    users = os.open(users_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    signal.signal(signal.SIGCHLD, ended)
    try:
        server = start(command, log)
        os.ftruncate(pid_file, 0)
        os.pwrite(pid_file, f"{os.getpid()} {server.pid}\n".encode(), 0)
        # Every user process holds this lock shared. It stays ours until the server is gone: a user who
        # comes in the meantime waits for it and then starts a new server.
        fcntl.flock(users, fcntl.LOCK_EX)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    except ServerEnded:
        return
    server.terminate()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
