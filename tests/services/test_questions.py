"""Question banks as files: every dirt that public banks have is understood or named; written and read it is the same."""

import csv
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.question import Certainty, QuestionKind, Topic
from sheets import questions
from sheets.options import Unfit, split_options
from sheets.plain import plain
from sheets.question import Said
from sheets.questions import QuestionFault, QuestionLine
from sheets.table import SheetRefused

SINGLE, MULTIPLE, JUDGE, BLANK = QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.JUDGE, QuestionKind.BLANK
Meant = tuple[QuestionKind, str, tuple[str, ...], object]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[QuestionLine | QuestionFault]]:
    """Read a file of this content."""

    def work(content: str | bytes, name: str = "题库.dat") -> list[QuestionLine | QuestionFault]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return questions.read(path)

    return work


Read = Callable[..., list[QuestionLine | QuestionFault]]


def meant(line: QuestionLine | QuestionFault) -> Meant:
    assert isinstance(line, QuestionLine), line
    return line.kind, line.stem, line.options, line.key


def one(**said: object) -> Meant | tuple[str, str]:
    """What a question is understood as; the part and the reason where it is not."""
    try:
        return meant(questions.one(Said(**said)))  # type: ignore[arg-type] # as the test says
    except Unfit as unfit:
        return unfit.part, unfit.reason


