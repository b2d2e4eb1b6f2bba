"""The three ways to send by a template: what each demands, what becomes of the message, and how the account is told.

Sources: platform pages 模板消息 (api_sendtemplatemessage), 订阅通知 (bizsend), 小程序订阅消息 (subscribeMessage.send).
"""

import re

from simulator.apierrors import ApiError
from simulator.call import Call, Json
from simulator.cards import Card
from simulator.journal import Side
from simulator.phone import Person
from simulator.template import MINI, SUBSCRIPTION, TEMPLATE, Template
from simulator.world import World

PAGE = re.compile(r"[^/?\s][^?\s]*(\?\S*)?")


def send_template(call: Call) -> Json:
    """POST /cgi-bin/message/template/send: to followers; a client_msg_id makes it one message for ten minutes."""
    call.authorise()
    fields = call.fields
    template = _template(call.world, fields, TEMPLATE)
    person = _follower(call.world, fields)
    data = template.check(fields.get("data"))
    key = fields.get("client_msg_id", "")
    if not isinstance(key, str) or len(key) > 64:
        raise ApiError(47001)
    fresh, now = call.world.carrier.message_id(), call.world.clock.now()
    msgid = call.world.cards.claim(person.openid, key, fresh, now)
    if msgid == fresh:
        card = Card(msgid, TEMPLATE, person.openid, template.topic, data, str(fields.get("url", "")), key, now)
        _deliver(call.world, person, template, card)
    return {"errcode": 0, "errmsg": "ok", "msgid": int(msgid)}


def send_notice(call: Call) -> Json:
    """POST /cgi-bin/message/subscribe/bizsend: one for each consent; the answer names the message only on demand."""
    call.authorise()
    world, fields = call.world, call.fields
    template = _template(world, fields, SUBSCRIPTION)
    person = _follower(world, fields)
    data = template.check(fields.get("data"))
    world.subscriptions.spend(person.openid, template.id)
    url = str(fields.get("page", ""))
    msgid, now = world.carrier.message_id(), world.clock.now()
    _deliver(world, person, template, Card(msgid, SUBSCRIPTION, person.openid, template.topic, data, url, "", now))
    named = {"msgid": int(msgid)} if world.names_notices else {}
    return {"errcode": 0, "errmsg": "ok", **named}


def send_mini(call: Call) -> Json:
    """POST /cgi-bin/message/subscribe/send: the mini-program's; followers or not, one for each consent."""
    call.authorise_mini()
    world, fields = call.world, call.fields
    template = _template(world, fields, MINI)
    person = next((one for one in world.people if one.mini_openid == fields.get("touser")), None)
    if person is None:
        raise ApiError(40003)
    page = str(fields.get("page", ""))
    if page and not PAGE.fullmatch(page):
        raise ApiError(41030)
    if fields.get("miniprogram_state", "formal") not in ("formal", "trial", "developer"):
        raise ApiError(47001)
    data = template.check(fields.get("data"))
    world.subscriptions.spend(person.mini_openid, template.id)
    msgid, now = world.carrier.message_id(), world.clock.now()
    card = Card(msgid, MINI, person.mini_openid, template.topic, data, page, "", now)
    _show(world, person, template, card)  # its events would go to the mini-program's own address
    return {"errcode": 0, "errmsg": "ok", "msgid": int(msgid)}


def _template(world: World, fields: Json, channel: str) -> Template:
    wanted = fields.get("template_id")
    for template in world.subscriptions.templates:
        if template.id == wanted and template.channel == channel:
            return template
    raise ApiError(40037)


def _follower(world: World, fields: Json) -> Person:
    person = world.by_openid(str(fields.get("touser", "")))
    if person is None:
        raise ApiError(40003)
    if not person.following:
        raise ApiError(43004)
    return person


def _deliver(world: World, person: Person, template: Template, card: Card) -> None:
    telling = world.outcomes.draw()
    if not telling.failed:
        _show(world, person, template, card)
    event = person.template_told if card.channel == TEMPLATE else person.notice_told
    world.outcomes.tell(telling, lambda copies: event(card, template.id, telling.failed, copies))


def _show(world: World, person: Person, template: Template, card: Card) -> None:
    world.cards.keep(card)
    world.journal.write(person.id, card.at, Side.ACCOUNT, "card", template.text(card.data, card.url))
