"""A desk with two desks of handlers on an ordinary test client, and the people on both sides of it."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import flask
import redis
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from confidential import bundle, wire
from confidential.cases import Cases
from confidential.desk import Desk, open_desk
from confidential.routes import blueprint
from confidential.totp import Second
from sealed import handlerlist, message, requests, seal, work
from sealed.desk import NewCase
from sealed.handlerlist import HandlerList
from sealed.keyfile import draw_passphrase, make
from sealed.keys import Identity, SigningKey, to_text
from sealed.receipt import Receipt
from sealed.requests import Verb
from settings import Confidential

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 18, 4, tzinfo=UTC)  # a Wednesday, noon on the branch's wall
ORIGIN = "https://report.example"


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """The present."""
        return self.now

    def on(self, **by: float) -> None:
        """Move on."""
        self.now += timedelta(**by)


@dataclass
class Room:
    """The desk, what it is made of, and a browser without cookies."""

    desk: Desk
    clock: Clock
    root: SigningKey
    handlers: dict[str, "Handler"]
    app: flask.Flask

    @property
    def client(self) -> FlaskClient:
        """A browser."""
        return self.app.test_client(use_cookies=False)

    @property
    def cases(self) -> Cases:
        """What is kept."""
        return self.desk.cases

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for something below /report/."""
        return self.client.get(f"/report/{path}", headers=headers)

    def post(self, path: str, body: bytes | dict[str, Any], **headers: str) -> TestResponse:
        """Send something there; `Report_Stamp` becomes Report-Stamp."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/report/{path}", data=data, headers=sent)

    def given(self) -> tuple[bytes, int]:
        """The hour's challenge and how much work it asks for."""
        said = self.get("challenge").get_json()
        return bytes.fromhex(said["challenge"]), said["bits"]

    def list(self) -> HandlerList:
        """The list that holds now."""
        return self.desk.lists.current(self.desk.today())

    def publish(self, expires: date, version: int = 1, without: Sequence[str] = ()) -> None:
        """Sign a list and put it where the desk looks."""
        self.desk.lists.file.parent.mkdir(parents=True, exist_ok=True)
        found = listed([one for one in self.handlers.values() if one.id not in without], expires, version)
        self.desk.lists.file.write_bytes(handlerlist.sign(found, self.root))


@dataclass
class Submitter:
    """Somebody with a receipt on paper."""

    room: Room
    desk: str = "own"
    receipt: Receipt = field(default_factory=Receipt.draw)

    @property
    def lookup(self) -> str:
        """The case's name."""
        return self.receipt.lookup

    @property
    def new(self) -> NewCase:
        """The case as it is opened."""
        key = to_text(self.receipt.signing.verify_key)
        return NewCase(self.lookup, key, self.receipt.identity.recipient, self.desk)

    def writes(self, text: str, *, size: int = 0) -> bytes:
        """One sealed message; `size` at least so many bytes of plaintext."""
        files = (message.Attachment("a.bin", "application/octet-stream", secrets.token_bytes(size)),) if size else ()
        doc = message.Doc(self.lookup, self.desk, self.room.list().version, message.SUBMITTER, (), text, files=files)
        plain = message.write(doc, self.receipt.signing)
        return seal.seal(plain, self.room.list().recipients(self.desk), None)

    def body(self, *messages: bytes, **head: object) -> bytes:
        """A submission's bytes; `head` overrides what the head says."""
        said = {
            "lookup": self.lookup,
            "submitter_key": self.new.submitter_key,
            "submitter_recipient": self.new.submitter_recipient,
            "desk": self.desk,
        }
        return bundle.pack({**said, **head}, messages)

    def sends(self, body: bytes, bits: int | None = None) -> TestResponse:
        """Work, and send the bytes."""
        given, asked = self.room.given()
        return self.room.post(
            "case/submit", body, Report_Stamp=work.stamp(body, given, asked if bits is None else bits)
        )

    def submits(self, *texts: str) -> list[bytes]:
        """Write and send; returns the sealed messages."""
        written = [self.writes(text) for text in texts]
        answer = self.sends(self.body(*written))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return written

    def signs(self, verb: Verb, body: bytes) -> str:
        """The signature a writing request needs."""
        return to_text(self.receipt.signing.sign(requests.writing(verb, self.lookup, body, self.room.given()[0])))

    def adds(self, *messages: bytes) -> TestResponse:
        """A follow-up."""
        body = bundle.pack({"lookup": self.lookup}, messages)
        return self.room.post("case/add", body, Report_Signature=self.signs(Verb.ADD, body))

    def withdraws(self) -> TestResponse:
        """Take the case back."""
        body = json.dumps({"lookup": self.lookup}).encode()
        return self.room.post("case/withdraw", body, Report_Signature=self.signs(Verb.WITHDRAW, body))

    def arrived(self) -> TestResponse:
        """Ask what is there."""
        return self.room.post("case/ids", {"lookup": self.lookup})


