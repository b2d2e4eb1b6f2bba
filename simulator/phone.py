"""A person with a phone: says, scans, taps, follows, and hears what the account answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulator import words, xmlform
from simulator.cards import Card
from simulator.carrier import Carrier
from simulator.courier import HONEST, Exchange, Manner, Message
from simulator.journal import Side
from simulator.media import PICTURE, VIDEO, VOICE
from simulator.template import MINI
from simulator.windows import Opener, Windows
from simulator.xmlform import Value


class NotFollowing(Exception):
    """WeChat offers no way to write to an account one does not follow."""


@dataclass(frozen=True, slots=True)
class _Sending:
    """When and how one message goes out, and which window it opens."""

    at: datetime | None
    msg_id: str | None
    manner: Manner
    opener: Opener = Opener.MESSAGE


@dataclass(slots=True, eq=False)
class Person:
    """One WeChat person, with an openid for each application.

    Every act returns the Exchange it led to. `at` sets CreateTime (default: the world's clock),
    `msg_id` the MsgId, `manner` the way of delivery.
    """

    id: str
    nickname: str
    carrier: Carrier = field(repr=False)
    openid: str
    mini_openid: str
    unionid: str | None = None
    following: bool = False
    subscribed_at: datetime | None = None
    subscribe_scene: str = ""
    qr_scene: str = ""
    windows: Windows = field(default_factory=Windows, repr=False)

    def follow(
        self,
        scene_ticket: str | None = None,
        *,
        at: datetime | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Follow the account, by a code's ticket or url or by searching; once is enough."""
        if self.following:
            return self.carrier.begin()
        fields: dict[str, Value] = {"EventKey": ""}
        opener = Opener.FOLLOW
        ticket = self.carrier.tickets.find(scene_ticket) if scene_ticket else None
        if scene_ticket and ticket is None:
            raise ValueError("there is no such ticket")
        if ticket is not None:
            fields = {"EventKey": f"qrscene_{ticket.scene}", "Ticket": ticket.ticket}
            opener = Opener.SCAN
        self.starts_following(ticket.scene if ticket else "")
        self.windows.open(opener, self.carrier.clock.now())
        return self._event("subscribe", fields, words.FOLLOWED, _Sending(at, None, manner))

    def starts_following(self, scene: str = "") -> None:
        """Be a follower from now on without telling the server (it already knows)."""
        self.following = True
        self.subscribed_at = self.carrier.clock.now()
        self.subscribe_scene = "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH"
        self.qr_scene = scene
        self.carrier.journal.changed("people")

    def unfollows(self, *, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Stop following; whatever the server answers, nobody sees it."""
        if not self.following:
            return self.carrier.begin()
        self.following = False
        self.windows.close()
        self.carrier.subscriptions.forget(self.openid)
        self.carrier.journal.changed("people")
        return self.event("unsubscribe", at=at, manner=manner, note=words.UNFOLLOWED, listening=False, EventKey="")

    def says(
        self,
        text: str,
        *,
        menu_id: str | None = None,
        at: datetime | None = None,
        msg_id: str | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Type a text; `menu_id` when it comes from tapping an option in a message."""
        fields: dict[str, Value] = {"Content": text}
        opener = Opener.MESSAGE
        if menu_id is not None:
            fields["bizmsgmenuid"] = menu_id
            opener = Opener.MENU
        return self._message("text", fields, text, _Sending(at, msg_id, manner, opener))

    def speaks(
        self,
        words_heard: str | None = None,
        *,
        at: datetime | None = None,
        msg_id: str | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Send a voice message; None = the account has speech recognition switched off."""
        fields: dict[str, Value] = {"MediaId": self.carrier.media.keep("voice", VOICE, "audio/amr"), "Format": "amr"}
        if words_heard is not None:
            fields["Recognition"] = words_heard
        return self._message("voice", fields, words_heard or "", _Sending(at, msg_id, manner))

    def sends_picture(
        self, *, at: datetime | None = None, msg_id: str | None = None, manner: Manner = HONEST
    ) -> Exchange:
        """Send a picture."""
        media_id = self.carrier.media.keep("image", PICTURE, "image/png")
        fields = {"PicUrl": "http://mmbiz.qpic.cn/mmbiz_jpg/example/0", "MediaId": media_id}
        return self._message("image", fields, words.PICTURE, _Sending(at, msg_id, manner))

    def sends_video(
        self, *, at: datetime | None = None, msg_id: str | None = None, manner: Manner = HONEST
    ) -> Exchange:
        """Send a video."""
        keep = self.carrier.media.keep
        fields = {
            "MediaId": keep("video", VIDEO, "video/mp4"),
            "ThumbMediaId": keep("thumb", PICTURE, "image/png"),
        }
        return self._message("video", fields, words.VIDEO, _Sending(at, msg_id, manner))

    def sends_location(
        self,
        latitude: float,
        longitude: float,
        label: str = "支部活动室",
        *,
        at: datetime | None = None,
        msg_id: str | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Send a place chosen on the map, in degrees."""
        fields: dict[str, Value] = {
            "Location_X": f"{latitude:.6f}",
            "Location_Y": f"{longitude:.6f}",
            "Scale": 16,
            "Label": label,
        }
        shown = words.place(label, latitude, longitude)
        return self._message("location", fields, shown, _Sending(at, msg_id, manner))

    def sends_link(
        self,
        title: str = "学习材料",
        url: str = "https://www.example.com/",
        *,
        at: datetime | None = None,
        msg_id: str | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Forward a link."""
        fields = {"Title": title, "Description": "", "Url": url}
        return self._message("link", fields, words.link(title, url), _Sending(at, msg_id, manner))

    def scans(
        self,
        code: str,
        *,
        follow: bool = True,
        at: datetime | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Scan a code, given by its url or ticket; the server hears only of living ones.

        Someone who does not follow is asked to, and `follow` is the answer: then the server
        gets a subscribe event with the scene instead of a SCAN.
        """
        ticket = self.carrier.tickets.find(code)
        if ticket is None:
            web = code.startswith(("http://", "https://"))
            return self._noticed(words.opened_page(code) if web else words.scanned_text(code))
        if not ticket.lives(self.carrier.clock.now()):
            return self._noticed(words.EXPIRED_CODE)
        if not self.following:
            if not follow:
                exchange = self.carrier.begin()
                exchange.notice = words.FOLLOW_FIRST
                return exchange
            return self.follow(ticket.ticket, at=at, manner=manner)
        self.windows.open(Opener.SCAN, self.carrier.clock.now())
        return self.event(
            "SCAN",
            at=at,
            manner=manner,
            note=words.SCANNED,
            EventKey=ticket.scene,
            Ticket=ticket.ticket,
        )

    def taps(self, key: str, *, name: str = "", at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Tap a menu item that sends its key (CLICK); `name` is what the item is called."""
        self._must_follow()
        self.windows.open(Opener.MENU, self.carrier.clock.now())
        return self.event("CLICK", at=at, manner=manner, note=words.tapped(name or key), EventKey=key)

    def opens_page(self, url: str, *, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Tap a menu item that opens a web page (VIEW)."""
        self._must_follow()
        return self.event("VIEW", at=at, manner=manner, note=words.opened_page(url), EventKey=url)

    def opens_mini_program(self, path: str, *, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Tap a menu item that opens the mini-program."""
        self._must_follow()
        note = words.opened_mini_program(path)
        return self.event("view_miniprogram", at=at, manner=manner, note=note, EventKey=path)

    def scans_from_menu(
        self,
        key: str,
        result: str,
        *,
        waiting: bool = True,
        at: datetime | None = None,
        manner: Manner = HONEST,
    ) -> Exchange:
        """Tap a menu item that scans; `waiting` shows 消息接收中 until the answer comes."""
        self._must_follow()
        self.windows.open(Opener.MENU, self.carrier.clock.now())
        return self.event(
            "scancode_waitmsg" if waiting else "scancode_push",
            at=at,
            manner=manner,
            note=words.tapped(key),
            EventKey=key,
            ScanCodeInfo={"ScanType": "qrcode", "ScanResult": result},
        )

    def accepts(self, name: str, times: int = 1, *, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Allow `times` messages of a template (its id or topic), one popup each, a second apart; the last one now."""
        exchange = self.carrier.begin()
        last = at or self.carrier.clock.now()
        for number in range(times):
            exchange = self.answers({name: True}, at=last - timedelta(seconds=times - 1 - number), manner=manner)
        return exchange

    def answers(self, said: Mapping[str, bool], *, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Answer one popup that asks for several templates; what was allowed before stays allowed."""
        found = [(self.carrier.subscriptions.find(name), yes) for name, yes in said.items()]
        rows: list[Value] = []
        for template, yes in found:
            if yes:
                owner = self.mini_openid if template.channel == MINI else self.openid
                self.carrier.subscriptions.accept(owner, template.id)
            if template.channel != MINI:  # its events would go to the mini-program's own address
                status = "accept" if yes else "reject"
                rows.append({"TemplateId": template.id, "SubscribeStatusString": status, "PopupScene": 1})
        return self._consented("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", rows, at, manner)

    def refuses(self, *names: str, at: datetime | None = None, manner: Manner = HONEST) -> Exchange:
        """Refuse templates in WeChat's settings: nothing that was allowed counts any more."""
        rows: list[Value] = []
        for template in map(self.carrier.subscriptions.find, names):
            owner = self.mini_openid if template.channel == MINI else self.openid
            self.carrier.subscriptions.refuse(owner, template.id)
            if template.channel != MINI:
                rows.append({"TemplateId": template.id, "SubscribeStatusString": "reject"})
        return self._consented("subscribe_msg_change_event", "SubscribeMsgChangeEvent", rows, at, manner)

    def credits(self, name: str) -> int:
        """How many messages of a template may still come, by WeChat's own count."""
        template = self.carrier.subscriptions.find(name)
        return self.carrier.subscriptions.left(
            self.mini_openid if template.channel == MINI else self.openid, template.id
        )

    def template_told(self, card: Card, _template_id: str, failed: str, copies: int = 1) -> None:
        """Let WeChat tell what became of a template message to this person."""
        status = f"failed:{failed}" if failed else "success"
        self._told("TEMPLATESENDJOBFINISH", {"MsgID": int(card.msgid), "Status": status}, card.at, copies)

    def notice_told(self, card: Card, template_id: str, failed: str, copies: int = 1) -> None:
        """Let WeChat tell what became of a subscription notice to this person."""
        code, status = ("43101", failed) if failed else ("0", "success")
        row = {"TemplateId": template_id, "MsgID": card.msgid, "ErrorCode": code, "ErrorStatus": status}
        self._told("subscribe_msg_sent_event", {"SubscribeMsgSentEvent": {"List": row}}, card.at, copies)

    def _told(self, name: str, fields: Mapping[str, Value], at: datetime, copies: int) -> None:
        exchange = self._event(name, fields, "", _Sending(at, None, HONEST), listening=False)
        for _ in range(copies - 1):
            self.again(exchange)

    def _consented(self, name: str, element: str, rows: list[Value], at: datetime | None, manner: Manner) -> Exchange:
        self.carrier.journal.changed("templates")
        if not rows:
            return self.carrier.begin()
        # a mini-program's JSON has a bare list, of one an object
        listed = rows if len(rows) > 1 else rows[0]
        fields: dict[str, Value] = {"List": listed} if manner.json else {element: {"List": listed}}
        return self._event(name, fields, "", _Sending(at, None, manner), listening=False)

    def event(
        self,
        name: str,
        *,
        at: datetime | None = None,
        manner: Manner = HONEST,
        note: str = "",
        listening: bool = True,
        **fields: Value,
    ) -> Exchange:
        """Any event with any fields, whether it makes sense or not; a sequence repeats."""
        return self._event(name, fields, note, _Sending(at, None, manner), listening=listening)

    def message(
        self,
        kind: str,
        *,
        at: datetime | None = None,
        msg_id: str | None = None,
        manner: Manner = HONEST,
        **fields: Value,
    ) -> Exchange:
        """A message of any kind with any fields, such as kinds not yet invented."""
        tail: dict[str, Value] = {"MsgId": int(msg_id or self.carrier.message_id())}
        known: dict[str, Value] = {**self._head(at), "MsgType": kind, **fields, **tail}
        return self._send(known, Side.ME, "", manner)

    def sends_xml(self, xml: str, *, manner: Manner = HONEST) -> Exchange:
        """Deliver this clear XML as it stands, sealed as the mode demands."""
        return self._carry(Message(self.openid, xml, {}), manner)

    def again(self, exchange: Exchange, *, manner: Manner = HONEST) -> Exchange:
        """Deliver the same message once more: same MsgId, same CreateTime."""
        if exchange.message is None:
            raise ValueError("nothing was sent in this exchange")
        return self._carry(exchange.message, manner)

    def _message(self, kind: str, fields: Mapping[str, Value], shown: str, sending: "_Sending") -> Exchange:
        self._must_follow()
        self.windows.open(sending.opener, self.carrier.clock.now())
        number = {"MsgId": int(sending.msg_id or self.carrier.message_id())}
        known: dict[str, Value] = {**self._head(sending.at), "MsgType": kind, **fields, **number}
        return self._send(known, Side.ME, shown or f"[{kind}]", sending.manner)

    def _event(
        self,
        name: str,
        fields: Mapping[str, Value],
        note: str,
        sending: "_Sending",
        *,
        listening: bool = True,
    ) -> Exchange:
        known: dict[str, Value] = {**self._head(sending.at), "MsgType": "event", "Event": name, **fields}
        return self._send(known, Side.NOTE, note, sending.manner, listening=listening)

    def _head(self, at: datetime | None) -> dict[str, Value]:
        created = self.carrier.clock.timestamp() if at is None else int(at.timestamp())
        return {
            "ToUserName": self.carrier.courier.account.original_id,
            "FromUserName": self.openid,
            "CreateTime": created,
        }

    def _send(
        self,
        fields: Mapping[str, Value],
        side: Side,
        shown: str,
        manner: Manner,
        *,
        listening: bool = True,
    ) -> Exchange:
        exchange = self.carrier.begin()
        if shown:
            kind = str(fields["MsgType"])
            now = self.carrier.clock.now()
            self.carrier.journal.write(self.id, now, side, kind, shown, exchange.number)
        written = json.dumps(fields, ensure_ascii=False) if manner.json else xmlform.write(fields)
        message = Message(self.openid, written, fields)
        return self._carry(message, manner, exchange, listening=listening)

    def _carry(
        self,
        message: Message,
        manner: Manner,
        exchange: Exchange | None = None,
        *,
        listening: bool = True,
    ) -> Exchange:
        exchange = exchange or self.carrier.begin()
        return self.carrier.send(self.id, self.nickname, message, exchange, manner, listening=listening)

    def _noticed(self, notice: str) -> Exchange:
        exchange = self.carrier.begin()
        exchange.notice = notice
        self.carrier.journal.write(self.id, self.carrier.clock.now(), Side.NOTE, "note", notice)
        return exchange

    def _must_follow(self) -> None:
        if not self.following:
            raise NotFollowing(self.nickname)
