"""What can be talked about: the dialogues, and the words that start them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypedDict, TypeVar, Unpack

from bot.talk import Ending, Talk
from bot.words import Vocabulary, normalise

TurnT = TypeVar("TurnT")
Script = Callable[[Talk, TurnT], str | Ending]


class Traits(TypedDict, total=False):
    """How a dialogue is found and treated; Dialogue says what each means when it is left out."""

    also: tuple[str, ...]
    typos: tuple[str, ...]
    digits: int
    tail: int
    help: str
    order: int
    bound: bool
    sealed: bool
    typed_only: bool
    passing: bool
    leads: bool
    minutes: int
    left: str


@dataclass(frozen=True, slots=True)
class Dialogue(Generic[TurnT]):
    """A conversation and what starts it. Calling it is one run: it returns its Ending or raises Pause."""

    name: str
    script: Script[TurnT]
    also: tuple[str, ...] = ()  # words that start it as its name does
    typos: tuple[str, ...] = ()  # words that are asked about first
    digits: int = 0  # a number after the word, or alone if of this length, answers the first question
    tail: int = 0  # so many characters after the word answer the first question
    help: str = ""  # its line in 帮助; "" leaves it out
    order: int = 100  # its place there
    bound: bool = True  # for bound members only
    sealed: bool = False  # had apart: in the desk's own memory, without the database; no draft is ever kept
    typed_only: bool = False  # voice is refused
    passing: bool = False  # nothing is lost when it is left: any command leaves it without a question
    leads: bool = False  # its line in 帮助 is for leaders alone
    minutes: int = 0  # how long its questions wait; 0: as long as the talk's own custom says
    left: str = ""  # what is said when 取消 leaves it; "": that it is cancelled

    def __call__(self, talk: Talk, turn: TurnT) -> Ending:
        """Run the script from its first line."""
        talk.rewind()
        ended = self.script(talk, turn)
        if isinstance(ended, str):
            return Ending(talk.spoken(ended))
        return Ending(talk.spoken(ended.reply), ended.next, ended.opening)


class Registry(Generic[TurnT]):
    """All dialogues by name, and their vocabulary. A word starts one dialogue; another claim is a ValueError."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self._dialogues: dict[str, Dialogue[TurnT]] = {}

    def dialogue(self, name: str, **traits: Unpack[Traits]) -> Callable[[Script[TurnT]], Dialogue[TurnT]]:
        """Make a function a dialogue: `@dialogue("签到", also=("报到",), digits=6)`."""

        def register(script: Script[TurnT]) -> Dialogue[TurnT]:
            return self.add(Dialogue(name, script, **traits))

        return register

    def add(self, dialogue: Dialogue[TurnT]) -> Dialogue[TurnT]:
        """Take up a dialogue and its words."""
        words, typos, digits = self.vocabulary.words, self.vocabulary.typos, self.vocabulary.digits
        for known, claimed in ((words, (dialogue.name, *dialogue.also)), (typos, dialogue.typos)):
            for word in map(normalise, claimed):
                if word in words or word in typos:
                    raise ValueError(f"{word} starts another dialogue than {dialogue.name}")
                known[word] = dialogue.name
        if dialogue.digits:
            if dialogue.digits in digits:
                raise ValueError(f"{dialogue.digits} digits start another dialogue than {dialogue.name}")
            digits[dialogue.digits] = dialogue.name
        if dialogue.tail:
            self.vocabulary.tails[dialogue.name] = dialogue.tail
        self._dialogues[dialogue.name] = dialogue
        return dialogue

    def get(self, name: str) -> Dialogue[TurnT] | None:
        """The dialogue of this name; None when there is none (any more)."""
        return self._dialogues.get(name)

    def __iter__(self) -> Iterator[Dialogue[TurnT]]:
        """All dialogues in the order of 帮助."""
        return iter(sorted(self._dialogues.values(), key=lambda dialogue: (dialogue.order, dialogue.name)))
