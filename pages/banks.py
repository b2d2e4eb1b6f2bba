"""Question banks (题库): browsed, looked over, edited, put to use, retired; taken in from files and handed out."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

import flask
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.question import Bank, Certainty, Question, QuestionKind, QuestionState, Topic
from pages import door, members, parcels, study
from pages.door import Amiss, Desk, Room
from pages.parcels import Fault, Freight, Parcel, Sent, Shown
from services import banks, study_figures
from services.banks import FIELDS, Entry, Fate, Wanted
from services.rights import Act
from sheets import questions
from sheets.options import Unfit
from sheets.question import Said
from sheets.question_json import written_key
from sheets.question_tables import COLUMN
from sheets.questions import QuestionFault, QuestionLine
from texts import question as words
from texts import study_pages as texts
from texts.question import CERTAINTY, KIND, STATE, TOPIC

SHOWN = 30  # questions on one page
OPTIONS = 10  # fields for options in the form
COMPARED = 5_000  # rows of a file that are compared with other banks and with each other before the yes
STARTERS = Path(__file__).parent.parent / "banks"
SUFFIXES = ("xlsx", "csv", "gift", "json")


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/study and the banks, questions and editions under it, each with its forms; exports."""
    room = Room("banks", desk)
    _browsing(room, desk)
    _handing_out(room)
    _entering(room, desk)
    _looking_over(room, desk)
    _editions(room, desk)
    return room.blueprint


def arrivals(desk: Desk) -> Blueprint:
    """GET and POST /h5/study/import, the parcel's page with its report, POST there to go on."""
    return parcels.blueprint(desk, Banks())


# --- looking ----------------------------------------------------------------------------------------------------


def _browsing(room: Room, desk: Desk) -> None:
    @room.get("/h5/study")
    def shelves(db: Session, act: Act) -> Response:
        there = banks.shelves(db, act)
        known = {one.bank.name for one in there}
        starters = [name for name in _starters() if name not in known]
        return study.show(desk, act, "study/banks.html", shelves=there, states=STATE, starters=starters)

    @room.slow("/h5/study/starter", again=shelves)
    def starter() -> Response:
        freight = Banks()
        by, name = parcels.clerk(desk, freight), request.form.get("name", "")
        if name not in _starters():
            raise Amiss(texts.NO_SUCH_STARTER)
        lines = freight.read(_starters()[name])
        return parcels.begin(desk, freight, by, Sent(f"{name}.csv", lines, {"bank": name, "reviewer": ""}))

    @room.get("/h5/study/banks/<bank>")
    def browse(db: Session, act: Act, bank: str) -> Response:
        found = banks.find_bank(db, act, bank)
        wanted = _wanted(found)
        shown = banks.listed(db, act, wanted, _after(), SHOWN + 1)
        counts = next(one.counts for one in banks.shelves(db, act) if one.bank.id == found.id)
        narrowed = bool(wanted.state or wanted.topic or wanted.kind or wanted.text)
        return study.show(
            desk,
            act,
            "study/bank.html",
            bank=found,
            wanted=wanted,
            questions=shown[:SHOWN],
            many=banks.count(db, act, wanted) if narrowed else sum(counts.values()),
            narrowed=narrowed,
            counts=counts,
            states=STATE,
            kinds=KIND,
            topics=TOPIC,
            source=texts.source,
            begun=_after() > 0,
            onward=_address(after=str(shown[SHOWN - 1].id)) if len(shown) > SHOWN else "",
            by_state=lambda state: _address(after="", state=state),
            first=_address(after=""),
        )


def _starters() -> dict[str, Path]:
    """The banks that come along, by name."""
    return {one.stem: one for one in sorted(STARTERS.glob("*.csv"))}


def _wanted(bank: Bank) -> Wanted:
    """What the list is asked for; nonsense asks for everything."""
    state, kind, topic = (request.args.get(name, "") for name in ("state", "kind", "topic"))
    return Wanted(
        bank.id,
        QuestionState(state) if state in set(QuestionState) else None,
        QuestionKind(kind) if kind in set(QuestionKind) else None,
        Topic(topic) if topic in set(Topic) else None,
        request.args.get("q", "")[:60].strip(),
    )


def _after() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _address(**changed: str) -> str:
    asked = {**request.args.to_dict(), **changed}
    return f"{request.path}?{urlencode({name: one for name, one in asked.items() if one})}"


