"""The outbox: what senders do with due notices. Before anything leaves it is noted that it may, then what became of it;
by whatever way a sender ends, no notice leaves twice and none is lost.

One transaction notes what was answered and takes the next: `settle`, `ripe`, then `begin` or `wait` for each.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from models.member import Identity, Member
from models.notice import Channel, Notice, NoticeKind, NoticeState
from services import credits, deliveries
from services.credits import Balance, Purse
from services.deliveries import AGAIN, SENDING
from services.quiet import Quiet
from services.rows import touched

UNBOUND, CLOSED = "unbound", "closed"  # why a notice waits for a contact: no WeChat account, no way that is open
NO_ANSWER = "no_answer"  # why it is unsure
NO_CREDIT = "43101"
GONE = ("43004", "40003")  # not following, no such person: nothing more goes there before the next follow
WINDOW_SHUT = frozenset({"45015", "45047"})
NOT_LEFT = frozenset({UNBOUND, CLOSED, NO_CREDIT, *GONE, *WINDOW_SHUT})  # the reasons of what waits and was not pushed
SAME_KEY = timedelta(minutes=9, seconds=30)  # WeChat knows a client_msg_id again for ten minutes
WINDOW = timedelta(hours=48)  # for customer service messages, after a person's message; page 发送客服消息
WINDOW_MOST = 4  # of the five that a window has: the last is kept back for a late reply
SPENDS = frozenset({Channel.SUBSCRIPTION, Channel.MINI})  # a credit each


@dataclass(frozen=True, slots=True)
class Apps:
    """The app ids of the official account and of the mini-program ("": there is none)."""

    account: str
    mini: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a member is reached in one app, and how many customer service messages may still go there."""

    identity_id: int
    openid: str
    window: int = 0


@dataclass(frozen=True, slots=True)
class Ripe:
    """A notice that is due, locked for this transaction; `begun_at` is set where it goes again under the same key."""

    id: int
    public_id: str
    member_id: int
    name: str  # the member's
    kind: NoticeKind
    facts: str
    useful_until: datetime
    tries: int
    begun_at: datetime | None
    account: Reach | None
    mini: Reach | None
    stopped: str  # the code for which nothing goes to this person, "" if all is well


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found due; `credits` are those of the people in it, `busy` how many wait for somebody else's turn."""

    ripe: Sequence[Ripe]
    credits: Mapping[Purse, Balance] = field(default_factory=dict)
    busy: int = 0


@dataclass(frozen=True, slots=True)
class Leaving:
    """A begun notice on its way through one channel; `tries` tells this time from others."""

    ripe: Ripe
    channel: Channel
    to: Reach
    template_id: str
    begun_at: datetime
    tries: int

    @property
    def once(self) -> str:
        """Names this try."""
        return f"{self.ripe.id}.{self.tries}"


class Fate(StrEnum):
    """How a call ended."""

    TAKEN = "taken"  # WeChat took the message
    UNKNOWN = "unknown"  # it may have
    LATER = "later"  # it did not: nobody was reached, or the API takes no more for now
    REFUSED = "refused"  # it did not, for this person
    WRONG = "wrong"  # it did not, for a mistake of ours


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one call; `again_at` is from when on the next may be tried, `code` WeChat's own or ours."""

    leaving: Leaving
    fate: Fate
    code: str = ""
    message_id: str = ""
    again_at: datetime | None = None


def pending(db: Session, now: datetime, kinds: AbstractSet[NoticeKind]) -> bool:
    """Whether there is anything to do for `tidy` or of these kinds for `ripe`; a look that writes nothing."""
    conditions = [_lapsed(now), _again_over(now), _spent(now)]
    conditions += [_due(now, kinds, reason) for reason in ("", AGAIN)]
    return any(db.scalar(select(Notice.id).where(one).limit(1)) is not None for one in conditions)


def tidy(db: Session, now: datetime, apps: Apps) -> None:
    """Close what is past its use, and decide about what a sender had begun when it ended.

    A template message goes again under its key while WeChat knows that; everything else is unsure from here on.
    """
    same_key = and_(Notice.channel == Channel.TEMPLATE, Notice.begun_at > now - SAME_KEY, Notice.useful_until > now)
    once_more = update(Notice).where(_lapsed(now), same_key)
    touched(db, once_more.values(state=NoticeState.WAITING, claimed_until=None, reason=AGAIN, due_at=now))
    people: set[int] = set()
    for lost, reason in ((_lapsed(now), SENDING), (_again_over(now), NO_ANSWER)):
        unsure = update(Notice).where(lost)
        values = {"state": NoticeState.UNSURE, "claimed_until": None, "closed_at": now, "reason": reason}
        people.update(db.scalars(unsure.values(**values).returning(Notice.member_id)))
    deliveries.match(db, apps.account, people, now)
    touched(db, update(Notice).where(_spent(now)).values(state=NoticeState.EXPIRED, closed_at=now))


