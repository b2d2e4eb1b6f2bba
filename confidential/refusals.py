"""What the desk says no with, as codes: the tree of the handlers' part, and every code with its status.

HandlerRefusal
├── NotOnList         no such handler on the list that holds now
├── WrongCode         neither this moment's six digits, unused, nor a recovery code
├── UnknownLogin      no such token, or its handler has left the list
├── WrongProof        the signature of a log-in or an enrolment, or its nonce, is not good
├── ListChanged       signed for another list than the one that holds now
└── KeyFileRefused    not a key file of ours, or no TOTP secret, or no recovery codes
Malformed             the request is not of the shape it should have
StampWanted           the work for this submission has not been done
"""

from collections.abc import Mapping
from dataclasses import dataclass

from confidential.bundle import BundleBroken
from sealed import desk


class HandlerRefusal(Exception):
    """A handler's request cannot be done."""


class NotOnList(HandlerRefusal):
    """No such handler on the list that holds now."""


class WrongCode(HandlerRefusal):
    """Neither this moment's code nor a recovery code; an unknown handler is answered the same."""


class UnknownLogin(HandlerRefusal):
    """Nobody is signed in with this token."""


class WrongProof(HandlerRefusal):
    """The signature or its nonce is not good."""


class ListChanged(HandlerRefusal):
    """Signed for another list than the one that holds now."""


class KeyFileRefused(HandlerRefusal):
    """Not a key file as our page writes it, or not a second step to go with it."""


class Malformed(Exception):
    """The request is not of the shape it should have."""


@dataclass
class StampWanted(Exception):
    """Work for this challenge (hex), of so many bits, and send the same body again."""

    challenge: str
    bits: int


CODES: Mapping[type[Exception], tuple[str, int]] = {
    Malformed: ("malformed", 400),
    BundleBroken: ("malformed", 400),
    StampWanted: ("stamp", 428),
    desk.DeskAway: ("unavailable", 503),
    desk.DeskClosed: ("closed", 503),
    desk.DeskFull: ("full", 503),
    desk.DeskBusy: ("busy", 503),
    desk.NoSuchCase: ("no_case", 404),
    desk.CaseExists: ("case_exists", 409),
    desk.CaseFull: ("case_full", 413),
    desk.WrongSize: ("wrong_size", 422),
    desk.WrongSignature: ("signature", 401),
    NotOnList: ("not_on_list", 409),
    WrongCode: ("wrong_code", 401),
    UnknownLogin: ("unknown_login", 401),
    WrongProof: ("signature", 401),
    ListChanged: ("list_changed", 409),
    KeyFileRefused: ("key_file", 422),
}
