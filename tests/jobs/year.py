"""A branch's year as it would be reckoned on paper, day by day: what is due, for whom, and what is pushed.

An oracle: it knows the rules by brute force and shares no code with them. Days off are those of the announcement for
2026, copied by hand.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZONE = ZoneInfo("Asia/Shanghai")
MEMBERS, GROUPS = 300, 3


def on(day: date, hour: time) -> datetime:
    """That hour of the day on the branch's wall."""
    return datetime.combine(day, hour, ZONE)


def _span(first: str, last: str) -> set[date]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    return {day + DAY * n for n in range((end - day).days + 1)}


REST = (
    _span("2026-01-01", "2026-01-03") | _span("2026-02-15", "2026-02-23") | _span("2026-04-04", "2026-04-06")
    | _span("2026-05-01", "2026-05-05") | _span("2026-06-19", "2026-06-21") | _span("2026-09-25", "2026-09-27")
    | _span("2026-10-01", "2026-10-07")
)  # fmt: skip
WORK = {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20), date(2026, 10, 10)}
SPRING = _span("2026-02-16", "2026-02-22")  # 除夕 to 初六
RANKED = ("soon", "tomorrow", "birthday", "makeup", "planned", "behind", "study", "self_check")
MADE_UP = {"lecture", "party_day", "branch_meeting", "group_meeting", "other"}
WORTH = {"lecture": 40, "party_day": 40}
COMMITTEE, OFFICE, SECRETARY, ORGANISATION = (1, 2, 3), 4, 1, 2


@dataclass
class Person:
    """What the roster says of one person."""

    number: int
    joined: str
    status: str
    group: int
    moved_in: date | None = None
    moved_out: date | None = None
    study: str = "never"
    check: bool = False
    exempt: date | None = None  # from that day on
    away: tuple[date, date] | None = None  # standing leave
    greeting: str = ""

    def here(self, day: date) -> bool:
        return (self.moved_in is None or self.moved_in <= day) and (self.moved_out is None or day < self.moved_out)

    def excused(self, day: date) -> bool:
        away = self.away is not None and self.away[0] <= day <= self.away[1]
        return away or self.is_exempt(day)

    def is_exempt(self, day: date) -> bool:
        return self.exempt is not None and self.exempt <= day


@dataclass
class Meeting:
    """What is planned and what became of it."""

    number: int
    kind: str
    group: int  # 0: the branch's
    starts: datetime
    published: datetime
    state: str = "planned"
    seats: set[int] = field(default_factory=set)
    leaves: set[int] = field(default_factory=set)
    came: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Happening:
    """Something that people do at a time: a verb, and what it is about."""

    at: datetime
    verb: str
    number: int = 0  # of a meeting or a person
    more: tuple[object, ...] = ()


@dataclass(frozen=True)
class Row:
    """One reminder: `how` is pushed, held (not pushed) or expired; `leaves` by the branch's clock."""

    kind: str
    person: int
    occurrence: str
    leaves: datetime
    how: str


