"""File locks between processes: released by the kernel when their holder ends, even by kill -9."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file alone while the block runs; waits for whoever holds it now."""
    descriptor = hold(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def hold(path: Path, kind: int) -> int:
    """Lock the file (made if absent) and return its descriptor: the lock lasts until that is closed.

    `kind` is fcntl.LOCK_EX or LOCK_SH; with LOCK_NB a lock that is taken raises BlockingIOError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
