"""The surge through the front door: whoever goes the quick way hears and leaves behind what the ordinary turn would."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import flask
import pytest
import redis
from sqlalchemy import Connection, delete, select, text
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import webhook
from bot.memory import Memory, Waits
from bot.surge import Done, Ordinary, Scanned, Surge, Told
from bot.together import Place, Send, Together
from bot.webhook import Webhook, blueprint, mounted
from engines.later import Later
from engines.redis import connect
from engines.sql import Standing, open_engine
from models.checkin import CheckIn, HeldScan
from services import hallcodes, members
from services.members import Account
from simulator.courier import Exchange, Manner
from simulator.transport import wsgi_post
from tests.branch import NOON, Branch, branch_on
from tests.engines import Database, eventually
from tests.services.together import together
from tests.wire.sealing import event
from texts.turn import LATER, STILL_BUSY
from wechat.envelope import MAX_BODY, Envelope
from wechat.messages import Message, parse

SEED = 20261125
Act = Callable[[], Exchange]
T = TypeVar("T")


class Watched:
    """The surge, or nobody in its place; counts the scans that it has answered."""

    def __init__(self, surge: Surge | None) -> None:
        self.surge = surge
        self.answered = 0

    def take(self, message: Message, account: Account, key: str, told: Told, ordinary: Ordinary) -> bool:
        def answered(heard: str | Exception | None) -> Send:
            self.answered += 1
            return told(heard)

        return self.surge is not None and self.surge.take(message, account, key, answered, ordinary)


def by(branch: Branch, *, surge: bool) -> Watched:
    """From now on deliveries go to a bare application, with the surge or without."""
    hook = webhook(branch.house)
    watched = Watched(hook.turns.surge if surge else None)
    hook = replace(hook, turns=replace(hook.turns, surge=watched))  # type: ignore[arg-type] # it stands in its place
    branch.world.courier.post = wsgi_post(bare(hook))
    return watched


def bare(hook: Webhook) -> flask.Flask:
    """An application of the callback's own routes, with nothing in front of them."""
    app = flask.Flask("bare", static_folder=None)
    app.register_blueprint(blueprint(hook))
    return app


def generated(branch: Branch) -> list[Act]:
    """Scans of all sorts of codes by all sorts of people, in an order of chance, some delivered three times at once."""
    chance = random.Random(SEED)
    people = [branch.bound("刘洋")]
    planned = branch.meeting("明天的会", opened=False)
    branch.moves(planned, timedelta(days=1))  # which waits to be told to him
    opened, closed = branch.meeting(), branch.meeting("昨天的会")
    now, at = branch.clock.now(), branch.scene_at
    scenes = [
        *[at(opened, now)] * 8, at(opened, now - timedelta(seconds=30)), at(opened, now - timedelta(minutes=5)),
        at(closed, now), at(planned, now), at(opened, now)[:-1] + "2", "ck-2222222222-1-aaaaaaaaaaaaaaaa", "4711",
    ]  # fmt: skip
    branch.close(closed)
    people += [branch.bound(name) for name in ("张建国", "李娜", "王芳", "唐悦")]
    people.append(branch.phone("还没绑定"))
    acts: list[Act] = []
    for one in people:
        for scene in chance.sample(scenes, 6):
            manner = Manner(copies=chance.choice((1, 1, 3)))
            acts.append(partial(one.person.event, "SCAN", EventKey=scene, manner=manner))
    chance.shuffle(acts)
    return acts


def rows(db: Session) -> list[tuple[object, ...]]:
    """Every check-in and every scan that waits, in all columns."""
    return [
        tuple(row)
        for table in (CheckIn.__table__, HeldScan.__table__)
        for row in db.execute(select(table).order_by(*table.primary_key))
    ]


def test_both_ways_give_the_same_replies_and_the_same_rows(each_branch: Branch, empty_redis: redis.Redis) -> None:
    acts = generated(each_branch)
    told, kept = [], []
    for surge in (True, False):
        watched = by(each_branch, surge=surge)
        each_branch.phones["唐悦"].says("签到").hears("请看大屏")  # a scan answers this
        told.append([[one.text for one in act().deliveries] for act in acts])
        each_branch.phones["唐悦"].says("取消")
        told[-1].append([each_branch.phones["唐悦"].reply])
        with each_branch.house.reading() as db:
            kept.append(rows(db))
        each_branch.house.run(lambda db: [db.execute(delete(table)) for table in (CheckIn, HeldScan)])
        empty_redis.flushall()
        assert (len(acts) > watched.answered > 10) if surge else watched.answered == 0
    assert told[0] == told[1]
    assert kept[0] == kept[1]
    assert len(kept[0]) > 5
    heard = {text.splitlines()[0] for deliveries in told[0] for text in deliveries if text}
    assert len(heard) > 6, heard  # all sorts


