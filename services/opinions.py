"""Signed opinions (署名意见): given, assigned, answered; and how far one without a name has come.

What is unsigned is in a file of its own, which the entrances reach (sealed/unsigned.py); here is only what its state
says, as `Standing` writes it into one word of that file.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, defer, joinedload

from models.appointment import Role
from models.member import Member
from models.notice import NoticeKind
from models.opinion import Opinion, OpinionCategory, OpinionPicture, OpinionState, Verdict
from services import events, notices, quiet, rights, workdays
from services.errors import EditedMeanwhile, NoSuchOpinion, NotSuitable, OpinionSettled, PictureUnfit
from services.notices import Told
from services.rights import SEES_BRANCH, Act
from services.rows import in_turn, touched
from services.workdays import Workdays

LONGEST = 3000  # characters of an opinion
LONGEST_ANSWER = 1000  # characters of an answer
MOST_PICTURES = 3
LARGEST_PICTURE = 10 << 20  # bytes, as WeChat takes them
AT_WECHAT = timedelta(days=3)  # how long WeChat keeps a picture (platform page 获取临时素材)
TOLD_FOR = timedelta(days=30)  # how long an answer is worth a notice
GONE, UNFIT = "gone", "unfit"  # why a picture could not be fetched
HANDLERS = SEES_BRANCH | {Role.GROUP_LEADER}
_PEOPLE = (joinedload(Opinion.member), joinedload(Opinion.assigned_to))
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))


# --- days ------------------------------------------------------------------------------------------------------


def due_of_week(calendar: Workdays, week: date, days: int) -> date:
    """The day by which what came in the week of that Monday is to be answered: counted from the week's end."""
    return calendar.after(week + timedelta(days=6), days)


# --- giving ----------------------------------------------------------------------------------------------------


def give(db: Session, act: Act, category: OpinionCategory, text: str, once: str, days: int) -> Opinion:
    """Keep a member's opinion and number it; `once` names the message or request: the same again is the one there is.

    `days` are the working days until it is to be answered.
    """
    assert act.by is not None
    known = db.scalar(select(Opinion).where(Opinion.once == once))
    if known is not None:
        return known
    in_turn(db)
    prefix = f"YJ{act.day:%m}"
    same = select(Opinion.number).where(Opinion.year == act.day.year, Opinion.number.startswith(prefix))
    last = max((int(one.removeprefix(prefix)) for one in db.scalars(same)), default=0)
    made = Opinion(
        year=act.day.year,
        number=f"{prefix}{last + 1:02d}",
        member_id=act.by.id,
        category=category,
        text=text,
        at=act.now,
        once=once,
        due_on=workdays.of(db).after(act.day, days),
    )
    db.add(made)
    db.flush()
    return made


def attach(db: Session, opinion: Opinion, media_id: str, now: datetime, once: str) -> int:
    """Note a picture that WeChat keeps, to be fetched later; returns how many there are. Raises PictureUnfit."""
    return _picture(db, opinion, OpinionPicture(media_id=media_id, at=now, once=once))


def enclose(db: Session, opinion: Opinion, content: bytes, now: datetime, once: str) -> int:
    """Keep a picture that came with a form; returns how many there are. Raises PictureUnfit."""
    kind = content_type(content)
    if not kind or len(content) > LARGEST_PICTURE:
        raise PictureUnfit(MOST_PICTURES)
    return _picture(db, opinion, OpinionPicture(content=content, content_type=kind, at=now, once=once))


def content_type(content: bytes) -> str:
    """What kind of picture it is, by its first bytes; "" for what is none we keep."""
    return next((kind for start, kind in _KINDS if content.startswith(start)), "")


# --- finding ---------------------------------------------------------------------------------------------------


def mine(db: Session, member: Member) -> list[Opinion]:
    """What the member has said under the own name, newest first."""
    return list(db.scalars(select(Opinion).where(Opinion.member_id == member.id).order_by(Opinion.id.desc())))


def own(db: Session, member: Member, public_id: str) -> Opinion:
    """One of the member's. Raises NoSuchOpinion, also for those of others."""
    found = db.scalar(select(Opinion).where(Opinion.public_id == public_id, Opinion.member_id == member.id))
    if found is None:
        raise NoSuchOpinion
    return found


def handled(db: Session, member: Member) -> list[Opinion]:
    """What the member is to answer, what is due first coming first."""
    open_ = select(Opinion).where(Opinion.assigned_to_id == member.id, Opinion.state == OpinionState.ASSIGNED)
    return list(db.scalars(open_.order_by(Opinion.due_on, Opinion.id)))


def everything(db: Session, act: Act) -> list[Opinion]:
    """All signed opinions, newest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    return list(db.scalars(select(Opinion).order_by(Opinion.id.desc()).options(*_PEOPLE)))


def between(db: Session, act: Act, since: datetime, until: datetime) -> list[Opinion]:
    """Those received from `since` up to `until`, oldest first. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    found = select(Opinion).where(Opinion.at >= since, Opinion.at < until).order_by(Opinion.id)
    return list(db.scalars(found.options(*_PEOPLE)))


