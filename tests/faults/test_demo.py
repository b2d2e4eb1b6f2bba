"""`zhibu demo`: comes up, comes up again, stands beside another, and leaves no process however it ends."""

import os
import re
import signal
from collections.abc import Iterator

import pytest
import urllib3
from sqlalchemy import func, select

from engines import sql
from models import Activity, BindCode, CheckIn, Identity, Member
from tests.branch import ROOT
from tests.engines import eventually
from tests.faults.installed import STARTS_WITHIN, TAKEN, Installation, Process, get, installation

READY = "按 Ctrl-C 全部停止。"  # the last that it prints


class Shown:
    """What one start of the demo printed: its links, and the bind codes to type first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.slips = re.findall(r"^ +(\d{4} \d{4})　(\S+)$", text, re.MULTILINE)
        self.screen = re.findall(r"http://\S+/screen/\S+", text)[-1]


def demo(made: Installation) -> tuple[Process, Shown]:
    """Start the demo and read what it prints once it is ready."""
    before = len(made.said()) if made.log.exists() else 0
    started = made.start("demo")

    def told() -> bool:
        assert started.poll() is None, made.said()[before:]
        return READY in made.said()[before:]

    eventually(told, within=STARTS_WITHIN, what="the demo")
    return started, Shown(made.said()[before:])


def rows(made: Installation) -> dict[str, int]:
    """How many of each there are."""
    engine = sql.open_engine("", made.home)
    with sql.reading(engine) as db:
        found = {
            table.__name__: db.scalar(select(func.count()).select_from(table)) or 0
            for table in (Member, Identity, Activity, CheckIn, BindCode)
        }
    engine.dispose()
    return found


def act(made: Installation, path: str, **fields: str) -> dict[str, object]:
    """Have the simulated WeChat do something, as its chat page does."""
    answer = urllib3.request("POST", f"{made.chat}/sim/{path}", json=fields, timeout=30)
    assert answer.status < 300, answer.data
    found: dict[str, object] = answer.json()
    return found


def works(made: Installation, shown: Shown, nickname: str) -> None:
    """A newcomer can do what the demo told them: open the two pages, scan, type a bind code."""
    assert get(f"{made.url}/livez") == (200, "ok")
    assert get(made.chat)[0] == 200
    status, screen = get(shown.screen)
    assert status == 200
    assert re.search(r"\b\d{3} \d{3}\b", screen)
    newcomer = act(made, "people", nickname=nickname)["id"]
    assert "支部" in str(act(made, f"people/{newcomer}/follow")["text"])
    slip, name = shown.slips[0]
    assert f"绑定成功，{name}同志" in str(act(made, f"people/{newcomer}/say", text=slip)["text"])


@pytest.fixture(scope="module")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A demo that runs all the while in a folder of its own, and at last ends as a service is told to."""
    with installation(tmp_path_factory.mktemp("neighbour") / "home") as made:
        started, _ = demo(made)
        yield made
        started.terminate()
        assert started.wait() == 0
        made.gone()
        assert "Traceback" not in made.said()


def test_a_demo_comes_up_and_comes_up_again_and_leaves_nothing(
    installed: Installation, neighbour: Installation
) -> None:
    others = rows(neighbour)
    first, shown = demo(installed)
    assert {name for _, name in shown.slips} == {"张建国", "李娜", "何静"}
    works(installed, shown, "新来的")
    before = rows(installed)
    assert before["Member"] == len((ROOT / "demo" / "roster.csv").read_text("utf-8").splitlines()) - 1
    os.killpg(first.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    assert first.wait() == 0
    installed.gone()

    second, shown = demo(installed)
    after = rows(installed)
    assert {**after, "BindCode": 0} == {**before, "BindCode": 0}  # no row anew but slips for the newcomer
    works(installed, shown, "另一位")
    second.kill()  # without a chance to tidy up
    second.wait()
    installed.gone()
    assert "Traceback" not in installed.said()
    assert get(f"{neighbour.url}/livez") == (200, "ok")
    assert rows(neighbour) == others


def test_a_demo_on_a_port_that_is_taken_says_so_and_leaves_nothing(
    installed: Installation, neighbour: Installation
) -> None:
    for key, mine in (("wechat.api_base", "chat_port"), ("server.port", "port")):
        taken, free = getattr(neighbour, mine), getattr(installed, mine)
        setattr(installed, mine, taken)
        installed.configure()
        refused = installed.zhibu("demo")
        assert refused.returncode == 1
        assert refused.stderr == (
            f"127.0.0.1:{taken} {TAKEN}，多半是上一次启动的还在运行：请先停掉它，或在设置里给 {key} 换一个端口。\n"
        )
        setattr(installed, mine, free)
    installed.gone()
    assert not (installed.home / "var").exists()


def test_a_part_of_the_demo_that_does_not_start_is_told_and_nothing_is_left(installed: Installation) -> None:
    (installed.home / "var" / "log" / "serve.log").mkdir(parents=True)  # no file can be written in its place
    refused = installed.zhibu("demo")
    assert refused.returncode == 1
    assert "serve.log" in refused.stderr
    assert "Traceback" not in refused.stderr
    installed.gone()
