"""A database that is away: people are asked to try again, and WeChat is told that an event has not been kept."""

from pathlib import Path

from app import build, create_app
from simulator.clock import Clock
from simulator.transport import wsgi_post
from simulator.world import World
from tests.branch import NOON, accounts_of, settings_for


def test_an_event_that_cannot_be_kept_is_not_answered_as_if_it_were(tmp_path: Path, redis_url: str) -> None:
    away = {"url": f"postgresql://zhibu@/zhibu?host={tmp_path}"}
    clock = Clock(lambda: NOON)
    house = build(settings_for(tmp_path, database=away, redis={"url": redis_url}), clock.now)
    world = World(accounts_of(house.settings), wsgi_post(create_app(house)), clock=clock)
    zhang = world.join("张建国", following=True)
    assert "请过一会儿再发一次" in (zhang.says("帮助你").text or "")
    assert zhang.unfollows().status == 503
    world.close()
    house.close()
