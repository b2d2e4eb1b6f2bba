"""`make fuzz`: each parser attacked for a while by atheris (libFuzzer), which keeps what reaches new branches.

Where there is no atheris (it comes for Linux on x86-64 alone) the same targets are attacked without a guide. What a run has
learnt is kept in var/fuzz/ and read again by the next; a finding is written there too, and printed with how to see it again.
"""

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz import mutating
from tests.fuzz.targets import REPOSITORY, TARGETS, Target

SECONDS = 30
KEPT = REPOSITORY / "var" / "fuzz"
MEMORY = 1024  # MB a target may have; its engines and tables take a quarter
SLOWEST = 20  # seconds for one input, on a machine that does other things as well


def main(arguments: list[str]) -> int:
    """Attack, print a line a target; 1 when something was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description="parsers under attack")
    asked.add_argument("targets", nargs="*", help="these alone: " + " ".join(one.name for one in TARGETS))
    asked.add_argument("--seconds", type=int, default=SECONDS, help="for each target")
    asked.add_argument("--count", type=int, default=0, help="so many inputs instead of a time")
    asked.add_argument("--again", type=Path, help="attack the one target with this file alone")
    chosen = asked.parse_args(arguments)
    wanted = [one for one in TARGETS if not chosen.targets or one.name in chosen.targets]
    if len(wanted) < len(chosen.targets):
        asked.error("no such target")
    if chosen.again:
        wanted[0].attack(chosen.again.read_bytes())
        return 0
    attack = guided if importlib.util.find_spec("atheris") else alone
    held = [attack(one, chosen.seconds, chosen.count) for one in wanted]
    return int(not all(held))


def guided(target: Target, seconds: int, count: int) -> bool:
    """In a process of its own, which libFuzzer ends as it pleases; whether nothing was found."""
    corpus, seeds, found = (KEPT / target.name / name for name in ("corpus", "seeds", "found"))
    for folder in (corpus, seeds, found):
        folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (seeds / f"{number:03}").write_bytes(seed)
    words = KEPT / "dictionary"
    words.write_text("".join(f'"{_quoted(one)}"\n' for one in mutating.BYTES if one), "ascii")
    limit = f"-runs={count}" if count else f"-max_total_time={seconds}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.one", target.name, str(corpus), str(seeds), limit, f"-max_len={target.longest}",
         f"-dict={words}", f"-artifact_prefix={found}/", f"-rss_limit_mb={MEMORY}", f"-timeout={SLOWEST}", "-print_final_stats=1",
         "-use_value_profile=1"],
        cwd=REPOSITORY, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    told = done.stdout + done.stderr
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", told) or re.findall(r"#(\d+)\t", told) or ["0"]
    edges = re.findall(r"cov: (\d+)", told) or ["0"]
    inputs = len(list(corpus.iterdir()))
    held = done.returncode == 0
    _tell(
        target,
        f"{runs[-1]:>8} runs, {edges[-1]:>5} edges, {inputs:>4} inputs kept, {'nothing found' if held else 'FOUND'}",
    )
    if not held:
        file = re.findall(r"Test unit written to (\S+)", told)
        trace = re.findall(r"=== Uncaught Python exception: ===\n(.*?)\n==", told, re.DOTALL)
        _say(
            f"{trace[0] if trace else told[-1500:]}\nagain: python -m tests.fuzz {target.name} --again {file[-1] if file else '?'}"
        )
    return held


def alone(target: Target, seconds: int, count: int) -> bool:
    """Without a guide, in this process; whether nothing was found."""
    chance, pool = random.Random(target.name), list(target.seeds())
    deadline, runs = time.monotonic() + seconds, 0
    while runs < count if count else time.monotonic() < deadline:
        raw = pool[runs] if runs < len(pool) else mutating.havoc(chance, chance.choice(pool), pool)[: target.longest]
        runs += 1
        try:
            target.attack(raw)
        except Exception:  # noqa: BLE001 - that is what is looked for
            file = KEPT / target.name / "found" / f"{runs:08}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
            _tell(target, f"{runs:>8} runs without a guide, FOUND")
            _say(f"{traceback.format_exc(limit=-4)}\nagain: python -m tests.fuzz {target.name} --again {file}")
            return False
    _tell(target, f"{runs:>8} runs without a guide, nothing found")
    return True


def named(name: str) -> Target:
    """The target of this name."""
    return next(one for one in TARGETS if one.name == name)


def _quoted(word: bytes) -> str:
    return "".join(chr(one) if chr(one).isascii() and chr(one).isalnum() else f"\\x{one:02X}" for one in word)


def _tell(target: Target, words: str) -> None:
    _say(f"{target.name:<12} {words}")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
