"""Channels: by which way a notice can reach its person now, of those WeChat allows.

A kind belongs to a topic, a topic has a template, and the template its channel. Where that is not open (no consent, no
template, its API rests for long), a customer service message goes within the person's window; else the notice waits
for the person's next contact.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.quotas import Bucket
from models.notice import Channel, NoticeKind
from services.credits import Balance, Purse
from services.outbox import CLOSED, SPENDS, UNBOUND, Reach, Ripe
from services.quiet import AT_ONCE
from services.reminders import CREDITED
from settings import Template

TOPIC: Mapping[NoticeKind, str] = {
    NoticeKind.PLANNED: "activity",
    NoticeKind.TOMORROW: "activity",
    NoticeKind.SOON: "activity",
    NoticeKind.CALLED: "activity",
    NoticeKind.MOVED: "change",
    NoticeKind.CANCELLED: "change",
    NoticeKind.BIRTHDAY: "birthday",
    NoticeKind.LEAVE_ASKED: "leave",
    NoticeKind.LEAVE_DECIDED: "leave",
    NoticeKind.MAKEUP: "makeup",
    NoticeKind.STUDY: "study",
    NoticeKind.BEHIND: "study",
    NoticeKind.SELF_CHECK: "study",
    NoticeKind.BIRTHDAY_LIST: "office",
    NoticeKind.PROBATION: "office",
    NoticeKind.GAPS: "office",
    NoticeKind.HANDLER_DAY: "office",
    NoticeKind.ASSIGNED: "office",
    NoticeKind.ANSWERED: "answer",
    NoticeKind.ROUND: "voice",  # WeChat has no template that fits: within the window, or at the next contact
    NoticeKind.ROUND_CLOSING: "voice",
    NoticeKind.ROUND_PUBLISHED: "voice",
    NoticeKind.BULLETIN: "voice",
    NoticeKind.UNREAD: "voice",
}
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=5)
LONG = timedelta(minutes=10)  # a rest for which a notice is not kept waiting, where another channel is open


@dataclass(frozen=True, slots=True)
class Way:
    """How a kind goes as a rule; without a template by customer service messages alone."""

    channel: Channel
    template_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


def ways(templates: Mapping[str, Template]) -> Mapping[NoticeKind, Way]:
    """The way of each kind by the templates there are.

    A consent is spent only on what is worth one (secretary's order); of the other kinds such a template is none.
    """
    made = {}
    for kind in NoticeKind:
        template = templates.get(TOPIC.get(kind, ""))
        channel = Channel(template.channel) if template else Channel.SERVICE
        if template is None or (channel in SPENDS and kind not in CREDITED):
            made[kind] = Way(Channel.SERVICE)
        else:
            made[kind] = Way(channel, template.id, template.fields)
    return made


@dataclass
class Rest:
    """An API that takes nothing for a while; `pause` grows while it goes on like that."""

    until: datetime
    since: datetime
    pause: timedelta


@dataclass
class Rests:
    """The APIs that rest, by channel; one that rests does not stop the others."""

    of: dict[Channel, Rest] = field(default_factory=dict)

    def until(self, channel: Channel, now: datetime) -> datetime | None:
        """Until when that API rests; None if it does not."""
        rest = self.of.get(channel)
        return rest.until if rest and rest.until > now else None

    def briefly(self, channel: Channel, now: datetime) -> bool:
        """Whether it rests, but not for so long that another way would be looked for."""
        until = self.until(channel, now)
        return until is not None and until - now <= LONG

    def begin(self, channel: Channel, begun: datetime, now: datetime, until: datetime | None) -> datetime:
        """Let it rest till `until`, else twice as long as before, for a call begun at `begun`; returns till when.

        Calls that were under way together are one reason to rest, not many.
        """
        rest = self.of.get(channel)
        if rest is not None and begun <= rest.since and rest.until > now:
            rest.until = max(rest.until, until or rest.until)
            return rest.until
        pause = min(max(rest.pause * 2, FIRST_PAUSE), LONGEST_PAUSE) if rest else FIRST_PAUSE
        self.of[channel] = Rest(until or now + pause, now, pause)
        return self.of[channel].until

    def end(self, channel: Channel, begun: datetime) -> None:
        """A call begun at `begun` went well."""
        rest = self.of.get(channel)
        if rest is not None and begun > rest.since:
            del self.of[channel]


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done with a notice now: sent `by` a channel, left to `wait` with a reason, or looked at `later`.

    All three empty: not now, and nothing is to be noted.
    """

    by: Channel | None = None
    to: Reach | None = None
    template_id: str = ""
    wait: str = ""
    later: datetime | None = None


@dataclass
class Choosing:
    """Chooses for the notices of one wave, in the order of their rank: what one of them uses the next has not."""

    ways: Mapping[NoticeKind, Way]
    rests: Rests
    bucket: Bucket
    credits: Mapping[Purse, Balance]
    now: datetime
    _spent: Counter[Purse] = field(default_factory=Counter)
    _answered: Counter[int] = field(default_factory=Counter)
    used: Counter[Channel] = field(default_factory=Counter)

    def choose(self, ripe: Ripe) -> Choice:
        """The way for this one. What goes again under its key goes as a template message or not at all."""
        if ripe.stopped:
            return Choice(wait=ripe.stopped)
        if ripe.account is None and ripe.mini is None:
            return Choice(wait=UNBOUND)
        way = self.ways[ripe.kind]
        if ripe.begun_at is not None:
            again = way.channel is Channel.TEMPLATE and ripe.account is not None
            return self._by(ripe, way, ripe.account) if again else Choice(wait=CLOSED)
        resting = []
        for one, to in ((way, self._open(way, ripe)), (Way(Channel.SERVICE), self._window(ripe))):
            if to is None:
                continue
            until = self.rests.until(one.channel, self.now)
            if until is None or self.rests.briefly(one.channel, self.now):
                return self._by(ripe, one, to)
            resting.append(until)
        return Choice(later=min(resting)) if resting else Choice(wait=CLOSED)

    def _open(self, way: Way, ripe: Ripe) -> Reach | None:
        """Where its own channel leads to this person now."""
        to = ripe.mini if way.channel is Channel.MINI else ripe.account
        if to is None or way.channel is Channel.SERVICE:
            return None
        if way.channel in SPENDS:
            purse = Purse(to.identity_id, way.template_id)
            left = self.credits.get(purse, Balance()).left - self._spent[purse]
            return to if left > 0 else None
        return to

    def _window(self, ripe: Ripe) -> Reach | None:
        account = ripe.account
        return account if account and account.window > self._answered[account.identity_id] else None

    def _by(self, ripe: Ripe, way: Way, to: Reach | None) -> Choice:
        assert to is not None
        until = self.rests.until(way.channel, self.now)
        if until is not None:
            return Choice(later=until)
        if self.bucket.left(way.channel, urgent=ripe.kind in AT_ONCE) <= self.used[way.channel]:
            return Choice()
        self.used[way.channel] += 1
        if way.channel in SPENDS:
            self._spent[Purse(to.identity_id, way.template_id)] += 1
        if way.channel is Channel.SERVICE:
            self._answered[to.identity_id] += 1
        return Choice(way.channel, to, way.template_id)