@dataclass
class Handler:
    """One of those who read; `secret` is what the TOTP app has."""

    id: str
    desk: str
    identity: Identity = field(default_factory=Identity.draw)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(20))
    recovery: tuple[str, str] = ("ABCD2345EFGH", "JKLM6789NPQR")
    passphrase: str = field(default_factory=draw_passphrase)
    token: str = ""

    def key_file(self) -> str:
        """What the page would store."""
        return base64.b64encode(make(self.identity.text, self.passphrase)).decode()

    def code(self, now: datetime) -> str:
        """The six digits of the moment."""
        return Second(self.secret, ())._code(int(now.timestamp()) // 30)

    def enrolment(self, room: Room, **changed: object) -> dict[str, Any]:
        """What the page sends to enrol."""
        nonce = room.post("handler/nonce", {}).get_json()["nonce"]
        key_file, totp = self.key_file(), base64.b32encode(self.secret).decode()
        signed = requests.enrol(nonce, key_file, totp)
        return {
            "handler": self.id,
            "key_file": key_file,
            "totp": totp,
            "recovery": [hashlib.sha256(one.encode()).hexdigest() for one in self.recovery],
            "nonce": nonce,
            "sig": to_text(self.identity.signing.sign(signed)),
            **changed,
        }

    def login(self, room: Room, **changed: object) -> dict[str, Any]:
        """What the page sends to log in."""
        nonce = room.post("handler/nonce", {}).get_json()["nonce"]
        version = room.list().version
        signed = requests.login(nonce, room.desk.origin, version)
        sig = to_text(self.identity.signing.sign(signed))
        return {"handler": self.id, "list_version": version, "nonce": nonce, "sig": sig, **changed}

    def signs_in(self, room: Room) -> "Handler":
        """Log in and keep the token."""
        answer = room.post("handler/login", self.login(room))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.token = answer.get_json()["token"]
        return self

    def asks(self, room: Room, path: str, body: bytes | dict[str, Any], **headers: str) -> TestResponse:
        """A request with the token."""
        return room.post(f"handler/{path}", body, Authorization=f"Bearer {self.token}", **headers)

    def sees(self, room: Room) -> list[dict[str, Any]]:
        """The cases of the desk."""
        found: list[dict[str, Any]] = self.asks(room, "cases", {}).get_json()["cases"]
        return found

    def opens(self, room: Room, lookup: str) -> list[str]:
        """The texts of a case, by id."""
        _, sealed = bundle.unpack(self.asks(room, "export", {"lookup": lookup}).data)
        return [message.parse(seal.open_with(self.identity, one)).doc.text for one in sealed]

    def answers(self, room: Room, case: Submitter, text: str) -> TestResponse:
        """Seal and send an answer."""
        doc = message.Doc(case.lookup, case.desk, room.list().version, self.id, (), text)
        plain = message.write(doc, self.identity.signing)
        sealed = seal.seal(plain, room.list().recipients(case.desk), case.receipt.identity.recipient)
        body = bundle.pack({"lookup": case.lookup}, [sealed])
        signed = requests.writing(Verb.ANSWER, case.lookup, body, room.given()[0])
        return self.asks(room, "answer", body, Report_Signature=to_text(self.identity.signing.sign(signed)))

    def closes(self, room: Room, *lookups: str) -> TestResponse:
        """Close cases."""
        given = room.given()[0]
        signed = [
            {
                "lookup": one,
                "sig": to_text(self.identity.signing.sign(requests.writing(Verb.CLOSE, one, b"", given))),
            }
            for one in lookups
        ]
        return self.asks(room, "close", {"cases": signed})


def listed(handlers: Iterable[Handler], expires: date, version: int = 1) -> HandlerList:
    """These handlers on a list of both desks; each one's role is its id."""
    desks = tuple(
        handlerlist.Desk(
            desk,
            tuple(
                handlerlist.Handler(one.id, one.id, one.identity.recipient, one.identity.signing.verify_key)
                for one in handlers
                if one.desk == desk
            ),
        )
        for desk in ("own", "upper")
    )
    return HandlerList(version, expires, desks)


def room_in(folder: Path, store: Callable[[], redis.Redis], cap: int | None = None) -> Room:
    """A desk in that folder: own with 张 and 李, upper with 王 and 赵, a list for 100 days."""
    clock, root = Clock(), SigningKey.draw()
    folder.mkdir(parents=True, exist_ok=True)
    settings = Confidential(public_url=ORIGIN, root=to_text(root.verify_key))
    desk = open_desk(settings, folder, store, clock, ZONE)
    if cap is not None:
        desk.cases.file.cap = cap
    app = flask.Flask("desk", static_folder=None)
    app.register_blueprint(blueprint(desk, "青湾市气象局党支部"))
    app.register_error_handler(HTTPException, wire.answer)
    named = {"zhang": "own", "li": "own", "wang": "upper", "zhao": "upper"}
    room = Room(desk, clock, root, {name: Handler(name, of) for name, of in named.items()}, app)
    room.publish(clock().date() + timedelta(days=100))
    return room
