"""Forgetting a member (个人信息保护法 第四十七条): who it was goes, what the branch counts stays.

The row of the member remains without a name, so that every attendance, quiz and hour is counted as before. FATES says
of each column that holds text or bytes what becomes of it; a column that is not named there fails a test.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from sqlalchemy import ColumnElement, String, Table, cast, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.attendance import MakeUp, Mark
from models.base import Base
from models.checkin import HeldScan
from models.credit import CreditEntry, CreditMove, Delivery
from models.event import Event
from models.exam import Sitting, SittingAnswer
from models.given import Given
from models.guest import Guest
from models.handler import HandlerTie
from models.held import HeldPlace, HeldText
from models.leave import Leave
from models.login import Login
from models.member import GONE, BindCode, Identity, Member, WrongCode
from models.notice import Notice, NoticeState
from models.opinion import Opinion, OpinionPicture
from models.question import Question, QuestionKind
from models.reminder import Greeting, SelfCheck, Wish
from models.round import FormKind, RoundAnswer, RoundQuestion
from models.visit import Visit
from services import appointments, people
from services.errors import HoldsOffice
from services.rights import Act

NOTE = "forgetting.json"  # in var/, while a deletion is under way
SHORTEST = 5  # characters of a number that is looked for in texts: a shorter one would be found in anything
TOLD_OF = ("reason", "unit", "note", "device")  # facts of an event or notice that may hold words about the person
OWN_DEEDS = ("leave_asked", "leave_withdrawn", "makeup_told")  # verbs of events that name who did it, or whose family


class Fate(Enum):
    """What becomes of a column."""

    KEPT = "kept"  # codes, keys, addresses and digests of ours, and what is published for all
    NAMED = "named"  # the branch's own words, or another's: the name, telephone and 编号 in them are taken out
    OWN = "own"  # words by or about the member of the row: emptied; in others' rows as NAMED
    DROPPED = "dropped"  # the member's rows are deleted


def _fates(fate: Fate, text: str) -> dict[str, Fate]:
    return {f"{table}.{column}": fate for table, *columns in map(str.split, text.splitlines()) for column in columns}


FATES: Mapping[str, Fate] = {
    **_fates(
        Fate.OWN,
        """checkin reason
        held_text text asked
        leave reason note
        makeup content
        mark reason
        member number name gender born joined confirmed phone ethnicity education post note
        notice facts
        opinion text
        round_answer body
        sitting_answer given
        standing reason""",
    ),
    **_fates(
        Fate.NAMED,
        """activity title place host recorder lecturer agenda page reason
        bulletin title decision contact duty feedback
        bulletin_edition body
        bulletin_file name
        course title organiser proof
        event facts
        guest name unit
        opinion answer made_public
        paper title
        path_step title reading
        question reviewed_by
        round title body
        round_question stem options
        round_response summary reason""",
    ),
    **_fates(
        Fate.DROPPED,
        """bind_code digits used_by
        credit_entry template_id once
        delivery app_id message_id template_id reason
        given message talk ending
        handler_tie handler
        held_scan app_id openid message
        identity app_id openid unionid
        login digest
        opinion_picture public_id media_id content content_type once failed
        self_check public_id text once
        visit public_id digest number device place
        wrong_code message who""",
    ),
    **_fates(
        Fate.KEPT,
        """activity public_id screen key
        answer message
        appointment public_id
        bank public_id name
        bulletin public_id secret
        bulletin_file public_id content_type content
        calendar_day name
        checkin message
        clock_progress name
        course public_id
        event verb subject
        guest public_id
        held_text public_id
        lease name holder
        leave public_id
        makeup public_id
        member public_id
        notice public_id once reason message_id
        oath_reading once
        opinion public_id number once
        org public_id name
        paper public_id blueprint
        path_step public_id
        progress lane
        question public_id stem options key explanation document edition article tags digest
        quiet_time evening morning
        reminder_rule at
        round public_id
        round_answer once
        round_link public_id digest
        round_response public_id
        scheduler_job id job_state
        sitting public_id questions
        sitting_answer message
        standing public_id""",
    ),
}


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a member can be recognised: in texts by `words`, in Redis and elsewhere by `keys` too."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    longer: tuple[str, ...]  # other people's names that hold this one
    shared: bool  # somebody else has just this name, so texts keep it

    def without(self, text: str, instead: str) -> str:
        """The text with none of the words in it; a longer name of somebody else stays."""
        if not self.words:
            return text
        kept = "|".join(re.escape(one) for form in map(_forms, self.longer) for one in form)
        gone = "|".join(_whole(one) for form in map(_forms, self.words) for one in form)
        return re.sub(f"({kept or '(?!)'})|{gone}", lambda found: found[1] or instead, text)

    def held_by(self, text: str) -> bool:
        """Whether a word or a key stands in the text, or in what is JSON in it, with the same bounds as in texts."""
        either = replace(self, words=(*self.words, *self.keys))
        return any(either.without(one, "") != one for one in _strings(text))


def _strings(value: object) -> Iterator[str]:
    """The text itself, or where it is JSON the strings in it: a number there may look like a 编号."""
    if isinstance(value, str):
        try:
            inner = json.loads(value) if value[:1] in ("{", "[", '"') else None
        except ValueError:
            inner = None
        yield from [value] if inner is None else _strings(inner)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


@dataclass(frozen=True, slots=True)
class Begun:
    """A deletion under way: whom the operator named how, and what is looked for; noted until all is done."""

    asked: str
    public_id: str
    traces: Traces


def noted(note: Path) -> Begun | None:
    """The deletion that was begun and is not done; None where there is no such note."""
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    traces = said["traces"]
    several = {name: tuple(traces[name]) for name in ("words", "keys", "longer")}
    return Begun(said["asked"], said["public_id"], Traces(**several, shared=traces["shared"]))


def _whole(word: str) -> str:
    """A number is no part of a longer one, which is somebody else's."""
    alone = word.isascii() and "\\" not in word
    return rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])" if alone else re.escape(word)


