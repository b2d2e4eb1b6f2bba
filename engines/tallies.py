"""Numbers that several processes count up, each in a file of its own, and anyone of them can tell the sum of.

A file is an array of whole numbers in shared memory: to count is to add one in memory, without a call of the system.
Its owner holds it locked; of those that have ended, the numbers are added to one file, so that no sum ever falls.
"""

import fcntl
import mmap
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.locks import hold, locked

WIDE = 8  # bytes of a number
ENDED = "ended"


class Tallies:
    """`size` numbers in `folder`, made if absent; `mine` are this process's."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._mine: memoryview | None = None

    @property
    def mine(self) -> memoryview:
        """This process's own numbers, from when they are first asked for; it alone adds to them."""
        if self._mine is None:
            with locked(self.folder / "lock"):
                self._gather()
                # Never closed: the lock ends with the process, which is how others learn that it has ended.
                descriptor = hold(self.folder / f"{os.getpid()}-{secrets.token_hex(4)}", fcntl.LOCK_EX)
                self._mine = self._view(descriptor, written=True)
        return self._mine

    def sums(self) -> tuple[list[int], int]:
        """The sums over all processes, living or not, and how many live."""
        total, living = [0] * self.size, 0
        with locked(self.folder / "lock"):
            for file in self._files():
                with _opened(file) as descriptor:
                    living += file.name != ENDED and not _ended(descriptor)
                    total = [one + more for one, more in zip(total, self._view(descriptor), strict=True)]
        return total, living

    def clear(self) -> None:
        """Begin at zero. For whoever starts the processes, before there are any."""
        with locked(self.folder / "lock"):
            for file in self._files():
                file.unlink()

    def _gather(self) -> None:
        """Add what the ended have left to one file: they come and go, and their files would be ever more."""
        for file in self._files():
            if file.name == ENDED:
                continue
            with _opened(file) as descriptor:
                if not _ended(descriptor):
                    continue
                with _opened(self.folder / ENDED) as all_ended:
                    kept = self._view(all_ended, written=True)
                    for place, number in enumerate(self._view(descriptor)):
                        kept[place] += number
            file.unlink()

    def _files(self) -> list[Path]:
        return [file for file in self.folder.iterdir() if file.name != "lock"]

    def _view(self, descriptor: int, *, written: bool = False) -> memoryview:
        os.ftruncate(descriptor, self.size * WIDE)
        if written:  # a hole first written through a mapping ends the process where the disk is full
            os.posix_fallocate(descriptor, 0, self.size * WIDE)
        return memoryview(mmap.mmap(descriptor, self.size * WIDE)).cast("Q")


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _ended(descriptor: int) -> bool:
    """Whether nobody holds the file any more; a look lasts until the descriptor is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