def table(*rows: list[str]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


# --- options inside the question -------------------------------------------------------------------------------------

FOUR = ("甲说", "乙说", "丙说", "丁说")


@pytest.mark.parametrize(
    "text",
    [
        "下列正确的是（ ）\nA．甲说\nB．乙说\nC．丙说\nD．丁说\n",
        "下列正确的是（ ） \n  A．甲说   \n  B．乙说   \nC．丙说\n\n D．丁说",
        "下列正确的是（ ）A．甲说  B．乙说  C．丙说  D．丁说",
        "下列正确的是（ ）A．甲说B．乙说C．丙说D．丁说",
        "下列正确的是（ ） A. 甲说 B、乙说 C: 丙说 D）丁说",
        "下列正确的是（ ）\nＡ．甲说\nＢ．乙说\nＣ．丙说\nＤ．丁说",
        "下列正确的是（ ）(A)甲说 (B) 乙说（C）丙说【D】丁说",
        "下列正确的是（ ）A甲说 B乙说 C丙说 D丁说",
        "下列正确的是（ ）\nA 甲说\nB 乙说\nC 丙说\nD 丁说",
        "下列正确的是（ ） a. 甲说 b. 乙说 c. 丙说 d. 丁说",
        "下列正确的是（ ）A．甲说；B．乙说；C．丙说；D．丁说；",
        "<p>下列正确的是（&nbsp;）</p><p>A．甲说<br/>B．乙说</p><div>C．丙说</div>D．丁说",
        "12．（ 3分）下列正确的是（ 　　） \r\nA．甲说\tB．乙说\r\nC．丙说\tD．丁说\r\n",
        "【单选题】第7题 下列正确的是（ ）\u200b\nA.甲说\vB.乙说\x85C.丙说\u2028D.丁说",
    ],
)
def test_options_are_found_in_the_question_in_every_style(text: str) -> None:
    assert one(stem=text, answer="C") == (SINGLE, "下列正确的是（ ）", FOUR, (2,))


def test_letters_in_the_words_are_no_options() -> None:
    assert one(stem="维生素A、B的作用 A．甲和B、乙 B．丙 C．丁", answer="B") == (
        SINGLE, "维生素A、B的作用", ("甲和B、乙", "丙", "丁"), (1,),
    )  # fmt: skip
    mixed = "关于A、B两点 A．甲和B、乙 B. 丙 C、丁  (D) 戊"
    assert split_options(mixed) == ("关于A、B两点", ["甲和B、乙", "丙", "丁", "戊"])
    assert one(stem="A股市场何时建立", options=["1990", "1991"], answer="A")[1] == "A股市场何时建立"
    counted = split_options("A. 缺水\nB. 缺盐\nC. 缺铁\nD. 缺维生素A, D, E, 和K")
    assert counted == ("", ["缺水", "缺盐", "缺铁", "缺维生素A, D, E, 和K"])
    assert one(stem="题", options=["A 甲", "B 乙"], answer="B") == (SINGLE, "题", ("甲", "乙"), (1,))
    assert one(stem="题", options=["A 股", "乙"], answer="B") == (SINGLE, "题", ("A 股", "乙"), (1,))
    several = "21. A. 一 B. 二 C. 三 D. 四\n22. A. 五 B. 六 C. 七 D. 八"
    assert one(stem=several, answer=["A", "B"]) == ("stem", "一题里有几个小题，请拆开，一题一行。")


def test_a_gap_left_by_blanks_stays_a_gap_and_signs_of_arithmetic_no_tags() -> None:
    assert one(stem="21. No, I        it all day . \n  A. did      B. had done", answer="A")[1:3] == (
        "No, I ____ it all day .", ("did", "had done"),
    )  # fmt: skip
    assert one(stem="甲（        ）乙。      A．一      B．二", answer="B")[1:3] == ("甲（ ）乙。", ("一", "二"))
    assert one(stem="若a<b 且 c>d，则 <b class='x'>a</b>&lt;d", answer="对")[1] == "若a<b 且 c>d，则 a<d"


# --- options and answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "answer", "key"),
    [
        (["A. 甲", "B、乙", "(C)丙", "Ｄ：丁"], "B", (1,)),
        (["甲", "乙", "", ""], "Ａ", (0,)),
        (["甲", "乙", "丙"], "A B C", (0, 1, 2)),
        (["甲", "乙", "丙"], "acb", (0, 1, 2)),
        (["甲", "乙", "丙"], "A,C", (0, 2)),
        (["甲", "乙", "丙"], "A、B；C", (0, 1, 2)),
        (["甲", "乙", "丙"], ["A", "C"], (0, 2)),
        (["甲", "乙", "丙"], ["C"], (2,)),
        (["甲", "乙", "丙"], "A|B", (0, 1)),
        (["甲", "乙", "丙"], "正确答案：B", (1,)),
        (["甲", "乙", "丙"], "【答案】BC", (1, 2)),
        (["甲", "乙", "丙"], "故选C。", (2,)),
        (["甲", "乙", "丙"], "B. 乙", (1,)),
        (["甲", "乙", "丙"], "乙", (1,)),
        (["甲", "乙", "丙"], "甲；丙", (0, 2)),
        (["甲", "乙", "丙"], ["甲", "丙"], (0, 2)),
        (["AA", "Aa", "aa"], "Aa", (1,)),
        (["x", "y"], "B", (1,)),
        (["1", "2", "3"], "2", (1,)),
        (list("甲乙丙丁戊己庚辛壬癸"), "ABCDEFGHIJ", tuple(range(10))),
        (["甲", "乙"], "AB项", (0, 1)),
        (["good", "bad", "abed", "deaf"], "B. bad", (1,)),
        (["good", "bad", "abed", "deaf"], "C) abed", (2,)),
        (["food", "water", "CO", "O"], "D. O", (3,)),
        (["n", "n + 1", "2n"], "A. n", (0,)),
        (["A 甲", "B 乙", "C  丙"], "C", (2,)),
    ],
)
def test_every_way_to_name_the_right_options(options: list[str], answer: str | list[str], key: tuple[int, ...]) -> None:
    found = questions.one(Said(stem="题目", options=options, answer=answer))
    assert found.key == key
    assert found.kind is (MULTIPLE if len(key) > 1 else SINGLE)


