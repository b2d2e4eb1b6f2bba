"""Practice (答题, 错题, 专题) and the study path (导学): what comes next, and each answer kept at once.

What comes next is found without looking at what has been seen: due cards by their index, new questions behind the
place up to which a member has come in a lane (`Progress`), and of what lies before that place a few at a time, for
questions that have gone live since. A step of the path, a topic: each is a lane, or two where drafts go out as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, and_, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from models.base import UtcDateTime
from models.member import Member
from models.question import Question, QuestionState, Topic
from models.study import Answer, Card, Outcome, PathStep, Progress, Purpose, Reading, TopicTally
from services import answers, cards
from services.answers import Given
from services.calendar import today
from services.cards import Memory
from services.rows import touched

LOOK = 100  # questions looked at in one statement
MOST_LOOKS = 30  # such statements for one lane in one turn
DUE_LOOK = 60  # due cards looked at
STEPS = 6  # steps of the path, the last that have been reached, whose questions are offered
MASTERED = 2  # right answers in a row, each on another day, until a wrong one leaves 错题
LAST = 2**31 - 1  # no question has a greater id
PUT_OFF = timedelta(days=30)  # a due card whose question does not go out now


@dataclass(frozen=True, slots=True)
class Rules:
    """How many a day, which states go out (the best first), the chance of recall aimed at, the branch's wall clock."""

    daily: int
    states: tuple[QuestionState, ...]
    retention: float
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Lane:
    """What is practised: today's, the wrong ones answered before `since`, or a topic; without those skipped."""

    purpose: Purpose
    topic: Topic | None = None
    since: datetime | None = None
    skipped: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: what was given and when, seconds it took (None: they say nothing), the message that brought it."""

    given: Given
    at: datetime
    took: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of an answer."""

    outcome: Outcome
    mastered: bool = False  # it has just left 错题


@dataclass(frozen=True, slots=True)
class Place:
    """Which question of the day comes now, of how many; more than those when somebody goes on."""

    number: int
    of: int


# Built once: the making of a statement costs more than its running, and a question is due in five milliseconds.
_MEMBER = bindparam("member", type_=Integer)
_STATES = Question.state.in_(bindparam("states", expanding=True))
_NOT_SKIPPED = Question.public_id.not_in(bindparam("skipped", expanding=True))
_FIRST_DUE = (
    select(Card.question_id, Card.due)
    .where(Card.member_id == _MEMBER, Card.due <= bindparam("now", type_=UtcDateTime))
    .order_by(Card.due)
    .limit(DUE_LOOK)
    .subquery()
)
_DUE = (
    select(Question)
    .join(_FIRST_DUE, _FIRST_DUE.c.question_id == Question.id)
    .where(_STATES, _NOT_SKIPPED)
    .order_by(_FIRST_DUE.c.due, _FIRST_DUE.c.question_id)
    .limit(1)
)
_DUE_OF_TOPIC = _DUE.where(Question.topic == bindparam("topic"))
_STUCK = select(Question.id).join(_FIRST_DUE, _FIRST_DUE.c.question_id == Question.id).where(~_STATES)
_FIRST_WRONG = (
    select(Card.question_id, Card.answered_at)
    .where(Card.member_id == _MEMBER, Card.wrong, Card.answered_at < bindparam("since", type_=UtcDateTime))
    .order_by(Card.answered_at)
    .limit(DUE_LOOK)
    .subquery()
)
_WRONG = (
    select(Question)
    .join(_FIRST_WRONG, _FIRST_WRONG.c.question_id == Question.id)
    .where(_STATES, _NOT_SKIPPED)
    .order_by(_FIRST_WRONG.c.answered_at, _FIRST_WRONG.c.question_id)
    .limit(1)
)
_LAST_TODAY = (
    select(Answer.days)
    .where(Answer.member_id == _MEMBER, Answer.purpose == Purpose.TODAY)
    .order_by(Answer.at.desc(), Answer.id.desc())
    .limit(1)
)
_PROGRESS = select(Progress.lane, Progress.question_id).where(Progress.member_id == _MEMBER)
_TALLIES = select(TopicTally.topic, TopicTally.asked, TopicTally.right).where(TopicTally.member_id == _MEMBER)
_READ = select(Reading.step_id).where(Reading.member_id == _MEMBER)
_STEPS = (
    select(PathStep)
    .where(PathStep.closed_at.is_(None), PathStep.starts.is_(None) | (PathStep.starts <= bindparam("day")))
    .order_by(PathStep.place)
)


