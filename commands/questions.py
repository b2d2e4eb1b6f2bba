"""Question banks in and out."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.common import about, check_places, check_suffix, chunks, told, write_report
from commands.register import DONE, REFUSED, Chosen, Stop, argument, command
from texts import cli as texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app import House
    from services import banks
    from sheets.questions import QuestionLine

BANK_NAME = 60  # the longest name of a bank
HINTS = 20  # look-alikes told after an import


@command(
    "questions import",
    "take in a question bank (xlsx, xls, csv, json, GIFT, Aiken)",
    argument("file", type=Path),
    argument("--bank", help="instead of the file's name"),
    argument("--reviewed-by", help="who has looked the questions over: they go out at once, else they are drafts"),
    argument("--dry-run", action="store_true", help="tell what would become of each row and write nothing"),
    argument("--report", type=Path, help="write what became of each row as JSON"),
)
def _questions_import(chosen: Chosen) -> int:
    from sheets import questions

    check_places(chosen.file, chosen.report)
    reviewer = " ".join((chosen.reviewed_by or "").split())
    if chosen.reviewed_by is not None and not reviewer:
        raise Stop(texts.NO_REVIEWER)
    name = " ".join((chosen.bank if chosen.bank is not None else chosen.file.stem).split())
    if not 0 < len(name) <= BANK_NAME:
        raise Stop(texts.BANK_NAME)
    house = chosen.house()
    with about(chosen.file):
        lines = questions.read(chosen.file)
    rejected: list[dict[str, object]] = [asdict(line) for line in lines if isinstance(line, questions.QuestionFault)]
    fates, hints = take_questions(
        house, [line for line in lines if isinstance(line, questions.QuestionLine)], rejected,
        Intake(name, reviewer, dry=chosen.dry_run),
    )  # fmt: skip
    report = told(len(lines), fates, rejected, hints, texts.DRY_RUN if chosen.dry_run else "")
    if chosen.report:
        write_report(chosen.report, report)
    return REFUSED if rejected and len(rejected) == len(lines) else DONE


@dataclass(frozen=True)
class Intake:
    """How a bank's file is taken in: into which bank, looked over by whom ("": nobody), or only foretold."""

    bank: str
    reviewer: str
    dry: bool


def take_questions(
    house: House, lines: list[QuestionLine], rejected: list[dict[str, object]], how: Intake
) -> tuple[Counter[str], list[str]]:
    """Take the good questions in, chunk by chunk; contradictions join `rejected`. Returns fates and hints."""
    from services import banks
    from texts import question as words

    entries = [_question_entry(line) for line in lines]
    fates: Counter[str] = Counter()
    fresh: list[int] = []
    for place, repeat in enumerate(banks.settle(entries)):
        if repeat is None:
            fresh.append(place)
        elif repeat.contradicts:
            reason = words.contradicts(lines[repeat.place].row)
            rejected.append({"row": lines[place].row, "column": words.ANSWER, "reason": reason})
        else:
            fates[banks.Fate.DUPLICATE.value] += 1
    kept = [entries[place] for place in fresh]
    with house.reading() as db:
        act = house.operator()
        there = banks.named(db, act, how.bank)
        bank_id = there.id if there else None
        stems, pairs = banks.lookalikes(db, act, bank_id, kept)
        disputes = banks.disputes(db, act, bank_id, kept)
        judged = banks.foretell(db, act, bank_id, kept, how.reviewer) if how.dry else []
    if not how.dry and kept:
        bank_id = house.run(lambda db: banks.made(db, house.operator(), how.bank).id)
        judged = _questions_in(house, bank_id, kept, how.reviewer)
    fates += Counter(one.fate.value for one in judged)
    rows = [lines[place].row for place in fresh]
    hints = [words.other_bank(rows[one.place], one.bank) for one in disputes[:HINTS]]
    for pair in pairs[:HINTS]:
        here = rows[pair.other - len(stems)]
        hints.append(
            words.looks_like(here, rows[pair.one - len(stems)])
            if pair.one >= len(stems)
            else words.looks_like_kept(here, stems[pair.one])
        )
    return fates, hints


def _questions_in(house: House, bank_id: int, entries: list[banks.Entry], reviewer: str) -> list[banks.Judged]:
    from services import banks

    def take(db: Session, chunk: list[banks.Entry]) -> list[banks.Judged]:
        return banks.take_all(db, house.operator(), bank_id, chunk, reviewer)

    judged = []
    for chunk in chunks(house, entries, banks.CHUNK):
        judged += house.run(partial(take, chunk=chunk))
    house.run(lambda db: banks.taken_in(db, house.operator(), bank_id, len(entries), reviewer))
    return judged


@command(
    "questions export",
    "write a question bank (xlsx, csv, json, gift); the retired stay out",
    argument("out", type=Path),
    argument("--bank", help="this bank alone"),
)
def _questions_export(chosen: Chosen) -> None:
    from services import banks
    from sheets import questions

    check_places(chosen.out)
    check_suffix(chosen.out, *questions.SUFFIXES)
    house = chosen.house()

    def look(db: Session) -> list[QuestionLine]:
        act = house.operator()
        bank = banks.named(db, act, chosen.bank) if chosen.bank is not None else None
        if chosen.bank is not None and bank is None:
            known = [one.bank.name for one in banks.shelves(db, act)]
            raise Stop(texts.no_bank(chosen.bank, known))
        asked = banks.everything(db, act, bank.id if bank else None)
        return [_question_line(row, banks.entry_of(one)) for row, one in enumerate(asked, start=2)]

    with house.reading() as db:
        lines = look(db)
    with about(chosen.out):
        questions.write(lines, chosen.out)
    print(texts.questions_exported(len(lines), chosen.out))


def _question_entry(line: QuestionLine) -> banks.Entry:
    from services import banks

    return banks.Entry(**{name: getattr(line, name) for name in banks.FIELDS})


def _question_line(row: int, entry: banks.Entry) -> QuestionLine:
    from services import banks
    from sheets.questions import QuestionLine

    return QuestionLine(row, **{name: getattr(entry, name) for name in banks.FIELDS})
