"""The pages about study in Chromium: whole at every width and at large type, with much, little and nothing on them."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.question import QuestionKind, Topic
from services import banks, paths
from services.paths import Asked
from sheets import questions
from sheets.questions import QuestionLine
from tests.branch import ROOT
from tests.pages.looks import goes_in, look_over
from tests.pages.office import COMMITTEE, SECRETARY, Office, serving
from tests.pages.test_banks import HEADER, ROWS, furnish

LONG = "依照规定的程序和权限办理的事项，" * 12
UNBROKEN = "Supercalifragilisticexpialidocious" * 4


@pytest.fixture(scope="module")
def full(office: Office) -> Iterator[dict[str, str]]:
    """The party bank waiting for review, a bank in use with answers, a question that is too long for everything."""
    lines = [one for one in questions.read(ROOT / "banks" / "党章2022.csv") if isinstance(one, QuestionLine)]
    entries = [banks.Entry(**{name: getattr(one, name) for name in banks.FIELDS}) for one in lines]

    def fill(db: Session) -> dict[str, str]:
        act = office.house.operator()
        party = banks.made(db, act, "党章2022")
        banks.take_all(db, act, party.id, entries)
        long = banks.Entry(
            QuestionKind.MULTIPLE, LONG, (LONG, UNBROKEN, "丙", "丁", "戊", "己"), (0, 1, 5), LONG * 2, "内部规定" * 15,
            "2022-10-22", "第一章第二节第三条第四款", None, 5, Topic.WORK, UNBROKEN[:100],
        )  # fmt: skip
        made = banks.add(db, act, banks.made(db, act, "无法断行的长名字" * 7), long)
        paths.add(db, act, Asked("总纲", "党章总纲。支部书架上有单行本。", party, Topic.IDEALS))
        paths.add(db, act, Asked("无法断行的长名字" * 7, LONG, None, None, date(2026, 12, 1)))
        paths.close(db, act, paths.add(db, act, Asked("取下的", "旧的")))
        first = banks.listed(db, act, banks.Wanted(party.id), 0, 1)[0]
        return {"party": party.public_id, "first": first.public_id, "long": made.public_id}

    known = office.house.run(fill)
    furnish(office)
    with serving(office) as address:
        yield {**known, "address": address, "step": _step(office)}


def _step(office: Office) -> str:
    with office.house.reading() as db:
        return paths.steps(db, office.house.operator())[0].public_id


PAGES = [
    ("banks", "/h5/study"),
    ("bank", "/h5/study/banks/{party}"),
    ("question", "/h5/study/questions/{first}"),
    ("long", "/h5/study/questions/{long}"),
    ("form", "/h5/study/questions/{long}/edit"),
    ("editions", "/h5/study/editions?document=中国共产党章程&edition=2022-10-22"),
    ("path", "/h5/study/path"),
    ("step", "/h5/study/path/{step}"),
    ("figures", "/h5/study/figures"),
    ("upload", "/h5/study/import"),
]


def test_pages_with_much_on_them(full: dict[str, str], office: Office, new_page: Callable[..., Page]) -> None:
    page = new_page()
    goes_in(page, office, COMMITTEE)
    for shot, address in PAGES:
        look_over(page, full["address"] + address.format(**full), f"study-{shot}")
    page.evaluate("document.documentElement.style.fontSize = ''")
    content = (HEADER + ROWS + f"判断,{LONG},,,,,正确,,,,,,,,\n").encode()
    page.get_by_label("题库文件").set_input_files({"name": "党章.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="上传并查看").click()
    look_over(page, page.url, "study-parcel")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("heading", name="导入完成")).to_be_visible()


def test_pages_with_nothing_on_them(bare: Office, new_page: Callable[..., Page]) -> None:
    page = new_page()
    goes_in(page, bare, SECRETARY)
    for shot, address in (("banks", "/h5/study"), ("path", "/h5/study/path"), ("figures", "/h5/study/figures")):
        look_over(page, bare.address + address, f"study-bare-{shot}")
