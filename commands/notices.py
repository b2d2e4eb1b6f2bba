"""What is sent to members, and the menu of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.register import Chosen, Stop, argument, command
from texts import cli as texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app import House

DEAD = 200  # failed notices in one list


@command("notices status", "how many notices there are in which state, and who sends them")
def _notices_status(chosen: Chosen) -> None:
    from pages.metrics import heartbeats
    from services import outbox

    house = chosen.house()
    with house.reading() as db:
        now = house.clock()
        for one in outbox.counts(db):
            print(texts.notices_counted(one.state, one.kind, one.channel, one.number))
        print(texts.notices_late(outbox.oldest(db, now)))
        for part, ages in heartbeats(db, now, house.lasts).items():
            print(texts.part_alive(part, ages))


@command(
    "notices retry",
    "have what failed for a mistake of ours sent once more, while it is of use",
    argument("ids", nargs="*", help="as `notices dead` shows them; none means all"),
)
def _notices_retry(chosen: Chosen) -> None:
    from services import outbox, quiet

    house = chosen.house()

    def retry(db: Session) -> int:
        return outbox.retry(db, house.clock(), quiet.of(db, house.settings.zone), chosen.ids or None)

    print(texts.notices_retried(house.run(retry)))


@command("notices dead", "list what failed, newest first")
def _notices_dead(chosen: Chosen) -> None:
    from services import outbox

    house = chosen.house()
    with house.reading() as db:
        found = outbox.dead(db, DEAD)
        for one in found:
            print(texts.notice_dead(one, house.settings.zone))
    if not found:
        print(texts.NO_DEAD_NOTICES)


@command("menu push", "send the chat menu to WeChat")
def _menu_push(chosen: Chosen) -> None:
    send_menu(chosen.house())
    print(texts.MENU_SENT)


def send_menu(house: House) -> None:
    """Send the chat menu; what WeChat says against it ends the command."""
    from bot.menu import menu
    from wechat.errors import WeChatError

    try:
        house.account.create_menu(menu())
    except WeChatError as error:
        raise Stop(texts.menu_refused(str(error))) from None
