"""Fifty thousand questions taken in by `zhibu questions import`: progress, faults, seconds; then again, all known."""

import csv
import json
import os
import random
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.rows.roster import zhibu

ROWS = 50_000
ONE_BAD_IN = 1_000
SEED = 20261125
COLUMNS = ("题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "文件", "版本", "条款", "难度")
SIGNS = (
    "党员支部学习先进优秀代表会议决定实行民主集中制原则坚持群众路线发展预备正式纪律处分权利义务监督巡视考核气象预报服务"
)


def write_bank(path: Path, rows: int) -> list[int]:
    """A bank of invented questions of all kinds, every thousandth without a stem; returns the lines of those."""
    chance = random.Random(SEED)
    bad = []

    def text(length: int) -> str:
        return "".join(chance.choices(SIGNS, k=length))

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(1, rows + 1):
            stem, options, source = f"{text(30)}（ ）{number}", [text(8) + end for end in "甲乙丙丁"], [""] * 4
            if number % ONE_BAD_IN == 0:
                stem = ""
                bad.append(number + 1)
            if number % 4 == 0:
                row = ["单选", stem, *options, chance.choice("ABCD")]
                source = ["中国共产党章程", "2022-10-22", f"第{number % 50}条", str(number % 5 + 1)]
            elif number % 4 == 1:
                row = ["多选", stem, *options, "ABD"]
            elif number % 4 == 2:
                row = ["判断", stem, *[""] * 4, chance.choice(("正确", "错误"))]
            else:
                row = ["填空", f"{stem}____", *[""] * 4, text(6)]
            writer.writerow([*row, text(30), *source])
    return bad


def measure(rows: int = ROWS) -> Mapping[str, object]:
    """Import into an empty SQLite, and again; raises where a good row is missing or a bad one not named."""
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home = Path(folder)
        bank, report = home / "bank.csv", home / "report.json"
        bad = write_bank(bank, rows)
        environ = {**os.environ, "ZHIBU_HOME": folder}
        zhibu(["db", "upgrade"], environ)
        command = ["questions", "import", str(bank), "--report", str(report)]
        began = time.perf_counter()
        progress = zhibu(command, environ)
        seconds = time.perf_counter() - began
        told = json.loads(report.read_text(encoding="utf-8"))
        began = time.perf_counter()
        zhibu(command, environ)
        again = time.perf_counter() - began
        told_again = json.loads(report.read_text(encoding="utf-8"))
        zhibu(["stop"], environ)
    if told["imported"] != rows - len(bad) or [one["row"] for one in told["rejected"]] != bad:
        raise RuntimeError(f"the bank went in wrongly: {told['imported']} of {rows}")
    if told_again["duplicates"] != rows - len(bad):
        raise RuntimeError(f"the bank was not known again: {told_again['duplicates']} of {rows}")
    return {
        "name": f"questions_import_{rows}",
        "seconds": round(seconds, 2),
        "again_seconds": round(again, 2),
        "rows_per_second": round(rows / seconds),
        "rejected": len(bad),
        "progress_shown": progress.count("/"),
    }
