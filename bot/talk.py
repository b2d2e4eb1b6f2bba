"""The engine of dialogues: a dialogue is a plain function, run again from its first line at every turn.

    def opinion(talk: Talk, turn: Turn) -> str:
        category = talk.choose("category", texts.CATEGORY, texts.CATEGORIES)
        body = talk.ask("body", texts.BODY, Text(longest=500))
        return texts.given(opinions.give(turn.db, turn.member, category, body, turn.now))

`talk.ask` behaves like `input()`. A question that has its answer returns it at once; the first one without
raises `Pause`, which ends the run and carries the question to the person. Their next message is filed under
that question's key, and the function runs again from the top: past the answered questions, on to the next
open one or to its end. So there are no states and no step numbers, and a deploy may insert, drop, reorder or
tighten questions.

What follows for who writes a dialogue:

- A pause rolls the turn's transaction back, an end commits it: write after the last question. What must be
  kept before the next question ends its dialogue and hands over: `return talk.then(reply, following)`.
- Between questions a dialogue depends on answers, the database and `talk.keep` alone, not on chance or clock.
- `Pause` is no `Exception`, so no `except Exception` swallows it. Never catch BaseException in a dialogue.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, Self, TypeVar, cast

from pydantic import BaseModel, JsonValue, PrivateAttr

from bot.answers import Answer, Choice, Heard, NotAnAnswer, Stating, YesNo
from bot.words import normalise
from texts import talk as texts

T = TypeVar("T")
K = TypeVar("K", bound=str | int)
Plain = TypeVar("Plain", str, int, bool, list[str], list[int])

MISSES = 3
"""Wrong answers to one question after which a dialogue that has words for giving up does so."""


class Pause(BaseException):
    """Stops a dialogue at a question; `hint` says why it is asked again, `over` that it is given up instead."""

    def __init__(self, prompt: str, hint: str = "", *, over: bool = False) -> None:
        super().__init__(prompt)
        self.prompt = prompt
        self.hint = hint
        self.over = over


@dataclass(frozen=True, slots=True)
class Ending:
    """How a dialogue ended: its last words and, where it hands over, the next dialogue's name and opening."""

    reply: str
    next: str = ""
    opening: Mapping[str, JsonValue] = field(default_factory=dict)


class Named(Protocol):
    """A dialogue, as far as handing over needs to know it."""

    @property
    def name(self) -> str:
        """The word that starts it."""
        ...


