"""征集: which round, then its questions one by one; one effect, at the end. 不记名填写 is the same had apart.

A signed answer is written in the turn's own transaction. Of an unnamed one nothing is in the ordinary memory or the
database: the round's questions are handed over to a sealed dialogue, whose last turn writes into the store of what is
unsigned. The ballot is drawn when that dialogue starts, so a repeated delivery is the same ballot.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from pydantic import JsonValue

from bot.answers import Heard, NotAnAnswer
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from bot.words import normalise
from models.round import FormKind, Round, RoundState
from sealed.desk import DeskRefusal
from sealed.unsigned import UnsignedBusy, UnsignedRefusal
from services import forms, round_results, rounds
from services.calendar import local
from services.forms import Given, Question, Sheet
from texts import round as texts

_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_BETWEEN = re.compile(r"[\s、，,。.;；和选第个项分]+")


@dialogue(texts.NAME, also=("征求意见", "问卷"), typos=("征极", "争集", "整集"), help="填征集", order=17)
def round_(talk: Talk, turn: Turn) -> str | Ending:
    """Which one, if there are several; one with a published table is read out."""
    among = talk.keep("among", lambda: [one.public_id for one in _offered(turn)])
    if not among:
        return texts.NOTHING
    chosen = _chosen(talk, turn, among)
    if chosen.state is RoundState.PUBLISHED:
        lines = [(one.summary, one.verdict, one.reason) for one in round_results.table(turn.db, chosen)]
        return texts.published(chosen.title, lines, _page(turn, chosen))
    form = rounds.form(turn.db, chosen)
    if chosen.unnamed:
        return _handed_over(talk, turn, chosen, form)
    if rounds.given_by(turn.db, chosen, turn.who):
        talk.say(texts.AGAIN)
    talk.say(_about(turn, chosen, form))
    talk.say(texts.SIGNED)
    given = _filled(talk, form)
    rounds.answer(turn.db, chosen, turn.who, given, turn.now, turn.key)
    return texts.SENT_SIGNED


@dialogue(texts.APART, bound=False, sealed=True, typed_only=True)
def apart(talk: Talk, turn: Turn) -> str:
    """The questions of an unnamed round; opened by 征集 alone, which says whose place it is."""
    round_id, who = talk.given("round", str), talk.given("who", str)
    if not round_id or not who:
        return texts.START_WITH
    opening, intake = talk.opening, turn.parts.intake
    store = intake.unsigned
    form = [Question.load(str(one)) for one in talk.given("form", list) or []]
    ballot = talk.keep("ballot", lambda: secrets.token_hex(16))
    try:
        if not talk.answers and not intake.forgets():
            return texts.page_instead(str(opening["page"]))
        if not talk.answers and store.has_answered(round_id, who):
            return texts.UNNAMED_ANSWERED
        talk.say(str(opening["about"]))
        talk.say(texts.UNNAMED)
        given = forms.checked(form, _filled(talk, form))
        if talk.choose("sure", texts.SURE, texts.SURE_OPTIONS) == "no":
            return texts.NOT_SENT
        if turn.now >= datetime.fromisoformat(str(opening["closes"])):
            return texts.UNNAMED_OVER
        store.answer(round_id, who, ballot, Sheet(str(opening["part"]), given).dump())
    except UnsignedBusy as busy:  # it may pass, and what was filled in is only here
        if talk.answers:
            talk.again("sure", texts.unnamed_refused(busy))
        return texts.unnamed_refused(busy)
    except UnsignedRefusal as refusal:
        return texts.unnamed_refused(refusal)
    except DeskRefusal:
        return texts.page_instead(str(opening["page"]))
    return texts.SENT_UNNAMED


def _offered(turn: Turn) -> Sequence[Round]:
    """What can be answered now, then the tables of the last weeks; the same whoever has answered."""
    told = rounds.told(turn.db, turn.who, turn.now - rounds.PUBLISHED_FOR)
    return [*rounds.asked(turn.db, turn.who, turn.now), *told][: forms.MOST_OPTIONS]


def _chosen(talk: Talk, turn: Turn, among: Sequence[str]) -> Round:
    found = {one: rounds.own(turn.db, turn.who, one) for one in among}
    if len(found) == 1:
        return found[among[0]]
    zone = turn.parts.where.zone
    words = {
        key: texts.which_told(one.title)
        if one.state is RoundState.PUBLISHED
        else texts.which(one.title, local(one.closes_at, zone))
        for key, one in found.items()
    }
    return found[talk.choose("which", texts.WHICH, words)]


def _handed_over(talk: Talk, turn: Turn, chosen: Round, form: Sequence[Question]) -> str | Ending:
    """Nothing more of it is said here, where it would be remembered."""
    if not turn.parts.intake.root:
        return texts.page_instead(_page(turn, chosen))
    return talk.then(
        "",
        texts.APART,
        round=chosen.public_id,
        who=turn.who.public_id,
        part=rounds.part(turn.db, chosen, turn.who),
        closes=chosen.closes_at.isoformat(),
        about=_about(turn, chosen, form),
        page=_page(turn, chosen),
        form=[one.dump() for one in form],
    )


def _about(turn: Turn, chosen: Round, form: Sequence[Question]) -> str:
    activity = rounds.rated(turn.db, chosen)
    rates = texts.rated(local(activity.starts_at, turn.parts.where.zone), activity.title) if activity else ""
    return texts.about(chosen.purpose, chosen.title, chosen.body, len(form), rates)


def _page(turn: Turn, chosen: Round) -> str:
    return f"{turn.parts.pages}asked/{chosen.public_id}"


def _filled(talk: Talk, form: Sequence[Question]) -> dict[int, Given]:
    """The answers, asked for one by one."""
    return {one.position: _answer(talk, one, len(form)) for one in form}


def _answer(talk: Talk, one: Question, last: int) -> Given:
    key = f"question {one.position}"
    match one.kind:
        case FormKind.SINGLE:
            chosen = talk.choose(key, texts.question(one, last), texts.choices(one))
            return chosen or ""
        case FormKind.TEXT:
            said = talk.tell(key, texts.asked(one, last), forms.LONGEST)
            return "" if not one.required and normalise(said) == texts.SKIP else said
    numbers = talk.ask(key, texts.asked(one, last), _Numbers(one))
    if one.kind is FormKind.MULTIPLE:
        return numbers
    return numbers[0] if numbers else ""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of options, each a digit, or one of a scale; 跳过 is none where that may be."""

    question: Question

    def read(self, heard: Heard) -> JsonValue:
        """The numbers, each once."""
        said = heard.words()
        if not self.question.required and normalise(said) == texts.SKIP:
            return []
        plain = _BETWEEN.sub("", normalize("NFKC", said).translate(_NUMERALS))
        if not plain.isascii() or not plain.isdecimal():
            raise NotAnAnswer(self._wanted)
        return [*sorted({int(one) for one in plain})]

    def load(self, kept: JsonValue) -> list[int]:
        """The numbers, if they are those of options."""
        numbers = [one for one in kept if isinstance(one, int)] if isinstance(kept, list) else []
        most = len(self.question.options) if self.question.kind is FormKind.MULTIPLE else forms.SCALE
        several = self.question.kind is FormKind.MULTIPLE or len(numbers) <= 1
        if not several or not all(1 <= one <= most for one in numbers) or (not numbers and self.question.required):
            raise NotAnAnswer(self._wanted)
        return numbers

    @property
    def _wanted(self) -> str:
        return texts.unclear(self.question.kind, len(self.question.options))
