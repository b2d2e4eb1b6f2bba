"""Endings given once: what turns a redelivered message into the first reply again instead of a second effect."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from models.given import Given
from services.rows import touched

KEPT = timedelta(days=1)


def find(db: Session, message: str, talk: str) -> str | None:
    """The ending already given to the message of that key, or of that talk; None if neither."""
    return db.scalar(select(Given.ending).where(or_(Given.message == message, Given.talk == talk)))


def keep(db: Session, message: str, talk: str, ending: str, now: datetime) -> None:
    """Keep the ending beside the effect it tells of; a second one for either key breaks the whole transaction."""
    db.add(Given(message=message, talk=talk, ending=ending, at=now))
    db.flush()


def purge(db: Session, now: datetime) -> int:
    """Forget endings that no delivery can ask for any more; returns how many."""
    return touched(db, delete(Given).where(Given.at < now - KEPT))
