"""测验: what it is and whether to begin, then one question a dialogue; what was answered is in SQL, not in the talk."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from bot.answers import Heard, NotAnAnswer
from bot.dialogues.study import own_answers
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from bot.words import normalise
from models.exam import Paper, Sitting
from models.question import Question, QuestionState
from services import answers, exams
from services.answers import Asked, Given, Why
from services.calendar import local
from services.errors import NoTriesLeft, PassedAlready, TooLate, WaitToRetake
from services.exams import Said
from texts import exam as texts
from texts import refusals
from texts import study as study_texts

NAME = "测验"
LONGEST = 600  # minutes, as long as a paper may be: while it runs, only its own end stops it
_HAND_IN, _SKIP = "hand in", "skip"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to the question, that it is skipped, or that everything is handed in."""

    question: Asked

    def read(self, heard: Heard) -> JsonValue:
        """{"do": what is wanted} or {"given": the answer as it is kept}."""
        said = heard.words()
        if normalise(said) in texts.HAND_IN:
            return {"do": _HAND_IN}
        if normalise(said) in texts.SKIP:
            return {"do": _SKIP}
        found = answers.read(self.question, said)
        if isinstance(found, Why):
            raise NotAnAnswer(texts.unclear(found, self.question.last))
        return {"given": found.dump()}

    def load(self, kept: JsonValue) -> Given | str:
        """The answer, or the word for what is wanted."""
        if not isinstance(kept, dict):
            raise NotAnAnswer(texts.unclear(Why.UNCLEAR, self.question.last))
        wanted, given = kept.get("do"), kept.get("given")
        return wanted if isinstance(wanted, str) else Given.load(str(given))


@dialogue(texts.HAND_IN[0], also=texts.HAND_IN[1:])
def handing_in(talk: Talk, _turn: Turn) -> Ending:
    """交卷 while no question of the sitting is open: it is left, or the phone is another."""
    return talk.then("", NAME, hand_in=True)


@dialogue(NAME, typos=("测念", "侧验"), help="测验", order=14, minutes=LONGEST, left=texts.LEFT)
def exam(talk: Talk, turn: Turn) -> str | Ending:
    """A sitting under way goes on, on whatever phone; else one may begin."""
    running = exams.under_way(turn.db, turn.who, turn.said_at)
    which = talk.keep("sitting", lambda: running.public_id if running else "")
    sitting = exams.own(turn.db, turn.who, which)
    if sitting is None:
        return _beginning(talk, turn)
    if exams.over(sitting, turn.said_at):
        if sitting.handed_in_at:
            return _over(turn, sitting, texts.DONE_ALREADY)
        return _over(turn, sitting, texts.LATE if talk.filed else texts.TIME_OVER)
    return _question(talk, turn, sitting)


def _beginning(talk: Talk, turn: Turn) -> str | Ending:
    """What time has ended is told first; then which paper, if there are several, and whether now."""
    ended = exams.past(turn.db, turn.who, turn.said_at)
    if ended is not None:
        return _over(turn, ended, texts.TIME_OVER)
    among = talk.keep("among", lambda: [one.public_id for one in exams.on_offer(turn.db, turn.now)])
    if not among:
        return texts.NOTHING
    paper = _paper(talk, turn, among)
    try:
        exams.check(turn.db, turn.who, paper, turn.now)
    except (PassedAlready, NoTriesLeft, WaitToRetake) as refusal:
        done = exams.of(turn.db, turn.who, paper)[-1]
        return f"{_figures(turn, done)}\n{refusals.words(refusal, turn.parts.where)}"
    offer = texts.offer(paper.title, exams.length(paper), paper.minutes, paper.pass_mark)
    past = exams.of(turn.db, turn.who, paper)
    again = f"\n{texts.last_time(past[-1].score or 0)}" if past else ""
    if talk.choose("now", f"{offer}{again}\n{texts.NOW}", texts.START) == "no":
        return texts.NOT_NOW
    sitting = exams.start(turn.db, turn.who, paper, turn.now, turn.parts.asks)
    return talk.then(texts.begun(*_times(turn, sitting)), NAME, after=0)


def _paper(talk: Talk, turn: Turn, among: list[str]) -> Paper:
    found = {one: exams.find(turn.db, one) for one in among}
    if len(found) == 1:
        return found[among[0]]
    return found[talk.choose("which", texts.WHICH, {key: one.title for key, one in found.items()})]


