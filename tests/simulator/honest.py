"""A tiny honest server on wechatpy, the foreign implementation that the simulator is held against."""

import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from wsgiref.types import StartResponse, WSGIEnvironment

from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import check_signature
from werkzeug.wrappers import Request, Response

from simulator import Accounts, MiniProgram, OfficialAccount

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OLD_KEY = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg"
ACCOUNTS = Accounts(
    OfficialAccount("wxaccount00000001", "account-secret", "shared-token", KEY),
    MiniProgram("wxmini0000000001", "mini-secret"),
)


@dataclass
class Echo:
    """Answers a text with 「收到：…」; `answer` replaces that by (status, body) from the raw message."""

    accounts: Accounts = ACCOUNTS
    answer: Callable[[str], tuple[int, bytes]] | None = None
    seal: bool = True
    slow: threading.Event | None = None  # wait for it before answering
    seen: list[dict[str, object]] = field(default_factory=list)
    arrivals: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._respond(request)
        except (InvalidSignatureException, InvalidAppIdException):
            response = Response(status=403)
        except Exception:  # noqa: BLE001 -- wechatpy raises whatever its parts raise
            response = Response(status=400)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        account = self.accounts.official_account
        query, body = request.args, request.get_data()
        sealed = query.get("encrypt_type") == "aes"
        crypto = WeChatCrypto(account.token, account.encoding_aes_key or KEY, account.app_id)
        if sealed:
            clear = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        else:
            check_signature(account.token, query.get("signature", ""), query["timestamp"], query["nonce"])
            clear = body.decode()
        message = parse_message(clear)
        self.seen.append(_fields(ET.fromstring(clear)))  # noqa: S314 -- our own simulator wrote it
        self.arrivals.release()
        if self.slow is not None:
            self.slow.wait(20)
        if self.answer is not None:
            status, raw = self.answer(clear if isinstance(clear, str) else clear.decode())
            return Response(raw, status=status)
        words = getattr(message, "content", None) or getattr(message, "recognition", None) or message.type
        reply = create_reply(f"收到：{words}", message).render()
        if sealed and self.seal:
            reply = crypto.encrypt_message(reply, query["nonce"], query["timestamp"])
        return Response(reply)


def _fields(element: ET.Element) -> dict[str, object]:
    found: dict[str, object] = {}
    for child in element:
        value: object = _fields(child) if len(child) else (child.text or "")
        before = found.get(child.tag)
        if isinstance(before, list):
            before.append(value)
        else:
            found[child.tag] = value if before is None else [before, value]
    return found


class Sundial:
    """A time that moves only when told."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
