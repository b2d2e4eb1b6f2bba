"""Forms of a round: what a question is, what answers it, and both as JSON; pure, so that a chat apart can use them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from models.round import FormKind
from services.errors import FormUnclear

MOST = 30  # questions of a form
MOST_OPTIONS = 9  # a digit each
LONGEST = 500  # characters of an answer in words
SCALE = 5  # a scale goes from 1 to this

Given = str | int | list[int]
"""One answer: words; the number of an option from 1, or of a scale; the numbers of several options."""
Answers = Mapping[int, Given]


@dataclass(frozen=True, slots=True)
class Question:
    """One question, at its place from 1 on."""

    position: int
    kind: FormKind
    stem: str
    options: tuple[str, ...] = ()
    required: bool = True

    def dump(self) -> str:
        """The question as JSON."""
        return json.dumps([self.position, self.kind.value, self.stem, self.options, self.required], ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Self:
        """The question that was dumped."""
        position, kind, stem, options, required = json.loads(text)
        return cls(position, FormKind(kind), stem, tuple(options), required)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled form as it is kept: the answers, and to which part of those asked the writer belongs ("": not told)."""

    part: str
    answers: Answers

    def dump(self) -> str:
        """The sheet as JSON."""
        said = {str(position): given for position, given in sorted(self.answers.items())}
        return json.dumps({"part": self.part, "answers": said}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Self:
        """The sheet that was dumped."""
        kept = json.loads(text)
        return cls(kept["part"], {int(position): given for position, given in kept["answers"].items()})


def checked(questions: Sequence[Question], given: Answers) -> dict[int, Given]:
    """The answers as they are kept, blanks left out. Raises FormUnclear for the first that lacks or does not fit."""
    found: dict[int, Given] = {}
    for question in questions:
        answer = _fitting(question, given.get(question.position))
        if answer is not None:
            found[question.position] = answer
        elif question.required:
            raise FormUnclear(question.position, question.kind, lacking=True)
    if not found:
        raise FormUnclear(1, questions[0].kind if questions else FormKind.TEXT, lacking=True)
    return found


def _fitting(question: Question, given: Given | None) -> Given | None:
    """The answer, None for a blank one. Raises FormUnclear."""
    match question.kind, given:
        case _, None | "" | []:
            return None
        case FormKind.TEXT, str():
            said = given.strip()
            if len(said) > LONGEST:
                raise FormUnclear(question.position, question.kind)
            return said or None
        case FormKind.SINGLE, int() if 1 <= given <= len(question.options):
            return given
        case FormKind.SCALE, int() if 1 <= given <= SCALE:
            return given
        case FormKind.MULTIPLE, list() if all(1 <= one <= len(question.options) for one in given):
            return sorted(set(given))
    raise FormUnclear(question.position, question.kind)
