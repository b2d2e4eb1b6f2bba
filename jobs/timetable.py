"""The timetable on one screen: each job, when it runs, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from jobs import handlers, housekeeping, pictures, reminders, rounds, sittings, unionids, workdays
from jobs.desk import Desk
from services.timetables import DEFAULTS

Work = Callable[[Desk, datetime], str]


@dataclass(frozen=True, slots=True)
class Job:
    """One line of the timetable; `cron` holds APScheduler's cron fields, in the branch's time.

    Without them the job runs by hand alone (`zhibu jobs run NAME`). Running it twice, late or after a crash does no
    harm: what it does is decided by what the database says.
    """

    name: str
    cron: dict[str, str] | None
    when: str
    reason: str
    run: Work
    by_hand: Work | None = None  # where it does otherwise when somebody names the time

    def now(self, desk: Desk, at: datetime) -> str:
        """Run it once by hand, as if it were `at`."""
        return (self.by_hand or self.run)(desk, at)


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
        "rounds",
        {"second": "50"},
        "every minute",
        "rounds past their time are closed",
        rounds.close,
    ),
    Job(
        "pictures",
        {"second": "30"},
        "every minute",
        "pictures of opinions are fetched, which WeChat keeps three days",
        pictures.fetch,
    ),
    Job(
        "reminders",
        {"second": "0"},
        "every minute",
        "what has fallen due is written for the senders, each kind at its hour below",
        reminders.write,
        by_hand=reminders.of_day,
    ),
    Job(
        "purge",
        {"hour": "3", "minute": "10"},
        "03:10",
        "replies, scans and wrong codes past their use go",
        housekeeping.purge,
    ),
    Job(
        "workdays",
        {"hour": "3", "minute": "20"},
        "03:20",
        "days off that have been announced come into the calendar",
        workdays.fill,
    ),
    Job(
        "handlers",
        {"day_of_week": "mon,thu", "hour": "9"},
        "Mon, Thu 09:00",
        "those who read confidential cases look, cases or none",
        handlers.remind,
    ),
    # The kinds of reminders: `reminders` writes them all. Their hours stand in services/timetables.py, and on the page
    # of reminders where the branch may change them; by hand each writes what is due on that day up to that time.
    *(
        Job(
            line.kind.value,
            None,
            f"{line.at:%H:%M}" if line.at else "",
            f"{line.day}: {line.why}",
            partial(reminders.of_day, kinds=(line.kind,)),
        )
        for line in DEFAULTS
    ),
)
