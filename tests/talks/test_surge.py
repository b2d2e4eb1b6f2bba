"""The surge through the front door: whoever goes the quick way hears and leaves behind what the ordinary turn would."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import flask
import pytest
import redis
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import webhook
from bot.memory import Memory, Waits
from bot.surge import Arrival, Done, Overdue, Surge, Together
from bot.webhook import Webhook, blueprint, mounted
from engines.redis import connect
from engines.sql import Standing, open_engine
from models.checkin import CheckIn, HeldScan
from services import hallcodes
from services.members import Account
from simulator.courier import Exchange, Manner
from simulator.transport import wsgi_post
from tests.branch import NOON, Branch, branch_on
from tests.engines import Database, eventually
from tests.services.together import together
from texts.turn import LATER
from wechat.envelope import MAX_BODY
from wechat.messages import Message

SEED = 20261125
Act = Callable[[], Exchange]


class Watched:
    """The surge, or nobody in its place; counts the scans that it has answered."""

    def __init__(self, surge: Surge | None) -> None:
        self.surge = surge
        self.answered = 0

    def take(self, message: Message, account: Account, key: str) -> str | None:
        reply = self.surge.take(message, account, key) if self.surge else None
        self.answered += reply is not None
        return reply


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


def arrival(branch: Branch, openid: str, meeting: str, message: str) -> Arrival:
    account = Account(branch.house.parts.app_id, openid)
    scene = hallcodes.read(branch.scene_at(meeting, NOON))
    assert scene
    return Arrival(account, account.digest, scene, NOON, message)


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
    broken = replace(broken, at=NOON.replace(tzinfo=None))  # of no zone: an error in the middle of it
    unread = arrival(each_branch, "o\x00", meeting, "m6")  # which PostgreSQL cannot read
    batch = [
        arrival(each_branch, zhang.person.openid, meeting, "m1"),
        arrival(each_branch, zhang.person.openid, meeting, "m2"),  # the same person once more
        broken,
        unread,
        arrival(each_branch, zhang.person.openid, meeting, "m1"),  # the same message once more
        arrival(each_branch, li.person.openid, meeting, "m3"),
    ]
    found = together([partial(surge._settle, order) for surge, order in zip(surges, (batch, batch[::-1]), strict=True)])
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
    assert surge._settle([arrival(branch, f"o{number}", meeting, f"m{number}") for number in range(3)]) == [LATER] * 3


@dataclass
class Doubling:
    """Doubles numbers, all that have come together, as soon as it is let go on."""

    settled: list[Sequence[int]] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    goes_on: threading.Event = field(default_factory=threading.Event)

    def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.settled.append(numbers)
        self.begun.set()
        assert self.goes_on.wait(20)
        return [2 * number for number in numbers]

    def busy_with(self, double: Together[int, int], number: int) -> threading.Thread:
        """Somebody who leads, and has not come to an end yet."""
        first = threading.Thread(target=double, args=(number,))
        first.start()
        assert self.begun.wait(20)
        return first


def test_who_comes_while_others_are_written_is_written_together() -> None:
    work = Doubling()
    double = Together(work, 20)
    first = work.busy_with(double, 0)
    with ThreadPoolExecutor(8) as others:
        told = [others.submit(double, number) for number in range(1, 9)]
        eventually(lambda: len(double._queue) == 8, what="the queue")
        work.goes_on.set()
        assert [one.result() for one in told] == [2 * number for number in range(1, 9)]
    first.join()
    assert [len(numbers) for numbers in work.settled] == [1, 8]
    assert double(9) == 18


def test_who_waits_too_long_leaves_and_holds_nobody_up() -> None:
    work = Doubling()
    double = Together(work, 0.05)
    first = work.busy_with(double, 1)
    with pytest.raises(Overdue):
        double(2)
    work.goes_on.set()
    first.join()
    assert double(3) == 6
    assert work.settled == [[1], [3]]


def test_what_breaks_leaves_the_others_a_leader() -> None:
    def settle(_numbers: Sequence[int]) -> Sequence[int]:
        raise KeyError

    broken: Together[int, int] = Together(settle, 1)
    for _ in range(2):
        with pytest.raises(KeyError):
            broken(1)


# --- in front of Flask ---------------------------------------------------------------------------------------------


def test_the_mount_and_flasks_own_route_answer_alike(branch: Branch) -> None:
    zhang = branch.bound("张建国")
    meeting = branch.meeting()
    hook = webhook(branch.house)
    alone = bare(hook)
    refused = flask.Flask("refused", static_folder=None)
    seen = []
    for app in (alone, mounted(refused.wsgi_app, hook)):  # the second has no route of its own behind it
        branch.world.courier.post = wsgi_post(app)
        zhang.says("帮助").hears("您想做什么")
        zhang.does(zhang.person.event("SCAN", EventKey=branch.scene_at(meeting, NOON))).hears("张建国同志")
        assert zhang.last
        seen.append([(one.status, one.text) for one in zhang.last.deliveries])
    assert seen[0] == seen[1]

    sent = zhang.last.deliveries[0].sent if zhang.last else None
    assert sent
    good, body = "&".join(f"{name}={value}" for name, value in sent.query.items()), sent.body
    alone.wsgi_app = mounted(alone.wsgi_app, hook)  # type: ignore[method-assign, assignment]
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


def test_a_redelivery_after_the_end_is_answered_as_the_first_time(each_branch: Branch) -> None:
    zhang, li = each_branch.bound("张建国"), each_branch.bound("李娜")
    meeting = each_branch.meeting()
    scene = each_branch.scene_at(meeting, NOON)
    said = zhang.does(zhang.person.event("SCAN", EventKey=scene)).hears("签到成功").reply
    each_branch.close(meeting)
    assert zhang.again().reply == said
    li.does(li.person.event("SCAN", EventKey=scene)).hears("已结束").hears_not("签到成功")


def test_whom_a_leader_has_taken_along_is_not_told_that_nothing_was_done() -> None:
    steps = {"first": threading.Event(), "second": threading.Event()}

    def settle(items: Sequence[str]) -> Sequence[str]:
        steps[items[0]].wait()
        return items

    shared = Together(settle, 0.3)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(shared, "first")
        eventually(lambda: shared._led and not shared._queue, what="the first one at work")
        second = threads.submit(shared, "second")
        eventually(lambda: len(shared._queue) == 1, what="the second one")
        third = threads.submit(shared, "third")
        eventually(lambda: len(shared._queue) == 2, what="the third one")
        steps["first"].set()
        with pytest.raises(Overdue) as overdue:
            third.result()
        steps["second"].set()
        assert (first.result(), second.result()) == ("first", "second")
    assert overdue.value.under_way