def ripe(db: Session, now: datetime, kinds: AbstractSet[NoticeKind], most: int, apps: Apps) -> Taken:
    """Take up to `most` due notices of these kinds, first those that have to go again, then the oldest.

    They are ours till the transaction ends. People whose ledger somebody else holds just now wait for the next look:
    waiting for them with notices in hand could stand still.
    """
    if not kinds or most <= 0:
        return Taken(())
    found = [*_taken(db, now, kinds, AGAIN, most)]
    found += _taken(db, now, kinds, "", most - len(found))
    members = {one.member_id for one, _ in found}
    places = {
        (one.member_id, one.app_id): one
        for one in db.scalars(
            select(Identity)
            .where(Identity.member_id.in_(members), Identity.app_id.in_({apps.account, apps.mini} - {""}))
            .execution_options(populate_existing=True)
        )
    }
    there = {one.id for one in places.values()}
    ours = credits.held(db, there, wait=False)
    gone = select(Notice.member_id, Notice.reason).where(
        Notice.member_id.in_(members), Notice.state == NoticeState.WAITING, Notice.reason.in_(GONE)
    )
    stopped = {row.member_id: row.reason for row in db.execute(gone)}
    made = []
    for notice, name in found:
        account, mini = (places.get((notice.member_id, app)) for app in (apps.account, apps.mini))
        if any(one is not None and one.id not in ours for one in (account, mini)):
            continue
        made.append(
            Ripe(
                id=notice.id,
                public_id=notice.public_id,
                member_id=notice.member_id,
                name=name,
                kind=notice.kind,
                facts=notice.facts,
                useful_until=notice.useful_until,
                tries=notice.tries,
                begun_at=notice.begun_at,
                account=_reach(account, now),
                mini=_reach(mini, now),
                stopped=stopped.get(notice.member_id, ""),
            )
        )
    return Taken(made, credits.balances(db, ours), busy=len(found) - len(made))


def begin(db: Session, leaving: Sequence[Leaving], known: Mapping[Purse, Balance], lease: timedelta) -> None:
    """Note, before anything leaves, that these messages may: who ends now leaves them unsure, or to go again.

    What they cost is spent from here on. `lease` is longer than any call can take.
    """
    rows = [
        {
            "at": one.ripe.id, "state": NoticeState.CLAIMED, "reason": SENDING, "channel": one.channel,
            "claimed_until": one.begun_at + lease, "begun_at": one.ripe.begun_at or one.begun_at, "tries": one.tries,
        }
        for one in leaving
    ]  # fmt: skip
    _write(db, rows)
    for one in leaving:
        if one.channel in SPENDS:
            purse = Purse(one.to.identity_id, one.template_id)
            credits.spend(db, purse, known.get(purse, Balance()), one.begun_at, one.once)
    _answered(db, leaving, +1)


def wait(db: Session, waiting: Sequence[tuple[Ripe, str]], now: datetime) -> None:
    """Nothing is open for these: with a reason they wait for the person's next contact."""
    rows = []
    for one, reason in waiting:
        unsure = one.begun_at is not None
        state = NoticeState.UNSURE if unsure else NoticeState.WAITING
        rows.append({"at": one.id, "state": state, "reason": reason, "closed_at": now if unsure else None})
    _write(db, rows)


def fail(db: Session, failing: Sequence[tuple[Ripe, str]], now: datetime) -> None:
    """These cannot be sent by any way, for a mistake of ours."""
    _write(db, [{"at": one.id, "state": NoticeState.FAILED, "reason": why, "closed_at": now} for one, why in failing])


def later(db: Session, waiting: Sequence[tuple[Ripe, datetime]], quiet: Quiet) -> None:
    """Look at these again at that time, or when the quiet hours in which it falls are over."""
    _write(db, [{"at": one.id, "due_at": quiet.earliest(one.kind, at)} for one, at in waiting])


