"""Question banks as Aiken (docs.moodle.org/en/Aiken_format): a question, its options, `ANSWER: B` or 答案：B."""

import re

from sheets.options import Unfit
from sheets.question import MOST, QuestionFault, QuestionLine, Said, understood
from sheets.question_tables import COLUMN
from texts import question as texts

ANSWER = re.compile(r"\s*(?:ANSWER|【?(?:正确|参考|标准)?答案】?)\s*[:：]\s*(.*)", re.IGNORECASE)
_OPTION = re.compile(r"\s*[（(]?([A-Ja-j])\s*[.)．、）:：]\s*(.*)")
_EXPLANATION = re.compile(r"\s*(?:【?(?:答案)?解析】?|EXPLANATION|FEEDBACK)\s*[:：]?\s*(.*)", re.IGNORECASE)
_LONGEST = 20_000  # signs
_NUMBERED = re.compile(r"\s*\d{1,4}[.．、]")


def read(text: str) -> list[QuestionLine | QuestionFault]:
    """Every question of the file, as a question or a fault; `row` is the line where it begins."""
    reading = _Reading()
    for number, line in enumerate(text.splitlines(), start=1):
        if len(reading.found) > MOST:
            break
        if line.strip():
            reading.take(number, line)
        else:
            reading.gap = True
    reading.end()
    return reading.found


class _Reading:
    """How far the reading has come: the question under way, where it begins, whether its answer has been met."""

    def __init__(self) -> None:
        self.found: list[QuestionLine | QuestionFault] = []
        self.asked: Said | None = None
        self.begins = 0
        self.answered = False
        self.gap = False  # an empty line has just passed

    def take(self, number: int, line: str) -> None:
        """Read one line that says something."""
        answer, option, more = ANSWER.fullmatch(line), _OPTION.fullmatch(line), _EXPLANATION.fullmatch(line)
        asked, gap, self.gap = self.asked, self.gap, False
        if (
            asked is not None
            and self.answered
            and (more or (asked.explanation and not gap and not _NUMBERED.match(line)))
        ):
            if answer:  # of a question that nothing parts from this explanation
                self._end_with(QuestionFault(number, texts.STEM, texts.PART_FROM_EXPLANATION))
            else:
                asked.explanation = _longer(asked.explanation, f"{more[1] if more else line}\n")
            return
        if asked is None or self.answered or (gap and asked.options and not option and not answer):
            asked = self._begin(number)
        if answer:
            asked.answer, self.answered = answer[1], True
        elif option and asked.stem:
            if option[1].upper() == "A" and asked.options:  # the next question: the one before has no answer
                stem = asked.options.pop().rpartition("\n")[2]
                asked = self._begin(number - 1)
                asked.stem = stem
            asked.options.append(option[2])
        elif asked.options:
            asked.options[-1] = _longer(asked.options[-1], f"\n{line}")
        else:
            asked.stem = _longer(asked.stem, f"{line}\n")

    def _end_with(self, fault: QuestionFault) -> None:
        self.end()
        self.found.append(fault)

    def _begin(self, number: int) -> Said:
        self.end()
        self.asked, self.begins, self.answered = Said(), number, False
        return self.asked

    def end(self) -> None:
        """The question under way is over."""
        if self.asked is not None:
            self.found.append(_line(self.begins, self.asked, answered=self.answered))
        self.asked = None


def _longer(text: str, more: str) -> str:
    """The text with more behind it; what is too long already is refused as it is."""
    return text if len(text) > _LONGEST else text + more


def _line(begins: int, said: Said, *, answered: bool) -> QuestionLine | QuestionFault:
    if not answered:
        return QuestionFault(begins, texts.ANSWER, texts.NO_ANSWER_LINE)
    try:
        return understood(begins, said)
    except Unfit as unfit:
        return QuestionFault(begins, COLUMN.get(unfit.part, unfit.part), unfit.reason)
