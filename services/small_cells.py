"""What may be told of few people's answers without telling whose they are: every figure of a round goes through here.

The rules: fewer than 5 answers, nothing; in a breakdown no count of 1 to 4, nor enough beside it to work one out; a
breakdown only where every group has 10; almost everybody is never told as everybody; a mean to one decimal and no
extremes; words from 8 answers on, in no order. Pure functions of counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import SystemRandom

FEWEST = 5  # answers, below which nothing is told
SMALL = range(1, 5)  # counts that a breakdown hides
GROUP = 10  # answers a group of a breakdown needs
WORDS = 8  # answers from which on words are told
ALMOST = 90  # percent that stand for everybody, and for almost everybody
ALMOST_OF_FEW = 80  # of fewer than GROUP answers 90 percent would be all of them
HIGH, LOW = 45, 15  # means, in tenths, beyond which only the side is told
_CHANCE = SystemRandom()

Counts = Sequence[int]


@dataclass(frozen=True, slots=True)
class Cell:
    """A count; None where it is hidden, and then `least` says of how many percent it is at least (0: not told)."""

    count: int | None
    least: int = 0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean in tenths; `side` is 1 or -1 where it is only told that it is so much or more, or less."""

    tenths: int
    side: int = 0


HIDDEN = Cell(None)


def single(counts: Counts) -> list[Cell] | None:
    """How many chose each option, one each; None for too few."""
    answers = sum(counts)
    if answers < FEWEST:
        return None
    if _almost_all(max(counts), answers):
        return [Cell(None, _least(answers)) if _almost_all(one, answers) else HIDDEN for one in counts]
    return [Cell(one) for one in counts]


def multiple(counts: Counts, answers: int) -> list[Cell] | None:
    """How many of those who answered chose each option, any number each; None for too few."""
    if answers < FEWEST:
        return None
    return [Cell(None, _least(answers)) if _almost_all(one, answers) else Cell(one) for one in counts]


def mean(values: Counts) -> Mean | None:
    """The mean of a scale from 1 to 5; None for too few. At the ends only the side is told: 5.0 would be everybody."""
    if len(values) < FEWEST:
        return None
    tenths = (20 * sum(values) + len(values)) // (2 * len(values))
    if tenths >= HIGH:
        return Mean(HIGH, 1)
    return Mean(LOW, -1) if tenths <= LOW else Mean(tenths)


def words(said: Sequence[str]) -> list[str] | None:
    """What was written, in an order of chance of its own, so that it tells no one's other answers; None for too few."""
    if len(said) < WORDS:
        return None
    return _CHANCE.sample(list(said), len(said))


def may_break_down(groups: Sequence[int]) -> bool:
    """Whether so many answers a group may be told apart; a group without any is none."""
    there = [one for one in groups if one]
    return len(there) > 1 and min(there) >= GROUP


def breakdown(table: Sequence[Counts]) -> list[list[Cell]] | None:
    """Counts by group (a row) and option (a column), one option each; None where none may be told.

    The sums of rows and columns are known, so beside what is hidden others are hidden until every hidden count could
    be another one.
    """
    columns = [sum(column) for column in zip(*table, strict=True)]
    if not may_break_down([sum(row) for row in table]) or _almost_all(max(columns), sum(columns)):
        return None
    hidden = {
        (row, column)
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        if columns[column] and sum(counts) and (count in SMALL or _almost_all(max(counts), sum(counts)))
    }
    while bare := next((one for one in sorted(hidden) if not _could_differ(table, hidden, one)), None):
        hidden.add(_companion(table, columns, hidden, bare))
    return [
        [HIDDEN if (row, column) in hidden else Cell(count) for column, count in enumerate(counts)]
        for row, counts in enumerate(table)
    ]


def choosers(table: Sequence[tuple[int, int]]) -> list[Cell] | None:
    """The same for one option of many: by group (who chose it, who answered and did not)."""
    told = breakdown(table)
    return [row[0] for row in told] if told else None


def _almost_all(count: int, answers: int) -> bool:
    return count * 100 >= answers * _least(answers)


def _least(answers: int) -> int:
    return ALMOST if answers >= GROUP else ALMOST_OF_FEW


def _could_differ(table: Sequence[Counts], hidden: set[tuple[int, int]], cell: tuple[int, int]) -> bool:
    """Whether one more or one less could stand there, every sum kept and nothing below zero.

    One more here is one less beside it, then one more, and so round until the sums are right again: a way through
    hidden counts from this column back to this row.
    """
    row, column = cell
    if _leads(table, hidden - {cell}, column, row, less=True):
        return True
    return table[row][column] > 0 and _leads(table, hidden - {cell}, column, row, less=False)


def _leads(table: Sequence[Counts], hidden: set[tuple[int, int]], start: int, goal: int, *, less: bool) -> bool:
    """Whether such a way leads from a column to a row; its first step takes one away, or adds one."""
    columns, rows = {start}, set[int]()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        for row in [row for row, column in hidden if column == here and row not in rows]:
            if less and not table[row][here]:
                continue
            rows.add(row)
            for column in [column for other, column in hidden if other == row and column not in columns]:
                if less or table[row][column]:
                    columns.add(column)
                    ahead.append(column)
    return goal in rows


def _companion(
    table: Sequence[Counts], columns: Counts, hidden: set[tuple[int, int]], bare: tuple[int, int]
) -> tuple[int, int]:
    """What is hidden beside a count that could be worked out: the smallest of its row and column, else of all."""
    free = list(_free(table, columns, hidden))
    beside = [one for one in free if one[0] == bare[0] or one[1] == bare[1]]
    return min(beside or free, key=lambda one: (table[one[0]][one[1]] == 0, table[one[0]][one[1]], one))


def _free(table: Sequence[Counts], columns: Counts, hidden: set[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is not hidden and says something: an option nobody chose, or a group nobody answered of, does not."""
    for row, counts in enumerate(table):
        for column in range(len(counts)):
            if (row, column) not in hidden and columns[column] and sum(counts):
                yield row, column
