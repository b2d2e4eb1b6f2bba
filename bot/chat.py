"""What is kept of a person's chat between two turns: the open talk, a draft, a question of the chat's own."""

from typing import Self

from pydantic import BaseModel, ValidationError

from bot.talk import Talk


class Offer(BaseModel):
    """A question of the chat itself: leave the open talk for this command, or was this command meant?"""

    name: str
    argument: str
    leaving: bool
    asked_at: int


class Chat(BaseModel):
    """All that is kept of one person's chat between two turns; losing it costs no more than a talk begun.

    `pushed` is the key of the question sent last that a message has been taken for the answer to.
    """

    talk: Talk | None = None
    draft: Talk | None = None
    offer: Offer | None = None
    misses: int = 0
    pushed: str = ""

    @classmethod
    def load(cls, text: str | None) -> Self:
        """From what `dump` gave; an empty chat from nothing, or from what this version cannot read."""
        try:
            return cls.model_validate_json(text) if text else cls()
        except ValidationError:
            return cls()

    def dump(self) -> str | None:
        """As JSON; None when there is nothing to keep."""
        return None if self == Chat() else self.model_dump_json(exclude_defaults=True)

    def hold(self, talk: Talk, asked_at: int, now: int) -> None:
        """Leave a talk open at its question; another one makes room for it."""
        if self.talk and self.talk.flow != talk.flow:
            self.put_aside()
        talk.asked_at = max(talk.asked_at, asked_at)
        talk.touched = now
        self.talk = talk

    def close(self, talk: Talk) -> None:
        """Forget a talk, and an open one about the same (a scan while the number was asked for)."""
        if self.talk and self.talk.flow == talk.flow:
            self.talk = None

    def put_aside(self) -> None:
        """Close the open talk, with a draft if it may have one; an empty one pushes no other draft out."""
        talk, self.talk = self.talk, None
        if talk and talk.resumable and (talk.answers or not self.draft):
            self.draft = talk
