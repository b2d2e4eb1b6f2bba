"""One's own record, hours and study through the API: kept at once, told to oneself, ranked nowhere."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Answer, Paper
from models.appointment import Role
from models.question import QuestionKind, Topic
from models.reminder import StudyWish
from services import banks, exams, study, wishes
from services import members as people
from services.exams import Asked, Row
from tests.api.leading import Leading, leading, told
from tests.api.test_leaves import NOBODY, rows
from tests.api.test_login import refused
from tests.branch import Branch
from tests.services.test_exams import fill


@pytest.fixture
def all_(branch: Branch) -> Leading:
    return leading(branch)


def asked(all_: Leading, path: str = "study/question") -> dict[str, object]:
    """The question that comes next."""
    found = told(all_.member.get(path))["question"]
    assert isinstance(found, dict)
    return found


def turned(db: Session, branch: Branch, question: str) -> None:
    """Somebody edits the question so that A is right."""
    found = study.find(db, question)
    assert found is not None
    banks.edit(db, branch.act_of(db, "王芳"), found, replace(banks.entry_of(found), key=(0,)), found.version)


def test_questions_are_answered_once_and_shown_to_oneself(all_: Leading) -> None:
    assert told(all_.member.get("study/question"))["question"] is None
    all_.branch.house.run(lambda db: fill(db, (Topic.IDEALS, QuestionKind.SINGLE, 3, 5)))
    first = asked(all_)
    assert asked(all_) == first  # asking again gives the same one
    assert "key" not in first
    said = {"question": first["id"], "version": first["version"], "purpose": "today", "answer": "选 a", "took": 9}
    refused(all_.member.post("study/answers", {**said, "answer": "不晓得选哪个好呢"}), 422, "unclear")
    refused(all_.member.post("study/answers", {**said, "version": 7}), 409, "edited")
    refused(all_.member.post("study/answers", {**said, "question": NOBODY}), 404, "unknown")
    kept = told(all_.member.post("study/answers", said, {"Idempotency-Key": "q1"}), 201)
    assert (kept["outcome"], kept["right"]) == ("wrong", "应选 B 乙")
    assert told(all_.member.post("study/answers", said, {"Idempotency-Key": "q1"}), 201) == kept
    refused(all_.member.post("study/answers", {**said, "answer": "B"}, {"Idempotency-Key": "q1"}), 409, "key")
    with all_.branch.house.reading() as db:
        assert db.scalar(select(func.count()).select_from(Answer)) == 1
    standing = told(all_.member.get("study"))
    assert (standing["number"], standing["wrong"], standing["topics"]) == (2, 1, ["ideals"])
    all_.branch.clock.advance(60)
    assert asked(all_, "study/question?purpose=wrong")["id"] == first["id"]
    second = asked(all_)
    assert second["id"] != first["id"]
    assert asked(all_, f"study/question?skipped={second['id']}")["id"] not in {first["id"], second["id"]}
    assert asked(all_, "study/question?purpose=topic&topic=ideals")["topic"] == "ideals"
    refused(all_.member.get("study/question?purpose=topic"), 422, "malformed")
    assert told(all_.member.get("me/hours"))["questions"] == 1
    assert told(all_.elsewhere.get("study"))["wrong"] == 0


def test_the_chat_goes_on_where_the_mini_program_stopped(all_: Leading) -> None:
    all_.branch.house.run(lambda db: fill(db, (Topic.IDEALS, QuestionKind.SINGLE, 3, 5)))
    question = asked(all_)
    said = {"question": question["id"], "version": 1, "purpose": "today", "answer": "B"}
    assert "回答正确" in str(told(all_.member.post("study/answers", said), 201)["message"])
    digits = all_.branch.code("张建国")
    all_.member.phone.says(digits).hears("绑定成功")
    all_.member.phone.says("答题").hears("第2题")


def test_a_paper_is_sat_and_its_result_is_for_oneself_and_the_office(all_: Leading) -> None:
    branch, clock = all_.branch, all_.branch.clock

    def made(db: Session) -> str:
        fill(db, (Topic.IDEALS, QuestionKind.SINGLE, 3, 2))
        act = branch.act_of(db, "王芳")
        now = clock.now()
        wanted = Asked("党章测验", [Row(2)], 30, 60, now - timedelta(days=1), now + timedelta(days=7))
        paper = exams.make(db, act, wanted)
        exams.open_(db, act, paper)
        return paper.public_id

    paper = branch.house.run(made)
    offer = rows(told(all_.member.get("papers")), "papers")
    assert [(one["id"], one["questions"], one["left"], one["sitting"]) for one in offer] == [(paper, 2, 2, None)]
    sitting = told(all_.member.post(f"papers/{paper}/sittings"), 201)
    assert told(all_.member.post(f"papers/{paper}/sittings"), 201)["id"] == sitting["id"]  # one under way is the one
    path = f"sittings/{sitting['id']}"
    first, second = (str(one["id"]) for one in rows(sitting, "questions"))
    says = {"question": first, "version": rows(sitting, "questions")[0]["version"], "answer": "B"}
    refused(all_.elsewhere.post(f"{path}/answers", says), 404, "unknown")
    refused(all_.elsewhere.get(path), 404, "unknown")
    branch.house.run(lambda db: turned(db, branch, first))
    refused(all_.member.post(f"{path}/answers", says), 409, "edited")  # B was right when it was shown, and is not now
    shown = rows(told(all_.member.get(path)), "questions")[0]
    says |= {"version": shown["version"], "answer": "A"}
    kept = told(all_.member.post(f"{path}/answers", says))
    assert kept == {"kept": True, "unanswered": [second]}
    for later in ({**says, "answer": "B"}, {**says, "version": 1}):
        again = told(all_.member.post(f"{path}/answers", later))
        assert again["kept"] is False  # the first one stands
    refused(all_.member.post(f"{path}/answers", {**says, "question": NOBODY}), 404, "unknown")
    assert told(all_.member.get(path))["result"] is None
    clock.advance(31 * 60)
    refused(all_.member.post(f"{path}/answers", {**says, "question": second, "version": 1}), 409, "over")
    done = told(all_.member.post(f"{path}/hand-in"))
    assert done["questions"] == []
    result = done["result"]
    assert isinstance(result, dict)
    assert (result["right"], result["of"], result["score"], result["passed"]) == (1, 2, 50, False)
    assert told(all_.member.post(f"{path}/hand-in")) == done
    assert [one["id"] for one in rows(told(all_.member.get("sittings")), "sittings")] == [sitting["id"]]
    for nobody in (all_.leader, all_.member):
        refused(nobody.get(f"papers/{paper}/results"), 403, "forbidden")
    found = rows(told(all_.secretary.get(f"papers/{paper}/results")), "results")
    assert [(one["name"], one["score"]) for one in found] == [("张建国", 50)]
    assert told(all_.secretary.get(path))["result"] == result
    assert [one["id"] for one in rows(told(all_.secretary.get("papers/all")), "papers")] == [paper]
    refused(all_.leader.get("papers/all"), 403, "forbidden")
    branch.dismisses("王芳")
    refused(all_.secretary.get(f"papers/{paper}/results"), 403, "forbidden")  # at that moment
    with branch.house.reading() as db:
        assert db.scalar(select(Paper.title)) == "党章测验"


def test_the_own_year_is_as_the_sheet_has_it(all_: Leading) -> None:
    branch = all_.branch
    meeting = branch.meeting()
    with branch.house.reading() as db:
        zhang = people.find(db, "张建国").public_id
    told(all_.leader.post(f"activities/{meeting}/registrations", {"member_ids": [zhang]}))
    branch.close(meeting)
    branch.close(branch.meeting("12月主题党日"))
    year = told(all_.member.get("me/record"))
    assert (year["expected"], year["present"], year["not_come"], year["rate"]) == (2, 1, 1, "1/2（50.0%）")
    assert sorted(str(one["label"]) for one in rows(year, "cases")) == ["未到", "登"]
    assert told(all_.member.get("me/record?year=2020"))["cases"] == []
    branch.appoints("张建国", Role.PUBLICITY)
    hours = told(all_.member.get("me/hours"))
    assert (hours["year"], hours["exempt"]) == (branch.clock.now().year, False)
    assert told(all_.member.get("study/path"))["steps"] == []
    refused(all_.member.post(f"study/path/{NOBODY}/read"), 404, "unknown")


def test_wishes_are_ones_own_and_the_same_as_in_chat(all_: Leading) -> None:
    none = {"study": "never", "study_at": "12:30", "self_check": False, "self_check_at": "15:00", "unread": True}
    assert told(all_.member.get("me/wishes")) == none
    assert told(all_.member.post("me/wishes", {"study": "twice"})) == {**none, "study": "twice"}
    assert told(all_.member.post("me/wishes", {"self_check": True}))["study"] == "twice"
    refused(all_.member.post("me/wishes", {"study": "hourly"}), 422, "malformed")
    assert told(all_.elsewhere.get("me/wishes")) == none
    with all_.branch.house.reading() as db:
        assert wishes.of(db, people.find(db, "张建国")) == wishes.Wanted(StudyWish.TWICE, self_check=True)
