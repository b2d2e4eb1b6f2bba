"""Numbers that several processes count together: no sum falls when one of them ends, and none is counted as living."""

import os
import signal
from pathlib import Path

from bot.meters import SIZE, Meters, outcome
from engines.tallies import Tallies
from texts import turn as texts


def child_counts(folder: Path, number: int, *, stays: bool = False) -> int:
    """Another process that counts so much, and ends or stays; its process id."""
    told, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        Tallies(folder, 3).mine[1] += number
        os.write(tells, b"1")
        if stays:
            signal.pause()
        os._exit(0)
    os.close(tells)
    assert os.read(told, 1) == b"1"
    os.close(told)
    if not stays:
        os.waitpid(pid, 0)
    return pid


def test_any_process_tells_the_sum_of_the_living_and_the_ended(tmp_path: Path) -> None:
    here = Tallies(tmp_path, 3)
    here.mine[0] += 5
    other = child_counts(tmp_path, 2, stays=True)
    assert here.sums() == ([5, 2, 0], 2)
    child_counts(tmp_path, 3)
    assert here.sums() == ([5, 5, 0], 2)
    os.kill(other, signal.SIGKILL)
    os.waitpid(other, 0)
    assert here.sums() == ([5, 5, 0], 1)
    for _ in range(5):  # whoever begins takes the files of the ended together
        child_counts(tmp_path, 1)
    assert here.sums() == ([5, 10, 0], 1)
    assert len(list(tmp_path.iterdir())) == 4  # ours, the last child's, the ended, the lock
    Tallies(tmp_path, 3).clear()
    assert Tallies(tmp_path, 3).sums() == ([0, 0, 0], 0)


def test_a_meter_counts_what_it_is_told_and_its_buckets_add_up() -> None:
    meters = Meters()
    meters.turn("text", outcome(None), 0.003)
    meters.turn("text", outcome("您好"), 0.003)
    meters.turn("event", outcome(texts.LATER), 9.0)
    meters.turn("told_by_nobody_yet", outcome(texts.STILL_BUSY), 0.0)
    meters.refused("BadSignature")
    meters.bug()
    meters.batch(3)
    meters.batch(400)
    told = {
        (one.name, *sorted(one.labels.items())): one.value for family in meters.families() for one in family.samples
    }
    assert told["zhibu_turns_total", ("kind", "text"), ("outcome", "silent")] == 1
    assert told["zhibu_turns_total", ("kind", "text"), ("outcome", "replied")] == 1
    assert told["zhibu_turns_total", ("kind", "event"), ("outcome", "later")] == 1
    assert told["zhibu_turns_total", ("kind", "other"), ("outcome", "busy")] == 1
    assert told["zhibu_callbacks_refused_total", ("error", "BadSignature")] == 1
    assert told["zhibu_callbacks_refused_total", ("error", "Stale")] == 0
    assert told[("zhibu_bugs_total",)] == 1
    assert [told["zhibu_turn_seconds_bucket", ("le", limit)] for limit in ("0.002", "0.005", "5.0", "+Inf")] == [
        1,
        3,
        3,
        4,
    ]
    assert told[("zhibu_turn_seconds_sum",)] == 9.006
    assert told["zhibu_checkin_batch_rows_bucket", ("le", "4")] == 1
    assert told[("zhibu_checkin_batch_rows_count",)] == 2
    assert told[("zhibu_checkin_batch_rows_sum",)] == 403
    assert len(meters._numbers) == SIZE
