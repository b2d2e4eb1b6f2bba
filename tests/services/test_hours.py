"""学时: what counts and what stands beside it, courses with proof, who is behind; 评学 that tells of no one person."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engines.sql import transaction
from models.activity import Activity, ActivityKind, ActivityState
from models.attendance import MakeUp, MakeUpWay, MarkKind
from models.checkin import CheckIn, Method, Seat, SeatState
from models.event import Event
from models.hours import Course, CourseForm
from models.member import Member, MemberStatus
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from models.study import Answer, Outcome, Purpose
from services import attendance, hours, lessons, members, orgs, registrations, standings
from services.errors import (
    EditedMeanwhile,
    EnteredAlready,
    NobodyNamed,
    NoSuchCourse,
    NotAllowed,
    NotHeldYet,
    ProofWanted,
)
from services.hours import Rules, Told
from tests.engines import Database
from tests.services.roll import NOW, ZONE, Office, staffed
from tests.services.together import together

ATTENDANCE = attendance.Rules(timedelta(minutes=5))
RULES = Rules(ATTENDANCE, by_kind={ActivityKind.LECTURE: 20, ActivityKind.PARTY_DAY: 15})
TRAINING = Told("党务培训", CourseForm.TOGETHER, date(2026, 11, 2), 40, "市直机关工委", "结业证书", Topic.RIGHTS)
DAY = timedelta(days=1)


@pytest.fixture
def office(database: Database) -> Office:
    return staffed(database)


def held(db: Session, at: datetime, came: str, kind: ActivityKind = ActivityKind.LECTURE, **more: int) -> Activity:
    """A closed activity at which everybody is expected and those named were."""
    made = Activity(
        kind=kind, title="党课", starts_at=at, state=ActivityState.CLOSED, opened_at=at, ends_at=at,
        org_id=orgs.branch(db).id, topic=Topic.RIGHTS, **more,
    )  # fmt: skip
    db.add(made)
    db.flush()
    for one in db.scalars(select(Member)):
        db.add(Seat(activity_id=made.id, member_id=one.id, group_id=one.group_id, state=SeatState.EXPECTED))
        if one.name in came.split():
            known = {"activity_id": made.id, "member_id": one.id, "at": at, "recorded_at": at}
            db.add(CheckIn(**known, method=Method.SCAN, message=f"{made.id}-{one.id}"))
    db.flush()
    return made


def year_of(db: Session, name: str, rules: Rules = RULES, year: int = 2026) -> hours.Year:
    member = members.find(db, name)
    return hours.years(db, [member], year, NOW, rules, ZONE)[member.id]


def those(db: Session, *names: str) -> list[Member]:
    return [members.find(db, one) for one in names]


# --- what counts -----------------------------------------------------------------------------------------------


def test_what_counts_and_what_does_not(each_database: Database) -> None:
    office = staffed(each_database)

    def work(db: Session) -> None:
        act = office.operator()
        lecture = held(db, NOW - 9 * DAY, "张建国 李娜")
        held(db, NOW - 8 * DAY, "张建国", ActivityKind.PARTY_DAY, tenths=30)
        held(db, NOW - 7 * DAY, "张建国", ActivityKind.LECTURE, tenths=0)  # entered: counts for nothing
        held(db, NOW - 6 * DAY, "张建国", ActivityKind.COMMITTEE)  # by its kind: for nothing
        held(db, datetime(2025, 12, 31, 15, 59, tzinfo=UTC), "张建国")  # last year, by the branch's midnight
        held(db, datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "张建国")  # this year
        registrations.mark(db, act, lecture, members.find(db, "李娜"), (MarkKind.NOT_CAME, None), "签错了")
        db.add(
            MakeUp(
                activity_id=lecture.id, member_id=members.find(db, "赵敏").id, way=MakeUpWay.STUDY, content="讲稿",
                told_at=NOW, confirmed_at=NOW, confirmed_by_id=members.find(db, "张建国").id,
            )
        )  # fmt: skip
        for form, tenths in ((CourseForm.TOGETHER, 40), (CourseForm.LECTURE, 25), (CourseForm.ONLINE, 30),
                             (CourseForm.BROUGHT, 10)):  # fmt: skip
            told = Told(form.value, form, date(2026, 3, 1), tenths, proof="证明")
            hours.enter(db, act, told, those(db, "张建国"))
        zhang = year_of(db, "张建国")
        assert [(one.title, one.tenths, one.counts) for one in zhang.items] == [
            ("党课", 20, True),
            ("together", 40, True),
            ("lecture", 25, True),
            ("online", 30, False),
            ("brought", 10, False),
            ("党课", 20, True),
            ("党课", 30, True),
        ]
        assert (zhang.counted, zhang.beside, zhang.aim, zhang.missing) == (135, 40, 320, 185)
        assert year_of(db, "张建国", Rules(ATTENDANCE, online_counts=True)).counted == 40 + 25 + 30 + 30
        assert year_of(db, "李娜").items == []
        assert year_of(db, "赵敏").counted == 0
        made_up = year_of(db, "赵敏", Rules(ATTENDANCE, by_kind=RULES.by_kind, makeup_counts=True))
        assert [(one.tenths, one.made_up) for one in made_up.items] == [(20, True)]
        assert year_of(db, "张建国", year=2025).counted == 20

    office.run(work)


def test_the_aim_follows_the_office_of_the_day_and_the_exempt_have_none(office: Office) -> None:
    def work(db: Session) -> None:
        assert year_of(db, "王芳").aim == year_of(db, "周涛").aim == 560
        assert year_of(db, "张建国").aim == 320  # a 党小组长 is not on the committee
        assert year_of(db, "周涛", year=2025).aim == 320  # appointed on 1 January 2026
        span = date(2026, 6, 1), date(2026, 12, 31)
        standings.enter(db, office.operator(), members.find(db, "李娜"), None, span, "住院")
        assert (year_of(db, "李娜").exempt, year_of(db, "李娜").missing) == (True, 0)
        assert not year_of(db, "李娜", year=2025).exempt

    office.run(work)


def test_who_is_behind_is_told_by_the_months_begun_with_the_next_chance(office: Office) -> None:
    office.enrol("新来的", moved_in=date(2026, 12, 1))  # not here yet
    office.meeting(3, ActivityKind.COMMITTEE)
    office.meeting(9, ActivityKind.LECTURE)
    office.meeting(2, ActivityKind.GROUP_MEETING, "第一党小组")

    def work(db: Session) -> None:
        act = office.operator()
        span = date(2026, 1, 1), None
        standings.enter(db, act, members.find(db, "赵敏"), None, span, "年老体弱")
        enough = 320 * 11 // 12 + 1
        hours.enter(db, act, Told("集训", CourseForm.TOGETHER, date(2026, 5, 1), enough, proof="证"), those(db, "李娜"))
        behind = hours.behind(db, NOW, RULES, ZONE)
        assert [one.member.name for one in behind] == ["王芳", "张建国", "周涛"]  # as on the roll, by no merit
        assert {one.next.kind for one in behind if one.next} == {ActivityKind.LECTURE}
        assert behind[1].year.missing == 320
        january = NOW.replace(month=1, day=1, hour=4)
        assert "李娜" in {one.member.name for one in hours.behind(db, january - DAY, RULES, ZONE)}

        asked: list[str] = []
        event.listen(db.connection(), "before_cursor_execute", lambda _c, _k, said, *_rest: asked.append(said))
        hours.behind(db, NOW, RULES, ZONE)
        few = len(asked)
        for number in range(9):
            db.add(Member(org_id=orgs.branch(db).id, name=f"同志{number}", status=MemberStatus.FULL))
        db.flush()
        asked.clear()
        assert len(hours.behind(db, NOW, RULES, ZONE)) == 12
        assert len(asked) <= few  # however many are behind

    office.run(work)


# --- courses ---------------------------------------------------------------------------------------------------


def test_a_course_is_entered_once_for_many_edited_and_withdrawn(office: Office) -> None:
    def work(db: Session) -> None:
        act = office.act(db, "王芳")
        made = hours.enter(db, act, TRAINING, those(db, "张建国", "李娜", "赵敏"))
        with pytest.raises(EnteredAlready) as already:
            hours.enter(db, act, TRAINING, those(db, "李娜", "赵敏", "王芳"))
        assert set(already.value.names) == {"李娜", "赵敏"}
        assert hours.enter(db, act, TRAINING, those(db, "赵敏", "李娜", "张建国")) is made  # the button tapped twice
        assert made.by is act.by
        more = Told("党务培训", CourseForm.TOGETHER, date(2026, 11, 3), 45, "", "结业证书", None)
        hours.edit(db, act, made, more, those(db, "李娜", "王芳"), 1)
        assert [one.name for one in hours.taking_part(db, made)] == ["王芳", "李娜"]
        assert (year_of(db, "李娜").counted, year_of(db, "赵敏").counted) == (45, 0)
        with pytest.raises(EditedMeanwhile) as meanwhile:
            hours.edit(db, act, made, TRAINING, those(db, "李娜"), 1)
        assert meanwhile.value.who == "王芳"
        hours.withdraw(db, act, made, "登记重了", 2)
        hours.withdraw(db, act, made, "登记重了", 2)
        assert year_of(db, "李娜").counted == 0
        assert hours.listed(db, act, 2026) == [made]  # stays on record
        assert not hours.may_edit(db, act, made)
        verbs = db.scalars(select(Event.verb).where(Event.subject == "course").order_by(Event.id)).all()
        assert verbs == ["course_entered", "course_edited", "course_withdrawn"]
        again = hours.enter(db, act, more, those(db, "李娜", "王芳"))
        assert again is not made

    office.run(work)


def test_a_button_tapped_twice_at_once_enters_one_course(each_database: Database) -> None:
    office = staffed(each_database)

    def tap() -> int:
        return office.run(lambda db: hours.enter(db, office.act(db, "王芳"), TRAINING, those(db, "李娜", "赵敏")).id)

    assert len(set(together([tap] * 4))) == 1
    assert office.look(lambda db: len(db.scalars(select(Course)).all())) == 1


def test_what_a_course_must_have(office: Office) -> None:
    def work(db: Session) -> None:
        act, who = office.operator(), those(db, "李娜")
        with pytest.raises(ProofWanted):
            hours.enter(db, act, Told("培训", CourseForm.TOGETHER, date(2026, 11, 2), 40), who)
        with pytest.raises(NobodyNamed):
            hours.enter(db, act, TRAINING, [])
        with pytest.raises(NotHeldYet):
            hours.enter(db, act, Told("培训", CourseForm.ONLINE, date(2026, 11, 23), 40), who)
        with pytest.raises(NoSuchCourse):
            hours.find(db, act, "nothing")
        hours.enter(db, act, Told("网课", CourseForm.ONLINE, date(2026, 11, 22), 1), who)

    office.run(work)
    course = Course(title="无证明", form=CourseForm.LECTURE, held_on=date(2026, 1, 1), tenths=10, made_at=NOW)
    with pytest.raises(IntegrityError), transaction(office.database.engine) as db:  # not by any other way either
        db.add(course)


def test_a_group_leader_enters_for_the_own_group_alone(office: Office) -> None:
    def work(db: Session) -> None:
        leader, own, foreign = office.act(db, "张建国"), those(db, "李娜"), those(db, "赵敏")
        brought = Told("送学", CourseForm.BROUGHT, date(2026, 11, 2), 10)
        made = hours.enter(db, leader, brought, own)
        with pytest.raises(NotAllowed):
            hours.enter(db, leader, brought, own + foreign)
        mixed = hours.enter(db, office.act(db, "王芳"), TRAINING, own + foreign)
        assert hours.may_edit(db, leader, made)
        assert not hours.may_edit(db, leader, mixed)
        assert {one.name for one in hours.tickable(db, leader)} == {"张建国", "李娜"}
        assert hours.listed(db, leader, 2026) == [mixed, made] or hours.listed(db, leader, 2026) == [made, mixed]
        assert hours.find(db, leader, mixed.public_id) is mixed
        others = hours.enter(db, office.operator(), brought, foreign)
        for name in ("张建国", "李娜"):
            with pytest.raises(NotAllowed):
                hours.find(db, office.act(db, name), others.public_id)
        with pytest.raises(NotAllowed):
            hours.enter(db, office.act(db, "李娜"), brought, own)
        with pytest.raises(NotAllowed):  # the committee sees and enters nothing
            hours.enter(db, office.act(db, "周涛"), brought, own)

    office.run(work)


# --- 评学 ------------------------------------------------------------------------------------------------------


def answered(db: Session, who: Member, question: Question, at: datetime, outcome: Outcome) -> None:
    db.add(
        Answer(
            member_id=who.id, question_id=question.id, purpose=Purpose.TODAY, outcome=outcome, at=at,
            message=f"{who.id} {question.id} {at.timestamp()}",
        )
    )  # fmt: skip
    db.flush()


def test_the_effect_of_a_lesson_is_shown_from_five_people_with_answers_on_both_sides(office: Office) -> None:
    def work(db: Session) -> None:
        bank = Bank(name="题库", made_at=NOW)
        about, other = (
            Question(
                bank=bank, kind=QuestionKind.JUDGE, stem="题", key="true", topic=topic, digest=topic.value,
                state=QuestionState.LIVE, reviewed_at=NOW, made_at=NOW,
            )
            for topic in (Topic.RIGHTS, Topic.WORK)
        )  # fmt: skip
        db.add_all([bank, about, other])
        db.flush()
        people = those(db, "王芳", "张建国", "李娜", "赵敏")
        lecture = held(db, NOW, "王芳 张建国 李娜 赵敏 周涛")
        for one in people:
            answered(db, one, about, NOW - 30 * DAY, Outcome.WRONG)
            answered(db, one, about, NOW - DAY, Outcome.UNKNOWN)
            answered(db, one, about, NOW + DAY, Outcome.RIGHT)
            answered(db, one, other, NOW + DAY, Outcome.WRONG)  # another topic
            answered(db, one, about, NOW - 31 * DAY, Outcome.RIGHT)  # too long ago
            answered(db, one, about, NOW + 30 * DAY, Outcome.WRONG)  # too long after
        (fifth,) = those(db, "周涛")
        answered(db, fifth, about, NOW - DAY, Outcome.RIGHT)  # before alone
        few = lessons.of_activity(db, lecture, ATTENDANCE, ZONE)
        assert few == lessons.Effect(4)
        assert not few.shown
        answered(db, fifth, about, NOW + 2 * DAY, Outcome.RIGHT)
        assert lessons.of_activity(db, lecture, ATTENDANCE, ZONE) == lessons.Effect(5, (1, 9), (5, 5))
        course = hours.enter(
            db, office.operator(), Told("培训", CourseForm.TOGETHER, date(2026, 11, 22), 40, "", "证", Topic.RIGHTS),
            [*people, fifth],
        )  # fmt: skip
        assert lessons.of_course(db, course, ZONE) == lessons.Effect(5, (1, 9), (5, 9))  # thirty days from midnight on
        course.topic = None
        assert lessons.of_course(db, course, ZONE) is None

    office.run(work)
