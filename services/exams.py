"""测验: papers by blueprint, sittings fixed at their start and timed by the signed time of each answer.

Taking part is voluntary, and what came of it is for the member and whoever runs study; no other page, list, figure or
appraisal reads these tables. All progress is in SQL: another phone goes on where the first stopped.
"""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from models.exam import Paper, PaperState, Sitting, SittingAnswer
from models.member import Member
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from services import answers, events
from services.answers import Given
from services.errors import (
    BankLacks,
    EditedMeanwhile,
    Lack,
    NoSuchPaper,
    NoTriesLeft,
    OutOfOrder,
    PaperNotOpen,
    PassedAlready,
    SittingOver,
    WaitToRetake,
)
from services.rights import Act
from services.rows import in_turn, touched

MOST_QUESTIONS = 100  # of one paper
GRACE = timedelta(minutes=2)  # an answer sent in time may come so much later: a delivery is tried thrice in 15 s
_DRAW = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a blueprint: so many questions of that topic, kind and difficulty (1 to 5); None is any."""

    count: int
    topic: Topic | None = None
    kind: QuestionKind | None = None
    difficulty: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a paper says; `bank` None is all banks, `wait` what lies between two sittings."""

    title: str
    rows: Sequence[Row]
    minutes: int
    pass_mark: int
    opens_at: datetime
    closes_at: datetime
    bank: Bank | None = None
    tries: int = 2
    wait_hours: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """An answer with the signed time of its message, and the message's key."""

    given: Given
    at: datetime
    message: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a sitting: questions right of asked, and the same by topic."""

    sitting: Sitting
    right: int
    of: int
    topics: Sequence[tuple[Topic, int, int]]

    @property
    def passed(self) -> bool:
        """Whether the pass mark was reached."""
        return self.sitting.score is not None and self.sitting.score >= self.sitting.paper.pass_mark


# --- papers ----------------------------------------------------------------------------------------------------


def make(db: Session, act: Act, asked: Asked) -> Paper:
    """A new paper, a draft; the very same again is the one there is. Raises NotAllowed, OutOfOrder."""
    act.demand(_runs(act))
    _check(asked)
    in_turn(db)
    values = _values(asked)
    twin = db.scalar(select(Paper).filter_by(**values, state=PaperState.DRAFT).limit(1))
    if twin is not None:
        return twin
    made = Paper(**values)
    db.add(made)
    events.log(db, act, "paper_made", made, title=asked.title)
    return made


def edit(db: Session, act: Act, paper: Paper, asked: Asked, seen: int) -> None:
    """Change a draft that was seen at version `seen`. Raises NotAllowed, OutOfOrder, PaperNotOpen, EditedMeanwhile."""
    act.demand(_runs(act))
    _check(asked)
    if paper.state is not PaperState.DRAFT:
        raise PaperNotOpen(paper.title)
    same = update(Paper).where(Paper.id == paper.id, Paper.version == seen, Paper.state == PaperState.DRAFT)
    changed = touched(db, same.values(version=seen + 1, **_values(asked)))
    db.refresh(paper)
    if not changed:
        last = next(iter(events.of(db, paper, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
    events.log(db, act, "paper_edited", paper, title=asked.title)


def open_(db: Session, act: Act, paper: Paper, states: Iterable[QuestionState] = (QuestionState.LIVE,)) -> None:
    """Let members sit it from its day on; opening what is open changes nothing.

    Raises NotAllowed, PaperNotOpen once it is closed, BankLacks with the rows that cannot be filled.
    """
    act.demand(_runs(act))
    if paper.state is PaperState.OPEN:
        return
    lacks = lacking(db, paper.bank, blueprint(paper), states)
    if lacks:
        raise BankLacks(tuple(lacks))
    draft = update(Paper).where(Paper.id == paper.id, Paper.state == PaperState.DRAFT)
    changed = touched(db, draft.values(state=PaperState.OPEN))
    db.refresh(paper)
    if not changed:
        _demand_open(paper)
        return
    events.log(db, act, "paper_opened", paper)


def close(db: Session, act: Act, paper: Paper) -> None:
    """Nobody begins it any more; who sits it now goes on to the end of the own time. Raises NotAllowed."""
    act.demand(_runs(act))
    alive = update(Paper).where(Paper.id == paper.id, Paper.state != PaperState.CLOSED)
    if touched(db, alive.values(state=PaperState.CLOSED)):
        events.log(db, act, "paper_closed", paper)
    db.refresh(paper)


def find(db: Session, public_id: str) -> Paper:
    """The paper of that public id. Raises NoSuchPaper."""
    paper = db.scalar(select(Paper).where(Paper.public_id == public_id).options(joinedload(Paper.bank)))
    if paper is None:
        raise NoSuchPaper
    return paper


def papers(db: Session, act: Act) -> list[Paper]:
    """All papers, the newest first. Raises NotAllowed."""
    act.demand(_runs(act))
    return list(db.scalars(select(Paper).order_by(Paper.id.desc())))


def on_offer(db: Session, now: datetime) -> list[Paper]:
    """What members may sit now, the one that ends first first."""
    open_now = select(Paper).where(Paper.state == PaperState.OPEN, Paper.opens_at <= now, Paper.closes_at > now)
    return list(db.scalars(open_now.order_by(Paper.closes_at, Paper.id)))


def blueprint(paper: Paper) -> list[Row]:
    """The paper's rows."""
    return [
        Row(
            one["count"],
            Topic(one["topic"]) if one.get("topic") else None,
            QuestionKind(one["kind"]) if one.get("kind") else None,
            one.get("difficulty"),
        )
        for one in json.loads(paper.blueprint)
    ]


