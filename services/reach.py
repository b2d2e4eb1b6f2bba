"""What reached whom: notices as those who see the branch may look at them, by state and way, never by their words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from models.member import ON_ROLL, Identity, Member
from models.notice import Channel, Notice, NoticeKind, NoticeState
from services import credits, notices, outbox, reminders
from services.hours import Rules
from services.quiet import Quiet
from services.rights import Act

KEPT = timedelta(days=90)  # how far back the page looks
AHEAD = timedelta(days=7)
# Who gets these has chosen to, holds an office of the desk's, has given an opinion or not read something: that is not
# for everybody to see who looks after the branch.
UNNAMED = frozenset(
    {NoticeKind.STUDY, NoticeKind.SELF_CHECK, NoticeKind.HANDLER_DAY, NoticeKind.ANSWERED, NoticeKind.UNREAD}
)
STATES: Mapping[str, tuple[NoticeState, ...]] = {
    "arrived": (NoticeState.DELIVERED, NoticeState.SENT),
    "shown": (NoticeState.SHOWN,),
    "waiting": (NoticeState.WAITING, NoticeState.CLAIMED),
    "unsure": (NoticeState.UNSURE,),
    "failed": (NoticeState.FAILED,),
    "expired": (NoticeState.EXPIRED,),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which notices to list: part of a name, a kind, one of STATES ("": every one)."""

    text: str = ""
    kind: NoticeKind | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """One occurrence that falls due, and for how many; so many of them are only shown at their next contact."""

    kind: NoticeKind
    at: datetime
    title: str
    people: int
    held_back: int


@dataclass(frozen=True, slots=True)
class Ways:
    """By which ways how many people of the roll can be reached now; `credited` by template id."""

    people: int
    bound: int
    talking: int  # wrote within two days: a message may go without a consent
    credited: Mapping[str, int]


def listed(db: Session, act: Act, wanted: Wanted, first: int, most: int) -> list[Notice]:
    """The newest first, from the `first` on; with their members. Raises NotAllowed."""
    found = select(Notice).join(Notice.member).where(*_conditions(act, wanted)).options(joinedload(Notice.member))
    return list(db.scalars(found.order_by(Notice.id.desc()).offset(first).limit(most)))


def count(db: Session, act: Act, wanted: Wanted) -> int:
    """How many there are to list. Raises NotAllowed."""
    found = select(func.count()).select_from(Notice).join(Notice.member).where(*_conditions(act, wanted))
    return db.scalar(found) or 0


def sums(db: Session, act: Act) -> Mapping[str, int]:
    """How many of the last 90 days ended in which of STATES, all kinds. Raises NotAllowed."""
    act.demand(act.rights.sees_branch)
    rows = select(Notice.state, func.count()).where(Notice.created_at > act.now - KEPT).group_by(Notice.state)
    found = Counter({row[0]: row[1] for row in db.execute(rows)})
    return {name: sum(found[one] for one in states) for name, states in STATES.items()}


def retry(db: Session, act: Act, quiet: Quiet, which: Sequence[str] | None) -> int:
    """Try what failed once more, these (public ids) or all, while it is of use; returns how many. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return outbox.retry(db, act.now, quiet, which)


def coming(db: Session, act: Act, rules: Rules) -> list[Coming]:
    """What falls due within the next seven days, as things stand now. Raises NotAllowed."""
    act.demand(act.rights.sees_branch)
    people: Counter[tuple[NoticeKind, datetime, str]] = Counter()
    held: Counter[tuple[NoticeKind, datetime, str]] = Counter()
    for one in reminders.due(db, act.now, act.now + AHEAD, act.zone, rules):
        key = one.kind, one.at, str(one.facts.get("title") or "")
        people[key] += 1
        held[key] += not one.pushed
    order = sorted(people, key=lambda key: (key[1], key[0], key[2]))
    return [Coming(*key, people[key], held[key]) for key in order]


def ways(db: Session, act: Act, app_id: str) -> Ways:
    """How many can be reached by which way now. Raises NotAllowed."""
    act.demand(act.rights.sees_branch)
    here = (Member.status.in_(ON_ROLL), Member.moved_out.is_(None) | (Member.moved_out > act.day))
    accounts = select(Identity.id, Identity.spoke_at).join(Member, Member.id == Identity.member_id)
    bound = db.execute(accounts.where(Identity.app_id == app_id, *here)).all()
    known = {one.id for one in bound}
    credited: Counter[str] = Counter()
    for purse, balance in credits.balances(db, None).items():
        credited[purse.template_id] += balance.left > 0 and purse.identity_id in known
    return Ways(
        people=db.scalar(select(func.count()).select_from(Member).where(*here)) or 0,
        bound=len(bound),
        talking=sum(1 for one in bound if one.spoke_at and one.spoke_at > act.now - outbox.WINDOW),
        credited=credited,
    )


def title(notice: Notice) -> str:
    """What it is about, as far as others may see it: the activity it belongs to, "" where it belongs to none."""
    return str(notices.facts_of(notice).get("title") or "")


def by_contact(notice: Notice) -> bool:
    """Whether it was, or is to be, told when the member next wrote; else by one of the Channels."""
    return notice.channel is None or notice.state in (NoticeState.SHOWN, NoticeState.WAITING)


def channel_of(notice: Notice) -> Channel | None:
    """By which way it left or was about to; None for one told at a contact."""
    return None if by_contact(notice) else notice.channel


def _conditions(act: Act, wanted: Wanted) -> list[ColumnElement[bool]]:
    act.demand(act.rights.sees_branch)
    found = [Notice.created_at > act.now - KEPT, Notice.kind.not_in(UNNAMED)]
    if text := "".join(wanted.text.split()):
        found.append(Member.name.contains(text, autoescape=True))
    if wanted.kind is not None:
        found.append(Notice.kind == wanted.kind)
    if wanted.state in STATES:
        found.append(Notice.state.in_(STATES[wanted.state]))
    return found
