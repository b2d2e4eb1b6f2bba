"""`python -m tests.confidential.served CONFIG`: the server as `zhibu serve` runs it, with faults in it or a quick clock.

`--breaks`: every confidential talk breaks once at each of its questions, with words that quote what was said.
`--week SECONDS --since TIME`: a week passes in so many seconds from that moment (seconds since 1970) on; the desk's
own timer, the keeper's, is as much quicker.
"""

import argparse
import logging
import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import flask
from granian.constants import Interfaces
from granian.server import Server

from app import build, create_app, system_clock
from bot.dialogues import REGISTRY
from bot.registry import Registry, Script
from bot.talk import Ending, Talk
from bot.turn import Turn
from confidential.keeper import EVERY
from engines.process import die_with_parent
from settings import load
from tests.confidential.room import ZONE

WEEK = timedelta(days=7)
MONDAY = datetime(2026, 11, 16, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Quick:
    """A clock on which `week` real seconds are a week; at `since`, in seconds since 1970, it is Monday 0:00."""

    week: float
    since: float

    def __call__(self) -> datetime:
        """The present."""
        return (MONDAY + self.part() * WEEK).astimezone(UTC)

    def part(self) -> float:
        """How much of the week is over; negative before it begins."""
        return (time.time() - self.since) / self.week

    def until(self, part: float) -> None:
        """Wait until so much of the week is over."""
        time.sleep(max(0.0, (part - self.part()) * self.week))


class Fault(Exception):
    """A fault of ours whose words quote what was said."""


def breaking(registry: Registry[Turn]) -> Registry[Turn]:
    """The same dialogues; each sealed talk breaks once at every question."""
    done: set[tuple[str, str]] = set()

    def broken(script: Script[Turn]) -> Script[Turn]:
        def run(talk: Talk, turn: Turn) -> str | Ending:
            if talk.open and (place := (talk.id, talk.open)) not in done:
                done.add(place)
                raise Fault(str(talk.filed))
            return script(talk, turn)

        return run

    copy: Registry[Turn] = Registry()
    for one in registry:
        copy.add(replace(one, script=broken(one.script)) if one.sealed else one)
    return copy


def patient(registry: Registry[Turn]) -> Registry[Turn]:
    """The same dialogues; a sealed talk is not given up after ten minutes, which are an instant of a quick clock."""
    copy: Registry[Turn] = Registry()
    for one in registry:
        copy.add(replace(one, minutes=24 * 60) if one.sealed else one)
    return copy


def load_app(config: str, server: int, chosen: argparse.Namespace) -> flask.Flask:
    """The application of the one worker."""
    die_with_parent(server)
    logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    quick = Quick(chosen.week, chosen.since) if chosen.week else None
    registry = breaking(REGISTRY) if chosen.breaks else patient(REGISTRY) if quick else REGISTRY
    house = build(load(Path(config), os.environ), quick or system_clock, registry)
    if quick:
        house.keeper.rests = EVERY * (quick.week / WEEK.total_seconds())
    house.keeper.start()
    return create_app(house)


def main() -> None:
    """Serve until ended."""
    asked = argparse.ArgumentParser(description="the server with faults in it or a quick clock")
    asked.add_argument("config")
    asked.add_argument("--breaks", action="store_true")
    asked.add_argument("--week", type=float, default=0.0, help="seconds")
    asked.add_argument("--since", type=float, default=0.0, help="seconds since 1970")
    chosen = asked.parse_args()
    settings = load(Path(chosen.config), os.environ)
    server = Server(
        chosen.config, settings.server.host, settings.server.port,
        interface=Interfaces.WSGI, workers=1, blocking_threads=settings.server.threads, websockets=False,
        log_access=False, workers_kill_timeout=10,
    )  # fmt: skip
    server.serve(target_loader=partial(load_app, server=os.getpid(), chosen=chosen))


if __name__ == "__main__":
    main()
