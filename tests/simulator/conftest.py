"""The honest echo server and a world that talks to it."""

import pytest

from simulator import Clock, World, wsgi_post
from tests.simulator.honest import ACCOUNTS, Echo, Sundial


@pytest.fixture
def sundial() -> Sundial:
    return Sundial()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def world(echo: Echo, sundial: Sundial) -> World:
    return World(ACCOUNTS, wsgi_post(echo), cut=20, clock=Clock(sundial))