class Talk(BaseModel):
    """One person's open conversation: plain JSON between two turns.

    Keys are those the dialogue gives its questions. `open` is the question asked last ("": none yet); `filed`
    are messages not yet read, `shown` the codes of the options as the person saw them, `kept` what `keep` made;
    `asked_at` is the CreateTime of the message that led to the open question, `touched` the time of the last
    turn, both in seconds since 1970; `resumable` allows a draft; `own` is what `answers_are` said.
    """

    flow: str
    id: str
    opening: dict[str, JsonValue] = {}
    open: str = ""
    answers: dict[str, JsonValue] = {}
    filed: dict[str, Heard] = {}
    shown: dict[str, list[str]] = {}
    misses: dict[str, int] = {}
    kept: dict[str, JsonValue] = {}
    asked_at: int = 0
    touched: int = 0
    resumable: bool = True
    own: str = ""
    _said: list[str] = PrivateAttr(default_factory=list)
    _asked: dict[str, tuple[str, str]] = PrivateAttr(default_factory=dict)

    # For dialogues

    def ask(self, key: str, prompt: str, kind: Answer[T], *, giving_up: str = "") -> T:
        """Return the answer to a question, or pause to ask it (again).

        With `giving_up` the third wrong answer ends the talk with these words.
        """
        self._asked[key] = (prompt, giving_up)
        heard = self.filed.pop(key, None)
        if heard is None and key not in self.answers:
            heard = self.filed.pop("", None)
        try:
            if heard is not None:
                self.answers[key] = kind.read(heard)
            if key in self.answers:
                answer = kind.load(self.answers[key])
                self._said.clear()  # was read with the question
                return answer
        except NotAnAnswer as misfit:
            self.again(key, misfit.hint)
        self.open = key
        raise Pause(self.spoken(prompt))

    def choose(
        self,
        key: str,
        prompt: str,
        options: Mapping[K, str],
        *,
        also: Mapping[K, Sequence[str]] | None = None,
        giving_up: str = "",
    ) -> K:
        """Ask for one of several options, given as code -> words; returns the code. `also`: code -> other words."""
        codes = [str(code) for code in options]
        kind = Choice(options, self.shown.get(key, codes), also or {})
        self.shown[key] = codes
        return self.ask(key, texts.with_options(prompt, options.values()), kind, giving_up=giving_up)

    def tell(self, key: str, prompt: str, longest: int) -> str:
        """Ask for words that are to be kept; spoken ones are confirmed first, or told anew."""
        said = self.ask(key, prompt, Stating(longest))
        right = f"{key} is right"
        if said.spoken and not self.yes(right, texts.HEARD_RIGHT):
            self.answers.pop(right)
            self.again(key, texts.SAY_AGAIN)
        return said.text

    def yes(self, key: str, prompt: str) -> bool:
        """Ask for yes or no."""
        return self.ask(key, texts.with_options(prompt, texts.YES_OR_NO.values()), YesNo())

    def again(self, key: str, hint: str) -> NoReturn:
        """Forget the answer to a question already asked in this run and ask it again, after a hint why."""
        prompt, giving_up = self._asked[key]
        self.answers.pop(key, None)
        self.misses[key] = self.misses.get(key, 0) + 1
        if giving_up and self.misses[key] >= MISSES:
            raise Pause(giving_up, over=True)
        self.open = key
        raise Pause(self.spoken(prompt), hint)

    def wait(self, words: str) -> NoReturn:
        """Stop with these words and leave the open question as it is: what it needs is away for a moment.

        The message just filed under it is dropped unread.
        """
        self.filed.pop(self.open, None)
        raise Pause(words)

    def say(self, line: str) -> None:
        """Put a line before the next question or the end."""
        self._said.append(line)

    def keep(self, key: str, make: Callable[[], Plain]) -> Plain:
        """Make something once (a draw, a number) and have the same at every later turn."""
        if key not in self.kept:
            self.kept[key] = cast("JsonValue", make())  # lists are invariant, so mypy cannot see it
        return cast("Plain", self.kept[key])  # only this method writes it

    def answers_are(self, pattern: str) -> None:
        """Say before a question which texts answer it, even those that are commands elsewhere (学习, 1921).

        A pattern of their whole normal form.
        """
        self.own = pattern

    def given(self, key: str, kind: type[T]) -> T | None:
        """Return what the talk was opened with under this key, None if it was not."""
        value = self.opening.get(key)
        return value if isinstance(value, kind) else None

    def then(self, reply: str, following: Named | str, **opening: JsonValue) -> Ending:
        """End here, keep what was written, and go on with another dialogue at once, after this reply."""
        return Ending(reply, following if isinstance(following, str) else following.name, opening)

    # For the turn

    @classmethod
    def start(cls, flow: str, key: str, /, **opening: JsonValue) -> Self:
        """Open a conversation, named for good by the key of the message that starts it."""
        return cls(flow=flow, id=key, opening=opening)

    def file(self, heard: Heard) -> None:
        """File a message as the answer to the open question; before any was asked, to the first one."""
        self.filed[self.open] = heard

    def owns(self, text: str) -> bool:
        """Whether the text answers the open question for sure."""
        return bool(self.own) and re.fullmatch(self.own, normalise(text)) is not None

    def back(self) -> bool:
        """Forget the last answer; False if there is none."""
        if not self.answers:
            return False
        self.answers.popitem()
        return True

    def rewind(self) -> None:
        """Get ready for a run from the first line."""
        self._said.clear()
        self._asked.clear()

    def spoken(self, words: str) -> str:
        """Put what was said since the last answer before these words."""
        return "\n".join([*self._said, words])