def _question(talk: Talk, turn: Turn, sitting: Sitting) -> str | Ending:
    """One question and its answer, which is kept at once; nothing is said of right and wrong before the end."""
    open_ones = exams.unanswered(turn.db, sitting)
    if talk.given("hand_in", bool):
        first = _next(exams.questions(sitting), open_ones, None)
        return _handed_in(talk, turn, sitting, first, len(open_ones))
    after = talk.given("after", int)
    question_id = talk.keep("question", lambda: _next(exams.questions(sitting), open_ones, after))
    if question_id not in open_ones:  # answered on another phone
        return _on(talk, turn, sitting, texts.ANSWERED_ELSEWHERE, question_id)
    question = turn.db.get_one(Question, question_id)
    if after is None:
        talk.say(texts.going_on(sitting.paper.title, *_times(turn, sitting)))
    if talk.keep("version", lambda: question.version) != question.version:
        return talk.then(study_texts.EDITED, NAME, after=_before(exams.questions(sitting), question_id))
    asked = answers.asked(question)
    talk.answers_are(own_answers(asked, (*texts.HAND_IN, *texts.SKIP)))
    said = talk.ask("answer", _prompt(sitting, question, asked), Reply(asked))
    if said == _SKIP:
        return talk.then(texts.SKIPPED, NAME, after=question_id)
    if said == _HAND_IN:
        return _handed_in(talk, turn, sitting, question_id, len(open_ones))
    assert isinstance(said, Given)
    try:
        at = turn.sent_at
    except TooLate:
        return talk.then(texts.SLOW, NAME, after=_before(exams.questions(sitting), question_id))
    kept = exams.answer(turn.db, sitting, question, Said(said, at, turn.key))
    return _on(talk, turn, sitting, texts.RECORDED if kept else texts.ANSWERED_ELSEWHERE, question_id)


def _handed_in(talk: Talk, turn: Turn, sitting: Sitting, question_id: int, left: int) -> str | Ending:
    """The end before the time, once more asked for while questions are open; else that question again."""
    if left and not talk.yes("sure", texts.sure(left)):
        return talk.then(texts.KEEP_ON, NAME, after=_before(exams.questions(sitting), question_id))
    return _over(turn, sitting, texts.HANDED_IN)


def _times(turn: Turn, sitting: Sitting) -> tuple[datetime, datetime]:
    """The end of the sitting, and now, on the branch's own wall."""
    zone = turn.parts.where.zone
    return local(sitting.ends_at, zone), local(turn.now, zone)


def _on(talk: Talk, turn: Turn, sitting: Sitting, words: str, after: int) -> str | Ending:
    """The next question, or the end after the last."""
    if exams.unanswered(turn.db, sitting):
        return talk.then(words, NAME, after=after)
    return _over(turn, sitting, words)


def _over(turn: Turn, sitting: Sitting, words: str) -> str:
    exams.hand_in(turn.db, sitting, turn.now)
    return "\n".join(filter(None, [words, _figures(turn, sitting), _once_more(turn, sitting)]))


def _figures(turn: Turn, sitting: Sitting) -> str:
    """The result, for the member alone."""
    done = exams.result(turn.db, turn.act, sitting)
    figures = texts.result(sitting.paper.title, (done.right, done.of, sitting.score or 0), passed=done.passed)
    return f"{figures}\n{texts.topics(done.topics)}"


def _once_more(turn: Turn, sitting: Sitting) -> str:
    left, at = exams.left(turn.db, turn.who, sitting.paper, turn.now)
    return texts.once_more(left, local(at, turn.parts.where.zone) if at else None) if left else ""


def _prompt(sitting: Sitting, question: Question, asked: Asked) -> str:
    drawn = exams.questions(sitting)
    unreviewed = question.state in {QuestionState.DRAFT, QuestionState.REVIEWED}  # one retired meanwhile had its review
    place = drawn.index(question.id) + 1
    head = texts.place(place, len(drawn))
    return study_texts.question(head, question.kind, (question.stem, asked.options), unreviewed=unreviewed)


def _next(drawn: list[int], open_ones: list[int], after: int | None) -> int:
    """The first open one behind the last asked; those skipped come at the end. 0 when there is none."""
    place = drawn.index(after) + 1 if after in drawn else 0
    behind = [one for one in drawn[place:] if one in open_ones]
    return next(iter([*behind, *open_ones]), 0)


def _before(drawn: list[int], question_id: int) -> int:
    """What stands before a question, so that it is asked next; 0 before the first."""
    place = drawn.index(question_id)
    return drawn[place - 1] if place else 0
