"""Planning (活动): the list with its figures, one, a new one, 改期, 取消, 开始, 结束, and who of it is here."""

from datetime import datetime, timedelta

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api import own
from miniprogram_api.errors import Malformed
from miniprogram_api.office import Office
from miniprogram_api.room import Room, waits
from miniprogram_api.shapes import ActivityPath, Instant, Moment, Paged, Shape, Told
from models.activity import Activity, ActivityKind, ActivityState
from models.checkin import Method
from models.leave import LeaveClass
from models.org import Org, OrgKind
from services import activities, deeds, held, orgs, sights, statistics
from services.activities import Plan
from services.attendance import Line, Status, Totals
from services.deeds import Cancel, Deed, Move
from services.errors import OutOfOrder
from services.rights import Act
from services.sights import Window
from texts import attendance as attendance_texts

BEFORE, AFTER = timedelta(days=92), timedelta(days=183)  # of a list whose span nobody named
NOT_HERE = frozenset({Status.NOT_COME, Status.ABSENT})


class FiguresTold(Told):
    """The figures of a sheet, of the people one sees; counts of persons."""

    expected: int = Field(examples=[12])
    present: int = Field(examples=[9])
    leave: int = Field(examples=[1])
    not_come: int = Field(examples=[2])
    absent: int = Field(description="无故缺席, said by a person.", examples=[0])
    late: int = Field(examples=[0])
    made_up: int = Field(examples=[0])
    guests: int = Field(examples=[0])
    to_check: int = Field(examples=[0])
    exempt: int = Field(examples=[1])


class ActivityTold(Told):
    """One activity; `version` goes back with what changes it."""

    id: str = Field(examples=["k7m2p9q4wx"])
    kind: ActivityKind = Field(examples=[ActivityKind.PARTY_DAY])
    title: str = Field(examples=["11月主题党日"])
    place: str = Field(examples=["三楼会议室"])
    starts_at: Moment = Field(examples=["2026-11-25T06:00:00+00:00"])
    ends_at: Moment | None = Field(examples=[None])
    state: ActivityState
    group: str | None = Field(description="Whose meeting it is, none for the branch's.", examples=[None])
    moved_from: Moment | None = Field(examples=[None])
    reason: str = Field(description="Of moving or cancelling.", examples=[""])
    by_place: bool = Field(description="Whether one may check in by place.", examples=[False])
    version: int = Field(examples=[1])
    runs: bool = Field(description="Whether one may move, cancel, open and close it.", examples=[True])
    figures: FiguresTold | None


class ActivitiesTold(Told):
    """A page of the list, newest first."""

    activities: list[ActivityTold]
    next: str | None = Field(description="The `after` of the next page, null on the last.", examples=[None])


class ListAsked(Paged):
    """What of the list: the span it starts in, the kind, the group."""

    since: Instant | None = Field(None, alias="from")
    until: Instant | None = Field(None, alias="to")
    kind: ActivityKind | None = None
    group: str | None = Field(None, max_length=60, description="The name of a group, for its own meetings.")


class PlanIn(Shape):
    """A new activity; without a group it is the branch's."""

    READ_BY_OTHERS = ("title", "place")

    kind: ActivityKind = Field(examples=[ActivityKind.GROUP_MEETING])
    title: str = Field(min_length=1, max_length=60, pattern=r"\S", examples=["11月党小组会"])
    starts_at: Instant = Field(examples=["2026-11-25T14:00:00+08:00"])
    place: str = Field("", max_length=60, examples=["三楼会议室"])
    group: str | None = Field(None, max_length=60, examples=["第一党小组"])


class MoveIn(Shape):
    """改期: another time, and another place if one is named."""

    READ_BY_OTHERS = ("place", "reason")

    starts_at: Instant = Field(examples=["2026-11-26T15:00:00+08:00"])
    place: str | None = Field(None, max_length=60, examples=["三楼会议室"])
    reason: str = Field(min_length=1, max_length=60, pattern=r"\S", examples=["防汛值班"])
    version: int = Field(ge=1, lt=2**31, description="As it was seen.", examples=[1])


class CancelIn(Shape):
    """取消."""

    READ_BY_OTHERS = ("reason",)

    reason: str = Field(min_length=1, max_length=60, pattern=r"\S", examples=["防汛值班"])
    version: int = Field(ge=1, lt=2**31, description="As it was seen.", examples=[1])


class RosterAsked(Paged):
    """Whose lines: of one status, or `absent` for those who are not here and not excused (not_come and absent)."""

    status: Status | None = None


