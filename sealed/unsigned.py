"""What is kept without a name: unsigned opinions (不署名) and the answers of unnamed rounds, apart from all else.

UnsignedRefusal
├── UnsignedBusy      others were writing for too long; the same again may succeed
├── UnsignedFull      the file is at its cap
├── NoSuchOpinion     nothing under that lookup
├── OpinionMoved      the opinion is not in the state any more in which it was seen
├── NoSuchRound       no round of that id
├── RoundExists       a round of that id has been opened before
├── RoundOpen         answers are shown only after the round's close
├── RoundClosed       the round takes no more answers
├── AnsweredAlready   this person has answered, which is final
└── Unfit             empty, or larger than one entry may be
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class UnsignedRefusal(Exception):
    """The rule says no; carries nothing of what was written."""


class UnsignedBusy(UnsignedRefusal):
    """Others were writing for too long."""


class UnsignedFull(UnsignedRefusal):
    """The file is at its cap."""


class NoSuchOpinion(UnsignedRefusal):
    """Nothing under that lookup."""


class OpinionMoved(UnsignedRefusal):
    """The opinion is not in the state any more in which it was seen."""


class NoSuchRound(UnsignedRefusal):
    """No round of that id."""


class RoundExists(UnsignedRefusal):
    """A round of that id has been opened before."""


class RoundOpen(UnsignedRefusal):
    """Answers are shown only after the round's close."""


class RoundClosed(UnsignedRefusal):
    """The round takes no more answers."""


class AnsweredAlready(UnsignedRefusal):
    """This person has answered, which is final."""


class Unfit(UnsignedRefusal):
    """Empty, or larger than one entry may be."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """An unsigned opinion; `lookup` in hex, `state` a code of the voice affair, `week` a Monday."""

    lookup: str
    category: str
    text: str
    state: str
    answer: str
    week: date


class Unsigned(Protocol):
    """The store of what is unsigned; the methods that write may raise UnsignedBusy and UnsignedFull.

    `now` is aware; only the week of it is kept. Lists come by key, which is random: their order tells nothing.
    """

    def submit(self, lookup: str, category: str, text: str, now: datetime) -> None:
        """Keep an opinion; the same lookup again changes nothing. Raises Unfit."""
        ...

    def opinion(self, lookup: str) -> Opinion:
        """What is kept under the lookup. Raises NoSuchOpinion."""
        ...

    def opinions(self) -> Sequence[Opinion]:
        """All of them, for those who answer."""
        ...

    def reply(self, lookup: str, seen: str, state: str, answer: str) -> None:
        """Set what the opinion has come to, which was seen in state `seen`; the very same again changes nothing.

        Raises NoSuchOpinion, OpinionMoved, Unfit.
        """
        ...

    def withdraw(self, lookup: str) -> None:
        """Delete an opinion at once. Raises NoSuchOpinion."""
        ...

    def open_round(self, round_id: str) -> None:
        """Begin a round with a key of its own. Raises RoundExists."""
        ...

    def answer(self, round_id: str, who: str, ballot: str, body: str) -> None:
        """Keep an answer and, apart from it, that `who` (a member's or an invitation's id) has answered; one act.

        `ballot` is random, drawn when the conversation starts: the same ballot again changes nothing, which is how a
        repeated delivery ends well. Raises NoSuchRound, RoundClosed, AnsweredAlready, Unfit.
        """
        ...

    def has_answered(self, round_id: str, who: str) -> bool:
        """Whether `who` has; only while the round is open. Raises NoSuchRound, RoundClosed."""
        ...

    def turnout(self, round_id: str) -> int:
        """How many have answered: the one thing shown before the close. Raises NoSuchRound."""
        ...

    def close_round(self, round_id: str) -> None:
        """End it for good: the key goes, and with it what tied turnout to people. Raises NoSuchRound."""
        ...

    def answers(self, round_id: str) -> Sequence[str]:
        """The bodies, by ballot, after the close. Raises NoSuchRound, RoundOpen."""
        ...

    def drop_round(self, round_id: str) -> None:
        """Delete a round with everything in it. Raises NoSuchRound."""
        ...


def begin(store: Unsigned, round_id: str) -> None:
    """Begin a round, or find it begun by an attempt that was cut off."""
    with suppress(RoundExists):
        store.open_round(round_id)


def end(store: Unsigned, round_id: str) -> None:
    """End a round; one that was lost with the file has nothing to end."""
    with suppress(NoSuchRound):
        store.close_round(round_id)


def drop(store: Unsigned, round_id: str) -> None:
    """Delete a round; one that was never begun has nothing to delete."""
    with suppress(NoSuchRound):
        store.drop_round(round_id)


def bodies(store: Unsigned, round_id: str) -> Sequence[str]:
    """The bodies of a round that is over; one that a cut-off close has left open is ended first. Raises NoSuchRound."""
    try:
        return store.answers(round_id)
    except RoundOpen:
        store.close_round(round_id)
        return store.answers(round_id)
