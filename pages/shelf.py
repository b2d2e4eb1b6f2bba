"""A shelf for what a person is in the middle of, as a roster to be taken in: in Redis, for a day, and no loss."""

from dataclasses import dataclass
from typing import cast

import redis

KEPT = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Shelf:
    """Parcels and the notes pinned to them, by key; raises redis.RedisError while Redis is away."""

    store: redis.Redis

    def put(self, key: str, content: str) -> None:
        """Lay a parcel down; it is thrown away after a day."""
        self.store.set(f"shelf:{key}", content, ex=KEPT)

    def get(self, key: str) -> str | None:
        """The parcel, None where there is none any more."""
        return cast("str | None", self.store.get(f"shelf:{key}"))

    def pin(self, key: str, name: str, note: str) -> None:
        """Pin a note to a parcel; the first of a name stays."""
        self.store.hsetnx(f"shelf:{key}:notes", name, note)
        self.store.expire(f"shelf:{key}:notes", KEPT)

    def notes(self, key: str) -> dict[str, str]:
        """The notes pinned to a parcel."""
        return cast("dict[str, str]", self.store.hgetall(f"shelf:{key}:notes"))

    def seize(self, key: str, seconds: int) -> bool:
        """Take the parcel in hand, unless somebody else has it; after so many seconds it is free by itself."""
        return bool(self.store.set(f"shelf:{key}:held", "1", nx=True, ex=seconds))

    def release(self, key: str) -> None:
        """Lay the parcel back."""
        self.store.delete(f"shelf:{key}:held")
