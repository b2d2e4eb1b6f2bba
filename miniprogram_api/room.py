"""The frame of every route: who asks, how fast, what was asked, once; and the same manner of telling.

An affair's module makes a `Room`, hangs its views in it and returns `room.blueprint`. A view gets the database and
the `Act` of whoever holds the token, with rights read anew at every request, then what it names among `path`,
`query` and `body` (shapes), `once` (32 hex digits that stand for this request and its repetitions), and `doubted`
(the fields of the body that others will read and nobody vouches for). It returns a
`Told`, a `Told` with a status, a `Response` (a file), or a function that makes the `Told` once no transaction is open.
"""

import inspect
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import cast

import flask
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from miniprogram_api import errors, safety, shapes
from miniprogram_api.errors import Malformed, TooFast
from miniprogram_api.office import Office
from miniprogram_api.once import Answer, Once, digest
from miniprogram_api.shapes import Asked, ErrorTold, Keyed, Shape, Told
from services import logins, rights
from services.errors import LoginFault, LoginRefused, NotBound
from services.rights import Act
from texts import api as texts

Later = Callable[[], Told | None]
View = Callable[..., Told | tuple[Told, int] | flask.Response | Later | None]
Wrap = Callable[[View], View]

PREFIX = "/api/v1"
HELD = 202
SECURITY: list[dict[str, list[str]]] = [{"token": []}]


@dataclass(frozen=True, slots=True)
class Way:
    """How a route tells: the shape and statuses of its answer, whether it may wait instead, or the type of its file."""

    told: type[Told] | None
    status: int = 200
    also: tuple[int, ...] = ()
    file: str = ""
    held: bool = False

    @property
    def responses(self) -> dict[str | int | HTTPStatus, type[BaseModel] | dict[str, object] | None]:
        """The same for the document."""
        if self.file:
            return {200: {"content": {self.file: {"schema": {"type": "string", "format": "binary"}}}}}
        told: dict[str | int | HTTPStatus, type[BaseModel] | dict[str, object] | None] = {}
        told |= dict.fromkeys((self.status, *self.also), self.told)
        return told | {HELD: ErrorTold} if self.held else told


