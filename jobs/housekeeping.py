"""Throws away what has served: replies given, waiting scans, wrong bind codes."""

from datetime import datetime

from jobs.desk import Desk
from services import deliveries, given, leases, logins, members, visits


def purge(desk: Desk, now: datetime) -> str:
    """Forget what is past its use at `now`; says how many rows of each kind went."""
    replies = desk.run(lambda db: given.purge(db, now))
    people = desk.run(lambda db: members.purge(db, now, desk.held, desk.wrong))
    expired = desk.run(lambda db: logins.purge(db, now) + visits.purge(db, now))
    told = desk.run(lambda db: deliveries.purge(db, now) + leases.purge(db, now))
    return f"replies={replies} scans_and_codes={people} logins={expired} told={told}"
