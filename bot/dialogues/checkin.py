"""签到: by scan without a question, by the screen's 6-digit number with one at most."""

from bot.answers import Digits
from bot.talk import Talk
from bot.turn import Turn, dialogue
from models.checkin import Method
from models.member import Member
from services import activities, checkins, hallcodes, places
from services.checkins import Arrival, Claim
from services.errors import HallCodeUnknown, NothingOpen, Refusal
from texts import checkin as texts
from texts.refusals import words


@dialogue(
    "签到",
    also=("我到了", "来了", "报到"),
    typos=("鉴到", "签道", "千到", "签倒", "报道", "点名"),
    digits=6,
    help="签到",
    order=1,
    bound=False,
)
def checkin(talk: Talk, turn: Turn) -> str:
    """The number on the big screen; three wrong ones and the group leader helps."""
    before = _before(turn)
    if before:
        return before
    if not activities.open_now(turn.db):
        raise NothingOpen
    digits = talk.ask("number", texts.ASK_NUMBER, Digits(6), giving_up=texts.LEADER_WILL_HELP)
    try:
        activity = hallcodes.of_number(turn.db, digits, turn.sent_at, turn.parts.hall)
    except HallCodeUnknown as wrong:
        talk.again("number", words(wrong, turn.parts.where))
    return arrive(turn, Claim(activity, Method.NUMBER, turn.sent_at, turn.key))


def scanned(turn: Turn, scene: str) -> str:
    """The reply to a scan of the hall's QR: it signs in at once, or waits for the binding."""
    try:
        activity = hallcodes.of_scene(turn.db, scene, turn.sent_at, turn.parts.hall)
    except Refusal:  # closed meanwhile, perhaps
        before = _before(turn)
        if not before:
            raise
        return before
    return arrive(turn, Claim(activity, Method.SCAN, turn.sent_at, turn.key))


def placed(turn: Turn, latitude: float, longitude: float) -> str | None:
    """The reply to a position sent in chat; None while no activity takes check-ins by place."""
    activity = places.of_position(turn.db, latitude, longitude)
    return arrive(turn, Claim(activity, Method.PLACE, turn.sent_at, turn.key)) if activity else _before(turn)


def arrive(turn: Turn, claim: Claim) -> str:
    """Check in whoever is bound; keep the claim of whoever is not, with its time."""
    if turn.member is None:
        checkins.hold(turn.db, turn.account, claim)
        return texts.BIND_FIRST
    return _words(turn, turn.member, checkins.arrive(turn.db, turn.member, claim, turn.now))


def _before(turn: Turn) -> str | None:
    """What this very message was told before: of a check-in no reply is kept, but its row knows the message."""
    arrival = turn.member and checkins.of_message(turn.db, turn.member, turn.key)
    return _words(turn, turn.member, arrival) if turn.member and arrival else None


def _words(turn: Turn, member: Member, arrival: Arrival) -> str:
    clock = turn.parts.where.clock(arrival.at)
    if not arrival.ours:
        return texts.already(clock)
    return texts.arrived(member.name, arrival.activity.title, clock, expected=arrival.expected)
