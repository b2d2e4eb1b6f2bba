"""Who is here: today's activity with its tick list, corrections, leave and make-ups, the month's sheet, own records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityState
from models.attendance import MakeUp, MarkKind
from models.event import Event
from models.guest import Guest
from models.leave import Leave, LeaveClass, LeaveState
from models.member import Member
from pages import asking, door
from pages import hours as study_hours
from pages.door import Amiss, Desk, Room
from services import (
    attendance,
    calendar,
    events,
    gaps,
    guests,
    held,
    leaves,
    lessons,
    makeups,
    notices,
    places,
    registrations,
    sights,
    standings,
)
from services import statistics as figures
from services.attendance import PRESENT, Line, Rules, Status, Totals
from services.errors import NotAllowed
from services.events import Plain
from services.gaps import Gap
from services.leaves import Wish
from services.registrations import REGISTERS_IN
from services.rights import Act
from services.statistics import Span
from texts import activity as activity_texts
from texts import attendance as attendance_texts
from texts import event as event_texts
from texts import h5 as texts
from texts import makeup as makeup_texts
from texts import member as member_texts

TICKABLE = frozenset({Status.NOT_COME, Status.ABSENT, Status.LEAVE, Status.EXEMPT, Status.INVITED})
HERE = PRESENT | {Status.GUEST, Status.OTHER_GROUP, Status.TO_CHECK, Status.EXEMPT_CAME}
SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One activity as this leader sees it."""

    activity: Activity
    lines: Sequence[Line]
    guests: Sequence[Guest]  # 列席 from outside
    ticks: Sequence[Line]  # who can be registered with one tap
    totals: Totals
    rates: Sequence[tuple[str, str]]
    asked: Sequence[Leave]  # leave to decide
    told: Sequence[tuple[MakeUp, Activity]]  # make-ups to confirm
    tended: frozenset[int]  # whose record this leader may correct
    runs: bool
    whole: bool  # sees everybody, not the own group alone

    @property
    def families(self) -> bool:
        """Whether there is anybody left for whom a family could ask."""
        out = frozenset({Status.NOT_COME, Status.ABSENT})
        return any(one.verdict.status in out and one.member.id in self.tended and not one.waiting for one in self.lines)

    @property
    def here(self) -> list[Line]:
        """Who came."""
        return [line for line in self.lines if line.verdict.status in HERE]

    @property
    def away(self) -> list[Line]:
        """Who did not, and cannot be registered any more or not by this leader."""
        ticked = {line.member.id for line in self.ticks}
        return [one for one in self.lines if one.verdict.status not in HERE and one.member.id not in ticked]


@dataclass(frozen=True, slots=True)
class Row:
    """One person's row of the month's sheet; `cells` follow the activities."""

    member: Member
    cells: Sequence[tuple[str, str]]  # (sign, the same in words)
    expected: int
    present: int


def blueprint(desk: Desk) -> Blueprint:
    """The pages of attendance."""
    room = Room("attendance", desk)
    _day(room, desk)
    _changes(room, desk)
    _families(room, desk)
    _requests(room, desk)
    _records(room, desk)
    return room.blueprint


def _day(room: Room, desk: Desk) -> None:
    """Today, and one activity."""

    @room.get("/h5/")
    def today(db: Session, act: Act) -> Response:
        if not act.rights.leads:
            return _own_today(desk, db, act)
        found = [one for one in _today(db, act) if one.state is not ActivityState.CANCELLED]
        first = min(found, key=lambda one: one.state is not ActivityState.OPEN, default=None)
        return door.show(
            desk,
            act,
            "h5/today.html",
            sheet=look(desk, db, act, first) if first else None,
            others=[one for one in found if one is not first],
            coming=[] if found else _coming(db, act),
            asked=[one for one in leaves.waiting_for(db, act) if one.activity_id != (first.id if first else 0)],
            told=[one for one in sights.makeups_waiting(db, act) if first is None or one[1].id != first.id],
            gaps=missing(db, act),
            held=held.count(db, act),
            may_plan=bool(sights.plannable(db, act)),
            history=history(db, act, desk, first) if first else (),
            words=_WORDS,
        )

    @room.get("/h5/a/<activity>")
    def one(db: Session, act: Act, activity: str) -> Response:
        return activity_page(desk, db, act, activity)

    @room.get("/h5/a/<activity>/now")
    def news(db: Session, act: Act, activity: str) -> Response:
        sheet = look(desk, db, act, sights.activity(db, act, activity))
        return jsonify(
            state=sheet.activity.state.value,
            expected=sheet.totals.expected,
            present=sheet.totals.present,
            here={line.member.public_id: attendance_texts.named(line.verdict) for line in sheet.here},
        )