def _handing_out(room: Room) -> None:
    @room.get("/h5/study/banks/<bank>/export.<suffix>")
    def export(db: Session, act: Act, bank: str, suffix: str) -> Response:
        if suffix not in SUFFIXES:
            flask.abort(404)
        found = banks.find_bank(db, act, bank)
        lines = [_line(banks.entry_of(one)) for one in banks.everything(db, act, found.id)]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / f"bank.{suffix}"
            questions.write(lines, out)
            return members.file(out.read_bytes(), f"题库 {found.name} {act.day.isoformat()}", suffix)


# --- one question -----------------------------------------------------------------------------------------------


def _entering(room: Room, desk: Desk) -> None:
    """One more question, and one edited; both are the same form."""

    @room.get("/h5/study/banks/<bank>/new")
    def new_page(db: Session, act: Act, bank: str) -> Response:
        return _form(desk, act, banks.find_bank(db, act, bank), None)

    @room.post("/h5/study/banks/<bank>/new", again=new_page)
    def new(db: Session, act: Act, bank: str) -> Response:
        made = banks.add(db, act, banks.find_bank(db, act, bank), _typed())
        door.say(texts.ENTERED)
        return _home(made)

    @room.get("/h5/study/questions/<question>/edit")
    def edit_page(db: Session, act: Act, question: str) -> Response:
        found = banks.find(db, act, question)
        return _form(desk, act, found.bank, found)

    @room.post("/h5/study/questions/<question>/edit", again=edit_page)
    def edit(db: Session, act: Act, question: str) -> Response:
        found = banks.find(db, act, question)
        changed = banks.edit(db, act, found, _typed(), _seen())
        door.say(texts.edited(changed) if changed else texts.SAME)
        return _home(found)


def _looking_over(room: Room, desk: Desk) -> None:
    """A question's page, and what is done to it there."""

    @room.get("/h5/study/questions/<question>")
    def question_page(db: Session, act: Act, question: str) -> Response:
        found = banks.find(db, act, question)
        entry = banks.entry_of(found)
        return study.show(
            desk,
            act,
            "study/question.html",
            question=found,
            asked=texts.asked(entry.kind, entry.stem, entry.options, draft=found.state is QuestionState.DRAFT),
            right=texts.answered(found, entry.key, entry.options, right=True),
            wrong=texts.answered(found, entry.key, entry.options, right=False),
            key=written_key(_line(entry)),
            source=texts.source(found.document, found.edition, found.article),
            kind=KIND[found.kind],
            state=STATE[found.state],
            topic=TOPIC[found.topic],
            certainty=CERTAINTY[found.certainty],
            onward=_onward(db, act, found),
            log=study.log_of(desk, db, found),
        )

    def step(name: str, said: str, work: Callable[[Session, Act, Question], None]) -> None:
        def take(db: Session, act: Act, question: str) -> Response:
            found = banks.find(db, act, question)
            draft = found.state is QuestionState.DRAFT
            work(db, act, found)
            onward = _onward(db, act, found) if draft and found.state is not QuestionState.RETIRED else None
            door.say(said + texts.ONWARD if onward else said)
            return _home(onward or found)

        take.__name__ = name
        room.post(f"/h5/study/questions/<question>/{name}", again=question_page)(take)

    step("review", texts.REVIEWED, lambda db, act, one: banks.review(db, act, one, _reviewer(), _seen()))
    step("publish", texts.PUBLISHED, lambda db, act, one: banks.publish(db, act, one, _seen(), _reviewer_of(one)))
    step("retire", texts.RETIRED, lambda db, act, one: banks.retire(db, act, one, _seen()))
    step("reopen", texts.REOPENED, lambda db, act, one: banks.reopen(db, act, one, _seen()))


def _onward(db: Session, act: Act, question: Question) -> Question | None:
    """The bank's next question that waits to be looked over, from the start again after the last."""
    waiting = Wanted(question.bank_id, QuestionState.DRAFT)
    found = [*banks.listed(db, act, waiting, question.id, 1), *banks.listed(db, act, waiting, 0, 1)]
    return next((one for one in found if one.id != question.id), None)


def _seen() -> int:
    return door.number("version", "版本", least=1, most=10**8)


def _reviewer() -> str:
    name = door.field("reviewer", "审核人", most=banks.LONGEST_REVIEWER)
    if not name:
        raise Amiss(texts.REVIEWER_WANTED)
    return name


def _reviewer_of(question: Question) -> str:
    """Who looks a draft over when it is put to use; a reviewed one has been looked over."""
    return _reviewer() if question.state is QuestionState.DRAFT else ""


def _home(question: Question) -> Response:
    return door.back(f"/h5/study/questions/{question.public_id}")


