"""Many messages from one process: 128 calls at once to a bare API that takes 50 ms for each.

What is measured is the sender's HTTP part (its threads, our client), beside wechatpy's own client with as many threads,
by turns, and a bare one that shows what machine and API allow at the moment; then the whole way of a notice, from its
row to its row, on SQLite. Shares are of connections / latency, what no client can exceed. API and clients have a
processor each where there are two.
"""

import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from sqlalchemy import insert, text
from sqlalchemy.orm import Session
from wechatpy import WeChatClient

from app import House, build
from bench.server import ROOT, free_port, running
from engines.redis import connect, ensure_redis, stop
from jobs.calls import Calls
from jobs.sender import GATHERS, Sender
from models.base import Base
from models.member import Identity, Member, MemberStatus
from models.notice import Notice, NoticeKind
from services import orgs
from settings import Settings
from wechat.client import OfficialAccountApi

AT_ONCE, LATENCY = 128, 50  # calls, milliseconds
WARM_UP, COUNTED, ROUNDS = 1.5, 4.0, 3  # seconds, seconds, turns of each
NOTICES = 6_000
OPENID, TEMPLATE_ID = "oBench0123456789abcdefghijkl", "T" * 43
DATA = {
    "thing1": "11月主题党日",
    "time2": "2026年11月27日 14:00",
    "thing3": "三楼会议室",
    "thing4": "请佩戴党徽。来不了请发“请假”。",
}
NOON = datetime(2026, 11, 25, 4, tzinfo=UTC)
APP_ID, SECRET = "wxbench000000001", "bench-secret"


def ours(base: str, home: Path) -> tuple[float, float]:
    """The sender's threads and our client; returns messages a second and microseconds of processor time a message."""
    with connect(ensure_redis(home)) as store:
        api = OfficialAccountApi(base, APP_ID, SECRET, 10.0, store, lambda: datetime.now(UTC))
        calls: Calls[str, str] = Calls(lambda key: api.send_template(OPENID, TEMPLATE_ID, DATA, key=key), AT_ONCE)
        keys = (f"{number:026d}" for number in itertools.count())

        def work(until: float) -> int:
            done = 0
            while time.perf_counter() < until:
                # a queue before the threads: what is measured is how fast they send, not who fetches what they send
                for _ in range(2 * AT_ONCE - calls.under_way):
                    calls.begin(next(keys))
                done += len(calls.ended(1.0, GATHERS))
            return done

        work(time.perf_counter() + WARM_UP)
        return _measured(lambda: work(time.perf_counter() + COUNTED))


