"""Closes rounds whose time is over: in the unsigned file first, so that no answer comes in behind the close."""

from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from jobs.desk import Desk
from models.round import Round
from sealed import unsigned
from sealed.unsigned import UnsignedRefusal
from services import rights, rounds


def close(desk: Desk, now: datetime) -> str:
    """Close what is past its time, each in a transaction of its own.

    While the unsigned file is busy what is unnamed waits for the next run, and the others are closed all the same.
    """
    late = desk.run(lambda db: [(one.id, one.public_id, one.unnamed) for one in rounds.closable(db, now)])
    closed, stopped = 0, ""
    for number, public_id, unnamed in late:
        if unnamed:
            if stopped:
                continue
            try:
                unsigned.end(desk.unsigned, public_id)
            except UnsignedRefusal as refusal:
                stopped = f" stopped={type(refusal).__name__}"
                continue
        desk.run(partial(_close, number=number, desk=desk, now=now))
        closed += 1
    return f"closed={closed}{stopped}"


def _close(db: Session, number: int, desk: Desk, now: datetime) -> None:
    rounds.close(db, rights.operator(now, desk.zone), db.get_one(Round, number))
