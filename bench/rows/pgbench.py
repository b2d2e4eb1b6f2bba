"""What PostgreSQL itself commits: pgbench inserting single rows by a prepared statement from 16 connections.

The same cluster as that of the rows which write, in the same run. No HTTP, no message, no look-up: nothing that
commits each row on its own can be faster on this machine.
"""

import re
import statistics
import subprocess
import tempfile
from pathlib import Path

import psycopg

from bench import engines, machine
from bench.load import cpu_of_children
from bench.table import COUNTED, WARM_UP, Alone, Shape, Turn

CONNECTIONS = 16
TABLE = "CREATE TABLE written (id bigserial PRIMARY KEY, member_id bigint NOT NULL, at timestamptz NOT NULL)"
INSERT = "\\set member random(1, 10000)\nINSERT INTO written (member_id, at) VALUES (:member, now());\n"
SAMPLED = 0.1  # share of the commits whose time is noted


def pgbench(_shape: Shape) -> Turn:
    """Warm up, then count."""
    server = engines.cluster()
    with engines.database() as name, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(server.url(name), autocommit=True) as connection:
            connection.execute(TABLE)
        script = Path(folder) / "insert.sql"
        script.write_text(INSERT, encoding="ascii")
        _run(server.folder, name, script, WARM_UP, "warm-up")
        at_rest = machine.megabytes([server.process.pid])
        before, load_before = machine.cpu_by_group([server.process.pid]), cpu_of_children()
        said = _run(server.folder, name, script, COUNTED, "counted")
        after, load = machine.cpu_by_group([server.process.pid]), cpu_of_children() - load_before
        done = int(_found(r"transactions actually processed: (\d+)", said))
        waits = sorted(_waits(Path(folder), "counted"))
        return Turn(
            rps=float(_found(r"tps = ([\d.]+)", said)),
            p50_ms=statistics.median(waits),
            p99_ms=waits[len(waits) * 99 // 100],
            cpu_us={
                **{group: (after[group] - before[group]) * 1e6 / done for group in before},
                machine.LOAD: load * 1e6 / done,
            },
            errors=0,
            rest_mb=at_rest,
            loaded_mb=machine.megabytes([server.process.pid]),
        )


def _run(host: Path, database: str, script: Path, seconds: int, log: str) -> str:
    command = ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={CONNECTIONS}", "--jobs=1"]
    command += [f"--time={seconds}", f"--file={script}", "--log", f"--log-prefix={log}", f"--sampling-rate={SAMPLED}"]
    done = subprocess.run(
        [*command, f"--host={host}", "--username=zhibu", database],
        check=False, capture_output=True, text=True, cwd=script.parent,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr[-1000:]}")
    return done.stdout


def _waits(folder: Path, log: str) -> list[float]:
    """Milliseconds of the commits that were noted."""
    lines = (line for file in folder.glob(f"{log}.*") for line in file.read_text(encoding="ascii").splitlines())
    return [int(line.split()[2]) / 1000 for line in lines]


def _found(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    if found is None:
        raise RuntimeError(f"pgbench says nothing of {pattern!r}: {said}")
    return found[1]


ROW = Alone("pgbench: single-row commits", pgbench)
