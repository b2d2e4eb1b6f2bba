"""记录: a member's own year, nobody else's; then on request each activity, or what can be made up and how."""

from bot.answers import Choice
from bot.dialogues.hours import next_chance
from bot.dialogues.reminder import with_consent
from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.activity import Activity
from services import hours, makeups, records
from services.calendar import local
from services.records import Once
from texts import hours as hours_texts
from texts import makeup as makeup_texts
from texts import record as texts

SHOWN = 6  # activities in one message


@dialogue("记录", also=("我的记录",), typos=("纪录", "记路"), help="我的记录", order=7, passing=True)
def record(talk: Talk, turn: Turn) -> str:
    """The year's figures, and one question that any command leaves."""
    zone, member = turn.parts.where.zone, turn.who
    own = records.own(turn.db, member, turn.now, turn.parts.attendance, zone)
    learned = hours.own(turn.db, member, turn.now, turn.parts.hours, zone)
    figures = texts.year(member.name, own, hours_texts.standing(learned))
    if not own.cases:
        return f"{figures}\n{texts.NOTHING}"
    wanted = talk.ask("more", f"{figures}\n{texts.WHICH}", Choice(texts.MORE, list(texts.MORE)))
    if wanted == "cases":
        lines = [_line(turn, one) for one in reversed(own.cases[-SHOWN:])]
        return with_consent(turn, texts.cases(lines, len(own.cases)))
    owed = makeups.owed(turn.db, member, turn.now, zone)
    made_up = makeup_texts.all_owed([_owed(turn, one) for one in owed])
    return "\n".join(filter(None, [made_up, hours_texts.missing(learned, next_chance(turn))]))


def _line(turn: Turn, case: Once) -> str:
    at = local(case.activity.starts_at, turn.parts.where.zone)
    return texts.case(case.activity.title, at, (case.verdict.status, case.verdict.leave), made_up=case.made_up)


def _owed(turn: Turn, activity: Activity) -> str:
    until = local(activity.starts_at + makeups.WITHIN, turn.parts.where.zone)
    return makeup_texts.owed(activity.title, makeups.WAYS[activity.kind], until)
