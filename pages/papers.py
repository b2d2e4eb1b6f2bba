"""What goes on paper: each form filled in from the record, as far as whoever asks for it may see."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind, ActivityState
from models.appointment import Role
from models.bulletin import Bulletin, BulletinAudience
from models.guest import Guest
from models.leave import LeaveState
from models.member import ON_ROLL, Member
from models.opinion import Opinion
from models.org import Org, OrgKind
from models.standing import Standing, StandingKind
from pages.door import Desk
from sealed.unsigned import Opinion as Unsigned
from sealed.unsigned import UnsignedRefusal
from services import attendance, bulletins, guests, orgs, rights, rosters, sights, statistics, workdays
from services import hours as study_hours
from services import opinions as voice
from services.attendance import PRESENT, Line, Status, Totals, Verdict
from services.calendar import local, today
from services.hours import Item, Year
from services.rights import Act
from services.statistics import ORGANISED, Excuse, Record, Span
from sheets import ledgers
from sheets.forms import Field, FirstPage, Form, Head
from texts import activity as activity_texts
from texts import appointment as appointment_texts
from texts import attendance as words
from texts import bulletin as bulletin_texts
from texts import hours as hours_texts
from texts import makeup as makeup_texts
from texts import opinion as opinion_texts
from texts import round as round_texts
from texts import sheet as sheet_texts
from texts import statistics as texts
from texts.member import STATUS

_SHOWN_BESIDE = frozenset({Status.GUEST, Status.OTHER_GROUP})
_ABSENT = (Status.LEAVE, Status.NOT_COME, Status.ABSENT)
_BLANK_LINES = 7
LEDGER_TEXT = 300  # characters of an opinion, and of an answer


def overview(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 1: what was held, with the figures of each; a group leader gets the own groups' meetings."""
    _demand_lead(act)
    told = [
        (activity, totals)
        for activity, totals in statistics.totals(db, span, desk.rules, desk.zone)
        if activity.state in (ActivityState.OPEN, ActivityState.CLOSED)
        and (act.rights.sees_branch or act.rights.runs(activity))
    ]
    counts = Counter(activity.kind for activity, _ in told)
    return Form(
        layout=ledgers.OVERVIEW,
        head=_head(desk, db, act, span),
        rows=[_meeting(place, activity, totals, desk.zone) for place, (activity, totals) in enumerate(told, 1)],
        foot=[texts.held([(activity_texts.KIND[kind], counts[kind]) for kind in ActivityKind if counts[kind]])],
        notes=words.definitions(desk.rules, ()),
    )


def sign_in(desk: Desk, db: Session, act: Act, activity: Activity) -> Form:
    """Table 2: everybody expected with room to sign by hand, then the guests; nobody's reasons."""
    lines = _own_lines(db, act, activity, desk)
    kept = [one for one in lines if one.verdict.status not in {Status.WITHDRAWN, Status.TO_CHECK}]
    beside = {Status.GUEST, Status.OTHER_GROUP, Status.INVITED}
    in_order = sorted(
        kept, key=lambda one: (one.verdict.status in beside, one.group.id if one.group else 0, one.member.id)
    )
    outside = guests.of(db, activity) if _whole(act, activity) else []
    totals = attendance.total(kept, desk.rules, guests.came(activity, outside))
    at = local(activity.starts_at, desk.zone)
    return Form(
        layout=ledgers.SIGN_IN,
        head=_head(desk, db, act, Span(at.year)),
        rows=[_signature(place, one, desk.zone) for place, one in enumerate(in_order, 1)]
        + [_guest_signature(place, one) for place, one in enumerate(outside, len(in_order) + 1)],
        facts=_facts(activity, desk.zone),
        foot=["    ".join(f"{name}：{number}" for name, number in words.figures(totals)[:5])]
        if activity.state is not ActivityState.PLANNED
        else [sheet_texts.FIGURES_BY_HAND],
        notes=[words.SIGNS, *words.definitions(desk.rules, ())],
    )


