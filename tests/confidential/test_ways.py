"""The same desk by its two ways: in the process of the chat, and by the public routes of another one."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from werkzeug.serving import WSGIRequestHandler, make_server

from confidential.afar import DeskAfar
from confidential.here import DeskHere
from sealed import desk as refusals
from sealed.desk import CaseDesk
from sealed.seal import message_id
from tests.confidential.room import Room, Submitter, room_in


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