@pytest.mark.parametrize(
    ("said", "part", "reason"),
    [
        ({"answer": "A", "options": ["甲", "乙"]}, "stem", "题干是空的"),
        ({"stem": "题", "options": ["甲", "乙"]}, "answer", "答案是空的"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "C"}, "answer", "答案里的 C 没有对应的选项"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "AE"}, "answer", "答案里的 E 没有对应的选项"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "丙"}, "answer", "答案“丙”和哪个选项都对不上"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "A. 乙"}, "answer", "和哪个选项都对不上"),
        (
            {"stem": "题", "options": ["bad thing", "b", "d"], "answer": "A. bad"},
            "answer",
            "“A. bad”和哪个选项都对不上",
        ),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "1"}, "answer", "分不清从 0 数还是从 1 数"),
        ({"stem": "题", "options": ["甲", "甲 ", "乙"], "answer": "A"}, "options", "选项 A 和 B 一样"),
        ({"stem": "题", "options": ["甲", "", "乙"], "answer": "A"}, "options", "选项 B 是空的"),
        ({"stem": "题", "options": ["甲"], "answer": "A"}, "options", "只有一个选项"),
        ({"stem": "题", "options": list("甲乙丙丁戊己庚辛壬癸子"), "answer": "A"}, "options", "选项超过 10 个"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "AB", "kind": "单选题"}, "answer", "单选题写了几个答案"),
        ({"stem": "题", "answer": "A", "kind": "单选"}, "options", "没有找到选项"),
        ({"stem": "题", "answer": "ABD"}, "options", "没有找到选项"),
        ({"stem": "题", "answer": "一段话"}, "kind", "看不出是什么题型"),
        ({"stem": "题", "answer": "一段话", "kind": "简答题"}, "kind", "“简答题”收不了"),
        ({"stem": "题", "answer": "也许", "kind": "判断"}, "answer", "判断题的答案看不懂"),
        ({"stem": "题", "options": ["甲", "乙"], "answer": "A", "kind": "判断"}, "options", "判断题的选项看不懂"),
        ({"stem": "题____", "answer": "；", "kind": "填空"}, "answer", "答案是空的"),
        ({"stem": "长" * 5001, "answer": "对"}, "stem", "题干超过 5000 个字"),
        ({"stem": "题", "options": ["长" * 1001, "乙"], "answer": "A"}, "options", "选项A超过 1000 个字"),
        ({"stem": "题", "answer": "对", "explanation": "长" * 10_001}, "explanation", "解析超过 10000 个字"),
    ],
)
def test_what_is_wrong_is_named(said: dict[str, object], part: str, reason: str) -> None:
    found = one(**said)
    assert found[0] == part
    assert reason in str(found[1])


@pytest.mark.parametrize(
    "word", ["正确", "对", "√", "✓", "T", "true", "TRUE", "是", "Y", "1", "Ａ", "A.正确", "答案：对"]
)
def test_every_word_for_right(word: str) -> None:
    assert one(stem="党员有退党的自由。", answer=word, kind="判断题") == (JUDGE, "党员有退党的自由。", (), True)


@pytest.mark.parametrize("word", ["错误", "错", "×", "✗", "F", "False", "否", "N", "0", "B", "B、错误", "不正确"])
def test_every_word_for_wrong(word: str) -> None:
    assert one(stem="可以不交党费。", answer=word, kind="是非") == (JUDGE, "可以不交党费。", (), False)


def test_true_or_false_is_seen_without_its_kind() -> None:
    assert one(stem="对不对", answer="√")[0] is JUDGE
    assert one(stem="对不对", options=["正确", "错误"], answer="B") == (JUDGE, "对不对", (), False)
    assert one(stem="对不对", options=["A.错", "B.对"], answer="B") == (JUDGE, "对不对", (), True)
    assert one(stem="[判断题]对不对", answer="A") == (JUDGE, "对不对", (), True)


@pytest.mark.parametrize(
    ("stem", "answer", "key"),
    [
        ("最高理想是____。", "共产主义", (("共产主义",),)),
        ("____年在____成立", "1921；上海", (("1921",), ("上海",))),
        ("____年在____成立", "1921、上海", (("1921",), ("上海",))),
        ("（ ）年在（　）成立", "1921 上海", (("1921",), ("上海",))),
        ("____年在____成立", ["1921", "上海"], (("1921",), ("上海",))),
        ("党员要____", "密切联系群众；联系群众", (("密切联系群众", "联系群众"),)),
        ("四个自信是____", "道路自信、理论自信、制度自信、文化自信", (("道路自信、理论自信、制度自信、文化自信",),)),
        ("____和____", "民主|党内民主；集中", (("民主", "党内民主"), ("集中",))),
        ("比例是____", "1/3", (("1/3",),)),
    ],
)
def test_blanks_take_their_answers_apart(stem: str, answer: str | list[str], key: object) -> None:
    assert one(stem=stem, answer=answer, kind="填空题")[3] == key  # type: ignore[misc] # a question has four parts
    assert one(stem=stem, answer=answer, kind="")[0] is BLANK


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_table_is_read_in_every_encoding(read: Read, encoding: str, delimiter: str) -> None:
    text = "题库（2026年）\r\n题型,题 干*,选项A,选项B,正确答案（字母）,分值\r\n单选题,谁,甲,乙,B,2\r\n\r\n判断题,对不对,,,错,1\r\n"
    lines = read(text.replace(",", delimiter).encode(encoding), "无后缀")
    assert [meant(line) for line in lines] == [(SINGLE, "谁", ("甲", "乙"), (1,)), (JUDGE, "对不对", (), False)]
    assert [line.row for line in lines] == [3, 5]