def arrival(branch: Branch, openid: str, meeting: str, message: str) -> Scanned:
    account = Account(branch.house.parts.app_id, openid)
    scene = hallcodes.read(branch.scene_at(meeting, NOON))
    assert scene
    return Scanned(account, account.digest, scene, NOON, message, ordinary=lambda: None)


def surge_of(branch: Branch, commit: Standing, redis_url: str) -> Surge:
    parts = branch.house.parts
    with connect(redis_url) as store:
        return Surge(commit, Memory(store, parts.app_id, Waits(4.5)), lambda: NOON, parts, 4.5)


def test_together_each_has_the_one_right_ending(each_branch: Branch, redis_url: str) -> None:
    zhang, li = each_branch.bound("张建国"), each_branch.bound("李娜")
    meeting = each_branch.meeting()
    house = each_branch.house
    surges = [surge_of(each_branch, Standing(house.engine), redis_url) for _ in range(2)]  # as of two processes
    broken = arrival(each_branch, each_branch.bound("王芳").person.openid, meeting, "m5")
    broken = broken._replace(at=NOON.replace(tzinfo=None))  # of no zone: an error in the middle of it
    unread = arrival(each_branch, "o\x00", meeting, "m6")  # which PostgreSQL cannot read
    batch = [
        arrival(each_branch, zhang.person.openid, meeting, "m1"),
        arrival(each_branch, zhang.person.openid, meeting, "m2"),  # the same person once more
        broken,
        unread,
        arrival(each_branch, zhang.person.openid, meeting, "m1"),  # the same message once more
        arrival(each_branch, li.person.openid, meeting, "m3"),
    ]
    found = together(
        [partial(surge._endings, order) for surge, order in zip(surges, (batch, batch[::-1]), strict=True)]
    )
    for answer, places in zip(found, (range(6), range(5, -1, -1)), strict=True):
        assert not isinstance(answer, Exception)
        order = [answer[place] for place in places]
        told = [one.recorded.ours if isinstance(one, Done) else one for one in order]
        first = {told[0], told[1]}
        assert (first, *told[2:]) == ({True, False}, None, None, told[0], True)
    assert set(each_branch.arrivals(meeting)) == {"张建国", "李娜"}


def test_a_connection_that_has_gone_costs_nobody_anything(pg_database: Database, redis_url: str) -> None:
    with branch_on(pg_database, redis_url) as branch:
        zhang, li = branch.bound("张建国"), branch.bound("李娜")
        scene, watched = branch.scene_at(branch.meeting(), NOON), by(branch, surge=True)
        zhang.does(zhang.person.event("SCAN", EventKey=scene)).hears("签到成功")
        with branch.house.engine.connect() as connection:
            gone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            connection.execute(text(f"{gone} AND pid <> pg_backend_pid()"))
        li.does(li.person.event("SCAN", EventKey=scene)).hears("签到成功", "李娜")
        assert watched.answered == 2


def test_without_a_database_all_are_asked_to_try_again(branch: Branch, tmp_path: Path, redis_url: str) -> None:
    meeting = branch.meeting()
    nowhere = open_engine(f"postgresql://zhibu@/none?host={tmp_path}", tmp_path)
    surge = surge_of(branch, Standing(nowhere), redis_url)
    assert surge._endings([arrival(branch, f"o{number}", meeting, f"m{number}") for number in range(3)]) == [LATER] * 3


