"""The desk's rules: who may put in, read, add, withdraw, answer and close; what each needs to prove."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import redis

from confidential.cases import Cases, Enrolled
from confidential.lists import Lists
from confidential.memory import Login, Memory
from confidential.refusals import (
    KeyFileRefused,
    ListChanged,
    Malformed,
    NotOnList,
    StampWanted,
    UnknownLogin,
    WrongCode,
    WrongProof,
)
from confidential.totp import ServerKey, second
from sealed import keyfile, receipt, requests, work
from sealed.desk import Case, DeskAway, DeskClosed, NewCase, WrongSignature
from sealed.errors import KeyFileFault, WrongKey
from sealed.handlerlist import Handler
from sealed.keys import of_text, recipient_bytes
from sealed.requests import Verb
from settings import Confidential

MANY = 20  # cases an hour by the page, above which the work is harder
SILENT = timedelta(days=10)  # without a sign-in at a desk, after which the operator is told


@dataclass(frozen=True, slots=True)
class Desk:
    """The confidential desk of this installation; `origin` is what its pages' browsers call location.origin."""

    cases: Cases
    lists: Lists
    memory: Memory
    key: ServerKey
    clock: Callable[[], datetime]
    zone: ZoneInfo
    origin: str
    settings: Confidential

    def today(self) -> date:
        """The day on the branch's wall."""
        return self.clock().astimezone(self.zone).date()

    # --- submitters ------------------------------------------------------------------------------------------------

    def challenge(self) -> bytes:
        """The hour's challenge, for stamps and signatures."""
        return work.challenge(self.key.challenge_key(), self._hour())

    def bits(self) -> int:
        """How much work a case by the page is now."""
        return work.HARDER if self.memory.submitted(self._hour()) >= MANY else work.USUAL

    def open_desks(self) -> list[str]:
        """The desks that take cases now, by id; none while anything they need is amiss."""
        try:
            self._opened()
            return sorted(desk.id for desk in self.lists.current(self.today()).desks if desk.open)
        except (DeskAway, DeskClosed):
            return []

    def stamped(self, body: bytes, stamp: str) -> None:
        """Raises StampWanted unless the work for this body has been done in this hour or the last."""
        bits = self.bits()
        if not any(work.good(body, given, stamp, bits) for given in self._challenges()):
            raise StampWanted(self.challenge().hex(), bits)

    def submit(self, new: NewCase, messages: Sequence[bytes]) -> bool:
        """A whole case or nothing; tells whether it is new.

        Raises Malformed, DeskAway, DeskClosed and what Cases.submit raises.
        """
        self._opened()
        desk = self.lists.current(self.today()).desk(new.desk)
        if desk is None or not desk.open:
            raise DeskClosed
        try:
            key, public = of_text(new.submitter_key, 32), recipient_bytes(new.submitter_recipient)
        except WrongKey:
            raise Malformed from None
        if receipt.lookup(key, public) != new.lookup:
            raise Malformed
        return self.cases.submit(new, messages, self.today())

    def counted(self) -> None:
        """One more case has come by the page."""
        self.memory.count(self._hour())

    def add(self, lookup: str, messages: Sequence[bytes], body: bytes, signature: str) -> None:
        """The submitter's follow-up. Raises NoSuchCase, WrongSignature, DeskAway and what Cases.add raises."""
        self._opened()
        self._signed_by(self._submitter(lookup), Verb.ADD, lookup, body, signature)
        self.cases.add(lookup, messages)

    def withdraw(self, lookup: str, body: bytes, signature: str) -> None:
        """All of the case goes at once. Raises NoSuchCase, WrongSignature."""
        self._signed_by(self._submitter(lookup), Verb.WITHDRAW, lookup, body, signature)
        self.cases.withdraw(lookup)

    # --- handlers --------------------------------------------------------------------------------------------------

    def enrol(self, handler: str, key_file: str, totp: str, recovery: Sequence[str], proof: tuple[str, str]) -> None:
        """Keep a handler's key file and second step. `proof` is (nonce, signature by the key on the list).

        Raises NotOnList, KeyFileRefused, WrongProof, DeskClosed, DeskAway.
        """
        nonce, signature = proof
        _, listed = self._listed(handler)
        raw, kept = _key_file(key_file), second(totp, recovery)
        if kept is None:
            raise KeyFileRefused
        if not self._spent(nonce) or not requests.good(
            listed.verify_key, signature, requests.enrol(nonce, key_file, totp)
        ):
            raise WrongProof
        self.cases.enrol(handler, Enrolled(raw, self.key.close(handler, kept)))

    def key_file(self, handler: str, code: str) -> str:
        """The key file, base64, after the second step. Raises WrongCode: for an unknown handler too."""
        now = self.clock().timestamp()
        enrolled = self.cases.enrolled(handler)
        kept = self.key.open(handler, enrolled.totp) if enrolled else None
        if enrolled is None or kept is None:
            raise WrongCode
        if rest := kept.without(code):
            if not self.cases.spend(handler, enrolled.totp, self.key.close(handler, rest)):
                raise WrongCode  # somebody was quicker
            return base64.b64encode(enrolled.key_file).decode()
        if not self.memory.may_try(handler, int(now) // 30):
            raise WrongCode
        step = kept.step_of(code, now)
        if step is None or not self.memory.first_use(handler, step):
            raise WrongCode
        return base64.b64encode(enrolled.key_file).decode()

    def login(self, handler: str, list_version: int, nonce: str, signature: str) -> tuple[str, str]:
        """(token, desk) for a handler who signs (nonce, origin, list version).

        Raises NotOnList, ListChanged, WrongProof, DeskClosed, DeskAway.
        """
        desk, listed = self._listed(handler)
        if list_version != self.lists.current(self.today()).version:
            raise ListChanged
        if not self._spent(nonce) or not requests.good(
            listed.verify_key, signature, requests.login(nonce, self.origin, list_version)
        ):
            raise WrongProof
        return self.memory.sign_in(Login(handler, desk), self.today()), desk

    def who(self, token: str) -> tuple[str, Handler]:
        """(desk, handler) of whoever is signed in with the token. Raises UnknownLogin, DeskClosed, DeskAway."""
        login = self.memory.signed_in(token)
        if login is None:
            raise UnknownLogin
        listed = self.lists.current(self.today()).handler(login.desk, login.handler)
        if listed is None:
            raise UnknownLogin
        return login.desk, listed

    def case(self, lookup: str, desk: str) -> Case:
        """A case of that desk. Raises NoSuchCase."""
        return self.cases.case(lookup, desk=desk)

    def answer(
        self, who: tuple[str, Handler], lookup: str, messages: Sequence[bytes], body: bytes, signature: str
    ) -> None:
        """A handler's message. Raises NoSuchCase, WrongSignature and what Cases.add raises."""
        desk, handler = who
        self.cases.case(lookup, desk=desk)
        self._signed_by(handler.verify_key, Verb.ANSWER, lookup, body, signature)
        self.cases.add(lookup, messages, desk=desk)

    def close(self, who: tuple[str, Handler], signed: Sequence[tuple[str, str]]) -> None:
        """Close cases, each (lookup, signature), all or none. Raises NoSuchCase, WrongSignature."""
        desk, handler = who
        for lookup, signature in signed:
            self._signed_by(handler.verify_key, Verb.CLOSE, lookup, b"", signature)
        self.cases.close(desk, [lookup for lookup, _ in signed], self.today())

    def silent(self) -> list[str]:
        """The desks that nobody has signed in to for ten days; the one thing the operator is told."""
        today = self.today()
        try:
            desks = [desk.id for desk in self.lists.current(today).desks if desk.open]
        except DeskClosed:
            return []
        return [desk for desk in desks if today - self.memory.last_seen(desk, today) >= SILENT]

    def _opened(self) -> None:
        """Raises DeskAway unless the desk's Redis says that it writes nothing down."""
        if not self.memory.forgets():
            raise DeskAway

    def _hour(self) -> int:
        return int(self.clock().timestamp()) // 3600

    def _challenges(self) -> tuple[bytes, bytes]:
        return work.challenges(self.key.challenge_key(), self._hour())

    def _submitter(self, lookup: str) -> bytes:
        return of_text(self.cases.case(lookup).submitter_key, 32)

    def _signed_by(self, verify_key: bytes, verb: Verb, lookup: str, body: bytes, signature: str) -> None:
        if not any(
            requests.may_write(verify_key, signature, verb, lookup, body, given) for given in self._challenges()
        ):
            raise WrongSignature

    def _listed(self, handler: str) -> tuple[str, Handler]:
        listed = self.lists.current(self.today())
        for desk in listed.desks:
            if (found := listed.handler(desk.id, handler)) is not None:
                return desk.id, found
        raise NotOnList

    def _spent(self, nonce: str) -> bool:
        return self.memory.spend(bytes.fromhex(nonce))


def _key_file(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
        keyfile.check(raw)
    except (binascii.Error, ValueError, KeyFileFault):
        raise KeyFileRefused from None
    return raw


def open_desk(
    settings: Confidential,
    home: Path,
    store: Callable[[], redis.Redis],
    clock: Callable[[], datetime],
    zone: ZoneInfo,
) -> Desk:
    """The desk of this installation; nothing is opened before it is needed."""
    file = home / settings.database
    return Desk(
        cases=Cases(file),
        lists=Lists(home / settings.list, settings.root),
        memory=Memory(store),
        key=ServerKey(file.with_name("server.key")),
        clock=clock,
        zone=zone,
        origin=settings.origin,
        settings=settings,
    )
