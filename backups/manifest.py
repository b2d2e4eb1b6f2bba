"""What a backup says of itself (manifest.json): when, of which version, and of each table how many rows and their sums.

It is written last: a folder without one is no backup. What it says is believed of nobody: names are looked for in our
own tables, never used as paths, and every sum is reckoned again.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from backups.faults import Damaged, Foreign, Newer, NoBackup
from backups.rows import Kind, Shape

FILE = "manifest.json"
FORMAT = 1
LARGEST = 1_000_000  # bytes of a manifest; ours has about 20,000
NAME = "%Y-%m-%dT%H%M%S"  # of a backup's folder, UTC
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
Count = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A part of the manifest: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TableFile(Part):
    """One table: its columns, its rows with their checksum (see rows.py), its file's SHA-256, and the next number.

    `next` is what the database would number the next row with, where it keeps count; a number is never used twice.
    """

    name: Name
    columns: tuple[tuple[Name, Kind], ...]
    rows: Count
    checksum: Digest
    sha256: Digest
    next: Count | None = None

    @property
    def shape(self) -> Shape:
        """What rows.py wants to know of it."""
        return Shape(self.name, self.columns)


class Manifest(Part):
    """All of it. `secrets` names what is kept elsewhere and has to be given to a new installation by hand."""

    product: Literal["zhibu"]
    format: int
    version: str
    taken_at: datetime
    head: Annotated[str, StringConstraints(pattern=r"^[0-9a-z_]{1,64}$")]
    engine: Literal["sqlite", "postgresql"]
    tables: tuple[TableFile, ...]
    secrets: tuple[str, ...]

    @property
    def local(self) -> datetime:
        """When it was taken, aware."""
        return self.taken_at if self.taken_at.tzinfo else self.taken_at.replace(tzinfo=UTC)


def write(folder: Path, manifest: Manifest) -> None:
    """Write it, readable by us alone, and see it on the disk."""
    with private(folder / FILE) as out:
        out.write((manifest.model_dump_json(indent=1) + "\n").encode())


def read(folder: Path) -> Manifest:
    """Read it. Raises NoBackup, Foreign, Newer, Damaged."""
    path = folder / FILE
    try:
        with os.fdopen(opened(path), "rb") as there:
            content = there.read(LARGEST + 1)
    except FileNotFoundError:
        raise NoBackup(folder) from None
    if len(content) > LARGEST:
        raise Foreign(path)
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raise Damaged(path) from None
    if not isinstance(raw, dict) or raw.get("product") != "zhibu":
        raise Foreign(path)
    if isinstance(raw.get("format"), int) and raw["format"] > FORMAT:
        raise Newer(path)
    try:
        found = Manifest.model_validate_json(content)
    except ValidationError:
        raise Damaged(path) from None
    if len({one.name for one in found.tables}) < len(found.tables):
        raise Damaged(path)
    return found


def opened(path: Path) -> int:
    """A descriptor for reading an ordinary file; a link or a pipe in its place is refused. Raises Foreign."""
    try:
        there = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        raise Foreign(path) from None
    if not stat.S_ISREG(os.fstat(there).st_mode):
        os.close(there)
        raise Foreign(path)
    return there


@contextmanager
def private(path: Path) -> Iterator[BinaryIO]:
    """A new file for us alone, on the disk when the block ends."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
