"""The branch that conversations happen in, each turn rehearsed: SQLite, or both engines where a test asks for it."""

from collections.abc import Iterator

import pytest
import redis

from bot.dialogues import REGISTRY
from tests.branch import Branch, branch_on
from tests.engines import Database
from tests.talks.rehearsal import rehearsed

REHEARSED = rehearsed(REGISTRY)


@pytest.fixture
def branch(database: Database, empty_redis: redis.Redis, redis_url: str) -> Iterator[Branch]:
    """A branch on SQLite; afterwards the checker of the simulated WeChat must have no complaint."""
    with branch_on(database, redis_url, registry=REHEARSED) as found:
        yield found
        assert found.world.complaints == []


@pytest.fixture
def each_branch(each_database: Database, empty_redis: redis.Redis, redis_url: str) -> Iterator[Branch]:
    """The same, once on SQLite and once on PostgreSQL."""
    with branch_on(each_database, redis_url, registry=REHEARSED) as found:
        yield found
        assert found.world.complaints == []
