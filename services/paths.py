"""The branch's study path (导学): its steps in order, added, changed, moved and taken off."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.question import Bank, Topic
from models.study import PathStep
from services import events
from services.errors import EditedMeanwhile, NoSuchStep
from services.rights import Act
from services.rows import touched


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step is to be: something to read, the questions that go with it, not before a day."""

    title: str
    reading: str = ""
    bank: Bank | None = None
    topic: Topic | None = None
    starts: date | None = None


def steps(db: Session, act: Act) -> list[PathStep]:
    """The steps that stand, in order. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    return _standing(db)


def closed(db: Session, act: Act, most: int = 20) -> list[PathStep]:
    """What has been taken off, the last first. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    off = select(PathStep).where(PathStep.closed_at.is_not(None))
    return list(db.scalars(off.order_by(PathStep.closed_at.desc(), PathStep.id.desc()).limit(most)))


def find(db: Session, act: Act, public_id: str) -> PathStep:
    """A step by its public id. Raises NotAllowed, NoSuchStep."""
    act.demand(act.rights.runs_study)
    found = db.scalar(select(PathStep).where(PathStep.public_id == public_id))
    if found is None:
        raise NoSuchStep(public_id)
    return found


def add(db: Session, act: Act, asked: Asked) -> PathStep:
    """One more step at the end; the very same standing already is returned. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    there = next((one for one in _standing(db) if _said(one) == asked), None)
    if there is not None:
        return there
    last = db.scalar(select(func.max(PathStep.place))) or 0
    made = PathStep(
        place=last + 1,
        title=asked.title,
        reading=asked.reading,
        bank=asked.bank,
        topic=asked.topic,
        starts=asked.starts,
    )
    db.add(made)
    events.log(db, act, "step_added", made, title=asked.title)
    return made


def edit(db: Session, act: Act, step: PathStep, asked: Asked, seen: int) -> bool:
    """Change a step seen in version `seen`; False where nothing changes. Raises NotAllowed, EditedMeanwhile."""
    act.demand(act.rights.runs_study)
    if step.version == seen and _said(step) == asked:
        return False
    values = {"title": asked.title, "reading": asked.reading, "topic": asked.topic, "starts": asked.starts}
    same = update(PathStep).where(PathStep.id == step.id, PathStep.version == seen, PathStep.closed_at.is_(None))
    bank_id = asked.bank.id if asked.bank else None
    changed = touched(db, same.values(version=seen + 1, bank_id=bank_id, **values))
    db.refresh(step)
    if not changed:
        last = next(iter(events.of(db, step, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
    events.log(db, act, "step_edited", step)
    return True


def move(db: Session, act: Act, step: PathStep, by: int) -> None:
    """Swap a step with the one before (-1) or after (1); at an end it stays. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    order = _standing(db)
    here = next((place for place, one in enumerate(order) if one.id == step.id), None)
    if here is None or not 0 <= here + by < len(order):
        return
    other = order[here + by]
    step.place, other.place = other.place, step.place
    events.log(db, act, "step_moved", step)


def close(db: Session, act: Act, step: PathStep) -> None:
    """Take a step off the path; what members have answered stays. Once is enough. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    if step.closed_at is not None:
        return
    step.closed_at = act.now
    step.version += 1
    events.log(db, act, "step_closed", step)


def _standing(db: Session) -> list[PathStep]:
    there = select(PathStep).where(PathStep.closed_at.is_(None))
    return list(db.scalars(there.order_by(PathStep.place, PathStep.id)))


def _said(step: PathStep) -> Asked:
    return Asked(step.title, step.reading, step.bank, step.topic, step.starts)
