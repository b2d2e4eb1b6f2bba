"""Bulletins (通知公告): drafted, published to those they are for, read or not read, revised, withdrawn.

A bulletin is for whoever belongs to its audience today, so a comrade who moves in finds what is in force. A new
edition of a 制度 or a 公示 asks everybody to read it again; of anything else it is a correction. What goes outside
needs the decision that says so, and is seen there no longer than it is in force.
"""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, delete, false, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.bulletin import (
    Bulletin,
    BulletinAudience,
    BulletinEdition,
    BulletinFile,
    BulletinKind,
    BulletinRead,
    BulletinState,
)
from models.member import ON_ROLL, Member, MemberStatus
from models.notice import Notice, NoticeKind, NoticeState
from models.org import Org
from services import attachments, events, notices, quiet, workdays
from services.calendar import local
from services.errors import BulletinLacks, BulletinMoved, EditedMeanwhile, NoSuchBulletin
from services.notices import Line, Told
from services.rights import Act
from services.rows import in_turn, touched

LONGEST = 20_000  # characters of a text
MOST_FILES = 5  # of one bulletin
MOST_DAYS = 60  # working days of a 公示
USUAL_DAYS = 5  # likewise, unless somebody says otherwise
TOLD_FOR = timedelta(days=30)  # how long the notice is of use
UNREAD_AFTER = timedelta(days=3)
REMINDED_AT = time(10)  # on the day when UNREAD_AFTER is over
ANEW = frozenset({BulletinKind.RULE, BulletinKind.DISPLAY})  # each edition is to be read
GONE = (MemberStatus.MOVED, MemberStatus.DECEASED, MemberStatus.SUSPENDED)
KINDS = (NoticeKind.BULLETIN, NoticeKind.UNREAD)
REGISTERED = (BulletinKind.OPENNESS, BulletinKind.DISPLAY)  # 党务公开/公示登记表
NUMBERS = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|\d{17}[\dXx])(?!\d)", re.ASCII)  # of a mobile, of an identity card


@dataclass(frozen=True, slots=True)
class Draft:
    """What a draft says; `working_days` of a 公示 alone, whose last day follows from them."""

    kind: BulletinKind
    title: str
    body: str
    audience: BulletinAudience = BulletinAudience.MEMBERS
    group: Org | None = None
    decision: str = ""
    contact: str = ""
    duty: str = ""
    from_on: date | None = None
    until_on: date | None = None
    working_days: int | None = None


@dataclass(frozen=True, slots=True)
class Readers:
    """Who has read the edition in force and when, and who has not; of those it is for today, in roster order."""

    read: tuple[tuple[Member, datetime], ...]
    unread: tuple[Member, ...]


# --- making ----------------------------------------------------------------------------------------------------


def make(db: Session, act: Act, draft: Draft) -> Bulletin:
    """A new draft; the very same again is the one there is. Raises NotAllowed, BulletinLacks."""
    act.demand(act.rights.runs_branch)
    values = _values(draft)
    in_turn(db)
    mine = Bulletin.by_id == act.by.id if act.by else Bulletin.by_id.is_(None)
    for twin in db.scalars(select(Bulletin).filter_by(**values, state=BulletinState.DRAFT).where(mine)):
        if body(db, twin) == draft.body:
            return twin
    by_id = act.by.id if act.by else None
    made = Bulletin(**values, made_at=act.now, by_id=by_id)
    db.add(made)
    db.flush()
    db.add(BulletinEdition(bulletin_id=made.id, number=1, body=draft.body, at=act.now, by_id=by_id))
    events.log(db, act, "bulletin_made", made, title=made.title)
    return made


def edit(db: Session, act: Act, bulletin: Bulletin, draft: Draft, seen: int) -> None:
    """Change a draft seen at version `seen`. Raises NotAllowed, BulletinLacks, BulletinMoved, EditedMeanwhile."""
    act.demand(act.rights.runs_branch)
    _advance(db, bulletin, BulletinState.DRAFT, seen, **_values(draft))
    text = update(BulletinEdition).where(BulletinEdition.bulletin_id == bulletin.id)
    touched(db, text.values(body=draft.body, at=act.now, by_id=act.by.id if act.by else None))
    events.log(db, act, "bulletin_edited", bulletin)


