"""The sender's own HTTP reads whatever a server may answer, and knows what has left from what has not."""

import http.server
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis

from tests.certificates import vouch_for
from tests.wire.platform_server import APP_ID, SECRET, Platform, serving
from wechat.client import OfficialAccountApi
from wechat.errors import OutcomeUnknown, WeChatDown, WeChatError
from wechat.posts import Posts
from wechat.tokens import TokenKeeper
from wechat.wire import Wire

OK = b'{"errcode":0,"errmsg":"ok","msgid":7}'
LENGTH = b"Content-Length: %d\r\n" % len(OK)
HEAD = b"HTTP/1.1 200 OK\r\n"
PATH = "/cgi-bin/message/template/send"


class Says:
    """A server that answers each request with the next of these pieces of bytes; an empty one closes."""

    def __init__(self, *answers: list[bytes]) -> None:
        self.answers = list(answers)
        self.connections = 0
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.base = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(line)
            self._threads.append(threading.Thread(target=self._serve, args=(line,)))
            self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            while self.answers and (asked := self._read(line)):
                self.requests.append(asked)
                for piece in self.answers.pop(0):
                    if not piece:
                        return
                    line.sendall(piece)

    @staticmethod
    def _read(line: socket.socket) -> bytes:
        held = b""
        while True:
            head, end, body = held.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            if end and len(body) >= int(length):
                return held
            try:
                piece = line.recv(65_536)
            except OSError:
                return b""
            if not piece:
                return b""
            held += piece

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._open:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


class Token(TokenKeeper):
    """A keeper that has a token already."""

    def __init__(self) -> None:
        """Know it."""

    def recent(self) -> str:
        """It."""
        return "T/+"


@contextmanager
def saying(*answers: list[bytes]) -> Iterator[tuple[Says, Callable[..., object]]]:
    """A server with these answers and a call to it, which returns the msgid; `idle` is how long nobody has called."""
    server = Says(*answers)
    posts = Posts(Wire(server.base, 0.5), 0.5, Token())

    def call(idle: float = 0.0) -> object:
        for line in posts._idle:
            line.used -= idle
        return posts.call(PATH, {"touser": "党员"}, ())["msgid"]

    try:
        yield server, call
    finally:
        for line in posts._idle:
            line.close()
        server.close()


def test_a_request_is_whole_and_its_connection_used_again() -> None:
    with saying([HEAD + LENGTH + b"\r\n" + OK], [HEAD + LENGTH + b"\r\n" + OK]) as (server, call):
        assert (call(), call(), server.connections) == (7, 7, 1)
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        assert first == f"POST {PATH}?access_token=T/%2B HTTP/1.1"
        assert f"Host: {server.base.removeprefix('http://')}" in lines
        assert f"Content-Length: {len(body)}" in lines
        assert body.decode() == '{"touser":"党员"}'


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ([HEAD + LENGTH + b"\r\n", OK], True),
        ([bytes([byte]) for byte in HEAD + LENGTH + b"\r\n" + OK], True),
        ([HEAD + b"content-length:%d  \r\nX: y\r\n\r\n" % len(OK) + OK], True),
        ([HEAD + LENGTH + b"Connection: close\r\n\r\n" + OK], False),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + OK[:5], b"\r\n%x\r\n" % (len(OK) - 5), OK[5:] + b"\r\n0\r\n\r\n"], False),
        ([HEAD + b"\r\n" + OK, b""], False),
        ([b"HTTP/1.0 200 OK\r\n\r\n", OK, b""], False),
        ([b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + LENGTH + b"\r\n" + OK], False),
        ([HEAD + LENGTH + b"\r\n" + OK + b"more"], False),
    ],
)  # fmt: skip
def test_every_lawful_answer_is_read(answer: list[bytes], *, kept: bool) -> None:
    with saying(answer, [HEAD + LENGTH + b"\r\n" + OK]) as (server, call):
        assert (call(), call()) == (7, 7)
        assert server.connections == (1 if kept else 2)


