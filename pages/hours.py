"""学时: the year as a list, a member's own, courses entered for many at once, edited, withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.hours import Course, CourseForm
from models.member import Member
from pages import door, study
from pages.door import Amiss, Desk, Room
from services import hours, lessons, sights
from services.errors import NoSuchMember
from services.hours import Told, Year
from services.rights import Act
from services.statistics import Span
from texts import hours as texts
from texts.activity import KIND
from texts.question import TOPIC


@dataclass(frozen=True, slots=True)
class Line:
    """A member with the own year."""

    member: Member
    year: Year


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/hours, /h5/hours/of/<member>; a course: new, seen, edited, withdrawn."""
    room = Room("hours", desk)
    _looking(room, desk)
    _entering(room, desk)
    return room.blueprint


def lesson_asked() -> int | None:
    """The 学时 of an activity as a form says, in tenths; None where it is left to the kind. Raises Amiss."""
    text = request.form.get("hours", "")
    if not text.strip():
        return None
    found = texts.tenths(text)
    if found is None:
        raise Amiss(texts.HOURS_WANTED)
    return found


def lesson(desk: Desk) -> dict[str, object]:
    """What the two fields of an activity's form say: topics, and what each kind counts for by itself."""
    return {"topic": TOPIC, "hours": texts.hours, "by_kind": texts.by_kind(desk.hours)}


def effect_of(found: lessons.Effect | None) -> str:
    """评学 in one line; "" where there is nothing to say."""
    if found is None:
        return ""
    return texts.effect(found.before, found.after, found.people) if found.shown else texts.TOO_FEW


def _looking(room: Room, desk: Desk) -> None:
    """The list of the year, one member, one course."""

    @room.get("/h5/hours")
    def year(db: Session, act: Act) -> Response:
        act.demand(act.rights.leads)
        span = _span(act)
        people = hours.seen(db, act)
        found = hours.years(db, people, span.year, act.now, desk.hours, act.zone)
        lines = [Line(one, found[one.id]) for one in people]
        return study.show(
            desk,
            act,
            "hours/year.html",
            span=span,
            sections=_sections(lines),
            reached=texts.reached(*_reached(lines)),
            courses=hours.listed(db, act, span.year),
            may_enter=act.rights.runs_branch or bool(act.rights.groups),
            definitions=texts.definitions(desk.hours),
            words=_WORDS,
        )

    @room.get("/h5/hours/of/<member>")
    def of_member(db: Session, act: Act, member: str) -> Response:
        person = sights.member(db, act, member)
        span = _span(act)
        own = hours.years(db, [person], span.year, act.now, desk.hours, act.zone)[person.id]
        himself = act.by is not None and act.by.id == person.id
        chance = hours.next_chance(db, person, act.now, desk.hours) if own.missing else None
        return study.show(
            desk,
            act,
            "hours/of.html",
            member=person,
            himself=himself,
            span=span,
            own=own,
            chance=chance,
            worth=hours.worth(chance, desk.hours) if chance else 0,
            definitions=texts.definitions(desk.hours),
            words=_WORDS,
        )

    @room.get("/h5/hours/course/<course>")
    def one(db: Session, act: Act, course: str) -> Response:
        found = hours.find(db, act, course)
        people = hours.taking_part(db, found)
        own = [who for who in people if act.rights.sees_group(who.group_id)]
        return study.show(
            desk,
            act,
            "hours/course.html",
            course=found,
            people=own,
            others=len(people) - len(own),
            may_edit=hours.may_edit(db, act, found),
            effect=effect_of(lessons.of_course(db, found, act.zone)),
            log=study.log_of(desk, db, found),
            words=_WORDS,
        )


def _entering(room: Room, desk: Desk) -> None:
    """A course entered, corrected, taken back."""

    @room.get("/h5/hours/new")
    def new_page(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch or bool(act.rights.groups))
        return _form(desk, db, act, None)

    @room.post("/h5/hours/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch or bool(act.rights.groups))
        people = _people(db)
        made = hours.enter(db, act, _told(), people)
        door.say(texts.entered(len(people)))
        return _home(made)

    @room.get("/h5/hours/course/<course>/edit")
    def edit_page(db: Session, act: Act, course: str) -> Response:
        return _form(desk, db, act, _editable(db, act, course))

    @room.post("/h5/hours/course/<course>/edit", again=edit_page)
    def edit(db: Session, act: Act, course: str) -> Response:
        found = _editable(db, act, course)
        seen = door.number("version", "版本", least=1, most=10**8)
        hours.edit(db, act, found, _told(), _people(db), seen)
        door.say(texts.SAVED)
        return _home(found)

    @room.post("/h5/hours/course/<course>/withdraw", again=edit_page)
    def withdraw(db: Session, act: Act, course: str) -> Response:
        found = hours.find(db, act, course)
        act.demand(hours.may_edit(db, act, found, withdrawn=True))
        seen = door.number("version", "版本", least=1, most=10**8)
        reason = door.field("reason", "原因", most=60, needed=True)
        hours.withdraw(db, act, found, reason, seen)
        door.say(texts.WITHDRAWN)
        return _home(found)


def _form(desk: Desk, db: Session, act: Act, course: Course | None) -> Response:
    people = hours.tickable(db, act, course)
    return study.show(
        desk,
        act,
        "hours/form.html",
        course=course,
        sections=[(group.name if group else "", list(some)) for group, some in groupby(people, lambda one: one.group)],
        there={one.id for one in hours.taking_part(db, course)} if course else set(),
        half_day=desk.hours.half_day,
        words=_WORDS,
    )


def _told() -> Told:
    """The course as the form says; raises Amiss."""
    form = request.form.get("form", "")
    if form not in set(CourseForm):
        raise Amiss(texts.FORM_WANTED)
    title = door.field("title", "内容", most=60, needed=True)
    held_on = door.day("held_on", "日期")
    if held_on is None:
        raise Amiss(texts.DAY_WANTED)
    worth = texts.tenths(request.form.get("hours", ""))
    if not worth:
        raise Amiss(texts.HOURS_WANTED)
    return Told(
        title=title,
        form=CourseForm(form),
        held_on=held_on,
        tenths=worth,
        organiser=door.field("organiser", "主办单位", most=60),
        proof=door.field("proof", "证明材料", most=100),
        topic=study.topic_asked(),
    )


def _people(db: Session) -> list[Member]:
    try:
        return sights.people(db, request.form.getlist("who"))
    except NoSuchMember:
        raise Amiss(texts.PEOPLE_CHANGED) from None


def _editable(db: Session, act: Act, course: str) -> Course:
    found = hours.find(db, act, course)
    act.demand(hours.may_edit(db, act, found))
    return found


def _span(act: Act) -> Span:
    """The year asked for, this one by default."""
    wanted = Span.parse(request.args.get("year", ""))
    return Span(wanted.year if wanted else act.day.year)


def _sections(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    def group(line: Line) -> str:
        return line.member.group.name if line.member.group else ""

    return [(name, list(some)) for name, some in groupby(lines, group)]


def _reached(lines: Sequence[Line]) -> tuple[int, int, int]:
    """(who has reached the aim, of how many, how many are exempt)."""
    asked = [one for one in lines if not one.year.exempt]
    return sum(1 for one in asked if not one.year.missing), len(asked), len(lines) - len(asked)


def _home(course: Course) -> Response:
    return door.back(f"/h5/hours/course/{course.public_id}")


_WORDS = {"form": texts.FORM, "kind": KIND, "topic": TOPIC, "hours": texts.hours}