class LineTold(Told):
    """One person on the sheet; `label` is what paper says: 到, 迟到, 登, 请假, 未到 …"""

    member: str = Field(examples=["m3n8r5t2yz"])
    name: str = Field(examples=["张建国"])
    group: str | None = Field(examples=["第一党小组"])
    status: Status = Field(examples=[Status.NOT_COME])
    label: str = Field(examples=["未到"])
    leave_class: LeaveClass | None = Field(examples=[None])
    at: Moment | None = Field(description="When the check-in was sent.", examples=[None])
    method: Method | None = Field(examples=[None])
    early: bool = Field(description="早退.", examples=[False])
    made_up: bool = Field(description="补.", examples=[False])
    leave_waiting: str | None = Field(description="A request for leave that waits for a decision.", examples=[None])


class RosterTold(Told):
    """A page of the sheet, the absent first; the figures are those of the whole sheet one sees."""

    lines: list[LineTold]
    figures: FiguresTold
    next: str | None = Field(examples=[None])


def blueprint(office: Office) -> APIBlueprint:
    """The routes of planning, and the roster."""
    room = Room("activities", office, "Planning: the list, one, move, cancel, open, close, and who is here")
    _looking(room, office)
    _planning(room)
    _running(room)
    return room.blueprint


def _looking(room: Room, office: Office) -> None:
    @room.get("/activities", ActivitiesTold)
    def listed(db: Session, act: Act, query: ListAsked) -> Told:
        """The activities one may open, newest first, each with the figures of the people one sees.

        Without a span: from three months back to half a year ahead.
        """
        act.demand(act.rights.leads)
        org = own.org(db, act, query.group) if query.group is not None else None
        after = own.activity(db, act, query.after) if query.after is not None else None
        window = Window(
            query.since or act.now - BEFORE, query.until or act.now + AFTER, query.kind, org, after, query.limit + 1
        )
        if window.until < window.since:
            raise OutOfOrder
        found = sights.listed(db, act, window)
        page = found[: query.limit]
        groups = None if act.rights.sees_branch else act.rights.groups
        figures = statistics.tallies(db, page, groups, office.rules, act.zone)
        return ActivitiesTold(
            activities=[_told(act, one, _group(db, one), figures[one.id]) for one in page],
            next=page[-1].public_id if len(found) > len(page) else None,
        )

    @room.get("/activities/<activity>", ActivityTold)
    def one(db: Session, act: Act, path: ActivityPath) -> Told:
        """One activity, with the figures of the people one sees."""
        found = own.activity(db, act, path.activity)
        groups = None if act.rights.sees_branch else act.rights.groups
        return _whole(db, act, found, statistics.tallies(db, [found], groups, office.rules, act.zone)[found.id])

    @room.get("/activities/<activity>/roster", RosterTold)
    def roster(db: Session, act: Act, path: ActivityPath, query: RosterAsked) -> Told:
        """Who is expected and who is here, the absent first; of one's own group alone, unless one sees the branch."""
        found = own.activity(db, act, path.activity)
        groups = None if act.rights.sees_branch else act.rights.groups
        lines = sights.lines(db, act, found, office.rules)
        wanted = [one for one in lines if query.status is None or one.verdict.status in _meant(query.status)]
        start = 0
        if query.after is not None:
            start = next((at for at, one in enumerate(wanted, 1) if one.member.public_id == query.after), -1)
            if start < 0:
                raise Malformed
        page = wanted[start : start + query.limit]
        return RosterTold(
            lines=[_line(one) for one in page],
            figures=_figures(statistics.tallies(db, [found], groups, office.rules, act.zone)[found.id]),
            next=page[-1].member.public_id if start + len(page) < len(wanted) else None,
        )


