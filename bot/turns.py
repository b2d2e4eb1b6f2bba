"""One turn: lock the person, give a known reply again, else let the chat decide and run, then keep chat and reply."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from threading import Lock

from sqlalchemy.orm import Session

from bot.answers import Heard, Kind
from bot.apart import Apart, Recalled
from bot.chat import Chat
from bot.dialogues.checkin import placed, scanned
from bot.dialogues.decision import pushed
from bot.dialogues.notice import waiting
from bot.hearing import Customs, Elsewhere, Hearing, Pushed
from bot.memory import Hold, Memory
from bot.once import After, Once, Run
from bot.registry import Dialogue, Registry
from bot.surge import AWAY, Surge, Told
from bot.talk import Ending, Talk
from bot.together import Send
from bot.turn import Parts, Turn
from bot.words import Match, command, normalise
from services import credits, deliveries, members, outbox
from services.errors import HallCodeUnknown, Refusal
from services.members import Account
from texts import binding as binding_texts
from texts import confidential as report_texts
from texts import turn as texts
from texts.refusals import words
from wechat import messages
from wechat.messages import Message

log = logging.getLogger(__name__)
MESSAGES = {"text": Kind.TEXT, "voice": Kind.VOICE}
WORDLESS = frozenset(["image", "video", "shortvideo", "location", "link"])
SHORT = 8  # characters: a number, a letter, a command; no more goes on while confidential talks cannot be looked up
TOLD = frozenset(
    ["subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event", "templatesendjobfinish"]
)
GONE = frozenset(["unsubscribe", "user_authorization_revoke", "user_authorization_cancellation"])


class NotKept(Exception):
    """An event was heard while the database was away, and nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The chat of everybody. `run` gives each dialogue its transaction, `memory` and `apart` may be away."""

    registry: Registry[Turn]
    memory: Memory
    apart: Apart
    run: Run
    clock: Callable[[], datetime]
    parts: Parts
    surge: Surge
    aside: Executor  # whose threads take the turns: whoever hands in a delivery need not wait
    patience: float  # seconds a turn may wait for one of them

    def take(self, message: Message, told: Told) -> None:
        """Have the reply to one delivery of a message told by another thread, or what went wrong; None is no reply.

        What happened is decided by SQL; what Redis adds is that a delivery waits for its twin and that an
        unfinished conversation goes on.
        """
        if not _concerns_us(message):
            told(None)()
            return
        key = message.key(self.parts.app_id)
        account = Account(self.parts.app_id, message.person)
        context = copy_context()  # what is said in the log belongs to the request, whichever thread says it
        work = partial(self._alone, message, account, key, told, time.monotonic())
        alone = partial(self._hand_over, partial(context.run, work))

        def told_within(heard: str | Exception | None) -> Send:
            return context.run(told, heard)

        if message.event != "scan" or not self.surge.take(message, account, key, told_within, alone):
            alone()

    def _hand_over(self, work: Callable[[], None]) -> None:
        """Have a thread of their own do it. Raises RuntimeError where none is to be had: then it will not be done."""
        begun = Lock()

        def once() -> None:
            if begun.acquire(blocking=False):
                work()

        try:
            self.aside.submit(once)
        except RuntimeError:  # it is in the queue all the same, for a thread that comes free
            if begun.acquire(blocking=False):
                raise

    def _alone(self, message: Message, account: Account, key: str, told: Told, since: float) -> None:
        """A turn by itself; where there is more to do than we can, no more of it than to say so."""
        spent = time.monotonic() - since
        reply: str | Exception | None
        try:
            if spent < self.patience:
                reply = self._reply(message, account, key, spent)
            elif message.event in TOLD | GONE:
                reply = NotKept()
            else:
                reply = texts.LATER
        except Exception as error:  # noqa: BLE001 - whoever waits for the reply knows what is to be said
            reply = error
        told(reply)()

    def _reply(self, message: Message, account: Account, key: str, spent: float) -> str | None:
        """The reply, for which so many seconds have been spent before. Raises NotKept."""
        if message.event in TOLD:
            with _kept(message):
                self._told(message, account, key)
            return None
        with self.memory.alone(account.digest, key, spent) as hold:
            if hold is Hold.OTHER:
                return texts.STILL_BUSY
            # a twin's lock may be that of a process killed a moment ago: go on, SQL lets only one of two happen
            known = self.memory.given(key)
            if known is not None:
                return known or None
            try:
                return self._answer(message, account, key)
            except AWAY:
                return texts.LATER  # not kept: the next try may succeed

    def apology(self, number: str) -> str:
        """What the person hears when a fault of ours stopped the turn."""
        return texts.apology(number, self.parts.where.telephone)

    def _answer(self, message: Message, account: Account, key: str) -> str | None:
        if message.event in GONE:
            with _kept(message):
                self._forget(account)
            return None
        if message.kind == "event" and message.event != "click":
            chat = Chat.load(self.memory.talk(account.digest))
            return self._keep(account, key, chat, self._met(message, account, key, chat))
        recalled = self.apart.recall(account.openid, key, int(self.clock().timestamp()))
        if recalled.reply is not None:
            return recalled.reply
        return self._in_confidence(message, account, key, recalled) or self._openly(message, account, key, recalled)

    def _openly(
        self, message: Message, account: Account, key: str, recalled: Recalled, match: Match | None = None
    ) -> str | None:
        """What is no confidential talk, or begins with what was asked for in one; the way into one leads away."""
        chat = Chat.load(self.memory.talk(account.digest))
        # What belongs to a confidential talk that cannot be looked up, or is lost, must not land here.
        if recalled.away and chat.talk and len(normalise(_words(message))) > SHORT:
            return texts.LATER
        doubtful = match is None and chat.talk is not None and chat.talk.touched < recalled.since
        try:
            reply = match is None and self._placed(message, account, key, chat)
            reply = reply or self._said(message, account, key, chat, match, doubtful=doubtful)
        except Elsewhere as elsewhere:
            reply = self._apart(message, account, key, Chat(), elsewhere)
            if elsewhere.opening:  # the talk that led there is over; of the reply nothing is kept here
                self.memory.leave(account.digest, chat.dump(), self.parts.talk_keep_hours * 3600)
            return reply
        return self._keep(account, key, chat, reply)

    def _in_confidence(self, message: Message, account: Account, key: str, recalled: Recalled) -> str | None:
        """The reply of a confidential talk that is open or has run out; None where there is none."""
        if recalled.talk:
            try:
                return self._apart(message, account, key, Chat.load(recalled.talk))
            except Elsewhere as elsewhere:  # another command has left it
                self.apart.drop(account.openid)
                return self._openly(message, account, key, recalled, elsewhere.match)
        if recalled.stopped and not command(_words(message), self.registry.vocabulary):
            return self.apart.keep(account.openid, key, None, report_texts.STOPPED, int(self.clock().timestamp()))
        return None

    def _apart(self, message: Message, account: Account, key: str, chat: Chat, handed: Elsewhere | None = None) -> str:
        """A turn of a confidential talk: no database, and nothing in the application's Redis. Raises Elsewhere."""
        now = self.clock()
        said_at = datetime.fromtimestamp(message.created, UTC)
        turn = Turn(Session(), account, None, now, said_at, key, self.parts)  # a session of no database at all
        heard = Heard(_kind(message), _words(message), message.created, key)

        def perform(dialogue: Dialogue[Turn], talk: Talk) -> Ending:
            return dialogue(talk, turn)

        customs = Customs(telephone=self.parts.where.telephone)
        hearing = Hearing(self.registry, customs, chat, heard, int(now.timestamp()), perform, sealed=True)
        reply = hearing.begin(handed.match, handed.opening) if handed else hearing.reply()
        kept = self.apart.keep(account.openid, key, chat.dump(), reply, int(now.timestamp()))
        if kept is None and chat.talk is not None:
            return report_texts.cannot_remember(self.parts.intake.page, self.parts.intake.upper)
        return reply if kept is None else kept

    def _keep(self, account: Account, key: str, chat: Chat, reply: str) -> str:
        kept = self.memory.keep(account.digest, chat.dump(), self.parts.talk_keep_hours * 3600, key, reply)
        return reply if kept or chat.talk is None else texts.FORGETFUL

    def _said(
        self, message: Message, account: Account, key: str, chat: Chat, match: Match | None, *, doubtful: bool
    ) -> str:
        """Words, spoken words, a menu tap or something without words; `match` is what it was found to ask for."""
        now = self.clock()
        picture = message.media_id if message.kind == "image" else ""
        heard = Heard(_kind(message), _words(message), message.created, key, picture)

        def turn(db: Session) -> Turn:
            return self._turn(db, message, account, key, now)

        def ended(turn: Turn, ending: Ending) -> None:
            """A message lets us answer for two days; of one that leads into a confidential talk nothing is noted."""
            led_to = self.registry.get(ending.next) if ending.next else None
            if message.kind != "event" and not (led_to and led_to.sealed):
                members.spoke(turn.db, account, now)

        def asked() -> Pushed | None:
            return self.run(lambda db: pushed(turn(db)))

        once = Once(self.run, turn, key, self.parts.where, After(waiting, ended))
        customs = Customs(self.parts.talk_minutes, self.parts.talk_keep_hours, self.parts.where.telephone)
        hearing = Hearing(self.registry, customs, chat, heard, int(now.timestamp()), once, asked, doubtful=doubtful)
        return hearing.begin(match) if match else hearing.reply()

    def _met(self, message: Message, account: Account, key: str, chat: Chat) -> str:
        """A new follower, or a scan: no question, so whatever is open stays so, but for a check-in."""
        now = self.clock()

        def work(db: Session) -> str:
            if message.event == "subscribe":
                members.meet(db, account, now)
            turn = self._turn(db, message, account, key, now)
            if message.event == "subscribe" and turn.member is not None:
                outbox.follows(db, turn.member)
            reply = scanned(turn, message.scene) if message.scene else self._welcome(turn)
            return "\n".join(filter(None, [reply, waiting(turn)]))

        try:
            reply = self.run(work)
        except Refusal as refusal:
            if message.event == "subscribe":
                reply = self.run(lambda db: self._follow(db, message, account, key, now))
                return reply if isinstance(refusal, HallCodeUnknown) else f"{words(refusal, self.parts.where)}\n{reply}"
            return words(refusal, self.parts.where)
        _beside(chat)
        return reply

    def _placed(self, message: Message, account: Account, key: str, chat: Chat) -> str | None:
        """A position sent, where an activity takes check-ins by place; None for everything else."""
        position, now = _position(message), self.clock()
        if position is None:
            return None

        def work(db: Session) -> str | None:
            turn = self._turn(db, message, account, key, now)
            reply = placed(turn, *position)
            return reply and "\n".join(filter(None, [reply, waiting(turn)]))

        try:
            reply = self.run(work)
        except Refusal as refusal:
            return words(refusal, self.parts.where)
        if reply is not None:
            _beside(chat)
        return reply

    def _follow(self, db: Session, message: Message, account: Account, key: str, now: datetime) -> str:
        members.meet(db, account, now)
        turn = self._turn(db, message, account, key, now)
        if turn.member is not None:
            outbox.follows(db, turn.member)
        return self._welcome(turn)

    def _welcome(self, turn: Turn) -> str:
        if turn.member is not None:
            return binding_texts.welcome_back(turn.member.name)
        return binding_texts.welcome(self.parts.branch)

    def _told(self, message: Message, account: Account, key: str) -> None:
        """What WeChat tells of consents and of messages sent: in any order, late or twice, it comes to the same."""
        now, at = self.clock(), datetime.fromtimestamp(message.created, UTC)
        consents = messages.consents(message)
        outcomes = [
            deliveries.Told(one.message_id or f"{key[:28]}.{place}", one.template_id, one.arrived, one.code)
            for place, one in enumerate(messages.outcomes(message))
        ]

        def work(db: Session) -> None:
            identity = members.known(db, account)
            for one in consents:
                if identity is None:
                    break  # of who has left nothing is kept
                purse = credits.Purse(identity.id, one.template_id)
                (credits.accepted if one.accepted else credits.refused)(db, purse, at, f"{key}:{one.template_id}")
            if outcomes:
                deliveries.heard(db, account.app_id, identity, outcomes, at, now)

        if consents or outcomes:
            self.run(work)

    def _forget(self, account: Account) -> None:
        """Erase what ties the person to WeChat (platform page 接收事件推送: on unfollowing, delete their data)."""
        self.run(lambda db: members.forget_account(db, account, self.clock()))
        self.memory.forget(account.digest)
        self.apart.drop(account.openid)

    def _turn(self, db: Session, message: Message, account: Account, key: str, now: datetime) -> Turn:
        return Turn(
            db=db,
            account=account,
            member=members.of_account(db, account),
            now=now,
            said_at=datetime.fromtimestamp(message.created, UTC),
            key=key,
            parts=self.parts,
        )


