"""征集: what one is asked, its form, one's answer; after the publication the figures and the response table."""

import secrets
from collections.abc import Sequence

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Later, Room
from miniprogram_api.shapes import ID, Asked, Moment, Shape, Told
from models.opinion import Verdict
from models.round import FormKind, Round, RoundPurpose, RoundResponse, RoundState
from sealed import unsigned
from sealed.unsigned import UnsignedRefusal
from services import forms, round_results, rounds
from services.calendar import local
from services.errors import FormUnclear
from services.forms import Answers, Given, Question
from services.rights import Act
from services.round_results import Figure
from services.small_cells import Cell
from texts import round as texts

BALLOT = r"^[0-9a-f]{32}$"


class RoundTold(Told):
    """One round one is asked in."""

    id: str = Field(examples=["r3n5t7w9xz"])
    purpose: RoundPurpose = Field(examples=[RoundPurpose.DECISION])
    label: str = Field(examples=["重大决策征求意见"])
    title: str = Field(examples=["值班安排办法"])
    unnamed: bool = Field(description="Nobody is told, or can find out, who answered what.", examples=[False])
    state: RoundState = Field(examples=[RoundState.OPEN])
    closes_at: Moment = Field(examples=["2026-11-30T15:59:00+00:00"])
    running: bool = Field(description="It takes answers.", examples=[True])
    answered: bool = Field(description="One's own answer is there; of an unnamed one said only while it runs.")


class RoundsTold(Told):
    """What one is asked now, then what has been published, newest first."""

    rounds: list[RoundTold]


class FormQuestionTold(Told):
    """One question of the form."""

    position: int = Field(examples=[1])
    kind: FormKind = Field(examples=[FormKind.SINGLE])
    stem: str = Field(examples=["夜班同志补课用哪种方式？"])
    options: list[str] = Field(examples=[["录播", "传达"]])
    required: bool = Field(examples=[True])


class FormAnswerTold(Told):
    """One's own answer to one question."""

    question: int = Field(examples=[1])
    text: str = Field(examples=[""])
    numbers: list[int] = Field(description="Options from 1, or the points of a scale.", examples=[[1]])


class CountTold(Told):
    """How many chose an option; null where that is not told, and then at least so many percent (0: not told)."""

    option: str = Field(examples=["录播"])
    count: int | None = Field(examples=[12])
    at_least: int = Field(examples=[0])


class FigureTold(Told):
    """The figures of one question; of fewer than five answers there are none."""

    question: int = Field(examples=[1])
    answers: int = Field(examples=[21])
    options: list[CountTold]
    mean: str = Field(description='Of a scale, in words; "" for none.', examples=[""])


class ResponseTold(Told):
    """One line of the response table."""

    summary: str = Field(examples=["夜班补课用录播"])
    voices: int = Field(examples=[6])
    verdict: Verdict = Field(examples=[Verdict.ADOPTED])
    label: str = Field(examples=["采纳"])
    reason: str = Field(examples=["12月起党课都录播。"])


class RoundWholeTold(RoundTold):
    """One round with its form and one's answer; once published with figures and table."""

    body: str = Field(examples=["草案见公示栏。"])
    rates: str = Field(description='The lecture or activity that is rated, in words; "" for none.', examples=[""])
    promise: str = Field(examples=[texts.SIGNED])
    questions: list[FormQuestionTold]
    answers: list[FormAnswerTold] = Field(description="One's own, of a signed round.")
    ballot: str | None = Field(description="For an unnamed round that runs: drawn anew each time.", examples=[None])
    few: bool = Field(description="Fewer than five answers: no figures.", examples=[False])
    figures: list[FigureTold]
    table: list[ResponseTold]


class FormAnswerIn(Shape):
    """The answer to one question: words, or numbers."""

    question: int = Field(ge=1, le=forms.MOST, examples=[1])
    text: str = Field("", max_length=forms.LONGEST, examples=[""])
    numbers: list[int] = Field([], max_length=forms.MOST_OPTIONS, examples=[[1]])


class FormIn(Shape):
    """A filled form; what is left out is blank. Words are read by those who run the branch."""

    READ_BY_OTHERS = ("words",)

    answers: list[FormAnswerIn] = Field(max_length=forms.MOST)

    @property
    def words(self) -> str:
        """What was written, all together."""
        return "\n".join(one.text for one in self.answers if one.text.strip())


class BallotIn(Shape):
    """A filled form of an unnamed round, with the ballot that came with it."""

    ballot: str = Field(pattern=BALLOT, examples=["0f1e2d3c4b5a69788796a5b4c3d2e1f0"])
    answers: list[FormAnswerIn] = Field(max_length=forms.MOST)