@lru_cache
def _look_at(*, topic: bool, bank: bool) -> Select[int | None, int | None, int]:
    """The next few of a track: the first one without a card, the last one, their number."""
    few = select(Question.id, Question.public_id).where(
        Question.state == bindparam("state"), Question.id > bindparam("behind"), Question.id <= bindparam("upto")
    )
    if topic:
        few = few.where(Question.topic == bindparam("topic"))
    if bank:
        few = few.where(Question.bank_id == bindparam("bank"))
    next_few = few.order_by(Question.id).limit(LOOK).subquery()
    card = and_(Card.member_id == _MEMBER, Card.question_id == next_few.c.id)
    skipped = next_few.c.public_id.in_(bindparam("skipped", expanding=True))
    first = func.min(case((and_(Card.question_id.is_(None), ~skipped), next_few.c.id)))
    return select(first, func.max(next_few.c.id), func.count()).select_from(next_few.outerjoin(Card, card))


def find(db: Session, public_id: str) -> Question | None:
    """The question of that public id."""
    return db.scalar(select(Question).where(Question.public_id == public_id))


def next_question(db: Session, member: Member, lane: Lane, now: datetime, rules: Rules) -> Question | None:
    """What the member is asked next; None where there is nothing (more)."""
    asking = _Asking(db, member, lane, now, rules)
    match lane.purpose:
        case Purpose.WRONG:
            return asking.wrong()
        case Purpose.TOPIC:
            return asking.due() or asking.new()
        case Purpose.TODAY:
            repeats = cards.repeats_next(**_last_time(db, member))
            return (asking.due() or asking.new()) if repeats else (asking.new() or asking.due())


def place(db: Session, member: Member, now: datetime, rules: Rules) -> Place:
    """Which of today's questions is the next."""
    begun = datetime.combine(today(now, rules.zone), time(), rules.zone)
    mine = and_(Answer.member_id == member.id, Answer.at >= begun, Answer.purpose == Purpose.TODAY)
    done = db.scalar(select(func.count()).select_from(Answer).where(mine)) or 0
    return Place(done + 1, rules.daily)


def keep(db: Session, member: Member, question: Question, lane: Lane, reply: Reply, rules: Rules) -> Kept:
    """Keep the answer, the memory it leaves and the member's way through the bank.

    The message's key is unique: the same one a second time breaks the transaction, and its first reply is found.
    """
    outcome = _outcome(question, reply.given)
    day = today(reply.at, rules.zone)
    card = db.get(Card, (member.id, question.id))
    before = _memory(card, rules.zone) if card else None
    memory = cards.after(before, cards.rate(question.kind, outcome, reply.took), day, rules.retention)
    db.add(
        Answer(
            member_id=member.id,
            question_id=question.id,
            purpose=lane.purpose,
            outcome=outcome,
            at=reply.at,
            took=reply.took,
            days=(day - before.last).days if before else None,
            expected=cards.recall(before, day, rules.retention) if before else None,
            message=reply.message,
        )
    )
    if card is None:
        card = Card(member_id=member.id, question_id=question.id, times=0, lapses=0, right_in_row=0, wrong=False)
        db.add(card)
    was_wrong = card.wrong
    _settle(card, memory, outcome, before.last if before else None)
    card.due, card.answered_at = datetime.combine(memory.due, time(), rules.zone), reply.at
    _count(db, member, question.topic, outcome)
    db.flush()
    _Asking(db, member, replace(lane, skipped=()), reply.at, rules).move_on()
    return Kept(outcome, mastered=was_wrong and not card.wrong)


def last_asked(db: Session, member: Member) -> tuple[Question, Answer] | None:
    """What the member answered last."""
    mine = select(Question, Answer).join(Answer, Answer.question_id == Question.id)
    row = db.execute(mine.where(Answer.member_id == member.id).order_by(Answer.at.desc(), Answer.id.desc()).limit(1))
    found = row.first()
    return (found[0], found[1]) if found else None


