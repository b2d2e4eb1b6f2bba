"""What a leader may look at: an activity and the part of its sheet that is his, people one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, tuple_
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.attendance import MakeUp, Mark
from models.checkin import CheckIn, Seat, SeatState
from models.member import GONE, ON_ROLL, Member
from models.org import Org, OrgKind
from services import activities, attendance, makeups, orgs, statistics
from services.attendance import Line, Rules
from services.errors import NoSuchMember, NotAllowed
from services.registrations import group_of
from services.rights import Act
from services.statistics import Span


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the list of activities: what starts in the span, after one already shown."""

    since: datetime
    until: datetime
    kind: ActivityKind | None = None
    org: Org | None = None  # the branch's or a group's own
    after: Activity | None = None
    most: int = 20


def sees(db: Session, act: Act, activity: Activity) -> bool:
    """Whether this person may open it: the branch's leaders all; a 党小组长 the own group's and the branch's.

    What the committee does is for those who see the branch.
    """
    own = act.rights
    if own.sees_branch or activity.org_id in own.groups:
        return True
    of_branch = db.get_one(Org, activity.org_id).kind is OrgKind.BRANCH
    return bool(own.groups) and of_branch and activity.kind is not ActivityKind.COMMITTEE


def activity(db: Session, act: Act, public_id: str) -> Activity:
    """The activity of that public id, for whoever may open it. Raises NoSuchActivity, NotAllowed."""
    found = activities.find(db, public_id)
    act.demand(sees(db, act, found))
    return found


def run(db: Session, act: Act, public_id: str) -> Activity:
    """The same, for whoever may move and close it. Raises NoSuchActivity, NotAllowed."""
    found = activities.find(db, public_id)
    act.demand(act.rights.runs(found))
    return found


def between(db: Session, act: Act, since: datetime, until: datetime) -> list[Activity]:
    """What starts in the span and may be opened, cancelled ones too, in order."""
    return [one for one in activities.between(db, since, until) if sees(db, act, one)]


def listed(db: Session, act: Act, asked: Window) -> list[Activity]:
    """What starts in the window and may be opened, cancelled ones too, newest first: at most `most` after `after`."""
    wanted = select(Activity).where(Activity.starts_at >= asked.since, Activity.starts_at < asked.until)
    own = act.rights.groups
    if act.by is not None and not act.rights.sees_branch:  # as `sees` says, in the database
        if not own:
            return []
        open_to = or_(Activity.org_id.in_(own), Activity.kind != ActivityKind.COMMITTEE)
        wanted = wanted.where(Activity.org_id.in_({*own, orgs.branch(db).id}), open_to)
    if asked.kind is not None:
        wanted = wanted.where(Activity.kind == asked.kind)
    if asked.org is not None:
        wanted = wanted.where(Activity.org_id == asked.org.id)
    if asked.after is not None:
        wanted = wanted.where(tuple_(Activity.starts_at, Activity.id) < (asked.after.starts_at, asked.after.id))
    return list(db.scalars(wanted.order_by(Activity.starts_at.desc(), Activity.id.desc()).limit(asked.most)))


def on_sheets(db: Session, act: Act, span: Span) -> list[Member]:
    """Whose rows a table of the span shows: those on the roll, and those who left it within the span, by group."""
    first, after = span.days
    wanted = select(Member).where(
        or_(Member.moved_in.is_(None), Member.moved_in < after),
        or_(Member.moved_out.is_(None), Member.moved_out > first),
    )
    if act.by is not None and not act.rights.sees_branch:
        wanted = wanted.where(Member.group_id.in_(act.rights.groups))
    found = list(db.scalars(wanted.order_by(Member.group_id, Member.id)))
    off = [one.id for one in found if one.status not in ON_ROLL]
    left = statistics.seated(db, span, act.zone, off) if off else frozenset[int]()
    return [one for one in found if one.status in ON_ROLL or one.id in left]


def lines(db: Session, act: Act, of: Activity, rules: Rules) -> list[Line]:
    """The activity's sheet, the absent first, without the people of groups that are not this leader's."""
    whole = act.by is None or act.rights.sees_branch
    only = None if whole else attendance.of_groups(db, of, act.rights.groups)
    sheet = attendance.sheet(db, of, rules, act.zone, only)
    return [line for line in sheet if act.rights.sees_group(line.group.id if line.group else None)]


def line_of(db: Session, act: Act, of: Activity, member: str, rules: Rules) -> Line:
    """One person's line, for whoever may correct it. Raises NoSuchMember, NotAllowed."""
    person = person_of(db, member)
    act.demand(act.rights.tends(group_of(db, of, person)))
    found = attendance.sheet(db, of, rules, act.zone, [person.id])
    if not found:
        raise NoSuchMember(person.name)
    return found[0]


