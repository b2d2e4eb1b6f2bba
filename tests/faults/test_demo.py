"""`zhibu demo`: comes up, comes up again, stands beside another, and leaves no process however it ends."""

import base64
import json
import os
import re
import signal
from collections.abc import Iterator

import pytest
import urllib3
from sqlalchemy import func, select

from confidential import bundle
from engines import sql
from models import Activity, BindCode, CheckIn, Identity, Member
from sealed import handlerlist, keyfile, keys, message, requests, seal
from sealed.keys import of_text, to_text
from sealed.message import Step
from sealed.receipt import read
from sealed.requests import Verb
from tests.branch import ROOT
from tests.engines import eventually
from tests.faults.installed import STARTS_WITHIN, TAKEN, Installation, Process, get, installation

HANDLER = re.compile(r"编号 (\S+)　口令 (\S+ \S+)\n +备用码 (\w+)、(\w+)")
READY = "按 Ctrl-C 全部停止。"  # the last that it prints


class Shown:
    """What one start of the demo printed: its links, and the bind codes to type first."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.slips = re.findall(r"^ +(\d{4} \d{4})　(\S+)$", text, re.MULTILINE)
        self.handlers = HANDLER.findall(text)
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


def reports(made: Installation, shown: Shown) -> None:
    """A newcomer reports in the chat, opens it as a handler with what was printed, answers, and reads the answer."""

    def says(text: str) -> str:
        return str(act(made, f"people/{somebody}/say", text=text)["text"])

    def asks(path: str, body: bytes, **headers: str) -> bytes:
        answer = urllib3.request(
            "POST",
            f"{made.url}/report/{path}",
            body=body,
            headers={"Content-Type": "application/octet-stream", **headers},
        )
        assert answer.status == 200, answer.data
        return answer.data

    def told(path: str, **fields: object) -> dict[str, str]:
        found: dict[str, str] = json.loads(asks(path, json.dumps(fields).encode()))
        return found

    assert len(shown.handlers) == 4
    somebody = act(made, "people", nickname="群众")["id"]
    act(made, f"people/{somebody}/follow")
    says("举报")
    says("2")
    reply = says("1")
    copied = next(one for one in reply.splitlines() if re.fullmatch(r"(\S{4} ){2}\S{4}", one))
    places = re.findall(r"第(\d+)", reply.splitlines()[-1])
    assert "哪一类" in says("".join(copied.replace(" ", "")[int(place) - 1] for place in places))
    says("1")
    says("食堂早点开门")
    assert "已提交" in says("完")

    name, passphrase, code, _ = shown.handlers[0]
    identity = keys.Identity.of_text(
        keyfile.open_file(base64.b64decode(told("handler/key", handler=name, code=code)["key_file"]), passphrase)
    )
    file = asks_list(made)
    version = handlerlist.read(file, of_text(made_root(made), 32)).version
    nonce = told("handler/nonce")["nonce"]
    sig = to_text(identity.signing.sign(requests.login(nonce, made.url, version)))
    token = told("handler/login", handler=name, list_version=version, nonce=nonce, sig=sig)["token"]
    signed_in = {"Authorization": f"Bearer {token}"}
    receipt = read(copied)
    asked = json.dumps({"lookup": receipt.lookup}).encode()
    _, (sealed,) = bundle.unpack(asks("handler/export", asked, **signed_in))
    assert message.parse(seal.open_with(identity, sealed)).doc.text == "【提建议】\n食堂早点开门"

    recipients = handlerlist.read(file, of_text(made_root(made), 32)).recipients("own")
    doc = message.Doc(
        receipt.lookup, "own", version, name, (seal.message_id(sealed),), "下周起七点开门。", Step.ANSWERED
    )
    answer = seal.seal(message.write(doc, identity.signing), recipients, receipt.identity.recipient)
    body = bundle.pack({"lookup": receipt.lookup}, [answer])
    hour = bytes.fromhex(json.loads(urllib3.request("GET", f"{made.url}/report/challenge").data)["challenge"])
    writing = to_text(identity.signing.sign(requests.writing(Verb.ANSWER, receipt.lookup, body, hour)))
    asks("handler/answer", body, **signed_in, **{"Report-Signature": writing})
    assert "已答复\n答复：下周起七点开门。" in says(f"进度 {copied}")


def asks_list(made: Installation) -> bytes:
    """The list as the page gets it."""
    return urllib3.request("GET", f"{made.url}/report/list").data


def made_root(made: Installation) -> str:
    """Who signs it, as the page knows."""
    found = re.search(r'ROOT = "([^"]+)"', get(f"{made.url}/report/files/root.js")[1])
    assert found
    return found[1]


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
    reports(installed, shown)
    before = rows(installed)
    assert before["Member"] == len((ROOT / "demo" / "roster.csv").read_text("utf-8").splitlines()) - 1
    os.killpg(first.pid, signal.SIGINT)  # as Ctrl-C in a terminal
    assert first.wait() == 0
    installed.gone()

    handlers = shown.handlers
    second, shown = demo(installed)
    assert shown.handlers == handlers
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