@dataclass
class Branch:
    """The whole branch, its settings, and the reminders so far."""

    people: dict[int, Person]
    meetings: dict[int, Meeting] = field(default_factory=dict)
    soon: bool = False
    study_at: time = time(12, 30)
    evening: time = time(20, 30)
    a_day: int = 1
    rest: set[date] = field(default_factory=lambda: set(REST))
    rows: dict[tuple[str, str, int], Row] = field(default_factory=dict)
    of: dict[int, list[Row]] = field(default_factory=dict)  # the same by person
    seen: dict[datetime, dict[int, list[tuple[str, str, datetime]]]] = field(default_factory=dict)

    # --- what happens ------------------------------------------------------------------------------------------

    def happen(self, one: Happening) -> None:  # noqa: C901 - a list of what can happen
        self.seen.clear()  # what is due later may be something else now
        match one.verb, one.more:
            case "plan", (str(kind), int(group), datetime() as starts):
                self.meetings[one.number] = Meeting(one.number, kind, group, starts, one.at)
            case "move", (datetime() as starts,):
                self.meetings[one.number].starts = starts
            case "cancel", ():
                self.meetings[one.number].state = "cancelled"
            case "open", ():
                self.meetings[one.number].state = "open"
            case "close", (frozenset() as come,):
                self.meetings[one.number].state = "closed"
                self.meetings[one.number].came = self.meetings[one.number].seats & come
            case "leave", (frozenset() as those,):
                self.meetings[one.number].leaves |= those
            case "told", (frozenset() as those,):
                self.meetings[one.number].told |= those
            case "soon", ():
                self.soon = True
            case "study_at", (time() as at,):
                self.study_at = at
            case "caps", (time() as evening, int(a_day)):
                self.evening, self.a_day = evening, a_day
            case "rest", (date() as day,):
                self.rest.add(day)
            case verb, more:
                self._of_person(self.people[one.number], verb, more)
        self._seat(one)

    def _of_person(self, one: Person, verb: str, more: tuple[object, ...]) -> None:
        match verb, more:
            case "die", ():
                one.status = "deceased"
            case "suspend", ():
                one.status = "suspended"
            case "move_out", (date() as day,):
                one.moved_out = day
            case "wish", (str(study), bool(check)):
                one.study, one.check = study, check
            case "exempt", (date() as day,):
                one.exempt = day
            case "away", (date() as first, date() as last):
                one.away = (first, last)
            case "greet", (str(choice),):
                one.greeting = choice
            case _:
                raise AssertionError((verb, more))

    def _seat(self, one: Happening) -> None:
        """Whoever plans, moves or opens seats those of that day; a change of people does so for all that is planned."""
        if one.verb in {"plan", "move", "open"}:
            wanted = [self.meetings[one.number]]
        elif one.verb in {"die", "suspend", "move_out", "exempt", "away"}:
            wanted = [it for it in self.meetings.values() if it.state == "planned"]
        else:
            return
        for it in wanted:
            day = it.starts.date()
            it.seats = {
                who.number
                for who in self.people.values()
                if who.status in {"full", "probationary"} and who.here(day) and not who.is_exempt(day)
                and (it.kind != "committee" or who.number in COMMITTEE)
                and (it.group in {0, who.group})
            }  # fmt: skip

    # --- the calendar ------------------------------------------------------------------------------------------

    def works(self, day: date) -> bool:
        return day in WORK or (day.weekday() < 5 and day not in self.rest)

    def leaves_at(self, at: datetime) -> datetime:
        """When something due then may leave: in the daytime, and never on a day of the spring festival."""
        day, quiet = at.date(), not time(7, 30) <= at.time() < self.evening
        if not quiet and day not in SPRING:
            return at
        if at.time() >= self.evening or day in SPRING:
            day += DAY
        while day in SPRING:
            day += DAY
        return on(day, time(7, 30))

    # --- what is due -------------------------------------------------------------------------------------------

    def due(self, at: datetime) -> Iterator[tuple[str, int, str, datetime]]:
        """Everything due at that very minute: kind, person, occurrence, and until when it is of use."""
        yield from self._of_meetings(at)
        yield from self._of_days(at)
        yield from self._for_the_office(at)

    def _of_meetings(self, at: datetime) -> Iterator[tuple[str, int, str, datetime]]:
        for it in self.meetings.values():
            day = it.starts.date()
            occurrence = f"{it.number}.{day:%Y%m%d}"
            if it.state == "planned" and at < it.starts:
                near = it.starts - it.published <= 14 * DAY
                if at == (it.published if near else on(day - 7 * DAY, time(9))):
                    yield from (("planned", n, occurrence, it.starts) for n in self._expected(it))
                before = day - DAY
                while not self.works(before):
                    before -= DAY
                if at == on(before, time(16, 30)):
                    yield from (("tomorrow", n, occurrence, it.starts) for n in self._expected(it) if self._free(it, n))
            if it.state in {"planned", "open"} and self.soon and at == it.starts - HOUR:
                yield from (("soon", n, occurrence, it.starts) for n in self._expected(it) if self._free(it, n))
            if it.state == "closed" and it.kind in MADE_UP:
                yield from self._made_up(at, it, occurrence)

    def _expected(self, it: Meeting) -> list[int]:
        return [n for n in it.seats if self.people[n].status != "deceased"]

    def _free(self, it: Meeting, n: int) -> bool:
        return n not in it.leaves and not self.people[n].excused(it.starts.date())

    def _made_up(self, at: datetime, it: Meeting, occurrence: str) -> Iterator[tuple[str, int, str, datetime]]:
        first = it.starts.date() + DAY
        while not self.works(first):
            first += DAY
        calls = [first, it.starts.date() + 7 * DAY, it.starts.date() + 12 * DAY]
        ends = it.starts + 14 * DAY
        if at.time() != time(10) or at.date() not in calls or at >= ends:
            return
        number = calls.index(at.date()) + 1
        for n in it.seats - it.came - it.told:
            who = self.people[n]
            if who.status in {"full", "probationary"} and (who.moved_out is None or who.moved_out > at.date()):
                yield "makeup", n, f"{occurrence}.{number}", ends

    def _of_days(self, at: datetime) -> Iterator[tuple[str, int, str, datetime]]:
        day, midnight = at.date(), on(at.date() + DAY, time(0))
        month_over = on((day.replace(day=1) + 32 * DAY).replace(day=1), time(0))
        hour = at.time()
        study = hour == self.study_at and self.works(day)
        check = hour == time(15) and self._ends_the_month(day)
        quarter = hour == time(10) and day.day == 20 and day.month in {3, 6, 9, 11}
        if not (study or check or quarter or hour == time(9)):
            return
        for who in self.people.values():
            gone = who.status in {"suspended", "moved", "deceased"} or not who.here(day)
            twice = who.study == "twice" and day.weekday() in {0, 3}
            if study and not gone and (who.study == "daily" or twice):
                yield "study", who.number, day.isoformat(), midnight
            if check and who.check and not gone:
                yield "self_check", who.number, f"{day:%Y-%m}", month_over
            if quarter and not gone and self._is_behind(who, day):
                yield "behind", who.number, f"{day:%Y-%m}", month_over
            if hour == time(9) and self._celebrates(who, day):
                yield "birthday", who.number, f"{day.year}", midnight

    def _ends_the_month(self, day: date) -> bool:
        rest = [day + DAY * n for n in range(1, 31) if (day + DAY * n).month == day.month]
        return self.works(day) and not any(self.works(one) for one in rest)

    def _is_behind(self, who: Person, day: date) -> bool:
        aim = 560 if who.number in COMMITTEE else 320
        asked = who.status in {"full", "probationary"} and not who.is_exempt(day)
        return asked and self.earned(who.number) * 12 < aim * day.month

    def earned(self, person: int) -> int:
        return sum(WORTH.get(it.kind, 0) for it in self.meetings.values() if person in it.came)

    def _celebrates(self, who: Person, day: date) -> bool:
        usual = who.status == "full" and (who.moved_out is None or who.moved_out > day)
        wanted = who.greeting == "send" or (usual and not who.greeting)
        arrived = who.moved_in is None or who.moved_in <= day
        return _comes_round(who.joined, day) and wanted and arrived and who.status not in {"probationary", "deceased"}

    def _for_the_office(self, at: datetime) -> Iterator[tuple[str, int, str, datetime]]:
        day = at.date()
        if at.time() != time(9):
            return
        month_over = on((day.replace(day=1) + 32 * DAY).replace(day=1), time(0))
        there = day + 7 * DAY
        if any(_comes_round(who.joined, there) and self._listed(who, there) for who in self.people.values()):
            yield "birthday_list", OFFICE, there.isoformat(), on(there, time(0))
        first = day.replace(day=1)
        while not self.works(first):
            first += DAY
        last = month_over.date() - DAY
        if day == first and any(
            len(who.joined) == 7 and who.joined[5:] == f"{day:%m}" and int(who.joined[:4]) < day.year
            and self._listed(who, last)
            for who in self.people.values()
        ):  # fmt: skip
            yield "birthday_list", OFFICE, f"{day:%Y-%m}", month_over
        for who in self.people.values():
            ends = day + 30 * DAY
            first_year = len(who.joined) == 10 and int(who.joined[:4]) == ends.year - 1
            if who.status == "probationary" and who.here(day) and first_year and _comes_round(who.joined, ends):
                yield "probation", ORGANISATION, f"{who.number}.{ends:%Y%m%d}", on(ends + DAY, time(0))
        if day.day == 20:  # no group of this branch ever meets enough
            yield "gaps", SECRETARY, f"{day:%Y-%m}", month_over

    def _listed(self, who: Person, then: date) -> bool:
        here = who.moved_out is None or who.moved_out > then
        return who.status not in {"probationary", "deceased"} and (
            bool(who.greeting) or (here and who.status in {"full", "suspended"})
        )

    # --- what is pushed ----------------------------------------------------------------------------------------

    def minutes(self, day: date) -> list[datetime]:
        """The minutes of a day at which anything can fall due, but for what is published then."""
        hours = {time(9), time(10), time(15), time(16, 30), self.study_at}
        meetings = {it.starts - HOUR for it in self.meetings.values() if it.starts.date() == day}
        return sorted({on(day, hour) for hour in hours} | meetings)

    def strike(self, at: datetime) -> None:
        """Write what is due at that minute."""
        found = sorted(self.due(at), key=lambda one: RANKED.index(one[0]) if one[0] in RANKED else 99)
        for kind, person, occurrence, useful in found:
            key = (kind, occurrence, person)
            leaves = self.leaves_at(at)
            if key in self.rows:
                continue
            how = "pushed"
            if useful <= at:
                how = "expired"
            elif useful <= leaves or (kind in RANKED and not self._may_push(at, kind, person, leaves)):
                how = "held"
            self.rows[key] = Row(kind, person, occurrence, leaves, how)
            self.of.setdefault(person, []).append(self.rows[key])

    def _may_push(self, at: datetime, kind: str, person: int, leaves: datetime) -> bool:
        own = self.of.get(person, [])
        pushed = [row.leaves.date() for row in own if row.kind in RANKED and row.how == "pushed"]
        week = leaves.date() - DAY * leaves.weekday()
        if sum(1 for day in pushed if week <= day < week + 7 * DAY) >= 4:
            return False
        higher = RANKED[: RANKED.index(kind)]
        rivals = set()
        day = at.date()
        while day <= leaves.date():
            for later in self.minutes(day):
                goes = self.leaves_at(later)
                if later > at and goes.date() == leaves.date() and goes >= leaves:
                    due = self._remembered(later).get(person, [])
                    rivals |= {(kind_, what) for kind_, what, useful in due if kind_ in higher and useful > goes}
            day += DAY
        if rivals:
            rivals -= {(row.kind, row.occurrence) for row in own}
        return pushed.count(leaves.date()) + len(rivals) < self.a_day

    def _remembered(self, at: datetime) -> dict[int, list[tuple[str, str, datetime]]]:
        """What will be due at that minute if nothing happens, by person."""
        if at not in self.seen:
            found = self.seen[at] = {}
            for kind, person, what, useful in self.due(at):
                found.setdefault(person, []).append((kind, what, useful))
        return self.seen[at]


