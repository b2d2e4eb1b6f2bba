"""Runs a dialogue in its transaction exactly once: a redelivery, a crash or a twin finds the first ending again."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Protocol, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import ORMExecuteState, Session

from bot.registry import Dialogue
from bot.talk import Ending, Talk
from bot.turn import Turn
from services import given
from services.errors import Refusal
from texts.refusals import Where, words

T = TypeVar("T")
TRIES = 3  # runs of one dialogue that keeps losing against another


class Run(Protocol):
    """Runs work in a writing transaction of its own, again where it only met another one."""

    def __call__(self, work: Callable[[Session], T]) -> T:
        """Run it; what it returns is returned, what it raises rolls back."""
        ...


@dataclass(frozen=True, slots=True)
class After:
    """What follows a dialogue's end, in its transaction."""

    words: Callable[[Turn], str]  # put after the last words of all, "" for nothing
    noted: Callable[[Turn, Ending], None]


class Once:
    """The performances of one message: at most one of them a step of the way from dialogue to dialogue."""

    def __init__(self, run: Run, turn: Callable[[Session], Turn], message: str, where: Where, after: After) -> None:
        self._run = run
        self._turn = turn
        self._message = message
        self._where = where
        self._after = after
        self._step = 0

    def __call__(self, dialogue: Dialogue[Turn], talk: Talk) -> Ending:
        """Run the dialogue: its end commits and is kept with its effect; a Pause or a Refusal rolls back."""
        message = _digest(f"{self._message} {self._step}")
        self._step += 1
        before = talk.model_copy(deep=True)

        def work(db: Session) -> Ending:
            _restore(talk, before)
            turn = self._turn(db)
            known = given.find(db, message, _digest(talk.id))
            if known is not None:
                return Ending(**json.loads(known))
            if dialogue.bound:
                turn.who  # noqa: B018 - raises NotBound
            wrote = _Wrote(db)
            ending = dialogue(talk, turn)
            last = "" if ending.next else self._after.words(turn)
            if last:
                ending = replace(ending, reply=f"{ending.reply}\n{last}")
            if wrote:
                kept = json.dumps(asdict(ending), ensure_ascii=False)
                given.keep(db, message, _digest(talk.id), kept, turn.now)
            self._after.noted(turn, ending)
            return ending

        try:
            for _ in range(TRIES - 1):
                try:
                    return self._run(work)
                except IntegrityError:  # a twin was faster: now its ending, or its refusal, is to be found
                    continue
            return self._run(work)
        except Refusal as refusal:  # a rule's no: everything is rolled back, the talk ends with the words for it
            return Ending(words(refusal, self._where))


class _Wrote:
    """Whether the session has written anything yet; the check-in's own row carries its message and is not seen."""

    def __init__(self, db: Session) -> None:
        self._seen = False
        event.listen(db, "after_flush", self._flushed)
        event.listen(db, "do_orm_execute", self._executed)

    def __bool__(self) -> bool:
        return self._seen

    def _flushed(self, _db: Session, _context: object) -> None:
        self._seen = True

    def _executed(self, state: ORMExecuteState) -> None:
        self._seen = self._seen or not state.is_select


def _restore(talk: Talk, before: Talk) -> None:
    """Undo what an earlier run did to the talk: a run may be repeated after it met another transaction."""
    for name, value in before.model_copy(deep=True):
        setattr(talk, name, value)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