def drop(db: Session, act: Act, public_id: str) -> None:
    """Throw a draft away, text and files with it; one that is gone is no fault.

    Raises NotAllowed, BulletinMoved for what has been published.
    """
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(Bulletin).where(Bulletin.public_id == public_id).with_for_update())
    if found is None:
        return
    demand(found, BulletinState.DRAFT)
    events.log(db, act, "bulletin_dropped", found, title=found.title)
    db.execute(delete(BulletinFile).where(BulletinFile.bulletin_id == found.id))
    db.execute(delete(BulletinEdition).where(BulletinEdition.bulletin_id == found.id))
    db.delete(found)
    db.flush()


def publish(db: Session, act: Act, bulletin: Bulletin) -> int:
    """Make it known: everybody it is for gets a notice. Returns how many; publishing again changes nothing.

    Raises NotAllowed, BulletinLacks (text, contact, numbers, passed, audience), BulletinMoved.
    """
    act.demand(act.rights.runs_branch)
    if bulletin.state is BulletinState.PUBLISHED:
        return 0
    _demand_whole(bulletin, body(db, bulletin), act.day)
    if not db.scalar(select(func.count()).select_from(_meant(bulletin, act.day).subquery())):
        raise BulletinLacks("audience")
    values: dict[str, object] = {
        "state": BulletinState.PUBLISHED,
        "published_at": act.now,
        **_window(db, bulletin, act.day),
    }
    if bulletin.audience is BulletinAudience.OUTSIDE:
        values["secret"] = secrets.token_urlsafe(16)
    draft = update(Bulletin).where(Bulletin.id == bulletin.id, Bulletin.state == BulletinState.DRAFT)
    changed = touched(db, draft.values(**values))
    _refresh(db, bulletin)
    if not changed:
        demand(bulletin, BulletinState.PUBLISHED)
        return 0
    first = update(BulletinEdition).where(BulletinEdition.bulletin_id == bulletin.id)
    touched(db, first.values(at=act.now))  # from here on it is read, and waits to be read
    people = _tell(db, act, bulletin)
    events.log(db, act, "bulletin_published", bulletin, people=people)
    return people


