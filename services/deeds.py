"""What a leader does to the calendar (安排, 改期, 取消), each as one thing with its notices: done, or kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.held import HeldPlace
from models.org import Org
from services import activities, notices
from services.activities import Plan
from services.rights import Act


@dataclass(frozen=True, slots=True)
class Move:
    """改期, as the activity was `seen` at that version."""

    activity: Activity
    starts_at: datetime
    place: str
    reason: str
    seen: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """取消, likewise."""

    activity: Activity
    reason: str
    seen: int


Deed = Plan | Move | Cancel


def do(db: Session, act: Act, deed: Deed) -> tuple[Activity, bool]:
    """Do it and tell everybody expected; returns the activity, and whether anything is different now.

    What has been done already, planned twice or cancelled twice, stays as it is. Raises NotAllowed, OutOfOrder,
    WrongState, EditedMeanwhile.
    """
    match deed:
        case Plan():
            act.demand(deed.kind in activities.kinds(act, deed.org))
            return activities.plan_once(db, act, deed)
        case Move():
            activities.move(db, act, deed.activity, (deed.starts_at, deed.place), deed.reason, deed.seen)
            notices.moved(db, deed.activity, act.now, act.zone)
            return deed.activity, True
        case Cancel():
            alive = deed.activity.state is not ActivityState.CANCELLED
            activities.cancel(db, act, deed.activity, deed.reason, deed.seen)
            notices.cancelled(db, deed.activity, act.now, act.zone)
            return deed.activity, alive


def would_change(db: Session, act: Act, deed: Deed) -> bool:
    """Whether doing it now would make anything different; tried and undone, so it raises what `do` raises."""
    trial = db.begin_nested()
    try:
        return do(db, act, deed)[1]
    finally:
        trial.rollback()


def dump(deed: Deed) -> tuple[HeldPlace, int, str]:
    """What it is, the id of the activity (of the org, for a plan), and the rest as JSON."""
    match deed:
        case Plan():
            told = {"kind": deed.kind, "title": deed.title, "at": _at(deed), "place": deed.place}
            return HeldPlace.ACTIVITY_PLAN, deed.org.id, _json(told)
        case Move():
            moved = {"at": _at(deed), "place": deed.place}
            return HeldPlace.ACTIVITY_MOVE, deed.activity.id, _json(moved | _words(deed))
        case Cancel():
            return HeldPlace.ACTIVITY_CANCEL, deed.activity.id, _json(_words(deed))


def load(db: Session, place: HeldPlace, subject_id: int, text: str) -> Deed:
    """The deed that `dump` told of."""
    told = json.loads(text)
    if place is HeldPlace.ACTIVITY_PLAN:
        at, org = datetime.fromisoformat(told["at"]), db.get_one(Org, subject_id)
        return Plan(ActivityKind(told["kind"]), told["title"], at, org, told["place"])
    activity = db.get_one(Activity, subject_id)
    if place is HeldPlace.ACTIVITY_MOVE:
        at = datetime.fromisoformat(told["at"])
        return Move(activity, at, told["place"], told["reason"], told["seen"])
    return Cancel(activity, told["reason"], told["seen"])


def _at(deed: Plan | Move) -> str:
    return deed.starts_at.astimezone(UTC).isoformat()


def _words(deed: Move | Cancel) -> dict[str, object]:
    return {"reason": deed.reason, "seen": deed.seen}


def _json(told: Mapping[str, object]) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
