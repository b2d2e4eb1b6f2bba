"""`zhibu questions import` and `export` as an operator meets them: reports, exit codes, what is said."""

import json
from pathlib import Path

import pytest
import redis
from sqlalchemy import select

from models.question import Bank, Question
from tests.engines import Database
from tests.services.operator import Operator, at

HEADER = "题型,题干,选项A,选项B,选项C,答案,解析\n"
GOOD = HEADER + (
    "单选,党的生日是哪一天,七月一日,八月一日,十月一日,A,见党史。\n"
    "多选,党员的义务有,学习,劳动,不交党费,AB,\n"
    "判断,预备党员没有表决权,,,,对,\n"
    "填空,党的根本宗旨是____,,,,全心全意为人民服务,\n"
)
BAD = (
    "单选,党的生日是哪一天,七月一日,八月一日,十月一日,B,\n"
    "单选,没有这个选项,甲,乙,,D,\n"
    ",,甲,乙,,A,\n"
    "判断,预备党员没有表决权。,,,,正确,\n"
    "简答,谈谈体会,,,,略,\n"
)


@pytest.fixture
def zhibu(
    database: Database,
    empty_redis: redis.Redis,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Operator:
    """The command on an empty SQLite installation."""
    return at(database, redis_url, capsys, monkeypatch)


def states(database: Database) -> list[tuple[str, str, str]]:
    """Bank, state and reviewer of each question."""
    with database.engine.connect() as connection:
        rows = connection.execute(
            select(Bank.name, Question.state, Question.reviewed_by).join(Bank).order_by(Question.id)
        )
        return [(row.name, row.state.value, row.reviewed_by) for row in rows]


def report(zhibu: Operator, *words: object) -> dict[str, object]:
    """Import with --report; returns the report, whose sums must be right."""
    out = zhibu.home / "r.json"
    zhibu.types("questions", "import", *words, "--report", out).done()
    found: dict[str, object] = json.loads(out.read_text("utf-8"))
    assert list(found) == ["read", "imported", "updated", "duplicates", "rejected"]
    rejected = found["rejected"]
    assert isinstance(rejected, list)
    assert found["read"] == sum(int(str(found[key])) for key in ("imported", "updated", "duplicates")) + len(rejected)
    return found


def test_good_rows_go_in_and_the_others_are_named(zhibu: Operator, database: Database) -> None:
    zhibu.file("党史.csv", GOOD + BAD)
    tried = report(zhibu, "党史.csv", "--dry-run")
    assert states(database) == []
    found = report(zhibu, "党史.csv")
    assert found == tried
    assert (found["read"], found["imported"], found["duplicates"]) == (9, 4, 1)
    assert found["rejected"] == [
        {"row": 6, "column": "答案", "reason": "和第 2 行是同一道题，答案却不一样，请核对后只留一行。"},
        {"row": 7, "column": "答案", "reason": "答案里的 D 没有对应的选项，请核对。"},
        {"row": 8, "column": "题干", "reason": "题干是空的，请填上题目。"},
        {"row": 10, "column": "题型", "reason": "“简答”收不了，请改成单选、多选、判断或填空。"},
    ]
    again = report(zhibu, "党史.csv")
    assert (again["imported"], again["duplicates"], again["rejected"]) == (0, 5, found["rejected"])
    assert states(database) == [("党史", "draft", "")] * 4
    zhibu.file("党史.csv", GOOD.replace("八月一日", "九月一日") + BAD.replace("乙,,D", "乙,,B").partition("\n")[2])
    mended = report(zhibu, "党史.csv")
    assert (mended["imported"], mended["updated"], mended["duplicates"]) == (1, 1, 4)


def test_who_has_looked_them_over_and_which_bank(zhibu: Operator, database: Database) -> None:
    zhibu.file("a.csv", GOOD)
    said = zhibu.types("questions", "import", "a.csv", "--bank", "党史 常识", "--reviewed-by", "王芳").done().out
    assert said.startswith("读到 4 行：新增 4")
    assert states(database) == [("党史 常识", "live", "王芳")] * 4
    zhibu.file("b.json", json.dumps([{"question": "党的生日是哪一天", "options": ["七月一日", "八月一日"], "answer": "B"},
                                     {"question": "预备党员没有表决权吗，一年之内", "answer": True}]))  # fmt: skip
    said = zhibu.types("questions", "import", "b.json").done().out
    assert "第 1 行的答案和题库“党史 常识”里同一道题的不一样" in said
    zhibu.file("c.txt", "预备党员没有表决权么，一年之内{T}\n\n预备党员没有表决权么，一年以内{T}\n")
    said = zhibu.types("questions", "import", "c.txt", "--bank", "b").done().out
    assert "第 3 行和第 1 行的题目很像" in said
    assert "第 1 行和题库里的“预备党员没有表决权吗，一年之内”很像" in said


def test_nothing_in_and_some_rejected_is_1(zhibu: Operator, database: Database) -> None:
    zhibu.file("a.csv", HEADER + "单选,没有这个选项,甲,乙,,D,\n")
    ran = zhibu.types("questions", "import", "a.csv", "--report", "r.json")
    assert (ran.code, "第 2 行 答案：" in ran.out) == (1, True)
    assert json.loads((zhibu.home / "r.json").read_text("utf-8"))["imported"] == 0
    assert zhibu.types("questions", "import", zhibu.file("empty.csv", HEADER)).done().out.startswith("读到 0 行")
    assert states(database) == []


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv", "out.json", "out.gift", "out.txt"])
def test_what_is_exported_comes_in_again_as_known(zhibu: Operator, name: str) -> None:
    zhibu.file("党史.csv", GOOD)
    zhibu.types("questions", "import", "党史.csv").done()
    assert "题目 4 道" in zhibu.types("questions", "export", name, "--bank", "党史").done().out
    again = report(zhibu, name, "--bank", "党史")
    assert (again["read"], again["duplicates"]) == (4, 4)


def test_what_cannot_be_done_is_said_in_one_sentence(zhibu: Operator) -> None:
    zhibu.types("questions", "import", "nowhere.csv").refused("nowhere.csv：找不到这个文件")
    zhibu.types("questions", "import", zhibu.file("a.csv", "姓名,电话\n张三,1\n")).refused("看不出是题库")
    zhibu.types("questions", "import", zhibu.file("b.csv", GOOD), "--reviewed-by", " ").refused("要写审核人的姓名")
    zhibu.types("questions", "import", "b.csv", "--bank", "长" * 61).refused("1 至 60 个字")
    zhibu.types("questions", "import", "b.csv", "--report", "b.csv").refused("同一个")
    zhibu.types("questions", "export", "out.doc").refused("out.doc", ".xlsx")
    zhibu.types("questions", "export", "out.csv", "--bank", "没有").refused("没有叫“没有”的题库，现在一个题库也没有")
    assert zhibu.types("questions", "import").code == 2
    assert not Path("out.csv").exists()
