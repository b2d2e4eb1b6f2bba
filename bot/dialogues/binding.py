"""绑定: the 8-digit code on a slip of paper joins a WeChat account to a member; a waiting scan is then recorded."""

from bot.answers import Digits
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from services import checkins, members
from services.errors import CodeUnknown
from texts import binding as texts
from texts import checkin as checkin_texts
from texts.refusals import words


@dialogue("绑定", typos=("邦定", "帮定", "绑订"), digits=8, help="绑定微信", order=0, bound=False)
def binding(talk: Talk, turn: Turn) -> str | Ending:
    """One question, the code; a wrong one is kept before it is asked for again."""
    if turn.member is not None:
        return texts.already(turn.member.name)
    digits = talk.ask("code", texts.ASK_CODE, Digits(8))
    try:
        member = members.bind(turn.db, turn.account, digits, turn.key, turn.now, turn.parts.binding)
    except CodeUnknown as wrong:
        members.note_wrong_code(turn.db, turn.account, turn.key, turn.now)
        return talk.then(words(wrong, turn.parts.where), binding)
    arrivals = checkins.release(turn.db, turn.account, member, turn.now, turn.parts.held)
    reply = texts.bound(member.name)
    if arrivals:
        clocks = [(one.activity.title, turn.parts.where.clock(one.at)) for one in arrivals]
        reply += "\n" + checkin_texts.after_binding(clocks)
    return reply
