"""Study on the pages: a bank taken in, looked over, put to use, edited, retired, handed out; the path; the figures."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from models.member import Member
from models.question import Bank, Question, QuestionKind, QuestionState, Topic
from models.study import Answer, Outcome, Purpose
from pages.banks import SHOWN, Banks
from services import banks
from services.rosters import Entry, take_all
from sheets import questions
from sheets.questions import QuestionLine
from tests.branch import ROOT
from tests.pages.office import COMMITTEE, FIRST, MEMBER, SECRETARY, Browser, Office, words_of

HEADER = "题型,题干,选项A,选项B,选项C,选项D,答案,解析,文件,版本,条款,把握,难度,主题,标签\n"
ROWS = (
    "单选,预备期有多长？,半年,一年,两年,三年,B,预备党员的预备期为一年。,中国共产党章程,2022-10-22,第七条,确定,2,组织制度,党章\n"
    "判断,党员永远是劳动人民的普通一员。,,,,,正确,,中国共产党章程,2022-10-22,第二条,确定,1,理想信念,\n"
    "单选,预备期有多长？,半年,一年,两年,三年,C,,,,,,,,\n"
    "单选,答案不在里面？,甲,乙,,,D,,,,,,,,\n"
    "填空,党的最高理想是实现____。,,,,,共产主义,,,,,,,,\n"
    "判断,党员永远是劳动人民的普通一员。,,,,,正确,,,,,,,,\n"
)


@pytest.fixture
def clerk(office: Office) -> Browser:
    """宣传委员 keeps the study."""
    return office.browser(COMMITTEE)


def upload(browser: Browser, content: bytes, name: str = "党章.csv", **fields: str) -> TestResponse:
    """Send a bank as the form does."""
    form = {"csrf": browser.csrf(), **fields, "file": FileStorage(io.BytesIO(content), name)}
    boundary, body = encode_multipart(form)
    return browser.client.post("/h5/study/import", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def bank_of(office: Office, name: str) -> str:
    with office.house.reading() as db:
        return db.scalars(select(Bank.public_id).where(Bank.name == name)).one()


def question_of(office: Office, stem: str) -> tuple[str, QuestionState]:
    with office.house.reading() as db:
        found = db.scalars(select(Question).where(Question.stem.startswith(stem))).one()
        return f"/h5/study/questions/{found.public_id}", found.state


def version_on(browser: Browser, address: str) -> str:
    shown = re.search(r'name="version" value="(\d+)"', browser.get(address).text)
    assert shown
    return shown[1]


def test_a_bank_is_taken_in_looked_over_and_put_to_use(office: Office, clerk: Browser) -> None:
    answer = upload(clerk, (HEADER + ROWS).encode("gb18030"), bank="初一")
    assert answer.status_code == 303, words_of(answer)
    address = answer.headers["Location"]
    shown = clerk.reads(address)
    assert "读到 6 行：新增 3，更新 0，没有变化 1，不收 2。" in shown
    assert "和第 2 行是同一道题，答案却不一样" in shown
    assert "答案：答案里的 D 没有对应的选项" in shown
    assert "和第 3 行相同" in shown
    with office.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Question)) == 0, "nothing before the yes"
    done = clerk.does(address)
    assert "共 6 行：新增 3，更新 0，没有变化 1，不收 2。" in done
    assert clerk.does(address).count("新增 3"), "sent again, the report stays"
    bank = f"/h5/study/banks/{bank_of(office, '初一')}"
    listed = clerk.reads(bank)
    assert "共 3 道。" in listed
    assert "待审 3" in listed
    assert "找到 1 道。" in clerk.reads(f"{bank}?q=最高理想")
    assert "没有找到" in clerk.reads(f"{bank}?q=%25")
    assert "找到 1 道。" in clerk.reads(f"{bank}?topic=ideals&state=draft&kind=judge")

    page, state = question_of(office, "预备期有多长")
    assert state is QuestionState.DRAFT
    told = clerk.reads(page)
    assert "【待审】【单选】第1题，共3题 预备期有多长？ A 半年 B 一年 C 两年 D 三年" in told
    assert "回答错误，应选 B 一年（党章第七条）" in told
    seen = version_on(clerk, page)
    assert "请写审核人的姓名" in words_of(clerk.sends(f"{page}/publish", version=seen, reviewer=" "))
    onward = clerk.does(f"{page}/review", version=seen, reviewer="孙丽")
    assert "已审。这是下一道待审的。" in onward
    assert "预备期有多长" not in onward
    assert clerk.sends(f"{page}/publish", version=seen).status_code == 409, "somebody else was quicker"
    live = clerk.does(f"{page}/publish", version=version_on(clerk, page))
    assert "在用" in live
    assert "审核人 孙丽" in live
    assert "投入使用，审核人孙丽" in live, "the log tells"
    assert "【待审】" not in live


def test_an_edited_question_waits_for_review_and_a_refused_form_keeps_what_was_typed(
    office: Office, clerk: Browser
) -> None:
    upload_done(clerk, HEADER + "单选,谁作介绍人？,一名党员,两名正式党员,,,B,,,,,,,,\n", bank="初二", reviewer="孙丽")
    page, state = question_of(office, "谁作介绍人")
    assert state is QuestionState.LIVE
    form = {
        "kind": "single", "stem": "申请入党的人，谁作介绍人？", "option0": "一名党员", "option1": "两名正式党员",
        "option2": "三名党员", "answer": "B", "document": "中国共产党章程", "edition": "2022-10-22", "article": "第五条",
        "certainty": "certain", "topic": "organisation", "difficulty": "2",
    }  # fmt: skip
    seen = version_on(clerk, f"{page}/edit")
    refused = clerk.sends(f"{page}/edit", **{**form, "answer": "E"}, version=seen)
    assert refused.status_code == 422
    assert "答案：答案里的 E 没有对应的选项" in words_of(refused)
    assert 'value="三名党员"' in refused.text
    saved = clerk.does(f"{page}/edit", **form, version=seen)
    assert "已保存：题干、选项" in saved
    assert "待审" in saved
    assert clerk.sends(f"{page}/edit", **{**form, "article": "第六条"}, version=seen).status_code == 409
    again = version_on(clerk, page)
    assert "没有改动" in clerk.does(f"{page}/edit", **form, version=again)
    assert "已停用" in clerk.does(f"{page}/retire", version=again)
    assert "待审" in clerk.does(f"{page}/reopen", version=version_on(clerk, page))
    bank = f"/h5/study/banks/{bank_of(office, '初二')}"
    taken = clerk.sends(f"{bank}/new", **form)
    assert "题库里已有这道题" in words_of(taken)
    made = clerk.does(f"{bank}/new", kind="blank", stem="党龄从____算起。", answer="转正之日|转为正式党员之日")
    assert "已存为待审" in made


def upload_done(browser: Browser, content: str | bytes, **fields: str) -> str:
    """A bank that is taken in; what the page says then."""
    answer = upload(browser, content.encode() if isinstance(content, str) else content, **fields)
    assert answer.status_code == 303, words_of(answer)
    address = answer.headers["Location"]
    said = browser.does(address)
    for _ in range(20):
        if "导入完成" in said:
            return said
        said = browser.does(address)
    raise AssertionError(said)


def test_the_starter_bank_goes_in_and_comes_out_the_same(office: Office, clerk: Browser, tmp_path: Path) -> None:
    file = ROOT / "banks" / "党章2022.csv"
    before = [one for one in questions.read(file) if isinstance(one, QuestionLine)]
    assert f"新增 {len(before)}" in upload_done(clerk, file.read_bytes(), bank="党章2022", reviewer="张建国")
    assert f"没有变化 {len(before)}" in upload_done(clerk, file.read_bytes(), bank="党章2022", reviewer="张建国")
    bank = f"/h5/study/banks/{bank_of(office, '党章2022')}"
    assert f"在用 {len(before)}" in clerk.reads(bank)
    for suffix in ("xlsx", "csv", "gift", "json"):
        out = tmp_path / f"out.{suffix}"
        out.write_bytes(clerk.get(f"{bank}/export.{suffix}").data)
        after = [one for one in questions.read(out) if isinstance(one, QuestionLine)]
        assert [banks.Entry(**{name: getattr(one, name) for name in banks.FIELDS}) for one in after] == [
            banks.Entry(**{name: getattr(one, name) for name in banks.FIELDS}) for one in before
        ], suffix
    assert clerk.get(f"{bank}/export.exe").status_code == 404
    first = clerk.get(bank).text
    onward = re.search(r'href="([^"]*after=\d+)"', first)
    assert onward
    second = clerk.get(onward[1].replace("&amp;", "&")).text
    stems = [re.findall(r'class="title grow"><bdi>([^<]*)', page) for page in (first, second)]
    assert [len(one) for one in stems] == [SHOWN, SHOWN]
    assert set(stems[0]) & set(stems[1]) == set()
    with office.house.reading() as db:
        there = db.scalar(
            select(func.count()).where(Question.document == "中国共产党章程", Question.state != QuestionState.RETIRED)
        )
    confirm = clerk.reads("/h5/study/editions?document=中国共产党章程&edition=2022-10-22")
    assert f"（ 2022-10-22 ）的 {there} 道题，全部停用吗？" in confirm
    said = clerk.does("/h5/study/editions", document="中国共产党章程", edition="2022-10-22")
    assert f"已停用{there}道。" in said
    assert f"停用 {len(before)}" in clerk.reads(bank)


def test_a_long_bank_goes_in_piece_by_piece(office: Office, clerk: Browser) -> None:
    many = banks.CHUNK * Banks.chunks + 10
    rows = "".join(f"判断,第{place}道要判断的题目是{place * 7919},,,,,正确,,,,,,,业务,\n" for place in range(many))
    address = upload(clerk, (HEADER + rows).encode(), bank="长").headers["Location"]
    first = clerk.does(address)
    assert f"已导入 {banks.CHUNK * Banks.chunks} 行，共 {many} 行" in first
    assert 'id="further"' in clerk.get(address).text
    assert f"新增 {many}" in clerk.does(address)
    with office.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Question).join(Bank).where(Bank.name == "长")) == many


def test_a_bank_that_comes_along_goes_in_by_its_name(office: Office, clerk: Browser) -> None:
    assert "随系统带的题库" in clerk.reads("/h5/study")
    shown = clerk.does("/h5/study/starter", name="气象业务")
    assert re.search(r"读到 (\d+) 行：新增 \1，更新 0，没有变化 0，不收 0。", shown)
    address = clerk.sends("/h5/study/starter", name="气象业务").headers["Location"]
    assert "导入完成" in clerk.does(address)
    assert 'value="气象业务"' not in clerk.get("/h5/study").text
    assert "没有这个题库" in words_of(clerk.sends("/h5/study/starter", name="../demo/roster"))
    assert office.browser(MEMBER).sends("/h5/study/starter", name="气象业务").status_code == 403


def test_what_is_no_bank_is_refused_in_words(office: Office, clerk: Browser) -> None:
    assert "看不出是题库" in words_of(upload(clerk, b"\x89PNG\r\n\x1a\n\0\0"))
    assert "请先选文件" in words_of(clerk.sends("/h5/study/import"))
    thrown_away = upload(clerk, (HEADER + ROWS).encode(), bank="丢了").headers["Location"]
    office.house.store.delete(f"shelf:{thrown_away.rsplit('/', 1)[1]}:0")
    for gone in (clerk.get(thrown_away), clerk.sends(thrown_away)):
        assert gone.status_code in {404, 422}
        assert "已经过期" in words_of(gone)
    other = office.browser(SECRETARY)
    address = upload(clerk, (HEADER + ROWS).encode(), bank="别人的").headers["Location"]
    assert other.get(address).status_code == 404, "an upload is its own person's"
    assert clerk.get(address.replace("/study/import", "/members/import")).status_code == 403
    assert other.get(address.replace("/study/import", "/members/import")).status_code == 404


def test_the_path_is_laid_out_in_order(office: Office, clerk: Browser) -> None:
    assert "请写读什么" in words_of(clerk.sends("/h5/study/path", title="空的"))
    for title in ("总纲", "党员"):
        said = clerk.does("/h5/study/path", title=title, reading=f"读党章“{title}”一章")
    assert said.index("1. 总纲") < said.index("2. 党员")
    steps = re.findall(r'/h5/study/path/(\w{10})"', clerk.get("/h5/study/path").text)
    assert "1. 党员" in clerk.does(f"/h5/study/path/{steps[-1]}/move", up="1")
    page = f"/h5/study/path/{steps[0]}"
    seen = version_on(clerk, page)
    edited = clerk.does(page, title="总纲", topic="ideals", starts="2026-12-01", version=seen)
    assert "2. 总纲 出题：理想信念 2026年12月1日起" in edited
    assert clerk.sends(page, title="别的", reading="别的", version=seen).status_code == 409
    closed = clerk.does(f"{page}/close")
    assert "1. 党员" in closed
    assert "2. 总纲" not in closed
    assert "取下的（1）" in closed
    assert office.browser(MEMBER).get("/h5/study/path").status_code == 403


def furnish(office: Office) -> str:
    """Twelve people who have answered twenty questions twice, one of them with its key turned round; the bank's id."""

    def fill(db: Session) -> str:
        act = office.house.operator()
        take_all(db, act, [Entry(name=f"学员{place}", group=FIRST) for place in range(12)], {})
        bank = banks.made(db, act, "情况")
        entries = [
            banks.Entry(QuestionKind.JUDGE, f"情况第{place}题，说的是第{place}件事。", (), key=True, topic=Topic.IDEALS)
            for place in range(20)
        ]
        banks.take_all(db, act, bank.id, entries, "孙丽")
        ids = list(db.scalars(select(Question.id).where(Question.bank_id == bank.id).order_by(Question.id)))
        people = list(db.scalars(select(Member.id).where(Member.name.startswith("学员")).order_by(Member.id)))
        rows = []
        for who, person in enumerate(people):
            for which, question in enumerate(ids):
                right = (who * 7 + which * 5) % 12 < (10 if who < 6 else 4)
                if which == 3:
                    right = who >= 6
                for times, days in enumerate((None, float(1 + (who + which) % 5 * 14))):
                    rows.append(
                        {
                            "member_id": person, "question_id": question, "purpose": Purpose.TODAY,
                            "outcome": Outcome.RIGHT if (times and (who + which) % 5) or (not times and right) else Outcome.WRONG,
                            "at": act.now + timedelta(seconds=times), "days": days,
                            "expected": None if days is None else 0.95 - days / 200, "message": f"{who}-{which}-{times}",
                        }
                    )  # fmt: skip
        db.execute(insert(Answer), rows)
        return bank.public_id

    return office.house.run(fill)


def test_the_figures_show_no_person(office: Office, clerk: Browser) -> None:
    assert "不到5位同志有过复习，还画不出来" in clerk.reads("/h5/study/figures")
    furnish(office)
    page = clerk.get("/h5/study/figures")
    told = words_of(page)
    assert "2026年第四季度：主题" in told
    assert "这个季度还没有开展：理想信念、革命传统、形势任务、权利义务。" in told
    assert "理想信念 0 缺 0 0 480" in told
    assert "情况第3题，说的是第3件事。 平时答得好的6人，答对0人 其余6人，答对6人" in told
    assert told.count("平时答得好的6人") == 1
    assert "<svg" in page.text
    assert "64+" not in page.text
    assert "学员" not in page.text
    assert "2027年第一季度" in clerk.reads("/h5/study/figures?quarter=2027Q1")
    assert "2026年第四季度" in clerk.reads("/h5/study/figures?quarter=2026Q9")
