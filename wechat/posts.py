"""The sender's road to the platform: many small JSON posts over connections that are kept alive.

urllib3 opens the connections (TLS, certificates, time-outs); on them we speak ourselves, for with a hundred threads its
general way of making requests is most of what a message costs. docs/decisions/0063-the-senders-own-http.md tells why.
"""

import http.client
import io
import json
import logging
import re
import socket
import time
import weakref
from collections import deque
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

import requests
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from wechat.errors import OutcomeUnknown, TokenRefused, WeChatDown
from wechat.tokens import TokenKeeper
from wechat.wire import Answer, Wire, read_answer

_FRESH = 1.0  # seconds for which a connection just used is taken to be open
_IDLE = 60.0  # seconds after which one that nobody needed is closed
_PIECE, _LONGEST_HEAD, _LONGEST = 65_536, 65_536, 1_000_000  # bytes
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,7})[ \t]*(?=\r\n)", re.IGNORECASE)
_UNUSUAL = re.compile(rb"\r\n(?:transfer-encoding:|connection:[ \t]*close)", re.IGNORECASE)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_log = logging.getLogger(__name__)


class Posts:
    """Posts JSON with an access token. Threads may share it, each call under way having a connection of its own.

    Address and errors are those of the `wire`; `timeout` (s) bounds connecting and each read. Where the environment
    names a proxy for that address, the wire makes the calls.
    """

    def __init__(self, wire: Wire, timeout: float, keeper: TokenKeeper) -> None:
        self._wire = wire
        self._timeout = timeout
        self._keeper = keeper
        parts = urlsplit(wire.base)
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._below = parts.path
        self._head = (
            f"Host: {parts.netloc.rpartition('@')[2]}\r\nUser-Agent: zhibu\r\nAccept: application/json\r\n"
            "Accept-Encoding: identity\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
        )
        with requests.Session() as session:  # which proxies and certificates all our other calls use
            told = session.merge_environment_settings(wire.base, {}, None, None, None)
        self._proxied = bool(requests.utils.select_proxy(wire.base, told["proxies"]))
        self._trusted = told["verify"] if isinstance(told["verify"], str) else requests.utils.DEFAULT_CA_BUNDLE_PATH
        self._idle: deque[_Line] = deque()
        weakref.finalize(self, _close, self._idle)

    def call(self, path: str, body: Mapping[str, object], hide: Iterable[str]) -> Answer:
        """The platform's answer to one post, which is repeated once if the token was refused. Raises like Wire.call."""
        token = self._keeper.recent()
        try:
            return self._post(path, token, body, hide)
        except TokenRefused:
            pass
        return self._post(path, self._keeper.replace(token), body, hide)

    def _post(self, path: str, token: str, body: Mapping[str, object], hide: Iterable[str]) -> Answer:
        if self._proxied:
            return self._wire.call("POST", path, params={"access_token": token}, body=body, hide=hide)
        content = _encode(body).encode("utf-8", "replace")
        first = f"POST {self._below}{path}?access_token={quote(token)} HTTP/1.1\r\n{self._head}{len(content)}\r\n\r\n"
        kind: type[WeChatDown] = WeChatDown
        try:
            line = self._take()
            kind = OutcomeUnknown  # from here on it may have left
            status, answer = line.exchange(first.encode("ascii") + content)
        except (OSError, HTTPError, http.client.HTTPException) as error:
            trouble = type(error).__name__
        else:
            self._put_back(line)
            if status == requests.codes.ok:
                return read_answer(path, answer, [token, *hide])
            trouble = f"HTTP {status}"
        # raised out here so that the caught exception, whose words may hold the address, is not its context
        _log.warning("wechat call failed path=%s trouble=%s", path, trouble)
        raise kind(f"{path}: {trouble}")

    def _take(self) -> "_Line":
        """An open connection: the one used last, or a new one. Raises OSError or HTTPError where none comes about."""
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                break
            if line.lives():
                return line
            line.close()
        connection: HTTPConnection
        if self._secure:
            connection = HTTPSConnection(
                self._host, self._port, timeout=self._timeout, cert_reqs="CERT_REQUIRED", ca_certs=self._trusted
            )
        else:
            connection = HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return _Line(connection, self._timeout)

    def _put_back(self, line: "_Line") -> None:
        if line.open:
            self._idle.append(line)
        try:
            while line.used - self._idle[0].used > _IDLE:
                self._idle.popleft().close()
        except IndexError:
            pass  # another thread has taken it


def _close(idle: "deque[_Line]") -> None:
    for line in idle:
        line.close()


class _Line:
    """One connection; used by one call at a time."""

    __slots__ = ("_connection", "_socket", "open", "used")

    def __init__(self, connection: HTTPConnection, timeout: float) -> None:
        assert connection.sock is not None, "it is connected"
        self._connection = connection
        self._socket: socket.socket = connection.sock
        self._socket.settimeout(timeout)
        self.open = True
        self.used = time.monotonic()

    def lives(self) -> bool:
        """Whether it may be used again; the platform closes what has been idle for long."""
        return time.monotonic() - self.used < _FRESH or self._connection.is_connected

    def close(self) -> None:
        """Give it up."""
        self.open = False
        self._connection.close()

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a request, return the status and the body of its answer. Raises OSError, HTTPException, then closed."""
        answered = False
        try:
            self._socket.sendall(request)
            told = self._answer()
            answered = True
            return told
        finally:
            self.used = time.monotonic()
            if not answered:
                self.close()

    def _answer(self) -> tuple[int, bytes]:
        held = self._socket.recv(_PIECE)
        while (end := held.find(b"\r\n\r\n")) < 0 and len(held) < _LONGEST_HEAD:
            held += self._more()
        head = held[: end + 2]
        status, length = _STATUS.match(head), _LENGTH.search(head)
        if status is None or length is None or _UNUSUAL.search(head):
            return self._unusual(held)
        whole = end + 4 + int(length[1])
        if whole > _LONGEST:
            raise http.client.HTTPException("an answer too long to be one")
        while len(held) < whole:
            held += self._more()
        if len(held) > whole:
            self.close()  # more than was announced: nothing on it can be trusted any more
        return int(status[1]), held[end + 4 : whole]

    def _more(self) -> bytes:
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise http.client.RemoteDisconnected("closed within the answer")
        return piece

    def _unusual(self, held: bytes) -> tuple[int, bytes]:
        """An answer in pieces, or without a length: read by the standard library, the connection's last."""
        response = http.client.HTTPResponse(_Replayed(held, self._socket), method="POST")  # type: ignore[arg-type] # all it asks of a socket
        try:
            response.begin()
            return response.status, response.read(_LONGEST)
        finally:
            response.close()
            self.close()


class _Replayed(io.RawIOBase):
    """A socket whose first bytes have been read already."""

    def __init__(self, held: bytes, socket_: socket.socket) -> None:
        self._held = held
        self._socket = socket_

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The file that http.client reads."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """It is for reading alone."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # io's own type is wider
        """What was held, then what comes."""
        if self._held:
            piece, self._held = self._held[: len(buffer)], self._held[len(buffer) :]
            buffer[: len(piece)] = piece
            return len(piece)
        return self._socket.recv_into(buffer)
