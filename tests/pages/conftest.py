"""One staffed branch a module, for the pages behind the door: making one takes longer than most tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.appointment import Role
from services import orgs
from tests.branch import branch_on
from tests.engines import opened
from tests.pages.office import SECRETARY, Office, serving, staffed


@pytest.fixture(scope="module")
def office(_sqlite_template: Path, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A branch with leaders and members; tests of a module share it and plan activities of their own."""
    home = tmp_path_factory.mktemp("office")
    (home / "var").mkdir()
    shutil.copy(_sqlite_template, home / "var" / "zhibu.db")
    with opened("", home) as database, branch_on(database, redis_url) as branch:
        yield staffed(branch)


@pytest.fixture(scope="module")
def bare(_sqlite_template: Path, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A branch with a secretary and nothing else: no activity, no group."""
    home = tmp_path_factory.mktemp("bare")
    (home / "var").mkdir()
    shutil.copy(_sqlite_template, home / "var" / "zhibu.db")
    with opened("", home) as database, branch_on(database, redis_url) as branch:
        office = Office(branch)
        office.house.run(lambda db: orgs.branch(db, "青湾市气象局党支部"))
        office.join(SECRETARY, None)
        office.appoint(SECRETARY, Role.SECRETARY)
        with serving(office):
            yield office
