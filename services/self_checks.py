"""自查: lines a member writes for the member alone.

Every function takes the member whose lines they are, so nobody's can be asked for by another; no page, table, export
or figure reads them. They stand unencrypted in the branch's database, which is told to whoever writes.
"""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import public_id
from models.member import Member
from models.reminder import SelfCheck
from services.rows import touched


def write(db: Session, member: Member, text: str, once: str, now: datetime) -> None:
    """Keep the lines; the same message (`once`) again keeps nothing."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    made = dialect.insert(SelfCheck).values(public_id=public_id(), member_id=member.id, text=text, at=now, once=once)
    db.execute(made.on_conflict_do_nothing())


def own(db: Session, member: Member, most: int) -> list[SelfCheck]:
    """The member's own, newest first."""
    mine = select(SelfCheck).where(SelfCheck.member_id == member.id)
    return list(db.scalars(mine.order_by(SelfCheck.id.desc()).limit(most)))


def find(db: Session, member: Member, wanted: str) -> SelfCheck | None:
    """The member's own of that public id; None of somebody else's, or when it is gone."""
    return db.scalar(select(SelfCheck).where(SelfCheck.member_id == member.id, SelfCheck.public_id == wanted))


def drop(db: Session, member: Member, wanted: str) -> bool:
    """Delete one of the member's own for good; False where there is none."""
    mine = delete(SelfCheck).where(SelfCheck.member_id == member.id, SelfCheck.public_id == wanted)
    return bool(touched(db, mine))