@pytest.mark.parametrize(
    "header",
    [
        ["", "Question", "A", "B", "C", "D", "Answer"],
        ["id", "question", "option_a", "option_b", "option_c", "option_d", "correct_answer"],
        ["序号", "题目", "选项A", "选项B", "选项C", "选项D", "答案"],
        ["Unnamed: 0", "question_text", "optionA", "optionB", "optionC", "optionD", "correct_option"],
        ["#", "试题内容", "A选项", "B选项", "C选项", "D选项", "标准答案"],
        ["no", "Stem", "Option 1", "Option 2", "Option 3", "Option 4", "Correct-Answer"],
        ["题号", "问题", "备选项1", "备选项2", "备选项3", "备选项4", "正确选项"],
    ],
)
def test_columns_by_whatever_name(read: Read, header: list[str]) -> None:
    lines = read(
        table(header, ["0", "谁，何时？", "甲", "乙", "丙", "丁", "D"], ["1", "谁", "甲", "乙", "丙", "丁", "F"])
    )
    assert meant(lines[0]) == (SINGLE, "谁，何时？", ("甲", "乙", "丙", "丁"), (3,))
    assert lines[1] == QuestionFault(3, header[-1], "答案里的 F 没有对应的选项，请核对。")


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_table_without_a_header_begins_with_its_first_question(read: Read, delimiter: str) -> None:
    rows = "谁？,甲,乙,丙,B\n何时？\n何地？,一,二,三,c\n{何人}，,子,丑,寅,A\n谁，,甲,甲,丙,A\n"
    lines = read(rows.replace("何时？\n何地？", '"何时？\n何地？"').replace(",", delimiter))
    assert [meant(line)[2:] for line in lines[:3]] == [(("甲", "乙", "丙"), (1,)), (("一", "二", "三"), (2,)), (("子", "丑", "寅"), (0,))]  # fmt: skip
    assert lines[3] == QuestionFault(5, "A", "选项 A 和 B 一样，请核对。")
    with pytest.raises(SheetRefused):
        read(rows.replace(",", delimiter).replace("{何人}", "何人"))


@pytest.mark.parametrize(
    "cell",
    [
        "A.甲|B.乙|C.丙",
        "A．甲\nB．乙\nC．丙",
        '["甲", "乙", "丙"]',
        '{"A": "甲", "C": "丙", "B": "乙"}',
        "甲|乙|丙",
        "甲；乙；丙",
        ".\nA. 甲\nB. 乙\nC. 丙",
    ],
)
def test_options_in_one_cell(read: Read, cell: str) -> None:
    lines = read(table(["题干", "选项", "答案", "难度", "知识点"], ["谁", cell, "AC", "难", "党史 党章"]))
    assert meant(lines[0]) == (MULTIPLE, "谁", ("甲", "乙", "丙"), (0, 2))
    assert isinstance(lines[0], QuestionLine)
    assert (lines[0].difficulty, lines[0].tags) == (4, "党史 党章")


