"""提醒: shows what one is reminded of and changes what may be chosen; and asks for consent to notices, once."""

from dataclasses import replace

from bot.talk import Talk
from bot.turn import Turn, dialogue
from services import timetables, wishes
from texts import reminder as texts


@dialogue(
    "提醒",
    also=("我的提醒", "提醒设置", "不想收", "不收提醒"),
    typos=("题醒", "提型", "提行"),
    help="提醒",
    order=14,
    passing=True,
)
def reminder(talk: Talk, turn: Turn) -> str:
    """What stands, which of it is to change, and to what; 活动 and 改期 are not for choosing."""
    timetable, wanted = timetables.current(turn.db), wishes.of(turn.db, turn.who)
    changing = talk.choose("what", texts.standing(wanted, timetable), texts.WHAT)
    if changing == "wechat":
        return texts.subscribe(turn.parts.subscribe)
    if changing == "study":
        wanted = replace(wanted, study=talk.choose("study", texts.ASK_STUDY, texts.study_choices(timetable)))
    elif changing == "unread":
        chosen = talk.choose("unread", texts.ASK_UNREAD, texts.YES_NO, also=texts.YES_NO_ALSO)
        wanted = replace(wanted, unread=chosen == "yes")
    else:
        chosen = talk.choose("self check", texts.ASK_SELF_CHECK, texts.YES_NO, also=texts.YES_NO_ALSO)
        wanted = replace(wanted, self_check=chosen == "yes")
    wishes.keep(turn.db, turn.who, wanted)
    return texts.kept(wanted, timetable)


def with_consent(turn: Turn, reply: str) -> str:
    """The last words of something that was of use and, once in a member's life, the question for consent.

    Not for check-ins: a whole hall scans in one minute, and this looks into a table of its own.
    """
    if not turn.parts.subscribe or not wishes.ask_consent(turn.db, turn.who, turn.now):
        return reply
    return f"{reply}\n{texts.consent(turn.parts.subscribe)}"
