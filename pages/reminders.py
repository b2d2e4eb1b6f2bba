"""提醒: when each kind is due, what comes next, what reached whom, 政治生日, days off; a row of tabs of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.notice import NoticeKind
from models.reminder import CalendarDay, DayKind, GreetingChoice
from pages import door
from pages.door import Amiss, Desk, Room
from services import greetings, leases, people, quiet, reach, timetables, workdays
from services.greetings import Birthday
from services.reach import Wanted
from services.rights import Act
from texts import notice as notice_texts
from texts import reminder_pages as texts

PAGE = 50  # notices on one page
SCHEDULER = "scheduler"  # the lease of the process that keeps time


@dataclass(frozen=True, slots=True)
class Off:
    """Days in a row that are the same to the calendar."""

    first: date
    last: date
    kind: DayKind
    name: str
    ours: bool  # the office has said so


def blueprint(desk: Desk) -> Blueprint:
    """GET /h5/reminders, /h5/reminders/coming, /h5/notices, /h5/birthdays, /h5/calendar, and their forms."""
    room = Room("reminders", desk)
    _timetable(room, desk)
    _notices(room, desk)
    _birthdays(room, desk)
    _calendar(room, desk)
    return room.blueprint


def _show(desk: Desk, act: Act, template: str, **things: object) -> Response:
    tabs = [*texts.TABS[:3], texts.TAB_BIRTHDAYS, *texts.TABS[3:]] if act.rights.runs_branch else texts.TABS
    return door.show(desk, act, template, status=200, tabs=tabs, words=texts, kinds=notice_texts.KIND, **things)


# --- the timetable, and what comes next --------------------------------------------------------------------------


def _timetable(room: Room, desk: Desk) -> None:
    @room.get("/h5/reminders")
    def timetable(db: Session, act: Act, **_of_a_form: str) -> Response:
        act.demand(act.rights.sees_branch)
        now = timetables.current(db)
        return _show(
            desk,
            act,
            "reminders/timetable.html",
            table=now,
            lines=[(line.kind, now.slots[line.kind], line.at is not None) for line in timetables.DEFAULTS],
            late=quiet.LATE_EVENING,
            unknown=workdays.unknown(db, act.day),
            of=request.form.get("kind", ""),
        )

    @room.get("/h5/reminders/coming")
    def coming(db: Session, act: Act) -> Response:
        alive = leases.ends(db, SCHEDULER).get(SCHEDULER)
        return _show(
            desk,
            act,
            "reminders/coming.html",
            coming=reach.coming(db, act, desk.hours),
            ways=reach.ways(db, act, desk.app_id),
            templates=desk.templates,
            running=alive is not None and alive > act.now,
        )

    @room.post("/h5/reminders/quiet", again=timetable)
    def change_quiet(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        timetables.change_quiet(
            db,
            act,
            evening=_hour("evening"),
            morning=_hour("morning"),
            a_day=door.number("a_day", "每天", least=1, most=timetables.MOST_A_DAY),
            a_week=door.number("a_week", "每周", least=1, most=timetables.MOST_A_WEEK),
            version=_version(),
        )
        return _back("/h5/reminders", texts.SAVED)

    @room.post("/h5/reminders/<kind>", again=timetable)
    def change(db: Session, act: Act, kind: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = _kind(kind)
        if found is None:
            raise Amiss(texts.KIND_WANTED)
        timed = found in timetables.STANDARD.slots and timetables.STANDARD.slots[found].at is not None
        at = _hour("at") if timed else None
        enabled = request.form.get("enabled") == "on"
        timetables.change(db, act, found, enabled=enabled, at=at, version=_version())
        return _back("/h5/reminders", texts.SAVED)


# --- what reached whom -------------------------------------------------------------------------------------------


def _notices(room: Room, desk: Desk) -> None:
    @room.get("/h5/notices")
    def notices(db: Session, act: Act) -> Response:
        wanted = Wanted(
            text=request.args.get("q", "")[:40],
            kind=_kind(request.args.get("kind", "")),
            state=request.args.get("state", ""),
        )
        many = reach.count(db, act, wanted)
        last = max(1, -(-many // PAGE))
        place = min(last, max(1, _whole(request.args.get("page", ""))))
        found = reach.listed(db, act, wanted, (place - 1) * PAGE, PAGE)
        return _show(
            desk,
            act,
            "reminders/notices.html",
            wanted=wanted,
            many=many,
            sums=reach.sums(db, act),
            listed=[(one, reach.title(one)) for one in found],
            listed_kinds=[kind for kind in NoticeKind if kind not in reach.UNNAMED],
            channel_of=reach.channel_of,
            place=place,
            last=last,
            page=_page_address,
        )

    @room.post("/h5/notices/retry", again=notices)
    def retry(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        which = request.form.get("which", "")
        tried = reach.retry(db, act, quiet.of(db, act.zone), [which] if which else None)
        return _back("/h5/notices?state=failed" if tried == 0 else "/h5/notices", texts.retried(tried))


def _page_address(place: int) -> str:
    """The same list, another page of it."""
    known = {name: value for name, value in request.args.items() if name in {"q", "kind", "state"} and value}
    return f"/h5/notices?{urlencode({**known, 'page': str(place)})}"


# --- 政治生日 ----------------------------------------------------------------------------------------------------


def _birthdays(room: Room, desk: Desk) -> None:
    @room.get("/h5/birthdays")
    def birthdays(db: Session, act: Act, **_of_a_form: str) -> Response:
        act.demand(act.rights.runs_branch)
        first = _month_asked() or act.day
        last = _month_end(first if _month_asked() else first + timedelta(days=31))
        found = greetings.between(db, first, last)
        return _show(
            desk,
            act,
            "reminders/birthdays.html",
            days=[one for one in found if one.day is not None],
            months=[one for one in found if one.day is None],
            why_not=_why_not,
            choices=GreetingChoice,
            first=first,
            last=last,
            following=last + timedelta(days=1),
        )

    @room.post("/h5/birthdays/<member>", again=birthdays)
    def decide(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        if request.form.get("choice") not in set(GreetingChoice):
            raise Amiss(texts.CHOICE_WANTED)
        choice = GreetingChoice(request.form["choice"])
        year = door.number("year", "年份", least=act.day.year, most=act.day.year + 1)
        greetings.decide(db, act, found, year, choice)
        month = request.form.get("month", "")
        return _back(
            f"/h5/birthdays?month={month}" if _month(month) else "/h5/birthdays", texts.decided(found.name, choice)
        )


def _why_not(one: Birthday) -> str:
    """Why nothing goes to somebody of whom the office has said nothing."""
    if one.decided or one.choice is GreetingChoice.SEND:
        return ""
    gone = one.member.moved_out is not None and one.day is not None and one.member.moved_out <= one.day
    return texts.why_not(one.member.status, gone=gone)


# --- days off ----------------------------------------------------------------------------------------------------


def _calendar(room: Room, desk: Desk) -> None:
    @room.get("/h5/calendar")
    def calendar(db: Session, act: Act) -> Response:
        act.demand(act.rights.sees_branch)
        year = _whole(request.args.get("year", "")) or act.day.year
        year = min(act.day.year + 2, max(act.day.year - 1, year))
        return _show(
            desk,
            act,
            "reminders/calendar.html",
            year=year,
            years=[one for one in range(act.day.year - 1, act.day.year + 3) if one != year],
            spans=_spans(year, workdays.listed(db, year)),
            known=workdays.known(db, year),
            day_kinds=DayKind,
        )

    @room.post("/h5/calendar", again=calendar)
    def change_day(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        day = door.day("day", "日期")
        if day is None:
            raise Amiss(texts.DAY_WANTED)
        wanted = request.form.get("kind", "")
        if wanted and wanted not in set(DayKind):
            raise Amiss(texts.KIND_WANTED)
        name = door.field("name", "名称", most=20)
        workdays.change(db, act, day, DayKind(wanted) if wanted else None, name)
        return _back(f"/h5/calendar?year={day.year}", texts.SAVED)


def _spans(year: int, rows: Sequence[CalendarDay]) -> list[Off]:
    """The year's days that are not what their weekday says, those in a row together."""
    days: dict[date, Off] = {
        day: Off(day, day, kind, workdays.NAME_OF_SPRING if kind is DayKind.SPRING else "", ours=False)
        for day, kind in workdays.announced(year).items()
    }
    days |= {one.day: Off(one.day, one.day, one.kind, one.name, ours=one.by_id is not None) for one in rows}
    found: list[Off] = []
    for one in sorted(days.values(), key=lambda one: one.first):
        before = found[-1] if found else None
        if before and _goes_on(before, one):
            found[-1] = Off(before.first, one.last, before.kind, before.name, ours=False)
        else:
            found.append(one)
    return found


def _goes_on(before: Off, one: Off) -> bool:
    same = (before.kind, before.name, before.ours, one.ours) == (one.kind, one.name, False, False)
    return same and before.last + timedelta(days=1) == one.first


# --- reading forms and addresses ---------------------------------------------------------------------------------


def _kind(text: str) -> NoticeKind | None:
    return NoticeKind(text) if text in set(NoticeKind) else None


def _hour(name: str) -> time:
    try:
        return time.fromisoformat(request.form.get(name, "").strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Amiss(texts.HOUR_WANTED) from None


def _version() -> int:
    return door.number("version", "版本", least=0, most=10**8)


def _whole(text: str) -> int:
    """A whole number in an address, 0 where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


def _month_asked() -> date | None:
    return _month(request.args.get("month", ""))


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def _month_end(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)


def _back(address: str, words: str) -> Response:
    door.say(words)
    return door.back(address)
