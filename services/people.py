"""The roll as those who run the branch keep it: people entered, edited, moved in and out, excused, given a slip."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.leave import LeaveClass
from models.member import GONE, BindCode, Identity, Member, MemberStatus
from models.standing import Standing
from models.visit import Visit
from services import activities, appointments, events, logins, members, orgs, rosters, standings, visits
from services.errors import EditedMeanwhile, NoSuchMember, NumberTaken, OnRoll, OutOfOrder
from services.rights import Act
from services.rosters import FIELDS, Entry
from services.rows import touched

TOLD = ("group", "status", "moved_in")  # of these the log keeps the new value too; of others the name alone


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people to list: part of a name or a whole 编号, a group (0: those without one), a status."""

    text: str = ""
    group: int | None = None
    status: MemberStatus | None = None


def listed(db: Session, act: Act, wanted: Wanted) -> list[Member]:
    """Those the act may see and asked for, by group and then as they came. Raises NotAllowed without any page."""
    act.demand(act.rights.leads)
    found = select(Member).where(_seen(act))
    if text := "".join(wanted.text.split()):
        found = found.where(or_(Member.name.contains(text, autoescape=True), Member.number == text))
    if wanted.group is not None:
        found = found.where(Member.group_id == wanted.group if wanted.group else Member.group_id.is_(None))
    gone = or_(Member.status == MemberStatus.MOVED, and_(Member.moved_out.is_not(None), Member.moved_out <= act.day))
    if wanted.status is MemberStatus.MOVED:
        found = found.where(gone)
    elif wanted.status is not None:
        found = found.where(Member.status == wanted.status, ~gone)
    return list(db.scalars(found.order_by(Member.group_id.is_(None), Member.group_id, Member.id)))


def counts(db: Session, act: Act) -> Mapping[MemberStatus, int]:
    """How many of each status the act may see."""
    act.demand(act.rights.leads)
    found: Counter[MemberStatus] = Counter()
    rows = db.execute(
        select(Member.status, Member.moved_out, func.count())
        .where(_seen(act))
        .group_by(Member.status, Member.moved_out)
    )
    for status, moved_out, number in rows:
        found[MemberStatus.MOVED if moved_out and moved_out <= act.day else status] += number
    return found


def find(db: Session, act: Act, public_id: str) -> Member:
    """The person of that public id. Raises NoSuchMember; NotAllowed for whom the act may not see."""
    member = db.scalar(select(Member).where(Member.public_id == public_id))
    act.demand(act.rights.leads and (member is None or act.rights.sees_group(member.group_id)))
    if member is None:
        raise NoSuchMember(public_id)
    return member


def nobody(db: Session) -> bool:
    """Whether the database is as empty as on the first day."""
    return db.scalar(select(Member.id).limit(1)) is None


def standing_of(member: Member, day: date) -> MemberStatus:
    """Where the person stands on that day: 已转出 from the day of moving out on, else as on record."""
    return MemberStatus.MOVED if member.moved_out is not None and member.moved_out <= day else member.status


def create(db: Session, act: Act, entry: Entry) -> Member:
    """Enter somebody by hand. Raises NotAllowed, NumberTaken, OnRoll (such a person is on record)."""
    act.demand(act.rights.runs_branch)
    orgs.hold(db)
    _free_number(db, entry.number, None)
    for there in db.scalars(select(Member).where(Member.name == entry.name).order_by(Member.id)):
        if not _told_apart(there, entry):
            raise OnRoll(there.name, there.public_id)
    member = Member(org_id=orgs.branch(db).id, **_columns(db, entry))
    db.add(member)
    events.log(db, act, "entered", member)
    _seat_planned(db, act)
    return member


