"""Planning (活动): the list, a new one in four fields, 改期, 取消, 开始, 结束, the record's words, guests, copying."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.org import Org, OrgKind
from pages import attendance as sheets
from pages import door, study
from pages import hours as study_hours
from pages.door import Amiss, Desk, Room
from services import activities, attendance, calendar, makeups, notices, places, sights
from services import guests as outside
from services.activities import Particulars, Plan
from services.errors import NotAllowed
from services.registrations import REGISTERS_IN
from services.rights import Act
from texts import activity as activity_texts
from texts import h5 as texts
from texts import member as member_texts

BEFORE, AFTER = timedelta(days=92), timedelta(days=183)


def blueprint(desk: Desk) -> Blueprint:
    """The pages of planning."""
    room = Room("activities", desk)
    _planning(room, desk)
    _changing(room, desk)
    _running(room, desk)
    _writing(room, desk)
    _inviting(room, desk)
    return room.blueprint


def _planning(room: Room, desk: Desk) -> None:
    """The list, and a new activity."""

    @room.get("/h5/activities")
    def everything(db: Session, act: Act) -> Response:
        act.demand(act.rights.leads)
        since = datetime.combine(act.day, datetime.min.time(), act.zone)
        return door.show(
            desk,
            act,
            "h5/activities.html",
            coming=sights.between(db, act, since, since + AFTER),
            past=list(reversed(sights.between(db, act, since - BEFORE, since))),
            gaps=sheets.missing(db, act),
            may_plan=bool(sights.plannable(db, act)),
            words=_WORDS,
        )

    @room.get("/h5/activities/new")
    def new_page(db: Session, act: Act) -> Response:
        choices = _choices(db, act)
        return door.show(
            desk,
            act,
            "h5/new.html",
            choices=[(key, _choice(kind, org)) for key, (kind, org) in choices.items()],
            what=request.args.get("what", ""),
            starts=_suggested(act),
            gaps=sheets.missing(db, act),
            lesson=study_hours.lesson(desk),
            words=_WORDS,
        )

    @room.post("/h5/activities/new", again=new_page)
    def new(db: Session, act: Act) -> Response:
        choices = _choices(db, act)
        what = request.form.get("what", "")
        if not what:
            raise Amiss(texts.wanted("类型"))
        act.demand(what in choices)
        kind, org = choices[what]
        title = door.field("title", "主题", most=60, needed=True)
        starts_at = door.moment("starts", "时间", act.zone)
        assert starts_at is not None
        asked = Plan(
            kind,
            title,
            starts_at,
            org,
            door.field("place", "地点", most=60),
            topic=study.topic_asked(),
            tenths=study_hours.lesson_asked(),
        )
        found, is_new = activities.plan_once(db, act, asked)
        people = len(activities.expected(db, found))
        door.say(texts.planned(people) if is_new else texts.planned_already(people))
        return _home(found)


def _changing(room: Room, desk: Desk) -> None:
    """改期 and 取消, with a notice to everyone expected in the same transaction."""

    @room.get("/h5/a/<activity>/move")
    def move_page(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        starts = door.fields_of(found.starts_at, act.zone)
        people = len(activities.expected(db, found))
        return door.show(desk, act, "h5/move.html", activity=found, starts=starts, people=people, words=_WORDS)

    @room.post("/h5/a/<activity>/move", again=move_page)
    def move(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        seen = door.number("version", "版本", most=10**8)
        starts_at = door.moment("starts", "时间", act.zone)
        assert starts_at is not None
        place = door.field("place", "地点", most=60)
        reason = door.field("reason", "原因", most=60, needed=True)
        activities.move(db, act, found, (starts_at, place), reason, seen)
        door.say(texts.moved(notices.moved(db, found, act.now, act.zone)))
        return _home(found)

    @room.get("/h5/a/<activity>/cancel")
    def cancel_page(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        people = len(activities.expected(db, found))
        return door.show(desk, act, "h5/cancel.html", activity=found, people=people, words=_WORDS)

    @room.post("/h5/a/<activity>/cancel", again=cancel_page)
    def cancel(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        seen = door.number("version", "版本", most=10**8)
        reason = door.field("reason", "原因", most=60, needed=True)
        activities.cancel(db, act, found, reason, seen)
        door.say(texts.cancelled(notices.cancelled(db, found, act.now, act.zone)))
        return _home(found)


def _running(room: Room, desk: Desk) -> None:
    """开始, 结束 and what is done while it runs."""

    def page(db: Session, act: Act, activity: str) -> Response:
        return sheets.activity_page(desk, db, act, activity)

    @room.post("/h5/a/<activity>/open", again=page)
    def open_(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        activities.open_(db, act, found)
        door.say(texts.OPENED)
        return _home(found)

    @room.get("/h5/a/<activity>/close")
    def close_page(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        return door.show(desk, act, "h5/close.html", sheet=sheets.look(desk, db, act, found), words=_WORDS)

    @room.post("/h5/a/<activity>/close", again=page)
    def close(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        activities.close(db, act, found)
        door.say(texts.CLOSED)
        return _home(found)

    @room.post("/h5/a/<activity>/position", again=page)
    def position(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        if request.form.get("do") == "off":
            places.forbid(db, act, found)
            door.say(texts.POSITION_OFF)
            return _home(found)
        latitude, longitude = door.degrees("latitude", "纬度", 90), door.degrees("longitude", "经度", 180)
        radius = door.number("radius", "多少米以内", least=places.NEAREST, most=places.FARTHEST)
        places.allow(db, act, found, latitude, longitude, radius)
        door.say(texts.position_on(radius))
        return _home(found)

    @room.post("/h5/a/<activity>/badges", again=page)
    def badges(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        worn, of = door.number("worn", "其中佩戴人数"), door.number("of", "抽查人数")
        if worn > of:
            raise Amiss(texts.BADGES_WRONG)
        activities.check_badges(db, act, found, worn, of)
        door.say(texts.NOTED)
        return _home(found)


def _writing(room: Room, desk: Desk) -> None:
    """What belongs to the record: its first page, the text for the group chat."""

    @room.get("/h5/a/<activity>/particulars")
    def particulars_page(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        ends = door.fields_of(found.ends_at, act.zone)
        lesson = study_hours.lesson(desk)
        return door.show(desk, act, "h5/particulars.html", activity=found, ends=ends, lesson=lesson, words=_WORDS)

    @room.post("/h5/a/<activity>/particulars", again=particulars_page)
    def particulars(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        seen = door.number("version", "版本", most=10**8)
        told = Particulars(
            host=door.field("host", "主持人", most=40),
            recorder=door.field("recorder", "记录人", most=40),
            lecturer=door.field("lecturer", "主讲人", most=40),
            agenda=door.paragraph("agenda", "议题", most=1000),
            page=door.field("page", "记录页码", most=20),
            ends_at=door.moment("ends", "结束时间", act.zone, needed=False),
            topic=study.topic_asked(),
            tenths=study_hours.lesson_asked(),
        )
        if told.ends_at is not None and told.ends_at < found.starts_at:
            raise Amiss(texts.ENDS_EARLY)
        activities.note(db, act, found, told, seen)
        door.say(texts.NOTED)
        return _home(found)

    @room.get("/h5/a/<activity>/copy")
    def copy(db: Session, act: Act, activity: str) -> Response:
        found = sights.activity(db, act, activity)
        sheet = sheets.look(desk, db, act, found)
        done = None
        if found.state in {ActivityState.OPEN, ActivityState.CLOSED}:
            at = calendar.local(found.starts_at, act.zone)
            makeup = found.state is ActivityState.CLOSED and bool(makeups.WAYS[found.kind])
            done = texts.result(found.title, found.kind, at, sheet.totals, makeup=makeup)
        return door.show(
            desk,
            act,
            "h5/copy.html",
            activity=found,
            notice=_notice(found, act) if found.state is not ActivityState.CLOSED else None,
            result=done,
            invitation=_invitation(found, act) if sheet.guests and found.state is ActivityState.PLANNED else None,
            whole=sheet.whole,
            words=_WORDS,
        )


def _inviting(room: Room, desk: Desk) -> None:
    """列席: from the record, and from outside."""

    @room.get("/h5/a/<activity>/guests")
    def guests_page(db: Session, act: Act, activity: str, **_of_a_form: str) -> Response:
        found = sights.run(db, act, activity)
        sheet = sheets.look(desk, db, act, found)
        invited = [line for line in sheet.lines if line.verdict.status in _GUESTS]
        return door.show(
            desk,
            act,
            "h5/guests.html",
            activity=found,
            invited=invited,
            guests=sheet.guests,
            open=found.state in REGISTERS_IN,
            people=sights.guests(db, act, found),
            statuses=member_texts.STATUS,
            words=_WORDS,
        )

    @room.post("/h5/a/<activity>/guests", again=guests_page)
    def guests(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        people = sights.people(db, request.form.getlist("who"))
        possible = {one.id for one in sights.guests(db, act, found)}
        if any(not act.rights.sees_group(one.group_id) for one in people):
            raise NotAllowed
        new = [one for one in people if one.id in possible]
        activities.invite(db, act, found, new)
        door.say(texts.invited(len(new)))
        return _home(found)

    @room.post("/h5/a/<activity>/guests/outside", again=guests_page)
    def guest(db: Session, act: Act, activity: str) -> Response:
        found = sights.run(db, act, activity)
        name = door.field("name", "姓名", most=40, needed=True)
        new = outside.enter(db, act, found, name, door.field("unit", "单位", most=60))
        door.say(texts.guest_entered(name) if new else texts.guest_there(name))
        return door.back(f"/h5/a/{found.public_id}/guests")

    @room.post("/h5/a/<activity>/guests/<guest>/remove", again=guests_page)
    def guest_gone(db: Session, act: Act, activity: str, guest: str) -> Response:
        found = sights.run(db, act, activity)
        name = outside.remove(db, act, found, guest)
        door.say(texts.guest_removed(name) if name else texts.NOTED)
        return door.back(f"/h5/a/{found.public_id}/guests")


def _notice(activity: Activity, act: Act) -> str:
    """What to tell the group before it begins."""
    at = calendar.local(activity.starts_at, act.zone)
    if activity.state is ActivityState.CANCELLED:
        return texts.notice_cancelled(activity.title, activity.kind, at, activity.reason)
    if activity.moved_from is not None:
        times = calendar.local(activity.moved_from, act.zone), at
        return texts.notice_moved(activity.title, activity.kind, times, activity.place, activity.reason)
    return texts.notice(activity.title, activity.kind, at, activity.place)


def _invitation(activity: Activity, act: Act) -> str:
    """What to send to guests from outside before it begins."""
    return texts.invitation(activity.title, activity.kind, calendar.local(activity.starts_at, act.zone), activity.place)


def _choices(db: Session, act: Act) -> dict[str, tuple[ActivityKind, Org]]:
    """What this person may plan, in one list: each kind of the branch's, and what a group holds by itself."""
    orgs = sights.plannable(db, act)
    act.demand(bool(orgs))
    found: dict[str, tuple[ActivityKind, Org]] = {}
    for org in orgs:
        key = "" if org.kind is OrgKind.BRANCH else f":{org.public_id}"
        found |= {f"{kind.value}{key}": (kind, org) for kind in activities.kinds(act, org)}
    first = (ActivityKind.PARTY_DAY, ActivityKind.GROUP_MEETING)  # what is planned most often
    return dict(sorted(found.items(), key=lambda one: one[1][0] not in first))


def _choice(kind: ActivityKind, org: Org) -> str:
    name = activity_texts.KIND[kind]
    return f"{name}（{org.name}）" if org.kind is OrgKind.GROUP else name


def _suggested(act: Act) -> tuple[str, str]:
    """Three days ahead at two in the afternoon: what a notice needs, and when branches meet."""
    day = act.day + timedelta(days=3)
    return f"{day:%Y-%m-%d}", "14:00"


def _home(activity: Activity) -> Response:
    return door.back(f"/h5/a/{activity.public_id}")


_GUESTS = frozenset({attendance.Status.GUEST, attendance.Status.INVITED})
_WORDS: Mapping[str, object] = {"kind": activity_texts.KIND, "state": activity_texts.STATE, "gap": texts.gap}
