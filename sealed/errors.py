"""Everything sealed/ refuses, with facts instead of sentences; the words are in texts/confidential.py.

SealedFault
├── ReceiptFault
│   ├── WrongLength (found, expected)      not 12 characters after blanks and punctuation are gone
│   ├── NotInList (places)                 characters that no sound in the list can stand for; places from 1
│   └── WrongSum                           no reading fits the checksum, or more than one does
├── KeyFault
│   ├── WrongKey                           no recipient, identity or verify key
│   ├── KeyFileFault                       no key file of ours: another tool, another work factor, too long
│   ├── WrongPassphrase                    the key file does not open with it
│   └── KeyFileSwapped                     the file opens, but its identity is not the one on the list
├── ListFault
│   ├── ListBroken (reason)                no list, or one that breaks its rules
│   ├── WrongSuite (suite)                 of a later scheme
│   ├── WrongRoot                          not signed by this root
│   ├── ListExpired (expires)
│   ├── ListTooLong (expires)              valid for longer than 120 days
│   ├── ListRolledBack (version, floor)    older than the page was built for
│   └── ListOlderThanSeen (version, seen)  older than this reader has seen
├── EnrolmentBroken                        no enrolment file, or not signed by the key it brings
├── DeskClosed (desk)                      fewer than two handlers, or no such desk
├── TooLong (size, limit)                  the message fits into no bucket
├── NotOpened                              no identity of ours opens it, or it was changed
├── DocBroken                              it opens and is no message
└── FalseCertificate                       key and recipient do not hash to the case's lookup
"""

from dataclasses import dataclass
from datetime import date


class SealedFault(Exception):
    """Something may not be used; the class says why."""


class ReceiptFault(SealedFault):
    """What was typed is no receipt."""


@dataclass
class WrongLength(ReceiptFault):
    """So many characters were found, and so many belong there."""

    found: int
    expected: int


@dataclass
class NotInList(ReceiptFault):
    """Characters in these places (from 1) are not in the word list, nor does one of the list sound like them."""

    places: tuple[int, ...]


class WrongSum(ReceiptFault):
    """The checksum fits no reading, or does not decide between several."""


class KeyFault(SealedFault):
    """A key cannot be used."""


class WrongKey(KeyFault):
    """The text is no key of the kind asked for."""


class KeyFileFault(KeyFault):
    """Not a passphrase file as our page writes it: one scrypt stanza, logN 15."""


class WrongPassphrase(KeyFault):
    """The key file does not open with this passphrase."""


class KeyFileSwapped(KeyFault):
    """The key file opens, but to another identity than the list names."""


class ListFault(SealedFault):
    """A handler list may not be used."""


@dataclass
class ListBroken(ListFault):
    """The list breaks a rule; `reason` is a code: json, fields, desks, handlers, twice."""

    reason: str


@dataclass
class WrongSuite(ListFault):
    """The list is of another scheme than this code knows."""

    suite: str


class WrongRoot(ListFault):
    """The signature is not this root's."""


@dataclass
class ListExpired(ListFault):
    """The last day of the list has passed."""

    expires: date


@dataclass
class ListTooLong(ListFault):
    """The list claims to live longer than 120 days."""

    expires: date


@dataclass
class ListRolledBack(ListFault):
    """The list is older than the floor built into the page."""

    version: int
    floor: int


@dataclass
class ListOlderThanSeen(ListFault):
    """The list is older than one this reader has seen before."""

    version: int
    seen: int


class EnrolmentBroken(SealedFault):
    """No enrolment file, or not signed by the key it brings."""


@dataclass
class DeskClosed(SealedFault):
    """Nothing can be sealed to this desk: it has fewer than two handlers or does not exist."""

    desk: str


@dataclass
class TooLong(SealedFault):
    """Bytes the message has, and the most a bucket takes."""

    size: int
    limit: int


class NotOpened(SealedFault):
    """This identity does not open the file, or somebody changed it."""


class DocBroken(SealedFault):
    """The plaintext is no message of ours."""


class FalseCertificate(SealedFault):
    """A case's verify key and recipient do not hash to its lookup: they are not its submitter's."""