def _comes_round(joined: str, day: date) -> bool:
    """Whether that day is an anniversary; 29 February is kept on the 28th where there is none."""
    if len(joined) != 10 or int(joined[:4]) >= day.year:
        return False
    leap = day.year % 4 == 0
    return joined[5:] == f"{day:%m-%d}" or (joined[5:] == "02-29" and not leap and (day.month, day.day) == (2, 28))


def people(dice: random.Random) -> dict[int, Person]:
    """Three hundred of every kind of date and status; the first hold the offices."""
    found: dict[int, Person] = {}
    for number in range(1, MEMBERS + 1):
        year, month, day = dice.randint(1960, 2024), dice.randint(1, 12), dice.randint(1, 28)
        joined = f"{year}-{month:02}-{day:02}"
        status = "full"
        match number % 15:
            case 0:
                joined = f"{year}-{month:02}"
            case 1:
                joined = f"{year}" if number > 4 else joined
            case 2:
                joined = f"{dice.choice((1972, 1984, 2004, 2020))}-02-29"
            case 3:
                joined = "" if number > 4 else joined
            case 4:
                joined = f"{year}-02-{dice.randint(14, 24)}"  # around the spring festival
            case 5:
                status, joined = "probationary", f"2025-{month:02}-{day:02}"
            case 6:
                status = dice.choice(("activist", "applicant", "suspended", "moved"))
        moved_in = date(2026, dice.randint(1, 12), 5) if number % 29 == 0 else None
        study = dice.choice(("never", "never", "twice", "daily")) if number % 3 == 0 else "never"
        found[number] = Person(number, joined, status, number % GROUPS + 1, moved_in, None, study, number % 7 == 0)
    return found


