"""Rounds (征集): drafted, opened to those who are asked, answered until the close, closed.

A signed answer is a row here and may be changed by its member until the close; one sent by a personal link stands. An
unnamed one is written by the entrance into the store of what is unsigned (sealed/unsigned.py) and nowhere here, so
nothing in this database depends on who has answered: whoever is asked stays asked until the close. For such a round
the entrance begins and ends the store's round around `open_` and `close`.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.member import ON_ROLL, Member, MemberStatus
from models.notice import NoticeKind
from models.org import Org
from models.round import (
    Round,
    RoundAnswer,
    RoundAudience,
    RoundLink,
    RoundPurpose,
    RoundQuestion,
    RoundSeat,
    RoundState,
)
from services import events, forms, notices, quiet
from services.calendar import local
from services.errors import (
    AnsweredBefore,
    EditedMeanwhile,
    NoLinks,
    NoSuchRound,
    RoundLacks,
    RoundMoved,
    RoundOver,
)
from services.forms import Answers, Question, Sheet
from services.notices import Line, Told
from services.rights import Act
from services.rows import in_turn, touched

MOST_LINKS = 200  # made at one time
REMINDED_AT = time(10)  # on the day before the close
PUBLISHED_FOR = timedelta(days=30)  # how long the table is offered in the chat
RATED_FOR = timedelta(days=90)  # how long after it an activity may be rated (评学)
MOST_RATED = 40  # of them on offer
PART = 10  # people of a part of those asked, below which an unnamed sheet does not tell its part
LINKED = (RoundAudience.OUTSIDE, RoundAudience.BOTH)
GONE = (MemberStatus.MOVED, MemberStatus.DECEASED, MemberStatus.SUSPENDED)
INSIDE, OUTSIDE = "inside", "outside"  # the parts of an audience of both


@dataclass(frozen=True, slots=True)
class Draft:
    """What a draft says; its questions in order, whatever their positions; `group` where one group is asked."""

    purpose: RoundPurpose
    title: str
    body: str
    audience: RoundAudience
    closes_at: datetime
    questions: Sequence[Question]
    unnamed: bool = False
    group: Org | None = None
    activity: Activity | None = None


# --- making ----------------------------------------------------------------------------------------------------


def make(db: Session, act: Act, draft: Draft) -> Round:
    """A new draft; the very same again is the one there is. Raises NotAllowed, RoundLacks."""
    act.demand(act.rights.runs_branch)
    values = _values(draft)
    in_turn(db)
    mine = Round.by_id == act.by.id if act.by else Round.by_id.is_(None)
    for twin in db.scalars(select(Round).filter_by(**values, state=RoundState.DRAFT).where(mine)):
        if form(db, twin) == _numbered(draft.questions):
            return twin
    made = Round(**values, made_at=act.now, by_id=act.by.id if act.by else None)
    db.add(made)
    db.flush()
    _write_form(db, made, draft.questions)
    events.log(db, act, "round_made", made, title=made.title)
    return made


def edit(db: Session, act: Act, round_: Round, draft: Draft, seen: int) -> None:
    """Change a draft that was seen at version `seen`. Raises NotAllowed, RoundLacks, RoundMoved, EditedMeanwhile."""
    act.demand(act.rights.runs_branch)
    same = update(Round).where(Round.id == round_.id, Round.version == seen, Round.state == RoundState.DRAFT)
    changed = touched(db, same.values(version=seen + 1, **_values(draft)))
    _refresh(db, round_)
    if not changed:
        demand(round_, RoundState.DRAFT)
        last = next(iter(events.of(db, round_, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
    db.execute(delete(RoundQuestion).where(RoundQuestion.round_id == round_.id))
    _write_form(db, round_, draft.questions)
    events.log(db, act, "round_edited", round_)


def drop(db: Session, act: Act, public_id: str) -> Round | None:
    """Throw a draft away, its questions with it; returns it as it was. One that is gone is no fault: None.

    Raises NotAllowed, RoundMoved for what has been opened.
    """
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(Round).where(Round.public_id == public_id).with_for_update())
    if found is None:
        return None
    demand(found, RoundState.DRAFT)
    events.log(db, act, "round_dropped", found, title=found.title)
    db.execute(delete(RoundQuestion).where(RoundQuestion.round_id == found.id))
    db.delete(found)
    db.flush()
    return found


def rateable(db: Session, now: datetime, also: int | None = None) -> list[Activity]:
    """What a 评学 can be about, the latest first: lectures and activities held lately, and the one of number `also`."""
    held = select(Activity).where(
        Activity.state.in_((ActivityState.OPEN, ActivityState.CLOSED)),
        Activity.kind != ActivityKind.COMMITTEE,  # which few attend, and nobody rates
        Activity.starts_at > now - RATED_FOR,
        Activity.starts_at <= now,
    )
    found = list(db.scalars(held.order_by(Activity.starts_at.desc(), Activity.id.desc()).limit(MOST_RATED)))
    kept = db.get(Activity, also) if also else None
    return [*found, kept] if kept and kept not in found else found


def rated(db: Session, round_: Round) -> Activity | None:
    """The lecture or activity that a 评学 is about, if it names one."""
    return db.get(Activity, round_.activity_id) if round_.activity_id else None


def form(db: Session, round_: Round) -> list[Question]:
    """Its questions, in order."""
    rows = db.scalars(select(RoundQuestion).where(RoundQuestion.round_id == round_.id).order_by(RoundQuestion.position))
    return [Question(one.position, one.kind, one.stem, tuple(json.loads(one.options)), one.required) for one in rows]


def open_(db: Session, act: Act, round_: Round) -> None:
    """Ask: everybody meant gets a seat and a notice; opening what is open changes nothing.

    Raises NotAllowed, RoundLacks (no question, closes too early), RoundMoved, NoSuchRound (dropped meanwhile).
    """
    act.demand(act.rights.runs_branch)
    if round_.state is RoundState.OPEN:
        return
    if not form(db, round_):
        raise RoundLacks("questions")
    if round_.closes_at <= act.now:
        raise RoundLacks("closes")
    draft = update(Round).where(Round.id == round_.id, Round.state == RoundState.DRAFT)
    changed = touched(db, draft.values(state=RoundState.OPEN, opened_at=act.now))
    _refresh(db, round_)
    if not changed:
        demand(round_, RoundState.OPEN)
        return
    people = list(db.scalars(_meant(round_, act)))
    if not people and round_.audience not in LINKED:
        raise RoundLacks("audience")
    if people:
        seats = [{"round_id": round_.id, "member_id": one.id, "group_id": one.group_id} for one in people]
        db.execute(insert(RoundSeat), seats)
    facts = {**_facts(round_), "questions": len(form(db, round_))}
    due = quiet.of(db, act.zone).earliest(NoticeKind.ROUND, act.now)
    told = Told(NoticeKind.ROUND, round_.public_id, facts, due, round_.closes_at)
    notices.write_all(db, [Line(one.id, told) for one in people], act.now)
    events.log(db, act, "round_opened", round_, people=len(people))


def close(db: Session, act: Act, round_: Round) -> None:
    """End it: nobody answers any more; closing what is closed changes nothing. Raises NotAllowed, RoundMoved."""
    act.demand(act.rights.runs_branch)
    if round_.state in {RoundState.CLOSED, RoundState.PUBLISHED}:
        return
    running_ = update(Round).where(Round.id == round_.id, Round.state == RoundState.OPEN)
    changed = touched(db, running_.values(state=RoundState.CLOSED, closed_at=act.now))
    db.refresh(round_)
    if not changed:
        demand(round_, RoundState.CLOSED)
        return
    for kind in (NoticeKind.ROUND, NoticeKind.ROUND_CLOSING):  # nobody is asked to fill in what is over
        notices.replaced(db, kind, f"{round_.public_id}:", act.now)
    events.log(db, act, "round_closed", round_)


def closable(db: Session, now: datetime) -> list[Round]:
    """What is past its time and still open: for the clock, which closes it."""
    late = select(Round).where(Round.state == RoundState.OPEN, Round.closes_at <= now)
    return list(db.scalars(late.order_by(Round.closes_at, Round.id)))


# --- links -----------------------------------------------------------------------------------------------------


def invite(db: Session, act: Act, round_: Round, count: int, once: str = "") -> list[str]:
    """So many new personal links for people outside: their secrets, which are kept nowhere. At most MOST_LINKS.

    `once` is random and the form's own: the same again gives the same links, as far as they are not taken back.
    Raises NotAllowed, NoLinks (only members are asked), RoundMoved, RoundOver.
    """
    act.demand(act.rights.runs_branch)
    if round_.audience not in LINKED:
        raise NoLinks(round_.title)
    demand(round_, RoundState.OPEN)
    _demand_running(round_, act.now)
    in_turn(db)
    seed = once or secrets.token_hex(16)
    made = {_digest(one): one for one in (_secret(round_, seed, place) for place in range(min(count, MOST_LINKS)))}
    there = {one.digest: one for one in db.scalars(select(RoundLink).where(RoundLink.digest.in_(made)))}
    new = [one for one in made if one not in there]
    db.add_all(RoundLink(round_id=round_.id, digest=one, made_at=act.now) for one in new)
    if new:
        events.log(db, act, "round_links", round_, people=len(new))
    return [secret for digest, secret in made.items() if digest in new or there[digest].withdrawn_at is None]


def of_secret(db: Session, secret: str) -> tuple[Round, RoundLink]:
    """The round and the link behind a secret. Raises NoSuchRound."""
    link = db.scalar(select(RoundLink).where(RoundLink.digest == _digest(secret), RoundLink.withdrawn_at.is_(None)))
    if link is None:
        raise NoSuchRound
    return db.get_one(Round, link.round_id), link


def withdraw_links(db: Session, act: Act, round_: Round) -> int:
    """Take the links back that are out, as when a sheet has been lost; answers sent by them stay. Raises NotAllowed.

    Of a signed round those that are not used; of an unnamed one nobody may know which these are, so all of them.
    """
    act.demand(act.rights.runs_branch)
    out = update(RoundLink).where(RoundLink.round_id == round_.id, RoundLink.withdrawn_at.is_(None))
    if not round_.unnamed:
        out = out.where(RoundLink.id.not_in(_used(round_)))
    gone = touched(db, out.values(withdrawn_at=act.now))
    if gone:
        events.log(db, act, "round_links_withdrawn", round_, people=gone)
    return gone


# --- finding ---------------------------------------------------------------------------------------------------


def find(db: Session, act: Act, public_id: str) -> Round:
    """The round of that public id, for those who run the branch. Raises NotAllowed, NoSuchRound."""
    act.demand(act.rights.runs_branch)
    found = db.scalar(select(Round).where(Round.public_id == public_id))
    if found is None:
        raise NoSuchRound
    return found


def everything(db: Session, act: Act) -> list[Round]:
    """All rounds, newest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return list(db.scalars(select(Round).order_by(Round.id.desc())))


