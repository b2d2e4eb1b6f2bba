"""A strict little platform for the client's tests: one token at a time, every call counted, troubles on demand."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

APP_ID, SECRET = "wxstrict00000001", "0123456789abcdef0123456789abcdef"
OPENID = "oStrict0123456789abcdefghijk"
TOKEN_PATH, USER_PATH = "/cgi-bin/stable_token", "/cgi-bin/user/info"

Answer = dict[str, object]


class Platform:
    """What the server knows. `clock` is a file with seconds since 1970 that other processes read as well.

    `answers` gives the next answers of a path instead of the real ones, `always` all of them: a dict is sent as
    JSON, bytes as they are, an int as that HTTP status, None never (the connection hangs until the end).
    """

    def __init__(self, clock: Path) -> None:
        self.base = ""
        self.clock = clock
        self.lifetime = 7200
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, list[object]] = {}
        self.always: dict[str, object] = {}
        self.ended = threading.Event()
        self._token = ""
        self._ends = 0.0
        self._made = 0
        self._old: dict[str, float] = {}
        self._lock = threading.Lock()

    def now(self) -> float:
        return float(self.clock.read_text(encoding="utf-8"))

    def set_clock(self, now: float) -> None:
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(now), encoding="utf-8")
        fresh.rename(self.clock)

    def pass_seconds(self, seconds: float) -> None:
        self.set_clock(self.now() + seconds)

    def invalidate(self) -> None:
        """Kill the token out of band, as another program with the same secret would."""
        self._token, self._ends = "", 0.0

    def count(self, path: str) -> int:
        return sum(1 for called, _, _ in self.calls if called == path)

    def token_calls(self) -> int:
        return self.count(TOKEN_PATH)

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        with self._lock:
            self.calls.append((path, query, body))
            if self.answers.get(path):
                return self.answers[path].pop(0)
            if path in self.always:
                return self.always[path]
            return self._token_answer(body) if path == TOKEN_PATH else self._api_answer(path, query, body)

    def _token_answer(self, body: bytes) -> Answer:
        asked = json.loads(body)
        if asked.get("force_refresh") is not False:
            return {"errcode": 45009, "errmsg": "force_refresh asked for"}
        if asked.get("appid") != APP_ID:
            return {"errcode": 40013, "errmsg": "invalid appid rid: 1-2-3"}
        if asked.get("secret") != SECRET:
            return {"errcode": 40001, "errmsg": f"invalid secret {asked.get('secret')} rid: 1-2-3"}
        now = self.now()
        if not self._token or self._ends - now <= 300:
            if self._token:
                self._old[self._token] = self._ends
            self._made += 1
            self._token, self._ends = f"TOKEN-{self._made}-{'t' * 60}", now + self.lifetime
        return {"access_token": self._token, "expires_in": int(self._ends - now)}

    def _api_answer(self, path: str, query: dict[str, str], body: bytes) -> Answer:
        token, now = query.get("access_token", ""), self.now()
        ends = self._ends if token == self._token else self._old.get(token, 0.0)
        if path.startswith("/cgi-bin/") and (not token or ends <= now):
            return {"errcode": 40001, "errmsg": f"invalid credential, access_token {token} rid: 4-5-6"}
        if path == USER_PATH:
            return {"subscribe": 1, "openid": query["openid"], "nickname": "", "unionid": "U1"}
        if path == "/cgi-bin/qrcode/create":
            seconds = json.loads(body)["expire_seconds"]
            return {"ticket": "gQ==", "expire_seconds": seconds, "url": "http://weixin.qq.com/q/1"}
        if path == "/cgi-bin/menu/create":
            return {"errcode": 0, "errmsg": "ok"}
        if path == "/sns/jscode2session":
            return {"openid": "oMini", "session_key": "SESSIONKEY==", "unionid": ""}
        return {"errcode": 40066, "errmsg": "invalid url"}


@contextmanager
def serving(platform: Platform) -> Iterator[Platform]:
    """Serve it on a free port of 127.0.0.1; `platform.base` is the address."""
    server = _Server(("127.0.0.1", 0), _answering(platform))
    platform.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield platform
    finally:
        platform.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _answering(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = platform.answer(address.path, dict(parse_qsl(address.query)), body)
            if answer is None:
                platform.ended.wait()
                self.close_connection = True
                return
            status = answer if isinstance(answer, int) else 200
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{platform.base}/elsewhere?{address.query}")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _any  # noqa: N815 - http.server's names

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    return Handler
