"""自查: a member writes some lines for the member alone, reads them again, or deletes them."""

from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import self_checks
from services.calendar import local
from texts import self_check as texts

LONGEST = 400  # characters; so the whole of one fits a reply
SHOWN = 8


@dialogue("自查", also=("我的自查", "自我检查"), typos=("自察", "自茶", "字查"), help="自查", order=16, passing=True)
def self_check(talk: Talk, turn: Turn) -> str:
    """Write, or read what was written; passing, so that no draft of it is ever put aside."""
    own = self_checks.own(turn.db, turn.who, SHOWN)
    some = talk.keep("some", lambda: len(own))
    if some and talk.choose("what", texts.before(some), texts.WHAT) == "read":
        return _again(talk, turn)
    text = talk.tell("text", texts.WRITE, LONGEST)
    self_checks.write(turn.db, turn.who, text, turn.key, turn.now)
    return texts.KEPT


def _again(talk: Talk, turn: Turn) -> str:
    zone = turn.parts.where.zone
    lines = {
        one.public_id: texts.line(local(one.at, zone), one.text) for one in self_checks.own(turn.db, turn.who, SHOWN)
    }
    wanted = talk.choose("which", texts.WHICH, lines)
    found = self_checks.find(turn.db, turn.who, wanted)
    if found is None:
        return texts.GONE
    then = talk.choose(f"then {wanted}", texts.whole(local(found.at, zone), found.text), texts.THEN)
    if then == "keep":
        return texts.LEFT
    self_checks.drop(turn.db, turn.who, wanted)
    return texts.DROPPED
