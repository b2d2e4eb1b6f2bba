"""补课: the member tells how a missed activity was made up; a leader confirms it on the page."""

from bot.dialogues.reminder import with_consent
from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.activity import Activity
from models.attendance import MakeUpWay
from services import activities, makeups
from services.calendar import local
from texts import makeup as texts

LONGEST = 100


@dialogue("补课", also=("我要补课",), typos=("补刻", "补可", "捕课"), help="补课", order=9)
def makeup(talk: Talk, turn: Turn) -> str:
    """Which activity, if there are several; the way, if its kind has several; what was learnt."""
    zone = turn.parts.where.zone
    among = talk.keep("among", lambda: [one.public_id for one in makeups.owed(turn.db, turn.who, turn.now, zone)])
    if not among:
        return texts.NOTHING_OWED
    activity = _activity(talk, turn, among)
    way = _way(talk, turn, activity)
    content = talk.tell(f"content {way}", texts.CONTENT[way], LONGEST)
    makeups.tell(turn.db, turn.act, turn.who, activity, way, content)
    return with_consent(turn, texts.told(activity.title))


def _activity(talk: Talk, turn: Turn, among: list[str]) -> Activity:
    found = {one: activities.find(turn.db, one) for one in among}
    if len(found) == 1:
        return found[among[0]]
    zone = turn.parts.where.zone
    words = {key: texts.which(one.title, local(one.starts_at, zone)) for key, one in found.items()}
    return found[talk.choose("which", texts.WHICH, words)]


def _way(talk: Talk, turn: Turn, activity: Activity) -> MakeUpWay:
    ways = makeups.WAYS[activity.kind]
    starts = local(activity.starts_at, turn.parts.where.zone)
    if len(ways) == 1:
        talk.say(texts.which(activity.title, starts))
        return ways[0]
    return talk.choose("way", texts.how(activity.title, starts), {one: texts.WAY[one] for one in ways})
