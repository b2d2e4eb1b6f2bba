"""帮助 and 更多: what can be done here, seven lines first, then the rest; a number starts it."""

from bot.talk import Ending, Talk
from bot.turn import REGISTRY, Turn, dialogue
from texts import assist as texts

FIRST = 7
MORE = "更多"


@dialogue("帮助", also=("?", "菜单"), typos=("帮住", "邦助", "帮忙"), bound=False, passing=True)
def assist(talk: Talk, turn: Turn) -> Ending:
    """One question, whose answer hands over to what was chosen."""
    head, rest = _lines(turn)
    chosen = talk.choose("what", texts.WHAT, {**head, MORE: MORE} if rest else head)
    return talk.then("", chosen)


@dialogue(MORE, bound=False, passing=True)
def more(talk: Talk, turn: Turn) -> Ending:
    """What the first lines leave out; all of it while there are no more than those."""
    head, rest = _lines(turn)
    return talk.then("", talk.choose("what", texts.WHAT, rest or head))


def _lines(turn: Turn) -> tuple[dict[str, str], dict[str, str]]:
    """The first lines of 帮助 and the rest: name -> words.

    Binding only for whom it is still to be done, what leaders do for leaders.
    """
    leads = turn.member is not None and turn.act.rights.leads
    suits = [one for one in REGISTRY if one.help and (leads or not one.leads)]
    lines = [(one.name, one.help) for one in suits if turn.member is None or one.name != "绑定"]
    return dict(lines[:FIRST]), dict(lines[FIRST:])
