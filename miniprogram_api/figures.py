"""Statistics (统计): a span by member, group, kind, month, quarter or year; who should be asked how things are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.errors import Malformed
from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import Paged, Told
from models.activity import ActivityKind
from models.member import ON_ROLL, Member
from models.org import Org
from services import attendance, orgs, sights, statistics
from services.attendance import STUDIES, Totals, Verdict
from services.calendar import local
from services.rights import Act
from services.statistics import ORGANISED, Case, Record, Span
from texts import attendance as texts
from texts import sheet as sheet_texts
from texts import statistics as statistics_texts
from texts.activity import KIND

PERIOD = r"^(20[0-9]{2}|2100)(Q[1-4]|-(0[1-9]|1[0-2]))?$"


class By(StrEnum):
    """What the rows are."""

    MEMBER = "member"
    GROUP = "group"
    KIND = "kind"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class StatsAsked(Paged):
    """Which span (2026, 2026Q4, 2026-11), in which rows; of one group, of one kind of activity."""

    period: str = Field(pattern=PERIOD, examples=["2026Q4"])
    by: By = By.MEMBER
    group: str | None = Field(None, max_length=60, description="The name of a group.")
    kind: ActivityKind | None = None


class RowTold(Told):
    """One row: times of persons at activities that are over; `rates` as paper words them."""

    key: str = Field(description="The member's id, the kind, 2026-11 …", examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    group: str | None = Field(description="Of a member's row.", examples=["第一党小组"])
    expected: int = Field(description="应到.", examples=[9])
    present: int = Field(description="实到.", examples=[8])
    leave: int = Field(examples=[1])
    public_leave: int = Field(examples=[1])
    not_come: int = Field(examples=[0])
    absent: int = Field(description="无故缺席, said by a person.", examples=[0])
    late: int = Field(examples=[0])
    early: int = Field(examples=[0])
    made_up: int = Field(examples=[1])
    rates: dict[str, str] = Field(examples=[{"参加率": "8/9（88.9%）"}])


class StatsTold(Told):
    """A table with its totals, and what its words mean."""

    period: str = Field(examples=["2026Q4"])
    name: str = Field(examples=["2026年第4季度"])
    by: By = Field(examples=[By.MEMBER])
    rows: list[RowTold]
    totals: RowTold
    definition: list[str] = Field(examples=[["到会率＝实到÷应到。请假率＝请假÷应到。"]])
    next: str | None = Field(description="The `after` of the next page, null on the last.", examples=[None])


class ConcernTold(Told):
    """Somebody to be asked how things are; never a verdict, and never told to the group."""

    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    group: str | None = Field(examples=["第一党小组"])
    missed_in_row: int = Field(examples=[3])
    since: str = Field(description="Last there, on leave or 免; else the first day missed.", examples=["2026-08-20"])
    long: bool = Field(description="Five months and more.", examples=[False])
    message: str = Field(examples=["张建国同志连续3次未到，请了解情况。"])


class ConcernsTold(Told):
    """The longest missing first."""

    concerns: list[ConcernTold]


def span_of(period: str) -> Span:
    """The span of a query. Raises Malformed."""
    found = Span.parse(period)
    if found is None:
        raise Malformed
    return found


def blueprint(office: Office) -> APIBlueprint:
    """GET /stats, /concerns."""
    room = Room("figures", office, "Statistics, with the definition of every word in them")

    @room.get("/stats", StatsTold)
    def stats(db: Session, act: Act, query: StatsAsked) -> Told:
        """A table of attendance over a span: activities that are over, of the people one sees.

        Without a kind the six of 组织生活 are counted, as on paper. By member the rows come by group and roster, which
        is no order of merit.
        """
        act.demand(act.rights.leads)
        span = span_of(query.period)
        group = own.org(db, act, query.group) if query.group is not None else None
        name = statistics_texts.span(span.year, span.quarter, span.month)
        if query.by is By.MEMBER:
            rows, totals, following = _members(db, act, office, query, (span, group))
        else:
            rows, totals = _buckets(db, act, office, query, (span, group))
            following = None
        kinds = [query.kind] if query.kind else list(ActivityKind)
        definition = texts.definitions(office.rules, kinds)
        if query.by is By.MEMBER:
            definition = [sheet_texts.YEAR_RATE, *definition]
        return StatsTold(
            period=str(span), name=name, by=query.by, rows=rows, totals=totals, definition=definition, next=following
        )

    @room.get("/concerns", ConcernsTold)
    def concerns(db: Session, act: Act) -> Told:
        """Who has missed three in a row without leave, or was not seen for five months: 请了解情况, never a verdict."""
        act.demand(act.rights.leads)
        people = select(Member).where(Member.status.in_(ON_ROLL)).order_by(Member.id)
        if not act.rights.sees_branch:
            people = people.where(Member.group_id.in_(act.rights.groups))
        seen = {one.id: one for one in db.scalars(people)}
        return ConcernsTold(
            concerns=[
                ConcernTold(
                    member=seen[one.member_id].public_id,
                    name=seen[one.member_id].name,
                    group=_group(seen[one.member_id]),
                    missed_in_row=one.missed_in_row,
                    since=one.since.isoformat(),
                    long=one.long,
                    message=statistics_texts.concern(
                        seen[one.member_id].name, one.missed_in_row, one.since, long=one.long
                    ),
                )
                for one in statistics.concerns(db, act.now, office.rules, act.zone, list(seen))
            ]
        )

    return room.blueprint


def _members(
    db: Session, act: Act, office: Office, query: StatsAsked, of: tuple[Span, Org | None]
) -> tuple[list[RowTold], RowTold, str | None]:
    span, group = of
    people = [one for one in sights.on_sheets(db, act, span) if group is None or one.group_id == group.id]
    start = 0
    if query.after is not None:
        start = next((at for at, one in enumerate(people, 1) if one.public_id == query.after), -1)
        if start < 0:
            raise Malformed
    page = people[start : start + query.limit]
    ids = [one.id for one in people]
    if query.kind is None:
        found = statistics.records(db, span, office.rules, act.zone, ids)
        rows = [_member_row(one, found.get(one.id) or Record(one.id)) for one in page]
        whole = _sum(found.values())
    else:
        verdicts: dict[int, list[tuple[Verdict, bool]]] = {one: [] for one in ids}
        for case in statistics.judged(db, span, office.rules, act.zone, ids):
            if case.activity.kind is query.kind:
                verdicts[case.member_id].append((case.verdict, case.made_up))
        rows = []
        for one in page:
            totals = attendance.tally(verdicts[one.id], office.rules)
            rates = {"参加率": texts.share(totals.present, totals.expected)}
            rows.append(_row((one.public_id, one.name, _group(one)), totals, rates))
        whole = attendance.tally([one for some in verdicts.values() for one in some], office.rules)
    following = page[-1].public_id if start + len(page) < len(people) else None
    return rows, _total(whole, query.kind, office), following


def _buckets(
    db: Session, act: Act, office: Office, query: StatsAsked, of: tuple[Span, Org | None]
) -> tuple[list[RowTold], RowTold]:
    span, group = of
    own_groups = None if act.rights.sees_branch else act.rights.groups
    groups = own_groups if group is None else frozenset({group.id})
    names = {one.id: one.name for one in orgs.groups(db, groups)}
    key, named = _keys(act, query.by, names)
    found: dict[str, list[tuple[Verdict, bool]]] = {}
    for case in statistics.judged_of(db, span, office.rules, act.zone, groups):
        if case.activity.kind in (ORGANISED if query.kind is None else {query.kind}):
            found.setdefault(key(case), []).append((case.verdict, case.made_up))
    order = {kind.value: place for place, kind in enumerate(ActivityKind)}
    rows = []
    for one in sorted(found, key=lambda one: (order.get(one, 0), one)):
        kind = ActivityKind(one) if query.by is By.KIND else query.kind
        totals = attendance.tally(found[one], office.rules)
        rows.append(_row((one, named(one), None), totals, _rates(totals, kind, office)))
    whole = attendance.tally([one for some in found.values() for one in some], office.rules)
    return rows, _total(whole, query.kind, office)


def _keys(act: Act, by: By, groups: Mapping[int, str]) -> tuple[Callable[[Case], str], Callable[[str], str]]:
    """What a case is counted under, and how that is called."""

    def month(case: Case) -> Span:
        at = local(case.activity.starts_at, act.zone)
        return Span(at.year, month=at.month)

    def quarter(case: Case) -> Span:
        at = local(case.activity.starts_at, act.zone)
        return Span(at.year, quarter=(at.month + 2) // 3)

    def span_name(text: str) -> str:
        span = span_of(text)
        return statistics_texts.span(span.year, span.quarter, span.month)

    match by:
        case By.GROUP:
            return (lambda one: groups.get(one.group_id or 0, "")), (lambda text: text)
        case By.KIND:
            return (lambda one: one.activity.kind.value), (lambda text: KIND[ActivityKind(text)])
        case By.MONTH:
            return (lambda one: str(month(one))), span_name
        case By.QUARTER:
            return (lambda one: str(quarter(one))), span_name
        case _:
            return (lambda one: str(month(one).year)), span_name


def _sum(records: Iterable[Record]) -> Totals:
    """The figures of all these records together."""
    totals = Totals()
    for one in records:
        totals = replace(
            totals,
            expected=totals.expected + one.expected,
            present=totals.present + one.present,
            leave=totals.leave + one.leave,
            public_leave=totals.public_leave + one.public_leave,
            not_come=totals.not_come + one.not_come,
            absent=totals.absent + one.absent,
            late=totals.late + one.late,
            early=totals.early + one.early,
            made_up=totals.made_up + one.made_up,
        )
    return totals


def _member_row(member: Member, record: Record) -> RowTold:
    return RowTold(
        key=member.public_id,
        name=member.name,
        group=_group(member),
        expected=record.expected,
        present=record.present,
        leave=record.leave,
        public_leave=record.public_leave,
        not_come=record.not_come,
        absent=record.absent,
        late=record.late,
        early=record.early,
        made_up=record.made_up,
        rates={"参加率": texts.share(record.present, record.expected)},
    )


def _row(called: tuple[str, str, str | None], totals: Totals, rates: Mapping[str, str]) -> RowTold:
    key, name, group = called
    return RowTold(
        key=key,
        name=name,
        group=group,
        expected=totals.expected,
        present=totals.present,
        leave=totals.leave,
        public_leave=totals.public_leave,
        not_come=totals.not_come,
        absent=totals.absent,
        late=totals.late,
        early=totals.early,
        made_up=totals.made_up,
        rates=dict(rates),
    )


def _total(totals: Totals, kind: ActivityKind | None, office: Office) -> RowTold:
    return _row(("", statistics_texts.TOTAL, None), totals, _rates(totals, kind, office))


def _rates(totals: Totals, kind: ActivityKind | None, office: Office) -> dict[str, str]:
    """The rates that are told of that kind; of several kinds together no 参学率."""
    if kind in STUDIES:
        return dict(texts.rates(kind, totals, office.rules))
    return dict(texts.rates(ActivityKind.OTHER, totals, office.rules))


def _group(member: Member) -> str | None:
    return member.group.name if member.group else None
