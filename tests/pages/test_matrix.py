"""Role x page or action x own or foreign group: every address under /h5/ has its row here, or this fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.activity import ActivityKind
from models.appointment import Role
from models.attendance import MakeUpWay
from models.bulletin import BulletinAudience, BulletinKind
from models.held import HeldPlace
from models.hours import CourseForm
from models.leave import LeaveClass
from models.opinion import OpinionCategory
from models.question import QuestionKind
from models.round import FormKind, RoundAudience, RoundPurpose
from services import (
    activities,
    appointments,
    banks,
    bulletins,
    exams,
    guests,
    held,
    hours,
    leaves,
    makeups,
    members,
    opinions,
    orgs,
    paths,
    rights,
    rounds,
    standings,
    visits,
)
from services.forms import Question
from services.hours import Told
from services.leaves import Wish
from services.paths import Asked
from simulator.media import PICTURE
from tests.pages.office import (
    COMMITTEE,
    FIRST,
    LEADER,
    MEMBER,
    OFFICE,
    OTHER_LEADER,
    OTHER_MEMBER,
    SECRETARY,
    Browser,
    Office,
    number_on,
)

# Who: everything is looked at from the first group, whose member M is.
PEOPLE: Mapping[str, str] = {
    "S": SECRETARY,
    "O": OFFICE,  # 领导小组办公室: runs the branch
    "C": COMMITTEE,  # 宣传委员: sees the branch, runs nothing
    "L": LEADER,  # leads the first group
    "F": OTHER_LEADER,  # leads the other group: a foreigner here
    "M": MEMBER,  # a member of the first group, who leads nothing
    "X": OTHER_MEMBER,  # a member of the other group
}
SIGNED_IN = "SOCLFMX"
LEADS, SEES, RUNS, OWN = "SOCLF", "SOC", "SO", "SOL"
LOST = "何静"  # of the first group; has lost a phone that is signed in
STUDY = "SOC"  # those who run study: here the 宣传委员 as well
SECRET = ("甲组的秘密会", "委员的秘密会", "外来的客人", MEMBER)  # what a refusal must not tell


@dataclass(frozen=True)
class Row:
    """One address with a subject of the first group (or the branch's), and the letters of those who may."""

    method: str
    address: str
    may: str
    form: Mapping[str, str] = field(default_factory=dict)
    gone: bool = False  # nothing is there: whoever may ask gets 404, everybody else 403 all the same
    hidden: bool = False  # not to be known of: whoever may not gets 404, as for what is not there


def get(address: str, may: str, *, gone: bool = False, hidden: bool = False) -> Row:
    """A page."""
    return Row("GET", address, may, gone=gone, hidden=hidden)


def post(address: str, may: str, **form: str) -> Row:
    """An action; a form that is complete but for what would change the subject of the next row."""
    return Row("POST", address, may, form)


COURSE = {"title": "培训", "form": "brought", "held_on": "2026-11-02", "hours": "4"}
LATER = {"starts-day": "2026-12-24", "starts-time": "14:00"}
ROWS = [
    # today, planning
    get("/h5/", SIGNED_IN),
    get("/h5/activities", LEADS),
    get("/h5/activities/new", "SOLF"),
    post("/h5/activities/new", OWN, what="group_meeting:{first}", title="甲组的秘密会", **LATER),
    post("/h5/activities/new", RUNS, what="party_day", title="支部的会", **LATER),
    # one activity: of the first group, of the branch, of the committee
    get("/h5/a/{open}", "SOCL"),
    get("/h5/a/{all}", LEADS),
    get("/h5/a/{committee}", SEES),
    get("/h5/a/{open}/now", "SOCL"),
    get("/h5/a/{open}/copy", "SOCL"),
    get("/h5/a/{planned}/move", OWN),
    post("/h5/a/{planned}/move", OWN, version="99", reason="暴雨", **LATER),
    post("/h5/a/{all}/move", RUNS, version="99", reason="暴雨", **LATER),
    get("/h5/a/{planned}/cancel", OWN),
    post("/h5/a/{planned}/cancel", OWN, version="99", reason="暴雨"),
    post("/h5/a/{all}/cancel", RUNS, version="99", reason="暴雨"),
    post("/h5/a/{open}/open", OWN),
    post("/h5/a/{all}/open", RUNS),
    get("/h5/a/{open}/close", OWN),
    post("/h5/a/{closed}/close", OWN),
    get("/h5/a/{open}/particulars", OWN),
    post("/h5/a/{open}/particulars", OWN, version="99", host="甲"),
    get("/h5/a/{open}/guests", OWN),
    post("/h5/a/{open}/guests", OWN, who="{member}"),
    post("/h5/a/{open}/guests/outside", OWN, name="陈志远", unit="市局"),
    post("/h5/a/{open}/guests/{guest}/remove", OWN),
    post("/h5/a/{all}/guests/outside", RUNS, name="陈志远", unit="市局"),
    post("/h5/a/{open}/badges", OWN, of="2", worn="1"),
    post("/h5/a/{open}/position", OWN, latitude="31.74", longitude="119.57", radius="300"),
    post("/h5/a/{all}/position", RUNS, do="off"),
    post("/h5/a/{open}/register", OWN, who="{member}"),
    post("/h5/a/{all}/register", OWN, who="{member}"),
    get("/h5/a/{open}/mark/{member}", OWN),
    get("/h5/a/{all}/mark/{member}", OWN),
    post("/h5/a/{open}/mark/{member}", OWN, kind="nonsense", reason="看见的"),
    post("/h5/a/{all}/mark/{member}", OWN, kind="nonsense", reason="看见的"),
    get("/h5/a/{planned}/family", OWN),
    post("/h5/a/{planned}/family", OWN, who="{member}", **{"class": "sick"}),
    get("/h5/a/{all}/family", "SOLF"),
    post("/h5/a/{all}/family", OWN, who="{member}", **{"class": "sick"}),
    post("/h5/a/{planned}/leave/{leave}", "SL", agreed="1"),
    post("/h5/a/{closed}/makeup/{makeup}", OWN),
    # texts that wait for a look
    get("/h5/held", RUNS),
    post("/h5/held/{text}", RUNS, show="nonsense"),
    # records
    get("/h5/month/2026-11", LEADS),
    get("/h5/m/{member}", "SOCLM"),
    # hours
    get("/h5/hours", LEADS),
    get("/h5/hours/of/{member}", "SOCLM"),
    get("/h5/hours/new", "SOLF"),
    post("/h5/hours/new", OWN, **COURSE, who="{member}"),
    get("/h5/hours/course/{course}", "SOCL"),
    get("/h5/hours/course/{course}/edit", OWN),
    post("/h5/hours/course/{course}/edit", OWN, **COURSE, version="99", who="{member}"),
    post("/h5/hours/course/{course}/withdraw", OWN, version="99", reason="重了"),
    # exams: a score is the member's and of those who run study
    get("/h5/exams", STUDY),
    get("/h5/exams/new", STUDY),
    post("/h5/exams/new", STUDY, title="卷"),
    get("/h5/exams/stock", STUDY),
    get("/h5/exams/{paper}", STUDY),
    get("/h5/exams/{paper}/edit", STUDY),
    post("/h5/exams/{paper}/edit", STUDY, version="99", title="卷"),
    post("/h5/exams/{paper}/open", STUDY),
    post("/h5/exams/{paper}/close", STUDY),
    get("/h5/exams/mine", SIGNED_IN),
    get("/h5/exams/result/{sitting}", "SOCM"),
    # people
    get("/h5/members", LEADS),
    get("/h5/members/{member}", "SOCL"),
    get("/h5/members/new", RUNS),
    post("/h5/members/new", RUNS),
    get("/h5/members/{member}/edit", RUNS),
    post("/h5/members/{member}/edit", RUNS, version="99", name="赵敏"),
    get("/h5/members/{member}/moves", RUNS),
    post("/h5/members/{member}/out", RUNS, version="99"),
    post("/h5/members/{member}/in", RUNS, version="99"),
    get("/h5/members/{member}/excuse", RUNS),
    post("/h5/members/{member}/excuse", RUNS, kind="nonsense"),
    post("/h5/members/{member}/excuse/{standing}/end", RUNS, last="2020-01-01"),
    post("/h5/members/{member}/slip", OWN),
    post("/h5/members/{lost}/logins/{phone}/end", RUNS),
    post("/h5/members/{lost}/logins/end", RUNS),
    get("/h5/members/slips", "SOLF"),
    post("/h5/members/slips", "SOLF"),
    get("/h5/members/export.csv", RUNS),
    get("/h5/members/template.xlsx", RUNS),
    get("/h5/members/import", RUNS),
    post("/h5/members/import", RUNS),
    get("/h5/members/import/0123456789abcdef", RUNS, gone=True),
    Row("POST", "/h5/members/import/0123456789abcdef", RUNS, gone=True),
    get("/h5/members/import/0123456789abcdef/report.csv", RUNS, gone=True),
    # offices
    get("/h5/appointments", SEES),
    post("/h5/appointments", RUNS),
    post("/h5/appointments/{appointment}/end", RUNS, ends="2020-01-01"),
    # paper
    get("/h5/print", LEADS),
    get("/h5/print/plan/2026-11", LEADS),
    get("/h5/print/year/2026", LEADS),
    get("/h5/print/leave/2026", LEADS),
    get("/h5/print/hours/2026", LEADS),
    get("/h5/print/roster", LEADS),
    get("/h5/print/record/{open}", "SOCL"),
    get("/h5/print/signin/{open}", "SOCL"),
    get("/h5/print/record/{committee}", SEES),
    get("/h5/export/plan/2026-11", LEADS),
    get("/h5/export/year/2026", LEADS),
    get("/h5/export/leave/2026", LEADS),
    get("/h5/export/hours/2026", LEADS),
    get("/h5/export/roster", LEADS),
    get("/h5/export/record/{open}", "SOCL"),
    get("/h5/export/signin/{open}", "SOCL"),
    # study: banks, questions, files, the path, figures
    get("/h5/study", SEES),
    post("/h5/study/starter", SEES),
    get("/h5/study/banks/{bank}", SEES),
    get("/h5/study/banks/{bank}/new", SEES),
    post("/h5/study/banks/{bank}/new", SEES, kind="single", stem="题"),
    get("/h5/study/banks/{bank}/export.csv", SEES),
    get("/h5/study/questions/{question}", SEES),
    get("/h5/study/questions/{question}/edit", SEES),
    post("/h5/study/questions/{question}/edit", SEES, version="99", stem="题"),
    post("/h5/study/questions/{question}/review", SEES, version="99", reviewer="甲"),
    post("/h5/study/questions/{question}/publish", SEES, version="99", reviewer="甲"),
    post("/h5/study/questions/{question}/retire", SEES, version="99"),
    post("/h5/study/questions/{question}/reopen", SEES, version="99"),
    get("/h5/study/editions", SEES),
    post("/h5/study/editions", SEES, document="没有的文件"),
    get("/h5/study/import", SEES),
    post("/h5/study/import", SEES),
    get("/h5/study/import/0123456789abcdef", SEES, gone=True),
    Row("POST", "/h5/study/import/0123456789abcdef", SEES, gone=True),
    get("/h5/study/import/0123456789abcdef/report.csv", SEES, gone=True),
    get("/h5/study/path", SEES),
    post("/h5/study/path", SEES),
    get("/h5/study/path/{step}", SEES),
    post("/h5/study/path/{step}", SEES, version="99", title="一", reading="二"),
    post("/h5/study/path/{step}/move", SEES),
    post("/h5/study/path/{step}/close", SEES),
    get("/h5/study/figures", SEES),
    # reminders: when, what comes, what reached whom, 政治生日, days off; consent is everybody's own
    get("/h5/reminders", SEES),
    get("/h5/reminders/coming", SEES),
    post("/h5/reminders/soon", RUNS, version="99", enabled="on"),
    post("/h5/reminders/quiet", RUNS, version="99", evening="20:30", morning="07:30", a_day="1", a_week="4"),
    get("/h5/notices", SEES),
    post("/h5/notices/retry", RUNS),
    get("/h5/birthdays", RUNS),
    post("/h5/birthdays/{member}", RUNS, year="2026", choice="visit"),
    get("/h5/calendar", SEES),
    post("/h5/calendar", RUNS, day="2026-12-31", kind="rest"),
    get("/h5/subscribe", SIGNED_IN),
    # rounds: made and read by those who run the branch, filled in by those who are asked: here the first group
    get("/h5/rounds", RUNS),
    get("/h5/rounds/new", RUNS),
    post("/h5/rounds/new", RUNS, title="征集"),
    get("/h5/rounds/{round}", RUNS),
    get("/h5/rounds/{round}/edit", RUNS),
    post("/h5/rounds/{round}/edit", RUNS, version="99", title="征集"),
    post("/h5/rounds/{round}/open", RUNS),
    post("/h5/rounds/{round}/drop", RUNS),
    post("/h5/rounds/{round}/links", RUNS, count="1"),
    post("/h5/rounds/{round}/links/withdraw", RUNS),
    get("/h5/rounds/{round}/table", RUNS),
    post("/h5/rounds/{round}/table", RUNS, version="99"),
    post("/h5/rounds/{round}/publish", RUNS),
    get("/h5/asked", SIGNED_IN),
    get("/h5/asked/{round}", "SLCM", hidden=True),
    Row("POST", "/h5/asked/{round}", "SLCM", {"ballot": "f" * 32}, hidden=True),
    post("/h5/rounds/{round}/close", RUNS),
    # opinions: the member's, given to the committee's to answer; and one without a name
    get("/h5/opinions", RUNS),
    get("/h5/opinions/{opinion}", SEES),
    post("/h5/opinions/{opinion}/assign", RUNS),
    post("/h5/opinions/{opinion}/answer", SEES, version="99"),
    get("/h5/opinions/pictures/{picture}", "SOCM"),
    get("/h5/opinions/unsigned/{apart}", RUNS),
    post("/h5/opinions/unsigned/{apart}/assign", RUNS),
    post("/h5/opinions/unsigned/{apart}/answer", RUNS),
    get("/h5/said", SIGNED_IN),
    post("/h5/said", SIGNED_IN),
    get("/h5/print/opinions/2026", RUNS),
    get("/h5/export/opinions/2026", RUNS),
    # bulletins: made by those who run the branch, read by those they are for: here the first group
    get("/h5/bulletins", RUNS),
    get("/h5/bulletins/new", RUNS),
    post("/h5/bulletins/new", RUNS, title="公告"),
    get("/h5/bulletins/{bulletin}", RUNS),
    get("/h5/bulletins/{bulletin}/edit", RUNS),
    post("/h5/bulletins/{bulletin}/edit", RUNS, version="99", title="公告"),
    post("/h5/bulletins/{bulletin}/publish", RUNS),
    post("/h5/bulletins/{bulletin}/drop", RUNS),
    get("/h5/bulletins/{bulletin}/revise", RUNS),
    post("/h5/bulletins/{bulletin}/revise", RUNS, version="99", body="改"),
    post("/h5/bulletins/{bulletin}/note", RUNS, feedback=""),
    post("/h5/bulletins/{bulletin}/files", RUNS),
    get("/h5/bulletins/{bulletin}/files/{file}", RUNS),
    get("/h5/board", SIGNED_IN),
    get("/h5/board/{bulletin}", "SLCM", hidden=True),
    get("/h5/board/{bulletin}/{file}", "SLCM", hidden=True),
    post("/h5/bulletins/{bulletin}/files/{file}/off", RUNS),
    post("/h5/bulletins/{bulletin}/withdraw", RUNS),
    get("/h5/print/openness/2026", RUNS),
    get("/h5/export/openness/2026", RUNS),
    # the own sign-ins; somebody else's is as good as none
    get("/h5/logins", SIGNED_IN),
    post("/h5/logins/{visit}/end", SIGNED_IN),
]
FOR_ANYBODY = [
    ("GET", "/h5/sign-in"),
    ("GET", "/h5/sign-in/now"),
    ("GET", "/h5/sign-in/wechat"),
    ("POST", "/h5/sign-out"),
    ("GET", "/h5/static/base.css"),
]


@dataclass(frozen=True)
class Matrix:
    """The office with a subject for every row, and a browser for every letter."""

    office: Office
    subjects: Mapping[str, str]
    browsers: Mapping[str, Browser]
    nobody: FlaskClient

    def address(self, row: Row) -> str:
        return row.address.format(**self.subjects)

    def ask(self, row: Row, letter: str) -> TestResponse:
        browser = self.browsers[letter]
        if row.method == "GET":
            return browser.get(self.address(row))
        form = {name: value.format(**self.subjects) for name, value in row.form.items()}
        return browser.sends(self.address(row), **form)


@pytest.fixture(scope="module")
def matrix(office: Office) -> Matrix:
    """Subjects of the first group: meetings in every state, a leave and a make-up of its member, an office."""
    kind = ActivityKind.GROUP_MEETING
    office.join(LOST)
    subjects = {
        "open": office.open(office.plan("甲组的秘密会", kind, group=FIRST)),
        "planned": office.plan("甲组的秘密会", kind, group=FIRST, starts=timedelta(days=3)),
        "closed": office.close(office.open(office.plan("甲组的秘密会", kind, group=FIRST, starts=-timedelta(hours=2)))),
        "all": office.open(office.plan("支部的会")),
        "committee": office.plan("委员的秘密会", ActivityKind.COMMITTEE),
        "member": office.id_of(MEMBER),
        "lost": office.id_of(LOST),
        "appointment": office.appoint(MEMBER, Role.YOUTH),
    }
    office.dismiss(subjects["appointment"])  # the member leads nothing in this matrix; the record stays

    def fill(db: Session) -> dict[str, str]:
        member = members.find(db, MEMBER)
        own = rights.act_of(db, member, office.branch.clock.now(), office.house.settings.zone)
        planned, closed = (activities.find(db, subjects[one]) for one in ("planned", "closed"))
        operator = office.house.operator()
        meeting = activities.find(db, subjects["open"])
        guests.enter(db, operator, meeting, "外来的客人", "市局")
        span = date(2027, 1, 1), date(2027, 1, 31)
        bank = banks.made(db, operator, "党章")
        entry = banks.Entry(QuestionKind.JUDGE, "甲组的秘密会，党员要参加。", (), key=True)
        told = Told("委员的秘密会", CourseForm.TOGETHER, date(2026, 11, 2), 40, proof="证书")
        at = own.now - timedelta(hours=1), own.now + timedelta(days=1)
        paper = exams.make(db, operator, exams.Asked("委员的秘密会", [], 30, 60, *at))
        exams.open_(db, operator, paper)
        sitting = exams.start(db, member, paper, own.now)
        exams.hand_in(db, sitting, own.now)
        _, visit = visits.admitted(db, member, own.now, device="安卓手机", place="外网")
        _, phone = visits.admitted(db, members.find(db, LOST), own.now, device="安卓手机", place="外网")
        leave = leaves.ask(db, own, member, planned, Wish(LeaveClass.DUTY))
        held.hold(db, own, HeldPlace.LEAVE_REASON, leave, "甲组的秘密会")
        one = Question(1, FormKind.TEXT, "甲组的秘密会怎样开？")
        group, closes = orgs.known_group(db, FIRST), own.now + timedelta(days=7)
        asked = rounds.Draft(RoundPurpose.SURVEY, "甲组的秘密会", "", RoundAudience.GROUP, closes, [one], group=group)
        round_ = rounds.make(db, operator, asked)
        rounds.open_(db, operator, round_)
        said = opinions.give(db, own, OpinionCategory.OTHER, "甲组的秘密会太长", "matrix", 15)
        opinions.enclose(db, said, PICTURE, own.now, "matrix 0")
        opinions.assign(db, operator, said, members.find(db, COMMITTEE))
        told_ = bulletins.Draft(BulletinKind.RULE, "甲组的秘密会", "甲组的事", BulletinAudience.GROUP, group)
        bulletin = bulletins.make(db, operator, told_)
        bulletins.publish(db, operator, bulletin)
        return {
            "bulletin": bulletin.public_id,
            "file": bulletins.attach(db, operator, bulletin, "甲组的秘密会.pdf", b"%PDF-1.7").public_id,
            "round": round_.public_id,
            "text": held.own(db, own)[0].held.public_id,
            "opinion": said.public_id,
            "picture": opinions.pictures(db, said)[0].public_id,
            "guest": guests.of(db, meeting)[0].public_id,
            "first": orgs.known_group(db, FIRST).public_id,
            "leave": leave.public_id,
            "makeup": makeups.tell(db, own, member, closed, MakeUpWay.TOLD, "组长传达").public_id,
            "standing": standings.enter(db, operator, member, LeaveClass.AWAY, span, "驻村").public_id,
            "visit": visit.public_id,
            "phone": phone.public_id,
            "course": hours.enter(db, operator, told, [member]).public_id,
            "paper": paper.public_id,
            "sitting": sitting.public_id,
            "bank": bank.public_id,
            "question": banks.add(db, operator, bank, entry).public_id,
            "step": paths.add(db, operator, Asked("甲组的秘密会", "读党章")).public_id,
        }

    subjects["apart"] = "a" * 64
    office.house.unsigned.submit(subjects["apart"], "other", "甲组的秘密会太长", office.branch.clock.now())
    subjects |= office.house.run(fill)
    browsers = {letter: office.browser(name) for letter, name in PEOPLE.items()}
    return Matrix(office, subjects, browsers, office.branch.app.test_client())


def test_every_address_has_a_row(matrix: Matrix) -> None:
    app = matrix.office.branch.app
    urls = app.url_map.bind("127.0.0.1")
    asked = [(row.method, matrix.address(row)) for row in ROWS] + FOR_ANYBODY
    covered = {(method, urls.match(address, method, return_rule=True)[0].rule) for method, address in asked}
    there = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/h5/")
    }
    assert there - covered == set(), "an address without a row"
    assert covered - there == set(), "a row without an address"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.method} {row.address}" for row in ROWS])