def year(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 3: every member's figures of the span."""
    people = _own_people(db, act, span)
    found = statistics.records(db, span, desk.rules, desk.zone, [one.id for one in people])
    stood = statistics.stood(db, span, [one.id for one in people])
    rows: list[tuple[str, ...]] = []
    for member in people:
        record = found.get(member.id) or Record(member.id)
        standing = stood.get(member.id, ())
        rows.append(_figures(len(rows) + 1, member, record, _remarks(member, record, standing, span)))
    return Form(
        layout=ledgers.YEAR,
        head=_head(desk, db, act, span),
        rows=rows,
        notes=[sheet_texts.YEAR_RATE, *words.definitions(desk.rules, ())],
    )


def leaves(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 4: leave taken and content made up, with room to confirm by hand."""
    _demand_lead(act)
    excuses = [
        one
        for one in statistics.excuses(db, span, desk.rules, desk.zone)
        if act.by is None or act.rights.sees_group(one.case.group_id)
    ]
    wanted = {one.case.member_id for one in excuses} | {
        one.made_up.confirmed_by_id for one in excuses if one.made_up and one.made_up.confirmed_by_id
    }
    names = {one.id: one.name for one in db.scalars(select(Member).where(Member.id.in_(wanted)))}
    return Form(
        layout=ledgers.LEAVE,
        head=_head(desk, db, act, span),
        rows=[_excuse(one, names, desk.zone) for one in excuses],
        notes=words.definitions(desk.rules),
    )


def hours(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 5: each member's hours that count, with the year's running total, and 自学 that does not."""
    people = _own_people(db, act, span)
    found = study_hours.years(db, people, span.year, act.now, desk.hours, desk.zone)
    first, after = span.days
    rows = [row for member in people for row in _hours(member, found[member.id], (first, after), desk.branch.name)]
    asked = [one for one in found.values() if not one.exempt]
    reached = sum(1 for one in asked if not one.missing)
    return Form(
        layout=ledgers.HOURS,
        head=_head(desk, db, act, span),
        rows=rows,
        foot=[hours_texts.reached(reached, len(asked), len(found) - len(asked))],
        notes=hours_texts.definitions(desk.hours),
    )


def opinions(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 8: what was said and what came of it, both kinds, for those who run the branch.

    An unsigned one stands in the span of its week's Monday. What cannot be had now is said below.
    """
    since, until = span.bounds(desk.zone)
    found = voice.between(db, act, since, until)
    apart = unsigned_of(desk)
    first, last = local(since, desk.zone).date(), local(until, desk.zone).date()
    weeks = sorted((one for one in apart or () if first <= one.week < last), key=lambda one: (one.week, one.lookup))
    names = {one.public_id: one.name for one in db.scalars(select(Member))} if weeks else {}
    calendar = workdays.of(db)
    rows = [_said(one, desk.zone) for one in found] + [
        _said_apart(one, names, voice.due_of_week(calendar, one.week, desk.opinion_days)) for one in weeks
    ]
    rows.sort(key=lambda row: row[1])
    standings = [voice.Standing.load(one.state) for one in weeks]
    came_to = [*(one.verdict for one in found), *(one.verdict for one in standings)]
    verdicts = Counter(one for one in came_to if one)
    return Form(
        layout=ledgers.OPINIONS,
        head=_head(desk, db, act, span),
        rows=rows,
        foot=[opinion_texts.totals(len(rows), verdicts.total(), verdicts)],
        notes=[*opinion_texts.LEDGER_NOTES, *([opinion_texts.AWAY] if apart is None else [])],
    )


def unsigned_of(desk: Desk) -> list[Unsigned] | None:
    """All opinions without a name; None while others are writing to their file for too long."""
    try:
        return list(desk.unsigned.opinions())
    except UnsignedRefusal:
        return None


def _said(one: Opinion, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        one.number,
        opinion_texts.written(local(one.at, zone).date()),
        opinion_texts.PARTY if one.member.status in ON_ROLL else opinion_texts.MASSES,
        opinion_texts.CATEGORY[one.category],
        opinion_texts.cut(one.text, LEDGER_TEXT),
        one.assigned_to.name if one.assigned_to else "",
        opinion_texts.written(one.due_on),
        round_texts.VERDICT[one.verdict] if one.verdict else opinion_texts.STATE[one.state],
        opinion_texts.cut(one.answer, LEDGER_TEXT),
        opinion_texts.written(local(one.answered_at, zone).date()) if one.answered_at else "",
        one.made_public,
    )


def _said_apart(one: Unsigned, names: Mapping[str, str], due: date) -> tuple[str, ...]:
    standing = voice.Standing.load(one.state)
    return (
        "",
        opinion_texts.written(one.week),
        opinion_texts.SOURCE_UNSIGNED,
        opinion_texts.category(one.category),
        opinion_texts.cut(one.text, LEDGER_TEXT),
        names.get(standing.handler, ""),
        opinion_texts.written(due),
        round_texts.VERDICT[standing.verdict] if standing.verdict else opinion_texts.STATE[standing.state],
        opinion_texts.cut(one.answer, LEDGER_TEXT),
        opinion_texts.written(standing.day) if standing.day else "",
        standing.made_public,
    )


def openness(desk: Desk, db: Session, act: Act, span: Span) -> Form:
    """Table 10: what was made open or shown for objections, for those who run the branch."""
    found = bulletins.registered(db, act, *span.bounds(desk.zone))
    groups = {one.id: one.name for one in orgs.groups(db)}
    return Form(
        layout=ledgers.OPENNESS,
        head=_head(desk, db, act, span),
        rows=[_made_open(one, groups, desk.zone) for one in found],
        notes=[bulletin_texts.REGISTER_NOTE],
    )


def _made_open(one: Bulletin, groups: Mapping[int, str], zone: ZoneInfo) -> tuple[str, ...]:
    assert one.published_at is not None
    withdrawn = bulletin_texts.withdrawn(local(one.withdrawn_at, zone).date()) if one.withdrawn_at else ""
    return (
        bulletin_texts.heading(one.kind, one.title),
        bulletin_texts.audience(one.audience, groups.get(one.group_id or 0, ""), one.decision),
        bulletin_texts.way(outside=one.audience is BulletinAudience.OUTSIDE),
        bulletin_texts.span(one.from_on or local(one.published_at, zone).date(), one.until_on) + withdrawn,
        one.duty,
        one.feedback,
    )


def roster(desk: Desk, db: Session, act: Act) -> Form:
    """Table 7: the members on the roll today."""
    span = Span(today(act.now, desk.zone).year)
    people = _on_roll(db, act)
    offices: dict[int, list[str]] = {}
    for held in rights.holders(db, frozenset(Role), act.now, desk.zone):
        group = held.org.name if held.org.kind is OrgKind.GROUP else ""
        offices.setdefault(held.member_id, []).append(appointment_texts.office(held.role, group))
    rows = [
        (
            str(place), one.name, one.gender or "", one.ethnicity or "", one.born or "", one.education or "",
            one.joined or "", one.confirmed or "", STATUS[one.status], one.group.name if one.group else "",
            "、".join(offices.get(one.id, ())), one.post or "", one.phone or "",
            texts.day(one.moved_in) if one.moved_in else "", one.note or "",
        )
        for place, one in enumerate(people, 1)
    ]  # fmt: skip
    counts = Counter(one.status for one in people)
    foot = sheet_texts.on_roll([(STATUS[status], counts[status]) for status in ON_ROLL if counts[status]])
    return Form(ledgers.ROSTER, _head(desk, db, act, span), rows, foot=[foot])


def record(desk: Desk, db: Session, act: Act, activity: Activity) -> FirstPage:
    """Table 9: the first page of the minutes, attendance filled in; here, as the form asks, stand the absent."""
    act.demand(act.rights.sees_branch or act.rights.runs(activity))
    lines = attendance.sheet(db, activity, desk.rules, desk.zone)
    totals = attendance.total(lines, desk.rules)
    over = activity.state in (ActivityState.OPEN, ActivityState.CLOSED)
    at = local(activity.starts_at, desk.zone)
    ends = local(activity.ends_at, desk.zone) if activity.ends_at else None
    beside = [one.member.name for one in lines if one.verdict.status in _SHOWN_BESIDE]
    beside += [words.guest(one.name, one.unit) for one in guests.of(db, activity)]
    return FirstPage(
        title=ledgers.RECORD,
        head=_head(desk, db, act, Span(at.year)),
        fields=[
            Field("会议名称", _called(activity, "："), wide=True),
            Field("时间起止", texts.from_to(at, ends)),
            Field("地点", activity.place),
            Field("主持", activity.host),
            Field("记录", activity.recorder),
            Field("应到", str(totals.expected)),
            Field("实到", str(totals.present) if over else ""),
            Field("缺席人员及原因", _absent(lines) if over else "", wide=True, lines=2),
            Field("列席人员", words.people(beside) if over else "", wide=True),
            Field("议题", activity.agenda, wide=True, lines=3),
            Field("发言、决议", "", wide=True, lines=_BLANK_LINES),
            Field("表决情况", sheet_texts.BALLOT, wide=True),
        ],
        signed=("主持人", "记录人"),
        notes=words.definitions(desk.rules, ()),
    )


def _head(desk: Desk, db: Session, act: Act, span: Span) -> Head:
    """A leader's copy says whose it is."""
    branch = desk.branch.name
    if act.by is not None and not act.rights.sees_branch:
        groups = db.scalars(select(Org.name).where(Org.id.in_(act.rights.groups)).order_by(Org.id))
        branch += "（" + "、".join(groups) + "）"
    return Head(branch, texts.span(span.year, span.quarter, span.month), act.by.name if act.by else "")


def _demand_lead(act: Act) -> None:
    act.demand(act.rights.leads)


def _own_lines(db: Session, act: Act, activity: Activity, desk: Desk) -> list[Line]:
    """The lines of the sheet that belong to whoever asks; nobody's is a refusal."""
    lines = attendance.sheet(db, activity, desk.rules, desk.zone)
    if _whole(act, activity):
        return lines
    _demand_lead(act)
    own = [one for one in lines if act.rights.sees_group(one.group.id if one.group else None)]
    act.demand(bool(own))
    return own


def _whole(act: Act, activity: Activity) -> bool:
    """Whether whoever asks gets the whole sheet."""
    return act.by is None or act.rights.sees_branch or act.rights.runs(activity)


def _own_people(db: Session, act: Act, span: Span) -> list[Member]:
    """Those on the roll, and those who left it within the span, by group."""
    _demand_lead(act)
    return sights.on_sheets(db, act, span)


def _on_roll(db: Session, act: Act) -> list[Member]:
    _demand_lead(act)
    return [
        one
        for one in rosters.everyone(db)
        if one.status in ON_ROLL
        and (one.moved_out is None or one.moved_out > act.day)
        and (act.by is None or act.rights.sees_group(one.group_id))
    ]


def _facts(activity: Activity, zone: ZoneInfo) -> list[tuple[str, str]]:
    at = local(activity.starts_at, zone)
    return [
        ("活动", _called(activity, " ")),
        ("时间", f"{at.year}年{activity_texts.starts(at)}"),
        ("地点", activity.place or sheet_texts.BLANK),
    ]


def _called(activity: Activity, between: str) -> str:
    """Its kind and its title; a title that begins with the kind says both."""
    kind = activity_texts.KIND[activity.kind]
    return activity.title if activity.title.startswith(kind) else f"{kind}{between}{activity.title}"


def _meeting(place: int, activity: Activity, totals: Totals, zone: ZoneInfo) -> tuple[str, ...]:
    at = local(activity.starts_at, zone)
    remarks = []
    if activity.moved_from is not None:
        remarks.append(texts.moved(local(activity.moved_from, zone), activity.reason))
    if activity.state is ActivityState.OPEN:
        remarks.append(texts.NEVER_CLOSED)
    return (
        str(place),
        texts.day(at.date()),
        activity_texts.KIND[activity.kind],
        activity.place,
        activity.agenda or activity.title,
        activity.host,
        activity.recorder,
        activity.lecturer,
        str(totals.expected),
        str(totals.present),
        str(totals.leave),
        str(totals.not_come + totals.absent),
        str(totals.guests),
        words.attendance(totals),
        activity.page,
        "；".join(remarks),
    )


def _hours(member: Member, year: Year, span: tuple[date, date], branch: str) -> list[tuple[str, ...]]:
    """A member's lines within the span; the running total begins with the year."""
    whole, rows = 0, []
    for one in year.items:
        whole += one.tenths if one.counts else 0
        if span[0] <= one.on < span[1]:
            rows.append(_hour(member, one, (whole, year), branch))
    return rows or [(member.name, *[""] * 5, hours_texts.hours(0), _aim(year), "", "")]


def _hour(member: Member, one: Item, so_far: tuple[int, Year], branch: str) -> tuple[str, ...]:
    whole, year = so_far
    if one.course is not None:
        where, form = one.course.organiser, hours_texts.FORM[one.course.form]
        proof, by = one.course.proof, one.course.by.name if one.course.by else hours_texts.OPERATOR
    else:
        assert one.activity is not None
        where, form = branch, activity_texts.KIND[one.activity.kind]
        proof = hours_texts.BY_MAKEUP if one.made_up else hours_texts.BY_SIGN_IN
        by = one.activity.recorder
    counted = hours_texts.hours(one.tenths) if one.counts else hours_texts.not_counted(one.tenths)
    return (
        member.name, texts.day(one.on), one.title, where, form, counted, hours_texts.hours(whole), _aim(year), proof, by
    )  # fmt: skip


def _aim(year: Year) -> str:
    return hours_texts.NO_AIM if year.exempt else hours_texts.hours(year.aim)


def _signature(place: int, line: Line, zone: ZoneInfo) -> tuple[str, ...]:
    came = line.verdict.status in PRESENT | {Status.GUEST, Status.OTHER_GROUP, Status.EXEMPT_CAME}
    return (
        str(place),
        line.member.name,
        line.group.name if line.group else "",
        STATUS[line.member.status],
        words.clock(local(line.at, zone) if line.at else None) if came else "",
        _method(line, came=came),
        "",
        words.signs(line.verdict, made_up=line.made_up),
    )


def _guest_signature(place: int, guest: Guest) -> tuple[str, ...]:
    return (str(place), guest.name, "", "", "", "", "", words.guest_sign(guest.unit))


def _method(line: Line, *, came: bool) -> str:
    if not came:
        return ""
    return words.METHOD[line.method] if line.method else words.STATUS[Status.REGISTERED]


def _figures(place: int, member: Member, record: Record, remarks: Sequence[str]) -> tuple[str, ...]:
    kinds = [record.kinds.get(kind, (0, 0)) for kind in ORGANISED]
    return (
        str(place),
        member.name,
        member.group.name if member.group else "",
        *(f"{expected}/{present}" if expected else "—" for expected, present in kinds),
        str(record.public_leave),
        str(record.sick_leave),
        str(record.other_leave),
        str(record.made_up),
        str(record.absent),
        words.share(record.present, record.expected),
        "；".join(remarks),
    )


def _remarks(member: Member, record: Record, standing: Collection[Standing], span: Span) -> list[str]:
    first, after = span.days
    said = [
        texts.exempt(one.reason, one.starts, one.ends, span.year)
        if one.kind is StandingKind.EXEMPT or one.leave_class is None
        else texts.standing(one.leave_class, one.reason, one.starts, one.ends, span.year)
        for one in standing
    ]
    if member.moved_in is not None and first <= member.moved_in < after:
        said.append(texts.moved_in(member.moved_in))
    if member.moved_out is not None and first <= member.moved_out < after:
        said.append(texts.moved_out(member.moved_out))
    if record.not_come:
        said.append(texts.unexplained(record.not_come))
    if record.beside:
        said.append(texts.beside(record.beside))
    return said


def _excuse(one: Excuse, names: dict[int, str], zone: ZoneInfo) -> tuple[str, ...]:
    asked, decided = _paper_trail(one, zone)
    made_up = one.made_up
    leave_class = one.case.verdict.leave
    kind = words.LEAVE[leave_class] if leave_class else words.STATUS[one.case.verdict.status]
    return (
        names[one.case.member_id],
        texts.day(local(one.case.activity.starts_at, zone).date()),
        one.case.activity.title,
        kind,
        *asked,
        *decided,
        makeup_texts.WAY[made_up.way] if made_up else "",
        made_up.content if made_up else "",
        texts.moment(local(made_up.told_at, zone)) if made_up else "",
        names.get(made_up.confirmed_by_id or 0, "") if made_up else "",
        "",
    )


def _paper_trail(one: Excuse, zone: ZoneInfo) -> tuple[tuple[str, str], tuple[str, str]]:
    """(事由, 申请时间), (批准人, 批准时间)."""

    def at(moment: datetime | None) -> str:
        return texts.moment(local(moment, zone)) if moment else ""

    if one.leave is not None:
        reason = sheet_texts.by_family(one.leave.reason) if one.leave.by_family else one.leave.reason
        by = one.leave.decided_by.name if one.leave.decided_by else ""
        return (reason, at(one.leave.asked_at)), (by, at(one.leave.decided_at))
    if one.mark is not None:
        return (one.mark.reason, ""), (one.mark.by.name if one.mark.by else "", at(one.mark.at))
    if one.standing is not None:
        return (one.standing.reason, at(one.standing.at)), (sheet_texts.STANDING_LEAVE, "")
    return ("", ""), ("", "")


def _absent(lines: Sequence[Line]) -> str:
    """缺席人员及原因: the class of leave and no more; requests nobody has decided are named as such."""
    reasons: dict[str, list[str]] = {}
    for status in _ABSENT:
        for one in lines:
            if one.verdict.status is status:
                reasons.setdefault(_reason(one.verdict, one), []).append(one.member.name)
    return "；".join(texts.absent(reason, words.people(names)) for reason, names in reasons.items()) or words.people(())


def _reason(verdict: Verdict, line: Line) -> str:
    if line.waiting is not None and verdict.status is Status.NOT_COME:
        return f"{words.STATUS[verdict.status]}（{words.LEAVE_STATE[LeaveState.WAITING]}）"
    return words.named(verdict)
