"""意见: signed or not is asked before all else. 不署名意见 is the same had apart, by a receipt; 附图 adds pictures.

A signed opinion is kept as soon as its category is known; pictures may follow, each kept by itself. Of an unsigned one
nothing is in the ordinary memory or the database: the choice alone hands over to a sealed dialogue, which draws the
receipt when it starts, so that a repeated delivery files the same opinion.
"""

import secrets
from dataclasses import dataclass

from pydantic import JsonValue

from bot.answers import Heard, Kind, NotAnAnswer, Text
from bot.dialogues.confidential import opinion as lookup
from bot.talk import Ending, Talk
from bot.turn import Turn, dialogue
from bot.words import normalise
from models.opinion import OpinionState
from sealed.desk import DeskRefusal
from sealed.receipt import Receipt
from sealed.unsigned import UnsignedBusy, UnsignedRefusal
from services import opinions
from services.calendar import local
from services.opinions import LONGEST, MOST_PICTURES
from texts import opinion as texts

TOLD = 3  # of one's own, in the chat
ANSWER = 60  # characters of an answer there
_DONE = frozenset(["0", "不用", "不用了", "没有", "没有了", "不附", "完", "好了"])


@dialogue(texts.NAME, also=("提意见", "建议"), typos=("提意件", "建意"), help="提意见", order=5, bound=False)
def opinion(talk: Talk, turn: Turn) -> Ending:
    """How, then the text, then the category; one effect. Pictures are offered after it."""
    if talk.choose("how", texts.HOW, texts.WAYS) == "unsigned":
        return talk.then("", texts.APART, chosen=True)
    act = turn.act
    text = talk.tell("text", texts.SAY, LONGEST)
    category = talk.choose("category", texts.ABOUT, texts.CATEGORY)
    made = opinions.give(turn.db, act, category, text, turn.key, turn.parts.opinion_days)
    return talk.then(texts.sent(made.number), texts.PICTURES, opinion=made.number)


@dialogue(texts.APART, bound=False, sealed=True, typed_only=True)
def apart(talk: Talk, turn: Turn) -> str:
    """The text, the category; the receipt is in the reply to it and in no other."""
    intake = turn.parts.intake
    if not intake.root:
        return texts.NOT_SET_UP
    receipt = Receipt(bytes.fromhex(talk.keep("receipt", lambda: secrets.token_hex(16))))
    try:
        if not talk.answers and not intake.forgets():
            return texts.NOT_NOW
    except DeskRefusal:
        return texts.NOT_NOW
    text = talk.ask("text", texts.TYPE, _Typed())
    category = talk.choose("category", texts.ABOUT, texts.CATEGORY)
    try:
        intake.unsigned.submit(lookup(receipt), category.value, text, turn.now)
    except UnsignedBusy as busy:  # it may pass, and what was written is only here
        talk.again("category", texts.refused(busy))
    except UnsignedRefusal as refusal:
        return texts.refused(refusal)
    return texts.sent_unsigned(receipt.text)


@dialogue(texts.PICTURES, also=("附图片",), passing=True)
def pictures(talk: Talk, turn: Turn) -> str | Ending:
    """One picture, then the next; opened by 意见, or said alone for one's last opinion that is not answered yet."""
    found = next((one for one in opinions.mine(turn.db, turn.who) if _takes(one.number, talk, one.state)), None)
    if found is None:
        return texts.NO_OPINION
    count = len(opinions.pictures(turn.db, found))
    if count >= MOST_PICTURES:
        return texts.last_picture(count)
    media_id = talk.ask("picture", texts.offer(count, MOST_PICTURES), _Picture())
    if not media_id:
        return texts.ENOUGH
    count = opinions.attach(turn.db, found, media_id, turn.now, turn.key)
    if count >= MOST_PICTURES:
        return texts.last_picture(count)
    return talk.then("", texts.PICTURES, opinion=found.number)


@dialogue(texts.MINE, also=("意见答复",), help="我的意见", order=18)
def mine(talk: Talk, turn: Turn) -> str:
    """The own signed opinions, newest first, and what has become of them."""
    del talk
    found = opinions.mine(turn.db, turn.who)
    if not found:
        return texts.NOTHING
    zone = turn.parts.where.zone
    lines = [
        texts.own_line(
            one.number, local(one.at, zone), one.category, texts.come_to(one.state, one.verdict, one.answer, ANSWER)
        )
        for one in found[:TOLD]
    ]
    return texts.own(lines, max(0, len(found) - TOLD), f"{turn.parts.pages}said")


def _takes(number: str, talk: Talk, state: OpinionState) -> bool:
    wanted = talk.given("opinion", str)
    return number == wanted if wanted else state is not OpinionState.ANSWERED


class _Typed(Text):
    """Typed words; a picture is refused for what it may show."""

    def __init__(self) -> None:
        super().__init__(LONGEST)

    def read(self, heard: Heard) -> JsonValue:
        """The words."""
        if heard.kind is Kind.OTHER:
            raise NotAnAnswer(texts.NO_PICTURES)
        return super().read(heard)


@dataclass(frozen=True, slots=True)
class _Picture:
    """The media_id of a picture; "" for words that say that there is none."""

    def read(self, heard: Heard) -> JsonValue:
        """What WeChat calls it."""
        if heard.media:
            return heard.media
        if heard.kind is not Kind.OTHER and normalise(heard.text) in _DONE:
            return ""
        raise NotAnAnswer(texts.PICTURES_ONLY)

    def load(self, kept: JsonValue) -> str:
        """The same."""
        return str(kept)
