"""Login (登录): wx.login's code becomes our token; three ways to be known; where one is signed in, and out again."""

import hashlib
import secrets
from datetime import datetime

from flask_openapi3.blueprint import APIBlueprint
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room, key_sent, token_sent
from miniprogram_api.shapes import Asked, Moment, Shape, Told
from models.appointment import Role
from models.member import MemberStatus
from services import logins, members, orgs
from services.errors import CodeUnknown, LoginFault, LoginRefused, Refusal
from services.members import Account
from services.rights import Act
from wechat.client import RISKY
from wechat.errors import CodeRefused

CODE = r"^[!-~]{1,256}$"


class LoginIn(Shape):
    """The code of wx.login."""

    code: str = Field(pattern=CODE, examples=["0a3Xyz000abcDE1fGh200iJkLm3Xyz0N"])


class LoginTold(Told):
    """The token, good until `expires_at`; unless `bound` it opens nothing but binding."""

    token: str = Field(examples=["q1Zr0cQ3vJ8yXn5mW2tB7kLs9dFhGp4aEuRiOo6YxTc"])
    expires_at: Moment = Field(examples=["2026-11-29T05:52:00+00:00"])
    bound: bool


class BindIn(Shape):
    """Either the 8-digit code on the slip, or the code of WeChat's phone number button (not wx.login's)."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"properties": {one: {"type": "string"}, other: {"type": "null"}}, "required": [one]}
                for one, other in (("code", "phone_code"), ("phone_code", "code"))
            ]
        }
    )

    code: str | None = Field(None, pattern=r"^[0-9]{8}$", examples=["20517734"])
    phone_code: str | None = Field(None, pattern=CODE)

    @model_validator(mode="after")
    def one_of_both(self) -> "BindIn":
        """Exactly one way at a time."""
        if (self.code is None) == (self.phone_code is None):
            raise ValueError("code or phone_code")
        return self


class BoundTold(Told):
    """Who one is from now on."""

    bound: bool = Field(examples=[True])
    name: str = Field(examples=["张建国"])


class MeTold(Told):
    """Who one is, and what one may do at this moment."""

    id: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    status: MemberStatus
    group: str | None = Field(examples=["第一党小组"])
    roles: list[Role] = Field(examples=[["group_leader"]])
    leads: list[str] = Field(description="Names of the groups led.", examples=[["第一党小组"]])
    sees_branch: bool = Field(description="Reads every group.", examples=[False])
    runs_branch: bool = Field(description="Plans and registers for the whole branch.", examples=[False])


class OneLogin(Told):
    """One signed-in mini-program."""

    id: str = Field(examples=["5f0c9a7be4d21836"])
    created_at: Moment = Field(examples=["2026-11-22T05:52:00+00:00"])
    expires_at: Moment = Field(examples=["2026-11-29T05:52:00+00:00"])
    here: bool = Field(description="The one that asks.", examples=[True])


class LoginsTold(Told):
    """Where one is signed in, newest first."""

    logins: list[OneLogin]


class LoginPath(Asked):
    """One login of one's own."""

    login: str = Field(pattern=r"^[0-9a-f]{16}$", examples=["5f0c9a7be4d21836"])


def blueprint(office: Office) -> APIBlueprint:
    """POST /login, /bind, /logout; GET /me, /logins; POST /logins/{id}/end."""
    room = Room("logins", office, "Login, binding, and where one is signed in")
    _coming_in(room, office)
    _being_known(room)
    return room.blueprint


def _coming_in(room: Room, office: Office) -> None:
    @room.open_post("/login", LoginTold, secured=False)
    def login(body: LoginIn) -> Told:
        """Log in with the code of wx.login.

        The code is good once, for five minutes. Whom WeChat already joins to a member by unionid is bound at once.
        """
        try:
            person = office.mini_program.session(body.code)
        except CodeRefused as error:
            raise LoginRefused(LoginFault.RISK if error.errcode == RISKY else LoginFault.CODE) from None
        account, now = Account(office.app_id, person.openid), office.clock()

        def open_(db: Session) -> Told:
            token, opened = logins.open_(db, account, person.unionid, now)
            bound = opened.identity.member_id is not None
            return LoginTold(token=token, expires_at=opened.expires_at, bound=bound)

        return office.decide(open_)

    @room.open_post("/bind", BoundTold)
    def bind(body: BindIn) -> Told:
        """Become the member a slip or a vouched phone number stands for.

        Ten wrong slips lock for an hour. A phone number binds where it stands on the roll exactly once.
        """
        token, now, key = token_sent(), office.clock(), key_sent() or secrets.token_hex(16)
        if body.code is not None:
            code = body.code
            name = office.decide(lambda db: _join(db, office, token, code, key, now))
        else:
            assert body.phone_code is not None
            name = _join_by_phone(office, token, body.phone_code, now)
        if isinstance(name, Refusal):
            raise name
        return BoundTold(bound=True, name=name)

    @room.open_post("/logout", status=204)
    def logout() -> None:
        """End this login; ending it twice is the same."""
        token = token_sent()
        office.run(lambda db: logins.close(db, token))


def _being_known(room: Room) -> None:
    @room.get("/me", MeTold)
    def me(db: Session, act: Act) -> Told:
        """Who one is, with the rights of this moment."""
        assert act.by is not None
        groups = {one.id: one.name for one in orgs.groups(db)}
        return MeTold(
            id=act.by.public_id,
            name=act.by.name,
            status=act.by.status,
            group=act.by.group.name if act.by.group else None,
            roles=sorted(act.rights.roles),
            leads=[name for number, name in groups.items() if number in act.rights.groups],
            sees_branch=act.rights.sees_branch,
            runs_branch=act.rights.runs_branch,
        )

    @room.get("/logins", LoginsTold)
    def everywhere(db: Session, act: Act) -> Told:
        """Where one is signed in, newest first."""
        assert act.by is not None
        here = logins.called(token_sent())
        return LoginsTold(
            logins=[
                OneLogin(id=one.called, created_at=one.created_at, expires_at=one.expires_at, here=one.called == here)
                for one in logins.list_of(db, act.by, act.now)
            ]
        )

    @room.post("/logins/<login>/end", status=204)
    def end(db: Session, act: Act, path: LoginPath) -> None:
        """End one of one's own logins; somebody else's is as good as none, as is one ended already."""
        assert act.by is not None
        logins.end(db, act.by, path.login, act.now)


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


def _join_by_phone(office: Office, token: str, code: str, now: datetime) -> str:
    """Bind whoever holds the token to the member of the number that WeChat vouches for, asked with no database open."""
    with office.reading() as db:
        openid = logins.of_token(db, token, now).openid
    try:
        phone = office.mini_program.phone(code, openid)
    except CodeRefused:
        raise LoginRefused(LoginFault.PHONE) from None

    def join(db: Session) -> str:
        identity = logins.of_token(db, token, now)
        return members.bind_by_phone(db, identity, phone, now).name

    return office.decide(join)