def _forms(word: str) -> tuple[str, ...]:
    """As it stands in a text, and as JSON may have written it."""
    escaped = json.dumps(word)[1:-1]
    return (word,) if escaped == word else (word, escaped)


def traces(db: Session, member: Member) -> Traces:
    """What the member is known by, read before it is gone."""
    alike = select(Member.name).where(Member.id != member.id, Member.name.contains(member.name, autoescape=True))
    namesakes = list(db.scalars(alike))
    shared = member.name in namesakes
    others = select(Member.id).where(Member.id != member.id, Member.phone == member.phone)
    phone = None if db.scalar(others.limit(1)) else member.phone  # a family's, or the office's
    numbers = [one for one in (phone, member.number) if one and len(one) >= SHORTEST]
    mine = db.scalars(select(Identity).where(_theirs(member))).all()
    keys = [one for identity in mine for one in (identity.openid, identity.unionid, _digest(identity)) if one]
    words = (*numbers, *(() if shared else (member.name,)))
    return Traces(words, tuple(keys), tuple(one for one in namesakes if one != member.name), shared)


def _theirs(member: Member) -> ColumnElement[bool]:
    """The identities bound to the member, and of those that are nobody's the ones that once were the member's.

    Either WeChat says so (unionid), or a notice to the member went there: a delivery or a spent credit tells.
    """
    unionids = select(Identity.unionid).where(Identity.member_id == member.id, Identity.unionid.is_not(None))
    sent = Notice.member_id == member.id
    arrived = select(Delivery.identity_id).join(Notice, Notice.message_id == Delivery.message_id).where(sent)
    begins = "spent:" + cast(Notice.id, String) + "."
    other = aliased(Identity)
    spent = (
        select(CreditEntry.identity_id)
        .join(other, (CreditEntry.identity_id == other.id) & other.member_id.is_(None))
        .join(Notice, CreditEntry.once.startswith(begins))
        .where(sent, CreditEntry.move == CreditMove.SPENT)
    )
    left = or_(Identity.unionid.in_(unionids), Identity.id.in_(arrived), Identity.id.in_(spent))
    return (Identity.member_id == member.id) | (Identity.member_id.is_(None) & left)


def _digest(identity: Identity) -> str:
    return hashlib.sha256(f"{identity.app_id} {identity.openid}".encode()).hexdigest()[:32]


def allow(db: Session, act: Act, member: Member) -> None:
    """The operator alone may, and nobody who holds an office is forgotten. Raises NotAllowed, HoldsOffice."""
    act.demand(act.by is None)
    if any(not appointments.over(one, act) for one in appointments.of(db, member)):
        raise HoldsOffice(member.name)


