"""The branch's study as a whole (学习): its path, and figures without persons."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.base import Base
from models.question import Bank, Topic
from pages import door
from pages.door import Amiss, Desk, Room
from services import banks, calendar, events, paths, study_figures
from services.paths import Asked
from services.rights import Act
from services.study_figures import FIELDS, Memory, Quarter, Span, quarter_of
from texts import event, h5
from texts import study_pages as texts
from texts.question import TOPIC

WIDTH, HEIGHT = 360, 250  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 44  # margins around the curve


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/study/path with its forms, GET /h5/study/figures."""
    room = Room("study", desk)
    _path(room, desk)
    _figures(room, desk)
    return room.blueprint


def show(desk: Desk, act: Act, template: str, **things: object) -> Response:
    """A page in the frame of study, with its row of places for those who keep it."""
    tabs = texts.TABS if act.rights.runs_study else ()
    return door.show(desk, act, template, status=200, tabs=tabs, **things)


# --- 导学 --------------------------------------------------------------------------------------------------------


def _path(room: Room, desk: Desk) -> None:
    @room.get("/h5/study/path")
    def path_page(db: Session, act: Act) -> Response:
        return show(
            desk,
            act,
            "study/path.html",
            steps=paths.steps(db, act),
            closed=paths.closed(db, act),
            banks=banks.shelves(db, act),
            topics=TOPIC,
            not_before=texts.not_before,
        )

    @room.post("/h5/study/path", again=path_page)
    def add(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_study)
        paths.add(db, act, _asked(db, act))
        return _back(texts.STEP_ADDED)

    @room.get("/h5/study/path/<step>")
    def step_page(db: Session, act: Act, step: str) -> Response:
        found = paths.find(db, act, step)
        return show(
            desk,
            act,
            "study/step.html",
            step=found,
            banks=banks.shelves(db, act),
            topics=TOPIC,
            log=log_of(desk, db, found),
        )

    @room.post("/h5/study/path/<step>", again=step_page)
    def edit(db: Session, act: Act, step: str) -> Response:
        found = paths.find(db, act, step)
        seen = door.number("version", "版本", least=1, most=10**8)
        changed = paths.edit(db, act, found, _asked(db, act), seen)
        return _back(texts.SAVED if changed else texts.SAME)

    @room.post("/h5/study/path/<step>/move", again=path_page)
    def move(db: Session, act: Act, step: str) -> Response:
        paths.move(db, act, paths.find(db, act, step), -1 if "up" in request.form else 1)
        return _back(texts.STEP_MOVED)

    @room.post("/h5/study/path/<step>/close", again=path_page)
    def close(db: Session, act: Act, step: str) -> Response:
        paths.close(db, act, paths.find(db, act, step))
        return _back(texts.STEP_CLOSED)


def _asked(db: Session, act: Act) -> Asked:
    """The step as the form says; raises Amiss."""
    title = door.field("title", "名称", most=60, needed=True)
    reading = door.paragraph("reading", "读什么", most=1000)
    bank, topic = _bank(db, act), topic_asked()
    if not (reading or bank or topic):
        raise Amiss(texts.NOTHING_IN_STEP)
    return Asked(title, reading, bank, topic, door.day("starts", "从哪天开始"))


def _bank(db: Session, act: Act) -> Bank | None:
    wanted = request.form.get("bank", "")
    if not wanted:
        return None
    found = next((one.bank for one in banks.shelves(db, act) if one.bank.public_id == wanted), None)
    if found is None:
        raise Amiss(texts.BANK_WANTED)
    return found


def topic_asked() -> Topic | None:
    """The topic chosen in a form, None for none; raises Amiss."""
    wanted = request.form.get("topic", "")
    if wanted and wanted not in set(Topic):
        raise Amiss(texts.TOPIC_WANTED)
    return Topic(wanted) if wanted else None


def log_of(desk: Desk, db: Session, subject: Base) -> list[tuple[str, str]]:
    """What happened to a record, newest first: when and by whom, and what."""
    return [
        (
            h5.when_and_who(calendar.local(one.at, desk.zone), one.by.name if one.by else ""),
            event.words(one.verb, facts, desk.zone),
        )
        for one, facts in events.of(db, subject)
    ]


def _back(words: str) -> Response:
    door.say(words)
    return door.back("/h5/study/path")


# --- 学习情况 ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """One span of days on the drawing: where it stands, and what its label says."""

    x: float
    y: float
    expected: float | None
    axis: str
    says: str
    span: Span


@dataclass(frozen=True, slots=True)
class Drawing:
    """The curve of memory, ready to be drawn."""

    points: Sequence[Point]
    lines: Sequence[tuple[float, str]]  # the height of a line across, and its label

    @property
    def right(self) -> str:
        """What was answered right, as points of a line."""
        return " ".join(f"{one.x:.1f},{one.y:.1f}" for one in self.points)

    @property
    def expected(self) -> str:
        """What was to be expected."""
        known = [(one.x, one.expected) for one in self.points if one.expected is not None]
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in known)


def drawn(memory: Memory) -> Drawing:
    """Place the spans from left to right, the share right from the bottom (0 %) to the top (100 %)."""
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def height(share: float) -> float:
        return TOP + high * (1 - share)

    step = wide / len(memory.spans) if memory.spans else 0
    points = [
        Point(
            LEFT + step * (place + 0.5),
            height(one.right),
            None if one.expected is None else height(one.expected),
            texts.span(one.low, one.high),
            texts.span_in_words(one.low, one.high),
            one,
        )
        for place, one in enumerate(memory.spans)
    ]
    return Drawing(points, [(height(share), texts.percent(share)) for share in (0, 0.25, 0.5, 0.75, 1)])


def _figures(room: Room, desk: Desk) -> None:
    @room.get("/h5/study/figures")
    def figures(db: Session, act: Act) -> Response:
        quarter = _quarter(act)
        covered = study_figures.coverage(db, act, quarter)
        memory = study_figures.memory(db, act)
        return show(
            desk,
            act,
            "study/figures.html",
            quarter=quarter,
            named=texts.quarter,
            covered=covered,
            fields=FIELDS,
            topics=TOPIC,
            missing=texts.missing([one.topic for one in covered if one.missing]),
            missing_any=any(one.missing for one in covered),
            suspects=study_figures.suspects(db, act),
            half=texts.half,
            memory=memory,
            drawing=drawn(memory),
            percent=texts.percent,
            size=(WIDTH, HEIGHT, LEFT, RIGHT),
            few=study_figures.FEW,
            enough=study_figures.ENOUGH,
        )


def _quarter(act: Act) -> Quarter:
    """The quarter asked for (2026Q4), else this one."""
    year, mark, number = request.args.get("quarter", "").partition("Q")
    if mark and year.isdecimal() and 2000 <= int(year) <= 2100 and number in {"1", "2", "3", "4"}:
        return Quarter(int(year), int(number))
    return quarter_of(act.day)
