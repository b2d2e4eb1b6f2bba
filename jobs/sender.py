"""The sender: takes due notices, sends each by the way WeChat allows now, and notes what became of it.

Any number of senders may run, in one process or in many. One of them has one transaction for many messages: it notes
what was answered and takes as many new ones as there is room for; the calls themselves run in threads beside it.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from jobs.calls import Calls
from jobs.channels import Choice, Choosing, Rests, ways
from jobs.desk import Desk
from jobs.quotas import Bucket, midnight, next_minute
from models.notice import Channel, NoticeKind
from services import leases, outbox, quiet
from services.outbox import Fate, Leaving, Outcome, Ripe
from services.quiet import AT_ONCE
from services.reminders import PLACE
from texts import card as texts
from texts import notice as notice_texts
from wechat import fields
from wechat.errors import (
    ApiExhausted,
    OutcomeUnknown,
    PersonUnreachable,
    TokenRefused,
    WeChatDown,
    WeChatError,
    WeChatRejected,
)

log = logging.getLogger(__name__)
LOOKS_EVERY = 1.0  # seconds between two looks for something due
GATHERS = 0.02  # seconds in which answers are gathered: one transaction serves several, and others write between
TIDIES_EVERY = timedelta(seconds=10)
ENDS_WITHIN = 5.0  # seconds for the calls under way when told to end; what is lost then is unsure, or goes again
ALIVE = "sender:"  # how the leases begin by which senders say that they live
ALIVE_FOR, TELLS_EVERY = timedelta(seconds=30), timedelta(seconds=10)
WORDLESS = "wordless"  # a reason of our own, beside the platform's codes
TOO_MANY_A_MINUTE = 45011
# secret, app id, IP list, API not granted: nobody can be served until somebody mends it, and then everybody
SETTINGS_CODES = frozenset(
    {40002, 40013, 40125, 40164, 41002, 41004, 48001, 48006, 50002, 61007, 89501, 89503, 89506, 89507}
)
MENDED_WITHIN = timedelta(minutes=15)  # longer than a notice is kept waiting where another way is open


Said = str | Mapping[str, str]
"""What a message says: a text, or what stands in its template's fields."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A message about to leave."""

    leaving: Leaving
    said: Said


Answer = tuple[Errand, str | WeChatError]
"""How a call ended: with WeChat's number of the message, or with an error."""


@dataclass(frozen=True, slots=True)
class Wave:
    """What one transaction has decided: what leaves, what it uses of each quota, what it noted, how many were taken."""

    errands: Sequence[Errand]
    used: Mapping[Channel, int]
    told: Sequence[Outcome]
    taken: int