def forget(db: Session, act: Act, member: Member, found: Traces, instead: str) -> None:
    """Forget the member, whom `instead` then stands for. Raises HoldsOffice, NotAllowed, OutOfOrder.

    Whoever is on the roll is moved out with today. What was given as replies a moment ago is dropped for everybody: it
    cannot be told whose it was, and other keys see to it that nothing is done twice.
    """
    allow(db, act, member)
    if people.standing_of(member, act.day) not in GONE:
        people.move_out(db, act, member, max(act.day, member.moved_in or act.day), member.version)
    was, name = {str(value) for column in _OF_MEMBER if (value := getattr(member, column))}, member.name
    _drop(db, member, found)
    _empty(db, member, instead)
    own = replace(found, words=(*found.words, name))
    for event in _retell(db, member, found, was):
        event.facts = told_without(event.facts, own, instead)
    db.flush()
    _rename(db, found, instead)


_OF_MEMBER = tuple(
    key.partition(".")[2] for key, fate in FATES.items() if key.startswith("member.") and fate is Fate.OWN
)


def _drop(db: Session, member: Member, found: Traces) -> None:
    """The rows that are about nobody else and counted nowhere."""
    mine = db.scalars(select(Identity.id).where(_theirs(member))).all()
    about = [
        (HeldText.place == place) & HeldText.subject_id.in_(select(table.id).where(table.member_id == member.id))
        for place, table in (
            (HeldPlace.LEAVE_REASON, Leave),
            (HeldPlace.LEAVE_NOTE, Leave),
            (HeldPlace.MAKEUP_CONTENT, MakeUp),
            (HeldPlace.MARK_REASON, Mark),
        )
    ]
    opinions = select(Opinion.id).where(Opinion.member_id == member.id).scalar_subquery()
    unsent = Notice.state.in_((NoticeState.WAITING, NoticeState.CLAIMED))
    undecided = HeldText.looked_at.is_(None)
    for statement in (
        delete(CreditEntry).where(CreditEntry.identity_id.in_(mine)),
        delete(Delivery).where(Delivery.identity_id.in_(mine)),
        delete(Login).where(Login.identity_id.in_(mine)),
        delete(HeldScan).where(HeldScan.openid.in_(found.keys)),
        delete(WrongCode).where(WrongCode.who.in_(found.keys)),
        delete(Identity).where(Identity.id.in_(mine)),
        delete(BindCode).where(BindCode.member_id == member.id),
        delete(Visit).where(Visit.member_id == member.id),
        delete(HandlerTie).where(HandlerTie.member_id == member.id),
        delete(SelfCheck).where(SelfCheck.member_id == member.id),
        delete(Wish).where(Wish.member_id == member.id),
        delete(Greeting).where(Greeting.member_id == member.id),
        delete(OpinionPicture).where(OpinionPicture.opinion_id.in_(opinions)),
        delete(Notice).where(Notice.member_id == member.id, unsent),
        delete(HeldText).where(HeldText.by_id == member.id, undecided),
        delete(HeldText).where(or_(*about)),  # whoever wrote it
        delete(Given),
    ):
        db.execute(statement)


def _empty(db: Session, member: Member, instead: str) -> None:
    """The words by and about the member; answers that are counted stay where they are choices."""
    for column in _OF_MEMBER:
        setattr(member, column, instead if column == "name" else None)
    member.version += 1
    for name, whose in (
        ("checkin.reason", "member_id"),
        ("leave.reason", "member_id"),
        ("leave.note", "member_id"),
        ("makeup.content", "member_id"),
        ("mark.reason", "member_id"),
        ("standing.reason", "member_id"),
        ("opinion.text", "member_id"),
        ("held_text.text", "by_id"),
    ):
        table = Base.metadata.tables[name.partition(".")[0]]
        needed = any(f"length({name.partition('.')[2]})" in str(one) for one in _rules(table))
        value = instead if needed else ""
        db.execute(update(table).where(table.c[whose] == member.id).values({name.partition(".")[2]: value}))
    asked = HeldText.by_id == member.id, HeldText.asked.is_not(None)
    db.execute(update(HeldText).where(*asked).values(asked="{}"))
    blanks = select(Question.id).where(Question.kind == QuestionKind.BLANK).scalar_subquery()
    mine = select(Sitting.id).where(Sitting.member_id == member.id).scalar_subquery()
    typed = SittingAnswer.sitting_id.in_(mine), SittingAnswer.question_id.in_(blanks), SittingAnswer.given != ""
    db.execute(update(SittingAnswer).where(*typed).values(given='""'))
    for answer in db.scalars(select(RoundAnswer).where(RoundAnswer.member_id == member.id)):
        texts = select(RoundQuestion.position).where(
            RoundQuestion.round_id == answer.round_id, RoundQuestion.kind == FormKind.TEXT
        )
        typed_at = {str(one) for one in db.scalars(texts)}
        body = json.loads(answer.body)
        body["answers"] = {key: instead if key in typed_at else value for key, value in body["answers"].items()}
        answer.body = json.dumps(body, ensure_ascii=False)
    db.flush()


