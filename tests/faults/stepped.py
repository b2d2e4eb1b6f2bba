"""The `zhibu` command by a clock that can be stepped: `python -m tests.faults.stepped FILE COMMAND…`.

Everything else is as people run it. FILE holds one number, the seconds by which this clock differs from the machine's;
whoever steps the clock writes it, and every process that goes by the file sees it at once.
"""

import mmap
import struct
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cli

FORM = struct.Struct("=d")


@dataclass
class Stepped:
    """The machine's time and as many seconds as the file says."""

    file: Path
    _seen: mmap.mmap = field(init=False)

    def __post_init__(self) -> None:
        with self.file.open("rb") as opened:
            self._seen = mmap.mmap(opened.fileno(), FORM.size, access=mmap.ACCESS_READ)

    def __call__(self) -> datetime:
        """The present, aware, in UTC."""
        (ahead,) = FORM.unpack(self._seen)
        return datetime.now(UTC) + timedelta(seconds=ahead)


def step(file: Path, seconds: float) -> None:
    """Let every clock of this file differ from the machine's by so many seconds from now on."""
    with file.open("r+b" if file.exists() else "wb") as opened:
        opened.write(FORM.pack(seconds))


if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[2:], Stepped(Path(sys.argv[1]))))