def own(db: Session, member: Member, public_id: str) -> Round:
    """A round the member is asked in, opened. Raises NoSuchRound, also for others."""
    found = db.scalar(_asked(member).where(Round.public_id == public_id))
    if found is None:
        raise NoSuchRound
    return found


def asked(db: Session, member: Member, now: datetime) -> list[Round]:
    """What the member is asked in now, the earliest close first."""
    running_ = _asked(member).where(Round.state == RoundState.OPEN, Round.closes_at > now)
    return list(db.scalars(running_.order_by(Round.closes_at, Round.id)))


def open_for(db: Session, member: Member, now: datetime) -> list[Round]:
    """What still waits for the member: signed rounds not answered, and every unnamed one until its close."""
    done = select(RoundAnswer.round_id).where(RoundAnswer.member_id == member.id)
    waiting = _asked(member).where(
        Round.state == RoundState.OPEN, Round.closes_at > now, or_(Round.unnamed.is_(True), Round.id.not_in(done))
    )
    return list(db.scalars(waiting.order_by(Round.closes_at, Round.id)))


def told(db: Session, member: Member, since: datetime | None = None) -> list[Round]:
    """The rounds of the member's with a published table (since then), newest first."""
    found = _asked(member).where(Round.state == RoundState.PUBLISHED)
    if since is not None:
        found = found.where(Round.published_at >= since)
    return list(db.scalars(found.order_by(Round.published_at.desc(), Round.id.desc())))


