"""Opens every reply of the server and complains, in plain sentences, of what WeChat would not take.

Source: platform pages 回复用户消息 (Passive_user_reply_message) and 消息推送 (message-push).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from simulator import xmlform
from simulator.accounts import OfficialAccount
from simulator.crypto import Sealer, Unopenable, signature
from simulator.packing import Mode
from simulator.transport import Answer

LONGEST_TEXT = 2048
ONE_ARTICLE = frozenset({"text", "image", "voice", "video", "shortvideo", "link", "location"})
MOST_ARTICLES = 8
COMMON = {"ToUserName", "FromUserName", "CreateTime", "MsgType"}
BODIES: dict[str, Mapping[str, frozenset[str]]] = {
    "text": {"Content": frozenset()},
    "image": {"Image": frozenset({"MediaId"})},
    "voice": {"Voice": frozenset({"MediaId"})},
    "video": {"Video": frozenset({"MediaId", "Title", "Description"})},
    "music": {"Music": frozenset({"Title", "Description", "MusicUrl", "HQMusicUrl", "ThumbMediaId"})},
    "news": {"ArticleCount": frozenset(), "Articles": frozenset({"item"})},
    "transfer_customer_service": {"TransInfo": frozenset({"KfAccount"})},
}
ARTICLE = {"Title", "Description", "PicUrl", "Url"}
OPTIONAL = {"TransInfo"}
ENVELOPE = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The facts of the message that a reply is held against."""

    openid: str
    original_id: str
    kind: str
    mode: Mode


@dataclass(slots=True)
class Verdict:
    """What a reply turned out to be; `unavailable` is the notice WeChat shows in its stead.

    `text` is what the person reads (an article's title and link for news), `xml` the opened reply.
    """

    text: str | None = None
    kind: str = ""
    xml: str = ""
    complaints: list[str] = field(default_factory=list)
    unavailable: bool = False

    def refuse(self, sentence: str) -> "Verdict":
        """A complaint after which the person sees the notice of failure."""
        self.complaints.append(sentence)
        self.unavailable = True
        self.text = None
        return self


def check(account: OfficialAccount, asked: Asked, answer: Answer) -> Verdict:
    """Open one answer and judge it."""
    verdict = Verdict()
    if answer.status != 200:
        return verdict.refuse(f"the server answered HTTP {answer.status}")
    body = answer.body
    if body in (b"", b"success"):
        return verdict
    if body.strip() in (b"", b"success"):
        return verdict.refuse("blanks or line breaks stand around an empty or success reply")
    start = body.lstrip()[:15].lower()
    if start.startswith((b"{", b"[")):
        return verdict.refuse("the reply is JSON")
    if start.startswith((b"<!doctype html", b"<html")):
        return verdict.refuse("the reply is an HTML page")
    try:
        root = xmlform.read(body)
        if asked.mode is not Mode.PLAIN and (root.find("Encrypt") is not None):
            clear = _unseal(account, root, verdict)
            verdict.xml = clear.decode("utf-8", "replace")
            root = xmlform.read(clear)
        else:
            verdict.xml = body.decode("utf-8", "replace")
            if asked.mode is Mode.SAFE:
                return verdict.refuse("the reply is not sealed though the account is in safe mode")
            if root.find("Encrypt") is not None:
                return verdict.refuse("the reply is sealed though the account is in plain mode")
    except (xmlform.Malformed, Unopenable) as error:
        return verdict.refuse(str(error))
    _judge(root, asked, verdict)
    return verdict


