"""People (人员): the roster by group, a person's record, editing it, moving in and out, being excused, slips."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import flask
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.leave import LeaveClass
from models.member import GONE, Identity, Member, MemberStatus
from models.standing import Standing, StandingKind
from pages import door
from pages.door import Amiss, Desk, Room
from services import appointments, calendar, events, orgs, people, standings
from services.errors import NoSuchMember
from services.people import Wanted
from services.rights import Act
from services.rosters import FIELDS, Entry
from sheets import roster
from texts import people as texts
from texts.appointment import office, offices
from texts.attendance import LEAVE
from texts.member import STATUS

PAGE = 100  # people on one page
EDITABLE = tuple(status for status in MemberStatus if status is not MemberStatus.MOVED)
SUFFIXES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TYPES: Mapping[str, str] = {
    **SUFFIXES,
    "json": "application/json; charset=utf-8",
    "gift": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A person in the list."""

    member: Member
    status: str
    offices: str
    standing: str
    bound: bool


def blueprint(desk: Desk) -> Blueprint:
    """The pages of the roll."""
    room = Room("members", desk)
    _listing(room, desk)
    _paper(room, desk)
    _entering(room, desk)
    _looking(room, desk)
    _moving(room, desk)
    _excusing(room, desk)
    return room.blueprint


def file(content: bytes, name: str, suffix: str) -> Response:
    """A download."""
    response = flask.make_response(content)
    response.headers["Content-Type"] = TYPES[suffix]
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{suffix}')}"
    return response


def page_asked() -> int:
    """Which page of a long list is wanted, from 0."""
    text = request.args.get("page", "")
    return int(text) - 1 if text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0 else 0


def pages(place: int, last: int) -> Mapping[str, object]:
    """Where one is in a long list, and the addresses of its neighbours."""

    def address(page: int) -> str:
        asked = {**request.args.to_dict(), "page": str(page + 1)}
        return "?" + "&".join(f"{quote(name)}={quote(value)}" for name, value in asked.items())

    return {
        "place": place + 1,
        "last": last + 1,
        "before": address(place - 1) if place else "",
        "after": address(place + 1) if place < last else "",
    }


