"""An installation as people run it: a folder and a config.yaml of its own, the `zhibu` command, free ports."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import urllib3
import yaml

from engines.redis import stop
from settings import Settings, load
from simulator.clock import Clock
from simulator.transport import http_post
from simulator.world import World
from tests.branch import _merge, accounts_of, shipped
from tests.engines import alive, eventually

ZHIBU = Path(sys.executable).with_name("zhibu")
Process = subprocess.Popen[bytes]
STARTS_WITHIN = 90.0  # seconds, on a machine that does other things as well
ENDS_WITHIN = 30.0
TAKEN = "已被占用"  # what a command says whose port is not free


def free_port() -> int:
    """A port nobody listens at.

    Below the ports that the kernel gives to outgoing connections: of those, one could go to a client of the
    very server that is down for a moment, which then talks to itself.
    """
    while True:
        port = 15_000 + secrets.randbelow(17_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@dataclass
class Installation:
    """One folder with its config.yaml, and what was started in it; the ports are drawn anew when taken."""

    home: Path
    port: int = field(default_factory=free_port)
    chat_port: int = field(default_factory=free_port)
    changed: dict[str, object] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def chat(self) -> str:
        """The simulated WeChat's address."""
        return f"http://127.0.0.1:{self.chat_port}"

    @property
    def config(self) -> Path:
        """Its config.yaml."""
        return self.home / "config.yaml"

    @property
    def log(self) -> Path:
        """What was said by everything started in it."""
        return self.home / "said.log"

    def configure(self, **changed: object) -> None:
        """Write config.yaml: the shipped one with these sections changed, and all changed before."""
        _merge(self.changed, changed)
        content = shipped()
        _merge(content["wechat"], {"api_base": self.chat, "open_base": self.chat})
        _merge(content["server"], {"port": self.port, "public_url": self.url})
        whole: dict[str, object] = {**content}
        _merge(whole, self.changed)
        self.config.write_text(yaml.safe_dump(whole, allow_unicode=True), "utf-8")

    def settings(self) -> Settings:
        """The settings as every command of it reads them."""
        return load(self.config, self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every command."""
        return {**os.environ, "ZHIBU_HOME": str(self.home)}

    def command(self, *arguments: str) -> list[str]:
        """The words of a command line."""
        return [str(ZHIBU), "--config", str(self.config), *arguments]

    def zhibu(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        return subprocess.run(
            self.command(*arguments),
            check=False, capture_output=True, text=True, env=self.environ, cwd=self.home, timeout=STARTS_WITHIN,
        )  # fmt: skip

    def start(self, *arguments: str) -> Process:
        """Start a command that stays, in a process group of its own as a shell would."""
        return self.begin(self.command(*arguments))

    def begin(self, command: Sequence[str], **environ: str) -> Process:
        """Start any program so, with more in its environment."""
        with self.log.open("ab") as said:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**self.environ, **environ}, cwd=self.home,
                start_new_session=True,
            )  # fmt: skip
        self.started.append(process)
        return process

    def serve(self) -> Process:
        """Start the server and wait until it answers; another port is drawn if somebody took ours meanwhile."""
        for last_try in (False, True):
            server = self.start("serve")
            if self.comes_up(server):
                return server
            if last_try or TAKEN not in self.said():
                break
            self.port = free_port()
            self.configure()
        raise AssertionError(f"the server ended: {self.said()[-3000:]}")

    def comes_up(self, server: Process) -> bool:
        """Wait until the server answers (True) or has ended (False)."""
        return eventually(
            lambda: "up" if self.answers() else "ended" if server.poll() is not None else "",
            within=STARTS_WITHIN,
            what="the server",
        ) == "up"  # fmt: skip

    def answers(self) -> bool:
        """Whether the server answers now."""
        return get(f"{self.url}/livez") == (200, "ok")

    def said(self) -> str:
        """Everything printed and logged so far."""
        return self.log.read_text("utf-8", "replace")

    def processes(self) -> set[int]:
        """Every living process of it: whoever has its folder in the command line or in the environment."""
        mark = os.fsencode(self.home)
        return {
            pid for pid in _pids() if alive(pid) and (mark in _read(pid, "cmdline") or mark in _read(pid, "environ"))
        }

    def gone(self) -> None:
        """Wait until none of its processes is left."""
        eventually(lambda: not self.processes(), within=ENDS_WITHIN, what=f"the end of {self.told()}")

    def told(self) -> str:
        """Its processes by their command lines."""
        return "; ".join(f"{pid} {_read(pid, 'cmdline')!r}" for pid in self.processes())

    def end(self) -> None:
        """Leave nothing behind, whatever the test did."""
        for process in self.started:
            process.kill()
            process.wait()
        stop(self.home)
        for pid in self.processes():  # what should have ended with those
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def installation(home: Path, **changed: object) -> Iterator[Installation]:
    """An installation in this folder with sections of config.yaml changed."""
    home.mkdir(exist_ok=True)
    made = Installation(home)
    made.configure(**changed)
    try:
        yield made
    finally:
        made.end()


def world_of(made: Installation, cut: float = 5.0, clock: Clock | None = None) -> World:
    """A WeChat in this process that delivers to the installation's server over HTTP."""
    return World(accounts_of(made.settings()), http_post(f"{made.url}/wechat"), cut=cut, clock=clock)


def children(pid: int) -> list[int]:
    """The living child processes of a process."""
    return [one for one in _pids() if alive(one) and _parent(one) == pid]


def get(url: str, seconds: float = 20.0) -> tuple[int, str]:
    """What stands at an address: status and text; (0, "") when nobody answers."""
    try:
        answer = _pool.request("GET", url, timeout=seconds)
    except urllib3.exceptions.HTTPError:
        return 0, ""
    return answer.status, answer.data.decode()


# nothing kept open: a server may be gone the next time, or wait for us before it goes
_pool = urllib3.PoolManager(retries=False, headers={"Connection": "close"})


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    # after the command's name, which may hold blanks: state, then the parent
    state = _read(pid, "stat").rpartition(b")")[2].split()
    return int(state[1]) if state else 0


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # ended meanwhile, or somebody else's
        return b""
