"""What a dialogue is handed for one turn, and the decorator that registers it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.registry import Registry
from models.member import Member
from models.question import QuestionState
from sealed.desk import CaseDesk
from sealed.unsigned import Unsigned
from services import rights, study
from services.attendance import Rules
from services.errors import NotBound, TooLate
from services.hallcodes import HallRules
from services.hours import Rules as HourRules
from services.members import Account, BindingRules
from services.rights import Act
from texts.confidential import Upper
from texts.refusals import Where


@dataclass(frozen=True, slots=True)
class Intake:
    """The confidential desk as the chat knows it; `root` (base64url) signs its list, "" while there is no desk.

    `forgets` asks the desk's Redis whether it writes nothing down; raises DeskAway. `page` is an address.
    """

    cases: CaseDesk
    unsigned: Unsigned
    forgets: Callable[[], bool]
    root: str
    page: str
    upper: Upper


@dataclass(frozen=True, slots=True)
class Parts:
    """What the chat knows of its installation; times as the names say."""

    app_id: str
    branch: str
    where: Where
    hall: HallRules
    attendance: Rules
    binding: BindingRules
    pages: str  # address of the first page for members
    subscribe: str  # address of the page for consent to notices; "" where nothing is sent by it
    held: timedelta  # how long a scan waits for its binding
    tolerance: timedelta  # how old a message may be to be judged by its own time; 0 is any
    talk_minutes: int
    talk_keep_hours: int
    hours: HourRules
    asks: tuple[QuestionState, ...]  # questions in these states go out
    study: study.Rules
    intake: Intake
    opinion_days: int  # working days until an opinion is answered


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one person, inside one transaction.

    `now` is the present; `said_at` is when the person sent the message, which hall codes and lateness go by;
    `key` names the message, the same at every delivery.
    """

    db: Session
    account: Account
    member: Member | None
    now: datetime
    said_at: datetime
    key: str
    parts: Parts

    @property
    def who(self) -> Member:
        """The member whom the account is bound to. Raises NotBound."""
        if self.member is None:
            raise NotBound
        return self.member

    @property
    def act(self) -> Act:
        """Whatever the member does now, with today's rights. Raises NotBound."""
        return rights.act_of(self.db, self.who, self.now, self.parts.where.zone)

    @property
    def sent_at(self) -> datetime:
        """When the message was sent, where that may decide something. Raises TooLate when it is too long ago."""
        tolerance = self.parts.tolerance
        if tolerance and abs(self.now - self.said_at) > tolerance:
            raise TooLate
        return self.said_at


REGISTRY: Registry[Turn] = Registry()
dialogue = REGISTRY.dialogue
