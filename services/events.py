"""The event log: written in the transaction of the change it tells of; read beside each record."""

import json
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.event import Event
from services.rights import Act

Plain = str | int | float | bool | None


def log(db: Session, act: Act, verb: str, subject: Base, **facts: Plain) -> None:
    """Note that `act.by` (nobody: the operator) did `verb` to the record; texts/event.py has the verb's words."""
    db.flush()
    db.add(
        Event(
            at=act.now,
            by_id=act.by.id if act.by else None,
            verb=verb,
            subject=subject.__tablename__,
            subject_id=getattr(subject, "id"),  # noqa: B009 - every subject has one; Base does not say so
            facts=json.dumps(facts, ensure_ascii=False),
        )
    )
    db.flush()


def of(db: Session, subject: Base, most: int = 50) -> list[tuple[Event, Mapping[str, Plain]]]:
    """What happened to a record, newest first."""
    number = getattr(subject, "id")  # noqa: B009 - see log
    found = db.scalars(
        select(Event)
        .where(Event.subject == subject.__tablename__, Event.subject_id == number)
        .order_by(Event.id.desc())
        .limit(most)
    )
    return [(event, json.loads(event.facts)) for event in found]
