"""One staffed branch a module, for the pages behind the door: making one takes longer than most tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.branch import branch_on
from tests.engines import opened
from tests.pages.office import Office, staffed


@pytest.fixture(scope="module")
def office(_sqlite_template: Path, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A branch with leaders and members; tests of a module share it and plan activities of their own."""
    home = tmp_path_factory.mktemp("office")
    (home / "var").mkdir()
    shutil.copy(_sqlite_template, home / "var" / "zhibu.db")
    with opened("", home) as database, branch_on(database, redis_url) as branch:
        yield staffed(branch)
