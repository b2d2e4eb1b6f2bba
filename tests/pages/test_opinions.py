"""意见 on the pages: both kinds in one queue, given to somebody, answered once; one's own, with pictures; the 台账."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.appointment import Role
from models.notice import Notice, NoticeKind, NoticeState
from models.opinion import Opinion, OpinionCategory, OpinionState, Verdict
from services import members, notices, opinions, rights
from services.opinions import Standing
from simulator.media import PICTURE, VIDEO
from tests.pages.looks import goes_in, look_over
from tests.pages.office import (
    COMMITTEE,
    FIRST,
    LEADER,
    MEMBER,
    OTHER_MEMBER,
    SECRETARY,
    Browser,
    Office,
    serving,
    words_of,
)
from texts import notice as notice_texts

ANSWER = {"verdict": "partly", "answer": "12月起党课录播。", "made_public": "公示栏"}


def given(office: Office, name: str = MEMBER, text: str = "建议夜班同志补课用录播") -> str:
    """A signed opinion; returns its public id."""
    house = office.house

    def work(db: Session) -> str:
        act = rights.act_of(db, members.find(db, name), office.branch.clock.now(), house.settings.zone)
        once = hashlib.sha256(text.encode()).hexdigest()
        return opinions.give(db, act, OpinionCategory.STUDY, text, once, 15).public_id

    return house.run(work)


def apart(office: Office, text: str = "食堂早点开门") -> str:
    """An unsigned one; returns its lookup."""
    lookup = hashlib.sha256(text.encode()).hexdigest()
    office.house.unsigned.submit(lookup, "care", text, office.branch.clock.now())
    return lookup


def encloses(browser: Browser, form: dict[str, str], *files: bytes) -> str:
    """Send the own form with files; returns the words it leads to."""
    pictures = [(io.BytesIO(one), f"{number}.png") for number, one in enumerate(files)]
    answer = browser.client.post("/h5/said", data={"csrf": browser.csrf(), **form, "pictures": pictures})
    return browser.reads(answer.headers["Location"]) if answer.status_code == 303 else words_of(answer)


def waiting(office: Office, kind: NoticeKind) -> list[str]:
    """Who has such a notice before them."""
    with office.house.reading() as db:
        found = select(Notice).where(Notice.kind == kind, Notice.state == NoticeState.WAITING)
        return [one.member.name for one in db.scalars(found)]


def test_one_is_given_to_somebody_answered_once_and_put_right(office: Office) -> None:
    home = f"/h5/opinions/{given(office, text='补课都用录播')}"
    secretary, committee, leader = (office.browser(name) for name in (SECRETARY, COMMITTEE, LEADER))
    assert "补课都用录播" in secretary.reads("/h5/opinions")
    for browser in (committee, leader, office.browser(MEMBER)):
        assert browser.get(home).status_code == browser.get("/h5/opinions").status_code == 403
    assert "从列表里选承办人" in words_of(secretary.sends(f"{home}/assign", handler=office.id_of(MEMBER)))
    for _ in range(2):  # the button tapped twice
        assert "孙丽承办" in secretary.does(f"{home}/assign", handler=office.id_of(COMMITTEE))
    assert waiting(office, NoticeKind.ASSIGNED) == [COMMITTEE]
    assert "补课都用录播" in committee.reads("/h5/said")
    assert leader.get(home).status_code == 403
    for field, wrong, words in (("verdict", "maybe", "请选采纳"), ("answer", "", "请填写理由")):
        refused = committee.sends(f"{home}/answer", **{**ANSWER, field: wrong}, version="2")
        assert refused.status_code == 422
        assert words in words_of(refused)
    assert "部分采纳" in committee.does(f"{home}/answer", **ANSWER, version="2")
    assert committee.sends(f"{home}/answer", **ANSWER, version="2").status_code == 303  # the button tapped twice
    late = secretary.sends(f"{home}/answer", **{**ANSWER, "verdict": "declined"}, version="2")
    assert "您打开以后" in words_of(late)
    own = f"/h5/opinions/{given(office, text='自己来办的')}"
    secretary.does(f"{own}/assign", handler=office.id_of(SECRETARY))
    assert re.search("交我办的.*自己来办的", secretary.reads("/h5/said"))
    assert waiting(office, NoticeKind.ASSIGNED) == []  # nobody is told what they have just done
    assert "已经答复" in words_of(secretary.sends(f"{home}/assign", handler=office.id_of(LEADER)))
    secretary.does(f"{home}/answer", **{**ANSWER, "made_public": "群里"}, version="3")  # which nobody is told again
    log = secretary.does(f"{home}/answer", **{**ANSWER, "answer": "1月起录播。"}, version="4")
    assert "更正答复：部分采纳" in log
    assert "交孙丽承办" in log
    with office.house.reading() as db:
        (one,) = db.scalars(select(Opinion).where(Opinion.text == "补课都用录播"))
        told = db.scalars(select(Notice).where(Notice.kind == NoticeKind.ANSWERED, Notice.member_id == one.member_id))
        assert len(told.all()) == 2
        given_to = db.scalars(select(Notice).where(Notice.kind == NoticeKind.ASSIGNED))
        (given_away,) = given_to
        assert (given_away.member.name, given_away.state) == (COMMITTEE, NoticeState.EXPIRED)
        said = notice_texts.words(
            given_away.kind, notices.facts_of(given_away), office.house.settings.zone, given_away.due_at
        )
        assert said.startswith(f"【意见交办】意见{one.number}请您承办，12月11日前答复。")
        assert MEMBER not in said
        assert "录播" not in given_away.facts
    assert "1月起录播" in office.browser(MEMBER).reads("/h5/said")
    assert "补课都用录播" not in office.browser(OTHER_MEMBER).reads("/h5/said")


def test_who_is_out_of_office_reads_and_answers_nothing_any_more(office: Office) -> None:
    former = "离任的组长"
    office.join(former)
    held = office.appoint(former, Role.GROUP_LEADER, FIRST)
    signed, unsigned_ = (
        f"/h5/opinions/{given(office, text='署名的原话')}",
        f"/h5/opinions/unsigned/{apart(office, '不署名的原话')}",
    )
    secretary, browser = office.browser(SECRETARY), office.browser(former)
    for home in (signed, unsigned_):
        secretary.does(f"{home}/assign", handler=office.id_of(former))
        assert browser.get(home).status_code == 200
    assert "不署名的原话" in browser.reads("/h5/said")
    office.dismiss(held)
    assert "原话" not in browser.reads("/h5/said")
    for home in (signed, unsigned_):
        assert browser.get(home).status_code == 403
        assert browser.sends(f"{home}/answer", **ANSWER, version="2").status_code == 403


def test_an_unsigned_one_stands_in_the_queue_by_its_week_and_is_answered_in_its_file(office: Office) -> None:
    lookup = apart(office)
    home, store = f"/h5/opinions/unsigned/{lookup}", office.house.unsigned
    secretary, committee = office.browser(SECRETARY), office.browser(COMMITTEE)
    queue = secretary.reads("/h5/opinions")
    assert "食堂早点开门 不署名，关心关爱 2026年11月16日起的一周" in queue
    assert "12月11日前答复" in queue
    assert committee.get(home).status_code == 403
    assert secretary.get(f"/h5/opinions/unsigned/{'0' * 64}").status_code == 404
    assert committee.get(f"/h5/opinions/unsigned/{'0' * 64}").status_code == 403
    secretary.does(f"{home}/assign", handler=office.id_of(COMMITTEE))
    assert "食堂早点开门" in committee.reads("/h5/said")
    seen = store.opinion(lookup).state
    stale = committee.sends(f"{home}/answer", **ANSWER, version="new")
    assert "别人办过" in words_of(stale)
    assert "凭回执能看到" in committee.does(f"{home}/answer", **ANSWER, version=seen)
    assert committee.sends(f"{home}/answer", **ANSWER, version=seen).status_code == 303
    standing = Standing.load(store.opinion(lookup).state)
    assert (standing.state, standing.verdict, standing.made_public) == (
        OpinionState.ANSWERED,
        Verdict.PARTLY,
        "公示栏",
    )
    assert store.opinion(lookup).answer == "12月起党课录播。"
    assert "已经答复" in words_of(secretary.sends(f"{home}/assign", handler=office.id_of(LEADER)))


def test_ones_own_is_given_once_with_pictures_that_few_may_see(office: Office) -> None:
    member = office.browser(MEMBER)
    once = re.search(r'name="once" value="(\w+)"', member.get("/h5/said").text)
    assert once
    form = {"once": once[1], "category": "system", "text": "大字版\n看不清"}
    for field, wrong in (("category", "none"), ("once", "短"), ("text", " "), ("text", "长" * 3001)):
        assert member.sends("/h5/said", **{**form, field: wrong}).status_code == 422
    shown = encloses(member, form, *[PICTURE] * 3)
    assert "已提交，编号YJ" in shown
    assert "对本系统提意见" in shown
    assert member.sends("/h5/said", **form).status_code == 303  # a form sent twice
    assert member.reads("/h5/said").count("大字版 看不清") == 1
    assert "图片最多3张" in encloses(member, {**form, "once": "9" * 32}, VIDEO)
    assert "图片最多3张" in encloses(member, {**form, "once": "8" * 32}, *[PICTURE] * 4)
    addresses = set(re.findall(r'src="(/h5/opinions/pictures/\w+)"', member.get("/h5/said").text))
    assert len(addresses) == 3
    for address in addresses:
        answer = member.get(address)
        assert (answer.data, answer.content_type) == (PICTURE, "image/png")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert office.browser(SECRETARY).get(address).status_code == 200
        assert office.browser(OTHER_MEMBER).get(address).status_code == 403


def test_the_ledger_holds_both_kinds_and_no_names(office: Office) -> None:
    given(office, text="=1+1 台账里的话")
    apart(office, "台账里不署名的话")
    secretary = office.browser(SECRETARY)
    shown = secretary.reads("/h5/print/opinions/2026")
    assert "=1+1 台账里的话" in shown
    assert "不署名 关心关爱 台账里不署名的话" in shown
    with zipfile.ZipFile(io.BytesIO(secretary.get("/h5/export/opinions/2026-11").data)) as book:
        content = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "=1+1 台账里的话" in content
    assert "<f>" not in content
    assert MEMBER not in content
    assert "台账里" not in secretary.reads("/h5/print/opinions/2025")
    for name in (COMMITTEE, LEADER, MEMBER):
        assert office.browser(name).get("/h5/export/opinions/2026").status_code == 403
    assert "意见建议办理台账" in secretary.reads("/h5/print")
    assert "意见建议办理台账" not in office.browser(LEADER).reads("/h5/print")


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    """The office on a port."""
    with serving(office) as found:
        yield found


def test_the_pages_are_whole_at_every_width(office: Office, address: str, new_page: Callable[..., Page]) -> None:
    long = "夜班同志补课：" + "建议把党课录下来，放在网上，下了夜班再看；" * 6
    one, other, third = given(office, text=long), given(office, text="屋顶漏雨"), apart(office, "值班室空调坏了")
    apart(office, "开会太晚")
    secretary, member = office.browser(SECRETARY), office.browser(MEMBER)
    form = {"once": "a" * 32, "category": "work", "text": "有图片的意见"}
    encloses(member, form, PICTURE)
    secretary.does(f"/h5/opinions/{one}/assign", handler=office.id_of(COMMITTEE))
    secretary.does(f"/h5/opinions/{other}/answer", **ANSWER, version="1")
    page = new_page()
    goes_in(page, office, SECRETARY)
    for shot, path in {
        "queue": "/h5/opinions",
        "one": f"/h5/opinions/{one}",
        "answered": f"/h5/opinions/{other}",
        "unsigned": f"/h5/opinions/unsigned/{third}",
        "ledger": "/h5/print/opinions/2026",
    }.items():
        look_over(page, f"{address}{path}", f"opinions-{shot}")
    page.context.clear_cookies()
    goes_in(page, office, MEMBER)
    look_over(page, f"{address}/h5/said", "opinions-mine")
