"""The official account's callback: one function answers (query, body), a Flask route and a mount in front call it."""

import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from itertools import groupby
from types import TracebackType
from typing import NamedTuple, Protocol
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask

from bot.meters import Meters, outcome
from bot.together import Send
from bot.turns import NotKept, Turns
from logs import Seldom
from wechat.envelope import MAX_BODY, Envelope, EnvelopeError, TooLong
from wechat.messages import Malformed, Message, parse, text_reply

log = logging.getLogger(__name__)
_UNNAMED = re.compile(r"/(dialogues|sealed|confidential|engines)/|/bot/(turns|apart|hearing|once)\.py$")

_LENGTH = re.compile(r"[0-9]{1,6}", re.ASCII)
_QUERY = re.compile(r"[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*", re.ASCII)  # nothing in it is encoded
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_REFUSALS = Seldom()  # anybody can send us something
HANDLED = "success"  # the platform's word for 'taken, nothing to say'; never sealed


class Answer(NamedTuple):
    """What goes back over HTTP."""

    status: int
    body: str
    kind: str = "text/plain; charset=utf-8"


class Delivery(NamedTuple):
    """A message that waits for its answer: by which key it was opened, and since when by the monotonic clock."""

    message: Message
    previous: bool
    started: float


@dataclass(frozen=True, slots=True)
class Webhook:
    """Checks, opens and answers the platform's callbacks (platform pages 消息推送, 接收普通消息, 接收事件推送)."""

    envelope: Envelope
    turns: Turns
    clock: Callable[[], datetime]
    meters: Meters

    def shake(self, query: Mapping[str, str]) -> Answer:
        """Answer the platform's GET with its echostr, or 403."""
        try:
            return Answer(200, self.envelope.handshake(query))
        except EnvelopeError as error:
            return self.refused(error)

    def take(self, query: Mapping[str, str], body: bytes, then: Callable[[Answer], None]) -> None:
        """Take one delivery; `then` is handed the answer, once, mostly later and by another thread.

        What is not WeChat's or cannot be kept of an event gets an error; no person does.
        """
        started = time.monotonic()
        try:
            clear = self.envelope.open(query, body, self.clock())
        except EnvelopeError as error:
            then(self.refused(error))
            return
        try:
            message = parse(clear)
        except Malformed as error:  # WeChat's own, but nothing we know: an error would reach the person
            log.warning("callback not understood error=%s", error)
            then(Answer(200, HANDLED))
            return
        told = partial(self._tell, Delivery(message, clear.previous, started), then)
        try:
            self.turns.take(message, told)
        except Exception as error:  # noqa: BLE001 - a bug of ours must not become WeChat's error notice
            told(error)()

    def _tell(self, delivery: Delivery, then: Callable[[Answer], None], heard: str | Exception | None) -> Send:
        """Make the answer; what comes back sends it."""
        try:
            answer = self._answer(delivery, heard)
        except Exception as error:  # noqa: BLE001 - whatever it is, WeChat waits for an answer
            self._bug(error)
            answer = Answer(200, HANDLED)
        return partial(_safely, then, answer)

    def _answer(self, delivery: Delivery, heard: str | Exception | None) -> Answer:
        """The reply, sealed under the key that opened the delivery."""
        if isinstance(heard, NotKept):  # no person waits for it, and an answer in order would say that it is done
            return Answer(503, "NotKept")
        message, reply = delivery.message, self._bug(heard) if isinstance(heard, Exception) else heard
        answer = Answer(200, HANDLED)
        if reply:
            xml = text_reply(message, reply, message.created)
            if self.envelope.sealed:
                nonce = secrets.token_hex(8)
                xml = self.envelope.seal(xml, str(message.created), nonce, previous=delivery.previous)
            answer = Answer(200, xml, "text/xml; charset=utf-8")
        # Neither person nor dialogue: a log must not tell who asked for what.
        took = time.monotonic() - delivery.started
        log.debug("turn kind=%s ms=%.1f replied=%s", message.kind, took * 1000, bool(reply))
        self.meters.turn(message.kind, outcome(reply), took)
        return answer

    def refused(self, error: EnvelopeError) -> Answer:
        """What is not WeChat's: counted by the name of what is wrong with it, and noted as long as it is seldom."""
        unsaid = _REFUSALS.unsaid()
        if unsaid is not None:
            log.warning("callback refused error=%s status=%d unsaid=%d", type(error).__name__, error.status, unsaid)
        self.meters.refused(type(error).__name__)
        return Answer(error.status, type(error).__name__)

    def _bug(self, error: Exception) -> str:
        """What the person hears instead."""
        self.meters.bug()
        number = secrets.token_hex(3)
        where = _frames(error.__traceback__)
        log.error("bug number=%s error=%s at=%s", number, type(error).__name__, where)
        return self.turns.apology(number)