def length(paper: Paper) -> int:
    """How many questions it asks."""
    return sum(row.count for row in blueprint(paper))


def stock(
    db: Session, bank: Bank | None, rows: Sequence[Row], states: Iterable[QuestionState] = (QuestionState.LIVE,)
) -> list[int]:
    """How many questions the bank (None: all) has for each row."""
    states = tuple(states)
    return [db.scalar(select(func.count()).where(*_fits(bank, row, states))) or 0 for row in rows]


def lacking(
    db: Session, bank: Bank | None, rows: Sequence[Row], states: Iterable[QuestionState] = (QuestionState.LIVE,)
) -> list[Lack]:
    """The rows that cannot be filled, none twice being asked; [] when the bank has enough."""
    states = tuple(states)
    drawn = _drawn(db, bank, rows, states)
    there = stock(db, bank, rows, states)
    return [
        Lack(row.count, row.topic, row.kind, row.difficulty, has, row.count - len(mine))
        for row, has, mine in zip(rows, there, drawn, strict=True)
        if len(mine) < row.count
    ]


# --- sittings --------------------------------------------------------------------------------------------------


def start(
    db: Session,
    member: Member,
    paper: Paper,
    now: datetime,
    states: Iterable[QuestionState] = (QuestionState.LIVE,),
) -> Sitting:
    """Begin a sitting: its questions are drawn once, its end is fixed. One under way is the one there is.

    Raises PaperNotOpen, PassedAlready, NoTriesLeft, WaitToRetake, BankLacks.
    """
    settle(db, now, member)
    mine = of(db, member, paper)  # read once: what another phone begins meanwhile, the key stops
    running = next((one for one in mine if one.handed_in_at is None), None)
    if running is not None:
        return running
    number = _number(paper, mine, now)
    rows = blueprint(paper)
    drawn = [one for mine in _drawn(db, paper.bank, rows, tuple(states)) for one in mine]
    if len(drawn) < length(paper):
        raise BankLacks(tuple(lacking(db, paper.bank, rows, states)))
    ends = min(now + timedelta(minutes=paper.minutes), paper.closes_at)
    made = Sitting(
        paper_id=paper.id,
        member_id=member.id,
        number=number,
        questions=json.dumps(drawn),
        started_at=now,
        ends_at=ends,
    )
    db.add(made)
    db.flush()
    return made


def check(db: Session, member: Member, paper: Paper, now: datetime) -> int:
    """Whether the member may begin now; returns the number of the go, from 1.

    Raises PaperNotOpen, PassedAlready, NoTriesLeft, WaitToRetake.
    """
    return _number(paper, of(db, member, paper), now)


def of(db: Session, member: Member, paper: Paper | None = None) -> list[Sitting]:
    """The member's sittings (of that paper), oldest first."""
    mine = select(Sitting).where(Sitting.member_id == member.id).options(joinedload(Sitting.paper))
    if paper is not None:
        mine = mine.where(Sitting.paper_id == paper.id)
    return list(db.scalars(mine.order_by(Sitting.started_at, Sitting.id)))


def under_way(db: Session, member: Member, now: datetime) -> Sitting | None:
    """The sitting the member can go on with: not handed in, its time not over."""
    mine = (
        select(Sitting)
        .where(Sitting.member_id == member.id, Sitting.handed_in_at.is_(None), Sitting.ends_at >= now)
        .options(joinedload(Sitting.paper))
    )
    return db.scalar(mine.order_by(Sitting.ends_at, Sitting.id).limit(1))


def past(db: Session, member: Member, said_at: datetime) -> Sitting | None:
    """A sitting of the member's whose time is over and which nobody has handed in yet."""
    mine = (
        select(Sitting)
        .where(Sitting.member_id == member.id, Sitting.handed_in_at.is_(None), Sitting.ends_at < said_at)
        .options(joinedload(Sitting.paper))
    )
    return db.scalar(mine.order_by(Sitting.id).limit(1))


