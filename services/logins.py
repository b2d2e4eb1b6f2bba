"""Logins of the mini-program: our own opaque token, kept as a digest, tied to one WeChat identity."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models.login import Login
from models.member import Identity, Member
from services import members
from services.errors import LoginFault, LoginRefused
from services.members import Account
from services.rows import touched

LIVES = timedelta(days=7)


def open_(db: Session, account: Account, unionid: str | None, now: datetime) -> tuple[str, Login]:
    """A new login for whoever WeChat says this is; a known unionid binds at once. Returns (token, login)."""
    identity = members.meet(db, account, now)
    members.learn_unionid(db, identity, unionid, now)
    token = secrets.token_urlsafe(32)
    login = Login(identity_id=identity.id, digest=_digest(token), created_at=now, expires_at=now + LIVES)
    db.add(login)
    db.flush()
    return token, login


def of_token(db: Session, token: str, now: datetime) -> Identity:
    """Whose token it is. Raises LoginRefused when nobody's, or no longer."""
    login = db.scalar(select(Login).where(Login.digest == _digest(token), Login.expires_at > now))
    if login is None:
        raise LoginRefused(LoginFault.TOKEN)
    return login.identity


def called(token: str) -> str:
    """What the login of that token is called where its owner lists and ends it."""
    return Login(digest=_digest(token)).called


def list_of(db: Session, member: Member, now: datetime) -> list[Login]:
    """The member's logins that are good, newest first."""
    mine = select(Login).join(Identity, Identity.id == Login.identity_id)
    mine = mine.where(Identity.member_id == member.id, Login.expires_at > now)
    return list(db.scalars(mine.order_by(Login.created_at.desc(), Login.id.desc())))


def end(db: Session, member: Member, name: str, now: datetime) -> None:
    """End the member's login that is called so; another's is as good as none, ending it twice is the same."""
    for login in list_of(db, member, now):
        if login.called == name:
            db.execute(delete(Login).where(Login.id == login.id))


def close(db: Session, token: str) -> None:
    """End a login; ending it twice is the same."""
    db.execute(delete(Login).where(Login.digest == _digest(token)))


def of_member(db: Session, member: Member, now: datetime) -> int:
    """In how many mini-programs the member is signed in."""
    mine = select(func.count()).select_from(Login).join(Identity, Identity.id == Login.identity_id)
    return db.scalar(mine.where(Identity.member_id == member.id, Login.expires_at > now)) or 0


def end_all(db: Session, member: Member) -> int:
    """End every login of the member; returns how many there were."""
    accounts = select(Identity.id).where(Identity.member_id == member.id)
    return touched(db, delete(Login).where(Login.identity_id.in_(accounts)))


def purge(db: Session, now: datetime) -> int:
    """Forget expired logins; returns how many."""
    return touched(db, delete(Login).where(Login.expires_at <= now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