def _planning(room: Room) -> None:
    @room.post("/activities", ActivityTold, status=201, also=(200,), held=True)
    def plan(db: Session, act: Act, body: PlanIn, doubted: frozenset[str]) -> tuple[Told, int]:
        """Plan an activity; everybody expected has a seat at once. 200 where the same plan stands already.

        202 held: nobody vouches for a text of it, so that it waits, whole, until the office has looked; likewise 改期
        and 取消.
        """
        org = own.org(db, act, body.group) if body.group is not None else orgs.branch(db)
        act.demand(body.kind in activities.kinds(act, org))
        _demand_century(body.starts_at)
        asked = Plan(body.kind, body.title.strip(), body.starts_at, org, body.place.strip())
        if _waits(db, act, asked, body, doubted):
            return waits()
        found, new = deeds.do(db, act, asked)
        return _whole(db, act, found), 201 if new else 200

    @room.post("/activities/<activity>/move", ActivityTold, held=True)
    def move(
        db: Session, act: Act, path: ActivityPath, body: MoveIn, doubted: frozenset[str]
    ) -> Told | tuple[Told, int]:
        """Move what has not begun (改期), as it was seen at that version; everybody expected is told."""
        return _moved(db, act, path, body, doubted)

    @room.patch("/activities/<activity>", ActivityTold, held=True)
    def change(
        db: Session, act: Act, path: ActivityPath, body: MoveIn, doubted: frozenset[str]
    ) -> Told | tuple[Told, int]:
        """The same as …/move, for clients that know PATCH; wx.request does not."""
        return _moved(db, act, path, body, doubted)

    @room.post("/activities/<activity>/cancel", ActivityTold, held=True)
    def cancel(
        db: Session, act: Act, path: ActivityPath, body: CancelIn, doubted: frozenset[str]
    ) -> Told | tuple[Told, int]:
        """Call off what has not begun (取消), as it was seen at that version; everybody expected is told."""
        found = own.activity(db, act, path.activity)
        deed = Cancel(found, body.reason.strip(), body.version)
        if _waits(db, act, deed, body, doubted):
            return waits()
        deeds.do(db, act, deed)
        return _whole(db, act, found)


def _running(room: Room) -> None:
    @room.post("/activities/<activity>/open", ActivityTold)
    def open_(db: Session, act: Act, path: ActivityPath) -> Told:
        """Let people check in (开始); opening what is open changes nothing."""
        found = own.activity(db, act, path.activity)
        activities.open_(db, act, found)
        return _whole(db, act, found)

    @room.post("/activities/<activity>/close", ActivityTold)
    def close(db: Session, act: Act, path: ActivityPath) -> Told:
        """End the check-in (结束); closing what is closed changes nothing."""
        found = own.activity(db, act, path.activity)
        activities.close(db, act, found)
        return _whole(db, act, found)


def _moved(db: Session, act: Act, path: ActivityPath, body: MoveIn, doubted: frozenset[str]) -> Told | tuple[Told, int]:
    found = own.activity(db, act, path.activity)
    _demand_century(body.starts_at)
    place = found.place if body.place is None else body.place.strip()
    deed = Move(found, body.starts_at, place, body.reason.strip(), body.version)
    if _waits(db, act, deed, body, doubted):
        return waits()
    deeds.do(db, act, deed)
    return _whole(db, act, found)


def _waits(db: Session, act: Act, deed: Deed, body: Shape, doubted: frozenset[str]) -> bool:
    """Whether the deed is kept until somebody has looked at the texts nobody vouches for."""
    texts = [getattr(body, name).strip() for name in body.READ_BY_OTHERS if name in doubted]
    return bool(texts) and held.hold_deed(db, act, deed, texts)


def _whole(db: Session, act: Act, activity: Activity, figures: Totals | None = None) -> ActivityTold:
    return _told(act, activity, _group(db, activity), figures)


def _group(db: Session, activity: Activity) -> str | None:
    """The name of the group whose meeting it is."""
    org = db.get_one(Org, activity.org_id)
    return org.name if org.kind is OrgKind.GROUP else None


def _told(act: Act, activity: Activity, group: str | None, figures: Totals | None) -> ActivityTold:
    return ActivityTold(
        id=activity.public_id,
        kind=activity.kind,
        title=activity.title,
        place=activity.place,
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        state=activity.state,
        group=group,
        moved_from=activity.moved_from,
        reason=activity.reason,
        by_place=activity.radius is not None,
        version=activity.version,
        runs=act.rights.runs(activity),
        figures=_figures(figures) if figures is not None else None,
    )


def _figures(totals: Totals) -> FiguresTold:
    return FiguresTold(**{name: getattr(totals, name) for name in FiguresTold.model_fields})


def _line(line: Line) -> LineTold:
    return LineTold(
        member=line.member.public_id,
        name=line.member.name,
        group=line.group.name if line.group else None,
        status=line.verdict.status,
        label=attendance_texts.named(line.verdict),
        leave_class=line.verdict.leave,
        at=line.at,
        method=line.method,
        early=line.verdict.early,
        made_up=line.made_up,
        leave_waiting=line.waiting.public_id if line.waiting else None,
    )


def _meant(status: Status) -> frozenset[Status]:
    return NOT_HERE if status is Status.ABSENT else frozenset({status})


def _demand_century(at: datetime) -> None:
    """A year that nobody plans for is a slip of the client."""
    if not 2000 <= at.year <= 2100:
        raise OutOfOrder