@contextmanager
def _kept(message: Message) -> Iterator[None]:
    """An event that nobody hears an answer to: who could send it again is WeChat alone. Raises NotKept."""
    try:
        yield
    except AWAY as error:
        log.warning("event not kept event=%s error=%s", message.event, type(error).__name__)
        raise NotKept from None


def _beside(chat: Chat) -> None:
    """A check-in beside an open talk: it settles the question for the number, and no other."""
    chat.offer = None  # a later "1" must not answer a question from before
    if chat.talk and chat.talk.flow == "签到":
        chat.talk = None


def _position(message: Message) -> tuple[float, float] | None:
    """Latitude and longitude of a location message in degrees; None of any other, or where they are none on earth."""
    if message.kind != "location":
        return None
    try:
        north, east = float(message.fields.get("Location_X", "")), float(message.fields.get("Location_Y", ""))
    except ValueError:
        return None
    return (north, east) if -90 <= north <= 90 and -180 <= east <= 180 else None  # nan is in no range


def _concerns_us(message: Message) -> bool:
    """Everything else is the platform's small talk: taken, not answered."""
    if message.kind == "event":
        return message.event in {"subscribe", "scan", "click"} or message.event in GONE | TOLD
    return message.kind in MESSAGES or message.kind in WORDLESS


def _kind(message: Message) -> Kind:
    if message.kind == "event":
        return Kind.TAP
    return MESSAGES.get(message.kind, Kind.OTHER)


def _words(message: Message) -> str:
    if message.kind == "event":
        return message.event_key
    return message.recognition if message.kind == "voice" else message.text
