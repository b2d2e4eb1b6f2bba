"""POST /api/v1/login, POST /api/v1/bind and GET /api/v1/me: an opaque token stands for a WeChat identity."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import flask
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from services import logins, members
from services.errors import CodeUnknown, LoginFault, LoginRefused, NotBound, Refusal, TooManyTries
from services.members import Account, BindingRules
from texts import api as texts
from texts.refusals import Where, words
from wechat.client import MiniProgramApi
from wechat.errors import CodeRefused, WeChatError

T = TypeVar("T")
LARGEST_BODY = 16 * 1024  # bytes
STATUS: dict[type[Refusal], int] = {LoginRefused: 401, NotBound: 403, TooManyTries: 429}
CODES: dict[type[Refusal], str] = {LoginRefused: "login", NotBound: "unbound", TooManyTries: "too_many"}


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """The parts this entrance works with."""

    run: Run
    clock: Callable[[], datetime]
    mini_program: MiniProgramApi
    app_id: str
    binding: BindingRules
    where: Where


class Shape(BaseModel):
    """A request body: unknown fields are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LoginIn(Shape):
    """The code of wx.login."""

    code: str = Field(min_length=1, max_length=256)


class BindIn(Shape):
    """The 8-digit code on the slip."""

    code: str = Field(pattern=r"^[0-9]{8}$")


def blueprint(office: Office) -> flask.Blueprint:
    """The routes; every error is {"code", "message"} with a fitting status."""
    routes = flask.Blueprint("api", __name__, url_prefix="/api/v1")

    @routes.post("/login")
    def login() -> flask.Response:
        asked = LoginIn.model_validate_json(_body())
        try:
            person = office.mini_program.session(asked.code)
        except CodeRefused as error:
            raise LoginRefused(LoginFault.RISK if error.errcode == 40226 else LoginFault.CODE) from None
        account = Account(office.app_id, person.openid)

        def open_(db: Session) -> flask.Response:
            token, opened = logins.open_(db, account, person.unionid, office.clock())
            return flask.jsonify(
                token=token, expires_at=opened.expires_at.isoformat(), bound=opened.identity.member_id is not None
            )

        return office.run(open_)

    @routes.post("/bind")
    def bind() -> flask.Response:
        asked, token, now = BindIn.model_validate_json(_body()), _token(), office.clock()
        name = office.run(lambda db: _join(db, office, token, asked.code, now))
        if isinstance(name, Refusal):
            raise name
        return flask.jsonify(bound=True, name=name)

    @routes.get("/me")
    def me() -> flask.Response:
        token, now = _token(), office.clock()

        def look(db: Session) -> flask.Response:
            member = logins.of_token(db, token, now).member
            if member is None:
                raise NotBound
            group = member.group.name if member.group else None
            return flask.jsonify(id=member.public_id, name=member.name, status=member.status, group=group)

        return office.run(look)

    @routes.errorhandler(Refusal)
    def refused(refusal: Refusal) -> flask.Response:
        kind = type(refusal)
        return _error(CODES.get(kind, "refused"), words(refusal, office.where), STATUS.get(kind, 409))

    @routes.errorhandler(ValidationError)
    def malformed(_error_: ValidationError) -> flask.Response:
        return _error("malformed", texts.MALFORMED, 422)

    @routes.errorhandler(WeChatError)
    def away(_error_: WeChatError) -> flask.Response:
        return _error("wechat", texts.WECHAT_AWAY, 503)

    @routes.errorhandler(HTTPException)
    def plain(error: HTTPException) -> flask.Response:
        return _error("http", texts.NOT_HERE, error.code or 500)

    return routes


def _join(db: Session, office: Office, token: str, code: str, now: datetime) -> str | Refusal:
    """Bind whoever holds the token; a wrong code is kept, so it is returned and not raised."""
    identity = logins.of_token(db, token, now)
    account = Account(identity.app_id, identity.openid)
    # the same key again is the same request; without one every request is its own
    key = flask.request.headers.get("Idempotency-Key") or secrets.token_hex(16)
    once = hashlib.sha256(f"api {account.digest} {key}".encode()).hexdigest()[:32]
    try:
        return members.bind(db, account, code, once, now, office.binding).name
    except CodeUnknown as refusal:
        members.note_wrong_code(db, account, once, now)
        return refusal


def _body() -> bytes:
    body = flask.request.stream.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise RequestEntityTooLarge
    return body


def _token() -> str:
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise LoginRefused(LoginFault.TOKEN)
    return token


def _error(code: str, message: str, status: int) -> flask.Response:
    response = flask.jsonify(code=code, message=message)
    response.status_code = status
    return response
