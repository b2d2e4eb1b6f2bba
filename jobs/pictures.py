"""Fetches the pictures of opinions from WeChat, which keeps them three days: never in the turn that brings one."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from jobs.desk import Desk
from services import opinions
from wechat.errors import OurMistake, WeChatError

MOST = 20  # pictures a run; the next run the rest
NO_SUCH_MEDIUM = 40007


def fetch(desk: Desk, now: datetime) -> str:
    """Fetch what is not here yet, each in a transaction of its own; what WeChat keeps no more is not asked for again.

    When WeChat is away the rest waits for the next run.
    """
    waiting = desk.run(lambda db: [(one.id, one.media_id, one.at) for one in opinions.unfetched(db, MOST)])
    fetched = lost = 0
    for number, media_id, at in waiting:
        try:
            content = desk.account.download(media_id, opinions.LARGEST_PICTURE + 1)
        except WeChatError as error:
            code = error.errcode if isinstance(error, OurMistake) else 0
            if code != NO_SUCH_MEDIUM and now - at <= opinions.AT_WECHAT:
                return f"fetched={fetched} lost={lost} stopped={code or type(error).__name__}"
            desk.run(partial(_lose, number=number))
            lost += 1
            continue
        lost += bool(desk.run(partial(opinions.fetched, picture_id=number, content=content)))
        fetched += 1
    return f"fetched={fetched} lost={lost}"


def _lose(db: Session, number: int) -> None:
    opinions.unfetchable(db, number, opinions.GONE)
