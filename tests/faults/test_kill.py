"""Kill -9 at random moments of 200 scans: what a person was told stands, nobody stands twice, a reply stays.

The server is the one people run, the platform delivers over HTTP and sends again what was cut off.
"""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from engines.redis import connect, stop
from simulator.courier import Exchange
from simulator.phone import Person
from tests.faults.hall import Hall, created, hall_in, large, small
from tests.faults.installed import Installation

MEMBERS = 200
BURST = 0.3  # seconds in which the server works off the scans between two kills
SEED = 20261122

Strike = Callable[[], object]


def scans_under_fire(
    hall: Hall, chance: random.Random, strikes: Sequence[Callable[[], object]]
) -> dict[Person, Exchange]:
    """Everybody scans, in one burst before each strike and one after the last; returns what came of it."""
    code = hall.open()
    waiting = chance.sample(hall.people, len(hall.people))
    size = len(waiting) // (len(strikes) + 1)
    with ThreadPoolExecutor(MEMBERS) as phones:
        scanning = {}
        for strike in strikes:
            scanning.update({person: phones.submit(person.scans, code) for person in waiting[:size]})
            del waiting[:size]
            time.sleep(chance.uniform(0, BURST))  # the random moment
            strike()
            hall.back()
        scanning.update({person: phones.submit(person.scans, code) for person in waiting})
        return {person: scan.result() for person, scan in scanning.items()}


def delivered_again(exchanges: dict[Person, Exchange]) -> dict[Person, str]:
    """The replies to one more delivery of every message."""
    with ThreadPoolExecutor(16) as phones:
        again = phones.map(lambda each: each[0].again(each[1]), exchanges.items())
        return {person: exchange.text or "" for person, exchange in zip(exchanges, again, strict=True)}


def what_was_told_stands(hall: Hall, exchanges: dict[Person, Exchange], forget: Callable[[], object]) -> None:
    """Hold the promise against the database and against every message delivered twice more.

    `forget` loses what Redis holds, so that the second time SQL alone decides.
    """
    told = {person: exchange.text for person, exchange in exchanges.items() if exchange.text}
    assert set(exchanges) == set(hall.people)
    assert_all_welcome(told)
    standing = hall.arrivals()
    assert {person.nickname for person in told} <= set(standing), "told of a check-in that does not exist"
    first = {**delivered_again(exchanges), **told}
    assert_all_welcome(first)
    forget()
    again = delivered_again(exchanges)
    assert {person: again[person] for person in first if again[person] != first[person]} == {}
    after = hall.arrivals()
    assert {name: after[name] for name in standing} == standing
    sent = {person.nickname: created(exchange) for person, exchange in exchanges.items()}
    assert {name: at for name, (at, _) in after.items()} == sent
    assert [one for one in hall.world.complaints if "no answer in" not in one] == []
    assert "bug number=" not in hall.made.said()
    cut = sum(delivery.cut for exchange in exchanges.values() for delivery in exchange.deliveries)
    silent = sum(exchange.text is None for exchange in exchanges.values())
    print(f"\n{cut} deliveries cut off, {len(told)} told at once, {silent} left without a word")  # noqa: T201 - seen with -s
    assert cut, "no kill has met a scan: nothing was shown"


def assert_all_welcome(replies: dict[Person, str]) -> None:
    """Nobody has heard anything but their own check-in."""
    for person, reply in replies.items():
        assert reply.startswith(f"✅ 签到成功\n{person.nickname}同志"), reply


@pytest.mark.parametrize("seed", [SEED])
def test_a_check_in_told_of_outlives_every_kill_on_sqlite(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with small(tmp_path) as made, hall_in(made, MEMBERS) as hall:
        strikes: list[Strike] = [
            hall.kill_everything,
            hall.kill_worker, hall.kill_worker,  # the server gives up and is started anew
            partial(lost, made), hall.kill_server,
        ]  # fmt: skip
        exchanges = scans_under_fire(hall, chance, strikes)
        what_was_told_stands(hall, exchanges, partial(lost, made))


@pytest.mark.parametrize("seed", [SEED])
def test_a_check_in_told_of_outlives_every_kill_on_postgresql_and_redis(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with large(tmp_path) as made, hall_in(made, MEMBERS) as hall, connect(made.settings().redis.url) as store:
        strikes: list[Strike] = [
            hall.kill_worker,
            hall.kill_everything,
            hall.kill_server,
            store.flushall,
        ]
        chance.shuffle(strikes)
        exchanges = scans_under_fire(hall, chance, strikes)
        what_was_told_stands(hall, exchanges, store.flushall)


def lost(made: Installation) -> None:
    """End the embedded Redis as `zhibu stop` does, with all that it held."""
    stop(made.home)
