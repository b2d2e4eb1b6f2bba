"""登录: lets a browser in that shows a number, after telling where it is and what it is."""

from bot.answers import Digits
from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import visits
from texts import login as texts


@dialogue("登录", also=("登陆", "登录网页"), typos=("登路", "登入"), digits=4, help="登录网页", order=10)
def login(talk: Talk, turn: Turn) -> str:
    """The number, then yes or no. The browser is kept, not its number, which may soon be another's."""
    number = talk.ask("number", texts.ask_number(turn.parts.pages), Digits(4), giving_up=texts.GIVING_UP)
    seen = talk.keep(f"visit {number}", lambda: _waiting(turn, number))
    if not seen:
        talk.again("number", texts.UNKNOWN)
    visit = visits.of_public_id(turn.db, seen)
    if visit is None:
        return texts.EXPIRED
    if not talk.yes("mine", texts.confirm(visit.place, visit.device)):
        return texts.REFUSED
    if not visits.confirm(turn.db, turn.who, visit, turn.now):
        return texts.EXPIRED
    return texts.LEADS if turn.act.rights.leads else texts.READS


def _waiting(turn: Turn, number: str) -> str:
    visit = visits.waiting(turn.db, number, turn.now)
    return visit.public_id if visit else ""
