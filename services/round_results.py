"""What came of a round: its figures after the close, by the rules of services/small_cells.py, and the response table.

The words people wrote are read by those who run the branch alone; what everybody asked gets to read is the figures and
the table: each opinion, or several alike, adopted, partly adopted or not, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.member import Member
from models.notice import NoticeKind
from models.opinion import Verdict
from models.round import FormKind, Round, RoundAnswer, RoundResponse, RoundSeat, RoundState
from services import events, forms, notices, quiet, rounds, small_cells
from services.errors import EditedMeanwhile, NoSuchRound, RoundLacks, RoundMoved
from services.forms import Answers, Question, Sheet
from services.notices import Told
from services.rights import Act
from services.rows import touched
from services.small_cells import Cell, Mean

MOST_LINES = 60  # of a response table


@dataclass(frozen=True, slots=True)
class Figure:
    """What is told of one question: of `answers` sheets, the counts by option, a mean, or the words; or too few.

    `parts` is a breakdown: (part of those asked, the counts by option); empty where none may be told.
    """

    question: Question
    answers: int
    cells: Sequence[Cell] = ()
    mean: Mean | None = None
    words: Sequence[str] = ()
    parts: Sequence[tuple[str, Sequence[Cell]]] = ()

    @property
    def too_few(self) -> bool:
        """Whether nothing is told."""
        return not self.cells and self.mean is None and not self.words


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that is told of a round; `few`: of no question, since there are fewer than five sheets."""

    asked: int
    answered: int
    figures: Sequence[Figure]

    @property
    def few(self) -> bool:
        """Whether there are too few sheets for any figure."""
        return self.answered < small_cells.FEWEST


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the response table."""

    summary: str
    voices: int
    verdict: Verdict
    reason: str


def results(db: Session, round_: Round, bodies: Sequence[str], *, words: bool) -> Results:
    """The figures of a round that is over; `bodies` are the unnamed sheets, [] for a signed round.

    `words`: for those who run the branch, what was written as well. Raises RoundMoved before the close.
    """
    if round_.state not in {RoundState.CLOSED, RoundState.PUBLISHED}:
        raise RoundMoved(round_.title, round_.state)
    if not round_.unnamed:
        bodies = list(db.scalars(select(RoundAnswer.body).where(RoundAnswer.round_id == round_.id)))
    sheets = [Sheet.load(one) for one in bodies]
    asked, answered = rounds.people(db, round_), len(sheets)
    if answered < small_cells.FEWEST:
        return Results(asked, answered, ())
    shown = [one for one in rounds.form(db, round_) if words or one.kind is not FormKind.TEXT]
    return Results(asked, answered, [_figure(one, sheets) for one in shown])


def named(db: Session, act: Act, round_: Round) -> list[tuple[str, Answers]]:
    """Who answered what in a signed round, in roster order, after the close; "" for whom a personal link was given.

    Raises NotAllowed, RoundMoved.
    """
    act.demand(act.rights.runs_branch)
    if round_.state not in {RoundState.CLOSED, RoundState.PUBLISHED}:
        raise RoundMoved(round_.title, round_.state)
    rows = db.execute(
        select(RoundAnswer.body, Member.name)
        .outerjoin(Member, Member.id == RoundAnswer.member_id)
        .where(RoundAnswer.round_id == round_.id)
        .order_by(RoundAnswer.member_id.is_(None), RoundAnswer.member_id, RoundAnswer.link_id)
    )
    return [(name or "", Sheet.load(body).answers) for body, name in rows]


def table(db: Session, round_: Round) -> list[RoundResponse]:
    """The response table, in order."""
    lines = select(RoundResponse).where(RoundResponse.round_id == round_.id)
    return list(db.scalars(lines.order_by(RoundResponse.position)))


def respond(db: Session, act: Act, round_: Round, lines: Sequence[Line], seen: int) -> None:
    """Write the table anew as it was seen at version `seen`; a published one stands.

    Raises NotAllowed, RoundLacks (too many lines), RoundMoved, EditedMeanwhile.
    """
    act.demand(act.rights.runs_branch)
    if len(lines) > MOST_LINES:
        raise RoundLacks("lines")
    same = update(Round).where(Round.id == round_.id, Round.version == seen, Round.state == RoundState.CLOSED)
    changed = touched(db, same.values(version=seen + 1))
    db.refresh(round_)
    if not changed:
        rounds.demand(round_, RoundState.CLOSED)
        last = next(iter(events.of(db, round_, most=1)), None)
        raise EditedMeanwhile(last[0].by.name if last and last[0].by else "", last[0].at if last else None)
    db.execute(delete(RoundResponse).where(RoundResponse.round_id == round_.id))
    for place, one in enumerate(lines, start=1):
        said = {"summary": one.summary, "voices": one.voices, "verdict": one.verdict, "reason": one.reason}
        db.add(RoundResponse(round_id=round_.id, position=place, **said))
    events.log(db, act, "round_responded", round_, rows=len(lines))


def publish(db: Session, act: Act, round_: Round) -> int:
    """Tell everybody asked what became of it; again it changes nothing. Returns how many notices are new.

    Raises NotAllowed, RoundLacks (no line), RoundMoved.
    """
    act.demand(act.rights.runs_branch)
    if round_.state is RoundState.PUBLISHED:
        return 0
    lines = table(db, round_)
    if not lines:
        raise RoundLacks("responses")
    over = update(Round).where(Round.id == round_.id, Round.state == RoundState.CLOSED)
    changed = touched(db, over.values(state=RoundState.PUBLISHED, published_at=act.now))
    db.refresh(round_)
    if not changed:
        rounds.demand(round_, RoundState.PUBLISHED)
        return 0
    events.log(db, act, "round_published", round_, rows=len(lines))
    facts: dict[str, notices.Plain] = {
        "round": round_.public_id,
        "title": round_.title,
        "lines": len(lines),
        **_sums(lines),
    }
    told = _told(db, facts, act)
    seats = select(RoundSeat.member_id).where(RoundSeat.round_id == round_.id).order_by(RoundSeat.member_id)
    return notices.write_all(db, [notices.Line(one, told) for one in db.scalars(seats)], act.now)


def readable(round_: Round) -> None:
    """Whether the table is there for those who were asked. Raises NoSuchRound."""
    if round_.state is not RoundState.PUBLISHED:
        raise NoSuchRound


def _told(db: Session, facts: Mapping[str, notices.Plain], act: Act) -> Told:
    kind = NoticeKind.ROUND_PUBLISHED
    useful = act.now + rounds.PUBLISHED_FOR
    return Told(kind, str(facts["round"]), facts, quiet.of(db, act.zone).earliest(kind, act.now), useful)


def _sums(lines: Sequence[RoundResponse]) -> dict[str, int]:
    return {one.value: sum(line.verdict is one for line in lines) for one in Verdict}


def _figure(question: Question, sheets: Sequence[Sheet]) -> Figure:
    position = question.position
    said = [(one.part, one.answers[position]) for one in sheets if position in one.answers]
    many = len(said)
    match question.kind:
        case FormKind.TEXT:
            return Figure(question, many, words=small_cells.words([str(one) for _, one in said]) or ())
        case FormKind.SCALE:
            return Figure(question, many, mean=small_cells.mean([one for _, one in said if isinstance(one, int)]))
    options = range(1, len(question.options) + 1)
    parts = sorted({part for part, _ in said})
    if question.kind is FormKind.SINGLE:
        counts = [[sum(one == (part, option) for one in said) for option in options] for part in parts]
        cells = small_cells.single([sum(column) for column in zip(*counts, strict=True)]) if said else None
        told = small_cells.breakdown(counts) if len(parts) > 1 else None
    else:
        chosen = [[_choosers(said, part, option) for option in options] for part in parts]
        whole = [sum(row[option - 1] for row in chosen) for option in options]
        cells = small_cells.multiple(whole, many)
        told = _many(chosen, [sum(part == one for one, _ in said) for part in parts])
    return Figure(question, many, cells or (), parts=list(zip(parts, told, strict=True)) if told and cells else ())


def _choosers(said: Sequence[tuple[str, forms.Given]], part: str, option: int) -> int:
    return sum(one == part and isinstance(given, list) and option in given for one, given in said)


def _many(chosen: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[list[Cell]] | None:
    """Breakdowns of each option apart; an option of which none may be told is hidden in every part."""
    if not small_cells.may_break_down(sizes):
        return None
    columns: list[Sequence[Cell]] = []
    for option in range(len(chosen[0])):
        pairs = [(row[option], size - row[option]) for row, size in zip(chosen, sizes, strict=True)]
        columns.append(small_cells.choosers(pairs) or [small_cells.HIDDEN] * len(pairs))
    return [list(row) for row in zip(*columns, strict=True)]