def settle(db: Session, outcomes: Sequence[Outcome], now: datetime, quiet: Quiet, apps: Apps) -> list[Outcome]:
    """Note what became of these calls; returns those that were still this sender's to tell.

    Who took one for unsure because its answer came late is corrected; what was shown or told by an event stays so.
    First of all in its transaction: it waits for the people's ledgers, so that an event is heard either before it
    or after.
    """
    credits.held(db, {one.leaving.to.identity_id for one in outcomes}, wait=True)
    open_still = select(Notice.id, Notice.tries).where(
        Notice.id.in_([one.leaving.ripe.id for one in outcomes]),
        Notice.state.in_((NoticeState.CLAIMED, NoticeState.UNSURE)),
        Notice.reason == SENDING,
    )
    ours = {(number, tries) for number, tries in db.execute(open_still.with_for_update())}
    told = [one for one in outcomes if (one.leaving.ripe.id, one.leaving.tries) in ours]
    _write(db, [_settled(one, now, quiet) for one in told])
    back = [one for one in told if one.fate in (Fate.LATER, Fate.REFUSED, Fate.WRONG)]
    for one in back:
        if one.leaving.channel not in SPENDS:
            continue
        if one.code == NO_CREDIT:
            purse = Purse(one.leaving.to.identity_id, one.leaving.template_id)
            credits.exhausted(db, purse, now, one.leaving.once)
        else:
            credits.give_back(db, one.leaving.once)
    _answered(db, [one.leaving for one in back], -1)
    shut = [one.leaving.to.identity_id for one in back if one.code in WINDOW_SHUT]
    if shut:
        db.execute(update(Identity).where(Identity.id.in_(shut)).values(spoke_at=None))
    deliveries.join(db, apps.account, [one.message_id for one in told if one.message_id])
    nameless = {
        one.leaving.ripe.member_id for one in told if one.fate in (Fate.TAKEN, Fate.UNKNOWN) and not one.message_id
    }
    deliveries.match(db, apps.account, nameless, now)
    return told


def follows(db: Session, member: Member) -> None:
    """The member follows the account again: what had stopped for want of that may be sent."""
    stopped = update(Notice).where(
        Notice.member_id == member.id, Notice.state == NoticeState.WAITING, Notice.reason.in_(GONE)
    )
    touched(db, stopped.values(reason=""))


def left(db: Session, member_id: int, now: datetime) -> None:
    """The member has left the account: nothing of before is pushed or shown any more, a new follow begins clean."""
    states = (NoticeState.WAITING, NoticeState.UNSURE, NoticeState.FAILED)
    open_still = update(Notice).where(Notice.member_id == member_id, Notice.state.in_(states))
    touched(db, open_still.values(state=NoticeState.EXPIRED, closed_at=now, reason="unfollowed"))


def retry(db: Session, now: datetime, quiet: Quiet, public_ids: Collection[str] | None = None) -> int:
    """Have what failed for a mistake of ours (None: all of it) tried once more while it is of use; returns how many."""
    failed = select(Notice).where(
        Notice.state == NoticeState.FAILED, Notice.begun_at.is_(None), Notice.useful_until > now
    )
    if public_ids is not None:
        failed = failed.where(Notice.public_id.in_(public_ids))
    found = db.scalars(failed.with_for_update()).all()
    for one in found:
        one.state, one.reason, one.closed_at = NoticeState.WAITING, "", None
        one.due_at = quiet.earliest(one.kind, now)
    db.flush()
    return len(found)


def dead(db: Session, most: int) -> list[Notice]:
    """What failed, newest first."""
    found = select(Notice).where(Notice.state == NoticeState.FAILED)
    return list(db.scalars(found.order_by(Notice.closed_at.desc(), Notice.id.desc()).limit(most)))


@dataclass(frozen=True, slots=True)
class Count:
    """So many notices in one state, of one kind, by one channel."""

    state: NoticeState
    kind: NoticeKind
    channel: Channel | None
    number: int


def counts(db: Session) -> list[Count]:
    """How many notices there are, by state, kind and channel; nothing personal."""
    key = (Notice.state, Notice.kind, Notice.channel)
    return [Count(*row) for row in db.execute(select(*key, func.count()).group_by(*key))]


def oldest(db: Session, now: datetime) -> timedelta | None:
    """For how long the oldest notice that may go has been due; None while none is."""
    waiting = and_(Notice.state == NoticeState.WAITING, Notice.reason.in_(("", AGAIN)), Notice.due_at <= now)
    due = db.scalar(select(Notice.due_at).where(waiting, Notice.useful_until > now).order_by(Notice.due_at).limit(1))
    return None if due is None else now - due