def _changes(room: Room, desk: Desk) -> None:
    """What a leader enters: who came, and what a record should say."""

    def page(db: Session, act: Act, activity: str, **_more: str) -> Response:
        return activity_page(desk, db, act, activity)

    @room.post("/h5/a/<activity>/register", again=page)
    def register(db: Session, act: Act, activity: str) -> Response:
        found = sights.activity(db, act, activity)
        ticked = request.form.getlist("who")
        reason = door.field("reason", "说明", most=60) or texts.REGISTERED_BECAUSE
        if not ticked:
            raise Amiss(texts.NOBODY_TICKED)
        people = sights.people(db, ticked)
        if request.form.get("do") == "call":
            door.say(texts.called(notices.called(db, act, found, people)))
        else:
            door.say(texts.registered(registrations.register(db, act, found, people, reason)))
        return _home(found)

    @room.get("/h5/a/<activity>/mark/<member>")
    def mark_page(db: Session, act: Act, activity: str, member: str) -> Response:
        found = sights.activity(db, act, activity)
        line = sights.line_of(db, act, found, member, desk.rules)
        return door.show(
            desk,
            act,
            "h5/mark.html",
            activity=found,
            line=line,
            kinds=registrations.possible(found, line.verdict),
            classes=list(LeaveClass),
            past=sights.marks(db, found, line.member),
            words=_WORDS,
        )

    @room.post("/h5/a/<activity>/mark/<member>", again=mark_page)
    def mark(db: Session, act: Act, activity: str, member: str) -> Response:
        found = sights.activity(db, act, activity)
        line = sights.line_of(db, act, found, member, desk.rules)
        kind = next(
            (one for one in registrations.possible(found, line.verdict) if one.value == request.form.get("kind")), None
        )
        if kind is None:
            raise Amiss(texts.MARK_WANTED)
        leave_class = _leave_class() if kind is MarkKind.ON_LEAVE else None
        reason = door.field("reason", "说明", most=100, needed=True)
        registrations.mark(db, act, found, line.member, (kind, leave_class), reason)
        door.say(texts.marked(line.member.name, kind))
        return _home(found)


def _families(room: Room, desk: Desk) -> None:
    """家属代请: leave that the family tells the leader."""

    @room.get("/h5/a/<activity>/family")
    def family_page(db: Session, act: Act, activity: str) -> Response:
        found = sights.activity(db, act, activity)
        return door.show(
            desk,
            act,
            "h5/family.html",
            activity=found,
            people=leaves.enterable(db, act, found),
            classes=list(LeaveClass),
            decides=leaves.decides(act),
            words=_WORDS,
        )

    @room.post("/h5/a/<activity>/family", again=family_page)
    def family(db: Session, act: Act, activity: str) -> Response:
        found = sights.activity(db, act, activity)
        possible = {one.public_id: one for one in leaves.enterable(db, act, found)}
        if not (who := request.form.get("who", "")):
            raise Amiss(texts.PERSON_WANTED)
        person = sights.person_of(db, who)
        act.demand(act.rights.tends(registrations.group_of(db, found, person)))
        if who not in possible:
            raise Amiss(texts.not_entered_for(person.name))
        wish = Wish(_leave_class(), door.field("reason", "事由", most=60))
        made = leaves.enter(db, act, person, found, wish)
        agreed = made.state is LeaveState.APPROVED
        (notices.leave_decided if agreed else notices.leave_asked)(db, made, act.now, act.zone)
        door.say(texts.entered_for(person.name, agreed=agreed))
        return _home(found)


