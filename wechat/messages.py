"""What people and the platform send us, and the text we answer: XML (of a mini-program JSON) in, XML out."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from wechat.envelope import Malformed
from wechat.markup import NotReadable, cdata, clean, read, rows

__all__ = [
    "TEXT_LIMIT", "Consent", "Malformed", "Message", "SentOutcome", "clean", "consents", "fit", "outcomes", "parse",
    "text_reply",
]  # fmt: skip

TEXT_LIMIT = 2048
"""Bytes of UTF-8 a passive text reply may have."""

_SECONDS = re.compile(r"[0-9]{1,10}")  # up to the year 2286; twelve digits are no time that a calendar knows
_LONGEST_NAME = 64  # characters of an openid, an original id and a template's id; WeChat's have 43 at most
_LONGEST_NUMBER = 32  # characters of a message's number; WeChat's have 20 at most
_LONGEST_MEDIA = 128  # characters of a media_id; WeChat's have 64
_MOST_TOLD = 50  # templates one event speaks of; WeChat's popup has five at most
_QR_PREFIX = "qrscene_"
# In JSON these events carry their list at the top; in XML it stands below an element of the event's own.
_LISTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message or event. Platform pages 接收普通消息 and 接收事件推送.

    `created` is in seconds since 1970; `kind` and `event` are lower case; what is absent is "".
    """

    to: str
    person: str
    created: int
    kind: str
    text: str
    event: str
    event_key: str
    scene: str
    msg_id: str
    recognition: str
    media_id: str
    fields: Mapping[str, str]

    def key(self, app_id: str) -> str:
        """32 hex digits that are the same at every delivery of this message and differ between messages.

        MsgId alone collides between people, and one person may tap two menu keys in one second: a message
        counts by MsgId, time and sender, an event by time, sender, Event, EventKey and MsgID. What it says of
        subscriptions counts too: a person may answer for two templates within one second.
        """
        parts: tuple[str, ...] = (
            ("event", self.event, self.event_key, self.msg_id) if self.kind == "event" else ("message", self.msg_id)
        )
        if self.event in _LISTS:
            parts += tuple(text for name, text in self.fields.items() if name.startswith(_LISTS[self.event]))
        # U+001F cannot occur in XML, so no two lists of parts join to one string
        joined = "\x1f".join((app_id, str(self.created), self.person, *parts))
        return hashlib.sha256(joined.encode()).hexdigest()[:32]

    def rows(self, path: str) -> list[dict[str, str]]:
        """A repeated element as a list, one or many: `rows("SubscribeMsgPopupEvent.List")`."""
        return rows(self.fields, path)


@dataclass(frozen=True, slots=True)
class Consent:
    """A person's word on a template: `accepted` allows one message more, else none that was allowed counts any more."""

    template_id: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class SentOutcome:
    """What became of a message; `template_id` is "" where it is not told, `code` says why it did not arrive."""

    template_id: str
    message_id: str
    arrived: bool
    code: str


def parse(push: bytes) -> Message:
    """Read one push. Unknown elements stay in `fields`, nested ones under dotted names. Raises Malformed."""
    try:
        fields = read(push)
    except NotReadable as error:
        raise Malformed(str(error)) from None
    for name in ("ToUserName", "FromUserName", "MsgType"):
        if not fields.get(name):
            raise Malformed(f"no {name}")
        if len(fields[name]) > _LONGEST_NAME:
            raise Malformed(f"{name} is too long")
    created = fields.get("CreateTime", "")
    if not _SECONDS.fullmatch(created):
        raise Malformed("CreateTime is no number of seconds")
    event = fields.get("Event", "").lower()
    if event in _LISTS:
        fields = {f"{_LISTS[event]}.{name}" if _bare(name) else name: text for name, text in fields.items()}
    event_key, media_id = fields.get("EventKey", ""), fields.get("MediaId", "")
    return Message(
        to=fields["ToUserName"],
        person=fields["FromUserName"],
        created=int(created),
        kind=fields["MsgType"].lower(),
        text=fields.get("Content", ""),
        event=event,
        event_key=event_key,
        scene=_scene(event, event_key),
        msg_id=_msg_id(fields),
        recognition=fields.get("Recognition", ""),
        media_id=media_id if len(media_id) <= _LONGEST_MEDIA else "",
        fields=MappingProxyType(fields),
    )


