"""Whom a leader should ask how things are (请了解情况): never a verdict, and never told to the group."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.member import ON_ROLL, Member
from pages.door import Desk
from services import statistics
from services.rights import Act
from texts import statistics as texts


def lines(desk: Desk, db: Session, act: Act) -> list[tuple[str, str]]:
    """One sentence a member whom this leader sees: (public id, sentence), the longest missing first."""
    on_roll = select(Member).where(Member.status.in_(ON_ROLL)).order_by(Member.id)
    own = {one.id: one for one in db.scalars(on_roll) if act.rights.sees_group(one.group_id)}
    return [
        (
            own[one.member_id].public_id,
            texts.concern(own[one.member_id].name, one.missed_in_row, one.since, long=one.long),
        )
        for one in statistics.concerns(db, act.now, desk.rules, desk.zone, list(own))
    ]
