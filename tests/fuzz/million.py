"""`python -m tests.fuzz callbacks`: very many callbacks at the whole house; tells what came of them, what was kept, and memory."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from engines import sql
from engines.redis import connect, ensure_redis, leave
from jobs.housekeeping import purge
from sealed.keys import SigningKey, to_text
from tests.branch import branch_on
from tests.confidential.room import Handler
from tests.engines import Postgres, migrated_sqlite, opened, postgres
from tests.fuzz.callbacks import Front, Listener, PostgresLook, SqliteLook, Unfit, front, listening, resident
from tests.talks.test_confidential import Scene

OLD_KEY = "oldAesKey9876543210abcdefghijklmnopqrstuvwx"
# Calls: caches fill, each thread has its connection, every code path has been met; a shorter run tells nothing.
WARM_UP = 200_000
EVERY = 5000  # calls between two looks at memory
KEEPING = 50_000  # calls between two nights
MOST_GROWTH = 8 * 1024 * 1024  # bytes of resident memory from the third quarter of the calls to the last
PLAIN = 6  # one in so many goes to a house without a key


def main(arguments: list[str]) -> int:
    """Throw, look, print; 1 when something does not hold."""
    asked = argparse.ArgumentParser(
        prog="python -m tests.fuzz callbacks", description="callbacks made up, at the whole house"
    )
    asked.add_argument("--count", type=int, default=20_000)
    asked.add_argument("--seed", type=int, default=1, help="to have the same calls again")
    asked.add_argument("--keep-going", action="store_true", help="tell findings and go on")
    asked.add_argument(
        "--whole", type=float, default=0.62, help="how many of the calls are rightly signed, from 0 to 1"
    )
    asked.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    chosen = asked.parse_args(arguments)
    with ExitStack() as stack:
        server = stack.enter_context(postgres()) if chosen.postgresql else None
        fronts = [_house(stack, chosen.seed + number, server, sealed=number == 0) for number in range(2)]
        for one in fronts:
            one.attacker.whole = chosen.whole
        listener = stack.enter_context(listening())
        return storm(fronts, listener, chosen.count, keep_going=chosen.keep_going)


def storm(fronts: list[Front], listener: Listener, count: int, *, keep_going: bool) -> int:
    """So many calls; the exit code."""
    sealed, plain = fronts
    started, worked = time.monotonic(), time.process_time()
    memory: list[int] = []
    findings = 0
    for number in range(1, count + 1):
        chosen = plain if number % PLAIN == 0 else sealed
        try:
            chosen.once(listener)
        except Unfit as unfit:
            findings += 1
            _tell(f"FINDING at call {number}: {str(unfit)[:1500]}")
            if not keep_going or findings > 20:
                return 1
        _time_passes(fronts, chosen, number)
        if number % EVERY == 0:
            memory.append(resident())
        if number % KEEPING == 0:
            spent = time.process_time() - worked
            _tell(
                f"  {number} calls, {number / spent:.0f} a second of processor time, {number / (time.monotonic() - started):.0f} a second by the clock, {memory[-1] >> 20} MB"
            )
    spent, passed = time.process_time() - worked, time.monotonic() - started
    figures = sum((one.figures for one in fronts), Counter[str]())
    _tell(f"{count} calls in {passed:.0f} s, {spent:.0f} s of processor time: {count / spent:.0f} a second of it")
    _tell("  " + ", ".join(f"{name} {many}" for name, many in sorted(figures.items())))
    _tell(
        f"  replies told apart: {sum(len(one.attacker.seen) for one in fronts)}; lines of log: {dict(listener.lines)}"
    )
    for one in fronts:
        _tell(f"  kept: {one.kept()}")
    after = memory[len(memory) // 2 :] if count >= 2 * WARM_UP else []
    half = len(after) // 2
    grown = _middle(after[half:]) - _middle(after[:half]) if after else 0
    _tell(
        f"  memory grown by {grown / 2**20:.1f} MB from the third quarter to the last, at most {MOST_GROWTH >> 20} MB"
        if after
        else f"  memory at most {max(memory, default=0) >> 20} MB; too few calls to tell whether it grows"
    )
    held = not findings and grown <= MOST_GROWTH
    _tell("  holds" if held else "  does NOT hold")
    return int(not held)


def _middle(figures: list[int]) -> int:
    return sorted(figures)[len(figures) // 2]


def _time_passes(fronts: list[Front], chosen: Front, number: int) -> None:
    """The clock of the house just asked goes on; screens turn, and at night what has served is thrown away."""
    if number % 16 == 0:
        chosen.attacker.branch.clock.advance(chosen.attacker.chance.choice((0, 0, 1, 1, 5, 60)))
    if number % 500 == 0:
        for one in fronts:
            one.goes_on()
    if number % KEEPING == 0:
        for one in fronts:
            purge(one.attacker.branch.house.desk(), one.attacker.branch.clock.now())


def _house(stack: ExitStack, seed: int, server: Postgres | None, *, sealed: bool) -> Front:
    """A branch of its own with its Redis, its desk, its database."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own below it, closed to others
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)))
    if server:
        # a server for each: a look from outside sees whatever is written in the whole of it
        server = server if sealed else stack.enter_context(postgres())
        url = server.url(server.create())
        engine = sql.open_engine(url, home)
        sql.upgrade(engine)
        engine.dispose()
    else:
        migrated_sqlite(home)
        url = ""
    redis_url, desk_url = ensure_redis(home), ensure_redis(home / "desk")
    stack.callback(leave, home / "desk")
    stack.callback(leave, home)
    root = SigningKey.draw()
    keys = (
        {"previous_encoding_aes_key": OLD_KEY} if sealed else {"encoding_aes_key": "", "previous_encoding_aes_key": ""}
    )
    branch = stack.enter_context(
        branch_on(
            stack.enter_context(opened(url, home)),
            redis_url,
            confidential={"root": to_text(root.verify_key), "redis_url": desk_url},
            wechat={"official_account": keys},
        )
    )
    names = (("zhang", "own"), ("li", "own"), ("wang", "upper"), ("zhao", "upper"))
    Scene(branch, desk_url, root, [Handler(*one) for one in names]).publish()
    made = front(branch, seed, PostgresLook(url) if server else SqliteLook(home / "var" / "zhibu.db"))
    for url in (redis_url, desk_url):
        store = stack.enter_context(connect(url))
        made.stores.append(store)
    return made


def _tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # sys.stdout may be a stream that somebody else listens to


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
