"""The JSON shapes of the control API: people, lines, codes, and what went over the wire."""

from datetime import UTC, datetime

from simulator.cards import Card
from simulator.courier import Delivery, Exchange
from simulator.journal import Line, News
from simulator.phone import Person
from simulator.template import Template
from simulator.tickets import Ticket
from simulator.world import World

Json = dict[str, object]


def person(world: World, who: Person) -> Json:
    """A person as the list of followers shows them."""
    last = world.journal.last(who.id)
    return {
        "id": who.id,
        "nickname": who.nickname,
        "openid": who.openid,
        "mini_openid": who.mini_openid,
        "unionid": who.unionid,
        "following": who.following,
        "last": line(last) if last else None,
    }


def line(each: Line) -> Json:
    """A line of a conversation; `at` is ISO 8601 in UTC."""
    return {
        "number": each.number,
        "person": each.person,
        "at": each.at.astimezone(UTC).isoformat(),
        "side": each.side,
        "kind": each.kind,
        "text": each.text,
        "exchange": each.exchange,
    }


def news(each: News) -> Json:
    """News for a page that is watching."""
    return {
        "number": each.number,
        "topic": each.topic,
        "line": line(each.line) if each.line else None,
    }


def template(each: Template, left: int) -> Json:
    """A template and how many messages of it one person still allows."""
    return {"id": each.id, "topic": each.topic, "title": each.title, "channel": each.channel, "left": left}


def card(each: Card) -> Json:
    """A message that has reached a person outside any exchange."""
    return {
        "msgid": each.msgid,
        "channel": each.channel,
        "topic": each.topic,
        "data": dict(each.data),
        "url": each.url,
        "client_msg_id": each.client_msg_id,
        "at": each.at.astimezone(UTC).isoformat(),
    }


def ticket(code: Ticket, now: datetime) -> Json:
    """A living code and the seconds it has left; None for a permanent one."""
    answer: Json = {
        "ticket": code.ticket,
        "scene": code.scene,
        "prefix": code.prefix,
        "url": code.url,
        "expires": None,
        "seconds": None,
    }
    if code.expires is not None:
        answer["expires"] = code.expires.astimezone(UTC).isoformat()
        answer["seconds"] = (code.expires - now).total_seconds()
    return answer


def exchange(made: Exchange, *, full: bool = False) -> Json:
    """What came of a message; `full` adds what went over the wire."""
    message = made.message
    answer: Json = {
        "number": made.number,
        "text": made.text,
        "notice": made.notice,
        "unavailable": made.unavailable,
        "complaints": made.complaints,
        "deliveries": [delivery(each, full=full) for each in made.deliveries],
    }
    if message is not None:
        answer["title"] = message.title
        answer["fields"] = dict(message.fields)
        if full:
            answer["xml"] = message.xml
    return answer


def delivery(tried: Delivery, *, full: bool) -> Json:
    """One try; `full` adds both bodies as they went over the wire, and the opened reply."""
    answer: Json = {
        "status": tried.status,
        "seconds": round(tried.seconds, 3),
        "cut": tried.cut,
        "problem": tried.problem,
    }
    if full:
        answer["sent"] = tried.sent.body.decode("utf-8", "replace")
        answer["body"] = tried.body.decode("utf-8", "replace")
        answer["opened"] = tried.verdict.xml
    return answer
