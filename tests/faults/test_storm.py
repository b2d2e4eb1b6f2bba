"""The short form of the storm over schedulers and senders; `make torture` is the long one."""

from pathlib import Path

import pytest

from tests.faults.hall import large, small
from tests.faults.storm import holds, storm_over

SEED = 20261122
SECONDS = 12  # of the storm itself


@pytest.mark.parametrize("kind", [small, large], ids=["sqlite", "postgresql"])
def test_contract_15_to_18_nobody_is_told_twice_and_nothing_is_lost_in_a_storm(
    tmp_path: Path, kind: type[object]
) -> None:
    with kind(tmp_path) as made, storm_over(made, 40, SEED) as storm:  # type: ignore[attr-defined]
        storm.rages(SECONDS, print)
        storm.ends()
        figures = holds(storm)
    print(f"\n{figures}")  # noqa: T201 - seen with -s
    assert figures["kills"], "nothing was killed: nothing was shown"