def _taken(
    db: Session, now: datetime, kinds: AbstractSet[NoticeKind], reason: str, most: int
) -> list[tuple[Notice, str]]:
    if most <= 0:
        return []
    found = select(Notice, Member.name).join(Member, Member.id == Notice.member_id).where(_due(now, kinds, reason))
    # SQLite has one writer at a time; on PostgreSQL senders pass by what others have in hand
    locked = found.order_by(Notice.due_at, Notice.id).limit(most).with_for_update(skip_locked=True, of=Notice)
    return [(notice, name) for notice, name in db.execute(locked.execution_options(populate_existing=True))]


def _reach(identity: Identity | None, now: datetime) -> Reach | None:
    if identity is None:
        return None
    opened = identity.spoke_at is not None and identity.spoke_at > now - WINDOW
    return Reach(identity.id, identity.openid, max(0, WINDOW_MOST - identity.answered) if opened else 0)


def _settled(outcome: Outcome, now: datetime, quiet: Quiet) -> dict[str, object]:
    """What becomes of the notice's row."""
    leaving, again_at = outcome.leaving, outcome.again_at or now
    row: dict[str, object] = {"at": leaving.ripe.id, "claimed_until": None, "closed_at": now, "reason": outcome.code}
    due = quiet.earliest(leaving.ripe.kind, again_at)
    before = leaving.ripe.begun_at is not None  # it may have left at an earlier try
    keyed = leaving.channel is Channel.TEMPLATE
    may_again = keyed and due < min((leaving.ripe.begun_at or leaving.begun_at) + SAME_KEY, leaving.ripe.useful_until)
    if outcome.fate is Fate.TAKEN:
        return {**row, "state": NoticeState.SENT, "message_id": outcome.message_id}
    if outcome.fate is Fate.UNKNOWN or before:
        if may_again and outcome.fate in (Fate.UNKNOWN, Fate.LATER):
            return {**row, "state": NoticeState.WAITING, "reason": AGAIN, "due_at": due, "closed_at": None}
        return {**row, "state": NoticeState.UNSURE, "reason": outcome.code or NO_ANSWER}
    row["begun_at"] = None  # it certainly did not leave
    if outcome.fate is Fate.WRONG:
        return {**row, "state": NoticeState.FAILED}
    row |= {"state": NoticeState.WAITING, "closed_at": None}
    if outcome.fate is Fate.LATER or (outcome.code == NO_CREDIT and leaving.to.window):
        return {**row, "reason": "", "due_at": due}  # without a credit, but with a window: by that
    return row


def _answered(db: Session, leaving: Sequence[Leaving], by: int) -> None:
    """Count customer service messages of the window they go into."""
    for one in leaving:
        if one.channel is Channel.SERVICE:
            mine = update(Identity).where(Identity.id == one.to.identity_id, Identity.answered + by >= 0)
            db.execute(mine.values(answered=Identity.answered + by))


def _write(db: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Change notices, `at` their ids, one statement for all that change the same columns."""
    table = cast("Table", Notice.__table__)
    shapes: dict[tuple[str, ...], list[Mapping[str, object]]] = {}
    for row in rows:
        shapes.setdefault(tuple(row), []).append(row)
    for names, alike in shapes.items():
        values: dict[str, object] = {name: bindparam(f"new_{name}") for name in names if name != "at"}
        # in the order of their numbers: two senders that meet wait for each other and do not stand still
        given = sorted(alike, key=lambda row: cast("int", row["at"]))
        db.connection().execute(
            update(table).where(table.c.id == bindparam("new_at")).values(values),
            [{f"new_{name}": value for name, value in row.items()} for row in given],
        )


def _due(now: datetime, kinds: AbstractSet[NoticeKind], reason: str) -> ColumnElement[bool]:
    return and_(
        Notice.state == NoticeState.WAITING,
        Notice.reason == reason,
        Notice.due_at <= now,
        Notice.useful_until > now,
        Notice.kind.in_(kinds),
        Notice.begun_at.is_(None) if not reason else Notice.begun_at > now - SAME_KEY,
    )


def _lapsed(now: datetime) -> ColumnElement[bool]:
    """Begun by a sender that has not been heard of since."""
    return and_(Notice.state == NoticeState.CLAIMED, Notice.claimed_until < now)


def _again_over(now: datetime) -> ColumnElement[bool]:
    """It may have left, and WeChat would not know its key any more, or nobody needs it any more."""
    over = or_(Notice.begun_at <= now - SAME_KEY, Notice.useful_until <= now)
    return and_(Notice.state == NoticeState.WAITING, Notice.reason == AGAIN, over)


def _spent(now: datetime) -> ColumnElement[bool]:
    """Past its use, and in nobody's hands."""
    return and_(Notice.state == NoticeState.WAITING, Notice.reason != AGAIN, Notice.useful_until <= now)
