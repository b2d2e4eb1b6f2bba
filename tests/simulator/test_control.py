"""The control API, its guard, and the process that serves everything."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator import OfficialAccount, World
from simulator.main import running
from tests.simulator.honest import ACCOUNTS, KEY

ROOT = Path(__file__).parents[2]
Json = dict[str, object]


@pytest.fixture
def base(world: World) -> Iterator[str]:
    with running(world) as base:
        yield base


def test_a_person_can_be_driven_from_outside(base: str, world: World) -> None:
    person = requests.post(f"{base}/sim/people", json={"nickname": "张建国"}, timeout=20).json()
    mine = f"{base}/sim/people/{person['id']}"
    assert requests.post(f"{mine}/say", json={"text": "签到"}, timeout=20).status_code == 409
    followed = requests.post(f"{mine}/follow", json={}, timeout=20).json()
    assert followed["deliveries"][0]["status"] == 200
    said = requests.post(f"{mine}/say", json={"text": "签到"}, timeout=20).json()
    assert said["text"] == "收到：签到"
    for act, fields in (
        ("speak", {"text": "我到了"}),
        ("picture", {}),
        ("video", {}),
        ("location", {"latitude": 39.9, "longitude": 116}),
        ("tap", {"key": "K"}),
        ("tap", {"url": "http://127.0.0.1/"}),
        ("tap", {"key": "K", "scanned": "http://a"}),
        ("scan", {"code": "http://nowhere"}),
        ("unfollow", {}),
    ):
        assert requests.post(f"{mine}/{act}", json=fields, timeout=20).status_code == 200, act
    lines = requests.get(f"{mine}/messages", timeout=20).json()
    assert [line["side"] for line in lines[:4]] == ["note", "account", "me", "account"]
    wire = requests.get(f"{mine}/exchanges", timeout=20).json()
    assert "<Encrypt>" in wire[0]["deliveries"][0]["sent"]
    assert "收到" in wire[1]["deliveries"][0]["opened"]
    assert requests.get(f"{base}/sim/complaints", timeout=20).json() == []
    assert requests.get(f"{base}/sim/people", timeout=20).json()[0]["following"] is False


def test_someone_who_followed_long_ago_can_be_put_back(base: str, world: World) -> None:
    asked = {"nickname": "张建国", "following": True}
    assert requests.post(f"{base}/sim/people", json=asked, timeout=20).json()["following"] is True
    assert world.journal.lines("p1") == []


def test_codes_clock_faults_and_counts_are_in_reach(base: str, world: World) -> None:
    world.tickets.create("QR_STR_SCENE", "ck-hall-1-x", 60)
    [code] = requests.get(f"{base}/sim/codes", timeout=20).json()
    assert (code["scene"], code["prefix"], code["seconds"]) == ("ck-hall-1-x", "ck-hall", 60)
    requests.post(f"{base}/sim/clock", json={"advance": 60}, timeout=20)
    assert requests.get(f"{base}/sim/codes", timeout=20).json() == []
    fault = {"path": "/cgi-bin/token", "errcode": -1}
    requests.post(f"{base}/sim/faults", json=fault, timeout=20)
    assert requests.get(f"{base}/cgi-bin/token", timeout=20).json()["errcode"] == -1
    assert requests.get(f"{base}/sim/calls", timeout=20).json() == {"/cgi-bin/token": 1}
    requests.post(f"{base}/sim/faults", json={"ip_allowed": False}, timeout=20)
    assert not world.ip_allowed


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 400),
        ({}, 201),
    ],
)
def test_a_foreign_page_cannot_drive_it(base: str, world: World, headers: dict[str, str], status: int) -> None:
    every = {"Content-Type": "application/json", **headers}
    body = json.dumps({"nickname": "张建国"})
    answer = requests.post(f"{base}/sim/people", data=body, headers=every, timeout=20)
    assert answer.status_code == status
    assert len(world.people) == (1 if status == 201 else 0)


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/sim/people", {}, 400),
        ("/sim/people", [], 400),
        ("/sim/people/p9/say", {"text": "a"}, 404),
        ("/sim/people/p1/dance", {}, 404),
        ("/sim/people/p1/say", {}, 400),
        ("/sim/people/p1/follow", {"ticket": "unknown"}, 400),
        ("/sim/clock", {"advance": "soon"}, 400),
    ],
)
def test_nonsense_is_refused_with_a_sentence(base: str, world: World, path: str, fields: object, status: int) -> None:
    world.join("张建国")
    answer = requests.post(f"{base}{path}", json=fields, timeout=20)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_news_streams_what_happens_from_a_number_on(base: str, world: World) -> None:
    world.join("张建国").follow()
    with requests.get(f"{base}/sim/news", params={"after": 0}, stream=True, timeout=20) as stream:
        lines = (line[6:] for line in stream.iter_lines() if line.startswith(b"data: "))
        assert json.loads(next(lines)) == world.name
        news = [json.loads(next(lines)) for _ in range(4)]
    assert [each["topic"] for each in news] == ["people", "people", "line", "line"]
    assert news[-1]["line"]["text"].startswith("收到")


PROGRAM = f"""
from simulator import Accounts, MiniProgram, OfficialAccount
from simulator.main import serve
import sys
accounts = Accounts(OfficialAccount("wxa", "s", "t", {KEY!r}), MiniProgram("wxm", "s"))
serve(accounts, "http://127.0.0.1:1/wechat", "127.0.0.1", int(sys.argv[1]))
"""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_at_once_even_with_a_page_open(sign: signal.Signals) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(port)], cwd=ROOT)
    try:
        base = f"http://127.0.0.1:{port}"
        _until_up(base, process)
        with requests.get(f"{base}/sim/news", stream=True, timeout=20):
            os.kill(process.pid, sign)
            assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def _until_up(base: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        try:
            requests.get(f"{base}/sim/people", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the simulator did not come up")


def test_the_original_id_depends_on_the_app_id_alone() -> None:
    again = OfficialAccount(ACCOUNTS.official_account.app_id, "other secret", "other token")
    assert again.original_id == ACCOUNTS.official_account.original_id
    assert OfficialAccount("wxother", "s", "t").original_id != again.original_id
