"""The demo's confidential desk: a root key and four handlers, drawn at the first start, enrolled as their page would.

Everything stands in var/demo/, passphrases too: it is for looking at. Handlers' ids begin with demo-, by which
`zhibu doctor` refuses such a list in front of the real WeChat.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from confidential.keys import publish
from sealed import handlerlist, keyfile, requests
from sealed.handlerlist import DESKS, HandlerList
from sealed.keys import Identity, SigningKey, of_text, to_text
from settings import Settings

ROLES = {"own": ("支部纪检委员", "支部宣传委员"), "upper": ("机关纪检监察工委联络员", "主管局纪检组联络员")}
MARK = "demo-"
RENEW = timedelta(days=30)  # before the list's end
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

Post = Callable[[str, dict[str, object]], Any]
"""Posts JSON below /report/handler/; returns the JSON that came back."""


@dataclass(frozen=True)
class Played:
    """A handler for a newcomer to play; `identity` is AGE-SECRET-KEY-1…, `totp` base32."""

    id: str
    desk: str
    role: str
    identity: str
    passphrase: str
    totp: str
    recovery: tuple[str, str]

    @property
    def listed(self) -> handlerlist.Handler:
        """As the list names the handler."""
        own = Identity.of_text(self.identity)
        return handlerlist.Handler(self.id, self.role, own.recipient, own.signing.verify_key)

    def enrol(self, post: Post) -> None:
        """Hand key file and second step to the desk, as the handler's page does."""
        key_file = base64.b64encode(keyfile.make(self.identity, self.passphrase)).decode()
        nonce = post("nonce", {})["nonce"]
        signed = requests.enrol(nonce, key_file, self.totp)
        post(
            "enrol",
            {
                "handler": self.id,
                "key_file": key_file,
                "totp": self.totp,
                "recovery": [hashlib.sha256(one.encode()).hexdigest() for one in self.recovery],
                "nonce": nonce,
                "sig": to_text(Identity.of_text(self.identity).signing.sign(signed)),
            },
        )


@dataclass(frozen=True)
class Staff:
    """The demo's root and handlers, the same at every start."""

    root: SigningKey
    handlers: tuple[Played, ...]

    def publish(self, file: Path, today: date) -> None:
        """Sign the list where there is none, or where it ends soon."""
        before = handlerlist.read(file.read_bytes(), self.root.verify_key) if file.exists() else None
        if before and before.expires - today > RENEW:
            return
        desks = tuple(
            handlerlist.Desk(desk, tuple(one.listed for one in self.handlers if one.desk == desk)) for desk in DESKS
        )
        version = before.version + 1 if before else 1
        publish(HandlerList(version, today + handlerlist.LONGEST, desks), self.root, file)


def staff_in(folder: Path) -> Staff:
    """Those kept in the folder; drawn and kept there at the first time."""
    file = folder / "handlers.json"
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        drawn = [_draw(desk, number, role) for desk in DESKS for number, role in enumerate(ROLES[desk], 1)]
        half = file.with_name("handlers.json.new")
        half.touch(mode=0o600)
        kept = {"root": to_text(SigningKey.draw().seed), "handlers": [asdict(one) for one in drawn]}
        half.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
        half.replace(file)
    raw = json.loads(file.read_text("utf-8"))
    return Staff(
        SigningKey(of_text(raw["root"], 32)),
        tuple(Played(**{**one, "recovery": tuple(one["recovery"])}) for one in raw["handlers"]),
    )


def configured(config: Path, settings: Settings, staff: Staff) -> Path:
    """A config.yaml beside the keys that says the same as this one, and who signs the demo's list."""
    content = yaml.safe_load(config.read_text("utf-8"))
    desk = content.setdefault("confidential", {})
    desk.update(root=to_text(staff.root.verify_key), public_url=settings.server.public_url)
    file = settings.var / "demo" / "config.yaml"
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return file


def told(staff: Staff, address: str) -> str:
    """What the start text says of the desk."""
    lines = [
        f"保密反映：打开 {address}/report/，或在聊天里发“保密反映”，抄下12个字的回执。",
        f"再当承办人：打开 {address}/report/handler/，用下面的编号、备用码（一个用一次）和口令登录，打开、答复；",
        "然后凭回执看答复，聊天里发“进度”加12个字。口令和备用码只供演示：",
    ]
    desks = {"own": "本级", "upper": "上级"}
    for one in staff.handlers:
        lines += [
            f"    {desks[one.desk]}　{one.role}　编号 {one.id}　口令 {one.passphrase}",
            f"        备用码 {'、'.join(one.recovery)}　动态码密钥 {one.totp}",
        ]
    return "\n".join(lines)


def _draw(desk: str, number: int, role: str) -> Played:
    recovery = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(2)]
    return Played(
        id=f"{MARK}{desk}-{number}",
        desk=desk,
        role=role,
        identity=Identity.draw().text,
        passphrase=keyfile.draw_passphrase(),
        totp=base64.b32encode(secrets.token_bytes(20)).decode(),
        recovery=(recovery[0], recovery[1]),
    )
