"""重温誓词: the whole oath in one message, then kept that it was read again, of the member's own accord."""

from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import oaths
from services.calendar import local
from texts import oath as texts


@dialogue(
    "重温誓词",
    also=("宣誓", "誓词", "入党誓词"),
    typos=("重温誓言", "宣示", "事词"),
    help="重温誓词",
    order=15,
    passing=True,
)
def oath(talk: Talk, turn: Turn) -> str:
    """One question; whoever leaves it has read it all the same, and nothing is kept."""
    talk.choose("read", texts.WHOLE, texts.READ, also=texts.READ_ALSO)
    before = oaths.last(turn.db, turn.who)
    oaths.read(turn.db, turn.who, turn.key, turn.now)
    return texts.read(turn.who.name, local(before, turn.parts.where.zone) if before else None)
