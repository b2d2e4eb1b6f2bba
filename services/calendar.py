"""'Today' and other words of the branch's own calendar; the only place that turns instants into days."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant as the branch's wall clock shows it."""
    return at.astimezone(zone)


def today(now: datetime, zone: ZoneInfo) -> date:
    """The branch's date at `now`."""
    return now.astimezone(zone).date()