def _listing(room: Room, desk: Desk) -> None:
    """The roster by group, narrowed by name, group and status, in pages."""

    @room.get("/h5/members")
    def roll(db: Session, act: Act) -> Response:
        wanted, groups = _wanted(db), orgs.groups(db)
        found = people.listed(db, act, wanted)
        last = max(0, (len(found) - 1) // PAGE)
        place = min(page_asked(), last)
        shown = _lines(desk, db, act, found[place * PAGE : (place + 1) * PAGE])
        counts = people.counts(db, act)
        return door.show(
            desk,
            act,
            "people/roll.html",
            groups=[one for one in groups if act.rights.sees_group(one.id)],
            sections=_sections(shown),
            many=len(found),
            total=sum(counts.values()),
            counts=[(STATUS[one], counts[one]) for one in MemberStatus if counts.get(one)],
            wanted=wanted,
            statuses=STATUS,
            pages=pages(place, last),
        )


def _paper(room: Room, desk: Desk) -> None:
    """What leaves the screen: the roster as a file, slips of paper."""

    @room.get("/h5/members/export.<suffix>")
    def export(db: Session, act: Act, suffix: str) -> Response:
        if suffix not in SUFFIXES:
            flask.abort(404)
        act.demand(act.rights.runs_branch)
        desk.run(lambda log: people.exported(log, act))
        here = list(enumerate(people.on_roll(db, act), start=2))
        held = appointments.held(db, act)
        named = {row: offices(held[one.id]) for row, one in here if one.id in held}
        content = _written([roster.of(row, one) for row, one in here], suffix, named)
        return file(content, f"党员名册 {desk.branch.name} {act.day.isoformat()}", suffix)

    @room.get("/h5/members/template.xlsx")
    def template(_db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        return file(_written([], "xlsx", {}), "党员名册", "xlsx")

    @room.get("/h5/members/slips")
    def slips(db: Session, act: Act) -> Response:
        who = _slip_people(desk, db, act)
        good = people.slips(db, act, who)
        return door.show(
            desk,
            act,
            "people/slips.html",
            good=[(one, code, calendar.today(code.expires_at, desk.zone)) for one, code in good],
            lacking=len(who) - len(good),
            one=request.args.get("member", ""),
        )

    @room.post("/h5/members/slips", again=slips)
    def fill_slips(db: Session, act: Act) -> Response:
        people.fill_slips(db, act, _slip_people(desk, db, act), desk.binding.code_lives)
        door.say(texts.SLIPS_READY)
        return door.back("/h5/members/slips")

    @room.post("/h5/members/<member>/slip")
    def new_slip(db: Session, act: Act, member: str) -> Response:
        found = people.find(db, act, member)
        people.slip(db, act, found, desk.binding.code_lives)
        door.say(texts.slip_issued(found.name))
        return door.back(f"/h5/members/slips?member={found.public_id}")


def _entering(room: Room, desk: Desk) -> None:
    """Somebody new, and the record edited; both are the same form."""

    @room.get("/h5/members/new")
    def new_page(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        return _form(desk, db, act, None)

    @room.post("/h5/members/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        entry = _entry()
        twin = people.twin(db, entry)
        made = twin or people.create(db, act, entry)
        door.say(texts.ENTERED_ALREADY if twin else texts.entered(made.name))
        return _home(made)

    @room.get("/h5/members/<member>/edit")
    def edit_page(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        return _form(desk, db, act, people.find(db, act, member))

    @room.post("/h5/members/<member>/edit", again=edit_page)
    def edit(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        changed = people.edit(db, act, found, _entry(found), _seen())
        door.say(texts.edited(changed) if changed else texts.SAME)
        return _home(found)


def _looking(room: Room, desk: Desk) -> None:
    """A person's record, with everything that can be done about it."""

    @room.get("/h5/members/<member>")
    def record(db: Session, act: Act, member: str, **_of_a_form: str) -> Response:
        found = people.find(db, act, member)
        held = [
            (texts.day_of(one.starts), texts.day_of(one.ends) if one.ends else "", office(one.role, one.org.name), one)
            for one in appointments.of(db, found)
        ]
        account = people.bound(db, desk.app_id).get(found.id)
        browsers, programs = people.sign_ins(db, act, found) if act.rights.runs_branch else ([], 0)
        return door.show(
            desk,
            act,
            "people/record.html",
            member=found,
            stands=STATUS[people.standing_of(found, act.day)],
            gone=people.standing_of(found, act.day) in GONE,
            fields=_fields(found) if act.rights.tends(found.group_id) else [],
            held=held,
            over=lambda one: appointments.over(one, act),
            standings=[(_standing(one), texts.span(one.starts, one.ends), one) for one in standings.of(db, found)],
            bound=calendar.today(account.bound_at, desk.zone) if account and account.bound_at else None,
            tends=act.rights.tends(found.group_id),
            browsers=browsers,
            programs=programs,
            log=_log(desk, db, found),
            day_of=texts.day_of,
        )

    @room.post("/h5/members/<member>/logins/<visit>/end", again=record)
    def sign_out(db: Session, act: Act, member: str, visit: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        people.sign_out(db, act, found, visit)
        door.say(texts.REVOKED)
        return _home(found)

    @room.post("/h5/members/<member>/logins/end", again=record)
    def sign_out_everywhere(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        many = people.sign_out_everywhere(db, act, found)
        door.say(texts.revoked(found.name, many) if many else texts.NOT_SIGNED_IN)
        return _home(found)


def _moving(room: Room, desk: Desk) -> None:
    """转出 and 转入 from a day on."""

    @room.get("/h5/members/<member>/moves")
    def moves(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        statuses = [(one, STATUS[one]) for one in EDITABLE if one is not MemberStatus.DECEASED]
        return door.show(
            desk, act, "people/moves.html", member=found, statuses=statuses, day_of=texts.day_of, today=act.day
        )

    @room.post("/h5/members/<member>/out", again=moves)
    def out(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        if "stays" in request.form:
            people.move_out(db, act, found, None, _seen())
            door.say(texts.STAYED)
            return _home(found)
        day = door.day("day", "转出日期")
        if day is None:
            raise Amiss(texts.field_wanted("转出日期"))
        people.move_out(db, act, found, day, _seen())
        door.say(texts.moved_out(found.name, day))
        return _home(found)

    @room.post("/h5/members/<member>/in", again=moves)
    def in_(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        day = door.day("day", "转入日期")
        if day is None:
            raise Amiss(texts.field_wanted("转入日期"))
        people.move_in(db, act, found, day, _status(), _seen())
        door.say(texts.moved_in(found.name, day))
        return _home(found)


def _excusing(room: Room, desk: Desk) -> None:
    """Standing leave and exemption."""

    @room.get("/h5/members/<member>/excuse")
    def excuse_page(db: Session, act: Act, member: str, **_of_a_form: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        held = [(_standing(one), texts.span(one.starts, one.ends), one) for one in standings.of(db, found)]
        return door.show(
            desk,
            act,
            "people/excuse.html",
            member=found,
            classes=[(one.value, f"长期请假：{label}") for one, label in LEAVE.items()],
            held=held,
            today=act.day,
        )

    @room.post("/h5/members/<member>/excuse", again=excuse_page)
    def excuse(db: Session, act: Act, member: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        kind = request.form.get("kind", "")
        if kind != StandingKind.EXEMPT and kind not in set(LeaveClass):
            raise Amiss(texts.KIND_WANTED)
        starts, ends = door.day("starts", "开始日期"), door.day("ends", "结束日期")
        reason = door.field("reason", "原因", most=100)
        if not reason:
            raise Amiss(texts.REASON_WANTED)
        leave_class = None if kind == StandingKind.EXEMPT else LeaveClass(kind)
        made = people.excuse(db, act, found, leave_class, (starts or act.day, ends), reason)
        door.say(texts.excused(found.name, made.kind))
        return _home(found)

    @room.post("/h5/members/<member>/excuse/<standing>/end", again=excuse_page)
    def end_excuse(db: Session, act: Act, member: str, standing: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = people.find(db, act, member)
        held = standings.find(db, standing)
        if held is None or held.member_id != found.id:
            raise NoSuchMember(standing)
        if "withdraw" in request.form:
            people.withdraw_excuse(db, act, held)
            door.say(texts.excuse_ended(found.name, None))
        else:
            last = door.day("last", "最后一天") or act.day
            people.end_excuse(db, act, held, last)
            door.say(texts.excuse_ended(found.name, last))
        return _home(found)


# --- reading a form --------------------------------------------------------------------------------------------


def _entry(known: Member | None = None) -> Entry:
    """The person as the form says; raises Amiss with every field that cannot be understood."""
    said = {field: request.form.get(field, "") for field in FIELDS}
    new_group = request.form.get("new_group", "").strip()
    if new_group and said["group"] and said["group"] != new_group:
        raise Amiss(texts.TWO_GROUPS)
    said["group"] = new_group or said["group"]
    line, faults = roster.one(said)
    if faults:
        raise Amiss("\n".join(texts.field_wrong(field, reason) for field, reason in faults.items()))
    values = {field: getattr(line, field) for field in FIELDS if field != "status"}
    if known is not None and known.status is MemberStatus.MOVED and request.form.get("status") == MemberStatus.MOVED:
        return Entry(**values, status=MemberStatus.MOVED)
    return Entry(**values, status=_status())


def _status() -> MemberStatus:
    try:
        found = MemberStatus(request.form.get("status", ""))
    except ValueError:
        raise Amiss(texts.STATUS_WANTED) from None
    if found not in EDITABLE:
        raise Amiss(texts.STATUS_WANTED)
    return found


def _seen() -> int:
    return door.number("version", "版本", least=1, most=10**8)


def _wanted(db: Session) -> Wanted:
    """What the list is asked for; nonsense asks for everything."""
    group, status = request.args.get("group", ""), request.args.get("status", "")
    known = {one.public_id: one.id for one in orgs.groups(db)}
    return Wanted(
        text=request.args.get("q", "")[:40],
        group=0 if group == "none" else known.get(group),
        status=MemberStatus(status) if status in set(MemberStatus) else None,
    )


def _slip_people(desk: Desk, db: Session, act: Act) -> list[Member]:
    """For whom slips are wanted: the one named, or everybody who has no WeChat account yet."""
    if one := request.args.get("member", ""):
        return [people.find(db, act, one)]
    return people.unbound(db, act, desk.app_id)


# --- showing ---------------------------------------------------------------------------------------------------


def _form(desk: Desk, db: Session, act: Act, member: Member | None) -> Response:
    statuses = [(one, STATUS[one]) for one in MemberStatus if one in EDITABLE or (member and member.status is one)]
    return door.show(
        desk,
        act,
        "people/form.html",
        member=member,
        known={field: getattr(member, field) for field in FIELDS if field != "group"} if member else {},
        labels=texts.FIELD,
        statuses=statuses,
        groups=[one.name for one in orgs.groups(db)],
        group=member.group.name if member and member.group else "",
    )


def _lines(desk: Desk, db: Session, act: Act, found: Sequence[Member]) -> list[Line]:
    held, accounts = appointments.held(db, act), people.bound(db, desk.app_id)
    now_standing = standings.on(db, act.day, [one.id for one in found])
    return [_line(one, act, offices(held.get(one.id, ())), now_standing.get(one.id), accounts) for one in found]


def _line(one: Member, act: Act, held: str, standing: Standing | None, accounts: Mapping[int, Identity]) -> Line:
    status = STATUS[people.standing_of(one, act.day)]
    return Line(one, status, held, _standing(standing) if standing else "", one.id in accounts)


def _sections(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    def group(line: Line) -> str:
        return line.member.group.name if line.member.group else ""

    return [(name, list(some)) for name, some in groupby(lines, group)]


def _fields(member: Member) -> list[tuple[str, str]]:
    """What is on record, but for name, group and status, which stand above."""
    left_out = {"name", "group", "status", "phone"}
    known = [(texts.FIELD[field], getattr(member, field)) for field in texts.FIELD if field not in left_out]
    return [(label, str(value)) for label, value in known if value]


def _standing(one: Standing) -> str:
    return texts.standing(one.kind, one.leave_class)


def _log(desk: Desk, db: Session, member: Member) -> list[tuple[str, str]]:
    return [
        (
            f"{calendar.local(one.at, desk.zone):%Y-%m-%d %H:%M} {one.by.name if one.by else texts.OPERATOR}",
            texts.event(one.verb, facts),
        )
        for one, facts in events.of(db, member)
    ]


def _written(lines: Sequence[roster.RosterLine], suffix: str, named: Mapping[int, str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"roster.{suffix}"
        roster.write(lines, out, named)
        return out.read_bytes()


def _home(member: Member) -> Response:
    return door.back(f"/h5/members/{member.public_id}")
