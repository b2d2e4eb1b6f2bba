"""Question banks kept: taken in from files, looked over, put to use, edited, retired; every step logged."""

from dataclasses import dataclass
from enum import StrEnum

from models.question import Certainty, QuestionKind, Topic

Key = bool | tuple[int, ...] | tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One question, already read; None and "" say nothing and never wipe out what is on record.

    `key`: places of the right options from 0, in order; for 判断 True or False; for 填空 the accepted texts of each
    blank.
    """

    kind: QuestionKind
    stem: str
    options: tuple[str, ...]
    key: Key
    explanation: str = ""
    document: str = ""
    edition: str = ""
    article: str = ""
    certainty: Certainty | None = None
    difficulty: int | None = None
    topic: Topic | None = None
    tags: str = ""


class Fate(StrEnum):
    """What became of a row, or what will."""

    IMPORTED = "imported"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    CONTRADICTS = "contradicts"


# Verbs, all Raises NotAllowed without act.rights.runs_study:
#   banks(db, act) -> list[Shelf]                      each bank with the number of questions in each state
#   bank(db, act, name) -> Bank                        found or made; find_bank(db, act, public_id)
#   settle(entries) -> list[int | None]                within one file: place of the earlier row it repeats or contradicts
#   foretell(db, act, bank | None, entries) -> list[Fate]   what take_all would do; nothing is written
#   take_all(db, act, bank, entries, reviewed_by="") -> list[Fate]   one chunk, one transaction; CHUNK rows at most
#   taken_in(db, act, bank, rows)                      the file is in: noted in the log
#   listed(db, act, Wanted(...), after, most) -> list[Question];  find(db, act, public_id) -> Question
#   edit(db, act, question, entry, seen) -> tuple[str, ...]  names of changed fields, back to draft; EditedMeanwhile
#   review(db, act, question, name, seen), publish(...), retire(...), reopen(...)   QuestionMoved if not in that state
#   retire_edition(db, act, document, edition) -> int
#   alike(stems) -> list[tuple[int, int, float]]       near-duplicate stems