@pytest.mark.parametrize(
    "answer",
    [
        [b""],
        [b"HTTP/1.1 200", b""],
        [HEAD + LENGTH + b"\r\n" + OK[:9], b""],
        [HEAD + LENGTH + b"\r\n" + OK[:9]],
        [b"SSH-2.0-x\r\n\r\n", b""],
        [HEAD + b"Content-Length: 9999999\r\n\r\n"],
        [HEAD + b"X: " + b"y" * 70_000],
        [HEAD + b"Content-Length: -1\r\n\r\n", b""],
        [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno"],
        [b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"],
        [HEAD + b"Content-Length: 4\r\n\r\nnone"],
    ],
)
def test_of_a_broken_answer_nobody_can_tell(answer: list[bytes]) -> None:
    with saying(answer, [HEAD + LENGTH + b"\r\n" + OK]) as (_, call):
        with pytest.raises(OutcomeUnknown) as unknown:
            call()
        assert unknown.value.__context__ is None
        assert call() == 7, "the next call has a connection that works"


def test_a_connection_the_server_has_closed_meanwhile_is_not_used() -> None:
    with saying([HEAD + LENGTH + b"\r\n" + OK, b""], [HEAD + LENGTH + b"\r\n" + OK]) as (server, call):
        assert call() == 7
        server._threads[1].join()  # it is closed now
        assert (call(idle=2.0), server.connections) == (7, 2)


def test_a_connection_that_was_idle_and_lives_is_used() -> None:
    with saying(*[[HEAD + LENGTH + b"\r\n" + OK]] * 2) as (server, call):
        assert (call(), call(idle=2.0), server.connections) == (7, 7, 1)


def test_nothing_has_left_where_nobody_listens() -> None:
    with pytest.raises(WeChatDown) as down:
        Posts(Wire("http://127.0.0.1:9", 0.5), 0.5, Token()).call(PATH, {}, ())
    assert type(down.value) is WeChatDown


def test_a_proxy_is_used_where_the_environment_names_one(
    tmp_path: Path, empty_redis: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = Platform(tmp_path / "clock")
    platform.set_clock(1_790_000_000.0)
    with serving(platform):
        platform.always[PATH] = {"errcode": 0, "errmsg": "ok", "msgid": 7}
        monkeypatch.setenv("http_proxy", platform.base)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        api = OfficialAccountApi("http://api.invalid", APP_ID, SECRET, 0.5, empty_redis, lambda: datetime.now(UTC))
        assert api.send_template("o", "T", {"thing1": "x"}, key="k") == "7"
        assert platform.count(PATH) == 1


@contextmanager
def with_tls(folder: Path, *, breaks: bool = False) -> Iterator[str]:
    """A server whose certificate nobody has vouched for but the file `folder`/tls.pem; it may break in its answers."""
    certificate, key = vouch_for(folder, "localhost")

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if breaks:  # a record that cannot be decrypted
                os.write(self.connection.fileno(), b"\x17\x03\x03\x00\x20" + bytes(32))
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(OK)))
            self.end_headers()
            self.wfile.write(OK)

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that leaves is what is tested
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_certificate_nobody_vouches_for_is_refused_before_anything_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_tls(tmp_path) as base:
        posts = Posts(Wire(base, 2.0), 2.0, Token())
        with pytest.raises(WeChatError) as refused:
            posts.call(PATH, {}, ())
        assert type(refused.value) is WeChatDown
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "tls.pem"))
        posts = Posts(Wire(base, 2.0), 2.0, Token())
        assert [posts.call(PATH, {}, ())["msgid"] for _ in range(3)] == [7, 7, 7]
        assert len(posts._idle) == 1
        for line in posts._idle:
            line.close()


def test_an_answer_that_breaks_is_no_call_that_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_tls(tmp_path, breaks=True) as base:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "tls.pem"))
        with pytest.raises(OutcomeUnknown):
            Wire(base, 2.0).call("POST", PATH, params={}, body={})
        with pytest.raises(OutcomeUnknown):
            Posts(Wire(base, 2.0), 2.0, Token()).call(PATH, {}, ())
