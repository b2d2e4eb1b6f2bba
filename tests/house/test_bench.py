"""The benchmark's arithmetic: ratios within a round, processor time of a whole family of processes."""

import subprocess
import sys
from contextlib import AbstractContextManager
from html import escape

from bench import machine, page, picture, table
from bench.load import post
from bench.rows import JOINED, ROWS, WHOLE, floor
from bench.table import Result, Row, Shape, Target, Turn
from tests.engines import eventually

# Starts a child that burns a fifth of a second of processor time and stays, as a server's worker would.
PARENT = """
import subprocess, sys
child = "import sys, time; end = time.process_time() + 0.2\\nwhile time.process_time() < end: pass\\nsys.stdin.read()"
subprocess.run([sys.executable, "-c", child])
"""


def not_started(_shape: Shape) -> AbstractContextManager[Target]:
    raise AssertionError("no server is needed for arithmetic")


def test_a_ratio_is_taken_within_each_round() -> None:
    rows = [Row("floor", not_started), Row("ours", not_started, against={"ours_vs_floor": "floor"})]
    speeds = [(100.0, 50.0), (200.0, 100.0), (400.0, 100.0)]  # the machine got faster, we did not follow once
    turns = [{"floor": Turn(floor, 1, 2, {}, 0), "ours": Turn(ours, 1, 2, {}, 0)} for floor, ours in speeds]
    joined = {"floor_vs_ours": ("floor", "ours"), "left_out": ("ours", "a row that was not measured")}
    assert table._spreads(rows, turns, joined) == {
        "ours_vs_floor": {"median": 0.5, "min": 0.25, "max": 0.5},
        "floor_vs_ours": {"median": 2.0, "min": 2.0, "max": 4.0},
    }


def test_every_figure_of_a_run_stands_on_the_page_and_every_row_in_the_picture() -> None:
    names = list(dict.fromkeys([floor.ROW.name, WHOLE, *(row.name for row in ROWS)]))
    cpu = {machine.SERVER: 100.0, machine.LOAD: 20.0}
    turns = [{name: Turn(1000 + 7 * place, 1, 2, cpu, 0, cpu, cpu) for place, name in enumerate(names)}]
    rows = [Row(name, not_started) for name in names]
    spreads = table._spreads(rows, turns, JOINED)
    result: Result = {
        "ratios": {name: spread["median"] for name, spread in spreads.items()},
        "spreads": spreads,
        "steady": False,
        "floor_swing": 0.5,
        "discarded": ["round 1, try 1: 9% of the machine's time was stolen"],
        "setting": {"rounds": 1, "warm_up_s": 1, "counted_s": 2, "connections": 64, "workers": 2, "threads": 8},
        "rows": [table._summary(name, names[0], turns) for name in names],
        "tasks": [{"name": "reads", "reads_growth": 1.5}],
    }
    filled = page.filled(page.FILE.read_text(encoding="utf-8"), result)
    told = [*names, *(f"`{ratio}`" for ratio in JOINED), "9% of the machine", "not to be relied on", "reads_growth 1.5"]
    assert [one for one in told if one not in filled] == []
    assert page.filled(filled, result) == filled
    drawn = picture.drawn(result)
    assert [name for name in names if drawn.count(f">{escape(name)}<") != 2] == []


def test_processor_time_counts_the_children_of_a_server() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE) as server:
        eventually(lambda: machine.cpu_seconds([server.pid]) >= 0.2, what="the work of the child")
        assert server.stdin is not None
        server.stdin.close()


def test_a_prepared_request_is_whole() -> None:
    assert post("/wechat?a=1", "意见".encode(), port=81) == (
        b"POST /wechat?a=1 HTTP/1.1\r\nHost: 127.0.0.1:81\r\nContent-Type: text/xml\r\nContent-Length: 6\r\n\r\n"
        + "意见".encode()
    )