def script(dice: random.Random, everybody: dict[int, Person]) -> list[Happening]:
    """What happens in 2026, never at a minute at which something falls due: meetings, people, settings."""
    found = [
        Happening(datetime(2026, 5, 6, 11, 17, tzinfo=ZONE), "rest", 0, (date(2026, 5, 8),)),
        Happening(datetime(2026, 7, 1, 11, 17, tzinfo=ZONE), "soon"),
        Happening(datetime(2026, 9, 1, 11, 17, tzinfo=ZONE), "study_at", 0, (time(12),)),
        Happening(datetime(2026, 10, 8, 11, 17, tzinfo=ZONE), "caps", 0, (time(20), 2)),
    ]
    for number in range(1, 21):
        found += _of_meeting(dice, number)
    for number in sorted(everybody):
        if number > OFFICE:
            found += _of_person(dice, number)
    return sorted((one for one in found if one.at.year == 2026), key=lambda one: (one.at, one.verb, one.number))


def _of_meeting(dice: random.Random, number: int) -> Iterator[Happening]:
    starts = datetime(2026, 1, 6, 14, tzinfo=ZONE) + DAY * (number * 17 - dice.randint(0, 14))
    starts += HOUR * dice.choice((-6, 0, 1, 5)) + (9 * DAY if starts.date() in SPRING else 0 * DAY)
    kind = dice.choice(
        ("party_day", "lecture", "branch_meeting", "committee", "group_meeting", "life_meeting", "other")
    )
    published = starts - DAY * dice.choice((0, 1, 3, 6, 10, 14, 20, 30))
    published = published.replace(hour=dice.choice((5, 8, 9, 11, 16, 19, 22)), minute=dice.randint(31, 59))
    if published >= starts:
        published = starts - HOUR * 5 - MINUTE * 7
    published = max(published, datetime(2026, 1, 1, 8, 40, tzinfo=ZONE))
    yield Happening(
        published, "plan", number, (kind, dice.randint(1, GROUPS) if kind == "group_meeting" else 0, starts)
    )
    if number % 9 == 4:
        yield Happening(max(starts - HOUR * 3, published) + MINUTE * 11, "cancel", number)
        return
    if number % 5 == 2:
        moved = starts + DAY * dice.choice((0, 1, 7, 20)) + HOUR
        half = (published + (starts - published) / 2).replace(second=0, microsecond=0)
        yield Happening(half, "move", number, (moved,))
        starts = moved
    away = frozenset(dice.sample(range(1, MEMBERS + 1), 9))
    at = max(published, starts - DAY * dice.randint(0, 3) - HOUR * 4)
    yield Happening(at + MINUTE * 13, "leave", number, (away,))
    come = frozenset(n for n in range(1, MEMBERS + 1) if dice.random() < 0.7)
    yield Happening(starts - MINUTE * 21, "open", number)
    yield Happening(starts + HOUR * 2 + MINUTE * 3, "close", number, (come,))
    told = frozenset(n for n in range(1, MEMBERS + 1) if n not in come and dice.random() < 0.5)
    yield Happening(starts + DAY * dice.randint(1, 11) + MINUTE * 83, "told", number, (told,))


