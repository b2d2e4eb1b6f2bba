"""Taking a roster in on the page: the fate of each row first, then piece by piece, resumable, and a report."""

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import flask
import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from app import _pages
from engines.redis import connect
from models.activity import ActivityKind
from models.appointment import Role
from models.checkin import Seat
from models.member import Member, MemberStatus
from pages import imports, signin
from pages.shelf import Shelf
from services import activities, members
from sheets import table
from tests.pages.office import COMMITTEE, FIRST, LEADER, OFFICE, SECRETARY, Browser, Office, words_of
from tests.services.together import together

HEADER = "姓名,编号,党小组,人员类别,出生日期,联系电话,身份证号\n"


@pytest.fixture
def secretary(office: Office) -> Browser:
    return office.browser(SECRETARY)


def upload(browser: Browser, content: str | bytes, name: str = "名册.csv") -> TestResponse:
    """Send a file as the form does."""
    sent = content.encode() if isinstance(content, str) else content
    boundary, body = encode_multipart({"csrf": browser.csrf(), "file": FileStorage(io.BytesIO(sent), name)})
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post("/h5/members/import", data=body, content_type=kind)


def uploaded(browser: Browser, content: str | bytes) -> str:
    """Send a file that is taken; returns the address of its page."""
    answer = upload(browser, content)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["Location"]


def report(browser: Browser, address: str) -> list[list[str]]:
    """The report, without its header."""
    answer = browser.get(f"{address}/report.csv")
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


def people(office: Office, like: str) -> int:
    with office.house.reading() as db:
        return db.scalar(select(func.count()).select_from(Member).where(Member.name.like(like))) or 0


def test_the_fate_of_each_row_is_shown_and_nothing_is_written_before_the_yes(
    office: Office, secretary: Browser
) -> None:
    rows = (
        "甲一,J1,第一党小组,正式党员,1990-01,13900000101,110101199001010010\n"
        ",J2,第一党小组,正式党员,,,\n"
        "甲二,J3,第二党小组,正式党员,2月30日,,\n"
        "甲三,J4,第九党小组,预备党员,,,\n"
        f"{LEADER},,第一党小组,正式党员,,13900000102,\n"
        f"{COMMITTEE},,第一党小组,正式党员,,,\n"
    )
    meeting = office.plan("会", ActivityKind.PARTY_DAY, starts=timedelta(days=3))
    address = uploaded(secretary, HEADER + rows)
    shown = secretary.reads(address)
    assert "读到 6 行：新增 2，更新 1，没有变化 1，不收 2。" in shown
    for words in ("姓名是空的", "出生日期：日期看不懂", "改联系电话", "确认导入"):
        assert words in shown
    assert "110101" not in shown
    assert people(office, "甲%") == 0
    done = secretary.does(address)
    assert "导入完成" in done
    assert "共 6 行：新增 2，更新 1，没有变化 1，不收 2。" in done
    assert people(office, "甲%") == 2
    assert [row[:3] for row in report(secretary, address)] == [
        ["2", "甲一", "新增"],
        ["3", "", "不收"],
        ["4", "", "不收"],
        ["5", "甲三", "新增"],
        ["6", LEADER, "更新"],
        ["7", COMMITTEE, "没有变化"],
    ]
    with office.house.reading() as db:
        seats = select(Member.name).join(Seat, Seat.member_id == Member.id)
        found = set(db.scalars(seats.where(Seat.activity_id == activities.find(db, meeting).id)))
    assert {"甲一", "甲三"} <= found, "who is new is expected at what is planned"
    assert secretary.does(address).count("新增 2"), "sent again, the report stays"


def test_a_long_file_goes_in_piece_by_piece_and_can_be_left(office: Office, secretary: Browser) -> None:
    many = imports.CHUNK * imports.CHUNKS * 2 + 30
    rows = "".join(f"乙{place},Y{place},第一党小组,群众,,,\n" for place in range(many))
    address = uploaded(secretary, HEADER + rows)
    first = secretary.does(address)
    assert f"已导入 {imports.CHUNK * imports.CHUNKS} 行，共 {many} 行" in first
    assert people(office, "乙%") == imports.CHUNK * imports.CHUNKS
    assert 'id="further"' in secretary.get(address).text, "who comes back goes on from here"
    secretary.does(address)
    assert "导入完成" in secretary.does(address)
    assert people(office, "乙%") == many
    assert len(report(secretary, address)) == many
    assert "第 1 页，共 25 页" in secretary.reads(address)
    assert "乙1229" in secretary.reads(f"{address}?page=25")
    assert "没有这样的行" in secretary.reads(f"{address}?fate=rejected")


def test_pressed_twice_at_once_nobody_stands_twice(office: Office, secretary: Browser) -> None:
    rows = "".join(f"丙{place},,第一党小组,群众,,,\n" for place in range(120))
    address, csrf = uploaded(secretary, HEADER + rows), secretary.csrf()
    token = secretary.client.get_cookie("visit", path="/h5/")
    assert token is not None

    def press() -> int:
        client = office.branch.app.test_client()
        client.set_cookie("visit", token.value, path="/h5/")
        return client.post(address, data={"csrf": csrf}).status_code

    assert together([press, press, press]) == [303, 303, 303]
    assert people(office, "丙%") == 120
    assert {row[2] for row in report(secretary, address)} == {"新增"}


