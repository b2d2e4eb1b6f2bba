"""Rosters and slips as files: what branches really hand in is understood, what is hostile is refused in words."""

import contextlib
import csv
import datetime as dt
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page

from models.member import MemberStatus
from sheets import roster, slips, table
from sheets.roster import RosterFault, RosterLine
from sheets.slips import Slip
from sheets.table import SheetRefused
from texts import sheet as texts
from texts.member import STATUS

HERE = Path(__file__).parent
Cells = Sequence[str | int | float | dt.date | None]


def xlsx(path: Path, *rows: Cells, hidden: Sequence[Cells] = ()) -> Path:
    """A workbook with the rows in its first sheet; `hidden` ones go into an invisible sheet before it."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        tables = [rows]
        if hidden:
            tables.insert(0, tuple(hidden))
        for number, cells in enumerate(tables):
            sheet = book.add_worksheet()
            if hidden and number == 0:
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()
            for line, row in enumerate(cells):
                for column, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(line, column, dt.datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day of a spreadsheet has no zone
                    elif cell is not None:
                        sheet.write(line, column, cell)
    return path


def text(path: Path, content: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(content.encode(encoding))
    return path


def lines(path: Path) -> list[RosterLine]:
    """All rows, none of them faulty."""
    read = roster.read(path)
    assert not [line for line in read if isinstance(line, RosterFault)], read
    return [line for line in read if isinstance(line, RosterLine)]


def cell(tmp_path: Path, column: str, value: str) -> RosterLine | RosterFault:
    """What becomes of one cell of a csv."""
    return roster.read(text(tmp_path / "one.csv", f"姓名\t{column}\n张伟\t{value}\n"))[0]


def refusal(path: Path) -> str:
    with pytest.raises(SheetRefused) as caught:
        roster.read(path)
    return caught.value.reason


def test_a_roster_of_the_party_information_system_is_understood(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "名册.xlsx",
        ["青湾市气象局党支部党员名册"],
        [],
        [
            "序号", "姓  名", "性别", "公民身份号码", "出生日期（年月日）", "加入党组织日期*", "转为正式党员日期",
            "所在党支部", "党小组", "人员类别", "党籍状态", "手机号码", "编号",
        ],
        [
            1, "张 建国", "男", "110101197001010010", "19700101", dt.date(1998, 11, 22), 36486,
            "青湾市气象局党支部", "第一党小组", "正式党员", "正常", 19900000001.0, "QW001",
        ],
        [],
        [2, "阿依古丽•买买提", "女", None, "1990.7", "2025年12月11日", None, None, "第二党小组", "预备党员", None, "+86 199-0000-0002", 12],
        [3],
    )  # fmt: skip
    assert lines(path) == [
        RosterLine(
            4, "张建国", "QW001", "男", "1970-01-01", "1998-11-22", "1999-11-22", "19900000001", "第一党小组",
            MemberStatus.FULL,
        ),
        RosterLine(
            6, "阿依古丽·买买提", "12", "女", "1990-07", "2025-12-11", None, "19900000002", "第二党小组",
            MemberStatus.PROBATIONARY,
        ),
    ]  # fmt: skip


def test_an_xls_of_the_old_days_is_read(tmp_path: Path) -> None:
    expected = RosterLine(3, "张伟", None, "男", "1975-11", "1998-11-22", None, "19900000001", None, MemberStatus.FULL)
    assert lines(HERE / "roster.xls") == [expected]
    renamed = tmp_path / "名册.csv"
    shutil.copy(HERE / "roster.xls", renamed)
    assert lines(renamed) == [expected], "recognised by what it is, not by its name"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_text_table_is_read_in_every_encoding_and_with_every_delimiter(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    content = '姓名,性别,"联系,电话",党小组\r\n"张伟",男,,一;二\r\n\r\n李娜,女,,\r\n'
    content = content.replace('"联系,电话"', "联系电话")
    if delimiter == ";":
        content = content.replace("一;二", '"一;二"')
    path = text(tmp_path / "roster.txt", content.replace(",", delimiter), encoding)
    assert lines(path) == [
        RosterLine(2, "张伟", gender="男", group="一;二"),
        RosterLine(4, "李娜", gender="女"),
    ]


def test_rows_keep_the_line_of_the_file_although_a_cell_takes_two(tmp_path: Path) -> None:
    path = text(tmp_path / "r.csv", '姓名,党小组\n张伟,"第一\n党小组"\n李娜,第二党小组\n')
    assert [(line.row, line.group) for line in lines(path)] == [(2, "第一 党小组"), (4, "第二党小组")]


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("加入党组织日期", "joined"), ("入党日期", "joined"), ("入党时间", "joined"),
        ("转为正式党员日期", "confirmed"), ("转正日期", "confirmed"), ("转正时间", "confirmed"),
        ("出生日期", "born"), ("出生年月", "born"),
    ],
)  # fmt: skip
def test_columns_go_by_several_names(tmp_path: Path, column: str, field: str) -> None:
    line = cell(tmp_path, column, "2008.7")
    assert isinstance(line, RosterLine)
    assert getattr(line, field) == "2008-07"


@pytest.mark.parametrize("column", ["手机号码", "联系电话", "移动电话", " 手机号码（必填）"])
def test_so_does_the_telephone(tmp_path: Path, column: str) -> None:
    line = cell(tmp_path, column, "19900000001")
    assert isinstance(line, RosterLine)
    assert line.phone == "19900000001"


def test_of_a_column_that_stands_twice_the_first_filled_one_counts(tmp_path: Path) -> None:
    path = text(
        tmp_path / "r.csv",
        "姓名,手机号码,联系电话\n张伟,,19900000002\n李娜,19900000003,19900000004\n王芳,无,19900000005\n",
    )
    assert [line.phone for line in lines(path)] == ["19900000002", "19900000003", "19900000005"]


def test_the_place_in_the_list_is_no_number_and_an_id_card_is_read_by_nothing(tmp_path: Path) -> None:
    path = text(tmp_path / "r.csv", "序号,姓名,身份证号\n7,张伟,110101197001010010\n")
    assert lines(path) == [RosterLine(2, "张伟")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2008.7", "2008-07"), ("2008.07", "2008-07"), ("2008.10", "2008-10"), ("2008", "2008"), ("2008年", "2008"),
        ("2008-07-01", "2008-07-01"), ("20080701", "2008-07-01"), ("200807", "2008-07"), ("2008/7/1", "2008-07-01"),
        ("2008年7月1日", "2008-07-01"), ("2008年7月", "2008-07"), ("２００８．７．１", "2008-07-01"),
        ("2008-07-01 00:00:00", "2008-07-01"), ("2008/7/1 0:00", "2008-07-01"), ("39630", "2008-07-01"),
        ("1984-02-29", "1984-02-29"), ("1975.11", "1975-11"), ("—", None), ("无", None),
    ],
)  # fmt: skip
def test_dates_keep_the_precision_they_were_written_with(tmp_path: Path, written: str, meant: str | None) -> None:
    line = cell(tmp_path, "入党日期", written)
    assert isinstance(line, RosterLine), line
    assert line.joined == meant


@pytest.mark.parametrize(
    "written",
    ["2008-02-30", "1985-02-29", "2008.13", "20081301", "08.7.1", "七月", "1008-01-01", "2008-7-1-1", "99999"],
)
def test_an_impossible_date_is_a_fault_of_its_row_alone(tmp_path: Path, written: str) -> None:
    path = text(tmp_path / "r.csv", f"姓名,入党时间\n张伟,{written}\n李娜,2008.7\n")
    bad, good = roster.read(path)
    assert isinstance(bad, RosterFault)
    assert (bad.row, bad.column) == (2, "入党时间")
    assert good == RosterLine(3, "李娜", joined="2008-07")


def test_days_and_numbers_of_a_spreadsheet_are_dates(tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "r.xlsx",
        ["姓名", "入党日期", "转正日期"],
        ["张伟", dt.date(2008, 7, 1), 2009.7],
        ["李娜", 20080701, 200907],
        ["王芳", 39630, 39995.5],
        ["赵敏", 2008, None],
    )
    assert [(line.joined, line.confirmed) for line in lines(path)] == [
        ("2008-07-01", "2009-07"),
        ("2008-07-01", "2009-07"),
        ("2008-07-01", "2009-07-01"),
        ("2008", None),
    ]


def test_a_number_that_may_be_january_or_october_is_asked_about(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", ["姓名", "入党日期"], ["张伟", 2008.1], ["李娜", "2008.1"])
    bad, good = roster.read(path)
    assert isinstance(bad, RosterFault)
    assert "10 月" in bad.reason
    assert good == RosterLine(3, "李娜", joined="2008-01")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("19900000001", "19900000001"), ("+86 199 0000 0001", "19900000001"), ("86-19900000001", "19900000001"),
        ("008619900000001", "19900000001"), ("１９９００００００１１", "19900000011"), ("0500-1234567", "05001234567"),
        ("1.9900000001E+10", "19900000001"), ("1.99E10", None), ("1.38E+10", None), ("1990000001", None),
        ("199000000012", None), ("张伟", None), ("19900000001/19900000002", None), ("110101197001010010", None),
    ],
)  # fmt: skip
def test_a_telephone_number_is_its_digits_or_a_fault_never_a_guess(
    tmp_path: Path, written: str, meant: str | None
) -> None:
    line = cell(tmp_path, "手机号码", written)
    if meant is None:
        assert isinstance(line, RosterFault)
        assert line.column == "手机号码"
        assert written not in line.reason, "a report repeats no private number"
    else:
        assert isinstance(line, RosterLine), line
        assert line.phone == meant


def test_a_telephone_number_shown_as_1_38e10_is_understood(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", ["姓名", "手机号码"], ["张伟", 1.38e10], ["李娜", 13800138000.0])
    assert [line.phone for line in lines(path)] == ["13800000000", "13800138000"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("张　伟", "张伟"), (" 欧阳 修 ", "欧阳修"), ("㐱䶮", "㐱䶮"), ("𠮷野", "𠮷野"), ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽 . 买买提", "阿依古丽·买买提"), ("阿依古丽．买买提", "阿依古丽·买买提"), ("张\u200b伟", "张伟"),
        ("John  Smith", "John Smith"), ("J. Smith", "J. Smith"), ("\ufa0e", "\ufa0e"), ("张伟·" * 13 + "张", "张伟·" * 13 + "张"),
    ],
)  # fmt: skip
def test_names_are_kept_as_they_are_written_but_for_blanks_and_dots(tmp_path: Path, written: str, meant: str) -> None:
    assert lines(text(tmp_path / "r.csv", f"姓名\n{written}\n")) == [RosterLine(2, meant)]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",男,,", "姓名", texts.NO_NAME),
        ("张" * 41 + ",男,,", "姓名", texts.LONG_NAME),
        ("张伟,公,,", "性别", texts.GENDER),
        ("张伟,男,先进分子,", "党员类别", texts.STATUS),
        ("张伟,男,正式党员,不清楚", "党籍状态", texts.STANDING),
    ],
)
def test_each_faulty_row_is_named_once(tmp_path: Path, row: str, column: str, reason: str) -> None:
    path = text(tmp_path / "r.csv", f"姓名,性别,党员类别,党籍状态\n李娜,女,正式,正常\n{row}\n")
    assert roster.read(path)[1:] == [RosterFault(3, column, reason)]


def test_statuses_go_by_their_names_and_standing_tells_who_is_no_longer_on_the_roll(tmp_path: Path) -> None:
    for status, label in STATUS.items():
        line = cell(tmp_path, "人员类别", label)
        assert isinstance(line, RosterLine)
        assert line.status is status
    path = text(
        tmp_path / "r.csv",
        "姓名,人员类别,党籍状态\n张伟,正式党员,停止党籍\n李娜,预备党员,正常\n王芳,,\n赵敏,正式党员,已故\n",
    )
    assert [line.status for line in lines(path)] == [
        MemberStatus.SUSPENDED,
        MemberStatus.PROBATIONARY,
        None,
        MemberStatus.DECEASED,
    ]


def test_formulas_are_values_and_never_computed(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "编号"])
        sheet.write_formula(1, 0, '=HYPERLINK("http://example.com")', value="张伟")
        sheet.write_formula(1, 1, "=1+1", value=2)
    assert lines(path) == [RosterLine(2, "张伟", number="2")]
    assert lines(text(tmp_path / "r.csv", "姓名,编号\n张伟,=1+1\n")) == [RosterLine(2, "张伟", number="=1+1")]


def test_the_first_visible_sheet_with_names_is_read(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", ["姓名"], ["张伟"], hidden=[["姓名"], ["李娜"]])
    assert lines(path) == [RosterLine(2, "张伟")]


def test_a_header_that_is_repeated_on_every_page_is_no_person(tmp_path: Path) -> None:
    assert lines(text(tmp_path / "r.csv", "姓名,性别\n张伟,男\n姓名,性别\n李娜,女\n")) == [
        RosterLine(2, "张伟", gender="男"),
        RosterLine(4, "李娜", gender="女"),
    ]


EXPORTED = [
    RosterLine(2, "张伟", "007", "男", "1975-11", "1998-11-22", None, "19900000001", "第一党小组", MemberStatus.FULL),
    RosterLine(3, "=HYPERLINK(1)", "-1", None, "2008", None, None, None, "+组", MemberStatus.MOVED),
    RosterLine(4, "阿依古丽·买买提", "'5", "女", None, None, "1976-11-01", "05001234567", None, MemberStatus.ACTIVIST),
    RosterLine(5, "䶮", None, None, None, None, None, None, "@組,\"'=", MemberStatus.SUSPENDED),
]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_exported_is_read_back_unchanged(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    roster.write(EXPORTED, path)
    assert roster.read(path) == EXPORTED
    assert path.stat().st_mode & 0o077 == 0, "a roster is nobody else's business"


def test_an_exported_csv_opens_in_excel_and_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    roster.write(EXPORTED, path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [
        *("序号", "姓名", "性别", "民族", "出生年月", "学历", "入党日期", "转正日期", "党员类别", "党小组"),
        *("党内职务", "工作岗位及职务", "联系电话", "转入日期", "备注", "编号"),
    ]
    assert not [cell for row in rows for cell in row if re.match(r"[=+\-@\t\r]", cell)]


def test_an_exported_workbook_holds_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    roster.write(EXPORTED, path)
    with zipfile.ZipFile(path) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")


def test_writing_is_refused_in_words(tmp_path: Path) -> None:
    for path in (tmp_path / "out.doc", tmp_path / "nowhere" / "out.csv"):
        with pytest.raises(SheetRefused) as caught:
            roster.write(EXPORTED, path)
        assert re.search("[\u4e00-\u9fff]", caught.value.reason)
    assert not list(tmp_path.iterdir()), "nothing half written is left"


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """The workbook with its parts changed."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in parts.items():
            package.writestr(name, change(name, part))
    return path


