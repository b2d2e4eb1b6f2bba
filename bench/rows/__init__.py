"""The rows of the table, in the order they take their turns; a new one is a file here and its name in ROWS.

TASKS are measured once, after the rows: what takes seconds and is no request.
"""

from collections.abc import Callable, Mapping

from bench import cohort
from bench.rows import exports, fanout, floor, questions, reads, reminders, roster, study, whole
from bench.table import Row

ROWS: tuple[Row, ...] = (floor.ROW, whole.ROW, whole.SMALL)
TASKS: Mapping[str, Callable[[], Mapping[str, object]]] = {
    "roster": roster.measure,
    "questions": questions.measure,
    "reads": reads.measure,
    "exports": exports.measure,
    "fanout": fanout.measure,
    "next_question": study.measure,
    "cohort": cohort.measure,
    "reminders": reminders.measure,
}