def find(db: Session, act: Act, public_id: str) -> Opinion:
    """The opinion of that public id, for those who run the branch and whoever is to answer it, while in office.

    Raises NoSuchOpinion; NotAllowed, also for what is not there.
    """
    found = db.scalar(select(Opinion).where(Opinion.public_id == public_id))
    act.demand(act.rights.runs_branch or (found is not None and _is_handler(act, found)))
    if found is None:
        raise NoSuchOpinion
    return found


def pictures(db: Session, opinion: Opinion) -> list[OpinionPicture]:
    """Its pictures, fetched or not, as they came; those with a content type are here, and their content is not read."""
    found = select(OpinionPicture).where(OpinionPicture.opinion_id == opinion.id)
    return list(db.scalars(found.order_by(OpinionPicture.id).options(defer(OpinionPicture.content))))


def picture(db: Session, act: Act, public_id: str) -> OpinionPicture:
    """A fetched picture, for its author, those who run the branch and whoever is to answer.

    Raises NoSuchOpinion; NotAllowed, also for what is not there.
    """
    found = db.scalar(select(OpinionPicture).where(OpinionPicture.public_id == public_id))
    about = db.get_one(Opinion, found.opinion_id) if found else None
    is_author = about is not None and act.by is not None and about.member_id == act.by.id
    act.demand(act.rights.runs_branch or is_author or (about is not None and _is_handler(act, about)))
    if found is None or found.content is None:
        raise NoSuchOpinion
    return found


def in_office(act: Act) -> bool:
    """Whether the person holds an office today to which opinions are given; who is out of it answers none any more."""
    return bool(act.rights.roles & HANDLERS)


def handlers(db: Session, act: Act) -> list[Member]:
    """To whom an opinion can be given to answer: who holds an office today, each once."""
    held = rights.holders(db, HANDLERS, act.now, act.zone)
    return list({one.member_id: one.member for one in held}.values())


# --- answering -------------------------------------------------------------------------------------------------