def _of_person(dice: random.Random, number: int) -> Iterator[Happening]:
    at = datetime(2026, 1, 1, dice.choice((6, 13, 21)), 41, tzinfo=ZONE) + DAY * dice.randrange(2, 363, 30)
    day = at.date()
    match number % 20:
        case 7:
            yield Happening(at, "die", number)
        case 8:
            yield Happening(at, "move_out", number, (day + DAY * dice.randint(0, 9),))
        case 9:
            yield Happening(at, "suspend", number)
        case 10 | 11 | 12:
            study = dice.choice(("never", "twice", "daily"))
            yield Happening(at, "wish", number, (study, dice.random() < 0.5))
        case 13:
            yield Happening(at, "exempt", number, (day,))
        case 14:
            yield Happening(at, "away", number, (day, day + DAY * 40))
        case 15 | 16:
            choice = dice.choice(("send", "visit", "skip"))
            yield Happening(datetime(2026, 1, 1, 8, 41, tzinfo=ZONE), "greet", number, (choice,))


def reckoned(everybody: dict[int, Person], happenings: list[Happening]) -> Branch:
    """The year, minute by minute where anything can be due or happens."""
    branch, waiting = Branch(everybody), list(happenings)
    day = date(2026, 1, 1)
    while day.year == 2026:
        done: set[datetime] = set()
        while True:
            # what a happening changes may add or take away minutes of the same day
            minutes = [at for at in branch.minutes(day) if at not in done and (not done or at > max(done))]
            coming = waiting[0].at if waiting and waiting[0].at.date() == day else None
            if not minutes and coming is None:
                break
            at = min([*minutes[:1], *([coming] if coming else [])])
            while waiting and waiting[0].at == at:
                branch.happen(waiting.pop(0))
            branch.strike(at)
            done.add(at)
        day += DAY
    return branch