def left(db: Session, member: Member, paper: Paper, now: datetime) -> tuple[int, datetime | None]:
    """How often the member may sit the paper again, and from when (None: at once); 0 when it is over."""
    taken = len(of(db, member, paper))
    try:
        check(db, member, paper, now)
    except WaitToRetake as wait:
        return (paper.tries - taken, wait.until) if wait.until < paper.closes_at else (0, None)
    except (PaperNotOpen, PassedAlready, NoTriesLeft):
        return 0, None
    return paper.tries - taken, None


def own(db: Session, member: Member, public_id: str) -> Sitting | None:
    """The member's own sitting of that public id; somebody else's is as good as none."""
    mine = select(Sitting).where(Sitting.public_id == public_id, Sitting.member_id == member.id)
    return db.scalar(mine.options(joinedload(Sitting.paper)))


def questions(sitting: Sitting) -> list[int]:
    """The ids drawn, in the order in which they are asked."""
    return [int(one) for one in json.loads(sitting.questions)]


def unanswered(db: Session, sitting: Sitting) -> list[int]:
    """What has no answer yet, in order; another phone may have answered some."""
    done = set(db.scalars(select(SittingAnswer.question_id).where(SittingAnswer.sitting_id == sitting.id)))
    return [one for one in questions(sitting) if one not in done]


def answer(db: Session, sitting: Sitting, question: Question, said: Said) -> bool:
    """Keep an answer; False when the question had one (the first stands) or the message has been counted.

    Raises SittingOver when it was said after the end, or everything is handed in.
    """
    _lock(db, sitting)
    if over(sitting, said.at):
        raise SittingOver(sitting.paper.title)
    kept = SittingAnswer(
        sitting_id=sitting.id,
        question_id=question.id,
        given=said.given.dump(),
        right=answers.judge(answers.asked(question), said.given),
        at=said.at,
        message=said.message,
    )
    try:
        with db.begin_nested():
            db.add(kept)
    except IntegrityError:
        return False
    return True


def over(sitting: Sitting, said_at: datetime) -> bool:
    """Whether what was said at that signed time comes too late."""
    return sitting.handed_in_at is not None or said_at > sitting.ends_at


def hand_in(db: Session, sitting: Sitting, now: datetime) -> None:
    """End it and fix the score: percent right of all questions, rounded down; a second time changes nothing."""
    _lock(db, sitting)
    right = db.scalar(select(func.count()).where(SittingAnswer.sitting_id == sitting.id, SittingAnswer.right.is_(True)))
    score = 100 * (right or 0) // max(1, len(questions(sitting)))
    open_ = update(Sitting).where(Sitting.id == sitting.id, Sitting.handed_in_at.is_(None))
    touched(db, open_.values(handed_in_at=min(now, sitting.ends_at), score=score))
    db.refresh(sitting)


def settle(db: Session, now: datetime, member: Member | None = None, grace: timedelta = timedelta(0)) -> int:
    """Hand in what is past its time (the member's, or everybody's after a grace); returns how many."""
    late = select(Sitting).where(Sitting.handed_in_at.is_(None), Sitting.ends_at < now - grace)
    if member is not None:
        late = late.where(Sitting.member_id == member.id)
    found = list(db.scalars(late.order_by(Sitting.id).limit(200)))
    for one in found:
        hand_in(db, one, now)
    return len(found)


# --- results ---------------------------------------------------------------------------------------------------


def result(db: Session, act: Act, sitting: Sitting) -> Result:
    """What came of it: for the member and for whoever runs study. Raises NotAllowed."""
    himself = act.by is not None and act.by.id == sitting.member_id
    act.demand(himself or _runs(act))
    return _results(db, [sitting])[0]


def results(db: Session, act: Act, paper: Paper) -> list[Result]:
    """Everybody's last finished sitting, in roster order, which is no order of merit. Raises NotAllowed."""
    act.demand(_runs(act))
    done = select(Sitting).where(Sitting.paper_id == paper.id, Sitting.handed_in_at.is_not(None))
    last = {one.member_id: one for one in db.scalars(done.order_by(Sitting.number).options(joinedload(Sitting.member)))}
    return _results(db, [last[one] for one in sorted(last)])


def sitting(db: Session, act: Act, public_id: str) -> Sitting:
    """The sitting of that public id, for the member and for whoever runs study. Raises NoSuchPaper, NotAllowed."""
    found = db.scalar(select(Sitting).where(Sitting.public_id == public_id).options(joinedload(Sitting.paper)))
    himself = found is not None and act.by is not None and act.by.id == found.member_id
    act.demand(himself or _runs(act))
    if found is None:
        raise NoSuchPaper
    return found


