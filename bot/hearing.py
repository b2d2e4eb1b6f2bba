"""Decides what a message is to a person's chat (an answer, a command, a way out) and what it hears in return."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Generic

from pydantic import JsonValue

from bot.answers import Heard, Kind, NotAnAnswer, YesNo
from bot.chat import Chat, Offer
from bot.registry import Dialogue, Registry, TurnT
from bot.talk import Ending, Pause, Talk
from bot.words import Match, command, forms, nearest, normalise, ordinal
from texts import talk as texts

HELP = "帮助"
GO_ON = "下一题"  # what 继续 goes on with where nothing has been put aside
_CANCEL = frozenset(["取消", "退出", "不弄了", "算了"])
_BACK = frozenset(["上一步"])
_RESUME = frozenset(["继续"])
_NUMBERS = frozenset(["1", "2"])
_POLITE = frozenset(["谢谢", "谢谢您", "谢谢你", "好", "好的", "收到", "知道了"])

PUSHED_EARLY = 60  # seconds by which an answer may seem older than the sending of its question

Perform = Callable[[Dialogue[TurnT], Talk], Ending]
"""Runs a dialogue once in a transaction: commits and returns its end, or rolls back and lets Pause through.

A rule's no (Refusal) is best returned as an Ending with its words: it ends the talk like any other end."""


