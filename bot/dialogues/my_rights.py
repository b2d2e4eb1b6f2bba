"""我的权利: in one reply what one has not read, can take part in, and has been answered."""

from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import bulletins, opinions, rounds
from services.calendar import today
from texts import my_rights as texts
from texts import opinion as opinion_texts


@dialogue(
    texts.NAME, also=("权利", "党员权利"), typos=("我的权力", "我的全利"), help="我的权利", order=19, passing=True
)
def my_rights(_talk: Talk, turn: Turn) -> str:
    """No question; unnamed rounds stand there until their close, whoever has answered."""
    day = today(turn.now, turn.parts.where.zone)
    unread = [one.title for one in bulletins.unread_by(turn.db, turn.who, day)]
    waiting = [one.title for one in rounds.open_for(turn.db, turn.who, turn.now)]
    said = [(one.number, opinion_texts.STATE[one.state]) for one in opinions.mine(turn.db, turn.who)]
    lines = [texts.bulletins(unread), texts.rounds(waiting), texts.opinions(said)]
    return texts.told(turn.who.name, lines)
