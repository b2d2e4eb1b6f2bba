"""Question banks kept: taken in from files, looked over, put to use, edited, retired; every step logged.

A question is known again by its stem, signs and blanks aside, and by its options: the same stem with other options is
another question (「下列说法正确的是」), the same with one option mended is the same.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, func, insert, or_, select, update
from sqlalchemy.orm import Session

from models.event import Event
from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from services import events
from services.errors import EditedMeanwhile, NoSuchBank, NoSuchQuestion, QuestionMoved, StemTaken
from services.likeness import Pair, alike, bare
from services.rights import Act
from services.rows import touched

CHUNK = 200  # questions a transaction: well under 100 ms
SIBLINGS = 500  # questions of one stem that are compared with a row
LONGEST_NAME = 60  # of a bank
LONGEST_REVIEWER = 40
_QUESTIONS = cast("Table", Question.__table__)  # written without the session's bookkeeping, which takes twice as long
_OPEN = "0" * 12  # second half of the digest of the first question of a stem

Key = bool | tuple[int, ...] | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question, already read; None and "" say nothing and never wipe out what is on record.

    `key`: places of the right options from 0, in order; for 判断 True or False; for 填空 the accepted texts of each
    blank.
    """

    kind: QuestionKind
    stem: str
    options: tuple[str, ...]
    key: Key
    explanation: str = ""
    document: str = ""
    edition: str = ""
    article: str = ""
    certainty: Certainty | None = None
    difficulty: int | None = None
    topic: Topic | None = None
    tags: str = ""


FIELDS = tuple(one.name for one in fields(Entry))
SORTING = frozenset({"difficulty", "topic", "tags"})  # what changes nothing a reviewer has looked at


class Fate(StrEnum):
    """What became of a row, or what will."""

    IMPORTED = "imported"
    UPDATED = "updated"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a row means: its fate and the fields it changes."""

    fate: Fate
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row that is the question of an earlier row, by its place; `contradicts` where the keys differ."""

    place: int
    contradicts: bool


