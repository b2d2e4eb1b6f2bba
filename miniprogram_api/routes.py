"""Login, binding and who one is, below /api/v1: an opaque token stands for a WeChat identity."""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from miniprogram_api import errors
from miniprogram_api.shapes import BindIn, LoginIn, body
from services import logins, members
from services.errors import CodeUnknown, LoginFault, LoginRefused, NotBound, Refusal
from services.members import Account, BindingRules
from texts.refusals import Where
from wechat.client import MiniProgramApi
from wechat.errors import CodeRefused

T = TypeVar("T")
RISKY = 40226  # the platform distrusts this account (page 小程序登录)
TRIES = 3  # runs of one request that keeps losing against another


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """The parts this entrance works with."""

    run: Run
    reading: Callable[[], AbstractContextManager[Session]]
    clock: Callable[[], datetime]
    mini_program: MiniProgramApi
    app_id: str
    binding: BindingRules
    where: Where

    def decide(self, work: Callable[[Session], T]) -> T:
        """Run it, again where another request has just taken what a unique key gives to one alone."""
        for _ in range(TRIES - 1):
            try:
                return self.run(work)
            except IntegrityError:
                continue
        return self.run(work)


def blueprint(office: Office) -> flask.Blueprint:
    """The routes; every error is {"code", "message"} with a fitting status."""
    routes = flask.Blueprint("api", __name__, url_prefix="/api/v1")
    errors.register(routes, office.where)

    @routes.post("/login")
    def login() -> flask.Response:
        asked = body(LoginIn)
        try:
            person = office.mini_program.session(asked.code)
        except CodeRefused as error:
            raise LoginRefused(LoginFault.RISK if error.errcode == RISKY else LoginFault.CODE) from None
        account, now = Account(office.app_id, person.openid), office.clock()

        def open_(db: Session) -> flask.Response:
            token, opened = logins.open_(db, account, person.unionid, now)
            bound = opened.identity.member_id is not None
            return flask.jsonify(token=token, expires_at=opened.expires_at.isoformat(), bound=bound)

        return office.decide(open_)

    @routes.post("/bind")
    def bind() -> flask.Response:
        asked, token, now = body(BindIn), _token(), office.clock()
        key = flask.request.headers.get("Idempotency-Key") or secrets.token_hex(16)
        name = office.decide(lambda db: _join(db, office, token, asked.code, key, now))
        if isinstance(name, Refusal):
            raise name
        return flask.jsonify(bound=True, name=name)

    @routes.get("/me")
    def me() -> flask.Response:
        token, now = _token(), office.clock()
        with office.reading() as db:
            member = logins.of_token(db, token, now).member
            if member is None:
                raise NotBound
            group = member.group.name if member.group else None
            return flask.jsonify(id=member.public_id, name=member.name, status=member.status, group=group)

    @routes.post("/logout")
    def logout() -> flask.Response:
        token = _token()
        office.run(lambda db: logins.close(db, token))
        return flask.Response(status=204)

    return routes


def _join(db: Session, office: Office, token: str, code: str, key: str, now: datetime) -> str | Refusal:
    """Bind whoever holds the token; a wrong code is kept, so it is returned and not raised.

    The same person, key and code again is the same request. The code belongs to it: one key for many codes
    would otherwise be one try at all of them.
    """
    identity = logins.of_token(db, token, now)
    account = Account(identity.app_id, identity.openid)
    once = hashlib.sha256(f"api {account.digest} {code} {key}".encode()).hexdigest()[:32]
    try:
        return members.bind(db, account, code, once, now, office.binding).name
    except CodeUnknown as refusal:
        members.note_wrong_code(db, account, once, now)
        return refusal


def _token() -> str:
    scheme, _, token = flask.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise LoginRefused(LoginFault.TOKEN)
    return token
