"""批假: a leader decides requests for leave, from a list where several wait, or in answer to the one just sent."""

from bot.hearing import Pushed
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from models.leave import Leave, LeaveState
from services import leaves, notices
from services.calendar import local
from services.errors import Decided, NotAllowed
from texts import leave as texts
from texts.refusals import words

MOST = 8  # requests in one list; the others follow
OWN_SETTLED = 60  # seconds for which whoever has just decided may ask again: the message may be delivered twice


@dialogue("批假", also=("审批", "批准请假", "同意请假"), typos=("皮假", "批家"), help="批请假", order=11, leads=True)
def decision(talk: Talk, turn: Turn) -> str | Ending:
    """Which request, if several wait; 1 agrees, 2 does not. The others follow at once."""
    act = turn.act
    asked = talk.given("leave", str)
    among = talk.keep("among", lambda: [asked] if asked else [one.public_id for one in _waiting(turn)])
    if not among:
        if not act.rights.leads:
            raise NotAllowed
        return texts.NOTHING_WAITS
    request = _request(talk, turn, among)
    try:
        if request.state is not LeaveState.WAITING:
            raise leaves.settled(request)
        agreed = talk.choose(f"agreed {request.public_id}", _question(turn, request), texts.AGREED)
        leaves.decide(turn.db, act, request, agreed=agreed == "yes", note="")
    except Decided as refusal:
        return _on(talk, turn, words(refusal, turn.parts.where))
    notices.leave_decided(turn.db, request, turn.now, turn.parts.where.zone)
    return _on(talk, turn, texts.decided(request.member.name, agreed=agreed == "yes"))


def pushed(turn: Turn) -> Pushed | None:
    """The request that was sent to this leader last and that the next message may decide; several are listed first."""
    sent = notices.asked_last(turn.db, turn.member, turn.now) if turn.member else None
    if turn.member is None or sent is None or sent.closed_at is None:
        return None
    request = leaves.find(turn.db, str(notices.facts_of(sent)["leave"]))
    if request is None:
        return None
    at = int(sent.closed_at.timestamp())
    if request.state is LeaveState.WAITING:
        waiting = _waiting(turn)
        if request not in waiting:
            return None  # the office is over
        alone = len(waiting) == 1
        return Pushed(sent.public_id, at, decision.name, {"leave": request.public_id} if alone else {})
    settled = request.decided_at or turn.now
    own = request.decided_by_id == turn.member.id
    if own and (turn.now - settled).total_seconds() > OWN_SETTLED:
        return None
    return Pushed(sent.public_id, at, decision.name, {"leave": request.public_id}, settled=True)


def _waiting(turn: Turn) -> list[Leave]:
    return leaves.waiting_for(turn.db, turn.act)


def _on(talk: Talk, turn: Turn, reply: str) -> str | Ending:
    """On to the others that wait; with none, that was all."""
    return talk.then(reply, decision) if _waiting(turn) else reply


def _request(talk: Talk, turn: Turn, among: list[str]) -> Leave:
    found = leaves.those(turn.db, among)
    if len(found) == 1:
        return found[among[0]]
    zone = turn.parts.where.zone
    lines = {
        key: texts.request_line(one.member.name, local(one.activity.starts_at, zone), one.leave_class)
        for key, one in list(found.items())[:MOST]
    }
    return found[talk.choose("which", texts.DECIDE_WHICH, lines)]


def _question(turn: Turn, request: Leave) -> str:
    activity = request.activity
    starts = local(activity.starts_at, turn.parts.where.zone)
    remarks = []
    if request.by_family:
        remarks.append(texts.BY_FAMILY)
    if request.asked_at > activity.starts_at:
        remarks.append(texts.AFTERWARDS)
    return texts.request(request.member.name, (activity.title, starts), request.leave_class, request.reason, remarks)
