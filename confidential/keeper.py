"""What has to be done again and again, in the process that serves the desk: settle, purge, copy, tell of silence."""

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from confidential.desk import Desk
from confidential.file import Busy, Full, QuietFile
from sealed.desk import DeskRefusal

EVERY = timedelta(minutes=10)  # what a file's ctime can tell is this much
COPIES_AT = 3  # o'clock on the branch's wall, in the first round of that hour
SUNDAY = 6
log = logging.getLogger(__name__)


@dataclass
class Keeper:
    """Keeps the files of this machine; several processes may have one, a file lock lets one work at a time."""

    files: tuple[QuietFile, ...]
    clock: Callable[[], datetime]
    zone: ZoneInfo
    desk: Desk | None = None  # where the cases are on this machine too
    rests: timedelta = EVERY  # between two rounds
    _ending: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Keep, in a thread of its own, until the process ends."""
        threading.Thread(target=self._keep, name="keeper", daemon=True).start()

    def shutdown(self) -> None:
        """No more rounds."""
        self._ending.set()

    def round(self) -> bool:
        """One round: purge, settle, and in the night the copies; False when another process is at it."""
        with self._alone() as alone:
            if not alone:
                return False
            local = self.clock().astimezone(self.zone)
            if self.desk is not None:
                self.desk.cases.purge(local.date())
            for file in self.files:
                file.settle()
            nightly = local.hour == COPIES_AT and timedelta(minutes=local.minute) < EVERY
            for file in self.files:
                _copy(file, "nightly", now=nightly)
                _copy(file, "weekly", now=nightly and local.weekday() == SUNDAY)
            for silent in self.desk.silent() if self.desk is not None and nightly else ():
                log.error("ALERT nobody has signed in for 10 days desk=%s", silent)
            return True

    def _keep(self) -> None:
        while True:
            try:
                self.round()
            except (Busy, Full, DeskRefusal, OSError) as error:
                log.warning("desk keeper error=%s", type(error).__name__)
            except Exception as error:  # noqa: BLE001 - one round's fault must not end the keeping
                log.error("desk keeper error=%s", type(error).__name__)  # noqa: TRY400 - a traceback may quote
            if self._ending.wait(self.rests.total_seconds()):
                return

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        folder = self.files[0].path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(lock)


def _copy(file: QuietFile, name: str, *, now: bool) -> None:
    """The copy is always at the same place and written over; one that is missing is made at once."""
    copy = copy_of(file.path, name)
    if now or not copy.exists():
        copy.parent.mkdir(mode=0o700, exist_ok=True)
        file.copy_to(copy)


def copy_of(path: Path, name: str) -> Path:
    """Where the nightly or weekly copy of a file is."""
    return path.parent / "copies" / f"{path.stem}.{name}{path.suffix}"
