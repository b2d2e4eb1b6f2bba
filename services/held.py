"""Texts kept apart (待看): what is typed in the mini-program is read by others once WeChat or the office says so.

A record stands at once, without the text: leave is leave, whatever is thought of its wording. A deed whose very point
is to be read by all (安排, 改期, 取消) waits as a whole. Whoever runs the branch reads the text and shows it, which
writes it into its place or does the deed, or leaves it out; that is decided once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from models.activity import Activity
from models.attendance import MakeUp, Mark
from models.base import Base
from models.held import DEEDS, HeldPlace, HeldText
from models.leave import Leave
from models.org import Org
from services import deeds, events, rights
from services.deeds import Deed
from services.errors import LookedAt, NoSuchText, NotAllowed, WriterMayNot
from services.rights import Act
from services.rows import in_turn, touched

Record = Leave | MakeUp | Mark
PLACES: Mapping[str, tuple[HeldPlace, ...]] = {
    Leave.__tablename__: (HeldPlace.LEAVE_REASON, HeldPlace.LEAVE_NOTE),
    MakeUp.__tablename__: (HeldPlace.MAKEUP_CONTENT,),
    Mark.__tablename__: (HeldPlace.MARK_REASON,),
}
MOST_OWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """One text with what it is about: an activity (none yet, for a plan), and the deed that waits with it."""

    held: HeldText
    activity: Activity | None
    deed: Deed | None


def hold(db: Session, act: Act, place: HeldPlace, subject: Base, text: str) -> None:
    """Keep the text apart from its record; an empty one is none."""
    if not text:
        return
    db.flush()
    assert act.by is not None
    number = getattr(subject, "id")  # noqa: B009 - every record of a place has one; Base does not say so
    db.add(HeldText(place=place, subject_id=number, text=text, by_id=act.by.id, at=act.now))
    db.flush()


def hold_deed(db: Session, act: Act, deed: Deed, texts: Sequence[str]) -> bool:
    """Keep the whole deed until somebody has looked at its `texts`; the same one sent again waits once.

    False where it would change nothing, so that there is nothing to wait for. Raises what `deeds.do` raises.
    """
    if not deeds.would_change(db, act, deed):
        return False
    assert act.by is not None
    in_turn(db)
    place, subject, asked = deeds.dump(deed)
    same = select(HeldText.id).where(
        HeldText.place == place,
        HeldText.subject_id == subject,
        HeldText.asked == asked,
        HeldText.by_id == act.by.id,
        HeldText.looked_at.is_(None),
    )
    if db.scalar(same.limit(1)) is None:
        text = "\n".join(texts)
        db.add(HeldText(place=place, subject_id=subject, text=text, asked=asked, by_id=act.by.id, at=act.now))
        db.flush()
    return True


def holds(db: Session, record: Record) -> bool:
    """Whether a text of this record waits to be looked at."""
    places = PLACES[record.__tablename__]
    mine = select(HeldText.id).where(HeldText.place.in_(places), HeldText.subject_id == record.id)
    return db.scalar(mine.where(HeldText.looked_at.is_(None)).limit(1)) is not None


def waiting(db: Session, act: Act) -> list[Waiting]:
    """What nobody has looked at yet, oldest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    found = select(HeldText).where(HeldText.looked_at.is_(None)).order_by(HeldText.id).options(joinedload(HeldText.by))
    return [_about(db, one) for one in db.scalars(found)]


def count(db: Session, act: Act) -> int:
    """How many wait for this person to look at them."""
    if not act.rights.runs_branch:
        return 0
    return db.scalar(select(func.count()).select_from(HeldText).where(HeldText.looked_at.is_(None))) or 0


def own(db: Session, act: Act) -> list[Waiting]:
    """What this person wrote and was held, newest first, with what was decided."""
    assert act.by is not None
    found = select(HeldText).where(HeldText.by_id == act.by.id).order_by(HeldText.id.desc()).limit(MOST_OWN)
    return [_about(db, one) for one in db.scalars(found.options(joinedload(HeldText.by)))]


def find(db: Session, act: Act, public_id: str) -> HeldText:
    """The text of that public id, looked at or not. Raises NotAllowed, NoSuchText."""
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(HeldText).where(HeldText.public_id == public_id))
    if found is None:
        raise NoSuchText
    return found


def look(db: Session, act: Act, held: HeldText, *, shown: bool) -> None:
    """Show the text where it belongs, or leave it out; of two who decide at once the second is told.

    A deed is done by whoever asked for it, with the rights held now, if it still can be. Raises NotAllowed, LookedAt,
    WriterMayNot, WrongState, EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch and act.by is not None)
    assert act.by is not None
    open_ = update(HeldText).where(HeldText.id == held.id, HeldText.looked_at.is_(None))
    changed = touched(db, open_.values(looked_by_id=act.by.id, looked_at=act.now, shown=shown))
    db.refresh(held)
    if not changed:
        raise LookedAt(held.looked_by.name if held.looked_by else "", shown=bool(held.shown))
    about = _done(db, act, held) if shown else _about(db, held).activity
    subject: Base = about if about is not None else db.get_one(Org, held.subject_id)
    events.log(db, act, "text_looked_at", subject, name=held.by.name, shown=shown)


def _done(db: Session, act: Act, held: HeldText) -> Activity:
    """Shown in its place, or the deed done; returns the activity."""
    if held.asked is None:
        record = _record(db, held)
        setattr(record, held.place.value.partition(".")[2], held.text)
        return db.get_one(Activity, record.activity_id)
    writer = rights.act_of(db, held.by, act.now, act.zone)
    try:
        return deeds.do(db, writer, deeds.load(db, held.place, held.subject_id, held.asked))[0]
    except NotAllowed:
        raise WriterMayNot(held.by.name) from None


def _about(db: Session, held: HeldText) -> Waiting:
    if held.asked is None:
        return Waiting(held, db.get_one(Activity, _record(db, held).activity_id), None)
    deed = deeds.load(db, held.place, held.subject_id, held.asked)
    return Waiting(held, None if held.place is HeldPlace.ACTIVITY_PLAN else db.get_one(Activity, held.subject_id), deed)


def _record(db: Session, held: HeldText) -> Record:
    assert held.place not in DEEDS
    if held.place is HeldPlace.MAKEUP_CONTENT:
        return db.get_one(MakeUp, held.subject_id)
    if held.place is HeldPlace.MARK_REASON:
        return db.get_one(Mark, held.subject_id)
    return db.get_one(Leave, held.subject_id)
