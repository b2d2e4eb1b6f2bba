"""The parts this entrance works with; built in app.py alone."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from miniprogram_api.pace import Pace
from sealed.unsigned import Unsigned
from services.attendance import Rules
from services.hallcodes import HallRules
from services.hours import Rules as HourRules
from services.members import BindingRules
from services.rights import Act
from services.study import Rules as StudyRules
from sheets.forms import FirstPage, Form
from texts.refusals import Where
from wechat.client import MiniProgramApi
from wechat.qrcodes import QrCodes

T = TypeVar("T")
TRIES = 3  # runs of one request that keeps losing against another


class Fill(Protocol):
    """Fills in one form as far as whoever asks may see: a span, an activity, or "" for what is about neither."""

    def __call__(self, db: Session, act: Act, which: str) -> Form | FirstPage:
        """The form. Raises NotAllowed."""
        ...


class Run(Protocol):
    """Runs work in a writing transaction of its own."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes are given."""

    run: Run
    reading: Callable[[], AbstractContextManager[Session]]
    clock: Callable[[], datetime]
    zone: ZoneInfo
    mini_program: MiniProgramApi
    app_id: str  # of the mini-program
    binding: BindingRules
    hall: HallRules
    rules: Rules
    hours: HourRules
    study: StudyRules
    qrcodes: QrCodes
    pace: Pace
    forms: Mapping[str, Fill]
    branch: str
    where: Where
    unsigned: Unsigned  # what is kept without a name, in a file of its own
    opinion_days: int  # working days until an opinion is answered
    documented: bool = False  # whether routes are hung up for the document too, which takes a third of a second

    def decide(self, work: Callable[[Session], T]) -> T:
        """Run it, again where another request has just taken what a unique key gives to one alone."""
        for _ in range(TRIES - 1):
            try:
                return self.run(work)
            except IntegrityError:
                continue
        return self.run(work)