def test_our_own_columns_say_everything(read: Read) -> None:
    row = ["多选", "党员的权利有", "参加会议", "不交党费", "提出申诉", *[""] * 7, "AC", "见第四条。", "中国共产党章程", "2022-10-22", "第四条", "确定", "2", "权利义务", "权利"]  # fmt: skip
    assert read(table(list(questions.HEADER), row)) == [
        QuestionLine(
            2, MULTIPLE, "党员的权利有", ("参加会议", "不交党费", "提出申诉"), (0, 2), "见第四条。", "中国共产党章程",
            "2022-10-22", "第四条", Certainty.CERTAIN, 2, Topic.RIGHTS, "权利",
        )
    ]  # fmt: skip


def test_a_workbook_with_a_sheet_a_kind(tmp_path: Path) -> None:
    path = tmp_path / "题库"
    tables: list[tuple[str, list[list[str | float | bool]]]] = [
        ("说明", [["请看下面的表"]]),
        (
            "单选题",
            [["某某题库"], ["题干", "A", "B", "答案", "得分"], ["谁", "甲", "乙", "B", 2], ["多少", 1, 2.5, 2.5, 1]],
        ),
        ("判断题", [["题目", "答案"], ["对不对", True], ["=1+1", "错"], ["好", "也许"]]),
    ]
    with xlsxwriter.Workbook(path) as book:
        for name, rows in tables:
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    (sheet.write_string if isinstance(cell, str) else sheet.write)(line, column, cell)
        book.worksheets()[1].write_formula(4, 0, "=HYPERLINK(1)", None, "公式的题")
        book.worksheets()[1].write_row(4, 1, ["甲", "乙", "A"])
    lines = questions.read(path)
    assert [meant(line) for line in lines[:5]] == [
        (SINGLE, "谁", ("甲", "乙"), (1,)),
        (SINGLE, "多少", ("1", "2.5"), (1,)),
        (SINGLE, "公式的题", ("甲", "乙"), (0,)),
        (JUDGE, "对不对", (), True),
        (JUDGE, "=1+1", (), False),
    ]
    assert lines[5] == QuestionFault(4, "答案", "工作表“判断题”：判断题的答案看不懂，请填正确或错误。")


def test_one_sheet_with_titles_between_the_kinds(read: Read) -> None:
    lines = read(
        table(
            ["题目", "答案"],
            ["一、判断题（每题2分，共20分）", ""],
            ["太阳", "A"],
            ["二、填空题", ""],
            ["建于____", "1921"],
        )
    )
    assert [meant(line)[0] for line in lines] == [JUDGE, BLANK]


def test_a_quotation_mark_left_open_spoils_its_own_row_alone(read: Read) -> None:
    lines = read('题干,选项A,选项B,答案\n"说"好"的人",甲,乙,A\n"没有闭合,甲,乙,A\n“经济,甲,乙,B\n"两\n行",甲,乙,B\n')
    assert lines[1] == QuestionFault(3, "题干", "引号不成对，请核对这一行。")
    assert [(line.row, meant(line)[1]) for line in (lines[0], lines[2], lines[3])] == [
        (2, '说"好"的人'),
        (4, "“经济"),
        (5, "两\n行"),
    ]


JSONS: list[object] = [
    [{"question": "谁", "options": ["甲", "乙"], "answer": "B"}],
    {"keywords": "某", "example": [{"year": "2010", "category": "（卷一）", "question": "7．（3分）谁\nA．甲\nB．乙\n", "standard_answer": ["B"], "index": 0, "score": 3}]},
    {"data": {"list": [{"title": "谁", "options": {"B": "乙", "A": "甲"}, "correctAnswer": "B"}]}},
    {"单选题": [{"题目": "谁", "选项": "A.甲|B.乙", "答案": "乙"}]},
    {"1": {"stem": "谁", "A": "甲", "B": "乙", "answer": "B"}},
    [{"type": "单选题", "question": "谁", "options": [{"label": "B", "content": "乙"}, {"label": "A", "content": "甲"}], "answer": "B"}],
    [{"fldName": "谁", "fldAnswer": None, "QuestionOptionList": [{"fldOptionText": "甲", "fldOptionIndex": "A"}, {"fldOptionText": "乙", "fldOptionIndex": "B"}], "rightAnswer": "B"}],
    [{"question": "谁", "choices": [{"text": "甲", "isCorrect": False}, {"text": "乙", "isCorrect": True}]}],
    [{"question": {"stem": "谁", "choices": [{"label": "A", "text": "甲"}, {"label": "B", "text": "乙"}]}, "answerKey": "B"}],
    [{"question": "谁", "option_a": "甲", "option_b": "乙", "correct_option": "b"}],
    [{"question": "谁", "opa": "甲", "opb": "乙", "cop": 2}],
    [{"question": "谁", "options": {"A": "甲", "B": "乙"}, "answer": "乙", "answer_idx": "B"}],
    [{"question": "谁", "options": ["(A)甲", "(B)乙"], "label": "B", "answer": None, "passage": None}],
    [{"chapter": "第一章", "questions": [{"题干": "谁", "选项": ["甲", "乙"], "答案": ["B"]}]}],
    [{"answerId": 2, "title": "谁", "options": [{"id": 1, "value": "甲"}, {"id": 2, "value": "乙"}]}],
    [{"id": 7, "question": "谁", "options": [{"id": "x1", "text": "甲"}, {"id": "x2", "text": "乙"}], "answer": ["x2"]}],
]  # fmt: skip


