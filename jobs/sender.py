"""The sender: takes due notices one by one, sends them through WeChat, and notes what became of each."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from jobs.desk import Desk
from models.notice import Notice, NoticeState
from services import notices
from texts import notice as texts
from wechat.errors import ApiExhausted, OutcomeUnknown, PersonUnreachable, WeChatDown, WeChatRejected

log = logging.getLogger(__name__)
BATCH = 10  # notices a claim: sent well within the lease even where each call takes seconds
LOOKS_EVERY = 1.0  # seconds between two looks for something due
ENDS_WITHIN = 5.0  # seconds for the call under way when told to end; what is lost then is noted as unsure
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(minutes=5)
CHINA = timezone(timedelta(hours=8))  # where the platform's days begin, whatever the branch's zone
UNBOUND, WORDLESS = "unbound", "wordless"  # reasons of our own, beside the platform's codes


@dataclass
class Sender:
    """One sender; several may run at once, in one process or in many, and no notice is sent twice."""

    desk: Desk
    zone: ZoneInfo
    clock: Callable[[], datetime]
    pause: timedelta = timedelta(0)  # grows while WeChat is away
    rests_until: datetime | None = None
    alerted: set[int] = field(default_factory=set)  # our mistakes told already: one line each is enough
    _ending: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Send what comes due, in a thread of its own, until `shutdown`."""
        self._thread = threading.Thread(target=self._keep, name="sender", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """End: at once where nothing is under way, else after the call under way."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(ENDS_WITHIN)

    def send_due(self) -> int:
        """Send one claim's worth of due notices; returns how many were taken, 0 when there is nothing to do."""
        now = self.clock()
        if self.rests_until is not None and now < self.rests_until:
            return 0
        with self.desk.reading() as db:
            if not notices.pending(db, now, self.zone):
                return 0
        claimed = self.desk.run(partial(self._claim, now=now))
        for number, (notice, openid) in enumerate(claimed):
            if self._ending.is_set() or not self._send(notice, openid):
                self._put_back([one for one, _ in claimed[number:]])
                break
        return len(claimed)

    def _keep(self) -> None:
        while not self._ending.is_set():
            try:
                taken = self.send_due()
            except SQLAlchemyError as error:
                log.warning("sender waits error=%s", type(error).__name__)
                taken = 0
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end the sender
                log.error("sender error=%s", type(error).__name__)  # noqa: TRY400 - a traceback may quote people
                taken = 0
            if not taken:
                self._ending.wait(LOOKS_EVERY)

    def _claim(self, db: Session, now: datetime) -> list[tuple[Notice, str | None]]:
        claimed = notices.claim(db, now, self.zone, BATCH)
        return [(one, notices.openid_of(db, one.member_id, self.desk.app_id)) for one in claimed]

    def _send(self, notice: Notice, openid: str | None) -> bool:
        """Send one; False when WeChat takes nothing more for now, and this one (unless begun) and the rest wait."""
        text = self._worded(notice)
        if not self.desk.run(lambda db: notices.begin(db, notice)):
            return True  # our lease ran out and somebody else has it
        if openid is None or text is None:
            state = NoticeState.WAITING if text is not None else NoticeState.FAILED
            self._close(notice, state, UNBOUND if text is not None else WORDLESS)
            return True
        try:
            self.desk.account.send_text(openid, text)
        except OutcomeUnknown:
            self._close(notice, NoticeState.UNSURE, "no_answer")
            self._rest()
            return False
        except WeChatDown as error:
            self._rest(_next_minute(self.clock()) if error.errcode == 45011 else None)
            return False
        except ApiExhausted:
            self._rest(_midnight(self.clock()))
            return False
        except PersonUnreachable as error:
            self._close(notice, NoticeState.WAITING, str(error.errcode))
        except WeChatRejected as error:
            self._alert(error)
            self._close(notice, NoticeState.FAILED, str(error.errcode))
        else:
            self._close(notice, NoticeState.SENT)
            self.alerted.clear()
        self.pause, self.rests_until = timedelta(0), None
        return True

    def _worded(self, notice: Notice) -> str | None:
        """What it says; None for one that cannot be worded, which must not hold up the others."""
        try:
            return texts.words(notice.kind, notices.facts_of(notice), self.zone)
        except (KeyError, TypeError, ValueError) as error:
            log.error("notice cannot be worded id=%s error=%s", notice.public_id, type(error).__name__)  # noqa: TRY400
            return None

    def _close(self, notice: Notice, state: NoticeState, reason: str = "") -> None:
        self.desk.run(lambda db: notices.close(db, notice, state, self.clock(), reason))
        log.info("notice id=%s kind=%s state=%s reason=%s", notice.public_id, notice.kind, state, reason or "-")

    def _put_back(self, claimed: Sequence[Notice]) -> None:
        at = max(self.rests_until or self.clock(), self.clock())
        self.desk.run(lambda db: notices.later(db, claimed, at, self.zone))

    def _rest(self, until: datetime | None = None) -> None:
        """Take nothing more before `until`; without it for twice as long as the last time."""
        self.pause = min(max(self.pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self.rests_until = until or self.clock() + self.pause
        log.warning("sender rests until=%s", self.rests_until.isoformat())

    def _alert(self, error: WeChatRejected) -> None:
        """One line for whoever watches the log, once for each code."""
        if error.errcode not in self.alerted:
            self.alerted.add(error.errcode)
            log.error("ALERT notices are not sent errcode=%s errmsg=%s", error.errcode, error.errmsg)


def _next_minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _midnight(now: datetime) -> datetime:
    """When the platform's daily quotas begin anew."""
    return now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
