"""One token for all processes, asked for once per real expiry, whatever goes wrong."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from engines.redis import connect, ensure_redis, leave, stop
from tests.wire.platform_server import APP_ID, OPENID, SECRET, TOKEN_PATH, USER_PATH, Platform, serving
from wechat.client import OfficialAccountApi
from wechat.errors import ApiExhausted, OurMistake, TokenRefused, WeChatDown, WeChatError

START = 1_790_000_000.0
ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., OfficialAccountApi]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path / "clock")
    made.set_clock(START)
    with serving(made):
        yield made


@pytest.fixture
def open_api(platform: Platform, empty_redis: redis.Redis) -> Open:
    def make(store: redis.Redis = empty_redis, *, secret: str = SECRET, timeout: float = 5.0) -> OfficialAccountApi:
        return OfficialAccountApi(
            platform.base, APP_ID, secret, timeout, store, lambda: datetime.fromtimestamp(platform.now(), UTC)
        )

    return make


class Processes:
    """N processes of their own, each with its own client and several threads."""

    def __init__(self, count: int, threads: int, settings: dict[str, object], stack: ExitStack) -> None:
        self._threads = threads
        self._all = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.wire.caller"],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        stack.callback(self._close)
        for process in self._all:
            self._tell(process, json.dumps(settings))

    def all_ask(self) -> list[str]:
        """All threads of all processes call at once; what became of the calls."""
        for process in self._all:
            self._tell(process, str(self._threads))
        outcomes: list[str] = []
        for process in self._all:
            assert process.stdout
            outcomes += json.loads(process.stdout.readline())
        return outcomes

    @staticmethod
    def _tell(process: "subprocess.Popen[str]", line: str) -> None:
        assert process.stdin
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def _close(self) -> None:
        for process in self._all:
            assert process.stdin
            process.stdin.close()


@pytest.fixture
def processes(platform: Platform, empty_redis: redis.Redis, redis_url: str) -> Iterator[Processes]:
    settings: dict[str, object] = {
        "base": platform.base,
        "app_id": APP_ID,
        "secret": SECRET,
        "timeout": 5.0,
        "redis": redis_url,
        "clock": str(platform.clock),
        "openid": OPENID,
    }
    with ExitStack() as stack:
        yield Processes(4, 5, settings, stack)


def all_ask(api: OfficialAccountApi, threads: int = 20) -> list[str]:
    def ask(_number: int) -> str:
        try:
            return "ok" if api.follower(OPENID).subscribed else "no"
        except WeChatError as error:
            return type(error).__name__

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(ask, range(threads)))


# --- many processes


def test_contract_12_one_token_fetch_per_real_expiry(platform: Platform, processes: Processes) -> None:
    assert processes.all_ask() == ["ok"] * 20
    assert platform.token_calls() == 1, "cold start"
    platform.pass_seconds(6000)
    assert processes.all_ask() == ["ok"] * 20
    assert platform.token_calls() == 1, "still good"
    platform.pass_seconds(1000)
    assert processes.all_ask() == ["ok"] * 20
    assert platform.token_calls() == 2, "200 s before the end one asks, the others go on"
    platform.pass_seconds(7201)
    assert processes.all_ask() == ["ok"] * 20
    assert platform.token_calls() == 3, "expired"


def test_contract_12_one_token_fetch_after_an_invalidation_from_outside(
    platform: Platform, processes: Processes
) -> None:
    assert processes.all_ask() == ["ok"] * 20
    for round_ in (2, 3):
        platform.invalidate()
        calls = platform.count(USER_PATH)
        assert processes.all_ask() == ["ok"] * 20
        assert platform.token_calls() == round_
        assert platform.count(USER_PATH) - calls <= 40, "each call is repeated once at most"


def test_contract_12_a_permanent_40001_ends_in_two_calls(platform: Platform, processes: Processes) -> None:
    platform.always[USER_PATH] = {"errcode": 40001, "errmsg": "invalid credential"}
    assert processes.all_ask() == ["TokenRefused"] * 20
    assert platform.count(USER_PATH) <= 40
    assert platform.token_calls() <= 2, "once for a token, once to hear that it is still the same"
    processes.all_ask()
    assert platform.token_calls() <= 2


# --- one process


def test_contract_12_a_permanent_40001_is_two_calls_and_a_clean_error(platform: Platform, open_api: Open) -> None:
    api = open_api()
    for code in (40001, 40014, 42001):
        platform.pass_seconds(3600)
        platform.calls.clear()
        platform.always[USER_PATH] = {"errcode": code, "errmsg": "no"}
        with pytest.raises(TokenRefused):
            api.follower(OPENID)
        assert platform.count(USER_PATH) == 2
        assert platform.token_calls() <= 2


def test_a_token_another_process_has_renewed_is_used_for_the_retry(platform: Platform, open_api: Open) -> None:
    ours, theirs = open_api(), open_api()
    assert ours.follower(OPENID).subscribed
    platform.invalidate()
    assert theirs.follower(OPENID).subscribed
    assert platform.token_calls() == 2
    platform.answers[USER_PATH] = [{"errcode": 42001, "errmsg": "as if the old token had been sent"}]
    assert ours.follower(OPENID).subscribed
    assert platform.token_calls() == 3
    assert all(json.loads(body)["force_refresh"] is False for path, _, body in platform.calls if path == TOKEN_PATH)


def test_a_token_fetched_without_end_is_asked_for_once_a_while(platform: Platform, open_api: Open) -> None:
    """The platform hands out the old token again shortly before its end (its clock differs a little)."""
    api = open_api()
    assert api.follower(OPENID).subscribed
    platform.pass_seconds(6950)
    platform.always[TOKEN_PATH] = {"access_token": platform._token, "expires_in": 250}
    for _ in range(5):
        assert api.follower(OPENID).subscribed
    assert platform.token_calls() == 2
    platform.pass_seconds(31)
    assert all_ask(api) == ["ok"] * 20
    assert platform.token_calls() == 3


@pytest.mark.parametrize("answer", [{"errcode": 40164, "errmsg": "not in whitelist"}, 500, b"<html>"])
def test_a_failed_early_renewal_leaves_the_old_token_in_use(platform: Platform, open_api: Open, answer: object) -> None:
    api = open_api()
    assert api.follower(OPENID).subscribed
    platform.pass_seconds(7000)
    platform.always[TOKEN_PATH] = answer
    for _ in range(3):
        assert all_ask(api) == ["ok"] * 20
    assert platform.token_calls() == 2
    del platform.always[TOKEN_PATH]
    platform.pass_seconds(61)
    assert api.follower(OPENID).subscribed
    assert platform.token_calls() == 3


# --- trouble at the token endpoint


@pytest.mark.parametrize(
    ("code", "kind"), [(40001, OurMistake), (40013, OurMistake), (40164, OurMistake), (45009, ApiExhausted)]
)
def test_contract_13_a_refusing_token_endpoint_is_asked_once_a_minute(
    platform: Platform, open_api: Open, code: int, kind: type[WeChatError]
) -> None:
    platform.always[TOKEN_PATH] = {"errcode": code, "errmsg": "no rid: 7-8-9"}
    api, other = open_api(), open_api()
    for _ in range(5):
        with pytest.raises(kind, match="rid: 7-8-9") as caught:
            api.follower(OPENID)
        assert type(caught.value) is kind, "a wrong secret is not a token to be renewed"
    assert all_ask(other) == [kind.__name__] * 20
    assert platform.token_calls() == 1
    assert platform.count(USER_PATH) == 0
    del platform.always[TOKEN_PATH]
    platform.pass_seconds(61)
    assert api.follower(OPENID).subscribed
    assert all_ask(other) == ["ok"] * 20
    assert platform.token_calls() == 2


def test_contract_13_a_mended_secret_need_not_wait(platform: Platform, open_api: Open) -> None:
    with pytest.raises(OurMistake):
        open_api(secret="f" * 32).follower(OPENID)
    assert open_api().follower(OPENID).subscribed


@pytest.mark.parametrize(
    "answer",
    [None, 500, 404, b"<html>busy</html>", b"[]", {}, {"errcode": -1, "errmsg": "busy"}, {"access_token": "a"}],
)
def test_contract_13_a_silent_or_broken_token_endpoint_is_not_stormed(
    platform: Platform, open_api: Open, answer: object
) -> None:
    platform.always[TOKEN_PATH] = answer
    api = open_api(timeout=1.0 if answer is None else 5.0)  # one that answers again is given time to, on any machine
    assert all_ask(api) == ["WeChatDown"] * 20
    assert platform.token_calls() == 1
    del platform.always[TOKEN_PATH]
    platform.pass_seconds(11)
    assert all_ask(api) == ["ok"] * 20
    assert platform.token_calls() == 2


def test_a_lock_left_by_a_killed_process_runs_out(platform: Platform, open_api: Open, empty_redis: redis.Redis) -> None:
    api = open_api(timeout=0.2)
    name = api._client._keeper._shelf._lock
    empty_redis.set(name, "a process that was killed", px=300)
    assert all_ask(api) == ["ok"] * 20
    assert platform.token_calls() == 1


class Overtaken(redis.Redis):
    """A connection that lets somebody else go first just before it takes its first lock."""

    first: Callable[[], object] | None = None

    def execute_command(self, *args: object, **options: object) -> object:
        if args[0] == "SET" and "NX" in args and str(args[1]).endswith("lock") and self.first:
            first, self.first = self.first, None
            first()
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis has no types here


def test_contract_12_after_the_lock_we_look_again(platform: Platform, open_api: Open, redis_url: str) -> None:
    """Between our look and our lock another process may have fetched the token and let go of the lock."""
    with Overtaken.from_url(redis_url, decode_responses=True) as store:
        store.first = lambda: open_api().follower(OPENID)
        assert open_api(store).follower(OPENID).subscribed
        assert store.first is None
    assert platform.token_calls() == 1


def test_who_never_gets_the_lock_gives_up(platform: Platform, open_api: Open, empty_redis: redis.Redis) -> None:
    api = open_api(timeout=0.01)
    empty_redis.set(api._client._keeper._shelf._lock, "somebody")
    with pytest.raises(WeChatDown, match="still asking"):
        api.follower(OPENID)
    assert platform.token_calls() == 0


def test_a_fetch_that_outlived_its_lock_does_not_put_its_token_over_a_newer_one(
    platform: Platform, open_api: Open, empty_redis: redis.Redis
) -> None:
    shelf = open_api()._client._keeper._shelf
    open_api().follower(OPENID)
    newer = empty_redis.get(shelf._token)
    held = shelf.held(START)
    assert held
    with shelf.lock() as fence:
        assert fence
        empty_redis.set(shelf._lock, "the next one asking")
        shelf.put(fence, held.__class__("OLD", held.ends, held.asked))
    assert empty_redis.get(shelf._token) == newer
    assert empty_redis.get(shelf._lock) == "the next one asking"


# --- Redis away


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[redis.Redis, Callable[[], object], Callable[[], object]]]:
    """A connection to a server of the test's own, how to kill it, and how to start an empty one in its place."""
    with connect(ensure_redis(tmp_path)) as store:
        yield store, lambda: stop(tmp_path), lambda: ensure_redis(tmp_path)
    stop(tmp_path)
    leave(tmp_path)


