"""保密反映 and 进度: a case told in the chat, sealed piece by piece as it comes, and its answers read by the receipt.

Had apart (registry: sealed): no database, and of the talk only lookup, keys and sealed pieces are kept, in the desk's
own Redis. The receipt is there from its showing until it has been asked back.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bot.answers import Heard, Kind, NotAnAnswer, Text
from bot.talk import Ending, Talk
from bot.turn import Intake, Turn, dialogue
from bot.words import normalise
from sealed import handlerlist, message, receipt, seal, wordlist
from sealed.desk import Case, DeskAway, DeskBusy, DeskClosed, DeskFull, DeskRefusal, NewCase, NoSuchCase
from sealed.errors import FalseCertificate, ListFault, ReceiptFault, WrongKey, WrongSum
from sealed.handlerlist import HandlerList
from sealed.keys import SigningKey, of_text, to_text
from sealed.message import SUBMITTER, Doc
from sealed.receipt import Receipt
from sealed.unsigned import NoSuchOpinion
from services.opinions import Standing
from texts import confidential as texts
from texts import opinion as opinion_texts
from texts.confidential import Way

FLOOR = 1  # the oldest list there is; a page has a floor of its own built in
MOST = 30  # messages of one case told in the chat: half a megabyte
PIECE = 1500  # characters of one message: the worst of them, with 30 ids, still fit into 16 KiB
_DONE = frozenset(["完", "完了", "写完了", "完毕"])
_BACK = "back"
_OPINION = b"zhibu/opinion/v1\n"
_NUMBER = re.compile(r"yj[0-9]{4,6}", re.IGNORECASE)


@dialogue(
    "保密反映",
    also=("投诉", "举报", "检举", "控告", "申诉", "反映"),
    typos=("举保", "投拆"),
    help="保密反映",
    order=6,
    bound=False,
    sealed=True,
    typed_only=True,
)
def confidential(talk: Talk, turn: Turn) -> str | Ending:
    """How, to whom, the receipt, what kind, then the text in pieces; 完 files all of it or nothing."""
    intake = turn.parts.intake
    if not intake.root:
        return texts.not_set_up(intake.upper)
    way = talk.choose("way", texts.first(intake.page), texts.WAYS)
    if way is Way.PAGE:
        return texts.go_to(intake.page)
    if way is Way.TELEPHONE:
        return texts.turn_to(intake.upper)
    try:
        if not intake.forgets():
            return texts.cannot_remember(intake.page, intake.upper)
        return _told(talk, turn, _current(turn))
    except DeskRefusal as refusal:
        if "signing" in talk.kept:  # a receipt has been copied, and what was written is only here
            done = (heard := talk.filed.get(talk.open)) is not None and normalise(heard.text) in _DONE
            talk.wait(texts.not_filed(refusal, intake.page, intake.upper) if done else texts.not_taken(refusal))
        return texts.desk_away(refusal, intake.page, intake.upper)


@dialogue("进度", tail=receipt.LENGTH, help="看进度", order=16, bound=False, sealed=True, typed_only=True)
def progress(talk: Talk, turn: Turn) -> str | Ending:
    """The state and the answers of a case, or of an unsigned opinion; nothing said repeats the receipt."""
    intake = turn.parts.intake
    if not intake.root:
        return "\n".join([texts.not_set_up(intake.upper), opinion_texts.SIGNED_HERE])
    secret = talk.ask("receipt", texts.ASK_RECEIPT, _Typed(), giving_up=texts.NO_RECEIPT)
    if secret is None:
        return talk.then("", opinion_texts.MINE)
    try:
        found = _case(secret, intake) or _opinion(secret, intake)
    except DeskRefusal as refusal:
        return texts.desk_away(refusal, intake.page, intake.upper)
    return found or talk.again("receipt", texts.NO_RECEIPT)


# --- telling ---------------------------------------------------------------------------------------------------


def _told(talk: Talk, turn: Turn, handlers: HandlerList) -> str:
    """The way from the desk to 完."""
    intake = turn.parts.intake
    takes = set(intake.cases.open_desks())
    readers = {
        one.id: texts.readers(one.id, [handler.role for handler in one.handlers])
        for one in sorted(handlers.desks, key=lambda one: one.id)  # own, upper
        if one.id in takes and one.open
    }
    chosen = talk.answers.get("desk") if "signing" in talk.kept else None  # what is sealed is sealed for its handlers
    if not readers or chosen not in {None, *readers}:
        raise DeskClosed
    said = {one: (texts.DESK[one], texts.DESK[one][:2]) for one in readers}  # 本级, 上级
    desk = talk.choose("desk", texts.which_desk(readers), readers, also=said)
    recipients = handlers.recipients(desk)
    if talk.keep(f"readers of {desk}", lambda: recipients) != recipients:
        return texts.LIST_CHANGED
    writer = _asked_back(talk)
    kind = talk.choose("kind", texts.KIND, texts.KINDS)
    pieces: list[bytes] = []

    def sealed(text: str) -> list[bytes]:
        head = "" if pieces else f"【{texts.KINDS[kind]}】\n"
        doc = Doc(writer.lookup, desk, handlers.version, SUBMITTER, (), "")
        return _sealed(doc, writer.signing, recipients, pieces, head + text)

    number = 1
    while more := talk.ask(f"piece {number}", _prompt(len(pieces)), _Piece(sealed, intake.page, len(pieces))):
        pieces += more
        number += 1
    if not pieces:
        talk.again(f"piece {number}", texts.NOTHING_YET)
    case = NewCase(writer.lookup, to_text(writer.signing.verify_key), writer.recipient, desk)
    try:
        intake.cases.submit(case, pieces)
    except (DeskAway, DeskBusy, DeskClosed, DeskFull) as refusal:  # may pass, and what was written is only here
        talk.again(f"piece {number}", texts.not_filed(refusal, intake.page, intake.upper))
    return texts.filed(intake.page)


def _prompt(pieces: int) -> str:
    return texts.go_on(pieces) if pieces else texts.TYPE


@dataclass(frozen=True, slots=True)
class _Writer:
    """What is left of a receipt once it has been asked back."""

    lookup: str
    signing: SigningKey
    recipient: str


def _asked_back(talk: Talk) -> _Writer:
    """The writer's keys; until three characters have come back right, every asking shows another receipt.

    So no reply repeats one, whatever was sent meanwhile.
    """
    if "signing" not in talk.kept:
        drawn, heard = talk.kept.pop("receipt", None), talk.filed.pop(_BACK, None)
        if not (isinstance(drawn, str) and heard and _right(drawn, heard)):
            if drawn:
                talk.say(texts.UNLIKE if heard else texts.ANEW)
            _show(talk)
        shown = Receipt(bytes.fromhex(str(drawn).split()[0]))
        talk.kept["signing"] = shown.signing.seed.hex()
        talk.kept["recipient"] = shown.identity.recipient
        talk.kept["lookup"] = shown.lookup
    kept = talk.kept
    return _Writer(str(kept["lookup"]), SigningKey(bytes.fromhex(str(kept["signing"]))), str(kept["recipient"]))


def _show(talk: Talk) -> None:
    """Draw a receipt and three places, and ask."""
    drawn = Receipt.draw()
    places = sorted(secrets.SystemRandom().sample(range(1, receipt.LENGTH + 1), 3))
    talk.kept["receipt"] = " ".join([drawn.secret.hex(), *map(str, places)])
    talk.ask(_BACK, texts.copy(drawn.text, places), Text(PIECE))


def _right(drawn: str, heard: Heard) -> bool:
    """Whether the three characters are those of the places, written with or without blanks."""
    secret, *places = drawn.split()
    shown = wordlist.bare(Receipt(bytes.fromhex(secret)).text)
    return heard.kind is Kind.TEXT and wordlist.bare(heard.text) == "".join(shown[int(place) - 1] for place in places)


def _sealed(doc: Doc, signing: SigningKey, recipients: list[str], before: list[bytes], text: str) -> list[bytes]:
    """A text as messages of 16 KiB, each of which has seen those before it."""
    made: list[bytes] = []
    for start in range(0, len(text), PIECE):
        seen = tuple(sorted(seal.message_id(one) for one in [*before, *made]))
        said = Doc(doc.lookup, doc.desk, doc.list_version, doc.sender, seen, text[start : start + PIECE])
        made.append(seal.seal(message.write(said, signing), recipients, None))
    return made


@dataclass(frozen=True, slots=True)
class _Piece:
    """What was written is sealed as it is read, so that nothing else of it can be kept; 完 is no pieces."""

    sealed: Callable[[str], list[bytes]]
    page: str
    before: int

    def read(self, heard: Heard) -> JsonValue:
        """The sealed messages in base64."""
        if heard.kind is Kind.OTHER:
            raise NotAnAnswer(texts.no_pictures(self.page))
        said = heard.words().strip()
        if normalise(said) in _DONE:
            return []
        if not said:
            raise NotAnAnswer(texts.NOTHING_YET)
        if self.before + len(said) // PIECE + 1 > MOST:
            raise NotAnAnswer(texts.too_many(self.before))
        return [base64.b64encode(one).decode() for one in self.sealed(said)]

    def load(self, kept: JsonValue) -> list[bytes]:
        """The sealed messages."""
        return [base64.b64decode(str(one)) for one in kept] if isinstance(kept, list) else []


# --- reading ---------------------------------------------------------------------------------------------------


class _Typed:
    """The 12 characters, which forgive blanks and characters that sound alike."""

    def read(self, heard: Heard) -> JsonValue:
        """The 16 bytes in hex, "" for the number of a signed opinion; the talk that asked for them ends with them."""
        if _NUMBER.fullmatch(normalise(heard.words())):
            return ""
        try:
            return receipt.read(heard.words()).secret.hex()
        except WrongSum:
            raise NotAnAnswer(texts.NO_RECEIPT) from None
        except ReceiptFault as fault:
            raise NotAnAnswer(texts.fault(fault)) from None

    def load(self, kept: JsonValue) -> Receipt | None:
        """The receipt; None for a number."""
        return Receipt(bytes.fromhex(str(kept))) if kept else None


def _case(shown: Receipt, intake: Intake) -> str:
    """The words for the case of this receipt, judged as the page judges it; "" where there is none."""
    cases = intake.cases
    try:
        found = cases.case(shown.lookup)
        small = [one.id for one in found.messages if one.size == min(seal.SIZES.values())]
        fetched = cases.messages(shown.lookup, small)
    except NoSuchCase:
        return ""
    try:
        thread = _judged(shown, found, fetched, handlerlist.history(cases.handlers(), of_text(intake.root, 32)))
    except (FalseCertificate, WrongKey):
        return texts.NOT_ITS_CASE
    except ListFault:
        raise DeskClosed from None
    said = [one.doc.text for one in thread.messages if one.signed and one.doc and one.doc.sender != SUBMITTER]
    unproven = sum(one.verdict not in _TRUSTED for one in thread.messages)
    doubt = texts.doubtful(len(thread.missing), unproven)
    answers = texts.answers([one for one in said if one.strip()], doubt, intake.page)
    return f"{texts.state(thread.state, intake.upper)}\n{answers}"


_TRUSTED = frozenset([message.Verdict.AUTHENTIC, message.Verdict.SEALED, message.Verdict.MISSING])


def _judged(
    shown: Receipt, found: Case, fetched: Mapping[str, bytes], lists: Mapping[int, HandlerList]
) -> message.Thread:
    """Every message of the case with its verdict; what is not fetched here counts as sealed."""
    case = message.Case(shown.lookup, of_text(found.submitter_key, 32), found.submitter_recipient, found.desk)
    opened = message.opened(shown.identity, fetched.values())
    have = {one.id for one in opened}
    return message.check(
        case, [*opened, *(message.Served(one.id, None) for one in found.messages if one.id not in have)], lists
    )


def opinion(shown: Receipt) -> str:
    """The lookup of an unsigned opinion, 64 hex digits."""
    return hashlib.sha256(_OPINION + shown.secret).hexdigest()


def _opinion(shown: Receipt, intake: Intake) -> str:
    """The words for the unsigned opinion of this receipt; "" where there is none."""
    try:
        found = intake.unsigned.opinion(opinion(shown))
    except NoSuchOpinion:
        return ""
    standing = Standing.load(found.state)
    return opinion_texts.unsigned_come_to(standing.state, standing.verdict, found.answer)


def _current(turn: Turn) -> HandlerList:
    """The list to seal by today. Raises DeskClosed, DeskAway."""
    intake = turn.parts.intake
    today = turn.now.astimezone(turn.parts.where.zone).date()
    try:
        return handlerlist.current(intake.cases.handlers(), of_text(intake.root, 32), today, FLOOR)
    except (ListFault, WrongKey):
        raise DeskClosed from None