def test_who_may(matrix: Matrix, row: Row) -> None:
    for letter in sorted(PEOPLE, key=lambda one: one in row.may):  # those who may not ask first, before it changes
        answer = matrix.ask(row, letter)
        if letter in row.may:
            refused = {401, 403} if row.gone else {401, 403, 404}
            assert answer.status_code not in refused, f"{letter} may, and was refused: {answer.status_code}"
            assert answer.status_code < 500, (letter, answer.status_code)
            assert "/h5/sign-in" not in answer.headers.get("Location", ""), letter
        else:
            no = 404 if row.hidden else 403
            assert answer.status_code == no, f"{letter} may not, and got {answer.status_code}"
            told = [one for one in SECRET if one in answer.text and one != PEOPLE[letter]]
            assert told == [], f"{letter} is told {told}"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.method} {row.address}" for row in ROWS])
def test_nobody_may_before_the_sign_in(matrix: Matrix, row: Row) -> None:
    answer = matrix.nobody.open(matrix.address(row), method=row.method)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/h5/sign-in?to=/h5/")
    assert not any(one in answer.text for one in SECRET)


def test_an_action_needs_the_token_of_its_own_browser(matrix: Matrix) -> None:
    rows = [row for row in ROWS if row.method == "POST"]
    for row in rows:
        for token in ("", "0" * 64, matrix.browsers["O"].csrf()):
            answer = matrix.browsers["S"].client.post(matrix.address(row), data={"csrf": token})
            assert answer.status_code == 403, (row.address, answer.status_code)
            assert "放得太久" in answer.text


