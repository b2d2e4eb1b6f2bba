"""Keeps the branch's calendar of days off, and says of which year nothing is known."""

import logging
from datetime import datetime

from jobs.desk import Desk
from services import workdays
from services.calendar import today

log = logging.getLogger(__name__)


def fill(desk: Desk, now: datetime) -> str:
    """Take over what the package knows; says how many entries are new and which years are unknown."""
    day = today(now, desk.zone)

    with desk.reading() as db:
        unknown = workdays.unknown(db, day)
    if unknown:
        years = ",".join(map(str, unknown))
        log.warning("ALERT days off unknown years=%s; until they are entered weekdays hold", years)
    filled = desk.run(lambda db: workdays.fill(db, day, now))
    return f"filled={filled} unknown={len(unknown)}"
