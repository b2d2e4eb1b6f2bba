"""微信通知: a member's own page, where WeChat asks for consent to notices (订阅通知): one tap, one message of a topic.

The only page that loads a script from elsewhere: WeChat's own, whose address is in config.yaml. Without it (outside
WeChat, or WeChat away) the page says what happens instead, for nothing is lost without consent.
"""

import logging

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from pages import door
from pages.door import Desk, Room
from services.rights import Act
from texts import reminder_pages
from wechat.errors import WeChatError
from wechat.tickets import SdkConfig

log = logging.getLogger(__name__)

MOST = 3  # templates in one tag; page 服务号订阅通知


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/subscribe."""
    room = Room("subscribe", desk)

    @room.get("/h5/subscribe")
    def subscribe(_db: Session, act: Act) -> Response:
        given = desk.templates.items()
        asked = [(topic, one.id) for topic, one in given if one.channel == "subscription"]
        signed = _signed(desk) if asked else None
        if signed:
            door.loads(desk.sdk)
        return door.show(
            desk,
            act,
            "reminders/subscribe.html",
            sdk=desk.sdk,
            signed=signed,
            groups=[asked[first : first + MOST] for first in range(0, len(asked), MOST)],
            topics=reminder_pages.TOPIC,
            away=reminder_pages.CANNOT_SIGN,
        )

    return room.blueprint


def _signed(desk: Desk) -> SdkConfig | None:
    """What WeChat's script asks for on this very address; None while WeChat is away."""
    try:
        return desk.sign(f"{desk.public_url}{request.full_path.rstrip('?')}")
    except WeChatError as error:
        log.warning("page is not signed error=%s", type(error).__name__)
        return None
