"""Fixtures of the fault tests: an installation as people run it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.installed import Installation, installation


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    """An installation of its own on the embedded engines; nothing in it runs yet."""
    with installation(tmp_path / "home") as made:
        yield made