@dataclass(frozen=True, slots=True)
class Dispute:
    """A row whose key another bank contradicts: the row's place, that bank's name, that question's public id."""

    place: int
    bank: str
    public_id: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """A bank with the number of its questions in each state."""

    bank: Bank
    counts: Mapping[QuestionState, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions to list; empty asks for all. `text` is part of the stem."""

    bank_id: int | None = None
    state: QuestionState | None = None
    kind: QuestionKind | None = None
    topic: Topic | None = None
    text: str = ""


# --- banks --------------------------------------------------------------------------------------------------------


def shelves(db: Session, act: Act) -> list[Shelf]:
    """Every bank in the order of its making. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    counts: dict[int, dict[QuestionState, int]] = {}
    rows = db.execute(select(Question.bank_id, Question.state, func.count()).group_by(Question.bank_id, Question.state))
    for bank_id, state, number in rows:
        counts.setdefault(bank_id, {})[state] = number
    return [Shelf(one, counts.get(one.id, {})) for one in db.scalars(select(Bank).order_by(Bank.id))]


def named(db: Session, act: Act, name: str) -> Bank | None:
    """The bank of that name. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    return db.scalar(select(Bank).where(Bank.name == bank_name(name)))


def made(db: Session, act: Act, name: str) -> Bank:
    """The bank of that name, made where there is none. Raises NotAllowed, NoSuchBank for an empty name."""
    found = named(db, act, name)
    if found is not None:
        return found
    if not bank_name(name):
        raise NoSuchBank(name)
    bank = Bank(name=bank_name(name), made_at=act.now)
    db.add(bank)
    events.log(db, act, "bank_made", bank, name=bank.name)
    return bank


def find_bank(db: Session, act: Act, public_id: str) -> Bank:
    """The bank of that public id. Raises NotAllowed, NoSuchBank."""
    act.demand(act.rights.runs_study)
    found = db.scalar(select(Bank).where(Bank.public_id == public_id))
    if found is None:
        raise NoSuchBank(public_id)
    return found


def bank_name(text: str) -> str:
    """A bank's name as it is kept: without needless blanks, LONGEST_NAME signs at most."""
    return " ".join(text.split())[:LONGEST_NAME].strip()


# --- a file taken in ----------------------------------------------------------------------------------------------


def settle(entries: Sequence[Entry]) -> list[Repeat | None]:
    """Which rows of one file are the question of an earlier row, and contradict it; None for the others.

    Only the others are to be taken in: of a contradiction the first row stands, and the second is to be told.
    """
    places: defaultdict[str, list[int]] = defaultdict(list)
    found: list[Repeat | None] = []
    for place, entry in enumerate(entries):
        earlier = places[_stem_digest(entry.stem)]
        same = next((one for one in earlier[-SIBLINGS:] if _same(entry, entries[one])), None)
        if same is None:
            earlier.append(place)
            found.append(None)
        else:
            found.append(Repeat(same, _right(entry) != _right(entries[same])))
    return found


def take_all(db: Session, act: Act, bank_id: int, entries: Sequence[Entry], reviewed_by: str = "") -> list[Judged]:
    """Take several rows in, in their order; with `reviewed_by` they are live, else drafts. Raises NotAllowed.

    A file of any length goes in by several calls of CHUNK rows, each a transaction of its own, and `taken_in` at
    their end; a file of which a part is in may be taken in again. A changed question is a draft again.
    """
    act.demand(act.rights.runs_study)
    db.execute(select(Bank.id).where(Bank.id == bank_id).with_for_update())  # two files for one bank take turns
    plan = _plan(db, bank_id, entries, reviewed_by)
    if plan.new:
        db.execute(insert(_QUESTIONS), [_row(one, bank_id, act, reviewed_by) for one in plan.new])
    for one in plan.changed:
        values = {**_columns(one.values), **_standing(act, reviewed_by), "version": Question.version + 1}
        db.execute(
            update(Question).where(Question.id == one.id).values(**values),
            execution_options={"synchronize_session": False},
        )
    _note(db, act, "question_edited", {one.id: {"fields": ",".join(one.names)} for one in plan.changed if one.id})
    db.flush()
    return plan.judged


def foretell(
    db: Session, act: Act, bank_id: int | None, entries: Sequence[Entry], reviewed_by: str = ""
) -> list[Judged]:
    """What taking the rows in would do, in their order; nothing is written. None: a bank still to be made.

    Raises NotAllowed.
    """
    act.demand(act.rights.runs_study)
    found: list[Judged] = []
    for start in range(0, len(entries), CHUNK):
        found += _plan(db, bank_id, entries[start : start + CHUNK], reviewed_by).judged
    return found


def taken_in(db: Session, act: Act, bank_id: int, rows: int, reviewed_by: str = "") -> None:
    """A whole file is in: noted in the log. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    events.log(db, act, "questions_imported", db.get_one(Bank, bank_id), rows=rows, reviewed_by=reviewed_by)


def disputes(db: Session, act: Act, bank_id: int | None, entries: Sequence[Entry]) -> list[Dispute]:
    """Rows that other banks answer otherwise, the retired aside. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    mine: defaultdict[str, list[int]] = defaultdict(list)
    for place, entry in enumerate(entries):
        mine[_stem_digest(entry.stem)].append(place)
    others = select(Question.public_id, Question.digest, Question.kind, Question.options, Question.key, Bank.name).join(
        Bank, Bank.id == Question.bank_id
    )
    found = []
    kept = others.where(Question.bank_id != (bank_id or 0), Question.state != QuestionState.RETIRED)
    for row in db.execute(kept.order_by(Question.id)):
        for place in mine.get(row.digest[: -len(_OPEN)], ()):
            other = Entry(row.kind, entries[place].stem, tuple(json.loads(row.options)), key_of(row.kind, row.key))
            if _same(entries[place], other) and _right(entries[place]) != _right(other):
                found.append(Dispute(place, row.name, row.public_id))
    return sorted(found, key=lambda one: one.place)


def lookalikes(db: Session, act: Act, bank_id: int | None, entries: Sequence[Entry]) -> tuple[list[str], list[Pair]]:
    """Stems of the rows that are nearly those of other rows, or of the bank's own questions.

    Returns the bank's stems that are in none of the rows, and pairs of places: those stems come first, then the rows.
    Raises NotAllowed.
    """
    act.demand(act.rights.runs_study)
    given = {_stem_digest(entry.stem) for entry in entries}
    kept = []
    if bank_id is not None:
        rows = db.execute(
            select(Question.stem, Question.digest).where(
                Question.bank_id == bank_id, Question.state != QuestionState.RETIRED
            )
        )
        kept = [stem for stem, digest in rows if digest[: -len(_OPEN)] not in given]
    pairs = alike([*kept, *(entry.stem for entry in entries)], first=len(kept))
    return kept, pairs


# --- one question -------------------------------------------------------------------------------------------------


def listed(db: Session, act: Act, wanted: Wanted, after: int = 0, most: int = 50) -> list[Question]:
    """Questions in the order they came, those behind the id `after`. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    chosen = select(Question).where(*_wanted(wanted), Question.id > after)
    return list(db.scalars(chosen.order_by(Question.id).limit(most)))


def count(db: Session, act: Act, wanted: Wanted) -> int:
    """How many questions are wanted. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    return db.scalar(select(func.count()).select_from(Question).where(*_wanted(wanted))) or 0


def everything(db: Session, act: Act, bank_id: int | None = None) -> Iterator[Question]:
    """Every question of a bank, or of all, in the order they came; the retired aside. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    chosen = select(Question).where(*_wanted(Wanted(bank_id=bank_id)), Question.state != QuestionState.RETIRED)
    yield from db.scalars(chosen.order_by(Question.id).execution_options(yield_per=1000))


def find(db: Session, act: Act, public_id: str) -> Question:
    """The question of that public id. Raises NotAllowed, NoSuchQuestion."""
    act.demand(act.rights.runs_study)
    found = db.scalar(select(Question).where(Question.public_id == public_id))
    if found is None:
        raise NoSuchQuestion(public_id)
    return found


def entry_of(question: Question) -> Entry:
    """A question on record as a file would say it."""
    return Entry(
        question.kind,
        question.stem,
        tuple(json.loads(question.options)),
        key_of(question.kind, question.key),
        question.explanation,
        question.document,
        question.edition,
        question.article,
        question.certainty,
        question.difficulty,
        question.topic,
        question.tags,
    )


def key_of(kind: QuestionKind, told: str) -> Key:
    """The key as its JSON on record says it."""
    found = json.loads(told)
    if kind is QuestionKind.JUDGE:
        return bool(found)
    if kind is QuestionKind.BLANK:
        return tuple(tuple(str(text) for text in blank) for blank in found)
    return tuple(int(place) for place in found)


def add(db: Session, act: Act, bank: Bank, entry: Entry) -> Question:
    """A question entered by hand, a draft. Raises NotAllowed, StemTaken."""
    act.demand(act.rights.runs_study)
    db.execute(select(Bank.id).where(Bank.id == bank.id).with_for_update())
    known = _Known(_family(db, bank.id, [entry]))
    same = known.find(entry)
    if same is not None and same.id:
        raise StemTaken(db.get_one(Question, same.id).public_id)
    one = _Asked(None, entry, known.digest(entry), {field: getattr(entry, field) for field in FIELDS})
    question = Question(**_row(one, bank.id, act, ""))
    db.add(question)
    events.log(db, act, "question_entered", question)
    return question


def edit(db: Session, act: Act, question: Question, entry: Entry, seen: int) -> tuple[str, ...]:
    """Make the question say what the entry says, emptied fields too; returns the names of the changed fields.

    `seen` is the version the editor has read. Unless only difficulty, topic or tags change, it is a draft again.
    Raises NotAllowed, EditedMeanwhile, StemTaken.
    """
    act.demand(act.rights.runs_study)
    db.execute(select(Bank.id).where(Bank.id == question.bank_id).with_for_update())
    db.refresh(question)
    before = entry_of(question)
    filled = replace(
        entry,
        certainty=entry.certainty or Certainty.OPEN,
        difficulty=entry.difficulty or before.difficulty,
        topic=entry.topic or Topic.OTHER,
    )
    changes = {name: getattr(filled, name) for name in FIELDS if getattr(filled, name) != getattr(before, name)}
    if not changes:
        return ()  # pressed twice, or somebody else has said the same
    known = _Known(one for one in _family(db, question.bank_id, [filled]) if one.id != question.id)
    same = known.find(filled)
    if same is not None and same.id:
        raise StemTaken(db.get_one(Question, same.id).public_id)
    values = _columns(changes)
    if {"stem", "options"} & set(changes):
        values["digest"] = known.digest(filled)
    if set(changes) - SORTING:
        values |= _standing(act, "")
    _change(db, question, seen, values)
    events.log(db, act, "question_edited", question, fields=",".join(changes))
    return tuple(changes)


def review(db: Session, act: Act, question: Question, name: str, seen: int) -> None:
    """A draft is looked over by `name`, and right. Raises NotAllowed, EditedMeanwhile, QuestionMoved."""
    _move(db, act, question, QuestionState.REVIEWED, seen, name)


def publish(db: Session, act: Act, question: Question, seen: int, name: str = "") -> None:
    """A reviewed question goes out from now on; a draft too, if `name` has looked it over.

    Raises NotAllowed, EditedMeanwhile, QuestionMoved.
    """
    _move(db, act, question, QuestionState.LIVE, seen, name)


def retire(db: Session, act: Act, question: Question, seen: int) -> None:
    """The question goes out no more. Raises NotAllowed, EditedMeanwhile, QuestionMoved."""
    _move(db, act, question, QuestionState.RETIRED, seen)


def reopen(db: Session, act: Act, question: Question, seen: int) -> None:
    """A retired question is taken up again, as a draft. Raises NotAllowed, EditedMeanwhile, QuestionMoved."""
    _move(db, act, question, QuestionState.DRAFT, seen)


def retire_edition(db: Session, act: Act, document: str, edition: str) -> int:
    """Questions on an edition of a document that holds no more go out no more; returns how many. Raises NotAllowed."""
    act.demand(act.rights.runs_study)
    meant = and_(Question.document == document, Question.edition == edition, Question.state != QuestionState.RETIRED)
    ids = list(db.scalars(select(Question.id).where(meant).with_for_update()))
    touched(
        db,
        update(Question)
        .where(meant)
        .values(state=QuestionState.RETIRED, version=Question.version + 1)
        .execution_options(synchronize_session=False),
    )
    _note(db, act, "question_retired", {one: {} for one in ids})
    db.expire_all()
    return len(ids)


_FROM: Mapping[QuestionState, frozenset[QuestionState]] = {
    QuestionState.REVIEWED: frozenset({QuestionState.DRAFT}),
    QuestionState.LIVE: frozenset({QuestionState.DRAFT, QuestionState.REVIEWED}),
    QuestionState.RETIRED: frozenset({QuestionState.DRAFT, QuestionState.REVIEWED, QuestionState.LIVE}),
    QuestionState.DRAFT: frozenset({QuestionState.RETIRED}),
}


def _move(db: Session, act: Act, question: Question, state: QuestionState, seen: int, name: str = "") -> None:
    act.demand(act.rights.runs_study)
    db.refresh(question)
    if question.state is state:
        return  # pressed twice
    name = " ".join(name.split())[:LONGEST_REVIEWER]
    unseen = state in (QuestionState.REVIEWED, QuestionState.LIVE) and not (name or question.reviewed_by)
    if question.state not in _FROM[state] or unseen:
        raise QuestionMoved(question.state)
    values: dict[str, object] = {"state": state}
    if state is QuestionState.DRAFT:
        values |= {"reviewed_by": "", "reviewed_at": None}
    elif name and state is not QuestionState.RETIRED:
        values |= {"reviewed_by": name, "reviewed_at": act.now}
    _change(db, question, seen, values)
    told = {"name": question.reviewed_by} if state in (QuestionState.REVIEWED, QuestionState.LIVE) else {}
    events.log(db, act, f"question_{state.value}", question, **told)


def _change(db: Session, question: Question, seen: int, values: Mapping[str, object]) -> None:
    """Write the values unless the question is no longer as it was seen. Raises EditedMeanwhile."""
    done = touched(
        db,
        update(Question)
        .where(Question.id == question.id, Question.version == seen)
        .values(**values, version=seen + 1)
        .execution_options(synchronize_session=False),
    )
    db.refresh(question)
    if not done:
        last = next(iter(events.of(db, question, 1)), None)
        who = last[0].by.name if last and last[0].by else ""
        raise EditedMeanwhile(who, last[0].at if last else None)


# --- known again --------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Asked:
    """A question as far as rows are compared with it; without an id a row of this chunk adds it.

    `values` are the fields to write, `names` those that changed.
    """

    id: int | None
    entry: Entry
    digest: str
    values: dict[str, object]
    state: QuestionState | None = None
    names: tuple[str, ...] = ()


class _Known:
    """Questions of one bank, found by a row that means them."""

    def __init__(self, questions: Iterable[_Asked]) -> None:
        self._of_stem: defaultdict[str, list[_Asked]] = defaultdict(list)
        for one in questions:
            self.enter(one)

    def enter(self, one: _Asked) -> None:
        self._of_stem[one.digest[: -len(_OPEN)]].append(one)

    def find(self, entry: Entry) -> _Asked | None:
        """The question meant: best one with the very same options, else one with most of them."""
        family = self._of_stem.get(_stem_digest(entry.stem), [])
        exact = [one for one in family if _options(one.entry) == _options(entry) and _same(entry, one.entry)]
        return next((one for one in (*exact, *family) if _same(entry, one.entry)), None)

    def digest(self, entry: Entry) -> str:
        """The digest of a new question: of its stem, and of its options too where the stem is there already."""
        stem = _stem_digest(entry.stem)
        if any(one.digest == stem + _OPEN for one in self._of_stem.get(stem, ())):
            return _full_digest(entry)
        return stem + _OPEN


@dataclass(slots=True)
class _Plan:
    """What a chunk comes to: new questions, changed ones, and the fate of each row."""

    new: list[_Asked]
    changed: list[_Asked]
    judged: list[Judged]


def _plan(db: Session, bank_id: int | None, entries: Sequence[Entry], reviewed_by: str) -> _Plan:
    known = _Known(_family(db, bank_id, entries) if bank_id is not None else ())
    plan = _Plan([], [], [])
    for entry in entries:
        given: dict[str, object] = {
            field: value for field in FIELDS if (value := getattr(entry, field)) is not None and value != ""
        }
        given |= {"options": entry.options, "key": entry.key}
        there = known.find(entry)
        if there is None:
            one = _Asked(None, entry, known.digest(entry), given)
            known.enter(one)
            plan.new.append(one)
            plan.judged.append(Judged(Fate.IMPORTED))
            continue
        names = tuple(field for field, value in given.items() if getattr(there.entry, field) != value)
        waiting = reviewed_by and there.state in (QuestionState.DRAFT, QuestionState.REVIEWED)
        if not names and not waiting:
            plan.judged.append(Judged(Fate.DUPLICATE))
            continue
        changes = {field: given[field] for field in names}
        there.entry = replace(there.entry, **changes)  # type: ignore[arg-type] # fields of Entry by name
        there.values |= changes
        if there.id is not None:
            there.names = tuple(dict.fromkeys((*there.names, *names, *(() if names else ("state",)))))
            there.state = QuestionState.LIVE if reviewed_by else QuestionState.DRAFT
            if there not in plan.changed:
                plan.changed.append(there)
        plan.judged.append(Judged(Fate.UPDATED, names))
    return plan


def _family(db: Session, bank_id: int, entries: Sequence[Entry]) -> list[_Asked]:
    """The bank's questions that these rows could mean.

    A row's own two digests find nearly all; where its stem is there with other options, all of that stem are looked at.
    """
    wanted = {_stem_digest(entry.stem) + _OPEN for entry in entries} | {_full_digest(entry) for entry in entries}
    found = _kept(db, bank_id, Question.digest.in_(sorted(wanted)))
    known = _Known(found)
    open_ = {one.digest[: -len(_OPEN)] for one in found if one.digest.endswith(_OPEN)}
    unclear = {stem for entry in entries if (stem := _stem_digest(entry.stem)) in open_ and known.find(entry) is None}
    if not unclear:
        return found
    seen = {one.id for one in found}
    ranges = (Question.digest.between(stem + _OPEN, stem + "f" * len(_OPEN)) for stem in sorted(unclear))
    return found + [one for one in _kept(db, bank_id, or_(*ranges), 2 * SIBLINGS) if one.id not in seen]


def _kept(db: Session, bank_id: int, which: ColumnElement[bool], most: int | None = None) -> list[_Asked]:
    columns = (Question.id, Question.digest, Question.state, *(getattr(Question, field) for field in FIELDS))
    found = []
    for row in db.execute(select(*columns).where(Question.bank_id == bank_id, which).limit(most)).mappings():
        told = {field: row[field] for field in FIELDS}
        told |= {"options": tuple(json.loads(row["options"])), "key": key_of(row["kind"], row["key"])}
        found.append(_Asked(row["id"], Entry(**told), row["digest"], {}, row["state"]))
    return found


@lru_cache(1_000)
def _stem_digest(stem: str) -> str:
    return hashlib.blake2b(bare(stem).encode(), digest_size=10).hexdigest()


def _full_digest(entry: Entry) -> str:
    told = "\n".join(("" if entry.options else entry.kind.value, *sorted(_options(entry))))
    return _stem_digest(entry.stem) + hashlib.blake2b(told.encode(), digest_size=6).hexdigest()


def _options(entry: Entry) -> frozenset[str]:
    return frozenset("".join(one.split()) for one in entry.options)


def _same(one: Entry, other: Entry) -> bool:
    """Whether two entries of one stem are one question: no options in either, or half of them in both."""
    if not one.options or not other.options:
        return not one.options and not other.options and one.kind is other.kind
    mine, theirs = _options(one), _options(other)
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs))


def _right(entry: Entry) -> object:
    """What the key says, whatever the order of the options."""
    if isinstance(entry.key, bool):
        return entry.key
    if entry.kind is QuestionKind.BLANK:
        return Counter(frozenset(blank) for blank in entry.key if isinstance(blank, tuple))
    return frozenset("".join(entry.options[place].split()) for place in entry.key if isinstance(place, int))


# --- rows and columns -----------------------------------------------------------------------------------------------


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    """Values of an entry as columns of the table."""
    return {
        field: json.dumps(value, ensure_ascii=False) if field in ("options", "key") else value
        for field, value in values.items()
    }


def _row(one: _Asked, bank_id: int, act: Act, reviewed_by: str) -> dict[str, object]:
    blank = {
        "explanation": "", "document": "", "edition": "", "article": "", "certainty": Certainty.OPEN, "difficulty": 3,
        "topic": Topic.OTHER, "tags": "",
    }  # fmt: skip
    told = {field: value for field, value in _columns(one.values).items() if value is not None}
    return {
        **blank,
        **told,
        **_standing(act, reviewed_by),
        "bank_id": bank_id,
        "digest": one.digest,
        "made_at": act.now,
    }


def _standing(act: Act, reviewed_by: str) -> dict[str, object]:
    """The state of what has just been taken in."""
    name = " ".join(reviewed_by.split())[:LONGEST_REVIEWER]
    return {
        "state": QuestionState.LIVE if name else QuestionState.DRAFT,
        "reviewed_by": name,
        "reviewed_at": act.now if name else None,
    }


def _wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a question must fulfil to be wanted."""
    asked: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (Question.bank_id, wanted.bank_id),
            (Question.state, wanted.state),
            (Question.kind, wanted.kind),
            (Question.topic, wanted.topic),
        )
        if value is not None
    ]
    if text := wanted.text.strip():
        asked.append(Question.stem.contains(text, autoescape=True))
    return asked


def _note(db: Session, act: Act, verb: str, told: Mapping[int, Mapping[str, str]]) -> None:
    """The events of several questions in one statement."""
    if told:
        by_id = act.by.id if act.by else None
        shared = {"at": act.now, "by_id": by_id, "verb": verb, "subject": "question"}
        db.execute(
            insert(Event),
            [{**shared, "subject_id": one, "facts": json.dumps(facts)} for one, facts in told.items()],
        )
