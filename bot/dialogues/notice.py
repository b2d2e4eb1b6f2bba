"""通知: what waits to be told, which bulletins are unread; leave that waits for a word comes first, and is asked of."""

from bot.dialogues.decision import decision
from bot.dialogues.reminder import with_consent
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from models.notice import Notice, NoticeKind
from services import bulletins, leaves, notices
from services.calendar import today
from texts import bulletin as bulletin_texts
from texts import notice as texts

MOST = 4  # lines of notices in one reply; the others wait for the next time
BESIDE_A_QUESTION = 1  # so many where the four lines about a request for leave follow


@dialogue("通知", also=("看通知", "我的通知", "消息"), typos=("通之", "同知", "通只"), help="看通知", order=3)
def notice(talk: Talk, turn: Turn) -> str | Ending:
    """No question of its own; what has been read out is not told again."""
    unseen = notices.unseen(turn.db, turn.who, turn.now)
    requests = [one for one in unseen if one.kind is NoticeKind.LEAVE_ASKED]  # 批假 knows which of them still wait
    waiting = len(leaves.waiting_for(turn.db, turn.act))
    found = [one for one in unseen if one.kind not in {NoticeKind.LEAVE_ASKED, *bulletins.KINDS}]
    others = _fitting(turn, found, BESIDE_A_QUESTION if waiting else MOST)
    full = bool(waiting and others)
    unread = [] if full else _unread(turn)
    # these point to what the list of the unread names anyway
    pointing = [one for one in unseen if one.kind in bulletins.KINDS and not full]
    if unseen:
        notices.shown(turn.db, [*requests, *pointing, *others], turn.now)
    lines = [*others.values(), *unread]
    if waiting:
        return talk.then(texts.with_requests(waiting, lines), decision)
    if lines:
        return with_consent(turn, texts.listed(lines))
    return texts.latest([*_fitting(turn, _told(turn), MOST).values()])


def waiting(turn: Turn) -> str:
    """The line after the last words of something else; "" where nothing waits."""
    count = notices.waiting(turn.db, turn.member, turn.now) if turn.member else 0
    return texts.waiting(count) if count else ""


def _unread(turn: Turn) -> list[str]:
    """The bulletins not read yet, in one line."""
    found = bulletins.unread_by(turn.db, turn.who, today(turn.now, turn.parts.where.zone))
    return [bulletin_texts.unread([one.title for one in found])] if found else []


def _told(turn: Turn) -> list[Notice]:
    """What was told last, without questions that are answered by now."""
    told = notices.latest(turn.db, turn.who, turn.now, 2 * MOST)
    return [one for one in told if one.kind not in {NoticeKind.LEAVE_ASKED, NoticeKind.UNREAD}]


def _fitting(turn: Turn, found: list[Notice], most: int) -> dict[Notice, str]:
    """The first of them with their words, at least one of them, at most so many lines."""
    kept: dict[Notice, str] = {}
    lines = 0
    for one in found:
        words = texts.words(one.kind, notices.facts_of(one), turn.parts.where.zone, turn.now)
        lines += words.count("\n") + 1
        if kept and lines > most:
            break
        kept[one] = words
    return kept
