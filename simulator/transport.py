"""Ways to carry a callback to the server: over HTTP, or straight into a WSGI application."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from urllib.parse import urlencode
from wsgiref.types import WSGIApplication

import urllib3
from werkzeug.test import EnvironBuilder, run_wsgi_app

XML, JSON = "text/xml; charset=UTF-8", "application/json; charset=UTF-8"


class Cut(Exception):
    """No answer came within the time allowed, or no connection; says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes


# (query, body, seconds allowed) -> the answer; raises Cut.
Post = Callable[[Mapping[str, str], bytes, float], Answer]
# (query, seconds allowed) -> the answer; raises Cut.
Get = Callable[[Mapping[str, str], float], Answer]


def http_post(url: str, *, stays: bool = True) -> Post:
    """Deliver over HTTP to the server's public callback URL, over connections that stay or a new one each time."""
    how = {} if stays else {"Connection": "close"}
    pool = urllib3.PoolManager(retries=False, maxsize=256)

    def post(query: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        try:
            response = pool.request(
                "POST",
                f"{url}?{urlencode(query)}",
                body=body,
                headers={"Content-Type": _content_type(body), "User-Agent": "Mozilla/4.0", **how},
                timeout=urllib3.Timeout(total=seconds),
                redirect=False,
            )
        except urllib3.exceptions.NewConnectionError as error:
            raise Cut("no connection") from error
        except urllib3.exceptions.TimeoutError as error:
            raise Cut("no answer in time") from error
        except urllib3.exceptions.HTTPError as error:
            raise Cut(f"the connection broke: {type(error).__name__}") from error
        return Answer(response.status, response.data)

    return post


def http_get(url: str) -> Get:
    """Ask over HTTP at the server's public callback URL."""
    pool = urllib3.PoolManager(retries=False)

    def get(query: Mapping[str, str], seconds: float) -> Answer:
        try:
            response = pool.request("GET", url, fields=dict(query), timeout=seconds, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Cut(type(error).__name__) from error
        return Answer(response.status, response.data)

    return get


def wsgi_get(app: WSGIApplication, path: str = "/wechat") -> Get:
    """Ask an application of this process."""

    def get(query: Mapping[str, str], _seconds: float) -> Answer:
        environ = EnvironBuilder(path=path, query_string=dict(query)).get_environ()
        chunks, status, _ = run_wsgi_app(app, environ, buffered=True)
        return Answer(int(status.split()[0]), b"".join(chunks))

    return get


def wsgi_post(app: WSGIApplication, path: str = "/wechat") -> Post:
    """Deliver into an application of this process; it keeps running after a cut, as in life.

    An exception that leaves the application is raised here, so that a test sees it.
    """

    def post(query: Mapping[str, str], body: bytes, seconds: float) -> Answer:
        done: SimpleQueue[Answer | BaseException] = SimpleQueue()

        def call() -> None:
            builder = EnvironBuilder(
                path=path,
                method="POST",
                query_string=dict(query),
                data=body,
                content_type=_content_type(body),
            )
            try:
                chunks, status, _ = run_wsgi_app(app, builder.get_environ(), buffered=True)
                done.put(Answer(int(status.split()[0]), b"".join(chunks)))
            except Exception as error:  # noqa: BLE001 -- handed to the caller, who raises it
                done.put(error)

        threading.Thread(target=call, daemon=True, name="callback").start()
        try:
            answer = done.get(timeout=seconds)
        except Empty as error:
            raise Cut("no answer in time") from error
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return post


def _content_type(body: bytes) -> str:
    return JSON if body.startswith(b"{") else XML