def revise(db: Session, act: Act, bulletin: Bulletin, text: str, seen: int) -> int:
    """A new edition; the very same text again is none. Returns how many are told, which is 0 for a mere correction.

    A 公示 runs its days anew. Raises NotAllowed, BulletinLacks, BulletinMoved, EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch)
    demand(bulletin, BulletinState.PUBLISHED)
    if text == body(db, bulletin):
        return 0
    _demand_whole(bulletin, text, act.day)
    number = bulletin.edition + 1
    window = _window(db, bulletin, act.day) if bulletin.kind is BulletinKind.DISPLAY else {}
    _advance(db, bulletin, BulletinState.PUBLISHED, seen, edition=number, **window)
    by_id = act.by.id if act.by else None
    db.add(BulletinEdition(bulletin_id=bulletin.id, number=number, body=text, at=act.now, by_id=by_id))
    db.flush()
    people = 0
    if bulletin.kind in ANEW:
        _forget(db, bulletin, act.now)
        people = _tell(db, act, bulletin)
    events.log(db, act, "bulletin_revised", bulletin, number=number, people=people)
    return people


def withdraw(db: Session, act: Act, bulletin: Bulletin) -> None:
    """Take it back, files and outside page with it; again changes nothing. Raises NotAllowed, BulletinMoved."""
    act.demand(act.rights.runs_branch)
    if bulletin.state is BulletinState.WITHDRAWN:
        return
    out = update(Bulletin).where(Bulletin.id == bulletin.id, Bulletin.state == BulletinState.PUBLISHED)
    changed = touched(db, out.values(state=BulletinState.WITHDRAWN, withdrawn_at=act.now))
    db.refresh(bulletin)
    if not changed:
        demand(bulletin, BulletinState.WITHDRAWN)
        return
    _forget(db, bulletin, act.now)
    events.log(db, act, "bulletin_withdrawn", bulletin)


def note(db: Session, act: Act, bulletin: Bulletin, feedback: str) -> None:
    """Enter what came back (反馈), for the register; the same again changes nothing.

    Raises NotAllowed, BulletinMoved for a draft.
    """
    act.demand(act.rights.runs_branch)
    if bulletin.state is BulletinState.DRAFT:
        raise BulletinMoved(bulletin.title, bulletin.state)
    if bulletin.feedback == feedback:
        return
    bulletin.feedback = feedback
    events.log(db, act, "bulletin_noted", bulletin)


# --- attachments -----------------------------------------------------------------------------------------------


def attach(db: Session, act: Act, bulletin: Bulletin, name: str, content: bytes) -> BulletinFile:
    """Hang a file on it; the very same again is the one there is.

    Raises NotAllowed, FileUnfit, BulletinLacks (files: too many), BulletinMoved once it is withdrawn.
    """
    act.demand(act.rights.runs_branch)
    if bulletin.state is BulletinState.WITHDRAWN:
        raise BulletinMoved(bulletin.title, bulletin.state)
    known = attachments.known(name, content)
    in_turn(db)
    there = files(db, bulletin)
    for twin in there:
        if twin.name == known.name and twin.content == content:
            return twin
    if len(there) >= MOST_FILES:
        raise BulletinLacks("files")
    made = BulletinFile(
        bulletin_id=bulletin.id, name=known.name, content_type=known.content_type, content=content, at=act.now
    )
    db.add(made)
    events.log(db, act, "bulletin_file", bulletin, name=known.name)
    return made


def detach(db: Session, act: Act, bulletin: Bulletin, file_id: str) -> None:
    """Take a file off, in whatever state; one that is gone is no fault. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    found = db.scalar(_files(bulletin).where(BulletinFile.public_id == file_id))
    if found is not None:
        db.execute(delete(BulletinFile).where(BulletinFile.id == found.id))
        events.log(db, act, "bulletin_file_gone", bulletin, name=found.name)


def files(db: Session, bulletin: Bulletin) -> list[BulletinFile]:
    """Its files, in the order of their coming; their content is read when it is asked for."""
    return list(db.scalars(_files(bulletin).order_by(BulletinFile.id)))


def weights(db: Session, bulletin: Bulletin) -> list[tuple[BulletinFile, int]]:
    """The same with the bytes of each, none of them read."""
    rows = db.execute(
        select(BulletinFile, func.length(BulletinFile.content))
        .where(BulletinFile.bulletin_id == bulletin.id)
        .order_by(BulletinFile.id)
    )
    return [(found, size) for found, size in rows]


def file(db: Session, bulletin: Bulletin, file_id: str) -> BulletinFile:
    """One of its files. Raises NoSuchBulletin."""
    found = db.scalar(_files(bulletin).where(BulletinFile.public_id == file_id))
    if found is None:
        raise NoSuchBulletin
    return found


# --- finding ---------------------------------------------------------------------------------------------------


def find(db: Session, act: Act, public_id: str) -> Bulletin:
    """The bulletin of that public id, for those who run the branch. Raises NotAllowed, NoSuchBulletin."""
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(Bulletin).where(Bulletin.public_id == public_id))
    if found is None:
        raise NoSuchBulletin
    return found


