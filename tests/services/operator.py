"""An operator at the keyboard: an installation's folder with its config.yaml, and the `zhibu` command in it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import cli
from tests.branch import _merge, shipped
from tests.engines import Database

ZHIBU = Path(sys.executable).with_name("zhibu")


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def done(self) -> "Ran":
        """It did its work."""
        assert self.code == 0, self.err
        return self

    def refused(self, *parts: str) -> "Ran":
        """It refused with a sentence that holds every part, and nothing that looks like Python."""
        assert self.code == 1, f"{self.code}: {self.out}{self.err}"
        assert "Traceback" not in self.err
        for part in parts:
            assert part in self.err, f"{part!r} is not in {self.err!r}"
        return self


@dataclass
class Operator:
    """Types `zhibu …` in `home`: in this process, which is quick, or through the console script itself."""

    home: Path
    capture: pytest.CaptureFixture[str]
    environment: dict[str, str]

    def configure(self, **changed: object) -> None:
        """Write config.yaml: the shipped one with these sections changed."""
        content: dict[str, object] = {**shipped()}
        _merge(content, {"server": {"port": 1}})  # nobody listens there, whatever else this machine does
        _merge(content, changed)
        (self.home / "config.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    def types(self, *words: object) -> Ran:
        """Run the command here; argparse's own exits are exit codes like any other."""
        self.capture.readouterr()
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = self.capture.readouterr()
        return Ran(code, said.out, said.err)

    def starts(self, *words: object) -> Ran:
        """Run the console script in a process of its own."""
        done = subprocess.run(
            [ZHIBU, *map(str, words)], cwd=self.home, env=self.environment, check=False, capture_output=True, text=True
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def file(self, name: str, text: str | bytes) -> Path:
        """Put a file into the folder."""
        path = self.home / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path


def at(
    database: Database, redis_url: str, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Operator:
    """An operator of this database and Redis, whose current folder is the installation's."""
    monkeypatch.setenv("ZHIBU_HOME", str(database.home))
    monkeypatch.delenv("ZHIBU_CONFIG", raising=False)
    monkeypatch.chdir(database.home)
    operator = Operator(database.home, capture, {**os.environ, "PYTHONWARNINGS": "error"})
    operator.configure(database={"url": database.url}, redis={"url": redis_url})
    return operator