def assign(db: Session, act: Act, opinion: Opinion, to: Member) -> None:
    """Give it to somebody in office to answer; given to them already, nothing changes.

    They are told, unless they have taken it themselves; whoever had it before is told nothing more.
    Raises NotAllowed, NotSuitable (no office), OpinionSettled (answered).
    """
    act.demand(act.rights.runs_branch)
    if to.id not in {one.id for one in handlers(db, act)}:
        raise NotSuitable
    if opinion.state is OpinionState.ASSIGNED and opinion.assigned_to_id == to.id:
        return
    waiting = update(Opinion).where(Opinion.id == opinion.id, Opinion.state != OpinionState.ANSWERED)
    values = {"state": OpinionState.ASSIGNED, "assigned_to_id": to.id, "version": Opinion.version + 1}
    changed = touched(db, waiting.values(values))
    db.refresh(opinion)
    if not changed:
        raise OpinionSettled(opinion.number)
    events.log(db, act, "opinion_assigned", opinion, name=to.name)
    notices.replaced(db, NoticeKind.ASSIGNED, f"{opinion.public_id}.", act.now)
    if act.by is not None and act.by.id == to.id:
        return
    due_at = quiet.of(db, act.zone).earliest(NoticeKind.ASSIGNED, act.now)
    facts: dict[str, notices.Plain] = {"number": opinion.number, "due": opinion.due_on.isoformat()}
    occurrence = f"{opinion.public_id}.{opinion.version}"
    notices.write(db, to, Told(NoticeKind.ASSIGNED, occurrence, facts, due_at, act.now + TOLD_FOR), act.now)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the branch says to an opinion: 采纳情况, why, and where anything of it was made public ("": nowhere)."""

    verdict: Verdict
    text: str
    made_public: str = ""


def answer(db: Session, act: Act, opinion: Opinion, reply: Reply, seen: int) -> None:
    """Answer what was seen at version `seen`, and tell its author; an answer may be put right later.

    The very same again changes nothing. Raises NotAllowed, EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch or _is_handler(act, opinion))
    again = opinion.state is OpinionState.ANSWERED
    told_already = again and (opinion.verdict, opinion.answer) == (reply.verdict, reply.text)
    if told_already and opinion.made_public == reply.made_public:
        return
    same = update(Opinion).where(Opinion.id == opinion.id, Opinion.version == seen)
    changed = touched(
        db,
        same.values(
            state=OpinionState.ANSWERED,
            verdict=reply.verdict,
            answer=reply.text,
            made_public=reply.made_public,
            answered_by_id=act.by.id if act.by else None,
            answered_at=act.now,
            version=seen + 1,
        ),
    )
    db.refresh(opinion)
    if not changed:
        last = next(iter(events.of(db, opinion, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
    events.log(db, act, "opinion_answered", opinion, verdict=reply.verdict.value, again=again)
    notices.replaced(db, NoticeKind.ASSIGNED, f"{opinion.public_id}.", act.now)
    if told_already:  # only where it was made public has changed
        return
    facts: dict[str, notices.Plain] = {"number": opinion.number, "verdict": reply.verdict.value, "answer": reply.text}
    due_at = quiet.of(db, act.zone).earliest(NoticeKind.ANSWERED, act.now)
    occurrence = f"{opinion.public_id}.{opinion.version}"
    told = Told(NoticeKind.ANSWERED, occurrence, facts, due_at, act.now + TOLD_FOR)
    notices.write(db, opinion.member, told, act.now)


# --- for the clock ---------------------------------------------------------------------------------------------


def unfetched(db: Session, most: int) -> list[OpinionPicture]:
    """Pictures still at WeChat, the oldest first."""
    waiting = select(OpinionPicture).where(OpinionPicture.content.is_(None), OpinionPicture.failed == "")
    return list(db.scalars(waiting.order_by(OpinionPicture.id).limit(most)))


def fetched(db: Session, picture_id: int, content: bytes) -> str:
    """Keep what WeChat gave; returns "" or why it is not kept. Fetched twice it stays as it is."""
    kind = content_type(content)
    if not kind or len(content) > LARGEST_PICTURE:
        unfetchable(db, picture_id, UNFIT)
        return UNFIT
    waiting = update(OpinionPicture).where(OpinionPicture.id == picture_id, OpinionPicture.content.is_(None))
    touched(db, waiting.values(content=content, content_type=kind, failed=""))
    return ""


def unfetchable(db: Session, picture_id: int, why: str) -> None:
    """It is not to be had any more: a code."""
    waiting = update(OpinionPicture).where(OpinionPicture.id == picture_id, OpinionPicture.content.is_(None))
    touched(db, waiting.values(failed=why))


# --- unsigned --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an unsigned opinion has come: one word of its file, fields divided by "|".

    `handler` is a member's public id, `day` that of the answer; of the writer it says nothing.
    """

    state: OpinionState = OpinionState.NEW
    verdict: Verdict | None = None
    handler: str = ""
    day: date | None = None
    made_public: str = ""

    @classmethod
    def load(cls, kept: str) -> "Standing":
        """As it was written; what no version of ours wrote is new."""
        state, verdict, handler, day, made_public = (kept.split("|", 4) + [""] * 4)[:5]
        return cls(
            OpinionState(state) if state in set(OpinionState) else OpinionState.NEW,
            Verdict(verdict) if verdict in set(Verdict) else None,
            handler,
            date.fromisoformat(day) if day else None,
            made_public,
        )

    def dump(self) -> str:
        """For the file."""
        if self.state is OpinionState.NEW:
            return self.state.value
        day = self.day.isoformat() if self.day else ""
        verdict = self.verdict.value if self.verdict else ""
        return f"{self.state}|{verdict}|{self.handler}|{day}|{self.made_public}"


def assigned(db: Session, act: Act, standing: Standing, to: Member) -> Standing:
    """The standing once it is given to somebody in office. Raises NotAllowed, NotSuitable, OpinionSettled."""
    act.demand(act.rights.runs_branch)
    if to.id not in {one.id for one in handlers(db, act)}:
        raise NotSuitable
    if standing.state is OpinionState.ANSWERED:
        raise OpinionSettled("")
    return Standing(OpinionState.ASSIGNED, handler=to.public_id)


def answered(act: Act, standing: Standing, verdict: Verdict, made_public: str) -> Standing:
    """The standing once it is answered. Raises NotAllowed."""
    demand_unsigned(act, standing)
    return Standing(OpinionState.ANSWERED, verdict, standing.handler, act.day, made_public)


def demand_unsigned(act: Act, standing: Standing) -> None:
    """Those who run the branch read what is unsigned, and whoever is to answer it. Raises NotAllowed."""
    mine_ = act.by is not None and standing.handler == act.by.public_id and in_office(act)
    act.demand(act.rights.runs_branch or (mine_ and standing.state is not OpinionState.NEW))


# --- parts -----------------------------------------------------------------------------------------------------


def _picture(db: Session, opinion: Opinion, made: OpinionPicture) -> int:
    in_turn(db)
    there = pictures(db, opinion)
    if made.once in {one.once for one in there}:
        return len(there)
    if len(there) >= MOST_PICTURES:
        raise PictureUnfit(MOST_PICTURES)
    made.opinion_id = opinion.id
    db.add(made)
    db.flush()
    return len(there) + 1


def _is_handler(act: Act, opinion: Opinion) -> bool:
    return act.by is not None and opinion.assigned_to_id == act.by.id and in_office(act)
