"""Every pattern of the house against texts made to be slow: twice the length may take a few times as long, not many."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "bot",
    "confidential",
    "miniprogram_api",
    "pages",
    "sealed",
    "services",
    "sheets",
    "wechat",
    "settings",
    "texts",
    "jobs",
    "models",
)
PIECES = (
    "1",
    " ",
    "a",
    "A.",
    "一",
    "=",
    "%1",
    "[tag:",
    "\\",
    "<p a=b",
    "&amp;",
    "（",
    "_",
    '"',
    "、",
    "ck-",
    "://",
    "${",
    "·",
    "\n",
    "#",
    "->",
    "1.",
)
USES = {f"re.{name}" for name in ("sub", "split", "match", "fullmatch", "search", "findall", "finditer")}
LENGTH = 2500  # pieces: what takes the square of it on every piece takes more than the time allowed
SECONDS = 6  # of processor time for all of them together: a limit of the kernel, which no other process touches


def test_no_pattern_takes_the_square_of_a_text_or_worse() -> None:
    """In a process of its own, which the kernel ends when it has used its time up."""
    done = subprocess.run(
        [sys.executable, __file__], cwd=ROOT, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stdout[-300:] + done.stderr[-300:]
    assert int(done.stdout.split()[-1]) > 90, "where are the patterns?"


def patterns() -> Iterator[tuple[str, "re.Pattern[str]", bool]]:
    """Every pattern of text in a module of ours, compiled or written where it is used, and whether it is looked for within a text."""
    seen: set[str] = set()
    for package in PACKAGES:
        module = importlib.import_module(package)
        names = [package, *(one.name for one in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{package}."))]
        for one in map(importlib.import_module, names):
            written = Path(str(one.__file__)).read_text("utf-8")
            source = ast.parse(written)
            held = [
                (name, value, re.search(rf"\b{name}\.(sub|split|search|findall|finditer)\(", written) is not None)
                for name, value in vars(one).items()
                if isinstance(value, re.Pattern)
            ]
            calls = [node for node in ast.walk(source) if isinstance(node, ast.Call) and node.args]
            inline = [
                (
                    f"line {call.lineno}",
                    re.compile(call.args[0].value, re.DOTALL),
                    "match" not in ast.unparse(call.func),
                )
                for call in calls
                if ast.unparse(call.func) in USES
                and isinstance(call.args[0], ast.Constant)
                and isinstance(call.args[0].value, str)
            ]
            for name, value, within in held + inline:
                if isinstance(value.pattern, str) and value.pattern not in seen:
                    seen.add(value.pattern)
                    yield f"{one.__name__} {name}", value, within


def main() -> None:
    """Try each pattern the ways it could be used on each text; tell the one at work, should time run out."""
    import resource  # noqa: PLC0415 - the limit is for this process alone

    found = list(patterns())
    spent = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS, spent + SECONDS))
    for name, pattern, within in found:
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        for piece in PIECES:
            for text in (piece * LENGTH, piece * LENGTH + "\x00"):
                pattern.fullmatch(text)
                if within:
                    pattern.sub("", text)
    sys.stdout.write(f"{len(found)}\n")


if __name__ == "__main__":
    main()
