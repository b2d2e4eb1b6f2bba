"""When a question is asked again: ratings without guessing rewarded, whole days, no chance in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bench import cohort
from models.question import QuestionKind
from models.study import Outcome
from services import cards
from services.cards import Rating

DAY = date(2026, 11, 22)
AIM = 0.9


@pytest.mark.parametrize(
    ("kind", "outcome", "took", "rating"),
    [
        (QuestionKind.SINGLE, Outcome.RIGHT, 3, Rating.Good),  # may be a guess
        (QuestionKind.JUDGE, Outcome.RIGHT, 3, Rating.Good),
        (QuestionKind.MULTIPLE, Outcome.RIGHT, 3, Rating.Easy),
        (QuestionKind.BLANK, Outcome.RIGHT, 10, Rating.Easy),
        (QuestionKind.BLANK, Outcome.RIGHT, 11, Rating.Good),
        (QuestionKind.BLANK, Outcome.RIGHT, None, Rating.Good),
        (QuestionKind.BLANK, Outcome.WRONG, 3, Rating.Again),
        (QuestionKind.SINGLE, Outcome.UNKNOWN, 3, Rating.Again),
    ],
)
def test_quick_is_easy_only_where_nobody_is_right_by_chance(
    kind: QuestionKind, outcome: Outcome, took: int | None, rating: Rating
) -> None:
    assert cards.rate(kind, outcome, took) is rating


@pytest.mark.parametrize(("seconds", "took"), [(0, 0), (7, 7), (120, 120), (121, None), (-3, None), (90_000, None)])
def test_a_long_pause_says_nothing(seconds: int, took: int | None) -> None:
    asked = datetime(2026, 11, 22, 6, tzinfo=UTC)
    assert cards.thought(asked, asked + timedelta(seconds=seconds)) == took


def test_right_rests_longer_each_time_and_wrong_comes_back_tomorrow() -> None:
    memory = cards.after(None, Rating.Good, DAY, AIM)
    rests = [(memory.due - memory.last).days]
    for _ in range(4):
        memory = cards.after(memory, Rating.Good, memory.due, AIM)
        rests.append((memory.due - memory.last).days)
    assert rests == sorted(set(rests))
    assert rests[0] == 2
    again = cards.after(memory, Rating.Again, memory.due, AIM)
    assert (again.due - again.last).days < rests[1] * 3
    assert again.stability < memory.stability
    assert cards.after(None, Rating.Again, DAY, AIM).due == DAY + timedelta(days=1)


def test_the_same_answers_lead_to_the_same_day() -> None:
    twice = {cards.after(cards.after(None, Rating.Good, DAY, AIM), Rating.Good, DAY + timedelta(5), AIM) for _ in "ab"}
    assert len(twice) == 1
    assert cards.recall(twice.pop(), DAY + timedelta(days=5), AIM) == 1.0


def test_the_chance_of_recall_falls_to_the_aim_at_the_day_it_is_due() -> None:
    for aim in (0.8, 0.9):
        memory = cards.after(cards.after(None, Rating.Easy, DAY, aim), Rating.Easy, DAY + timedelta(days=9), aim)
        assert cards.recall(memory, memory.due, aim) == pytest.approx(aim, abs=0.02)
    assert cards.after(memory, Rating.Easy, DAY + timedelta(days=3000), 0.9).due <= DAY + timedelta(days=3365)


def test_due_and_new_take_turns_due_first() -> None:
    assert cards.repeats_next(asked_before=False, last_was_repeated=False)
    assert not cards.repeats_next(asked_before=True, last_was_repeated=True)
    assert cards.repeats_next(asked_before=True, last_was_repeated=False)


def test_a_small_branch_remembers_more_than_by_random_practice() -> None:
    """The quick form of `python -m bench.cohort`; docs/study-model.md has the whole."""
    found = cohort.compare(cohort.Branch(members=8), cohort.activation, 3)
    assert found.gain > 5
