"""The desk as the chat is handed it when the cases are on another machine: by the public routes, as any page would."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import urllib3

from confidential import bundle
from confidential.bundle import BundleBroken
from confidential.refusals import CODES
from sealed import requests, work
from sealed.desk import Case, DeskAway, DeskRefusal, NewCase, Piece, Sign, WrongSize
from sealed.keys import to_text
from sealed.requests import Verb
from sealed.seal import message_id

TIMEOUT = urllib3.Timeout(connect=2, read=4)  # seconds; the platform cuts a turn after five
LARGEST = 32 * 1024 * 1024  # bytes of an answer
TRIES = 3  # of a submission whose stamp has become too light meanwhile
REFUSALS: Mapping[str, type[DeskRefusal]] = {
    code: kind for kind, (code, _) in CODES.items() if issubclass(kind, DeskRefusal)
}


@dataclass(frozen=True, slots=True)
class DeskAfar:
    """A CaseDesk by HTTP; what it is told is taken for no more than bytes, whoever reads verifies."""

    public_url: str
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, timeout=TIMEOUT))

    def handlers(self) -> bytes:
        """The signed list."""
        return self._ask("GET", "list")

    def open_desks(self) -> Sequence[str]:
        """The desks that take cases now."""
        return [str(one) for one in self._challenge().get("open", ())]

    def submit(self, case: NewCase, messages: Sequence[bytes]) -> None:
        """A whole case or nothing, with the work that a submission by the page costs."""
        if not messages:
            raise WrongSize
        head = {
            "lookup": case.lookup,
            "submitter_key": case.submitter_key,
            "submitter_recipient": case.submitter_recipient,
            "desk": case.desk,
        }
        body = bundle.pack(head, messages)
        given = self._challenge()
        for _ in range(TRIES):
            stamp = work.stamp(body, _challenge_of(given), _bits_of(given))
            try:
                self._ask("POST", "case/submit", body, {"Report-Stamp": stamp})
            except _StampWanted as wanted:
                given = wanted.given
            else:
                return
        raise DeskAway

    def case(self, lookup: str) -> Case:
        """What is kept under the lookup."""
        found = self._json("case/ids", {"lookup": lookup})
        try:
            return Case(
                found["lookup"],
                found["submitter_key"],
                found["submitter_recipient"],
                found["desk"],
                date.fromisoformat(found["week"]),
                None,
                tuple(Piece(str(one["id"]), int(one["size"])) for one in found["messages"]),
            )
        except (KeyError, TypeError, ValueError):
            raise DeskAway from None

    def messages(self, lookup: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """The ciphertexts of those ids."""
        try:
            _, found = bundle.unpack(self._ask("POST", "case/messages", _said({"lookup": lookup, "ids": list(ids)})))
        except BundleBroken:
            raise DeskAway from None
        return {message_id(one): one for one in found}

    def add(self, lookup: str, messages: Sequence[bytes], sign: Sign) -> None:
        """A follow-up."""
        self._signed(Verb.ADD, lookup, bundle.pack({"lookup": lookup}, messages), sign)

    def withdraw(self, lookup: str, sign: Sign) -> None:
        """The case goes."""
        self._signed(Verb.WITHDRAW, lookup, _said({"lookup": lookup}), sign)

    def _signed(self, verb: Verb, lookup: str, body: bytes, sign: Sign) -> None:
        signed = requests.writing(verb, lookup, body, _challenge_of(self._challenge()))
        self._ask("POST", f"case/{verb.value}", body, {"Report-Signature": to_text(sign(signed))})

    def _challenge(self) -> dict[str, Any]:
        return _object(self._ask("GET", "challenge"))

    def _json(self, path: str, asked: Mapping[str, object]) -> dict[str, Any]:
        return _object(self._ask("POST", path, _said(asked)))

    def _ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        try:
            with self.pool.request(
                method,
                f"{self.public_url}/report/{path}",
                body=body if method == "POST" else None,
                headers={"Content-Type": "application/octet-stream", **(headers or {})},
                redirect=False,
                preload_content=False,
            ) as answer:
                content = answer.read(LARGEST)
                status = answer.status
        except (urllib3.exceptions.HTTPError, OSError):
            raise DeskAway from None
        if status == 200:
            return content
        said = _object(content)
        if said.get("code") == "stamp":
            raise _StampWanted(said)
        raise REFUSALS.get(str(said.get("code")), DeskAway)


@dataclass
class _StampWanted(Exception):
    given: dict[str, Any]  # challenge and bits, as the server said


def _said(asked: Mapping[str, object]) -> bytes:
    return json.dumps(asked).encode()


def _object(content: bytes) -> dict[str, Any]:
    try:
        return bundle.of_json(content)
    except BundleBroken:
        raise DeskAway from None


def _bits_of(given: Mapping[str, Any]) -> int:
    bits = given.get("bits")
    if type(bits) is not int:
        raise DeskAway
    return min(bits, work.HARDER)


def _challenge_of(given: Mapping[str, Any]) -> bytes:
    try:
        return bytes.fromhex(given["challenge"])
    except (KeyError, TypeError, ValueError):
        raise DeskAway from None