def everything(db: Session, act: Act) -> list[Bulletin]:
    """All of them, newest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return list(db.scalars(select(Bulletin).order_by(Bulletin.id.desc())))


def own(db: Session, member: Member, public_id: str, day: date) -> Bulletin:
    """A published one that is for the member. Raises NoSuchBulletin, also for others."""
    found = db.scalar(_mine(member, day).where(Bulletin.public_id == public_id))
    if found is None:
        raise NoSuchBulletin
    return found


def mine(db: Session, member: Member, day: date) -> list[Bulletin]:
    """All that are for the member, newest first."""
    return list(db.scalars(_mine(member, day).order_by(Bulletin.published_at.desc(), Bulletin.id.desc())))


def unread_by(db: Session, member: Member, day: date) -> list[Bulletin]:
    """What is in force, for the member, and not read yet; newest first."""
    waiting = _mine(member, day).where(_in_force(day), ~_has_read(member.id))
    return list(db.scalars(waiting.order_by(Bulletin.published_at.desc(), Bulletin.id.desc())))


def of_secret(db: Session, secret: str, day: date) -> Bulletin:
    """What is behind a login-free address, while it is in force. Raises NoSuchBulletin."""
    found = db.scalar(
        select(Bulletin).where(
            Bulletin.secret == secret,
            Bulletin.state == BulletinState.PUBLISHED,
            Bulletin.audience == BulletinAudience.OUTSIDE,
            _in_force(day),
        )
    )
    if found is None:
        raise NoSuchBulletin
    return found


def registered(db: Session, act: Act, since: datetime, until: datetime) -> list[Bulletin]:
    """What the register lists: 党务公开 and 公示 published in the span, oldest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    told = (Bulletin.published_at >= since, Bulletin.published_at < until)
    found = select(Bulletin).where(Bulletin.kind.in_(REGISTERED), *told)
    return list(db.scalars(found.order_by(Bulletin.published_at, Bulletin.id)))


def body(db: Session, bulletin: Bulletin) -> str:
    """The text of the edition in force."""
    return db.get_one(BulletinEdition, (bulletin.id, bulletin.edition)).body


def editions(db: Session, bulletin: Bulletin) -> list[BulletinEdition]:
    """All editions, newest first."""
    found = select(BulletinEdition).where(BulletinEdition.bulletin_id == bulletin.id)
    return list(db.scalars(found.order_by(BulletinEdition.number.desc())))


def is_in_force(bulletin: Bulletin, day: date) -> bool:
    """Whether it is published, and its last day is not over."""
    return bulletin.state is BulletinState.PUBLISHED and (bulletin.until_on is None or bulletin.until_on >= day)


# --- reading ---------------------------------------------------------------------------------------------------


def has_read(db: Session, bulletin: Bulletin, member: Member) -> bool:
    """Whether the member has read what is to be read of it."""
    return db.scalar(select(Bulletin.id).where(Bulletin.id == bulletin.id, _has_read(member.id))) is not None


def read(db: Session, bulletin: Bulletin, member: Member, now: datetime) -> None:
    """Mark the edition in force as read by the member, and tell nothing more of it; the first time stays."""
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    mark = dialect.insert(BulletinRead).values(
        bulletin_id=bulletin.id, edition=bulletin.edition, member_id=member.id, at=now
    )
    db.execute(mark.on_conflict_do_nothing())
    told = (Notice.member_id == member.id, Notice.state.in_(notices.TO_SHOW), _about(bulletin))
    touched(db, update(Notice).where(*told).values(state=NoticeState.SHOWN, closed_at=now))