def is_running(round_: Round, now: datetime) -> bool:
    """Whether it takes answers."""
    return round_.state is RoundState.OPEN and now < round_.closes_at


def people(db: Session, round_: Round) -> int:
    """How many are asked: seats, and links, but for those taken back unused.

    Of an unnamed round every link counts: which of those taken back had been used nobody may know.
    """
    seats = select(func.count()).where(RoundSeat.round_id == round_.id)
    links = select(func.count()).where(RoundLink.round_id == round_.id)
    if not round_.unnamed:
        links = links.where(or_(RoundLink.withdrawn_at.is_(None), RoundLink.id.in_(_used(round_))))
    return (db.scalar(seats) or 0) + (db.scalar(links) or 0)


def taken_back(db: Session, round_: Round) -> int:
    """How many links have been taken back and are among the `people` all the same."""
    gone = select(func.count()).where(RoundLink.round_id == round_.id, RoundLink.withdrawn_at.is_not(None))
    return (db.scalar(gone) or 0) if round_.unnamed else 0


def turnout(db: Session, round_: Round) -> int:
    """How many have answered a signed round: the one thing shown before the close."""
    return db.scalar(select(func.count()).where(RoundAnswer.round_id == round_.id)) or 0


# --- answering -------------------------------------------------------------------------------------------------


