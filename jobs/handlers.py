"""Reminds those who read confidential cases that today is a day to look, whether or not there is anything to see."""

from datetime import datetime

from jobs.desk import Desk
from services import handlers


def remind(desk: Desk, now: datetime) -> str:
    """Write this day's notices; says how many are new."""
    return f"reminded={desk.run(lambda db: handlers.remind(db, now, desk.zone))}"