def theirs(base: str, _home: Path) -> tuple[float, float]:
    """The client of wechatpy as it is, in as many threads."""
    client = WeChatClient(APP_ID, SECRET)
    client.API_BASE_URL = f"{base}/cgi-bin/"
    client.session.set(f"{APP_ID}_access_token", "t" * 136, 7200)
    client.expires_at = int(time.time()) + 7200
    counts = [0] * AT_ONCE
    ending = threading.Event()

    def work(place: int) -> None:
        while not ending.is_set():
            client.message.send_template(OPENID, TEMPLATE_ID, {key: {"value": said} for key, said in DATA.items()})
            counts[place] += 1

    threads = [threading.Thread(target=work, args=(place,)) for place in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    time.sleep(WARM_UP)

    def count() -> int:
        before = sum(counts)
        time.sleep(COUNTED)
        return sum(counts) - before

    told = _measured(count)
    ending.set()
    for thread in threads:
        thread.join()
    return told


def bare(base: str, _home: Path) -> tuple[float, float]:
    """What the machine and the API allow: one prepared request over and over on each connection, answers not read."""
    host, _, port = base.removeprefix("http://").partition(":")
    body = json.dumps({"touser": OPENID, "template_id": TEMPLATE_ID, "data": DATA}).encode()
    request = b"POST /cgi-bin/message HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    answered = itertools.count()

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self._transport = transport
            transport.write(request)

        def data_received(self, _data: bytes) -> None:
            next(answered)
            self._transport.write(request)

    async def work() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        for _ in range(AT_ONCE):
            await loop.create_connection(Connection, host, int(port))
        await asyncio.sleep(WARM_UP)
        first, began, used = next(answered), time.perf_counter(), time.process_time()
        await asyncio.sleep(COUNTED)
        done = next(answered) - first
        return done / (time.perf_counter() - began), (time.process_time() - used) * 1e6 / done

    return asyncio.run(work())


def whole(base: str, home: Path) -> tuple[float, float]:
    """Notices out of SQLite by the sender itself: claimed, worded, begun, sent, closed."""
    house = _house(base, home)
    try:
        house.run(lambda db: _fill(db, house.clock(), house.parts.app_id))
        sender = Sender(house.desk(), house.settings.zone, house.clock)
        told = _measured(sender.send_due)
        with house.reading() as db:
            left = db.execute(text("SELECT count(*) FROM notice WHERE state <> 'sent' OR message_id = ''")).scalar_one()
        if left:
            raise RuntimeError(f"{left} of {NOTICES} notices were not sent")
        return told
    finally:
        house.close()


def _measured(work: Callable[[], int]) -> tuple[float, float]:
    began, used = time.perf_counter(), time.process_time()
    done = work()
    seconds, used = time.perf_counter() - began, time.process_time() - used
    return done / seconds, used * 1e6 / done


def _house(base: str, home: Path) -> House:
    content = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    content["wechat"] |= {"api_base": base, "timeout": 10}
    content["reminders"] |= {"at_once": AT_ONCE}
    for quota in content["quotas"].values():
        if isinstance(quota, dict):
            quota |= {"minute": 10_000_000, "day": 100_000_000}
    began = time.monotonic()
    # by day, whenever this is run: at night only few kinds leave
    house = build(
        Settings.model_validate({**content, "home": home}),
        lambda: NOON + timedelta(seconds=time.monotonic() - began),
    )
    Base.metadata.create_all(house.engine)
    return house


def _fill(db: Session, now: datetime, app_id: str) -> None:
    """Members with an account each, and one notice of a meeting moved for each of them."""
    facts = {"title": "11月主题党日", "at": (now + timedelta(days=2)).isoformat(), "place": "三楼会议室"}
    facts |= {"before": (now + timedelta(days=1)).isoformat(), "reason": "启动暴雨应急响应"}
    told = json.dumps(facts, ensure_ascii=False)
    numbers = range(1, NOTICES + 1)
    org = orgs.branch(db).id
    people = [{"id": n, "org_id": org, "name": f"党员{n}", "status": MemberStatus.FULL} for n in numbers]
    db.execute(insert(Member), people)
    db.execute(
        insert(Identity),
        [{"member_id": n, "app_id": app_id, "openid": f"o{n:027d}", "seen_at": now, "bound_at": now} for n in numbers],
    )
    useful = now + timedelta(days=1)
    db.execute(
        insert(Notice),
        [
            {
                "member_id": n, "kind": NoticeKind.MOVED, "once": f"moved:bench:{n}", "facts": told,
                "created_at": now, "due_at": now, "useful_until": useful,
            }
            for n in numbers
        ],
    )  # fmt: skip


WAYS: Mapping[str, Callable[[str, Path], tuple[float, float]]] = {
    "ours": ours,
    "theirs": theirs,
    "bare": bare,
    "whole": whole,
}


@contextmanager
def fake_api(log: Path) -> Iterator[str]:
    """The bare API in a process of its own; yields its address."""
    port = free_port()
    with running([sys.executable, "-m", "bench.fakeapi", str(port), str(LATENCY)], port, log, os.environ) as pid:
        _keep_to(pid, 0)
        yield f"http://127.0.0.1:{port}"


def _keep_to(pid: int, processor: int) -> None:
    """Keep a process to one processor, where there are several."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) > 1:
        os.sched_setaffinity(pid, {usable[processor]})


def _turn(way: str, base: str, home: Path) -> tuple[float, float]:
    """One turn in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.rows.fanout", way, base, str(home)],
        check=False, capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{way}: {done.stderr[-2000:]}")
    rate, cost = json.loads(done.stdout.splitlines()[-1])
    return rate, cost


def measure() -> Mapping[str, object]:
    """The ratios and what each message costs; raises where a message got lost."""
    turns: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": [], "bare": []}
    with tempfile.TemporaryDirectory(prefix="zhibu-bench-") as folder:
        home = Path(folder)
        with fake_api(home / "fakeapi.log") as base:
            for _ in range(ROUNDS):
                for way, told in turns.items():
                    told.append(_turn(way, base, home))
            rate, cost = _turn("whole", base, home)
        stop(home)
    most = AT_ONCE * 1000 / LATENCY

    def middle(way: str, place: int) -> float:
        return statistics.median(turn[place] for turn in turns[way])

    return {
        "name": f"fanout_{AT_ONCE}_x_{LATENCY}_ms",
        "fanout_share": round(middle("ours", 0) / most, 3),
        "fanout_us_per_message": round(middle("ours", 1)),
        "bare_share": round(middle("bare", 0) / most, 3),
        "wechatpy_share": round(middle("theirs", 0) / most, 3),
        "wechatpy_us_per_message": round(middle("theirs", 1)),
        "whole_share": round(rate / most, 3),
        "whole_us_per_message": round(cost),
    }


if __name__ == "__main__":
    _keep_to(0, -1)
    print(json.dumps(WAYS[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))))