def _unseal(account: OfficialAccount, root: Element, verdict: Verdict) -> bytes:
    names = [child.tag for child in root]
    if set(names) != ENVELOPE or len(names) != len(ENVELOPE):
        verdict.complaints.append(f"the envelope has the elements {sorted(names)}")
    part = {name: xmlform.text_of(root, name) or "" for name in ENVELOPE}
    if not part["TimeStamp"].isdigit():
        verdict.complaints.append("TimeStamp of the envelope is not a whole number")
    right = signature(account.token, part["TimeStamp"], part["Nonce"], part["Encrypt"])
    if part["MsgSignature"] != right:
        raise Unopenable("MsgSignature of the reply is wrong")
    clear, app_id = _open(account, part["Encrypt"])
    if app_id != account.app_id:
        raise Unopenable(f"the sealed reply carries the app id {app_id!r}")
    return clear


def _open(account: OfficialAccount, sealed: str) -> tuple[bytes, str]:
    try:
        return Sealer(account.encoding_aes_key).open(sealed)
    except Unopenable:
        if not account.previous_encoding_aes_key:
            raise
        return Sealer(account.previous_encoding_aes_key).open(sealed)


def _judge(root: Element, asked: Asked, verdict: Verdict) -> None:
    if xmlform.text_of(root, "ToUserName") != asked.openid:
        verdict.refuse("ToUserName of the reply is not the person who wrote")
    if xmlform.text_of(root, "FromUserName") != asked.original_id:
        verdict.refuse("FromUserName of the reply is not the account")
    if not (xmlform.text_of(root, "CreateTime") or "").isdigit():
        verdict.refuse("CreateTime of the reply is not a whole number")
    verdict.kind = xmlform.text_of(root, "MsgType") or ""
    body = BODIES.get(verdict.kind)
    if body is None:
        verdict.refuse(f"MsgType {verdict.kind!r} is not a kind of reply")
        return
    _elements(root, body, verdict)
    if verdict.unavailable:
        return
    if verdict.kind == "text":
        _judge_text(root, verdict)
    elif verdict.kind == "news":
        _judge_news(root, asked, verdict)
    elif verdict.kind != "transfer_customer_service":
        verdict.text = f"[{verdict.kind}]"


def _elements(root: Element, body: Mapping[str, frozenset[str]], verdict: Verdict) -> None:
    names = [child.tag for child in root]
    for name in sorted({name for name in names if names.count(name) > 1}):
        verdict.refuse(f"<{name}> stands more than once")
    for name in sorted(set(names) - COMMON - set(body)):
        verdict.refuse(f"<{name}> is not known in a {verdict.kind} reply")
    for name in sorted((COMMON | set(body)) - OPTIONAL - set(names)):
        verdict.refuse(f"<{name}> is missing")
    for name, inner in body.items():
        child = root.find(name)
        for grandchild in () if child is None else child:
            if grandchild.tag not in inner:
                verdict.refuse(f"<{grandchild.tag}> is not known inside <{name}>")


def _judge_text(root: Element, verdict: Verdict) -> None:
    content = xmlform.text_of(root, "Content") or ""
    size = len(content.encode())
    if not content.strip():
        verdict.refuse("the text of the reply is empty")
    elif size > LONGEST_TEXT:
        verdict.refuse(f"the text has {size} bytes, {LONGEST_TEXT} are allowed")
    else:
        verdict.text = content


def _judge_news(root: Element, asked: Asked, verdict: Verdict) -> None:
    items = root.findall("Articles/item")
    most = 1 if asked.kind in ONE_ARTICLE else MOST_ARTICLES
    if xmlform.text_of(root, "ArticleCount") != str(len(items)):
        verdict.refuse("ArticleCount is not the number of articles")
    elif not 1 <= len(items) <= most:
        verdict.refuse(f"{len(items)} articles answer a message of kind {asked.kind}, {most} may")
    for item in items:
        for name in sorted({child.tag for child in item} - ARTICLE):
            verdict.refuse(f"<{name}> is not known inside an article")
    if not verdict.unavailable:
        verdict.text = "\n".join(
            f"{xmlform.text_of(item, 'Title') or ''}\n{xmlform.text_of(item, 'Url') or ''}".strip() for item in items
        )