class Doubling:
    """Doubles numbers, all that have come together, as soon as it is let go on; one that is overdue hears -1."""

    def __init__(self, patience: float, lingers: float = 1) -> None:
        self.settled: list[list[int]] = []
        self.begun = threading.Event()
        self.goes_on = threading.Event()
        self.together: Together[int, int] = Together(self.settle, patience, lambda _number: -1, lingers)

    def settle(self, places: Sequence[Place[int, int]]) -> None:
        self.settled.append([place.item for place in places])
        self.begun.set()
        assert self.goes_on.wait(20)
        for place in places:
            place.tell(2 * place.item)()

    def __call__(self, number: int) -> Future[int]:
        heard = Future[int]()

        def then(outcome: int | Exception) -> Send:
            if isinstance(outcome, Exception):
                return partial(heard.set_exception, outcome)
            return partial(heard.set_result, outcome)

        self.together(number, then)
        return heard

    def busy_with(self, number: int) -> Future[int]:
        """One that is being settled, and has not come to an end yet."""
        first = self(number)
        eventually(lambda: self.begun.is_set() or first.done(), what="a beginning")
        return first if self.begun.is_set() else self.busy_with(number)  # on a busy machine it may have been too late


def test_who_comes_while_others_are_written_is_written_together() -> None:
    double = Doubling(20)
    first = double.busy_with(0)
    others = [double(number) for number in range(1, 9)]
    double.goes_on.set()
    assert [one.result(20) for one in (first, *others)] == [2 * number for number in range(9)]
    assert [len(numbers) for numbers in double.settled] == [1, 8]
    assert double(9).result(20) == 18


def test_who_waits_too_long_is_told_and_holds_nobody_up() -> None:
    double = Doubling(0.05)
    first = double.busy_with(1)
    assert double(2).result(20) == -1  # nothing was begun of it
    double.goes_on.set()
    assert first.result(20) == 2  # what has been begun may take its time
    double.together._patience = 20
    assert double(3).result(20) == 6
    assert double.settled == [[1], [3]]


def test_who_waits_behind_a_stuck_commit_is_told_the_truth_about_it(branch: Branch, redis_url: str) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    class Stuck(Standing):
        def __call__(self, work: Callable[[Connection], T]) -> T:
            begun.set()
            assert goes_on.wait(20)
            return super().__call__(work)

    zhang = branch.bound("张建国")
    scene = branch.scene_at(branch.meeting(), NOON)
    account = Account(branch.house.parts.app_id, zhang.person.openid)
    with connect(redis_url) as store:
        memory = Memory(store, account.app_id, Waits(4.5))
        surge = Surge(Stuck(branch.house.engine), memory, lambda: NOON, branch.house.parts, 0.05)
        heard: SimpleQueue[tuple[str, str | Exception | None]] = SimpleQueue()
        key = f"<EventKey>{scene}</EventKey>"
        scan = parse(event("SCAN", inner=key, person=account.openid, at=int(NOON.timestamp())).encode())

        def takes(name: str, key: str) -> None:
            assert surge.take(scan, account, key, lambda said: partial(heard.put, (name, said)), lambda: None)

        while not begun.is_set():
            takes("first", "m1")
            eventually(lambda: begun.is_set() or not heard.empty(), what="a beginning")
            if not begun.is_set():  # on a busy machine it may have been too late for it already
                assert heard.get() == ("first", LATER)
        takes("its twin", "m1")
        assert heard.get(timeout=20) == ("its twin", STILL_BUSY)
        takes("another", "m2")
        assert heard.get(timeout=20) == ("another", LATER)
        goes_on.set()
        name, said = heard.get(timeout=20)
        assert (name, str(said).split("\n")[0]) == ("first", "✅ 签到成功")


def test_of_what_breaks_everybody_hears_and_the_next_are_settled() -> None:
    class Broken(Doubling):
        def settle(self, places: Sequence[Place[int, int]]) -> None:
            if places[0].item == 0:
                return super().settle(places)
            if places[0].item == 1:
                places[0].tell(0)()
            raise KeyError(places[0].item)

    broken = Broken(20)
    broken.busy_with(0)
    first, second = broken(1), broken(2)
    broken.goes_on.set()
    assert first.result(20) == 0  # it was told before
    with pytest.raises(KeyError):
        second.result(20)
    with pytest.raises(KeyError):
        broken(3).result(20)


def test_its_threads_leave_when_nobody_comes() -> None:
    double = Doubling(0.01, lingers=0.01)
    double.goes_on.set()
    for number in range(3):
        assert double(number).result(20) in {2 * number, -1}  # on a busy machine it may have been too late for it
        eventually(lambda: not (double.together._served or double.together._watched), what="an empty room")


# --- in front of Flask ---------------------------------------------------------------------------------------------