def text_reply(message: Message, text: str, at: int) -> str:
    """The passive text reply to `message`, always well-formed and within TEXT_LIMIT; `at` in seconds.

    An empty text is no reply: answer `success` then. Source: platform page 被动回复用户消息.
    """
    return (
        f"<xml><ToUserName>{cdata(message.person)}</ToUserName>"
        f"<FromUserName>{cdata(message.to)}</FromUserName>"
        f"<CreateTime>{at:d}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content>{cdata(fit(clean(text)))}</Content></xml>"
    )


def consents(message: Message) -> list[Consent]:
    """What an event says of consents, in its order; nothing for any other message.

    A refusal in the popup takes nothing away that was allowed before and is not told; one in the settings does.
    Source: platform page 订阅通知, events subscribe_msg_popup_event and subscribe_msg_change_event.
    """
    if message.event not in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return []
    told = "accept" if message.event == "subscribe_msg_popup_event" else "reject"
    return [
        Consent(row["TemplateId"], accepted=told == "accept")
        for row in message.rows(f"{_LISTS[message.event]}.List")[:_MOST_TOLD]
        if row.get("TemplateId") and _bounded(row) and row.get("SubscribeStatusString", "").lower() == told
    ]


def outcomes(message: Message) -> list[SentOutcome]:
    """What an event says of messages of ours; nothing for any other message.

    `code` is user_block, system_failed or another short word for a template message, the platform's number for a
    subscription notice. Sources: platform pages 模板消息 (TEMPLATESENDJOBFINISH), 订阅通知 (subscribe_msg_sent_event).
    """
    if message.event == "templatesendjobfinish":
        said = message.fields.get("Status", "").lower()
        code = re.sub("[^a-z0-9]+", "_", said.removeprefix("failed")).strip("_")[:40]
        arrived = said == "success"
        named = 0 < len(message.msg_id) <= _LONGEST_NUMBER
        return [SentOutcome("", message.msg_id, arrived, "" if arrived else code or "failed")] if named else []
    if message.event != "subscribe_msg_sent_event":
        return []
    told = message.rows("SubscribeMsgSentEvent.List")[:_MOST_TOLD]
    return [_outcome(row) for row in told if (row.get("MsgID") or row.get("TemplateId")) and _bounded(row)]


def _bounded(row: Mapping[str, str]) -> bool:
    """Whether the ids are as short as WeChat's."""
    return len(row.get("TemplateId", "")) <= _LONGEST_NAME and len(row.get("MsgID", "")) <= _LONGEST_NUMBER


def _outcome(row: Mapping[str, str]) -> SentOutcome:
    code = row.get("ErrorCode", "")
    arrived = code == "0" or (not code and row.get("ErrorStatus", "").lower() == "success")
    return SentOutcome(
        row.get("TemplateId", ""), row.get("MsgID", ""), arrived, "" if arrived else (code or "failed")[:40]
    )


def fit(text: str, limit: int = TEXT_LIMIT) -> str:
    """Shorten to `limit` bytes of UTF-8, at a character, with … where something is missing."""
    whole = text.encode("utf-8", "replace")
    if len(whole) <= limit:
        return text
    # a zero-width joiner at the end would glue the last picture to nothing
    return whole[: limit - 3].decode("utf-8", "ignore").rstrip("\u200d") + "…"


def _bare(name: str) -> bool:
    return name == "List" or name.startswith("List.")


def _scene(event: str, event_key: str) -> str:
    """The scanned scene: SCAN carries it bare, subscribe behind qrscene_ (any other key is no scan)."""
    if event == "scan":
        return event_key
    if event == "subscribe" and event_key.startswith(_QR_PREFIX):
        return event_key.removeprefix(_QR_PREFIX)
    return ""


def _msg_id(fields: Mapping[str, str]) -> str:
    """MsgId of a message; MsgID of a send's closing event (subscribe_msg_sent_event has it in its list)."""
    for name in ("MsgId", "MsgID", "SubscribeMsgSentEvent.List.MsgID"):
        if fields.get(name):
            return fields[name]
    return ""