def _requests(room: Room, desk: Desk) -> None:
    """What members have asked or told, and a leader settles: leave and make-ups."""

    def page(db: Session, act: Act, activity: str, **_more: str) -> Response:
        return activity_page(desk, db, act, activity)

    @room.post("/h5/a/<activity>/leave/<leave>", again=page)
    def decide_leave(db: Session, act: Act, activity: str, leave: str) -> Response:
        asked = leaves.find(db, leave)
        if asked is None or asked.activity.public_id != activity:
            raise NotAllowed
        agreed = request.form.get("agreed")
        if agreed not in {"1", "0"}:
            raise Amiss(texts.DECISION_WANTED)
        note = door.field("note", "说明", most=100)
        leaves.decide(db, act, asked, agreed=agreed == "1", note=note)
        notices.leave_decided(db, asked, act.now, act.zone)
        door.say(texts.leave_decided(asked.member.name, agreed=agreed == "1"))
        return door.back(door.safe(request.form.get("from")))

    @room.post("/h5/a/<activity>/makeup/<makeup>", again=page)
    def confirm_makeup(db: Session, act: Act, activity: str, makeup: str) -> Response:
        told = sights.makeup(db, act, makeup)
        if db.get_one(Activity, told.activity_id).public_id != activity:
            raise NotAllowed
        makeups.confirm(db, act, told)
        door.say(texts.SETTLED_MAKEUP)
        return door.back(door.safe(request.form.get("from")))


def _records(room: Room, desk: Desk) -> None:
    """What is looked at afterwards: a month, a member."""

    @room.get("/h5/month/<month>")
    def month_sheet(db: Session, act: Act, month: str) -> Response:
        act.demand(act.rights.leads)
        span = Span.parse(month)
        if span is None or span.month is None:
            return door.show(desk, act, "h5/refused.html", words=texts.NO_SUCH_MONTH, status=404)
        since, until = span.bounds(act.zone)
        found = sights.between(db, act, since, until)
        held = [one for one in found if one.state is not ActivityState.CANCELLED]
        sheets = [(one, sights.lines(db, act, one, desk.rules)) for one in held]
        current = (span.year, span.month) == (act.day.year, act.day.month)
        return door.show(
            desk,
            act,
            "h5/month.html",
            span=span,
            name=texts.month(span.year, span.month),
            before=_beside(span, -1),
            after=_beside(span, 1),
            sheets=[(one, attendance.total(lines, desk.rules)) for one, lines in sheets],
            cancelled=[one for one in found if one.state is ActivityState.CANCELLED],
            rows=_rows(sheets, desk.rules),
            gaps=missing(db, act) if current else [],
            asking=asking.lines(desk, db, act) if current else [],
            definitions=attendance_texts.definitions(desk.rules, {one.kind for one in held}),
            cells=texts.CELLS,
            words=_WORDS,
        )

    @room.get("/h5/m/<member>")
    def member_record(db: Session, act: Act, member: str) -> Response:
        person = sights.member(db, act, member)
        himself = act.by is not None and act.by.id == person.id
        span = Span.parse(request.args.get("year", "")) or Span(act.day.year)
        span = Span(span.year)
        record = figures.own(db, person.id, span, desk.rules, act.zone)
        return door.show(
            desk,
            act,
            "h5/member.html",
            member=person,
            himself=himself,
            span=span,
            record=record,
            cases=list(reversed(record.cases)),
            own_words=texts.for_himself,
            sees=partial(sights.sees, db, act),
            standing=standings.of(db, person),
            log=_told(events.of(db, person), desk),
            definitions=attendance_texts.definitions(desk.rules),
            standing_as=member_texts.STATUS[person.status],
            words=_WORDS,
        )


def activity_page(desk: Desk, db: Session, act: Act, activity: str) -> Response:
    """One activity with everything to be done about it."""
    found = sights.activity(db, act, activity)
    return door.show(
        desk,
        act,
        "h5/activity.html",
        sheet=look(desk, db, act, found),
        effect=study_hours.effect_of(lessons.of_activity(db, found, desk.rules, act.zone)),
        history=history(db, act, desk, found),
        words=_WORDS,
    )


def look(desk: Desk, db: Session, act: Act, activity: Activity) -> Sheet:
    """The activity with the part of its sheet this leader sees."""
    lines = sights.lines(db, act, activity, desk.rules)
    tended = frozenset(line.member.id for line in lines if act.rights.tends(line.group.id if line.group else None))
    can = activity.state in REGISTERS_IN
    whole, runs = act.rights.sees_branch, act.rights.runs(activity)
    outside = guests.of(db, activity) if whole or runs else []
    totals = attendance.total(lines, desk.rules, guests.came(activity, outside))
    return Sheet(
        activity=activity,
        lines=lines,
        guests=outside,
        ticks=[one for one in lines if can and one.verdict.status in TICKABLE and one.member.id in tended],
        totals=totals,
        rates=attendance_texts.rates(activity.kind, totals, desk.rules),
        asked=[one.waiting for one in lines if one.waiting and leaves.may_decide(db, act, one.waiting)],
        told=sights.makeups_waiting(db, act, activity),
        tended=tended,
        runs=runs,
        whole=whole,
    )


