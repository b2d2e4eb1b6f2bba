"""The cut, the deliveries that follow it, and envelopes that are hostile on purpose."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from simulator import Accounts, Hostile, Manner, Mode, World, wsgi_post
from simulator.packing import SEALED_ONLY
from simulator.transport import http_post
from tests.simulator.honest import ACCOUNTS, KEY, OLD_KEY, Echo

CUT = 0.3
ROTATED = Accounts(replace(ACCOUNTS.official_account, previous_encoding_aes_key=OLD_KEY), ACCOUNTS.mini_program)


@pytest.mark.parametrize("tries", [3, 4])
def test_silence_is_cut_and_sent_again_with_the_same_message(tries: int) -> None:
    echo = Echo(slow=threading.Event())
    world = World(ACCOUNTS, wsgi_post(echo), cut=CUT, tries=tries)
    zhang = world.join("张建国", following=True)
    exchange = zhang.says("签到")
    assert echo.slow is not None
    echo.slow.set()
    assert [delivery.cut for delivery in exchange.deliveries] == [True] * tries
    assert all(delivery.seconds >= CUT for delivery in exchange.deliveries)
    assert all(seen == echo.seen[0] for seen in echo.seen)
    assert len({delivery.sent.query["nonce"] for delivery in exchange.deliveries}) == tries
    assert exchange.unavailable
    assert world.complaints == [
        f"张建国, text 签到: no answer in 0.3 s at any of {tries} deliveries (no answer in time)"
    ]


def test_a_later_delivery_may_still_be_answered() -> None:
    echo = Echo(slow=threading.Event())
    world = World(ACCOUNTS, wsgi_post(echo), cut=CUT)
    zhang = world.join("张建国", following=True)

    def wake_on_the_second() -> None:
        for _ in range(2):
            echo.arrivals.acquire(timeout=20)
        assert echo.slow is not None
        echo.slow.set()

    waker = threading.Thread(target=wake_on_the_second)
    waker.start()
    exchange = zhang.says("签到").hears("收到：签到")
    waker.join()
    assert exchange.deliveries[0].cut
    assert not exchange.unavailable
    assert world.complaints == []


def test_a_server_that_is_away_is_tried_at_the_same_pace() -> None:
    with socket.socket() as taken:  # bound, not listening: every connection is refused
        taken.bind(("127.0.0.1", 0))
        world = World(ACCOUNTS, http_post(f"http://127.0.0.1:{taken.getsockname()[1]}/wechat"), cut=0.05)
        exchange = world.join("张建国", following=True).says("签到")
    assert len(exchange.deliveries) == 3
    assert "no connection" in world.complaints[0]


def test_a_bad_page_is_not_sent_again_unless_told() -> None:
    echo = Echo(answer=lambda _: (500, b""))
    world = World(ACCOUNTS, wsgi_post(echo), cut=0.05)
    zhang = world.join("张建国", following=True)
    assert len(zhang.says("签到").deliveries) == 1
    world.courier.resend_errors = True
    assert len(zhang.says("签到").deliveries) == 3


REFUSED_BY_A_FOREIGN_SERVER = sorted(
    (SEALED_ONLY | {Hostile.WRONG_SIGNATURE, Hostile.NO_SIGNATURE, Hostile.EMPTY_BODY})
    - {Hostile.DOWNGRADED, Hostile.ALTERED_CLEAR}
)


@pytest.mark.parametrize("hostile", REFUSED_BY_A_FOREIGN_SERVER)
def test_a_foreign_implementation_refuses_the_hostile(hostile: Hostile) -> None:
    echo = Echo(ROTATED)
    world = World(ROTATED, wsgi_post(echo), cut=20)
    zhang = world.join("张建国", following=True)
    exchange = zhang.says("签到", manner=Manner(hostile=hostile))
    assert exchange.status in (400, 403)
    assert echo.seen == []
    zhang.says("签到").hears("收到：签到")


def test_a_stale_delivery_is_signed_well_but_two_days_old(world: World, echo: Echo) -> None:
    exchange = world.join("张建国", following=True).says("签到", manner=Manner(hostile=Hostile.STALE))
    assert exchange.status == 200, "its signature is right: only a look at the time can refuse it"
    stamp = int(exchange.deliveries[0].sent.query["timestamp"])
    assert world.clock.timestamp() - stamp == 48 * 3600


def test_a_downgrade_is_a_plain_message_to_a_sealed_account(world: World, echo: Echo) -> None:
    exchange = world.join("张建国", following=True).says("签到", manner=Manner(hostile=Hostile.DOWNGRADED))
    sent = exchange.deliveries[0].sent
    assert "encrypt_type" not in sent.query
    assert b"<Encrypt>" not in sent.body
    assert echo.seen, "the textbook server falls for it"


def test_altered_clear_fields_are_not_what_was_sealed() -> None:
    echo = Echo()
    world = World(ACCOUNTS, wsgi_post(echo), cut=20, mode=Mode.COMPAT)
    zhang = world.join("张建国", following=True)
    exchange = zhang.says("签到", manner=Manner(hostile=Hostile.ALTERED_CLEAR)).hears("收到")
    assert zhang.openid.encode() not in exchange.deliveries[0].sent.body
    assert echo.seen[-1]["FromUserName"] == zhang.openid


def test_an_old_key_is_answered_by_a_server_that_still_has_it() -> None:
    account = replace(ROTATED.official_account, encoding_aes_key=OLD_KEY)
    echo = Echo(Accounts(account, ROTATED.mini_program))
    world = World(ROTATED, wsgi_post(echo), cut=20)
    zhang = world.join("张建国", following=True)
    zhang.says("签到", manner=Manner(hostile=Hostile.OLD_KEY)).hears("收到：签到")
    assert world.complaints == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Manner(mode=Mode.PLAIN, hostile=Hostile.FOREIGN_APP),
        lambda: Manner(hostile=Hostile.ALTERED_CLEAR),
        lambda: Manner(hostile=Hostile.OLD_KEY),
    ],
)
def test_a_hostility_that_would_be_none_is_refused(world: World, ask: Callable[[], Manner]) -> None:
    with pytest.raises(ValueError, match=r"plain mode|compat mode|previous"):
        world.join("张建国", following=True).says("签到", manner=ask())


def test_a_sealed_mode_needs_a_key() -> None:
    bare = Accounts(replace(ACCOUNTS.official_account, encoding_aes_key=""), ACCOUNTS.mini_program)
    with pytest.raises(ValueError, match="EncodingAESKey"):
        World(bare, wsgi_post(Echo()))
    assert World(bare, wsgi_post(Echo()), mode="plain").accounts.official_account.encoding_aes_key != KEY
