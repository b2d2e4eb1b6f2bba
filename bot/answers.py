"""What a person sent, and the kinds of answer a question can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from pydantic import JsonValue

from bot import words
from texts import talk as texts

K = TypeVar("K", bound=str | int)
T_co = TypeVar("T_co", covariant=True)

_YES = frozenset(["是", "是的", "对", "对的", "对头", "好", "好的", "中", "要得", "嗯", "行", "可以"])
_NO = frozenset(["不", "不是", "不对", "不要", "不行", "否"])


class Kind(StrEnum):
    """How a message came."""

    TEXT = "text"
    VOICE = "voice"
    TAP = "tap"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of a person, opened.

    `text` is what was typed, recognised from speech, or the command behind a menu key ("" for a picture);
    `at` is the signed CreateTime in seconds since 1970; `key` names the message, the same at every delivery; `media`
    is what WeChat calls a picture ("" for all else).
    """

    kind: Kind
    text: str
    at: int
    key: str = ""
    media: str = ""

    def words(self) -> str:
        """The text; raises NotAnAnswer when there is none (a picture, speech nobody could make out)."""
        if self.kind is Kind.OTHER:
            raise NotAnAnswer(texts.WORDS_ONLY)
        if self.kind is Kind.VOICE and not self.text.strip():
            raise NotAnAnswer(texts.NOT_HEARD)
        return self.text


class NotAnAnswer(Exception):
    """The message does not answer the question; `hint` says why, and the question follows it."""

    def __init__(self, hint: str) -> None:
        super().__init__(hint)
        self.hint = hint


class Answer(Protocol[T_co]):
    """A kind of answer: what was sent is read into JSON, kept, and loaded whenever the dialogue needs it.

    Both raise NotAnAnswer. `load` does the checking, since a deploy may change what is acceptable.
    """

    def read(self, heard: Heard) -> JsonValue:
        """What is kept of the message."""
        ...

    def load(self, kept: JsonValue) -> T_co:
        """The answer as the dialogue gets it."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Free words as they were typed, from `shortest` to `longest` characters."""

    longest: int
    shortest: int = 1

    def read(self, heard: Heard) -> JsonValue:
        """The words without blanks around them."""
        return heard.words().strip()

    def load(self, kept: JsonValue) -> str:
        """The words, if the length suits."""
        if not isinstance(kept, str) or len(kept) < self.shortest:
            raise NotAnAnswer(texts.too_short(self.shortest))
        if len(kept) > self.longest:
            raise NotAnAnswer(texts.too_long(self.longest, len(kept)))
        return kept


@dataclass(frozen=True, slots=True)
class Statement:
    """Free words with how they came: what was spoken may have been misheard."""

    text: str
    spoken: bool


@dataclass(frozen=True, slots=True)
class Stating:
    """The same as Text, and whether the words were spoken."""

    longest: int
    shortest: int = 1

    def read(self, heard: Heard) -> JsonValue:
        """The words without blanks around them, and how they came."""
        return {"text": heard.words().strip(), "spoken": heard.kind is Kind.VOICE}

    def load(self, kept: JsonValue) -> Statement:
        """The words, if the length suits."""
        if not isinstance(kept, dict):
            raise NotAnAnswer(texts.too_short(self.shortest))
        text = Text(self.longest, self.shortest).load(kept.get("text"))
        return Statement(text, spoken=kept.get("spoken") is True)


@dataclass(frozen=True, slots=True)
class Digits:
    """A number of exactly `length` digits, such as a hall code: typed, spoken, with or without separators."""

    length: int

    def read(self, heard: Heard) -> JsonValue:
        """The digits alone."""
        said = heard.words()
        number = words.number_in(said, self.length)
        if number is None:
            raise NotAnAnswer(texts.wrong_number(self.length, words.digits_in(said)))
        return number

    def load(self, kept: JsonValue) -> str:
        """The digits, if there are as many as it takes."""
        if not isinstance(kept, str) or len(kept) != self.length:
            raise NotAnAnswer(texts.NO_NUMBER)
        return kept


@dataclass(frozen=True, slots=True)
class YesNo:
    """Yes or no in everyday words. Not for a vote: there `Choice` takes the words shown and no others."""

    def read(self, heard: Heard) -> JsonValue:
        """True or False."""
        for form in words.forms(heard.words()):
            if form in _YES or form in _NO:
                return form in _YES
        which = words.ordinal(heard.text)
        if which in (1, 2):
            return which == 1
        raise NotAnAnswer(texts.NOT_YES_OR_NO)

    def load(self, kept: JsonValue) -> bool:
        """True or False."""
        if not isinstance(kept, bool):
            raise NotAnAnswer(texts.NOT_YES_OR_NO)
        return kept


@dataclass(frozen=True, slots=True)
class Choice(Generic[K]):
    """One of several options, by number, by its words, and kept by its code: a deploy may reorder them.

    `shown` are the codes in the order in which the person saw them, which is what a number means; `also` has
    other words people say for an option.
    """

    options: Mapping[K, str]
    shown: Sequence[str]
    also: Mapping[K, Sequence[str]] = field(default_factory=dict)

    def read(self, heard: Heard) -> JsonValue:
        """The code of the option."""
        said = heard.words()
        for form in words.forms(said):
            for code, label in self.options.items():
                if form in {words.normalise(one) for one in (label, *self.also.get(code, ()))}:
                    return str(code)
        number = words.ordinal(said)
        if number is None or not 1 <= number <= len(self.shown):
            raise NotAnAnswer(texts.no_such_option(len(self.options)))
        return self.shown[number - 1]

    def load(self, kept: JsonValue) -> K:
        """The option, if it is still there."""
        for code in self.options:
            if str(code) == kept:
                return code
        raise NotAnAnswer(texts.CHANGED)