def roster_of_one(tmp_path: Path) -> Path:
    return xlsx(tmp_path / "r.xlsx", ["姓名"], ["张伟"])


def far_cell(name: str, part: bytes) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return part.replace(b"</sheetData>", far) if name.endswith("sheet1.xml") else part


def cut_short(name: str, part: bytes) -> bytes:
    return part[: len(part) // 2] if name.endswith("sheet1.xml") else part


def swollen(name: str, part: bytes) -> bytes:
    return part + b" " * 210_000_000 if name.endswith("sheet1.xml") else part


def test_a_workbook_that_claims_half_a_terabyte_is_refused_and_we_live(tmp_path: Path) -> None:
    assert refusal(repacked(roster_of_one(tmp_path), far_cell)) == texts.SWOLLEN


def test_a_package_that_unpacks_into_a_flood_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    assert refusal(repacked(roster_of_one(tmp_path), swollen)) == texts.SWOLLEN


def test_a_broken_workbook_is_refused(tmp_path: Path) -> None:
    assert refusal(repacked(roster_of_one(tmp_path), cut_short)) == texts.BROKEN
    path = roster_of_one(tmp_path)
    path.write_bytes(path.read_bytes()[:-200])
    assert refusal(path) == texts.BROKEN


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le"))
    assert refusal(path) == texts.LOCKED


def zipped(path: Path, names: Iterable[str]) -> Path:
    with zipfile.ZipFile(path, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return path


def test_what_is_no_table_is_refused_each_with_its_way_out(tmp_path: Path) -> None:
    picture = tmp_path / "r.xlsx"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert refusal(picture) == texts.NOT_A_TABLE
    assert refusal(zipped(tmp_path / "r.docx", ["word/document.xml"])) == texts.NOT_A_TABLE
    assert refusal(zipped(tmp_path / "r.ods", ["mimetype", "content.xml"])) == texts.OTHER_TABLE
    assert refusal(text(tmp_path / "r.xls", "<html><table><td>姓名</td></table></html>")) == texts.WEB_PAGE
    assert refusal(text(tmp_path / "empty.csv", " \n")) == texts.EMPTY
    assert refusal(text(tmp_path / "r.csv", "题干,答案\n党员义务几项,八\n")) == texts.NO_NAME_COLUMN
    assert refusal(text(tmp_path / "late.csv", "\n" * 10 + "姓名\n张伟\n")) == texts.NO_NAME_COLUMN
    assert refusal(xlsx(tmp_path / "q.xlsx", ["题干"], ["党员义务几项"])) == texts.NO_NAME_COLUMN
    assert refusal(tmp_path / "nothing.csv") == texts.NO_FILE
    assert refusal(tmp_path) == texts.NO_FILE
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"\xff\xff\xff name \x80")
    assert refusal(latin) == texts.UNREADABLE_TEXT


def test_a_quotation_mark_never_closed_does_not_swallow_people(tmp_path: Path) -> None:
    assert refusal(text(tmp_path / "r.csv", '姓名\n张伟\n"李娜\n王芳\n')) == texts.unclosed_quote(3)


def test_too_much_is_refused(tmp_path: Path) -> None:
    heavy = tmp_path / "heavy.csv"
    heavy.write_bytes(b"x" * (table.MOST_BYTES + 1))
    assert refusal(heavy) == texts.TOO_HEAVY
    many = "姓名\n" + "张伟\n" * table.MOST_ROWS
    assert len(lines(text(tmp_path / "full.csv", many))) == table.MOST_ROWS
    assert refusal(text(tmp_path / "over.csv", many + "李娜\n")) == texts.TOO_MANY_ROWS
    assert refusal(xlsx(tmp_path / "over.xlsx", ["姓名"], *[["张伟"]] * (table.MOST_ROWS + 1))) == texts.TOO_MANY_ROWS


@given(
    st.lists(
        st.sampled_from(["姓名", "张伟", '"', ",", "\t", ";", "\n", "\r", "2008.7", "=", "\ufeff", "入党日期", " "])
    )
)
def test_no_text_makes_the_reader_stumble(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    path = text(tmp_path_factory.getbasetemp() / "any.csv", "".join(pieces))
    with contextlib.suppress(SheetRefused):
        assert all(line.row >= 2 for line in roster.read(path))


SLIPS = [
    Slip("张建国", "第一党小组", "20517734", dt.date(2026, 12, 22)),
    Slip("阿依古丽·买买提", "第二党小组", "00123456", dt.date(2026, 12, 22)),
    Slip("<b>李娜</b>", "", "99999999", dt.date(2026, 12, 22)),
]


def test_codes_go_into_a_table_as_eight_digits(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    slips.write_codes(SLIPS, path, "青湾市气象局党支部")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["姓名"], row["绑定码"]) for row in rows] == [(slip.name, slip.digits) for slip in SLIPS]
    assert path.stat().st_mode & 0o077 == 0, "whoever reads a code may use it"
    with pytest.raises(SheetRefused):
        slips.write_codes(SLIPS, tmp_path / "codes.pdf", "青湾市气象局党支部")


def test_codes_in_a_workbook_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "codes.xlsx"
    slips.write_codes(SLIPS, path, "青湾市气象局党支部")
    header, rows = table.read(path, "姓名")
    assert [row.cells[header.index("绑定码")] for row in rows] == [slip.digits for slip in SLIPS]


def test_slips_to_cut_show_name_and_code_and_load_nothing(tmp_path: Path, page: Page) -> None:
    path = tmp_path / "codes.html"
    slips.write_codes(SLIPS * 9, path, "青湾市气象局党支部")
    assert not re.search(r"https?:|src=|url\(|<script", path.read_text("utf-8"))
    page.set_content(path.read_text("utf-8"))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1047})  # A4 less its margins, in CSS pixels
    slip = page.locator(".slip")
    assert slip.count() == 27
    assert "张建国" in slip.nth(0).inner_text()
    assert "2051 7734" in slip.nth(0).inner_text()
    assert "2026年12月22日前" in slip.nth(0).inner_text()
    assert "<b>李娜</b>" in slip.nth(2).inner_text()
    boxes = [slip.nth(index).bounding_box() for index in range(3)]
    assert len({box["y"] for box in boxes if box}) == 1, "three columns"
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    assert page.evaluate(
        "[...document.querySelectorAll('.slip *')].every(one => one.scrollWidth <= one.offsetWidth + 1 || one.tagName == 'SPAN')"
    )


