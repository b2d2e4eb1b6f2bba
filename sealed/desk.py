"""What the chat may ask of the confidential desk, whether that is in this process or on another machine.

DeskRefusal
├── DeskAway          the desk or a part of it does not answer, or answers nonsense; try again later
├── DeskClosed        that desk has no two handlers, or the list has run out
├── DeskFull          the desk's file is at its cap
├── DeskBusy          others were writing for too long; the same again may succeed
├── NoSuchCase        no case of that lookup
├── CaseExists        the lookup is there with other keys, or for another desk
├── CaseFull          the case has no room for more
├── WrongSize         a ciphertext is of none of the three sizes
└── WrongSignature    not signed by the key the case was opened with
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

Sign = Callable[[bytes], bytes]  # the submitter's Ed25519 signature (64 bytes) over what is given


class DeskRefusal(Exception):
    """The desk says no; carries nothing of what was sent."""


class DeskAway(DeskRefusal):
    """The desk or a part of it does not answer."""


class DeskClosed(DeskRefusal):
    """That desk takes no cases: fewer than two handlers, or the list has run out."""


class DeskFull(DeskRefusal):
    """The desk's file is at its cap."""


class DeskBusy(DeskRefusal):
    """Others were writing for too long."""


class NoSuchCase(DeskRefusal):
    """No case of that lookup; what another desk holds is nothing too."""


class CaseExists(DeskRefusal):
    """The lookup is there with other keys, or for another desk."""


class CaseFull(DeskRefusal):
    """The case has no room for what was sent."""


class WrongSize(DeskRefusal):
    """A ciphertext is of none of the three sizes, or nothing was sent."""


class WrongSignature(DeskRefusal):
    """Not signed by the key the case was opened with, or for an hour that is over."""


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to be opened: lookup and Ed25519 key in hex, an age recipient, a desk's id on the list."""

    lookup: str
    submitter_key: str
    submitter_recipient: str
    desk: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stored message: SHA-256 of the ciphertext in hex, its size in bytes."""

    id: str
    size: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the desk keeps it; `messages` by id, so their order tells nothing. `week` is a Monday."""

    lookup: str
    submitter_key: str
    submitter_recipient: str
    desk: str
    week: date
    purge_week: date | None
    messages: tuple[Piece, ...]


class CaseDesk(Protocol):
    """The desk as the chat sees it; every method may raise DeskAway, those that write DeskBusy."""

    def handlers(self) -> bytes:
        """The signed handler list, exact bytes; the caller verifies it. Raises DeskClosed when there is none."""
        ...

    def open_desks(self) -> Sequence[str]:
        """The ids of the desks that take cases now, in order."""
        ...

    def submit(self, case: NewCase, messages: Sequence[bytes]) -> None:
        """Open the case with all its sealed messages, or with none; the same again changes nothing.

        Raises DeskClosed, DeskFull, CaseExists, CaseFull, WrongSize.
        """
        ...

    def case(self, lookup: str) -> Case:
        """What is kept under the lookup. Raises NoSuchCase."""
        ...

    def messages(self, lookup: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The ciphertexts of those of the ids that the case has. Raises NoSuchCase."""
        ...

    def add(self, lookup: str, messages: Sequence[bytes], sign: Sign) -> None:
        """Add sealed messages by the submitter, all or none; a closed case is open again.

        Raises NoSuchCase, WrongSignature, WrongSize, CaseFull, DeskFull.
        """
        ...

    def withdraw(self, lookup: str, sign: Sign) -> None:
        """Delete the case with everything in it at once. Raises NoSuchCase, WrongSignature."""
        ...
