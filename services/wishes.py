"""Wishes: what a member wants to be reminded of; study and self-check are chosen, 活动 and 改期 are not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.member import Member
from models.reminder import StudyWish, Wish
from services.rows import insert_new, touched


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants; as it stands here for whoever has said nothing: little that was not asked for."""

    study: StudyWish = StudyWish.NEVER
    self_check: bool = False
    unread: bool = True  # of bulletins not read after three days


NOTHING = Wanted()


def of(db: Session, member: Member) -> Wanted:
    """What the member wants."""
    return of_many(db, [member.id]).get(member.id, NOTHING)


def of_many(db: Session, members: Collection[int]) -> Mapping[int, Wanted]:
    """What these members (ids) want; who has said nothing is left out and wants NOTHING."""
    rows = db.execute(
        select(Wish.member_id, Wish.study, Wish.self_check, Wish.unread).where(Wish.member_id.in_(members))
    )
    return {row.member_id: Wanted(row.study, row.self_check, row.unread) for row in rows}


def keep(db: Session, member: Member, wanted: Wanted) -> None:
    """Let it be as the member says, from now on; said twice it is the same."""
    _row(db, member)
    wish = db.get_one(Wish, member.id, populate_existing=True)
    wish.study, wish.self_check, wish.unread = wanted.study, wanted.self_check, wanted.unread
    db.flush()


def ask_consent(db: Session, member: Member, now: datetime) -> bool:
    """Whether the member is to be asked for consent to notices now; it is asked once, so the next time it is False."""
    if db.scalar(select(Wish.asked_at).where(Wish.member_id == member.id)) is not None:
        return False
    _row(db, member)
    mine = update(Wish).where(Wish.member_id == member.id, Wish.asked_at.is_(None))
    return bool(touched(db, mine.values(asked_at=now)))


def _row(db: Session, member: Member) -> None:
    """See to it that the member has a row; two at the same time make one."""
    insert_new(db, Wish, {"member_id": member.id, "study": StudyWish.NEVER, "self_check": False})