class RoundPath(Asked):
    """One round."""

    round: str = Field(pattern=ID, examples=["r3n5t7w9xz"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /rounds, /rounds/{id}; POST /rounds/{id}/answers, /rounds/{id}/ballots."""
    room = Room("rounds", office, "Rounds: what one is asked, one's answer, what became of it")
    _reading(room, office)
    _answering(room, office)
    return room.blueprint


def _reading(room: Room, office: Office) -> None:
    @room.get("/rounds", RoundsTold)
    def mine(db: Session, act: Act) -> Told:
        """What one is asked now, the earliest close first, and what has been published."""
        assert act.by is not None
        found = [*rounds.asked(db, act.by, act.now), *rounds.told(db, act.by)]
        return RoundsTold(rounds=[_brief(office, db, act, one) for one in found])

    @room.get("/rounds/<round>", RoundWholeTold)
    def one(db: Session, act: Act, path: RoundPath) -> Told:
        """One round one is asked in: form and own answer, at last figures and table."""
        assert act.by is not None
        found = rounds.own(db, act.by, path.round)
        running = rounds.is_running(found, act.now)
        results = None
        if found.state is RoundState.PUBLISHED:
            kept = unsigned.bodies(office.unsigned, found.public_id) if found.unnamed else ()
            results = round_results.results(db, found, kept, words=False)
        form = rounds.form(db, found)
        given = (rounds.given_by(db, found, act.by) or {}) if not found.unnamed else {}
        return RoundWholeTold(
            **_brief(office, db, act, found).model_dump(),
            body=found.body,
            rates=_rates(db, act, found),
            promise=texts.UNNAMED if found.unnamed else texts.SIGNED,
            questions=[_question(one) for one in form],
            answers=[_answer(position, value) for position, value in given.items()],
            ballot=secrets.token_hex(16) if running and found.unnamed else None,
            few=results is not None and results.few,
            figures=[_figure(one) for one in results.figures] if results else [],
            table=[_line(one) for one in round_results.table(db, found)] if results else [],
        )


def _answering(room: Room, office: Office) -> None:
    @room.post("/rounds/<round>/answers", status=204)
    def answer(db: Session, act: Act, path: RoundPath, body: FormIn, doubted: frozenset[str], once: str) -> None:
        """Answer a signed round; again before the close takes the place of the earlier answer.

        Words that WeChat takes for unfit are refused (422 risky). The others, vouched for or not, are read by those
        who run the branch and published nowhere: what is published is the response table they write.
        """
        assert act.by is not None
        del doubted  # nobody but the office reads them, whatever is thought of them
        found = rounds.own(db, act.by, path.round)
        if found.unnamed:
            raise FormUnclear(1, FormKind.TEXT)
        rounds.answer(db, found, act.by, _given(rounds.form(db, found), body.answers), act.now, once)

    @room.apart_post("/rounds/<round>/ballots", status=204)
    def cast(db: Session, act: Act, path: RoundPath, body: BallotIn) -> Later:
        """Answer an unnamed round, which is final; the same ballot again is the same answer.

        Nothing about it is kept beside the answers, which belong to nobody; no Idempotency-Key is remembered, the
        ballot does its work. The words are not shown to WeChat, which knows who sends them.
        """
        assert act.by is not None
        found, member = rounds.own(db, act.by, path.round), act.by.public_id
        if not found.unnamed:
            raise FormUnclear(1, FormKind.TEXT)
        sheet = rounds.sheet(db, found, act.by, _given(rounds.form(db, found), body.answers), act.now)
        return lambda: office.unsigned.answer(path.round, member, body.ballot, sheet.dump())


def _brief(office: Office, db: Session, act: Act, found: Round) -> RoundTold:
    assert act.by is not None
    running = rounds.is_running(found, act.now)
    try:
        done = (
            running and office.unsigned.has_answered(found.public_id, act.by.public_id)
            if found.unnamed
            else rounds.has_answered(db, found, act.by)
        )
    except UnsignedRefusal:  # others are writing, or it has just been closed
        done = False
    return RoundTold(
        id=found.public_id,
        purpose=found.purpose,
        label=texts.PURPOSE[found.purpose],
        title=found.title,
        unnamed=found.unnamed,
        state=found.state,
        closes_at=found.closes_at,
        running=running,
        answered=done,
    )


def _rates(db: Session, act: Act, found: Round) -> str:
    activity = rounds.rated(db, found)
    return texts.rated(local(activity.starts_at, act.zone), activity.title) if activity else ""


def _given(form: Sequence[Question], sent: Sequence[FormAnswerIn]) -> Answers:
    """The answers as services take them. Raises FormUnclear for two of one question, or for one that is not there."""
    kinds = {one.position: one.kind for one in form}
    found: dict[int, Given] = {}
    for one in sent:
        kind = kinds.get(one.question)
        if kind is None or one.question in found or (kind is FormKind.TEXT) is bool(one.numbers):
            raise FormUnclear(one.question, kind or FormKind.TEXT)
        match kind:
            case FormKind.TEXT:
                found[one.question] = one.text
            case FormKind.MULTIPLE:
                found[one.question] = one.numbers
            case _:
                if len(one.numbers) != 1:
                    raise FormUnclear(one.question, kind)
                found[one.question] = one.numbers[0]
    return found


def _question(one: Question) -> FormQuestionTold:
    return FormQuestionTold(
        position=one.position, kind=one.kind, stem=one.stem, options=list(one.options), required=one.required
    )


def _answer(position: int, value: Given) -> FormAnswerTold:
    numbers = value if isinstance(value, list) else [value] if isinstance(value, int) else []
    return FormAnswerTold(question=position, text=value if isinstance(value, str) else "", numbers=numbers)


def _figure(one: Figure) -> FigureTold:
    def told(option: str, cell: Cell) -> CountTold:
        return CountTold(option=option, count=cell.count, at_least=cell.least)

    pairs = zip(one.question.options, one.cells, strict=True) if one.cells else ()
    return FigureTold(
        question=one.question.position,
        answers=one.answers,
        options=[told(option, cell) for option, cell in pairs],
        mean=texts.mean(one.mean) if one.mean else "",
    )


def _line(one: RoundResponse) -> ResponseTold:
    return ResponseTold(
        summary=one.summary,
        voices=one.voices,
        verdict=one.verdict,
        label=texts.VERDICT[one.verdict],
        reason=one.reason,
    )
