"""The games of unnamed rounds in a short form that repeats; `make proof` plays them long and with fresh chance."""

from pathlib import Path

import pytest

from confidential import unsigned as unsigned_module
from tests.confidential.games import PEOPLE, series
from tests.confidential.round_games import play

SEED = 20261122
GAMES = 30


def test_nobody_tells_from_what_is_kept_who_gave_which_answer(quick: Path) -> None:
    result = series(play, quick, SEED, GAMES, PEOPLE)
    name, linking = result.worst("linking")
    assert linking.bound <= 1 / PEOPLE + 0.05, name
    for game in ("last arrival", "first arrival", "crashed submission"):  # few games tell a leak from chance
        name, score = result.worst(game)
        assert score.mean <= 0.25, f"{game}: {name}"


def test_the_games_are_lost_where_answers_lie_in_the_order_of_arrival(
    quick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adversary is able: ordinary tables, and every answer is found every time."""
    for table in ("ANSWER", "TURNOUT"):
        made = getattr(unsigned_module, table)
        monkeypatch.setattr(
            unsigned_module, table, made.replace(") WITHOUT ROWID", ")").replace("PRIMARY KEY", "NOT NULL")
        )
    result = series(play, quick, SEED, 3, people=8)
    assert result.scores["linking", "scan"].mean == 1
    assert result.scores["last arrival", "scan"].mean == 1
    assert result.scores["linking", "marks by scan, answers by scan"].mean == 1