def _safely(then: Callable[[Answer], None], answer: Answer) -> None:
    """Hand the answer over; that one cannot be sent must not keep others from being."""
    try:
        then(answer)
    except Exception as error:  # noqa: BLE001 - whoever waited for it has gone, or so has the server
        log.warning("answer not sent error=%s", type(error).__name__)


def blueprint(webhook: Webhook) -> flask.Blueprint:
    """The routes of the callback, at /wechat."""
    routes = flask.Blueprint("wechat", __name__)

    @routes.get("/wechat")
    def shake() -> flask.Response:
        return _response(webhook.shake(_query()))

    @routes.post("/wechat")
    def take() -> flask.Response:
        length = flask.request.content_length
        if length is not None and length > MAX_BODY:
            return _response(webhook.refused(TooLong("declared")))
        body = flask.request.stream.read(MAX_BODY + 1)
        answer = Future[Answer]()
        webhook.take(_query(), body, answer.set_result)
        return _response(answer.result())

    return routes


class Later(Iterable[bytes], Protocol):
    """An answer still to come, as a WSGI body; engines/later.py has it."""

    def send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """This is the answer."""
        ...


def _query() -> Mapping[str, str]:
    """The query as it was signed: the application's own is without what people cannot have typed."""
    fields = parse_qs(flask.request.query_string.decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}  # of a name given twice the first counts


def mounted(app: WSGIApplication, webhook: Webhook, later: Callable[[StartResponse], Later]) -> WSGIApplication:
    """The application with the callback in front of it: Flask costs a delivery more than all we do with it.

    What comes in the plain form of WeChat's deliveries goes straight to the webhook. Whatever else there may be, of a
    length not told or too great, or with a query that has to be decoded, is the affair of Flask and its route.
    `later` makes an answer still to come.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        plain = environ["PATH_INFO"] == "/wechat" and environ["REQUEST_METHOD"] == "POST" and _LENGTH.fullmatch(length)
        if not plain or int(length) > MAX_BODY or not _QUERY.fullmatch(environ["QUERY_STRING"]):
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        # of a name given twice the first counts, as in the route
        pairs = reversed([part.split("=", 1) for part in environ["QUERY_STRING"].split("&")])
        coming = later(start_response)
        webhook.take(dict(pairs), body, partial(_send, coming))
        return coming

    return serve


def _send(later: Later, answer: Answer) -> None:
    body = answer.body.encode()
    later.send(_STATUS[answer.status], [("Content-Type", answer.kind), ("Content-Length", str(len(body)))], body)


def _response(answer: Answer) -> flask.Response:
    return flask.Response(answer.body, answer.status, content_type=answer.kind)


def _frames(trace: TracebackType | None) -> str:
    """Where it happened, without the exception's own words: they may quote what a person wrote.

    Nor which dialogue it was, in none of them: else a line that hides it would be one about a case. For the same
    reason the way into a dialogue is one "-", whether it leads through a transaction or beside the database.
    """
    frames = (
        "-" if _UNNAMED.search(frame.filename) else f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(trace))
    )
    return " < ".join(one for one, _ in groupby(frames))
