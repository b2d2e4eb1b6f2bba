"""Who is on record: the roster in and out, bind codes, appointments."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.common import about, check_places, check_suffix, chunks, day, ruled, told, write_report
from commands.register import DONE, REFUSED, Chosen, Stop, argument, command
from texts import cli as texts

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app import House
    from services.rosters import Entry
    from sheets.roster import RosterLine
    from sheets.slips import Slip


@command(
    "members import",
    "take in a roster (xlsx, xls, csv)",
    argument("file", type=Path),
    argument("--codes", type=Path, help="write a bind code for each member not yet bound (csv, xlsx, html)"),
    argument("--report", type=Path, help="write what became of each row as JSON"),
)
def _members_import(chosen: Chosen) -> int:
    from sheets.roster import RosterFault, read

    check_places(chosen.file, chosen.codes, chosen.report)
    if chosen.codes:
        check_suffix(chosen.codes, ".csv", ".xlsx", ".html", ".htm")
    house = chosen.house()
    with about(chosen.file):
        lines = read(chosen.file)
    rejected: list[dict[str, object]] = [asdict(line) for line in lines if isinstance(line, RosterFault)]
    fates = take_in(house, [line for line in lines if not isinstance(line, RosterFault)], rejected)
    report = told(len(lines), fates, rejected)
    if chosen.report:
        write_report(chosen.report, report)
    if chosen.codes:
        print(texts.codes_written(_write_codes(house, chosen.codes), chosen.codes))
    return REFUSED if rejected and len(rejected) == len(lines) else DONE


def take_in(house: House, lines: list[RosterLine], rejected: list[dict[str, object]]) -> Counter[str]:
    """Take the good lines in, chunk by chunk; what a rule refuses joins `rejected`."""
    from services import rosters
    from services.errors import SameName
    from sheets.roster import NAME
    from texts.refusals import words

    times = Counter(line.name for line in lines)
    fates: Counter[str] = Counter()

    def take(db: Session, chunk: list[RosterLine]) -> tuple[Counter[str], list[dict[str, object]]]:
        taken: Counter[str] = Counter()
        refused: list[dict[str, object]] = []
        found = rosters.take_all(db, house.operator(), [_entry(line) for line in chunk], times)
        for line, fate in zip(chunk, found, strict=True):
            if fate is None:
                refused.append(
                    {"row": line.row, "column": NAME, "reason": words(SameName(line.name), house.parts.where)}
                )
            else:
                taken[fate.value] += 1
        return taken, refused

    for chunk in chunks(house, lines):
        taken, refused = house.run(partial(take, chunk=chunk))
        fates += taken
        rejected += refused
    for activity in house.run(lambda db: rosters.taken_in(db, house.operator(), len(lines))):
        house.run(partial(rosters.seat, act=house.operator(), activity_id=activity))
    return fates


def _write_codes(house: House, out: Path) -> int:
    """The code of everyone on the roll without a WeChat account, written to `out`; returns how many."""
    from models.member import Member
    from services import members, people
    from sheets.slips import Slip, write_codes

    now, lives, zone = house.clock(), house.parts.binding.code_lives, house.settings.zone

    def issue(db: Session, chunk: list[int]) -> list[Slip]:
        slips = []
        for member in (db.get_one(Member, one) for one in chunk):
            code = members.slip_code(db, member, now, lives)
            group = member.group.name if member.group else ""
            slips.append(Slip(member.name, group, code.digits, code.expires_at.astimezone(zone).date()))
        return slips

    with house.reading() as db:
        unbound = [member.id for member in people.unbound(db, house.operator(), house.parts.app_id)]
    slips = [slip for chunk in chunks(house, unbound) for slip in house.run(partial(issue, chunk=chunk))]
    with about(out):
        write_codes(slips, out, house.settings.branch.name)
    return len(slips)


@command("members export", "write the roster (csv, xlsx)", argument("out", type=Path))
def _members_export(chosen: Chosen) -> None:
    from services import appointments, rosters
    from sheets import roster
    from texts.appointment import offices

    check_places(chosen.out)
    check_suffix(chosen.out, ".csv", ".xlsx")
    house = chosen.house()
    with house.reading() as db:
        held = appointments.held(db, house.operator())
        people = list(enumerate(rosters.everyone(db), start=2))
        lines = [roster.of(row, one) for row, one in people]
        names = {row: offices(held[one.id]) for row, one in people if one.id in held}
    with about(chosen.out):
        roster.write(lines, chosen.out, names)
    print(texts.exported(len(lines), chosen.out))


@command(
    "codes issue",
    "print a new bind code for one member",
    argument("member", help="public id, 编号 or a unique name"),
)
def _codes_issue(chosen: Chosen) -> None:
    from services import members

    house = chosen.house()

    def issue(db: Session) -> tuple[str, str, datetime]:
        member = members.find(db, chosen.member)
        code = members.issue_code(db, member, house.clock(), house.parts.binding.code_lives)
        return member.name, code.digits, code.expires_at

    name, digits, expires = ruled(house, issue)
    print(digits)
    print(texts.code_issued(name, expires.astimezone(house.settings.zone)), file=sys.stderr)


@command(
    "appointments add",
    "appoint a member, the first secretary above all; prints the appointment's id",
    argument("member", help="public id, 编号 or a unique name"),
    argument("role", help="书记, 副书记, 组织委员, 党小组长 …"),
    argument("--group", help="the group that a 党小组长 leads"),
    argument("--from", dest="starts", help="ISO date, instead of today"),
)
def _appointments_add(chosen: Chosen) -> None:
    from services import appointments, members, orgs
    from texts.appointment import ROLE, ROLE_ALSO

    roles = {**{label: role for role, label in ROLE.items()}, **ROLE_ALSO}
    if chosen.role not in roles:
        raise Stop(texts.no_role(chosen.role, ROLE.values()))
    house = chosen.house()
    starts = day(chosen.starts, house)

    def appoint(db: Session) -> str:
        group = orgs.known_group(db, chosen.group) if chosen.group else None
        member = members.find(db, chosen.member)
        return appointments.appoint(db, house.operator(), member, roles[chosen.role], group, starts).public_id

    print(ruled(house, appoint))


@command(
    "appointments end",
    "end an appointment, at once unless a later day is named",
    argument("id"),
    argument("--on", help="ISO date: the first day without it"),
)
def _appointments_end(chosen: Chosen) -> None:
    from services import appointments

    house = chosen.house()
    ends = day(chosen.on, house)

    def end(db: Session) -> None:
        found = appointments.find(db, chosen.id)
        if found is None:
            raise Stop(texts.no_appointment(chosen.id))
        appointments.end(db, house.operator(), found, ends)

    ruled(house, end)


def _entry(line: RosterLine) -> Entry:
    from services.rosters import Entry

    return Entry(**{name: value for name, value in asdict(line).items() if name != "row"})