def _rules(table: Table) -> list[object]:
    return [getattr(one, "sqltext", "") for one in table.constraints]


def _retell(db: Session, member: Member, found: Traces, was: set[str]) -> list[Event]:
    """What events and notices say of the member beside the name: reasons, devices, values that were on record.

    Returns the events that can be of nobody else, whatever name they have: of the member's row, and own deeds.
    """

    def told(facts: Mapping[str, object]) -> dict[str, object]:
        return {
            key: "" if isinstance(value, str) and (key in TOLD_OF or value in was) else value
            for key, value in facts.items()
        }

    about = (Event.subject == Member.__tablename__) & (Event.subject_id == member.id)
    deeds = (Event.by_id == member.id) & Event.verb.in_(OWN_DEEDS)
    own = []
    for event in db.scalars(select(Event).where(or_(about, deeds, *_holding(Event.facts, found)))):
        facts = json.loads(event.facts)
        deed = event.by_id == member.id and event.verb in OWN_DEEDS and not facts.get("by_family")
        if deed or (event.subject, event.subject_id) == (Member.__tablename__, member.id):
            own.append(event)
        if event.subject == Member.__tablename__ or facts.get("name") in found.words:
            kept = {"name": facts["name"]} if "name" in facts else {}
            event.facts = json.dumps({**told(facts), **kept}, ensure_ascii=False)
    for notice in db.scalars(select(Notice).where(Notice.member_id == member.id)):
        facts = json.loads(notice.facts)
        notice.facts = json.dumps({**facts, **{key: "" for key in TOLD_OF if facts.get(key)}}, ensure_ascii=False)
    return own


def _rename(db: Session, found: Traces, instead: str) -> None:
    """The name, telephone and 编号 out of every text of the branch's and of others'."""
    db.expire_all()
    for name, fate in FATES.items():
        if fate not in {Fate.NAMED, Fate.OWN} or name.startswith("member."):
            continue
        table = Base.metadata.tables[name.partition(".")[0]]
        column = table.c[name.partition(".")[2]]
        matching = _holding(column, found)
        if not matching:
            return
        keys = list(table.primary_key)
        longest: int | None = getattr(column.type, "length", None)
        for *key, text in db.execute(select(*keys, column).where(or_(*matching))).all():
            same = [one == value for one, value in zip(keys, key, strict=True)]
            # two forgotten who were guests of one meeting are two still
            whoever = f"{instead}{key[0]}" if table.name == Guest.__tablename__ else instead
            db.execute(update(table).where(*same).values({column.name: told_without(text, found, whoever)[:longest]}))


def told_without(text: str, found: Traces, instead: str) -> str:
    """The text without them; of JSON the strings, for a number may look like a 编号."""
    if text[:1] not in ("{", "["):
        return found.without(text, instead)
    try:
        parsed = json.loads(text)
    except ValueError:
        return found.without(text, instead)
    return json.dumps(_walked(parsed, found, instead), ensure_ascii=False)


def _walked(value: object, found: Traces, instead: str) -> object:
    if isinstance(value, str):
        return found.without(value, instead)
    if isinstance(value, list):
        return [_walked(one, found, instead) for one in value]
    if isinstance(value, dict):
        return {found.without(key, instead): _walked(one, found, instead) for key, one in value.items()}
    return value


def _holding(column: ColumnElement[str] | InstrumentedAttribute[str], found: Traces) -> list[ColumnElement[bool]]:
    return [column.contains(one, autoescape=True) for word in found.words for one in _forms(word)]
