"""测验: what may be sat, a sitting with its answers, what came of it; for the member and for who runs study."""

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Moment, Shape, Told
from miniprogram_api.study import QuestionTold, question_told
from models.exam import Paper, PaperState, Sitting
from models.question import Question, QuestionState, Topic
from services import answers, exams, study
from services.answers import Why
from services.errors import AnswerUnclear, NoSuchPaper, NoSuchQuestion, NotAllowed, QuestionChanged
from services.exams import Result, Said
from services.rights import Act

UNREVIEWED = frozenset({QuestionState.DRAFT, QuestionState.REVIEWED})


class PaperTold(Told):
    """One paper, as its offer says."""

    id: str = Field(examples=["h2k4m6n8pq"])
    title: str = Field(examples=["党章知识测验"])
    state: PaperState = Field(examples=[PaperState.OPEN])
    questions: int = Field(examples=[20])
    minutes: int = Field(examples=[30])
    pass_mark: int = Field(description="Percent.", examples=[60])
    opens_at: Moment = Field(examples=["2026-11-20T00:00:00+00:00"])
    closes_at: Moment = Field(examples=["2026-11-30T15:59:00+00:00"])


class OfferTold(PaperTold):
    """One that may be sat now, and how often one still may."""

    left: int = Field(description="0: passed, or all goes taken.", examples=[2])
    again_from: Moment | None = Field(description="Before that one has to wait.", examples=[None])
    sitting: str | None = Field(description="One's sitting under way.", examples=[None])


class OffersTold(Told):
    """What may be sat now, the one that ends first first."""

    papers: list[OfferTold]


class PapersTold(Told):
    """All papers, newest first."""

    papers: list[PaperTold]


class TopicTold(Told):
    """Questions right of asked of one topic."""

    topic: Topic = Field(examples=[next(iter(Topic))])
    right: int = Field(examples=[4])
    of: int = Field(examples=[5])


class ResultTold(Told):
    """What came of a sitting."""

    right: int = Field(examples=[16])
    of: int = Field(examples=[20])
    score: int = Field(description="Percent, rounded down.", examples=[80])
    passed: bool = Field(examples=[True])
    topics: list[TopicTold]


class SittingTold(Told):
    """One's sitting: its questions while it runs, its result once it is handed in."""

    id: str = Field(examples=["j3m5n7p9qr"])
    paper: str = Field(examples=["h2k4m6n8pq"])
    title: str = Field(examples=["党章知识测验"])
    number: int = Field(description="The first, second … go.", examples=[1])
    started_at: Moment = Field(examples=["2026-11-25T06:00:00+00:00"])
    ends_at: Moment = Field(
        description="By the server's clock, which the header Date tells.", examples=["2026-11-25T06:30:00+00:00"]
    )
    over: bool = Field(description="Nothing more is kept: hand it in.", examples=[False])
    handed_in_at: Moment | None = Field(examples=[None])
    questions: list[QuestionTold]
    unanswered: list[str] = Field(description="Ids of questions, in order.", examples=[["f8h2j4k6mn"]])
    result: ResultTold | None


class SittingsTold(Told):
    """One's own sittings, newest first, without their questions."""

    sittings: list[SittingTold]


class MemberResultTold(ResultTold):
    """A member's last finished sitting."""

    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    sitting: str = Field(examples=["j3m5n7p9qr"])


class ResultsTold(Told):
    """In the order of the roster, which is no order of merit; for who runs study alone."""

    results: list[MemberResultTold]


class SittingAnswerIn(Shape):
    """An answer in words, as in the chat; the first one stands."""

    question: str = Field(pattern=ID, examples=["f8h2j4k6mn"])
    version: int = Field(ge=1, lt=2**31, description="Of the question, as it was shown.", examples=[1])
    answer: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["B"])


class KeptTold(Told):
    """Whether this answer was the first; right or wrong is told at the end."""

    kept: bool = Field(examples=[True])
    unanswered: list[str] = Field(examples=[["f8h2j4k6mn"]])


class PaperPath(Asked):
    """One paper."""

    paper: str = Field(pattern=ID, examples=["h2k4m6n8pq"])