@dataclass
class Sender:
    """One sender, to be started, or to be told each time to send what is due."""

    desk: Desk
    zone: ZoneInfo
    clock: Callable[[], datetime]
    rests: Rests = field(default_factory=Rests)
    alerted: set[int] = field(default_factory=set)  # our mistakes told already: one line each is enough
    _name: str = field(default_factory=leases.holder)
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _outcomes: list[Outcome] = field(default_factory=list)  # not noted yet
    _tidied: datetime | None = None
    _told: datetime | None = None  # when it last said that it lives

    def __post_init__(self) -> None:
        post = self.desk.post
        self._ways = ways(post.templates)
        self._bucket = Bucket(post.store, post.apps.account, post.quotas)
        self._calls: Calls[Errand, Answer] = Calls(self._call, post.at_once)

    def start(self) -> None:
        """Send what comes due, in a thread of its own, until `shutdown`."""
        self._thread = threading.Thread(target=self._keep, name="sender", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """End: at once where nothing is under way, else after the calls under way."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN)

    def send_due(self) -> int:
        """Send until nothing more is due or may leave; returns how many notices were taken in hand."""
        taken = 0
        more = bool(self._outcomes) or self._due()
        while more or self._calls.under_way or self._outcomes:
            room = 0 if self._ending.is_set() else self._calls.room
            gathers = GATHERS if self._calls.under_way else 0.0
            answers = self._calls.ended(gathers if more and room else LOOKS_EVERY, GATHERS)
            self._outcomes += [self._heard(errand, answer) for errand, answer in answers]
            if not self._outcomes and not (more and room):
                more = more and not self._ending.is_set()
                continue
            noted = bool(self._outcomes)
            number = self._wave()
            taken += number
            more = (noted or number > 0) and not self._ending.is_set()
        if self._thread is None:
            self._calls.close()
        return taken

    def _keep(self) -> None:
        while not self._ending.is_set():
            try:
                self.desk.run(self._live)
                taken = self.send_due()
            except SQLAlchemyError as error:
                log.warning("sender waits error=%s", type(error).__name__)
                taken = 0
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the sender
                log.error("sender error=%s", type(error).__name__)  # noqa: TRY400 - a traceback may quote people
                taken = 0
            if not taken:
                self._ending.wait(LOOKS_EVERY)
        with suppress(SQLAlchemyError):
            self.desk.run(lambda db: leases.release(db, f"{ALIVE}{self._name}", self._name, self.clock()))

    def _due(self) -> bool:
        now = self.clock()
        with self.desk.reading() as db:
            quiet_times = quiet.of(db, self.zone)
            return outbox.pending(db, now, quiet_times.awake(now) & self._resting_not(now))

    def _wave(self) -> int:
        """Note what was answered and begin what there is room for; returns how many notices were taken in hand."""
        now = self.clock()
        room = 0 if self._ending.is_set() else self._calls.room
        channels = {way.channel for way in self._ways.values()} | {Channel.SERVICE}
        self._bucket.fill(room, now, channels)
        wave = self.desk.run(partial(self._note_and_take, now=now, room=room))
        for one in wave.told:
            self._log(one)
        self._outcomes = []
        for channel, number in wave.used.items():
            self._bucket.spend(channel, number)
        for errand in wave.errands:
            self._calls.begin(errand)
        return wave.taken

    def _note_and_take(self, db: Session, now: datetime, room: int) -> Wave:
        """One transaction; it may be run again, so nothing outside it changes here."""
        apps, quiet_times = self.desk.post.apps, quiet.of(db, self.zone)
        told = outbox.settle(db, self._outcomes, now, quiet_times, apps) if self._outcomes else []
        self._live(db)
        if self._tidied is None or now - self._tidied >= TIDIES_EVERY or not self._outcomes:
            outbox.tidy(db, now, apps)
            self._tidied = now
        kinds = quiet_times.awake(now) & self._resting_not(now) & self._within_quota()
        taken = outbox.ripe(db, now, kinds, room, apps)
        choosing = Choosing(self._ways, self.rests, self._bucket, taken.credits, now)
        errands: list[Errand] = []
        waiting: list[tuple[Ripe, str]] = []
        later: list[tuple[Ripe, datetime]] = []
        failing: list[tuple[Ripe, str]] = []
        for ripe in sorted(taken.ripe, key=lambda one: (PLACE.get(one.kind, len(PLACE)), one.id)):
            choice = choosing.choose(ripe)
            if choice.wait:
                waiting.append((ripe, choice.wait))
            elif choice.later:
                later.append((ripe, choice.later))
            elif choice.by and choice.to:
                said = self._said(ripe, choice, now)
                if said is None:
                    failing.append((ripe, WORDLESS))
                else:
                    leaving = Leaving(ripe, choice.by, choice.to, choice.template_id, now, ripe.tries + 1)
                    errands.append(Errand(leaving, said))
        outbox.begin(db, [one.leaving for one in errands], taken.credits, self.desk.post.lease)
        outbox.wait(db, waiting, now)
        outbox.later(db, later, quiet_times)
        outbox.fail(db, failing, now)
        touched = len(errands) + len(waiting) + len(later) + len(failing)
        return Wave(errands, choosing.used, told, touched)

    def _live(self, db: Session) -> None:
        """Say that this sender lives, from time to time; one that was only told to send what is due does not."""
        now = self.clock()
        if self._thread is not None and (self._told is None or now - self._told >= TELLS_EVERY):
            leases.take(db, f"{ALIVE}{self._name}", self._name, now, ALIVE_FOR)
            self._told = now

    def _resting_not(self, now: datetime) -> frozenset[NoticeKind]:
        """The kinds whose API takes messages now, or rests for so long that another way is looked for."""
        return frozenset(kind for kind, way in self._ways.items() if not self.rests.briefly(way.channel, now))

    def _within_quota(self) -> frozenset[NoticeKind]:
        left = self._bucket.left
        return frozenset(kind for kind, way in self._ways.items() if left(way.channel, urgent=kind in AT_ONCE) > 0)

    def _said(self, ripe: Ripe, choice: Choice, now: datetime) -> Said | None:
        """What it says, as a text or in the template's fields; None for one that cannot be worded."""
        try:
            facts: notice_texts.Facts = json.loads(ripe.facts)
            if choice.by is Channel.SERVICE:
                return notice_texts.words(ripe.kind, facts, self.zone, now)
            card = texts.card(ripe.kind, facts, ripe.name, self.zone, now)
            return {key: _field(key, source, card) for key, source in self._ways[ripe.kind].fields.items()}
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one, the others leave
            log.error("notice cannot be worded id=%s error=%s", ripe.public_id, type(error).__name__)  # noqa: TRY400
            return None

    def _call(self, errand: Errand) -> Answer:
        """Make the call; in a thread beside others, so it raises nothing and touches nothing of the sender's."""
        try:
            return errand, self._post(errand.leaving, errand.said)
        except WeChatError as error:
            return errand, error
        except Exception as error:  # noqa: BLE001 - whatever it was, the message may have left
            log.error("call error=%s", type(error).__name__)  # noqa: TRY400 - a traceback may quote people
            return errand, OutcomeUnknown(type(error).__name__)

    def _post(self, leaving: Leaving, said: Said) -> str:
        """Returns WeChat's number of the message, "" where it gives none."""
        account, openid = self.desk.account, leaving.to.openid
        if isinstance(said, str):
            account.send_text(openid, said)
            return ""
        if leaving.channel is Channel.TEMPLATE:
            return account.send_template(openid, leaving.template_id, said, key=leaving.ripe.public_id)
        sends = self.desk.post.mini if leaving.channel is Channel.MINI else account
        return sends.send_subscription(openid, leaving.template_id, said)

    def _heard(self, errand: Errand, answer: str | WeChatError) -> Outcome:
        """What an answer means: for the notice, and for the API, which may have to rest."""
        leaving, now = errand.leaving, self.clock()
        if isinstance(answer, str):
            self.rests.end(leaving.channel, leaving.begun_at)
            return Outcome(leaving, Fate.TAKEN, message_id=answer)
        if isinstance(answer, PersonUnreachable):
            return Outcome(leaving, Fate.REFUSED, str(answer.errcode))
        if isinstance(answer, ApiExhausted):
            self._rest(leaving, now, midnight(now))
            return Outcome(leaving, Fate.LATER)  # looked at again at once: another way may be open
        if isinstance(answer, WeChatDown):
            fate = Fate.UNKNOWN if isinstance(answer, OutcomeUnknown) else Fate.LATER
            until = next_minute(now) if answer.errcode == TOO_MANY_A_MINUTE else None
            return Outcome(leaving, fate, again_at=self._rest(leaving, now, until))
        assert isinstance(answer, WeChatRejected)
        self._alert(answer)
        if isinstance(answer, TokenRefused):
            return Outcome(leaving, Fate.LATER, again_at=self._rest(leaving, now, None))
        if answer.errcode in SETTINGS_CODES:
            self._rest(leaving, now, now + MENDED_WITHIN)
            return Outcome(leaving, Fate.LATER)
        return Outcome(leaving, Fate.WRONG, str(answer.errcode))

    def _rest(self, leaving: Leaving, now: datetime, until: datetime | None) -> datetime:
        """Have the API take nothing more before `until`; without it for twice as long as the last time."""
        known = self.rests.until(leaving.channel, now)
        rests_until = self.rests.begin(leaving.channel, leaving.begun_at, now, until)
        if rests_until != known:  # else one of the many that were under way together: one rest, one line
            log.warning("sender rests channel=%s until=%s", leaving.channel, rests_until.isoformat())
        return rests_until

    def _alert(self, error: WeChatRejected) -> None:
        """One line for whoever watches the log, once for each code."""
        if error.errcode not in self.alerted:
            self.alerted.add(error.errcode)
            log.error("ALERT notices are not sent errcode=%s errmsg=%s", error.errcode, error.errmsg)

    def _log(self, outcome: Outcome) -> None:
        ripe = outcome.leaving.ripe
        log.info(
            "notice id=%s kind=%s channel=%s outcome=%s code=%s",
            *(ripe.public_id, ripe.kind, outcome.leaving.channel, outcome.fate, outcome.code or "-"),
        )


def _field(key: str, source: str, card: texts.Card) -> str:
    """What stands in that field of the card. Raises Unfit."""
    value: str | datetime = getattr(card, source)
    return fields.moment(key, value) if isinstance(value, datetime) else fields.fit(key, value)
