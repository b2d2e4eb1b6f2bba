"""Refusals: a rule says no. They carry facts; the words are in texts/refusals.py.

Refusal
├── NotBound              the person has no member behind them yet
├── NoSuchMember          nobody, or nobody unmistakable, is meant by that name
├── NoSuchGroup           the branch has no group of that name
├── CodeUnknown           no such bind code
├── CodeUsed              the bind code has been used
├── CodeExpired           the bind code is too old
├── PhoneUnknown          the phone number is nobody's on the roll, or several people's
├── TooManyTries          too many wrong bind codes
├── BoundToAnother        this WeChat account already is another member
├── MemberBound           that member already has another WeChat account
├── NoSuchActivity        no activity of that id or link
├── WrongState            the activity is not in the state this needs
├── NothingOpen           no activity is under way
├── NotAllowed            this needs a right the member does not hold now
├── NotSuitable           that office does not suit the person or the group
├── OwnOffice             nobody ends the own secretaryship: another does
├── HoldsOffice           somebody who is to be forgotten holds an office
├── NumberTaken           the 编号 is somebody else's
├── OnRoll                such a person is on record already
├── OutOfOrder            a span ends before it begins
├── EditedMeanwhile       somebody else has changed the record since it was opened
├── NotExpected           the member is not expected at the activity
├── AlreadyHere           the member is checked in
├── AlreadyAsked          the member has asked for leave already
├── OnLeave               the member is on standing leave that day anyway
├── TooLateToAsk          the activity is over for more than three days
├── HasBegun              the activity has begun, leave from it stands
├── Decided               the request is settled already
├── NoMakeUp              that activity cannot be made up, or not that way
├── NotOwed               nothing is to be made up there
├── NoSuchRequest         no request for leave, or make-up, of that id
├── WrongMark             that cannot be said of the record as it is now
├── NoSuchText            no text of that id waits to be looked at
├── LookedAt              somebody has looked at the text already
├── WriterMayNot          whoever asked for a deed that waited may not do it any more
├── TextRisky             WeChat takes the text for unfit to be read by others
├── HallCodeStale         the hall's code was right once
├── HallCodeUnknown       the hall's code never was right
├── NotByPlace            the activity takes no check-ins by place
├── TooFar                the position is not in the hall
├── TooLate               the message was sent too long ago to be judged
├── NoSuchCourse          no course of that id
├── NobodyNamed           nobody is ticked who took part
├── ProofWanted           集中培训 and lectures count with proof alone
├── EnteredAlready        some of those ticked have that course already
├── NotHeldYet            a course of a day to come cannot be entered
├── NoSuchPaper           no paper, or no sitting, of that id
├── NoSuchStep            no step of the study path of that id
├── PaperNotOpen          the paper cannot be sat, or changed, now
├── BankLacks             the bank has not enough questions for the paper
├── PassedAlready         the member has passed that paper
├── NoTriesLeft           the member has sat that paper as often as one may
├── WaitToRetake          the next go at the paper begins later
├── SittingOver           the answer comes after the end of the sitting
├── NoSuchRound           no round of that id, or none one is asked in
├── RoundLacks            the round, or its response table, is not complete
├── RoundMoved            the round is not in the state this needs
├── RoundOver             the round takes no answers any more
├── AnsweredBefore        the answer sent by this link stands
├── FormUnclear           an answer of the form is missing, or does not fit
├── NoLinks               only members are asked in that round
├── NoSuchBulletin        no bulletin of that id or link, or none that is for the member
├── BulletinLacks         the bulletin is not complete, or says too much
├── BulletinMoved         the bulletin is not in the state this needs
├── FileUnfit             that file cannot hang on a bulletin
├── NoSuchOpinion         no opinion of that id, or none of the member's
├── OpinionSettled        the opinion is answered
├── PictureUnfit          no picture we keep, too large, or one too many
├── NoSuchBank            no question bank of that name or id
├── NoSuchQuestion        no question of that id
├── QuestionChanged       the question was edited or retired since it was shown
├── AnswerUnclear         what was written answers nothing that was asked
├── QuestionMoved         the question is not in the state this needs
├── StemTaken             the bank has that question already
├── FixedReminder         that kind of reminder is not the branch's to change
├── BadHour               no hour at which that may be pushed
├── BadCap                so many pushes a day or a week cannot be set
├── FarDay                the day is too far from now to be one of the office's
├── SameName              a roster row could mean two people
└── LoginRefused          the mini-program's login cannot be accepted
"""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from models.activity import ActivityState
from models.bulletin import BulletinState
from models.leave import LeaveState
from models.question import QuestionKind, QuestionState, Topic
from models.round import FormKind, RoundState
from services.answers import Why


class Refusal(Exception):
    """A rule says no; expected, shown to the person in words, logged at info."""


class NotBound(Refusal):
    """What was asked for needs a member behind the WeChat account."""


