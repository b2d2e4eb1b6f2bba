"""An answer still to come, as other servers than ours take it: they wait."""

import threading
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.test import Client

from engines.later import Later


def test_any_server_waits_for_it_before_or_after_it_is_sent() -> None:
    for soon in (True, False):

        def app(_environ: WSGIEnvironment, start: StartResponse, *, soon: bool = soon) -> Later:
            later = Later(start)
            sender = threading.Timer(0 if soon else 0.05, later.send, ("201 Created", [("X-Who", "we")], b"done"))
            sender.start()
            if soon:
                sender.join()
            return later

        answer = Client(app).get("/")
        assert (answer.status_code, answer.headers["X-Who"], answer.data) == (201, "we", b"done")


def test_whoever_asks_is_told_once() -> None:
    heard: list[bytes] = []
    begun: list[str] = []

    def start(status: str, _headers: object, _fault: object = None) -> object:
        begun.append(status)
        return heard.append

    first, second = Later(start), Later(start)  # type: ignore[arg-type] # nobody writes
    first.then(heard.append)
    first.send("200 OK", [], b"1")
    second.send("200 OK", [], b"2")
    second.then(heard.append)
    assert heard == [b"1", b"2"]
    assert begun == ["200 OK"] * 2
