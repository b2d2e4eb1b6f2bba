"""Fixtures of the desk's tests: a folder in memory where only what is written counts, and not how long the disk takes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine has one, else an ordinary one."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it, closed to others
    if not memory.is_dir():
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="zhibu-", dir=memory))
    yield folder
    shutil.rmtree(folder)