def wrong_ones(db: Session, member: Member) -> int:
    """How many stand among the member's 错题."""
    mine = select(func.count()).select_from(Card).where(Card.member_id == member.id, Card.wrong)
    return db.scalar(mine) or 0


def topics(db: Session, rules: Rules) -> list[Topic]:
    """The topics there is a question of, in the order of their codes."""
    return [topic for topic in Topic if any(db.scalar(_one_of(state, topic)) for state in rules.states)]


def steps(db: Session, day: date) -> list[PathStep]:
    """The steps of the path that have begun, in order."""
    return list(db.scalars(_STEPS, {"day": day}))


def to_read(db: Session, member: Member, day: date) -> tuple[int, list[PathStep]]:
    """The place of the first step the member has not read, and all steps; the place is past the end after the last."""
    path = steps(db, day)
    read = set(db.scalars(_READ, {"member": member.id})) if path else set()
    return next((number for number, step in enumerate(path) if step.id not in read), len(path)), path


def read(db: Session, member: Member, step: PathStep, now: datetime) -> None:
    """The member has read what the step asks for; a second time changes nothing."""
    there = select(Reading.id).where(Reading.member_id == member.id, Reading.step_id == step.id)
    if db.scalar(there) is None:
        db.add(Reading(member_id=member.id, step_id=step.id, at=now))
        db.flush()


@dataclass(frozen=True, slots=True)
class _Track:
    """Where new questions stand in a row: those of a topic, of a bank, or of both, in one state."""

    name: str
    state: QuestionState
    topic: Topic | None = None
    bank_id: int | None = None


@dataclass
class _Asking:
    """One look for the next question of one member."""

    db: Session
    member: Member
    lane: Lane
    now: datetime
    rules: Rules
    _come: dict[str, int] | None = field(default=None, init=False)
    _moved: dict[str, int] = field(default_factory=dict, init=False)

    # What has been seen before

    def due(self) -> Question | None:
        """The card that has been due the longest."""
        facts = {"member": self.member.id, "now": self.now, **self._goes_out()}
        if self.lane.topic is None:
            return self.db.scalar(_DUE, facts)
        return self.db.scalar(_DUE_OF_TOPIC, {**facts, "topic": self.lane.topic})

    def wrong(self) -> Question | None:
        """The wrong one not asked for the longest time, each once since this round began."""
        since = self.lane.since or self.now
        return self.db.scalar(_WRONG, {"member": self.member.id, "since": since, **self._goes_out()})

    def _goes_out(self) -> dict[str, object]:
        return {"states": self.rules.states, "skipped": list(self.lane.skipped)}

    # What is new

    def new(self) -> Question | None:
        """The first question never asked: of the path, then of the weak topics, then of any."""
        for track in self._tracks():
            found = self._look_along(track)
            if found is not None:
                return self.db.get_one(Question, found)
        return None

    def move_on(self) -> None:
        """Keep how far the member has come, past what has been asked; put off what is due and does not go out."""
        if self.lane.purpose is not Purpose.WRONG:
            self.new()
        was = dict(self._come or {})
        for name, question_id in self._moved.items():
            if was.get(name, 0) == question_id:
                continue
            known = self.db.get(Progress, (self.member.id, name))
            if known is None:
                self.db.add(Progress(member_id=self.member.id, lane=name, question_id=question_id))
            else:
                known.question_id = question_id
        away = {"member": self.member.id, "now": self.now, "states": self.rules.states}
        stuck = self.db.scalars(_STUCK, away).all()
        if stuck:
            late = update(Card).where(Card.member_id == self.member.id, Card.question_id.in_(stuck))
            self.db.execute(late.values(due=self.now + PUT_OFF))
        self.db.flush()

    def _tracks(self) -> Iterator[_Track]:
        """Where to look, in this order; what has been reviewed comes before what has not."""
        for state in self.rules.states:
            short = state.value[0]
            if self.lane.topic is not None:
                yield _Track(f"{short}:{self.lane.topic}", state, self.lane.topic)
                continue
            for step in self._reached():
                if step.bank_id is not None:
                    yield _Track(f"{short}:s{step.id}", state, step.topic, step.bank_id)
                elif step.topic is not None:
                    yield _Track(f"{short}:{step.topic}", state, step.topic)
            for topic in self._weakest_first():
                yield _Track(f"{short}:{topic}", state, topic)

    def _reached(self) -> list[PathStep]:
        """The steps read, and the one to be read now; the last few of them."""
        place, path = to_read(self.db, self.member, today(self.now, self.rules.zone))
        return path[: place + 1][-STEPS:]

    def _weakest_first(self) -> list[Topic]:
        """All topics: the smaller the share of right answers the sooner; unknown ones count as one half."""
        tallies = self.db.execute(_TALLIES, {"member": self.member.id})
        share = {one.topic: (one.right + 1) / (one.asked + 2) for one in tallies}
        return sorted(Topic, key=lambda topic: share.get(topic, 0.5))

    def _look_along(self, track: _Track) -> int | None:
        """The first question without a card: ahead of where the member is, then among a few behind."""
        here = self._reached_on(track.name)
        for _ in range(MOST_LOOKS):
            found, last, looked = self._look(track, here, LAST)
            if found is not None:
                self._moved[track.name] = found - 1
                return found
            if looked:
                here = self._moved[track.name] = last
            if looked < LOOK:
                break
        round_ = f"<{track.name}"
        found, last, looked = self._look(track, self._reached_on(round_), here)
        self._moved[round_] = last if looked == LOOK else 0
        return found

    def _look(self, track: _Track, behind: int, upto: int) -> tuple[int | None, int, int]:
        """Of the next few: the first one without a card, the last one looked at, and how many there were."""
        facts = {"member": self.member.id, "state": track.state, "behind": behind, "upto": upto}
        more = {"topic": track.topic, "bank": track.bank_id, "skipped": list(self.lane.skipped)}
        look = _look_at(topic=track.topic is not None, bank=track.bank_id is not None)
        found, last, looked = self.db.execute(look, {**facts, **more}).one()
        return found, last or 0, looked

    def _reached_on(self, name: str) -> int:
        if self._come is None:
            rows = self.db.execute(_PROGRESS, {"member": self.member.id})
            self._come = {row.lane: row.question_id for row in rows}
        return self._moved.get(name, self._come.get(name, 0))