def test_a_piece_whose_note_was_lost_is_repeated_without_harm(office: Office, secretary: Browser) -> None:
    rows = "".join(f"丁{place},,第一党小组,群众,,,\n" for place in range(60))
    address = uploaded(secretary, HEADER + rows)
    secretary.does(address)
    office.house.store.delete(f"shelf:{address.rpartition('/')[2]}:notes")
    assert "没有变化 60" in secretary.does(address)
    assert people(office, "丁%") == 60


def test_whose_upload_it_is_and_who_may(office: Office, secretary: Browser) -> None:
    address = uploaded(secretary, HEADER + "戊一,,,群众,,,\n")
    clerk = office.browser(OFFICE)
    for answer in (clerk.get(address), clerk.get(f"{address}/report.csv")):
        assert answer.status_code == 404
        assert "戊一" not in answer.text
    refused = clerk.sends(address)
    assert refused.status_code == 422
    assert "戊一" not in refused.text
    for name in (LEADER, COMMITTEE):
        browser = office.browser(name)
        assert upload(browser, HEADER + "戊二,,,群众,,,\n").status_code == 403
        assert browser.get("/h5/members/import").status_code == 403
        assert browser.get(address).status_code == 403
        assert browser.sends(address).status_code == 403
    assert people(office, "戊%") == 0
    assert secretary.client.post(address, data={}).status_code == 403, "without the form's token"
    assert secretary.get("/h5/members/import/nothing").status_code == 404
    assert office.branch.app.test_client().post(address).status_code == 303


def test_rights_that_end_in_the_middle_end_the_import(office: Office) -> None:
    office.join("袁青", FIRST)
    made = office.appoint("袁青", Role.OFFICE)
    browser = office.browser("袁青")
    many = imports.CHUNK * imports.CHUNKS + 10
    address = uploaded(browser, HEADER + "".join(f"己{place},,,群众,,,\n" for place in range(many)))
    browser.does(address)
    csrf = browser.csrf()
    office.dismiss(made)
    assert browser.client.post(address, data={"csrf": csrf}).status_code == 403
    assert people(office, "己%") == many - 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (b"%PDF-1.7\n\x00\x01", "这不是表格文件"),
        ("<html><body>姓名".encode(), "这其实是一个网页"),
        ("编号,电话\n1,2\n".encode(), "没有找到“姓名”"),
        (b"PK\x03\x04 torn", "表格文件已损坏"),
        (b"\x89PNG\r\n\x1a\n\0\0", "这不是表格文件"),
    ],
)
def test_a_hostile_or_wrong_file_is_refused_in_words(secretary: Browser, content: bytes, words: str) -> None:
    answer = upload(secretary, content)
    assert answer.status_code == 422
    assert words in words_of(answer)


def test_no_file_and_a_huge_one(secretary: Browser) -> None:
    assert secretary.sends("/h5/members/import").status_code == 422
    assert upload(secretary, b"", name="").status_code == 422
    assert upload(secretary, b"x" * (table.MOST_BYTES + 200_000)).status_code == 413
    assert upload(secretary, b"x" * (table.MOST_BYTES + 10)).status_code == 422


def test_a_file_with_nothing_to_take_in_has_no_yes(secretary: Browser) -> None:
    shown = secretary.reads(uploaded(secretary, HEADER + ",Z1,,,,,\n"))
    assert "没有一行能导入" in shown
    assert "确认导入" not in shown


def test_hostile_cells_are_words_on_the_page_and_in_the_report(secretary: Browser) -> None:
    rows = (
        '"<img src=x onerror=alert(1)>",N1,,群众,,,\n"=HYPERLINK(""http://x"")",N2,,群众,,,\n王\u202e五,N3,,群众,,,\n'
    )
    address = uploaded(secretary, HEADER + rows)
    page = secretary.get(address).text
    assert "<img src=x" not in page
    assert "\u202e" not in page
    secretary.does(address)
    raw = secretary.get(f"{address}/report.csv").data.decode("utf-8-sig")
    assert not re.search(r'(^|,)"?=', raw)


def test_the_exported_roster_comes_back_unchanged(secretary: Browser, office: Office) -> None:
    for suffix in ("csv", "xlsx"):
        content = secretary.get(f"/h5/members/export.{suffix}").data
        shown = secretary.reads(uploaded(secretary, content))
        assert "新增 0，更新 0" in shown, shown
        assert "不收 0" in shown
    with office.house.reading() as db:
        assert members.find(db, SECRETARY).status is MemberStatus.FULL


def test_the_empty_roster_has_the_columns_of_the_table(secretary: Browser, tmp_path: Path) -> None:
    path = tmp_path / "empty.xlsx"
    path.write_bytes(secretary.get("/h5/members/template.xlsx").data)
    header, rows = table.read(path, "姓名")
    assert header[:4] == ["序号", "姓名", "性别", "民族"]
    assert rows == []


def test_while_redis_is_away_that_is_said(office: Office, secretary: Browser, tmp_path: Path) -> None:
    app = flask.Flask("away", static_folder=None)
    desk = replace(_pages(office.house), shelf=Shelf(connect(f"unix://{tmp_path}/nobody.sock")))
    app.register_blueprint(signin.blueprint(desk))
    app.register_blueprint(imports.blueprint(desk))
    token = secretary.client.get_cookie("visit", path="/h5/")
    assert token is not None
    browser = app.test_client()
    browser.set_cookie("visit", token.value, path="/h5/")
    sent = {"csrf": secretary.csrf(), "file": (io.BytesIO((HEADER + "庚,,,群众,,,\n").encode()), "a.csv")}
    answer = browser.post("/h5/members/import", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "系统正忙" in words_of(answer)
    assert browser.get("/h5/members/import/anything").status_code == 404