def _results(db: Session, sittings: Sequence[Sitting]) -> list[Result]:
    asked = {one.id: questions(one) for one in sittings}
    wanted = {question for mine in asked.values() for question in mine}
    about = select(Question.id, Question.topic).where(Question.id.in_(wanted))
    topics = {row.id: row.topic for row in db.execute(about)}
    right: dict[int, set[int]] = {}
    hits = select(SittingAnswer.sitting_id, SittingAnswer.question_id).where(
        SittingAnswer.sitting_id.in_(asked), SittingAnswer.right.is_(True)
    )
    for which, question in db.execute(hits):
        right.setdefault(which, set()).add(question)
    return [
        Result(
            one,
            len(right.get(one.id, ())),
            len(asked[one.id]),
            [
                (topic, sum(1 for question in mine if question in right.get(one.id, ())), len(mine))
                for topic in Topic
                if (mine := [question for question in asked[one.id] if topics.get(question) is topic])
            ],
        )
        for one in sittings
    ]


# --- parts -----------------------------------------------------------------------------------------------------


def _lock(db: Session, sitting: Sitting) -> None:
    """Answers and the handing in of one sitting take turns, so that the score knows every answer that was kept."""
    db.execute(select(Sitting.id).where(Sitting.id == sitting.id).with_for_update())
    db.refresh(sitting)


def _runs(act: Act) -> bool:
    return act.rights.runs_study


def _number(paper: Paper, past: Sequence[Sitting], now: datetime) -> int:
    if paper.state is not PaperState.OPEN or not paper.opens_at <= now < paper.closes_at:
        raise PaperNotOpen(paper.title)
    if any(one.score is not None and one.score >= paper.pass_mark for one in past):
        raise PassedAlready(paper.title)
    if len(past) >= paper.tries:
        raise NoTriesLeft(paper.title, paper.tries)
    if past:
        last = past[-1]
        until = (last.handed_in_at or last.ends_at) + timedelta(hours=paper.wait_hours)
        if now < until:
            raise WaitToRetake(paper.title, until)
    return len(past) + 1


def _demand_open(paper: Paper) -> None:
    """What could not be opened must be open: somebody else was faster by a moment. Raises PaperNotOpen."""
    if paper.state is not PaperState.OPEN:
        raise PaperNotOpen(paper.title)


def _check(asked: Asked) -> None:
    if asked.closes_at <= asked.opens_at:
        raise OutOfOrder


def _values(asked: Asked) -> dict[str, object]:
    rows = [
        {
            "count": row.count,
            "topic": row.topic.value if row.topic else None,
            "kind": row.kind.value if row.kind else None,
            "difficulty": row.difficulty,
        }
        for row in asked.rows
    ]
    return {
        "title": asked.title,
        "bank_id": asked.bank.id if asked.bank else None,
        "blueprint": json.dumps(rows),
        "minutes": asked.minutes,
        "pass_mark": asked.pass_mark,
        "tries": asked.tries,
        "wait_hours": asked.wait_hours,
        "opens_at": asked.opens_at,
        "closes_at": asked.closes_at,
    }


def _fits(bank: Bank | None, row: Row, states: Sequence[QuestionState]) -> list[ColumnElement[bool]]:
    return [
        Question.state.in_(states),
        Question.bank_id == bank.id if bank else true(),
        Question.topic == row.topic if row.topic else true(),
        Question.kind == row.kind if row.kind else true(),
        Question.difficulty == row.difficulty if row.difficulty else true(),
    ]


def _drawn(db: Session, bank: Bank | None, rows: Sequence[Row], states: Sequence[QuestionState]) -> list[list[int]]:
    """As many different questions for each row as can be had, drawn by chance.

    Rows may overlap (any topic, beside one topic), so a question is given up to another row where that helps: a
    matching by augmenting paths. A row that has as many candidates as the whole paper asks is never short, so no
    more than that are looked at.
    """
    whole = sum(row.count for row in rows)
    candidates = []
    for row in rows:
        ids = list(db.scalars(select(Question.id).where(*_fits(bank, row, states))))
        candidates.append(_DRAW.sample(ids, min(len(ids), whole)))
    holder: dict[int, int] = {}  # question -> row

    def place(row: int, tried: set[int]) -> bool:
        free = next((one for one in candidates[row] if one not in holder), None)
        if free is not None:
            holder[free] = row
            return True
        tried.add(row)
        for question in candidates[row]:
            if holder[question] not in tried and place(holder[question], tried):
                holder[question] = row
                return True
        return False

    for number, wanted in enumerate(rows):
        for _ in range(wanted.count):
            if not place(number, set()):
                break
    return [[one for one in ids if holder.get(one) == number] for number, ids in enumerate(candidates)]
