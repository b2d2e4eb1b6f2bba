"""公告: what has been made known; a short text is read out and so has been read, a long one leads to its page."""

from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.bulletin import Bulletin, BulletinKind
from services import bulletins
from services.calendar import today
from texts import bulletin as texts

MOST = 6  # to choose from: what has not been read comes first


@dialogue(
    texts.NAME,
    also=("通知公告", "看公告", "公示", "党务公开", "制度", "情况通报"),
    typos=("公高", "工告", "公告栏"),
    help="看公告",
    order=18,
)
def bulletin(talk: Talk, turn: Turn) -> str:
    """Which one, if there are several."""
    among = talk.keep("among", lambda: [one.public_id for one in _offered(turn)])
    if not among:
        return texts.NOTHING
    chosen = _chosen(talk, turn, among)
    body, files = bulletins.body(turn.db, chosen), len(bulletins.files(turn.db, chosen))
    if texts.is_short(body) and not files:
        bulletins.read(turn.db, chosen, turn.who, turn.now)
    objection = ""
    if chosen.kind is BulletinKind.DISPLAY and chosen.until_on:
        objection = texts.objections(chosen.until_on, chosen.contact)
    address = f"{turn.parts.pages}board/{chosen.public_id}"
    return texts.read_out(texts.heading(chosen.kind, chosen.title), body, objection, files, address)


def _offered(turn: Turn) -> list[Bulletin]:
    """What has not been read, then what was made known last and is in force."""
    day = today(turn.now, turn.parts.where.zone)
    unread = bulletins.unread_by(turn.db, turn.who, day)
    rest = [one for one in bulletins.mine(turn.db, turn.who, day) if bulletins.is_in_force(one, day)]
    return [*unread, *(one for one in rest if one not in unread)][:MOST]


def _chosen(talk: Talk, turn: Turn, among: list[str]) -> Bulletin:
    day = today(turn.now, turn.parts.where.zone)
    found = {one: bulletins.own(turn.db, turn.who, one, day) for one in among}
    if len(found) == 1:
        return found[among[0]]
    words = {
        key: texts.which(one.kind, one.title, read=bulletins.has_read(turn.db, one, turn.who))
        for key, one in found.items()
    }
    return found[talk.choose("which", texts.WHICH, words)]
