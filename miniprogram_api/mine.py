"""One's own: the year's record, the hours, the notices, what one is reminded of; for oneself alone."""

from datetime import date

from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field
from sqlalchemy.orm import Session

from miniprogram_api.office import Office
from miniprogram_api.room import Room
from miniprogram_api.shapes import Asked, Moment, Shape, Told
from models.activity import ActivityKind
from models.notice import Notice, NoticeKind
from models.reminder import StudyWish
from services import hours, notices, statistics, timetables, wishes
from services.attendance import Status
from services.rights import Act
from services.statistics import Span
from services.wishes import Wanted
from texts import attendance as texts
from texts import hours as hours_texts
from texts import notice as notice_texts
from texts import sheet as sheet_texts

LATEST = 10  # notices told before


class YearAsked(Asked):
    """Which year; this one by default."""

    year: int | None = Field(None, ge=2000, le=2100)


class OnceTold(Told):
    """Oneself at one activity."""

    activity: str = Field(examples=["k7m2p9q4wx"])
    kind: ActivityKind = Field(examples=[ActivityKind.PARTY_DAY])
    title: str = Field(examples=["11月主题党日"])
    starts_at: Moment = Field(examples=["2026-11-25T06:00:00+00:00"])
    status: Status = Field(examples=[Status.CAME])
    label: str = Field(examples=["到"])
    made_up: bool = Field(examples=[False])


class OwnRecordTold(Told):
    """One's own year at activities that are over, newest first; figures are of 组织生活."""

    year: int = Field(examples=[2026])
    expected: int = Field(examples=[18])
    present: int = Field(examples=[16])
    leave: int = Field(examples=[1])
    made_up: int = Field(examples=[1])
    not_come: int = Field(examples=[1])
    absent: int = Field(examples=[0])
    rate: str = Field(description="参加率.", examples=["16/18（88.9%）"])
    cases: list[OnceTold]
    definition: list[str] = Field(examples=[["参加率＝本人实到÷本人应到，按表中六类活动计算。"]])


class ItemTold(Told):
    """One entry of the register of hours."""

    on: date = Field(examples=["2026-03-14"])
    title: str = Field(examples=["第一季度党课"])
    hours: float = Field(examples=[4.0])
    counts: bool = Field(description="False: 自学, shown and not counted.", examples=[True])
    made_up: bool = Field(examples=[False])


class HoursTold(Told):
    """One's own 学时 of a year."""

    year: int = Field(examples=[2026])
    counted: float = Field(examples=[24.0])
    aim: float = Field(examples=[32.0])
    missing: float = Field(examples=[8.0])
    exempt: bool = Field(description="免: nothing is asked.", examples=[False])
    items: list[ItemTold]
    questions: int = Field(description="自学: questions answered.", examples=[42])
    readings: int = Field(description="自学: steps of the path read.", examples=[3])
    definition: list[str] = Field(examples=[["集中学习培训每年不少于32学时。"]])


class NoticeTold(Told):
    """One notice, in the words of the chat."""

    id: str = Field(examples=["e7g9h3j5km"])
    kind: NoticeKind = Field(examples=[NoticeKind.LEAVE_DECIDED])
    text: str = Field(examples=["您11月25日11月主题党日的请假，刘洋同志已同意。"])
    at: Moment = Field(examples=["2026-11-24T03:00:00+00:00"])


class NoticesTold(Told):
    """What has not been told yet, oldest first, and what was told last and still is of use, newest first."""

    new: list[NoticeTold]
    latest: list[NoticeTold]


class ShownIn(Shape):
    """Which notices have been on the screen."""

    ids: list[str] = Field(min_length=1, max_length=100, examples=[["e7g9h3j5km"]])


class WishesTold(Told):
    """What one wants to be reminded of, and at which hour of the branch's clock; activities and 改期 always."""

    study: StudyWish = Field(examples=[StudyWish.TWICE])
    study_at: str = Field(description="HH:MM; empty: the branch sends none.", examples=["12:30"])
    self_check: bool = Field(examples=[False])
    self_check_at: str = Field(description="Likewise, on the month's last working day.", examples=["15:00"])
    unread: bool = Field(description="Once, of a bulletin not read after three days.", examples=[True])


class WishesIn(Shape):
    """What is to be otherwise; what is left out stays."""

    study: StudyWish | None = Field(None, examples=[StudyWish.TWICE])
    self_check: bool | None = Field(None, examples=[True])
    unread: bool | None = Field(None, examples=[False])


