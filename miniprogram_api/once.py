"""A writing request that arrives twice is done once: its answer is kept beside its effect, by Idempotency-Key."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from miniprogram_api.errors import KeyTaken
from services import given


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told: a status and the JSON text of a body, "" for none."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Once:
    """One request of one person: `key` stands for both, `request` for what was asked."""

    key: str
    request: str

    def found(self, db: Session) -> Answer | None:
        """The answer already given. Raises KeyTaken where it was to another request."""
        kept = given.find(db, self.key, self.key)
        if kept is None:
            return None
        known = json.loads(kept)
        if known.pop("request") != self.request:
            raise KeyTaken
        return Answer(**known)

    def keep(self, db: Session, answer: Answer, now: datetime) -> None:
        """Keep the answer; where a twin has kept one meanwhile the whole transaction breaks, and is run again."""
        text = json.dumps({**asdict(answer), "request": self.request}, ensure_ascii=False)
        given.keep(db, self.key, self.key, text, now)


def digest(*parts: str) -> str:
    """32 hex digits that stand for the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
