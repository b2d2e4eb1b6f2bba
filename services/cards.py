"""What is remembered of one question and when it is asked again: FSRS, pure, without tables and without a clock.

The `fsrs` package does the arithmetic (Free Spaced Repetition Scheduler 6, default weights). Here it counts whole
days of the branch's calendar, runs without its minute-steps, since a member answers once a day or less, and without
its chance, so that a turn that is run again comes to the same day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

import fsrs

from models.question import QuestionKind
from models.study import Outcome

QUICK = 10  # seconds within which somebody who knows has read and answered
SAYS_NOTHING = 120  # seconds after which the time tells of other things than the question
LONGEST = 365  # days

GUESSABLE = (QuestionKind.SINGLE, QuestionKind.JUDGE)  # one in a few is right by chance
Rating = fsrs.Rating


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered: `stability` in days, `difficulty` from 1 to 10, asked `last`, to be asked again at `due`."""

    stability: float
    difficulty: float
    last: date
    due: date


def thought(asked: datetime, answered: datetime) -> int | None:
    """Seconds between question and answer; None where they say nothing."""
    seconds = int((answered - asked).total_seconds())
    return seconds if 0 <= seconds <= SAYS_NOTHING else None


def rate(kind: QuestionKind, outcome: Outcome, took: int | None) -> Rating:
    """How well it was remembered, judged without asking the member.

    A quick right answer is easy only where nobody is right by chance; where one may guess it is good, like any other
    right one, or guessing would be rewarded with a longer rest. What was not known is Again.
    """
    if outcome is not Outcome.RIGHT:
        return Rating.Again
    quick = took is not None and took <= QUICK
    return Rating.Easy if quick and kind not in GUESSABLE else Rating.Good


def after(before: Memory | None, rating: Rating, day: date, retention: float) -> Memory:
    """The memory once it has been asked for on that day; None before the first time.

    `retention` is the chance of recall, from 0 to 1, at which it is due again.
    """
    reviewed, _ = _scheduler(retention).review_card(_card(before), rating, _at(day))
    assert reviewed.stability is not None
    assert reviewed.difficulty is not None
    return Memory(reviewed.stability, reviewed.difficulty, day, reviewed.due.date())


def recall(memory: Memory, day: date, retention: float) -> float:
    """The chance that it is remembered on that day, from 0 to 1."""
    return _scheduler(retention).get_card_retrievability(_card(memory), _at(day))


def repeats_next(*, asked_before: bool, last_was_repeated: bool) -> bool:
    """Whether something due is asked next, or something new; whichever there is none of yields to the other.

    Due and new take turns, due ones first. With due ones alone a few stubborn questions would fill every day, and
    with three a day most of the bank would never come: docs/study-model.md has the figures.
    """
    return not (asked_before and last_was_repeated)


@lru_cache(maxsize=8)
def _scheduler(retention: float) -> fsrs.Scheduler:
    return fsrs.Scheduler(
        desired_retention=retention,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST,
        enable_fuzzing=False,
    )


def _card(memory: Memory | None) -> fsrs.Card:
    if memory is None:
        return fsrs.Card(card_id=1)  # without an id it would make one of the time, and sleep to make it unique
    return fsrs.Card(
        card_id=1,
        state=fsrs.State.Review,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=_at(memory.due),
        last_review=_at(memory.last),
    )


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