class Room:
    """The routes of one affair, in one blueprint."""

    def __init__(self, name: str, office: Office, about: str) -> None:
        self.name = name
        self.office = office
        self.blueprint = APIBlueprint(
            f"api_{name}",
            __name__,
            url_prefix=PREFIX,
            abp_tags=[Tag(name=name, description=about)],
            abp_responses={str(status): example for status, example in errors.documented().items()},
            doc_ui=office.documented,
        )
        errors.register(self.blueprint, office.where)

    def get(self, rule: str, told: type[Told] | None = None, *, file: str = "") -> Wrap:
        """Something to read: `view(db, act, …)` in one look; told with an ETag, and not again to who has it."""
        return self._hang("get", rule, Way(told, file=file), self._look)

    def post(
        self,
        rule: str,
        told: type[Told] | None = None,
        *,
        status: int = 200,
        also: tuple[int, ...] = (),
        held: bool = False,
    ) -> Wrap:
        """Something to do: `view(db, act, …)` in one transaction, once for each Idempotency-Key.

        With `held` its view may answer `waits()`: kept, and not done before somebody has looked at its texts.
        """
        return self._hang("post", rule, Way(told, status, also, held=held), self._take)

    def apart_post(self, rule: str, told: type[Told] | None = None, *, status: int = 200) -> Wrap:
        """Something to do of which the database must keep nothing: `view(db, act, …)` in one look.

        It returns what is done once no transaction is open; what makes it happen once is in the body.
        """

        def take(view: View, way: Way, taken: Mapping[str, object]) -> flask.Response:
            now, token = self.office.clock(), token_sent()
            key_sent()
            self._stay_in_pace(token)
            with self.office.reading() as db:
                later = cast("Later", view(db, self._act(db, token, now), **taken))
            return _response(_told(later(), way))

        return self._hang("post", rule, Way(told, status), take)

    def patch(self, rule: str, told: type[Told] | None = None, *, held: bool = False) -> Wrap:
        """Something to change, likewise."""
        return self._hang("patch", rule, Way(told, held=held), self._take)

    def open_post(self, rule: str, told: type[Told] | None = None, *, status: int = 200, secured: bool = True) -> Wrap:
        """A POST of somebody who may not be bound yet: `view(…)` alone, which owns its token and transactions."""

        def take(view: View, way: Way, taken: Mapping[str, object]) -> flask.Response:
            key_sent()
            if secured:
                self._stay_in_pace(token_sent())
            found = view(**taken)
            assert not callable(found)
            return _response(_told(found, way))

        return self._hang("post", rule, Way(told, status), take, secured=secured)

    def _hang(
        self,
        method: str,
        rule: str,
        way: Way,
        do: Callable[[View, Way, Mapping[str, object]], flask.Response],
        *,
        secured: bool = True,
    ) -> Wrap:
        def hang(view: View) -> View:
            asks = {name: kind for name, kind in inspect.get_annotations(view).items() if name in _TAKERS}

            @wraps(view)
            def answer(**arguments: str) -> flask.Response:
                return do(view, way, {name: _TAKERS[name](kind, arguments) for name, kind in asks.items()})

            # documented by flask-openapi3, read by our own stricter shapes
            answer.__delay_validate_request__ = True  # type: ignore[attr-defined] # its mark on a function
            answer.__annotations__ = {**asks, **({"header": Keyed} if method != "get" and secured else {})}
            summary, _, rest = inspect.cleandoc(view.__doc__ or "").partition("\n")
            register = getattr(self.blueprint, method)
            register(
                rule,
                summary=summary,
                description=" ".join(rest.split()) or summary,
                operation_id=f"{self.name}_{view.__name__.strip('_')}",
                responses=way.responses,
                security=SECURITY if secured else None,
                endpoint=view.__name__.strip("_"),
            )(answer)
            return view

        return hang

    def _look(self, view: View, way: Way, taken: Mapping[str, object]) -> flask.Response:
        now, token = self.office.clock(), token_sent()
        self._stay_in_pace(token)
        with self.office.reading() as db:
            found = view(db, self._act(db, token, now), **taken)
        if isinstance(found, flask.Response):
            return found
        response = _response(_told(found() if callable(found) else found, way))
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        return cast("flask.Response", response.make_conditional(flask.request))

    def _take(self, view: View, way: Way, taken: Mapping[str, object]) -> flask.Response:
        now, token, key = self.office.clock(), token_sent(), key_sent()
        self._stay_in_pace(token)
        more: dict[str, object] = {}
        if "doubted" in inspect.signature(view).parameters:
            more["doubted"] = self._doubted(token, now, taken)

        def work(db: Session) -> Answer:
            act = self._act(db, token, now)
            assert act.by is not None
            told = [one.model_dump_json() for one in taken.values() if isinstance(one, BaseModel)]
            # with the key, which is not kept: a position in the body must not be found again by trying
            asked = digest(key, flask.request.method, flask.request.path, *told)
            once = Once(digest("api", act.by.public_id, key or secrets.token_hex(16)), asked)
            known = once.found(db) if key else None
            if known is not None:
                return known
            if "once" in inspect.signature(view).parameters:
                found = view(db, act, **taken, **more, once=once.key)
            else:
                found = view(db, act, **taken, **more)
            assert not callable(found)
            answer = _told(found, way)
            if key:
                once.keep(db, answer, now)
            return answer

        return _response(self.office.decide(work))

    def _doubted(self, token: str, now: datetime, taken: Mapping[str, object]) -> frozenset[str]:
        """Which of the body's texts that others will read nobody vouches for. Raises TextRisky."""
        sent = taken["body"]
        assert isinstance(sent, Shape)
        said = {name: (getattr(sent, name) or "").strip() for name in sent.READ_BY_OTHERS}
        wanted = {name: text for name, text in said.items() if text}
        if not wanted:
            return frozenset()
        with self.office.reading() as db:
            openid = logins.of_token(db, token, now).openid
        return safety.doubted(self.office.mini_program, openid, wanted)

    def _act(self, db: Session, token: str, now: datetime) -> Act:
        member = logins.of_token(db, token, now).member
        if member is None:
            raise NotBound
        return rights.act_of(db, member, now, self.office.zone)

    def _stay_in_pace(self, token: str) -> None:
        seconds = self.office.pace.wait(digest(token), self.office.clock())
        if seconds:
            raise TooFast(seconds)


def waits() -> tuple[Told, int]:
    """The answer to a deed that waits until somebody has looked at its texts: accepted, and said like a refusal."""
    return ErrorTold(code="held", message=texts.HELD), HELD


def token_sent() -> str:
    """The token of this request. Raises LoginRefused."""
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise LoginRefused(LoginFault.TOKEN)
    return token


def key_sent() -> str:
    """The Idempotency-Key of this request, "" without one. Raises Malformed for what cannot be one."""
    key = flask.request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(shapes.KEY, key):
        raise Malformed
    return key or ""


def _told(found: Told | tuple[Told, int] | None, way: Way) -> Answer:
    told, status = found if isinstance(found, tuple) else (found, way.status)
    return Answer(status, told.model_dump_json() if told is not None else "")


def _response(answer: Answer) -> flask.Response:
    response = flask.Response(answer.body, status=answer.status, content_type="application/json")
    if not answer.body:
        del response.headers["Content-Type"]
    return response


def _path(shape: type[Asked], arguments: Mapping[str, str]) -> Asked:
    """What stands in the path; an id that cannot be one is the id of nothing."""
    try:
        return shape.model_validate(arguments)
    except ValidationError:
        raise NotFound from None


_TAKERS: Mapping[str, Callable[[type[Asked], Mapping[str, str]], BaseModel]] = {
    "path": _path,
    "query": lambda shape, _: shapes.query(shape),
    "body": lambda shape, _: shapes.body(shape),
}
