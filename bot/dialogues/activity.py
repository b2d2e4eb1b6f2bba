"""活动: what is under way and what comes next."""

from datetime import timedelta

from bot.dialogues.reminder import with_consent
from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.activity import ActivityState
from services import activities
from services.calendar import local
from texts import activity as texts


@dialogue("活动", also=("近期活动",), typos=("活到", "活懂"), help="近期活动", order=8)
def activity(_talk: Talk, turn: Turn) -> str:
    """No question: the list."""
    found = activities.coming(turn.db, turn.now - timedelta(hours=12))
    lines = [
        texts.line(
            local(one.starts_at, turn.parts.where.zone),
            one.title,
            one.place,
            open_now=one.state is ActivityState.OPEN,
        )
        for one in found
    ]
    return with_consent(turn, texts.coming(lines)) if lines else texts.coming(lines)