def blueprint(office: Office) -> APIBlueprint:
    """GET /me/record, /me/hours, /me/notices, /me/wishes; POST /me/notices/shown, /me/wishes."""
    room = Room("mine", office, "One's own record, hours, notices and wishes")
    _figures(room, office)
    _notices(room, office)
    _wishes(room)
    return room.blueprint


def _figures(room: Room, office: Office) -> None:
    @room.get("/me/record", OwnRecordTold)
    def record(db: Session, act: Act, query: YearAsked) -> Told:
        """One's own year, each activity that is over as the sheet has it."""
        assert act.by is not None
        year = query.year or act.day.year
        found = statistics.own(db, act.by.id, Span(year), office.rules, act.zone)
        return OwnRecordTold(
            year=year,
            expected=found.expected,
            present=found.present,
            leave=found.leave,
            made_up=found.made_up,
            not_come=found.not_come,
            absent=found.absent,
            rate=texts.share(found.present, found.expected),
            cases=[
                OnceTold(
                    activity=one.activity.public_id,
                    kind=one.activity.kind,
                    title=one.activity.title,
                    starts_at=one.activity.starts_at,
                    status=one.verdict.status,
                    label=texts.named(one.verdict),
                    made_up=one.made_up,
                )
                for one in reversed(found.cases)
            ],
            definition=[sheet_texts.YEAR_RATE, *texts.definitions(office.rules)],
        )

    @room.get("/me/hours", HoursTold)
    def hours_(db: Session, act: Act, query: YearAsked) -> Told:
        """One's own 学时, and 自学 beside them, which counts for nothing."""
        assert act.by is not None
        year = query.year or act.day.year
        found = hours.years(db, [act.by], year, act.now, office.hours, act.zone)[act.by.id]
        return HoursTold(
            year=year,
            counted=found.counted / 10,
            aim=found.aim / 10,
            missing=found.missing / 10,
            exempt=found.exempt,
            items=[
                ItemTold(on=one.on, title=one.title, hours=one.tenths / 10, counts=one.counts, made_up=one.made_up)
                for one in found.items
            ],
            questions=found.questions,
            readings=found.readings,
            definition=hours_texts.definitions(office.hours),
        )


def _notices(room: Room, office: Office) -> None:
    @room.get("/me/notices", NoticesTold)
    def own_notices(db: Session, act: Act) -> Told:
        """What is to be told to oneself. Looking marks nothing: the mini-program says what it has shown."""
        assert act.by is not None
        waiting = notices.unseen(db, act.by, act.now)
        latest = notices.latest(db, act.by, act.now, LATEST)

        def told(kept: Notice) -> NoticeTold:
            words = notice_texts.words(kept.kind, notices.facts_of(kept), office.zone, act.now)
            return NoticeTold(id=kept.public_id, kind=kept.kind, text=words, at=kept.created_at)

        return NoticesTold(new=[told(one) for one in waiting], latest=[told(one) for one in latest])

    @room.post("/me/notices/shown", status=204)
    def shown(db: Session, act: Act, body: ShownIn) -> None:
        """These have been on the screen and need not be told again; others' are as good as none."""
        assert act.by is not None
        wanted = set(body.ids)
        mine = [one for one in notices.unseen(db, act.by, act.now) if one.public_id in wanted]
        notices.shown(db, mine, act.now)


def _wishes(room: Room) -> None:
    @room.get("/me/wishes", WishesTold)
    def own_wishes(db: Session, act: Act) -> Told:
        """What one is reminded of (提醒): study and 自查 are chosen, nothing is sent of them that was not."""
        assert act.by is not None
        return _wanted(db, wishes.of(db, act.by))

    @room.post("/me/wishes", WishesTold)
    def choose(db: Session, act: Act, body: WishesIn) -> Told:
        """Choose; it holds from now on."""
        assert act.by is not None
        known = wishes.of(db, act.by)
        wanted = Wanted(
            study=known.study if body.study is None else body.study,
            self_check=known.self_check if body.self_check is None else body.self_check,
            unread=known.unread if body.unread is None else body.unread,
        )
        wishes.keep(db, act.by, wanted)
        return _wanted(db, wanted)


def _wanted(db: Session, wanted: Wanted) -> WishesTold:
    slots = timetables.current(db).slots
    study, self_check = slots[NoticeKind.STUDY], slots[NoticeKind.SELF_CHECK]
    return WishesTold(
        study=wanted.study,
        study_at=f"{study.at:%H:%M}" if study.enabled and study.at else "",
        self_check=wanted.self_check,
        unread=wanted.unread,
        self_check_at=f"{self_check.at:%H:%M}" if self_check.enabled and self_check.at else "",
    )
