"""The page's modules in Chromium, served as the desk serves them, under the desk's own policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE.parents[1] / "confidential" / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PAGE = b'<!doctype html><html lang="zh"><meta charset="utf-8"><title>.</title></html>'


class _Files(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        places = {"/": None, "/judge.js": HERE / "judge.js"}
        name = self.path.removeprefix("/report/files/")
        file = places[self.path] if self.path in places else STATIC / name
        body = PAGE if file is None else file.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if file is None else "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the name is the base class's
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """The address of a server of the page's files, while the block runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
