"""The rows of the table, in the order they take their turns; a new one is a file here and its name in ROWS.

TASKS are measured once, after the rows: what takes seconds and is no request.
"""

from collections.abc import Callable, Mapping

from bench import cohort
from bench.rows import (
    echo,
    exports,
    express,
    fanout,
    floor,
    naive,
    pgbench,
    questions,
    reads,
    reminders,
    roster,
    study,
    werobot,
    whole,
)
from bench.table import Line

ROWS: tuple[Line, ...] = (
    floor.ROW,
    whole.ROW,
    whole.SMALL,
    echo.ROW,
    werobot.ROW,
    werobot.IN_FLASK,
    express.ROW,
    naive.ROW,
    pgbench.ROW,
)
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

WHOLE = whole.ROW.name
# Ratios of two rows that know nothing of one another; what lacks a row in a run is left out. WeRoBot is meant as
# people put it on a server, in Flask like the floor; on the bottle that it brings along it is told beside.
JOINED: Mapping[str, tuple[str, str]] = {
    "echo_vs_werobot_echo": (echo.ROW.name, werobot.IN_FLASK.name),
    "echo_vs_werobot_bottle_echo": (echo.ROW.name, werobot.ROW.name),
    "echo_vs_express_echo": (echo.ROW.name, express.ROW.name),
    "durable_vs_werobot_echo": (WHOLE, werobot.IN_FLASK.name),
    "durable_vs_werobot_bottle_echo": (WHOLE, werobot.ROW.name),
    "durable_vs_express_echo": (WHOLE, express.ROW.name),
    "durable_vs_naive": (WHOLE, naive.ROW.name),
    "durable_vs_pgbench": (WHOLE, pgbench.ROW.name),
    "naive_vs_pgbench": (naive.ROW.name, pgbench.ROW.name),
}
