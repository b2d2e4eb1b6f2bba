"""Credits (订阅授权): how many subscription notices a person has allowed, from a ledger that is only added to.

WeChat has no API that tells how many are left, and its events come twice, late and in any order. So the balance is
computed from the moves by their own times, and it never is more than WeChat's: what is not sure counts as used.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, delete, func, or_, select, true
from sqlalchemy.orm import Session

from models.credit import CreditEntry, CreditMove
from models.member import Identity
from services.rows import insert_new


@dataclass(frozen=True, slots=True)
class Purse:
    """A person's credits for one template."""

    identity_id: int
    template_id: str


@dataclass(frozen=True, slots=True)
class Balance:
    """How many are left, and when WeChat says that the newest of them was given (None: never)."""

    left: int = 0
    newest: datetime | None = None


def accepted(db: Session, purse: Purse, at: datetime, once: str) -> None:
    """One more, by a signed event of WeChat's with its time `at`; `once` names the event. Twice is once."""
    _enter(db, purse, CreditMove.ACCEPTED, at, once)


def refused(db: Session, purse: Purse, at: datetime, once: str) -> None:
    """Nothing from before `at` or from that very second counts any more, by a signed event of WeChat's."""
    _enter(db, purse, CreditMove.ZEROED, at, once)


def balances(db: Session, identities: Collection[int] | None) -> dict[Purse, Balance]:
    """What is left to these people (None: to everybody), by template.

    What was accepted after the last time all was zeroed, less what was spent since; of one second with it, it counts
    as before.
    """
    if identities is not None and not identities:
        return {}
    entry = CreditEntry
    key = (entry.identity_id, entry.template_id)
    mine = true() if identities is None else entry.identity_id.in_(identities)
    zeroed = (
        select(*key, func.max(entry.at).label("at")).where(mine, entry.move == CreditMove.ZEROED).group_by(*key)
    ).subquery()
    worth = case(
        (entry.move.in_((CreditMove.ACCEPTED, CreditMove.RETURNED)), 1), (entry.move == CreditMove.SPENT, -1), else_=0
    )
    given = case((entry.move == CreditMove.ACCEPTED, entry.at))
    found = db.execute(
        select(*key, func.sum(worth), func.max(given))
        .outerjoin(zeroed, and_(zeroed.c.identity_id == entry.identity_id, zeroed.c.template_id == entry.template_id))
        .where(mine, or_(zeroed.c.at.is_(None), entry.at > zeroed.c.at))
        .group_by(*key)
    )
    return {Purse(who, template): Balance(max(0, left), newest) for who, template, left, newest in found}


def spend(db: Session, purse: Purse, balance: Balance, now: datetime, once: str) -> None:
    """One less, from now on when its message may leave; `balance` was read under the lock of `held`.

    It is dated like the newest of what it is spent from, should WeChat's clock be ahead of ours: so whatever zeroes
    the one zeroes the other.
    """
    _enter(db, purse, CreditMove.SPENT, _since(balance, now), f"spent:{once}")


def give_back(db: Session, once: str) -> None:
    """The message of that spending certainly has not left; counted from when it was spent."""
    spent = db.scalar(select(CreditEntry).where(CreditEntry.once == f"spent:{once}"))
    if spent is not None:  # else the person has gone meanwhile, and all credits with them
        purse = Purse(spent.identity_id, spent.template_id)
        _enter(db, purse, CreditMove.RETURNED, spent.at, f"returned:{once}")


def exhausted(db: Session, purse: Purse, now: datetime, once: str) -> None:
    """WeChat has refused a message for want of a credit (43101): whatever we believed, none is left."""
    known = balances(db, [purse.identity_id]).get(purse, Balance())
    _enter(db, purse, CreditMove.ZEROED, _since(known, now), f"zeroed:{once}")


def held(db: Session, identities: Collection[int], *, wait: bool) -> set[int]:
    """Lock these people's ledgers till the transaction ends; returns whom there is and, not to `wait`, who is free.

    On SQLite there is one writer at a time anyway.
    """
    mine = select(Identity.id).where(Identity.id.in_(identities)).order_by(Identity.id)
    return set(db.scalars(mine.with_for_update(skip_locked=not wait))) if identities else set()


def templates_of(db: Session, spendings: Collection[str]) -> dict[str, str]:
    """The template that each of these spendings was for."""
    keys = [f"spent:{once}" for once in spendings]
    found = db.execute(select(CreditEntry.once, CreditEntry.template_id).where(CreditEntry.once.in_(keys)))
    return {once.removeprefix("spent:"): template for once, template in found}


def forget(db: Session, identities: Sequence[int]) -> None:
    """Erase these people's entries, for they have left."""
    db.execute(delete(CreditEntry).where(CreditEntry.identity_id.in_(identities)))


def _since(balance: Balance, now: datetime) -> datetime:
    """The second of `now`, as WeChat's events count, but never before what the balance was given at."""
    second = now.replace(microsecond=0)
    return max(second, balance.newest) if balance.newest else second


def _enter(db: Session, purse: Purse, move: CreditMove, at: datetime, once: str) -> None:
    values = {"identity_id": purse.identity_id, "template_id": purse.template_id, "move": move, "at": at, "once": once}
    insert_new(db, CreditEntry, values)
