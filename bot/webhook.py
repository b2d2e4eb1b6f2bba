"""The official account's callback: one function turns (query, body) into an answer, a Flask route calls it."""

import logging
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import groupby
from types import TracebackType
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask

from bot.meters import Meters, outcome
from bot.turns import NotKept, Turns
from wechat.envelope import MAX_BODY, Envelope, EnvelopeError, TooLong
from wechat.messages import Malformed, Message, parse, text_reply

log = logging.getLogger(__name__)
_UNNAMED = re.compile(r"/(dialogues|sealed|confidential|engines)/|/bot/(turns|apart|hearing|once)\.py$")

_LENGTH = re.compile(r"[0-9]{1,6}", re.ASCII)
_QUERY = re.compile(r"[\w.~-]+=[\w.~-]*(?:&[\w.~-]+=[\w.~-]*)*", re.ASCII)  # nothing in it is encoded
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
HANDLED = "success"  # the platform's word for 'taken, nothing to say'; never sealed


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    kind: str = "text/plain; charset=utf-8"


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

    def take(self, query: Mapping[str, str], body: bytes) -> Answer:
        """Take one delivery. What is not WeChat's or cannot be kept of an event gets an error; no person does."""
        started = time.monotonic()
        try:
            clear = self.envelope.open(query, body, self.clock())
        except EnvelopeError as error:
            return self.refused(error)
        try:
            message = parse(clear)
        except Malformed as error:  # WeChat's own, but nothing we know: an error would reach the person
            log.warning("callback not understood error=%s", error)
            return Answer(200, HANDLED)
        try:
            reply = self._reply(message)
        except NotKept:  # no person waits for it, and an answer in order would say that it is done
            return Answer(503, "NotKept")
        answer = Answer(200, HANDLED)
        if reply:
            xml = text_reply(message, reply, message.created)
            if self.envelope.sealed:
                nonce = secrets.token_hex(8)
                xml = self.envelope.seal(xml, str(message.created), nonce, previous=clear.previous)
            answer = Answer(200, xml, "text/xml; charset=utf-8")
        # Neither person nor dialogue: a log must not tell who asked for what.
        took = time.monotonic() - started
        log.debug("turn kind=%s ms=%.1f replied=%s", message.kind, took * 1000, bool(reply))
        self.meters.turn(message.kind, outcome(reply), took)
        return answer

    def refused(self, error: EnvelopeError) -> Answer:
        """What is not WeChat's: noted and counted by the name of what is wrong with it."""
        log.warning("callback refused error=%s status=%d", type(error).__name__, error.status)
        self.meters.refused(type(error).__name__)
        return Answer(error.status, type(error).__name__)

    def _reply(self, message: Message) -> str | None:
        try:
            return self.turns.take(message)
        except NotKept:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours must not become WeChat's error notice
            self.meters.bug()
            number = secrets.token_hex(3)
            where = _frames(error.__traceback__)
            log.error("bug number=%s error=%s at %s", number, type(error).__name__, where)  # noqa: TRY400 - see _frames
            return self.turns.apology(number)


def blueprint(webhook: Webhook) -> flask.Blueprint:
    """The routes of the callback, at /wechat."""
    routes = flask.Blueprint("wechat", __name__)

    @routes.get("/wechat")
    def shake() -> flask.Response:
        return _response(webhook.shake(flask.request.args))

    @routes.post("/wechat")
    def take() -> flask.Response:
        length = flask.request.content_length
        if length is not None and length > MAX_BODY:
            return _response(webhook.refused(TooLong("declared")))
        body = flask.request.stream.read(MAX_BODY + 1)
        return _response(webhook.take(flask.request.args, body))

    return routes


def mounted(app: WSGIApplication, webhook: Webhook) -> WSGIApplication:
    """The application with the callback in front of it: Flask costs a delivery more than all we do with it.

    What comes in the plain form of WeChat's deliveries goes straight to the webhook. Whatever else there may be, of a
    length not told or too great, or with a query that has to be decoded, is the affair of Flask and its route.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or ""
        plain = environ["PATH_INFO"] == "/wechat" and environ["REQUEST_METHOD"] == "POST" and _LENGTH.fullmatch(length)
        if not plain or int(length) > MAX_BODY or not _QUERY.fullmatch(environ["QUERY_STRING"]):
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        # of a name given twice the first counts, as in Flask
        pairs = reversed([part.split("=", 1) for part in environ["QUERY_STRING"].split("&")])
        answer = webhook.take(dict(pairs), body)
        sent = answer.body.encode()
        start_response(_STATUS[answer.status], [("Content-Type", answer.kind), ("Content-Length", str(len(sent)))])
        return [sent]

    return serve


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