@pytest.mark.parametrize("content", JSONS)
def test_json_in_many_shapes(read: Read, content: object) -> None:
    lines = read(json.dumps(content, ensure_ascii=False))
    assert [(line.row, meant(line)) for line in lines] == [(1, (SINGLE, "谁", ("甲", "乙"), (1,)))]


def test_json_names_the_item_and_its_own_key(read: Read) -> None:
    items = [{"question": "谁", "options": ["甲", "乙"], "answer": 0}, 7, {"options": ["甲", "乙"], "answer": 1},
             {"question": "谁", "options": ["甲", "乙"], "answer": 2}, {"question": "对", "answer": False}]  # fmt: skip
    lines = read(json.dumps(items))
    assert [meant(lines[0])[3], meant(lines[4])[3]] == [(0,), False]
    assert [(line.row, line.column) for line in lines[1:4] if isinstance(line, QuestionFault)] == [
        (2, "题干"), (3, "题干"), (4, "answer"),
    ]  # fmt: skip
    by_line = read("\n".join(json.dumps(one) for one in items[::4]) + "\n{broken\n")
    assert [line.row for line in by_line] == [1, 2, 3]
    assert isinstance(by_line[2], QuestionFault)


GIFT = r"""// 一段说明 [tag:文件=中国共产党章程] [tag:条款=第四条] [tag:党史]
$CATEGORY: 某类

::题一::[html]<p>谁\: 何时\=</p>{
  =甲#说对了
  ~乙 \} 号#不对

  ~%-50%丙
  ####见第四条\n第二行
}

多选{~%50%甲 ~%50%乙 ~%-100%丙}

党员有退党的自由。{TRUE}

不对的{F#错#对}

建于 {=1921 =一九二一} 年

建于{#1921:0}

大约{#3.1:0.5}

问答{}

配对{=甲 -> 乙 =丙 -> 丁}

没有括号

没有闭合{=甲 ~乙

再来{=甲 ~乙}
"""


def test_gift(read: Read) -> None:
    lines = read(GIFT)
    assert [meant(line) for line in lines if isinstance(line, QuestionLine)] == [
        (SINGLE, "谁: 何时=", ("甲", "乙 } 号", "丙"), (0,)),
        (MULTIPLE, "多选", ("甲", "乙", "丙"), (0, 1)),
        (JUDGE, "党员有退党的自由。", (), True),
        (JUDGE, "不对的", (), False),
        (BLANK, "建于____ 年", (), (("1921", "一九二一"),)),
        (BLANK, "建于", (), (("1921",),)),
        (SINGLE, "再来", ("甲", "乙"), (0,)),
    ]
    first = lines[0]
    assert isinstance(first, QuestionLine)
    assert (first.row, first.explanation, first.document, first.article, first.tags) == (
        4, "见第四条\n第二行", "中国共产党章程", "第四条", "党史",
    )  # fmt: skip
    faults = [(line.row, line.reason) for line in lines if isinstance(line, QuestionFault)]
    assert [row for row, _ in faults] == [22, 24, 26, 28, 30]
    assert "大括号不成对" in faults[-1][1]


