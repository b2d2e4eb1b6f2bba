"""Whatever ends the demo, nothing of it stays: no server, worker, clock, simulator, Redis or watcher."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.engines import eventually

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on; all held at once, so that no two are the same."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def living(home: Path) -> list[str]:
    """The command lines of all processes that work for this home, by their environment or their arguments."""
    ours = (b"ZHIBU_HOME=" + os.fsencode(home) + b"\0", os.fsencode(home) + b"/")
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line, environ = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
        except OSError:  # it has just ended, or is another person's
            continue
        if ours[0] in environ or ours[1] in line:
            found.append(f"{entry.name} {line.replace(bytes(1), b' ').decode(errors='replace')}")
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The demo as `make run` starts it, ready, in a home and on ports of its own."""
    server, wechat = free_ports(2)
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    config["server"] |= {"port": server, "public_url": f"http://127.0.0.1:{server}"}
    config["wechat"] |= dict.fromkeys(("api_base", "open_base"), f"http://127.0.0.1:{wechat}")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    started = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "--config", str(tmp_path / "config.yaml"), "demo"],
        env={**os.environ, "ZHIBU_HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    with started:
        try:
            assert started.stdout is not None
            told = []
            for line in started.stdout:
                told.append(line)
                if "Ctrl-C" in line:
                    break
            assert started.poll() is None, "".join(told)
            with urllib.request.urlopen(f"http://127.0.0.1:{server}/livez", timeout=10) as answer:
                assert answer.status == 200
            assert len(living(tmp_path)) >= 5
            yield started
        finally:
            started.kill()


def ctrl_c(process: "subprocess.Popen[str]") -> None:
    os.killpg(process.pid, signal.SIGINT)


def kill_9(process: "subprocess.Popen[str]") -> None:
    process.kill()


def terminate(process: "subprocess.Popen[str]") -> None:
    process.terminate()


@pytest.mark.parametrize("ending", [ctrl_c, kill_9, terminate])
def test_nothing_of_the_demo_stays(
    demo: "subprocess.Popen[str]", tmp_path: Path, ending: Callable[["subprocess.Popen[str]"], None]
) -> None:
    ending(demo)
    demo.wait()
    try:
        eventually(lambda: not living(tmp_path), what="the end of everything")
    except AssertionError:
        pytest.fail("\n".join(living(tmp_path)))
