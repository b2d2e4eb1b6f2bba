"""What the machine did meanwhile: processor time of a server's processes, time stolen by other guests."""

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


def cpu_seconds(roots: list[int]) -> float:
    """Return the processor time, user and system, used so far by these processes and all below them."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(entry.parent.name)
        parents[pid] = int(fields[1])
        used[pid] = (int(fields[11]) + int(fields[12])) * TICK
    family = set(roots)
    while below := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= below
    return sum(used.get(pid, 0.0) for pid in family)


def stolen() -> tuple[float, float]:
    """Return (seconds stolen by other guests, seconds in all) since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    return fields[7] * TICK, sum(fields) * TICK
