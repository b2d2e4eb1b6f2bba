"""请假: the member says which activity and why; the leader is asked. 撤回请假 takes it back, 家属代请 tells how."""

from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.activity import Activity
from models.leave import Leave, LeaveClass
from services import activities, leaves, notices
from services.calendar import local
from services.leaves import Wish
from texts import leave as texts

LONGEST_REASON = 60


@dialogue(
    "请假",
    also=("来不了", "我要请假"),
    typos=("请价", "清假", "去不了", "参加不了"),
    help="请假",
    order=2,
    bound=False,
)
def leave(talk: Talk, turn: Turn) -> str:
    """Which activity, if there are several; the class; for 其他 the reason."""
    if turn.member is None:
        return texts.NOT_BOUND
    zone = turn.parts.where.zone
    among = talk.keep("among", lambda: [one.public_id for one in leaves.askable(turn.db, turn.who, turn.now, zone)])
    if not among:
        return _nothing_to_ask(turn)
    for one in leaves.called_off(turn.db, turn.who, turn.now):
        talk.say(texts.cancelled(one.title, local(one.starts_at, zone)))
    activity = _activity(talk, turn, among)
    leaves.check(turn.db, turn.who, activity, turn.now, zone)
    starts = local(activity.starts_at, zone)
    known = talk.keep("starts", starts.isoformat)
    why = texts.why(activity.title, starts, moved=activity.moved_from is not None, past=turn.now > starts)
    leave_class = talk.choose("class", why, texts.ASKED_OF_MEMBERS, also=texts.ALSO_CALLED)
    reason = talk.tell("reason", texts.REASON, LONGEST_REASON) if leave_class is LeaveClass.OTHER else ""
    if known != starts.isoformat() and not talk.yes("still", texts.moved_meanwhile(activity.title, starts)):
        return texts.NOT_ASKED
    made = leaves.ask(turn.db, turn.act, turn.who, activity, Wish(leave_class, reason))
    notices.leave_asked(turn.db, made, turn.now, zone)
    return texts.asked([one.name for one in leaves.deciders(turn.db, made, turn.now, zone)])


@dialogue("撤回请假", also=("撤销请假", "取消请假", "销假", "不请假了"), order=30)
def withdrawal(talk: Talk, turn: Turn) -> str:
    """Which request, if there are several; yes or no."""
    zone = turn.parts.where.zone
    among = talk.keep("among", lambda: [one.public_id for one in leaves.withdrawable(turn.db, turn.who, turn.now)])
    if not among:
        return texts.NOTHING_TO_WITHDRAW
    request = _request(talk, turn, among)
    activity, starts = request.activity, local(request.activity.starts_at, zone)
    if not talk.yes("sure", texts.withdraw(activity.title, starts)):
        return texts.KEPT
    leaves.withdraw(turn.db, turn.act, request)
    notices.leave_settled(turn.db, request, turn.now)
    return texts.withdrawn(activity.title, starts)


@dialogue("家属代请", also=("代请", "代请假", "帮人请假", "替人请假"), bound=False)
def family(_talk: Talk, _turn: Turn) -> str:
    """No question: a family tells the leader."""
    return texts.FAMILY


def _nothing_to_ask(turn: Turn) -> str:
    """Says what stands against it where something does: asked already, there already, cancelled …"""
    objection = leaves.objection(turn.db, turn.who, turn.now, turn.parts.where.zone)
    if objection is not None:
        raise objection
    return texts.NOTHING_TO_ASK


def _activity(talk: Talk, turn: Turn, among: list[str]) -> Activity:
    found = {one: activities.find(turn.db, one) for one in among}
    if len(found) == 1:
        return found[among[0]]
    zone = turn.parts.where.zone
    words = {key: texts.which(one.title, local(one.starts_at, zone)) for key, one in found.items()}
    return found[talk.choose("which", texts.WHICH, words)]


def _request(talk: Talk, turn: Turn, among: list[str]) -> Leave:
    found = leaves.those(turn.db, among)
    if len(found) == 1:
        return found[among[0]]
    zone = turn.parts.where.zone
    words = {key: texts.which(one.activity.title, local(one.activity.starts_at, zone)) for key, one in found.items()}
    return found[talk.choose("which", texts.WITHDRAW_WHICH, words)]
