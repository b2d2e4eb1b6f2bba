"""学时 and 测验 at work on their pages, whole at every width: a course for many, a paper that counts the banks, a score."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from urllib.parse import urlencode

import pytest
import python_calamine
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.activity import Activity, ActivityKind
from models.exam import Paper, PaperState
from models.hours import Course
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from models.study import Answer, Outcome, Purpose
from services import activities, exams, members, registrations
from services.answers import Given
from services.exams import Asked, Row, Said
from tests.pages.looks import goes_in, look_over
from tests.pages.office import (
    COMMITTEE,
    FIRST,
    LEADER,
    MEMBER,
    OTHER_LEADER,
    OTHER_MEMBER,
    SECRETARY,
    Office,
    serving,
)

LONG = "阿卜杜热依木·买买提艾力"
MORE = [f"{family}国强" for family in "陈杨黄吴徐朱胡林"]
COURSE = {
    "title": "县直机关党务干部培训班",
    "form": "together",
    "held_on": "2026-11-02",
    "hours": "27.5",
    "organiser": "市直机关工委",
    "proof": "结业证书复印件，党建档案盒3",
    "topic": "rights",
}


@dataclass
class Learned:
    """A branch with a lecture behind it, a bank, a paper that somebody has sat, and a course."""

    office: Office
    lecture: str
    paper: str
    draft: str
    sitting: str
    course: str = ""


@pytest.fixture(scope="module")
def learned(office: Office) -> Iterator[Learned]:
    for name in [*MORE, LONG]:
        office.join(name, FIRST)
    lecture = office.open(office.plan("党课：党员的权利和义务", ActivityKind.LECTURE, starts=-timedelta(days=3)))

    def live(db: Session) -> tuple[str, str, str]:
        operator, now = office.house.operator(), office.branch.clock.now()
        found = activities.find(db, lecture)
        found.topic = Topic.RIGHTS
        came = [members.find(db, name) for name in (*MORE, MEMBER)]
        registrations.register(db, operator, found, came, "现场核实")
        activities.close(db, operator, found)
        ids = _bank(db, now)
        for place, one in enumerate(came):
            for days, outcome in ((-9, Outcome.WRONG), (-1, Outcome.RIGHT)):
                db.add(
                    Answer(
                        member_id=one.id, question_id=ids[0], purpose=Purpose.TODAY, outcome=outcome,
                        at=now + timedelta(days=days), message=f"{place} {days}",
                    )
                )  # fmt: skip
        span = now - timedelta(hours=1), now + timedelta(days=7)
        rows = [Row(4, Topic.RIGHTS, QuestionKind.SINGLE), Row(2, Topic.IDEALS), Row(1)]
        paper = exams.make(db, operator, Asked("学习党章测验", rows, 30, 60, *span))
        exams.open_(db, operator, paper)
        sitting = exams.start(db, members.find(db, MEMBER), paper, now)
        for place, question in enumerate(exams.questions(sitting)[:5]):
            exams.answer(db, sitting, db.get_one(Question, question), Said(Given((1,)), now, f"{place}"))
        exams.hand_in(db, sitting, now)
        too_much = [Row(50, Topic.WORK, QuestionKind.BLANK, 5), Row(2, Topic.IDEALS)]
        draft = exams.make(db, operator, Asked("业务测验", too_much, 30, 60, *span))
        return paper.public_id, draft.public_id, sitting.public_id

    found = Learned(office, lecture, *office.house.run(live))
    with serving(office):
        yield found


def _bank(db: Session, now: object) -> list[int]:
    bank = Bank(name="党章题库", made_at=now)
    db.add(bank)
    made = [
        Question(
            bank=bank, kind=QuestionKind.SINGLE, stem=f"题{number}", options=json.dumps(["甲", "乙"]), key="[1]",
            topic=Topic.RIGHTS if number < 6 else Topic.IDEALS, state=QuestionState.LIVE, reviewed_at=now,
            digest=str(number), made_at=now,
        )
        for number in range(10)
    ]  # fmt: skip
    db.add_all(made)
    db.flush()
    return [one.id for one in made]


# --- hours -----------------------------------------------------------------------------------------------------


def test_a_course_is_entered_for_many_corrected_and_taken_back(learned: Learned) -> None:
    office = learned.office
    secretary = office.browser(SECRETARY)
    who = [office.id_of(name) for name in (*MORE, OTHER_MEMBER)]
    missing = secretary.sends("/h5/hours/new", **{**COURSE, "proof": ""}, who=who)
    assert missing.status_code == 409
    assert "要有证明材料才计入学时" in missing.text
    assert missing.text.count("checked") == len(who)  # nothing has to be ticked again
    for field, wrong, words in (
        ("hours", "四", "学时请填数字"),
        ("hours", "0", "学时请填数字"),
        ("form", "nap", "请选形式"),
        ("held_on", "", "请填日期"),
        ("held_on", "2026-12-24", "这个日期还没到"),
    ):
        refused = secretary.sends("/h5/hours/new", **{**COURSE, field: wrong}, who=who)
        assert words in refused.text, (field, refused.status_code)
    assert "请点选参加的同志" in secretary.sends("/h5/hours/new", **COURSE).text
    said = secretary.does("/h5/hours/new", **COURSE, who=who)
    assert "已登记9人。" in said
    secretary.does("/h5/hours/new", **COURSE, who=who)  # tapped twice
    with office.house.reading() as db:
        course = db.scalars(select(Course)).one()
    learned.course = course.public_id
    assert "29.5 / 32 还差2.5" in secretary.reads("/h5/hours")
    own = office.browser(OTHER_MEMBER).reads(f"/h5/hours/of/{office.id_of(OTHER_MEMBER)}")
    assert "集中学习 27.5 应达 32 还差 4.5" in own
    home = f"/h5/hours/course/{course.public_id}"
    leader = office.browser(OTHER_LEADER)
    seen = leader.reads(home)
    assert OTHER_MEMBER in seen
    assert MORE[0] not in seen
    assert "另有8位是其他党小组的" in seen
    assert leader.get(f"{home}/edit").status_code == 403
    assert "改过这条记录" in secretary.sends(f"{home}/edit", **COURSE, who=who, version="9").text
    changed = secretary.does(f"{home}/edit", **{**COURSE, "hours": "28"}, who=who[1:], version="1")
    assert "27.5学时改为28学时，去掉1人" in changed
    assert "作废，不再计入，登记重了" in secretary.does(f"{home}/withdraw", version="2", reason="登记重了")
    assert "27.5" not in office.browser(OTHER_MEMBER).reads(f"/h5/hours/of/{office.id_of(OTHER_MEMBER)}")
    secretary.does("/h5/hours/new", **COURSE, who=who)


def test_table_5_on_paper_and_as_a_workbook(learned: Learned) -> None:
    office = learned.office
    office.browser(SECRETARY).sends("/h5/hours/new", **COURSE, who=[office.id_of(MORE[0])])
    page = office.browser(SECRETARY).reads("/h5/print/hours/2026")
    assert "党员集中学习培训学时登记表" in page
    for column in ["姓名", "日期", "内容", "主办单位", "形式", "学时", "本年累计", "应达", "证明材料", "登记人"]:
        assert column in page
    row = f"{MORE[0]} 2026-11-02 县直机关党务干部培训班 市直机关工委 集中培训 27.5 27.5 32 结业证书复印件，党建档案盒3 {SECRETARY}"
    assert row in page
    assert f"{MORE[0]} 2026-11-19 党课：党员的权利和义务 青湾市气象局党支部 党课 2" in page
    assert "达到应达学时：" in page
    assert "书记和班子成员56学时（本支部设定）" in page
    assert "党课2学时、主题党日2学时，其他不计" in page
    leader = office.browser(OTHER_LEADER).reads("/h5/print/hours/2026Q4")
    assert MORE[0] not in leader
    assert OTHER_MEMBER in leader
    book = office.browser(SECRETARY).get("/h5/export/hours/2026")
    rows = python_calamine.load_workbook(BytesIO(book.data)).get_sheet_by_index(0).to_python()
    assert any(line[:3] == [MORE[0], "2026-11-02", "县直机关党务干部培训班"] for line in rows)


def test_an_activity_says_its_topic_and_hours(learned: Learned) -> None:
    office = learned.office
    secretary = office.browser(SECRETARY)
    form = {"what": "party_day", "title": "外出学习", "starts-day": "2026-12-20", "starts-time": "09:00"}
    assert "学时请填数字" in secretary.sends("/h5/activities/new", **form, hours="半天").text
    secretary.does("/h5/activities/new", **form, hours="4", topic="tradition")
    with office.house.reading() as db:
        made = db.scalars(select(Activity).where(Activity.title == "外出学习")).one()
        assert (made.tenths, made.topic) == (40, Topic.TRADITION)
    where = f"/h5/a/{made.public_id}/particulars"
    assert 'value="4"' in secretary.get(where).text
    secretary.does(where, version="1", hours="", topic="")
    with office.house.reading() as db:
        made = db.get_one(Activity, made.id)
        assert (made.tenths, made.topic) == (None, None)


def test_the_effect_of_a_lesson_stands_on_its_page(learned: Learned) -> None:
    said = learned.office.browser(SECRETARY).reads(f"/h5/a/{learned.lecture}")
    assert "评学 9人，学前0/9（0.0%），学后9/9（100.0%）" in said
    assert "评学" not in learned.office.browser(SECRETARY).reads("/h5/activities")


# --- exams -----------------------------------------------------------------------------------------------------


def test_a_paper_is_drafted_refused_for_want_of_questions_mended_and_opened(learned: Learned) -> None:
    office = learned.office
    secretary = office.browser(SECRETARY)
    span = {"opens-day": "2026-11-22", "opens-time": "08:00", "closes-day": "2026-12-22", "closes-time": "20:00"}
    numbers = {"minutes": "30", "pass_mark": "60", "tries": "2", "wait_hours": "24"}
    form = {"title": "冬季测验", **span, **numbers}
    assert "请至少填一行要几道题" in secretary.sends("/h5/exams/new", **form).text
    assert "一份最多100道题" in secretary.sends("/h5/exams/new", **form, **{"count-0": "90", "count-1": "20"}).text
    assert "第1行的题数请填1到100的数字" in secretary.sends("/h5/exams/new", **form, **{"count-0": "-1"}).text
    assert "结束早于开始" in secretary.sends(
        "/h5/exams/new", **{**form, "closes-day": "2026-11-21"}, **{"count-0": "1"}
    ).text  # fmt: skip
    rows = {"topic-0": "ideals", "kind-0": "single", "count-0": "9", "topic-2": "rights", "count-2": "3"}
    made = secretary.does("/h5/exams/new", **form, **rows)
    assert "理想信念 单选 9题，题库有4题，还差5题" in made
    with office.house.reading() as db:
        paper = db.scalars(select(Paper).where(Paper.title == "冬季测验")).one()
    home = f"/h5/exams/{paper.public_id}"
    refused = secretary.sends(f"{home}/open")
    assert refused.status_code == 409
    assert "题库里的题不够" in refused.text
    asked = urlencode({**rows, "count-0": "4"})
    stock = secretary.get(f"/h5/exams/stock?{asked}").json
    assert stock == {"there": [4, None, 6, *[None] * 5], "words": "一共7题，题库够用。"}
    assert "还差5题" in str(secretary.get(f"/h5/exams/stock?{urlencode(rows)}").json)
    secretary.does(f"{home}/edit", **form, **{**rows, "count-0": "4"}, version="1")
    assert "已开放" in secretary.does(f"{home}/open")
    phone = office.branch.phone("a member's phone").says(office.branch.code(OTHER_MEMBER)).hears("绑定成功")
    phone.says("测验").hears("做哪一份", "冬季测验")
    assert "已结束" in secretary.does(f"{home}/close")
    with office.house.reading() as db:
        assert db.get_one(Paper, paper.id).state is PaperState.CLOSED


def test_a_score_is_seen_by_the_member_and_by_those_who_run_study(learned: Learned) -> None:
    office = learned.office
    where = f"/h5/exams/result/{learned.sitting}"
    for name in (MEMBER, SECRETARY, COMMITTEE):
        assert "71 分 7题答对 5" in office.browser(name).reads(where)
    for name in (LEADER, OTHER_LEADER, OTHER_MEMBER):
        assert office.browser(name).get(where).status_code == 403
    assert "学习党章测验" in office.browser(MEMBER).reads("/h5/exams/mine")
    assert "71分" not in office.browser(OTHER_MEMBER).reads("/h5/exams/mine")
    listed = office.browser(SECRETARY).reads(f"/h5/exams/{learned.paper}")
    assert "交卷 1 合格 1" in listed
    assert f"{MEMBER} 71分 合格" in listed
    for elsewhere in (f"/h5/m/{office.id_of(MEMBER)}", f"/h5/members/{office.id_of(MEMBER)}", "/h5/print/year/2026"):
        assert "71" not in office.browser(SECRETARY).reads(elsewhere)  # no appraisal, no list, no table knows it


def test_the_form_of_a_paper_counts_while_it_is_filled_in(learned: Learned, new_page: Callable[..., Page]) -> None:
    page, office = new_page(), learned.office
    goes_in(page, office, SECRETARY)
    page.goto(f"{office.address}/h5/exams/new")
    page.locator("#topic-0").select_option("ideals")
    page.locator("#count-0").fill("4")
    expect(page.locator("#there-0")).to_have_text("（题库有4题）")
    expect(page.locator("#enough")).to_have_text("一共4题，题库够用。")
    page.locator("#count-0").fill("5")
    expect(page.locator("#enough")).to_have_text("理想信念 5题，题库有4题，还差1题")


PAGES = [
    ("hours", SECRETARY, "/h5/hours"),
    ("hours-of", MEMBER, "/h5/hours/of/{member}"),
    ("hours-course", SECRETARY, "/h5/hours/course/{course}"),
    ("hours-edit", SECRETARY, "/h5/hours/course/{course}/edit"),
    ("lesson", SECRETARY, "/h5/a/{lecture}"),
    ("exams", SECRETARY, "/h5/exams"),
    ("exam-new", SECRETARY, "/h5/exams/new"),
    ("exam-paper", SECRETARY, "/h5/exams/{paper}"),
    ("exam-draft", SECRETARY, "/h5/exams/{draft}"),
    ("exam-mine", MEMBER, "/h5/exams/mine"),
    ("exam-result", MEMBER, "/h5/exams/result/{sitting}"),
]


def test_the_pages_are_whole(learned: Learned, new_page: Callable[..., Page]) -> None:
    office, pages = learned.office, {name: new_page() for name in (SECRETARY, MEMBER)}
    for name, page in pages.items():
        goes_in(page, office, name)
    office.browser(SECRETARY).sends("/h5/hours/new", **COURSE, who=[office.id_of(LONG), office.id_of(MEMBER)])
    with office.house.reading() as db:
        course = db.scalars(select(Course.public_id).order_by(Course.id.desc())).first()
    known = {**vars(learned), "course": course, "member": office.id_of(MEMBER)}
    for shot, name, address in PAGES:
        look_over(pages[name], f"{office.address}{address.format(**known)}", shot)


def test_the_pages_are_whole_with_nothing_on_them(bare: Office, new_page: Callable[..., Page]) -> None:
    page = new_page()
    goes_in(page, bare, SECRETARY)
    for address in ("/h5/hours", "/h5/exams"):
        look_over(page, f"{bare.address}{address}", f"bare{address.replace('/', '-')}")
    assert re.search("还没有试卷", page.goto(f"{bare.address}/h5/exams").text())  # type: ignore[union-attr] # a page there
