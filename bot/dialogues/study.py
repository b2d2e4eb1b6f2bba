"""答题, 错题, 专题: one question a dialogue, its answer kept at once; 下一题 goes on, 解析 explains; 导学: the path."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from bot.answers import Text
from bot.hearing import GO_ON
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from bot.words import normalise
from models.question import Question, QuestionKind, QuestionState, Topic
from models.study import Purpose
from services import answers, cards, study
from services.answers import Asked, Given, Why
from services.calendar import today
from services.study import Lane, Reply
from texts import exam as exam_texts
from texts import study as texts
from texts.question import TOPIC

WAITS = 24 * 60  # minutes a question waits for its answer
LONGEST = 10_000  # characters; how long an answer may be is said by what reads it
MOST_SKIPPED = 20
NAMES: Mapping[Purpose, str] = {Purpose.TODAY: "答题", Purpose.WRONG: "错题", Purpose.TOPIC: "专题"}


@dialogue(
    NAMES[Purpose.TODAY],
    also=("学习", "做题", "今天的题"),
    typos=("答提", "打题", "考试", "题目"),
    help="学习",
    order=4,
    passing=True,
    minutes=WAITS,
    left=texts.LEFT,
)
def practice(talk: Talk, turn: Turn) -> str | Ending:
    """Today's questions, one after the other; whoever wants goes on."""
    return _question(talk, turn, _lane(talk, Purpose.TODAY))


@dialogue(
    NAMES[Purpose.WRONG],
    also=("我的错题", "错题本"),
    typos=("错提", "做错的题"),
    help="错题",
    order=11,
    passing=True,
    minutes=WAITS,
    left=texts.LEFT,
)
def wrong(talk: Talk, turn: Turn) -> str | Ending:
    """Those answered wrongly, each once a round, until they are known."""
    return _question(talk, turn, _lane(talk, Purpose.WRONG))


@dialogue(
    NAMES[Purpose.TOPIC],
    also=("专题学习", "专题练习"),
    typos=("专提",),
    help="专题",
    order=12,
    passing=True,
    minutes=WAITS,
    left=texts.LEFT,
)
def topic(talk: Talk, turn: Turn) -> str | Ending:
    """Questions of one topic, chosen first."""
    chosen = talk.given("topic", str)
    if chosen is None:
        there = talk.keep("there", lambda: [one.value for one in study.topics(turn.db, turn.parts.study)])
        if not there:
            return texts.EMPTY
        chosen = talk.choose("which", texts.WHICH_TOPIC, {one: TOPIC[Topic(one)] for one in there})
    return _question(talk, turn, _lane(talk, Purpose.TOPIC, Topic(chosen)))


@dialogue(GO_ON, also=("再来一题", "下一道"), bound=False, passing=True)
def following(talk: Talk, turn: Turn) -> str | Ending:
    """After an answer: what came of it, and 继续 for the next. Said alone, it goes on with what was answered last."""
    told, name = talk.given("told", str), talk.given("name", str)
    if told is None or name is None:
        return _where_left(talk, turn)
    talk.answers_are("|".join(map(re.escape, (*texts.CONTINUE, *texts.EXPLAIN))))
    said = normalise(talk.ask("more", told, Text(LONGEST, 0)))
    if said in texts.CONTINUE:
        return talk.then("", name, **_passed_on(talk))
    if said in texts.EXPLAIN:
        return talk.then(_explained(turn), GO_ON, told=texts.GO_ON, name=name, **_passed_on(talk))
    return talk.then(texts.ALREADY, GO_ON, told=texts.GO_ON, name=name, **_passed_on(talk))


@dialogue("解析", also=("看解析",), passing=True)
def explanation(_talk: Talk, turn: Turn) -> str:
    """The question answered last once more, with its answer and where it stands."""
    return _explained(turn)


@dialogue(
    "导学",
    also=("导读", "读什么", "学什么"),
    typos=("道学", "倒学"),
    help="导学",
    order=13,
    passing=True,
    minutes=WAITS,
    left=texts.LEFT,
)
def path(talk: Talk, turn: Turn) -> str | Ending:
    """What to read now; the next comes after it has been read."""
    here, steps = study.to_read(turn.db, turn.who, today(turn.now, turn.parts.where.zone))
    shown = talk.keep("step", lambda: steps[here].public_id if here < len(steps) else "")
    if not steps:
        return texts.NO_PATH
    place = next((place for place, one in enumerate(steps) if one.public_id == shown), None)
    if place is None:
        return texts.path_read(len(steps)) if here == len(steps) else talk.then("", path)
    now = steps[place]
    words = texts.step(place + 1, len(steps), now.title, now.reading)
    talk.choose(f"read {shown}", words, texts.READ, also=texts.READ_TOO)
    study.read(turn.db, turn.who, now, turn.now)
    return talk.then(texts.NOTED, path)


def _lane(talk: Talk, purpose: Purpose, of: Topic | None = None) -> Lane:
    """What is practised, as the talk was opened."""
    since = talk.given("since", int) or 0
    skipped = talk.given("skipped", list) or []
    begun = datetime.fromtimestamp(since, UTC) if since else None
    return Lane(purpose, of, begun, [one for one in skipped if isinstance(one, str)])


