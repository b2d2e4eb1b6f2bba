"""What the machine did meanwhile: processor time and memory of a server's processes, time stolen by other guests."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds
SERVER, DATABASE, STORE, LOAD = "server", "PostgreSQL", "Redis", "load generator"
_NAMES = (("postgres", DATABASE), ("redis", STORE), ("valkey", STORE))  # how a program's name begins, and its group


def cpu_seconds(roots: Sequence[int]) -> float:
    """Return the processor time, user and system, used so far by these processes and all below them."""
    return sum(cpu_by_group(roots).values())


def cpu_by_group(roots: Sequence[int]) -> Mapping[str, float]:
    """The same by SERVER, DATABASE and STORE, told apart by the programs' names; absent is what is not there.

    What a process used that has ended and been waited for counts with its parent.
    """
    used: dict[str, float] = {}
    for _pid, group, seconds in _family(roots):
        used[group] = used.get(group, 0.0) + seconds
    return used


def megabytes(roots: Sequence[int]) -> Mapping[str, float]:
    """The memory by the same groups: what processes share counts in equal parts with each (PSS)."""
    held: dict[str, float] = {}
    for pid, group, _seconds in _family(roots):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        held[group] = held.get(group, 0.0) + kilobytes / 1024
    return held


def stolen() -> tuple[float, float]:
    """Return (seconds stolen by other guests, seconds in all) since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    return fields[7] * TICK, sum(fields) * TICK


def told() -> Mapping[str, object]:
    """What the figures were taken on, as far as a reader needs it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processors": len(os.sched_getaffinity(0)),
        "model": models[0] if models else "unknown",
        "gigabytes": round(pages / 2**30),
    }


def _family(roots: Sequence[int]) -> Iterator[tuple[int, str, float]]:
    """Process id, group and processor seconds of these processes and all below them."""
    parents: dict[int, int] = {}
    known: dict[int, tuple[str, float]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = tail.split()
        pid = int(entry.parent.name)
        parents[pid] = int(fields[1])
        group = next((group for name, group in _NAMES if head.partition("(")[2].startswith(name)), SERVER)
        known[pid] = (group, sum(map(int, fields[11:15])) * TICK)
    family = set(roots) & known.keys()
    while below := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= below
    return ((pid, *known[pid]) for pid in sorted(family))