def sheet(db: Session, round_: Round, who: Member | RoundLink, given: Answers, now: datetime) -> Sheet:
    """The filled form as it is kept. Raises RoundOver, FormUnclear."""
    _demand_running(round_, now)
    return Sheet(part(db, round_, who), forms.checked(form(db, round_), given))


def answer(
    db: Session, round_: Round, who: Member | RoundLink, given: Answers, now: datetime, once: str
) -> RoundAnswer:
    """Keep a signed answer; a member's later one takes the place of the earlier, a link's is final.

    `once` names the message or request: the same again changes nothing. Raises RoundOver, FormUnclear, AnsweredBefore.
    """
    held = select(Round).where(Round.id == round_.id).with_for_update(read=True)  # a close waits, or has been
    db.scalars(held.execution_options(populate_existing=True)).one()
    assert not round_.unnamed
    mine = _mine(round_, who)
    known = db.scalar(mine)
    if known is not None and known.once == once:
        return known
    if known is not None and isinstance(who, RoundLink):
        raise AnsweredBefore(round_.title)
    body = sheet(db, round_, who, given, now).dump()
    key = {"member_id": who.id} if isinstance(who, Member) else {"link_id": who.id}
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    new = dialect.insert(RoundAnswer).values(
        round_id=round_.id, **key, body=body, at=now, changed_at=now, once=once[:64]
    )
    if isinstance(who, Member):
        changed = {"body": body, "changed_at": now, "once": once[:64]}
        db.execute(new.on_conflict_do_update(index_elements=["round_id", "member_id"], set_=changed))
    else:
        db.execute(new.on_conflict_do_nothing())
    made = db.scalars(mine.execution_options(populate_existing=True)).one()
    if made.once != once[:64]:
        raise AnsweredBefore(round_.title)
    return made


def has_answered(db: Session, round_: Round, who: Member | RoundLink) -> bool:
    """Whether an answer of theirs is kept in a signed round."""
    return db.scalar(_mine(round_, who)) is not None


def given_by(db: Session, round_: Round, member: Member) -> Answers | None:
    """What the member has answered in a signed round; None while it is nothing."""
    found = db.scalar(_mine(round_, member))
    return Sheet.load(found.body).answers if found else None


def part(db: Session, round_: Round, who: Member | RoundLink) -> str:
    """To which part of those asked somebody belongs, as a breakdown names it; "" where that is not to be told.

    Of an unnamed round only where the part has PART people: with fewer a sheet would say too much of its writer.
    """
    if round_.audience is RoundAudience.BOTH:
        found = INSIDE if isinstance(who, Member) else OUTSIDE
        seats = select(func.count()).where(RoundSeat.round_id == round_.id)
        links = select(func.count()).where(RoundLink.round_id == round_.id, RoundLink.withdrawn_at.is_(None))
        size = db.scalar(seats if found == INSIDE else links) or 0
    elif isinstance(who, Member) and round_.audience in {RoundAudience.MEMBERS, RoundAudience.EVERYONE}:
        seat = db.get_one(RoundSeat, (round_.id, who.id))
        group = db.get(Org, seat.group_id) if seat.group_id else None
        if group is None:
            return ""
        found = group.name
        same = (RoundSeat.round_id == round_.id, RoundSeat.group_id == group.id)
        size = db.scalar(select(func.count()).where(*same)) or 0
    else:
        return ""
    return found if size >= PART or not round_.unnamed else ""


# --- for the clock ---------------------------------------------------------------------------------------------


def closing(
    db: Session, since: datetime, until: datetime, zone: ZoneInfo, hour: time = REMINDED_AT
) -> Iterator[tuple[Member, Told]]:
    """Reminders due after `since` up to `until`: at that hour of the day before a close, to whoever may still answer.

    Of a signed round those who have not; of an unnamed one everybody asked, since nobody may know who has.
    """
    soon = (Round.closes_at > since, Round.closes_at <= until + timedelta(days=2))
    for round_ in db.scalars(select(Round).where(Round.state == RoundState.OPEN, *soon).order_by(Round.id)):
        day = local(round_.closes_at, zone).date() - timedelta(days=1)
        due = datetime.combine(day, hour, zone)
        if not since < due <= until or (round_.opened_at and round_.opened_at > due):
            continue
        told_ = Told(NoticeKind.ROUND_CLOSING, round_.public_id, _facts(round_), due, round_.closes_at)
        seats = select(Member).join(RoundSeat, RoundSeat.member_id == Member.id).where(RoundSeat.round_id == round_.id)
        if not round_.unnamed:
            done = select(RoundAnswer.member_id).where(
                RoundAnswer.round_id == round_.id, RoundAnswer.member_id.is_not(None)
            )
            seats = seats.where(Member.id.not_in(done))
        for one in db.scalars(seats.order_by(Member.id)):
            yield one, told_