def readers(db: Session, act: Act, bulletin: Bulletin) -> Readers:
    """Who has read it and who has not. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    at = (
        select(func.max(BulletinRead.at))
        .where(BulletinRead.bulletin_id == bulletin.id, BulletinRead.member_id == Member.id, *_counts(bulletin))
        .correlate(Member)
        .scalar_subquery()
    )
    rows = db.execute(_meant(bulletin, act.day).add_columns(at)).all()
    read_ = tuple((member, when) for member, when in rows if when is not None)
    return Readers(read_, tuple(member for member, when in rows if when is None))


# --- for the clock ---------------------------------------------------------------------------------------------


def unread(
    db: Session, since: datetime, until: datetime, zone: ZoneInfo, hour: time = REMINDED_AT
) -> Iterator[tuple[Member, Told]]:
    """Reminders due after `since` up to `until`: at that hour three days after an edition, to who has not read."""
    young = BulletinEdition.at > since - UNREAD_AFTER - timedelta(days=1)
    in_force = and_(BulletinEdition.bulletin_id == Bulletin.id, BulletinEdition.number == Bulletin.edition)
    found = select(Bulletin, BulletinEdition.at).join(BulletinEdition, in_force)
    for bulletin, at in db.execute(found.where(Bulletin.state == BulletinState.PUBLISHED, young).order_by(Bulletin.id)):
        day = local(at, zone).date() + UNREAD_AFTER
        at_ten = datetime.combine(day, hour, zone)
        corrected = bulletin.edition > 1 and bulletin.kind not in ANEW
        if corrected or not since < at_ten <= until or not is_in_force(bulletin, day):
            continue
        told = Told(NoticeKind.UNREAD, _occurrence(bulletin), _facts(bulletin), at_ten, _useful(bulletin, at_ten, zone))
        done = select(BulletinRead.member_id).where(BulletinRead.bulletin_id == bulletin.id, *_counts(bulletin))
        for one in db.scalars(_meant(bulletin, day).where(Member.id.not_in(done))):
            yield one, told


# --- parts -----------------------------------------------------------------------------------------------------


def demand(bulletin: Bulletin, state: BulletinState) -> None:
    """It must be in that state: somebody else may have been faster. Raises BulletinMoved."""
    if bulletin.state is not state:
        raise BulletinMoved(bulletin.title, bulletin.state)


def _values(draft: Draft) -> dict[str, object]:
    if (draft.audience is BulletinAudience.GROUP) is not (draft.group is not None):
        raise BulletinLacks("group")
    if draft.audience is BulletinAudience.OUTSIDE and not draft.decision:
        raise BulletinLacks("decision")
    display = draft.kind is BulletinKind.DISPLAY
    until_on = None if display else draft.until_on
    if draft.from_on and until_on and until_on < draft.from_on:
        raise BulletinLacks("order")
    return {
        "kind": draft.kind,
        "title": draft.title,
        "audience": draft.audience,
        "group_id": draft.group.id if draft.group else None,
        "decision": draft.decision if draft.audience is BulletinAudience.OUTSIDE else "",
        "contact": draft.contact,
        "duty": draft.duty,
        "from_on": draft.from_on,
        "until_on": until_on,
        "working_days": (draft.working_days or USUAL_DAYS) if display else None,
    }


def _window(db: Session, bulletin: Bulletin, day: date) -> dict[str, object]:
    """The days of a 公示, which begins today or later, the first not counted (民法典, 201); others keep theirs."""
    if bulletin.working_days is None:
        return {}
    begins = max(bulletin.from_on or day, day)
    return {"from_on": begins, "until_on": workdays.of(db).after(begins, bulletin.working_days)}


def _demand_whole(bulletin: Bulletin, text: str, day: date) -> None:
    if not text:
        raise BulletinLacks("text")
    if bulletin.kind is BulletinKind.DISPLAY:
        if not bulletin.contact:
            raise BulletinLacks("contact")
    elif bulletin.until_on and bulletin.until_on < day:
        raise BulletinLacks("passed")
    public = bulletin.kind is BulletinKind.DISPLAY or bulletin.audience is BulletinAudience.OUTSIDE
    if public and NUMBERS.search(text):
        raise BulletinLacks("numbers")


def _advance(db: Session, bulletin: Bulletin, state: BulletinState, seen: int, **values: object) -> None:
    same = update(Bulletin).where(Bulletin.id == bulletin.id, Bulletin.version == seen, Bulletin.state == state)
    changed = touched(db, same.values(version=seen + 1, **values))
    _refresh(db, bulletin)
    if not changed:
        demand(bulletin, state)
        last = next(iter(events.of(db, bulletin, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)


def _refresh(db: Session, bulletin: Bulletin) -> None:
    """As it is now. Raises NoSuchBulletin for a draft that has been dropped meanwhile."""
    if db.scalar(select(Bulletin.id).where(Bulletin.id == bulletin.id)) is None:
        raise NoSuchBulletin
    db.refresh(bulletin)


def _tell(db: Session, act: Act, bulletin: Bulletin) -> int:
    soon = quiet.of(db, act.zone).earliest(NoticeKind.BULLETIN, act.now)
    useful = _useful(bulletin, soon, act.zone)
    told = Told(NoticeKind.BULLETIN, _occurrence(bulletin), _facts(bulletin), soon, useful)
    return notices.write_all(
        db, [Line(one, told) for one in db.scalars(_meant(bulletin, act.day).with_only_columns(Member.id))], act.now
    )


def _forget(db: Session, bulletin: Bulletin, now: datetime) -> None:
    """What is still to be told of it is no longer so."""
    waiting = update(Notice).where(Notice.state.in_(notices.TO_SHOW), _about(bulletin))
    gone = {"state": NoticeState.EXPIRED, "closed_at": now, "reason": notices.REPLACED}
    touched(db, waiting.values(**gone))


def _about(bulletin: Bulletin) -> ColumnElement[bool]:
    return or_(*(Notice.once.startswith(f"{kind.value}:{bulletin.public_id}.") for kind in KINDS))


def _occurrence(bulletin: Bulletin) -> str:
    return f"{bulletin.public_id}.{bulletin.edition}"


def _useful(bulletin: Bulletin, at: datetime, zone: ZoneInfo) -> datetime:
    """To the end of its last day, and not longer than TOLD_FOR."""
    if bulletin.until_on is None:
        return at + TOLD_FOR
    over = datetime.combine(bulletin.until_on + timedelta(days=1), time(), zone)
    return min(at + TOLD_FOR, over)


def _facts(bulletin: Bulletin) -> dict[str, notices.Plain]:
    return {
        "bulletin": bulletin.public_id,
        "kind": bulletin.kind.value,
        "title": bulletin.title,
        "edition": bulletin.edition,
        "until": bulletin.until_on.isoformat() if bulletin.until_on else None,
        "contact": bulletin.contact if bulletin.kind is BulletinKind.DISPLAY else "",
    }


def _files(bulletin: Bulletin) -> Select[BulletinFile]:
    return select(BulletinFile).where(BulletinFile.bulletin_id == bulletin.id)


def _here(day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return or_(Member.moved_in.is_(None), Member.moved_in <= day), or_(
        Member.moved_out.is_(None), Member.moved_out > day
    )


def _meant(bulletin: Bulletin, day: date) -> Select[Member]:
    """Whom it is for, by the audience's rule, of those on record that day; in roster order."""
    here = select(Member).where(*_here(day)).order_by(Member.id)
    match bulletin.audience:
        case BulletinAudience.EVERYONE | BulletinAudience.OUTSIDE:
            return here.where(Member.status.not_in(GONE))
        case BulletinAudience.GROUP:
            return here.where(Member.status.in_(ON_ROLL), Member.group_id == bulletin.group_id)
        case BulletinAudience.MEMBERS:
            return here.where(Member.status.in_(ON_ROLL))