@dataclass
class NoSuchMember(Refusal):
    """Nobody is meant, or several are: `candidates` are (public id, name) pairs to choose from."""

    wanted: str
    candidates: tuple[tuple[str, str], ...] = ()


@dataclass
class NoSuchGroup(Refusal):
    """The branch has no group of that name."""

    wanted: str


class CodeUnknown(Refusal):
    """No such bind code was ever issued."""


class CodeUsed(Refusal):
    """The bind code has done its work."""


class CodeExpired(Refusal):
    """The bind code is past its days."""


class PhoneUnknown(Refusal):
    """The phone number is nobody's on the roll, or that of several people."""


@dataclass
class TooManyTries(Refusal):
    """Too many wrong bind codes; open again at `until`."""

    until: datetime


@dataclass
class BoundToAnother(Refusal):
    """This WeChat account is bound already, to the member named `name`."""

    name: str


class MemberBound(Refusal):
    """The member behind the code has another WeChat account, bound after the code was issued."""


class NoSuchActivity(Refusal):
    """No activity has that id or that screen link."""


@dataclass
class WrongState(Refusal):
    """The activity called `title` is in `state`, where this cannot be done; `moved_to`: when it now is to begin."""

    title: str
    state: ActivityState
    moved_to: datetime | None = None


class NothingOpen(Refusal):
    """No activity is under way."""


class NotAllowed(Refusal):
    """This needs a right that the member does not hold at this moment."""


class NotSuitable(Refusal):
    """That office does not suit the person, or the group does not suit the office."""


class OwnOffice(Refusal):
    """Nobody ends the own secretaryship by accident: another does."""


@dataclass
class HoldsOffice(Refusal):
    """Somebody who is to be forgotten, called `name`, holds an office; it has to be ended first."""

    name: str


@dataclass
class NumberTaken(Refusal):
    """The 编号 `number` is that of the person called `name`."""

    number: str
    name: str


@dataclass
class OnRoll(Refusal):
    """A person of this name is on record, and nothing tells the new one apart."""

    name: str
    public_id: str


class OutOfOrder(Refusal):
    """A span would end before it begins."""


@dataclass
class EditedMeanwhile(Refusal):
    """Somebody else has changed the record since it was opened: `who`, at `at`."""

    who: str
    at: datetime | None


@dataclass
class NotExpected(Refusal):
    """The member is not expected at the activity called `title`."""

    title: str


@dataclass
class AlreadyHere(Refusal):
    """The member is checked in to the activity called `title`."""

    title: str


@dataclass
class AlreadyAsked(Refusal):
    """The member has asked for leave from the activity called `title` already."""

    title: str


@dataclass
class OnLeave(Refusal):
    """Standing leave covers the day of the activity called `title`."""

    title: str


class TooLateToAsk(Refusal):
    """The activity has been over for more than three days."""


@dataclass
class HasBegun(Refusal):
    """The activity called `title` has begun; leave granted from it is not taken back any more."""

    title: str


@dataclass
class Decided(Refusal):
    """The request was settled already: by `who`, as `state`."""

    who: str
    state: LeaveState


@dataclass
class NoMakeUp(Refusal):
    """The activity called `title` cannot be made up, or not that way."""

    title: str


@dataclass
class NotOwed(Refusal):
    """The member owes no make-up for the activity called `title`."""

    title: str


class NoSuchRequest(Refusal):
    """No request for leave, and no make-up, has that id."""


class WrongMark(Refusal):
    """That cannot be said of the record as it is now."""


class NoSuchText(Refusal):
    """No text has that id."""


@dataclass
class LookedAt(Refusal):
    """The text was looked at already: by `who`, and it was `shown` or left out."""

    who: str
    shown: bool


@dataclass
class WriterMayNot(Refusal):
    """What waited for a look was asked for by `who`, who has not the right to it any more."""

    who: str


class TextRisky(Refusal):
    """The platform takes the text for unfit to be read by others."""


class HallCodeStale(Refusal):
    """The hall's code was right, but it has turned since."""


class HallCodeUnknown(Refusal):
    """The hall's code belongs to no activity under way."""


@dataclass
class NotByPlace(Refusal):
    """The activity called `title` takes no check-ins by place."""

    title: str


@dataclass
class TooFar(Refusal):
    """The position sent is not in the hall of the activity called `title`."""

    title: str


class TooLate(Refusal):
    """The message was sent too long ago for its time to be believed."""


class NoSuchCourse(Refusal):
    """No course has that id."""


class NobodyNamed(Refusal):
    """Nobody is ticked who took part."""


class ProofWanted(Refusal):
    """集中培训 and lectures count only with proof: what it is, and where it lies."""


@dataclass
class EnteredAlready(Refusal):
    """Those called `names` have that course of that day already."""

    names: tuple[str, ...]


class NotHeldYet(Refusal):
    """The course is of a day to come."""


