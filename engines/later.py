"""An answer still to come, as a WSGI body: any server waits for it, ours lets the thread go meanwhile (web.py)."""

from collections.abc import Callable, Iterator
from threading import Event, Lock
from wsgiref.types import StartResponse

Headers = list[tuple[str, str]]


class Later:
    """Begins its answer with `start` when it is sent; PEP 3333 lets that wait until the body is first asked for.

    For whoever has read all of the request's body.
    """

    def __init__(self, start: StartResponse) -> None:
        self._start = start
        self._guard = Lock()
        self._body: bytes | None = None
        self._then: Callable[[bytes], None] | None = None

    def send(self, status: str, headers: Headers, body: bytes) -> None:
        """This is the answer, of which there is one."""
        self._start(status, headers)
        with self._guard:
            self._body, then = body, self._then
        if then is not None:
            then(body)

    def then(self, told: Callable[[bytes], None]) -> None:
        """Hand the body to `told`, at once or when the answer is sent, by the thread that sends it."""
        with self._guard:
            if self._body is None:
                self._then = told
                return
        told(self._body)

    def __iter__(self) -> Iterator[bytes]:
        """Wait for the answer."""
        sent = Event()
        self.then(lambda _body: sent.set())
        sent.wait()
        yield self._body or b""
