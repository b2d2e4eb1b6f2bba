"""Leases: a part that one process plays at a time, and signs of life; each is one statement that SQL decides."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from models.clock import Lease
from services.rows import insert_new, touched

SCHEDULER = "scheduler"
FORGOTTEN = timedelta(days=1)  # after it has run out


def holder() -> str:
    """A name for one process's life, that nobody else has."""
    return secrets.token_hex(16)


def take(db: Session, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Take the part, or keep it: True if it is this holder's until `now` + `lasts`, False while it is another's."""
    if renew(db, name, holder, now, lasts):
        return True
    free = update(Lease).where(Lease.name == name, or_(Lease.until <= now, Lease.holder == holder))
    if touched(db, free.values(holder=holder, since=now, until=now + lasts)):
        return True
    return bool(insert_new(db, Lease, {"name": name, "holder": holder, "since": now, "until": now + lasts}))


def renew(db: Session, name: str, holder: str, now: datetime, lasts: timedelta) -> bool:
    """Keep the part; False if it has run out or is another's: whoever had it stops playing it."""
    own = update(Lease).where(Lease.name == name, Lease.holder == holder, Lease.until > now)
    return bool(touched(db, own.values(until=now + lasts)))


def release(db: Session, name: str, holder: str, now: datetime) -> None:
    """Give the part back, so that nobody waits for the lease to run out."""
    touched(db, update(Lease).where(Lease.name == name, Lease.holder == holder).values(until=now))


def ends(db: Session, prefix: str = "") -> Mapping[str, datetime]:
    """Until when each lease whose name begins so holds, or held: a sign of life is as old as that less its length."""
    found = select(Lease.name, Lease.until).where(Lease.name.startswith(prefix, autoescape=True))
    return {one.name: one.until for one in db.execute(found)}


def purge(db: Session, now: datetime) -> int:
    """Forget leases that ran out long ago: every sender's life has one of its own; returns how many."""
    return touched(db, delete(Lease).where(Lease.until < now - FORGOTTEN))