def _question(talk: Talk, turn: Turn, lane: Lane) -> str | Ending:
    """One question and its answer. The talk names the question, so no answer can land on another one."""
    shown = talk.keep("question", lambda: talk.given("again", str) or _next(turn, lane))
    question = study.find(turn.db, shown) if shown else None
    if question is None:
        return _nothing(turn, lane)
    rules, onward = turn.parts.study, _onward(talk, turn, lane)
    if question.state not in rules.states:
        return talk.then("", GO_ON, told=texts.RETIRED, **onward)
    if talk.keep("version", lambda: question.version) != question.version:
        return talk.then(texts.EDITED, NAMES[lane.purpose], again=shown, **onward)
    asked_at = talk.keep("asked", lambda: int(turn.said_at.timestamp()))
    asked = answers.asked(question)
    talk.answers_are(own_answers(asked, (*texts.SKIP, *texts.EXPLAIN)))
    said = talk.ask(f"answer {shown}", _prompt(turn, lane, question, asked), Text(LONGEST, 0))
    if normalise(said) in texts.SKIP:
        onward["skipped"] = list[JsonValue]([*lane.skipped, shown][-MOST_SKIPPED:])
        return talk.then(texts.SKIPPED, NAMES[lane.purpose], **onward)
    given = Given(None) if normalise(said) in texts.EXPLAIN else answers.read(asked, said)
    if isinstance(given, Why):
        talk.again(f"answer {shown}", exam_texts.unclear(given, asked.last))
    took = cards.thought(datetime.fromtimestamp(asked_at, UTC), turn.said_at)
    kept = study.keep(turn.db, turn.who, question, lane, Reply(given, turn.now, took, turn.key), rules)
    told = texts.answered(kept.outcome, _right(question, asked), question.explanation, _source(question))
    mastered = texts.MASTERED if kept.mastered else ""
    return talk.then("", GO_ON, told=f"{told}{mastered}{_request(turn, lane)}", **onward)


def _next(turn: Turn, lane: Lane) -> str:
    found = study.next_question(turn.db, turn.who, lane, turn.now, turn.parts.study)
    return found.public_id if found else ""


def _onward(talk: Talk, turn: Turn, lane: Lane) -> dict[str, JsonValue]:
    """What the next dialogue is opened with; a round of 错题 begins with its first question."""
    since = lane.since or turn.now
    begun = talk.keep("since", lambda: int(since.timestamp()))
    handed: dict[str, JsonValue] = {"name": NAMES[lane.purpose], "since": begun, "skipped": list(lane.skipped)}
    return {**handed, "topic": lane.topic.value} if lane.topic else handed


def _passed_on(talk: Talk) -> dict[str, JsonValue]:
    return {key: value for key, value in talk.opening.items() if key in {"since", "skipped", "topic"}}


def _where_left(talk: Talk, turn: Turn) -> str | Ending:
    """继续 some time later: with today's, or with the lane of today's last answer."""
    last = study.last_asked(turn.db, turn.member) if turn.member else None
    zone = turn.parts.where.zone
    if last is None or today(last[1].at, zone) != today(turn.now, zone):
        return texts.NOTHING_TO_RESUME
    question, answer = last
    handed: dict[str, JsonValue] = {"topic": question.topic.value} if answer.purpose is Purpose.TOPIC else {}
    return talk.then("", NAMES[answer.purpose], **handed)


def _nothing(turn: Turn, lane: Lane) -> str:
    if lane.purpose is Purpose.WRONG:
        return texts.WRONG_DONE if study.wrong_ones(turn.db, turn.who) else texts.NO_WRONG
    if lane.topic:
        return texts.topic_done(lane.topic)
    return texts.NOTHING_NOW if study.topics(turn.db, turn.parts.study) else texts.EMPTY


def _prompt(turn: Turn, lane: Lane, question: Question, asked: Asked) -> str:
    if lane.purpose is Purpose.WRONG:
        head = texts.wrong(study.wrong_ones(turn.db, turn.who))
    elif lane.topic:
        head = texts.topic(lane.topic)
    else:
        place = study.place(turn.db, turn.who, turn.now, turn.parts.study)
        head = texts.today(place.number, place.of)
    unreviewed = question.state is not QuestionState.LIVE
    return texts.question(head, question.kind, (question.stem, asked.options), unreviewed=unreviewed)


def _request(turn: Turn, lane: Lane) -> str:
    if lane.purpose is Purpose.TODAY:
        place = study.place(turn.db, turn.who, turn.now, turn.parts.study)
        if place.number == place.of + 1:
            return texts.done(place.of)
    return texts.GO_ON


def own_answers(asked: Asked, more: Sequence[str]) -> str:
    """What answers this question even where it is a command elsewhere: its own words, years in a blank, and more."""
    own = [re.escape(one) for one in (*more, *map(normalise, asked.options))]
    if asked.kind is QuestionKind.BLANK and isinstance(asked.key, tuple):
        accepted = [str(text) for blank in asked.key if isinstance(blank, tuple) for text in blank]
        own += ["[0-9]{1,5}", *(re.escape(normalise(text)) for text in accepted)]
    return "|".join(own)


def _right(question: Question, asked: Asked) -> str:
    return texts.right_answer(question.kind, asked.key, asked.options)


def _source(question: Question) -> str:
    return texts.source(question.document, question.article, question.certainty)


def _explained(turn: Turn) -> str:
    last = study.last_asked(turn.db, turn.who)
    if last is None:
        return texts.NOT_ANSWERED_YET
    question, _ = last
    right = _right(question, answers.asked(question))
    return texts.explained(question.stem, right, question.explanation, _source(question), question.edition)