class NoSuchPaper(Refusal):
    """No paper, or no sitting, has that id."""


@dataclass
class NoSuchStep(Refusal):
    """The study path has no step of that public id."""

    wanted: str


@dataclass
class PaperNotOpen(Refusal):
    """The paper called `title` cannot be sat, or changed, at this moment."""

    title: str


@dataclass(frozen=True, slots=True)
class Lack:
    """A row of a blueprint that cannot be filled: `there` of the `count` asked for exist, `missing` are to be found."""

    count: int
    topic: Topic | None
    kind: QuestionKind | None
    difficulty: int | None
    there: int
    missing: int


@dataclass
class BankLacks(Refusal):
    """The bank has not enough questions: `lacks` are the rows of the blueprint that fall short."""

    lacks: tuple[Lack, ...]


@dataclass
class PassedAlready(Refusal):
    """The member has passed the paper called `title`."""

    title: str


@dataclass
class NoTriesLeft(Refusal):
    """The member has sat the paper called `title` all `tries` times."""

    title: str
    tries: int


@dataclass
class WaitToRetake(Refusal):
    """The paper called `title` may be sat again at `until`."""

    title: str
    until: datetime


@dataclass
class SittingOver(Refusal):
    """The answer came after the end of the sitting of the paper called `title`."""

    title: str


class NoSuchRound(Refusal):
    """No round has that id or link, or the member is not asked in it."""


@dataclass
class RoundLacks(Refusal):
    """The round is not complete: `what` of questions, closes, audience, responses, lines."""

    what: str


@dataclass
class RoundMoved(Refusal):
    """The round called `title` is in `state`, where this cannot be done."""

    title: str
    state: RoundState


@dataclass
class RoundOver(Refusal):
    """The round called `title` takes no answers any more."""

    title: str


@dataclass
class AnsweredBefore(Refusal):
    """The round called `title` has been answered, and that is final."""

    title: str


@dataclass
class FormUnclear(Refusal):
    """The answer at `position`, to a question of `kind`, is `lacking` or does not fit."""

    position: int
    kind: FormKind
    lacking: bool = False


@dataclass
class NoLinks(Refusal):
    """In the round called `title` nobody outside is asked."""

    title: str


class NoSuchBulletin(Refusal):
    """No bulletin has that id or link, or it is not for the member, or not any more."""


@dataclass
class BulletinLacks(Refusal):
    """The bulletin lacks `what`: text, contact, group, decision, order, passed, audience, files, numbers."""

    what: str


@dataclass
class BulletinMoved(Refusal):
    """The bulletin called `title` is in `state`, where this cannot be done."""

    title: str
    state: BulletinState


@dataclass
class FileUnfit(Refusal):
    """The file cannot hang on a bulletin: `why` of empty, heavy, type, other, macros."""

    why: str


class NoSuchOpinion(Refusal):
    """No opinion, or picture of one, has that id, or it is not the member's."""


@dataclass
class OpinionSettled(Refusal):
    """The opinion `number` ("": one without a name) is answered."""

    number: str


@dataclass
class PictureUnfit(Refusal):
    """It is no picture we keep, or there are `most` already."""

    most: int


@dataclass
class NoSuchBank(Refusal):
    """No question bank is called `wanted`, or has that id."""

    wanted: str


@dataclass
class NoSuchQuestion(Refusal):
    """No question has the id `wanted`."""

    wanted: str


class QuestionChanged(Refusal):
    """The question was edited, or retired, since it was shown."""


@dataclass
class AnswerUnclear(Refusal):
    """What was written answers nothing that was asked: `why`, and the letter of the `last` option."""

    why: Why
    last: str


@dataclass
class QuestionMoved(Refusal):
    """The question is in `state`, from where it cannot go there, or nobody has looked it over."""

    state: QuestionState


@dataclass
class StemTaken(Refusal):
    """The bank has that question already, under `public_id`."""

    public_id: str


class FixedReminder(Refusal):
    """That kind of reminder is not the branch's to change."""


@dataclass
class BadHour(Refusal):
    """No hour at which that may be pushed; it may between `morning` and `evening`."""

    morning: time
    evening: time


@dataclass
class BadCap(Refusal):
    """So many pushes cannot be set: at most `a_day` and `a_week`, and a week takes no fewer than a day."""

    a_day: int
    a_week: int


class FarDay(Refusal):
    """The day is too far from now for a calendar that people keep."""


@dataclass
class SameName(Refusal):
    """A roster row whose `name` could mean two people."""

    name: str


class LoginFault(StrEnum):
    """Why a mini-program login is not accepted."""

    CODE = "code"
    RISK = "risk"
    PHONE = "phone"
    TOKEN = "token"  # noqa: S105 - the name of a fault, not a secret


@dataclass
class LoginRefused(Refusal):
    """The mini-program's login cannot be accepted."""

    fault: LoginFault