def _form(desk: Desk, act: Act, bank: Bank, question: Question | None) -> Response:
    entry = banks.entry_of(question) if question else None
    options = list(entry.options) if entry else []
    return study.show(
        desk,
        act,
        "study/form.html",
        bank=bank,
        question=question,
        options=[*options, *[""] * (OPTIONS - len(options))],
        shown=max(4, len(options)),
        letters="ABCDEFGHIJ",
        answer=written_key(_line(entry)) if entry else "",
        kinds=KIND,
        topics=TOPIC,
        certainties=CERTAINTY,
        labels=words.FIELD,
    )


def _typed() -> Entry:
    """The question as the form says; raises Amiss with the field that cannot be understood."""
    said = Said(
        kind=_coded("kind", KIND),
        stem=door.paragraph("stem", words.FIELD["stem"], most=4000),
        options=_options(),
        answer=door.field("answer", words.FIELD["key"], most=400),
        explanation=door.paragraph("explanation", words.FIELD["explanation"], most=10_000),
        document=door.field("document", words.FIELD["document"], most=60),
        edition=door.field("edition", words.FIELD["edition"], most=20),
        article=door.field("article", words.FIELD["article"], most=40),
        certainty=_coded("certainty", CERTAINTY),
        difficulty=door.field("difficulty", words.FIELD["difficulty"], most=1),
        topic=_coded("topic", TOPIC),
        tags=door.field("tags", words.FIELD["tags"], most=100),
    )
    try:
        return _entry(questions.one(said))
    except Unfit as unfit:
        raise Amiss(texts.part_wrong(COLUMN.get(unfit.part, words.FIELD["stem"]), unfit.reason)) from None


def _options() -> list[str]:
    """The options that are filled in; one left empty in between stays, so that it is told."""
    told = [door.field(f"option{place}", words.FIELD["options"], most=1000) for place in range(OPTIONS)]
    while told and not told[-1]:
        told.pop()
    return told


def _coded(name: str, named: Mapping[QuestionKind, str] | Mapping[Certainty, str] | Mapping[Topic, str]) -> str:
    """A code chosen in a form, in its words; nonsense says nothing."""
    return {code.value: said for code, said in named.items()}.get(request.form.get(name, ""), "")


# --- editions ---------------------------------------------------------------------------------------------------


def _editions(room: Room, desk: Desk) -> None:
    @room.get("/h5/study/editions")
    def editions_page(db: Session, act: Act) -> Response:
        there = study_figures.editions(db, act)
        asked = request.args.get("document", ""), request.args.get("edition", "")
        chosen = next((one for one in there if (one.document, one.edition) == asked), None)
        return study.show(desk, act, "study/editions.html", editions=there, meant=chosen)

    @room.post("/h5/study/editions", again=editions_page)
    def retire_edition(db: Session, act: Act) -> Response:
        number = banks.retire_edition(db, act, request.form.get("document", ""), request.form.get("edition", ""))
        door.say(texts.edition_retired(number))
        return door.back("/h5/study/editions")


# --- taken in ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a file; `repeats` is the row it says once more, 0 for none."""

    line: QuestionLine
    repeats: int = 0


