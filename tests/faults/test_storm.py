"""The short form of the storm over schedulers and senders; `make torture` is the long one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.faults.hall import large, small
from tests.faults.installed import Installation
from tests.faults.storm import holds, storm_over

SEED = 20261122
SECONDS = 8  # of the storm itself


@pytest.mark.parametrize("kind", [small, large], ids=["sqlite", "postgresql"])
def test_contract_15_to_18_nobody_is_told_twice_and_nothing_is_lost_in_a_storm(
    tmp_path: Path, kind: Callable[[Path], AbstractContextManager[Installation]]
) -> None:
    with kind(tmp_path) as made, storm_over(made, 30, SEED) as storm:
        storm.rages(SECONDS, print, blows=2)
        storm.ends()
        figures = holds(storm)
    print(f"\n{figures}")  # noqa: T201 - seen with -s
    assert figures["kills"], "nothing was killed: nothing was shown"