def test_aiken(read: Read) -> None:
    lines = read(
        "谁是第一？\nA. 甲\nB) 乙\nANSWER: B\n\n没有答案\nA. 甲\nB. 乙\n\n2. 谁在前\n还有一行\n A、一\n B、二\n续行\n答案：AB\n解析：很好\n再一行\n对吗\n"
        "ANSWER: T\n紧接着\nA. 甲\nB. 乙\n又一题\nA. 丙\nB. 丁\nANSWER: A\n3、再\nANSWER: F\n"
    )
    good = [line for line in lines if isinstance(line, QuestionLine)]
    assert [(line.row, *meant(line)) for line in good] == [
        (1, SINGLE, "谁是第一？", ("甲", "乙"), (1,)),
        (10, MULTIPLE, "谁在前\n还有一行", ("一", "二\n续行"), (0, 1)),
        (23, SINGLE, "又一题", ("丙", "丁"), (0,)),
        (27, JUDGE, "再", (), False),
    ]
    assert good[1].explanation.startswith("很好\n再一行")
    faults = [(line.row, line.column) for line in lines if isinstance(line, QuestionFault)]
    assert faults == [(6, "答案"), (19, "题干"), (20, "答案")]


# --- hostile ------------------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "文件是空的"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "看不出是题库"),
        ("题干,答案\n对\0不对,对\n".encode(), "空字符"),
        ("姓名,电话\n张三,1\n".encode(), "看不出是题库"),
        (b"[" * 300_000, "JSON"),
        (b"[" * 2_000_000, "层数太多或太大"),
        (b'[{"question": "x",, "answer": 1}]', "JSON 第 1 行第 19 个字附近"),
        (b'{"a": {"b": 1}}', "JSON 里没有找到题目"),
        (b'[{"question": "x", "answer": ' + b"9" * 5000 + b"}]", "层数太多或太大"),
        (b"<html><table>", "网页"),
        ("题干,答案\n".encode() + b"\xff\x80\x81\xff\xfe\xff\n", "编码认不出来"),
        (b"PK\x03\x04broken", "已损坏"),
        (bomb(), "大得不正常"),
        (b"x" * (41 * 1024 * 1024), "超过 40 MB"),
    ],
    ids=["empty", "png", "nul", "roster", "deep", "deeper", "comma", "no-items", "number", "html", "bytes", "zip", "bomb", "heavy"],
)  # fmt: skip
def test_what_is_hostile_is_refused_in_one_sentence(read: Read, content: bytes, said: str) -> None:
    with pytest.raises(SheetRefused, match=said):
        read(content)


@pytest.mark.parametrize(
    "content",
    [
        '题干,答案\n"' + "A. B. " * 300_000 + '",A\n',
        "题干,答案\n" + "1. " * 500_000 + ",A\n",
        "题干,答案\n&" + "amp;" * 500_000 + ",A\n",
        '题干,答案\n"' + "<b <b " * 200_000 + '",A\n',
        "题干,答案\na" + " " * 2_000_000 + ",A\n",
        "{\n" + "=a\n\n" * 100_000,
        "题\nA. 甲\n" + "续行\n" * 500_000 + "ANSWER: A\n",
    ],
    ids=["labels", "numbers", "entities", "tags", "blanks", "gift", "aiken"],
)
def test_what_is_made_to_be_slow_is_not(read: Read, content: str) -> None:
    used = time.process_time()
    try:
        lines = read(content)
    except SheetRefused:
        lines = []
    assert not any(isinstance(line, QuestionLine) for line in lines)
    assert time.process_time() - used < 20, "seconds of this process; each took minutes once"


def test_a_cell_of_a_million_signs_spoils_its_own_row_alone(read: Read) -> None:
    lines = read(table(["题干", "答案"], ["长" * 1_000_000, "对"], ["好不好", "对"]))
    assert lines[0] == QuestionFault(2, "题干", "题干超过 5000 个字，请缩短。")
    assert meant(lines[1]) == (JUDGE, "好不好", (), True)


# --- written and read again ---------------------------------------------------------------------------------------------

