"""自愿重温: who has read the oath again of their own accord; it is no activity of the branch, in no figure."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.member import Member
from models.reminder import OathReading


def read(db: Session, member: Member, once: str, now: datetime) -> None:
    """Keep that the member has read it; the same message (`once`) again keeps nothing."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    made = dialect.insert(OathReading).values(member_id=member.id, at=now, once=once)
    db.execute(made.on_conflict_do_nothing())


def last(db: Session, member: Member) -> datetime | None:
    """When the member read it last; None never."""
    return db.scalar(select(func.max(OathReading.at)).where(OathReading.member_id == member.id))
