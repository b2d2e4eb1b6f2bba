"""政治生日: who has one when, and what the office has decided: 本人发送, 改为上门 or 不发.

It is counted from the day of joining (入党日期), never from 转正 (党章 article 7). Dates are taken as the roster gives
them: of one that says only the month no day is made up, and the office is asked to look into 《入党志愿书》.
"""

import calendar
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.member import Member, MemberStatus
from models.reminder import Greeting, GreetingChoice
from services import events
from services.rights import Act

_PARTY = (MemberStatus.FULL, MemberStatus.PROBATIONARY, MemberStatus.SUSPENDED)
FULL_DATE, TO_THE_MONTH = len("2008-07-01"), len("2008-07")


@dataclass(frozen=True, slots=True)
class Birthday:
    """One member's 政治生日 of one year. `day` is None where the roster knows only the month (`month` of that year).

    `years` since joining; `decided` tells a choice of the office from what follows from the member's status.
    """

    member: Member
    year: int
    month: int
    day: date | None
    years: int
    choice: GreetingChoice
    decided: bool

    @property
    def round(self) -> bool:
        """Ten, twenty, … years: the office may want to call on the member."""
        return self.years % 10 == 0


def anniversary(joined: str, year: int) -> date | None:
    """The day in `year` on which a date precise to the day comes round; 29 February is kept on the 28th.

    None for a date known to the month or the year alone, and for the year of joining and those before.
    """
    if len(joined) != FULL_DATE or int(joined[:4]) >= year:
        return None
    month, day = int(joined[5:7]), int(joined[8:10])
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def usual(member: Member, on: date) -> GreetingChoice:
    """What holds while the office has said nothing: full members are greeted, and nobody who has left by that day.

    Not during probation: on its only 政治生日 the probation ends, which is another matter.
    """
    gone = member.moved_out is not None and member.moved_out <= on
    greeted = member.status is MemberStatus.FULL and not gone
    return GreetingChoice.SEND if greeted else GreetingChoice.SKIP


def choices(db: Session, members: Collection[int], year: int) -> Mapping[int, GreetingChoice]:
    """What the office has decided about these members (ids) for that year; the others are left out."""
    found = select(Greeting.member_id, Greeting.choice).where(Greeting.year == year, Greeting.member_id.in_(members))
    return {row.member_id: row.choice for row in db.execute(found)}


def of_member(member: Member, year: int, decided: GreetingChoice | None) -> Birthday | None:
    """The member's 政治生日 in that year; None without a joining date that tells the month, or before the first."""
    joined = member.joined or ""
    if len(joined) < TO_THE_MONTH or int(joined[:4]) >= year:
        return None
    day, month = anniversary(joined, year), int(joined[5:7])
    on = day or date(year, month, calendar.monthrange(year, month)[1])
    choice = decided or usual(member, on)
    return Birthday(member, year, month, day, year - int(joined[:4]), choice, decided is not None)


def between(db: Session, first: date, last: date) -> list[Birthday]:
    """Those from `first` to `last` (both included) of whoever is or was a Party member, in order.

    One known to the month alone stands at the beginning of its month, or of the span. Who has died or moved out is
    left out, unless the office has decided something about them.
    """
    months = {(day.year, day.month) for day in _firsts(first, last)}
    found: list[Birthday] = []
    for year in range(first.year, last.year + 1):
        wanted = [f"{month:02}" for of, month in sorted(months) if of == year]
        joined = select(Member).where(Member.joined.is_not(None), _month().in_(wanted)).order_by(Member.id)
        people = list(db.scalars(joined))
        decided = choices(db, [one.id for one in people], year)
        for one in people:
            made = of_member(one, year, decided.get(one.id))
            if made and first <= (made.day or _stands_at(made, first)) <= last and _concerns(made):
                found.append(made)
    return sorted(found, key=lambda one: (one.year, one.month, one.day is not None, one.day or first, one.member.id))


def decide(db: Session, act: Act, member: Member, year: int, choice: GreetingChoice) -> None:
    """The office's word on one 政治生日; a later word replaces it. Raises NotAllowed."""
    act.demand(act.rights.runs_branch)
    if choices(db, [member.id], year).get(member.id) is choice:
        return  # pressed twice
    dialect = sqlite if db.connection().dialect.name == "sqlite" else postgresql
    said = {"choice": choice, "by_id": act.by.id if act.by else None, "changed_at": act.now}
    made = dialect.insert(Greeting).values(member_id=member.id, year=year, **said)
    db.execute(made.on_conflict_do_update(index_elements=["member_id", "year"], set_=said))
    events.log(db, act, "greeting_decided", member, year=year, choice=choice.value)


def _month() -> ColumnElement[str]:
    return func.substr(Member.joined, 6, 2)


def _firsts(first: date, last: date) -> list[date]:
    """The first days of the months that the span touches."""
    found, day = [], first.replace(day=1)
    while day <= last:
        found.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return found


def _stands_at(made: Birthday, first: date) -> date:
    return max(date(made.year, made.month, 1), first)


def _concerns(made: Birthday) -> bool:
    """Whether the office has something to decide about it, or has decided."""
    on = made.day or date(made.year, made.month, calendar.monthrange(made.year, made.month)[1])
    here = made.member.moved_out is None or made.member.moved_out > on
    return made.decided or (here and made.member.status in _PARTY)