def edit(db: Session, act: Act, member: Member, entry: Entry, seen: int) -> tuple[str, ...]:
    """Make the record say what the entry says, emptied fields too; returns the names of the changed fields.

    `seen` is the version the editor has read. Raises NotAllowed, EditedMeanwhile, NumberTaken, OutOfOrder, OwnOffice.
    """
    act.demand(act.rights.runs_branch)
    orgs.hold(db)
    db.refresh(member)
    given = _columns(db, entry)
    changes = {field: value for field, value in given.items() if value != getattr(member, field)}
    if not changes:
        return ()  # pressed twice, or somebody else has said the same
    _unchanged_since(db, member, seen)
    _free_number(db, entry.number, member)
    if entry.moved_in and member.moved_out and member.moved_out < entry.moved_in:
        raise OutOfOrder
    _change(db, member, seen, changes)
    if member.status is not MemberStatus.FULL:
        appointments.lay_down(db, act, member, act.day)
    if member.status is MemberStatus.DECEASED:
        rosters.lay_to_rest(db, member, act.now)
    names = tuple("group" if field == "group_id" else field for field in changes)
    told = {field: str(getattr(entry, field) or "") for field in TOLD if field in names}
    events.log(db, act, "edited", member, fields=",".join(names), **told)
    if {"group", "status", "moved_in"} & set(names):
        _seat_planned(db, act)
    return names


def move_in(db: Session, act: Act, member: Member, day: date, status: MemberStatus, seen: int) -> None:
    """转入, or back: expected from `day` on, with that status. Raises NotAllowed, EditedMeanwhile."""
    act.demand(act.rights.runs_branch)
    orgs.hold(db)
    db.refresh(member)
    if (member.moved_in, member.moved_out, member.status) == (day, None, status):
        return
    _unchanged_since(db, member, seen)
    _change(db, member, seen, {"moved_in": day, "moved_out": None, "status": status})
    events.log(db, act, "moved_in", member, day=day.isoformat(), status=status.value)
    _seat_planned(db, act)


def move_out(db: Session, act: Act, member: Member, day: date | None, seen: int) -> None:
    """转出: expected until the day before `day`, when the offices end too; None takes a moving out back.

    The status stays, since it is that of the months before. Raises NotAllowed, EditedMeanwhile, OutOfOrder, OwnOffice.
    """
    act.demand(act.rights.runs_branch)
    orgs.hold(db)
    db.refresh(member)
    if member.moved_out == day:
        return
    _unchanged_since(db, member, seen)
    if day is not None and member.moved_in is not None and day < member.moved_in:
        raise OutOfOrder
    _change(db, member, seen, {"moved_out": day})
    if day is None:
        events.log(db, act, "stays", member)
    else:
        events.log(db, act, "moved_out", member, day=day.isoformat())
        appointments.lay_down(db, act, member, day)
    _seat_planned(db, act)


def excuse(
    db: Session, act: Act, member: Member, leave_class: LeaveClass | None, span: tuple[date, date | None], reason: str
) -> Standing:
    """A standing leave or, without a class, an exemption; planned activities follow. Raises as standings.enter."""
    made = standings.enter(db, act, member, leave_class, span, reason)
    _seat_planned(db, act)
    return made


def end_excuse(db: Session, act: Act, standing: Standing, last: date) -> None:
    """Let it end with the day `last`. Raises NotAllowed, OutOfOrder."""
    standings.end(db, act, standing, last)
    _seat_planned(db, act)


def withdraw_excuse(db: Session, act: Act, standing: Standing) -> None:
    """Take back what was entered by mistake. Raises NotAllowed."""
    standings.withdraw(db, act, standing)
    _seat_planned(db, act)


def twin(db: Session, entry: Entry) -> Member | None:
    """Somebody on record of whom the entry says nothing new: the form was sent twice."""
    given = _plain(entry)
    for one in db.scalars(select(Member).where(Member.name == entry.name)):
        known = {field: getattr(one, field) for field in given}
        if known == given and (one.group.name if one.group else None) == entry.group:
            return one
    return None


def slip(db: Session, act: Act, member: Member, lives: timedelta) -> BindCode:
    """A new slip for one person, also to change WeChat accounts; earlier slips die. Raises NotAllowed."""
    act.demand(act.rights.tends(member.group_id))
    code = members.issue_code(db, member, act.now, lives)
    events.log(db, act, "slip_issued", member)
    return code


def fill_slips(db: Session, act: Act, people: Sequence[Member], lives: timedelta) -> None:
    """See to it that each has a slip that is good; printed ones stay good. Raises NotAllowed."""
    for member in people:
        act.demand(act.rights.tends(member.group_id))
        members.slip_code(db, member, act.now, lives)


def slips(db: Session, act: Act, people: Sequence[Member]) -> list[tuple[Member, BindCode]]:
    """The good slips of these people. Raises NotAllowed."""
    for member in people:
        act.demand(act.rights.tends(member.group_id))
    good = select(BindCode).where(BindCode.used_at.is_(None), BindCode.expires_at > act.now)
    codes = {one.member_id: one for one in db.scalars(good.where(BindCode.member_id.in_([one.id for one in people])))}
    return [(one, codes[one.id]) for one in people if one.id in codes]


