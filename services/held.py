"""Texts kept apart (待看): what a member types in the mini-program is read by others once WeChat or the office says so.

The record itself stands at once, without the text: leave is leave, whatever is thought of its wording. Whoever runs the
branch reads the text and shows it, which writes it into its place, or leaves it out; that is decided once.
"""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from models.activity import Activity
from models.attendance import MakeUp, Mark
from models.base import Base
from models.held import HeldPlace, HeldText
from models.leave import Leave
from services import events
from services.errors import LookedAt, NoSuchText
from services.rights import Act
from services.rows import touched

Record = Leave | MakeUp | Mark
PLACES: Mapping[str, tuple[HeldPlace, ...]] = {
    Leave.__tablename__: (HeldPlace.LEAVE_REASON, HeldPlace.LEAVE_NOTE),
    MakeUp.__tablename__: (HeldPlace.MAKEUP_CONTENT,),
    Mark.__tablename__: (HeldPlace.MARK_REASON,),
}


def hold(db: Session, act: Act, place: HeldPlace, subject: Base, text: str) -> None:
    """Keep the text apart from its record; an empty one is none."""
    if not text:
        return
    db.flush()
    assert act.by is not None
    number = getattr(subject, "id")  # noqa: B009 - every record of a place has one; Base does not say so
    db.add(HeldText(place=place, subject_id=number, text=text, by_id=act.by.id, at=act.now))
    db.flush()


def holds(db: Session, record: Record) -> bool:
    """Whether a text of this record waits to be looked at."""
    places = PLACES[record.__tablename__]
    mine = select(HeldText.id).where(HeldText.place.in_(places), HeldText.subject_id == record.id)
    return db.scalar(mine.where(HeldText.looked_at.is_(None)).limit(1)) is not None


def waiting(db: Session, act: Act) -> list[tuple[HeldText, Activity]]:
    """What nobody has looked at yet, oldest first, with the activity it is about. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    found = select(HeldText).where(HeldText.looked_at.is_(None)).order_by(HeldText.id).options(joinedload(HeldText.by))
    return [(one, db.get_one(Activity, _record(db, one).activity_id)) for one in db.scalars(found)]


def find(db: Session, act: Act, public_id: str) -> HeldText:
    """The text of that public id, looked at or not. Raises NotAllowed, NoSuchText."""
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(HeldText).where(HeldText.public_id == public_id))
    if found is None:
        raise NoSuchText
    return found


def look(db: Session, act: Act, held: HeldText, *, shown: bool) -> None:
    """Show the text where it belongs, or leave it out; of two who decide at once the second is told.

    Raises NotAllowed, LookedAt.
    """
    act.demand(act.rights.runs_branch and act.by is not None)
    assert act.by is not None
    open_ = update(HeldText).where(HeldText.id == held.id, HeldText.looked_at.is_(None))
    changed = touched(db, open_.values(looked_by_id=act.by.id, looked_at=act.now, shown=shown))
    db.refresh(held)
    if not changed:
        raise LookedAt(held.looked_by.name if held.looked_by else "", shown=bool(held.shown))
    record = _record(db, held)
    if shown:
        setattr(record, held.place.value.partition(".")[2], held.text)
    name = held.by.name
    events.log(db, act, "text_looked_at", db.get_one(Activity, record.activity_id), name=name, shown=shown)


def _record(db: Session, held: HeldText) -> Record:
    match held.place:
        case HeldPlace.LEAVE_REASON | HeldPlace.LEAVE_NOTE:
            return db.get_one(Leave, held.subject_id)
        case HeldPlace.MAKEUP_CONTENT:
            return db.get_one(MakeUp, held.subject_id)
        case HeldPlace.MARK_REASON:
            return db.get_one(Mark, held.subject_id)