class SittingPath(Asked):
    """One sitting."""

    sitting: str = Field(pattern=ID, examples=["j3m5n7p9qr"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /papers, /papers/all, /papers/{id}/results, /sittings, /sittings/{id}; POST: begin one, answer, hand in."""
    room = Room("exams", office, "测验: voluntary, timed by the server, results for oneself and who runs study")
    _papers(room)
    _sitting(room, office)
    return room.blueprint


def _papers(room: Room) -> None:
    @room.get("/papers", OffersTold)
    def offered(db: Session, act: Act) -> Told:
        """What one may sit now."""
        assert act.by is not None
        running = {one.paper_id: one.public_id for one in exams.of(db, act.by) if not exams.over(one, act.now)}
        offers = []
        for one in exams.on_offer(db, act.now):
            left, again = exams.left(db, act.by, one, act.now)
            offers.append(OfferTold(**vars(_paper(one)), left=left, again_from=again, sitting=running.get(one.id)))
        return OffersTold(papers=offers)

    @room.get("/papers/all", PapersTold)
    def all_(db: Session, act: Act) -> Told:
        """All papers, for who runs study."""
        return PapersTold(papers=[_paper(one) for one in exams.papers(db, act)])

    @room.get("/papers/<paper>/results", ResultsTold)
    def results(db: Session, act: Act, path: PaperPath) -> Told:
        """Everybody's last finished sitting, for who runs study."""
        act.demand(act.rights.runs_study)
        return ResultsTold(
            results=[
                MemberResultTold(
                    **vars(_result(one)),
                    member=one.sitting.member.public_id,
                    name=one.sitting.member.name,
                    sitting=one.sitting.public_id,
                )
                for one in exams.results(db, act, exams.find(db, path.paper))
            ]
        )


def _sitting(room: Room, office: Office) -> None:
    @room.post("/papers/<paper>/sittings", SittingTold, status=201)
    def begin(db: Session, act: Act, path: PaperPath) -> Told:
        """Begin a sitting: its questions are drawn once, its end is fixed. One under way is the one there is."""
        assert act.by is not None
        paper = exams.find(db, path.paper)
        if paper.state is PaperState.DRAFT:
            raise NoSuchPaper
        return _told(db, act, exams.start(db, act.by, paper, act.now, office.study.states))

    @room.get("/sittings", SittingsTold)
    def own_sittings(db: Session, act: Act) -> Told:
        """One's own sittings, newest first."""
        assert act.by is not None
        return SittingsTold(sittings=[_told(db, act, one, whole=False) for one in reversed(exams.of(db, act.by))])

    @room.get("/sittings/<sitting>", SittingTold)
    def one(db: Session, act: Act, path: SittingPath) -> Told:
        """One sitting, on whatever phone it was begun; of others its result, for who runs study."""
        try:
            found = exams.sitting(db, act, path.sitting)
        except NotAllowed:
            raise NoSuchPaper from None
        return _told(db, act, found)

    @room.post("/sittings/<sitting>/answers", KeptTold)
    def answer(db: Session, act: Act, path: SittingPath, body: SittingAnswerIn, once: str) -> Told:
        """Answer one question of the own sitting; kept at once, the first answer stands. 409 over: it came too late.

        409 edited: the question is another one by now and has not been answered yet; look at the sitting again.
        """
        found = _own(db, act, path.sitting)
        question = _as_shown(db, found, body)
        asked = answers.asked(question)
        given = answers.read(asked, body.answer)
        if isinstance(given, Why):
            raise AnswerUnclear(given, asked.last if asked.options else "")
        kept = exams.answer(db, found, question, Said(given, act.now, once))
        return KeptTold(kept=kept, unanswered=_unanswered(db, found))

    @room.post("/sittings/<sitting>/hand-in", SittingTold)
    def hand_in(db: Session, act: Act, path: SittingPath) -> Told:
        """End the own sitting and fix its score; a second time changes nothing."""
        found = _own(db, act, path.sitting)
        exams.hand_in(db, found, act.now)
        return _told(db, act, found)


def _as_shown(db: Session, sitting: Sitting, body: SittingAnswerIn) -> Question:
    """The question that is answered. Raises NoSuchQuestion, QuestionChanged."""
    question = study.find(db, body.question)
    if question is None or question.id not in exams.questions(sitting):
        raise NoSuchQuestion(body.question)
    if question.version != body.version and question.id in exams.unanswered(db, sitting):
        raise QuestionChanged
    return question


def _own(db: Session, act: Act, public_id: str) -> Sitting:
    """The own sitting. Raises NoSuchPaper, also for somebody else's."""
    assert act.by is not None
    found = exams.own(db, act.by, public_id)
    if found is None:
        raise NoSuchPaper
    return found


def _told(db: Session, act: Act, sitting: Sitting, *, whole: bool = True) -> SittingTold:
    himself = act.by is not None and act.by.id == sitting.member_id
    runs = himself and whole and sitting.handed_in_at is None
    done = _result(exams.result(db, act, sitting)) if sitting.handed_in_at is not None else None
    drawn = _drawn(db, sitting) if runs else []
    return SittingTold(
        id=sitting.public_id,
        paper=sitting.paper.public_id,
        title=sitting.paper.title,
        number=sitting.number,
        started_at=sitting.started_at,
        ends_at=sitting.ends_at,
        over=exams.over(sitting, act.now),
        handed_in_at=sitting.handed_in_at,
        questions=[question_told(one, unreviewed=one.state in UNREVIEWED) for one in drawn],
        unanswered=_unanswered(db, sitting) if runs else [],
        result=done,
    )


def _drawn(db: Session, sitting: Sitting) -> list[Question]:
    """The questions in the order in which they are asked."""
    ids = exams.questions(sitting)
    found = {one.id: one for one in db.scalars(select(Question).where(Question.id.in_(ids)))}
    return [found[one] for one in ids]


def _unanswered(db: Session, sitting: Sitting) -> list[str]:
    ids = exams.unanswered(db, sitting)
    found = db.execute(select(Question.id, Question.public_id).where(Question.id.in_(ids)))
    names = {row.id: row.public_id for row in found}
    return [names[one] for one in ids]


def _paper(paper: Paper) -> PaperTold:
    return PaperTold(
        id=paper.public_id,
        title=paper.title,
        state=paper.state,
        questions=exams.length(paper),
        minutes=paper.minutes,
        pass_mark=paper.pass_mark,
        opens_at=paper.opens_at,
        closes_at=paper.closes_at,
    )


def _result(result: Result) -> ResultTold:
    return ResultTold(
        right=result.right,
        of=result.of,
        score=result.sitting.score or 0,
        passed=result.passed,
        topics=[TopicTold(topic=topic, right=right, of=of) for topic, right, of in result.topics],
    )
