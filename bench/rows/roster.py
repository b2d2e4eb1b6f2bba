"""A long roster taken in by `zhibu members import`, as an operator at a terminal sees it: progress, faults, seconds."""

import csv
import json
import os
import pty
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import PIPE, Popen

from bench.server import ROOT

ROWS = 10_000
ONE_BAD_IN = 1_000
COLUMNS = ("编号", "姓名", "性别", "出生日期", "入党日期", "人员类别", "党小组")


def write_roster(path: Path, rows: int) -> list[int]:
    """A roster of invented people, every thousandth row with a date there is not; returns those rows' lines."""
    bad = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(1, rows + 1):
            joined = f"{1980 + number % 40}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            if number % ONE_BAD_IN == 0:
                joined = "2008-02-30"
                bad.append(number + 1)
            status = "预备党员" if number % 20 == 0 else "正式党员"
            writer.writerow(
                (f"B{number:05}", f"同志{number % 7000}", "男女"[number % 2], "1980-01", joined, status,
                 f"第{number % 40 + 1}党小组")
            )  # fmt: skip
    return bad


def measure(rows: int = ROWS) -> Mapping[str, object]:
    """Import into an empty branch on SQLite; raises where a good row is missing or a bad one not named."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home = Path(folder)
        roster, report = home / "roster.csv", home / "report.json"
        bad = write_roster(roster, rows)
        environ = {**os.environ, "ZHIBU_HOME": folder}
        zhibu(["db", "upgrade"], environ)
        began = time.perf_counter()
        progress = zhibu(["members", "import", str(roster), "--report", str(report)], environ)
        seconds = time.perf_counter() - began
        zhibu(["stop"], environ)
        told = json.loads(report.read_text(encoding="utf-8"))
    if told["imported"] != rows - len(bad) or [one["row"] for one in told["rejected"]] != bad:
        raise RuntimeError(f"the roster went in wrongly: {told['imported']} of {rows}")
    return {
        "name": f"roster of {rows:,} rows",
        "seconds": round(seconds, 2),
        "rows_per_second": round(rows / seconds),
        "rejected": len(bad),
        "progress_shown": progress.count("/"),
    }


def zhibu(words: list[str], environ: Mapping[str, str]) -> str:
    """Run the command with a terminal for its progress; returns what that showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, str(ROOT / "cli.py"), "--config", str(ROOT / "config.yaml"), *words]
    with Popen(command, cwd=ROOT, env=dict(environ), stdin=PIPE, stdout=PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = _all(ours)
        said, _ = process.communicate()
    os.close(ours)
    if process.returncode:
        raise RuntimeError(f"zhibu {' '.join(words)}: {said.decode()}{shown}")
    return shown


def _all(terminal: int) -> str:
    parts = []
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other side has closed
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts).decode(errors="replace")
