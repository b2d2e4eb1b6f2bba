"""The short form of the bad day: one of each fault within seconds; `make torture` is the long one."""

import json
import subprocess
import sys
from pathlib import Path

from tests.branch import ROOT
from tests.faults.badday import SHORT
from tests.faults.keeper import apart

SEED = 20261154


def test_contract_nothing_told_is_lost_and_nothing_is_doubled_on_a_bad_day(tmp_path: Path) -> None:
    report, own = tmp_path / "report.json", apart()  # mounts of its own: the disk that is full is a real one
    words = ["badday", "--short", "--engine", "postgresql", "--seed", str(SEED), "--report", str(report)]
    done = subprocess.run(
        [*(own or []), sys.executable, "-m", "tests.torture", *words, *["--mounts"] * bool(own)],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    print(done.stdout)  # noqa: T201 - seen with -s
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(report.read_text("utf-8"))
    assert {one["name"] for one in told["happened"]} == set(SHORT.faults) - ({"disk"} if own is None else set())
    assert min(told["kept"].values()) > 0, "somebody never got through: nothing was shown"
    assert told["told to try again"] > 0, "nobody was asked to try again: nothing was shown"
