"""记录: a member's own year, nobody else's."""

from datetime import datetime

from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import checkins
from services.calendar import local, today
from texts import record as texts

SHOWN = 3


@dialogue("记录", also=("我的记录",), typos=("纪录", "记路"), help="我的记录", order=30)
def record(talk: Talk, turn: Turn) -> str:
    """The year's figures and the last check-ins."""
    member, zone = turn.who, turn.parts.where.zone
    year = today(turn.now, zone).year
    since, until = (datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    count = checkins.attended(turn.db, member, since, until)
    talk.say(texts.year(member.name, year, count.expected, count.present, count.others))
    return texts.latest(
        [(f"{local(at, zone):%m-%d %H:%M}", activity.title) for activity, at in checkins.latest(turn.db, member, SHOWN)]
    )
