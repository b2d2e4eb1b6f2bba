"""A check-in bot as one writes it first: wechatpy, a Redis key against repetitions, the ORM for member and row.

It is fair work, only plain: signature and sealing by the library, the row committed before the reply, connections
pooled. DATABASE_URL and REDIS_URL say where; the members must be there.
"""

import os
from datetime import UTC, datetime

import flask
import redis
from sqlalchemy import DateTime, ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.replies import create_reply

from bench.bots.account import APP_ID, KEY, TOKEN

CHECKED_IN, UNKNOWN = "签到成功", "请先绑定"


class Base(DeclarativeBase):
    """Of these two tables."""


class Member(Base):
    """Somebody who follows the account."""

    __tablename__ = "member"
    id: Mapped[int] = mapped_column(primary_key=True)
    openid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class CheckIn(Base):
    """One message that was a check-in."""

    __tablename__ = "checkin"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey(Member.id), index=True)
    msg_id: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def create() -> flask.Flask:
    """The application, connected."""
    app = flask.Flask("naive", static_folder=None)
    crypto = WeChatCrypto(TOKEN, KEY, APP_ID)
    engine = create_engine(os.environ["DATABASE_URL"], hide_parameters=True)
    store = redis.Redis.from_url(os.environ["REDIS_URL"])

    @app.post("/wechat")
    def take() -> str:
        given = flask.request.args
        timestamp, nonce = given.get("timestamp", ""), given.get("nonce", "")
        try:
            clear = crypto.decrypt_message(
                flask.request.get_data(as_text=True), given.get("msg_signature", ""), timestamp, nonce
            )
        except (InvalidSignatureException, InvalidAppIdException):
            flask.abort(403)
        message = parse_message(clear)
        if not store.set(f"message:{message.id}", 1, nx=True, ex=60):
            return "success"
        with Session(engine) as db:
            member = db.scalar(select(Member).where(Member.openid == message.source))
            if member is not None:
                db.add(CheckIn(member_id=member.id, msg_id=str(message.id), at=datetime.now(UTC)))
                db.commit()
        reply = create_reply(CHECKED_IN if member else UNKNOWN, message)
        sealed: str = crypto.encrypt_message(reply.render(), nonce, timestamp)
        return sealed

    return app
