"""Guests from outside (列席): entered before or while an activity runs, counted beside 应到 and 实到, never in them."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.base import public_id
from models.guest import Guest
from services import events
from services.errors import WrongState
from services.registrations import REGISTERS_IN
from services.rights import Act

_BEGUN = (ActivityState.OPEN, ActivityState.CLOSED)


def enter(db: Session, act: Act, activity: Activity, name: str, unit: str) -> bool:
    """Enter a guest; False: already there. Raises NotAllowed, WrongState (closed, cancelled)."""
    _demand(act, activity)
    row = {"public_id": public_id(), "activity_id": activity.id, "name": name, "unit": unit, "entered_at": act.now}
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    new = bool(db.execute(dialect.insert(Guest).values(row).on_conflict_do_nothing().returning(Guest.id)).all())
    if new:
        events.log(db, act, "guest_entered", activity, name=name, unit=unit)
    return new


def remove(db: Session, act: Act, activity: Activity, guest: str) -> str:
    """Take a guest off the list who does not come; returns the name, "" for one already gone.

    What the row said stays in the log. Raises NotAllowed, WrongState (closed, cancelled).
    """
    _demand(act, activity)
    found = db.scalar(select(Guest).where(Guest.public_id == guest, Guest.activity_id == activity.id))
    if found is None:
        return ""
    events.log(db, act, "guest_removed", activity, name=found.name, unit=found.unit)
    db.delete(found)
    db.flush()
    return found.name


def of(db: Session, activity: Activity) -> list[Guest]:
    """The guests of an activity, as they were entered."""
    return list(db.scalars(select(Guest).where(Guest.activity_id == activity.id).order_by(Guest.id)))


def came(activity: Activity, guests: list[Guest]) -> int:
    """How many of them count as 列席: nobody before it begins."""
    return len(guests) if activity.state in _BEGUN else 0


def counts(db: Session, span: ColumnElement[bool]) -> Mapping[int, int]:
    """How many guests count at each of the activities meant, by activity."""
    held = select(Guest.activity_id, func.count().label("many")).join(Activity, Activity.id == Guest.activity_id)
    rows = db.execute(held.where(span, Activity.state.in_(_BEGUN)).group_by(Guest.activity_id))
    return {row.activity_id: row.many for row in rows}


def _demand(act: Act, activity: Activity) -> None:
    act.demand(act.rights.runs(activity))
    if activity.state not in REGISTERS_IN:
        raise WrongState(activity.title, activity.state)
