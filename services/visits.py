"""Sign-ins to the H5 pages (登录): a browser waits with a number, a member lets it in from the chat, and may end it."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from models.member import Member
from models.visit import Visit
from services.rows import touched

WAITS = timedelta(minutes=5)  # how long the number is good
LIVES = timedelta(days=30)  # how long a browser stays signed in
KEPT = timedelta(days=8)  # a row that is over stays so long: a talk that names it may be resumed for a week
MOST_WAITING = 200  # of 10,000 numbers, so that a mistyped one hardly ever is somebody else's


def open_(db: Session, now: datetime, *, device: str, place: str) -> tuple[str, Visit]:
    """A browser that waits to be let in: its token (only the digest is kept) and its row with the number.

    `device` and `place` are what the member reads before letting it in. Of too many waiting the oldest gives way.
    """
    _free_numbers(db, now)
    token, number = secrets.token_urlsafe(32), _draw()
    while db.scalar(select(Visit.id).where(Visit.number == number)) is not None:
        number = _draw()
    return token, _kept(db, Visit(number=number, device=device, place=place), token, now, WAITS)


def admitted(db: Session, member: Member, now: datetime, *, device: str, place: str) -> tuple[str, Visit]:
    """A browser WeChat has vouched for (OAuth): signed in at once; its token and its row."""
    token = secrets.token_urlsafe(32)
    return token, _kept(db, Visit(member_id=member.id, device=device, place=place), token, now, LIVES)


def waiting(db: Session, number: str, now: datetime) -> Visit | None:
    """The browser that shows this number now, None when there is none or its time is over."""
    return db.scalar(select(Visit).where(Visit.number == number, Visit.expires_at > now))


def of_public_id(db: Session, public_id: str) -> Visit | None:
    """The browser that was waiting, whatever number it shows by now; None when it has been forgotten."""
    return db.scalar(select(Visit).where(Visit.public_id == public_id))


def confirm(db: Session, member: Member, visit: Visit, now: datetime) -> bool:
    """Let the waiting browser in as this member; False when its time is over or somebody has taken it meanwhile.

    Confirming the same one again is True and changes nothing.
    """
    free = update(Visit).where(Visit.id == visit.id, Visit.number.is_not(None), Visit.expires_at > now)
    changed = touched(db, free.values(member_id=member.id, number=None, created_at=now, expires_at=now + LIVES))
    db.refresh(visit)
    return bool(changed) or (visit.member_id == member.id and visit.expires_at > now)


def of_token(db: Session, token: str, now: datetime) -> Visit | None:
    """The visit, waiting or signed in, that the cookie's token stands for; None when it is over."""
    return db.scalar(select(Visit).where(Visit.digest == _digest(token), Visit.expires_at > now))


def of_member(db: Session, member: Member, now: datetime) -> list[Visit]:
    """Where the member is signed in, newest first."""
    mine = select(Visit).where(Visit.member_id == member.id, Visit.expires_at > now)
    return list(db.scalars(mine.order_by(Visit.created_at.desc(), Visit.id.desc())))


def find(db: Session, member: Member, public_id: str) -> Visit | None:
    """The member's own visit of that public id; somebody else's is as good as none."""
    return db.scalar(select(Visit).where(Visit.public_id == public_id, Visit.member_id == member.id))


def end(db: Session, visit: Visit, now: datetime) -> None:
    """Sign that browser out; ending it twice is no harm."""
    db.execute(update(Visit).where(Visit.id == visit.id).values(member_id=None, number=None, expires_at=now))
    db.expire(visit)


def end_all(db: Session, member_id: int) -> int:
    """Sign the member out everywhere: the WeChat account that let the browsers in is no longer theirs.

    Returns how many there were.
    """
    mine = update(Visit).where(Visit.member_id == member_id)
    return touched(db, mine.values(member_id=None, expires_at=Visit.created_at))


def purge(db: Session, now: datetime) -> int:
    """Forget visits that have long been over; returns how many."""
    return touched(db, delete(Visit).where(Visit.expires_at <= now - KEPT))


def _kept(db: Session, visit: Visit, token: str, now: datetime, lives: timedelta) -> Visit:
    visit.digest, visit.created_at, visit.expires_at = _digest(token), now, now + lives
    db.add(visit)
    db.flush()
    return visit


def _free_numbers(db: Session, now: datetime) -> None:
    """Take their numbers from those whose time is over, and from the oldest of too many.

    The rows stay: SQLite gives the id of a deleted last row to the next one, and a talk may still name it.
    """
    waits = Visit.number.is_not(None)
    newest = select(Visit.id).where(waits, Visit.expires_at > now).order_by(Visit.id.desc())
    too_many = db.scalar(newest.offset(MOST_WAITING - 1).limit(1)) or 0
    given_up = update(Visit).where(waits, or_(Visit.expires_at <= now, Visit.id <= too_many))
    db.execute(given_up.values(number=None, expires_at=now))


def _draw() -> str:
    return f"{secrets.randbelow(9000) + 1000}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