ODD = st.text(
    st.one_of(
        st.sampled_from(
            "甲乙ABCDab12 \n\t=~#{}:\\\"'<>&;；、|/，,._-+@（）()[]$%*？✓é①Ａ１\u3000\u200b\x07\x85\U0001f600"
        ),
        st.characters(codec="utf-8"),
    ),
    min_size=1,
    max_size=12,
)


def anything(text: str, end: str) -> str:
    return f"{text}{end}"


@st.composite
def asked(draw: st.DrawFn) -> Said:
    """A question of odd signs, as somebody might type it."""
    kind = draw(st.sampled_from(["单选", "多选", "判断", "填空"]))
    said = Said(kind=kind, stem=anything(draw(ODD), "题"), explanation=draw(ODD), document=draw(ODD), tags=draw(ODD))
    said.article, said.edition, said.difficulty = draw(ODD), draw(ODD), draw(st.sampled_from(["", "1", "5"]))
    said.topic, said.certainty = draw(st.sampled_from(["", "业务", "权利义务"])), draw(st.sampled_from(["", "确定"]))
    if kind == "判断":
        said.answer = draw(st.sampled_from(["正确", "错误"]))
    elif kind == "填空":
        said.blanks = draw(st.lists(st.lists(ODD, min_size=1, max_size=3), min_size=1, max_size=3))
    else:
        said.options = draw(st.lists(ODD, min_size=2, max_size=10))
        places = st.integers(0, len(said.options) - 1)
        said.right = draw(st.lists(places, min_size=1, max_size=1 if kind == "单选" else 10))
    return said


@pytest.mark.parametrize(("suffixes", "examples"), [((".csv", ".json", ".gift"), 60), ((".xlsx",), 5)])
def test_a_bank_written_and_read_again_is_the_same(suffixes: tuple[str, ...], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(asked(), min_size=4, max_size=16))
    def holds(drawn: list[Said]) -> None:
        written_and_read(drawn, suffixes)

    holds()


def written_and_read(drawn: list[Said], suffixes: tuple[str, ...]) -> int:
    """Every question that can be taken at all comes back as it went, in every format; returns how many those are."""
    wanted: list[QuestionLine] = []
    for said in drawn:
        try:
            wanted.append(questions.one(said))
        except Unfit:
            continue
    if not wanted:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        for suffix in suffixes:
            path = Path(folder) / f"bank{suffix}"
            questions.write(wanted, path)
            got = questions.read(path)
            told = [line if isinstance(line, QuestionFault) else told_of(line) for line in got]
            assert told == [told_of(line) for line in wanted], suffix
    return len(wanted)


NASTY = (
    "'=1+1", "=2", "''-3", "@x", "+1", "A. A. 甲", "B、乙", "%50%半", "甲 -> 乙", "a=b", "{c}", "d~e#f", "g\\nh", "::i::", "[html]j",
    "// k", "$CATEGORY: l", '"', '""m"', "n,o;p|q／r/s", "t；u、v", '[["w"]]', "_x0041_", "&amp;lt;", "a<b c>d", "对", "T", "ABCD", "答案：甲", "1. 乙",
)  # fmt: skip


def test_what_formats_have_a_meaning_for_comes_back_as_words() -> None:
    drawn = [
        Said(
            kind="单选",
            stem=f"{one}题",
            options=[one, f"{other}别的"],
            right=[place % 2],
            explanation=one,
            tags=one,
            document=other,
        )
        for place, (one, other) in enumerate(zip(NASTY, NASTY[1:] + NASTY[:1], strict=True))
    ]
    drawn += [Said(kind="填空", stem=f"{one}____题", blanks=[[one, "别的"], [one]]) for one in NASTY]
    drawn += [Said(kind="填空", stem=f"是{one}____题", blanks=[[one, "别的"]]) for one in NASTY]
    assert written_and_read(drawn, (".csv", ".json", ".gift", ".xlsx")) == 3 * len(NASTY)


def told_of(line: QuestionLine) -> tuple[object, ...]:
    """All but the row."""
    return tuple(getattr(line, name) for name in QuestionLine.__slots__ if name != "row")


@given(st.text(max_size=60))
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
