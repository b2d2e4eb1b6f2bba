"""What is told of few answers: fixed examples, and random tables that a solver is set on."""

import random
from collections.abc import Sequence
from fractions import Fraction

import pytest

from services import small_cells
from services.small_cells import HIDDEN, Cell, Mean

SEED = 20261122
TABLES = 500


def determined(told: Sequence[Sequence[Cell]], table: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """The hidden cells which the published sums of rows and columns leave one value: those alone in a reduced row."""
    hidden = [(row, col) for row, cells in enumerate(told) for col, cell in enumerate(cells) if cell.count is None]
    place = {one: number for number, one in enumerate(hidden)}
    equations = []
    for lines in (
        [[(r, c) for c in range(len(table[0]))] for r in range(len(table))],
        [[(r, c) for r in range(len(table))] for c in range(len(table[0]))],
    ):
        for line in lines:
            equation = [Fraction(0)] * len(hidden)
            for one in line:
                if one in place:
                    equation[place[one]] = Fraction(1)
            equations.append(equation)
    done = 0
    for column in range(len(hidden)):
        pivot = next((n for n in range(done, len(equations)) if equations[n][column]), None)
        if pivot is None:
            continue
        equations[done], equations[pivot] = equations[pivot], equations[done]
        lead = equations[done][column]
        equations[done] = [one / lead for one in equations[done]]
        for number, equation in enumerate(equations):
            if number != done and equation[column]:
                factor = equation[column]
                equations[number] = [one - factor * by for one, by in zip(equation, equations[done], strict=True)]
        done += 1
    alone = [[n for n, one in enumerate(equation) if one] for equation in equations]
    return [hidden[one[0]] for one in alone if len(one) == 1]


def tables() -> list[list[list[int]]]:
    """Tables of every shape: many small counts, zeros, groups that are of one mind."""
    chance = random.Random(SEED)
    made: list[list[list[int]]] = []
    while len(made) < TABLES:
        rows, columns = chance.randint(2, 6), chance.randint(2, 6)
        high = chance.choice([3, 6, 12, 40])
        table = [[chance.choice([0, chance.randint(0, high)]) for _ in range(columns)] for _ in range(rows)]
        if chance.random() < 0.3:
            table[0] = [0] * columns
            table[0][chance.randrange(columns)] = 12
        made.append(table)
    return made


def test_no_hidden_cell_of_a_breakdown_can_be_solved() -> None:
    told, hidden = 0, 0
    for table in tables():
        shown = small_cells.breakdown(table)
        if shown is None:
            continue
        told += 1
        hidden += sum(cell == HIDDEN for row in shown for cell in row)
        assert determined(shown, table) == [], table
        for counts, cells in zip(table, shown, strict=True):
            assert all(cell.count is None or cell.count == count for count, cell in zip(counts, cells, strict=True))
            used = any(cell.count in range(1, 5) for cell in cells)
            assert not used, table
    assert told > TABLES / 4
    assert hidden > TABLES


def test_hiding_the_small_counts_alone_would_be_solved() -> None:
    """The solver is able: without companions most tables with a hidden count give one away."""
    solved = 0
    for table in tables():
        shown = [[HIDDEN if count in range(1, 5) else Cell(count) for count in row] for row in table]
        solved += bool(determined(shown, table))
    assert solved > TABLES / 5


def test_no_hidden_count_is_forced_by_being_no_less_than_zero() -> None:
    """Not by equations, but by what cannot be negative: 0 and 0 beside each other add up to 0."""
    for table in tables():
        shown = small_cells.breakdown(table)
        for row, cells in enumerate(shown or []):
            gone = [column for column, cell in enumerate(cells) if cell.count is None]
            assert not gone or sum(table[row][column] for column in gone) > 0


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([2, 2], None),
        ([3, 2], [Cell(3), Cell(2)]),
        ([5, 0], [Cell(None, 80), HIDDEN]),  # everybody, and told as almost everybody
        ([4, 1], [Cell(None, 80), HIDDEN]),
        ([20, 1, 0], [Cell(None, 90), HIDDEN, HIDDEN]),
        ([21, 0, 0], [Cell(None, 90), HIDDEN, HIDDEN]),
        ([16, 5, 3], [Cell(16), Cell(5), Cell(3)]),
    ],
)
def test_what_is_told_of_one_question(counts: list[int], told: list[Cell] | None) -> None:
    assert small_cells.single(counts) == told


def test_choices_of_many_means_and_words() -> None:
    assert small_cells.multiple([3, 2], 4) is None
    assert small_cells.multiple([19, 20, 7, 0], 20) == [Cell(None, 90), Cell(None, 90), Cell(7), Cell(0)]
    assert small_cells.mean([5, 5, 5, 5]) is None
    assert small_cells.mean([5] * 9) == small_cells.mean([5] * 8 + [4]) == Mean(45, 1)
    assert small_cells.mean([1] * 9) == Mean(15, -1)
    assert small_cells.mean([3, 3, 4, 4, 4]) == Mean(36)
    assert small_cells.words(["好"] * 7) is None
    written = [str(number) for number in range(40)]
    shuffled = small_cells.words(written)
    assert shuffled is not None
    assert shuffled != written
    assert sorted(shuffled) == sorted(written)
    assert small_cells.breakdown([[12, 9], [5, 4]]) is None  # a group of nine
    assert small_cells.breakdown([[12, 9]]) is None
    assert small_cells.choosers([(7, 5), (6, 9)]) == [Cell(7), Cell(6)]
    assert small_cells.choosers([(2, 12), (6, 9)]) == [HIDDEN, HIDDEN]