def history(db: Session, act: Act, desk: Desk, activity: Activity) -> Sequence[tuple[str, str]]:
    """What was done to the activity, newest first: (when and who, what); of other groups' people nothing."""
    log = events.of(db, activity)
    if not (act.rights.sees_branch or act.rights.runs(activity)):
        log = [one for one in log if "name" not in one[1] or (act.by is not None and one[0].by_id == act.by.id)]
    return _told(log, desk)


def missing(db: Session, act: Act) -> list[Gap]:
    """本月还差, as far as this person can do something about it."""
    found = gaps.missing(db, act.day, act.now, act.zone)
    if act.rights.runs_branch:
        return found
    return [one for one in found if one.group is not None and one.group.id in act.rights.groups]


def _own_today(desk: Desk, db: Session, act: Act) -> Response:
    """The first page of a member who leads nothing."""
    assert act.by is not None
    since = datetime.combine(act.day, datetime.min.time(), act.zone)
    return door.show(
        desk,
        act,
        "h5/own_today.html",
        member=act.by,
        coming=sights.own_coming(db, act.by, since),
        record=figures.own(db, act.by.id, Span(act.day.year), desk.rules, act.zone),
        span=Span(act.day.year),
        words=_WORDS,
    )


def _today(db: Session, act: Act) -> list[Activity]:
    since = datetime.combine(act.day, datetime.min.time(), act.zone)
    found = sights.between(db, act, since, since + timedelta(days=1))
    earlier = sights.between(db, act, since - SOON, since)
    return [*(one for one in earlier if one.state is ActivityState.OPEN), *found]


def _coming(db: Session, act: Act) -> list[Activity]:
    since = datetime.combine(act.day, datetime.min.time(), act.zone)
    alive = (ActivityState.OPEN, ActivityState.PLANNED)
    return [one for one in sights.between(db, act, since, since + SOON) if one.state in alive][:5]


def _leave_class() -> LeaveClass:
    found = next((one for one in LeaveClass if one.value == request.form.get("class")), None)
    if found is None:
        raise Amiss(texts.CLASS_WANTED)
    return found


def _rows(sheets: Sequence[tuple[Activity, Sequence[Line]]], rules: Rules) -> list[Row]:
    """The month by person: by group, then as the roster has them; planned meetings have no verdict yet."""
    people = {line.member.id: line for _, lines in sheets for line in lines}
    found = []
    for one in sorted(people.values(), key=lambda line: (line.group.id if line.group else 0, line.member.id)):
        cells: list[tuple[str, str]] = []
        expected = present = 0
        for activity, lines in sheets:
            line = next((line for line in lines if line.member.id == one.member.id), None)
            if line is None or activity.state is ActivityState.PLANNED:
                cells.append(("", ""))
                continue
            cells.append((texts.cell(line.verdict, made_up=line.made_up), attendance_texts.named(line.verdict)))
            if activity.state is ActivityState.CLOSED:
                expected += attendance.counted(line.verdict, rules)
                present += line.verdict.status in PRESENT
        found.append(Row(one.member, cells, expected, present))
    return found


def _beside(span: Span, months: int) -> Span:
    assert span.month is not None
    count = span.year * 12 + span.month - 1 + months
    return Span(count // 12, month=count % 12 + 1)


def _told(log: Sequence[tuple[Event, Mapping[str, Plain]]], desk: Desk) -> Sequence[tuple[str, str]]:
    return [
        (
            texts.when_and_who(calendar.local(one.at, desk.zone), one.by.name if one.by else ""),
            event_texts.words(one.verb, facts, desk.zone),
        )
        for one, facts in log
    ]


def _home(activity: Activity) -> Response:
    return door.back(f"/h5/a/{activity.public_id}")


_WORDS: Mapping[str, object] = {
    "kind": activity_texts.KIND,
    "state": activity_texts.STATE,
    "leave": attendance_texts.LEAVE,
    "method": attendance_texts.METHOD,
    "mark": attendance_texts.MARK,
    "way": makeup_texts.WAY,
    "named": attendance_texts.named,
    "share": attendance_texts.share,
    "gap": texts.gap,
    "reason": texts.REGISTERED_BECAUSE,
    "local": calendar.local,
    "nearest": places.NEAREST,
    "farthest": places.FARTHEST,
}
