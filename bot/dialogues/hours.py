"""学时: a member's own hours this year, what is missing, the next chance; then on request each line of them."""

from bot.answers import Choice
from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import hours
from services.calendar import local
from texts import hours as texts

SHOWN = 6  # lines in one message


@dialogue("学时", also=("我的学时",), typos=("学石", "学识", "课时"), help="我的学时", order=15, passing=True)
def own_hours(talk: Talk, turn: Turn) -> str:
    """The year's hours, and one question that any command leaves."""
    own = hours.own(turn.db, turn.who, turn.now, turn.parts.hours, turn.parts.where.zone)
    figures = texts.year(turn.who.name, own, next_chance(turn))
    if not own.items:
        return figures
    talk.ask("more", f"{figures}\n{texts.WHICH}", Choice(texts.MORE, list(texts.MORE)))
    shown = list(reversed(own.items[-SHOWN:]))
    return texts.items([texts.item(one.on, one.title, one.tenths, counts=one.counts) for one in shown], len(own.items))


def next_chance(turn: Turn) -> str:
    """The next activity that counts for the member, in a sentence."""
    found = hours.next_chance(turn.db, turn.who, turn.now, turn.parts.hours)
    if found is None:
        return texts.NO_CHANCE_YET
    at = local(found.starts_at, turn.parts.where.zone)
    return texts.chance(found.title, at, hours.worth(found, turn.parts.hours))