def _mine(member: Member, day: date) -> Select[Bulletin]:
    """The same seen from a member: what is published and for them."""
    told = select(Bulletin).where(Bulletin.state == BulletinState.PUBLISHED)
    here = (member.moved_in is None or member.moved_in <= day) and (member.moved_out is None or member.moved_out > day)
    if not here or member.status in GONE:
        return told.where(false())
    open_ = Bulletin.audience.in_((BulletinAudience.EVERYONE, BulletinAudience.OUTSIDE))
    if member.status not in ON_ROLL:
        return told.where(open_)
    group = and_(Bulletin.audience == BulletinAudience.GROUP, Bulletin.group_id == member.group_id)
    return told.where(or_(open_, Bulletin.audience == BulletinAudience.MEMBERS, group))


def _in_force(day: date) -> ColumnElement[bool]:
    return or_(Bulletin.until_on.is_(None), Bulletin.until_on >= day)


def _has_read(member_id: int) -> ColumnElement[bool]:
    """Read in its edition in force, or in any where a new one is but a correction."""
    return (
        select(BulletinRead.bulletin_id)
        .where(
            BulletinRead.bulletin_id == Bulletin.id,
            BulletinRead.member_id == member_id,
            or_(BulletinRead.edition == Bulletin.edition, Bulletin.kind.not_in(ANEW)),
        )
        .correlate(Bulletin)
        .exists()
    )


def _counts(bulletin: Bulletin) -> tuple[ColumnElement[bool], ...]:
    """Which marks of a bulletin count, likewise."""
    return (BulletinRead.edition == bulletin.edition,) if bulletin.kind in ANEW else ()