def test_the_mount_and_flasks_own_route_answer_alike(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    hook = webhook(branch.house)
    alone = bare(hook)
    refused = flask.Flask("refused", static_folder=None)
    seen = []
    for app in (alone, mounted(refused.wsgi_app, hook, Later)):  # the second has no route of its own behind it
        branch.world.courier.post = wsgi_post(app)
        zhang.says("帮助").hears("您想做什么")
        zhang.does(zhang.person.event("SCAN", EventKey=branch.scene_at(meeting, NOON))).hears("张建国同志")
        assert zhang.last
        seen.append([(one.status, one.text) for one in zhang.last.deliveries])
    assert seen[0] == seen[1]

    sent = zhang.last.deliveries[0].sent if zhang.last else None
    assert sent
    good, body = "&".join(f"{name}={value}" for name, value in sent.query.items()), sent.body
    alone.wsgi_app = mounted(alone.wsgi_app, hook, Later)  # type: ignore[method-assign, assignment]
    plain = bare(hook)
    for query, length, given in (
        (good, str(len(body)), body),
        (good.replace("=", "=%20", 1), str(len(body)), body),
        (f"nonce=1&{good}", str(len(body)), body),
        (f"{good}&nonce=1", str(len(body)), body),
        (f"{good}&timestamp=%ff%00", str(len(body)), body),
        (f"{good}&&=&x", str(len(body)), body),
        ("", str(len(body)), body),
        ("&" * 5000, str(len(body)), body),
        (good, "", body),
        (good, "-1", body),
        (good, "٣", body),
        (good, "1e3", body),
        (good, "0", body),
        (good, str(len(body) - 9), body),
        (good, str(MAX_BODY + 1), body),
        (good, "9" * 4000, body),
        (good, str(MAX_BODY), b"x" * MAX_BODY),
    ):
        told = []
        for app in (alone, plain):
            environ = EnvironBuilder(path="/wechat", method="POST", data=given).get_environ()
            environ.update(QUERY_STRING=query, CONTENT_LENGTH=length)
            _chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
            told.append((status[:3], headers.get("Content-Type")))
        assert told[0] == told[1], (query[:80], length[:20])


# --- more than can be done, and what nobody foresaw ---------------------------------------------------------------


def test_who_has_waited_too_long_for_a_thread_is_told_so_and_nothing_is_done(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    hook = webhook(branch.house)
    branch.world.courier.post = wsgi_post(bare(replace(hook, turns=replace(hook.turns, patience=0))))
    zhang.says("意见 食堂的菜太咸").hears("系统正忙")
    said = zhang.person.event("unsubscribe")
    assert {one.status for one in said.deliveries} == {503}  # nobody hears it, so it must not look as if it were done
    branch.world.carrier.complaints.clear()
    with branch.house.reading() as db:
        assert members.of_account(db, Account(branch.house.parts.app_id, zhang.person.openid))
    branch.world.courier.post = wsgi_post(bare(hook))
    zhang.says("意见 食堂的菜太咸").hears_not("系统正忙")


def test_where_no_thread_is_to_be_had_the_person_hears_so_once_and_nothing_is_done(branch: Branch) -> None:
    class Reluctant(ThreadPoolExecutor):
        """Takes the work into its queue and then cannot start a thread, as the standard library's does."""

        def submit(self, *given: Any, **named: Any) -> Any:  # the types of the one it overrides have names of their own
            super().submit(*given, **named)
            raise RuntimeError("can't start new thread")

    zhang = branch.bound("张建国")
    hook, goes_on = webhook(branch.house), threading.Event()
    with Reluctant(1) as aside:
        super(Reluctant, aside).submit(goes_on.wait, 20)
        branch.world.courier.post = wsgi_post(bare(replace(hook, turns=replace(hook.turns, aside=aside))))
        zhang.says("意见 食堂的菜太咸").hears("编号")
        goes_on.set()
    branch.world.courier.post = wsgi_post(bare(hook))
    zhang.says("取消").hears("没有正在办的事")


def test_a_reply_that_cannot_be_sealed_is_no_reply_and_a_bug(branch: Branch) -> None:
    class Broken(Envelope):
        def seal(self, *_given: object, **_named: object) -> str:
            raise KeyError

    zhang = branch.bound("张建国")
    hook = webhook(branch.house)
    hook = replace(hook, envelope=Broken(branch.house.settings.wechat.official_account))
    branch.world.courier.post = wsgi_post(bare(hook))
    said = zhang.does(zhang.person.says("帮助")).last
    assert said
    assert [(one.status, one.text) for one in said.deliveries] == [(200, None)]
