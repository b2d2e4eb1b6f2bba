"""测验: papers made from a blueprint with a live count of the banks, opened, closed; results, and one's own."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from models.exam import Paper, PaperState
from models.question import Bank, QuestionKind, Topic
from pages import door, study
from pages.door import Amiss, Desk, Room
from services import banks, exams
from services.exams import MOST_QUESTIONS, Asked, Result, Row
from services.rights import Act
from texts import exam as texts
from texts.question import KIND, TOPIC

ROWS = 8  # of the blueprint in the form
SHOWN_ROWS = 3  # before 再加几行
OPEN_FOR = timedelta(days=7)


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/exams and a paper, new and edited; the count of the banks; results, and one's own under /mine."""
    room = Room("exams", desk)
    _papers(room, desk)
    _making(room, desk)
    _own(room, desk)
    return room.blueprint


def _papers(room: Room, desk: Desk) -> None:
    """The papers, one of them with its results, and what is done with it."""

    @room.get("/h5/exams")
    def papers(db: Session, act: Act) -> Response:
        found = [(one, exams.length(one)) for one in exams.papers(db, act)]
        return study.show(desk, act, "exams/papers.html", papers=found, words=_WORDS)

    @room.get("/h5/exams/<paper>")
    def one(db: Session, act: Act, paper: str) -> Response:
        act.demand(act.rights.runs_study)
        found = exams.find(db, paper)
        rows = exams.blueprint(found)
        results = exams.results(db, act, found)
        draft = found.state is PaperState.DRAFT
        return study.show(
            desk,
            act,
            "exams/paper.html",
            paper=found,
            length=exams.length(found),
            rows=list(zip(map(_row_words, rows), exams.stock(db, found.bank, rows, desk.asks), strict=True)),
            lacks=[texts.lack(one) for one in exams.lacking(db, found.bank, rows, desk.asks)] if draft else [],
            results=results,
            passed=sum(1 for one in results if one.passed),
            topics=_by_topic(results),
            log=study.log_of(desk, db, found),
            words=_WORDS,
        )

    @room.post("/h5/exams/<paper>/open", again=one)
    def open_(db: Session, act: Act, paper: str) -> Response:
        act.demand(act.rights.runs_study)
        found = exams.find(db, paper)
        exams.open_(db, act, found, desk.asks)
        door.say(texts.OPENED)
        return _home(found)

    @room.post("/h5/exams/<paper>/close", again=one)
    def close(db: Session, act: Act, paper: str) -> Response:
        act.demand(act.rights.runs_study)
        found = exams.find(db, paper)
        exams.close(db, act, found)
        door.say(texts.CLOSED)
        return _home(found)