def test_contract_14_without_redis_each_process_asks_once_per_expiry(
    platform: Platform, open_api: Open, own_redis: tuple[redis.Redis, Callable[[], object], Callable[[], object]]
) -> None:
    store, kill, restart = own_redis
    warm = open_api(store)
    assert warm.follower(OPENID).subscribed
    kill()
    assert all_ask(warm) == ["ok"] * 20
    assert platform.token_calls() == 1, "the process knows its token"
    cold = open_api(store)
    assert all_ask(cold) == ["ok"] * 20
    assert platform.token_calls() == 2, "a new process asks once"
    platform.pass_seconds(7201)
    assert all_ask(cold) == ["ok"] * 20
    assert platform.token_calls() == 3
    platform.invalidate()
    assert all_ask(cold) == ["ok"] * 20
    assert platform.token_calls() == 4
    restart()
    cold._client._keeper._shelf._away_until = 0.0
    assert all_ask(cold) == ["ok"] * 20
    assert all_ask(open_api(store)) == ["ok"] * 20
    assert platform.token_calls() == 4, "a process that knows the token tells the others"


def test_contract_14_without_redis_a_refusing_token_endpoint_is_not_stormed(
    platform: Platform, open_api: Open, own_redis: tuple[redis.Redis, Callable[[], object], Callable[[], object]]
) -> None:
    store, kill, _ = own_redis
    kill()
    platform.always[TOKEN_PATH] = {"errcode": 40164, "errmsg": "not in whitelist"}
    assert all_ask(open_api(store)) == ["OurMistake"] * 20
    assert platform.token_calls() == 1


def test_what_another_version_left_in_redis_is_no_token(
    platform: Platform, open_api: Open, empty_redis: redis.Redis
) -> None:
    api = open_api()
    empty_redis.set(api._client._keeper._shelf._token, '{"value": "?"}')
    assert api.follower(OPENID).subscribed
    assert platform.token_calls() == 1
