"""Asks WeChat for the unionid of new followers: never in the callback, where its latency would cost the reply."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from jobs.desk import Desk
from models.member import Identity
from services import members
from wechat.client import Follower
from wechat.errors import PersonUnreachable, WeChatError

MOST = 50  # followers a run; a minute later the rest


def ask(desk: Desk, now: datetime) -> str:
    """Ask for each follower not asked for yet; a person WeChat does not know is not asked for again.

    When WeChat is away the rest waits for the next run: each answer is committed by itself.
    """
    waiting = desk.run(lambda db: [(one.id, one.openid) for one in members.unasked(db, desk.app_id, MOST)])
    asked = bound = 0
    for identity_id, openid in waiting:
        try:
            follower: Follower | None = desk.account.follower(openid)
        except PersonUnreachable:
            follower = None
        except WeChatError as error:
            return f"asked={asked} bound={bound} stopped={type(error).__name__}"
        bound += desk.run(partial(_keep, identity_id=identity_id, follower=follower, now=now))
        asked += 1
    return f"asked={asked} bound={bound}"


def _keep(db: Session, identity_id: int, follower: Follower | None, now: datetime) -> int:
    identity = db.get(Identity, identity_id)
    if identity is None:  # unfollowed meanwhile
        return 0
    return int(members.learn_unionid(db, identity, follower.unionid if follower else None, now) is not None)