def test_nobody_ends_somebody_elses_sign_in(matrix: Matrix) -> None:
    office = matrix.office
    token = office.token(MEMBER)
    with office.house.reading() as db:
        visit = visits.of_token(db, token, office.branch.clock.now())
        assert visit is not None
        address = f"/h5/logins/{visit.public_id}/end"
    for letter in "SOCLFX":
        matrix.browsers[letter].sends(address)
    with office.house.reading() as db:
        assert visits.of_token(db, token, office.branch.clock.now()) is not None
    matrix.browsers["M"].sends(address)
    with office.house.reading() as db:
        assert visits.of_token(db, token, office.branch.clock.now()) is None


def test_ending_an_office_ends_its_rights_at_that_moment_in_browsers_already_open(matrix: Matrix) -> None:
    office, name = matrix.office, "换届的组长"
    office.join(name)
    held = office.appoint(name, Role.GROUP_LEADER, FIRST)
    browser = Browser(office.signed_in(name))
    meeting, csrf = matrix.subjects["open"], browser.csrf()
    assert browser.get(f"/h5/a/{meeting}").status_code == 200
    office.dismiss(held)
    page = browser.get(f"/h5/a/{meeting}")
    assert page.status_code == 403
    assert "没有办这件事的权限" in page.text
    form = {"csrf": csrf, "who": office.id_of(MEMBER)}
    assert browser.client.post(f"/h5/a/{meeting}/register", data=form).status_code == 403
    assert browser.get("/h5/activities").status_code == 403
    assert browser.get("/h5/").status_code == 200  # signed in still, as a member


def test_an_office_begins_on_its_day(matrix: Matrix) -> None:
    office, name = matrix.office, "下月的组长"
    office.join(name)

    def appoint(db: Session) -> None:
        group, operator = orgs.known_group(db, FIRST), office.house.operator()
        appointments.appoint(db, operator, members.find(db, name), Role.GROUP_LEADER, group, date(2026, 11, 24))

    office.house.run(appoint)
    browser = Browser(office.signed_in(name))
    assert browser.get("/h5/activities").status_code == 403
    office.branch.clock.advance(timedelta(days=2).total_seconds())
    assert browser.get("/h5/activities").status_code == 200


def test_a_waiting_browser_is_nobody(matrix: Matrix) -> None:
    client = matrix.office.branch.app.test_client()
    number_on(client)
    assert client.get("/h5/activities").status_code == 303
    assert client.post("/h5/activities/new", data={"csrf": "x"}).status_code == 303