def _last_time(db: Session, member: Member) -> dict[str, bool]:
    row = db.execute(_LAST_TODAY, {"member": member.id}).first()
    return {"asked_before": row is not None, "last_was_repeated": row is not None and row[0] is not None}


def _outcome(question: Question, given: Given) -> Outcome:
    if given.unknown:
        return Outcome.UNKNOWN
    return Outcome.RIGHT if answers.judge(answers.asked(question), given) else Outcome.WRONG


def _memory(card: Card, zone: ZoneInfo) -> Memory:
    return Memory(card.stability, card.difficulty, today(card.answered_at, zone), today(card.due, zone))


def _settle(card: Card, memory: Memory, outcome: Outcome, last: date | None) -> None:
    """Write the memory to the card, and what follows for 错题: right on two days in a row, and it is mastered."""
    right = outcome is Outcome.RIGHT
    card.stability, card.difficulty = memory.stability, memory.difficulty
    card.times += 1
    card.lapses += 0 if right else 1
    if not right:
        card.right_in_row, card.wrong = 0, True
    elif last != memory.last or not card.right_in_row:
        card.right_in_row += 1
    if card.right_in_row >= MASTERED:
        card.wrong = False


def _count(db: Session, member: Member, topic: Topic, outcome: Outcome) -> None:
    right = int(outcome is Outcome.RIGHT)
    known = update(TopicTally).where(TopicTally.member_id == member.id, TopicTally.topic == topic)
    if not touched(db, known.values(asked=TopicTally.asked + 1, right=TopicTally.right + right)):
        db.add(TopicTally(member_id=member.id, topic=topic, asked=1, right=right))


def _one_of(state: QuestionState, topic: Topic) -> Select[int]:
    return select(Question.id).where(Question.state == state, Question.topic == topic).limit(1)
