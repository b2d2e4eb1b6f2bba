"""Deliveries: what WeChat's events say became of our messages, whenever they come: late, twice, before the answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, select, update
from sqlalchemy.orm import Session

from models.credit import Delivery
from models.member import Identity
from models.notice import Channel, Notice, NoticeState
from services import credits
from services.rows import insert_new, touched

SENDING = "sending"  # the reason of a claimed notice: its message may have left
AGAIN = "again"  # the reason of a waiting notice whose message may have left: it goes again under the same key only
KEPT = timedelta(days=7)
EARLY, LATE = timedelta(minutes=2), timedelta(minutes=10)  # an event is of a message begun so long before it
CHANNELS = (Channel.TEMPLATE, Channel.SUBSCRIPTION)  # those of the official account that events tell of
OPEN = (NoticeState.CLAIMED, NoticeState.SENT, NoticeState.UNSURE, NoticeState.WAITING)


@dataclass(frozen=True, slots=True)
class Told:
    """What one event says of one message; `template_id` is "" where it does not say, `reason` is a code."""

    message_id: str
    template_id: str
    arrived: bool
    reason: str = ""


def heard(
    db: Session, app_id: str, identity: Identity | None, told: Sequence[Told], at: datetime, now: datetime
) -> None:
    """Keep what an event of WeChat's time `at` says of messages to that person, and close the notices they carry.

    Twice is once. What belongs to no notice yet is kept for when the call is answered, or found to be lost.
    """
    credits.held(db, {identity.id} if identity else set(), wait=True)  # the answer is noted before this, or after
    for one in told:
        values = {
            "app_id": app_id,
            "message_id": one.message_id,
            "identity_id": identity.id if identity else None,
            "template_id": one.template_id,
            "arrived": one.arrived,
            "reason": one.reason,
            "at": at,
        }
        insert_new(db, Delivery, values)
    join(db, app_id, [one.message_id for one in told])
    if identity is not None and identity.member_id is not None:
        match(db, app_id, {identity.member_id}, now)


def join(db: Session, app_id: str, message_ids: Collection[str]) -> None:
    """Close the notices of these messages with what has been heard of them."""
    if not message_ids:
        return
    both = select(Notice.id, Delivery).join(Delivery, Delivery.message_id == Notice.message_id)
    ours = (Delivery.app_id == app_id, Notice.channel.in_(CHANNELS), Notice.message_id.in_(message_ids))
    for number, delivery in db.execute(both.where(*ours)):
        _close(db, number, delivery)


def match(db: Session, app_id: str, members: Collection[int], now: datetime) -> None:
    """Close notices whose message has no number of WeChat's, each with the only event that can be of it.

    That is one to the same person, for the same template, at most ten minutes after it was begun. Where several
    would fit nothing is decided.
    """
    if not members:
        return
    known = exists().where(Notice.channel.in_(CHANNELS), Notice.message_id == Delivery.message_id)
    loose = (
        select(Identity.member_id, Delivery)
        .join(Identity, Identity.id == Delivery.identity_id)
        .where(Identity.member_id.in_(members), Delivery.app_id == app_id, Delivery.at > now - KEPT, ~known)
    )
    events = db.execute(loose).all()
    if not events:
        return
    found = db.scalars(
        select(Notice).where(
            Notice.member_id.in_({member for member, _ in events}),
            Notice.channel.in_(CHANNELS),
            Notice.message_id == "",
            Notice.begun_at > now - KEPT - LATE,
            Notice.state.in_((*OPEN, NoticeState.SHOWN)),
        )
    ).all()
    templates = credits.templates_of(db, [f"{one.id}.{one.tries}" for one in found])

    def fits(notice: Notice, member: int | None, event: Delivery) -> bool:
        assert notice.begun_at is not None
        template = templates.get(f"{notice.id}.{notice.tries}", "")
        return (
            notice.member_id == member
            and notice.begun_at - EARLY <= event.at <= notice.begun_at + LATE
            and template == event.template_id  # a template message's event does not name it, nor do its entries
        )

    for member, event in events:
        candidates = [one for one in found if fits(one, member, event)]
        if len(candidates) != 1:
            continue
        rivals = [other for whose, other in events if fits(candidates[0], whose, other)]
        if len(rivals) == 1:
            touched(db, update(Notice).where(Notice.id == candidates[0].id).values(message_id=event.message_id))
            _close(db, candidates[0].id, event)


def forget(db: Session, identities: Sequence[int]) -> None:
    """Erase what was heard of messages to these people, for they have left."""
    db.execute(delete(Delivery).where(Delivery.identity_id.in_(identities)))


def purge(db: Session, now: datetime) -> int:
    """Forget what no call can be waiting for any more; returns how many."""
    return touched(db, delete(Delivery).where(Delivery.at < now - KEPT))


def _close(db: Session, number: int, delivery: Delivery) -> None:
    """What was shown meanwhile stays shown."""
    state = NoticeState.DELIVERED if delivery.arrived else NoticeState.FAILED
    still = update(Notice).where(and_(Notice.id == number, Notice.state.in_(OPEN)))
    values = {"state": state, "claimed_until": None, "reason": delivery.reason}
    touched(db, still.values(**values, closed_at=func.coalesce(Notice.closed_at, delivery.at)))
