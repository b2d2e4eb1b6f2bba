"""意见: one's own signed ones and a new one; the queue of those who answer, both kinds; an answer to a signed one."""

from datetime import date

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import ID, Asked, Moment, Shape, Told
from models.opinion import Opinion, OpinionCategory, OpinionState, Verdict
from sealed.unsigned import Opinion as Unsigned
from services import opinions, workdays
from services.errors import TextRisky
from services.opinions import Reply, Standing
from services.rights import Act
from services.workdays import Workdays
from texts import opinion as texts


class SaidTold(Told):
    """One signed opinion and what has become of it."""

    id: str = Field(examples=["w6r8x2z4ce"])
    number: str = Field(examples=["YJ1107"])
    at: Moment = Field(examples=["2026-11-20T01:30:00+00:00"])
    category: OpinionCategory = Field(examples=[OpinionCategory.STUDY])
    text: str = Field(examples=["建议夜班同志补课用录播。"])
    pictures: int = Field(description="How many came with it.", examples=[0])
    state: OpinionState = Field(examples=[OpinionState.ANSWERED])
    label: str = Field(examples=["已答复"])
    due_on: date = Field(description="To be answered before the end of this day.", examples=["2026-12-11"])
    verdict: Verdict | None = Field(examples=[Verdict.ADOPTED])
    answer: str = Field(examples=["12月起党课都录播。"])


class SaidsTold(Told):
    """One's own, newest first."""

    opinions: list[SaidTold]


class QueuedTold(Told):
    """One line of the queue; an unsigned one has neither id, number nor name, and of its time the week alone."""

    id: str | None = Field(examples=["w6r8x2z4ce"])
    number: str | None = Field(examples=["YJ1107"])
    name: str | None = Field(examples=["张建国"])
    received_on: date | None = Field(examples=["2026-11-20"])
    week: date | None = Field(description="The Monday, of an unsigned one.", examples=[None])
    category: str = Field(examples=["学习教育"])
    text: str = Field(examples=["建议夜班同志补课用录播。"])
    state: OpinionState = Field(examples=[OpinionState.ASSIGNED])
    due_on: date = Field(examples=["2026-12-11"])
    version: int | None = Field(description="To be sent back with an answer.", examples=[1])


class QueueTold(Told):
    """What is not answered yet, what is due first coming first."""

    opinions: list[QueuedTold]


class OpinionIn(Shape):
    """A new opinion, under one's own name; those who run the branch read it."""

    READ_BY_OTHERS = ("text",)

    category: OpinionCategory = Field(examples=[OpinionCategory.STUDY])
    text: str = Field(min_length=1, max_length=opinions.LONGEST, pattern=r"\S", examples=["建议夜班同志补课用录播。"])


class ReplyIn(Shape):
    """An answer, which the author reads."""

    READ_BY_OTHERS = ("answer",)

    verdict: Verdict = Field(examples=[Verdict.ADOPTED])
    answer: str = Field(
        min_length=1, max_length=opinions.LONGEST_ANSWER, pattern=r"\S", examples=["12月起党课都录播。"]
    )
    version: int = Field(ge=1, le=10**8, examples=[1])


class OpinionPath(Asked):
    """One signed opinion."""

    opinion: str = Field(pattern=ID, examples=["w6r8x2z4ce"])


def blueprint(office: Office) -> APIBlueprint:
    """GET /opinions, /opinions/queue; POST /opinions, /opinions/{id}/answer."""
    room = Room("opinions", office, "Opinions: one's own, and the queue of those who answer")

    @room.get("/opinions", SaidsTold)
    def mine(db: Session, act: Act) -> Told:
        """One's own signed opinions and their answers."""
        assert act.by is not None
        return SaidsTold(opinions=[_said(db, one) for one in opinions.mine(db, act.by)])

    @room.post("/opinions", SaidTold, status=201)
    def give(db: Session, act: Act, body: OpinionIn, doubted: frozenset[str], once: str) -> Told:
        """Give an opinion under one's own name; without one it is given in the chat, which keeps no login.

        A text that WeChat takes for unfit is refused (422 risky). The others, vouched for or not, are read by those
        who run the branch and whoever is to answer.
        """
        del doubted  # nobody but the office reads it, whatever is thought of it
        return _said(db, opinions.give(db, act, body.category, body.text.strip(), once, office.opinion_days))

    @room.get("/opinions/queue", QueueTold)
    def queue(db: Session, act: Act) -> Told:
        """What those who run the branch have to answer, signed and unsigned."""
        signed = [_queued(office, one) for one in opinions.everything(db, act)]
        calendar = workdays.of(db)
        found = [*signed, *(_apart(office, calendar, one) for one in office.unsigned.opinions())]
        waiting = [one for one in found if one.state is not OpinionState.ANSWERED]
        return QueueTold(opinions=sorted(waiting, key=lambda one: (one.due_on, one.number or "Z")))

    @room.post("/opinions/<opinion>/answer", SaidTold)
    def reply(db: Session, act: Act, path: OpinionPath, body: ReplyIn, doubted: frozenset[str]) -> Told:
        """Answer a signed opinion; an unsigned one is answered on the page.

        It is told to its author at once. What WeChat does not vouch for those who run the branch may send all the
        same, since it would be theirs to look over; from anybody else it is refused (422 risky).
        """
        found = opinions.find(db, act, path.opinion)
        if doubted and not act.rights.runs_branch:
            raise TextRisky
        opinions.answer(db, act, found, Reply(body.verdict, body.answer.strip(), found.made_public), body.version)
        return _said(db, found)

    return room.blueprint


def _said(db: Session, one: Opinion) -> SaidTold:
    return SaidTold(
        id=one.public_id,
        number=one.number,
        at=one.at,
        category=one.category,
        text=one.text,
        pictures=len(opinions.pictures(db, one)),
        state=one.state,
        label=texts.STATE[one.state],
        due_on=one.due_on,
        verdict=one.verdict,
        answer=one.answer,
    )


def _queued(office: Office, one: Opinion) -> QueuedTold:
    return QueuedTold(
        id=one.public_id,
        number=one.number,
        name=one.member.name,
        received_on=one.at.astimezone(office.zone).date(),
        week=None,
        category=texts.CATEGORY[one.category],
        text=one.text,
        state=one.state,
        due_on=one.due_on,
        version=one.version,
    )


def _apart(office: Office, calendar: Workdays, one: Unsigned) -> QueuedTold:
    return QueuedTold(
        id=None,
        number=None,
        name=None,
        received_on=None,
        week=one.week,
        category=texts.category(one.category),
        text=one.text,
        state=Standing.load(one.state).state,
        due_on=opinions.due_of_week(calendar, one.week, office.opinion_days),
        version=None,
    )