class Banks(Freight[Asked]):
    """Question banks, taken in by whoever keeps the study."""

    name, base, folder = "bank_imports", "/h5/study/import", "study"
    key_column = words.STEM
    tabs = texts.TABS
    fates = texts.FATE
    most, chunk, chunks = questions.MOST_BYTES, banks.CHUNK, 10

    def may(self, act: Act) -> bool:
        """Keeps the study."""
        return act.rights.runs_study

    def about(self, lines: Sequence[Asked]) -> dict[str, str]:
        """Which bank, and who has looked it over."""
        del lines
        sent = request.files.get("file")
        typed = door.field("bank", "题库名称", most=banks.LONGEST_NAME)
        name = banks.bank_name(typed or (Path(sent.filename).stem if sent and sent.filename else ""))
        if not name:
            raise Amiss(texts.BANK_NAME_WANTED)
        return {"bank": name, "reviewer": door.field("reviewer", "审核人", most=banks.LONGEST_REVIEWER)}

    def read(self, path: Path) -> list[Asked | Fault]:
        """The questions of a file; of two that contradict each other the first stands."""
        lines = questions.read(path)
        good = [one for one in lines if isinstance(one, QuestionLine)]
        settled = iter(zip(good, banks.settle([_entry(one) for one in good]), strict=True))
        read: list[Asked | Fault] = []
        for one in lines:
            if isinstance(one, QuestionFault):
                read.append(Fault(one.row, one.column, one.reason))
                continue
            line, repeat = next(settled)
            if repeat is not None and repeat.contradicts:
                read.append(Fault(line.row, words.ANSWER, words.contradicts(good[repeat.place].row)))
            else:
                read.append(Asked(line, good[repeat.place].row if repeat else 0))
        return read

    def pack(self, line: Asked) -> dict[str, object]:
        """Codes as text."""
        return {"repeats": line.repeats, **asdict(line.line)}

    def unpack(self, told: Mapping[str, object]) -> Asked:
        """And back."""
        values = dict(told)
        repeats = int(str(values.pop("repeats")))
        kind, certainty, topic = (values.pop(name) for name in ("kind", "certainty", "topic"))
        key, options = values.pop("key"), values.pop("options")
        assert isinstance(options, list)
        line = QuestionLine(
            **values,  # type: ignore[arg-type] # as `pack` made it
            kind=QuestionKind(str(kind)),
            key=bool(key) if not isinstance(key, list) else _frozen(key),
            options=tuple(options),
            certainty=Certainty(str(certainty)) if certainty else None,
            topic=Topic(str(topic)) if topic else None,
        )
        return Asked(line, repeats)

    def foretell(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Asked]) -> list[Shown]:
        """New, changed (in what), known, or said by an earlier row."""
        bank = banks.named(db, act, parcel.about["bank"])
        fresh = [_entry(one.line) for one in lines if not one.repeats]
        judged = iter(banks.foretell(db, act, bank.id if bank else None, fresh, parcel.about["reviewer"]))
        shown = []
        for one in lines:
            if one.repeats:
                shown.append(self.show(one, Fate.DUPLICATE))
                continue
            found = next(judged)
            says = texts.changed(found.changed) if found.fate is Fate.UPDATED else ""
            shown.append(Shown(one.line.row, one.line.stem, found.fate, "", says))
        return shown

    def take(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Asked]) -> list[str]:
        """Take these questions in; the bank is made with the first."""
        bank = banks.made(db, act, parcel.about["bank"])
        fresh = [_entry(one.line) for one in lines if not one.repeats]
        judged = iter(banks.take_all(db, act, bank.id, fresh, parcel.about["reviewer"]))
        return [Fate.DUPLICATE.value if one.repeats else next(judged).fate.value for one in lines]

    def finish(self, desk: Desk, parcel: Parcel) -> None:
        """The log says that the file is in."""

        def note(db: Session) -> None:
            act = parcels.acting(desk, db)
            bank = banks.made(db, act, parcel.about["bank"])
            banks.taken_in(db, act, bank.id, parcel.rows, parcel.about["reviewer"])

        desk.run(note)

    def show(self, line: Asked, fate: str) -> Shown:
        """A question with what has become of it."""
        return Shown(line.line.row, line.line.stem, fate, "", texts.repeats(line.repeats) if line.repeats else "")

    def warnings(self, db: Session, act: Act, parcel: Parcel, lines: Sequence[Asked]) -> list[str]:
        """Keys that other banks contradict, stems that are nearly the same."""
        fresh = [one.line for one in lines if not one.repeats]
        if len(fresh) > COMPARED:
            return [texts.NOT_COMPARED]
        bank = banks.named(db, act, parcel.about["bank"])
        entries = [_entry(one) for one in fresh]
        bank_id = bank.id if bank else None
        told = [texts.disputed(fresh[one.place].row, one.bank) for one in banks.disputes(db, act, bank_id, entries)]
        kept, pairs = banks.lookalikes(db, act, bank_id, entries)
        stems = [*kept, *(one.stem for one in fresh)]
        return told + [texts.looks_like(fresh[one.other - len(kept)].row, stems[one.one]) for one in pairs]

    def beside(self, db: Session, act: Act) -> object:
        """The banks there are."""
        return [one.bank.name for one in banks.shelves(db, act)]


def _frozen(key: list[object]) -> tuple[int, ...] | tuple[tuple[str, ...], ...]:
    """A key that JSON has made lists of."""
    if key and isinstance(key[0], list):
        return tuple(tuple(str(text) for text in blank) for blank in key if isinstance(blank, list))
    return tuple(int(str(place)) for place in key)


def _entry(line: QuestionLine) -> Entry:
    return Entry(**{name: getattr(line, name) for name in FIELDS})


def _line(entry: Entry) -> QuestionLine:
    return QuestionLine(0, **{name: getattr(entry, name) for name in FIELDS})
