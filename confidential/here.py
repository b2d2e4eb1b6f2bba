"""The desk as the chat is handed it when both are on one machine: the same rules, no way around a signature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confidential import bundle
from confidential.desk import Desk
from confidential.file import impatient
from sealed import requests
from sealed.desk import Case, NewCase, Sign
from sealed.keys import to_text
from sealed.requests import Verb

WAITS = 2.0  # seconds for the file, twice at most: the platform cuts a turn after five


@dataclass(frozen=True, slots=True)
class DeskHere:
    """A CaseDesk in this process. What the chat sends costs no work and does not count for the page's hour."""

    desk: Desk

    def handlers(self) -> bytes:
        """The signed list."""
        return self.desk.lists.exact()

    def open_desks(self) -> Sequence[str]:
        """The desks that take cases now."""
        return self.desk.open_desks()

    def submit(self, case: NewCase, messages: Sequence[bytes]) -> None:
        """A whole case or nothing."""
        with impatient(WAITS):
            self.desk.submit(case, messages)

    def case(self, lookup: str) -> Case:
        """What is kept under the lookup."""
        with impatient(WAITS):
            return self.desk.cases.case(lookup)

    def messages(self, lookup: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The ciphertexts of those ids."""
        with impatient(WAITS):
            return self.desk.cases.messages(lookup, ids)

    def add(self, lookup: str, messages: Sequence[bytes], sign: Sign) -> None:
        """A follow-up."""
        body = bundle.pack({"lookup": lookup}, messages)
        signed = requests.writing(Verb.ADD, lookup, body, self.desk.challenge())
        self.desk.add(lookup, messages, body, to_text(sign(signed)))

    def withdraw(self, lookup: str, sign: Sign) -> None:
        """The case goes."""
        signed = requests.writing(Verb.WITHDRAW, lookup, b"", self.desk.challenge())
        self.desk.withdraw(lookup, b"", to_text(sign(signed)))