def _making(room: Room, desk: Desk) -> None:
    """A new paper, a draft changed, and what the banks have for it."""

    @room.get("/h5/exams/new")
    def new_page(db: Session, act: Act) -> Response:
        return _form(desk, db, act, None)

    @room.post("/h5/exams/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_study)
        made = exams.make(db, act, _asked(db, act))
        door.say(texts.MADE)
        return _home(made)

    @room.get("/h5/exams/<paper>/edit")
    def edit_page(db: Session, act: Act, paper: str) -> Response:
        act.demand(act.rights.runs_study)
        return _form(desk, db, act, exams.find(db, paper))

    @room.post("/h5/exams/<paper>/edit", again=edit_page)
    def edit(db: Session, act: Act, paper: str) -> Response:
        act.demand(act.rights.runs_study)
        found = exams.find(db, paper)
        seen = door.number("version", "版本", least=1, most=10**8)
        exams.edit(db, act, found, _asked(db, act), seen)
        door.say(texts.SAVED)
        return _home(found)

    @room.get("/h5/exams/stock")
    def stock(db: Session, act: Act) -> Response:
        """What the banks have for the rows of a form not sent yet: JSON {"there": [number a row], "words": …}."""
        act.demand(act.rights.runs_study)
        asked = _rows(request.args)
        rows = [row for _, row in asked]
        bank = _bank(db, act, request.args.get("bank", ""))
        there = dict(zip([place for place, _ in asked], exams.stock(db, bank, rows, desk.asks), strict=True))
        lacks = exams.lacking(db, bank, rows, desk.asks)
        words = "\n".join(map(texts.lack, lacks)) if lacks else texts.enough(sum(row.count for row in rows))
        return jsonify(there=[there.get(place) for place in range(ROWS)], words=words if rows else "")


def _own(room: Room, desk: Desk) -> None:
    """A member's own results; one of them also for the office."""

    @room.get("/h5/exams/mine")
    def mine(db: Session, act: Act) -> Response:
        assert act.by is not None
        done = [one for one in reversed(exams.of(db, act.by)) if one.handed_in_at is not None]
        results = [exams.result(db, act, one) for one in done]
        offered = exams.on_offer(db, act.now)
        return door.show(desk, act, "exams/mine.html", results=results, offered=offered, words=_WORDS)

    @room.get("/h5/exams/result/<sitting>")
    def result(db: Session, act: Act, sitting: str) -> Response:
        found = exams.sitting(db, act, sitting)
        himself = act.by is not None and act.by.id == found.member_id
        done = exams.result(db, act, found)
        return door.show(desk, act, "exams/result.html", result=done, himself=himself, words=_WORDS)


def _form(desk: Desk, db: Session, act: Act, paper: Paper | None) -> Response:
    act.demand(act.rights.runs_study)
    rows = exams.blueprint(paper) if paper else []
    return study.show(
        desk,
        act,
        "exams/form.html",
        paper=paper,
        rows=[*rows, *[None] * (ROWS - len(rows))],
        first=max(SHOWN_ROWS, len(rows)),
        banks=[one.bank for one in banks.shelves(db, act)],
        opens=door.fields_of(paper.opens_at if paper else act.now, act.zone),
        closes=door.fields_of(paper.closes_at if paper else act.now + OPEN_FOR, act.zone),
        words=_WORDS,
    )


def _asked(db: Session, act: Act) -> Asked:
    """The paper as the form says; raises Amiss."""
    title = door.field("title", "名称", most=60, needed=True)
    rows = [row for _, row in _rows(request.form)]
    if not rows:
        raise Amiss(texts.ROWS_WANTED)
    if sum(row.count for row in rows) > MOST_QUESTIONS:
        raise Amiss(texts.too_many(MOST_QUESTIONS))
    opens_at, closes_at = door.moment("opens", "开放时间", act.zone), door.moment("closes", "截止时间", act.zone)
    assert opens_at is not None
    assert closes_at is not None
    return Asked(
        title=title,
        rows=rows,
        minutes=door.number("minutes", "时间", least=1, most=600),
        pass_mark=door.number("pass_mark", "合格分", most=100),
        opens_at=opens_at,
        closes_at=closes_at,
        bank=_bank(db, act, request.form.get("bank", "")),
        tries=door.number("tries", "最多几次", least=1, most=20),
        wait_hours=door.number("wait_hours", "两次之间隔几小时", most=720),
    )


def _bank(db: Session, act: Act, wanted: str) -> Bank | None:
    if not wanted:
        return None
    found = next((one.bank for one in banks.shelves(db, act) if one.bank.public_id == wanted), None)
    if found is None:
        raise Amiss(texts.BANK_WANTED)
    return found


def _rows(sent: Mapping[str, str]) -> list[tuple[int, Row]]:
    """The rows of the blueprint that ask for something, with their places in the form; raises Amiss."""
    rows = []
    for place in range(ROWS):
        count = sent.get(f"count-{place}", "").strip()
        if not count or count == "0":
            continue
        if not (count.isascii() and count.isdecimal() and int(count[:4]) <= MOST_QUESTIONS and len(count) < 4):
            raise Amiss(texts.count_wanted(place + 1, MOST_QUESTIONS))
        topic, kind, hard = (sent.get(f"{name}-{place}", "") for name in ("topic", "kind", "difficulty"))
        if (
            (topic and topic not in set(Topic))
            or (kind and kind not in set(QuestionKind))
            or hard not in {"", "1", "2", "3", "4", "5"}
        ):
            raise Amiss(texts.ROW_WRONG)
        rows.append(
            (
                place,
                Row(
                    int(count),
                    Topic(topic) if topic else None,
                    QuestionKind(kind) if kind else None,
                    int(hard) if hard else None,
                ),
            )
        )
    return rows


def _row_words(row: Row) -> str:
    return texts.row(row.count, row.topic, row.kind, row.difficulty)


def _by_topic(results: Sequence[Result]) -> list[tuple[Topic, int, int]]:
    """Everybody together, by topic: (topic, right, asked)."""
    counts: dict[Topic, tuple[int, int]] = {}
    for one in results:
        for topic, right, of in one.topics:
            before = counts.get(topic, (0, 0))
            counts[topic] = before[0] + right, before[1] + of
    return [(topic, *counts[topic]) for topic in Topic if topic in counts]


def _home(paper: Paper) -> Response:
    return door.back(f"/h5/exams/{paper.public_id}")


_WORDS: Mapping[str, object] = {
    "state": texts.STATE,
    "topic": TOPIC,
    "kind": KIND,
    "any": texts.ANY,
    "share": texts.share,
    "office": texts.OFFICE_ONLY,
}