def member(db: Session, act: Act, public_id: str) -> Member:
    """Oneself, or somebody of a group one sees. Raises NoSuchMember, NotAllowed."""
    found = person_of(db, public_id)
    himself = act.by is not None and act.by.id == found.id
    act.demand(himself or act.rights.sees_group(found.group_id))
    return found


def person_of(db: Session, public_id: str) -> Member:
    """Whoever has that public id; the rights are the caller's to ask for. Raises NoSuchMember."""
    found = db.scalar(select(Member).where(Member.public_id == public_id))
    if found is None:
        raise NoSuchMember(public_id)
    return found


def people(db: Session, public_ids: Sequence[str]) -> list[Member]:
    """Those of a tick list, in roster order. Raises NoSuchMember when one of them is unknown."""
    wanted = set(public_ids)
    found = list(db.scalars(select(Member).where(Member.public_id.in_(wanted)).order_by(Member.id)))
    if len(found) < len(wanted):
        known = {one.public_id for one in found}
        raise NoSuchMember(next(one for one in public_ids if one not in known))
    return found


def guests(db: Session, act: Act, of: Activity) -> list[Member]:
    """Who could be entered as a guest (列席): on record, without a seat, of groups this leader sees."""
    seated = select(Seat.member_id).where(Seat.activity_id == of.id)
    here = select(Member).where(Member.id.not_in(seated), Member.status.not_in(GONE))
    return [one for one in db.scalars(here.order_by(Member.id)) if act.rights.sees_group(one.group_id)]


def marks(db: Session, of: Activity, about: Member) -> list[Mark]:
    """What people have said of this person at that activity, newest first."""
    said = select(Mark).where(Mark.activity_id == of.id, Mark.member_id == about.id)
    return list(db.scalars(said.order_by(Mark.id.desc())))


def makeups_waiting(db: Session, act: Act, of: Activity | None = None) -> list[tuple[MakeUp, Activity]]:
    """What members say they have made up and this leader may confirm, oldest first."""
    told = select(MakeUp, Activity).join(Activity, Activity.id == MakeUp.activity_id)
    told = told.where(MakeUp.confirmed_at.is_(None)).order_by(MakeUp.id)
    if of is not None:
        told = told.where(MakeUp.activity_id == of.id)
    return [(one, what) for one, what in db.execute(told) if may_confirm(db, act, one, what)]


def may_confirm(db: Session, act: Act, makeup: MakeUp, of: Activity) -> bool:
    """As `makeups.confirm` will say."""
    somebody_else = act.by is not None and act.by.id != makeup.member_id
    return somebody_else and act.rights.tends(group_of(db, of, makeup.member))


def makeup(db: Session, act: Act, public_id: str) -> MakeUp:
    """The make-up of that public id, for whoever may confirm it. Raises NotAllowed."""
    found = makeups.find(db, public_id)
    if found is None or not may_confirm(db, act, found, db.get_one(Activity, found.activity_id)):
        raise NotAllowed
    return found


def own_coming(db: Session, of: Member, since: datetime) -> list[Activity]:
    """What this member is expected at from `since` on, soonest first."""
    alive = Activity.state.in_((ActivityState.OPEN, ActivityState.PLANNED))
    seated = select(Activity).join(Seat, Seat.activity_id == Activity.id)
    mine = seated.where(Seat.member_id == of.id, Seat.state != SeatState.EXEMPT, alive, Activity.starts_at >= since)
    return list(db.scalars(mine.order_by(Activity.starts_at, Activity.id).limit(10)))


def own_seats(
    db: Session, of: Member, until: datetime, after: str | None, most: int
) -> list[tuple[Activity, Seat, datetime | None]]:
    """The member's seats at what starts before `until`, newest first, each with when they came: at most `most`.

    `after` is the public id of the activity that was shown last; one without a seat of theirs shows nothing.
    """
    here = and_(CheckIn.activity_id == Seat.activity_id, CheckIn.member_id == Seat.member_id)
    mine = select(Activity, Seat, CheckIn.at).join(Seat, Seat.activity_id == Activity.id).outerjoin(CheckIn, here)
    mine = mine.where(Seat.member_id == of.id, Activity.starts_at < until)
    if after is not None:
        last = db.scalar(
            select(Activity)
            .join(Seat, Seat.activity_id == Activity.id)
            .where(Seat.member_id == of.id, Activity.public_id == after)
        )
        if last is None:
            return []
        mine = mine.where(tuple_(Activity.starts_at, Activity.id) < (last.starts_at, last.id))
    rows = db.execute(mine.order_by(Activity.starts_at.desc(), Activity.id.desc()).limit(most))
    return [(activity, seat, came) for activity, seat, came in rows]


def plannable(db: Session, act: Act) -> list[Org]:
    """The branch and the groups this person may plan for, the branch first."""
    orgs = db.scalars(select(Org).order_by(Org.parent_id.is_not(None), Org.id))
    return [one for one in orgs if act.rights.plans_for(one)]
