"""Ties a process to the life of the one that started it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent: int | None = None, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send this process `by` as soon as its parent ends, however that ends.

    Called in the child. `parent` is the parent's process id where the child knows it: a parent that died
    before this call is noticed too. The kernel watches the parent's *thread*, so the child has to be started
    from a thread that lives as long as the parent itself (its main thread). Does nothing outside Linux.

    Source: prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(by), 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), by)
