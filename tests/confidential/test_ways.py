"""The same desk by its two ways: in the process of the chat, and by the public routes of another one."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import redis
from werkzeug.serving import WSGIRequestHandler, make_server

from confidential.afar import DeskAfar
from confidential.cases import Cases
from confidential.here import DeskHere
from engines.redis import ensure_redis, leave
from sealed import desk as refusals
from sealed import handlerlist, message, seal, wordlist
from sealed.desk import CaseDesk
from sealed.keys import SigningKey, to_text
from sealed.receipt import read
from sealed.seal import message_id
from tests.branch import branch_on
from tests.confidential.room import Handler, Room, Submitter, listed, room_in
from tests.engines import Database
from tests.faults.installed import Installation, Process, installation


class Quiet(WSGIRequestHandler):
    """Tells nobody of requests."""

    def log(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(params=["here", "afar"])
def way(request: pytest.FixtureRequest, quick: Path, empty_redis: redis.Redis) -> Iterator[tuple[CaseDesk, Room]]:
    """A CaseDesk, and the desk it leads to."""
    room = room_in(quick, lambda: empty_redis)
    if request.param == "here":
        yield DeskHere(room.desk), room
    else:
        server = make_server("127.0.0.1", 0, room.app, threaded=True, request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield DeskAfar(f"http://127.0.0.1:{server.port}"), room
        server.shutdown()
        thread.join()
        server.server_close()
    room.cases.file.close()


def test_the_chat_sends_reads_adds_and_withdraws_and_is_told_why_not(way: tuple[CaseDesk, Room]) -> None:
    desk, room = way
    someone, stranger = Submitter(room), Submitter(room)
    sign, wrong = someone.receipt.signing.sign, stranger.receipt.signing.sign
    assert desk.handlers() == room.desk.lists.exact()
    assert list(desk.open_desks()) == ["own", "upper"]
    pieces = [someone.writes("一"), someone.writes("二")]
    with pytest.raises(refusals.NoSuchCase):
        desk.case(someone.lookup)
    with pytest.raises(refusals.WrongSize):
        desk.submit(someone.new, [])
    for _ in range(2):
        desk.submit(someone.new, pieces)
    with pytest.raises(refusals.CaseExists):
        desk.submit(someone.new, [someone.writes("三")])
    found = desk.case(someone.lookup)
    assert [one.id for one in found.messages] == sorted(map(message_id, pieces))
    assert (found.desk, found.week.isoformat(), found.purge_week) == ("own", "2026-11-16", None)
    more = someone.writes("补充")
    with pytest.raises(refusals.WrongSignature):
        desk.add(someone.lookup, [more], wrong)
    desk.add(someone.lookup, [more], sign)
    assert desk.messages(someone.lookup, [message_id(more), "0" * 64]) == {message_id(more): more}
    with pytest.raises(refusals.WrongSignature):
        desk.withdraw(someone.lookup, wrong)
    desk.withdraw(someone.lookup, sign)
    with pytest.raises(refusals.NoSuchCase):
        desk.withdraw(someone.lookup, sign)
    with pytest.raises(refusals.NoSuchCase):
        desk.messages(someone.lookup, [])
    room.desk.lists.file.unlink()
    with pytest.raises(refusals.DeskClosed):
        desk.handlers()
    with pytest.raises(refusals.DeskClosed):
        desk.submit(someone.new, pieces)


@pytest.fixture
def desk_alone(quick: Path) -> Iterator[tuple[Installation, Process, SigningKey, list[Handler]]]:
    """A process that serves the desk and nothing else."""
    root = SigningKey.draw()
    handlers = [Handler("zhang", "own"), Handler("li", "own"), Handler("wang", "upper"), Handler("zhao", "upper")]
    with installation(quick / "desk") as made:
        made.configure(confidential={"root": to_text(root.verify_key)})
        folder = made.home / "var" / "confidential"
        folder.mkdir(mode=0o700, parents=True)
        found = listed(handlers, date.today() + timedelta(days=100))  # noqa: DTZ011 - any day about now
        (folder / "handlers.json").write_bytes(handlerlist.sign(found, root))
        server = made.start("serve", "--only", "confidential")
        assert made.comes_up(server), made.said()
        yield made, server, root, handlers


def test_a_case_told_to_a_bot_in_another_process_outlives_the_desks_death_and_its_hurry(
    desk_alone: tuple[Installation, Process, SigningKey, list[Handler]],
    database: Database, empty_redis: redis.Redis, redis_url: str, tmp_path: Path,
) -> None:  # fmt: skip
    made, server, root, handlers = desk_alone
    confidential = {
        "root": to_text(root.verify_key), "database": "", "public_url": made.url, "redis_url": ensure_redis(tmp_path),
    }  # fmt: skip
    with branch_on(database, redis_url, confidential=confidential) as branch:
        phone = branch.phone("群众")
        phone.says("保密反映").says("2").hears("本级承办人（zhang、li）").says("1")
        lines = phone.hears("请抄在纸上").reply.splitlines()
        shown = wordlist.bare(lines[1])
        phone.says("".join(shown[int(place) - 1] for place in re.findall(r"第(\d+)", lines[-1]))).says("4").says("一")
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        phone.says("二").hears("正忙，刚才这一条没有收，前面写的还在")
        phone.says("完").hears("正忙，还没有提交，前面写的还在")
        server = made.start("serve", "--only", "confidential")
        assert made.comes_up(server), made.said()
        phone.says("二").hears("第2段已加密")
        cases = Cases(made.home / "var" / "confidential" / "cases.db")
        with cases.file._alone():
            phone.says("完").hears("正忙，还没有提交，前面写的还在")
        phone.says("完").hears("已提交")
        phone.says(f"进度 {shown}").hears("已收到", "还没有答复")
        found = cases.case(read(shown).lookup)
        sealed = cases.messages(found.lookup, [one.id for one in found.messages]).values()
        opened = [message.parse(seal.open_with(handlers[1].identity, one)).doc.text for one in sealed]
        assert sorted(opened) == sorted(["【举报违纪】\n一", "二"])
        cases.file.close()
    leave(tmp_path)


def test_a_desk_that_does_not_answer_or_answers_nonsense_is_away(room_app_port: int) -> None:
    for address in ("http://127.0.0.1:1", f"http://127.0.0.1:{room_app_port}"):
        desk = DeskAfar(address)
        for ask in (desk.open_desks, desk.handlers, lambda desk=desk: desk.case("0" * 64)):
            if address.endswith(":1") or ask != desk.handlers:
                with pytest.raises(refusals.DeskAway):
                    ask()


@pytest.fixture
def room_app_port() -> Iterator[int]:
    """A server that says hello to everything."""

    def hello(_environ: object, start: object) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])  # type: ignore[operator]
        return [b"hello"]

    server = make_server("127.0.0.1", 0, hello, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()
