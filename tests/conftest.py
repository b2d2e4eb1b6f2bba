"""Fixtures every test may ask for: databases, Redis, a browser; all of them real."""

import gc
import logging
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from engines import sql
from engines.redis import connect, ensure_redis, leave
from tests.engines import Compiled, Database, Postgres, Watch, launch_chromium, migrated_sqlite, opened, postgres

# The same examples at every run, and no limit of time: a slow machine is no error.
hypothesis.settings.register_profile("house", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("house")


GARBAGE = 100_000  # objects more than when last looked
OPENED = pytest.StashKey[list[BrowserContext]]()  # the browser's contexts a test has opened

gc.set_threshold(2 * GARBAGE)  # else it looks as long for garbage as the tests take


def _tidy() -> None:
    """Throw away what nobody knows any more; what is left then stays, and is not looked through again."""
    gc.collect()
    gc.freeze()


def pytest_collection_finish() -> None:
    """Begin with what was imported."""
    _tidy()


def pytest_runtest_logfinish() -> None:
    """Tidy up after a test when there is much to look through."""
    if gc.get_count()[0] > GARBAGE:
        _tidy()


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sql, "create_engine", Compiled())
        yield


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server, started as people's is; one for each test worker."""
    home = tmp_path_factory.mktemp("redis")
    yield ensure_redis(home)
    leave(home)


@pytest.fixture
def empty_redis(redis_url: str) -> Iterator[redis.Redis]:
    """A connection to the server with nothing in it."""
    with connect(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def pg_server() -> Iterator[Postgres]:
    """A PostgreSQL cluster of this test worker's own; careless about power cuts, hence quick."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def _pg_template(pg_server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:

    name = pg_server.create()
    engine = sql.open_engine(pg_server.url(name), tmp_path_factory.mktemp("pg"))
    sql.upgrade(engine)
    engine.dispose()
    return name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def database(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated SQLite database in a home of its own (tmp_path)."""
    (tmp_path / "var").mkdir(exist_ok=True)
    shutil.copy(_sqlite_template, tmp_path / "var" / "zhibu.db")
    with opened("", tmp_path) as fresh:
        yield fresh


@pytest.fixture
def pg_database(pg_server: Postgres, _pg_template: str, tmp_path: Path) -> Iterator[Database]:
    """An empty migrated PostgreSQL database."""
    name = pg_server.create(template=_pg_template)
    with opened(pg_server.url(name), tmp_path) as fresh:
        yield fresh
    pg_server.drop(name)


@pytest.fixture(params=["database", "pg_database"], ids=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest) -> Database:
    """An empty migrated database; the test runs once on SQLite and once on PostgreSQL."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless; one for each test worker."""
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test at its end when a page left 127.0.0.1 or complained; `watch.allowed` takes exceptions."""
    watching = Watch()
    yield watching
    assert not watching.unexpected()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Take back what a command that a test ran in this process has set for its log."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return (yield)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Close a test's pages before any server of it ends, or they would complain of a server gone."""
    for context in item.stash.get(OPENED, []):
        context.close()


@pytest.fixture
def new_page(request: pytest.FixtureRequest, browser: Browser, watch: Watch) -> Callable[..., Page]:
    """Open a watched page: `new_page(width=390, height=844, scripts=True)`, each with cookies of its own."""
    contexts = request.node.stash.setdefault(OPENED, [])

    def open_page(width: int = 390, height: int = 844, *, scripts: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        context.on("page", watch.follow)
        return context.new_page()

    return open_page


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """One watched page at the width of a phone."""
    return new_page()