@dataclass(frozen=True, slots=True)
class Customs:
    """After how many minutes a silent talk stops, how many hours its draft stays, whom to ring ("": nobody)."""

    minutes: int = 10
    keep_hours: int = 24
    telephone: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A question that was sent to the person on its own and may wait for an answer.

    `key` names the sending and `at` its time (seconds since 1970), `name` is the dialogue that takes the answer,
    opened with `opening`; with nothing to open it with, it begins with a question of its own. `settled`: somebody
    else has answered, which is told to whoever answers now.
    """

    key: str
    at: int
    name: str
    opening: Mapping[str, JsonValue] = field(default_factory=dict)
    settled: bool = False


def _nothing_pushed() -> Pushed | None:
    return None


@dataclass
class Elsewhere(Exception):
    """The message is for the other chat: a confidential talk and all others share no memory, not even a question.

    `opening` is what a dialogue here has handed over to the one there with.
    """

    match: Match
    opening: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class Hearing(Generic[TurnT]):
    """One message of one person: `reply` once, then keep the chat as it is afterwards.

    `now` is in seconds since 1970. An exception of `perform` passes through; then the chat is not to be kept.
    `pushed` is asked for the question sent last only where a message may be the answer to it. `sealed`: only sealed
    dialogues are had here, else all others; a message that asks for the other kind raises Elsewhere, and then too the
    chat is not to be kept. `doubtful`: the message may have been meant for a talk that is lost, and answers none.
    """

    registry: Registry[TurnT]
    customs: Customs
    chat: Chat
    heard: Heard
    now: int
    perform: Perform[TurnT]
    pushed: Callable[[], Pushed | None] = _nothing_pushed
    sealed: bool = False
    doubtful: bool = False
    _stopped: int = field(default=0, init=False)  # when the question of a talk just stopped had been asked

    def reply(self) -> str:
        """Answer what the person wrote, said or tapped."""
        late = self._stop_late()
        if self.doubtful and self.chat.talk:
            return self._repeat(texts.NOT_TAKEN)
        if self.heard.kind is not Kind.VOICE:
            return self._answer(late)
        dialogue = self.registry.get(self.chat.talk.flow) if self.chat.talk else None
        if dialogue and dialogue.typed_only:
            return self._repeat(texts.TYPE_IT)
        echo = texts.heard(self.heard.text) if self.heard.text.strip() else ""
        return "\n".join(filter(None, [echo, self._answer(late)]))

    def begin(self, match: Match, opening: Mapping[str, JsonValue] = MappingProxyType({})) -> str:
        """Start what the message was found to ask for elsewhere, opened with what was handed over."""
        return self._start(match, opening)

    # What the message is

    def _answer(self, late: str) -> str:
        try:
            text = self.heard.words()
        except NotAnAnswer as wordless:
            return self._take() if self.chat.talk else wordless.hint
        match = command(text, self.registry.vocabulary)
        words = set(forms(text))
        offered = self._offered(text, match)
        if offered:
            return offered
        if words & _CANCEL:
            return self._cancel()
        if self.chat.talk is None:
            return self._idle(text, match, late)
        if words & _BACK:
            return self._back(self.chat.talk)
        return self._busy(self.chat.talk, match, polite=bool(words & _POLITE))

    def _idle(self, text: str, match: Match | None, late: str) -> str:
        """Nothing is open."""
        words = set(forms(text))
        if match:
            return self._before_draft(self._start(match), late)
        if words & _RESUME:
            return self._resume()
        answered = self._answer_to_pushed(polite=bool(words & _POLITE))
        if answered:
            return self._before_draft(answered, late)
        if late:
            return late
        if words & _BACK:
            return texts.NO_WAY_BACK
        if words & _POLITE:
            return texts.WELCOME
        return self._unknown(text)

    def _busy(self, talk: Talk, match: Match | None, *, polite: bool) -> str:
        """A talk is open, and the message is neither cancelling nor going back."""
        passing = self._passing(talk)
        if self.heard.kind is Kind.TAP and not match:
            return self._repeat(texts.GONE)
        if talk.owns(self.heard.text):
            return self._take()
        if match and (passing or not match.alone):
            if match.name == talk.flow:
                return self._take(match.argument) if match.argument else self._repeat()
            if match.name == HELP and not (passing and self._waited(talk)):
                return self._repeat(texts.about(talk.flow))
            if not passing:
                return self._offer_leaving(talk, match)
            self.chat.talk = None
            return self._start(match)
        if passing and polite:
            self.chat.talk = talk if self._waits_long(talk) else None
            return texts.WELCOME
        return self._take_if_meant(talk)

    def _offered(self, text: str, match: Match | None) -> str:
        """The answer to the chat's own question; "" if there is none or the message is about something else."""
        offer, self.chat.offer = self.chat.offer, None
        if offer is None or not 0 <= self.heard.at - offer.asked_at <= self.customs.minutes * 60:
            return ""
        wanted = Match(offer.name, offer.argument)
        if offer.leaving:
            return self._left_or_stayed(ordinal(text), wanted, insists=match == wanted)
        try:
            meant = YesNo().load(YesNo().read(self.heard))
        except NotAnAnswer:
            return ""
        return self._start(wanted) if meant else texts.not_meant(self.customs.telephone)

    def _left_or_stayed(self, which: int | None, wanted: Match, *, insists: bool) -> str:
        if self.chat.talk and which == 1:
            return self._repeat()
        if self.chat.talk and (which == 2 or insists):
            self.chat.put_aside()
            return self._start(wanted)
        return ""

    # What is done with it

    def _take(self, words: str | None = None) -> str:
        """Take the message, or a part of it, as the answer to the open question."""
        talk = self.chat.talk
        if talk is None:
            return texts.GONE
        if self.heard.at < talk.asked_at:
            return self._repeat(texts.TOO_EARLY)
        talk.file(self.heard if words is None else replace(self.heard, text=words))
        return self._run(talk)

    def _take_if_meant(self, talk: Talk) -> str:
        """Take it, but for what hardly is meant for a question that waits longer than others.

        That is a 1 or 2 where another question was sent while this one waited: nobody knows which it means, and
        asked again, this one is the later. And what sounds like a command, once the question is not fresh any more.
        """
        dialogue = self.registry.get(talk.flow)
        if not dialogue or not dialogue.minutes:
            return self._take()
        if normalise(self.heard.text) in _NUMBERS:
            pushed = self.pushed()
            if pushed and not pushed.settled and pushed.key != self.chat.pushed and pushed.at > talk.asked_at:
                return self._repeat(texts.which_question(talk.flow, pushed.name))
        elif dialogue.passing and self._waited(talk) and nearest(self.heard.text, self.registry.vocabulary):
            return self._unknown(self.heard.text)
        return self._take()

    def _waited(self, talk: Talk) -> bool:
        """Whether the open question has waited longer than most may."""
        return self.now - talk.touched > self.customs.minutes * 60

    def _before_draft(self, reply: str, late: str) -> str:
        """The reply to something else, and that a talk just stopped can be gone on with."""
        draft = self.chat.draft
        waits = late and draft and draft.answers and not self.chat.talk
        return f"{reply}\n{texts.kept(draft.flow)}" if draft and waits else reply

    def _answer_to_pushed(self, *, polite: bool) -> str:
        """Take the message as the answer to a question that was sent; "" if none waits, or one asked later does."""
        pushed = self.pushed()
        if pushed is None or pushed.key == self.chat.pushed or (pushed.settled and polite):
            return ""
        if self.heard.at < pushed.at - PUSHED_EARLY or pushed.at < self._stopped:
            return ""
        self.chat.pushed = pushed.key
        talk = Talk.start(pushed.name, self.heard.key, **pushed.opening)
        if pushed.opening:
            talk.file(self.heard)
        return self._run(talk)

    def _repeat(self, first: str = "") -> str:
        """Ask the open question once more, after these words."""
        question = self._run(self.chat.talk) if self.chat.talk else ""
        return "\n".join(filter(None, [first, question]))

    def _back(self, talk: Talk) -> str:
        if self.heard.at < talk.asked_at:
            return self._repeat(texts.TOO_EARLY)
        return self._repeat("" if talk.back() else texts.FIRST_QUESTION)

    def _cancel(self) -> str:
        if self.chat.talk is None:
            self.chat.talk, self.chat.draft = self.chat.draft, None
        talk, self.chat.talk = self.chat.talk, None
        dialogue = self.registry.get(talk.flow) if talk else None
        if dialogue and dialogue.left:
            return dialogue.left
        if talk is None or self._passing(talk):
            return texts.NOTHING_TO_CANCEL
        return texts.cancelled(talk.flow)

    def _resume(self) -> str:
        self.chat.talk, self.chat.draft = self.chat.draft, None
        if self.chat.talk:
            return self._repeat(texts.resumed(self.chat.talk.flow))
        return self._start(Match(GO_ON)) if self.registry.get(GO_ON) else texts.NOTHING_TO_RESUME

    def _start(self, match: Match, opening: Mapping[str, JsonValue] = MappingProxyType({})) -> str:
        self._in_place(match)
        talk = Talk.start(match.name, self.heard.key, **opening)
        if match.argument:
            talk.file(replace(self.heard, text=match.argument))
        return self._run(talk)

    def _unknown(self, text: str) -> str:
        guess = nearest(text, self.registry.vocabulary)
        if guess:
            self._offer(guess, leaving=False)
        self.chat.misses += 1
        telephone = self.customs.telephone if self.chat.misses > 1 else ""
        return texts.not_understood(guess.name if guess else "", telephone)

    def _offer_leaving(self, talk: Talk, match: Match) -> str:
        self._offer(match, leaving=True)
        return texts.busy(talk.flow, match.name, keeps=talk.resumable if talk.answers else None)

    def _offer(self, match: Match, *, leaving: bool) -> None:
        argument = match.argument
        if self._sealed(match.name):  # asked about in the other chat, even the question would tell
            self._in_place(match)
            argument = ""  # perhaps a receipt
        self.chat.offer = Offer(name=match.name, argument=argument, leaving=leaving, asked_at=self.heard.at)

    def _sealed(self, name: str) -> bool:
        dialogue = self.registry.get(name)
        return dialogue is not None and dialogue.sealed

    def _in_place(self, match: Match, opening: Mapping[str, JsonValue] = MappingProxyType({})) -> None:
        """Raise Elsewhere for a dialogue that is not had here."""
        if self._sealed(match.name) is not self.sealed and self.registry.get(match.name):
            raise Elsewhere(match, opening)

    # Running, and what becomes of a talk

    def _run(self, talk: Talk) -> str:
        """Run a talk, and those it hands over to, up to a question or the last word."""
        self.chat.misses = 0
        spoken: list[str] = []
        while dialogue := self.registry.get(talk.flow):
            self._in_place(Match(talk.flow), talk.opening)
            try:
                ending = self.perform(dialogue, talk)
            except Pause as pause:
                if pause.over:
                    self.chat.close(talk)
                else:
                    talk.resumable = not (dialogue.sealed or dialogue.passing)
                    self.chat.hold(talk, self.heard.at, self.now)
                return "\n".join(filter(None, [*spoken, pause.hint, self._way_out(talk, pause), pause.prompt]))
            self.chat.close(talk)
            spoken.append(ending.reply)
            if not ending.next:
                return "\n".join(filter(None, spoken))
            talk = Talk.start(ending.next, f"{talk.id}+", **ending.opening)
        self.chat.close(talk)
        return "\n".join([*spoken, texts.GONE])

    def _way_out(self, talk: Talk, pause: Pause) -> str:
        missed_twice = pause.hint and talk.misses.get(talk.open, 0) > 1
        return texts.stuck(self.customs.telephone) if missed_twice else ""

    def _stop_late(self) -> str:
        """Stop a talk nobody touched for too long; returns the words for it, "" if none was stopped."""
        customs, chat, talk = self.customs, self.chat, self.chat.talk
        dialogue = self.registry.get(talk.flow) if talk else None
        minutes = (dialogue and dialogue.minutes) or customs.minutes
        late = talk and (not dialogue or self.now - talk.touched > minutes * 60)
        if talk and late:
            self._stopped = talk.asked_at
            chat.put_aside()
        if chat.draft and self.now - chat.draft.touched > customs.keep_hours * 3600:
            chat.draft = None
        if not talk or not late or not dialogue or dialogue.passing:
            return ""
        if chat.draft is talk:
            return texts.timed_out_kept(talk.flow, minutes, customs.keep_hours)
        return texts.timed_out(talk.flow, minutes)

    def _waits_long(self, talk: Talk) -> bool:
        dialogue = self.registry.get(talk.flow)
        return dialogue is not None and bool(dialogue.minutes)

    def _passing(self, talk: Talk) -> bool:
        dialogue = self.registry.get(talk.flow)
        return dialogue is not None and dialogue.passing
