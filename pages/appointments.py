"""Offices (任职): who holds which, appointing from a day on, ending now or on a day."""

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from models.appointment import Role
from models.member import MemberStatus
from models.org import Org
from pages import door
from pages.door import Amiss, Desk, Room
from services import appointments, orgs, people
from services.errors import NoSuchMember
from services.people import Wanted
from services.rights import Act
from texts import appointment as words
from texts import people as texts


def blueprint(desk: Desk) -> Blueprint:
    """GET and POST /h5/appointments, POST /h5/appointments/<id>/end."""
    room = Room("appointments", desk)

    @room.get("/h5/appointments")
    def offices(db: Session, act: Act, **_of_a_form: str) -> Response:
        act.demand(act.rights.sees_branch)
        everything = appointments.everything(db)
        standing = [one for one in everything if not appointments.over(one, act)]
        over = [one for one in everything if appointments.over(one, act)]
        full = people.listed(db, act, Wanted(status=MemberStatus.FULL)) if act.rights.runs_branch else []
        return door.show(
            desk,
            act,
            "people/appointments.html",
            by_role=[
                (words.ROLE[role], words.MAY[role], [one for one in standing if one.role is role]) for role in Role
            ],
            vacant=[words.ROLE[one] for one in Role if one not in {held.role for held in standing}],
            over=sorted(over, key=lambda one: (one.ends or act.day, one.id), reverse=True),
            office=lambda one: words.office(one.role, one.org.name),
            people=full,
            roles=list(words.ROLE.items()),
            groups=orgs.groups(db),
            chosen_member=request.args.get("member", ""),
            day_of=texts.day_of,
        )

    @room.post("/h5/appointments", again=offices)
    def appoint(db: Session, act: Act) -> Response:
        act.demand(act.rights.runs_branch)
        if not request.form.get("member"):
            raise Amiss(texts.PERSON_WANTED)
        member = people.find(db, act, request.form["member"])
        role, group = _role(), _group(db)
        if role is Role.GROUP_LEADER and group is None:
            raise Amiss(texts.GROUP_WANTED)
        leads = group if role is Role.GROUP_LEADER else None
        made = appointments.appoint(db, act, member, role, leads, door.day("starts", "任职日期") or act.day)
        door.say(texts.appointed(member.name, words.office(role, group.name if group else ""), made.starts))
        return door.back("/h5/appointments")

    @room.post("/h5/appointments/<appointment>/end", again=offices)
    def end(db: Session, act: Act, appointment: str) -> Response:
        act.demand(act.rights.runs_branch)
        found = appointments.find(db, appointment)
        if found is None:
            raise NoSuchMember(appointment)
        ends = None if "now" in request.form else door.day("ends", "免职日期")
        appointments.end(db, act, found, ends or act.day)
        later = ends if ends is not None and ends > act.day else None
        door.say(texts.dismissed(found.member.name, words.office(found.role, found.org.name), later))
        return door.back("/h5/appointments")

    return room.blueprint


def _role() -> Role:
    try:
        return Role(request.form.get("role", ""))
    except ValueError:
        raise Amiss(texts.ROLE_WANTED) from None


def _group(db: Session) -> Org | None:
    wanted = request.form.get("group", "")
    return next((one for one in orgs.groups(db) if one.public_id == wanted), None)