def test_every_column_of_the_partys_roster_is_read_and_offices_are_not(tmp_path: Path) -> None:
    header = "姓名,民族,学历,工作岗位及职务,转入日期,备注,党内职务\n"
    path = text(tmp_path / "r.csv", f"{header}张伟,汉族,大学本科,气象台预报员,2026.6.1,选调,书记\n李娜,,,,2026.6,,\n")
    good, bad = roster.read(path)
    assert good == RosterLine(
        2,
        "张伟",
        ethnicity="汉族",
        education="大学本科",
        post="气象台预报员",
        moved_in=dt.date(2026, 6, 1),
        note="选调",
    )
    assert isinstance(bad, RosterFault)
    assert (bad.row, bad.column) == (3, "转入日期")
    assert "写到哪一天" in bad.reason


def test_what_is_typed_into_a_form_is_understood_as_in_a_file() -> None:
    line, faults = roster.one(
        {"name": " 阿依古丽 • 买买提 ", "born": "1968.7", "phone": "+86 139-0000-0001", "note": "无"}
    )
    assert faults == {}
    assert (line.name, line.born, line.phone, line.note) == ("阿依古丽·买买提", "1968-07", "13900000001", None)
    _, faults = roster.one({"name": "", "born": "去年", "moved_in": "2026"})
    assert set(faults) == {"name", "born", "moved_in"}