# --- parts -----------------------------------------------------------------------------------------------------


def _values(draft: Draft) -> dict[str, object]:
    if (draft.audience is RoundAudience.GROUP) is not (draft.group is not None):
        raise RoundLacks("audience")
    if len(draft.questions) > forms.MOST:
        raise RoundLacks("questions")
    return {
        "purpose": draft.purpose,
        "title": draft.title,
        "body": draft.body,
        "unnamed": draft.unnamed,
        "audience": draft.audience,
        "group_id": draft.group.id if draft.group else None,
        "activity_id": draft.activity.id if draft.activity else None,
        "closes_at": draft.closes_at,
    }


def _numbered(questions: Sequence[Question]) -> list[Question]:
    return [
        Question(place, one.kind, one.stem, one.options, one.required) for place, one in enumerate(questions, start=1)
    ]


def _write_form(db: Session, round_: Round, questions: Sequence[Question]) -> None:
    for one in _numbered(questions):
        options = json.dumps(one.options, ensure_ascii=False)
        db.add(
            RoundQuestion(
                round_id=round_.id,
                position=one.position,
                kind=one.kind,
                stem=one.stem,
                options=options,
                required=one.required,
            )
        )
    db.flush()


def _meant(round_: Round, act: Act) -> Select[Member]:
    """Who is asked by the audience's rule, of those on record today."""
    if round_.audience is RoundAudience.OUTSIDE:
        return select(Member).where(Member.id.is_(None))
    day = act.day
    here = select(Member).where(
        or_(Member.moved_in.is_(None), Member.moved_in <= day), or_(Member.moved_out.is_(None), Member.moved_out > day)
    )
    if round_.audience is RoundAudience.EVERYONE:
        return here.where(Member.status.not_in(GONE)).order_by(Member.id)
    here = here.where(Member.status.in_(ON_ROLL))
    if round_.audience is RoundAudience.GROUP:
        here = here.where(Member.group_id == round_.group_id)
    return here.order_by(Member.id)


def _asked(member: Member) -> Select[Round]:
    seats = select(RoundSeat.round_id).where(RoundSeat.member_id == member.id)
    return select(Round).where(Round.id.in_(seats), Round.state != RoundState.DRAFT)


def _mine(round_: Round, who: Member | RoundLink) -> Select[RoundAnswer]:
    mine = select(RoundAnswer).where(RoundAnswer.round_id == round_.id)
    if isinstance(who, Member):
        return mine.where(RoundAnswer.member_id == who.id)
    return mine.where(RoundAnswer.link_id == who.id)


def _used(round_: Round) -> Select[int]:
    """The links by which a signed answer has come."""
    return (
        select(RoundLink.id)
        .join(RoundAnswer, RoundAnswer.link_id == RoundLink.id)
        .where(RoundLink.round_id == round_.id)
    )


def _refresh(db: Session, round_: Round) -> None:
    """As it is now. Raises NoSuchRound for a draft that has been dropped meanwhile."""
    if db.scalar(select(Round.id).where(Round.id == round_.id)) is None:
        raise NoSuchRound
    db.refresh(round_)


def _facts(round_: Round) -> dict[str, notices.Plain]:
    return {
        "round": round_.public_id,
        "title": round_.title,
        "unnamed": round_.unnamed,
        "closes": round_.closes_at.isoformat(),
    }


def demand(round_: Round, state: RoundState) -> None:
    """It must be in that state: somebody else may have been faster. Raises RoundMoved."""
    if round_.state is not state:
        raise RoundMoved(round_.title, round_.state)


def _demand_running(round_: Round, now: datetime) -> None:
    if not is_running(round_, now):
        raise RoundOver(round_.title)


def _secret(round_: Round, seed: str, place: int) -> str:
    """A secret of 128 bits that follows from the seed, which is as random, and is kept no more than it."""
    drawn = hashlib.sha256(f"{round_.public_id} {seed} {place}".encode()).digest()
    return base64.urlsafe_b64encode(drawn[:16]).decode().rstrip("=")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
