"""Load from wrk: prepared requests over kept-alive connections, counted by a process of its own."""

import json
import resource
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True, slots=True)
class Count:
    """What wrk saw: requests answered, seconds it took, latencies in milliseconds, errors, prepared requests used.

    `received` is bytes, heads of answers included; `cpu_seconds` what wrk itself used, reading the requests included.
    """

    answered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    errors: int
    sent: int
    received: int
    cpu_seconds: float

    @property
    def rps(self) -> float:
        """Requests answered in a second."""
        return self.answered / self.seconds


def post(path: str, body: bytes, *, port: int, content_type: str = "text/xml") -> bytes:
    """Prepare one raw HTTP request."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {content_type}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def write_requests(requests: Iterable[bytes], file: Path) -> None:
    """Write prepared requests as requests.lua reads them: a length of four bytes, then the request."""
    with file.open("wb") as out:
        for request in requests:
            out.write(struct.pack(">I", len(request)) + request)


def load(port: int, requests: Path, *, seconds: int, connections: int) -> Count:
    """Send the prepared requests for so many seconds; wrk starts over when it runs out of them."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
        command += ["--timeout", "10s", "--script", str(SCRIPT), f"http://127.0.0.1:{port}", "--"]
        before = cpu_of_children()
        done = subprocess.run(
            [*command, str(requests), str(result)], check=False, capture_output=True, text=True, cwd="/"
        )
        if done.returncode != 0 or not result.exists():
            raise RuntimeError(f"wrk: {done.stdout}{done.stderr}")
        return Count(**json.loads(result.read_text(encoding="utf-8")), cpu_seconds=cpu_of_children() - before)


def cpu_of_children() -> float:
    """Return the processor time, in seconds, of what was started from here and has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