def unbound(db: Session, act: Act, app_id: str) -> list[Member]:
    """Those the act tends to who have no WeChat account yet, by group. Raises NotAllowed."""
    act.demand(act.rights.runs_branch or bool(act.rights.groups))
    here = [one for one in members.unbound(db, app_id) if standing_of(one, act.day) not in GONE]
    return [one for one in here if act.by is None or act.rights.tends(one.group_id)]


def bound(db: Session, app_id: str) -> dict[int, Identity]:
    """The WeChat account of everyone who has one, by member."""
    found = select(Identity).where(Identity.app_id == app_id, Identity.member_id.is_not(None))
    return {one.member_id: one for one in db.scalars(found) if one.member_id is not None}


def on_roll(db: Session, act: Act) -> list[Member]:
    """Everybody here today, by group: whom a roster names. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return [one for one in rosters.everyone(db) if standing_of(one, act.day) not in GONE]


def sign_ins(db: Session, act: Act, member: Member) -> tuple[list[Visit], int]:
    """Where the member is signed in now: the browsers, newest first, and how many mini-programs. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return visits.of_member(db, member, act.now), logins.of_member(db, member, act.now)


def sign_out(db: Session, act: Act, member: Member, visit: str) -> bool:
    """Sign one browser of a member out, as when it is lost; False: it was already. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    found = visits.find(db, member, visit)
    if found is None:
        return False
    events.log(db, act, "signed_out", member, device=found.device)
    visits.end(db, found, act.now)
    return True


def sign_out_everywhere(db: Session, act: Act, member: Member) -> int:
    """Sign the member out of every browser and mini-program; returns of how many. Raises NotAllowed."""
    browsers, programs = sign_ins(db, act, member)
    if browsers or programs:
        events.log(db, act, "signed_out_everywhere", member, many=len(browsers) + programs)
    visits.end_all(db, member.id)
    logins.end_all(db, member)
    return len(browsers) + programs


def exported(db: Session, act: Act) -> None:
    """Note that the roster leaves the house as a file. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    events.log(db, act, "roster_exported", orgs.branch(db))


def _seen(act: Act) -> ColumnElement[bool]:
    """Whom the act may see: everybody, or the people of the groups it leads."""
    if act.by is None or act.rights.sees_branch:
        return Member.id.is_not(None)
    return Member.group_id.in_(act.rights.groups) if act.rights.groups else false()


def _plain(entry: Entry) -> dict[str, object]:
    """The entry as columns of the table, but for the group."""
    values: dict[str, object] = {field: getattr(entry, field) or None for field in FIELDS if field != "group"}
    return {**values, "status": entry.status or MemberStatus.FULL}


def _columns(db: Session, entry: Entry) -> dict[str, object]:
    """The entry as columns of the table; a group named for the first time is made."""
    return {**_plain(entry), "group_id": orgs.group(db, entry.group).id if entry.group else None}


def _free_number(db: Session, number: str | None, own: Member | None) -> None:
    if not number:
        return
    holder = db.scalar(select(Member).where(Member.number == number))
    if holder is not None and (own is None or holder.id != own.id):
        raise NumberTaken(number, holder.name)


def _told_apart(there: Member, entry: Entry) -> bool:
    """Whether somebody entered by hand is plainly not the namesake on record."""
    if there.born and entry.born:
        return not rosters.agree(there.born, entry.born)
    return bool(entry.number or entry.born)


def _unchanged_since(db: Session, member: Member, seen: int) -> None:
    """Somebody else's edit must not be overwritten unread. Raises EditedMeanwhile."""
    if member.version != seen:
        last = next(iter(events.of(db, member, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)


def _change(db: Session, member: Member, seen: int, changes: Mapping[str, object]) -> None:
    same = update(Member).where(Member.id == member.id, Member.version == seen)
    touched(db, same.values(version=seen + 1, **changes))
    db.refresh(member)


def _seat_planned(db: Session, act: Act) -> None:
    """Who is expected at what is planned follows the roll."""
    for one in db.scalars(select(Activity).where(Activity.state == ActivityState.PLANNED)).all():
        activities.seat_everyone(db, one, act.zone)
