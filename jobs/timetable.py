"""The timetable on one screen: each job, when it runs, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from jobs import handlers, housekeeping, sittings, unionids
from jobs.desk import Desk


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable; `cron` holds APScheduler's cron fields, in the branch's time.

    Running it twice, late or after a crash does no harm: what it does is decided by what the database says.
    """

    name: str
    cron: dict[str, str]
    when: str
    reason: str
    run: Callable[[Desk, datetime], str]


TIMETABLE = (
    Job(
        "unionids",
        {"second": "20"},
        "every minute",
        "new followers known from the mini-program are bound",
        unionids.ask,
    ),
    Job(
        "sittings",
        {"second": "40"},
        "every minute",
        "exams whose time is over are handed in",
        sittings.close,
    ),
    Job(
        "purge",
        {"hour": "3", "minute": "10"},
        "03:10",
        "replies, scans and wrong codes past their use go",
        housekeeping.purge,
    ),
    Job(
        "handlers",
        {"day_of_week": "mon,thu", "hour": "9"},
        "Mon, Thu 09:00",
        "those who read confidential cases look, cases or none",
        handlers.remind,
    ),
)
